// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/session.h"
#include "models/workspace/auditlog.h"
#include "models/workspace/productionlock.h"
#include "ui/common/backendmonitor.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <map>
#include <memory>

namespace Switchyard {

class PlatformCatalogue;

/// Where things lie that the workbench needs; filled in by the program.
struct WorkbenchOptions
{
    QString demoProgram;                                 ///< path of switchyard-demo-backend
    QString doorProgram;                                 ///< path of switchyard-door
    QString journalFolder;                               ///< empty: sessions are not journalled
    QString auditFile;                                   ///< empty: the user's audit log
    Milliseconds unlocked = ProductionLock::defaultIdle; ///< a production backend locks again after this long
    Milliseconds baseline{10'000};
    Milliseconds demoBaseline{5'000};
    Milliseconds settle{10'000};
    Milliseconds demoSettle{10'000};
};

/// How the last session of a backend ended.
struct SessionOutcome
{
    QString backend;
    qint64 wallMs = 0;
    SessionRecord record;
    Verdict verdict;
};

/// What to rehearse: a platform's deploy sequence on local processes, watched as the backend is.
struct RehearsalRequest
{
    QString backend;
    QString platform; ///< id of the catalogue
    QStringList argv;
    int machines = 1;
    double timeScale = 1;
    int clients = -1; ///< clients a socket, -1: as configured
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

    QString currentBackend() const { return m_current; }
    void setCurrentBackend(const QString &backend);

    /// Why this backend cannot be redeployed from here; empty: it can.
    QString redeployObstacle(const QString &backend) const;
    void redeploy(const QString &backend);
    /// Watches without triggering: somebody else redeploys.
    void watch(const QString &backend);
    /// Why this backend cannot be rehearsed; empty: it can. A rehearsal never touches the backend itself.
    QString rehearsalObstacle(const QString &backend) const;
    void rehearse(const RehearsalRequest &request);
    void interruptSession();

    bool isLocked(const QString &backend) const;
    Milliseconds unlockedFor(const QString &backend) const { return m_lock.remaining(backend); }
    /// Errors: usage (another name was typed), io (the audit log cannot be written: it stays locked).
    [[nodiscard]] Result<void> unlock(const QString &backend, const QString &typed);
    void lock(const QString &backend);
    QString auditFile() const { return m_audit.file(); }

    RedeploySession *session() const { return m_session.get(); }
    QString sessionBackend() const { return m_sessionBackend; }
    bool sessionRunning() const { return m_session && !m_sessionOver; }
    /// What was asked for last, so that it can be tried again: of which backend, and whether only to watch.
    QString triedBackend() const { return m_triedBackend; }
    bool triedWatch() const { return m_triedWatch; }
    /// Where the backend runs, for people: the platform's name, or the host where no platform is known for it.
    QString placeText(const Backend &backend) const;
    /// The last verdict of the backend; nullptr without one.
    const SessionOutcome *lastOutcome(const QString &backend) const;
    const SessionOutcome *lastOutcome() const;

    bool isBusy() const { return sessionRunning() || !m_drivers.empty() || m_stopping; }
    void shutDown();

Q_SIGNALS:
    void workspaceOpened();
    void workspaceRefused(const QString &file, const QList<Switchyard::Error> &errors);
    void workspaceClosed();
    void currentBackendChanged(const QString &backend);
    /// Live figures of any backend; at most four times a second for each.
    void liveChanged();
    void lockChanged(const QString &backend);
    void sessionStarted();
    void sessionFailed(const Switchyard::Error &error);
    void sessionFinished();
    /// Something that a person should read, but that stops nothing.
    void noticed(const QString &text);
    void shutDownDone();

private:
    void open(Workspace workspace, bool demo);
    Result<DeployDriver *> driverFor(const QString &backend);
    void startSession(const QString &backend, DeployDriver *driver);
    void startSession(SessionPlan plan, DeployDriver *driver);
    Result<void> audit(const Backend &backend, const QString &action, const QString &outcome,
                       const QString &session = {}) const;
    void finishSession(const Verdict &verdict);
    void endSession();
    void stopDrivers();
    void dropAll(bool keepOutcomes = false);
    void nextAfterStop();

    const PlatformCatalogue *m_catalogue;
    WorkbenchOptions m_options;
    Workspace m_workspace;
    bool m_open = false;
    bool m_demo = false;
    QString m_demoMode;
    QString m_current;
    std::map<QString, std::unique_ptr<BackendMonitor>> m_monitors;
    std::map<QString, std::unique_ptr<DeployDriver>> m_drivers;
    std::unique_ptr<DeployDriver> m_observer;
    ProductionLock m_lock;
    AuditLog m_audit;
    bool m_audited = false; ///< the running session acts on a production backend
    std::unique_ptr<RedeploySession> m_session;
    QString m_sessionBackend;
    bool m_sessionOver = true;
    QString m_triedBackend;
    bool m_triedWatch = false;
    QList<SessionOutcome> m_outcomes;
    bool m_stopping = false;
    int m_driversStopping = 0;
    std::function<void()> m_afterStop;
};

} // namespace Switchyard
