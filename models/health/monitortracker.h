// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/monitor.h"
#include "models/health/monitorstate.h"

#include <optional>

namespace Switchyard {

/// A change of a monitor's state.
struct MonitorTransition
{
    QString monitorId;
    MonitorState from = MonitorState::Unknown;
    MonitorState to = MonitorState::Unknown;
    Instant at{};             ///< when the probe that decided it left, or when it was noticed
    qint64 wallMs = 0;        ///< the same in milliseconds since the epoch, for people and the history
    QString cause;            ///< why, in words; empty where it simply became good
    Clock::duration lasted{}; ///< how long it had been `from`
    QString suppressedBy;     ///< recorded, but nobody is alerted: the deploy window it fell in; empty: alert
};

/// One monitor's state machine. Pure: no clock, no I/O; the caller feeds it in order of time.
///
/// - down after Monitor::failures failed probes in a row, or once they have gone on for Monitor::downAfter. Until then
/// it stays what it was, and failuresInRow() tells.
/// - From down, the first answer leads to recovering, and as many answers in a row as Monitor::recoveries to up or
///   degraded; one failure before that is down again at once: the fault was not over.
/// - degraded at the first degraded answer, or where more than DegradedRule::errorPercent of the last 20 probes failed
///   without ever failing often enough in a row; up again after as many good answers in a row as `recoveries`.
/// - cold-start where the platform stops idle instances, nothing reached it for that long, and a probe fails or takes
///   over a second within the time that waking takes. After that time failures count as such.
/// - unknown where nothing was measured: before the first probe, after lapse(), when this machine's network failed.
///   The first answer after it decides at once; failures count from one.
class MonitorTracker final
{
public:
    explicit MonitorTracker(const Monitor &monitor);

    /// Takes over new rules; the state stays.
    void setRules(const Monitor &monitor);

    std::optional<MonitorTransition> take(const ProbeSample &sample);
    /// Nothing is known of the target: no probe came back, this machine slept, or its own network failed; `cause` says
    /// which. Does nothing while paused.
    std::optional<MonitorTransition> lapse(Instant at, qint64 wallMs, const QString &cause);
    std::optional<MonitorTransition> pause(Instant at, qint64 wallMs);
    std::optional<MonitorTransition> resume(Instant at, qint64 wallMs);

    MonitorState state() const { return m_state; }
    /// When this state began; nothing before the first change.
    std::optional<Instant> since() const { return m_since; }
    /// Why it is not up; empty when up.
    QString cause() const { return m_cause; }
    int failuresInRow() const { return m_failures; }
    /// When the first failed probe of the present row left; nothing: the last one did not fail.
    std::optional<Instant> failingSince() const { return m_failingSince; }
    int answersInRow() const { return m_answers; }

    /// After so long without a sample its last one does not speak of now: two intervals, its timeout, and one second
    /// for the batch that brings it.
    Clock::duration lapseAfter() const;

private:
    std::optional<MonitorTransition> change(MonitorState to, const QString &cause, Instant at, qint64 wallMs);
    void forget();
    bool isWaking(const ProbeSample &sample);
    MonitorState judgeAnswered(const ProbeSample &sample, QString *cause) const;
    bool failedLongEnough(const ProbeSample &sample) const;
    void noteOutcome(bool failed);
    bool failsTooOften() const;

    Monitor m_monitor;
    MonitorState m_state = MonitorState::Unknown;
    std::optional<Instant> m_since;
    QString m_cause;
    int m_failures = 0; ///< in a row
    std::optional<Instant> m_failingSince;
    int m_answers = 0; ///< in a row, degraded ones too
    int m_good = 0;    ///< in a row, all up
    std::optional<Instant> m_lastAsked;
    std::optional<Instant> m_wakingSince; ///< when the request left that may have woken it
    quint32 m_outcomes = 0;               ///< the last probes, newest in bit 0; 1: failed
    int m_outcomeCount = 0;               ///< at most 20
};

} // namespace Switchyard
