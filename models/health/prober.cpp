// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/prober.h"

#include "models/common/limits.h"
#include "models/common/log.h"
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
    // Who cannot live with less asks for the limit and gets the error.
    if (const Result<void> fits = setConnectionLimit(defaultConnectionLimit); !fits)
        qCWarning(lcHealth).noquote() << fits.error().toString();
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

Result<void> Prober::setConnectionLimit(int connections)
{
    constexpr int most = 20'000;
    constexpr int reserve = 100; // for everything else this program holds open
    const int wanted = std::clamp(connections, 1, most);
    const int files = std::max(raiseFileLimit() - reserve, 1);
    // Happy eyeballs may take two sockets for one connect; answers that take their time hold one each besides.
    const int allowed = std::min(wanted, std::max(files / 2, 1));
    m_worker->loop.setLimits(allowed, files - allowed);
    if (allowed == wanted)
        return {};
    return fail(ErrorKind::Io,
                QStringLiteral("%1 connections at a time need more open files than the %2 this system allows: at most "
                               "%3 are made")
                    .arg(wanted)
                    .arg(files + reserve)
                    .arg(allowed),
                QStringLiteral("raise the hard limit (ulimit -Hn) to %1").arg(2 * wanted + reserve));
}

quint64 Prober::scheduledCount(const QString &targetId) const
{
    return m_worker->ledger.dueCount(targetId);
}

} // namespace Switchyard
