// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/maintenance.h"

#include "models/common/instant.h"
#include "models/history/rollups.h"

#include <algorithm>

namespace Switchyard {

using namespace Sqlite;

namespace {

constexpr qint64 batchRows = 5000;
constexpr Milliseconds budget{10}; ///< of a transaction; samples wait as long

/// Time of the earliest sample in the range, if there is one.
int firstSample(sqlite3 *db, qint64 series, qint64 startMs, qint64 endMs, std::optional<qint64> &timeMs)
{
    timeMs.reset();
    Statement next(db, "SELECT time FROM samples WHERE series = ? AND time >= ? AND time < ? ORDER BY time LIMIT 1");
    if (next.bind(1, series).bind(2, startMs).bind(3, endMs).step())
        timeMs = next.number(0);
    return next.code();
}

} // namespace

HistoryMaintenance::HistoryMaintenance(sqlite3 *db, const Limits &limits)
    : m_db(db)
    , m_limits(limits)
{
}

int HistoryMaintenance::step()
{
    if (!m_begun)
        return begin();
    Transaction transaction(m_db, "BEGIN IMMEDIATE");
    int code = transaction.code();
    // Many small pieces in one transaction, because each costs its own write of the pages.
    const Instant end = Clock::now() + budget;
    bool done = false;
    do {
        if (code == SQLITE_OK)
            code = workOn(done);
    } while (code == SQLITE_OK && !done && Clock::now() < end);
    if (code == SQLITE_OK)
        code = transaction.commit();
    m_done = code == SQLITE_OK && done;
    return code;
}

int HistoryMaintenance::workOn(bool &done)
{
    bool more = false;
    if (m_series.empty()) {
        const int code = dropEvents(more);
        done = code == SQLITE_OK && !more;
        return code;
    }
    const qint64 series = m_series.front();
    const int code = m_work == Work::Seal      ? sealNext(series, more)
                     : m_work == Work::Samples ? dropSamples(series, more)
                                               : dropRollups(series, more);
    if (code == SQLITE_OK && !more) {
        if (m_work == Work::Rollups)
            m_series.pop_front();
        m_work = m_work == Work::Seal ? Work::Samples : m_work == Work::Samples ? Work::Rollups : Work::Seal;
    }
    return code;
}

int HistoryMaintenance::begin()
{
    Statement all(m_db, "SELECT id FROM series ORDER BY id");
    while (all.step())
        m_series.push_back(all.number(0));
    m_begun = all.code() == SQLITE_OK;
    return all.code();
}

/// The hour after the last sealed one that has samples. Hours before it that came late are sealed when they go.
int HistoryMaintenance::sealNext(qint64 series, bool &more)
{
    qint64 start = INT64_MIN / 2;
    {
        Statement last(m_db, "SELECT max(hour) FROM rollups WHERE series = ?");
        if (last.bind(1, series).step() && last.optional(0))
            start = last.number(0) + historyHourMs;
        if (last.code() != SQLITE_OK)
            return last.code();
    }
    std::optional<qint64> next;
    const int code = firstSample(m_db, series, start, historyFloor(m_limits.sealBeforeMs), next);
    more = next.has_value();
    return code == SQLITE_OK && next ? sealHour(m_db, series, historyFloor(*next)) : code;
}

/// Some samples of the earliest hour that is too old.
int HistoryMaintenance::dropSamples(qint64 series, bool &more)
{
    std::optional<qint64> next;
    int code = firstSample(m_db, series, INT64_MIN / 2, historyFloor(m_limits.samplesBeforeMs), next);
    more = next.has_value();
    if (code != SQLITE_OK || !next)
        return code;
    const qint64 hour = historyFloor(*next);
    bool sealed = false;
    {
        Statement row(m_db, "SELECT 1 FROM rollups WHERE series = ? AND hour = ?");
        sealed = row.bind(1, series).bind(2, hour).step();
        code = row.code();
    }
    if (code == SQLITE_OK && !sealed)
        code = sealHour(m_db, series, hour);
    if (code != SQLITE_OK)
        return code;
    qint64 end = hour + historyHourMs;
    {
        Statement bound(m_db, "SELECT time FROM samples WHERE series = ? AND time >= ? ORDER BY time LIMIT 1 OFFSET ?");
        if (bound.bind(1, series).bind(2, hour).bind(3, batchRows).step())
            end = std::min(end, bound.number(0) + 1); // at least one millisecond goes
        if (bound.code() != SQLITE_OK)
            return bound.code();
    }
    Statement gone(m_db, "DELETE FROM samples WHERE series = ? AND time >= ? AND time < ?");
    gone.bind(1, series).bind(2, hour).bind(3, end);
    return gone.execute();
}

int HistoryMaintenance::dropRollups(qint64 series, bool &more)
{
    const qint64 before = historyFloor(m_limits.rollupsBeforeMs);
    qint64 end = before;
    {
        Statement bound(m_db, "SELECT hour FROM rollups WHERE series = ? AND hour < ? ORDER BY hour LIMIT 1 OFFSET ?");
        more = bound.bind(1, series).bind(2, before).bind(3, batchRows / 10).step();
        if (more)
            end = bound.number(0);
        if (bound.code() != SQLITE_OK)
            return bound.code();
    }
    Statement gone(m_db, "DELETE FROM rollups WHERE series = ? AND hour < ?");
    gone.bind(1, series).bind(2, end);
    return gone.execute();
}

int HistoryMaintenance::dropEvents(bool &more)
{
    Statement gone(m_db, "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE time < ? ORDER BY time LIMIT ?)");
    gone.bind(1, m_limits.rollupsBeforeMs).bind(2, batchRows);
    const int code = gone.execute();
    more = code == SQLITE_OK && sqlite3_changes64(m_db) == batchRows;
    return code;
}

} // namespace Switchyard
