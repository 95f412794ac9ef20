// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/probe.h"

namespace Switchyard {

/// PostgreSQL: names, TCP and TLS by connections of our own, so that every refusal has its exact reason; then libpq,
/// on a second connection to the same address, for authentication and what follows. With several hosts each in turn, as
/// libpq does: the first that can be reached, takes connections and meets target_session_attrs. Only called by
/// probeDatabase().
[[nodiscard]] DatabaseReport probePostgres(const ConnectionString &connection, const DatabaseProbeOptions &options);

} // namespace Switchyard
