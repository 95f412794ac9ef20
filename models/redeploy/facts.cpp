// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/facts.h"

#include <algorithm>

namespace Switchyard {

SessionFacts::SessionFacts(const SessionRecord &sessionRecord)
    : record(sessionRecord)
{
    for (int s = 0; s < record.header.sockets.size(); ++s) {
        for (int c = 0; c < record.header.sockets[s].clients; ++c) {
            ClientHistory history;
            history.socket = s;
            history.client = c;
            clients.emplace(std::pair(s, c), history);
        }
    }
    for (const Event &event : record.events) {
        endUs = std::max(endUs, event.us);
        switch (event.kind) {
        case EventKind::Phase:
            if (event.text == QLatin1StringView("baseline")) {
                baselineUs = event.us;
                for (auto &[key, history] : clients)
                    history.openAtBaseline = history.open;
            } else if (event.text == QLatin1StringView("triggered")) {
                triggerUs = event.us;
            }
            break;
        case EventKind::ClientOpen:
        case EventKind::ClientNotice:
        case EventKind::ClientEnded:
        case EventKind::ClientGaveUp:
            takeClient(event);
            break;
        case EventKind::Probe:
            if (event.ok)
                takeInstance(event.instance);
            break;
        default:
            takeDeploy(event);
            break;
        }
    }
}

int SessionFacts::socketIndex(const QString &name) const
{
    for (int i = 0; i < record.header.sockets.size(); ++i) {
        if (record.header.sockets[i].name == name)
            return i;
    }
    return -1;
}

void SessionFacts::takeInstance(const QString &instance)
{
    if (instance.isEmpty())
        return;
    QStringList &list = triggered() ? instancesAfter : instancesBefore;
    if (!list.contains(instance))
        list.append(instance);
}

void SessionFacts::takeClient(const Event &event)
{
    const auto it = clients.find({socketIndex(event.subject), event.client});
    if (it == clients.end())
        return;
    ClientHistory &history = it->second;
    if (event.kind == EventKind::ClientOpen) {
        history.open = true;
        takeInstance(event.instance);
        if (history.lastLoss >= 0) {
            losses[std::size_t(history.lastLoss)].backUs = event.us;
            history.lastLoss = -1;
        }
    } else if (event.kind == EventKind::ClientNotice) {
        // The first one tells how long before its end a client could know; a server may repeat it.
        if (history.noticeConnection != event.connection) {
            history.noticeUs = event.us;
            history.noticeConnection = event.connection;
        }
    } else if (event.kind == EventKind::ClientGaveUp) {
        if (history.lastLoss >= 0)
            losses[std::size_t(history.lastLoss)].gaveUp = true;
    } else if (event.wasOpen) {
        takeLoss(history, event);
    }
}

void SessionFacts::takeLoss(ClientHistory &history, const Event &event)
{
    history.open = false;
    if (event.cause == EndCause::Local && !event.serverDisconnect)
        return; // the session's own end
    if (!triggered()) {
        history.lostInBaseline = history.lostInBaseline || baselineUs >= 0;
        return;
    }
    Loss loss;
    loss.ended = &event;
    loss.socket = history.socket;
    loss.client = history.client;
    loss.ordinal = ++history.losses;
    if (history.noticeConnection == event.connection)
        loss.noticeUs = history.noticeUs;
    history.lastLoss = int(losses.size());
    losses.push_back(loss);
}

void SessionFacts::takeDeploy(const Event &event)
{
    const auto stopOf = [this](const Event &end) -> InstanceStop * {
        for (InstanceStop &stop : stops) {
            if (!stop.exited && stop.signal->instance == end.instance)
                return &stop;
        }
        return nullptr;
    };
    switch (event.kind) {
    case EventKind::SignalSent:
        // A second signal to the same instance (SIGINT twice) does not start its time anew.
        if (triggered() && !stopOf(event))
            stops.push_back({&event, nullptr, nullptr});
        break;
    case EventKind::InstanceExited:
        if (InstanceStop *stop = stopOf(event))
            stop->exited = &event;
        if (!triggered())
            machinesBefore = std::max(0, machinesBefore - 1);
        break;
    case EventKind::InstanceKilled:
        if (InstanceStop *stop = stopOf(event); stop && !stop->killed)
            stop->killed = &event;
        break;
    case EventKind::InstanceStarting:
        starting = &event;
        healthy = nullptr;
        if (triggered())
            starts.push_back({&event, nullptr});
        break;
    case EventKind::InstanceHealthy:
        if (starting && event.instance == starting->instance)
            healthy = &event;
        for (InstanceStart &start : starts) {
            if (!start.healthy && start.starting->instance == event.instance)
                start.healthy = &event;
        }
        machinesBefore += triggered() ? 0 : 1;
        break;
    case EventKind::TrafficSwitched:
        if (triggered() && !switched)
            switched = &event;
        break;
    case EventKind::DeployFailed:
        deployFailed = &event;
        break;
    case EventKind::DeployFinished:
        if (triggered())
            deployFinished = &event;
        break;
    case EventKind::Note:
        if (event.subject == QLatin1StringView("suspend"))
            sleptUs = event.us;
        break;
    default:
        break;
    }
    if (!stops.empty()) {
        signal = stops.front().signal;
        killed = stops.front().killed;
        exited = stops.front().exited;
    }
}

} // namespace Switchyard
