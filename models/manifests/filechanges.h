// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/formats.h"

namespace Switchyard {

/// What writing a file would change in a folder.
struct FileChange
{
    enum class Kind
    {
        New,
        Changed,
        Same,
        Refused ///< what stands there cannot be read: a folder, too large, no permission
    };
    QString path; ///< below the folder
    Kind kind = Kind::New;
    QByteArray before; ///< what stands there now; null for a new file
    QByteArray diff;   ///< unified, empty for Same and Refused
    Error error;       ///< of Refused
};
QString fileChangeName(FileChange::Kind kind); ///< "new", "changed", "same", "refused"

/// One for each file, in their order. Nothing is written. Thread: any; blocks on the files.
QList<FileChange> fileChanges(const QString &folder, const QList<WrittenFile> &files);

} // namespace Switchyard
