// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QList>
#include <QMap>
#include <QString>

#include <optional>

namespace Switchyard {

enum class MetricType
{
    Untyped,
    Counter,
    Gauge,
    Histogram,
    Summary
};
/// "untyped", "counter", "gauge", "histogram", "summary".
QString metricTypeName(MetricType type);

struct MetricSample
{
    QString name; ///< with its suffix: request_seconds_bucket
    QMap<QString, QString> labels;
    double value = 0;                  ///< may be infinite or not a number
    std::optional<qint64> timestampMs; ///< since the epoch; absent: the time of the scrape
    int line = 0;
};

struct MetricFamily
{
    QString name;
    QString help;
    MetricType type = MetricType::Untyped;
    bool damaged = false; ///< a line of it could not be read
    QList<MetricSample> samples;
};

/// A whole answer of /metrics.
struct Exposition
{
    bool openMetrics = false;     ///< it ended with `# EOF`
    QList<MetricFamily> families; ///< in the order of the text
    QList<Error> problems;        ///< what breaks the format, with its line; the first 100
    qsizetype problemCount = 0;

    const MetricFamily *find(const QString &family) const;
};

/// Reads the Prometheus text format 0.0.4, and OpenMetrics 1.0 where the text ends with `# EOF` (timestamps are seconds
/// then, exemplars are skipped, and counters have the suffix _total). A line that breaks the format is left out and
/// noted; the others are read. A missing line end at the very end is let pass, as Prometheus does. Time and memory are
/// linear in the text. Pure; any thread.
[[nodiscard]] Exposition parseExposition(const QByteArray &text);

// ---- Histograms and summaries

struct HistogramBucket
{
    double upper = 0; ///< `le`
    double count = 0; ///< of all that are not above it
};

/// One histogram: a family's samples of the same labels but `le`.
struct HistogramSeries
{
    QString name;
    QMap<QString, QString> labels;
    QList<HistogramBucket> buckets; ///< ascending; the counts of equal bounds are added up
    std::optional<double> sum, count;
    bool damaged = false;
};

/// In the order of the text; empty for families of another type.
[[nodiscard]] QList<HistogramSeries> histogramsOf(const MetricFamily &family);

struct SummarySeries
{
    QString name;
    QMap<QString, QString> labels;
    QMap<double, double> quantiles; ///< not a number where the program saw nothing lately
    std::optional<double> sum, count;
};
[[nodiscard]] QList<SummarySeries> summariesOf(const MetricFamily &family);

/// The quantile `q`, 0 to 1, by the rule of Prometheus' histogram_quantile(): linear between the bounds of the bucket
/// in which it lies; the lowest bucket begins at 0, or is its own bound where that is not above 0; in the last bucket
/// (+Inf) the bound below it.
/// Errors: usage (q outside 0 to 1); protocol (a damaged family, fewer than two buckets, no +Inf bucket, counts that
/// fall from one bucket to the next or are no numbers, nothing counted). Prometheus gives NaN, or mends, where this
/// refuses.
[[nodiscard]] Result<double> histogramQuantile(double q, const HistogramSeries &histogram);

/// What was counted between two scrapes. Where any count fell, the program has begun anew, and everything in `after`
/// came since (Prometheus decides that for each bucket by itself, and extrapolates to the ends of its window). Errors:
/// protocol (other labels or bounds).
[[nodiscard]] Result<HistogramSeries> histogramIncrease(const HistogramSeries &before, const HistogramSeries &after);

// ---- What can be charted

enum class SeriesUse
{
    Value,    ///< as it stands: gauges, and what has no type
    Rate,     ///< increase a second: counters
    Quantiles ///< histograms: from two scrapes; summaries: as they stand
};

struct SeriesChoice
{
    QString selector; ///< name{label="value"}, read back by parseSeriesSelector(); of a family where it has quantiles
    QString help;
    MetricType type = MetricType::Untyped;
    SeriesUse use = SeriesUse::Value;
    std::optional<double> value; ///< nothing for histograms and summaries
};

/// Every series that can be charted, in the order of the text. Buckets, sums and counts of histograms and summaries are
/// one entry together.
[[nodiscard]] QList<SeriesChoice> chartSeries(const Exposition &exposition);

/// name{a="b",c="d"}, with the format's escapes; only the name where there are no labels.
/// `without`: a label that is left out, as `le` in the name of a whole histogram.
[[nodiscard]] QString seriesText(const QString &name, const QMap<QString, QString> &labels,
                                 const QString &without = {});

} // namespace Switchyard
