// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/session.h"

#include <QSet>

#include <optional>

namespace Switchyard {

/// Where a running session stands, and what follows: the state machine behind RedeploySession, without clocks, sockets
/// or timers of its own, so that it can be tested by itself. Times are microseconds from the session's origin.
///
///     preparing -> baseline -> triggered -> draining -> down -> starting -> recovered -> settled
///
/// A phase that the redeploy does not show is left out; draining, down and starting come in the order in which they
/// happen (a platform that starts the new instance first shows starting before draining).
class SessionState final
{
public:
    using Phase = RedeploySession::Phase;

    struct Decision
    {
        std::optional<Phase> next;
        bool end = false;
        QString reason; ///< with `end`
    };

    explicit SessionState(const SessionPlan &plan);

    /// Takes note of an event, in the order of time.
    void take(const Event &event);
    /// With a driver that only observes: whether this event is the first sign of somebody's redeploy.
    bool isFirstSign(const Event &event, bool inBaseline) const;
    Decision decide(Phase phase, qint64 nowUs);

private:
    struct Socket
    {
        int clients = 0;
        int open = 0;
        int gaveUp = 0;
        bool everOpen = false;
        QSet<int> lost; ///< clients that were lost after the trigger
        QString lastProblem;
        bool refused = false;
    };

    void takeClient(const Event &event);
    void takeDeploy(const Event &event);
    Decision decidePreparing(qint64 nowUs) const;
    Decision decideRunning(Phase phase, qint64 nowUs);
    bool everyoneBack() const;
    bool isNewInstance(const QString &instance) const;
    void takeInstance(const QString &instance);
    Milliseconds quietTime() const;
    Socket *socket(const QString &name);

    const SessionPlan &m_plan;
    QList<QString> m_names;
    QList<Socket> m_sockets;
    QMap<QString, bool> m_lastAnswer; ///< by subject
    QSet<QString> m_instances;        ///< seen before the trigger; several machines may answer behind one address
    qint64 m_preparingUs = -1;
    qint64 m_baselineUs = -1;
    qint64 m_triggerUs = -1;
    qint64 m_finishedUs = -1;
    qint64 m_failedUs = -1;
    qint64 m_recoveredUs = -1;
    bool m_waitsForSign = false; ///< somebody else redeploys: the first sign of it is the trigger
    bool m_observing = false;    ///< the course of the redeploy is known only by what clients and probes see
    bool m_signal = false;
    bool m_starting = false;
    int m_alive = 0;       ///< instances that were healthy and have not ended, as driven
    bool m_exited = false; ///< the last one that served has ended
    bool m_lost = false;
    bool m_noticed = false;
    bool m_healthBad = false;
    bool m_instanceChanged = false;
    bool m_draining = false;
    bool m_down = false;
    bool m_startingShown = false;
};

} // namespace Switchyard
