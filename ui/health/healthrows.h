// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/livestate.h"
#include "ui/common/rowmodel.h"

namespace Switchyard {

/// Columns of the table of monitors.
namespace HealthColumn {
enum
{
    State,
    Name,
    Group,
    Kind,
    Status,
    Last,
    Age,
    P50,
    P95,
    P99,
    Uptime,
    RawUptime,
    LongestGap,
    Certificate,
    Interval,
    Trend,
    Count
};
}
QStringList healthColumns();
/// What the column means, for the tip of its heading.
QString healthColumnTip(int column);

/// What of a monitor the table shows: the raw values, small enough to be kept of each of thousands. The first part is
/// cheap to read from a record, the figures are counted from up to 600 points.
struct MonitorDigest
{
    State state = State::Unknown;
    MonitorState machine = MonitorState::Unknown;
    QString word;
    QString cause;
    bool asked = false;  ///< at least one probe came back
    bool broken = false; ///< it cannot be probed
    int status = 0;
    std::optional<double> lastMs;
    qint64 lastWallMs = 0;
    std::optional<int> certificateDays;
    QString certificate;
    quint64 warmed = 0;
    bool isRead = false; ///< from Prometheus, see readingrows.h
    QString shape;       ///< before the word, where it is not the state's own

    std::optional<double> p50, p95, p99; ///< milliseconds
    std::optional<double> uptime, rawUptime;
    std::optional<double> longestGapMs;
    quint64 probes = 0, failed = 0;

    /// Nothing speaks of now: what is shown is the past.
    bool isStale() const { return asked && machine == MonitorState::Unknown; }
};

/// The part that is cheap; the figures stay.
void readState(const MonitorRecord &record, MonitorDigest *digest);
void readFigures(const MonitorRecord &record, Instant now, MonitorDigest *digest);
/// Latencies of the last probes; NaN is a gap.
QList<double> monitorTrend(const MonitorRecord &record);

/// `limitMs`: the threshold that colours a latency. Not for HealthColumn::Trend.
Cell monitorCell(const Monitor &monitor, const MonitorDigest &digest, int column, double limitMs);
/// Not measured here; `why` is for its tip.
Cell noFigure(const QString &why = {});
/// How bad a state is, 0 the worst: what sorting by state goes by.
int badness(const MonitorDigest &digest);
/// What a column is sorted by: a number, or nothing where nothing was measured.
std::optional<double> sortNumber(const Monitor &monitor, const MonitorDigest &digest, int column);

} // namespace Switchyard
