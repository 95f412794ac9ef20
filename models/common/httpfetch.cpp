// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/httpfetch.h"

#include "models/common/duration.h"
#include "models/common/redact.h"

#include <QFileInfo>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSslConfiguration>
#include <QTimer>

#include <algorithm>

namespace Switchyard {

namespace {

ErrorKind kindOf(QNetworkReply::NetworkError error)
{
    switch (error) {
    case QNetworkReply::ConnectionRefusedError:
        return ErrorKind::Refused;
    case QNetworkReply::HostNotFoundError:
        return ErrorKind::Dns;
    case QNetworkReply::TimeoutError:
        return ErrorKind::Timeout;
    case QNetworkReply::SslHandshakeFailedError:
        return ErrorKind::Tls;
    default:
        return ErrorKind::Protocol;
    }
}

} // namespace

QByteArray FetchAnswer::header(const QByteArray &name) const
{
    for (const auto &[key, value] : headers) {
        if (key.compare(name, Qt::CaseInsensitive) == 0)
            return value;
    }
    return {};
}

HttpFetch::HttpFetch(QObject *parent)
    : QObject(parent)
{
}

HttpFetch::~HttpFetch()
{
    cancel();
}

void HttpFetch::start(const FetchRequest &request)
{
    cancel();
    m_request = request;
    m_tooLong = false;
    m_late = false;
    m_startedAt = Clock::now();
    if (!m_network)
        m_network = new QNetworkAccessManager(this);
    QNetworkRequest sent(request.url);
    sent.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    sent.setRawHeader("Connection", "close");
    // A few KB that unpack to gigabytes would pass every look at what has arrived.
    sent.setRawHeader("Accept-Encoding", "identity");
    sent.setRawHeader("User-Agent", "Switchyard/" SWITCHYARD_VERSION);
    for (const auto &[name, value] : request.headers)
        sent.setRawHeader(name, value);
    if (!request.bearer.isEmpty())
        sent.setRawHeader("Authorization", "Bearer " + request.bearer.reveal().toUtf8());
    if (!request.caFile.isEmpty()) {
        QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
        tls.setCaCertificates(QSslCertificate::fromPath(request.caFile));
        sent.setSslConfiguration(tls);
    }
    const QByteArray &posted = request.json.isEmpty() ? request.form : request.json;
    if (!posted.isEmpty())
        sent.setHeader(QNetworkRequest::ContentTypeHeader, request.json.isEmpty()
                                                               ? QStringLiteral("application/x-www-form-urlencoded")
                                                               : QStringLiteral("application/json"));
    QNetworkReply *reply = posted.isEmpty() ? m_network->get(sent) : m_network->post(sent, posted);
    m_reply = reply;
    // Without it Qt's own thread reads on, as fast as the server sends, before anybody here has been asked.
    reply->setReadBufferSize(2 * request.maxBytes);
    const auto limit = int(std::min<qint64>(request.timeout.count(), std::numeric_limits<int>::max()));
    QTimer::singleShot(limit, reply, [this, reply] {
        if (reply != m_reply || reply->isFinished())
            return;
        m_late = true;
        reply->abort();
    });
    const auto look = [this, reply] {
        const qint64 announced = reply->header(QNetworkRequest::ContentLengthHeader).toLongLong();
        if (reply != m_reply || reply->isFinished() ||
            std::max(announced, reply->bytesAvailable()) <= m_request.maxBytes)
            return;
        m_tooLong = true;
        reply->abort();
    };
    connect(reply, &QNetworkReply::metaDataChanged, this, look);
    connect(reply, &QNetworkReply::readyRead, this, look);
    connect(reply, &QNetworkReply::finished, this, [this, reply] {
        if (reply == m_reply)
            end();
    });
}

void HttpFetch::cancel()
{
    if (!m_reply)
        return;
    QNetworkReply *reply = std::exchange(m_reply, nullptr);
    reply->abort();
    reply->deleteLater();
}

void HttpFetch::end()
{
    QNetworkReply *reply = std::exchange(m_reply, nullptr);
    reply->deleteLater();
    FetchAnswer answer;
    answer.ms = toMs(Clock::now() - m_startedAt);
    answer.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    for (const QByteArray &name : reply->rawHeaderList())
        answer.headers.append(std::pair(name, reply->rawHeader(name)));
    if (reply->isOpen()) // an aborted one is not
        answer.body = reply->readAll();
    // A status of 400 and more is an error to Qt too, but a whole answer.
    const bool broken = answer.status == 0 || (reply->error() != QNetworkReply::NoError && reply->error() < 200);
    if (m_tooLong || answer.body.size() > m_request.maxBytes) {
        answer.failure = {
            ErrorKind::Protocol, QStringLiteral("an answer of more than %1 MB").arg(m_request.maxBytes >> 20), {}, {}};
    } else if (m_late) {
        answer.failure = {ErrorKind::Timeout,
                          (answer.status == 0 ? QStringLiteral("no answer within %1")
                                              : QStringLiteral("the answer was not whole within %1"))
                              .arg(humanDuration(double(m_request.timeout.count()))),
                          {},
                          {}};
    } else if (broken) {
        const QString why = redact(reply->errorString());
        answer.failure = {kindOf(reply->error()),
                          answer.status == 0 ? why : QStringLiteral("the answer broke off: %1").arg(why),
                          {},
                          {}};
    }
    // Half an answer may read as a whole one, with smaller numbers.
    if (!answer.whole())
        answer.body.clear();
    m_network->clearConnectionCache();
    Q_EMIT finished(answer);
}

} // namespace Switchyard
