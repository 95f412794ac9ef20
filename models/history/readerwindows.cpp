// SPDX-License-Identifier: GPL-3.0-or-later
// Windows of one series: hours, totals, plots and intervals of state.
#include "models/history/readerprivate.h"
#include "models/history/rollups.h"

#include <algorithm>

namespace Switchyard {

using namespace Sqlite;

namespace {

constexpr qint64 minuteMs = 60'000;
// Each divides an hour. Between 15 minutes and an hour the roll-ups are quicker than they are coarse.
constexpr qint64 fineWidths[] = {
    1,     2,     5,      10,     20,     50,       100,          200,          500,           1'000,
    2'000, 5'000, 10'000, 15'000, 30'000, minuteMs, 2 * minuteMs, 5 * minuteMs, 10 * minuteMs, 15 * minuteMs};
constexpr qint64 coarseHours[] = {1, 2, 3, 6, 12, 24, 48, 7 * 24};

qint64 widthFor(qint64 startMs, qint64 endMs, int atMost)
{
    // At least two buckets, because any width has round times that a short range may straddle.
    const auto fits = [&](qint64 width) {
        return (historyCeil(endMs, width) - historyFloor(startMs, width)) / width <= atMost;
    };
    for (const qint64 width : fineWidths) {
        if (fits(width))
            return width;
    }
    for (const qint64 hours : coarseHours) {
        if (fits(hours * historyHourMs))
            return hours * historyHourMs;
    }
    // Whole weeks: ages of history.
    qint64 weeks = 2;
    while (!fits(weeks * 7 * 24 * historyHourMs))
        weeks *= 2;
    return weeks * 7 * 24 * historyHourMs;
}

std::optional<qint64> number(std::optional<LatencyHistogram::Microseconds> value)
{
    return value ? std::optional<qint64>(value->count()) : std::nullopt;
}

/// Puts samples and hours, which come in order of time, into buckets.
class Buckets final
{
public:
    explicit Buckets(qint64 widthMs)
        : m_widthMs(widthMs)
    {
    }

    void add(const RawSample &sample)
    {
        enter(historyFloor(sample.timeMs, m_widthMs), m_widthMs, false);
        m_now.add(sample.timeMs, sample.state, sample.latencyUs);
    }
    void add(const HistoryRollup &hour)
    {
        const bool coarse = m_widthMs < historyHourMs;
        if (coarse)
            enter(hour.hourMs, historyHourMs, true);
        else
            enter(historyFloor(hour.hourMs, m_widthMs), m_widthMs, false);
        m_now.merge(hour);
    }
    std::vector<HistoryBucket> take()
    {
        leave();
        return std::move(m_buckets);
    }

private:
    void enter(qint64 startMs, qint64 widthMs, bool coarse)
    {
        if (m_now.count > 0 && m_bucket.startMs == startMs && m_bucket.coarse == coarse)
            return;
        leave();
        m_bucket = {};
        m_bucket.startMs = startMs;
        m_bucket.endMs = startMs + widthMs;
        m_bucket.coarse = coarse;
    }
    void leave()
    {
        if (m_now.count == 0)
            return;
        m_bucket.count = m_now.count;
        m_bucket.up = m_now.up;
        m_bucket.degraded = m_now.degraded;
        m_bucket.down = m_now.down;
        m_bucket.damaged = m_now.damaged;
        m_bucket.minUs = number(m_now.latencies.min());
        m_bucket.p50Us = number(m_now.latencies.percentile(50));
        m_bucket.p95Us = number(m_now.latencies.percentile(95));
        m_bucket.maxUs = number(m_now.latencies.max());
        m_buckets.push_back(m_bucket);
        m_now = {};
    }

    const qint64 m_widthMs;
    HistoryBucket m_bucket;
    HistoryRollup m_now;
    std::vector<HistoryBucket> m_buckets;
};

/// As eachHourOrRaw(), but an hour whose samples are all there gives those.
int eachRawOrHour(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs,
                  const std::function<void(const HistoryRollup &)> &hour,
                  const std::function<void(const RawSample &)> &sample)
{
    std::vector<HistoryRollup> thinned;
    {
        // Counting reads no histogram: most hours have all their samples.
        Statement some(db, "SELECT hour FROM rollups r WHERE series = ? AND hour >= ? AND hour < ? AND count > "
                           "(SELECT count(*) FROM samples s WHERE s.series = r.series AND s.time >= r.hour AND "
                           "s.time < r.hour + 3600000) ORDER BY hour");
        some.bind(1, series).bind(2, historyFloor(startMs)).bind(3, endMs);
        while (some.step()) {
            const int code = eachSealed(db, series, some.number(0), some.number(0) + 1,
                                        [&thinned](HistoryRollup rollup) { thinned.push_back(std::move(rollup)); });
            if (code != SQLITE_OK)
                return code;
        }
        if (some.code() != SQLITE_OK)
            return some.code();
    }
    qint64 done = startMs;
    for (const HistoryRollup &rollup : thinned) {
        if (done < rollup.hourMs) {
            if (const int code = eachRaw(db, series, done, rollup.hourMs, sample); code != SQLITE_OK)
                return code;
        }
        hour(rollup);
        done = rollup.hourMs + historyHourMs;
    }
    return done < endMs ? eachRaw(db, series, done, endMs, sample) : SQLITE_OK;
}

/// Intervals that follow each other; those of one state are one.
class Intervals final
{
public:
    Intervals(qint64 startMs, qint64 endMs, qint64 holdsMs)
        : m_startMs(startMs)
        , m_endMs(endMs)
        , m_holdsMs(holdsMs)
        , m_doneMs(startMs)
    {
    }
    void add(const RawSample &sample)
    {
        settle(sample.timeMs);
        m_heldSince = sample.timeMs;
        m_held = sample.state;
    }
    void add(const HistoryRollup &hour)
    {
        settle(hour.hourMs);
        m_heldSince.reset();
        const int worst = hour.down > 0       ? HistoryDown
                          : hour.degraded > 0 ? HistoryDegraded
                          : hour.up > 0       ? HistoryUp
                                              : HistoryUnknown;
        put(hour.hourMs + historyHourMs, worst, true);
    }
    std::vector<HistoryInterval> take()
    {
        settle(m_endMs);
        return std::move(m_intervals);
    }

private:
    /// All that is known until then.
    void settle(qint64 untilMs)
    {
        if (m_heldSince)
            put(std::min(untilMs, *m_heldSince + m_holdsMs), m_held, false);
        put(untilMs, HistoryUnknown, false);
    }
    void put(qint64 untilMs, int state, bool coarse)
    {
        untilMs = std::min(untilMs, m_endMs);
        if (untilMs <= m_doneMs)
            return;
        HistoryInterval *last = m_intervals.empty() ? nullptr : &m_intervals.back();
        if (last && last->state == state && last->coarse == coarse)
            last->endMs = untilMs;
        else
            m_intervals.push_back({m_doneMs, untilMs, state, coarse});
        m_doneMs = untilMs;
    }

    const qint64 m_startMs, m_endMs, m_holdsMs;
    qint64 m_doneMs;
    std::optional<qint64> m_heldSince;
    int m_held = HistoryUnknown;
    std::vector<HistoryInterval> m_intervals;
};

} // namespace

Result<std::vector<HistoryRollup>> HistoryReader::rollups(const QString &series, qint64 startMs, qint64 endMs) const
{
    std::vector<HistoryRollup> hours;
    const Result<void> read = d->atOneMoment([&](sqlite3 *db) {
        qint64 id = 0;
        const int code = findSeries(db, series, id);
        if (code != SQLITE_OK || id == 0)
            return code;
        return eachHourOrRaw(
            db, id, historyCeil(startMs), historyCeil(endMs), [&](const HistoryRollup &hour) { hours.push_back(hour); },
            [&](const RawSample &sample) {
                if (hours.empty() || hours.back().hourMs != historyFloor(sample.timeMs))
                    hours.emplace_back().hourMs = historyFloor(sample.timeMs);
                hours.back().add(sample.timeMs, sample.state, sample.latencyUs);
            });
    });
    if (!read)
        return tl::unexpected<Error>(read.error());
    return hours;
}

Result<HistoryTotal> HistoryReader::total(const QString &series, qint64 startMs, qint64 endMs) const
{
    HistoryTotal total{{startMs, endMs}, {}};
    const auto takeHour = [&](const HistoryRollup &hour) {
        total.range.startMs = std::min(total.range.startMs, hour.hourMs);
        total.range.endMs = std::max(total.range.endMs, hour.hourMs + historyHourMs);
        total.all.merge(hour);
    };
    const auto takeSample = [&](const RawSample &s) { total.all.add(s.timeMs, s.state, s.latencyUs); };
    const Result<void> read = d->atOneMoment([&](sqlite3 *db) {
        qint64 id = 0;
        int code = findSeries(db, series, id);
        if (code != SQLITE_OK || id == 0 || startMs >= endMs)
            return code;
        // The hours at both ends are only partly within, so their samples are asked first.
        const qint64 first = std::min(historyCeil(startMs), endMs);
        const qint64 last = std::max(historyFloor(endMs), first);
        if (startMs < first)
            code = eachRawOrHour(db, id, startMs, first, takeHour, takeSample);
        if (code == SQLITE_OK && first < last)
            code = eachHourOrRaw(db, id, first, last, takeHour, takeSample);
        if (code == SQLITE_OK && last < endMs)
            code = eachRawOrHour(db, id, last, endMs, takeHour, takeSample);
        return code;
    });
    if (!read)
        return tl::unexpected<Error>(read.error());
    return total;
}

Result<HistoryPlot> HistoryReader::plot(const QString &series, qint64 startMs, qint64 endMs, int atMost,
                                        qint64 shortestGapMs) const
{
    constexpr qint64 farthest = qint64(1) << 52; // 140,000 years: no sum can overflow
    if (startMs >= endMs || atMost < 2 || atMost > 100'000 || startMs < -farthest || endMs > farthest)
        return fail(ErrorKind::Usage, QStringLiteral("a plot needs a start before its end and 2 to 100,000 buckets"));
    HistoryPlot plot;
    plot.widthMs = widthFor(startMs, endMs, atMost);
    plot.range = {historyFloor(startMs, plot.widthMs), historyCeil(endMs, plot.widthMs)};
    Buckets buckets(plot.widthMs);
    const auto takeHour = [&](const HistoryRollup &hour) { buckets.add(hour); };
    const auto takeSample = [&](const RawSample &sample) { buckets.add(sample); };
    const Result<void> read = d->atOneMoment([&](sqlite3 *db) {
        qint64 id = 0;
        const int code = findSeries(db, series, id);
        if (code != SQLITE_OK || id == 0)
            return code;
        return plot.widthMs < historyHourMs
                   ? eachRawOrHour(db, id, plot.range.startMs, plot.range.endMs, takeHour, takeSample)
                   : eachHourOrRaw(db, id, plot.range.startMs, plot.range.endMs, takeHour, takeSample);
    });
    if (!read)
        return tl::unexpected<Error>(read.error());
    plot.buckets = buckets.take();
    qint64 done = plot.range.startMs;
    const auto gapUntil = [&](qint64 timeMs) {
        if (timeMs - done >= std::max<qint64>(shortestGapMs, 1))
            plot.gaps.push_back({done, timeMs});
    };
    for (const HistoryBucket &bucket : plot.buckets) {
        gapUntil(bucket.startMs);
        done = std::max(done, bucket.endMs);
    }
    gapUntil(plot.range.endMs);
    return plot;
}

Result<std::vector<HistoryInterval>> HistoryReader::intervals(const QString &series, qint64 startMs, qint64 endMs,
                                                              qint64 holdsMs) const
{
    Intervals intervals(startMs, endMs, std::max<qint64>(holdsMs, 0));
    const Result<void> read = d->atOneMoment([&](sqlite3 *db) {
        qint64 id = 0;
        const int code = findSeries(db, series, id);
        if (code != SQLITE_OK || id == 0 || startMs >= endMs)
            return code;
        {
            Statement before(db, "SELECT time, state FROM samples WHERE series = ? AND time < ? "
                                 "ORDER BY time DESC, n DESC LIMIT 1");
            if (before.bind(1, id).bind(2, startMs).step())
                intervals.add(RawSample{before.number(0), int(before.number(1)), {}});
            if (before.code() != SQLITE_OK)
                return before.code();
        }
        return eachRawOrHour(
            db, id, startMs, endMs, [&](const HistoryRollup &hour) { intervals.add(hour); },
            [&](const RawSample &sample) { intervals.add(sample); });
    });
    if (!read)
        return tl::unexpected<Error>(read.error());
    return intervals.take();
}

} // namespace Switchyard
