// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/secret.h"

#include <QMap>
#include <QObject>
#include <QTimer>
#include <QUrl>

#include <memory>

class QWebSocket;

namespace Switchyard {

struct SocketIoPacket;

/// Where a Socket.IO admin namespace is, and who we are there.
struct AdminTarget
{
    QUrl url; ///< of the Engine.IO endpoint: https://host/socket.io/
    QString nameSpace = QStringLiteral("/admin");
    QString username;
    Secret password;
    QString caFile; ///< PEM bundle; empty: the system's
};

/// Follows the `server_stats` of a Socket.IO server's admin namespace (Node's @socket.io/admin-ui, python-socketio's
/// instrument()): the clients of every server process, summed by its id, less this connection.
///
/// Thread: the one it lives on; nothing blocks. It comes back by itself after 1 to 5 s, except when the login is
/// refused: trying that again would only lock an account.
class AdminFeed final : public QObject
{
    Q_OBJECT
public:
    explicit AdminFeed(AdminTarget target, QObject *parent = nullptr);
    ~AdminFeed() override;

    void start();
    void stop();

Q_SIGNALS:
    /// `servers`: how many processes were heard within the last 10 s.
    void counted(double clients, int servers, Switchyard::Instant at);
    /// `reached`: there was an answer, and it was no good.
    void failed(const QString &reason, bool reached);

private:
    void open();
    void text(const QString &message);
    void stats(const SocketIoPacket &packet);
    void lost(const QString &reason, bool reached);

    struct Server
    {
        double clients = 0;
        Instant at{};
    };

    AdminTarget m_target;
    std::unique_ptr<QWebSocket> m_socket;
    QTimer m_again;
    QTimer m_watchdog;
    QMap<QString, Server> m_servers;
    int m_tries = 0;
    bool m_refused = false;
    bool m_connected = false; ///< the namespace has taken us
};

} // namespace Switchyard
