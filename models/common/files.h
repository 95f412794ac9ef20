// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>

namespace Switchyard {

/// Reads a whole regular file of at most maxBytes. Errors: usage (missing, a folder, too large), io.
[[nodiscard]] Result<QByteArray> readFile(const QString &path, qint64 maxBytes = 1 << 20);

/// Writes to a temporary file beside the target and renames it: the target holds the old or the new text, never half.
/// Mode of a new file: 0600 when `privateFile`, else by umask; an existing file keeps its own.
[[nodiscard]] Result<void> writeFileAtomically(const QString &path, const QByteArray &content, bool privateFile = false);

} // namespace Switchyard
