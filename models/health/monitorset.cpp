// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitorset.h"

#include "models/common/duration.h"
#include "models/health/networkcontrol.h"
#include "models/health/prober.h"

#include <QDateTime>
#include <QHostAddress>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int tickMs = 1'000;
constexpr int announceMs = 100;
constexpr qint64 clockStepMs = 2'000;
/// A word from the network within this time is enough for monitors, and polite to the gateway.
constexpr Milliseconds anchorEvery{2'000};
/// Where the first probe of the schedule is further away, one is sent at once, so that a person sees something.
constexpr Milliseconds firstLook{2'000};
/// A deploy that never says it ended is over after this time.
constexpr qint64 longestDeployMs = 3'600'000;

bool isBad(MonitorState state)
{
    return state == MonitorState::Down || state == MonitorState::Recovering;
}

} // namespace

QList<StateInterval> MonitorRecord::intervalsUntil(Instant now) const
{
    QList<StateInterval> all = intervals;
    if (const std::optional<Instant> since = tracker.since(); since && *since < now)
        all.append({tracker.state(), *since, now});
    return all;
}

HealthFigures MonitorRecord::figures(Instant from, Instant now) const
{
    const Instant first = points.isEmpty() ? now : points.first().at;
    return healthFigures(points, intervalsUntil(now), tracker.lapseAfter(), std::max(from, first), now);
}

MonitorSet::MonitorSet(QStringList anchors, QObject *parent)
    : QObject(parent)
    , m_anchorNames(std::move(anchors))
{
    for (const QString &anchor : std::as_const(m_anchorNames))
        m_anchorAnswers.insert(anchor, true);
    m_tick.setInterval(tickMs);
    connect(&m_tick, &QTimer::timeout, this, &MonitorSet::tick);
    m_announce.setSingleShot(true);
    m_announce.setInterval(announceMs);
    connect(&m_announce, &QTimer::timeout, this, [this] {
        QList<int> indices(m_dirty.cbegin(), m_dirty.cend());
        m_dirty.clear();
        std::sort(indices.begin(), indices.end());
        Q_EMIT changed(indices);
    });
}

MonitorSet::~MonitorSet() = default;

void MonitorSet::setMonitors(const QList<Monitor> &monitors)
{
    if (m_prober)
        m_prober->unscheduleAll();
    std::vector<std::unique_ptr<MonitorRecord>> records;
    QHash<QString, int> index;
    for (const Monitor &monitor : monitors) {
        if (index.contains(monitor.id))
            continue;
        const int known = indexOf(monitor.id);
        if (known >= 0 && m_records[size_t(known)]) {
            records.push_back(std::move(m_records[size_t(known)]));
            records.back()->monitor = monitor;
            records.back()->tracker.setRules(monitor);
            records.back()->held.clear();
        } else {
            records.push_back(std::make_unique<MonitorRecord>(monitor));
        }
        index.insert(monitor.id, int(records.size()) - 1);
    }
    m_records = std::move(records);
    m_index = std::move(index);
    m_dirty.clear();
    m_silenced.clear();
    m_warmIndex.clear();
    if (m_running) {
        m_running = false;
        start();
    }
    for (int i = 0; i < count(); ++i)
        noteChanged(i);
}

void MonitorSet::settle(const QList<Monitor> &monitors)
{
    for (const Monitor &monitor : monitors) {
        const int index = indexOf(monitor.id);
        if (index < 0 || !m_records[size_t(index)]->monitor.waits)
            continue;
        MonitorRecord &record = *m_records[size_t(index)];
        record.monitor = monitor;
        record.tracker.setRules(monitor);
        if (m_running)
            schedule(index);
        noteChanged(index);
    }
}

void MonitorSet::setDeployWindows(DeployWindows windows)
{
    m_windows = std::move(windows);
}

void MonitorSet::deployBegan(const QString &group)
{
    m_windows.open(group, QDateTime::currentMSecsSinceEpoch() + longestDeployMs, QStringLiteral("a running deploy"));
}

void MonitorSet::deployEnded(const QString &group)
{
    Milliseconds grace{0};
    for (const auto &record : m_records) {
        if (record->monitor.group == group)
            grace = std::max(grace, record->monitor.grace);
    }
    m_windows.close(group);
    m_windows.open(group, QDateTime::currentMSecsSinceEpoch() + grace.count(), QStringLiteral("the grace of a deploy"));
}

void MonitorSet::start()
{
    if (m_running)
        return;
    m_running = true;
    if (!m_prober) {
        m_prober = std::make_unique<Prober>();
        connect(m_prober.get(), &Prober::samplesReady, this, &MonitorSet::take);
    }
    for (int i = 0; i < count(); ++i)
        schedule(i);
    watchNetwork();
    (void)m_clock.look(clockStepMs);
    m_tick.start();
}

void MonitorSet::stop(const QString &cause)
{
    if (!m_running)
        return;
    m_running = false;
    m_tick.stop();
    if (m_network)
        m_network->stop();
    m_prober->unscheduleAll();
    const Instant now = Clock::now();
    for (int i = 0; i < count(); ++i) {
        m_records[size_t(i)]->held.clear();
        tell(i, m_records[size_t(i)]->tracker.lapse(now, QDateTime::currentMSecsSinceEpoch(), cause));
    }
}

/// The n-th of N monitors of one interval begins n/N into it, so that they never all leave at once.
void MonitorSet::schedule(int index)
{
    MonitorRecord &record = *m_records[size_t(index)];
    const Monitor &monitor = record.monitor;
    if (monitor.problem || record.tracker.state() == MonitorState::Paused || m_borrowed.contains(monitor.group))
        return;
    const Milliseconds phase = monitor.interval * index / std::max(count(), 1);
    m_prober->schedule(monitor.target, monitor.interval, phase);
    if (phase > firstLook)
        m_prober->probeOnce(monitor.target);
    if (monitor.keepWarm && *monitor.keepWarm < monitor.interval) {
        ProbeTarget warm = monitor.target;
        warm.id = QStringLiteral("warm ") + monitor.id;
        m_warmIndex.insert(warm.id, index);
        m_prober->schedule(warm, *monitor.keepWarm, *monitor.keepWarm);
    }
}

void MonitorSet::setPaused(const QString &id, bool paused)
{
    const int index = indexOf(id);
    if (index < 0)
        return;
    MonitorRecord &record = *m_records[size_t(index)];
    const Instant now = Clock::now();
    const qint64 wallMs = QDateTime::currentMSecsSinceEpoch();
    if (paused) {
        if (m_prober) {
            m_prober->unschedule(id);
            if (record.monitor.keepWarm)
                m_prober->unschedule(QStringLiteral("warm ") + id);
        }
        record.held.clear();
        tell(index, record.tracker.pause(now, wallMs));
    } else if (record.tracker.state() == MonitorState::Paused) {
        tell(index, record.tracker.resume(now, wallMs));
        if (m_running)
            schedule(index);
    }
    noteChanged(index);
}

void MonitorSet::probeNow(const QString &id)
{
    const int index = indexOf(id);
    if (index < 0 || !m_running)
        return;
    const MonitorRecord &record = *m_records[size_t(index)];
    if (!record.monitor.problem && record.tracker.state() != MonitorState::Paused)
        m_prober->probeOnce(record.monitor.target);
}

void MonitorSet::probeAllNow()
{
    for (const auto &record : m_records) {
        if (!m_borrowed.contains(record->monitor.group))
            probeNow(record->monitor.id);
    }
}

void MonitorSet::setBorrowed(const QString &group, bool borrowed)
{
    if (borrowed == m_borrowed.contains(group))
        return;
    if (borrowed)
        m_borrowed.insert(group);
    else
        m_borrowed.remove(group);
    for (int i = 0; i < count(); ++i) {
        const Monitor &monitor = m_records[size_t(i)]->monitor;
        if (monitor.group != group || !m_running)
            continue;
        if (borrowed) {
            m_prober->unschedule(monitor.id);
            if (monitor.keepWarm)
                m_prober->unschedule(QStringLiteral("warm ") + monitor.id);
        } else {
            schedule(i);
        }
    }
}

quint64 MonitorSet::dueCount(const QString &id) const
{
    return m_prober ? m_prober->scheduledCount(id) : 0;
}

// ---- samples

void MonitorSet::take(const QList<ProbeSample> &samples)
{
    for (const ProbeSample &sample : samples) {
        if (const int index = indexOf(sample.targetId); index >= 0)
            takeOne(index, sample);
        else if (const auto warm = m_warmIndex.constFind(sample.targetId); warm != m_warmIndex.cend())
            m_records[size_t(*warm)]->warmed += 1;
    }
}

void MonitorSet::takeOne(int index, const ProbeSample &sample)
{
    MonitorRecord &record = *m_records[size_t(index)];
    // Behind a held one, also a good one has to wait: states are decided in order.
    if (!record.held.isEmpty() || mustWait(record, sample)) {
        record.held.append(sample);
        record.held.last().body.clear();
    } else {
        count(index, sample, false);
    }
}

bool MonitorSet::mustWait(const MonitorRecord &record, const ProbeSample &sample) const
{
    // A status, a refusal or a certificate has come all the way from the other end.
    const bool silence = sample.state == ProbeState::Down && sample.status == 0 &&
                         (sample.errorKind == ErrorKind::Timeout || sample.errorKind == ErrorKind::Dns ||
                          sample.errorKind == ErrorKind::Io);
    return silence && m_network && !m_anchorAnswers.isEmpty() &&
           !NetworkControl::isNotNeededFor(record.monitor.target.url);
}

bool MonitorSet::isOwnFault(const ProbeSample &sample) const
{
    return m_fault && m_fault->from <= sample.doneAt && (!m_fault->to || *m_fault->to >= sample.sentAt);
}

void MonitorSet::releaseHeld()
{
    for (int i = 0; i < count(); ++i) {
        MonitorRecord &record = *m_records[size_t(i)];
        while (!record.held.isEmpty()) {
            const ProbeSample sample = record.held.first();
            const bool waits = mustWait(record, sample);
            if (waits && m_anchorHeard < sample.doneAt)
                break;
            record.held.removeFirst();
            count(i, sample, waits && isOwnFault(sample));
        }
    }
}

void MonitorSet::count(int index, const ProbeSample &sample, bool ownFault)
{
    MonitorRecord &record = *m_records[size_t(index)];
    ProbeSample kept = sample;
    kept.body.clear();
    record.last = kept;
    noteChanged(index);
    if (ownFault) {
        tell(index,
             record.tracker.lapse(sample.sentAt, sample.wallMs, QStringLiteral("this machine's own network failed")));
        return;
    }
    record.points.append(healthPointOf(sample));
    if (record.points.size() > keptPoints)
        record.points.removeFirst();
    if (sample.state != ProbeState::Up) {
        record.failures.append(kept);
        if (record.failures.size() > keptFailures)
            record.failures.removeFirst();
    }
    tell(index, record.tracker.take(sample));
    Q_EMIT sampleTaken(index, sample, record.tracker.state());
}

void MonitorSet::tell(int index, std::optional<MonitorTransition> transition)
{
    if (!transition)
        return;
    MonitorRecord &record = *m_records[size_t(index)];
    record.intervals.append({transition->from, transition->at - transition->lasted, transition->at});
    while (!record.points.isEmpty() && !record.intervals.isEmpty() &&
           record.intervals.first().to < record.points.first().at)
        record.intervals.removeFirst();
    const std::optional<DeployWindows::Covering> window = m_windows.covering(record.monitor.group, transition->wallMs);
    // The end of an outage that people were told of is told too, window or not.
    const bool endsKnownOutage = isBad(transition->from) && !m_silenced.contains(index);
    if (window && !endsKnownOutage)
        transition->suppressedBy = window->name;
    if (transition->to == MonitorState::Down && !transition->suppressedBy.isEmpty())
        m_silenced.insert(index, *transition);
    else if (!isBad(transition->to))
        m_silenced.remove(index);
    noteChanged(index);
    Q_EMIT stateChanged(*transition);
}

void MonitorSet::noteChanged(int index)
{
    m_dirty.insert(index);
    if (!m_announce.isActive())
        m_announce.start();
}

// ---- time and this machine

void MonitorSet::tick()
{
    const Instant now = Clock::now();
    const qint64 wallMs = QDateTime::currentMSecsSinceEpoch();
    for (const ClockWatch::Step &step : m_clock.look(clockStepMs)) {
        Q_EMIT noticed(step.kind, step.text);
        if (step.kind != QLatin1StringView("suspend"))
            continue;
        for (int i = 0; i < count(); ++i)
            tell(i, m_records[size_t(i)]->tracker.lapse(now, wallMs, step.text));
    }
    for (int i = 0; i < count(); ++i) {
        MonitorRecord &record = *m_records[size_t(i)];
        if (!record.last || !record.held.isEmpty())
            continue;
        const Clock::duration silence = now - record.last->sentAt;
        if (silence > record.tracker.lapseAfter())
            tell(i, record.tracker.lapse(now, wallMs,
                                         QStringLiteral("no probe for %1").arg(humanDuration(toMs(silence)))));
    }
    announceEndedWindows();
}

void MonitorSet::announceEndedWindows()
{
    const qint64 wallMs = QDateTime::currentMSecsSinceEpoch();
    for (auto it = m_silenced.begin(); it != m_silenced.end();) {
        const MonitorRecord &record = *m_records[size_t(it.key())];
        if (m_windows.covering(record.monitor.group, wallMs)) {
            ++it;
            continue;
        }
        MonitorTransition still = it.value();
        it = m_silenced.erase(it);
        if (!isBad(record.tracker.state()))
            continue;
        still.from = still.to;
        still.lasted = Clock::now() - still.at;
        still.at = Clock::now();
        still.wallMs = wallMs;
        still.cause = QStringLiteral("still down at the end of %1: %2").arg(still.suppressedBy, still.cause);
        still.suppressedBy.clear();
        Q_EMIT stateChanged(still);
    }
}

void MonitorSet::watchNetwork()
{
    const bool needed = std::any_of(m_records.cbegin(), m_records.cend(), [](const auto &record) {
        return !NetworkControl::isNotNeededFor(record->monitor.target.url);
    });
    const QStringList names = m_anchorNames.isEmpty() ? NetworkControl::defaultAnchors() : m_anchorNames;
    if (!needed || names.isEmpty())
        return;
    if (!m_network) {
        m_network = new NetworkControl(names, NetworkControl::Refusal::IsAnswer, this);
        connect(m_network, &NetworkControl::answered, this,
                [this](const QString &anchor, Instant at, bool ok) { anchorSpoke(anchor, at, ok); });
        m_anchorAnswered = Clock::now();
    }
    m_network->start(anchorEvery);
}

void MonitorSet::anchorSpoke(const QString &anchor, Instant at, bool ok)
{
    m_anchorHeard = at;
    // A gateway may be deaf on the port that is tried: until it has answered once, its silence says nothing.
    if (ok || m_anchorAnswers.contains(anchor))
        m_anchorAnswers.insert(anchor, ok);
    const bool reached =
        std::any_of(m_anchorAnswers.cbegin(), m_anchorAnswers.cend(), [](bool answers) { return answers; });
    const bool inFault = m_fault && !m_fault->to;
    if (!reached && !m_anchorAnswers.isEmpty() && !inFault) {
        m_fault = NetworkFault{m_anchorAnswered, std::nullopt};
        Q_EMIT noticed(QStringLiteral("network"), ownNetworkFault());
    } else if (ok && inFault) {
        m_fault->to = at;
        Q_EMIT noticed(QStringLiteral("network"), QStringLiteral("this machine's network answers again"));
    }
    if (ok)
        m_anchorAnswered = at;
    releaseHeld();
}

QString MonitorSet::ownNetworkFault() const
{
    if (!m_fault || m_fault->to)
        return {};
    return QStringLiteral("this machine's own network failed: none of %1 answers")
        .arg(QStringList(m_anchorAnswers.keys()).join(QStringLiteral(", ")));
}

} // namespace Switchyard
