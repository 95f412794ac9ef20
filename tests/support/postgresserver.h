// SPDX-License-Identifier: GPL-3.0-or-later
// A real PostgreSQL and a real PgBouncer on free ports of the loopback, in a temporary folder and as the user
// "postgres" where the tests run as root (they refuse root). For the test's own thread; the destructors stop them.
#pragma once

#include "tests/support/certificates.h"

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

namespace Switchyard::Testing {

class PostgresServer final
{
public:
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer &) = delete;
    PostgresServer &operator=(const PostgresServer &) = delete;

    /// Why it cannot be started here; empty: it can.
    static QString missing();

    /// A new cluster with the superuser "admin", who gets in by the socket without a password. `config` are lines of
    /// postgresql.conf, `hba` those of pg_hba.conf behind the socket's. False: see log().
    bool start(const QStringList &config, const QByteArray &hba);
    /// A streaming copy of a running one, which must let "admin" replicate by its socket.
    bool startStandbyOf(const PostgresServer &primary);
    void stop();
    /// As a machine that loses its power would; startAgain() recovers what was committed, on another port.
    void stopAtOnce();
    bool startAgain();

    quint16 port() const { return m_port; }
    QString socketFolder() const { return m_folder.path(); }
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS
    QString url(const QString &userAndPassword, const QString &database = QStringLiteral("shop"),
                const QString &options = QStringLiteral("sslmode=disable"),
                const QString &host = QStringLiteral("127.0.0.1")) const;

    /// By psql as the superuser; what it said, trimmed. An error stops the test run's step: it begins with "ERROR".
    QString sql(const QString &statements, const QString &database = QStringLiteral("postgres"));
    /// All of it as SQL, without owners and grants: two databases of one version are equal where this is. With its
    /// large objects. Begins with "ERROR" where it failed.
    QByteArray dump(const QString &database);
    /// Both take effect for the next connection.
    bool setHba(const QByteArray &lines);
    bool setTls(const std::optional<CertificateFiles> &files, const QString &clientCa = {});
    QByteArray log();

private:
    bool runTool(const QString &tool, const QStringList &arguments);
    bool launch();
    bool reload();

    QTemporaryDir m_folder;
    QProcess m_process;
    QByteArray m_log;
    quint16 m_port = 0;
};

class PgBouncer final
{
public:
    PgBouncer();
    ~PgBouncer();
    PgBouncer(const PgBouncer &) = delete;
    PgBouncer &operator=(const PgBouncer &) = delete;

    static QString missing();
    /// In front of the server's database "shop"; `users` are lines of the auth_file.
    bool start(const PostgresServer &server, const QByteArray &poolMode, const QByteArray &users,
               const QByteArray &settings = {});
    void stop();
    quint16 port() const { return m_port; }
    QByteArray log();

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    QByteArray m_log;
    quint16 m_port = 0;
};

/// A port that does with each connection what the function says, in a thread of its own; the function's `stopping`
/// tells when to give up. The descriptor is closed after it.
class ScriptedPeer final
{
public:
    using Script = std::function<void(int descriptor, const std::atomic<bool> &stopping)>;
    explicit ScriptedPeer(Script script);
    ~ScriptedPeer();
    ScriptedPeer(const ScriptedPeer &) = delete;
    ScriptedPeer &operator=(const ScriptedPeer &) = delete;

    quint16 port() const { return m_port; }
    int openConnections() const { return m_open; }

    /// What comes within a short time; empty: the peer went, or nothing came before `stopping`.
    static QByteArray read(int descriptor, const std::atomic<bool> &stopping);
    static void write(int descriptor, const QByteArray &bytes);

private:
    void serve();

    const Script m_script;
    int m_listener = -1;
    quint16 m_port = 0;
    std::atomic<bool> m_stopping{false};
    std::atomic<int> m_open{0};
    std::thread m_thread;
};

} // namespace Switchyard::Testing
