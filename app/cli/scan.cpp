// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/beside.h"
#include "app/cli/commands.h"
#include "models/common/files.h"
#include "models/scan/baseline.h"
#include "models/scan/patch.h"
#include "models/scan/scanjson.h"
#include "models/scan/scanner.h"

#include <QElapsedTimer>
#include <QLocale>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString counted(qint64 count, const QString &what)
{
    return QStringLiteral("%1 %2%3").arg(count).arg(what, count == 1 ? QString() : QStringLiteral("s"));
}

QString asText(const ScanReport &report)
{
    QString text;
    qint64 counts[3] = {};
    for (const ScanFinding &finding : report.findings) {
        ++counts[int(finding.severity)];
        text += QStringLiteral("%1:%2:%3: %4: %5: %6 [%7]\n")
                    .arg(finding.file)
                    .arg(finding.line)
                    .arg(finding.column)
                    .arg(scanSeverityName(finding.severity), scanKindName(finding.kind), finding.match, finding.reason);
        if (!finding.suggestion.isEmpty())
            text += QStringLiteral("    → %1\n").arg(finding.suggestion);
    }
    QStringList words;
    for (const ScanSeverity severity : {ScanSeverity::Error, ScanSeverity::Warning, ScanSeverity::Note}) {
        if (counts[int(severity)] > 0)
            words.append(counted(counts[int(severity)], scanSeverityName(severity)));
    }
    return text + QStringLiteral("%1 in %2\n")
                      .arg(words.isEmpty() ? QStringLiteral("Nothing found") : words.join(QStringLiteral(", ")),
                           counted(report.files, QStringLiteral("file")));
}

/// What was not looked at: a scan that is silent about it says more than it knows.
void tellLeftOut(const Global &global, const ScanReport &report)
{
    for (const QString &notice : report.notices)
        progress(global, QStringLiteral("    ") + notice);
    QStringList parts;
    const std::pair<qint64, QString> counts[] = {{report.docs, QStringLiteral("documentation (--include-docs)")},
                                                 {report.tests, QStringLiteral("tests (--include-tests)")},
                                                 {report.locks, QStringLiteral("lock files")},
                                                 {report.binary, QStringLiteral("binary")},
                                                 {report.symlinks, QStringLiteral("symbolic links")},
                                                 {report.nested, QStringLiteral("other repositories")},
                                                 {report.ignored, QStringLiteral("ignored")}};
    for (const auto &[count, what] : counts) {
        if (count > 0)
            parts.append(QStringLiteral("%1 %2").arg(count).arg(what));
    }
    if (!parts.isEmpty())
        progress(global, QStringLiteral("    left out: ") + parts.join(QStringLiteral(", ")));
    constexpr qsizetype shown = 20;
    for (qsizetype i = 0; i < std::min(shown, report.skipped.size()); ++i)
        progress(global,
                 QStringLiteral("    not looked at: %1 (%2)").arg(report.skipped[i].file, report.skipped[i].reason));
    if (const qint64 more = report.unreadable + report.tooLarge - std::min(shown, report.skipped.size()); more > 0)
        progress(global, QStringLiteral("    not looked at: %1 more").arg(more));
    if (report.baselined > 0)
        progress(global, QStringLiteral("    in the baseline: %1").arg(report.baselined));
    if (report.dropped > 0)
        progress(global, QStringLiteral("    not shown: %1 more in files with very many").arg(report.dropped));
}

int statusOf(const ScanReport &report, const ScanCommandOptions &options)
{
    if (report.cancelled)
        return exitInterrupted;
    if (std::any_of(report.findings.cbegin(), report.findings.cend(),
                    [](const ScanFinding &finding) { return finding.severity != ScanSeverity::Note; }))
        return exitFail;
    // "No reference remains" is not known of what was not looked at.
    const bool unknown = options.platform.isEmpty() ? report.unreadable > 0 : report.incomplete();
    return unknown ? exitInconclusive : exitPass;
}

Result<ScanReport> scanBeside(const Global &global, const ScanOptions &options)
{
    QElapsedTimer clock;
    clock.start();
    qint64 told = 0;
    const auto tell = [&](const ScanProgress &now) {
        if (clock.elapsed() - told < 1000)
            return;
        told = clock.elapsed();
        progress(global, QStringLiteral("    %1 of %2 files, %3 MB, %4 findings")
                             .arg(now.files)
                             .arg(now.filesTotal)
                             .arg(now.bytes / 1'000'000)
                             .arg(now.findings));
    };
    return besideEventLoop([&](std::stop_token stop) { return scanFolder(options, tell, std::move(stop)); });
}

} // namespace

int runScan(const Global &global, const ScanCommandOptions &options)
{
    ScanOptions scan;
    scan.folder = options.folder;
    scan.includeDocs = options.includeDocs;
    scan.includeTests = options.includeTests;
    scan.platform = options.platform;
    scan.threads = options.threads;
    scan.maxFileBytes = options.maxFileMegabytes * 1'000'000;
    if (!options.baseline.isEmpty()) {
        const Result<QSet<QString>> known = readBaseline(options.baseline);
        if (!known)
            return reportError(known.error());
        scan.baseline = *known;
    }
    Result<ScanReport> report = scanBeside(global, scan);
    if (!report)
        return reportError(report.error());
    // Half a result makes no baseline and no patch.
    if (!report->cancelled && !options.writeBaseline.isEmpty()) {
        if (const Result<void> written = writeFileAtomically(options.writeBaseline, baselineText(report->findings));
            !written)
            return reportError(written.error());
        progress(global, QStringLiteral("    %1: %2")
                             .arg(options.writeBaseline, counted(report->findings.size(), QStringLiteral("finding"))));
    }
    if (!report->cancelled && !options.patch.isEmpty()) {
        const ScanPatch patch = makePatch(options.folder, report->findings);
        if (const Result<void> written = writeFileAtomically(options.patch, patch.text); !written)
            return reportError(written.error());
        progress(global, QStringLiteral("    %1: %2 of %3 replaced in %4")
                             .arg(options.patch)
                             .arg(patch.replaced)
                             .arg(report->findings.size())
                             .arg(counted(patch.files, QStringLiteral("file"))));
        for (const QString &notice : patch.notices)
            progress(global, QStringLiteral("    ") + notice);
    }
    tellLeftOut(global, *report);
    if (global.json)
        printJson(scanToJson(*report, scan));
    else
        printResult(asText(*report));
    if (report->cancelled)
        progress(global, QStringLiteral("    interrupted: the result is of what was looked at"));
    return !options.writeBaseline.isEmpty() && !report->cancelled ? exitPass : statusOf(*report, options);
}

} // namespace Switchyard::Cli
