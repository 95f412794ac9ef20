// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/exposition.h"

#include "models/realtime/expositionscanner.h"

#include <QHash>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

/// The series that the sample is a part of, made where there is none yet. `without`: the label that tells its samples
/// apart.
template <typename Series>
Series &seriesOf(QList<Series> &all, QHash<QString, qsizetype> &places, const MetricFamily &family,
                 const MetricSample &sample, const QString &without = {})
{
    const QString key = seriesText(family.name, sample.labels, without);
    const auto known = places.constFind(key);
    if (known != places.cend())
        return all[*known];
    places.insert(key, all.size());
    Series series;
    series.name = family.name;
    series.labels = sample.labels;
    series.labels.remove(without);
    all.append(series);
    return all.last();
}

bool isPart(const MetricSample &sample, const MetricFamily &family, const char *suffix)
{
    return sample.name == family.name + QLatin1StringView(suffix);
}

/// Errors: what makes it no histogram.
Result<void> checked(const HistogramSeries &histogram)
{
    const QString name = seriesText(histogram.name, histogram.labels);
    const QList<HistogramBucket> &buckets = histogram.buckets;
    if (histogram.damaged)
        return fail(ErrorKind::Protocol, QStringLiteral("a line of the histogram %1 is broken").arg(name));
    if (buckets.isEmpty())
        return fail(ErrorKind::Protocol, QStringLiteral("the histogram %1 has no buckets").arg(name));
    if (!std::isinf(buckets.last().upper) || buckets.last().upper < 0)
        return fail(ErrorKind::Protocol, QStringLiteral("the histogram %1 has no bucket +Inf").arg(name));
    if (buckets.size() < 2)
        return fail(ErrorKind::Protocol, QStringLiteral("the histogram %1 has no bucket but +Inf").arg(name));
    double below = 0;
    for (const HistogramBucket &bucket : buckets) {
        if (!std::isfinite(bucket.count) || bucket.count < below)
            return fail(ErrorKind::Protocol,
                        QStringLiteral("the bucket %1 of %2 counts less than the one below it")
                            .arg(QString::number(bucket.upper), name),
                        QStringLiteral("the program changes it while it is read, or several processes share it"));
        below = bucket.count;
    }
    return {};
}

} // namespace

QList<HistogramSeries> histogramsOf(const MetricFamily &family)
{
    QList<HistogramSeries> all;
    if (family.type != MetricType::Histogram)
        return all;
    QHash<QString, qsizetype> places;
    const QString le = QStringLiteral("le");
    for (const MetricSample &sample : family.samples) {
        if (isPart(sample, family, "_bucket"))
            seriesOf(all, places, family, sample, le)
                .buckets.append(
                    {ExpositionScanner::number(sample.labels.value(le).toUtf8()).value_or(0), sample.value});
        else if (isPart(sample, family, "_sum") || isPart(sample, family, "_gsum"))
            seriesOf(all, places, family, sample).sum = sample.value;
        else if (isPart(sample, family, "_count") || isPart(sample, family, "_gcount"))
            seriesOf(all, places, family, sample).count = sample.value;
    }
    for (HistogramSeries &series : all) {
        series.damaged = family.damaged;
        QList<HistogramBucket> &buckets = series.buckets;
        std::stable_sort(buckets.begin(), buckets.end(),
                         [](const HistogramBucket &a, const HistogramBucket &b) { return a.upper < b.upper; });
        // "1" and "1.0" are two labels, but one bound.
        for (qsizetype i = buckets.size() - 1; i > 0; --i) {
            if (buckets[i].upper != buckets[i - 1].upper)
                continue;
            buckets[i - 1].count += buckets[i].count;
            buckets.removeAt(i);
        }
    }
    return all;
}

QList<SummarySeries> summariesOf(const MetricFamily &family)
{
    QList<SummarySeries> all;
    if (family.type != MetricType::Summary)
        return all;
    QHash<QString, qsizetype> places;
    const QString quantile = QStringLiteral("quantile");
    for (const MetricSample &sample : family.samples) {
        if (sample.name == family.name) {
            seriesOf(all, places, family, sample, quantile)
                .quantiles.insert(ExpositionScanner::number(sample.labels.value(quantile).toUtf8()).value_or(0),
                                  sample.value);
        } else if (isPart(sample, family, "_sum")) {
            seriesOf(all, places, family, sample).sum = sample.value;
        } else if (isPart(sample, family, "_count")) {
            seriesOf(all, places, family, sample).count = sample.value;
        }
    }
    return all;
}

Result<double> histogramQuantile(double q, const HistogramSeries &histogram)
{
    if (!(q >= 0 && q <= 1))
        return fail(ErrorKind::Usage, QStringLiteral("%1 is no quantile").arg(q), QStringLiteral("0 to 1"));
    if (const Result<void> good = checked(histogram); !good)
        return tl::unexpected(good.error());
    const QList<HistogramBucket> &buckets = histogram.buckets;
    const qsizetype last = buckets.size() - 1;
    const double all = buckets[last].count;
    if (all <= 0)
        return fail(
            ErrorKind::Protocol,
            QStringLiteral("the histogram %1 has counted nothing").arg(seriesText(histogram.name, histogram.labels)));
    const double rank = q * all;
    const auto in =
        std::lower_bound(buckets.begin(), buckets.begin() + last, rank,
                         [](const HistogramBucket &bucket, double wanted) { return bucket.count < wanted; });
    const qsizetype at = in - buckets.begin();
    if (at == last)
        return buckets[last - 1].upper;
    if (at == 0 && buckets[0].upper <= 0)
        return buckets[0].upper;
    const double from = at > 0 ? buckets[at - 1].upper : 0;
    const double before = at > 0 ? buckets[at - 1].count : 0;
    const double within = buckets[at].count - before;
    // Only where q is 0 and the first bucket is empty: Prometheus divides by nothing there and has no number.
    if (within <= 0)
        return from;
    return from + (buckets[at].upper - from) * ((rank - before) / within);
}

Result<HistogramSeries> histogramIncrease(const HistogramSeries &before, const HistogramSeries &after)
{
    const auto sameBound = [](const HistogramBucket &a, const HistogramBucket &b) { return a.upper == b.upper; };
    if (before.name != after.name || before.labels != after.labels ||
        !std::equal(before.buckets.begin(), before.buckets.end(), after.buckets.begin(), after.buckets.end(),
                    sameBound))
        return fail(ErrorKind::Protocol,
                    QStringLiteral("%1 has other buckets than before").arg(seriesText(after.name, after.labels)),
                    QStringLiteral("another version of the program answers; the next two scrapes will do"));
    bool fell = before.count && after.count && *after.count < *before.count;
    for (qsizetype i = 0; i < after.buckets.size(); ++i)
        fell = fell || after.buckets[i].count < before.buckets[i].count;
    HistogramSeries increase = after;
    increase.damaged = after.damaged || before.damaged;
    if (fell)
        return increase;
    for (qsizetype i = 0; i < after.buckets.size(); ++i)
        increase.buckets[i].count -= before.buckets[i].count;
    if (before.sum && after.sum)
        increase.sum = *after.sum - *before.sum;
    if (before.count && after.count)
        increase.count = *after.count - *before.count;
    return increase;
}

} // namespace Switchyard
