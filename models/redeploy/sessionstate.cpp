// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/sessionstate.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr double enough = 0.95;
constexpr qint64 refusalLimitUs = 4'000'000;

qint64 toUs(Milliseconds duration)
{
    return duration.count() * 1000;
}

} // namespace

SessionState::SessionState(const SessionPlan &plan)
    : m_plan(plan)
    , m_waitsForSign(plan.backend.deploy.driver == QLatin1StringView("none"))
    , m_observing(m_waitsForSign || plan.courseUnseen)
{
    for (const SocketEndpoint &endpoint : plan.backend.sockets) {
        Socket entry;
        entry.clients = plan.clientsOverride >= 0 ? plan.clientsOverride : endpoint.clients;
        m_names.append(endpoint.name);
        m_sockets.append(entry);
    }
}

SessionState::Socket *SessionState::socket(const QString &name)
{
    const qsizetype index = m_names.indexOf(name);
    return index < 0 ? nullptr : &m_sockets[index];
}

bool SessionState::isFirstSign(const Event &event, bool inBaseline) const
{
    if (!m_waitsForSign || !inBaseline || m_baselineUs < 0 || event.us - m_baselineUs < toUs(m_plan.baseline))
        return false;
    switch (event.kind) {
    case EventKind::ClientNotice:
        return true;
    case EventKind::ClientEnded:
        return event.wasOpen && (event.cause != EndCause::Local || event.serverDisconnect);
    case EventKind::Probe:
        if (event.subject.startsWith(QLatin1StringView("ready ")) && !event.ok)
            return true;
        return event.ok && isNewInstance(event.instance);
    default:
        return false;
    }
}

bool SessionState::isNewInstance(const QString &instance) const
{
    return !instance.isEmpty() && !m_instances.isEmpty() && !m_instances.contains(instance);
}

void SessionState::takeInstance(const QString &instance)
{
    if (m_triggerUs >= 0)
        m_instanceChanged = m_instanceChanged || isNewInstance(instance);
    else if (!instance.isEmpty())
        m_instances.insert(instance);
}

void SessionState::take(const Event &event)
{
    switch (event.kind) {
    case EventKind::Phase:
        if (event.text == QLatin1StringView("preparing"))
            m_preparingUs = event.us;
        else if (event.text == QLatin1StringView("baseline"))
            m_baselineUs = event.us;
        else if (event.text == QLatin1StringView("triggered"))
            m_triggerUs = event.us;
        break;
    case EventKind::Probe:
        m_lastAnswer[event.subject] = event.ok;
        if (event.ok)
            takeInstance(event.instance);
        if (m_triggerUs >= 0 && !event.ok && event.subject.startsWith(QLatin1StringView("health ")))
            m_healthBad = true;
        break;
    case EventKind::ClientOpen:
    case EventKind::ClientEnded:
    case EventKind::ClientNotice:
    case EventKind::ClientGaveUp:
        takeClient(event);
        break;
    default:
        takeDeploy(event);
        break;
    }
}

void SessionState::takeClient(const Event &event)
{
    Socket *entry = socket(event.subject);
    if (!entry)
        return;
    switch (event.kind) {
    case EventKind::ClientOpen:
        ++entry->open;
        entry->everOpen = true;
        takeInstance(event.instance);
        break;
    case EventKind::ClientNotice:
        m_noticed = m_noticed || m_triggerUs >= 0;
        break;
    case EventKind::ClientGaveUp:
        ++entry->gaveUp;
        break;
    default:
        if (event.wasOpen) {
            --entry->open;
            if (m_triggerUs >= 0) {
                m_lost = true;
                entry->lost.insert(event.client);
            }
        } else {
            entry->refused = event.cause == EndCause::Handshake && event.status != 0 && event.status < 500;
            entry->lastProblem = event.detail.isEmpty() ? endCauseName(event.cause) : event.detail;
        }
        break;
    }
}

void SessionState::takeDeploy(const Event &event)
{
    if (event.kind == EventKind::InstanceHealthy)
        ++m_alive;
    else if (event.kind == EventKind::InstanceExited)
        m_alive = std::max(0, m_alive - 1);
    if (m_triggerUs < 0)
        return;
    switch (event.kind) {
    case EventKind::SignalSent:
        m_signal = true;
        break;
    case EventKind::InstanceStarting:
        m_starting = true;
        break;
    case EventKind::InstanceExited:
        m_exited = m_exited || m_alive == 0;
        break;
    case EventKind::DeployFailed:
        m_failedUs = event.us;
        break;
    case EventKind::DeployFinished:
        m_finishedUs = event.us;
        break;
    default:
        break;
    }
}

