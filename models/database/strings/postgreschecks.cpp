// SPDX-License-Identifier: GPL-3.0-or-later
// PostgreSQL: what drivers, poolers and platforms make of the string.
#include "models/database/strings/connectionlintkit.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isAsyncpg(DatabaseClient client)
{
    return client == DatabaseClient::Asyncpg || client == DatabaseClient::SqlalchemyAsyncpg;
}

void checkScheme(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const DatabaseClient client = lint.client();
    const bool sqlalchemy = client == DatabaseClient::SqlalchemyAsyncpg || client == DatabaseClient::SqlalchemyLibpq;
    if (connection.writing != ConnectionWriting::Uri)
        return;
    if (sqlalchemy && connection.scheme == QLatin1StringView("postgres"))
        lint.report("postgresql/scheme", connection.schemePlace, s("SQLAlchemy since 1.4 does not take postgres://"),
                    client == DatabaseClient::SqlalchemyAsyncpg ? s("postgresql+asyncpg://") : s("postgresql://"));
    if (client == DatabaseClient::SqlalchemyAsyncpg && connection.driver.isEmpty())
        lint.report("postgresql/scheme", connection.schemePlace,
                    s("without a driver in the scheme SQLAlchemy takes psycopg2, which is not asynchronous"),
                    s("postgresql+asyncpg://, and a plain copy for psql, pg_dump and the like"));
    // To pgjdbc the whole scheme is wrong: said where forms are checked.
    const bool other = !sqlalchemy && client != DatabaseClient::Unknown && client != DatabaseClient::Jdbc;
    if (!connection.driver.isEmpty() && other)
        lint.report("postgresql/driver-suffix", connection.schemePlace,
                    s("only SQLAlchemy reads a driver in the scheme"), s("postgresql://"));
}

bool isPostgresClient(DatabaseClient client)
{
    using enum DatabaseClient;
    switch (client) {
    case Libpq:
    case Asyncpg:
    case SqlalchemyAsyncpg:
    case SqlalchemyLibpq:
    case Prisma:
    case NodePostgres:
    case Jdbc:
        return true;
    default:
        return false;
    }
}

/// What the client does not read at all.
void checkForm(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const DatabaseClient client = lint.client();
    const DatabaseClient named = lint.context().client;
    const QString ofJdbc = s("jdbc:postgresql://HOST/DATABASE?user=…&password=…");
    switch (connection.writing) {
    case ConnectionWriting::KeyValue:
        if (client != DatabaseClient::Libpq && isPostgresClient(client))
            lint.report("postgresql/client-form", lint.hostPlace(),
                        s("only libpq reads key=value text, and this client takes a URL"),
                        client == DatabaseClient::Jdbc ? ofJdbc : s("postgresql://USER:…@HOST/DATABASE"));
        return;
    case ConnectionWriting::Uri:
        if (client == DatabaseClient::Jdbc)
            lint.report("postgresql/client-form", connection.schemePlace,
                        s("pgjdbc takes jdbc:postgresql:// only, with user and password in the options"), ofJdbc);
        return;
    case ConnectionWriting::Jdbc: {
        if (isPostgresClient(named) && named != DatabaseClient::Jdbc)
            lint.report("postgresql/client-form", connection.schemePlace, s("only pgjdbc reads jdbc:postgresql://"),
                        s("postgresql://USER:…@HOST/DATABASE"));
        const qsizetype host = lint.hostPlace().offset;
        const auto before = [host](const ConnectionSpan &place) { return place.isSet() && place.offset < host; };
        if (before(connection.userPlace) || before(connection.passwordPlace))
            lint.report("postgresql/client-form", connection.schemePlace,
                        s("pgjdbc reads no user before an @: it takes all of that for the host"), ofJdbc);
        return;
    }
    case ConnectionWriting::Path:
    case ConnectionWriting::Variables:
        break;
    }
}

void checkAsyncpg(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (!isAsyncpg(lint.client()))
        return;
    for (const ConnectionOption &option : connection.options) {
        if (option.name == QLatin1StringView("channel_binding")) {
            lint.report("postgresql/channel-binding", option.namePlace, s("asyncpg does not know channel_binding"),
                        s("leave it out"));
            continue;
        }
        if (lint.client() != DatabaseClient::SqlalchemyAsyncpg || !libpqOptionNames().contains(option.name) ||
            knownOptions(DatabaseKind::Postgres, lint.client()).contains(option.name))
            continue;
        const bool sslmode = option.name == QLatin1StringView("sslmode");
        const bool timeout = option.name == QLatin1StringView("connect_timeout");
        lint.report(
            "postgresql/asyncpg-options", option.namePlace,
            s("asyncpg under SQLAlchemy does not take %1: a TypeError at the first connection").arg(option.name),
            sslmode   ? s("ssl=require, or verify-full, with the same values as sslmode")
            : timeout ? s("connect_args={\"timeout\": 10}")
                      : s("leave it out, or pass it in connect_args"));
    }
}

