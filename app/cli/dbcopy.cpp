// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/dbtunnel.h"
#include "app/cli/productioncheck.h"
#include "models/common/files.h"
#include "models/common/interrupt.h"
#include "models/common/onelinetext.h"
#include "models/database/copy/copy.h"
#include "models/workspace/auditlog.h"

#include <QCoreApplication>
#include <QThreadPool>
#include <QTimer>

namespace Switchyard::Cli {

namespace {

constexpr Milliseconds toldEvery{1'000};
constexpr double megabyte = 1e6;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString linesOf(const char *title, const QStringList &lines)
{
    if (lines.isEmpty())
        return {};
    QString text = s("%1:\n").arg(s(title));
    for (const QString &line : lines)
        text += s("  %1\n").arg(onOneLine(line));
    return text;
}

QString asText(const CopyReport &report)
{
    QString text = s("%1 → %2  %3%4%5\n")
                       .arg(report.source.name, report.target.name, report.planOnly ? s("plan, ") : QString(),
                            copyVerdictName(report.verdict()), report.cancelled ? s(", cancelled") : QString());
    for (const CopyStep &step : report.steps) {
        QString line = s("  %1 %2 ").arg(copyStageName(step.stage), -10).arg(stageStatusName(step.status), -11);
        line += step.ms ? s("%1 ms").arg(*step.ms, 9, 'f', 1) : QString(12, u' ');
        line += s("  ") + onOneLine(step.detail);
        text += line.trimmed().isEmpty() ? QString() : s("  ") + line.trimmed() + u'\n';
        if (!step.hint.isEmpty())
            text += s("      → %1\n").arg(onOneLine(step.hint));
    }
    text += linesOf(report.planOnly ? "would be deleted at the target" : "deleted at the target",
                    report.planOnly ? report.willDelete : report.deleted);
    text += linesOf("stays at the target", report.stays);
    text += linesOf("without rows, as asked", report.withoutRows);
    text += linesOf("to freeze writes", report.freeze);
    return text;
}

QString asText(const CopyProgress &progress)
{
    QStringList words{copyStageName(progress.stage)};
    if (progress.stage == CopyStage::Copy)
        words.append(s("%1 MB, %2 MB/s")
                         .arg(double(progress.bytes) / megabyte, 0, 'f', 1)
                         .arg(progress.bytesPerSecond / megabyte, 0, 'f', 1));
    if (progress.tables > 0)
        words.append(s("%1 of %2").arg(progress.tablesDone).arg(progress.tables));
    if (progress.share)
        words.append(s("about %1 %").arg(*progress.share * 100, 0, 'f', 0));
    if (!progress.object.isEmpty())
        words.append(progress.object);
    return words.join(s(", "));
}

/// Copies on a thread of its own and ends the event loop after it.
class Copier final : public QObject
{
public:
    Copier(const Global &global, const DatabaseArgument &source, const DatabaseArgument &target, CopyOptions options)
        : m_global(global)
        , m_source(source)
        , m_target(target)
        , m_options(std::move(options))
    {
    }
    ~Copier() override
    {
        m_options.access.cancelled->store(true);
        m_pool.waitForDone();
    }

    void start()
    {
        m_options.onStep = [this](const CopyStep &step) {
            say(s("%1 %2%3").arg(copyStageName(step.stage), stageStatusName(step.status),
                                 step.detail.isEmpty() ? QString() : s(": ") + step.detail));
        };
        m_options.onProgress = [this](const CopyProgress &progress) {
            const Instant now = Clock::now();
            const bool first = m_stage != progress.stage;
            if (!first && now - m_told < toldEvery)
                return;
            m_told = now;
            m_stage = progress.stage;
            say(asText(progress));
        };
        m_pool.start([this] { work(); });
    }

    CopyReport report;
    std::optional<Error> error;

private:
    void say(const QString &text)
    {
        QMetaObject::invokeMethod(this, [this, text = onOneLine(text)] { progress(m_global, text); });
    }

    void work()
    {
        {
            Tunnel toSource, toTarget;
            Result<void> open = openTunnel(toSource, m_source, m_options.access.cancelled);
            if (open)
                open = openTunnel(toTarget, m_target, m_options.access.cancelled);
            if (open)
                report = copyDatabase(m_source.connection, m_target.connection, m_options);
            else
                error = open.error();
            for (const Tunnel *tunnel : {&toSource, &toTarget}) {
                if (open && !tunnel->lastWords().isEmpty() && !tunnel->isRunning())
                    say(s("the tunnel ended: %1").arg(tunnel->lastWords()));
            }
        }
        QMetaObject::invokeMethod(this, [] { QCoreApplication::quit(); });
    }

    const Global &m_global;
    const DatabaseArgument &m_source, &m_target;
    CopyOptions m_options;
    Instant m_told{};
    std::optional<CopyStage> m_stage;
    QThreadPool m_pool;
};

CopyOptions copyOptions(const DbCopyOptions &options, const DatabaseArgument &source, const DatabaseArgument &target)
{
    CopyOptions copying;
    copying.access.cancelled = std::make_shared<std::atomic<bool>>(false);
    copying.access.caFile = options.caFile;
    copying.access.resolver = options.resolver;
    copying.timeout = options.timeout;
    copying.programs = options.programs;
    copying.file = options.file;
    copying.jobs = options.jobs;
    copying.schemas = options.schemas;
    copying.excludeTableData = options.excludeTableData;
    copying.intoNonEmpty = options.intoNonEmpty;
    copying.clean = options.clean;
    copying.planOnly = options.plan;
    copying.finalSync = options.finalSync;
    copying.olderTarget = options.olderTarget;
    copying.analyze = !options.noAnalyze;
    copying.compareAfter = !options.noCompare;
    copying.sourceName = source.name;
    copying.targetName = target.name;
    copying.sourcePlatform = source.backend ? source.backend->platform : QString();
    return copying;
}

std::optional<Error> objection(const DbCopyOptions &options)
{
    for (const QString &path : options.reports) {
        if (!path.endsWith(s(".json")) && !path.endsWith(s(".md")) && !path.endsWith(s(".html")))
            return Error{
                ErrorKind::Usage, s("--report %1: the name ends in none of .json, .md, .html").arg(path), {}, {}};
    }
    return {};
}

/// The production backend whose database is about to be written to; nothing: none, or it is only planned. Errors
/// (usage): it was not unlocked.
Result<std::optional<Backend>> unlockedProduction(const Global &global, const DbCopyOptions &options,
                                                  const DatabaseArgument &target)
{
    if (options.plan)
        return std::optional<Backend>();
    Result<std::optional<Backend>> production = productionBackend(global, options.target, target, SamePlace::Database);
    if (!production || !*production || options.unlock == (*production)->name)
        return production;
    const QString name = (*production)->name;
    return fail(
        ErrorKind::Usage,
        target.backend && target.backend->name == name
            ? s("%1 is a production backend and is only read").arg(name)
            : s("%1 leads to a database of %2, which is a production backend and is only read").arg(target.name, name),
        s("--unlock %1 allows the copy into its database, --plan says what it would do").arg(name));
}

Result<void> writeReports(const DbCopyOptions &options, const CopyReport &report)
{
    for (const QString &path : options.reports) {
        if (const Result<void> written = writeFileAtomically(path, copyReportForFile(report, path)); !written)
            return written;
    }
    return options.junit.isEmpty() ? Result<void>() : writeFileAtomically(options.junit, copyReportToJunit(report));
}

/// What is done to a production backend is noted before and after; what cannot be noted is not done.
Result<void> audit(const Global &global, const std::optional<Backend> &production, const QString &outcome)
{
    if (!production)
        return {};
    AuditEntry entry;
    entry.workspace = global.workspace.isEmpty() ? s("switchyard.toml") : global.workspace;
    entry.backend = production->name;
    entry.stage = production->stage;
    entry.action = s("db copy");
    entry.outcome = outcome;
    return AuditLog().append(entry);
}

int statusOf(const CopyReport &report, bool interrupted)
{
    if (interrupted)
        return exitInterrupted;
    switch (report.verdict()) {
    case CopyVerdict::Pass:
        return exitPass;
    case CopyVerdict::Fail:
        return exitFail;
    case CopyVerdict::Inconclusive:
        break;
    }
    return exitInconclusive;
}

} // namespace

int runDbCopy(const Global &global, const DbCopyOptions &options)
{
    const Result<DatabaseArgument> source = databaseArgument(global, options.source);
    if (!source)
        return reportError(source.error());
    const Result<DatabaseArgument> target = databaseArgument(global, options.target);
    if (!target)
        return reportError(target.error());
    if (const std::optional<Error> error = objection(options))
        return reportError(*error);
    const Result<std::optional<Backend>> production = unlockedProduction(global, options, *target);
    if (!production)
        return reportError(production.error());
    const CopyOptions copying = copyOptions(options, *source, *target);
    if (const Result<void> possible = copyable(source->connection, target->connection, copying); !possible)
        return reportError(possible.error());
    if (const Result<void> noted = audit(global, *production, s("begun from %1").arg(source->name)); !noted)
        return reportError(noted.error());
    Interrupt interrupt;
    QObject::connect(&interrupt, &Interrupt::interrupted, [&] { copying.access.cancelled->store(true); });
    CopyReport report;
    std::optional<Error> error;
    {
        Copier copier(global, *source, *target, copying);
        QTimer::singleShot(0, &copier, [&copier] { copier.start(); });
        QCoreApplication::exec();
        report = copier.report;
        error = copier.error;
    }
    if (error) {
        const int status = reportError(*error);
        return interrupt.happened() ? exitInterrupted : status;
    }
    if (global.json)
        printJson(copyReportToJson(report));
    else
        printResult(asText(report));
    if (const Result<void> noted = audit(global, *production, copyVerdictName(report.verdict())); !noted)
        reportError(noted.error());
    if (const Result<void> written = writeReports(options, report); !written)
        return reportError(written.error());
    return statusOf(report, interrupt.happened());
}

} // namespace Switchyard::Cli
