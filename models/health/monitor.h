// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/health/sample.h"
#include "models/workspace/workspace.h"

#include <QList>

#include <memory>
#include <optional>

namespace Switchyard {

/// One target that is probed again and again, and the rules by which it is called down and up. A value type.
struct Monitor
{
    QString id;    ///< that of its target, unique within a workspace
    QString group; ///< name of its backend, or what a free monitor says; may be empty
    QString name;  ///< for people: "render /health"
    ProbeTarget target;
    std::optional<Error> problem; ///< why it cannot be probed, such as a reference that leads nowhere
    bool waits = false;           ///< its problem is only that its secret is not there yet
    EndpointKind kind = EndpointKind::Health;
    Milliseconds interval{30'000}; ///< 50 ms to 1 day
    int failures = 3;              ///< in a row, before it is down
    int recoveries = 2;            ///< good answers in a row, before it is up again
    Milliseconds grace{60'000};    ///< after a deploy begins: failures are recorded, but alert nobody
    std::optional<Milliseconds>
        keepWarm; ///< a request at least so often, so that the platform does not put it to sleep
    /// Where the platform stops instances that nobody asks for anything.
    struct Sleep
    {
        Milliseconds idle{0}; ///< after so long without a request
        Milliseconds wake{0}; ///< the next one then takes about so long
        QString from;         ///< what says so: "plan: free at render.yaml:12"; empty: nobody, it is assumed
    };
    std::optional<Sleep> sleep; ///< nothing: it does not sleep
    /// Judged by a platform's rules; nullptr: by its own.
    std::shared_ptr<const PlatformProfile> profile;
    std::optional<Milliseconds> downAfter; ///< failures in a row for so long are down, however many; else `failures`

    /// What of its address tells it from the others of its group.
    QString path() const
    {
        // A free monitor's name does not begin with its group.
        return !group.isEmpty() && name.startsWith(group + QLatin1Char(' ')) ? name.mid(group.size() + 1) : name;
    }

    /// Series of the history that its samples go to.
    QString series() const { return QStringLiteral("health/") + id; }
};

class PlatformCatalogue;

/// Every monitor of the workspace: the health endpoints of each backend in file order, then the free ones. References
/// in headers are resolved, so this may block on a file or a keychain. `catalogue` tells which platforms let instances
/// sleep; without it none does. Whether a backend's own do, and what a profile comes to, applyPlatformRules() has put
/// into the workspace before.
/// Errors: those of probeTargetFor().
[[nodiscard]] Result<QList<Monitor>> monitorsOf(const Workspace &workspace,
                                                const PlatformCatalogue *catalogue = nullptr);

/// The same, but one that cannot be probed has its problem, and the others are there.
[[nodiscard]] QList<Monitor> monitorsWithProblems(const Workspace &workspace,
                                                  const PlatformCatalogue *catalogue = nullptr);

/// The same without looking behind a reference: those that need a file or a keychain have the problem that they wait
/// for it. Blocks on nothing.
[[nodiscard]] QList<Monitor> monitorsBeforeSecrets(const Workspace &workspace,
                                                   const PlatformCatalogue *catalogue = nullptr);

/// Of one endpoint of one backend.
[[nodiscard]] Result<Monitor> monitorFor(const Backend &backend, const HealthEndpoint &endpoint,
                                         const PlatformCatalogue *catalogue = nullptr);

/// Of a target that stands in no workspace, by the rules of an endpoint.
[[nodiscard]] Monitor monitorOf(const HealthEndpoint &endpoint, ProbeTarget target, const QString &name);

/// Of one that belongs to no backend.
[[nodiscard]] Result<Monitor> monitorFor(const FreeMonitor &free);

} // namespace Switchyard
