// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/countreader.h"

#include "models/common/jsonpointer.h"
#include "models/realtime/adminfeed.h"
#include "models/realtime/prometheustext.h"

#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QSslConfiguration>
#include <QTimer>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int requestTimeoutMs = 5'000;
constexpr qint64 maxBody = 4 << 20;
constexpr const char *tooLongProperty = "switchyard.tooLong";

bool isHttp(const CountSource &source)
{
    return source.kind == CountSource::Kind::Json || source.kind == CountSource::Kind::Prometheus;
}

/// Which process of the backend answered, as far as the answer tells; empty: it does not.
QString workerOf(const Backend &backend, const QNetworkReply &reply, const CountSource &source, const QByteArray &body)
{
    if (!backend.instanceId.header.isEmpty()) {
        const QByteArray named = reply.rawHeader(backend.instanceId.header.toUtf8());
        if (!named.isEmpty())
            return QString::fromUtf8(named).left(128);
    }
    if (source.kind == CountSource::Kind::Prometheus) {
        // Every official client library exports it, and no two processes began in the same instant.
        const Result<double> started = prometheusValue(body, QStringLiteral("process_start_time_seconds"));
        return started ? QString::number(*started, 'f', 3) : QString();
    }
    const Result<QJsonValue> json = parseJson(body);
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
        else if (isHttp(source) && !paths.contains(source.path) && !m_running.contains(source.path))
            paths.append(source.path);
    }
    for (const QString &path : paths)
        get(path);
}

void CountReader::get(const QString &path)
{
    const QUrl url(m_backend.url + path);
    if (!m_network)
        m_network = new QNetworkAccessManager(this);
    QNetworkRequest request(url);
    request.setTransferTimeout(requestTimeoutMs);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    // A kept connection would stay on one worker, and on the old instance.
    request.setRawHeader("Connection", "close");
    if (!m_caFile.isEmpty()) {
        QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
        tls.setCaCertificates(QSslCertificate::fromPath(m_caFile));
        request.setSslConfiguration(tls);
    }
    m_running.append(path);
    QNetworkReply *reply = m_network->get(request);
    // Without it Qt's own thread reads on, as fast as the backend sends, before anybody here has been asked.
    reply->setReadBufferSize(2 * maxBody);
    // The transfer's own limit starts anew with every byte.
    QTimer::singleShot(requestTimeoutMs, reply, &QNetworkReply::abort);
    const auto look = [reply] {
        const qint64 announced = reply->header(QNetworkRequest::ContentLengthHeader).toLongLong();
        if (std::max(announced, reply->bytesAvailable()) <= maxBody || reply->isFinished())
            return;
        reply->setProperty(tooLongProperty, true);
        reply->abort();
    };
    connect(reply, &QNetworkReply::metaDataChanged, reply, look);
    connect(reply, &QNetworkReply::readyRead, reply, look);
    connect(reply, &QNetworkReply::finished, this, [this, reply, path, run = m_run] {
        reply->deleteLater();
        if (run != m_run)
            return;
        m_running.removeAll(path);
        answered(path, reply);
        m_network->clearConnectionCache();
    });
}

void CountReader::cancel()
{
    ++m_run;
    m_running.clear();
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

void CountReader::answered(const QString &path, QNetworkReply *reply)
{
    const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    const bool good = status >= 200 && status < 300;
    const QByteArray body = good && !reply->error() ? reply->readAll() : QByteArray();
    // Half an answer may read as a whole one, with a smaller number.
    const bool tooLong = reply->property(tooLongProperty).toBool() || body.size() > maxBody;
    QString broken = QStringLiteral("the answer broke off: %1").arg(reply->errorString());
    if (tooLong)
        broken = QStringLiteral("an answer of more than %1 MB").arg(maxBody >> 20);
    else if (reply->error() == QNetworkReply::OperationCanceledError)
        broken = QStringLiteral("the answer was not whole within %1 s").arg(requestTimeoutMs / 1000);
    for (int i = 0; i < m_backend.sockets.size(); ++i) {
        const CountSource &source = m_backend.sockets[i].count;
        if (!isHttp(source) || source.path != path)
            continue;
        if (status == 0) {
            say(i, CountReading::Status::Unreachable, reply->errorString());
            continue;
        }
        const Result<double> value = !good ? fail(ErrorKind::Protocol, QStringLiteral("HTTP status %1").arg(status))
                                     : reply->error() || tooLong ? fail(ErrorKind::Protocol, broken)
                                                                 : valueIn(source, body);
        if (!value)
            say(i, CountReading::Status::Wrong, value.error().message);
        else
            Q_EMIT countRead(i, m_workers[i].take(workerOf(m_backend, *reply, source, body), *value, Clock::now()));
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
