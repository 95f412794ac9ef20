// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/pollingconnection.h"

#include "models/realtime/httplane.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <list>
#include <map>

namespace Switchyard {

namespace net = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t maxQueuedBytes = 1 << 20;
/// What one POST carries at most: python-engineio refuses more packets, and servers a body over maxPayload (1 MB).
constexpr std::size_t packetsAtOnce = 16;
constexpr std::size_t bytesAtOnce = 64 * 1024;
/// The close packet gets this long to be sent.
constexpr Milliseconds closingGrace{1'000};
constexpr char separator = '\x1e';

/// What an Engine.IO server says beside a refusal: {"code":1,"message":"Session ID unknown"}.
QString refusal(const HttpAnswer &answer)
{
    QString text = QStringLiteral("HTTP %1").arg(answer.status);
    if (answer.packets.empty())
        return text;
    QByteArray body = QByteArray::fromStdString(answer.packets.front());
    const QJsonDocument json = QJsonDocument::fromJson(body);
    QString message = json.object().value(QStringLiteral("message")).toString();
    if (message.isEmpty() && json.isNull() && body.size() <= 80 && !body.contains('<'))
        message = QString::fromUtf8(body).remove(QLatin1Char('"')).trimmed();
    if (!message.isEmpty())
        text += QStringLiteral(": ") + message.left(80);
    return text;
}

template <typename Transport>
class PollingConnection final : public Connection
{
public:
    PollingConnection(net::io_context &io, SSL_CTX *tls, std::shared_ptr<const SocketTarget> target,
                      ConnectionOwner *owner)
        : m_target(std::move(target))
        , m_owner(owner)
        , m_polls(std::make_shared<HttpLane<Transport>>(io, tls, m_target))
        , m_posts(std::make_shared<HttpLane<Transport>>(io, tls, m_target))
        , m_timer(io)
    {
    }

    void start(const std::vector<net::ip::tcp::endpoint> &endpoints) override
    {
        m_polls->setEndpoints(endpoints);
        m_posts->setEndpoints(endpoints);
        poll();
    }

    void sendText(std::string text) override
    {
        if (m_phase != Phase::Open || m_queuedBytes + text.size() > maxQueuedBytes)
            return;
        m_queuedBytes += text.size();
        m_queue.push_back(std::move(text));
        post();
    }

    void close() override
    {
        if (m_phase == Phase::Ended)
            return;
        ConnectionEnd end;
        end.cause = EndCause::Local;
        end.wasOpen = m_phase == Phase::Open;
        m_saysGoodbye = end.wasOpen;
        endNow(Clock::now(), end);
        if (!m_saysGoodbye)
            return;
        m_queue.assign(1, "1");
        post();
        m_timer.expires_after(closingGrace);
        m_timer.async_wait([self = self()](boost::system::error_code error) {
            if (!error)
                self->drop();
        });
    }

    void abandon() override
    {
        m_owner = nullptr;
        m_phase = Phase::Ended;
        drop();
    }

private:
    enum class Phase : std::uint8_t
    {
        Handshake,
        Open,
        Ended
    };

    std::shared_ptr<PollingConnection> self()
    {
        return std::static_pointer_cast<PollingConnection>(shared_from_this());
    }

    void drop()
    {
        m_timer.cancel();
        m_polls->drop();
        m_posts->drop();
    }

    typename HttpLane<Transport>::Request request(http::verb verb)
    {
        std::string path = m_target->path;
        if (!m_sid.empty())
            path += "&sid=" + m_sid;
        // As the client library does, so that no cache on the way answers in the server's place.
        path += "&t=" + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                           std::chrono::system_clock::now().time_since_epoch())
                                           .count());
        path += "." + std::to_string(m_requests++);
        typename HttpLane<Transport>::Request request(verb, path, 11);
        request.set(http::field::host, m_target->hostHeader);
        request.set(http::field::user_agent, "Switchyard/" SWITCHYARD_VERSION);
        request.set(http::field::accept, "*/*");
        if (!m_target->origin.empty())
            request.set(http::field::origin, m_target->origin);
        for (const auto &[name, value] : m_target->headers)
            request.set(name, value);
        std::string cookies(request[http::field::cookie]);
        for (const auto &[name, value] : m_cookies)
            cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
        if (!cookies.empty())
            request.set(http::field::cookie, cookies);
        return request;
    }

    /// A load balancer may tell by a cookie which instance holds the session.
    void keepCookies(const std::vector<std::string> &cookies)
    {
        constexpr std::size_t most = 16;
        for (const std::string &cookie : cookies) {
            const std::size_t equals = cookie.find('=');
            if (equals != std::string::npos && equals > 0 &&
                (m_cookies.size() < most || m_cookies.count(cookie.substr(0, equals))))
                m_cookies[cookie.substr(0, equals)] = cookie.substr(equals + 1);
        }
    }

    // ---- receiving

    void poll()
    {
        m_polls->ask(request(http::verb::get),
                     m_phase == Phase::Handshake ? m_target->handshakeTimeout : Milliseconds(0),
                     [self = self()](HttpAnswer &&answer) { self->polled(answer); });
    }

    void polled(const HttpAnswer &answer)
    {
        if (m_phase == Phase::Ended)
            return;
        if (m_phase == Phase::Handshake && !begin(answer))
            return;
        if (!isGood(answer, true))
            return;
        for (const std::string &packet : answer.packets) {
            deliver(answer.at, packet);
            if (m_phase != Phase::Open)
                return;
        }
        poll();
    }

