// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QString>
#include <QStringList>

#include <atomic>
#include <functional>
#include <thread>

namespace Switchyard {

/// Reads the whole file beside its writer, with little claim on the machine, in a thread of its own. The writer's
/// thread starts it and asks for the outcome. Nothing outside of this folder includes it.
class HistoryChecker final
{
public:
    enum class Outcome
    {
        Running,
        Good,
        Damaged,
        Unknown ///< it could not be read, or was stopped
    };

    /// `done` is called in the checker's thread.
    void start(const QString &path, const std::function<void()> &done);
    bool isStarted() const { return m_thread.joinable(); }
    Outcome outcome() const { return m_outcome; }
    /// Waits for the thread; a check that runs is broken off.
    void stop();
    ~HistoryChecker() { stop(); }
    HistoryChecker() = default;
    HistoryChecker(const HistoryChecker &) = delete;
    HistoryChecker &operator=(const HistoryChecker &) = delete;

private:
    void check(const QString &path);

    std::thread m_thread;
    std::atomic<bool> m_stop = false;
    std::atomic<Outcome> m_outcome = Outcome::Unknown;
};

/// What the whole file is found to be.
struct HistoryFindings
{
    int version = 0;
    qint64 bytes = 0; ///< with the log
    qint64 series = 0, samples = 0, rollups = 0, events = 0;
    QStringList problems; ///< empty: good; at most 100
    QString clockDoubt;   ///< why nothing is deleted by the clock at present; empty: it was believed last
};

/// Reads every page, compares tables and indexes, and reads every roll-up. For a file of any version up to ours;
/// changes nothing. `stopped` is asked now and then. Errors: usage (no file, not ours, newer), io, cancelled.
[[nodiscard]] Result<HistoryFindings> checkHistory(const QString &path, const std::function<bool()> &stopped = {});

} // namespace Switchyard
