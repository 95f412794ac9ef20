// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/historywindow.h"

#include "models/health/monitortracker.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qint64 mostFailures = 50;
constexpr qint64 mostEvents = 100'000;
constexpr qsizetype mostMarks = 200;

Instant instantOf(qint64 wallMs)
{
    return Instant(Milliseconds(wallMs));
}

qint64 msOf(Instant at)
{
    return std::chrono::duration_cast<Milliseconds>(at.time_since_epoch()).count();
}

ProbeState probeStateOf(int state)
{
    return state == HistoryDown ? ProbeState::Down : state == HistoryDegraded ? ProbeState::Degraded : ProbeState::Up;
}

/// Time in which the target was measured, in order; neighbours are one.
class Measured final
{
public:
    void add(Instant from, Instant to)
    {
        if (!m_parts.isEmpty())
            from = std::max(from, m_parts.last().to);
        if (to <= from)
            return;
        if (!m_parts.isEmpty() && m_parts.last().to == from)
            m_parts.last().to = to;
        else
            m_parts.append({MonitorState::Up, from, to});
    }
    const QList<StateInterval> &parts() const { return m_parts; }

private:
    QList<StateInterval> m_parts;
};

class WindowReader final
{
public:
    WindowReader(const HistoryReader &reader, const HistoryQuestion &question)
        : m_reader(reader)
        , m_question(question)
        , m_series(question.monitor.series())
        , m_hold(MonitorTracker(question.monitor).lapseAfter())
        , m_holdMs(std::chrono::duration_cast<Milliseconds>(m_hold).count())
    {
        m_window.fromMs = question.fromMs;
        m_window.toMs = question.toMs;
    }

    Result<HistoryWindow> read()
    {
        for (const auto step : {&WindowReader::readSamples, &WindowReader::readCoarse, &WindowReader::readEvents,
                                &WindowReader::readTotals, &WindowReader::readRest}) {
            if (wanted()) {
                if (const Result<void> done = (this->*step)(); !done)
                    return tl::unexpected(done.error());
            }
            if (!wanted())
                return fail(ErrorKind::Cancelled, QStringLiteral("another window was chosen"));
        }
        return std::move(m_window);
    }

private:
    bool wanted() const { return !m_question.cancelled || !*m_question.cancelled; }

    Result<void> readSamples()
    {
        // A little before the window, so that failures in a row are counted from their first.
        const qint64 before = m_question.fromMs - 10 * m_holdMs;
        return m_reader.eachSample(m_series, before, m_question.toMs, INT64_MAX, [this](const HistorySample &sample) {
            // Other states than these three say that nothing was measured.
            if (sample.state < HistoryUp || sample.state > HistoryDown)
                return wanted();
            m_points.append({instantOf(sample.timeMs), probeStateOf(sample.state),
                             sample.latencyUs ? BriefLatency(Microseconds(*sample.latencyUs)) : BriefLatency()});
            if (sample.timeMs >= m_question.fromMs && qsizetype(m_window.samples.size()) <= m_question.single)
                m_window.samples.push_back(sample);
            return wanted();
        });
    }

    Result<void> readCoarse()
    {
        const auto intervals = m_reader.intervals(m_series, m_question.fromMs, m_question.toMs, m_holdMs);
        if (!intervals)
            return tl::unexpected(intervals.error());
        for (const HistoryInterval &interval : *intervals) {
            if (interval.coarse)
                m_coarse.push_back(interval);
        }
        m_window.coarse = !m_coarse.empty();
        if (!m_window.coarse)
            return {};
        const auto hours = m_reader.rollups(m_series, historyFloor(m_coarse.front().startMs), m_coarse.back().endMs);
        if (!hours)
            return tl::unexpected(hours.error());
        for (const HistoryRollup &hour : *hours) {
            const auto in = std::find_if(m_coarse.begin(), m_coarse.end(), [&](const HistoryInterval &interval) {
                return hour.hourMs < interval.endMs && interval.startMs < hour.hourMs + historyHourMs;
            });
            if (in != m_coarse.end() && hour.count > 0)
                m_hours.push_back(hour);
        }
        return {};
    }

    Result<void> readEvents()
    {
        const auto events = m_reader.events(m_question.fromMs, m_question.toMs, mostEvents, m_series);
        if (!events)
            return tl::unexpected(events.error());
        for (const HistoryEvent &event : *events) {
            const QJsonObject json = QJsonDocument::fromJson(event.json).object();
            if (event.kind == QLatin1StringView("state") && event.series == m_series)
                takeState(event.timeMs, json);
            else if ((event.kind == QLatin1StringView("deploy") || event.kind == QLatin1StringView("session")) &&
                     m_window.marks.size() < mostMarks)
                takeMark(event, json);
        }
        return {};
    }

