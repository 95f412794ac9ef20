// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace Switchyard {

/// A file to be written, by its path below the folder.
struct WrittenFile
{
    QString path;
    QByteArray text;
    /// Permissions such as 0600 or 0755; 0: those of the file that stands there, or what the umask gives.
    int mode = 0;
};

/// Writes files below a folder, which is made where it is missing: all of them or none. Each is first written beside
/// its place; only when every one is there are they renamed, and those that were renamed are put back when a later one
/// cannot be. A file that has the same contents, and the mode that is asked for, is left alone. Errors: usage where a
/// path would leave the folder or a folder stands where a file should; io where the disk refuses. Thread: any; blocks.
[[nodiscard]] Result<void> writeFileSet(const QString &folder, const QList<WrittenFile> &files);

/// Permissions of what stands at a path, as chmod takes them; -1 where nothing does. Thread: any; blocks.
[[nodiscard]] int fileMode(const QString &path);

} // namespace Switchyard
