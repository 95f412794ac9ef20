// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/platforms/platform.h"

#include <QFileInfo>

namespace Switchyard::Cli {

std::optional<Workspace> readWorkspace(const Global &global)
{
    const QString path = global.workspace.isEmpty() ? QStringLiteral("switchyard.toml") : global.workspace;
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue) {
        reportError(catalogue.error());
        return std::nullopt;
    }
    auto workspace = loadWorkspace(path, catalogue->ids());
    if (workspace)
        return *std::move(workspace);
    for (const Error &error : workspace.error())
        reportError(error);
    return std::nullopt;
}

} // namespace Switchyard::Cli
