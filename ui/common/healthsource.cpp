// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/healthsource.h"

#include "models/alerts/alerter.h"
#include "models/fleet/fleetwatch.h"
#include "models/health/monitorset.h"
#include "ui/common/livestate.h"

#include <QDateTime>
#include <QUrl>

#include <cmath>

namespace Switchyard {

namespace {

const QString here = QStringLiteral("here");
const QString prometheus = QStringLiteral("prometheus");
/// Choices for servers of other workspaces that are kept.
constexpr int mostChosen = 50;
/// A deploy that never says it ended is over after this time.
constexpr qint64 longestDeployMs = 3'600'000;

CertificateInfo certificateOf(const FleetReading &reading, qint64 serverMs)
{
    CertificateInfo certificate;
    certificate.daysLeft = int(std::floor(*reading.certificateDays));
    certificate.notAfter = std::llround(double(serverMs) / 1000 + *reading.certificateDays * 86'400);
    return certificate;
}

} // namespace

HealthSource::HealthSource(QObject *parent)
    : QObject(parent)
{
}

HealthSource::~HealthSource() = default;

void HealthSource::open(const Workspace &workspace, MonitorSet *own, Alerter *alerter)
{
    close();
    m_workspace = workspace;
    m_own = own;
    m_alerter = alerter;
    m_windows = DeployWindows(workspace.deployWindows);
}

void HealthSource::begin()
{
    m_begun = true;
    m_from = wanted();
    apply();
}

void HealthSource::close()
{
    m_begun = false;
    m_watch.reset();
    m_own = nullptr;
    m_alerter = nullptr;
    m_from = From::Here;
    m_told.clear();
    m_workspace = {};
}

HealthSource::From HealthSource::wanted() const
{
    if (!isOffered())
        return From::Here;
    const QString chosen = m_chosen.value(m_workspace.prometheus->url).toString();
    if (chosen == here)
        return From::Here;
    return chosen == prometheus || m_workspace.prometheus->readHealth ? From::Prometheus : From::Here;
}

void HealthSource::choose(From from)
{
    if (!isOffered() || !m_begun)
        return;
    const QString url = m_workspace.prometheus->url;
    if (m_chosen.size() >= mostChosen && !m_chosen.contains(url))
        m_chosen.erase(m_chosen.begin());
    m_chosen.insert(url, from == From::Prometheus ? prometheus : here);
    if (from == m_from)
        return;
    m_from = from;
    apply();
}

void HealthSource::restoreState(const QJsonObject &state)
{
    m_chosen = state;
    if (!m_begun || wanted() == m_from)
        return;
    m_from = wanted();
    apply();
}

QString HealthSource::host() const
{
    const QUrl url(isOffered() ? m_workspace.prometheus->url : QString());
    return url.port() > 0 ? QStringLiteral("%1:%2").arg(url.host()).arg(url.port()) : url.host();
}

void HealthSource::apply()
{
    m_told.clear();
    if (isPrometheus()) {
        // That nothing is probed any more is no news of the targets.
        m_alerter->setWatching(false);
        m_own->stop(QStringLiteral("Prometheus measures it, see the tab Health"));
        m_watch = std::make_unique<FleetWatch>(m_workspace);
        connect(m_watch.get(), &FleetWatch::changed, this, &HealthSource::takeReadings);
        m_watch->start();
    } else {
        m_watch.reset();
        m_alerter->setWatching(true);
        m_own->start();
    }
    Q_EMIT changed();
}

void HealthSource::takeReadings()
{
    if (!m_watch->fails()) {
        const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
        for (const FleetReading &reading : m_watch->state().readings)
            alertOf(reading, nowMs);
    }
    Q_EMIT readingsChanged();
}

/// A server that does not answer tells nothing of the targets, so nobody is alerted: the tab says it once.
void HealthSource::alertOf(const FleetReading &reading, qint64 nowMs)
{
    if (reading.certificateDays)
        m_alerter->takeCertificate(reading.monitorId, reading.name, reading.group,
                                   certificateOf(reading, m_watch->state().atMs));
    const Instant now = Clock::now();
    const auto known = m_told.constFind(reading.monitorId);
    const Told before = known == m_told.cend() ? Told{MonitorState::Unknown, now} : *known;
    if (reading.state == before.state)
        return;
    // Kept silent about until the window ends: then it is still another state than the one that was told.
    if (reading.state == MonitorState::Down && m_windows.covering(reading.group, nowMs))
        return;
    m_told.insert(reading.monitorId, {reading.state, now});
    MonitorTransition transition;
    transition.monitorId = reading.monitorId;
    transition.from = before.state;
    transition.to = reading.state;
    transition.at = now;
    transition.wallMs = nowMs;
    transition.lasted = now - before.since;
    transition.cause = reading.reason;
    m_alerter->take(reading.name, reading.group, transition);
}

std::optional<FleetReading> HealthSource::reading(const QString &monitorId) const
{
    const FleetReading *known = m_watch ? m_watch->reading(monitorId) : nullptr;
    if (!known)
        return std::nullopt;
    FleetReading reading = *known;
    if (m_watch->fails()) {
        reading.state = MonitorState::Unknown;
        reading.lack = FleetReading::Lack::None;
        reading.reason = m_watch->failure().message;
    }
    return reading;
}

State HealthSource::stateOf(const MonitorRecord &record) const
{
    if (!isPrometheus())
        return shownState(record);
    const std::optional<FleetReading> known = reading(record.monitor.id);
    return known ? shownState(*known) : State::Unknown;
}

QString HealthSource::wordOf(const MonitorRecord &record) const
{
    if (!isPrometheus())
        return shownStateWord(record);
    const std::optional<FleetReading> known = reading(record.monitor.id);
    return monitorStateName(known ? known->state : MonitorState::Unknown);
}

QString HealthSource::causeOf(const MonitorRecord &record) const
{
    if (!isPrometheus())
        return shownCause(record);
    const std::optional<FleetReading> known = reading(record.monitor.id);
    return known ? known->reason : QString();
}

std::optional<double> HealthSource::latencyMsOf(const MonitorRecord &record) const
{
    if (!isPrometheus())
        return lastLatencyMs(record);
    const std::optional<FleetReading> known = reading(record.monitor.id);
    return known && (known->state == MonitorState::Up || known->state == MonitorState::Degraded) ? known->latencyMs
                                                                                                 : std::nullopt;
}

std::optional<int> HealthSource::certificateDaysOf(const MonitorRecord &record) const
{
    if (isPrometheus()) {
        const std::optional<FleetReading> known = reading(record.monitor.id);
        return known && known->certificateDays ? std::optional(int(std::floor(*known->certificateDays))) : std::nullopt;
    }
    return record.last && record.last->certificate ? std::optional(record.last->certificate->daysLeft) : std::nullopt;
}

bool HealthSource::isKnown(const MonitorRecord &record) const
{
    if (!isPrometheus())
        return record.last.has_value();
    const std::optional<FleetReading> known = reading(record.monitor.id);
    return known && known->state != MonitorState::Unknown;
}

State shownState(const FleetReading &reading)
{
    switch (reading.state) {
    case MonitorState::Up:
        return State::Up;
    case MonitorState::Degraded:
    case MonitorState::Recovering:
        return State::Degraded;
    case MonitorState::Down:
        return State::Down;
    default:
        return reading.lack == FleetReading::Lack::Undecided ? State::Degraded : State::Unknown;
    }
}

void HealthSource::deployBegan(const QString &group)
{
    m_windows.open(group, QDateTime::currentMSecsSinceEpoch() + longestDeployMs, QStringLiteral("a running deploy"));
}

void HealthSource::deployEnded(const QString &group)
{
    Milliseconds grace{0};
    for (int i = 0; m_own && i < m_own->count(); ++i) {
        if (m_own->record(i).monitor.group == group)
            grace = std::max(grace, m_own->record(i).monitor.grace);
    }
    m_windows.close(group);
    m_windows.open(group, QDateTime::currentMSecsSinceEpoch() + grace.count(), QStringLiteral("the grace of a deploy"));
}

} // namespace Switchyard
