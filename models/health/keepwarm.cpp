// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/keepwarm.h"

#include "models/common/duration.h"
#include "models/common/numbertext.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qint64 dayMs = 86'400'000;
/// 365.25 days of 24 hours, by 12.
constexpr int hoursOfAMonth = 730;

int aDay(Milliseconds interval)
{
    return interval > Milliseconds(0) ? int(dayMs / interval.count()) : 0;
}

/// What the catalogue calls the traffic of such a probe.
QString trafficOf(EndpointType type)
{
    switch (type) {
    case EndpointType::Http:
        return QStringLiteral("http");
    case EndpointType::WebSocket:
        // The upgrade is a request; no message is sent after it.
        return QStringLiteral("http");
    case EndpointType::Tcp:
        break;
    }
    return QStringLiteral("tcp");
}

} // namespace

std::optional<KeepWarmCost> keepWarmCost(const Monitor &monitor, const FreePlan *free)
{
    if (!monitor.keepWarm)
        return std::nullopt;
    KeepWarmCost cost;
    cost.silence = std::min(*monitor.keepWarm, monitor.interval);
    cost.probesADay = aDay(monitor.interval);
    // The monitors send further requests only where the probes are less often.
    cost.warmingADay = *monitor.keepWarm < monitor.interval ? aDay(*monitor.keepWarm) : 0;
    if (!free || !free->available || free->idleStop <= Milliseconds(0))
        return cost;
    if (!free->keepsAwake.contains(trafficOf(monitor.target.type))) {
        cost.awake = false;
        cost.why = QStringLiteral("the platform does not count such a connection as use");
    } else if (cost.silence >= free->idleStop) {
        cost.awake = false;
        cost.why = QStringLiteral("the platform stops it after %1 without a request")
                       .arg(humanDuration(double(free->idleStop.count())));
    } else {
        cost.awake = true;
        cost.hoursAMonth = hoursOfAMonth;
    }
    return cost;
}

QString keepWarmText(const KeepWarmCost &cost, const FreePlan *free)
{
    QString text = cost.warmingADay > 0
                       ? QStringLiteral("Kept awake by %1 requests a day beside its %2 probes.")
                             .arg(groupedNumber(cost.warmingADay), groupedNumber(cost.probesADay))
                       : QStringLiteral("Kept awake by its %1 probes a day.").arg(groupedNumber(cost.probesADay));
    if (cost.awake == false)
        return QStringLiteral("It still falls asleep: %1.").arg(cost.why);
    if (cost.hoursAMonth) {
        text += QStringLiteral(" A free instance then runs about %1 hours a month.").arg(*cost.hoursAMonth);
        if (free && !free->note.isEmpty())
            text += QLatin1Char(' ') + QStringLiteral("Its plan: ") + free->note;
    }
    return text;
}

} // namespace Switchyard
