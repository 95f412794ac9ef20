// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"

#include <functional>

namespace CLI {
class App;
}

namespace Switchyard::Cli {

/// What the commands of databases were given.
struct DatabaseCommands
{
    DbLintOptions lint;
    DbProbeOptions probe;
    DbWatchOptions watch;
    DbCompareOptions compare;
    DbCopyOptions copy;
    DbAccessOptions access;
    DbAccessListOptions accessList;
    DbMigrationsOptions migrations;
};

/// `db` with its commands. All three must outlive the parsing; `run` becomes what the given one does.
void addDatabaseCommands(CLI::App &app, const Global &global, DatabaseCommands &all, std::function<int()> &run);

} // namespace Switchyard::Cli
