// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"
#include "models/health/sample.h"

namespace Switchyard::Cli {

struct RequestedTarget
{
    ProbeTarget target;
    HealthEndpoint endpoint; ///< with what --profile came to in `applied`, and the rules of a monitor
};

/// The URLs that the options name, each with the request and the expectations that they ask for, and what the profile
/// makes of them. `rules`: the keys of a monitor that are given beside. Resolves references, and reads the manifest:
/// this may block on a file. Empty where no URL is named.
/// Errors: usage (no such address, an option without a meaning for it, a literal secret, no such platform), those of
/// the references and the manifest.
[[nodiscard]] Result<QList<RequestedTarget>> requestedTargets(const CheckOptions &options,
                                                              const HealthEndpoint &rules = {});

} // namespace Switchyard::Cli
