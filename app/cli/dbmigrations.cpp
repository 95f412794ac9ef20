// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/beside.h"
#include "app/cli/commands.h"
#include "app/cli/dbtunnel.h"
#include "app/cli/productioncheck.h"
#include "models/database/migrations/migrationcheck.h"

#include <QDir>
#include <QFileInfo>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Where `alembic` finds its alembic.ini.
QString commandFolder(const DbMigrationsOptions &options)
{
    if (!options.cwd.isEmpty() || options.migrations.isEmpty())
        return options.cwd;
    constexpr int above = 4;
    QDir folder(options.migrations);
    for (int i = 0; i < above; ++i) {
        if (folder.exists(s("alembic.ini")))
            return folder.absolutePath();
        if (!folder.cdUp())
            break;
    }
    return QDir(options.migrations).absolutePath();
}

Result<MigrationOptions> checkingOptions(const Global &global, const DbMigrationsOptions &options)
{
    MigrationOptions checking;
    checking.access.connectTimeout = options.connectTimeout;
    checking.access.caFile = options.caFile;
    checking.access.resolver = options.resolver;
    checking.access.cancelled = std::make_shared<std::atomic<bool>>(false);
    checking.timeout = options.timeout;
    checking.command = options.command;
    checking.folder = commandFolder(options);
    checking.variable = options.variable;
    checking.name = options.name;
    checking.fromEmpty = options.fromEmpty;
    checking.programs = options.programs;
    if (!checking.folder.isEmpty() && !QFileInfo(checking.folder).isDir())
        return fail(ErrorKind::Usage, s("%1 is no folder").arg(checking.folder));
    if (!options.form.isEmpty()) {
        checking.form = connectionForm(options.form);
        if (!checking.form)
            return fail(ErrorKind::Usage, s("--to has no \"%1\"").arg(options.form),
                        connectionFormNames().join(s(", ")));
    }
    const Result<QString> versions = migrationsFolder(options.migrations);
    if (!versions)
        return tl::unexpected(versions.error());
    checking.versions = *versions;
    checking.onStep = [&global](const MigrationRound &round, const MigrationStep &step) {
        progress(global,
                 s("%1: %2 %3%4")
                     .arg(round.fromEmpty ? s("from empty") : s("from the source"), migrationStageName(step.stage),
                          stageStatusName(step.status), step.detail.isEmpty() ? QString() : s(": ") + step.detail));
    };
    return checking;
}

int statusOf(const MigrationReport &report)
{
    if (report.cancelled)
        return exitInterrupted;
    switch (report.verdict()) {
    case MigrationVerdict::Pass:
        return exitPass;
    case MigrationVerdict::Fail:
        return exitFail;
    case MigrationVerdict::Inconclusive:
        break;
    }
    return exitInconclusive;
}

} // namespace

int runDbMigrations(const Global &global, const DbMigrationsOptions &options)
{
    const Result<MigrationOptions> checking = checkingOptions(global, options);
    if (!checking)
        return reportError(checking.error());
    std::optional<DatabaseArgument> source;
    if (!options.source.isEmpty()) {
        Result<DatabaseArgument> argument = databaseArgument(global, options.source);
        if (!argument)
            return reportError(argument.error());
        source = *std::move(argument);
    }
    const Result<DatabaseArgument> scratch = databaseArgument(global, options.scratch);
    if (!scratch)
        return reportError(scratch.error());
    const Result<std::optional<Backend>> production =
        productionBackend(global, options.scratch, *scratch, SamePlace::Server);
    if (!production)
        return reportError(production.error());
    if (*production)
        return reportError(
            {ErrorKind::Usage,
             scratch->backend && scratch->backend->name == (*production)->name
                 ? s("%1 is a production backend and is only read").arg((*production)->name)
                 : s("%1 leads to a server of %2, which is a production backend and is only read")
                       .arg(scratch->name, (*production)->name),
             s("a server for --scratch that nothing depends on: one of this computer, or of a test stage"),
             {}});
    const Result<MigrationReport> report = besideEventLoop([&](std::stop_token stop) -> Result<MigrationReport> {
        const CancelFlag cancelled = checking->access.cancelled;
        const std::stop_callback cancel(stop, [&] { cancelled->store(true); });
        Tunnel toSource, toScratch;
        Result<void> open;
        if (source)
            open = openTunnel(toSource, *source, cancelled);
        if (open)
            open = openTunnel(toScratch, *scratch, cancelled);
        if (!open)
            return tl::unexpected(open.error());
        return checkMigrations(source ? &source->connection : nullptr, scratch->connection, *checking);
    });
    if (!report) {
        const int status = reportError(report.error());
        return report.error().kind == ErrorKind::Cancelled ? int(exitInterrupted) : status;
    }
    if (global.json)
        printJson(migrationReportToJson(*report));
    else
        printResult(migrationReportToText(*report));
    return statusOf(*report);
}

} // namespace Switchyard::Cli
