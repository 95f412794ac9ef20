// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitor.h"

#include "models/health/targets.h"
#include "models/platforms/platform.h"

namespace Switchyard {

Result<Monitor> monitorFor(const Backend &backend, const HealthEndpoint &endpoint, const PlatformCatalogue *catalogue)
{
    Result<ProbeTarget> target = probeTargetFor(backend, endpoint);
    if (!target)
        return tl::unexpected(target.error());
    Monitor monitor;
    monitor.id = target->id;
    monitor.group = backend.name;
    monitor.name = backend.name + QLatin1Char(' ') + endpoint.path;
    monitor.target = *std::move(target);
    monitor.kind = endpoint.kind;
    monitor.interval = endpoint.interval;
    monitor.failures = endpoint.failures;
    monitor.recoveries = endpoint.recoveries;
    monitor.grace = endpoint.grace;
    const Platform *platform = catalogue ? catalogue->find(backend.platform) : nullptr;
    // Which plan it is on is not known here: where it never sleeps, the rule never applies.
    if (platform && platform->free.available && platform->free.idleStop > Milliseconds(0))
        monitor.sleep = Monitor::Sleep{platform->free.idleStop, platform->free.wakeUp};
    return monitor;
}

Result<QList<Monitor>> monitorsOf(const Workspace &workspace, const PlatformCatalogue *catalogue)
{
    QList<Monitor> monitors;
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health) {
            Result<Monitor> monitor = monitorFor(backend, endpoint, catalogue);
            if (!monitor)
                return tl::unexpected(monitor.error());
            monitors.append(*std::move(monitor));
        }
    }
    return monitors;
}

} // namespace Switchyard
