// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/metricsscraper.h"

namespace Switchyard {

/// What one series says at one scrape: a value, or its quantiles.
struct SeriesPoint
{
    struct Value
    {
        QString name; ///< "p50", "p95", …; empty: the value itself
        double value = 0;
    };
    QList<Value> values; ///< empty: none at this scrape, see `why`
    Error why;           ///< message empty: there are values, or one more scrape is needed
};

/// Of a counter its increase a second since `before`, of a histogram the quantiles of what was counted since then;
/// both have none where `before` is null. A counter that fell has begun anew: everything in it came since. Pure; any
/// thread.
[[nodiscard]] SeriesPoint seriesPoint(const SeriesChoice &series, const MetricsScrape *before,
                                      const MetricsScrape &now);

} // namespace Switchyard
