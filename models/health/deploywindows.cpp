// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/deploywindows.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qint64 minuteMs = 60'000;
constexpr qint64 dayMs = 86'400'000;

/// 1970-01-01 was a Thursday, 4 in ISO 8601.
int isoDayOf(qint64 dayNumber)
{
    return int(((dayNumber + 3) % 7 + 7) % 7) + 1;
}

qint64 floorDiv(qint64 value, qint64 by)
{
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

/// When the window that covers the moment ends.
std::optional<qint64> endOf(const DeployWindow &window, qint64 wallMs)
{
    if (window.startMs >= 0) {
        const qint64 end = window.startMs + window.length.count();
        return wallMs >= window.startMs && wallMs < end ? std::optional(end) : std::nullopt;
    }
    // It may have begun yesterday and go on past midnight.
    const qint64 today = floorDiv(wallMs, dayMs);
    for (const qint64 day : {today, today - 1}) {
        if (!window.days.isEmpty() && !window.days.contains(isoDayOf(day)))
            continue;
        const qint64 start = day * dayMs + window.minuteOfDay * minuteMs;
        const qint64 end = start + window.length.count();
        if (wallMs >= start && wallMs < end)
            return end;
    }
    return std::nullopt;
}

} // namespace

DeployWindows::DeployWindows(QList<DeployWindow> planned)
    : m_planned(std::move(planned))
{
}

void DeployWindows::open(const QString &backend, qint64 untilMs, const QString &name)
{
    for (Opened &each : m_opened) {
        if (each.backend == backend) {
            each.untilMs = std::max(each.untilMs, untilMs);
            each.name = name;
            return;
        }
    }
    m_opened.append({backend, name, untilMs});
}

void DeployWindows::close(const QString &backend)
{
    m_opened.removeIf([&backend](const Opened &each) { return each.backend == backend; });
}

std::optional<DeployWindows::Covering> DeployWindows::covering(const QString &group, qint64 wallMs) const
{
    std::optional<Covering> best;
    const auto consider = [&best](const QString &name, qint64 endMs) {
        if (!best || endMs > best->endMs)
            best = Covering{name, endMs};
    };
    for (const DeployWindow &window : m_planned) {
        if (!window.backends.isEmpty() && !window.backends.contains(group))
            continue;
        if (const std::optional<qint64> end = endOf(window, wallMs))
            consider(window.name, *end);
    }
    for (const Opened &each : m_opened) {
        if (each.backend == group && wallMs < each.untilMs)
            consider(each.name, each.untilMs);
    }
    return best;
}

} // namespace Switchyard
