// SPDX-License-Identifier: GPL-3.0-or-later
// Which origins the WebSocket and Socket.IO endpoints of a backend take: real handshakes, closed as soon as they are
// answered, and for Socket.IO a first long-polling request.
#include "models/environment/corscheck.h"

#include "models/realtime/connection.h"

#include <QJsonDocument>
#include <QUrl>
#include <QUrlQuery>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <list>

namespace Switchyard {

namespace {

namespace net = boost::asio;

constexpr std::size_t atOnce = 6;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// One handshake; the connection is closed when it is open.
class Handshake final : public ConnectionOwner
{
public:
    Handshake(SocketAttempt &attempt, std::function<void()> whenDone)
        : m_attempt(attempt)
        , m_done(std::move(whenDone))
        , m_startedAt(Clock::now())
    {
    }

    void connectionOpen(Instant at, std::string_view) override
    {
        m_attempt.measured = true;
        m_attempt.accepted = true;
        m_attempt.status = 101;
        m_attempt.ms = toMs(at - m_startedAt);
        if (connection)
            connection->close();
    }
    void connectionText(Instant, std::string_view) override {}
    void connectionBinary(Instant) override {}
    void connectionPong(Clock::duration) override {}
    void connectionEnded(Instant at, const ConnectionEnd &end) override
    {
        if (!m_attempt.accepted) {
            m_attempt.status = end.httpStatus;
            m_attempt.measured = end.cause == EndCause::Handshake && end.httpStatus > 0;
            m_attempt.reason = end.detail.isEmpty() ? endCauseName(end.cause) : end.detail;
            m_attempt.ms = toMs(at - m_startedAt);
        }
        done = true;
        m_done();
    }

    std::shared_ptr<Connection> connection;
    bool done = false;

private:
    SocketAttempt &m_attempt;
    const std::function<void()> m_done;
    const Instant m_startedAt;
};

QString urlOf(const CorsCheckOptions &options, const QString &path)
{
    return originOf(options.url)->toString() + path;
}

/// All handshakes in this thread's own event loop.
class Handshakes final
{
public:
    Handshakes(const CorsCheckOptions &options, const QString &address)
        : m_options(options)
    {
        boost::system::error_code error;
        const auto ip = net::ip::make_address(address.toStdString(), error);
        const std::optional<Origin> origin = originOf(options.url);
        if (!error)
            m_endpoints = {net::ip::tcp::endpoint(ip, quint16(origin->port))};
        if (origin->scheme == QLatin1StringView("https"))
            m_tls = makeTlsContext(options.caFile);
    }

    void run(QList<SocketAttempt *> attempts, const std::stop_token &stop)
    {
        for (SocketAttempt *attempt : attempts) {
            if (m_endpoints.empty() || (m_tls && !*m_tls))
                attempt->reason = m_endpoints.empty() ? s("the host was not reached") : m_tls->error().message;
            else
                m_waiting.push_back(attempt);
        }
        const std::stop_callback wake(stop, [this] { net::post(m_io, [this] { m_io.stop(); }); });
        startNext();
        if (m_open > 0 && !stop.stop_requested())
            m_io.run();
        for (Handshake &handshake : m_handshakes) {
            if (!handshake.done && handshake.connection)
                handshake.connection->abandon();
        }
    }

private:
    void startNext()
    {
        while (m_open < atOnce && !m_waiting.empty()) {
            SocketAttempt &attempt = *m_waiting.front();
            m_waiting.pop_front();
            auto target = std::make_shared<SocketTarget>();
            target->url = urlOf(m_options, attempt.path);
            target->protocol = attempt.protocol.protocol;
            target->origin = attempt.origin.toStdString();
            target->headers = {{"Cookie", "switchyard-check=1"}};
            target->connectTimeout = target->tlsTimeout = target->handshakeTimeout = m_options.timeout;
            if (const Result<void> ready = target->prepare(); !ready) {
                attempt.reason = ready.error().message;
                continue;
            }
            attempt.reason = s("stopped before an answer came");
            ++m_open;
            // Handshakes stay where they are: a connection holds a pointer to its owner.
            Handshake &handshake = m_handshakes.emplace_back(attempt, [this] {
                --m_open;
                net::post(m_io, [this] { startNext(); });
            });
            handshake.connection = makeConnection(m_io, m_tls ? m_tls->value().get() : nullptr, target, &handshake);
            handshake.connection->start(m_endpoints);
        }
    }

