// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/latencyhistogram.h"
#include "models/health/figures.h"
#include "models/health/sample.h"

#include <QList>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace Switchyard {

/// A latency or none, in four bytes: there are hundreds of them for each monitor. Longer ones than 71 minutes count as
/// that.
class BriefLatency final
{
public:
    BriefLatency() = default;
    BriefLatency(std::nullopt_t) {}
    BriefLatency(Microseconds latency)
        : m_us(std::uint32_t(std::clamp<qint64>(latency.count(), 0, none - 1)))
    {
    }

    explicit operator bool() const { return m_us != none; }
    /// Where there is one.
    Microseconds operator*() const { return Microseconds(m_us); }

private:
    static constexpr std::uint32_t none = 0xffff'ffff;

    std::uint32_t m_us = none;
};

/// One probe, as far as figures need it.
struct HealthPoint
{
    Instant at{}; ///< when it left
    ProbeState state = ProbeState::Down;
    BriefLatency latency; ///< nothing: no whole answer came
};
static_assert(sizeof(HealthPoint) == 16);

/// What figures need of a sample.
[[nodiscard]] HealthPoint healthPointOf(const ProbeSample &sample);

/// Everything that is said of one monitor and one window. All times are on one axis, which need not be the machine's
/// clock: those of a history are the wall clock's.
struct HealthFigures
{
    UptimeFigures decided; ///< with retries: down is what the monitor called down
    UptimeFigures raw;     ///< without: every failed probe counts, from when it left until the next one left
    /// Longest time between two good answers, with nothing unmeasured in it; a run of failures that the window's end
    /// cuts off counts as far as it is seen. Nothing: no good answer, or only one.
    std::optional<Clock::duration> longestGap;
    std::optional<Clock::duration> meanOutage; ///< of `decided`; nothing: no outage
    LatencyHistogram latency;                  ///< of whole answers
    quint64 probes = 0;
    quint64 failed = 0;
    quint64 degraded = 0;
};

/// The figures of a time that goes on, probe by probe: what it holds does not grow. A value type.
class HealthTally final
{
public:
    /// `hold`: how long a probe speaks for its target where none follows it, which is the monitor's lapse time.
    explicit HealthTally(Clock::duration hold)
        : m_hold(hold)
    {
    }

    /// In order of time.
    void take(const HealthPoint &point);
    void take(const StateInterval &interval) { m_decided.add(interval); }
    /// As if the time ended at `to`; it began at `from`.
    HealthFigures figures(Instant from, Instant to) const;

private:
    void noteGap(Clock::duration gap);

    Clock::duration m_hold;
    HealthFigures m_sum; ///< without the two uptimes
    UptimeTally m_decided, m_raw;
    std::optional<HealthPoint> m_previous;
    Instant m_good{};       ///< the last good answer
    bool m_hasGood = false; ///< and nothing unmeasured follows it
};

/// Pure; any thread. `points` and `intervals` in order of time; both may reach beyond the window. `hold`: how long a
/// probe speaks for its target where none follows it, which is the monitor's lapse time.
[[nodiscard]] HealthFigures healthFigures(const QList<HealthPoint> &points, const QList<StateInterval> &intervals,
                                          Clock::duration hold, Instant from, Instant to);

} // namespace Switchyard
