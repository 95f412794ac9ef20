// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/output.h"
#include "models/database/strings/connectionstring.h"
#include "models/workspace/workspace.h"

#include <optional>

namespace Switchyard::Cli {

/// `url`: a reference, or a string without secret; `token`: a reference, or empty. Blocks on what references lead to.
/// Errors (usage): the string carries a secret; those of resolveSecret().
[[nodiscard]] Result<ConnectionInput> connectionInput(const QString &url, const QString &token);

/// A database as an argument of `db compare` and `db copy` names it.
struct DatabaseArgument
{
    QString name; ///< as reported: BACKEND/NAME, the reference, or the string without secret
    ConnectionString connection;
    std::optional<Backend> backend;           ///< of the workspace, where it was named by that
    std::optional<DatabaseEndpoint> endpoint; ///< of the workspace, where it was named by that: tunnel, use, plan
};

/// `text`: a reference, a string without secret, or BACKEND/NAME of the workspace's [[backend.database]]. Errors
/// (usage): those of connectionInput() and parseConnectionString(), and a backend without a database of that name.
[[nodiscard]] Result<DatabaseArgument> databaseArgument(const Global &global, const QString &text,
                                                        const QString &token = {});

/// The one folder "versions" of Alembic that is meant by a repository or that folder itself; empty for nothing. Errors
/// (usage): it has several, or none with migrations.
[[nodiscard]] Result<QString> migrationsFolder(const QString &given);

} // namespace Switchyard::Cli
