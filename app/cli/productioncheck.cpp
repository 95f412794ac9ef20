// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/productioncheck.h"

#include "app/cli/commands.h"

#include <QFileInfo>

namespace Switchyard::Cli {

Result<std::optional<Backend>> productionBackend(const Global &global, const QString &text,
                                                 const DatabaseArgument &database, SamePlace what)
{
    if (database.backend && database.backend->isProduction())
        return database.backend;
    if (global.workspace.isEmpty() && !QFileInfo::exists(QStringLiteral("switchyard.toml")))
        return std::optional<Backend>();
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return fail(ErrorKind::Usage,
                    QStringLiteral("the workspace cannot be read, so whether this is a production database cannot be "
                                   "told: %1")
                        .arg(database.name));
    DatabaseEndpoint given;
    given.url = text;
    const Backend *found =
        productionBackendOf(*workspace, database.endpoint.value_or(given), database.connection, what);
    return found ? std::optional(*found) : std::nullopt;
}

} // namespace Switchyard::Cli
