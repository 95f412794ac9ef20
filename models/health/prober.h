// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QList>
#include <QObject>

#include <memory>

namespace Switchyard {

/// Health probes (HTTP, TCP connects, WebSocket upgrades) on libcurl's multi interface in one thread of its own; every
/// probe makes a fresh connection, because a kept-alive one stays on the old instance through a deploy, and resolves
/// the name anew.
///
/// Thread: create, call and destroy it on one thread with an event loop; `samplesReady` arrives there in batches of
/// at most ten a second unless `setImmediate(true)` (sessions) delivers each as it comes. Destruction cancels
/// what runs and takes a few milliseconds, also while a name is being resolved.
class Prober final : public QObject
{
    Q_OBJECT
public:
    explicit Prober(QObject *parent = nullptr);
    ~Prober() override;

    /// Probes at a fixed rate without drift (interval 50 ms to 1 day), first at once plus `phase`. A probe that is
    /// still running when the next is due does not delay it; up to 20 of one target run at a time, and what is due
    /// above that is counted, but not started. Replaces a target of the same id and begins its count anew.
    /// A target that cannot be probed (no http URL, unreadable caFile, …) gives samples of kind usage.
    void schedule(const ProbeTarget &target, Milliseconds interval, Microseconds phase = Microseconds(0));

    /// Cancels the target's probes, single ones too. No sample of it comes after this returns; what was running, or not
    /// handed over yet, is taken out of scheduledCount().
    void unschedule(const QString &targetId);
    void unscheduleAll();

    /// One probe now; its sample comes through samplesReady like the others.
    void probeOnce(const ProbeTarget &target);

    void setImmediate(bool immediate);

    /// How many connections may be in the making at a time, of all targets together: 1 to 20,000, at first 500. What
    /// is due above that waits its turn, in the order in which it was due, and its sample tells by `dueAt` how late it
    /// left; of a target that has some under way further ones wait behind the others.
    /// The soft limit of open files is raised for it. Errors (io) where even the hard one is too low: then as many as
    /// fit are allowed.
    Result<void> setConnectionLimit(int connections);

    static constexpr int defaultConnectionLimit = 500;

    /// How many probes were due so far for the target, to judge coverage against the samples that came. Includes those
    /// still running; stays readable after unschedule().
    quint64 scheduledCount(const QString &targetId) const;

Q_SIGNALS:
    void samplesReady(const QList<Switchyard::ProbeSample> &samples);

private:
    class Worker;
    std::unique_ptr<Worker> m_worker;
};

/// Whether a status fits an expectation such as "200", "2xx", "200-299" or "200,204"; empty means 2xx.
/// Errors (usage): text that is none of these.
[[nodiscard]] Result<bool> statusMatches(const QString &expectation, int status);

} // namespace Switchyard
