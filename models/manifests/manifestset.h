// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/lint.h"

namespace Switchyard {

/// Files as a person names them, ready to be linted: read, their format found, parsed. One that cannot be read or is
/// broken is a problem (usage or io, with its place) and does not keep the others from being read. Files of a folder
/// are not sought: each is named. Thread: any; blocks on the files and, for the run bits of scripts, on git.
struct ManifestSet
{
    QList<LintSubject> subjects;
    QList<Error> problems;
};
[[nodiscard]] ManifestSet readManifestSet(const QStringList &files);

} // namespace Switchyard
