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

void UptimeTally::add(const StateInterval &interval)
{
    const Clock::duration length = interval.to - interval.from;
    // While an instance wakes nobody is served, but it is what the plan promises, and no failure of the backend.
    const bool measured = interval.state != MonitorState::Unknown && interval.state != MonitorState::Paused &&
                          interval.state != MonitorState::ColdStart;
    if (length <= Clock::duration::zero() || !measured)
        return;
    m_sum.measured += length;
    if (interval.state != MonitorState::Down)
        return;
    m_sum.down += length;
    const bool sameOutage = m_downUntil == interval.from;
    m_outages += sameOutage ? 0 : 1;
    m_run = sameOutage ? m_run + length : length;
    m_downUntil = interval.to;
    m_sum.longest = std::max(m_sum.longest.value_or(m_run), m_run);
}

UptimeFigures UptimeTally::figures(Clock::duration window) const
{
    UptimeFigures figures = m_sum;
    if (figures.measured > Clock::duration::zero()) {
        figures.coverage = double(figures.measured.count()) / double(std::max(window, figures.measured).count());
        figures.uptime = 1 - double(figures.down.count()) / double(figures.measured.count());
        figures.outages = m_outages;
    }
    return figures;
}

UptimeFigures uptimeFigures(const QList<StateInterval> &intervals, Instant from, Instant to)
{
    UptimeTally tally;
    for (const StateInterval &interval : intervals)
        tally.add({interval.state, std::max(interval.from, from), std::min(interval.to, to)});
    return tally.figures(to - from);
}

} // namespace Switchyard
