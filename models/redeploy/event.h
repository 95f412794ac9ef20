// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/database/watch/connectioncount.h"
#include "models/realtime/clientevent.h"
#include "models/workspace/workspace.h"

#include <QJsonObject>
#include <QList>
#include <QString>

namespace Switchyard {

/// What a session records. The names are what the journal and the reports write; they are never renamed, only added to,
/// so that old journals stay readable.
enum class EventKind
{
    Phase,            ///< `text`: the phase entered
    ClientConnecting, ///< `subject`: socket, `client`, `connection`
    ClientOpen,       ///< `instance`
    ClientFirstMessage,
    ClientNotice,  ///< `text`: the message
    ClientEnded,   ///< `cause`, `code`, `codeValid`, `text` (close reason), `detail`, `status`, `wasOpen`,
                   ///< `serverDisconnect`
    ClientWaiting, ///< `ms`: delay
    ClientGaveUp,
    Probe, ///< `subject`: "health /health", `ok`, `status`, `ms`: how long it took, `text`: why not, `instance`
    InstanceStarting, ///< `instance`: number, `pid`
    InstanceHealthy,
    TrafficSwitched,
    SignalSent, ///< `text`: the signal
    InstanceKilled,
    InstanceExited, ///< `code`: exit status
    LogLine,        ///< `text`
    Step,           ///< `text`
    DeployFailed,   ///< `text`
    DeployFinished,
    Newcomer, ///< a connection that began in the middle: `subject`: socket, `client`, `connection`, `ok`: taken; else
              ///< `wasOpen`: taken and then ended by the backend, with `cause`, `code`, `status` as for ClientEnded
    Database, ///< a question on a kept connection: `subject`: "database NAME", `ok`, `ms`, `connections`, `instance`:
              ///< its kind; else `text`: why not, `detail`: "full", "unreachable", "tls", "login", "timeout", "query",
              ///< "string"
    DatabaseConnect, ///< a new connection to it, that left again: the same without `connections`
    Note             ///< `text`: anything else a reader should know
};
QString eventKindName(EventKind kind);

/// One event of a session. `us` counts microseconds from the session's origin on the monotonic clock. Fields that do
/// not belong to the kind keep their default and are not written.
struct Event
{
    int id = 0; ///< from 1, in the order of recording
    qint64 us = 0;
    EventKind kind = EventKind::Note;
    QString subject;
    int client = -1;
    int connection = 0;
    EndCause cause = EndCause::Local;
    int code = 0;
    bool codeValid = true;
    bool wasOpen = false;
    bool serverDisconnect = false;
    bool ok = false;
    int status = 0;
    double ms = 0;
    qint64 pid = 0;
    QString instance;
    QString text;
    QString detail;
    ConnectionCount connections;

    double seconds() const { return double(us) / 1e6; }
};

QJsonObject eventToJson(const Event &event);
/// Unknown kinds become Note, so that a journal of a newer version still opens.
Event eventFromJson(const QJsonObject &json);

/// One socket, as the session watched it.
struct SessionSocket
{
    QString name;
    QString protocol; ///< "websocket" or "socket.io"
    int clients = 0;
    QList<int> allowedCloses;
    bool promisesNotice = false;
    QString reconnect;
    QString transport; ///< Socket.IO: "websocket" or "polling"

    /// Its clients never have a WebSocket, and so no close frame either.
    bool polls() const { return transport == QLatin1StringView("polling"); }
};

/// One HTTP endpoint, as the session probed it. Its events carry `subject` = "kind path".
struct SessionEndpoint
{
    QString kind; ///< "health", "ready", "live"; "port": a TCP connect
    QString path; ///< for "port": host:port
    double intervalMs = 250;
    QString subject() const { return kind + QLatin1Char(' ') + path; }
};

/// One database, as the session looked at it. Its events carry `subject` = "database NAME".
struct SessionDatabase
{
    QString name;
    double intervalMs = 1'000;        ///< between questions
    double connectIntervalMs = 5'000; ///< between newcomers
    int pool = 0;                     ///< connections of all of the application's pools together, once; 0: not known
    QString poolWords;                ///< "4 workers × (20 + 10) × 2 instances = 240 connections"
    QString subject() const { return QStringLiteral("database ") + name; }
};

/// Everything about a session that is known before its first event: the journal's first line.
struct SessionHeader
{
    QString id;
    qint64 startedWallMs = 0; ///< milliseconds since the epoch at the origin, for people
    qint64 monotonicUs = 0;   ///< the origin on this machine's monotonic clock, for logs that are stamped by it
    QString program;          ///< "switchyard 0.1.0"
    QString workspace;
    QString backend;
    QString platform;
    QString stage;
    QString url; ///< redacted
    QString driver;
    QString server; ///< "uvicorn", "gunicorn", … as far as the command tells; empty: not known
    bool rehearsal = false;
    bool seesStop = false;
    bool seesStart = false;
    bool observesInstance = false; ///< an instance header or pointer is configured
    bool loopbackOnly = false;
    bool anchorsNamed = false; ///< the workspace names anchors; else the gateway is tried
    double graceMs = 0;        ///< the platform's, 0: not known
    double baselineMs = 10'000;
    double settleMs = 10'000;
    double timeoutMs = 0;
    Thresholds thresholds;
    QStringList advisory;
    QList<SessionSocket> sockets;
    QList<SessionEndpoint> endpoints;
    QList<SessionDatabase> databases; ///< that are looked at, or were to be
    double newcomersEveryMs = 0;      ///< how often a newcomer tries; 0: none does
};

QJsonObject headerToJson(const SessionHeader &header);
SessionHeader headerFromJson(const QJsonObject &json);

/// A session as it can be judged, shown and reported, live or from its journal.
struct SessionRecord
{
    SessionHeader header;
    QList<Event> events;
    bool complete = false; ///< it ended by itself; false: interrupted, crashed, or still running
    QString endReason;     ///< "settled", "time limit", "interrupted", "not started: …"; empty while it runs
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::Event)
