// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probe.h"

#include "models/database/postgresprobe.h"
#include "models/database/probekit.h"
#include "models/database/probes.h"

namespace Switchyard {

namespace {

/// Names and TCP, for kinds whose protocol is not spoken here.
DatabaseReport reachOnly(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    ProbeRun run(connection, options);
    if (run.hasEnded() || connection.hosts.isEmpty())
        return run.finish();
    const ConnectionHost &host = connection.hosts.first();
    if (const std::optional<QList<ResolvedAddress>> addresses = run.resolve(host))
        (void)run.connect(host, *addresses);
    return run.finish();
}

} // namespace

DatabaseReport probeDatabase(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    switch (connection.kind) {
    case DatabaseKind::Postgres:
        return probePostgres(connection, options);
    case DatabaseKind::MongoDb:
        break;
    case DatabaseKind::Redis:
        return probeRedis(connection, options);
    case DatabaseKind::UpstashRest:
        return probeUpstash(connection, options);
    case DatabaseKind::Sqlite:
        return probeSqlite(connection, options);
    }
    return reachOnly(connection, options);
}

} // namespace Switchyard
