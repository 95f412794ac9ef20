// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"

#include <QHash>
#include <QList>

namespace Switchyard {

/// How many clients were in which state at a moment.
struct ClientBand
{
    double ms = 0;
    int open = 0;
    int notified = 0; ///< open, and told that the end is near
    int lost = 0;     ///< not connected: waiting, or given up
    int connecting = 0;
};

/// Follows the events of a session and keeps the counts of client states over time, one entry per change (changes
/// within 20 ms share one). Feed it the events in the record's order; live and afterwards alike.
class ClientTimeline final
{
public:
    void take(const Event &event);
    void take(const QList<Event> &events);
    const QList<ClientBand> &bands() const { return m_bands; }
    int clientCount() const { return int(m_states.size()); }
    void clear();

private:
    enum class State
    {
        Lost,
        Connecting,
        Open,
        Notified
    };
    void change(const Event &event, State to);

    QHash<QPair<QString, int>, State> m_states;
    ClientBand m_now;
    QList<ClientBand> m_bands;
};

} // namespace Switchyard
