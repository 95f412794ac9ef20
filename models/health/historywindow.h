// SPDX-License-Identifier: GPL-3.0-or-later
// What the history knows of one monitor in one window, read in one go.
#pragma once

#include "models/health/healthfigures.h"
#include "models/health/monitor.h"
#include "models/history/reader.h"

#include <atomic>
#include <memory>

namespace Switchyard {

struct HistoryQuestion
{
    QString file;
    Monitor monitor;
    qint64 fromMs = 0, toMs = 0; ///< wall clock, from <= time < to
    int buckets = 365;           ///< at most; fewer where the monitor's interval is long
    qsizetype single = 1'500;    ///< up to so many samples are given one by one
    /// Set to true by whoever no longer wants the answer; may be null.
    std::shared_ptr<const std::atomic<bool>> cancelled;
};

/// A moment that explains a change of the figures.
struct HistoryMark
{
    qint64 timeMs = 0;
    QString kind; ///< "deploy" or "session"
    QString text; ///< for people: "deploy v42"
    bool operator==(const HistoryMark &) const = default;
};

/// Times of `figures` and `states` are those of the wall clock: Instant(Milliseconds(ms since 1970)).
struct HistoryWindow
{
    qint64 fromMs = 0, toMs = 0;
    HealthFigures figures;
    /// Of some hours only counts are left: how long failures took there is reckoned from their share, and what needs
    /// single samples (longest gap, outages without retries) is not known.
    bool coarse = false;
    std::vector<HistorySample> samples;  ///< all of the window, where they are few; else empty
    std::vector<HistoryBucket> buckets;  ///< where they are not
    QList<StateInterval> states;         ///< what the monitor was, without holes; unknown: not measured
    std::vector<HistorySample> failures; ///< newest first, at most 50
    QList<HistoryMark> marks;

    bool isEmpty() const { return figures.probes == 0; }
};

/// Blocks on the disk; not for the GUI thread. The states are those that were recorded as events; a window in which
/// none was, is judged by the monitor's rules from its samples. Errors: those of HistoryReader; cancelled.
[[nodiscard]] Result<HistoryWindow> readHistoryWindow(const HistoryQuestion &question);

/// The sample that best stands for a part of a window: the first that failed, else the slowest. Nothing: none is
/// there one by one. Blocks. Errors: those of HistoryReader.
[[nodiscard]] Result<std::optional<HistorySample>> tellingSample(const QString &file, const QString &series,
                                                                 qint64 fromMs, qint64 toMs);

/// The phases of a recorded sample.
[[nodiscard]] ProbePhases phasesOf(const HistorySample &sample);

} // namespace Switchyard
