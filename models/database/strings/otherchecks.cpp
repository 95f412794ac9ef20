// SPDX-License-Identifier: GPL-3.0-or-later
// MongoDB, Redis, Upstash and SQLite.
#include "models/database/strings/connectionlintkit.h"

#include <QHostAddress>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isAtlas(const ConnectionString &connection)
{
    return connection.hostEndsWith({".mongodb.net", ".mongodb-qa.net"});
}

/// Amazon DocumentDB before 8.0.2 and Azure Cosmos DB refuse writes that may be repeated: it must be off there.
bool refusesRetryableWrites(const ConnectionString &connection)
{
    return connection.hostEndsWith({".docdb.amazonaws.com", ".docdb-elastic.amazonaws.com", ".docdb.amazonaws.com.cn",
                                    ".cosmos.azure.com", ".cosmos.azure.cn"});
}

void checkSrvName(ConnectionLint &lint, const ConnectionHost &host)
{
    const qsizetype labels = host.name.split(QLatin1Char('.'), Qt::SkipEmptyParts).size();
    constexpr qsizetype ofOldDrivers = 3;
    if (host.name.isEmpty() || isHostPlaceholder(host.name))
        return;
    if (labels < 2 || !QHostAddress(host.name).isNull())
        lint.report("mongodb/srv-name", host.place,
                    s("mongodb+srv:// takes a name with a domain, for which DNS has "
                      "SRV records"),
                    s("mongodb:// with host and port"));
    else if (labels < ofOldDrivers)
        lint.report("mongodb/srv-labels", host.place, s("older drivers refuse a name of two parts"),
                    s("a name of three: HOST.DOMAIN.TLD"));
}

void checkMongoTls(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (effectiveTls(connection, lint.client()) == EffectiveTls::Off && lint.leavesTheHost()) {
        const bool off = lint.has("tls") || lint.has("ssl");
        lint.report("mongodb/tls", off ? lint.placeOf(lint.has("tls") ? "tls" : "ssl") : connection.schemePlace,
                    off ? s("TLS is switched off") : s("mongodb:// goes without TLS unless tls=true stands there"),
                    connection.isSrv() ? s("leave it out: mongodb+srv:// implies TLS") : s("tls=true"));
    }
    for (const char *option : {"tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"}) {
        if (booleanOf(lint.value(option)).value_or(false))
            lint.report("mongodb/tls-insecure", lint.placeOf(option), s("%1 is on").arg(s(option)),
                        s("leave it out; a private authority goes to tlsCAFile"));
    }
}

void checkAuthSource(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (!connection.user)
        return;
    const AuthSource source = effectiveAuthSource(connection);
    const bool external = source.database == QLatin1StringView("$external");
    if (external || source.fromTxt || source.database == QLatin1StringView("admin"))
        return;
    const bool said = lint.has("authSource");
    if (isAtlas(connection))
        lint.report("mongodb/auth-source", said ? lint.placeOf("authSource") : connection.databasePlace,
                    s("Atlas keeps its users in admin, and this looks elsewhere"), s("authSource=admin"));
    else if (!said)
        lint.report("mongodb/auth-source-path", connection.databasePlace,
                    s("the user is looked up in the database of the path"),
                    s("authSource=admin where it was made there"));
}

} // namespace

AuthSource effectiveAuthSource(const ConnectionString &connection)
{
    const QString said = connection.optionValue(QLatin1StringView("authSource"));
    if (!said.isEmpty())
        return {said, false};
    const QString mechanism = connection.optionValue(QLatin1StringView("authMechanism")).toUpper();
    for (const char *external : {"MONGODB-X509", "GSSAPI", "MONGODB-AWS", "MONGODB-OIDC"}) {
        if (mechanism == QLatin1StringView(external))
            return {s("$external"), false};
    }
    const QString path = connection.database.value_or(QString());
    return {path.isEmpty() ? s("admin") : path, connection.isSrv()};
}

void checkMongo(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (connection.isSrv()) {
        if (connection.hosts.size() > 1)
            lint.report("mongodb/srv-hosts", connection.hosts[1].place, s("mongodb+srv:// takes one name"),
                        s("the name alone, or mongodb:// with every host"));
        for (const ConnectionHost &host : connection.hosts) {
            if (host.portPlace.isSet())
                lint.report("mongodb/srv-port", host.portPlace, s("mongodb+srv:// takes no port"),
                            s("leave it out: DNS says it"));
            checkSrvName(lint, host);
        }
    } else if (isAtlas(connection)) {
        lint.report("mongodb/atlas-standard", connection.schemePlace,
                    s("a standard string works with Atlas, and must name every host"), {});
    }
    if (booleanOf(lint.value("directConnection")).value_or(false) &&
        (connection.hosts.size() > 1 || connection.isSrv()))
        lint.report("mongodb/direct-connection", lint.placeOf("directConnection"),
                    connection.isSrv() ? s("directConnection with mongodb+srv://")
                                       : s("directConnection with several hosts"),
                    s("leave it out, or name one host"));
    if (connection.hosts.size() > 1 && !connection.isSrv() && !lint.has("replicaSet") && !lint.has("loadBalanced"))
        lint.report("mongodb/replica-set", connection.hosts[1].place, s("several hosts, and no replicaSet"),
                    s("replicaSet=NAME"));
    if (const std::optional<bool> retry = booleanOf(lint.value("retryWrites"));
        retry == false && !refusesRetryableWrites(connection))
        lint.report("mongodb/retry-writes", lint.placeOf("retryWrites"), s("retryWrites is off"),
                    s("leave it out: it is on by default"));
    checkMongoTls(lint);
    checkAuthSource(lint);
}

