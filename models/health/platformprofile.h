// SPDX-License-Identifier: GPL-3.0-or-later
// A monitor that judges as the platform does: the catalogue's rules, the checks of the manifest, and what the workspace
// says otherwise.
#pragma once

#include "models/platforms/platform.h"
#include "models/workspace/workspace.h"

#include <functional>
#include <optional>

namespace Switchyard {

/// What a backend's manifest says, or why it could not be read; nothing: it has none, or none of this platform.
using ManifestReader = std::function<std::optional<Result<ServiceFacts>>(const Backend &, const Platform &)>;

/// Puts into the endpoint what the platform's check is, in every key that the workspace does not state, and says in
/// `applied` which rule came from where, and what differs. `manifest`: nothing where there is none. An endpoint of no
/// profile stays as it is. Pure.
void applyProfile(HealthEndpoint *endpoint, const Platform &platform,
                  const std::optional<Result<ServiceFacts>> &manifest);

/// Does so for every endpoint and monitor of the workspace, and tells each backend whether its instances sleep. Each
/// manifest that is needed is read once: blocks on files. Applying it twice changes nothing more.
void applyPlatformRules(Workspace *workspace, const PlatformCatalogue &catalogue, const ManifestReader &read);

/// Whether that would read a manifest.
[[nodiscard]] bool needsManifests(const Workspace &workspace, const PlatformCatalogue &catalogue);

} // namespace Switchyard
