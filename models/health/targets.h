// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/health/sample.h"
#include "models/workspace/workspace.h"

#include <functional>

namespace Switchyard {

/// What stands behind a text that may be a reference: resolveText() or something that remembers.
using TextResolver = std::function<Result<QString>(const QString &)>;

/// What to probe for one health endpoint of a backend. The id is "backend kind path", unique within a workspace.
/// References in headers and body are resolved now, so this may block on a file. The instance is looked for in the
/// backend's header, and in the body where the endpoint's path is the one the backend names for it.
/// Errors: those of resolveSecret(), naming the header or body; usage where the backend has no URL.
[[nodiscard]] Result<ProbeTarget> probeTargetFor(const Backend &backend, const HealthEndpoint &endpoint,
                                                 const TextResolver &resolve = &resolveText);

/// The same for a monitor that belongs to no backend. The id is "monitor/NAME".
[[nodiscard]] Result<ProbeTarget> probeTargetFor(const FreeMonitor &monitor,
                                                 const TextResolver &resolve = &resolveText);

/// What of a platform's check no key of the workspace says: its headers, where the target has none of that name, and
/// how it takes certificates and 429.
void followProfile(const PlatformProfile &profile, ProbeTarget *target);

/// When the n-th (from 0) of `count` monitors of one interval is to begin, so that their probes are spread evenly over
/// it. Pure. 0 where n is not one of them.
[[nodiscard]] Microseconds phaseOf(int n, int count, Microseconds interval);

} // namespace Switchyard
