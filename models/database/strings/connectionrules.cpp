// SPDX-License-Identifier: GPL-3.0-or-later
// The table of rules for connection strings; the checks stand beside their kinds.
#include "models/database/strings/connectionlintkit.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr char libpq[] = "https://www.postgresql.org/docs/current/libpq-connect.html";
constexpr char mongoOptions[] = "https://www.mongodb.com/docs/manual/reference/connection-string-options/";
constexpr char neon[] = "https://neon.com/docs/connect/connection-pooling";
constexpr char renderDatabases[] = "https://render.com/docs/postgresql-creating-connecting";
constexpr char rfc3986[] = "RFC 3986, sections 2.1 and 3.2.1";
constexpr char owasp[] = "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html";
constexpr char upstash[] = "https://upstash.com/docs/redis/howto/connectclient";

QList<RuleText> anyRules()
{
    using enum Severity;
    return {
        {"any/admin-user", Warning, "The user is an administrator",
         "An application that is broken into then owns the server. It needs rights on its own database only.", owasp,
         ""},
        {"any/control-character", Error, "A line break or control character in the string",
         "Drivers end there, or pass it on as a part of a name.", rfc3986, ""},
        {"any/default-user", Note, "The user is Redis' default user",
         "It may do everything. A user of its own (ACL SETUSER) can be held to the keys it needs.",
         "https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/", ""},
        {"any/equals-sign", Warning, "An equals sign in a name",
         "Drivers take it for a part of the name; mostly a separator is missing.", libpq, ""},
        {"any/host", Error, "The host cannot be read", "Addresses of IPv6 stand in brackets, ports behind them.",
         rfc3986, ""},
        {"any/host-missing", Error, "No host is named", "Drivers then connect to this computer.", libpq, ""},
        {"any/local-host", Error, "localhost, on a platform where the database is elsewhere",
         "Each instance is alone in its container: localhost is the container itself.", renderDatabases, ""},
        {"any/no-password", Note, "A user without a password",
         "It works where the server trusts the address, or the password comes from elsewhere (PGPASSWORD, .pgpass).",
         libpq, ""},
        {"any/option", Error, "An option cannot be read", "libpq refuses the whole string.", libpq, ""},
        {"any/option-twice", Warning, "An option stands twice",
         "libpq takes the last, PyMongo warns, others take the first or a list.", libpq, ""},
        {"any/option-value", Error, "An option has a value that it cannot have", "The driver refuses to connect.",
         libpq, ""},
        {"any/percent-encoding", Error, "A percent sign that encodes nothing",
         "libpq and MongoDB's drivers refuse the string; others take the sign as it stands, so that the password is "
         "another one.",
         rfc3986, ""},
        {"any/placeholder", Error, "A placeholder stands where a value belongs", "Nothing answers to it.", owasp, ""},
        {"any/pool-fits", Note, "The pools fit", "workers × (size + overflow) × instances.", renderDatabases, "SEED-2"},
        {"any/pool-deploy", Warning, "The pools fit once, but not during a deploy",
         "Old and new processes are connected at the same time.", renderDatabases, ""},
        {"any/pool-too-large", Error, "The pools open more connections than the database takes",
         "Requests fail with \"too many connections\" when all pools are full, which is when there is most to do.",
         renderDatabases, "SEED-2"},
        {"any/pool-unknown", Note, "What the database takes is not known", "The sum must stay under it.",
         renderDatabases, ""},
        {"any/port", Error, "The port is no port", "1 to 65535.", rfc3986, ""},
        {"any/private-address", Warning, "An address of a private network",
         "Platforms reach it only over peering, PrivateLink or a VPN. Render has no peering.",
         "https://render.com/docs/private-network", "R-NET-4"},
        {"any/private-host", Error, "A host that only another platform reaches",
         "Names of a private network are resolved inside it only.",
         "https://fly.io/docs/networking/private-networking/", "F-NET-1"},
        {"any/unescaped-character", Error, "A character in the password that must be percent-encoded",
         "Drivers cut the string at it, each at another place.", rfc3986, ""},
        {"any/unknown-option", Warning, "An option that the driver does not know",
         "libpq and asyncpg refuse to connect; MongoDB's drivers warn and go on without it.", libpq, ""},
        {"any/weak-password", Warning, "A weak password", "It is in every list that attackers try first.", owasp, ""},
        {"any/wrapping", Warning, "Quotes or a name around the string",
         "Dashboards and docker --env-file keep them as a part of the value.",
         "https://docs.docker.com/reference/cli/docker/container/run/#env", ""},
    };
}

