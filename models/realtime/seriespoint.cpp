// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/seriespoint.h"

#include <array>
#include <cmath>
#include <optional>

namespace Switchyard {

namespace {

constexpr std::array<std::pair<const char *, double>, 3> quantiles{{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}};

Error error(const QString &message, const QString &hint = {})
{
    return Error{ErrorKind::Protocol, message, hint, {}};
}

QStringView nameOf(const QString &selector)
{
    const qsizetype brace = selector.indexOf(QLatin1Char('{'));
    return QStringView(selector).left(brace < 0 ? selector.size() : brace);
}

std::optional<double> valueIn(const Exposition &exposition, const QString &selector)
{
    const QStringView name = nameOf(selector);
    for (const MetricFamily &family : exposition.families) {
        for (const MetricSample &sample : family.samples) {
            if (sample.name == name && seriesText(sample.name, sample.labels) == selector)
                return sample.value;
        }
    }
    return std::nullopt;
}

template <typename Series>
std::optional<Series> seriesIn(const QList<Series> &all, const QString &selector)
{
    for (const Series &one : all) {
        if (seriesText(one.name, one.labels) == selector)
            return one;
    }
    return std::nullopt;
}

SeriesPoint quantilesOf(const SeriesChoice &series, const MetricsScrape *before, const MetricsScrape &now)
{
    SeriesPoint point;
    const QString name = nameOf(series.selector).toString();
    const MetricFamily *family = now.exposition.find(name);
    if (!family) {
        point.why = error(QStringLiteral("%1 is not in the answer any more").arg(series.selector));
        return point;
    }
    if (const auto summary = seriesIn(summariesOf(*family), series.selector)) {
        for (auto quantile = summary->quantiles.cbegin(); quantile != summary->quantiles.cend(); ++quantile) {
            if (std::isfinite(quantile.value()))
                point.values.append({QStringLiteral("p%1").arg(quantile.key() * 100), quantile.value()});
        }
        if (point.values.isEmpty())
            point.why = error(QStringLiteral("the program saw nothing lately"));
        return point;
    }
    const MetricFamily *earlier = before ? before->exposition.find(name) : nullptr;
    const auto after = seriesIn(histogramsOf(*family), series.selector);
    const auto first = earlier ? seriesIn(histogramsOf(*earlier), series.selector) : std::nullopt;
    if (!after) {
        point.why = error(QStringLiteral("%1 is not in the answer any more").arg(series.selector));
        return point;
    }
    if (!first)
        return point;
    const Result<HistogramSeries> increase = histogramIncrease(*first, *after);
    if (!increase) {
        point.why = increase.error();
        return point;
    }
    for (const auto &[label, q] : quantiles) {
        const Result<double> value = histogramQuantile(q, *increase);
        if (!value) {
            point.why = value.error();
            point.values.clear();
            break;
        }
        point.values.append({QString::fromLatin1(label), *value});
    }
    return point;
}

} // namespace

SeriesPoint seriesPoint(const SeriesChoice &series, const MetricsScrape *before, const MetricsScrape &now)
{
    if (series.use == SeriesUse::Quantiles)
        return quantilesOf(series, before, now);
    SeriesPoint point;
    const std::optional<double> value = valueIn(now.exposition, series.selector);
    if (!value) {
        point.why = error(QStringLiteral("%1 is not in the answer any more").arg(series.selector));
        return point;
    }
    if (series.use == SeriesUse::Value) {
        if (std::isfinite(*value))
            point.values.append({{}, *value});
        else
            point.why = error(QStringLiteral("%1 is no finite number now").arg(series.selector));
        return point;
    }
    const std::optional<double> earlier = before ? valueIn(before->exposition, series.selector) : std::nullopt;
    const double seconds = before ? toMs(now.at - before->at) / 1000 : 0;
    if (earlier && seconds > 0 && std::isfinite(*value) && std::isfinite(*earlier))
        point.values.append({{}, (*value < *earlier ? *value : *value - *earlier) / seconds});
    return point;
}

} // namespace Switchyard
