// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/alerts/alertchannel.h"
#include "models/redeploy/session.h"
#include "models/workspace/auditlog.h"
#include "models/workspace/productionlock.h"
#include "ui/common/backendmonitor.h"

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>

namespace Switchyard {

class DatabaseRecorder;
class DatabaseSet;
class HealthRecorder;
class HealthSource;
class HistoryStore;
class Alerter;
class MonitorSet;
class PlatformCatalogue;
struct Platform;
struct ServiceFacts;

/// Where things lie that the workbench needs; filled in by the program.
struct WorkbenchOptions
{
    QString demoProgram;   ///< path of switchyard-demo-backend
    QString doorProgram;   ///< path of switchyard-door, for rehearsals
    QString journalFolder; ///< empty: sessions are not journalled
    Milliseconds baseline{10'000};
    Milliseconds demoBaseline{5'000};
    Milliseconds settle{10'000};
    Milliseconds demoSettle{10'000};
    Milliseconds unlocked = ProductionLock::defaultIdle; ///< a production backend locks again after this long
    QString auditFile;                                   ///< empty: where the command line writes it too
    bool recordHistory = false; ///< health goes to the history that the workspace names, or the user's data folder
};

/// How a session ended: one of this start, or one that was opened from its journal.
struct SessionOutcome
{
    QString backend;
    qint64 wallMs = 0; ///< when it ended
    SessionRecord record;
    Verdict verdict;
    QString folder; ///< of its journal; empty: none is kept
};
using SessionOutcomePtr = std::shared_ptr<const SessionOutcome>;

/// What is to be rehearsed: a platform's deploy sequence, played on local processes.
struct RehearsalRequest
{
    QString backend; ///< whose sockets and endpoints are watched
    QString platform;
    QStringList argv;
    QString cwd;           ///< empty: the backend's own, or the folder of the workspace
    int machines = 0;      ///< 1 to 10; 0: as the manifest says, else 1
    double timeScale = 1;  ///< 0.001 to 1
    int clients = -1;      ///< per socket; -1: as configured
    bool databases = true; ///< look at the backend's databases meanwhile
};

/// The open workspace and everything that runs for it: a monitor and a driver for each backend, and at most one
/// session. Pages are given it and listen; it knows none of them.
///
/// Thread: GUI; nothing in it blocks. shutDown() before it is destroyed, and wait for shutDownDone, so that no process
/// outlives it.
class Workbench final : public QObject
{
    Q_OBJECT
public:
    Workbench(const PlatformCatalogue *catalogue, WorkbenchOptions options, QObject *parent = nullptr);
    ~Workbench() override;

    /// Reads a workspace file; answers with workspaceOpened() or workspaceRefused().
    void openFile(const QString &path);
    /// A workspace of one backend that is only watched, by its /health. Answers like openFile().
    void openUrl(const QString &url);
    /// The demo on a free port; `thenRedeploy`: a session begins as soon as the backend is up.
    void openDemo(const QString &shutdownMode, bool thenRedeploy);
    void close();

    bool isOpen() const { return m_open; }
    bool isDemo() const { return m_demo; }
    QString demoMode() const { return m_demoMode; }
    const Workspace &workspace() const { return m_workspace; }
    const PlatformCatalogue *catalogue() const { return m_catalogue; }
    QList<BackendMonitor *> monitors() const;
    BackendMonitor *monitor(const QString &backend) const;
    /// The health monitors of the workspace; nullptr while none is open.
    MonitorSet *health() const { return m_health.get(); }
    /// The databases of the workspace; nullptr while none is open.
    DatabaseSet *databases() const { return m_databases.get(); }
    /// Who measures the monitors: this machine, by health(), or Prometheus.
    HealthSource *healthSource() const { return m_source.get(); }
    /// Where they are recorded; empty: nowhere, or not yet.
    QString historyFile() const;
    /// How recording goes, in words; empty while it goes well, or nothing is to be recorded.
    QString historyTrouble() const;
    /// It is recorded, but this should be read of it; empty: nothing.
    QString historyCaution() const { return m_historyCaution; }
    /// Who is told of them; nullptr while none is open.
    Alerter *alerter() const { return m_alerter.get(); }
    /// Where alerts of kind = "desktop" go.
    void setAlertNotify(AlertNotify notify);

    QString currentBackend() const { return m_current; }
    void setCurrentBackend(const QString &backend);

    /// Why no session can begin now, whichever; empty: one can.
    QString sessionObstacle() const;
    /// Why this backend cannot be redeployed from here; empty: it can.
    QString redeployObstacle(const QString &backend) const;
    /// Why this backend cannot be rehearsed; empty: it can. The production lock is none: the processes are local.
    QString rehearsalObstacle(const QString &backend) const;
    /// Whether sessions look at the backend's databases: they do until somebody says otherwise for this workspace.
    bool watchesDatabases() const { return m_watchDatabases; }
    void setWatchesDatabases(bool on) { m_watchDatabases = on; }
    void redeploy(const QString &backend);
    /// Watches without triggering: somebody else redeploys.
    void watch(const QString &backend);
    void rehearse(const RehearsalRequest &request);
    void interruptSession();

    /// A production backend nobody has unlocked.
    bool isLocked(const QString &backend) const;
    /// Opens the lock when `typed` is the backend's name; written to the audit log first. Errors: usage, io.
    [[nodiscard]] Result<void> unlock(const QString &backend, const QString &typed);
    void lock(const QString &backend);
    Milliseconds unlockedFor(const QString &backend) const { return m_lock.remaining(backend); }
    QString auditFile() const { return m_audit.file(); }
    /// Writes down what is done to a backend, before it is done, and what came of it. Where its lock is open, the time
    /// until it locks again begins anew. Errors: io.
    [[nodiscard]] Result<void> audit(const QString &backend, const QString &action, const QString &outcome,
                                     const QString &session = {});

    /// Where sessions are kept; empty: nowhere.
    QString journalFolder() const { return m_options.journalFolder; }
    /// Leads to the list of recorded sessions.
    void requestSessionList() { Q_EMIT sessionListRequested(); }
    RedeploySession *session() const { return m_session.get(); }
    QString sessionBackend() const { return m_sessionBackend; }
    bool sessionRunning() const { return m_session && !m_sessionOver; }
    /// What was asked for last, so that it can be tried again: of which backend, and whether only to watch.
    QString triedBackend() const { return m_triedBackend; }
    bool triedWatch() const { return m_tried == Tried::Watch; }
    bool triedRehearsal() const { return m_tried == Tried::Rehearsal; }
    /// Does what was tried last once more.
    void tryAgain();
    /// Where the backend runs, for people: the platform's name, or the host where no platform is known for it.
    QString placeText(const Backend &backend) const;
    /// The last verdict of the backend; nullptr without one.
    SessionOutcomePtr lastOutcome(const QString &backend) const;
    SessionOutcomePtr lastOutcome() const;

    bool isBusy() const { return sessionRunning() || !m_drivers.empty() || m_rehearsal || m_stopping; }
    void shutDown();

Q_SIGNALS:
    void workspaceOpened();
    void workspaceRefused(const QString &file, const QList<Switchyard::Error> &errors);
    void workspaceClosed();
    void currentBackendChanged(const QString &backend);
    /// Live figures of any backend or database; at most four times a second for each.
    void liveChanged();
    /// Monitors that changed, by their place in health(); at most ten times a second.
    void healthChanged(const QList<int> &indices);
    /// The history began, stopped, or can or cannot be written any more.
    void historyChanged();
    /// alerter()->open() or channels(); at most ten times a second.
    void alertsChanged();
    void alertDelivered(const Switchyard::AlertDelivery &delivery);
    void sessionStarted();
    void sessionFailed(const Switchyard::Error &error);
    void sessionFinished();
    /// Something that a person should read, but that stops nothing.
    void noticed(const QString &text);
    /// A production backend was locked or unlocked.
    void lockChanged(const QString &backend);
    void sessionListRequested();
    /// The processes of a rehearsal have ended: the next session can begin.
    void rehearsalStopped();
    void shutDownDone();

private:
    void openRuled(Workspace workspace);
    void open(Workspace workspace, bool demo);
    void fetchSecrets();
    void openHistory();
    void closeHistory();
    void lookAtHistory();
    Result<DeployDriver *> driverFor(const QString &backend);
    void startSession(SessionPlan plan, DeployDriver *driver);
    void startRehearsal(const RehearsalRequest &request, const Platform &platform,
                        const std::optional<ServiceFacts> &manifest);
    SessionPlan planFor(const Backend &backend) const;
    void finishSession(const Verdict &verdict);
    void endSession();
    void stopRehearsal();
    QString folder() const;
    void stopDrivers();
    void dropAll(bool keepOutcomes = false);
    void nextAfterStop();

    const PlatformCatalogue *m_catalogue;
    WorkbenchOptions m_options;
    Workspace m_workspace;
    bool m_open = false;
    bool m_demo = false;
    bool m_watchDatabases = true;
    QString m_demoMode;
    QString m_current;
    std::shared_ptr<HistoryStore> m_history;
    std::unique_ptr<MonitorSet> m_health;
    QThreadPool m_secretReader; ///< waits for its thread when it is destroyed
    quint64 m_opening = 0;      ///< counts what was asked to be opened: an answer to an older one is dropped
    std::unique_ptr<HealthRecorder> m_recorder; ///< looks at both
    std::unique_ptr<DatabaseSet> m_databases;
    std::unique_ptr<DatabaseRecorder> m_databaseRecorder; ///< looks at it and at the history
    QString m_historyTrouble, m_historyCaution;
    QTimer m_historyTimer;
    std::unique_ptr<Alerter> m_alerter;     ///< listens to m_health
    std::unique_ptr<HealthSource> m_source; ///< looks at both while a workspace is open
    AlertNotify m_notifyAlert;
    QTimer m_liveTimer;
    std::map<QString, std::unique_ptr<BackendMonitor>> m_monitors; ///< each looks at m_health
    std::map<QString, std::unique_ptr<DeployDriver>> m_drivers;
    std::unique_ptr<DeployDriver> m_observer;
    std::unique_ptr<DeployDriver> m_rehearsal; ///< until its processes have ended
    std::unique_ptr<RedeploySession> m_session;
    QString m_sessionBackend;
    bool m_sessionOver = true;
    QString m_triedBackend;
    enum class Tried
    {
        Redeploy,
        Watch,
        Rehearsal
    };
    Tried m_tried = Tried::Redeploy;
    RehearsalRequest m_triedRehearsal;
    QList<SessionOutcomePtr> m_outcomes; ///< one a backend, the last at the end
    ProductionLock m_lock;
    AuditLog m_audit;
    QString m_auditedBackend; ///< of the running session, if it redeploys a production backend
    bool m_lockingByHand = false;
    bool m_stopping = false;
    int m_driversStopping = 0;
    std::function<void()> m_afterStop;
};

} // namespace Switchyard