QList<RuleText> postgresRules()
{
    using enum Severity;
    return {
        {"postgresql/asyncpg-options", Error, "An option of libpq that asyncpg does not take",
         "SQLAlchemy passes what is behind \"?\" to asyncpg.connect(), which ends with a TypeError for names that it "
         "does not know: sslmode, channel_binding, connect_timeout.",
         "https://github.com/sqlalchemy/sqlalchemy/issues/6275", "SEED-3"},
        {"postgresql/channel-binding", Error, "channel_binding with asyncpg",
         "It has no such option. As an option of the address it becomes a setting that the server refuses.",
         "https://github.com/MagicStack/asyncpg/issues/737", ""},
        {"postgresql/client-form", Error, "A form that the client does not read",
         "key=value text is libpq's own, jdbc:postgresql:// is pgjdbc's, which takes no other; asyncpg, SQLAlchemy, "
         "Prisma "
         "and node-postgres take URLs.",
         "https://jdbc.postgresql.org/documentation/use/", ""},
        {"postgresql/driver-suffix", Error, "A driver in the scheme that only SQLAlchemy reads",
         "psql, pg_dump, asyncpg and others refuse postgresql+asyncpg://.",
         "https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls", ""},
        {"postgresql/key-value", Error, "Key=value text that libpq cannot read",
         "It refuses it, and its message quotes the text, which may be a part of the password.", libpq, ""},
        {"postgresql/neon-direct", Note, "Neon's direct host",
         "It takes 104 connections with 0.25 CU, 7 of them reserved. Right for migrations, pg_dump, LISTEN and SET; "
         "for an application with many processes the pooler takes 10,000.",
         neon, "SEED-3"},
        {"postgresql/neon-pooled", Note, "Neon's pooler",
         "Right for an application; not for migrations, pg_dump, LISTEN, SET or logical replication.", neon, ""},
        {"postgresql/neon-tls", Error, "Neon without TLS", "Neon takes encrypted connections only, and needs SNI.",
         neon, ""},
        {"postgresql/pooler-session", Error, "A pooler in transaction mode, for migrations or a dump",
         "Session settings, advisory locks and snapshots do not outlive a transaction there.", neon, ""},
        {"postgresql/prepared-statements", Warning, "Prepared statements with a pooler in transaction mode",
         "The next transaction may run on another server connection, which does not know them.",
         "https://magicstack.github.io/asyncpg/current/faq.html", ""},
        {"postgresql/render-external", Warning, "Render's external address, from Render",
         "It leaves the private network: slower, and counted as traffic. The internal one has the host without a "
         "domain.",
         renderDatabases, ""},
        {"postgresql/render-region", Warning, "The database is in another region",
         "Each query crosses it, and internal addresses do not work from there.", renderDatabases, ""},
        {"postgresql/render-tls", Error, "Render's external address without TLS", "It takes TLS 1.2 and newer only.",
         renderDatabases, ""},
        {"postgresql/root-certificate", Note, "Verified by authorities that may be missing",
         "libpq, asyncpg and pgjdbc take ~/.postgresql/root.crt where sslrootcert names nothing else, and refuse to "
         "connect "
         "without it; the system's own are taken by sslrootcert=system, from libpq 16 on.",
         libpq, ""},
        {"postgresql/scheme", Error, "postgres:// with SQLAlchemy",
         "Since 1.4 it takes postgresql:// only, and ends with \"Can't load plugin: sqlalchemy.dialects:postgres\".",
         "https://docs.sqlalchemy.org/en/14/changelog/changelog_14.html", ""},
        {"postgresql/service", Note, "A service of pg_service.conf",
         "libpq fills in from that file what the string does not say; this program does not read it.",
         "https://www.postgresql.org/docs/current/libpq-pgservice.html", ""},
        {"postgresql/sslmode-unverified", Note, "Encrypted, but the certificate is not verified",
         "sslmode=require takes any certificate, unless a root.crt lies in the home folder.", libpq, ""},
        {"postgresql/sslmode-weak", Warning, "The connection may go without TLS",
         "disable never encrypts, allow and prefer give up encryption as soon as somebody on the way asks for it. "
         "Prisma's "
         "engine takes verify-full and verify-ca for prefer.",
         libpq, ""},
    };
}

