// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMetaType>
#include <QString>

namespace Switchyard {

/// What a monitor says of its target. One state at a time; a change of it is what alerts are made of.
enum class MonitorState
{
    Unknown,    ///< not measured: no downtime, and no uptime either
    Up,         ///< answers as it should
    Degraded,   ///< answers, but slowly, or says itself that something is missing
    Down,       ///< as many failures in a row as its rule asks for
    Recovering, ///< was down, answers again, but not yet as often in a row as its rule asks for
    Paused,     ///< nobody probes it, because a person said so
    ColdStart   ///< fails or is slow as a platform that wakes a sleeping instance does, and still may answer in time
};

/// "unknown", "up", "degraded", "down", "recovering", "paused", "cold-start".
QString monitorStateName(MonitorState state);

/// Unknown for any other word.
MonitorState monitorStateNamed(const QString &name);

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::MonitorState)
