// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/alertreceiver.h"

#include <QFile>
#include <QJsonDocument>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QTcpSocket>

namespace Switchyard::Testing {

AlertReceiver::AlertReceiver(const std::optional<CertificateFiles> &tls)
    : m_tls(tls.has_value())
{
    if (tls) {
        auto server = std::make_unique<QSslServer>();
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        QFile key(tls->key);
        if (!key.open(QIODevice::ReadOnly))
            qFatal("no key");
        configuration.setPrivateKey(QSslKey(&key, QSsl::Ec));
        configuration.setLocalCertificateChain(QSslCertificate::fromPath(tls->certificate));
        server->setSslConfiguration(configuration);
        m_server = std::move(server);
    } else {
        m_server = std::make_unique<QTcpServer>();
    }
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, [this] {
        while (QTcpSocket *socket = m_server->nextPendingConnection()) {
            ++connections;
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { take(socket); });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            take(socket);
        }
    });
    if (!m_server->listen(QHostAddress::LocalHost))
        qFatal("no port");
}

QString AlertReceiver::url(const QString &path) const
{
    return QStringLiteral("%1://127.0.0.1:%2%3")
        .arg(m_tls ? QStringLiteral("https") : QStringLiteral("http"))
        .arg(m_server->serverPort())
        .arg(path);
}

void AlertReceiver::take(QTcpSocket *socket)
{
    const QByteArray seen = socket->property("seen").toByteArray() + socket->readAll();
    socket->setProperty("seen", seen);
    const qsizetype end = seen.indexOf("\r\n\r\n");
    if (end < 0)
        return;
    const QByteArray head = seen.left(end);
    const qsizetype at = head.toLower().indexOf("content-length:");
    const qsizetype length = at < 0 ? 0 : head.mid(at + 15, head.indexOf('\r', at) - at - 15).trimmed().toLongLong();
    if (seen.size() < end + 4 + length)
        return;
    socket->setProperty("seen", QByteArray());
    heads.append(head);
    bodies.append(seen.mid(end + 4, length));
    const Answer answer = m_answers.size() > 1 ? m_answers.takeFirst() : m_answers.first();
    if (answer.never)
        return;
    if (!answer.close)
        socket->write("HTTP/1.1 " + QByteArray::number(answer.status) + " X\r\nContent-Length: " +
                      QByteArray::number(answer.body.size()) + "\r\n" + answer.headers + "\r\n" + answer.body);
    socket->disconnectFromHost();
}

QJsonObject AlertReceiver::json(qsizetype index) const
{
    return QJsonDocument::fromJson(bodies.value(index)).object();
}

} // namespace Switchyard::Testing
