// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/convert.h"
#include "models/manifests/targetplaces.h"

#include <memory>

namespace Switchyard {

/// A manifest as it stands in an editor.
struct ManifestDraft
{
    QString file;
    QByteArray text;
    QMap<QString, int> modes;               ///< as LintSubject::modes
    bool convert = true;                    ///< false: it is only linted
    QMap<QString, QByteArray> scripts = {}; ///< as LintSubject::scripts
};

/// What drafts come to: findings always, a conversion only where every draft that takes part could be read, because
/// half of the sources would look like a conversion that lost the rest.
struct DraftReading
{
    QList<Finding> findings;
    QList<Error> problems; ///< drafts that cannot be read, with their place
    bool broken = false;   ///< one of `problems` keeps the drafts from being converted
    std::shared_ptr<const Conversion> conversion;
    TargetPlaces places;                            ///< of the conversion's files
    QMap<QString, QList<LossComment>> lossComments; ///< by path of the written file
    double milliseconds = 0;                        ///< how long it took
};

/// Lints and converts. Thread: any.
DraftReading readDrafts(const QList<ManifestDraft> &drafts, ConvertTarget target);

} // namespace Switchyard
