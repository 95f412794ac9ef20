// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/turns.h"

#include <QCoreApplication>
#include <QList>
#include <QPointer>
#include <QTimer>

#include <algorithm>
#include <cstring>
#include <utility>

namespace Switchyard {

namespace {

struct TurnJob
{
    QPointer<QObject> owner;
    const char *name;
    std::function<void()> work;
};

/// A timer of no interval fires once a turn; a posted event would be handled in the turn in which it is posted.
class Turns final : public QObject
{
public:
    explicit Turns(QObject *parent)
        : QObject(parent)
    {
        m_timer.setInterval(0);
        connect(&m_timer, &QTimer::timeout, this, &Turns::next);
    }

    void ask(TurnJob job)
    {
        const bool waits = std::any_of(m_jobs.cbegin(), m_jobs.cend(), [&job](const TurnJob &each) {
            return each.owner == job.owner && std::strcmp(each.name, job.name) == 0;
        });
        if (waits)
            return;
        m_jobs.append(std::move(job));
        if (!m_timer.isActive())
            m_timer.start();
    }

private:
    void next()
    {
        // What the last one changed is painted in the turn after it.
        if (std::exchange(m_paints, false))
            return;
        m_jobs.removeIf([](const TurnJob &job) { return !job.owner; });
        if (m_jobs.isEmpty()) {
            m_timer.stop();
            return;
        }
        const TurnJob job = m_jobs.takeFirst();
        m_paints = true;
        job.work();
    }

    QTimer m_timer;
    QList<TurnJob> m_jobs;
    bool m_paints = false;
};

} // namespace

void inOwnTurn(QObject *owner, const char *name, std::function<void()> job)
{
    static QPointer<Turns> turns;
    if (!turns)
        turns = new Turns(QCoreApplication::instance());
    turns->ask({owner, name, std::move(job)});
}

} // namespace Switchyard
