// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/workbench.h"

#include "models/alerts/alerter.h"
#include "models/common/origin.h"
#include "models/common/redact.h"
#include "models/database/watch/databaserecorder.h"
#include "models/database/watch/databaseset.h"
#include "models/deploy/driverfactory.h"
#include "models/health/monitorset.h"
#include "models/health/platformprofile.h"
#include "models/health/recorder.h"
#include "models/history/store.h"
#include "models/manifests/deployfacts.h"
#include "models/platforms/platform.h"
#include "models/workspace/demo.h"
#include "models/workspace/historysettings.h"
#include "ui/common/healthsource.h"
#include "ui/common/offthread.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QUrl>

namespace Switchyard {

namespace {

constexpr int liveEveryMs = 250;
constexpr int historyEveryMs = 2'000;

/// What a person wrote, with a scheme: a development server on this machine speaks http.
QString withScheme(const QString &written)
{
    if (written.isEmpty() || written.contains(QStringLiteral("://")))
        return written;
    const QString secure = QStringLiteral("https://") + written;
    return isLoopbackHost(QUrl(secure).host()) ? QStringLiteral("http://") + written : secure;
}

} // namespace

Workbench::Workbench(const PlatformCatalogue *catalogue, WorkbenchOptions options, QObject *parent)
    : QObject(parent)
    , m_catalogue(catalogue)
    , m_options(std::move(options))
    , m_source(std::make_unique<HealthSource>())
    , m_lock(m_options.unlocked)
    , m_audit(m_options.auditFile)
{
    const auto live = [this] {
        if (!m_liveTimer.isActive())
            m_liveTimer.start();
    };
    connect(m_source.get(), &HealthSource::changed, this, live);
    connect(m_source.get(), &HealthSource::readingsChanged, this, live);
    m_historyTimer.setInterval(historyEveryMs);
    connect(&m_historyTimer, &QTimer::timeout, this, &Workbench::lookAtHistory);
    m_liveTimer.setSingleShot(true);
    m_liveTimer.setInterval(liveEveryMs);
    connect(&m_liveTimer, &QTimer::timeout, this, &Workbench::liveChanged);
    connect(&m_lock, &ProductionLock::changed, this, [this](const QString &backend) {
        const Backend *found = m_workspace.backend(backend);
        if (!m_lockingByHand && found && m_lock.isLocked(*found)) {
            const Result<void> logged = audit(backend, QStringLiteral("lock"), QStringLiteral("by itself, unused"));
            Q_EMIT noticed(logged ? QStringLiteral("%1 is locked again: it was not used.").arg(backend)
                                  : logged.error().toString());
        }
        Q_EMIT lockChanged(backend);
    });
}

Workbench::~Workbench() = default;

void Workbench::openFile(const QString &path)
{
    auto loaded = loadWorkspace(path, m_catalogue->ids());
    if (!loaded) {
        Q_EMIT workspaceRefused(path, loaded.error());
        return;
    }
    openRuled(std::move(*loaded));
}

/// What the manifests of its backends say of their checks and plans belongs to its monitors: they are read on a worker
/// thread, since they may lie far away, and may be long.
void Workbench::openRuled(Workspace workspace)
{
    const quint64 opening = ++m_opening;
    const auto go = [this, opening](const Workspace &ruled) {
        if (opening != m_opening)
            return; // another one was asked for meanwhile
        m_afterStop = [this, ruled] { open(ruled, false); };
        stopDrivers();
    };
    const auto apply = [catalogue = *m_catalogue](Workspace of) {
        applyPlatformRules(&of, catalogue, [&of](const Backend &backend, const Platform &platform) {
            return backendServiceFacts(of, backend, platform);
        });
        return of;
    };
    if (!needsManifests(workspace, *m_catalogue))
        return go(apply(std::move(workspace)));
    offThread(
        this, [apply, workspace = std::move(workspace)] { return apply(workspace); }, go);
}

void Workbench::openUrl(const QString &text)
{
    const QString written = withScheme(text.trimmed());
    const QUrl url(written, QUrl::StrictMode);
    const auto refuse = [this, &written](const QString &message, const QString &hint) {
        Q_EMIT workspaceRefused(redact(written), {Error{ErrorKind::Usage, message, hint, {}}});
    };
    if (!url.isValid() || url.host().isEmpty() ||
        (url.scheme() != QLatin1StringView("http") && url.scheme() != QLatin1StringView("https")))
        return refuse(QStringLiteral("this is no http or https address"), QStringLiteral("https://api.example.org"));
    if (urlCarriesSecret(written) || !url.userInfo().isEmpty())
        return refuse(
            QStringLiteral("the address carries a credential"),
            QStringLiteral("leave it out; headers with secrets belong into a switchyard.toml, as references"));
    Backend backend;
    backend.name = url.host();
    const Platform *platform = m_catalogue->forHost(url.host());
    backend.platform = platform ? platform->id : QStringLiteral("local");
    backend.url = url.toString(QUrl::RemovePath | QUrl::RemoveQuery | QUrl::RemoveFragment);
    HealthEndpoint health;
    QString path = url.path(QUrl::FullyEncoded);
    if (path.isEmpty())
        path = QStringLiteral("/");
    if (url.hasQuery())
        path += QLatin1Char('?') + url.query(QUrl::FullyEncoded);
    health.path = path == QLatin1StringView("/") ? QStringLiteral("/health") : path;
    health.interval = Milliseconds(10'000);
    // Somebody is looking: two are enough to call it down.
    health.failures = 2;
    ++m_opening;
    backend.health.append(health);
    Workspace workspace;
    workspace.name = url.host();
    workspace.backends.append(backend);
    m_afterStop = [this, workspace] { open(workspace, false); };
    stopDrivers();
}

void Workbench::openDemo(const QString &shutdownMode, bool thenRedeploy)
{
    if (!QFileInfo(m_options.demoProgram).isExecutable()) {
        Q_EMIT workspaceRefused(m_options.demoProgram,
                                {Error{ErrorKind::Io,
                                       QStringLiteral("the demo backend is not there"),
                                       QStringLiteral("build or install switchyard-demo-backend beside this program"),
                                       {}}});
        return;
    }
    ++m_opening;
    m_afterStop = [this, shutdownMode, thenRedeploy] {
        DemoOptions demo;
        demo.program = m_options.demoProgram;
        demo.port = freePort();
        demo.shutdown = shutdownMode;
        auto parsed = parseWorkspace(demoWorkspace(demo), QString(), m_catalogue->ids());
        if (!parsed) {
            Q_EMIT workspaceRefused(QStringLiteral("the demo"), parsed.error());
            return;
        }
        m_demoMode = shutdownMode;
        const QString name = parsed->backends.first().name;
        open(std::move(*parsed), true);
        if (thenRedeploy)
            return redeploy(name);
        const Result<DeployDriver *> driver = driverFor(name);
        if (!driver)
            return;
        connect(*driver, &DeployDriver::ready, this, [this, name] {
            if (BackendMonitor *found = monitor(name); found && !sessionRunning())
                found->start();
        });
        connect(*driver, &DeployDriver::failed, this, [this](const Error &error) { Q_EMIT noticed(error.toString()); });
        (*driver)->prepare();
    };
    stopDrivers();
}

void Workbench::open(Workspace workspace, bool demo)
{
    const bool before = m_open;
    // The demo that starts anew in another mode is the same backend, and its verdicts are worth comparing.
    dropAll(demo && m_demo);
    if (before)
        Q_EMIT workspaceClosed();
    m_workspace = std::move(workspace);
    m_open = true;
    m_demo = demo;
    if (!demo)
        m_demoMode.clear();
    m_health = std::make_unique<MonitorSet>(m_workspace.anchors);
    m_health->setMonitors(monitorsBeforeSecrets(m_workspace, m_catalogue));
    m_health->setDeployWindows(DeployWindows(m_workspace.deployWindows));
    connect(m_health.get(), &MonitorSet::changed, this, [this](const QList<int> &indices) {
        if (!m_liveTimer.isActive())
            m_liveTimer.start();
        Q_EMIT healthChanged(indices);
    });
    m_alerter = std::make_unique<Alerter>(m_workspace.alerts, m_workspace.name);
    m_alerter->setNotify(m_notifyAlert);
    m_alerter->watch(m_health.get());
    connect(m_alerter.get(), &Alerter::changed, this, &Workbench::alertsChanged);
    connect(m_alerter.get(), &Alerter::delivered, this, &Workbench::alertDelivered);
    m_databases = std::make_unique<DatabaseSet>(m_workspace, m_catalogue);
    connect(m_databases.get(), &DatabaseSet::changed, this, [this] {
        if (!m_liveTimer.isActive())
            m_liveTimer.start();
    });
    for (const Backend &backend : m_workspace.backends) {
        auto made = std::make_unique<BackendMonitor>(backend, m_health.get(), m_source.get());
        connect(made.get(), &BackendMonitor::changed, this, &Workbench::liveChanged);
        // The demo's backend is started first; everything else runs somewhere already.
        if (!demo)
            made->start();
        m_monitors.emplace(backend.name, std::move(made));
    }
    openHistory();
    fetchSecrets();
    m_source->open(m_workspace, m_health.get(), m_alerter.get());
    const Backend *first = m_workspace.withRole(QStringLiteral("target"));
    if (!first && !m_workspace.backends.isEmpty())
        first = &m_workspace.backends.first();
    m_current = first ? first->name : QString();
    m_watchDatabases = true;
    Q_EMIT workspaceOpened();
    // Only now: the page has told by then what was chosen for this server, and nothing else is to be asked.
    m_source->begin();
    Q_EMIT currentBackendChanged(m_current);
}

/// Secrets of monitors are read on a thread of their own: a keychain may ask a person, for half a minute, and the
/// program's few workers have other things to do. Until then those monitors wait, and the others are probed.
void Workbench::fetchSecrets()
{
    bool any = false;
    for (int i = 0; i < m_health->count(); ++i)
        any = any || m_health->record(i).monitor.waits;
    if (!any)
        return;
    m_secretReader.setMaxThreadCount(1);
    QPointer<MonitorSet> alive(m_health.get());
    m_secretReader.start([alive, workspace = m_workspace, catalogue = *m_catalogue] {
        const QList<Monitor> monitors = monitorsWithProblems(workspace, &catalogue);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [alive, monitors] {
                if (alive)
                    alive->settle(monitors);
            },
            Qt::QueuedConnection);
    });
}

/// The file is opened on a worker thread: it may lie on a slow disk, or be of an older version. What is measured until
/// then is not recorded.
void Workbench::openHistory()
{
    if (!m_options.recordHistory || m_workspace.file.isEmpty() || !m_workspace.history.enabled || m_demo)
        return;
    HistoryOptions options;
    options.keepSamples = m_workspace.history.keepSamples;
    options.keepRollups = m_workspace.history.keepRollups;
    using Opened = Result<std::shared_ptr<HistoryStore>>;
    offThread(
        m_health.get(),
        [path = historyFileOf(m_workspace), options]() -> Opened {
            return HistoryStore::open(path, options).map([](std::unique_ptr<HistoryStore> store) {
                return std::shared_ptr<HistoryStore>(std::move(store));
            });
        },
        [this](Opened &opened) {
            if (opened) {
                m_history = *opened;
                m_recorder = std::make_unique<HealthRecorder>(m_health.get(), m_history.get());
                m_databaseRecorder = std::make_unique<DatabaseRecorder>(m_databases.get(), m_history.get());
                m_historyTimer.start();
            } else {
                m_historyTrouble = opened.error().toString();
                Q_EMIT noticed(QStringLiteral("Nothing is recorded: ") + m_historyTrouble);
            }
            Q_EMIT historyChanged();
        });
}

void Workbench::closeHistory()
{
    m_historyTimer.stop();
    m_recorder.reset();
    m_databaseRecorder.reset();
    m_historyTrouble.clear();
    m_historyCaution.clear();
    if (!m_history)
        return;
    // Its destruction writes what waits. The pool's threads are waited for when the program ends.
    QThreadPool::globalInstance()->start([store = std::move(m_history)]() mutable { store.reset(); });
    m_history.reset();
    Q_EMIT historyChanged();
}

void Workbench::lookAtHistory()
{
    const HistoryStatus status = m_history->status();
    QString trouble;
    if (status.condition != HistoryStatus::Condition::Recording)
        trouble = QStringLiteral("%1; %2 samples wait in memory%3")
                      .arg(status.message)
                      .arg(status.waiting)
                      .arg(status.dropped > 0 ? QStringLiteral(", %1 are lost").arg(status.dropped) : QString());
    else if (!status.setAside.isEmpty())
        trouble = QStringLiteral("the history was damaged and lies at %1; a new one was begun").arg(status.setAside);
    if (trouble == m_historyTrouble && status.clockDoubt == m_historyCaution)
        return;
    m_historyTrouble = trouble;
    m_historyCaution = status.clockDoubt;
    Q_EMIT historyChanged();
}

QString Workbench::historyFile() const
{
    return m_history ? m_history->path() : QString();
}

QString Workbench::historyTrouble() const
{
    return m_historyTrouble;
}

void Workbench::setAlertNotify(AlertNotify notify)
{
    m_notifyAlert = std::move(notify);
    if (m_alerter)
        m_alerter->setNotify(m_notifyAlert);
}

void Workbench::close()
{
    ++m_opening;
    m_afterStop = [this] {
        dropAll();
        m_workspace = {};
        m_open = false;
        m_demo = false;
        Q_EMIT workspaceClosed();
    };
    stopDrivers();
}

void Workbench::dropAll(bool keepOutcomes)
{
    m_session.reset();
    m_sessionOver = true;
    m_sessionBackend.clear();
    m_monitors.clear();
    m_source->close();
    m_alerter.reset();
    closeHistory();
    m_databases.reset();
    m_health.reset();
    m_drivers.clear();
    m_observer.reset();
    m_rehearsal.reset();
    m_lockingByHand = true;
    m_lock.lockAll();
    m_lockingByHand = false;
    m_auditedBackend.clear();
    if (!keepOutcomes)
        m_outcomes.clear();
}

QList<BackendMonitor *> Workbench::monitors() const
{
    QList<BackendMonitor *> all;
    for (const Backend &backend : m_workspace.backends) {
        if (BackendMonitor *found = monitor(backend.name))
            all.append(found);
    }
    return all;
}

BackendMonitor *Workbench::monitor(const QString &backend) const
{
    const auto it = m_monitors.find(backend);
    return it == m_monitors.end() ? nullptr : it->second.get();
}

void Workbench::setCurrentBackend(const QString &backend)
{
    if (backend == m_current || !m_workspace.backend(backend))
        return;
    m_current = backend;
    Q_EMIT currentBackendChanged(backend);
}

QString Workbench::placeText(const Backend &backend) const
{
    const QString host = QUrl(backend.url).host();
    if (backend.platform == QLatin1StringView("local") && !host.isEmpty() && !isLoopbackHost(host))
        return host;
    const Platform *platform = m_catalogue->find(backend.platform);
    return platform ? platform->name : backend.platform;
}

QString Workbench::sessionObstacle() const
{
    if (sessionRunning())
        return QStringLiteral("A session is running. Cancel it first.");
    if (m_stopping || m_rehearsal)
        return QStringLiteral("Processes are being stopped.");
    return {};
}

QString Workbench::redeployObstacle(const QString &name) const
{
    const Backend *backend = m_workspace.backend(name);
    if (!backend)
        return QStringLiteral("No backend is chosen.");
    if (const QString obstacle = sessionObstacle(); !obstacle.isEmpty())
        return obstacle;
    static const QStringList driven{QStringLiteral("local"), QStringLiteral("command"), QStringLiteral("hook")};
    if (backend->deploy.driver == QLatin1StringView("none"))
        return QStringLiteral("%1 has no deploy driver: Switchyard can watch, but not start the redeploy. "
                              "Use Watch and redeploy it yourself.")
            .arg(name);
    if (!driven.contains(backend->deploy.driver))
        return QStringLiteral("This version cannot drive a deploy by \"%1\". Use Watch and redeploy it yourself.")
            .arg(backend->deploy.driver);
    if (m_lock.isLocked(*backend))
        return QStringLiteral("%1 is production and locked. Unlock it first: that asks for its name (Ctrl+U).")
            .arg(name);
    return {};
}

QString Workbench::rehearsalObstacle(const QString &name) const
{
    const Backend *backend = m_workspace.backend(name);
    if (!backend)
        return QStringLiteral("No backend is chosen.");
    if (const QString obstacle = sessionObstacle(); !obstacle.isEmpty())
        return obstacle;
    if (backend->sockets.isEmpty() && backend->health.isEmpty())
        return QStringLiteral("%1 has neither a socket nor a health endpoint to watch.").arg(name);
    return {};
}

Result<DeployDriver *> Workbench::driverFor(const QString &name)
{
    if (const auto it = m_drivers.find(name); it != m_drivers.end())
        return it->second.get();
    const Backend *backend = m_workspace.backend(name);
    const Platform *platform = backend ? m_catalogue->find(backend->platform) : nullptr;
    if (!platform)
        return fail(ErrorKind::Usage, QStringLiteral("the platform of %1 is not known").arg(name));
    auto made = makeDriver(*backend, *platform, m_workspace.thresholds, folder());
    if (!made)
        return tl::unexpected(made.error());
    DeployDriver *driver = made->get();
    m_drivers.emplace(name, std::move(*made));
    return driver;
}

QString Workbench::folder() const
{
    return m_workspace.file.isEmpty() ? QString() : QFileInfo(m_workspace.file).absolutePath();
}

bool Workbench::isLocked(const QString &backend) const
{
    const Backend *found = m_workspace.backend(backend);
    return found && m_lock.isLocked(*found);
}

Result<void> Workbench::audit(const QString &backend, const QString &action, const QString &outcome,
                              const QString &session)
{
    m_lock.used(backend);
    const Backend *found = m_workspace.backend(backend);
    AuditEntry entry;
    entry.workspace = m_workspace.file.isEmpty() ? m_workspace.name : m_workspace.file;
    entry.backend = backend;
    entry.stage = found ? found->stage : QString();
    entry.action = action;
    entry.outcome = outcome;
    entry.session = session;
    return m_audit.append(entry);
}

Result<void> Workbench::unlock(const QString &backend, const QString &typed)
{
    const Backend *found = m_workspace.backend(backend);
    if (!found)
        return fail(ErrorKind::Usage, QStringLiteral("there is no backend \"%1\"").arg(backend));
    // A wrong name unlocks nothing, and so stands in no log.
    if (typed == found->name) {
        if (const Result<void> logged = audit(backend, QStringLiteral("unlock"), QStringLiteral("in the window"));
            !logged)
            return logged;
    }
    return m_lock.unlock(*found, typed);
}

void Workbench::lock(const QString &backend)
{
    if (isLocked(backend))
        return;
    // Locking is the safe way: it is done even where it cannot be logged.
    if (const Result<void> logged = audit(backend, QStringLiteral("lock"), QStringLiteral("in the window")); !logged)
        Q_EMIT noticed(logged.error().toString());
    m_lockingByHand = true;
    m_lock.lock(backend);
    m_lockingByHand = false;
}

void Workbench::redeploy(const QString &backend)
{
    if (!redeployObstacle(backend).isEmpty())
        return;
    m_triedBackend = backend;
    m_tried = Tried::Redeploy;
    const Result<DeployDriver *> driver = driverFor(backend);
    if (!driver) {
        Q_EMIT sessionFailed(driver.error());
        return;
    }
    const Backend &found = *m_workspace.backend(backend);
    if (found.isProduction()) {
        // Written before anything is done: what cannot be logged is not done.
        if (const Result<void> logged =
                audit(backend, QStringLiteral("redeploy"), QStringLiteral("begun by %1").arg(found.deploy.driver));
            !logged) {
            Q_EMIT sessionFailed(logged.error());
            return;
        }
        m_auditedBackend = backend;
    }
    startSession(planFor(found), *driver);
}

void Workbench::watch(const QString &backend)
{
    if (!sessionObstacle().isEmpty() || !m_workspace.backend(backend))
        return;
    m_triedBackend = backend;
    m_tried = Tried::Watch;
    m_observer = std::make_unique<ObserveDriver>();
    startSession(planFor(*m_workspace.backend(backend)), m_observer.get());
}

void Workbench::rehearse(const RehearsalRequest &request)
{
    if (const QString obstacle = rehearsalObstacle(request.backend); !obstacle.isEmpty()) {
        Q_EMIT noticed(obstacle);
        return;
    }
    m_triedBackend = request.backend;
    m_tried = Tried::Rehearsal;
    m_triedRehearsal = request;
    const Platform *platform = m_catalogue->find(request.platform);
    if (!platform) {
        Q_EMIT sessionFailed({ErrorKind::Usage,
                              QStringLiteral("there is no platform \"%1\"").arg(request.platform),
                              QStringLiteral("one of %1").arg(m_catalogue->ids().join(QStringLiteral(", "))),
                              {}});
        return;
    }
    const Backend &backend = *m_workspace.backend(request.backend);
    // Another platform's manifest says nothing about this one, and a laptop's (compose, a Procfile) is not read here.
    if (backend.manifest.isEmpty() || backend.platform != platform->id || platform->manifests.isEmpty())
        return startRehearsal(request, *platform, std::nullopt);
    offThread(
        this,
        [file = QDir(folder()).absoluteFilePath(backend.manifest), service = backend.service, platform = *platform] {
            return readServiceFacts(file, platform, service);
        },
        [this, request, platform = *platform](const Result<ServiceFacts> &facts) {
            if (const QString obstacle = rehearsalObstacle(request.backend); !obstacle.isEmpty())
                Q_EMIT noticed(obstacle); // something else has begun meanwhile
            else if (!facts)
                Q_EMIT sessionFailed(facts.error());
            else
                startRehearsal(request, platform, *facts);
        });
}

void Workbench::startRehearsal(const RehearsalRequest &request, const Platform &platform,
                               const std::optional<ServiceFacts> &manifest)
{
    Backend backend = *m_workspace.backend(request.backend);
    RehearsalOptions options;
    options.manifest = manifest;
    options.argv = request.argv;
    options.cwd = !request.cwd.isEmpty()         ? request.cwd
                  : backend.deploy.cwd.isEmpty() ? folder()
                                                 : QDir(folder()).absoluteFilePath(backend.deploy.cwd);
    options.environment = backend.deploy.environment;
    options.serviceName = backend.name;
    options.thresholds = m_workspace.thresholds;
    options.timeScale = request.timeScale;
    options.machines = request.machines;
    options.log = backend.deploy.log;
    options.door = m_options.doorProgram;
    // The path that the platform checks is worth watching too.
    const bool noHealth = std::none_of(backend.health.cbegin(), backend.health.cend(),
                                       [](const HealthEndpoint &each) { return each.kind == EndpointKind::Health; });
    if (noHealth && manifest && manifest->healthPath) {
        HealthEndpoint endpoint;
        endpoint.path = manifest->healthPath->value;
        endpoint.timeout = Milliseconds(5'000);
        backend.health.append(endpoint);
    }
    for (const HealthEndpoint &endpoint : backend.health) {
        if (endpoint.type == EndpointType::Http &&
            (options.healthPath.isEmpty() || endpoint.kind == EndpointKind::Health))
            options.healthPath = endpoint.path;
    }
    if (options.argv.isEmpty() && manifest && manifest->command)
        options.cwd = QDir(QFileInfo(manifest->place.file).absolutePath()).absoluteFilePath(manifest->root);
    auto driver = makeRehearsal(platform, options);
    if (!driver) {
        Q_EMIT sessionFailed(driver.error());
        return;
    }
    m_rehearsal = std::move(*driver);
    // What is played is this platform's sequence, whatever the backend itself runs on.
    backend.platform = platform.id;
    backend.deploy.argv =
        request.argv.isEmpty() && manifest && manifest->command ? manifest->command->value : request.argv;
    SessionPlan plan = planFor(backend);
    plan.rehearsal = true;
    plan.clientsOverride = request.clients;
    plan.databases = request.databases;
    startSession(std::move(plan), m_rehearsal.get());
}

void Workbench::tryAgain()
{
    switch (m_tried) {
    case Tried::Redeploy:
        return redeploy(m_triedBackend);
    case Tried::Watch:
        return watch(m_triedBackend);
    case Tried::Rehearsal:
        return rehearse(m_triedRehearsal);
    }
}

SessionPlan Workbench::planFor(const Backend &backend) const
{
    SessionPlan plan;
    plan.workspace = m_workspace;
    plan.backend = backend;
    plan.baseline = m_demo ? m_options.demoBaseline : m_options.baseline;
    plan.settle = m_demo ? m_options.demoSettle : m_options.settle;
    plan.databases = m_watchDatabases;
    plan.journalFolder = m_options.journalFolder;
    return plan;
}

void Workbench::startSession(SessionPlan plan, DeployDriver *driver)
{
    const QString backend = plan.backend.name;
    const bool rehearsal = plan.rehearsal;
    setCurrentBackend(backend);
    // A rehearsal has processes of its own: the backend itself goes on being watched.
    if (BackendMonitor *watched = monitor(backend); watched && !rehearsal) {
        watched->rest();
        m_health->deployBegan(backend);
        m_source->deployBegan(backend);
        if (m_recorder)
            m_recorder->markDeploy(backend, QStringLiteral("began"));
    }
    m_sessionBackend = backend;
    m_sessionOver = false;
    m_session = std::make_unique<RedeploySession>(std::move(plan), driver);
    RedeploySession *session = m_session.get();
    if (!rehearsal) {
        connect(session, &RedeploySession::snapshotsChanged, this, [this, session, backend] {
            // Its pool goes on to say that nobody is connected any more.
            BackendMonitor *found = monitor(backend);
            if (found && session->phase() != RedeploySession::Phase::Ended)
                found->takeSession(session->snapshots());
        });
        connect(session, &RedeploySession::eventsAppended, this, [this, session, backend](const QList<Event> &events) {
            if (BackendMonitor *found = monitor(backend))
                found->takeSession(events, session->record().header.startedWallMs);
        });
    }
    connect(session, &RedeploySession::finished, this, &Workbench::finishSession);
    connect(session, &RedeploySession::failed, this, [this](const Error &error) {
        if (const QString production = std::exchange(m_auditedBackend, {}); !production.isEmpty()) {
            if (const Result<void> logged =
                    audit(production, QStringLiteral("redeploy"), QStringLiteral("failed: ") + error.message);
                !logged)
                Q_EMIT noticed(logged.error().toString());
        }
        endSession();
        Q_EMIT sessionFailed(error);
    });
    Q_EMIT sessionStarted();
    session->start();
}

void Workbench::finishSession(const Verdict &verdict)
{
    auto outcome = std::make_shared<SessionOutcome>();
    outcome->backend = m_sessionBackend;
    outcome->wallMs = QDateTime::currentMSecsSinceEpoch();
    outcome->record = m_session->record();
    outcome->verdict = verdict;
    outcome->folder = m_session->folder();
    if (const QString production = std::exchange(m_auditedBackend, {}); !production.isEmpty()) {
        if (const Result<void> logged =
                audit(production, QStringLiteral("redeploy"), outcomeName(verdict.outcome), outcome->record.header.id);
            !logged)
            Q_EMIT noticed(logged.error().toString());
    }
    // A record holds every event: only the last of a backend is kept, the others are on disk.
    m_outcomes.removeIf([this](const SessionOutcomePtr &old) { return old->backend == m_sessionBackend; });
    m_outcomes.append(outcome);
    endSession();
    Q_EMIT sessionFinished();
}

void Workbench::endSession()
{
    m_sessionOver = true;
    if (m_stopping)
        return nextAfterStop();
    if (m_rehearsal)
        stopRehearsal();
    else if (BackendMonitor *found = monitor(m_sessionBackend)) {
        m_health->deployEnded(m_sessionBackend);
        m_source->deployEnded(m_sessionBackend);
        if (m_recorder)
            m_recorder->markDeploy(m_sessionBackend, QStringLiteral("ended"));
        found->start();
    }
}

void Workbench::stopRehearsal()
{
    DeployDriver *driver = m_rehearsal.get();
    connect(driver, &DeployDriver::shutDownDone, this, [this, driver] {
        // Not at once: the driver is on the stack.
        QMetaObject::invokeMethod(
            this,
            [this, driver] {
                if (m_rehearsal.get() != driver || m_stopping)
                    return;
                m_rehearsal.reset();
                Q_EMIT rehearsalStopped();
            },
            Qt::QueuedConnection);
    });
    driver->shutDown();
}

void Workbench::interruptSession()
{
    if (sessionRunning())
        m_session->interrupt();
}

SessionOutcomePtr Workbench::lastOutcome(const QString &backend) const
{
    for (auto it = m_outcomes.crbegin(); it != m_outcomes.crend(); ++it) {
        if ((*it)->backend == backend)
            return *it;
    }
    return nullptr;
}

SessionOutcomePtr Workbench::lastOutcome() const
{
    return m_outcomes.isEmpty() ? nullptr : m_outcomes.last();
}

void Workbench::shutDown()
{
    ++m_opening;
    m_afterStop = [this] {
        dropAll();
        Q_EMIT shutDownDone();
    };
    stopDrivers();
}

void Workbench::stopDrivers()
{
    if (m_stopping)
        return;
    m_stopping = true;
    for (const auto &[name, found] : m_monitors)
        found->rest();
    if (sessionRunning()) {
        // What follows waits for its end: the record of an interrupted session is kept.
        return m_session->interrupt(QStringLiteral("interrupted: its workspace was closed"));
    }
    nextAfterStop();
}

void Workbench::nextAfterStop()
{
    QList<DeployDriver *> drivers;
    for (const auto &[name, driver] : m_drivers)
        drivers.append(driver.get());
    if (m_rehearsal)
        drivers.append(m_rehearsal.get());
    m_driversStopping = int(drivers.size());
    const auto done = [this] {
        m_stopping = false;
        if (const auto next = std::exchange(m_afterStop, {}))
            next();
    };
    if (m_driversStopping == 0) {
        // Not at once: a session may be on the stack.
        QMetaObject::invokeMethod(this, done, Qt::QueuedConnection);
        return;
    }
    for (DeployDriver *driver : std::as_const(drivers)) {
        connect(driver, &DeployDriver::shutDownDone, this, [this, done] {
            if (--m_driversStopping == 0)
                QMetaObject::invokeMethod(this, done, Qt::QueuedConnection);
        });
        driver->shutDown();
    }
}

} // namespace Switchyard
