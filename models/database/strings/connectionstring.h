// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/common/secret.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

enum class DatabaseKind
{
    Postgres,
    MongoDb,
    Redis,
    UpstashRest, ///< Redis by HTTP: a URL and a token
    Sqlite
};
QString databaseKindName(DatabaseKind kind); ///< "postgresql", "mongodb", "redis", "upstash-rest", "sqlite"

/// A stretch of the text that was read, in UTF-16 units from 0.
struct ConnectionSpan
{
    qsizetype offset = -1; ///< -1: it does not stand in the text
    qsizetype length = 0;
    bool isSet() const { return offset >= 0; }
    bool operator==(const ConnectionSpan &) const = default;
};

/// One place to connect to.
struct ConnectionHost
{
    QString name;            ///< decoded; IPv6 without brackets; empty where `socket` is set, or none was named
    std::optional<int> port; ///< 1 to 65535, where one is written
    QString socket;          ///< a Unix socket: for PostgreSQL its folder, else the file
    ConnectionSpan place;
    ConnectionSpan portPlace;

    bool isIpv6() const { return name.contains(QLatin1Char(':')); }
};

/// A name and value behind the "?", or a pair of key=value text that is none of the fields below. In order, also where
/// one stands twice.
struct ConnectionOption
{
    QString name;          ///< decoded, as written
    QString value;         ///< decoded; empty where it is a secret
    Secret secret;         ///< decoded
    bool isSecret = false; ///< by its name
    ConnectionSpan namePlace;
    ConnectionSpan valuePlace;
};

/// What is wrong with the writing. `rule` is one of connectionRules(). Message and fix hold names of options that are
/// known and positions, never what may be a part of a password.
struct ConnectionProblem
{
    QString rule;
    ConnectionSpan place;
    QString message;
    QString fix;
};

/// How the text was written.
enum class ConnectionWriting
{
    Uri,
    KeyValue, ///< libpq's "host=… dbname=…"
    Jdbc,
    Path,     ///< of a SQLite file
    Variables ///< lines NAME=VALUE with Upstash's URL and token
};

/// A connection string, taken apart. Where its parts cannot be told apart for certain (an unescaped "@" in the
/// password), it holds the likely reading, `problems` says so, and mayShow() is false for everything that could be a
/// piece of the password.
struct ConnectionString
{
    DatabaseKind kind = DatabaseKind::Postgres;
    ConnectionWriting writing = ConnectionWriting::Uri;
    QString scheme; ///< in small letters, without driver: "postgres", "postgresql", "mongodb", "rediss", "https"
    QString driver; ///< behind the "+", or "jdbc": "asyncpg", "psycopg2", "srv"; empty: none
    QList<ConnectionHost> hosts;
    std::optional<QString> user;
    std::optional<Secret> password;  ///< also a token of Upstash
    std::optional<QString> database; ///< database, number of a Redis database, path of a SQLite file
    QList<ConnectionOption> options;
    ConnectionSpan schemePlace, userPlace, passwordPlace, databasePlace;
    QList<ConnectionProblem> problems; ///< in the order of their places
    QString text;                      ///< as read, for columns; never shown

    /// What lies there may stand in a message: it is surely no part of a password.
    bool mayShow(const ConnectionSpan &span) const;
    /// Counts from 1, in code points; 0 where the span is not set.
    int column(const ConnectionSpan &span) const;

    bool isSrv() const { return kind == DatabaseKind::MongoDb && driver == QLatin1StringView("srv"); }
    bool isPooledNeon() const; ///< Neon's pooler: "-pooler" behind the endpoint's id
    /// Any host ends in one of these, without regard to case: ".neon.tech".
    bool hostEndsWith(std::initializer_list<const char *> suffixes) const;
    /// The last one of that name; nullptr where there is none. MongoDB's names without regard to case.
    const ConnectionOption *option(QLatin1StringView name) const;
    /// Its value; empty where it is absent.
    QString optionValue(QLatin1StringView name) const;
    /// The port, or the kind's own one.
    int portOf(const ConnectionHost &host) const;

    /// "postgresql://app@db.example.com:5432/shop": without password and options, and without what may be a part of
    /// the password.
    QString target() const;

    qsizetype shownFrom = 0;       ///< what begins before it is not shown
    qsizetype secretOptionAt = -1; ///< nor what begins behind it; -1: no option is a secret
};

/// What the text does not say itself.
struct ConnectionInput
{
    QString text;
    std::optional<DatabaseKind> kind; ///< where the caller knows
    Secret token;                     ///< of Upstash's REST interface
};

/// Takes the text apart. Never connects, never throws, time linear in the length. Errors (usage), none of which holds
/// any of the text: it is empty, longer than 64 KB, or no connection string of a kind known here. Everything else that
/// is wrong stands in `problems`.
[[nodiscard]] Result<ConnectionString> parseConnectionString(const ConnectionInput &input);

/// Whether the text carries a password or a token, or could: such a text may not stand in argv or a file.
bool connectionCarriesSecret(const QString &text);

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3): safe in any part of a URI.
QString percentEncoded(const QString &text);

} // namespace Switchyard
