// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/monitor.h"
#include "models/platforms/platform.h"

#include <optional>

namespace Switchyard {

/// What it takes to keep one monitor's target awake.
struct KeepWarmCost
{
    Milliseconds silence{0};        ///< the longest time between two requests that are sent to it
    int probesADay = 0;             ///< what is sent anyhow
    int warmingADay = 0;            ///< requests that only keep it awake; 0: its probes are often enough
    std::optional<bool> awake;      ///< it never sleeps; nothing: not known whether its platform stops it at all
    std::optional<int> hoursAMonth; ///< of a running instance, of the month's 730; only where it never sleeps
    QString why;                    ///< where it does sleep
};

/// `free`: the platform's free plan, nullptr where the platform is not known. Nothing where the monitor is not to be
/// kept awake. Pure.
[[nodiscard]] std::optional<KeepWarmCost> keepWarmCost(const Monitor &monitor, const FreePlan *free);

/// One sentence or two for people, with the platform's own note on hours.
[[nodiscard]] QString keepWarmText(const KeepWarmCost &cost, const FreePlan *free);

} // namespace Switchyard
