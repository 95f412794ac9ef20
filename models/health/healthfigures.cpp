// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthfigures.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

HealthPoint healthPointOf(const ProbeSample &sample)
{
    HealthPoint point{sample.sentAt, sample.state, std::nullopt};
    // How long a failure took is no latency of an answer.
    if (sample.phases.total && sample.state != ProbeState::Down)
        point.latency = Microseconds(std::llround(*sample.phases.total * 1000));
    return point;
}

void HealthTally::noteGap(Clock::duration gap)
{
    m_sum.longestGap = std::max(m_sum.longestGap.value_or(gap), gap);
}

namespace {

/// What a probe says, until the next one left or `hold` is over.
StateInterval rawInterval(const HealthPoint &point, Instant end)
{
    return {point.state == ProbeState::Down ? MonitorState::Down : MonitorState::Up, point.at, end};
}

} // namespace

void HealthTally::take(const HealthPoint &point)
{
    if (m_previous) {
        const Instant heldUntil = m_previous->at + m_hold;
        m_raw.add(rawInterval(*m_previous, std::min(heldUntil, point.at)));
        // Nobody knows when in an unmeasured time it came back: what was seen of the gap ends with its last probe.
        if (point.at > heldUntil) {
            if (m_previous->state == ProbeState::Down && m_hasGood)
                noteGap(heldUntil - m_good);
            m_hasGood = false;
        }
    }
    if (point.state != ProbeState::Down) {
        if (m_hasGood)
            noteGap(point.at - m_good);
        m_good = point.at;
        m_hasGood = true;
    }
    m_previous = point;
    ++m_sum.probes;
    m_sum.failed += point.state == ProbeState::Down ? 1 : 0;
    m_sum.degraded += point.state == ProbeState::Degraded ? 1 : 0;
    if (point.latency)
        m_sum.latency.add(*point.latency);
}

HealthFigures HealthTally::figures(Instant from, Instant to) const
{
    HealthFigures figures = m_sum;
    UptimeTally raw = m_raw;
    if (m_previous) {
        const Instant end = std::min(m_previous->at + m_hold, to);
        raw.add(rawInterval(*m_previous, end));
        if (m_previous->state == ProbeState::Down && m_hasGood)
            figures.longestGap = std::max(figures.longestGap.value_or(end - m_good), end - m_good);
    }
    figures.decided = m_decided.figures(to - from);
    figures.raw = raw.figures(to - from);
    if (figures.decided.outages.value_or(0) > 0)
        figures.meanOutage = figures.decided.down / *figures.decided.outages;
    return figures;
}

HealthFigures healthFigures(const QList<HealthPoint> &points, const QList<StateInterval> &intervals,
                            Clock::duration hold, Instant from, Instant to)
{
    HealthTally tally(hold);
    for (const StateInterval &interval : intervals)
        tally.take(StateInterval{interval.state, std::max(interval.from, from), std::min(interval.to, to)});
    for (const HealthPoint &point : points) {
        if (point.at >= from && point.at < to)
            tally.take(point);
    }
    return tally.figures(from, to);
}

} // namespace Switchyard
