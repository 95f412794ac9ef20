// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/postgreshints.h"

#include <algorithm>
#include <iterator>

namespace Switchyard {

namespace {

struct Row
{
    const char *id;
    const char *sqlState; ///< empty: any, or none
    const char *contains; ///< in small letters; empty: any text. Several are separated by '|'
    const char *words;
    const char *hint;
    const char *source;
};

constexpr const char codes[] = "PostgreSQL, Appendix A: Error Codes";
constexpr const char hba[] = "PostgreSQL, 21.1: The pg_hba.conf File";
constexpr const char neon[] = "neon.com/docs/connect/connection-errors";
constexpr const char bouncer[] = "pgbouncer.org/config.html";

/// The first that fits counts.
constexpr Row rows[] = {
    // Providers and poolers, which use codes of their own for much that has none.
    {"neon-sni", "", "endpoint id is not specified",
     "the client sent no server name (SNI), so Neon cannot tell the endpoint",
     "a driver with SNI (libpq 14 or newer), or options=endpoint%3Dep-… in the string", neon},
    {"neon-disabled", "", "endpoint is disabled|endpoint has been disabled", "the Neon endpoint is switched off",
     "enable the compute in Neon's console", neon},
    {"neon-unknown", "", "endpoint could not be found|requested endpoint could not be found",
     "Neon has no such endpoint",
     "take the host from Neon's console again: the endpoint was deleted, or its name is mistyped", neon},
    {"neon-quota", "", "exceeded the compute time quota|exceeded the data transfer quota",
     "the Neon project has used up its quota", "wait until the quota is renewed, or change the plan", neon},
    {"supabase-tenant", "", "tenant or user not found", "the pooler does not know the project or the user",
     "through Supabase's pooler the user is postgres.PROJECT, and the host names the project's region",
     "supabase.com/docs/guides/database/connecting-to-postgres"},
    {"pooler-no-database", "", "no such database: ", "the pooler does not know the database",
     "the name of the database, or an entry in the pooler's [databases]", bouncer},
    {"pooler-no-user", "", "no such user", "the pooler does not know the user",
     "the user's name, or an entry in the pooler's auth_file or auth_query", bouncer},
    {"pooler-password", "08P01", "authentication failed|auth failed|password", "the password or the user is wrong",
     "the password as the provider shows it now, percent-encoded in a URL; a pooler has a list of its own", bouncer},
    {"pooler-passes-on", "08P01", "does not exist", "the server behind the pooler has no such database or role",
     "the name of the database and the user in the string, and the pooler's [databases]", bouncer},
    {"pooler-full", "", "no more connections allowed|max_client_conn", "the pooler takes no more clients",
     "smaller pools in the application, or more max_client_conn", bouncer},
    {"pooler-wait", "", "query_wait_timeout", "the pooler found no free server connection in time",
     "connections are held too long: shorter transactions, or a larger pool", bouncer},
    {"pooler-options", "", "unsupported startup parameter", "the pooler does not take an option of the string",
     "leave the option out, or name it in the pooler's ignore_startup_parameters", bouncer},
    {"pooler-server", "",
     "server login failed|server login has been failing|cannot connect to server|server_login_retry",
     "the pooler itself cannot get into the server behind it",
     "whether the server behind the pooler runs, and what the pooler logs in with", bouncer},
    {"tls-required", "",
     "ssl/tls required|ssl required|ssl connection is required|requires encrypted connection|"
     "connection is insecure|requires ssl",
     "the server takes encrypted connections only", "sslmode=require, or better verify-full", hba},

    // SQLSTATE.
    {"password", "28P01", "", "the password or the user is wrong",
     "the password as the provider shows it now, percent-encoded in a URL; a password that was rotated ends old "
     "strings",
     codes},
    {"pg-hba-tls", "28000", "no encryption|ssl off", "no line of pg_hba.conf lets this user in without encryption",
     "sslmode=require or better in the string", hba},
    {"pg-hba", "28000", "pg_hba", "no line of pg_hba.conf lets this user in from this address",
     "a line for this user, database and address in pg_hba.conf; with a provider: its list of allowed addresses", hba},
    {"role-missing", "28000", "does not exist", "there is no such role",
     "the user in the string, or CREATE ROLE … LOGIN", codes},
    {"role-nologin", "28000", "not permitted to log in", "the role may not log in", "ALTER ROLE … LOGIN", codes},
    {"client-certificate", "28000", "certificate", "the server asks for a client certificate",
     "sslcert and sslkey of one that the server's authority has signed", hba},
    {"not-authorised", "28000", "", "the server does not let this user in",
     "pg_hba.conf of the server, and the user's name", hba},
    {"no-database", "3D000", "", "there is no such database", "the name behind the last slash, or CREATE DATABASE",
     codes},
    {"no-connect", "42501", "database", "the role has no CONNECT on the database", "GRANT CONNECT ON DATABASE … TO …",
     codes},
    {"reserved-slots", "53300", "reserved", "only the connections that are reserved for superusers are left",
     "smaller pools (workers × size × instances), or a pooler in front", codes},
    {"role-limit", "53300", "for role", "the role's own limit of connections is reached",
     "a smaller pool, or ALTER ROLE … CONNECTION LIMIT", codes},
    {"database-limit", "53300", "for database", "the database's own limit of connections is reached",
     "a smaller pool, or ALTER DATABASE … CONNECTION LIMIT", codes},
    {"too-many-connections", "53300", "", "every connection of the server is in use",
     "smaller pools (workers × size × instances), or a pooler in front", codes},
    {"starting", "57P03", "starting up|recovery|consistent", "the server is starting up",
     "try again in a few seconds; after a crash it replays its log first", codes},
    {"stopping", "57P03", "", "the server takes no connections now: it starts, stops or recovers",
     "try again in a few seconds", codes},
    {"shut-down", "57P01", "", "an administrator or the server's shutdown ended the connection",
     "try again in a few seconds", codes},
    {"crash", "57P02", "", "another process of the server crashed, and all connections were ended", "the server's log",
     codes},
    {"timeout-server", "57014", "", "the server ended the statement", "statement_timeout of the role or the database",
     codes},
    {"protocol", "08P01", "", "the peer does not take what libpq sends",
     "whether host and port are those of PostgreSQL", codes},
    {"memory", "53200", "", "the server has no memory left", "the server's memory and work_mem", codes},
    {"disk", "53100", "", "the server's disk is full", "more disk, or less data: it cannot write", codes},
    {"read-only", "25006", "", "the server takes no writes", "the primary's address", codes},
    {"no-privilege", "42501", "", "the user lacks a privilege", "GRANT it, or another user", codes},

    // What libpq and we see by ourselves; found by id only.
    {"no-password", "-", "", "the server asks for a password, and the string has none",
     "postgresql://USER:PASSWORD@HOST/…, as a reference such as env:DATABASE_URL", codes},
    {"channel-binding", "-", "", "channel_binding=require, and the server or something between does not offer it",
     "channel_binding=prefer; if a proxy ends TLS in between, verify-full to it is the protection that is left",
     "PostgreSQL, 34.1.2: channel_binding"},
    {"client-certificate-file", "-", "", "the client certificate of the string cannot be used",
     "sslcert and sslkey name files that belong together, and the key is for its owner alone: chmod 600",
     "PostgreSQL, 34.19.2: Client Certificates"},
    {"dropped-in-auth", "-", "", "the peer ended the connection before it let anybody in",
     "a firewall or proxy in between, a server that restarts, or one that is out of processes: its log", codes},
    {"dropped-in-query", "-", "", "the connection ended while a query ran",
     "the server's log: it restarted, or ended the session", codes},
    {"silent", "-", "", "the peer took the connection and says nothing",
     "whether host and port are those of PostgreSQL, and whether a firewall in between swallows packets", codes},
    {"silent-after-login", "-", "", "the peer asked who we are, took the answer and says nothing more",
     "a pooler waits like this for a server that is down or has no free connection: its log, and the server behind it; "
     "a server does when it is overloaded",
     bouncer},
    {"slow-server", "-", "", "the server let us in, and no answer to a query came in time",
     "what the server is busy with: pg_stat_activity, its load; a pooler without a free connection waits the same way",
     codes},
    {"no-tls", "-", "", "the server does not offer TLS",
     "ssl = on and a certificate at the server; sslmode=disable only inside a private network",
     "PostgreSQL, 19.9: Secure TCP/IP "
     "Connections with SSL"},
};

struct EndOfLife
{
    int major, year, month, day;
};

/// postgresql.org/support/versioning
constexpr EndOfLife ends[] = {
    {9, 2021, 11, 11},  {10, 2022, 11, 10}, {11, 2023, 11, 9}, {12, 2024, 11, 21}, {13, 2025, 11, 13},
    {14, 2026, 11, 12}, {15, 2027, 11, 11}, {16, 2028, 11, 9}, {17, 2029, 11, 8},  {18, 2030, 11, 14},
};

PostgresCause causeOf(const Row &row)
{
    return {QString::fromUtf8(row.id), QString::fromUtf8(row.words), QString::fromUtf8(row.hint),
            QString::fromUtf8(row.source)};
}

} // namespace

std::optional<PostgresCause> postgresCause(const QString &sqlState, const QString &message)
{
    const QString text = message.toLower();
    for (const Row &row : rows) {
        const QString code = QString::fromUtf8(row.sqlState);
        if (!code.isEmpty() && code != sqlState)
            continue;
        const QStringList words = QString::fromUtf8(row.contains).split(QLatin1Char('|'));
        if (std::any_of(words.cbegin(), words.cend(), [&](const QString &each) { return text.contains(each); }))
            return causeOf(row);
    }
    return {};
}

PostgresCause postgresCauseOf(const char *id)
{
    const auto row = std::find_if(std::begin(rows), std::end(rows), [id](const Row &each) {
        return QLatin1StringView(each.id) == QLatin1StringView(id);
    });
    return row == std::end(rows) ? PostgresCause{} : causeOf(*row);
}

std::optional<QDate> postgresEndOfLife(int major)
{
    const auto end =
        std::find_if(std::begin(ends), std::end(ends), [major](const EndOfLife &each) { return each.major == major; });
    return end == std::end(ends) ? std::nullopt : std::optional(QDate(end->year, end->month, end->day));
}

} // namespace Switchyard
