// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/servicemodel.h"

#include <QString>

namespace Switchyard {

/// The region of the other platform that is nearest on the map; empty where the word is no region of the source.
/// Sources: the platforms' own lists of regions (render.com/docs/regions, fly.io/docs/reference/regions).
QString flyRegionFor(const QString &renderRegion);
QString renderRegionFor(const QString &flyRegion);

/// Memory and processors behind a plan's name; nothing where the name is not known here.
struct PlanSize
{
    int memoryMb = 0;
    double cpus = 0;
};
/// Both generations of names: "standard", "1c-2g". Source: render.com/pricing by way of the API's plan list.
std::optional<PlanSize> renderPlanSize(const QString &plan);
/// The smallest of Render's paid plans that has as much of both.
QString renderPlanFor(const PlanSize &size);
/// The smallest machine of Fly that has as much of both: shared processors with up to 2 GB each, else performance ones
/// with 2 to 8 GB each.
struct FlyMachine
{
    int memoryMb = 256;
    int cpus = 1;
    QString cpuKind;
};
FlyMachine flyMachineFor(const PlanSize &size);
/// "shared-cpu-2x", "performance-4x". Source: fly.io/docs/about/pricing, flyctl's presets.
std::optional<PlanSize> flyPresetSize(const QString &preset);

} // namespace Switchyard
