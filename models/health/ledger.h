// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QHash>
#include <QList>

#include <mutex>

namespace Switchyard {

/// What the prober's two threads share: the finished samples on their way out, how many probes were due, and which
/// orders are still in force. Each order (schedule, one probe) has a serial number; a later unschedule of its target
/// makes it stale, and what a stale order still produces is dropped here, so that no sample of an older run arrives.
///
/// Thread: all functions from either thread. An eventfd tells the owner's event loop that samples wait: it is how
/// they cross, without an event posted for each.
class ProbeLedger final
{
public:
    ProbeLedger();
    ~ProbeLedger();
    ProbeLedger(const ProbeLedger &) = delete;
    ProbeLedger &operator=(const ProbeLedger &) = delete;

    // The owner's side.

    /// Serial of a new order. `restart`: older orders of the target become stale and its count begins at 0.
    quint64 order(const QString &targetId, bool restart);
    /// Makes every order of the target stale. Its probes that ran, or whose sample was not taken yet, are
    /// taken out of the count: their outcome is nobody's fault.
    void retire(const QString &targetId);
    void retireAll();
    quint64 dueCount(const QString &targetId) const;
    /// Readable while samples wait.
    int readyFd() const { return m_readyFd; }
    QList<ProbeSample> take();

    // The prober thread's side.

    /// Notes probes that were due, of which one starts or none. False: the order is stale, start nothing.
    [[nodiscard]] bool noteDue(const QString &targetId, quint64 serial, quint64 count, bool starts);
    /// Puts a sample in the outbox, unless its order is stale. True: it was put there.
    bool put(const ProbeSample &sample, quint64 serial, bool scheduled);
    /// Wakes the owner.
    void announce() const;

private:
    struct Count
    {
        quint64 due = 0;
        quint64 open = 0; ///< started and not taken yet
    };
    struct Item
    {
        ProbeSample sample;
        bool scheduled = false;
    };
    bool isStale(const QString &targetId, quint64 serial) const;
    void close(const QString &targetId);

    const int m_readyFd;
    mutable std::mutex m_mutex;
    quint64 m_serial = 0;
    quint64 m_cutoffAll = 0;          ///< orders before it are stale
    QHash<QString, quint64> m_cutoff; ///< the same for one target
    QHash<QString, Count> m_counts;
    QList<Item> m_outbox;
};

} // namespace Switchyard
