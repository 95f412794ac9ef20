// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/timeline.h"

namespace Switchyard {

namespace {
constexpr double mergeMs = 20;
}

void ClientTimeline::clear()
{
    *this = ClientTimeline();
}

void ClientTimeline::take(const QList<Event> &events)
{
    for (const Event &event : events)
        take(event);
}

void ClientTimeline::take(const Event &event)
{
    switch (event.kind) {
    case EventKind::ClientConnecting:
        return change(event, State::Connecting);
    case EventKind::ClientOpen:
        return change(event, State::Open);
    case EventKind::ClientNotice:
        return change(event, State::Notified);
    case EventKind::ClientEnded:
        return change(event, State::Lost);
    default:
        return;
    }
}

void ClientTimeline::change(const Event &event, State to)
{
    const auto counter = [this](State state) -> int & {
        switch (state) {
        case State::Open:
            return m_now.open;
        case State::Notified:
            return m_now.notified;
        case State::Connecting:
            return m_now.connecting;
        case State::Lost:
            break;
        }
        return m_now.lost;
    };
    const auto key = qMakePair(event.subject, event.client);
    const auto it = m_states.find(key);
    if (it != m_states.end()) {
        if (*it == to)
            return;
        --counter(*it);
        *it = to;
    } else {
        m_states.insert(key, to);
    }
    ++counter(to);
    const double ms = double(event.us) / 1000;
    if (!m_bands.isEmpty() && ms - m_bands.last().ms < mergeMs) {
        const double keep = m_bands.last().ms;
        m_bands.last() = m_now;
        m_bands.last().ms = keep;
        return;
    }
    m_now.ms = ms;
    m_bands.append(m_now);
}

} // namespace Switchyard