QList<RuleText> otherRules()
{
    using enum Severity;
    return {
        {"mongodb/atlas-standard", Note, "Atlas by a standard string",
         "It works, with every host, replicaSet, tls=true and authSource=admin. Only mongodb+srv:// follows when Atlas "
         "changes hosts.",
         "https://www.mongodb.com/docs/atlas/driver-connection/", "M-2"},
        {"mongodb/auth-source", Error, "The user is looked up in the wrong database",
         "Atlas keeps all its users in admin.", "https://github.com/mongodb/specifications (auth)", "M-1"},
        {"mongodb/auth-source-path", Note, "The user is looked up in the database of the path",
         "Without authSource that is the rule; admin where there is no path.",
         "https://github.com/mongodb/specifications (auth)", "M-1"},
        {"mongodb/direct-connection", Error, "directConnection with several hosts, or srv",
         "The drivers refuse it: it names one server.", mongoOptions, ""},
        {"mongodb/plus", Note, "A \"+\" in the password", "PyMongo takes it for a blank, all others for a plus.",
         "https://github.com/mongodb/specifications (connection string)", ""},
        {"mongodb/replica-set", Note, "Several hosts without replicaSet", "Older drivers take them for routers.",
         mongoOptions, ""},
        {"mongodb/retry-writes", Note, "retryWrites is off",
         "It is on by default; without it a failover loses the write that was under way. Not said of Amazon DocumentDB "
         "and Azure "
         "Cosmos DB, which refuse such writes (DocumentDB until 8.0.2).",
         mongoOptions, ""},
        {"mongodb/slash", Warning, "No slash before the options", "Older drivers refuse it.", mongoOptions, ""},
        {"mongodb/srv-hosts", Error, "mongodb+srv with several hosts", "It takes one name; DNS says the rest.",
         "https://github.com/mongodb/specifications (initial DNS seedlist discovery)", ""},
        {"mongodb/srv-labels", Note, "mongodb+srv with a name of two parts",
         "The specification wanted three at first, and PyMongo 3 and others refuse less.",
         "https://github.com/mongodb/specifications (initial DNS seedlist discovery)", ""},
        {"mongodb/srv-name", Error, "mongodb+srv with a name that has no domain",
         "The driver asks DNS for _mongodb._tcp.NAME; an address or localhost has no such records.",
         "https://github.com/mongodb/specifications (initial DNS seedlist discovery)", ""},
        {"mongodb/srv-port", Error, "mongodb+srv with a port", "The SRV records say it; the drivers refuse one.",
         "https://github.com/mongodb/specifications (initial DNS seedlist discovery)", ""},
        {"mongodb/tls", Warning, "No TLS",
         "mongodb:// is plain unless tls=true stands there. With mongodb+srv:// TLS is on without it.", mongoOptions,
         "M-1"},
        {"mongodb/tls-insecure", Error, "TLS that verifies nothing",
         "Anybody on the way can answer, and read the password.", mongoOptions, "M-1"},
        {"redis/database", Error, "The database is no number", "Redis' databases are numbered.",
         "https://www.iana.org/assignments/uri-schemes/prov/redis", ""},
        {"redis/no-password", Warning, "Redis without a password, outside a private network",
         "Everybody who reaches the port owns the data.",
         "https://redis.io/docs/latest/operate/oss_and_stack/management/security/", ""},
        {"redis/password-as-user", Error, "The password stands in the user's place",
         "redis://NAME@HOST is a user without a password.", "https://www.iana.org/assignments/uri-schemes/prov/redis",
         ""},
        {"redis/render-external", Note, "Render Key Value's external address",
         "It is closed until an address is allow-listed: \"AUTH failed: Client IP address is not in the allowlist\".",
         "https://render.com/docs/key-value", ""},
        {"redis/render-internal", Note, "Render Key Value's internal address has no password by default",
         "Everything in the private network may use it, unless internal authentication is switched on.",
         "https://render.com/docs/key-value", "SEED-4"},
        {"redis/tls", Warning, "redis:// beyond a private network", "Password and data go in plain text.",
         "https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/", ""},
        {"redis/tls-unverified", Warning, "TLS that takes any certificate",
         "Anybody on the way can answer, and read the password.",
         "https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/", ""},
        {"redis/upstash-tls", Error, "Upstash by redis://", "TLS is always on there and cannot be switched off.",
         upstash, ""},
        {"sqlite/ephemeral", Error, "A SQLite file on a disk that does not last",
         "The file is gone with the instance, at the next deploy at the latest.", "https://render.com/docs/disks", ""},
        {"sqlite/memory", Note, "A database in memory", "It ends with the process, and each connection has its own.",
         "https://www.sqlite.org/inmemorydb.html", ""},
        {"sqlite/slashes", Error, "sqlite:// with two slashes", "What follows is taken for a host.",
         "https://docs.sqlalchemy.org/en/20/core/engines.html#sqlite", ""},
        {"upstash/credentials", Error, "Upstash's REST address with a user or password in it",
         "The token goes in a header: UPSTASH_REDIS_REST_TOKEN.", "https://upstash.com/docs/redis/features/restapi",
         ""},
        {"upstash/https", Error, "Upstash's REST interface without https", "The token would go in plain text.",
         "https://upstash.com/docs/redis/features/restapi", ""},
        {"upstash/token-form", Error, "The token of Upstash is a URL, or the wrong one",
         "UPSTASH_REDIS_REST_TOKEN is the token alone.", "https://upstash.com/docs/redis/features/restapi", ""},
        {"upstash/token-missing", Error, "Upstash's REST address without its token", "Every request is refused.",
         "https://upstash.com/docs/redis/features/restapi", ""},
        {"upstash/url-form", Error, "The REST address is that of another interface",
         "UPSTASH_REDIS_REST_URL begins with https://; rediss:// is for clients by TCP.",
         "https://upstash.com/docs/redis/features/restapi", ""},
    };
}

} // namespace

const QList<LintRule> &connectionRules()
{
    static const QList<LintRule> rules = [] {
        QList<LintRule> all = rulesFrom(anyRules()) + rulesFrom(postgresRules()) + rulesFrom(otherRules());
        std::sort(all.begin(), all.end(), [](const LintRule &a, const LintRule &b) { return a.id < b.id; });
        return all;
    }();
    return rules;
}

} // namespace Switchyard
