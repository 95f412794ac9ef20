// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/probe.h"

#include "models/database/probes/mongoprobe.h"
#include "models/database/probes/postgresprobe.h"
#include "models/database/probes/probes.h"

namespace Switchyard {

DatabaseReport probeDatabase(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    switch (connection.kind) {
    case DatabaseKind::Postgres:
        return probePostgres(connection, options);
    case DatabaseKind::MongoDb:
        return probeMongo(connection, options);
    case DatabaseKind::Redis:
        return probeRedis(connection, options);
    case DatabaseKind::UpstashRest:
        return probeUpstash(connection, options);
    case DatabaseKind::Sqlite:
        return probeSqlite(connection, options);
    }
    return {};
}

} // namespace Switchyard
