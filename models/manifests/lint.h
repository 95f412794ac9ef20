// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/formats.h"

#include <QList>
#include <QString>

namespace Switchyard {

enum class Severity
{
    Error,   ///< the platform refuses it, or it does the opposite of what it says
    Warning, ///< it works otherwise than one would think, or will stop working
    Note     ///< worth knowing
};
QString severityName(Severity severity); ///< "error", "warning", "note"

/// What `manifest lint --rules` lists.
struct LintRule
{
    QString id; ///< "fly/kill-signal": format (or "any"), slash, words with hyphens; never reused for another meaning
    Severity severity = Severity::Warning;
    QString title;     ///< what it finds, one line
    QString reason;    ///< why that matters, one or two sentences
    QString source;    ///< page or project that says so
    QStringList facts; ///< ids of the facts it stands for, such as "F-1", "R-ENV-3"
};

struct Finding
{
    QString rule;
    Severity severity = Severity::Warning;
    Place place;
    QString message; ///< what is wrong here, with names but without values that may be secrets
    QString fix;     ///< what to write instead
};

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
