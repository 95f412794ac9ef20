// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitor.h"

#include "models/health/targets.h"
#include "models/platforms/platform.h"

namespace Switchyard {

namespace {

Monitor monitorOf(const HealthEndpoint &endpoint, ProbeTarget target)
{
    Monitor monitor;
    monitor.id = target.id;
    monitor.target = std::move(target);
    monitor.kind = endpoint.kind;
    monitor.interval = endpoint.interval;
    monitor.failures = endpoint.failures;
    monitor.recoveries = endpoint.recoveries;
    monitor.grace = endpoint.grace;
    monitor.keepWarm = endpoint.keepWarm;
    return monitor;
}

} // namespace

Result<Monitor> monitorFor(const Backend &backend, const HealthEndpoint &endpoint, const PlatformCatalogue *catalogue)
{
    Result<ProbeTarget> target = probeTargetFor(backend, endpoint);
    if (!target)
        return tl::unexpected(target.error());
    Monitor monitor = monitorOf(endpoint, *std::move(target));
    monitor.group = backend.name;
    monitor.name = backend.name + QLatin1Char(' ') + endpoint.label();
    const Platform *platform = catalogue ? catalogue->find(backend.platform) : nullptr;
    // Which plan it is on is not known here: where it never sleeps, the rule never applies.
    if (platform && platform->free.available && platform->free.idleStop > Milliseconds(0))
        monitor.sleep = Monitor::Sleep{platform->free.idleStop, platform->free.wakeUp};
    return monitor;
}

Result<Monitor> monitorFor(const FreeMonitor &free)
{
    Result<ProbeTarget> target = probeTargetFor(free);
    if (!target)
        return tl::unexpected(target.error());
    Monitor monitor = monitorOf(free.endpoint, *std::move(target));
    monitor.group = free.group;
    monitor.name = free.name;
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
    for (const FreeMonitor &free : workspace.monitors) {
        Result<Monitor> monitor = monitorFor(free);
        if (!monitor)
            return tl::unexpected(monitor.error());
        monitors.append(*std::move(monitor));
    }
    return monitors;
}

} // namespace Switchyard