QString poolerAdvice(DatabaseClient client)
{
    switch (client) {
    case DatabaseClient::SqlalchemyAsyncpg:
        return s("prepared_statement_cache_size=0 and statement_cache_size=0");
    case DatabaseClient::Asyncpg:
        return s("asyncpg.connect(…, statement_cache_size=0)");
    case DatabaseClient::Prisma:
        return s("pgbouncer=true");
    case DatabaseClient::Jdbc:
        return s("prepareThreshold=0");
    default:
        return s("connect_args={\"prepare_threshold\": None}");
    }
}

/// Whether the string itself switches prepared statements off.
bool preparesNothing(const ConnectionLint &lint)
{
    const auto zero = [&lint](const char *name) { return lint.value(name) == QLatin1StringView("0"); };
    switch (lint.client()) {
    case DatabaseClient::SqlalchemyAsyncpg:
        return zero("prepared_statement_cache_size") && zero("statement_cache_size");
    case DatabaseClient::Asyncpg:
        return zero("statement_cache_size");
    case DatabaseClient::Prisma:
        return lint.value("pgbouncer") == QLatin1StringView("true");
    case DatabaseClient::Jdbc:
        return zero("prepareThreshold");
    case DatabaseClient::SqlalchemyLibpq:
        // psycopg2 prepares nothing, psycopg does after the fifth time.
        return lint.connection().driver != QLatin1StringView("psycopg");
    default:
        return true;
    }
}

void checkPooler(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const DatabaseUse use = lint.context().use;
    const ConnectionSpan place = lint.hostPlace();
    const bool session = use == DatabaseUse::Migrations || use == DatabaseUse::Dump;
    if (isTransactionPooler(connection)) {
        if (session)
            lint.report("postgresql/pooler-session", place,
                        use == DatabaseUse::Dump ? s("a dump through a pooler in transaction mode")
                                                 : s("migrations through a pooler in transaction mode"),
                        connection.isPooledNeon() ? s("the direct host: the same without \"-pooler\"")
                                                  : s("the database's direct host and port"));
        else if (connection.isPooledNeon() && use == DatabaseUse::Unknown)
            lint.report("postgresql/neon-pooled", place, s("Neon's pooler: for the application"),
                        s("migrations and pg_dump take the same host without \"-pooler\""));
        if (!preparesNothing(lint))
            lint.report("postgresql/prepared-statements", place,
                        s("a pooler in transaction mode, and a driver that prepares statements"),
                        poolerAdvice(lint.client()));
        return;
    }
    if (connection.hostEndsWith({".neon.tech"}) && !session)
        lint.report(
            "postgresql/neon-direct", place,
            use == DatabaseUse::Application ? s("the application goes to Neon's direct host")
                                            : s("Neon's direct host: for migrations and pg_dump"),
            s("for the application put \"-pooler\" behind the endpoint's id: ep-…-pooler.REGION.aws.neon.tech"));
}

const char *tlsOption(const ConnectionLint &lint)
{
    return lint.has("sslmode") ? "sslmode" : "ssl";
}

/// How the client is told to take TLS, and verify it.
QString tlsAdvice(DatabaseClient client)
{
    switch (client) {
    case DatabaseClient::SqlalchemyAsyncpg:
        return s("ssl=verify-full, or ssl=require");
    case DatabaseClient::Prisma:
        return s("sslmode=require&sslaccept=strict");
    default:
        return s("sslmode=verify-full, or sslmode=require");
    }
}

QString verifyAdvice(DatabaseClient client)
{
    switch (client) {
    case DatabaseClient::Prisma:
        return s("sslaccept=strict");
    case DatabaseClient::Asyncpg:
    case DatabaseClient::SqlalchemyAsyncpg:
        return s("verify-full, with the provider's certificate");
    case DatabaseClient::Jdbc:
        return s("ssl=true, with sslrootcert=FILE or sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");
    default:
        return s("verify-full, with sslrootcert=system or the provider's certificate");
    }
}

