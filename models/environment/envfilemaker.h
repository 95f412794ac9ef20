// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QString>

namespace Switchyard {

/// ".env.render"
QString envFileNameFor(const QString &backend);

/// Makes an empty env file for the backend beside the workspace file, mode 0600, unless it is there, and names it in
/// the workspace file, of which nothing else changes. Gives the file's path. Errors: usage (no such backend, it names
/// a file already), io. Blocks.
[[nodiscard]] Result<QString> addEnvFile(const QString &workspaceFile, const QString &backend);

} // namespace Switchyard
