// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/session.h"

#include "models/common/duration.h"
#include "models/common/log.h"
#include "models/common/redact.h"
#include "models/database/strings/poolsum.h"
#include "models/database/watch/sessionsampler.h"
#include "models/health/clockwatch.h"
#include "models/health/networkcontrol.h"
#include "models/health/prober.h"
#include "models/health/targets.h"
#include "models/redeploy/journal.h"
#include "models/redeploy/lanes.h"
#include "models/redeploy/sessionstate.h"

#include <QDateTime>
#include <QHostAddress>
#include <QRandomGenerator>
#include <QTimer>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

/// Events of three threads meet here. They are held back this long and sorted, so that the record is in the order in
/// which things happened, not in which threads were heard.
constexpr Milliseconds holdBack{60};
constexpr int tickMs = 30;
constexpr Milliseconds minimumBaseline{5'000};
/// Longer than any event is held back.
constexpr Milliseconds minimumSettle{1'000};
/// A newcomer tries this often, over all sockets, and is held this long: some twenty at a time.
constexpr Milliseconds newcomersEvery{500};
constexpr Milliseconds newcomerHold{10'000};
/// The trigger falls on a full number of seconds after the baseline's beginning: a newcomer then would meet the stop
/// signal itself in every session, and with it the moment in which a server that has told its connections to go takes
/// one more from its queue and waits for that one until it is killed (uvicorn 0.17). It comes between two such moments.
constexpr Milliseconds newcomerOffset{250};
/// A database that says nothing does not keep the session from its baseline for longer.
constexpr Milliseconds databaseLimit{5'000};
/// How far the wall clock may run from ours before it is worth a note; ordinary adjustment is far slower.
constexpr qint64 clockStepMs = 1'000;

/// The server program a command starts. Its arguments stay out of the record: they may hold anything.
QString serverOf(const QStringList &argv)
{
    const QString command = argv.join(QLatin1Char(' '));
    for (const char *name : {"gunicorn", "uvicorn", "hypercorn", "daphne", "node", "puma"}) {
        if (command.contains(QLatin1StringView(name)))
            return QString::fromLatin1(name);
    }
    return {};
}

/// host:port of a URL, IPv6 in brackets.
QString authorityOf(const QUrl &url)
{
    const QString host = url.host();
    const bool tls = url.scheme() == QLatin1StringView("https") || url.scheme() == QLatin1StringView("wss");
    return QStringLiteral("%1:%2")
        .arg(host.contains(QLatin1Char(':')) ? QStringLiteral("[%1]").arg(host) : host)
        .arg(url.port(tls ? 443 : 80));
}

} // namespace

class RedeploySession::Private
{
public:
    Private(RedeploySession *session, SessionPlan sessionPlan, DeployDriver *deployDriver)
        : q(session)
        , plan(drivenBy(std::move(sessionPlan), *deployDriver))
        , driver(deployDriver)
        , state(plan)
    {
    }

    /// The driver that was handed over counts, not the one the workspace names.
    static SessionPlan drivenBy(SessionPlan sessionPlan, const DeployDriver &deployDriver)
    {
        sessionPlan.backend.deploy.driver = deployDriver.id();
        sessionPlan.courseUnseen = !deployDriver.seesStop() && !deployDriver.seesStart();
        sessionPlan.baseline = std::max(sessionPlan.baseline, minimumBaseline);
        sessionPlan.settle = std::max(sessionPlan.settle, minimumSettle);
        return sessionPlan;
    }

    RedeploySession *q;
    SessionPlan plan;
    QPointer<DeployDriver> driver;
    SessionState state;
    SessionRecord record;
    std::unique_ptr<JournalWriter> journal;
    ClientPool *pool = nullptr;
    ClientPool *newcomers = nullptr;
    Prober *prober = nullptr;
    NetworkControl *network = nullptr;
    NetworkControl *port = nullptr;
    SessionSampler *databases = nullptr;
    ClockWatch clocks;
    QTimer tick;
    Instant origin{};
    Instant preparing{};
    QList<Event> held;
    QList<SocketSnapshot> latest;
    QString journalFolder;
    Phase phase = Phase::Preparing;
    int nextId = 1;
    bool began = false;
    bool over = false;

    qint64 micros(Instant at) const { return std::chrono::duration_cast<Microseconds>(at - origin).count(); }

    void hold(Event event, Instant at)
    {
        event.us = micros(at);
        held.append(std::move(event));
    }

    void enter(Phase next, Instant at)
    {
        phase = next;
        Event event;
        event.kind = EventKind::Phase;
        event.text = phaseName(next);
        hold(std::move(event), at);
        Q_EMIT q->phaseChanged(next);
    }

    void fillHeader();
    bool openJournal();
    void driverReady();
    bool addSockets(const Backend &backend);
    bool addProbes(const Backend &backend);
    void addNewcomers(const Backend &backend);
    void watchPort();
    void watchOwnNetwork();
    void watchClocks();
    void watchDatabases(const Backend &backend);
    bool databasesAnswered(Instant now);
    void driverFailed(const Error &error);
    void ticked();
    void flush(bool everything);
    void step();
    void end(bool complete, const QString &reason);
    void conclude();
};

void RedeploySession::Private::fillHeader()
{
    SessionHeader &header = record.header;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    header.id = now.toString(QStringLiteral("yyyyMMdd-HHmmss-")) +
                QStringLiteral("%1").arg(QRandomGenerator::global()->bounded(0x10000), 4, 16, QLatin1Char('0'));
    header.startedWallMs = now.toMSecsSinceEpoch();
    header.monotonicUs = std::chrono::duration_cast<Microseconds>(origin.time_since_epoch()).count();
    header.program = QStringLiteral("switchyard " SWITCHYARD_VERSION);
    header.workspace = plan.workspace.name;
    header.backend = plan.backend.name;
    header.platform = plan.backend.platform;
    header.stage = plan.backend.stage;
    header.driver = driver->id();
    header.server = serverOf(plan.backend.deploy.argv);
    header.rehearsal = plan.rehearsal;
    header.seesStop = driver->seesStop();
    header.seesStart = driver->seesStart();
    header.graceMs = double(driver->grace().count());
    header.observesInstance = plan.backend.instanceId.isSet();
    header.baselineMs = double(plan.baseline.count());
    header.settleMs = double(plan.settle.count());
    header.timeoutMs = double(plan.timeout.count());
    header.thresholds = plan.workspace.thresholds;
    header.advisory = plan.workspace.advisoryGates;
    header.anchorsNamed = !plan.workspace.anchors.isEmpty();
    for (const SocketEndpoint &socket : plan.backend.sockets) {
        SessionSocket entry;
        entry.name = socket.name;
        entry.protocol =
            socket.protocol == SocketProtocol::SocketIo ? QStringLiteral("socket.io") : QStringLiteral("websocket");
        entry.clients = plan.clientsOverride >= 0 ? plan.clientsOverride : socket.clients;
        entry.allowedCloses = socket.allowedCloses;
        entry.promisesNotice = socket.notice.has_value();
        entry.reconnect = socket.reconnect;
        entry.transport = socket.transport;
        header.sockets.append(entry);
    }
    for (const HealthEndpoint &endpoint : plan.backend.health)
        header.endpoints.append({endpointKindName(endpoint.kind), endpoint.path, double(plan.probeInterval.count())});
    for (const DatabaseEndpoint &endpoint :
         plan.databases ? sampledDatabases(plan.backend.databases) : QList<DatabaseEndpoint>()) {
        SessionDatabase entry;
        entry.name = endpoint.name;
        const DatabasePool &written = endpoint.pool;
        const PoolNumbers numbers{written.workers, written.size, written.overflow, written.instances};
        if (numbers.isKnown()) {
            entry.pool = int(std::min<qint64>(numbers.total(), 1'000'000));
            entry.poolWords = numbers.words();
        }
        header.databases.append(entry);
    }
    header.newcomersEveryMs = plan.newcomers && !plan.backend.sockets.isEmpty() ? double(newcomersEvery.count()) : 0;
}

bool RedeploySession::Private::openJournal()
{
    if (plan.journalFolder.isEmpty())
        return true;
    journalFolder = plan.journalFolder + QLatin1Char('/') + record.header.id;
    auto created = JournalWriter::create(journalFolder, record.header);
    if (!created) {
        Error error = created.error();
        error.hint = QStringLiteral("choose another folder for sessions (--sessions)");
        Q_EMIT q->failed(error);
        return false;
    }
    journal = std::move(*created);
    return true;
}

void RedeploySession::Private::driverReady()
{
    if (began || over)
        return;
    began = true;
    Backend backend = plan.backend;
    if (!driver->url().isEmpty())
        backend.url = driver->url();
    record.header.url = redact(backend.url);
    record.header.loopbackOnly = NetworkControl::isNotNeededFor(backend.url);
    if (const QUrl url(backend.url); !url.host().isEmpty())
        record.header.endpoints.append({QStringLiteral("port"), authorityOf(url), double(plan.probeInterval.count())});
    if (!openJournal() || !addSockets(backend) || !addProbes(backend)) {
        over = true;
        return;
    }
    addNewcomers(backend);
    watchPort();
    watchOwnNetwork();
    watchDatabases(backend);
    preparing = Clock::now();
    enter(Phase::Preparing, preparing);
    pool->start();
    tick.start(tickMs);
}

bool RedeploySession::Private::addSockets(const Backend &backend)
{
    pool = new ClientPool(q);
    for (const SocketEndpoint &socket : backend.sockets) {
        Result<SocketTarget> target = socketTargetFor(backend, socket);
        Result<int> added = target ? Result<int>(0) : Result<int>(tl::unexpected(target.error()));
        if (target) {
            target->caFile = plan.caFile;
            if (plan.clientsOverride >= 0)
                target->clients = plan.clientsOverride;
            added = pool->addTarget(*target);
        }
        if (!added) {
            Error error = added.error();
            error.message = QStringLiteral("socket %1: %2").arg(socket.name, error.message);
            Q_EMIT q->failed(error);
            return false;
        }
    }
    connect(pool, &ClientPool::eventsReady, q, [this](const QList<ClientEvent> &events) {
        if (over)
            return;
        for (const ClientEvent &event : events)
            hold(clientEventOf(event, record.header.sockets[event.target].name), event.at);
    });
    connect(pool, &ClientPool::snapshotsReady, q, [this](const QList<SocketSnapshot> &snapshots) {
        latest = snapshots;
        Q_EMIT q->snapshotsChanged();
    });
    connect(pool, &ClientPool::stopped, q, [this] { conclude(); });
    return true;
}

bool RedeploySession::Private::addProbes(const Backend &backend)
{
    prober = new Prober(q);
    prober->setImmediate(true);
    QList<HealthEndpoint> endpoints = backend.health;
    QStringList subjects;
    for (const SessionEndpoint &endpoint : record.header.endpoints) {
        if (endpoint.kind != QLatin1StringView("port"))
            subjects.append(endpoint.subject());
    }
    if (!backend.instanceId.jsonPath.isEmpty()) {
        HealthEndpoint identity;
        identity.path = backend.instanceId.jsonPath;
        identity.expect = {};
        endpoints.append(identity);
        subjects.append(QStringLiteral("instance ") + identity.path);
    }
    for (qsizetype i = 0; i < endpoints.size(); ++i) {
        Result<ProbeTarget> target = probeTargetFor(backend, endpoints[i]);
        if (!target) {
            Q_EMIT q->failed(target.error());
            return false;
        }
        target->id = subjects[i];
        target->timeout = std::min(target->timeout, Milliseconds(5'000));
        target->caFile = plan.caFile;
        // Spread over the interval, so that three endpoints see three moments.
        prober->schedule(*target, plan.probeInterval,
                         plan.probeInterval * i / std::max<qsizetype>(1, endpoints.size()));
    }
    connect(prober, &Prober::samplesReady, q, [this](const QList<ProbeSample> &samples) {
        if (over)
            return;
        for (const ProbeSample &sample : samples)
            hold(probeEventOf(sample), sample.doneAt);
    });
    return true;
}

void RedeploySession::Private::addNewcomers(const Backend &backend)
{
    if (record.header.newcomersEveryMs <= 0)
        return;
    newcomers = new ClientPool(q);
    const qsizetype sockets = backend.sockets.size();
    QStringList names;
    for (qsizetype i = 0; i < sockets; ++i) {
        Result<SocketTarget> target = socketTargetFor(backend, backend.sockets[i]);
        if (!target)
            continue; // the same problem has ended the session already
        target->caFile = plan.caFile;
        target->send.clear();
        target->turns.first = newcomersEvery * i + newcomerOffset;
        target->turns.stagger = newcomersEvery * sockets;
        target->turns.hold = newcomerHold;
        target->clients = int((newcomerHold + newcomersEvery) / target->turns.stagger) + 1;
        target->turns.cycle = target->turns.stagger * target->clients;
        if (newcomers->addTarget(*target))
            names.append(backend.sockets[i].name);
    }
    connect(newcomers, &ClientPool::eventsReady, q, [this, names](const QList<ClientEvent> &events) {
        if (over)
            return;
        for (const ClientEvent &event : events) {
            if (std::optional<Event> newcomer = newcomerEventOf(event, names[event.target]))
                hold(std::move(*newcomer), event.at);
        }
    });
}

void RedeploySession::Private::watchPort()
{
    const SessionEndpoint *endpoint = record.header.endpoints.isEmpty() ? nullptr : &record.header.endpoints.last();
    if (!endpoint || endpoint->kind != QLatin1StringView("port"))
        return;
    port = new NetworkControl({endpoint->path}, NetworkControl::Refusal::IsFailure, q);
    connect(
        port, &NetworkControl::answered, q,
        [this, subject = endpoint->subject()](const QString &, Instant at, bool ok, double ms, const QString &problem) {
            if (!over)
                hold(connectEventOf(subject, ok, ms, problem), at);
        });
    port->start(plan.probeInterval);
}

void RedeploySession::Private::watchOwnNetwork()
{
    if (record.header.loopbackOnly)
        return;
    network =
        new NetworkControl(plan.workspace.anchors.isEmpty() ? NetworkControl::defaultAnchors() : plan.workspace.anchors,
                           NetworkControl::Refusal::IsAnswer, q);
    connect(network, &NetworkControl::answered, q,
            [this](const QString &anchor, Instant at, bool ok, double ms, const QString &problem) {
                if (!over)
                    hold(connectEventOf(QStringLiteral("anchor ") + anchor, ok, ms, problem), at);
            });
    network->start();
}

void RedeploySession::Private::watchDatabases(const Backend &backend)
{
    if (record.header.databases.isEmpty())
        return;
    SessionSamplerOptions options;
    options.caFile = plan.caFile;
    databases = new SessionSampler(backend.databases, options, q);
    connect(databases, &SessionSampler::looked, q, [this](const DatabaseLook &look) {
        if (!over)
            hold(databaseEventOf(look), look.at);
    });
    databases->start();
}

/// One look at each belongs to the baseline; one that is silent is said to be, and waited for no longer.
bool RedeploySession::Private::databasesAnswered(Instant now)
{
    if (!databases || databases->isReady())
        return true;
    if (now - preparing < databaseLimit)
        return false;
    for (const QString &name : databases->waitedFor()) {
        Event event;
        event.kind = EventKind::Note;
        event.subject = QStringLiteral("database ") + name;
        event.text = QStringLiteral("database %1 has said nothing for %2: the session begins without it")
                         .arg(name)
                         .arg(formatDuration(databaseLimit));
        hold(std::move(event), now);
    }
    return true;
}

void RedeploySession::Private::watchClocks()
{
    for (const ClockWatch::Step &step : clocks.look(clockStepMs)) {
        Event event;
        event.kind = EventKind::Note;
        event.subject = step.kind;
        event.text = step.text;
        event.ms = step.ms;
        hold(std::move(event), Clock::now());
    }
}

void RedeploySession::Private::driverFailed(const Error &error)
{
    if (over)
        return;
    if (began)
        return end(false, redact(error.message));
    if (error.kind == ErrorKind::Usage || error.kind == ErrorKind::Internal) {
        over = true;
        Q_EMIT q->failed(error);
        return;
    }
    // The backend was started and never became healthy: that is a finding, not a mistake of the caller's.
    Event event;
    event.kind = EventKind::DeployFailed;
    event.text = redact(error.message);
    hold(std::move(event), Clock::now());
    if (!began && !openJournal()) {
        over = true;
        return;
    }
    end(true, QStringLiteral("the backend did not start"));
}

void RedeploySession::Private::ticked()
{
    watchClocks();
    flush(false);
    if (!over)
        step();
}

void RedeploySession::Private::flush(bool everything)
{
    std::stable_sort(held.begin(), held.end(), [](const Event &a, const Event &b) { return a.us < b.us; });
    const qint64 until = micros(Clock::now() - holdBack);
    QList<Event> batch;
    qsizetype taken = 0;
    while (taken < held.size() && (everything || held[taken].us <= until)) {
        Event event = held[taken++];
        // Somebody else redeploys: the first sign of it is the trigger, and the record says so before the sign.
        if (!everything && state.isFirstSign(event, phase == Phase::Baseline)) {
            phase = Phase::Triggered;
            Event mark;
            mark.kind = EventKind::Phase;
            mark.us = event.us;
            mark.text = phaseName(phase);
            mark.id = nextId++;
            state.take(mark);
            batch.append(mark);
            Q_EMIT q->phaseChanged(phase);
        }
        event.id = nextId++;
        state.take(event);
        batch.append(std::move(event));
    }
    held.remove(0, taken);
    if (batch.isEmpty())
        return;
    record.events += batch;
    if (journal)
        journal->append(batch);
    Q_EMIT q->eventsAppended(batch);
}

void RedeploySession::Private::step()
{
    const Instant now = Clock::now();
    const SessionState::Decision decision = state.decide(phase, micros(now));
    if (decision.end)
        return end(true, decision.reason);
    if (!decision.next || *decision.next == phase)
        return;
    if (*decision.next == Phase::Baseline && !databasesAnswered(now))
        return;
    enter(*decision.next, now);
    if (*decision.next == Phase::Baseline && newcomers)
        newcomers->start();
    if (*decision.next == Phase::Triggered && driver)
        driver->trigger();
    else if (*decision.next == Phase::Settled)
        end(true, QStringLiteral("settled"));
}

void RedeploySession::Private::end(bool complete, const QString &reason)
{
    if (over)
        return;
    flush(true);
    over = true;
    tick.stop();
    record.complete = complete;
    record.endReason = reason;
    phase = Phase::Ended;
    Q_EMIT q->phaseChanged(phase);
    if (prober)
        prober->unscheduleAll();
    if (network)
        network->stop();
    if (port)
        port->stop();
    if (newcomers)
        newcomers->stop();
    if (databases)
        databases->stop();
    if (pool)
        pool->stop();
    else
        QMetaObject::invokeMethod(
            q, [this] { conclude(); }, Qt::QueuedConnection);
}

void RedeploySession::Private::conclude()
{
    if (!over || (record.endReason.isEmpty() && record.complete))
        return;
    if (journal) {
        const Verdict verdict = judge(record);
        journal->finish(record, verdict);
        if (const QString problem = journal->problem(); !problem.isEmpty())
            qCWarning(lcRedeploy) << "the journal could not be written:" << problem;
        journal.reset();
    }
    Q_EMIT q->finished(judge(record));
}

RedeploySession::RedeploySession(SessionPlan plan, DeployDriver *driver, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, std::move(plan), driver))
{
    connect(&d->tick, &QTimer::timeout, this, [this] { d->ticked(); });
    d->tick.setTimerType(Qt::PreciseTimer);
}

RedeploySession::~RedeploySession() = default;

void RedeploySession::start()
{
    const auto &sockets = d->plan.backend.sockets;
    const bool nobody = d->plan.clientsOverride == 0 ||
                        std::all_of(sockets.cbegin(), sockets.cend(), [this](const SocketEndpoint &socket) {
                            return d->plan.clientsOverride < 0 && socket.clients == 0;
                        });
    if (nobody && d->plan.backend.health.isEmpty()) {
        const Error error{ErrorKind::Usage,
                          QStringLiteral("nothing to watch: %1 has neither a socket with clients nor a health endpoint")
                              .arg(d->plan.backend.name),
                          QStringLiteral("add [[backend.socket]] or [[backend.health]] to the workspace"),
                          {}};
        d->over = true;
        QMetaObject::invokeMethod(
            this, [this, error] { Q_EMIT failed(error); }, Qt::QueuedConnection);
        return;
    }
    d->origin = Clock::now();
    d->fillHeader();
    connect(d->driver, &DeployDriver::ready, this, [this] { d->driverReady(); });
    connect(d->driver, &DeployDriver::failed, this, [this](const Error &error) { d->driverFailed(error); });
    connect(d->driver, &DeployDriver::happened, this, [this](const DriverEvent &event) {
        // What happens before the driver is ready is its start; the end of an earlier redeploy, which somebody
        // cancelled, is none of this session's.
        const bool start = event.kind == DriverEvent::Kind::InstanceStarting ||
                           event.kind == DriverEvent::Kind::InstanceHealthy || event.kind == DriverEvent::Kind::LogLine;
        if (!d->over && (d->began || start))
            d->hold(driverEventOf(event), event.at);
    });
    d->driver->prepare();
}

void RedeploySession::interrupt(const QString &reason)
{
    if (d->over)
        return;
    d->end(false, reason);
}

RedeploySession::Phase RedeploySession::phase() const
{
    return d->phase;
}

QString RedeploySession::phaseName(Phase phase)
{
    switch (phase) {
    case Phase::Preparing:
        return QStringLiteral("preparing");
    case Phase::Baseline:
        return QStringLiteral("baseline");
    case Phase::Triggered:
        return QStringLiteral("triggered");
    case Phase::Draining:
        return QStringLiteral("draining");
    case Phase::Down:
        return QStringLiteral("down");
    case Phase::Starting:
        return QStringLiteral("starting");
    case Phase::Recovered:
        return QStringLiteral("recovered");
    case Phase::Settled:
        return QStringLiteral("settled");
    case Phase::Ended:
        break;
    }
    return QStringLiteral("ended");
}

const SessionRecord &RedeploySession::record() const
{
    return d->record;
}

QString RedeploySession::folder() const
{
    return d->journalFolder;
}

double RedeploySession::elapsedMs() const
{
    return toMs(Clock::now() - d->origin);
}

QList<SocketSnapshot> RedeploySession::snapshots() const
{
    return d->latest;
}

} // namespace Switchyard
