// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitortracker.h"

#include "models/common/duration.h"
#include "models/health/platformwords.h"

#include <algorithm>
#include <bit>

namespace Switchyard {

namespace {

constexpr int outcomesKept = 20;
/// Fewer say nothing of a rate.
constexpr int outcomesNeeded = 10;
/// What is faster was awake.
constexpr double slowAfterSleepMs = 1'000;

} // namespace

MonitorTracker::MonitorTracker(const Monitor &monitor)
    : m_monitor(monitor)
{
}

void MonitorTracker::setRules(const Monitor &monitor)
{
    m_monitor = monitor;
}

Clock::duration MonitorTracker::lapseAfter() const
{
    return 2 * m_monitor.interval + m_monitor.target.timeout + std::chrono::seconds(1);
}

std::optional<MonitorTransition> MonitorTracker::change(MonitorState to, const QString &cause, Instant at,
                                                        qint64 wallMs)
{
    m_cause = cause;
    if (to == m_state)
        return std::nullopt;
    MonitorTransition transition;
    transition.monitorId = m_monitor.id;
    transition.from = m_state;
    transition.to = to;
    transition.at = at;
    transition.wallMs = wallMs;
    transition.cause = cause;
    if (m_since)
        transition.lasted = std::max(at - *m_since, Clock::duration::zero());
    m_state = to;
    m_since = at;
    return transition;
}

void MonitorTracker::noteOutcome(bool failed)
{
    m_outcomes = ((m_outcomes << 1) | quint32(failed)) & ((1U << outcomesKept) - 1);
    m_outcomeCount = std::min(m_outcomeCount + 1, outcomesKept);
}

bool MonitorTracker::failsTooOften() const
{
    return m_outcomeCount >= outcomesNeeded &&
           std::popcount(m_outcomes) * 100 > m_monitor.target.degraded.errorPercent * m_outcomeCount;
}

/// Whether the platform may be waking a sleeping instance for this probe.
bool MonitorTracker::isWaking(const ProbeSample &sample)
{
    if (!m_monitor.sleep)
        return false;
    // Its own requests keep it awake; without any for so long, nobody knows whether it slept.
    const bool mayHaveSlept = !m_lastAsked || sample.sentAt - *m_lastAsked >= m_monitor.sleep->idle;
    if (mayHaveSlept)
        m_wakingSince = sample.sentAt;
    m_lastAsked = std::max(m_lastAsked.value_or(sample.sentAt), sample.sentAt);
    if (!m_wakingSince)
        return false;
    if (sample.sentAt - *m_wakingSince > m_monitor.sleep->wake) {
        m_wakingSince.reset();
        return false;
    }
    const bool slow = sample.phases.total && *sample.phases.total > slowAfterSleepMs;
    // The platform's edge holds the request back, or answers for the instance. Every other status is the backend's own:
    // 503 too, with which a backend that is awake says that it is not ready.
    const bool edge = sample.status == 502 || sample.status == 504;
    const bool silent = sample.status == 0 && sample.errorKind == ErrorKind::Timeout;
    return sample.state == ProbeState::Down ? edge || silent : slow;
}

bool MonitorTracker::failedLongEnough(const ProbeSample &sample) const
{
    if (m_monitor.downAfter)
        return sample.sentAt - *m_failingSince >= *m_monitor.downAfter;
    return m_failures >= m_monitor.failures;
}

MonitorState MonitorTracker::judgeAnswered(const ProbeSample &sample, QString *cause) const
{
    if (sample.state == ProbeState::Degraded) {
        *cause = sample.reason;
        return MonitorState::Degraded;
    }
    if (failsTooOften()) {
        *cause = QStringLiteral("%1 of the last %2 probes failed").arg(std::popcount(m_outcomes)).arg(m_outcomeCount);
        return MonitorState::Degraded;
    }
    return MonitorState::Up;
}

std::optional<MonitorTransition> MonitorTracker::take(const ProbeSample &sample)
{
    if (m_state == MonitorState::Paused)
        return std::nullopt;
    const bool failed = sample.state == ProbeState::Down;
    const bool waking = isWaking(sample);
    if (waking && m_state != MonitorState::Down && m_state != MonitorState::Recovering) {
        if (!failed)
            m_wakingSince.reset();
        m_failures = 0;
        m_failingSince.reset();
        const QString assumed = m_monitor.sleep->from.isEmpty()
                                    ? QStringLiteral("; that it can sleep is assumed: its plan is not known")
                                    : QString();
        const QString limit = humanDuration(double(m_monitor.sleep->wake.count()));
        return change(MonitorState::ColdStart,
                      failed ? QStringLiteral("no answer yet: a sleeping instance may take %1 to wake (%2)%3")
                                   .arg(limit, sample.reason, assumed)
                             : QStringLiteral("answered after %1: it probably woke from sleep%2")
                                   .arg(humanDuration(sample.phases.total.value_or(0)), assumed),
                      sample.sentAt, sample.wallMs);
    }
    noteOutcome(failed);
    if (failed) {
        m_answers = 0;
        m_good = 0;
        ++m_failures;
        if (!m_failingSince)
            m_failingSince = sample.sentAt;
        const bool again = m_state == MonitorState::Recovering;
        if (again || failedLongEnough(sample)) {
            // This outage is told as such; what follows it is judged by what follows it.
            m_outcomes = 0;
            m_outcomeCount = 0;
            const QString words = platformWords(m_monitor, m_failingSince, sample.sentAt);
            return change(MonitorState::Down,
                          words.isEmpty() ? sample.reason : sample.reason + QStringLiteral("; ") + words, sample.sentAt,
                          sample.wallMs);
        }
        // One failure more or less decides nothing, but a share of them does.
        if ((m_state == MonitorState::Up || m_state == MonitorState::Degraded) && failsTooOften()) {
            QString cause;
            ProbeSample answered;
            judgeAnswered(answered, &cause);
            return change(MonitorState::Degraded, cause, sample.sentAt, sample.wallMs);
        }
        return std::nullopt;
    }
    m_failures = 0;
    m_failingSince.reset();
    m_wakingSince.reset();
    ++m_answers;
    m_good = sample.state == ProbeState::Up ? m_good + 1 : 0;
    if ((m_state == MonitorState::Down || m_state == MonitorState::Recovering) && m_answers < m_monitor.recoveries)
        return change(MonitorState::Recovering,
                      QStringLiteral("%1 of %2 answers in a row").arg(m_answers).arg(m_monitor.recoveries),
                      sample.sentAt, sample.wallMs);
    QString cause;
    const MonitorState now = judgeAnswered(sample, &cause);
    if (m_state == MonitorState::Degraded && now == MonitorState::Up && m_good < m_monitor.recoveries)
        return std::nullopt;
    return change(now, cause, sample.sentAt, sample.wallMs);
}

void MonitorTracker::forget()
{
    m_failures = 0;
    m_failingSince.reset();
    m_answers = 0;
    m_good = 0;
    m_outcomes = 0;
    m_outcomeCount = 0;
    m_wakingSince.reset();
}

std::optional<MonitorTransition> MonitorTracker::lapse(Instant at, qint64 wallMs, const QString &cause)
{
    if (m_state == MonitorState::Paused)
        return std::nullopt;
    forget();
    return change(MonitorState::Unknown, cause, at, wallMs);
}

std::optional<MonitorTransition> MonitorTracker::pause(Instant at, qint64 wallMs)
{
    if (m_state == MonitorState::Paused)
        return std::nullopt;
    forget();
    return change(MonitorState::Paused, QStringLiteral("paused"), at, wallMs);
}

std::optional<MonitorTransition> MonitorTracker::resume(Instant at, qint64 wallMs)
{
    if (m_state != MonitorState::Paused)
        return std::nullopt;
    return change(MonitorState::Unknown, QStringLiteral("not probed yet"), at, wallMs);
}

} // namespace Switchyard
