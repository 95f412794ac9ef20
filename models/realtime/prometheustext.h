// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QMap>
#include <QString>

#include <optional>

namespace Switchyard {

/// A series as a workspace names it: `name{label='value'}`, quotes single or double.
struct SeriesSelector
{
    QString name;
    QMap<QString, QString> labels;
};

/// Errors (usage): no metric name, a label without a quoted value.
[[nodiscard]] Result<SeriesSelector> parseSeriesSelector(const QString &text);

/// One sample line of the Prometheus text format 0.0.4; nothing for comments, blank lines and what is no sample.
struct SeriesSample
{
    QString name;
    QMap<QString, QString> labels;
    double value = 0; ///< may be infinite or not a number
};
[[nodiscard]] std::optional<SeriesSample> parseSampleLine(QByteArrayView line);

/// The sum over every series that has the name and at least these labels. Errors: usage (the selector's spelling),
/// protocol (no such series, or none with a finite value).
[[nodiscard]] Result<double> prometheusValue(const QByteArray &text, const QString &selector);

} // namespace Switchyard
