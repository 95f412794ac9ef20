// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One probe a kind; only probeDatabase() calls them.

#include "models/database/probes/probe.h"

namespace Switchyard {

[[nodiscard]] DatabaseReport probeRedis(const ConnectionString &connection, const DatabaseProbeOptions &options);
[[nodiscard]] DatabaseReport probeUpstash(const ConnectionString &connection, const DatabaseProbeOptions &options);
[[nodiscard]] DatabaseReport probeSqlite(const ConnectionString &connection, const DatabaseProbeOptions &options);

} // namespace Switchyard
