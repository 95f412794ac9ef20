// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/livestate.h"

#include "models/health/platformwords.h"

#include <QDateTime>

namespace Switchyard {

QString stateWord(State state)
{
    switch (state) {
    case State::Up:
        return QStringLiteral("up");
    case State::Degraded:
        return QStringLiteral("degraded");
    case State::Down:
        return QStringLiteral("down");
    case State::Action:
        return QStringLiteral("change");
    case State::Working:
        return QStringLiteral("working");
    case State::Unknown:
        break;
    }
    return QStringLiteral("unknown");
}

State SocketLive::state() const
{
    if (!problem.isEmpty())
        return State::Down;
    if (figures.clients == 0 || !watched)
        return State::Unknown;
    if (figures.open == figures.clients)
        return State::Up;
    return figures.open > 0 ? State::Degraded : figures.connecting > 0 ? State::Working : State::Down;
}

QString SocketLive::stateWord() const
{
    if (!problem.isEmpty())
        return QStringLiteral("failed");
    if (socket.clients == 0)
        return QStringLiteral("not probed");
    const State now = state();
    return now == State::Working ? QStringLiteral("connecting") : Switchyard::stateWord(now);
}

State shownState(const MonitorRecord &record)
{
    if (record.monitor.problem)
        return record.monitor.waits ? State::Unknown : State::Down;
    switch (record.tracker.state()) {
    case MonitorState::Up:
        return record.tracker.failuresInRow() > 0 ? State::Degraded : State::Up;
    case MonitorState::Degraded:
    case MonitorState::Recovering:
        return State::Degraded;
    case MonitorState::Down:
        return State::Down;
    case MonitorState::ColdStart:
        return State::Working;
    case MonitorState::Unknown:
    case MonitorState::Paused:
        break;
    }
    return State::Unknown;
}

QString shownStateWord(const MonitorRecord &record)
{
    if (record.monitor.problem)
        return record.monitor.waits ? monitorStateName(MonitorState::Unknown) : QStringLiteral("failed");
    const MonitorState state = record.tracker.state();
    if (record.tracker.failuresInRow() > 0 && state != MonitorState::Down && record.monitor.downAfter)
        return QStringLiteral("%1 failed").arg(record.tracker.failuresInRow());
    if (record.tracker.failuresInRow() > 0 && state != MonitorState::Down)
        return QStringLiteral("%1 of %2 failed").arg(record.tracker.failuresInRow()).arg(record.monitor.failures);
    return state == MonitorState::ColdStart ? QStringLiteral("cold start") : monitorStateName(state);
}

QString shownCause(const MonitorRecord &record)
{
    if (record.monitor.problem)
        return record.monitor.problem->message;
    if (record.tracker.failuresInRow() > 0 && record.last) {
        const QString words = platformWords(record.monitor, record.tracker.failingSince(), Clock::now());
        return words.isEmpty() ? record.last->reason : record.last->reason + QStringLiteral("; ") + words;
    }
    return record.tracker.cause();
}

std::optional<double> lastLatencyMs(const MonitorRecord &record)
{
    if (!record.last || record.last->state == ProbeState::Down)
        return std::nullopt;
    return record.last->phases.total;
}

qint64 wallMsOf(Instant moment)
{
    return QDateTime::currentMSecsSinceEpoch() +
           std::chrono::duration_cast<Milliseconds>(moment - Clock::now()).count();
}

} // namespace Switchyard
