// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Whose database a connection string leads to, by what stands in it: nothing is looked up or connected to.

#include "models/database/strings/connectionstring.h"
#include "models/workspace/workspace.h"

namespace Switchyard {

/// How much of two places has to be the same.
enum class SamePlace
{
    Database,
    Server ///< whatever its databases are called
};

/// Whether both lead to one place by their hosts, ports and databases. Names of hosts count without regard to case, all
/// of the loopback as one, the pooled and the direct name of one Neon, Render or Supabase database too; a port that
/// poolers have as any other. Two names that only DNS knows to be one are not seen.
[[nodiscard]] bool leadToSamePlace(const ConnectionString &one, const ConnectionString &other, SamePlace what);

/// The production backend of the workspace that `target` (its `url` as it was given, its tunnel) belongs to: by the
/// same reference, or by leadToSamePlace() with a database of that backend. nullptr: none that can be told. Databases
/// whose reference cannot be read are compared by that only; standard input is not read. Blocks as resolveSecret()
/// does.
[[nodiscard]] const Backend *productionBackendOf(const Workspace &workspace, const DatabaseEndpoint &target,
                                                 const ConnectionString &connection, SamePlace what);

} // namespace Switchyard
