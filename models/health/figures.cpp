// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/figures.h"

#include <algorithm>

namespace Switchyard {

std::optional<UptimeFigures::Budget> UptimeFigures::budget(double objective) const
{
    if (measured <= Clock::duration::zero() || !(objective >= 0 && objective <= 1))
        return std::nullopt;
    const auto allowed = std::chrono::duration_cast<Clock::duration>(measured * (1 - objective));
    return Budget{allowed, down, allowed - down};
}

UptimeFigures uptimeFigures(const QList<StateInterval> &intervals, Instant from, Instant to)
{
    UptimeFigures figures;
    Clock::duration run{};
    std::optional<Instant> downUntil; // an outage may be told in several intervals that touch
    int outages = 0;
    for (const StateInterval &interval : intervals) {
        const Instant begin = std::max(interval.from, from);
        const Instant end = std::min(interval.to, to);
        if (end <= begin || interval.state == MonitorState::Unknown || interval.state == MonitorState::Paused)
            continue;
        figures.measured += end - begin;
        if (interval.state != MonitorState::Down)
            continue;
        figures.down += end - begin;
        const bool sameOutage = downUntil == begin;
        outages += sameOutage ? 0 : 1;
        run = sameOutage ? run + (end - begin) : end - begin;
        downUntil = end;
        figures.longest = std::max(figures.longest.value_or(run), run);
    }
    if (figures.measured > Clock::duration::zero()) {
        figures.coverage = double(figures.measured.count()) / double((to - from).count());
        figures.uptime = 1 - double(figures.down.count()) / double(figures.measured.count());
        figures.outages = outages;
    }
    return figures;
}

} // namespace Switchyard
