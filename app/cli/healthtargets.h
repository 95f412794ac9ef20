// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"
#include "models/health/sample.h"

namespace Switchyard::Cli {

/// The URLs that the options name, each with the request and the expectations that they ask for. Resolves references,
/// so this may block on a file. Empty where no URL is named.
/// Errors: usage (no such address, an option without a meaning for it, a literal secret), those of the references.
[[nodiscard]] Result<QList<ProbeTarget>> requestedTargets(const CheckOptions &options);

} // namespace Switchyard::Cli