    const CorsCheckOptions &m_options;
    net::io_context m_io{1};
    std::optional<Result<std::shared_ptr<SSL_CTX>>> m_tls;
    std::vector<net::ip::tcp::endpoint> m_endpoints;
    std::list<SocketAttempt *> m_waiting;
    std::list<Handshake> m_handshakes;
    std::size_t m_open = 0;
};

ExchangeRequest pollingRequest(const CorsCheckOptions &options, const SocketAttempt &attempt)
{
    ExchangeRequest request;
    QUrl url(urlOf(options, attempt.path == s("/") ? s("/socket.io/") : attempt.path));
    QUrlQuery query(url);
    query.addQueryItem(s("EIO"), s("4"));
    query.addQueryItem(s("transport"), s("polling"));
    url.setQuery(query);
    request.url = url.toString(QUrl::FullyEncoded);
    if (!attempt.origin.isEmpty())
        request.headers.append(HeaderLine("Origin", attempt.origin.toUtf8()));
    request.headers.append(HeaderLine("Cookie", "switchyard-check=1"));
    request.wantBody = true;
    return request;
}

void takePoll(SocketAttempt &attempt, const ExchangeAnswer &answer)
{
    attempt.measured = answer.answered();
    attempt.status = answer.status;
    attempt.ms = answer.ms;
    attempt.accepted = answer.status == 200 && answer.body.startsWith("0{");
    if (!attempt.measured)
        attempt.reason = answer.failure.message;
    else if (!attempt.accepted)
        attempt.reason = answer.status == 200 ? s("the answer is none of Engine.IO") : s("HTTP %1").arg(answer.status);
    if (attempt.origin.isEmpty())
        return;
    attempt.readable = attempt.accepted && corsCheck({attempt.origin, "GET", {}, false}, answer.headers).allowed;
    attempt.credentials = attempt.accepted && corsCheck({attempt.origin, "GET", {}, true}, answer.headers).allowed;
}

/// A session that is left alone counts as a client until its ping times out.
ExchangeRequest closingRequest(const ExchangeRequest &opened, const ExchangeAnswer &answer)
{
    const QByteArray sid =
        QJsonDocument::fromJson(answer.body.mid(1))[QLatin1StringView("sid")].toString().toUtf8().toPercentEncoding();
    ExchangeRequest request = opened;
    request.url += s("&sid=") + QString::fromLatin1(sid);
    request.method = "POST";
    request.body = "1";
    request.headers.append(HeaderLine("Content-Type", "text/plain;charset=UTF-8"));
    return request;
}

void poll(const CorsCheckOptions &options, const QList<SocketAttempt *> &attempts, const std::stop_token &stop)
{
    QList<ExchangeRequest> requests;
    for (const SocketAttempt *attempt : attempts)
        requests.append(pollingRequest(options, *attempt));
    const ExchangeOptions limits{options.timeout, options.caFile};
    const QList<ExchangeAnswer> answers = exchange(requests, limits, stop);
    QList<ExchangeRequest> closing;
    for (qsizetype i = 0; i < answers.size(); ++i) {
        takePoll(*attempts[i], answers[i]);
        if (attempts[i]->accepted)
            closing.append(closingRequest(requests[i], answers[i]));
    }
    const QList<ExchangeAnswer> closed = exchange(closing, limits, stop);
    Q_UNUSED(closed); // it ends by itself where that did not work
}

} // namespace

QList<SocketAttempt> trySockets(const CorsCheckOptions &options, const QString &address, const std::stop_token &stop)
{
    QList<SocketAttempt> attempts;
    for (const CheckedSocket &socket : options.sockets) {
        SocketAttempt attempt;
        attempt.path = socket.path;
        attempt.protocol = socket.protocol;
        const bool socketIo = socket.protocol.protocol == SocketProtocol::SocketIo;
        const bool pollingOnly = socketIo && socket.protocol.transport == s("polling");
        const auto add = [&](SocketAttempt::Kind kind, const QString &origin) {
            attempt.kind = kind;
            attempt.origin = origin;
            attempt.polling = false;
            if (!pollingOnly)
                attempts.append(attempt);
            attempt.polling = true;
            if (socketIo)
                attempts.append(attempt);
        };
        for (const QString &origin : options.origins)
            add(SocketAttempt::Kind::Given, origin);
        if (!options.origins.contains(foreignOrigin()))
            add(SocketAttempt::Kind::Foreign, foreignOrigin());
        add(SocketAttempt::Kind::None, {});
    }
    QList<SocketAttempt *> shakes;
    QList<SocketAttempt *> polls;
    for (SocketAttempt &attempt : attempts)
        (attempt.polling ? polls : shakes).append(&attempt);
    Handshakes(options, address).run(shakes, stop);
    poll(options, polls, stop);
    return attempts;
}

} // namespace Switchyard
