// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sessionrunner.h"

#include "models/common/duration.h"
#include "models/common/interrupt.h"
#include "models/deploy/leftovers.h"
#include "models/redeploy/compare.h"
#include "models/redeploy/journal.h"
#include "models/redeploy/sessionlist.h"
#include "models/report/sessionreport.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMap>
#include <QTimer>

namespace Switchyard::Cli {

namespace {

/// What is worth a line while the session runs. Client events are summed up once a second instead.
QString lineOf(const Event &event)
{
    switch (event.kind) {
    case EventKind::Phase:
        return QStringLiteral("── %1").arg(event.text);
    case EventKind::InstanceStarting:
        return QStringLiteral("   instance %1 started (pid %2)").arg(event.instance).arg(event.pid);
    case EventKind::InstanceHealthy:
        return QStringLiteral("   instance %1 healthy").arg(event.instance);
    case EventKind::TrafficSwitched:
        return QStringLiteral("   traffic goes to instance %1").arg(event.instance);
    case EventKind::SignalSent:
        return QStringLiteral("   %1 to instance %2").arg(event.text, event.instance);
    case EventKind::InstanceKilled:
        return QStringLiteral("   instance %1 killed: its grace was over").arg(event.instance);
    case EventKind::InstanceExited:
        return QStringLiteral("   instance %1 ended with status %2").arg(event.instance).arg(event.code);
    case EventKind::LogLine:
        return QStringLiteral("   log: %1").arg(event.text);
    case EventKind::Step:
    case EventKind::Note:
        return QStringLiteral("   %1").arg(event.text);
    case EventKind::DeployFailed:
        return QStringLiteral("   deploy failed: %1").arg(event.text);
    case EventKind::DeployFinished:
        return QStringLiteral("   deploy finished");
    default:
        return {};
    }
}

QString stamped(double seconds, const QString &text)
{
    return QStringLiteral("%1 s %2").arg(seconds, 8, 'f', 2).arg(text);
}

class Runner final : public QObject
{
    Q_OBJECT
public:
    using Concluded = std::function<void(const QString &session, const QString &outcome)>;

