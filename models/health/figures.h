// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/health/monitorstate.h"

#include <QList>

#include <optional>

namespace Switchyard {

/// From `from` up to but not including `to`.
struct StateInterval
{
    MonitorState state = MonitorState::Unknown;
    Instant from{};
    Instant to{};
};

/// Of one window. With retries: down is only the state down, after all failures in a row that it asks for.
struct UptimeFigures
{
    Clock::duration measured{};             ///< all but unknown, paused, cold start
    Clock::duration down{};                 ///< part of `measured`
    double coverage = 0;                    ///< measured / window, 0 to 1
    std::optional<double> uptime;           ///< 1 - down / measured; nothing where nothing was measured
    std::optional<int> outages;             ///< runs of down that touch the window; nothing: not measured
    std::optional<Clock::duration> longest; ///< the part within the window; nothing: no outage

    struct Budget
    {
        Clock::duration allowed{}, used{}, left{}; ///< `left` is negative where more was used than allowed
    };
    /// For an objective such as 0.999: (1 - objective) of the measured time. Nothing: not measured, or not within 0
    /// to 1.
    std::optional<Budget> budget(double objective) const;
};

/// The same figures, interval by interval, for a time that goes on: nothing is kept of what was added. A value type.
class UptimeTally final
{
public:
    /// In order of time, not overlapping; one that ends before it begins counts for nothing.
    void add(const StateInterval &interval);
    /// `window`: how long was looked at, for the coverage.
    UptimeFigures figures(Clock::duration window) const;

private:
    UptimeFigures m_sum;
    Clock::duration m_run{};
    std::optional<Instant> m_downUntil; ///< an outage may be told in several intervals that touch
    int m_outages = 0;
};

/// Pure; any thread. The intervals are in order of time and do not overlap; time between them was not measured. One
/// that ends before it begins counts for nothing.
[[nodiscard]] UptimeFigures uptimeFigures(const QList<StateInterval> &intervals, Instant from, Instant to);

} // namespace Switchyard
