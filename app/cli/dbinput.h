// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/connectionstring.h"

namespace Switchyard::Cli {

/// `url`: a reference, or a string without secret; `token`: a reference, or empty. Blocks on what references lead to.
/// Errors (usage): the string carries a secret; those of resolveSecret().
[[nodiscard]] Result<ConnectionInput> connectionInput(const QString &url, const QString &token);

} // namespace Switchyard::Cli
