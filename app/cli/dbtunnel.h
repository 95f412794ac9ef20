// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/dbinput.h"
#include "models/database/watch/tunnel.h"

namespace Switchyard::Cli {

/// Opens the tunnel that the workspace gives the database; without one it does nothing. Blocks, for a worker thread.
/// Errors: those of Tunnel::open(), with the database's name before them.
[[nodiscard]] Result<void> openTunnel(Tunnel &tunnel, const DatabaseArgument &database, const CancelFlag &cancelled);

} // namespace Switchyard::Cli
