// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/hookdriver.h"

#include <QHostAddress>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QSslConfiguration>

namespace Switchyard {

namespace {

constexpr qint64 maxAnswer = 16 * 1024;

bool isThisMachine(const QUrl &url)
{
    return url.host() == QLatin1StringView("localhost") || QHostAddress(url.host()).isLoopback();
}

/// What a status means for somebody who has only the hook in hand.
QString hintFor(int status)
{
    switch (status) {
    case 401:
    case 403:
    case 404:
        return QStringLiteral("the hook's address is wrong, or was made anew: copy it again from the platform");
    case 429:
        return QStringLiteral("the platform asks for patience: wait a minute");
    default:
        return status >= 500 ? QStringLiteral("the platform has a problem of its own: see its status page")
               : status >= 300 && status < 400
                   ? QStringLiteral("a redirect is not followed, because the address is a secret: use the final one")
                   : QStringLiteral("read the platform's page on deploy hooks");
    }
}

/// The transport's own words without the address, which stands in most of them.
QString wordsFor(QNetworkReply::NetworkError error)
{
    switch (error) {
    case QNetworkReply::ConnectionRefusedError:
        return QStringLiteral("the connection was refused");
    case QNetworkReply::HostNotFoundError:
        return QStringLiteral("the host name does not resolve");
    case QNetworkReply::TimeoutError:
    case QNetworkReply::OperationCanceledError:
        return QStringLiteral("no answer in time");
    case QNetworkReply::SslHandshakeFailedError:
        return QStringLiteral("the TLS handshake failed: the certificate is not trusted");
    case QNetworkReply::RemoteHostClosedError:
        return QStringLiteral("the connection was closed without an answer");
    default:
        return QStringLiteral("the request failed (network error %1)").arg(int(error));
    }
}

/// The deploy's id where the platform tells it (Render: {"deploy":{"id":"dep-…"}}). Only what looks like an id.
QString deployIdOf(const QByteArray &body)
{
    const QJsonObject json = QJsonDocument::fromJson(body).object();
    const QString id = json[QStringLiteral("deploy")][QStringLiteral("id")].toString();
    const bool plain = !id.isEmpty() && id.size() <= 64 && std::all_of(id.cbegin(), id.cend(), [](QChar c) {
        return c.isLetterOrNumber() || c == QLatin1Char('-') || c == QLatin1Char('_');
    });
    return plain ? id : QString();
}

} // namespace

HookDriver::HookDriver(Secret url, QString caFile, Milliseconds timeout, QObject *parent)
    : DeployDriver(parent)
    , m_url(std::move(url))
    , m_caFile(std::move(caFile))
    , m_timeout(timeout)
{
}

Result<void> HookDriver::check(const Secret &url)
{
    const QUrl address(url.reveal(), QUrl::StrictMode);
    const bool https = address.scheme() == QLatin1StringView("https");
    const bool http = address.scheme() == QLatin1StringView("http");
    if (!address.isValid() || address.host().isEmpty() || !(https || http))
        return fail(ErrorKind::Usage, QStringLiteral("the deploy hook is no https address"),
                    QStringLiteral("the secret it refers to must be the whole address, beginning with https://"));
    if (http && !isThisMachine(address))
        return fail(ErrorKind::Usage, QStringLiteral("the deploy hook would travel in clear"),
                    QStringLiteral("use https: who reads the address can redeploy"));
    return {};
}

void HookDriver::emitEvent(DriverEvent::Kind kind, const QString &text)
{
    DriverEvent event;
    event.kind = kind;
    event.at = Clock::now();
    event.text = text;
    Q_EMIT happened(event);
}

void HookDriver::prepare()
{
    if (const Result<void> good = check(m_url); !good) {
        QMetaObject::invokeMethod(
            this, [this, error = good.error()] { Q_EMIT failed(error); }, Qt::QueuedConnection);
        return;
    }
    QMetaObject::invokeMethod(this, &DeployDriver::ready, Qt::QueuedConnection);
}

void HookDriver::trigger()
{
    if (m_reply)
        return;
    const QUrl address(m_url.reveal(), QUrl::StrictMode);
    if (!m_network) {
        m_network = new QNetworkAccessManager(this);
        if (isThisMachine(address))
            m_network->setProxy(QNetworkProxy::NoProxy);
    }
    QNetworkRequest request(address);
    request.setTransferTimeout(int(m_timeout.count()));
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
    if (!m_caFile.isEmpty()) {
        QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
        tls.setCaCertificates(QSslCertificate::fromPath(m_caFile));
        request.setSslConfiguration(tls);
    }
    emitEvent(DriverEvent::Kind::Step, QStringLiteral("POST to the deploy hook at %1").arg(address.host()));
    QNetworkReply *reply = m_network->post(request, QByteArray());
    m_reply = reply;
    connect(reply, &QNetworkReply::finished, this, [this, reply] {
        reply->deleteLater();
        // A reply that was let go speaks for nobody.
        if (m_reply == reply)
            answered(reply);
    });
}

void HookDriver::answered(QNetworkReply *reply)
{
    m_reply = nullptr;
    const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (status == 0)
        return emitEvent(DriverEvent::Kind::Failed,
                         QStringLiteral("the deploy hook could not be called: %1").arg(wordsFor(reply->error())));
    if (status < 200 || status >= 300)
        return emitEvent(DriverEvent::Kind::Failed,
                         QStringLiteral("the deploy hook answered HTTP %1: %2").arg(status).arg(hintFor(status)));
    const QString id = deployIdOf(reply->read(maxAnswer));
    emitEvent(DriverEvent::Kind::Step,
              id.isEmpty() ? QStringLiteral("the deploy hook answered HTTP %1").arg(status)
                           : QStringLiteral("the deploy hook answered HTTP %1: deploy %2").arg(status).arg(id));
    emitEvent(DriverEvent::Kind::Finished, {});
}

void HookDriver::shutDown()
{
    if (QNetworkReply *reply = m_reply) {
        m_reply = nullptr;
        reply->abort();
    }
    QMetaObject::invokeMethod(this, &DeployDriver::shutDownDone, Qt::QueuedConnection);
}

} // namespace Switchyard
