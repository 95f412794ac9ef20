// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/finding.h"
#include "models/database/probes/alembicstate.h"
#include "models/database/strings/connectionstring.h"

#include <QJsonObject>

#include <optional>

namespace Switchyard {

/// What a probe of a database goes through, in this order; the names in JSON are contract.
enum class DatabaseStage
{
    Lint,
    Dns,
    Srv,
    Tcp,
    Tls,
    Auth,
    Query,
    Privileges,
    Headroom
};
QString databaseStageName(DatabaseStage stage); ///< "lint", "dns", …
QList<DatabaseStage> databaseStages();          ///< all, in order

enum class StageStatus
{
    Ok,
    Warn,
    Fail,
    Skipped,   ///< it does not apply, or was not asked for
    NotReached ///< an earlier one failed
};
QString stageStatusName(StageStatus status); ///< "ok", "warn", "fail", "skipped", "not-reached"

struct StageResult
{
    DatabaseStage stage = DatabaseStage::Lint;
    StageStatus status = StageStatus::NotReached;
    std::optional<double> ms; ///< nothing where it was not measured
    QString detail;           ///< what was seen; no secret
    QString hint;             ///< what to do; empty where nothing is
    bool operator==(const StageResult &) const = default;
};

/// Connections in use against those there are; nothing where it was not read.
struct DatabaseHeadroom
{
    std::optional<int> used;
    std::optional<int> reserved; ///< for superusers
    std::optional<int> limit;
    std::optional<bool> pooler; ///< a pooler answered, not the server
    std::optional<qint64> memoryBytes, memoryLimitBytes;
    QString evictionPolicy;
    bool isEmpty() const;
};

/// Something the user may do; `excess` where an application does not need it.
struct DatabasePrivilege
{
    QString name; ///< "superuser", "createrole", "readWrite@shop", "+@all"
    bool excess = false;
    bool operator==(const DatabasePrivilege &) const = default;
};

/// What lint, probe and watch say of one database.
struct DatabaseReport
{
    QString backend; ///< of the workspace; empty: none
    QString name;    ///< of [[backend.database]], or the reference it was given by
    DatabaseKind kind = DatabaseKind::Postgres;
    QString target; ///< ConnectionString::target(): without secret
    QString server; ///< "PostgreSQL 15.4"; empty: not known
    QList<StageResult> stages;
    QList<Finding> findings;
    std::optional<DatabaseHeadroom> headroom;
    std::optional<QList<DatabasePrivilege>> privileges; ///< nothing: not read
    std::optional<AlembicState> alembic;                ///< nothing: not read, or no trace of Alembic
    std::optional<int> commands; ///< that the server was sent after the login; nothing: not counted
    bool cancelled = false;      ///< somebody ended it: what was not reached says nothing of the database

    /// The first that failed; nullptr where none did.
    const StageResult *failed() const;
    /// The worst of the stages that were reached; Skipped where there are none.
    StageStatus status() const;
};

/// The stage "lint" of these findings: fails with an error among them, warns with a warning.
[[nodiscard]] StageResult lintStage(const QList<Finding> &findings, std::optional<double> ms = {});

[[nodiscard]] QJsonObject stageToJson(const StageResult &stage);
/// With the rule's reason and source, where `rules` has it.
[[nodiscard]] QJsonObject findingToJson(const Finding &finding, const QList<LintRule> &rules);
/// "databases[]" of db lint and db probe: backend, name, kind, target, server, status, stages, findings, headroom,
/// privileges. null where something was not read.
[[nodiscard]] QJsonObject databaseReportToJson(const DatabaseReport &report, const QList<LintRule> &rules);

} // namespace Switchyard
