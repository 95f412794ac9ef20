// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/health/sample.h"
#include "models/workspace/workspace.h"

namespace Switchyard {

/// What to probe for one health endpoint of a backend. The id is "backend kind path", unique within a workspace.
/// Header values that are references are resolved now, so this may block on a file. The instance is looked for in the
/// backend's header, and in the body where the endpoint's path is the one the backend names for it.
/// Errors: those of resolveSecret(), naming the header; usage where the backend has no URL.
[[nodiscard]] Result<ProbeTarget> probeTargetFor(const Backend &backend, const HealthEndpoint &endpoint);

} // namespace Switchyard
