// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/strings/connectionstring.h"
#include "models/database/watch/tunnel.h"
#include "models/workspace/workspace.h"

#include <memory>

namespace Switchyard {

/// The connection string that a workspace's database is given by, read anew from where its references lead, and taken
/// apart. Blocks on the keychain, which may ask a person: for a worker thread. Errors (usage) have the database's
/// place: the references cannot be followed, the text is no connection string.
[[nodiscard]] Result<ConnectionString> readConnection(const DatabaseEndpoint &database);

/// What may be kept of a string while nothing is connected to: neither password nor secret option, nor the text itself.
[[nodiscard]] ConnectionString withoutSecrets(ConnectionString connection);

/// A database of the workspace that can be connected to, for as long as this lives.
struct OpenEndpoint
{
    ConnectionString connection;
    std::shared_ptr<Tunnel> tunnel; ///< nullptr: the workspace names none
};
/// readConnection(), and the tunnel that the workspace names: `kept`, if that still runs, else a new one. Blocking, for
/// a worker thread. Errors: those of both, with the database's place.
[[nodiscard]] Result<OpenEndpoint> openEndpoint(const DatabaseEndpoint &database, const CancelFlag &cancelled,
                                                std::shared_ptr<Tunnel> kept = {});

} // namespace Switchyard
