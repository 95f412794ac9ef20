// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/monitorset.h"
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

/// A monitor's state in the window's own shapes and colours. One that failed, but not yet often enough to be down, is
/// a warning.
State shownState(const MonitorRecord &record);
/// "up", "1 of 3 failed", "recovering", "cold start", "failed" where it cannot be probed, …
QString shownStateWord(const MonitorRecord &record);
/// Why it is not up; empty when up, or not known.
QString shownCause(const MonitorRecord &record);
/// Of the last probe; nothing without a whole answer.
std::optional<double> lastLatencyMs(const MonitorRecord &record);
/// The wall clock's time of a moment of the program's own, by what both show now.
qint64 wallMsOf(Instant moment);

/// "up", "degraded", "down", "unknown", …
QString stateWord(State state);

} // namespace Switchyard