void checkTls(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (!lint.leavesTheHost())
        return;
    // What the driver refuses goes nowhere, and so not without TLS.
    for (const char *name : {"sslmode", "ssl"}) {
        const ConnectionOption *option = connection.option(QLatin1StringView(name));
        if (option && isRefusedValue(lint, *option))
            return;
    }
    const EffectiveTls tls = effectiveTls(connection, lint.client());
    const ConnectionSpan place =
        lint.has("sslmode") || lint.has("ssl") ? lint.placeOf(tlsOption(lint)) : connection.schemePlace;
    const QString better = tlsAdvice(lint.client());
    if (tls == EffectiveTls::Off && connection.hostEndsWith({".neon.tech"})) {
        lint.report("postgresql/neon-tls", place, s("Neon takes encrypted connections only"), better);
        return;
    }
    if (tls == EffectiveTls::Off && connection.hostEndsWith({"-postgres.render.com"})) {
        lint.report("postgresql/render-tls", place, s("Render's external address takes TLS only"), better);
        return;
    }
    if (tls == EffectiveTls::Off || tls == EffectiveTls::Opportunistic) {
        const bool said = lint.has("sslmode") || lint.has("ssl");
        const bool prisma =
            lint.client() == DatabaseClient::Prisma && lint.value("sslmode").startsWith(QLatin1StringView("verify-"));
        lint.report("postgresql/sslmode-weak", place,
                    prisma ? s("Prisma's engine knows disable, prefer and require, and takes this for prefer: the "
                               "connection may go without TLS")
                    : said ? s("%1 is set so that the connection may go without TLS").arg(s(tlsOption(lint)))
                           : s("nothing asks for TLS: the default goes without it where the server, or somebody on the "
                               "way, says so"),
                    better);
    } else if (tls == EffectiveTls::Encrypted) {
        lint.report("postgresql/sslmode-unverified", place, s("encrypted, but any certificate is taken"),
                    verifyAdvice(lint.client()));
    }
}

/// verify-full and verify-ca need the authorities, which not every client finds by itself.
void checkRootCertificate(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const bool named = std::any_of(connection.hosts.cbegin(), connection.hosts.cend(),
                                   [](const ConnectionHost &host) { return !host.name.isEmpty(); });
    if (!named || effectiveTls(connection, lint.client()) != EffectiveTls::Verified)
        return;
    const QString root = lint.value("sslrootcert");
    const bool system = root == QLatin1StringView("system");
    if (!root.isEmpty() && !(system && isAsyncpg(lint.client())))
        return;
    const auto report = [&](const char *who, const char *fix) {
        const QString words = system ? s("%1 (0.27) takes sslrootcert=system for the name of a file")
                                     : s("%1 looks for the authorities in ~/.postgresql/root.crt, and fails where it "
                                         "is missing");
        lint.report("postgresql/root-certificate", lint.placeOf(system ? "sslrootcert" : tlsOption(lint)),
                    words.arg(s(who)), s(fix));
    };
    switch (lint.client()) {
    case DatabaseClient::Unknown:
    case DatabaseClient::Libpq:
    case DatabaseClient::SqlalchemyLibpq:
        return report("libpq", "sslrootcert=system (libpq 16 and newer), or sslrootcert=FILE with the provider's "
                               "authority");
    case DatabaseClient::Asyncpg:
        return report("asyncpg", "sslrootcert=FILE with the provider's authority, such as "
                                 "/etc/ssl/certs/ca-certificates.crt");
    case DatabaseClient::SqlalchemyAsyncpg:
        return report("asyncpg", "connect_args={\"ssl\": ssl.create_default_context()} in its place, or the variable "
                                 "PGSSLROOTCERT=FILE");
    case DatabaseClient::Jdbc:
        if (!lint.has("sslfactory"))
            report("pgjdbc", "sslrootcert=FILE, or sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory for Java's "
                             "authorities");
        return;
    default:
        return;
    }
}

void checkService(ConnectionLint &lint)
{
    if (lint.has("service"))
        lint.report("postgresql/service", lint.placeOf("service"),
                    s("what pg_service.conf has for the service is not read here, nor followed by db probe"),
                    s("host, database and user in the string itself"));
}

void checkRender(ConnectionLint &lint)
{
    const LintContext &context = lint.context();
    for (const ConnectionHost &host : lint.connection().hosts) {
        if (!host.name.endsWith(QLatin1StringView("-postgres.render.com")) ||
            context.platform != QLatin1StringView("render"))
            continue;
        const QString region = host.name.section(QLatin1Char('.'), 1, 1).section(QLatin1Char('-'), 0, 0);
        const QString shownRegion = lint.connection().mayShow(host.place) ? region : s("another region");
        if (!context.region.isEmpty() && context.region != region)
            lint.report("postgresql/render-region", host.place,
                        s("the database is in %1, the backend in %2").arg(shownRegion, context.region),
                        s("put both into one region: the database must be made anew and copied"));
        else
            lint.report("postgresql/render-external", host.place, s("the external address, from a backend on Render"),
                        s("in the same region the internal one: the host without \".%1-postgres.render.com\"")
                            .arg(region == shownRegion ? region : s("REGION")));
    }
}

