// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/clockguard.h"

#include <algorithm>

namespace Switchyard {

void ClockGuard::recall(const Memory &memory, std::optional<qint64> newestMs)
{
    m_memory = memory;
    if (!m_memory.trustedMs)
        m_memory.trustedMs = newestMs;
}

/// A clock that was set back may go forward again to where it was.
void ClockGuard::believe(qint64 wallMs, qint64 expectedMs)
{
    m_memory.trustedMs = wallMs < expectedMs - stepMs ? expectedMs : wallMs;
    m_memory.doubtMs.reset();
    m_memory.heldMs = 0;
}

qint64 ClockGuard::look(qint64 wallMs, qint64 steadyMs)
{
    const bool first = !m_steadyMs;
    const qint64 passed = first ? 0 : std::max<qint64>(steadyMs - *m_steadyMs, 0);
    const qint64 expected = m_memory.trustedMs.value_or(wallMs) + passed;
    bool ahead = wallMs > expected + (first ? awayMs : stepMs);
    if (m_memory.doubtMs) {
        // Between two runs nobody knows how much time passed: it has to be clearly behind the doubted one.
        ahead = ahead || (first && wallMs >= *m_memory.doubtMs - stepMs);
        const bool jumped = !first && wallMs > m_wallMs + passed + stepMs;
        m_memory.heldMs = jumped ? 0 : m_memory.heldMs + passed;
        ahead = ahead && m_memory.heldMs < confirmMs;
    }
    m_steadyMs = steadyMs;
    m_wallMs = wallMs;
    if (!ahead) {
        believe(wallMs, expected);
        return wallMs;
    }
    m_memory.doubtMs = wallMs;
    m_memory.trustedMs = expected;
    return expected;
}

namespace {

std::optional<qint64> remembered(sqlite3 *db, const char *sql)
{
    Sqlite::Statement find(db, sql);
    return find.step() ? find.optional(0) : std::nullopt;
}

void remember(sqlite3 *db, const char *sql, std::optional<qint64> value)
{
    Sqlite::Statement put(db, sql);
    if (value)
        put.bind(1, *value);
    (void)put.execute();
}

} // namespace

ClockGuard::Memory readClockMemory(sqlite3 *db)
{
    return {remembered(db, "SELECT value FROM meta WHERE key = 'clock'"),
            remembered(db, "SELECT value FROM meta WHERE key = 'clock_doubted'"),
            remembered(db, "SELECT value FROM meta WHERE key = 'clock_held'").value_or(0)};
}

void writeClockMemory(sqlite3 *db, const ClockGuard::Memory &memory)
{
    remember(db, "INSERT OR REPLACE INTO meta(key, value) VALUES('clock', ?)", memory.trustedMs.value_or(0));
    if (memory.doubtMs) {
        remember(db, "INSERT OR REPLACE INTO meta(key, value) VALUES('clock_doubted', ?)", memory.doubtMs);
        remember(db, "INSERT OR REPLACE INTO meta(key, value) VALUES('clock_held', ?)", memory.heldMs);
    } else {
        remember(db, "DELETE FROM meta WHERE key IN ('clock_doubted', 'clock_held')", std::nullopt);
    }
}

std::optional<qint64> newestSample(sqlite3 *db)
{
    // One look at the end of each series, not at all samples.
    Sqlite::Statement newest(
        db,
        "SELECT max(newest) FROM (SELECT (SELECT max(time) FROM samples WHERE series = s.id) AS newest FROM series s)");
    return newest.step() ? newest.optional(0) : std::nullopt;
}

QString ClockGuard::doubt(const Memory &memory)
{
    if (!memory.doubtMs)
        return {};
    const qint64 days = (*memory.doubtMs - memory.trustedMs.value_or(*memory.doubtMs)) / dayMs;
    return QStringLiteral("this machine's clock is %1 days ahead of what was recorded last: nothing is deleted by it "
                          "until it is set right, or 24 hours of recording have not contradicted it")
        .arg(days);
}

} // namespace Switchyard
