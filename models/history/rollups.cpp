// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/rollups.h"

namespace Switchyard {

using namespace Sqlite;

namespace {

/// From the columns hour, count, up, degraded, down, first, last, latencies.
HistoryRollup rollupOf(const Statement &row)
{
    HistoryRollup rollup;
    rollup.hourMs = row.number(0);
    rollup.count = row.number(1);
    rollup.up = row.number(2);
    rollup.degraded = row.number(3);
    rollup.down = row.number(4);
    rollup.firstMs = row.optional(5);
    rollup.lastMs = row.optional(6);
    std::optional<LatencyHistogram> latencies = LatencyHistogram::fromBytes(row.bytes(7));
    rollup.damaged = !latencies;
    if (latencies)
        rollup.latencies = *std::move(latencies);
    return rollup;
}

/// What marks a row whose latencies cannot be told: no histogram has these bytes.
QByteArray unreadable()
{
    return QByteArrayLiteral("?");
}

} // namespace

int eachRaw(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs,
            const std::function<void(const RawSample &)> &take)
{
    Statement raw(db, "SELECT time, state, latency FROM samples WHERE series = ? AND time >= ? AND time < ? "
                      "ORDER BY time, n");
    raw.bind(1, series).bind(2, startMs).bind(3, endMs);
    while (raw.step())
        take({raw.number(0), int(raw.number(1)), raw.optional(2)});
    return raw.code();
}

int eachSealed(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs, const std::function<void(HistoryRollup)> &take)
{
    Statement sealed(db, "SELECT hour, count, up, degraded, down, first, last, latencies FROM rollups "
                         "WHERE series = ? AND hour >= ? AND hour < ? ORDER BY hour");
    sealed.bind(1, series).bind(2, startMs).bind(3, endMs);
    while (sealed.step())
        take(rollupOf(sealed));
    return sealed.code();
}

int eachHourOrRaw(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs,
                  const std::function<void(const HistoryRollup &)> &hour,
                  const std::function<void(const RawSample &)> &sample)
{
    qint64 done = startMs;
    int code = SQLITE_OK;
    const int read = eachSealed(db, series, startMs, endMs, [&](const HistoryRollup &rollup) {
        if (code == SQLITE_OK && rollup.hourMs > done)
            code = eachRaw(db, series, done, rollup.hourMs, sample);
        if (code == SQLITE_OK)
            hour(rollup);
        done = rollup.hourMs + historyHourMs;
    });
    if (read != SQLITE_OK || code != SQLITE_OK)
        return read != SQLITE_OK ? read : code;
    return done < endMs ? eachRaw(db, series, done, endMs, sample) : SQLITE_OK;
}

int putRollup(sqlite3 *db, qint64 series, const HistoryRollup &rollup)
{
    Statement put(db, "INSERT OR REPLACE INTO rollups(series, hour, count, up, degraded, down, first, last, latencies) "
                      "VALUES(?,?,?,?,?,?,?,?,?)");
    put.bind(1, series).bind(2, rollup.hourMs).bind(3, rollup.count).bind(4, rollup.up).bind(5, rollup.degraded);
    put.bind(6, rollup.down).bind(7, rollup.firstMs).bind(8, rollup.lastMs);
    put.bindBlob(9, rollup.damaged ? unreadable() : rollup.latencies.toBytes());
    return put.execute();
}

int addToSealed(sqlite3 *db, qint64 series, const HistoryRollup &late, bool &sealed)
{
    sealed = false;
    std::optional<HistoryRollup> whole;
    const int code = eachSealed(db, series, late.hourMs, late.hourMs + 1,
                                [&whole](HistoryRollup rollup) { whole = std::move(rollup); });
    if (code != SQLITE_OK || !whole)
        return code;
    sealed = true;
    whole->merge(late);
    return putRollup(db, series, *whole);
}

int sealHour(sqlite3 *db, qint64 series, qint64 hourMs)
{
    HistoryRollup hour;
    hour.hourMs = hourMs;
    const int code = eachRaw(db, series, hourMs, hourMs + historyHourMs, [&hour](const RawSample &sample) {
        hour.add(sample.timeMs, sample.state, sample.latencyUs);
    });
    if (code != SQLITE_OK || hour.count == 0)
        return code;
    return putRollup(db, series, hour);
}

int findSeries(sqlite3 *db, const QString &key, qint64 &id)
{
    id = 0;
    Statement find(db, "SELECT id FROM series WHERE key = ?");
    if (find.bind(1, key).step())
        id = find.number(0);
    return find.code();
}

} // namespace Switchyard
