// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/finding.h"
#include "models/manifests/formats.h"

#include <QList>
#include <QString>

namespace Switchyard {

/// All rules, sorted by id.
const QList<LintRule> &lintRules();

/// A manifest and what lies beside it, as far as the caller could tell.
struct LintSubject
{
    ReadManifest manifest;
    QByteArray text;
    /// Git's mode of files that the manifest runs, where it is known: "build.sh" -> 0100644.
    QMap<QString, int> modes;
    /// Texts of shell scripts that the manifest's commands name, as far as they could be read; keys as in `modes`.
    QMap<QString, QByteArray> scripts;
};

/// Findings in the order of files and lines. Manifests are linted together, because some rules compare them (a health
/// check's port with the Dockerfile's). Thread: any.
QList<Finding> lintManifests(const QList<LintSubject> &subjects);

} // namespace Switchyard
