// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/lint.h"

#include <QByteArray>
#include <QJsonArray>
#include <QStringList>

namespace Switchyard {

/// The platforms that manifests are written for.
enum class ConvertTarget
{
    Render,
    Fly,
    Compose,
    Vercel
};
QString convertTargetName(ConvertTarget target); ///< "render", "fly", "compose", "vercel"
std::optional<ConvertTarget> convertTargetNamed(const QString &name);
const QStringList &convertTargetNames();

/// What manifests become on another platform.
struct Conversion
{
    Written written; ///< files of the target with loss comments; none where the sources describe nothing it can carry
    /// What became of each key of each source, in the order of files and lines. Keys of values that are secrets are
    /// named, their values never.
    QList<KeyFate> loss;
    QList<Error> problems;  ///< values of the sources that could not be understood (usage, with place)
    bool described = false; ///< whether the sources describe anything at all
    QStringList notes; ///< what a person should know about the whole: nothing to deploy, files that were left aside

    qsizetype count(KeyOutcome outcome) const;
};

/// Manifests are converted together: one that describes services (render.yaml, fly.toml, compose, vercel.json,
/// netlify.toml) gives them, a Dockerfile or Procfile beside it fills in what it leaves open. Thread: any.
Conversion convertManifests(const QList<LintSubject> &subjects, ConvertTarget target);

/// What became of each key, as loss.json and the report of a delivery list it.
[[nodiscard]] QJsonArray lossToJson(const QList<KeyFate> &fates);

/// The loss report as `manifest convert` writes it to loss.json and prints it: schema manifest-convert.
QByteArray lossReport(const Conversion &conversion, ConvertTarget target);

} // namespace Switchyard
