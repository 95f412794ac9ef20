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

QList<Monitor> monitorsWithProblems(const Workspace &workspace, const PlatformCatalogue *catalogue)
{
    QList<Monitor> monitors;
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health) {
            if (Result<Monitor> monitor = monitorFor(backend, endpoint, catalogue)) {
                monitors.append(*std::move(monitor));
            } else {
                HealthEndpoint bare = endpoint;
                bare.headers.clear();
                Monitor broken = monitorFor(backend, bare, catalogue).value_or(Monitor());
                broken.problem = monitor.error();
                monitors.append(std::move(broken));
            }
        }
    }
    return monitors;
}

Result<QList<Monitor>> monitorsOf(const Workspace &workspace, const PlatformCatalogue *catalogue)
{
    QList<Monitor> monitors = monitorsWithProblems(workspace, catalogue);
    for (const Monitor &monitor : std::as_const(monitors)) {
        if (monitor.problem)
            return tl::unexpected(*monitor.problem);
    }
    return monitors;
}

} // namespace Switchyard
