// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>

namespace Switchyard {

/// Reads a whole regular file of at most maxBytes. Errors: usage (missing, a folder, too large), io.
[[nodiscard]] Result<QByteArray> readFile(const QString &path, qint64 maxBytes = 1 << 20);

/// Writes to a temporary file beside the target and renames it: the target holds the old or the new text, never half.
/// What is no regular file (a device, a pipe, /dev/stdout) is never replaced: it is written into as it stands, and its
/// mode is its own. A pipe that nobody reads is an error.
/// Mode: 0600 when `privateFile`, also where a wider one was; else an existing file keeps its own and a new one has
/// that of the umask. Makes missing folders. Errors: io.
[[nodiscard]] Result<void> writeFileAtomically(const QString &path, const QByteArray &content,
                                               bool privateFile = false);

} // namespace Switchyard
