// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/countreader.h"

#include "models/common/jsonpointer.h"
#include "models/realtime/adminfeed.h"
#include "models/realtime/prometheustext.h"

#include <QJsonObject>

namespace Switchyard {

namespace {

constexpr int requestTimeoutMs = 5'000;
constexpr qint64 maxBody = 4 << 20;

bool isHttp(const CountSource &source)
{
    return source.kind == CountSource::Kind::Json || source.kind == CountSource::Kind::Prometheus;
}

/// Which process of the backend answered, as far as the answer tells; empty: it does not.
QString workerOf(const Backend &backend, const FetchAnswer &answer, const CountSource &source)
{
    if (!backend.instanceId.header.isEmpty()) {
        const QByteArray named = answer.header(backend.instanceId.header.toUtf8());
        if (!named.isEmpty())
            return QString::fromUtf8(named).left(128);
    }
    if (source.kind == CountSource::Kind::Prometheus) {
        // Every official client library exports it, and no two processes began in the same instant.
        const Result<double> started = prometheusValue(answer.body, QStringLiteral("process_start_time_seconds"));
        return started ? QString::number(*started, 'f', 3) : QString();
    }
    const Result<QJsonValue> json = parseJson(answer.body);
    const QJsonObject root = json ? json->toObject() : QJsonObject();
    for (const char *key : {"instance_id", "instance", "worker", "worker_id", "pid"}) {
        const QJsonValue value = root[QLatin1StringView(key)];
        if (value.isString() || value.isDouble())
            return value.toVariant().toString().left(128);
    }
    return {};
}

Result<double> valueIn(const CountSource &source, const QByteArray &body)
{
    if (source.kind == CountSource::Kind::Prometheus)
        return prometheusValue(body, source.metric);
    return parseJson(body)
        .and_then([&](const QJsonValue &root) { return jsonPointer(root, source.pointer); })
        .and_then([&](const QJsonValue &found) -> Result<double> {
            if (found.isDouble())
                return found.toDouble();
            return fail(ErrorKind::Protocol, QStringLiteral("%1 is no number").arg(source.pointer));
        });
}

} // namespace

CountReader::CountReader(const Backend &backend, QString caFile, QObject *parent)
    : QObject(parent)
    , m_backend(backend)
    , m_caFile(std::move(caFile))
{
}

CountReader::~CountReader() = default;

CountReading CountReader::initial(const CountSource &source)
{
    CountReading reading;
    if (source.kind != CountSource::Kind::None)
        reading.status = CountReading::Status::Waiting;
    return reading;
}

QString CountReader::sourceText(const CountSource &source)
{
    switch (source.kind) {
    case CountSource::Kind::Json:
        return QStringLiteral("JSON %1 %2").arg(source.path, source.pointer);
    case CountSource::Kind::Prometheus:
        return QStringLiteral("Prometheus %1 %2").arg(source.path, source.metric);
    case CountSource::Kind::SocketIoAdmin:
        return QStringLiteral("Socket.IO admin %1").arg(source.path);
    case CountSource::Kind::None:
        break;
    }
    return {};
}

void CountReader::read()
{
    QStringList paths;
    for (int i = 0; i < m_backend.sockets.size(); ++i) {
        const CountSource &source = m_backend.sockets[i].count;
        if (source.kind == CountSource::Kind::SocketIoAdmin)
            startFeed(i);
        else if (isHttp(source) && !paths.contains(source.path) && !isRunning(source.path))
            paths.append(source.path);
    }
    for (const QString &path : paths)
        get(path);
}

void CountReader::get(const QString &path)
{
    FetchRequest request;
    request.url = QUrl(m_backend.url + path);
    request.timeout = Milliseconds(requestTimeoutMs);
    request.maxBytes = maxBody;
    request.caFile = m_caFile;
    HttpFetch *&fetch = m_fetches[path];
    if (!fetch) {
        fetch = new HttpFetch(this);
        connect(fetch, &HttpFetch::finished, this, [this, path](const FetchAnswer &answer) { answered(path, answer); });
    }
    fetch->start(request);
}

bool CountReader::isRunning(const QString &path) const
{
    const auto fetch = m_fetches.find(path);
    return fetch != m_fetches.end() && fetch->second->isRunning();
}

void CountReader::cancel()
{
    for (const auto &[path, fetch] : m_fetches)
        fetch->cancel();
    m_workers.clear();
    m_feeds.clear();
}

void CountReader::say(int socket, CountReading::Status status, const QString &reason)
{
    CountReading reading;
    reading.status = status;
    reading.reason = reason;
    Q_EMIT countRead(socket, reading);
}

void CountReader::answered(const QString &path, const FetchAnswer &answer)
{
    for (int i = 0; i < m_backend.sockets.size(); ++i) {
        const CountSource &source = m_backend.sockets[i].count;
        if (!isHttp(source) || source.path != path)
            continue;
        if (answer.status == 0) {
            say(i, CountReading::Status::Unreachable, answer.failure.message);
            continue;
        }
        const bool good = answer.status >= 200 && answer.status < 300;
        const Result<double> value =
            !good             ? fail(ErrorKind::Protocol, QStringLiteral("HTTP status %1").arg(answer.status))
            : !answer.whole() ? tl::unexpected(answer.failure)
                              : valueIn(source, answer.body);
        if (!value)
            say(i, CountReading::Status::Wrong, value.error().message);
        else
            Q_EMIT countRead(i, m_workers[i].take(workerOf(m_backend, answer, source), *value, Clock::now()));
    }
}

void CountReader::startFeed(int socket)
{
    if (const auto running = m_feeds.find(socket); running != m_feeds.end())
        return running->second->start();
    const SocketEndpoint &endpoint = m_backend.sockets[socket];
    AdminTarget target;
    const bool socketIo = endpoint.protocol == SocketProtocol::SocketIo;
    target.url = QUrl(m_backend.url + (socketIo ? endpoint.path : QStringLiteral("/socket.io/")));
    target.nameSpace = endpoint.count.path;
    target.username = endpoint.count.username;
    target.caFile = m_caFile;
    if (!endpoint.count.password.isEmpty()) {
        const Result<Secret> password = parseSecretReference(endpoint.count.password).and_then(resolveSecret);
        if (!password)
            return say(socket, CountReading::Status::Wrong, password.error().message);
        target.password = *password;
    }
    auto feed = std::make_unique<AdminFeed>(std::move(target));
    connect(feed.get(), &AdminFeed::counted, this, [this, socket](double clients, int, Instant at) {
        CountReading reading;
        reading.status = CountReading::Status::Read;
        reading.value = clients;
        reading.at = at;
        Q_EMIT countRead(socket, reading);
    });
    connect(feed.get(), &AdminFeed::failed, this, [this, socket](const QString &reason, bool reached) {
        say(socket, reached ? CountReading::Status::Wrong : CountReading::Status::Unreachable, reason);
    });
    AdminFeed *started = feed.get();
    m_feeds.emplace(socket, std::move(feed));
    started->start();
}

} // namespace Switchyard
