// SPDX-License-Identifier: GPL-3.0-or-later
// What the workspace says to the adviser, and the commands that follow from the advice. Pure functions.
#pragma once

#include "models/database/access/accessadvice.h"
#include "models/workspace/workspace.h"

namespace Switchyard {

struct ConnectionString;

/// Backend, region, stage and database as the workspace has them. `platform` is nullptr where the catalogue does not
/// know the backend's; `database` nullptr: none is meant. Whose list it is stays to be told.
[[nodiscard]] AccessInput accessInputOf(const Backend &backend, const DatabaseEndpoint *database,
                                        const PlatformCatalogue &catalogue);
/// Whose list it is, and the host, by the connection string.
void tellConnection(const ConnectionString &connection, AccessInput *input);

/// A command of switchyard-cli as it can be pasted into a shell. It holds no secret: where one is needed there is a
/// reference to a variable, and where this program does not know a value, a word in capitals.
struct AccessCommand
{
    QString id;      ///< "advice", "list", "add", "add-yes", "self", "status", "remove"
    QString purpose; ///< what it does, a few words
    QString line;
};

/// Where the input came from, so that a command can name it.
struct AccessOrigin
{
    QString workspace;         ///< file; empty: none, and the commands say by themselves what it would have said
    QString list;              ///< file
    QString outbound;          ///< file; empty: the addresses were written by hand
    bool platformTold = false; ///< by a person, in place of the workspace's
    bool planTold = false;     ///< of the database, the same
};

/// "advice" prints accessAdviceToText() of the same input. The others ask and change the list of Atlas; for other
/// services there are none, since this program does not change their lists.
[[nodiscard]] QList<AccessCommand> accessCommands(const AccessInput &input, const AccessOrigin &origin);

} // namespace Switchyard
