// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongofacts.h"

#include "models/common/onelinetext.h"

#include <QJsonArray>
#include <QMap>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr qsizetype longest = 120;
constexpr qsizetype mostPrivileges = 100;

/// Names come from the server: one line, and no longer than one.
QString shown(const QString &text)
{
    return onOneLine(text.left(longest).simplified());
}

/// https://www.mongodb.com/docs/manual/reference/built-in-roles/,
/// https://www.mongodb.com/docs/atlas/mongodb-users-roles-and-privileges/
bool isWideRole(const QString &role)
{
    static const QSet<QString> wide{s("root"),        s("__system"),       s("dbOwner"),
                                    s("userAdmin"),   s("clusterAdmin"),   s("clusterManager"),
                                    s("hostManager"), s("atlasAdmin"),     s("restore"),
                                    s("backup"),      s("enableSharding"), s("directShardOperations")};
    return wide.contains(role) || role.endsWith(s("AnyDatabase"));
}

/// Actions that give rights away, or end the server's work:
/// https://www.mongodb.com/docs/manual/reference/privilege-actions/
bool isWideAction(const QString &action)
{
    static const QSet<QString> wide{s("anyAction"),   s("internal"),   s("createUser"),      s("createRole"),
                                    s("grantRole"),   s("revokeRole"), s("changeUser"),      s("dropUser"),
                                    s("dropRole"),    s("shutdown"),   s("replSetReconfig"), s("impersonate"),
                                    s("dropDatabase")};
    return wide.contains(action);
}

QString placeOf(const QJsonObject &resource)
{
    if (resource.value(s("anyResource")).toBool())
        return s("everything");
    if (resource.value(s("cluster")).toBool())
        return s("the cluster");
    const QString database = resource.value(s("db")).toString();
    return database.isEmpty() ? s("every database") : shown(database);
}

/// By what is allowed where: "read@shop", "write@shop", and single actions in excess.
QList<DatabasePrivilege> fromActions(const QJsonArray &list, bool rolesExplain)
{
    QMap<QString, bool> places; // whether it writes there
    QMap<QString, bool> actions;
    for (const QJsonValue each : list) {
        const QJsonObject resource = each[s("resource")].toObject();
        const QString place = placeOf(resource);
        for (const QJsonValue value : each[s("actions")].toArray()) {
            const QString action = value.toString();
            if (action == s("find") || action == s("anyAction"))
                places.insert(place, places.value(place));
            if (action == s("insert") || action == s("update") || action == s("remove") || action == s("anyAction"))
                places.insert(place, true);
            if (isWideAction(action))
                actions.insert(s("%1@%2").arg(shown(action), place), true);
        }
    }
    QList<DatabasePrivilege> result;
    for (auto it = places.cbegin(); it != places.cend(); ++it) {
        const bool all = it.key() == s("everything") || it.key() == s("every database");
        result.append({s("%1@%2").arg(it.value() ? s("write") : s("read"), it.key()), all && !rolesExplain});
    }
    // A role that is told as too wide needs no list of why.
    for (auto it = actions.cbegin(); it != actions.cend(); ++it) {
        if (!rolesExplain || it.key().startsWith(s("anyAction")))
            result.append({it.key(), true});
    }
    return result;
}

} // namespace

MongoRights mongoRights(const QJsonObject &connectionStatus)
{
    MongoRights rights;
    const QJsonObject info = connectionStatus.value(s("authInfo")).toObject();
    for (const QJsonValue each : info.value(s("authenticatedUsers")).toArray())
        rights.users.append(s("%1@%2").arg(shown(each[s("user")].toString()), shown(each[s("db")].toString())));
    bool wide = false;
    for (const QJsonValue each : info.value(s("authenticatedUserRoles")).toArray()) {
        const QString role = each[s("role")].toString();
        wide = wide || isWideRole(role);
        rights.privileges.append({s("%1@%2").arg(shown(role), shown(each[s("db")].toString())), isWideRole(role)});
    }
    const QJsonArray actions = info.value(s("authenticatedUserPrivileges")).toArray();
    rights.rolesKnown = !rights.privileges.isEmpty() || !actions.isEmpty();
    rights.privileges += fromActions(actions, wide);
    rights.privileges = rights.privileges.mid(0, mostPrivileges);
    return rights;
}

std::optional<DatabaseHeadroom> mongoHeadroom(const QJsonObject &serverStatus)
{
    const QJsonObject connections = serverStatus.value(s("connections")).toObject();
    const auto number = [&](const char *name) -> std::optional<int> {
        const double value = connections.value(s(name)).toDouble(-1);
        constexpr double most = 100'000'000;
        return value >= 0 && value <= most ? std::optional(int(value)) : std::nullopt;
    };
    DatabaseHeadroom headroom;
    headroom.used = number("current");
    if (const std::optional<int> available = number("available"); headroom.used && available)
        headroom.limit = *headroom.used + *available;
    return headroom.isEmpty() ? std::nullopt : std::optional(headroom);
}

QString mongoServerName(const QJsonObject &buildInfo)
{
    const QString version = shown(buildInfo.value(s("version")).toString());
    QString ferret = buildInfo.value(s("ferretdbVersion")).toString();
    if (ferret.isEmpty())
        ferret = buildInfo.value(s("ferretdb")).toObject().value(s("version")).toString();
    if (ferret == s("unknown")) // embedded in another program
        return s("FerretDB (as MongoDB %1)").arg(version);
    if (!ferret.isEmpty())
        return s("FerretDB %1 (as MongoDB %2)").arg(shown(ferret), version);
    return version.isEmpty() ? QString() : s("MongoDB %1").arg(version);
}

} // namespace Switchyard
