// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/ledger.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace Switchyard {

ProbeLedger::ProbeLedger()
    : m_readyFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
{
    if (m_readyFd < 0)
        qFatal("no file descriptor left for the prober");
}

ProbeLedger::~ProbeLedger()
{
    ::close(m_readyFd);
}

bool ProbeLedger::isStale(const QString &targetId, quint64 serial) const
{
    return serial < std::max(m_cutoffAll, m_cutoff.value(targetId));
}

void ProbeLedger::close(const QString &targetId)
{
    const auto count = m_counts.find(targetId);
    if (count != m_counts.end()) {
        count->due -= count->open;
        count->open = 0;
    }
}

quint64 ProbeLedger::order(const QString &targetId, bool restart)
{
    const std::lock_guard lock(m_mutex);
    const quint64 serial = ++m_serial;
    if (restart) {
        m_cutoff.insert(targetId, serial);
        m_counts.insert(targetId, {});
        m_outbox.removeIf([&targetId](const Item &item) { return item.sample.targetId == targetId; });
    }
    return serial;
}

void ProbeLedger::retire(const QString &targetId)
{
    const std::lock_guard lock(m_mutex);
    m_cutoff.insert(targetId, ++m_serial);
    close(targetId);
    m_outbox.removeIf([&targetId](const Item &item) { return item.sample.targetId == targetId; });
}

void ProbeLedger::retireAll()
{
    const std::lock_guard lock(m_mutex);
    m_cutoffAll = ++m_serial;
    m_cutoff.clear();
    const QList<QString> targetIds = m_counts.keys();
    for (const QString &targetId : targetIds)
        close(targetId);
    m_outbox.clear();
}

quint64 ProbeLedger::dueCount(const QString &targetId) const
{
    const std::lock_guard lock(m_mutex);
    return m_counts.value(targetId).due;
}

QList<ProbeSample> ProbeLedger::take()
{
    // Emptied before the outbox is: a sample put in between announces itself again.
    eventfd_t ignored = 0;
    eventfd_read(m_readyFd, &ignored);
    const std::lock_guard lock(m_mutex);
    QList<ProbeSample> samples;
    samples.reserve(m_outbox.size());
    for (Item &item : m_outbox) {
        if (item.scheduled)
            --m_counts[item.sample.targetId].open;
        samples += std::move(item.sample);
    }
    m_outbox.clear();
    return samples;
}

bool ProbeLedger::noteDue(const QString &targetId, quint64 serial, quint64 count, bool starts)
{
    const std::lock_guard lock(m_mutex);
    if (isStale(targetId, serial))
        return false;
    Count &counts = m_counts[targetId];
    counts.due += count;
    counts.open += starts ? 1 : 0;
    return true;
}

bool ProbeLedger::put(const ProbeSample &sample, quint64 serial, bool scheduled)
{
    const std::lock_guard lock(m_mutex);
    if (isStale(sample.targetId, serial))
        return false;
    m_outbox += Item{sample, scheduled};
    return true;
}

void ProbeLedger::announce() const
{
    eventfd_write(m_readyFd, 1);
}

} // namespace Switchyard
