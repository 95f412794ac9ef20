// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/migrations/migrationschema.h"
#include "models/database/probes/postgresopen.h"
#include "models/database/probes/stages.h"
#include "models/database/strings/connectionforms.h"

#include <QJsonObject>

#include <functional>
#include <optional>

namespace Switchyard {

/// What a check of migrations goes through, in this order; the names in JSON are contract.
enum class MigrationStage
{
    Source,  ///< reachable, and what alembic_version says
    Scratch, ///< the database that is made
    Fill,    ///< with the source's schema and its row of alembic_version
    First,   ///< the command's first run
    Second,  ///< and its second
    Changes, ///< what the second changed
    Drop     ///< the scratch database is gone
};
QString migrationStageName(MigrationStage stage); ///< "source", "scratch", …
QList<MigrationStage> migrationStages();          ///< all, in order

/// One stage of one round.
struct MigrationStep
{
    MigrationStage stage = MigrationStage::Source;
    StageStatus status = StageStatus::NotReached;
    std::optional<double> ms; ///< nothing where it was not measured
    QString detail;           ///< without secrets
    QString hint;
};

/// The migrations, run twice in one database of their own.
struct MigrationRound
{
    bool fromEmpty = false; ///< in an empty database; else in one with the source's schema
    QString database;       ///< its name; empty: none was made
    QList<MigrationStep> steps;
    std::optional<QStringList> before, first, second; ///< alembic_version before, after each run; nothing: not read
    QList<SchemaChange> changes;                      ///< of the second run
    QList<SchemaChange> left;                         ///< by a first run that failed
    QStringList output;                               ///< last lines of the run that failed, without secrets
};

enum class MigrationVerdict
{
    Pass,        ///< both runs ended well, and the second changed nothing
    Fail,        ///< a run failed, the second changed something, or the scratch database is still there
    Inconclusive ///< the command was not run twice, for a reason that is not its own
};
QString migrationVerdictName(MigrationVerdict verdict); ///< "pass", "fail", "inconclusive"

struct MigrationReport
{
    QString source;  ///< without secret; empty: none
    QString scratch; ///< the server that the databases are made on; without secret
    QStringList command;
    std::optional<QStringList> expected; ///< heads of the repository; nothing: it has no migrations of Alembic
    QList<MigrationRound> rounds;
    bool cancelled = false;

    MigrationVerdict verdict() const;
};

struct MigrationOptions
{
    DatabaseAccess access;
    Milliseconds timeout{600'000}; ///< for all of it but the removal of what was made
    QStringList command;           ///< program and arguments; never a shell
    QString folder;                ///< the command runs in
    QString versions;              ///< Alembic's folder "versions"; empty: heads are not compared
    QString variable{QStringLiteral("DATABASE_URL")};
    std::optional<ConnectionForm> form; ///< of the variable; nothing: by the driver of the scratch server's string
    QString name;                       ///< of the scratch database; empty: one that nobody has
    bool fromEmpty = false;             ///< a round from an empty database too; without a source the only one
    QString programs;                   ///< folder of pg_dump and pg_restore; empty: by their version
    std::function<void(const MigrationRound &, const MigrationStep &)> onStep; ///< on the thread that checks
};

/// Runs a repository's migrations twice in a database made for it on the server of `scratch`, first with the schema of
/// `source` (nullptr: only from empty), and says what the second run changed. The source is read by pg_dump and no
/// more. The database is removed in every end but a crash of this program. Blocking; for a worker thread. Errors
/// (usage): another kind of database, no command, a word of it that carries a password, a name that exists or is none.
[[nodiscard]] Result<MigrationReport> checkMigrations(const ConnectionString *source, const ConnectionString &scratch,
                                                      const MigrationOptions &options);

[[nodiscard]] QJsonObject migrationReportToJson(const MigrationReport &report);
[[nodiscard]] QString migrationReportToText(const MigrationReport &report);

} // namespace Switchyard
