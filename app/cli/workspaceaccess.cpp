// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/health/platformprofile.h"
#include "models/manifests/deployfacts.h"
#include "models/platforms/platform.h"

#include <QFileInfo>

namespace Switchyard::Cli {

namespace {

std::optional<Workspace> readBy(const PlatformCatalogue &catalogue, const Global &global)
{
    const QString path = global.workspace.isEmpty() ? QStringLiteral("switchyard.toml") : global.workspace;
    auto workspace = loadWorkspace(path, catalogue.ids());
    if (workspace)
        return *std::move(workspace);
    for (const Error &error : workspace.error())
        reportError(error);
    return std::nullopt;
}

} // namespace

std::optional<Workspace> readWorkspace(const Global &global)
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (catalogue)
        return readBy(*catalogue, global);
    reportError(catalogue.error());
    return std::nullopt;
}

std::optional<Workspace> readRuledWorkspace(const Global &global)
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue) {
        reportError(catalogue.error());
        return std::nullopt;
    }
    std::optional<Workspace> workspace = readBy(*catalogue, global);
    if (workspace)
        applyPlatformRules(&*workspace, *catalogue, [&](const Backend &backend, const Platform &platform) {
            return backendServiceFacts(*workspace, backend, platform);
        });
    return workspace;
}

} // namespace Switchyard::Cli
