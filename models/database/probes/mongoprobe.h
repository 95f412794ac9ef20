// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/probe.h"

namespace Switchyard {

/// MongoDB in stages: SRV and TXT, names, TCP and TLS of every member on connections of ours, then login and commands
/// by libmongoc over the one that a driver would write to. Only called by probeDatabase().
[[nodiscard]] DatabaseReport probeMongo(const ConnectionString &connection, const DatabaseProbeOptions &options);

} // namespace Switchyard
