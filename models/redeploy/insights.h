// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/databaselane.h"

#include <QList>
#include <QString>

namespace Switchyard {

struct SessionFacts;

/// How many lost clients were open again within one second of the session.
struct ReconnectBin
{
    double fromMs = 0; ///< on the session's clock; the bin is one second wide
    int count = 0;
};

/// The longest time in which an endpoint, or one of the lanes, gave no good answer.
struct Silence
{
    QString subject; ///< "health /health", "port 127.0.0.1:8000"
    double fromMs = 0;
    double toMs = 0;
    double ms() const { return toMs - fromMs; }
};

/// What became of the connections that began while the redeploy ran.
struct NewcomerFigures
{
    int tried = 0;    ///< attempts that have an outcome
    int taken = 0;    ///< were open
    int refused = 0;  ///< were not let in: refused by TCP, by an HTTP status, or unanswered
    int dropped = 0;  ///< were let in while the old instance was draining, and ended by the backend afterwards
    QString refusals; ///< "12 × HTTP 503, 3 × refused"; empty without any
};

/// A sentence about two observations that do not agree, or about something a reader would otherwise miss.
struct SessionNote
{
    QString id; ///< stable: "health-while-closing", "port-without-health", …
    QString text;
    QList<int> evidence; ///< event ids, at most 50
};

/// Whether real clients would have come back after the ends that were seen, by library. Source: measurements with the
/// libraries named (facts on peers, reconnect matrix), one cell each; a code that was never measured counts as unknown.
struct ForecastRow
{
    QString protocol; ///< "websocket" or "socket.io"
    QString library;  ///< "reconnecting-websocket 4.4.0"
    int comeBack = 0;
    int stayAway = 0;
    int unknown = 0;
    QString delay; ///< "1.0 to 4.9 s, random"; how long until the library tries again
};

/// What else a session tells, beside its gates.
struct Insights
{
    QList<ReconnectBin> reconnects; ///< without gaps from the first to the last reconnect; empty without losses
    double peakPerSecond = 0;       ///< most reconnects within any one second, whatever the bins' borders
    double peakAtMs = 0;            ///< when that second began
    QList<Silence> silences;        ///< one an endpoint, the longest; empty before the trigger
    NewcomerFigures newcomers;
    QList<DatabaseLane> databases; ///< in the header's order; empty: none was looked at
    QList<SessionNote> notes;
    QList<ForecastRow> forecast; ///< empty without losses
};

[[nodiscard]] Insights insightsOf(const SessionFacts &facts);

} // namespace Switchyard
