// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/checker.h"
#include "models/history/clockguard.h"
#include "models/history/file.h"
#include "models/history/inserter.h"
#include "models/history/maintenance.h"
#include "models/history/store.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace Switchyard {

/// What the store does, in its thread: the queue, the batches, failures and their mending, upkeep by the clock.
/// Nothing outside of this folder includes it.
class HistoryWriter final
{
public:
    HistoryWriter(QString path, HistoryOptions options);
    ~HistoryWriter();
    HistoryWriter(const HistoryWriter &) = delete;
    HistoryWriter &operator=(const HistoryWriter &) = delete;

    // Any thread; see HistoryStore.
    [[nodiscard]] Result<void> start();
    void append(HistoryEntry entry);
    [[nodiscard]] Result<void> flush(Milliseconds atMost);
    [[nodiscard]] Result<void> maintain(Milliseconds atMost);
    [[nodiscard]] Result<void> check(Milliseconds atMost);
    HistoryStatus status() const;
    const QString &path() const { return m_file.path(); }

private:
    using Lock = std::unique_lock<std::mutex>;
    /// Something that is done every so often, or when asked for: asked and done count up.
    struct Chore
    {
        quint64 asked = 0, begun = 0, done = 0;
        QString problem; ///< of the last one; empty: it went well
        Instant next{};
    };
    struct Failure
    {
        HistoryStatus::Condition condition;
        QString message;
    };

    void loop();
    bool wantsWriting() const;
    bool choreWaits() const;
    void writeAll(Lock &lock);
    bool writeSome(Lock &lock);
    int writeBatch(const std::vector<HistoryEntry> &batch);
    void noteFailure(const Failure &failure);
    void trim();
    Result<void> waitFor(Chore &chore, Milliseconds atMost, const QString &what);

    // The writer's thread, without the mutex.
    int prepare();
    int damaged();
    void closeFile();
    Failure failureOf(int code) const;
    void mendAfter(int code);
    bool upkeep(Lock &lock);
    bool stepMaintenance(Lock &lock);
    bool stepCheck(Lock &lock);
    void beginMaintenance();
    void beginCheck(Lock &lock);
    void endCheck(Lock &lock);
    std::optional<qint64> lastCheck() const;
    void setLastCheck(qint64 timeMs);
    qint64 now() const;
    qint64 steady() const;
    qint64 believedTime();

    const HistoryOptions m_options;
    HistoryFile m_file;
    std::optional<HistoryInserter> m_inserter;
    std::optional<HistoryMaintenance> m_maintenance;
    HistoryChecker m_checker;
    ClockGuard m_guard;
    bool m_guardRecalled = false;

    mutable std::mutex m_mutex; ///< of all below
    std::condition_variable m_wake, m_done;
    std::deque<HistoryEntry> m_queue;
    std::size_t m_writing = 0;
    quint64 m_appended = 0, m_settled = 0, m_failures = 0, m_flushSeen = 0;
    qint64 m_untold = 0; ///< dropped since a flush last said so
    int m_flushes = 0;
    bool m_stopping = false, m_failing = false, m_checkEnded = false;
    Instant m_nextFlush{};
    Chore m_upkeep, m_check;
    HistoryStatus m_status;
    std::thread m_thread;
};

} // namespace Switchyard