    /// False: the answer is no Engine.IO handshake, and the connection is over.
    bool begin(const HttpAnswer &answer)
    {
        ConnectionEnd end;
        end.cause = EndCause::Handshake;
        if (answer.status == 0) {
            end = answer.failure->end;
            // Up to here it is as for a WebSocket: an end between connect and the answer is a failed handshake.
            if (end.cause == EndCause::Eof || end.cause == EndCause::Reset || end.cause == EndCause::PingTimeout ||
                end.cause == EndCause::Protocol)
                end.cause = EndCause::Handshake;
            endNow(answer.failure->at, end);
            return false;
        }
        end.httpStatus = answer.status;
        const std::string first = answer.packets.empty() ? std::string() : answer.packets.front();
        if (answer.status != 200) {
            end.detail =
                QStringLiteral("the server answered %1 instead of an Engine.IO handshake").arg(refusal(answer));
        } else {
            if (!first.empty() && first.front() == '0')
                m_sid = QJsonDocument::fromJson(QByteArray::fromStdString(first.substr(1)))
                            .object()
                            .value(QStringLiteral("sid"))
                            .toString()
                            .toStdString();
            const bool plain = m_sid.find_first_of(" &#?\r\n\t%") == std::string::npos;
            if (m_sid.empty() || !plain || m_sid.size() > 256)
                end.detail = QStringLiteral("the server's answer is no Engine.IO handshake");
        }
        if (!end.detail.isEmpty()) {
            endNow(answer.at, end);
            return false;
        }
        m_phase = Phase::Open;
        keepCookies(answer.cookies);
        if (m_owner)
            m_owner->connectionOpen(answer.at, answer.instance);
        return m_phase == Phase::Open;
    }

    /// False: the session is over. The answer to a POST carries no packets.
    bool isGood(const HttpAnswer &answer, bool poll)
    {
        if (answer.status == 200 && (!poll || !answer.packets.empty()))
            return true;
        ConnectionEnd end;
        end.wasOpen = true;
        Instant at = answer.at;
        if (answer.status == 200) {
            end.cause = EndCause::Protocol;
            end.detail = QStringLiteral("a poll was answered with no packet");
        } else if (answer.status > 0) {
            end.cause = EndCause::HttpStatus;
            end.httpStatus = answer.status;
            end.detail = refusal(answer);
        }
        // Asked again in vain: what ended the session is what made it ask.
        if (answer.failure) {
            const QString again = end.detail;
            const int status = end.httpStatus;
            end = answer.failure->end;
            end.wasOpen = true;
            end.httpStatus = status;
            at = answer.failure->at;
            if (!again.isEmpty())
                end.detail += QStringLiteral("; asked again: ") + again;
        }
        endNow(at, end);
        return false;
    }

    void deliver(Instant at, const std::string &packet)
    {
        if (packet == "1") {
            ConnectionEnd end;
            end.cause = EndCause::ClosePacket;
            end.wasOpen = true;
            return endNow(at, end);
        }
        if (!m_owner)
            return;
        if (!packet.empty() && packet.front() == 'b')
            m_owner->connectionBinary(at);
        else
            m_owner->connectionText(at, packet);
    }

    // ---- sending

    void post()
    {
        if (m_busy || m_queue.empty())
            return;
        auto message = request(http::verb::post);
        message.set(http::field::content_type, "text/plain;charset=UTF-8");
        std::string &body = message.body();
        for (std::size_t n = 0; n < packetsAtOnce && !m_queue.empty(); ++n) {
            if (n > 0 && body.size() + m_queue.front().size() > bytesAtOnce)
                break;
            if (n > 0)
                body += separator;
            body += m_queue.front();
            m_queuedBytes -= std::min(m_queuedBytes, m_queue.front().size());
            m_queue.pop_front();
        }
        message.prepare_payload();
        m_busy = true;
        m_posts->ask(std::move(message), Milliseconds(0),
                     [self = self()](HttpAnswer &&answer) { self->posted(answer); });
    }

    void posted(const HttpAnswer &answer)
    {
        m_busy = false;
        if (m_phase == Phase::Ended) {
            if (m_queue.empty())
                return drop(); // the close packet has been sent, or cannot be
            return post();
        }
        if (isGood(answer, false))
            post();
    }

    // ---- the end

    void endNow(Instant at, const ConnectionEnd &end)
    {
        if (m_phase == Phase::Ended)
            return;
        m_phase = Phase::Ended;
        if (!m_saysGoodbye)
            drop();
        if (ConnectionOwner *owner = std::exchange(m_owner, nullptr))
            owner->connectionEnded(at, end);
    }

    using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, IoExecutor>;

    std::shared_ptr<const SocketTarget> m_target;
    ConnectionOwner *m_owner;
    std::shared_ptr<HttpLane<Transport>> m_polls;
    std::shared_ptr<HttpLane<Transport>> m_posts;
    Timer m_timer;
    std::list<std::string> m_queue; ///< a list, because an empty one takes no memory
    std::size_t m_queuedBytes = 0;
    std::map<std::string, std::string> m_cookies;
    std::string m_sid;
    unsigned m_requests = 0;
    Phase m_phase = Phase::Handshake;
    bool m_busy = false;
    bool m_saysGoodbye = false;
};

} // namespace

std::shared_ptr<Connection> makePollingConnection(net::io_context &io, SSL_CTX *tls,
                                                  std::shared_ptr<const SocketTarget> target, ConnectionOwner *owner)
{
    if (tls)
        return std::make_shared<PollingConnection<TlsTransport>>(io, tls, std::move(target), owner);
    return std::make_shared<PollingConnection<PlainTransport>>(io, nullptr, std::move(target), owner);
}

} // namespace Switchyard
