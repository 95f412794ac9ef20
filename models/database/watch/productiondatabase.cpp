// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/productiondatabase.h"

#include "models/common/origin.h"
#include "models/database/strings/connectionlint.h"
#include "models/database/watch/endpointconnection.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A name of a server that all its names share.
struct ServerName
{
    QString name;
    int port = 0; ///< 0: any, where the provider's pooler has one of its own
    bool operator==(const ServerName &) const = default;
};

/// Where the server of this computer that listens on the loopback has its socket.
bool isUsualSocket(const QString &folder)
{
    return folder == QLatin1StringView("/var/run/postgresql") || folder == QLatin1StringView("/run/postgresql") ||
           folder == QLatin1StringView("/tmp");
}

QString withoutPooler(const QString &label)
{
    constexpr QLatin1StringView pooled("-pooler");
    return label.endsWith(pooled) ? label.chopped(pooled.size()) : label;
}

ServerName nameOf(const ConnectionString &connection, const QString &hostName, int port)
{
    QString host = hostName.toLower();
    if (host.endsWith(u'.'))
        host.chop(1);
    if (host.isEmpty() || isLoopbackHost(host))
        return {s("localhost"), port};
    const QString first = host.section(u'.', 0, 0);
    const QString rest = host.section(u'.', 1);
    if (host.endsWith(QLatin1StringView(".neon.tech")))
        return {withoutPooler(first) + u'.' + rest, port};
    // Inside of Render's network the name has no domain.
    if (first.startsWith(QLatin1StringView("dpg-")) &&
        (rest.isEmpty() || rest.endsWith(QLatin1StringView("render.com"))))
        return {first, port};
    if (host.startsWith(QLatin1StringView("db.")) && host.endsWith(QLatin1StringView(".supabase.co")))
        return {s("supabase ") + host.section(u'.', 1, 1), 0};
    if (host.endsWith(QLatin1StringView(".pooler.supabase.com")) && connection.user && connection.user->contains(u'.'))
        return {s("supabase ") + connection.user->section(u'.', -1).toLower(), 0};
    return {host, port};
}

QList<ServerName> namesOf(const ConnectionString &connection)
{
    QList<ServerName> names;
    if (connection.hosts.isEmpty())
        names.append({s("localhost"), connection.portOf({})});
    for (const ConnectionHost &host : connection.hosts) {
        const int port = connection.portOf(host);
        if (host.socket.isEmpty() || isUsualSocket(host.socket))
            names.append(nameOf(connection, host.name, port));
        else
            names.append({s("socket ") + host.socket, port});
    }
    const QString address = connection.optionValue(QLatin1StringView("hostaddr"));
    if (!address.isEmpty())
        names.append(nameOf(connection, address, names.first().port));
    return names;
}

/// Any of one with any of the other: where a string names several, any of them may be what is written to.
bool onOneServer(const ConnectionString &one, const ConnectionString &other)
{
    const bool pooled = isTransactionPooler(one) || isTransactionPooler(other);
    const QList<ServerName> others = namesOf(other);
    for (const ServerName &each : namesOf(one)) {
        const bool found = std::any_of(others.cbegin(), others.cend(), [&](const ServerName &its) {
            const bool port = pooled || each.port == 0 || its.port == 0 || each.port == its.port;
            return each.name == its.name && port;
        });
        if (found)
            return true;
    }
    return false;
}

/// libpq takes the user's name where no database is named.
QString databaseOf(const ConnectionString &connection)
{
    const QString named = connection.database.value_or(QString());
    return named.isEmpty() && connection.kind == DatabaseKind::Postgres ? connection.user.value_or(QString()) : named;
}

/// An end of a tunnel says nothing of the server behind it, and two tunnels may use one port in turn.
bool isOtherTunnel(const DatabaseEndpoint &target, const DatabaseEndpoint &production)
{
    return !target.tunnel.isEmpty() && target.tunnel != production.tunnel;
}

} // namespace

bool leadToSamePlace(const ConnectionString &one, const ConnectionString &other, SamePlace what)
{
    if (one.kind != other.kind)
        return false;
    const bool sameDatabase = databaseOf(one) == databaseOf(other);
    if (one.kind == DatabaseKind::Sqlite)
        return sameDatabase;
    return (what == SamePlace::Server || sameDatabase) && onOneServer(one, other);
}

const Backend *productionBackendOf(const Workspace &workspace, const DatabaseEndpoint &target,
                                   const ConnectionString &connection, SamePlace what)
{
    // References first: they cost nothing to compare.
    for (const Backend &backend : workspace.backends) {
        const bool same = std::any_of(backend.databases.cbegin(), backend.databases.cend(), [&](const auto &each) {
            return isSecretReference(each.url) && each.url == target.url && !isOtherTunnel(target, each);
        });
        if (backend.isProduction() && same)
            return &backend;
    }
    for (const Backend &backend : workspace.backends) {
        if (!backend.isProduction())
            continue;
        for (const DatabaseEndpoint &each : backend.databases) {
            if (isOtherTunnel(target, each))
                continue;
            const Result<ConnectionString> its = readConnection(each);
            if (its && leadToSamePlace(connection, *its, what))
                return &backend;
        }
    }
    return nullptr;
}

} // namespace Switchyard