    void takeState(qint64 timeMs, const QJsonObject &json)
    {
        const Instant at = instantOf(timeMs);
        const MonitorState to = monitorStateNamed(json[QLatin1StringView("to")].toString());
        if (m_timeline.isEmpty())
            m_timeline.append(
                {monitorStateNamed(json[QLatin1StringView("from")].toString()), instantOf(m_question.fromMs), at});
        m_timeline.last().to = at;
        m_timeline.append({to, at, instantOf(m_question.toMs)});
    }

    void takeMark(const HistoryEvent &event, const QJsonObject &json)
    {
        // A deploy of another backend explains nothing here.
        const QString group =
            json.value(QLatin1StringView("group")).toString(json.value(QLatin1StringView("backend")).toString());
        if (!group.isEmpty() && group != m_question.monitor.group)
            return;
        QString text;
        for (const char *key : {"label", "version", "text", "verdict", "what"}) {
            if (text.isEmpty())
                text = json[QLatin1StringView(key)].toString();
        }
        m_window.marks.append({event.timeMs, event.kind, (event.kind + QLatin1Char(' ') + text).trimmed().left(60)});
    }

    /// Where no change of state was recorded in the window: what the monitor's rules make of the samples.
    void judge()
    {
        MonitorTracker tracker(m_question.monitor);
        Instant previous{};
        MonitorState state = MonitorState::Unknown;
        Instant since = instantOf(m_question.fromMs);
        const auto become = [&](const std::optional<MonitorTransition> &transition) {
            if (!transition)
                return;
            if (transition->at > since) {
                m_timeline.append({state, since, transition->at});
                since = transition->at;
            }
            state = transition->to;
        };
        for (const HealthPoint &point : std::as_const(m_points)) {
            if (previous != Instant{} && point.at - previous > m_hold)
                become(tracker.lapse(previous + m_hold, msOf(previous + m_hold), {}));
            ProbeSample sample;
            sample.sentAt = sample.doneAt = point.at;
            sample.wallMs = msOf(point.at);
            sample.state = point.state;
            if (point.latency) {
                sample.phases.total = toMs(*point.latency);
                sample.doneAt += *point.latency;
            }
            become(tracker.take(sample));
            previous = point.at;
        }
        m_timeline.append({state, since, instantOf(m_question.toMs)});
        // Hours of which counts are left: good ones are good, of others nobody knows when.
        QList<StateInterval> all;
        Instant done = instantOf(m_question.fromMs);
        const auto copyUntil = [&](Instant until) {
            for (const StateInterval &interval : std::as_const(m_timeline)) {
                if (interval.to > done && interval.from < until)
                    all.append({interval.state, std::max(interval.from, done), std::min(interval.to, until)});
            }
            done = until;
        };
        for (const HistoryInterval &hour : m_coarse) {
            copyUntil(instantOf(hour.startMs));
            const MonitorState worst = hour.state == HistoryUp         ? MonitorState::Up
                                       : hour.state == HistoryDegraded ? MonitorState::Degraded
                                                                       : MonitorState::Unknown;
            all.append({worst, instantOf(hour.startMs), instantOf(hour.endMs)});
            done = instantOf(hour.endMs);
        }
        copyUntil(instantOf(m_question.toMs));
        m_timeline = all;
    }

    QList<StateInterval> measured() const
    {
        Measured fine, all;
        for (qsizetype i = 0; i < m_points.size(); ++i) {
            const Instant end = m_points[i].at + m_hold;
            fine.add(m_points[i].at, i + 1 < m_points.size() ? std::min(end, m_points[i + 1].at) : end);
        }
        QList<StateInterval> parts = fine.parts();
        for (const HistoryInterval &hour : m_coarse)
            parts.append({MonitorState::Up, instantOf(hour.startMs), instantOf(hour.endMs)});
        std::sort(parts.begin(), parts.end(),
                  [](const StateInterval &a, const StateInterval &b) { return a.from < b.from; });
        for (const StateInterval &part : std::as_const(parts))
            all.add(part.from, part.to);
        return all.parts();
    }

    /// The timeline where something was measured; unknown, or paused, elsewhere.
    void makeStates()
    {
        const QList<StateInterval> parts = measured();
        qsizetype part = 0;
        for (const StateInterval &stretch : std::as_const(m_timeline)) {
            Instant done = stretch.from;
            const MonitorState idle =
                stretch.state == MonitorState::Paused ? MonitorState::Paused : MonitorState::Unknown;
            while (part < parts.size() && parts[part].to <= done)
                ++part;
            for (qsizetype i = part; i < parts.size() && parts[i].from < stretch.to; ++i) {
                put(idle, done, std::max(done, parts[i].from));
                done = std::max(done, parts[i].from);
                put(stretch.state, done, std::min(parts[i].to, stretch.to));
                done = std::max(done, std::min(parts[i].to, stretch.to));
            }
            put(idle, done, stretch.to);
        }
    }