SessionState::Decision SessionState::decide(Phase phase, qint64 nowUs)
{
    switch (phase) {
    case Phase::Preparing:
        return decidePreparing(nowUs);
    case Phase::Baseline:
        if (m_baselineUs < 0)
            return {};
        if (m_waitsForSign) {
            if (nowUs - m_baselineUs > toUs(m_plan.baseline) + toUs(m_plan.timeout))
                return {{}, true, QStringLiteral("time limit: no redeploy was seen")};
            return {};
        }
        if (nowUs - m_baselineUs >= toUs(m_plan.baseline))
            return {Phase::Triggered, false, {}};
        return {};
    case Phase::Settled:
    case Phase::Ended:
        return {};
    default:
        return m_triggerUs < 0 ? Decision{} : decideRunning(phase, nowUs);
    }
}

SessionState::Decision SessionState::decidePreparing(qint64 nowUs) const
{
    if (m_preparingUs < 0)
        return {};
    const qint64 waited = nowUs - m_preparingUs;
    bool allOpen = true;
    for (qsizetype i = 0; i < m_sockets.size(); ++i) {
        const Socket &entry = m_sockets[i];
        allOpen = allOpen && entry.open >= entry.clients;
        const bool hopeless = !entry.everOpen && entry.refused && waited > refusalLimitUs;
        const bool late = waited > toUs(m_plan.openLimit) && entry.open < entry.clients * enough;
        if (entry.clients > 0 && (hopeless || late)) {
            const QString problem = entry.lastProblem.isEmpty() ? QStringLiteral("no answer") : entry.lastProblem;
            return {{},
                    true,
                    QStringLiteral("only %1 of %2 clients of %3 could connect (%4)")
                        .arg(entry.open)
                        .arg(entry.clients)
                        .arg(m_names[i], problem)};
        }
    }
    bool answered = true;
    for (const HealthEndpoint &endpoint : m_plan.backend.health)
        answered =
            answered && m_lastAnswer.contains(endpointKindName(endpoint.kind) + QLatin1Char(' ') + endpoint.path);
    if ((allOpen && answered) || waited > toUs(m_plan.openLimit))
        return {Phase::Baseline, false, {}};
    return {};
}

bool SessionState::everyoneBack() const
{
    for (const Socket &entry : m_sockets) {
        if (entry.open + entry.gaveUp < entry.clients)
            return false;
    }
    for (const HealthEndpoint &endpoint : m_plan.backend.health) {
        if (!m_lastAnswer.value(endpointKindName(endpoint.kind) + QLatin1Char(' ') + endpoint.path, false))
            return false;
    }
    return true;
}

Milliseconds SessionState::quietTime() const
{
    // Somebody else's platform may keep the old instance, and the clients on it, long after the new one has the
    // traffic: Render 60 s, and 30 s more until it kills. While a client has not been lost, its loss may still come.
    constexpr Milliseconds platformsPatience{120'000};
    if (!m_observing)
        return m_plan.settle;
    const bool allLost = std::all_of(m_sockets.cbegin(), m_sockets.cend(),
                                     [](const Socket &entry) { return entry.lost.size() >= entry.clients; });
    return allLost ? m_plan.settle : std::max(m_plan.settle, platformsPatience);
}

SessionState::Decision SessionState::decideRunning(Phase phase, qint64 nowUs)
{
    // Each way-mark once, in the order in which it happens.
    if (!m_draining && (m_signal || m_noticed || m_lost)) {
        m_draining = true;
        return {Phase::Draining, false, {}};
    }
    if (!m_down && !m_startingShown && (m_exited || (m_observing && m_healthBad))) {
        m_down = true;
        return {Phase::Down, false, {}};
    }
    if (!m_startingShown && m_starting) {
        m_startingShown = true;
        return {Phase::Starting, false, {}};
    }
    const bool named = m_plan.backend.instanceId.isSet();
    const bool replaced = !m_observing ? m_finishedUs >= 0 : named ? m_instanceChanged : m_lost || m_healthBad;
    const bool back = replaced && everyoneBack();
    if (!back)
        m_recoveredUs = -1;
    if (back && m_recoveredUs < 0) {
        m_recoveredUs = nowUs;
        if (phase != Phase::Recovered)
            return {Phase::Recovered, false, {}};
    }
    if (m_recoveredUs >= 0 && nowUs - m_recoveredUs >= toUs(quietTime()))
        return {Phase::Settled, false, {}};
    if (nowUs - m_triggerUs > toUs(m_plan.timeout))
        return {{}, true, QStringLiteral("time limit")};
    // When the deploy is over but clients stay away, wait just long enough to be sure of it.
    const qint64 patience = toUs(m_plan.workspace.thresholds.allBack) + toUs(m_plan.settle);
    if (m_failedUs >= 0 && nowUs - m_failedUs > patience)
        return {{}, true, QStringLiteral("the deployment failed")};
    // A hook or a command is done long before the redeploy that it started.
    if (!m_observing && m_finishedUs >= 0 && m_recoveredUs < 0 && nowUs - m_finishedUs > 2 * patience)
        return {{}, true, QStringLiteral("clients or health stayed away")};
    return {};
}

} // namespace Switchyard
