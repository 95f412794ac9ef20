// SPDX-License-Identifier: GPL-3.0-or-later
// Hours of samples in the file. An hour that has a row in `rollups` is sealed: the row counts every sample of the hour,
// also those that are still there one by one. An hour without a row is all in `samples`. Whoever adds a sample to a
// sealed hour adds it to the row in the same transaction, so that no sample is counted twice or never.
// Each function returns SQLite's code. Nothing outside of this folder includes it.
#pragma once

#include "models/history/sample.h"
#include "models/history/sqlite.h"

#include <functional>

namespace Switchyard {

struct RawSample
{
    qint64 timeMs = 0;
    int state = HistoryUnknown;
    std::optional<qint64> latencyUs;
};

/// startMs <= time < endMs, in order of time.
[[nodiscard]] int eachRaw(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs,
                          const std::function<void(const RawSample &)> &take);
/// Sealed hours that begin in the range, in order.
[[nodiscard]] int eachSealed(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs,
                             const std::function<void(HistoryRollup)> &take);
/// The sealed hours of the range to `hour`, and the samples of the other hours to `sample`, all in order of time.
/// The range has whole hours.
[[nodiscard]] int eachHourOrRaw(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs,
                                const std::function<void(const HistoryRollup &)> &hour,
                                const std::function<void(const RawSample &)> &sample);
[[nodiscard]] int putRollup(sqlite3 *db, qint64 series, const HistoryRollup &rollup);
/// Counts `late` into the row of its hour. `sealed`: there is one; otherwise nothing is done.
[[nodiscard]] int addToSealed(sqlite3 *db, qint64 series, const HistoryRollup &late, bool &sealed);
/// Makes the row of an hour that has none yet.
[[nodiscard]] int sealHour(sqlite3 *db, qint64 series, qint64 hourMs);
/// 0 where there is no series of that name.
[[nodiscard]] int findSeries(sqlite3 *db, const QString &key, qint64 &id);

} // namespace Switchyard
