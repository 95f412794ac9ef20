// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One connection of libpq, driven by deadlines of ours. Only the probe of PostgreSQL and what copies and compares need
// it.

#include "models/common/secret.h"
#include "models/database/base/deadline.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <utility>

struct pg_conn;

namespace Switchyard {

enum class LinkEnd
{
    Ok,
    Failed,
    Timeout,
    Cancelled
};

/// How far a connection came.
enum class LinkPhase
{
    Tcp,
    Tls,
    Auth,
    Ready
};

/// Where to, and as whom. Nothing is looked up by name: `address` is an address, or `socketFolder` is set.
struct LinkTarget
{
    QString host;         ///< for SNI and the name in the certificate
    QString address;      ///< IPv4 or IPv6
    QString socketFolder; ///< instead of both
    int port = 5432;
    QString user;     ///< empty: that of the operating system
    Secret password;  ///< empty: none; the environment's PGPASSWORD then counts, as in libpq
    QString database; ///< empty: the user's name
    QString sslmode =
        QStringLiteral("disable"); ///< disable, require, verify-ca or verify-full: nothing that is tried twice
    QString rootFile;              ///< certificates that are trusted; needed by verify-*
    QList<std::pair<QString, QString>> options; ///< further ones of libpq, by its names
};

/// How the server let the user in, as far as it shows in the number of messages.
enum class LinkAuthentication
{
    None, ///< trust, peer, or a certificate
    Scram,
    Md5,
    ClearText
};

/// What came of opening.
struct LinkOutcome
{
    LinkEnd end = LinkEnd::Failed;
    LinkPhase phase = LinkPhase::Tcp; ///< Ready, or the one in which it ended
    std::optional<double> tcpMs, tlsMs, authMs;
    QString sqlState;           ///< "28P01"; empty where the failure is not the server's word
    QString message;            ///< one line without the password
    bool needsPassword = false; ///< the server asked for one and there was none
    bool answered = false; ///< it asked for a password and got it, or let the user in: it speaks PostgreSQL's protocol
    LinkAuthentication authentication = LinkAuthentication::None;
};

/// What came of a query. Values are text; a NULL is a null QString.
struct LinkRows
{
    LinkEnd end = LinkEnd::Failed;
    QString sqlState;
    QString message;
    QStringList columns;
    QList<QStringList> rows;
    double ms = 0;

    bool isOk() const { return end == LinkEnd::Ok; }
    /// Of the first row, by the column's name; a null QString where there is none.
    QString value(const char *column) const { return valueAt(0, column); }
    QString valueAt(qsizetype row, const char *column) const;
    std::optional<int> number(const char *column) const;
    bool isTrue(const char *column) const { return value(column) == QLatin1StringView("t"); }
};

/// Blocks its thread, which is never the window's. Ended by close() or the destructor, also in the middle: the socket
/// is shut down first, so that nothing waits for the peer.
class PostgresLink final
{
public:
    PostgresLink();
    ~PostgresLink();
    PostgresLink(const PostgresLink &) = delete;
    PostgresLink &operator=(const PostgresLink &) = delete;

    [[nodiscard]] LinkOutcome open(const LinkTarget &target, const Deadline &deadline);
    /// One statement. After a timeout or cancel the connection is closed.
    [[nodiscard]] LinkRows query(const QString &sql, const Deadline &deadline);
    void close();

    bool isOpen() const { return m_connection != nullptr; }
    int descriptor() const;
    void *ssl() const;      ///< OpenSSL's SSL, while the connection is encrypted and open; else nullptr
    int backendPid() const; ///< as the peer said it when it let us in
    QString user() const;   ///< who we are to the server
    QString parameter(const char *name) const; ///< "server_version", "in_hot_standby"
    bool usedPassword() const;
    int statements() const { return m_statements; } ///< sent by query(), also before a close()

private:
    LinkEnd waitFor(bool write, const Deadline &deadline) const;
    QString cleaned(const char *message, QString *sqlState) const;

    pg_conn *m_connection = nullptr;
    int m_statements = 0;
    Secret m_password;
};

/// `name` in double quotes for SQL, whatever stands in it.
QString quotedIdentifier(const QString &name);

} // namespace Switchyard
