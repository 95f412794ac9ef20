// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/dbinput.h"
#include "models/database/watch/productiondatabase.h"

namespace Switchyard::Cli {

/// The production backend that a database to be written to belongs to: the one it was named by, or where a workspace is
/// at hand, the one whose database the string `text` leads to. Nothing: none. Errors (usage): there is a workspace and
/// it cannot be read.
[[nodiscard]] Result<std::optional<Backend>> productionBackend(const Global &global, const QString &text,
                                                               const DatabaseArgument &database, SamePlace what);

} // namespace Switchyard::Cli
