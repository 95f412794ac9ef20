// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/sqlite.h"

#include <QString>

#include <optional>

namespace Switchyard {

/// Keeps upkeep from deleting everything because the wall clock jumped ahead: a year, because somebody set it or a
/// battery was empty. The clock is compared with one that nobody sets, and at the start with what is remembered of the
/// run before, or the newest sample. Where it is ahead beyond belief, time goes on as it would have without the jump,
/// until the clock is set right or a day of recording has not contradicted it. A clock that is set back deletes
/// nothing anyway. Pure: times come from outside. The writer's thread. Nothing outside of this folder includes it.
class ClockGuard final
{
public:
    static constexpr qint64 dayMs = 86'400'000;
    static constexpr qint64 stepMs = dayMs;      ///< while it runs: more than any correction, less than what is kept
    static constexpr qint64 awayMs = 90 * dayMs; ///< between two runs
    static constexpr qint64 confirmMs = dayMs;   ///< of recording, after which a clock that stays is believed

    /// What outlives the program, in the file.
    struct Memory
    {
        std::optional<qint64> trustedMs; ///< wall clock, as far as it was believed
        std::optional<qint64> doubtMs;   ///< the clock as it was doubted last; nothing: it was not
        qint64 heldMs = 0;               ///< how long it has gone on like that
    };

    /// Before the first look. `newestMs`: of the samples; used where nothing is remembered.
    void recall(const Memory &memory, std::optional<qint64> newestMs);
    /// By what time something is too old. `steadyMs`: of a clock that nobody sets and that counts sleep too.
    qint64 look(qint64 wallMs, qint64 steadyMs);
    const Memory &memory() const { return m_memory; }
    /// In words; empty: the clock is believed.
    QString doubt() const { return doubt(m_memory); }
    static QString doubt(const Memory &memory);

private:
    void believe(qint64 wallMs, qint64 expectedMs);

    Memory m_memory;
    std::optional<qint64> m_steadyMs; ///< of the last look
    qint64 m_wallMs = 0;              ///< of the last look
};

[[nodiscard]] ClockGuard::Memory readClockMemory(sqlite3 *db);
/// Where it cannot be written the next run knows less.
void writeClockMemory(sqlite3 *db, const ClockGuard::Memory &memory);
/// Nothing: there is none.
[[nodiscard]] std::optional<qint64> newestSample(sqlite3 *db);

} // namespace Switchyard
