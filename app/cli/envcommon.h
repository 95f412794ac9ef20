// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands about variables say alike.
#pragma once

#include "app/cli/commands.h"
#include "models/environment/envsources.h"

namespace Switchyard::Cli {

/// What --read-as names. Errors (usage): no program that is known; the hint lists those that are.
[[nodiscard]] Result<EnvDialect> dialectAsked(const QString &readAs);

/// On standard error, a line each.
void tellFindings(const Global &global, const QList<EnvFinding> &findings);

} // namespace Switchyard::Cli
