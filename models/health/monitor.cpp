// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitor.h"

#include "models/health/targets.h"
#include "models/platforms/platform.h"

#include <QHash>

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
    monitor.profile = endpoint.applied;
    if (endpoint.applied && endpoint.applied->unroutedAfter && !endpoint.states(QLatin1StringView("failures")) &&
        *endpoint.applied->unroutedAfter > Milliseconds(0))
        monitor.downAfter = endpoint.applied->unroutedAfter;
    return monitor;
}

std::optional<Monitor::Sleep> sleepOf(const Backend &backend, const Platform &platform)
{
    if (backend.sleeps && !*backend.sleeps)
        return std::nullopt;
    const bool byPlan = platform.free.available && platform.free.idleStop > Milliseconds(0);
    const bool byManifest = platform.sleep.idleStop > Milliseconds(0);
    if (!byPlan && !byManifest)
        return std::nullopt;
    // Where nobody tells, it may: then the words say that it is assumed.
    if (byPlan)
        return Monitor::Sleep{platform.free.idleStop, platform.free.wakeUp, backend.sleepsFrom};
    return Monitor::Sleep{platform.sleep.idleStop, platform.sleep.wakeUp, backend.sleepsFrom};
}

Result<Monitor> make(const Backend &backend, const HealthEndpoint &endpoint, const PlatformCatalogue *catalogue,
                     const TextResolver &resolve)
{
    Result<ProbeTarget> target = probeTargetFor(backend, endpoint, resolve);
    if (!target)
        return tl::unexpected(target.error());
    Monitor monitor = monitorOf(endpoint, *std::move(target));
    monitor.group = backend.name;
    monitor.name = backend.name + QLatin1Char(' ') + endpoint.label();
    if (const Platform *platform = catalogue ? catalogue->find(backend.platform) : nullptr)
        monitor.sleep = sleepOf(backend, *platform);
    return monitor;
}

Result<Monitor> make(const FreeMonitor &free, const TextResolver &resolve)
{
    Result<ProbeTarget> target = probeTargetFor(free, resolve);
    if (!target)
        return tl::unexpected(target.error());
    Monitor monitor = monitorOf(free.endpoint, *std::move(target));
    monitor.group = free.group;
    monitor.name = free.name;
    return monitor;
}

/// What cannot be resolved: without it a monitor has at least its name and place.
HealthEndpoint bareOf(const HealthEndpoint &endpoint)
{
    HealthEndpoint bare = endpoint;
    bare.headers.clear();
    bare.body = {};
    bare.applied.reset();
    if (bare.path.isEmpty() && bare.type != EndpointType::Tcp && !bare.profile.isEmpty())
        bare.path = QStringLiteral("/");
    return bare;
}

bool needsPatience(const QString &text)
{
    return isSecretReference(text) && !text.startsWith(QLatin1StringView("env:"));
}

QList<Monitor> allOf(const Workspace &workspace, const PlatformCatalogue *catalogue, const TextResolver &resolve)
{
    QList<Monitor> monitors;
    const auto add = [&monitors](const auto &makeIt, const HealthEndpoint &endpoint) {
        Result<Monitor> monitor = makeIt(endpoint);
        if (monitor) {
            monitors.append(*std::move(monitor));
            return;
        }
        Monitor broken = makeIt(bareOf(endpoint)).value_or(Monitor());
        broken.problem = monitor.error();
        monitors.append(std::move(broken));
    };
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health)
            add([&](const HealthEndpoint &of) { return make(backend, of, catalogue, resolve); }, endpoint);
    }
    for (const FreeMonitor &free : workspace.monitors) {
        add(
            [&](const HealthEndpoint &of) {
                FreeMonitor changed = free;
                changed.endpoint = of;
                return make(changed, resolve);
            },
            free.endpoint);
    }
    return monitors;
}

/// Each reference is looked up once, and a keychain that keeps silent is asked once for all.
TextResolver rememberingResolver()
{
    struct Known
    {
        QHash<QString, Result<QString>> texts;
        std::optional<Error> silent;
    };
    // A keychain's own limit, less what it takes to notice.
    static constexpr Milliseconds patience(25'000);
    return [known = std::make_shared<Known>()](const QString &text) -> Result<QString> {
        if (!isSecretReference(text))
            return text;
        if (const auto found = known->texts.constFind(text); found != known->texts.cend())
            return *found;
        const bool keychain = text.startsWith(QLatin1StringView("keychain:"));
        if (keychain && known->silent)
            return tl::unexpected(*known->silent);
        const Instant asked = Clock::now();
        Result<QString> value = resolveText(text);
        if (keychain && !value && Clock::now() - asked >= patience)
            known->silent = value.error();
        known->texts.insert(text, value);
        return value;
    };
}

} // namespace

Error waitingForSecret()
{
    return Error{ErrorKind::Auth,
                 QStringLiteral("waiting for its secret"),
                 QStringLiteral("a file or the keychain is being read; a locked keychain asks for its password"),
                 {}};
}

Result<Monitor> monitorFor(const Backend &backend, const HealthEndpoint &endpoint, const PlatformCatalogue *catalogue)
{
    return make(backend, endpoint, catalogue, &resolveText);
}

Monitor monitorOf(const HealthEndpoint &endpoint, ProbeTarget target, const QString &name)
{
    Monitor monitor = monitorOf(endpoint, std::move(target));
    monitor.name = name;
    return monitor;
}

Result<Monitor> monitorFor(const FreeMonitor &free)
{
    return make(free, &resolveText);
}

QList<Monitor> monitorsWithProblems(const Workspace &workspace, const PlatformCatalogue *catalogue)
{
    return allOf(workspace, catalogue, rememberingResolver());
}

QList<Monitor> monitorsBeforeSecrets(const Workspace &workspace, const PlatformCatalogue *catalogue)
{
    QList<Monitor> monitors = allOf(workspace, catalogue, [](const QString &text) -> Result<QString> {
        return needsPatience(text) ? tl::unexpected(waitingForSecret()) : resolveText(text);
    });
    // Not "header X: waiting …": it is no fault of the header.
    for (Monitor &monitor : monitors) {
        if (monitor.problem && monitor.problem->message.endsWith(waitingForSecret().message)) {
            monitor.problem = waitingForSecret();
            monitor.waits = true;
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
