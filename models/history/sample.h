// SPDX-License-Identifier: GPL-3.0-or-later
// What the history keeps: values, without a thread or a file.
#pragma once

#include "models/common/latencyhistogram.h"

#include <QByteArray>
#include <QString>

#include <optional>
#include <variant>

namespace Switchyard {

/// States that roll-ups count by name. Others (from 16 on) may be stored; roll-ups have them in `count` only.
enum HistoryState : int
{
    HistoryUnknown = 0,
    HistoryUp = 1,
    HistoryDegraded = 2,
    HistoryDown = 3
};
/// "unknown", "up", "degraded", "down"; of others the number.
[[nodiscard]] QString historyStateName(int state);

/// One measurement. Times in microseconds; what was not measured has no value, never 0. A negative time is none.
struct HistorySample
{
    QString series;
    qint64 timeMs = 0; ///< wall clock, ms since 1970 UTC
    int state = HistoryUnknown;
    std::optional<qint64> latencyUs;
    std::optional<qint64> dnsUs, connectUs, tlsUs, firstByteUs, transferUs;
    int status = 0; ///< HTTP status; 0: none arrived
    QString note;   ///< why it is not up; redacted when written, and cut to 500 characters
    bool operator==(const HistorySample &) const = default;
};

/// A mark: a deploy, an alert, a change of state. `json` is a text that its writer understands; no secrets in it.
struct HistoryEvent
{
    qint64 timeMs = 0;
    QString kind;
    QString series; ///< empty: concerns all
    QByteArray json;
    bool operator==(const HistoryEvent &) const = default;
};

using HistoryEntry = std::variant<HistorySample, HistoryEvent>;

/// One hour of one series. `latencies` has count, least, greatest and sum of those that were measured.
struct HistoryRollup
{
    qint64 hourMs = 0;
    qint64 count = 0, up = 0, degraded = 0, down = 0;
    std::optional<qint64> firstMs, lastMs; ///< nothing: not recorded (hours of version 1 files)
    LatencyHistogram latencies;
    /// The stored latencies are unreadable, or too many for a histogram: `latencies` lacks some. The counts are right.
    bool damaged = false;

    void add(qint64 timeMs, int state, std::optional<qint64> latencyUs);
    /// Keeps its own hourMs.
    void merge(const HistoryRollup &other);
    bool operator==(const HistoryRollup &) const = default;
};

constexpr qint64 historyHourMs = 3'600'000;
/// Greatest multiple of `width` that is not after the time.
constexpr qint64 historyFloor(qint64 timeMs, qint64 width = historyHourMs)
{
    return timeMs - ((timeMs % width) + width) % width;
}
/// Least multiple of `width` that is not before the time.
constexpr qint64 historyCeil(qint64 timeMs, qint64 width = historyHourMs)
{
    return historyFloor(timeMs, width) == timeMs ? timeMs : historyFloor(timeMs, width) + width;
}

} // namespace Switchyard
