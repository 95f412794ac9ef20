// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/livestate.h"

#include "models/common/percentile.h"

#include <algorithm>

namespace Switchyard {

namespace {
constexpr qint64 gapAfter = 3; ///< intervals
}

QString stateWord(State state)
{
    switch (state) {
    case State::Up:
        return QStringLiteral("up");
    case State::Degraded:
        return QStringLiteral("degraded");
    case State::Down:
        return QStringLiteral("down");
    case State::Action:
        return QStringLiteral("change");
    case State::Working:
        return QStringLiteral("working");
    case State::Unknown:
        break;
    }
    return QStringLiteral("unknown");
}

State SocketLive::state() const
{
    if (!problem.isEmpty())
        return State::Down;
    if (figures.clients == 0 || !watched)
        return State::Unknown;
    if (figures.open == figures.clients)
        return State::Up;
    return figures.open > 0 ? State::Degraded : figures.connecting > 0 ? State::Working : State::Down;
}

QString SocketLive::stateWord() const
{
    if (!problem.isEmpty())
        return QStringLiteral("failed");
    if (socket.clients == 0)
        return QStringLiteral("not probed");
    const State now = state();
    return now == State::Working ? QStringLiteral("connecting") : Switchyard::stateWord(now);
}

State EndpointLive::state() const
{
    if (!problem.isEmpty())
        return State::Down;
    if (points.isEmpty())
        return State::Unknown;
    switch (points.last().state) {
    case ProbeState::Up:
        return State::Up;
    case ProbeState::Degraded:
        return State::Degraded;
    case ProbeState::Down:
        break;
    }
    return failuresInRow < endpoint.failures && good > 0 ? State::Degraded : State::Down;
}

QString EndpointLive::stateWord() const
{
    if (!problem.isEmpty())
        return QStringLiteral("failed");
    return Switchyard::stateWord(state());
}

bool isGap(const EndpointPoint &before, const EndpointPoint &after)
{
    const int usual = std::max(before.everyMs, after.everyMs);
    return usual > 0 && after.wallMs - before.wallMs > gapAfter * usual;
}

bool EndpointLive::isStale(qint64 nowMs) const
{
    if (points.isEmpty())
        return false;
    // A probe that waits for its answer is not late yet.
    return nowMs - points.last().wallMs > gapAfter * endpoint.interval.count() + target.timeout.count();
}

double EndpointLive::percentileMs(double share) const
{
    std::vector<double> values;
    values.reserve(std::size_t(points.size()));
    for (const EndpointPoint &point : points) {
        if (point.ms >= 0)
            values.push_back(point.ms);
    }
    return values.empty() ? -1 : percentile(std::move(values), share);
}

} // namespace Switchyard