    Runner(const Global &global, const SessionOptions &options, SessionPlan plan, std::unique_ptr<DeployDriver> driver,
           Concluded concluded)
        : m_global(global)
        , m_options(options)
        , m_concluded(std::move(concluded))
        , m_driver(std::move(driver))
        , m_session(std::move(plan), m_driver.get())
    {
        connect(&m_session, &RedeploySession::eventsAppended, this, &Runner::showEvents);
        connect(&m_session, &RedeploySession::failed, this, [this](const Error &error) {
            tellConclusion(QStringLiteral("not begun: %1").arg(error.message));
            leave(reportError(error));
        });
        connect(&m_session, &RedeploySession::finished, this, &Runner::finish);
        connect(&m_interrupt, &Interrupt::interrupted, this, [this] {
            progress(m_global, QStringLiteral("interrupted: ending in order"));
            m_session.interrupt();
        });
        connect(m_driver.get(), &DeployDriver::shutDownDone, this, [this] { QCoreApplication::exit(m_status); });
        m_clientLine.setInterval(1'000);
        connect(&m_clientLine, &QTimer::timeout, this, &Runner::showClients);
    }

    int run()
    {
        QTimer::singleShot(0, this, [this] {
            m_session.start();
            m_clientLine.start();
        });
        return QCoreApplication::exec();
    }

private:
    void showEvents(const QList<Event> &events)
    {
        for (const Event &event : events) {
            const bool database = event.kind == EventKind::Database || event.kind == EventKind::DatabaseConnect;
            if (const QString line = database ? databaseLine(event) : lineOf(event); !line.isEmpty())
                progress(m_global, stamped(event.seconds(), line));
        }
    }

    /// Once a second would be too often: only what has changed.
    QString databaseLine(const Event &event)
    {
        const auto key = std::make_pair(event.subject, event.kind);
        const bool was = m_databases.value(key, true);
        m_databases[key] = event.ok;
        if (event.ok == was)
            return {};
        if (event.kind == EventKind::DatabaseConnect)
            return event.ok ? QStringLiteral("   %1 lets newcomers in again").arg(event.subject)
                            : QStringLiteral("   %1 did not let a newcomer in: %2").arg(event.subject, event.text);
        return event.ok ? QStringLiteral("   %1 answers again").arg(event.subject)
                        : QStringLiteral("   %1 does not answer: %2").arg(event.subject, event.text);
    }

    void showClients()
    {
        int open = 0;
        int asked = 0;
        for (const SocketSnapshot &shot : m_session.snapshots()) {
            open += shot.open;
            asked += shot.clients;
        }
        if (asked == 0 || open == m_lastOpen)
            return;
        m_lastOpen = open;
        progress(m_global, stamped(m_session.elapsedMs() / 1000,
                                   QStringLiteral("   %1 of %2 clients open").arg(open).arg(asked)));
    }

    void finish(const Verdict &verdict)
    {
        const SessionRecord &record = m_session.record();
        tellConclusion(outcomeName(verdict.outcome));
        if (m_global.json)
            printJson(sessionToJson(record, verdict));
        else
            printResult(sessionToText(record, verdict, m_global.color()));
        int status = verdict.outcome == Outcome::Pass   ? exitPass
                     : verdict.outcome == Outcome::Fail ? exitFail
                                                        : exitInconclusive;
        if (m_interrupt.happened())
            status = exitInterrupted;
        for (const QString &path : m_options.reports) {
            const Result<void> written = writeSessionReport(path, record, verdict);
            if (!written)
                status = reportError(written.error());
            else
                progress(m_global, QStringLiteral("report: %1").arg(path));
        }
        if (!m_session.folder().isEmpty()) {
            progress(m_global, QStringLiteral("session: %1").arg(m_session.folder()));
            compareWithLast(record, verdict);
        }
        leave(status);
    }

    /// "Better or worse than last time?" is the first question after a redeploy.
    void compareWithLast(const SessionRecord &record, const Verdict &verdict)
    {
        const QString previous = previousSession(QFileInfo(m_session.folder()).absolutePath(), record.header);
        const Result<SessionRecord> before =
            previous.isEmpty() ? fail(ErrorKind::Usage, QString()) : readJournal(previous);
        if (!before)
            return;
        const SessionComparison comparison = compareSessions(*before, judge(*before), record, verdict);
        progress(m_global, QStringLiteral("against %1: %2").arg(before->header.id, comparison.summary));
    }

    void tellConclusion(const QString &outcome)
    {
        if (m_concluded)
            m_concluded(m_session.record().header.id, outcome);
    }

    void leave(int status)
    {
        m_status = status;
        m_clientLine.stop();
        m_driver->shutDown();
    }

    const Global &m_global;
    const SessionOptions &m_options;
    Concluded m_concluded;
    std::unique_ptr<DeployDriver> m_driver;
    Interrupt m_interrupt;
    RedeploySession m_session;
    QTimer m_clientLine;
    int m_status = exitPass;
    int m_lastOpen = -1;
    QMap<std::pair<QString, EventKind>, bool> m_databases; ///< answered the last time
};

} // namespace

void stopLeftovers(const Global &global)
{
    const QList<Leftover> leftovers = findLeftovers();
    for (const Leftover &leftover : leftovers) {
        progress(global, QStringLiteral("%1 processes of %2 were left by an earlier run: stopping them")
                             .arg(leftover.pids.size())
                             .arg(leftover.program));
        if (const Result<void> stopped = stopLeftover(leftover); !stopped)
            reportError(stopped.error());
    }
}

int runSession(const Global &global, const SessionOptions &options, SessionPlan plan,
               std::unique_ptr<DeployDriver> driver,
               std::function<void(const QString &session, const QString &outcome)> concluded)
{
    for (const QString &path : options.reports) {
        if (const Result<void> known = checkReportPath(path); !known)
            return reportError(known.error());
    }
    for (const QString &gate : options.advisory) {
        if (!gateIds().contains(gate))
            return reportError({ErrorKind::Usage,
                                QStringLiteral("--advisory %1: there is no such gate").arg(gate),
                                QStringLiteral("one of %1").arg(gateIds().join(QStringLiteral(", "))),
                                {}});
    }
    if (options.settle < Milliseconds(1'000))
        return reportError(
            {ErrorKind::Usage,
             QStringLiteral("--settle %1 is too short to see a second loss").arg(formatDuration(options.settle)),
             QStringLiteral("at least 1s"),
             {}});
    if (options.timeout <= options.settle)
        return reportError({ErrorKind::Usage,
                            QStringLiteral("--timeout %1 ends the session before --settle %2 is over")
                                .arg(formatDuration(options.timeout), formatDuration(options.settle)),
                            QStringLiteral("make --timeout longer"),
                            {}});
    stopLeftovers(global);
    plan.timeout = options.timeout;
    plan.baseline = options.baseline;
    plan.settle = options.settle;
    plan.clientsOverride = options.clients;
    plan.caFile = options.caFile;
    plan.databases = !options.withoutDatabases;
    plan.journalFolder = options.journal.isEmpty() ? sessionsFolder() : options.journal;
    plan.workspace.advisoryGates += options.advisory;
    Runner runner(global, options, std::move(plan), std::move(driver), std::move(concluded));
    return runner.run();
}

} // namespace Switchyard::Cli

#include "sessionrunner.moc"
