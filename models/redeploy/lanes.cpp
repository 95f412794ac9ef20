// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/lanes.h"

#include "models/common/redact.h"

#include <QMap>

namespace Switchyard {

namespace {

constexpr int httpTooManyRequests = 429;

/// The end of a connection, as the record keeps it.
void takeEnd(Event &event, const ConnectionEnd &end)
{
    event.cause = end.cause;
    event.code = end.code;
    event.codeValid = end.codeValid;
    event.wasOpen = end.wasOpen;
    event.serverDisconnect = end.serverDisconnect;
    event.status = end.httpStatus;
    event.text = redact(end.reason);
    event.detail = redact(end.detail);
}

} // namespace

Event clientEventOf(const ClientEvent &source, const QString &socket)
{
    using Kind = ClientEvent::Kind;
    Event event;
    event.subject = socket;
    event.client = source.client;
    event.connection = source.connection;
    switch (source.kind) {
    case Kind::Connecting:
        event.kind = EventKind::ClientConnecting;
        break;
    case Kind::Open:
        event.kind = EventKind::ClientOpen;
        event.instance = source.instance;
        break;
    case Kind::FirstMessage:
        event.kind = EventKind::ClientFirstMessage;
        break;
    case Kind::Notice:
        event.kind = EventKind::ClientNotice;
        event.text = redact(source.text);
        break;
    case Kind::Ended:
        event.kind = EventKind::ClientEnded;
        takeEnd(event, source.end);
        break;
    case Kind::Waiting:
        event.kind = EventKind::ClientWaiting;
        event.ms = double(source.delay.count());
        break;
    case Kind::GaveUp:
        event.kind = EventKind::ClientGaveUp;
        break;
    }
    return event;
}

Event driverEventOf(const DriverEvent &source)
{
    using Kind = DriverEvent::Kind;
    static const QMap<Kind, EventKind> kinds{{Kind::InstanceStarting, EventKind::InstanceStarting},
                                             {Kind::InstanceHealthy, EventKind::InstanceHealthy},
                                             {Kind::TrafficSwitched, EventKind::TrafficSwitched},
                                             {Kind::SignalSent, EventKind::SignalSent},
                                             {Kind::InstanceKilled, EventKind::InstanceKilled},
                                             {Kind::InstanceExited, EventKind::InstanceExited},
                                             {Kind::LogLine, EventKind::LogLine},
                                             {Kind::Step, EventKind::Step},
                                             {Kind::Failed, EventKind::DeployFailed},
                                             {Kind::Finished, EventKind::DeployFinished}};
    Event event;
    event.kind = kinds.value(source.kind, EventKind::Note);
    event.instance = source.instance > 0 ? QString::number(source.instance) : QString();
    event.pid = source.pid;
    event.code = source.code;
    event.text = redact(source.text);
    return event;
}

std::optional<Event> newcomerEventOf(const ClientEvent &source, const QString &socket)
{
    const bool taken = source.kind == ClientEvent::Kind::Open;
    const bool ended = source.kind == ClientEvent::Kind::Ended && source.end.cause != EndCause::Local;
    if (!taken && !ended)
        return std::nullopt;
    Event event;
    event.kind = EventKind::Newcomer;
    event.subject = socket;
    event.client = source.client;
    event.connection = source.connection;
    event.ok = taken;
    event.instance = source.instance;
    if (ended)
        takeEnd(event, source.end);
    return event;
}

Event probeEventOf(const ProbeSample &sample)
{
    Event event;
    event.kind = EventKind::Probe;
    event.subject = sample.targetId;
    // A rate limit answers for the edge, not for the backend behind it.
    event.ok = sample.state == ProbeState::Up ||
               (sample.state == ProbeState::Degraded && sample.status != httpTooManyRequests);
    event.status = sample.status;
    event.ms = toMs(sample.doneAt - sample.sentAt);
    event.text = redact(sample.reason);
    event.instance = sample.instance;
    return event;
}

Event connectEventOf(const QString &subject, bool ok, double ms, const QString &problem)
{
    Event event;
    event.kind = EventKind::Probe;
    event.subject = subject;
    event.ok = ok;
    event.ms = ms;
    event.text = ok ? QString() : problem;
    return event;
}

Event databaseEventOf(const DatabaseLook &look)
{
    Event event;
    event.kind = look.kind == DatabaseLook::Kind::Query     ? EventKind::Database
                 : look.kind == DatabaseLook::Kind::Connect ? EventKind::DatabaseConnect
                                                            : EventKind::Note;
    event.subject = SessionDatabase{look.database, 0, 0, 0, {}}.subject();
    event.ok = look.ok;
    event.ms = look.ms;
    event.instance = look.server;
    event.text = look.ok ? QString() : redact(look.problem);
    event.detail = look.cause;
    event.connections = look.connections;
    if (event.kind == EventKind::Note) // a note stands by itself in the log
        event.text = QStringLiteral("%1: %2").arg(event.subject, event.text);
    return event;
}

} // namespace Switchyard
