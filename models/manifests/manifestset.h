// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/lint.h"

namespace Switchyard {

/// Files as a person names them: read, their format found, parsed. One that cannot be read or is broken is a problem
/// (usage or io, with its place) and does not keep the others from being read. Files of a folder are not sought: each
/// is named. Thread: any; blocks on the files.
struct ManifestSet
{
    QList<LintSubject> subjects;
    QList<Error> problems;
};
[[nodiscard]] ManifestSet readManifestSet(const QStringList &files);
/// With the modes and texts of the scripts beside them, which only the lint asks for. Blocks on git too.
[[nodiscard]] ManifestSet readManifestSetForLint(const QStringList &files);

/// The same for one text that is not, or not yet, on the disk; `fileName` says what it is. Errors (usage): broken, with
/// its place, or nothing known here. The modes stay empty. Thread: any.
[[nodiscard]] Result<LintSubject> readManifestText(const QString &fileName, const QByteArray &text);

/// Git's modes of the scripts in and below a folder, as LintSubject::modes wants them; nothing where there is no
/// repository or no git. Thread: any but the GUI's; blocks on git.
[[nodiscard]] QMap<QString, int> scriptModesIn(const QString &folder);

/// Texts of the scripts that its commands name, as LintSubject::scripts wants them: those below the manifest's folder,
/// of 64 KB at most. Thread: any but the GUI's; blocks on the files.
[[nodiscard]] QMap<QString, QByteArray> scriptTextsOf(const LintSubject &subject);

/// The manifests that lie in a folder under their usual names, with full paths. Thread: any; blocks on the folder.
[[nodiscard]] QStringList manifestsIn(const QString &folder);

/// The model of a file, by the reader of its format (formats.h).
ServiceModel readSubject(const LintSubject &subject, Ledger &ledger, QList<Error> &problems);

} // namespace Switchyard
