// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/latencyview.h"

#include "ui/common/theme.h"

namespace Switchyard {

namespace {

qint64 wholeMs(Clock::duration duration)
{
    return std::chrono::duration_cast<Milliseconds>(duration).count();
}

std::optional<double> msOf(std::optional<qint64> us)
{
    return us ? std::optional(double(*us) / 1000) : std::nullopt;
}

} // namespace

LatencyView liveView(const MonitorRecord &record, Instant now, qint64 nowMs)
{
    LatencyView view;
    const auto wall = [&](Instant at) { return nowMs - wholeMs(now - at); };
    view.holdMs = wholeMs(record.tracker.lapseAfter());
    view.toMs = nowMs;
    view.fromMs = record.points.isEmpty() ? nowMs - 10'000 : std::min(wall(record.points.first().at), nowMs - 10'000);
    view.dots.reserve(record.points.size());
    for (const HealthPoint &point : record.points)
        view.dots.append(
            {wall(point.at), point.latency ? std::optional(toMs(*point.latency)) : std::nullopt, point.state});
    qint64 done = view.fromMs;
    for (const StateInterval &interval : record.intervalsUntil(now)) {
        const qint64 from = std::max(wall(interval.from), done);
        const qint64 to = std::max(wall(interval.to), done);
        if (from > done)
            view.states.append({MonitorState::Unknown, done, from});
        if (to > from)
            view.states.append({interval.state, from, to});
        done = std::max(done, to);
    }
    if (done < view.toMs)
        view.states.append({MonitorState::Unknown, done, view.toMs});
    return view;
}

LatencyView historyView(const HistoryWindow &window, const Monitor &monitor)
{
    LatencyView view;
    view.fromMs = window.fromMs;
    view.toMs = window.toMs;
    view.holdMs = wholeMs(MonitorTracker(monitor).lapseAfter());
    for (const HistorySample &sample : window.samples) {
        if (sample.state < HistoryUp || sample.state > HistoryDown)
            continue;
        view.dots.append({sample.timeMs, msOf(sample.latencyUs),
                          sample.state == HistoryDown       ? ProbeState::Down
                          : sample.state == HistoryDegraded ? ProbeState::Degraded
                                                            : ProbeState::Up});
    }
    for (const HistoryBucket &bucket : window.buckets)
        view.bands.append({bucket.startMs, bucket.endMs, msOf(bucket.p50Us), msOf(bucket.p95Us), msOf(bucket.maxUs),
                           bucket.count, bucket.down});
    for (const StateInterval &interval : window.states)
        view.states.append(
            {interval.state, wholeMs(interval.from.time_since_epoch()), wholeMs(interval.to.time_since_epoch())});
    view.marks = window.marks;
    return view;
}

QString stretchText(MonitorState state)
{
    switch (state) {
    case MonitorState::Up:
        return stateShape(State::Up) + QStringLiteral(" up");
    case MonitorState::Degraded:
        return stateShape(State::Degraded) + QStringLiteral(" degraded");
    case MonitorState::Down:
        return stateShape(State::Down) + QStringLiteral(" down");
    case MonitorState::Recovering:
        return stateShape(State::Degraded) + QStringLiteral(" recovering");
    case MonitorState::ColdStart:
        return stateShape(State::Working) + QStringLiteral(" cold start");
    case MonitorState::Paused:
        return stateShape(State::Unknown) + QStringLiteral(" paused");
    case MonitorState::Unknown:
        break;
    }
    return stateShape(State::Unknown) + QStringLiteral(" not measured");
}

} // namespace Switchyard
