// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/dbinput.h"
#include "models/common/files.h"
#include "models/common/interrupt.h"
#include "models/database/probes/probe.h"
#include "models/database/probes/reportjunit.h"
#include "models/database/watch/tunnel.h"
#include "models/platforms/platform.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// One database that is probed.
struct Subject
{
    QString backend;
    QString name;
    ConnectionString connection;
    LintContext context;
    QStringList tunnel; ///< the command that makes it reachable; empty: none
    DatabaseReport report;
};

/// `url` may be a reference or a string without secret.
Result<Subject> subjectOf(const QString &url, const QString &token)
{
    const Result<ConnectionInput> input = connectionInput(url, token);
    if (!input)
        return tl::unexpected(input.error());
    const Result<ConnectionString> connection = parseConnectionString(*input);
    if (!connection)
        return tl::unexpected(connection.error());
    Subject subject;
    subject.connection = *connection;
    subject.name = isSecretReference(url) ? url : connection->target();
    return subject;
}

Result<QList<Subject>> argumentSubjects(const DbProbeOptions &options)
{
    QList<Subject> subjects;
    for (const QString &target : options.targets) {
        Result<Subject> subject = subjectOf(target, {});
        // Nobody else is given the token, nor is it looked up for nobody.
        if (subject && subject->connection.kind == DatabaseKind::UpstashRest && !options.token.isEmpty())
            subject = subjectOf(target, options.token);
        if (!subject)
            return tl::unexpected(subject.error());
        subjects.append(*subject);
    }
    const bool wanted = std::any_of(subjects.cbegin(), subjects.cend(), [](const Subject &subject) {
        return subject.connection.kind == DatabaseKind::UpstashRest;
    });
    if (!options.token.isEmpty() && !wanted)
        return fail(ErrorKind::Usage, s("--token is for Upstash's REST interface, and none of the databases is one"),
                    s("https://NAME.upstash.io --token env:UPSTASH_REDIS_REST_TOKEN"));
    return subjects;
}

/// Of one that cannot be read the error is told and `bad` set: the others are probed all the same.
Result<QList<Subject>> workspaceSubjects(const Workspace &workspace, const DbProbeOptions &options, bool *bad)
{
    if (!options.backend.isEmpty() && !workspace.backend(options.backend))
        return fail(ErrorKind::Usage, s("the workspace has no backend \"%1\"").arg(options.backend));
    QList<Subject> subjects;
    for (const Backend &backend : workspace.backends) {
        if (!options.backend.isEmpty() && backend.name != options.backend)
            continue;
        for (const DatabaseEndpoint &database : backend.databases) {
            Result<Subject> subject = subjectOf(database.url, database.token);
            if (!subject) {
                Error error = subject.error();
                error.message = s("database \"%1\" of \"%2\": %3").arg(database.name, backend.name, error.message);
                error.place = database.place;
                reportError(error);
                *bad = true;
                continue;
            }
            subject->backend = backend.name;
            subject->name = database.name;
            subject->context = lintContextOf(backend, database);
            subject->tunnel = database.tunnel;
            subjects.append(*subject);
        }
    }
    if (subjects.isEmpty() && !*bad)
        return fail(ErrorKind::Usage, s("no database is named, and the workspace has none"),
                    s("db probe env:DATABASE_URL, or [[backend.database]] in the workspace"));
    return subjects;
}

QString shownName(const DatabaseReport &report)
{
    return report.backend.isEmpty() ? report.name : s("%1 of %2").arg(report.name, report.backend);
}

QString lineOf(const StageResult &stage)
{
    QString line = s("  %1 %2").arg(databaseStageName(stage.stage), -10).arg(stageStatusName(stage.status), -11);
    line += stage.ms ? s("%1 ms").arg(*stage.ms, 8, 'f', 1) : QString(11, u' ');
    if (!stage.detail.isEmpty())
        line += s("  ") + stage.detail;
    while (line.endsWith(u' '))
        line.chop(1);
    line += u'\n';
    if (!stage.hint.isEmpty())
        line += s("      → %1\n").arg(stage.hint);
    return line;
}

QString asText(const QList<DatabaseReport> &reports)
{
    QString text;
    for (const DatabaseReport &report : reports) {
        text += s("%1  %2  %3%4\n")
                    .arg(shownName(report), report.target,
                         report.cancelled ? s("cancelled") : stageStatusName(report.status()),
                         report.server.isEmpty() ? QString() : s("  ") + report.server);
        for (const StageResult &stage : report.stages)
            text += lineOf(stage);
    }
    return text;
}

QJsonObject asJson(const QList<DatabaseReport> &reports)
{
    QJsonArray databases;
    QJsonArray stages;
    for (const DatabaseReport &report : reports) {
        const QJsonObject database = databaseReportToJson(report, connectionRules());
        for (const QJsonValue each : database[s("stages")].toArray()) {
            QJsonObject named = each.toObject();
            named[s("database")] = report.name;
            named[s("backend")] = database[s("backend")];
            stages.append(named);
        }
        databases.append(database);
    }
    return {{s("schema"), s("switchyard.db-probe/1")}, {s("databases"), databases}, {s("stages"), stages}};
}

