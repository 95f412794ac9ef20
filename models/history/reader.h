// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/history/sample.h"

#include <QStringList>

#include <functional>
#include <memory>
#include <vector>

namespace Switchyard {

struct HistorySeries
{
    QString key;
    qint64 samples = 0; ///< all that were recorded and whose roll-ups are still there
    qint64 single = 0;  ///< of these, those that are still there one by one; -1: not counted
    std::optional<qint64> firstMs, lastMs;
};

/// A part of a plot. Latencies in microseconds, as LatencyHistogram::percentile() gives them.
struct HistoryBucket
{
    qint64 startMs = 0, endMs = 0; ///< start <= time < end
    qint64 count = 0, up = 0, degraded = 0, down = 0;
    std::optional<qint64> minUs, p50Us, p95Us, maxUs;
    bool coarse = false;  ///< a whole hour where finer parts were asked for: its samples are not there any more
    bool damaged = false; ///< see HistoryRollup::damaged
    bool operator==(const HistoryBucket &) const = default;
};

struct HistoryRange
{
    qint64 startMs = 0, endMs = 0; ///< start <= time < end
    bool operator==(const HistoryRange &) const = default;
};

struct HistoryPlot
{
    HistoryRange range;                 ///< what was asked for, widened to whole buckets
    qint64 widthMs = 0;                 ///< of the buckets, but for coarse ones
    std::vector<HistoryBucket> buckets; ///< in order of time; none is empty
    std::vector<HistoryRange> gaps;     ///< without any sample
};

/// All samples of a window together.
struct HistoryTotal
{
    HistoryRange range; ///< what was asked for, widened to whole hours where single samples are gone
    HistoryRollup all;
};

/// A stretch of one state.
struct HistoryInterval
{
    qint64 startMs = 0, endMs = 0;
    int state = HistoryUnknown;
    /// A whole hour of which only counts are left: the state is its worst, and when it held is not known.
    bool coarse = false;
    bool operator==(const HistoryInterval &) const = default;
};

/// Reads what is on disk, beside a writer and other readers. One thread at a time; make one for each. Each function
/// sees the file as it is at one moment. All ranges: startMs <= time < endMs. Errors of all: io (also: damaged).
class HistoryReader final
{
public:
    /// Reads the first pages only. Errors: usage (no file, not ours, or of another version), io.
    [[nodiscard]] static Result<HistoryReader> open(const QString &path);
    HistoryReader(HistoryReader &&) noexcept;
    HistoryReader &operator=(HistoryReader &&) noexcept;
    ~HistoryReader();

    [[nodiscard]] Result<QStringList> series() const;
    /// By key. `countSingle` reads every sample and takes as long; without it they are known from the roll-ups.
    [[nodiscard]] Result<std::vector<HistorySeries>> summaries(bool countSingle = false) const;
    /// By time; at most `limit`, the earliest.
    [[nodiscard]] Result<std::vector<HistorySample>> range(const QString &series, qint64 startMs, qint64 endMs,
                                                           qint64 limit) const;
    /// The last samples that were degraded or down, the newest first, at most `limit`.
    [[nodiscard]] Result<std::vector<HistorySample>> failures(const QString &series, qint64 startMs, qint64 endMs,
                                                              qint64 limit) const;
    /// By time; of all series, or of one and those that concern all. At most `limit`, the earliest.
    [[nodiscard]] Result<std::vector<HistoryEvent>> events(qint64 startMs, qint64 endMs, qint64 limit,
                                                           const std::optional<QString> &series = {}) const;
    /// Hours that begin in the range, also those that are not rolled up yet: each sample once.
    [[nodiscard]] Result<std::vector<HistoryRollup>> rollups(const QString &series, qint64 startMs, qint64 endMs) const;
    [[nodiscard]] Result<HistoryTotal> total(const QString &series, qint64 startMs, qint64 endMs) const;
    /// At most `atMost` buckets of a round width (1 ms … 15 min, 1 h, 2 h, …), on round times. Buckets of an hour and
    /// more come from roll-ups. A gap is a time of at least `shortestGapMs` without a bucket: give twice the interval
    /// of the monitor, so that a bucket between two samples is none. Needs start < end and 2 to 100,000 buckets.
    [[nodiscard]] Result<HistoryPlot> plot(const QString &series, qint64 startMs, qint64 endMs, int atMost,
                                           qint64 shortestGapMs = 1) const;
    /// The whole range without holes. A sample's state holds until the next one, at most `holdsMs`; after that it is
    /// unknown. The state at the start comes from the last sample before.
    [[nodiscard]] Result<std::vector<HistoryInterval>> intervals(const QString &series, qint64 startMs, qint64 endMs,
                                                                 qint64 holdsMs) const;
    /// One by one, by time, until `take` returns false.
    [[nodiscard]] Result<void> eachSample(const QString &series, qint64 startMs, qint64 endMs, qint64 limit,
                                          const std::function<bool(const HistorySample &)> &take) const;

private:
    struct Private;
    explicit HistoryReader(std::unique_ptr<Private> p);
    std::unique_ptr<Private> d;
};

} // namespace Switchyard
