// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/prober.h"

#include "models/health/ledger.h"
#include "models/health/probeloop.h"

#include <QSocketNotifier>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds shortestInterval{50};
constexpr Milliseconds longestInterval{86'400'000};

} // namespace

class Prober::Worker
{
public:
    ProbeLedger ledger;
    ProbeLoop loop{ledger};
};

Prober::Prober(QObject *parent)
    : QObject(parent)
    , m_worker(std::make_unique<Worker>())
{
    auto *ready = new QSocketNotifier(m_worker->ledger.readyFd(), QSocketNotifier::Read, this);
    connect(ready, &QSocketNotifier::activated, this, [this] {
        // Nothing may follow the signal: a slot may destroy this object.
        if (const QList<ProbeSample> samples = m_worker->ledger.take(); !samples.isEmpty())
            Q_EMIT samplesReady(samples);
    });
}

Prober::~Prober()
{
    // Its notifier looks at the worker's descriptor, so it goes first.
    delete findChild<QSocketNotifier *>();
}

void Prober::schedule(const ProbeTarget &target, Milliseconds interval, Microseconds phase)
{
    const Instant first = Clock::now() + std::max(phase, Microseconds(0));
    const quint64 serial = m_worker->ledger.order(target.id, true);
    m_worker->loop.schedule(PreparedTarget::from(target), serial,
                            std::clamp(interval, shortestInterval, longestInterval), first);
}

void Prober::unschedule(const QString &targetId)
{
    m_worker->ledger.retire(targetId);
    m_worker->loop.stop(targetId);
}

void Prober::unscheduleAll()
{
    m_worker->ledger.retireAll();
    m_worker->loop.stopAll();
}

void Prober::probeOnce(const ProbeTarget &target)
{
    const quint64 serial = m_worker->ledger.order(target.id, false);
    m_worker->loop.once(PreparedTarget::from(target), serial);
}

void Prober::setImmediate(bool immediate)
{
    m_worker->loop.setImmediate(immediate);
}

quint64 Prober::scheduledCount(const QString &targetId) const
{
    return m_worker->ledger.dueCount(targetId);
}

} // namespace Switchyard