/// What is known of a database whose tunnel did not open: that it is not reached.
DatabaseReport withoutTunnel(const ConnectionString &connection, const Error &error)
{
    DatabaseReport report;
    report.kind = connection.kind;
    report.target = connection.target();
    report.cancelled = error.kind == ErrorKind::Cancelled;
    for (const DatabaseStage stage : databaseStages()) {
        StageResult result;
        result.stage = stage;
        if (stage == DatabaseStage::Tcp) {
            result.status = report.cancelled ? StageStatus::NotReached : StageStatus::Fail;
            result.detail = s("tunnel: %1").arg(error.message);
            result.hint = error.hint;
        }
        report.stages.append(result);
    }
    return report;
}

/// Runs the probes beside each other, and ends the event loop when all are through.
class Probes final : public QObject
{
public:
    Probes(const Global &global, QList<Subject> &subjects, const DatabaseProbeOptions &options)
        : m_global(global)
        , m_subjects(subjects)
        , m_options(options)
        , m_left(subjects.size())
    {
        // They wait, nearly all of their time.
        constexpr qsizetype most = 50;
        m_pool.setMaxThreadCount(int(std::min(most, subjects.size())));
    }
    ~Probes() override
    {
        m_options.cancelled->store(true);
        m_pool.waitForDone();
    }

    void start()
    {
        for (Subject &subject : m_subjects)
            m_pool.start([this, &subject] { probe(subject); });
    }

private:
    void probe(Subject &subject)
    {
        DatabaseProbeOptions options = m_options;
        options.context = subject.context;
        const QString name = subject.name;
        options.onStage = [this, name](const StageResult &stage) {
            QMetaObject::invokeMethod(this, [this, name, stage] {
                progress(m_global,
                         s("%1: %2 %3").arg(name, databaseStageName(stage.stage), stageStatusName(stage.status)));
            });
        };
        Tunnel tunnel;
        TunnelOptions opening;
        opening.cancelled = options.cancelled;
        const Result<void> open =
            subject.tunnel.isEmpty() ? Result<void>() : tunnel.open(subject.tunnel, subject.connection, opening);
        DatabaseReport report =
            open ? probeDatabase(subject.connection, options) : withoutTunnel(subject.connection, open.error());
        report.name = subject.name;
        report.backend = subject.backend;
        QMetaObject::invokeMethod(this, [this, &subject, report] {
            subject.report = report;
            if (--m_left == 0)
                QCoreApplication::quit();
        });
    }

    const Global &m_global;
    QList<Subject> &m_subjects;
    DatabaseProbeOptions m_options;
    qsizetype m_left;
    QThreadPool m_pool;
};

int statusOf(const QList<DatabaseReport> &reports, bool interrupted)
{
    if (interrupted)
        return exitInterrupted;
    const auto any = [&](const auto &test) { return std::any_of(reports.cbegin(), reports.cend(), test); };
    if (any([](const DatabaseReport &report) { return report.status() == StageStatus::Fail; }))
        return exitFail;
    const auto asked = [](const StageResult &stage) {
        return stage.stage != DatabaseStage::Lint &&
               (stage.status == StageStatus::Ok || stage.status == StageStatus::Warn);
    };
    // Nothing was learnt of it: a database in memory, a string that cannot be read for certain.
    if (any([&](const DatabaseReport &report) {
            return report.cancelled || std::none_of(report.stages.cbegin(), report.stages.cend(), asked);
        }))
        return exitInconclusive;
    return exitPass;
}

} // namespace

int runDbProbe(const Global &global, const DbProbeOptions &options)
{
    if (!options.token.isEmpty() && !isSecretReference(options.token))
        return reportError({ErrorKind::Usage,
                            s("--token carries a secret on the command line"),
                            s("give it as env:NAME, file:PATH or keychain:SERVICE/KEY"),
                            {}});
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    bool bad = false;
    Result<QList<Subject>> subjects = QList<Subject>();
    if (options.targets.isEmpty()) {
        if (!options.token.isEmpty())
            return reportError({ErrorKind::Usage,
                                s("--token belongs to a URL of the command line, and none is given"),
                                s("the workspace's databases have a token of their own: token = \"env:NAME\""),
                                {}});
        const std::optional<Workspace> workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
        subjects = workspaceSubjects(*workspace, options, &bad);
    } else {
        subjects = argumentSubjects(options);
    }
    if (!subjects)
        return reportError(subjects.error());
    if (subjects->isEmpty())
        return exitUsage; // each was told why
    const Result<QString> migrations = migrationsFolder(options.migrations);
    if (!migrations)
        return reportError(migrations.error());
    DatabaseProbeOptions probing;
    probing.migrations = *migrations;
    probing.timeout = options.timeout;
    probing.reachOnly = options.reachOnly;
    probing.caFile = options.caFile;
    probing.resolver = options.resolver;
    probing.catalogue = &*catalogue;
    probing.cancelled = std::make_shared<std::atomic<bool>>(false);
    Interrupt interrupt;
    QObject::connect(&interrupt, &Interrupt::interrupted, [&] { probing.cancelled->store(true); });
    {
        Probes probes(global, *subjects, probing);
        QTimer::singleShot(0, &probes, [&probes] { probes.start(); });
        QCoreApplication::exec();
    }
    QList<DatabaseReport> reports;
    for (const Subject &subject : *subjects)
        reports.append(subject.report);
    if (global.json)
        printJson(asJson(reports));
    else
        printResult(asText(reports));
    if (!options.junit.isEmpty()) {
        const Result<void> written = writeFileAtomically(options.junit, databaseReportsToJunit(reports));
        if (!written)
            return reportError(written.error());
    }
    return bad && !interrupt.happened() ? int(exitUsage) : statusOf(reports, interrupt.happened());
}

} // namespace Switchyard::Cli
