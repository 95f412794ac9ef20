// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/backendmonitor.h"

#include "models/health/monitorset.h"
#include "models/realtime/clientpool.h"
#include "models/realtime/countreader.h"
#include "ui/common/healthsource.h"

#include <QDateTime>

#include <algorithm>
#include <limits>

namespace Switchyard {

namespace {
constexpr int countEveryMs = 2'000;
constexpr int rateEveryMs = 1'000;
constexpr int announceEveryMs = 250;
constexpr qsizetype keptRates = 300;
constexpr qsizetype keptTotals = 6;
} // namespace

BackendMonitor::BackendMonitor(Backend backend, MonitorSet *health, const HealthSource *source, QObject *parent)
    : QObject(parent)
    , m_backend(std::move(backend))
    , m_health(health)
    , m_source(source)
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
    for (int i = 0; i < m_health->count(); ++i) {
        if (m_health->record(i).monitor.group == m_backend.name)
            m_places.append(i);
    }
    m_health->setBorrowed(m_backend.name, true);
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

QList<const MonitorRecord *> BackendMonitor::endpoints() const
{
    QList<const MonitorRecord *> found;
    for (const int place : m_places)
        found.append(&m_health->record(place));
    return found;
}

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
    m_health->setBorrowed(m_backend.name, false);
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
    m_health->setBorrowed(m_backend.name, true);
    // The pool says goodbye to the backend first; a new one is made at the next start.
    ClientPool *pool = std::exchange(m_pool, nullptr);
    pool->disconnect(this);
    connect(pool, &ClientPool::stopped, pool, &QObject::deleteLater);
    pool->stop();
    announce();
}

void BackendMonitor::probeNow()
{
    if (!m_running)
        return;
    m_counts->read();
    for (const MonitorRecord *record : endpoints())
        m_health->probeNow(record->monitor.id);
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
    QList<ProbeSample> samples;
    const QList<const MonitorRecord *> records = endpoints();
    for (const Event &event : events) {
        if (event.kind != EventKind::Probe)
            continue;
        for (const MonitorRecord *record : records) {
            // The id is "backend kind path", and the session's subject "kind path".
            if (record->monitor.id != m_backend.name + QLatin1Char(' ') + event.subject)
                continue;
            ProbeSample sample;
            sample.targetId = record->monitor.id;
            sample.wallMs = originWallMs + event.us / 1000;
            sample.sentAt = Clock::now() - Milliseconds(QDateTime::currentMSecsSinceEpoch() - sample.wallMs);
            sample.doneAt = sample.sentAt;
            sample.state = event.ok ? ProbeState::Up : ProbeState::Down;
            sample.status = event.status;
            if (event.status > 0)
                sample.phases.total = event.ms;
            sample.reason = event.ok ? QString() : event.text;
            samples.append(sample);
        }
    }
    m_health->take(samples);
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
    for (const MonitorRecord *record : endpoints()) {
        const State now = m_source->stateOf(*record);
        if (now == State::Down && record->monitor.kind == EndpointKind::Health)
            return State::Down;
        if (now == State::Down || now == State::Degraded)
            worst = State::Degraded;
        else if ((now == State::Up || now == State::Working) && worst == State::Unknown)
            worst = now;
    }
    return worst;
}

double BackendMonitor::latencyMs() const
{
    for (const MonitorRecord *record : endpoints()) {
        if (record->monitor.kind == EndpointKind::Health && m_source->isKnown(*record))
            return m_source->latencyMsOf(*record).value_or(-1);
    }
    return -1;
}

bool BackendMonitor::isStale() const
{
    const QList<const MonitorRecord *> records = endpoints();
    return std::any_of(records.cbegin(), records.cend(), [](const MonitorRecord *record) {
        return record->last && record->tracker.state() == MonitorState::Unknown;
    });
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
