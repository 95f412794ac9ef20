// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthfigures.h"

#include <algorithm>

namespace Switchyard {

namespace {

/// What each probe says, until the next one left or `hold` is over.
QList<StateInterval> rawIntervals(const QList<HealthPoint> &points, Clock::duration hold)
{
    QList<StateInterval> intervals;
    intervals.reserve(points.size());
    for (qsizetype i = 0; i < points.size(); ++i) {
        const Instant end = points[i].at + hold;
        intervals.append({points[i].state == ProbeState::Down ? MonitorState::Down : MonitorState::Up, points[i].at,
                          i + 1 < points.size() ? std::min(end, points[i + 1].at) : end});
    }
    return intervals;
}

/// Follows the probes in order of time.
class GapSearch final
{
public:
    explicit GapSearch(Clock::duration hold)
        : m_hold(hold)
    {
    }

    void take(const HealthPoint &point)
    {
        // Nobody knows when in an unmeasured time it came back: what was seen of the gap ends with its last probe.
        if (m_any && point.at - m_previous > m_hold) {
            end(m_previous + m_hold);
            m_hasGood = false;
        }
        m_failing = point.state == ProbeState::Down;
        if (!m_failing) {
            if (m_hasGood)
                note(point.at - m_good);
            m_good = point.at;
            m_hasGood = true;
        }
        m_previous = point.at;
        m_any = true;
    }

    std::optional<Clock::duration> longest(Instant to)
    {
        end(std::min(to, m_previous + m_hold));
        return m_longest;
    }

private:
    void end(Instant at)
    {
        if (m_failing && m_hasGood)
            note(at - m_good);
    }
    void note(Clock::duration gap) { m_longest = std::max(m_longest.value_or(gap), gap); }

    Clock::duration m_hold;
    std::optional<Clock::duration> m_longest;
    Instant m_good{}, m_previous{};
    bool m_hasGood = false; ///< m_good is the last good answer that nothing unmeasured follows
    bool m_any = false;
    bool m_failing = false;
};

} // namespace

HealthFigures healthFigures(const QList<HealthPoint> &points, const QList<StateInterval> &intervals,
                            Clock::duration hold, Instant from, Instant to)
{
    HealthFigures figures;
    figures.decided = uptimeFigures(intervals, from, to);
    figures.raw = uptimeFigures(rawIntervals(points, hold), from, to);
    if (figures.decided.outages.value_or(0) > 0)
        figures.meanOutage = figures.decided.down / *figures.decided.outages;
    GapSearch gap(hold);
    for (const HealthPoint &point : points) {
        if (point.at < from || point.at >= to)
            continue;
        gap.take(point);
        ++figures.probes;
        figures.failed += point.state == ProbeState::Down ? 1 : 0;
        figures.degraded += point.state == ProbeState::Degraded ? 1 : 0;
        if (point.latency)
            figures.latency.add(*point.latency);
    }
    figures.longestGap = gap.longest(to);
    return figures;
}

} // namespace Switchyard
