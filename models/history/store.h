// SPDX-License-Identifier: GPL-3.0-or-later
// The history on disk: one SQLite file in WAL mode, written by one thread of its own.
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/history/sample.h"

#include <functional>
#include <memory>

namespace Switchyard {

struct HistoryOptions
{
    Milliseconds flushEvery{1000};
    std::size_t batch = 5000;      ///< as many waiting samples are written at once
    std::size_t capacity = 200000; ///< samples and events held while the file cannot be written; then the oldest go
    Milliseconds lockWait{500};

    Milliseconds keepSamples{std::chrono::hours(7 * 24)};   ///< 0: for ever
    Milliseconds keepRollups{std::chrono::hours(400 * 24)}; ///< roll-ups and events; 0: for ever
    Milliseconds sealAfter{std::chrono::minutes(5)};        ///< an hour is rolled up that long after its end
    Milliseconds maintainEvery{std::chrono::minutes(10)};   ///< 0: only when asked
    Milliseconds checkEvery{std::chrono::hours(7 * 24)};    ///< the whole file, beside the writer; 0: never
    std::function<qint64()> now;                            ///< wall clock, ms since 1970 UTC; for tests
    /// A clock in ms that nobody sets, sleep included; for tests. Nothing, with `now`: it goes as that does.
    std::function<qint64()> steady;
};

struct HistoryStatus
{
    enum class Condition
    {
        Recording,
        Locked,     ///< another program holds the file
        Full,       ///< no room on the disk
        Unwritable, ///< anything else; the message says what
        Refused     ///< another program's file, or a newer version's, has taken its place
    };
    Condition condition = Condition::Recording;
    QString message;  ///< of the last failure; empty while recording
    QString setAside; ///< where a damaged file was moved to; empty if none was
    qint64 written = 0;
    qint64 waiting = 0;
    qint64 dropped = 0;              ///< there was no room for them while the file could not be written
    QString clockDoubt;              ///< why nothing is deleted by the clock at present; empty: it is believed
    std::optional<qint64> checkedMs; ///< when the whole file was last found good
};

class HistoryWriter;

/// Takes samples and events from any thread and writes them in batches; killed at any time, what was flushed stays.
/// While the file cannot be written they wait in memory. Destruction writes what waits, once, and tells the log of what
/// is lost. Several processes may write one file.
class HistoryStore final
{
public:
    /// Opens or makes the file (mode 0600) and brings an older one to the current version. Takes as long as the disk,
    /// and for an older version as long as its roll-ups: not for the GUI thread. A locked file or full disk is no
    /// error: status() tells. Damage is found when a page is needed, or by the check in the background; then the file
    /// is renamed, never deleted, and a new one begun. Errors: usage (a newer version wrote the file, or it is some
    /// other program's; it is left as it is).
    [[nodiscard]] static Result<std::unique_ptr<HistoryStore>> open(const QString &path,
                                                                    const HistoryOptions &options = {});
    ~HistoryStore();
    HistoryStore(const HistoryStore &) = delete;
    HistoryStore &operator=(const HistoryStore &) = delete;

    /// Never waits for the disk. Any thread.
    void append(HistorySample sample);
    void append(HistoryEvent event);
    /// Waits until all that was appended before is on disk, or an attempt failed. Not for the GUI thread.
    /// Errors: io (also: some of it was dropped since the last flush), timeout.
    [[nodiscard]] Result<void> flush(Milliseconds atMost = Milliseconds(10'000));
    /// Any thread.
    HistoryStatus status() const;
    const QString &path() const;

    /// Rolls up the hours that are over and deletes what is older than the options say, as the writer's thread does by
    /// itself every so often, and waits for it. Not for the GUI thread. Errors: io, timeout.
    [[nodiscard]] Result<void> maintain(Milliseconds atMost = Milliseconds(60'000));
    /// The same for the check of the whole file. A damaged file is no error: status() tells where it went.
    [[nodiscard]] Result<void> check(Milliseconds atMost = Milliseconds(60'000));

private:
    explicit HistoryStore(std::unique_ptr<HistoryWriter> writer);
    std::unique_ptr<HistoryWriter> m_writer;
};

} // namespace Switchyard
