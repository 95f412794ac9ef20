// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/beside.h"
#include "app/cli/commands.h"
#include "app/cli/dbtunnel.h"
#include "models/common/files.h"
#include "models/database/compare/comparereport.h"

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

int statusOf(const CompareReport &report)
{
    if (report.cancelled)
        return exitInterrupted;
    switch (report.verdict()) {
    case CompareVerdict::Pass:
        return exitPass;
    case CompareVerdict::Fail:
        return exitFail;
    case CompareVerdict::Inconclusive:
        break;
    }
    return exitInconclusive;
}

Result<CompareOptions> compareOptions(const DbCompareOptions &options)
{
    CompareOptions comparing;
    comparing.timeout = options.timeout;
    comparing.countTimeout = options.countTimeout;
    comparing.access.connectTimeout = options.connectTimeout;
    comparing.access.caFile = options.caFile;
    comparing.access.resolver = options.resolver;
    comparing.sampleRows = options.sample;
    comparing.connections = options.connections;
    comparing.schemas = options.schemas;
    comparing.exclude = options.exclude;
    comparing.accept = options.accept;
    comparing.checksums = !options.noChecksums;
    comparing.strictOwners = options.strictOwners;
    if (options.timeout.count() <= 0 || options.countTimeout.count() <= 0 || options.connectTimeout.count() <= 0)
        return fail(ErrorKind::Usage, s("a time limit is longer than nothing"));
    for (const QString &file : options.reports) {
        if (!isCompareReportFile(file))
            return fail(ErrorKind::Usage, s("--report %1: the name ends in none of .md, .html and .json").arg(file));
    }
    return comparing;
}

/// One line a phase, and one for each tenth of it.
std::function<void(const CompareProgress &)> progressLines(const Global &global)
{
    return [&global, phase = QString(), tenth = qint64(-1)](const CompareProgress &progress) mutable {
        const qint64 now = progress.total > 0 ? progress.done * 10 / progress.total : 0;
        if (progress.phase == phase && now == tenth)
            return;
        phase = progress.phase;
        tenth = now;
        Cli::progress(global,
                      progress.total > 0 ? s("%1: %2 of %3").arg(phase).arg(progress.done).arg(progress.total) : phase);
    };
}

} // namespace

int runDbCompare(const Global &global, const DbCompareOptions &options)
{
    const Result<CompareOptions> wanted = compareOptions(options);
    if (!wanted)
        return reportError(wanted.error());
    const Result<DatabaseArgument> source = databaseArgument(global, options.source);
    if (!source)
        return reportError(source.error());
    const Result<DatabaseArgument> target = databaseArgument(global, options.target);
    if (!target)
        return reportError(target.error());
    if (const Result<void> may = comparable(source->connection, target->connection, *wanted); !may)
        return reportError(may.error());
    CompareOptions comparing = *wanted;
    comparing.sourceName = source->name;
    comparing.targetName = target->name;
    comparing.access.cancelled = std::make_shared<std::atomic<bool>>(false);
    comparing.onProgress = progressLines(global);
    const Result<CompareReport> compared = besideEventLoop([&](std::stop_token stop) -> Result<CompareReport> {
        const std::stop_callback cancel(stop, [&] { comparing.access.cancelled->store(true); });
        Tunnel toSource, toTarget;
        Result<void> open = openTunnel(toSource, *source, comparing.access.cancelled);
        if (open)
            open = openTunnel(toTarget, *target, comparing.access.cancelled);
        if (!open)
            return tl::unexpected(open.error());
        return compareDatabases(source->connection, target->connection, comparing);
    });
    if (!compared) {
        const int status = reportError(compared.error());
        return compared.error().kind == ErrorKind::Cancelled ? int(exitInterrupted) : status;
    }
    const CompareReport &report = *compared;
    if (global.json)
        printJson(compareReportToJson(report));
    else
        printResult(compareReportToText(report));
    for (const QString &file : options.reports) {
        if (const Result<void> written = writeCompareReport(report, file); !written)
            return reportError(written.error());
    }
    if (!options.junit.isEmpty()) {
        const Result<void> written = writeFileAtomically(options.junit, compareReportToJunit(report));
        if (!written)
            return reportError(written.error());
    }
    return statusOf(report);
}

} // namespace Switchyard::Cli
