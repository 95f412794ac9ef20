// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/sample.h"

#include <algorithm>

namespace Switchyard {

QString historyStateName(int state)
{
    switch (state) {
    case HistoryUnknown:
        return QStringLiteral("unknown");
    case HistoryUp:
        return QStringLiteral("up");
    case HistoryDegraded:
        return QStringLiteral("degraded");
    case HistoryDown:
        return QStringLiteral("down");
    default:
        return QString::number(state);
    }
}

void HistoryRollup::add(qint64 timeMs, int state, std::optional<qint64> latencyUs)
{
    // Hours of version 1 have samples and know no first one; a later sample does not make it known.
    if (count == 0)
        firstMs = lastMs = timeMs;
    if (firstMs)
        firstMs = std::min(*firstMs, timeMs);
    if (lastMs)
        lastMs = std::max(*lastMs, timeMs);
    ++count;
    up += state == HistoryUp;
    degraded += state == HistoryDegraded;
    down += state == HistoryDown;
    if (latencyUs && *latencyUs >= 0 && !latencies.add(LatencyHistogram::Microseconds(*latencyUs)))
        damaged = true;
}

void HistoryRollup::merge(const HistoryRollup &other)
{
    if (other.count == 0)
        return;
    if (count == 0) {
        firstMs = other.firstMs;
        lastMs = other.lastMs;
    } else {
        firstMs = firstMs && other.firstMs ? std::optional(std::min(*firstMs, *other.firstMs)) : std::nullopt;
        lastMs = lastMs && other.lastMs ? std::optional(std::max(*lastMs, *other.lastMs)) : std::nullopt;
    }
    count += other.count;
    up += other.up;
    degraded += other.degraded;
    down += other.down;
    damaged |= other.damaged;
    if (!latencies.merge(other.latencies))
        damaged = true;
}

} // namespace Switchyard
