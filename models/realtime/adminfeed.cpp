// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/adminfeed.h"

#include "models/realtime/engineio.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkProxy>
#include <QSslConfiguration>
#include <QUrlQuery>
#include <QWebSocket>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds serverMemory{10'000};
constexpr int connectLimitMs = 10'000;
constexpr int firstDelayMs = 1'000;
constexpr int longestDelayMs = 5'000;
constexpr quint64 maxMessage = 4 << 20; // all_sockets of a busy development server

QUrl feedUrl(QUrl url)
{
    url.setScheme(url.scheme() == QLatin1StringView("https") || url.scheme() == QLatin1StringView("wss")
                      ? QStringLiteral("wss")
                      : QStringLiteral("ws"));
    QUrlQuery query;
    query.addQueryItem(QStringLiteral("EIO"), QStringLiteral("4"));
    query.addQueryItem(QStringLiteral("transport"), QStringLiteral("websocket"));
    url.setQuery(query);
    return url;
}

} // namespace

AdminFeed::AdminFeed(AdminTarget target, QObject *parent)
    : QObject(parent)
    , m_target(std::move(target))
{
    m_again.setSingleShot(true);
    m_watchdog.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &AdminFeed::open);
    connect(&m_watchdog, &QTimer::timeout, this, [this] {
        lost(m_connected ? QStringLiteral("the server has gone silent")
                         : QStringLiteral("the admin namespace did not answer in time"),
             m_connected);
    });
}

AdminFeed::~AdminFeed()
{
    if (m_socket)
        m_socket->disconnect(this);
}

void AdminFeed::start()
{
    if (!m_socket && !m_again.isActive() && !m_refused)
        open();
}

void AdminFeed::stop()
{
    m_again.stop();
    m_watchdog.stop();
    m_servers.clear();
    m_connected = false;
    m_refused = false;
    m_tries = 0;
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    m_socket->close();
    m_socket.release()->deleteLater();
}

void AdminFeed::open()
{
    m_connected = false;
    m_socket = std::make_unique<QWebSocket>();
    m_socket->setProxy(QNetworkProxy::NoProxy);
    m_socket->setMaxAllowedIncomingMessageSize(maxMessage);
    if (!m_target.caFile.isEmpty()) {
        QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
        tls.setCaCertificates(QSslCertificate::fromPath(m_target.caFile));
        m_socket->setSslConfiguration(tls);
    }
    connect(m_socket.get(), &QWebSocket::textMessageReceived, this, &AdminFeed::text);
    connect(m_socket.get(), &QWebSocket::disconnected, this, [this] {
        // A handshake that failed says so in its error string; an end that followed it has none.
        const QString why = m_socket->errorString();
        const bool upgraded = m_connected || m_socket->error() == QAbstractSocket::UnknownSocketError;
        lost(upgraded && m_connected ? QStringLiteral("the server closed the connection") : why, m_connected);
    });
    m_watchdog.start(connectLimitMs);
    m_socket->open(feedUrl(m_target.url));
}

void AdminFeed::lost(const QString &reason, bool reached)
{
    m_watchdog.stop();
    m_servers.clear();
    m_connected = false;
    if (m_socket) {
        m_socket->disconnect(this);
        m_socket->abort();
        m_socket.release()->deleteLater(); // its signal may be on the stack
    }
    if (!m_refused)
        m_again.start(std::min(longestDelayMs, firstDelayMs << std::min(m_tries++, 3)));
    Q_EMIT failed(reason, reached);
}

void AdminFeed::text(const QString &message)
{
    const std::string bytes = message.toStdString();
    const std::optional<SocketIoPacket> packet = parseSocketIoPacket(bytes);
    if (!packet)
        return lost(QStringLiteral("it does not speak Socket.IO 5"), true);
    using Type = SocketIoPacket::Type;
    const bool ours = QString::fromStdString(packet->nameSpace) == m_target.nameSpace;
    switch (packet->type) {
    case Type::EngineOpen: {
        const QJsonObject open = QJsonDocument::fromJson(QByteArray::fromStdString(packet->payload)).object();
        const double alive = open[QStringLiteral("pingInterval")].toDouble(25'000) +
                             open[QStringLiteral("pingTimeout")].toDouble(20'000);
        m_watchdog.setInterval(int(std::clamp(alive, 1'000.0, 600'000.0)));
        // Compared as a whole by python-socketio: the two keys and nothing else.
        QJsonObject auth;
        if (!m_target.username.isEmpty())
            auth = {{QStringLiteral("username"), m_target.username},
                    {QStringLiteral("password"), m_target.password.reveal()}};
        const std::string json =
            auth.isEmpty() ? std::string() : QJsonDocument(auth).toJson(QJsonDocument::Compact).toStdString();
        m_socket->sendTextMessage(QString::fromStdString(socketIoConnect(m_target.nameSpace.toStdString(), json)));
        break;
    }
    case Type::EnginePing:
        m_watchdog.start();
        m_socket->sendTextMessage(QStringLiteral("3") + QString::fromStdString(packet->payload));
        break;
    case Type::Connect:
        if (ours) {
            m_connected = true;
            m_tries = 0;
            m_watchdog.start();
        }
        break;
    case Type::ConnectError: {
        const QJsonObject error = QJsonDocument::fromJson(QByteArray::fromStdString(packet->payload)).object();
        const QString why = error[QStringLiteral("message")].toString();
        m_refused = why != QLatin1StringView("Invalid namespace");
        lost(m_refused ? QStringLiteral("the admin namespace refused the login: %1").arg(why)
                       : QStringLiteral("the server has no namespace %1").arg(m_target.nameSpace),
             true);
        break;
    }
    case Type::Disconnect:
        if (ours)
            lost(QStringLiteral("the server ended the admin session"), true);
        break;
    case Type::Event:
        m_watchdog.start();
        if (ours)
            stats(*packet);
        break;
    default:
        break;
    }
}

void AdminFeed::stats(const SocketIoPacket &packet)
{
    const QJsonArray event = QJsonDocument::fromJson(QByteArray::fromStdString(packet.payload)).array();
    if (event.at(0).toString() != QLatin1StringView("server_stats"))
        return;
    const QJsonObject said = event.at(1).toObject();
    const Instant now = Clock::now();
    const QJsonValue clients = said[QStringLiteral("clientsCount")];
    // Absent until the engine is attached: then this server has not been counted yet.
    if (clients.isDouble())
        m_servers[said[QStringLiteral("serverId")].toString()] = {clients.toDouble(), now};
    m_servers.removeIf([now](const auto &entry) { return now - entry.value().at > serverMemory; });
    if (m_servers.isEmpty())
        return;
    double sum = -1; // this connection, which the server counts too
    for (const Server &server : std::as_const(m_servers))
        sum += server.clients;
    Q_EMIT counted(std::max(0.0, sum), int(m_servers.size()), now);
}

} // namespace Switchyard