    void put(MonitorState state, Instant from, Instant to)
    {
        from = std::max(from, instantOf(m_question.fromMs));
        to = std::min(to, instantOf(m_question.toMs));
        if (to <= from)
            return;
        QList<StateInterval> &states = m_window.states;
        if (!states.isEmpty() && states.last().state == state && states.last().to == from)
            states.last().to = to;
        else
            states.append({state, from, to});
    }

    Result<void> readTotals()
    {
        if (m_timeline.isEmpty())
            judge();
        makeStates();
        const auto total = m_reader.total(m_series, m_question.fromMs, m_question.toMs);
        if (!total)
            return tl::unexpected(total.error());
        HealthFigures &figures = m_window.figures;
        figures =
            healthFigures(m_points, m_window.states, m_hold, instantOf(m_question.fromMs), instantOf(m_question.toMs));
        figures.latency = total->all.latencies;
        figures.probes = quint64(total->all.count);
        figures.failed = quint64(total->all.down);
        figures.degraded = quint64(total->all.degraded);
        if (m_window.coarse)
            addCoarse(figures);
        return {};
    }

    void addCoarse(HealthFigures &figures) const
    {
        for (const HistoryRollup &hour : m_hours) {
            const qint64 from = std::max(hour.hourMs, m_question.fromMs);
            const qint64 to = std::min(hour.hourMs + historyHourMs, m_question.toMs);
            const Milliseconds length(std::max<qint64>(0, to - from));
            figures.raw.measured += length;
            figures.raw.down +=
                std::chrono::duration_cast<Clock::duration>(length * (double(hour.down) / double(hour.count)));
        }
        UptimeFigures &raw = figures.raw;
        const auto window = Milliseconds(m_question.toMs - m_question.fromMs);
        if (raw.measured > Clock::duration::zero()) {
            raw.coverage = std::min(1.0, toMs(raw.measured) / toMs(window));
            raw.uptime = 1 - toMs(raw.down) / toMs(raw.measured);
        }
        raw.outages.reset();
        raw.longest.reset();
        figures.longestGap.reset();
    }

    Result<void> readRest()
    {
        const auto failures = m_reader.failures(m_series, m_question.fromMs, m_question.toMs, mostFailures);
        if (!failures)
            return tl::unexpected(failures.error());
        m_window.failures = *failures;
        if (!m_window.coarse && qsizetype(m_window.samples.size()) <= m_question.single)
            return {};
        m_window.samples.clear();
        // A bucket with fewer than three samples has no percentiles worth a band.
        const qint64 span = m_question.toMs - m_question.fromMs;
        const qint64 fitting = span / std::max<qint64>(1, 3 * m_question.monitor.interval.count());
        const auto plot =
            m_reader.plot(m_series, m_question.fromMs, m_question.toMs,
                          int(std::clamp<qint64>(fitting, 24, std::max(24, m_question.buckets))), m_holdMs);
        if (!plot)
            return tl::unexpected(plot.error());
        m_window.buckets = plot->buckets;
        return {};
    }

    const HistoryReader &m_reader;
    const HistoryQuestion &m_question;
    const QString m_series;
    const Clock::duration m_hold;
    const qint64 m_holdMs;
    HistoryWindow m_window;
    QList<HealthPoint> m_points;
    QList<StateInterval> m_timeline;
    std::vector<HistoryInterval> m_coarse;
    std::vector<HistoryRollup> m_hours;
};

std::optional<double> msOf(std::optional<qint64> us)
{
    return us ? std::optional(double(*us) / 1000) : std::nullopt;
}

} // namespace

Result<HistoryWindow> readHistoryWindow(const HistoryQuestion &question)
{
    if (question.fromMs >= question.toMs)
        return fail(ErrorKind::Usage, QStringLiteral("the window ends before it begins"),
                    QStringLiteral("choose a later end"));
    const Result<HistoryReader> reader = HistoryReader::open(question.file);
    if (!reader)
        return tl::unexpected(reader.error());
    return WindowReader(*reader, question).read();
}

Result<std::optional<HistorySample>> tellingSample(const QString &file, const QString &series, qint64 fromMs,
                                                   qint64 toMs)
{
    const Result<HistoryReader> reader = HistoryReader::open(file);
    if (!reader)
        return tl::unexpected(reader.error());
    std::optional<HistorySample> best;
    const auto weight = [](const HistorySample &sample) {
        return std::pair(sample.state == HistoryDown, sample.latencyUs.value_or(0));
    };
    const Result<void> read = reader->eachSample(series, fromMs, toMs, 100'000, [&](const HistorySample &sample) {
        if (!best || weight(sample) > weight(*best))
            best = sample;
        return true;
    });
    if (!read)
        return tl::unexpected(read.error());
    return best;
}

ProbePhases phasesOf(const HistorySample &sample)
{
    return {msOf(sample.dnsUs),       msOf(sample.connectUs),  msOf(sample.tlsUs),
            msOf(sample.firstByteUs), msOf(sample.transferUs), msOf(sample.latencyUs)};
}

} // namespace Switchyard