/// Of its own engine, which takes words that it does not know for prefer, and for strict.
EffectiveTls prismaTls(const QString &mode, const QString &accept)
{
    if (mode == QLatin1StringView("disable"))
        return EffectiveTls::Off;
    if (mode != QLatin1StringView("require"))
        return EffectiveTls::Opportunistic;
    return accept.isEmpty() || accept == QLatin1StringView("accept_invalid_certs") ? EffectiveTls::Encrypted
                                                                                   : EffectiveTls::Verified;
}

} // namespace

bool needsServiceFile(const ConnectionString &connection)
{
    const auto has = [&connection](const char *name) { return connection.option(QLatin1StringView(name)) != nullptr; };
    return connection.kind == DatabaseKind::Postgres && has("service") && !has("hostaddr") &&
           std::none_of(connection.hosts.cbegin(), connection.hosts.cend(),
                        [](const ConnectionHost &host) { return !host.name.isEmpty() || !host.socket.isEmpty(); });
}

QString jdbcTlsMode(const ConnectionString &connection)
{
    const QString mode = connection.optionValue(QLatin1StringView("sslmode")).toLower();
    const ConnectionOption *ssl = connection.option(QLatin1StringView("ssl"));
    if (!mode.isEmpty() || !ssl ||
        (!ssl->value.isEmpty() && ssl->value.compare(QLatin1StringView("true"), Qt::CaseInsensitive) != 0))
        return mode;
    const bool any =
        connection.optionValue(QLatin1StringView("sslfactory")).endsWith(QLatin1StringView("NonValidatingFactory"));
    return any ? s("require") : s("verify-full");
}

EffectiveTls effectiveTls(const ConnectionString &connection, DatabaseClient client)
{
    const auto value = [&connection](const char *name) { return connection.optionValue(QLatin1StringView(name)); };
    switch (connection.kind) {
    case DatabaseKind::Sqlite:
        return EffectiveTls::Verified;
    case DatabaseKind::UpstashRest:
        return connection.scheme == QLatin1StringView("https") ? EffectiveTls::Verified : EffectiveTls::Off;
    case DatabaseKind::Redis: {
        if (connection.scheme != QLatin1StringView("rediss"))
            return EffectiveTls::Off;
        // In a client "optional" is the same as "required" (Python's module ssl); Celery writes CERT_NONE.
        const QString required = value("ssl_cert_reqs").toLower();
        return required == QLatin1StringView("none") || required == QLatin1StringView("cert_none")
                   ? EffectiveTls::Encrypted
                   : EffectiveTls::Verified;
    }
    case DatabaseKind::MongoDb: {
        std::optional<bool> on = booleanOf(value("tls"));
        if (!on)
            on = booleanOf(value("ssl"));
        if (!on.value_or(connection.isSrv()))
            return EffectiveTls::Off;
        for (const char *insecure : {"tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"}) {
            if (booleanOf(value(insecure)).value_or(false))
                return EffectiveTls::Encrypted;
        }
        return EffectiveTls::Verified;
    }
    case DatabaseKind::Postgres:
        break;
    }
    const bool jdbc = connection.writing == ConnectionWriting::Jdbc || client == DatabaseClient::Jdbc;
    QString mode = jdbc ? jdbcTlsMode(connection) : value("sslmode");
    const QString ssl = value("ssl");
    if (client == DatabaseClient::Prisma)
        return prismaTls(mode, value("sslaccept"));
    if (mode.isEmpty() && client == DatabaseClient::NodePostgres && ssl == QLatin1StringView("true"))
        return EffectiveTls::Verified;
    if (mode.isEmpty() && !jdbc)
        mode = ssl == QLatin1StringView("true") ? s("require") : ssl;
    if (mode.isEmpty() && client == DatabaseClient::NodePostgres)
        return EffectiveTls::Off;
    if (mode == QLatin1StringView("disable") || mode == QLatin1StringView("false"))
        return EffectiveTls::Off;
    if (mode.startsWith(QLatin1StringView("verify-")))
        return EffectiveTls::Verified;
    if (mode == QLatin1StringView("require") || mode == QLatin1StringView("no-verify"))
        // node-postgres verifies with require.
        return client == DatabaseClient::NodePostgres && mode == QLatin1StringView("require") ? EffectiveTls::Verified
                                                                                              : EffectiveTls::Encrypted;
    return EffectiveTls::Opportunistic;
}

void checkPostgres(ConnectionLint &lint)
{
    checkScheme(lint);
    checkForm(lint);
    checkAsyncpg(lint);
    checkPooler(lint);
    checkTls(lint);
    checkRootCertificate(lint);
    checkService(lint);
    checkRender(lint);
}

} // namespace Switchyard
