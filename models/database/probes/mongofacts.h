// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/stages.h"

#include <QJsonObject>

#include <optional>

namespace Switchyard {

/// What the answer to {connectionStatus: 1, showPrivileges: true} says.
struct MongoRights
{
    QStringList users;                   ///< who is logged in: "app@admin"
    QList<DatabasePrivilege> privileges; ///< roles, then what may be read and written where, then actions in excess
    bool rolesKnown = false;
};
/// Roles and actions that reach further than an application needs: root, *AnyDatabase, dbOwner, userAdmin,
/// clusterAdmin, atlasAdmin, anyAction, and the actions that give rights away.
[[nodiscard]] MongoRights mongoRights(const QJsonObject &connectionStatus);

/// serverStatus.connections; nothing where the server does not tell.
[[nodiscard]] std::optional<DatabaseHeadroom> mongoHeadroom(const QJsonObject &serverStatus);

/// "MongoDB 7.0.12", or what else the answer to buildInfo says it is: "FerretDB v1.24.2 (as MongoDB 7.0.77)".
[[nodiscard]] QString mongoServerName(const QJsonObject &buildInfo);

} // namespace Switchyard
