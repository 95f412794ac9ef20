// SPDX-License-Identifier: GPL-3.0-or-later
// A ClientPool and everything it said.
#pragma once

#include "models/realtime/clientpool.h"

#include <memory>

namespace Switchyard::Testing {

class PoolRecorder final
{
public:
    using Kind = ClientEvent::Kind;

    PoolRecorder()
        : pool(std::make_unique<ClientPool>())
    {
        QObject::connect(pool.get(), &ClientPool::eventsReady, pool.get(),
                         [this](const QList<ClientEvent> &more) { events += more; });
        QObject::connect(pool.get(), &ClientPool::snapshotsReady, pool.get(),
                         [this](const QList<SocketSnapshot> &more) { snapshots = more; });
    }

    /// A pool that holds one client of `target`, started.
    explicit PoolRecorder(const SocketTarget &target)
        : PoolRecorder()
    {
        added = pool->addTarget(target).has_value();
        if (added)
            pool->start();
    }

    int count(Kind kind) const
    {
        return int(std::count_if(events.cbegin(), events.cend(), [kind](const auto &e) { return e.kind == kind; }));
    }
    bool has(Kind kind) const { return count(kind) > 0; }
    /// The first event of a kind; a default one where there is none.
    ClientEvent first(Kind kind) const
    {
        const auto it = std::find_if(events.cbegin(), events.cend(), [kind](const auto &e) { return e.kind == kind; });
        return it == events.cend() ? ClientEvent() : *it;
    }
    ConnectionEnd end() const { return first(Kind::Ended).end; }

    std::unique_ptr<ClientPool> pool;
    QList<ClientEvent> events;
    QList<SocketSnapshot> snapshots;
    bool added = false;
};

} // namespace Switchyard::Testing
