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

QList<Monitor> monitorsWithProblems(const Workspace &workspace, const PlatformCatalogue *catalogue)
{
    QList<Monitor> monitors;
    // What cannot be resolved are references: without them it has at least its name and place.
    const auto add = [&monitors](const auto &make, const HealthEndpoint &endpoint) {
        Result<Monitor> monitor = make(endpoint);
        if (monitor) {
            monitors.append(*std::move(monitor));
            return;
        }
        HealthEndpoint bare = endpoint;
        bare.headers.clear();
        bare.body = {};
        Monitor broken = make(bare).value_or(Monitor());
        broken.problem = monitor.error();
        monitors.append(std::move(broken));
    };
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health)
            add([&](const HealthEndpoint &of) { return monitorFor(backend, of, catalogue); }, endpoint);
    }
    for (const FreeMonitor &free : workspace.monitors) {
        add(
            [&free](const HealthEndpoint &of) {
                FreeMonitor changed = free;
                changed.endpoint = of;
                return monitorFor(changed);
            },
            free.endpoint);
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
