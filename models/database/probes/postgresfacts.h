// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a PostgreSQL server that let us in says of itself: the stages query, privileges and headroom. Reads only, in
// single statements, so that a pooler in transaction mode changes nothing.

#include "models/database/probes/alembicstate.h"
#include "models/database/probes/postgreslink.h"
#include "models/database/probes/stages.h"

#include <functional>

namespace Switchyard {

/// What stands in the string and matters here.
struct PostgresExpectations
{
    QString sessionAttributes; ///< target_session_attrs; empty: any
    bool poolerByName = false; ///< a host or port that poolers have
    bool pooledNeon = false;
    DatabaseKind kind = DatabaseKind::Postgres;
};

/// What the later stages need of the earlier ones.
struct PostgresSession
{
    int major = 0;
    bool readOnly = false;
    bool standby = false;
    std::optional<bool> pooler;      ///< something between us and the server has connections of its own
    std::optional<bool> transaction; ///< it lends them for one transaction
    std::optional<double> selectMs;
    bool sessionRefused = false; ///< target_session_attrs is not met: another host may
};

/// Whether libpq's target_session_attrs of that value are met. "prefer-standby" takes anything in the end.
[[nodiscard]] bool meetsSessionAttributes(const QString &attributes, const PostgresSession &session);

/// Sets `pooler` and `transaction` of the session. `pid`: pg_backend_pid() as this link was just told it. `second`
/// opens another connection the same way; it is not called where the server itself answers.
void judgePooler(PostgresLink &link, std::optional<int> pid, const PostgresExpectations &expected,
                 const Deadline &deadline, const std::function<bool(PostgresLink &)> &second, PostgresSession &session);

/// select 1, who and what the server is. `second` opens another connection the same way, to see whether a pooler gives
/// both the same server connection; it is not called without a pooler.
[[nodiscard]] StageResult postgresQueryStage(PostgresLink &link, const PostgresExpectations &expected,
                                             const Deadline &deadline,
                                             const std::function<bool(PostgresLink &)> &second, DatabaseReport &report,
                                             PostgresSession &session);
[[nodiscard]] StageResult postgresPrivilegesStage(PostgresLink &link, const PostgresSession &session,
                                                  const Deadline &deadline, DatabaseReport &report);
[[nodiscard]] StageResult postgresHeadroomStage(PostgresLink &link, const PostgresSession &session,
                                                const Deadline &deadline, DatabaseReport &report);

/// The table alembic_version, by the search path first, then in any schema.
[[nodiscard]] AlembicTable readAlembicTable(PostgresLink &link, const Deadline &deadline);

/// The stage that a link's failure makes of it.
[[nodiscard]] StageResult failedStage(DatabaseStage stage, LinkEnd end, const QString &sqlState, const QString &message,
                                      std::optional<double> ms, const char *silentCause, const char *droppedCause);

} // namespace Switchyard
