// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/dbtunnel.h"

namespace Switchyard::Cli {

Result<void> openTunnel(Tunnel &tunnel, const DatabaseArgument &database, const CancelFlag &cancelled)
{
    if (!database.endpoint || database.endpoint->tunnel.isEmpty())
        return {};
    TunnelOptions options;
    options.cancelled = cancelled;
    Result<void> opened = tunnel.open(database.endpoint->tunnel, database.connection, options);
    if (!opened)
        opened.error().message = QStringLiteral("the tunnel of %1: %2").arg(database.name, opened.error().message);
    return opened;
}

} // namespace Switchyard::Cli
