// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/backendmonitor.h"

#include "models/health/prober.h"
#include "models/health/targets.h"
#include "models/realtime/clientpool.h"
#include "models/realtime/countreader.h"

#include <QDateTime>

#include <algorithm>
#include <limits>

namespace Switchyard {

namespace {
constexpr int countEveryMs = 2'000;
constexpr int rateEveryMs = 1'000;
constexpr int announceEveryMs = 250;
constexpr int sessionProbeMs = 250;
constexpr qsizetype keptRates = 300;
constexpr qsizetype keptTotals = 6;
constexpr qsizetype keptPoints = 3'600;
constexpr qsizetype keptFailures = 10;

void addPoint(EndpointLive &live, const EndpointPoint &point, const QString &reason)
{
    live.points.append(point);
    if (live.points.size() > keptPoints)
        live.points.removeFirst();
    ++live.total;
    if (point.state == ProbeState::Down)
        ++live.failuresInRow;
    else {
        ++live.good;
        live.failuresInRow = 0;
    }
    if (!reason.isEmpty()) {
        live.failures.append({point.wallMs, reason});
        if (live.failures.size() > keptFailures)
            live.failures.removeFirst();
    }
}
} // namespace

BackendMonitor::BackendMonitor(Backend backend, QObject *parent)
    : QObject(parent)
    , m_backend(std::move(backend))
    , m_counts(new CountReader(m_backend, {}, this))
{
    for (const SocketEndpoint &socket : m_backend.sockets) {
        SocketLive live;
        live.backend = m_backend.name;
        live.socket = socket;
        live.figures.clients = socket.clients;
        live.count = CountReader::initial(socket.count);
        m_sockets.append(live);
    }
    for (const HealthEndpoint &endpoint : m_backend.health) {
        EndpointLive live;
        live.backend = m_backend.name;
        live.endpoint = endpoint;
        const Result<ProbeTarget> target = probeTargetFor(m_backend, endpoint);
        if (target)
            live.target = *target;
        else
            live.problem = target.error().message;
        m_endpoints.append(live);
    }
    m_announceTimer.setSingleShot(true);
    m_announceTimer.setInterval(announceEveryMs);
    connect(&m_announceTimer, &QTimer::timeout, this, &BackendMonitor::changed);
    m_countTimer.setInterval(countEveryMs);
    connect(&m_countTimer, &QTimer::timeout, m_counts, &CountReader::read);
    m_rateTimer.setInterval(rateEveryMs);
    connect(&m_rateTimer, &QTimer::timeout, this, &BackendMonitor::noteRates);
    connect(m_counts, &CountReader::countRead, this, [this](int place, const CountReading &reading) {
        m_sockets[place].count = reading;
        announce();
    });
}

BackendMonitor::~BackendMonitor() = default;

void BackendMonitor::announce()
{
    if (!m_announceTimer.isActive())
        m_announceTimer.start();
}

void BackendMonitor::start()
{
    if (m_running)
        return;
    m_running = true;
    startSockets();
    if (!m_prober) {
        m_prober = new Prober(this);
        connect(m_prober, &Prober::samplesReady, this, [this](const QList<ProbeSample> &samples) {
            for (const ProbeSample &sample : samples)
                takeSample(sample);
        });
    }
    for (EndpointLive &live : m_endpoints) {
        live.paused = false;
        if (live.problem.isEmpty())
            m_prober->schedule(live.target, live.endpoint.interval);
    }
    m_counts->read();
    m_countTimer.start();
    m_rateTimer.start();
    announce();
}

void BackendMonitor::startSockets()
{
    m_pool = new ClientPool(this);
    m_poolPlaces.clear();
    for (int i = 0; i < m_sockets.size(); ++i) {
        SocketLive &live = m_sockets[i];
        live.inSession = false;
        if (live.socket.clients == 0)
            continue;
        const Result<SocketTarget> target = socketTargetFor(m_backend, live.socket);
        const Result<int> added = target ? m_pool->addTarget(*target) : Result<int>(tl::unexpected(target.error()));
        live.problem = added ? QString() : added.error().message;
        if (added)
            m_poolPlaces.append(i);
    }
    m_pool->setSnapshotInterval(Milliseconds(500));
    connect(m_pool, &ClientPool::snapshotsReady, this,
            [this](const QList<SocketSnapshot> &snapshots) { takeSnapshots(snapshots, m_poolPlaces, false); });
    m_pool->start();
}

void BackendMonitor::rest()
{
    if (!m_running)
        return;
    m_running = false;
    m_countTimer.stop();
    m_counts->cancel();
    if (m_prober)
        m_prober->unscheduleAll();
    for (EndpointLive &live : m_endpoints)
        live.paused = true;
    // The pool says goodbye to the backend first; a new one is made at the next start.
    ClientPool *pool = std::exchange(m_pool, nullptr);
    pool->disconnect(this);
    connect(pool, &ClientPool::stopped, pool, &QObject::deleteLater);
    pool->stop();
    announce();
}

void BackendMonitor::probeNow()
{
    if (!m_prober || !m_running)
        return;
    m_counts->read();
    for (const EndpointLive &live : m_endpoints) {
        if (live.problem.isEmpty())
            m_prober->probeOnce(live.target);
    }
}

void BackendMonitor::takeSession(const QList<SocketSnapshot> &snapshots)
{
    QList<int> places;
    for (int i = 0; i < m_sockets.size(); ++i)
        places.append(i);
    takeSnapshots(snapshots, places, true);
}

void BackendMonitor::takeSession(const QList<Event> &events, qint64 originWallMs)
{
    for (const Event &event : events) {
        if (event.kind != EventKind::Probe)
            continue;
        for (EndpointLive &live : m_endpoints) {
            if (event.subject != endpointKindName(live.endpoint.kind) + QLatin1Char(' ') + live.endpoint.path)
                continue;
            live.paused = false;
            EndpointPoint point;
            point.wallMs = originWallMs + event.us / 1000;
            point.state = event.ok ? ProbeState::Up : ProbeState::Down;
            point.ms = event.status > 0 ? event.ms : -1;
            point.everyMs = sessionProbeMs;
            live.status = event.status;
            addPoint(live, point, event.ok ? QString() : event.text);
            announce();
        }
    }
}

void BackendMonitor::takeSnapshots(const QList<SocketSnapshot> &snapshots, const QList<int> &places, bool inSession)
{
    for (const SocketSnapshot &snapshot : snapshots) {
        if (snapshot.target < 0 || snapshot.target >= places.size())
            continue;
        SocketLive &live = m_sockets[places[snapshot.target]];
        live.figures = snapshot;
        live.watched = true;
        live.inSession = inSession;
    }
    announce();
}

void BackendMonitor::takeSample(const ProbeSample &sample)
{
    for (EndpointLive &live : m_endpoints) {
        if (live.target.id != sample.targetId)
            continue;
        EndpointPoint point;
        point.wallMs = sample.wallMs;
        point.state = sample.state;
        point.ms = sample.status > 0 ? sample.phases.total.value_or(-1) : -1;
        point.everyMs = int(live.endpoint.interval.count());
        live.status = sample.status;
        live.last = sample;
        live.sampled = true;
        addPoint(live, point, sample.state == ProbeState::Down ? sample.reason : QString());
        announce();
    }
}

void BackendMonitor::noteRates()
{
    for (SocketLive &live : m_sockets) {
        const bool known = live.watched && live.figures.open > 0;
        // A total that fell belongs to another pool.
        if (!known || (!live.totals.isEmpty() && live.figures.messages < live.totals.last()))
            live.totals.clear();
        if (known)
            live.totals.append(live.figures.messages);
        if (live.totals.size() > keptTotals)
            live.totals.removeFirst();
        // The snapshot's own rate speaks of half a second, in which a beat of one second comes once or not at all.
        const qsizetype seconds = live.totals.size() - 1;
        live.rate = seconds > 0 ? double(live.totals.last() - live.totals.first()) / double(seconds) : 0;
        live.rates.append(seconds > 0 ? live.rate : std::numeric_limits<double>::quiet_NaN());
        if (live.rates.size() > keptRates)
            live.rates.removeFirst();
    }
}

State BackendMonitor::state() const
{
    State worst = State::Unknown;
    for (const EndpointLive &live : m_endpoints) {
        const State now = live.state();
        if (now == State::Down && live.endpoint.kind == EndpointKind::Health)
            return State::Down;
        if (now == State::Down || now == State::Degraded)
            worst = State::Degraded;
        else if (now == State::Up && worst == State::Unknown)
            worst = State::Up;
    }
    return worst;
}

double BackendMonitor::latencyMs() const
{
    for (const EndpointLive &live : m_endpoints) {
        if (live.endpoint.kind == EndpointKind::Health && !live.points.isEmpty())
            return live.points.last().ms;
    }
    return -1;
}

bool BackendMonitor::isStale() const
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    return std::any_of(m_endpoints.cbegin(), m_endpoints.cend(),
                       [now](const EndpointLive &live) { return live.isStale(now); });
}

int BackendMonitor::clientsOpen() const
{
    int open = 0;
    for (const SocketLive &live : m_sockets)
        open += live.figures.open;
    return open;
}

int BackendMonitor::clientsAsked() const
{
    int asked = 0;
    for (const SocketLive &live : m_sockets)
        asked += live.figures.clients;
    return asked;
}

} // namespace Switchyard
