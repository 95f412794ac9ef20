// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/historywindow.h"
#include "models/health/monitorset.h"

#include <QList>

#include <optional>

namespace Switchyard {

/// What the latency plot shows, all times in milliseconds of the wall clock. Single probes or bands, not both.
struct LatencyView
{
    struct Dot
    {
        qint64 atMs = 0;
        std::optional<double> ms; ///< nothing: no whole answer came
        ProbeState state = ProbeState::Up;
    };
    struct Band
    {
        qint64 fromMs = 0, toMs = 0;
        std::optional<double> p50, p95, most; ///< nothing: no whole answer came
        qint64 count = 0, failed = 0;
    };
    struct Stretch
    {
        MonitorState state = MonitorState::Unknown;
        qint64 fromMs = 0, toMs = 0;
    };

    qint64 fromMs = 0, toMs = 0;
    qint64 holdMs = 0; ///< after so long without a probe no line goes on
    double limitMs = 0;
    QList<Dot> dots;
    QList<Band> bands;
    QList<Stretch> states;
    QList<HistoryMark> marks;
};

/// The points that are kept in memory, up to `now`.
[[nodiscard]] LatencyView liveView(const MonitorRecord &record, Instant now, qint64 nowMs);
[[nodiscard]] LatencyView historyView(const HistoryWindow &window, const Monitor &monitor);

/// "● up", "◐ degraded", "■ down", … as the strip of states shows them.
[[nodiscard]] QString stretchText(MonitorState state);

} // namespace Switchyard
