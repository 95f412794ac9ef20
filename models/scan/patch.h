// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/scantypes.h"

namespace Switchyard {

struct ScanPatch
{
    QByteArray text; ///< unified diff, paths relative to the folder: `git apply` there
    int files = 0;
    int replaced = 0;
    QStringList notices; ///< why something was left
};

/// The replacements that are certain. Left alone: a variable that would have to hold two addresses, files that hold
/// a secret, and files that have changed since the scan. Reads the files, writes none. Blocks on them.
ScanPatch makePatch(const QString &folder, const QList<ScanFinding> &findings);

} // namespace Switchyard
