// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"
#include "models/realtime/clientevent.h"
#include "models/realtime/workercounts.h"
#include "models/workspace/workspace.h"
#include "ui/common/theme.h"

#include <QList>
#include <QString>

namespace Switchyard {

/// One socket of a backend as it is now. Value type: the monitor hands out copies.
struct SocketLive
{
    QString backend;
    SocketEndpoint socket;
    SocketSnapshot figures;
    bool watched = false;   ///< figures came at least once
    bool inSession = false; ///< figures are those of the running session
    QString problem;        ///< why it cannot be watched; empty otherwise
    CountReading count;
    QList<quint64> totals; ///< messages since start, one value a second, at most 6
    double rate = 0;       ///< messages per second over the last five seconds
    QList<double> rates;   ///< messages per second, one value a second, at most 300; NaN is a gap
    QString key() const { return backend + QLatin1Char('/') + socket.name; }
    State state() const;
    QString stateWord() const;
};

/// One measured point of an endpoint.
struct EndpointPoint
{
    qint64 wallMs = 0;
    double ms = -1; ///< negative: no answer, a gap
    ProbeState state = ProbeState::Down;
    int everyMs = 0; ///< how often it was probed then; 0: not known
};

/// Whether so much time lies between two points that something is missing there.
bool isGap(const EndpointPoint &before, const EndpointPoint &after);

/// One health endpoint of a backend as it is now.
struct EndpointLive
{
    QString backend;
    HealthEndpoint endpoint;
    ProbeTarget target;
    QString problem;             ///< why it cannot be probed
    QList<EndpointPoint> points; ///< the last 3,600
    ProbeSample last;            ///< the last with phases
    bool sampled = false;
    qint64 total = 0, good = 0;
    int failuresInRow = 0;
    QList<QPair<qint64, QString>> failures; ///< the last ten, time and reason
    int status = 0;                         ///< HTTP status of the last point, 0: none arrived
    bool paused = false;
    /// No point came for so long that the last one does not speak of now.
    bool isStale(qint64 nowMs) const;
    QString key() const { return target.id.isEmpty() ? backend + endpoint.path : target.id; }
    /// A single missed answer is a warning; `failures` in a row are down.
    State state() const;
    QString stateWord() const;
    double percentileMs(double share) const; ///< negative without an answer
    double uptime() const { return total > 0 ? double(good) / double(total) : -1; }
};

/// "up", "degraded", "down", "unknown", …
QString stateWord(State state);

} // namespace Switchyard
