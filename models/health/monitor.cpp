// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitor.h"

#include "models/health/targets.h"

namespace Switchyard {

Result<Monitor> monitorFor(const Backend &backend, const HealthEndpoint &endpoint)
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
    return monitor;
}

Result<QList<Monitor>> monitorsOf(const Workspace &workspace)
{
    QList<Monitor> monitors;
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health) {
            Result<Monitor> monitor = monitorFor(backend, endpoint);
            if (!monitor)
                return tl::unexpected(monitor.error());
            monitors.append(*std::move(monitor));
        }
    }
    return monitors;
}

} // namespace Switchyard