void checkRedis(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const bool plain = connection.scheme == QLatin1StringView("redis");
    const bool password = connection.password && !connection.password->isEmpty();
    if (connection.database && !connection.database->isEmpty()) {
        bool number = false;
        connection.database->toUInt(&number);
        if (!number)
            lint.report("redis/database", connection.databasePlace, s("behind the slash stands no number"),
                        s("redis://HOST:6379/0"));
    }
    if (connection.user && !connection.user->isEmpty() && !connection.password)
        lint.report("redis/password-as-user", connection.userPlace,
                    s("what stands before the @ has no colon, so it is a user without a password"),
                    s("%1://:…@HOST, or %1://USER:…@HOST").arg(connection.scheme));
    if (plain && connection.hostEndsWith({".upstash.io"})) {
        lint.report("redis/upstash-tls", connection.schemePlace, s("Upstash takes TLS only"), s("rediss://"));
    } else if (plain && lint.leavesTheHost()) {
        lint.report("redis/tls", connection.schemePlace, s("redis:// is not encrypted, and the host is not private"),
                    s("rediss://, where the server offers it"));
    }
    const ConnectionOption *verify = connection.option(QLatin1StringView("ssl_cert_reqs"));
    if (verify && effectiveTls(connection, lint.client()) == EffectiveTls::Encrypted && lint.leavesTheHost() &&
        !isRefusedValue(lint, *verify))
        lint.report("redis/tls-unverified", verify->namePlace, s("encrypted, but any certificate is taken"),
                    s("leave it out; a private authority goes to ssl_ca_certs"));
    if (!password && !connection.user && lint.leavesTheHost())
        lint.report("redis/no-password", lint.hostPlace(), s("no password, and the host is not private"),
                    s("%1://:…@HOST").arg(connection.scheme));
    for (const ConnectionHost &host : connection.hosts) {
        if (host.name.startsWith(QLatin1StringView("red-")) && !host.name.contains(QLatin1Char('.')) && !password)
            lint.report("redis/render-internal", host.place,
                        s("Render Key Value's internal address: no password by default"));
        if (host.name.endsWith(QLatin1StringView("-keyvalue.render.com")))
            lint.report("redis/render-external", host.place,
                        s("Render Key Value's external address: only allow-listed addresses reach it"),
                        lint.context().platform == QLatin1StringView("render") ? s("from Render: redis://red-…:6379")
                                                                               : QString());
    }
}

void checkUpstash(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (connection.scheme.startsWith(QLatin1StringView("redis"))) {
        lint.report("upstash/url-form", connection.schemePlace, s("the REST address begins with redis"),
                    s("https://NAME.upstash.io"));
        return;
    }
    if (connection.scheme != QLatin1StringView("https"))
        lint.report("upstash/https", connection.schemePlace, s("the REST address does not begin with https://"),
                    s("https://NAME.upstash.io"));
    if (connection.user)
        lint.report("upstash/credentials", connection.userPlace, s("a user stands in the REST address"),
                    s("the address alone, and the token by itself"));
    const QString token = connection.password ? connection.password->reveal() : QString();
    if (token.isEmpty())
        lint.report("upstash/token-missing", lint.hostPlace(), s("the token of the REST interface is missing"),
                    s("UPSTASH_REDIS_REST_TOKEN, as env:NAME"));
    else if (token.contains(QLatin1StringView("://")))
        lint.report("upstash/token-form", connection.passwordPlace, s("the token is a URL"),
                    s("the token alone: for clients by TCP it is the password in rediss://"));
}

void checkSqlite(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const LintContext &context = lint.context();
    const QString path = connection.database.value_or(QString());
    if (path.isEmpty() || path == QLatin1StringView(":memory:")) {
        lint.report("sqlite/memory", connection.schemePlace, s("a database in memory"));
        return;
    }
    if (context.isDeployed() && !context.persistentDisk.value_or(false))
        lint.report("sqlite/ephemeral", connection.databasePlace,
                    context.persistentDisk
                        ? s("the file lies on a disk that is empty after each deploy")
                        : s("the file is lost with each deploy, unless it lies on a disk of the service"),
                    context.platform == QLatin1StringView("fly")
                        ? s("a volume ([mounts] in fly.toml) and a path below it")
                        : s("a disk (disk: in render.yaml) and a path below it, or a server's database"));
}

} // namespace Switchyard
