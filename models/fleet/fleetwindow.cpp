// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetwindow.h"

#include "models/common/duration.h"
#include "models/health/monitortracker.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

/// The same as the reader of states has: after so many intervals without a sample nothing is known.
constexpr int staleIntervals = 3;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

std::optional<double> milliseconds(double seconds)
{
    return std::isfinite(seconds) ? std::optional(seconds * 1000) : std::nullopt;
}

Instant instantOf(qint64 ms)
{
    return Instant(Milliseconds(ms));
}

/// The rules that the server's samples can be judged by.
Monitor ruledBy(const FleetMonitor &monitor)
{
    Monitor rules;
    rules.id = monitor.id;
    rules.interval = monitor.interval;
    rules.failures = monitor.failures;
    rules.recoveries = monitor.recoveries;
    // The states that are read for the table know no share of failures.
    rules.target.degraded.errorPercent = 100;
    return rules;
}

/// The states as the probes follow each other, and unknown where none came for too long.
class States final
{
public:
    States(const FleetMonitor &monitor, Clock::duration hold)
        : m_tracker(ruledBy(monitor))
        , m_hold(hold)
    {
    }

    void take(const FleetWindow::Probe &probe)
    {
        lapseBefore(instantOf(probe.atMs));
        ProbeSample sample;
        sample.sentAt = sample.doneAt = instantOf(probe.atMs);
        sample.wallMs = probe.atMs;
        sample.state = probe.state;
        sample.status = probe.state == ProbeState::Down ? 0 : 200;
        sample.phases.total = probe.ms;
        note(m_tracker.take(sample));
        m_last = sample.sentAt;
    }

    QList<StateInterval> until(Instant to)
    {
        lapseBefore(to);
        if (const std::optional<Instant> since = m_tracker.since(); since && *since < to)
            m_states.append({m_tracker.state(), *since, to});
        return m_states;
    }

private:
    void lapseBefore(Instant next)
    {
        if (m_last && next - *m_last > m_hold)
            note(m_tracker.lapse(*m_last + m_hold, 0, s("no sample")));
    }

    void note(const std::optional<MonitorTransition> &transition)
    {
        if (transition && transition->lasted > Clock::duration::zero())
            m_states.append({transition->from, transition->at - transition->lasted, transition->at});
    }

    MonitorTracker m_tracker;
    const Clock::duration m_hold;
    std::optional<Instant> m_last;
    QList<StateInterval> m_states;
};

} // namespace

Milliseconds fleetStep(Milliseconds window, Milliseconds interval, int parts)
{
    const qint64 least = std::max<qint64>((window.count() + parts - 1) / parts, interval.count());
    return Milliseconds((least + 999) / 1000 * 1000);
}

void judgeWindow(const FleetMonitor &monitor, FleetWindow *window)
{
    const Clock::duration hold = Milliseconds(window->holdMs);
    States states(monitor, hold);
    QList<HealthPoint> points;
    for (FleetWindow::Probe &probe : window->probes) {
        if (probe.state == ProbeState::Up && monitor.degraded.latency && probe.ms &&
            *probe.ms > double(monitor.degraded.latency->count()))
            probe.state = ProbeState::Degraded;
        states.take(probe);
        points.append({instantOf(probe.atMs), probe.state,
                       probe.ms ? BriefLatency(Microseconds(qint64(*probe.ms * 1000))) : BriefLatency()});
        window->failed += probe.state == ProbeState::Down;
    }
    window->count = window->probes.size();
    window->states = states.until(instantOf(window->toMs));
    if (!points.isEmpty())
        window->figures =
            healthFigures(points, window->states, hold, instantOf(window->fromMs), instantOf(window->toMs));
}

FleetWindowReader::FleetWindowReader(QString workspace, PrometheusAccess access, QObject *parent)
    : QObject(parent)
    , m_workspace(std::move(workspace))
    , m_client(std::move(access))
{
}

void FleetWindowReader::read(const FleetMonitor &monitor, const FleetQuestion &question)
{
    m_client.cancel();
    m_monitor = monitor;
    m_good.clear();
    m_took.clear();
    m_window = {};
    m_window.question = question;
    m_window.fromMs = question.fromMs;
    m_window.toMs = question.toMs;
    m_window.holdMs = monitor.interval.count() * staleIntervals;
    // Not the job: it is named by the interval, and what was probed before that was changed belongs here too.
    m_of = s("{workspace=%1,monitor=%2}").arg(promString(m_workspace), promString(monitor.id));
    m_missing = 1; // so that none of the answers can be the last before all are asked
    askPhases();
    if (!question.onlyPhases) {
        const qint64 probes = (question.toMs - question.fromMs) / std::max<qint64>(1, monitor.interval.count());
        if (probes <= question.single)
            askProbes();
        else
            askParts();
    }
    if (--m_missing == 0)
        finish();
}

void FleetWindowReader::askPhases()
{
    const QString recent = formatDuration(m_monitor.interval * staleIntervals);
    ask(s("last_over_time(probe_http_duration_seconds%1[%2])").arg(m_of, recent), [this](const PrometheusSeries &of) {
        // A phase that was not reached, such as TLS without it, is 0 to the exporter.
        if (of.points.isEmpty() || !(of.points.last().value > 0))
            return;
        const std::optional<double> ms = milliseconds(of.points.last().value);
        const QString phase = of.labels.value(s("phase"));
        ProbePhases &phases = m_window.phases;
        if (phase == s("resolve"))
            phases.dns = ms;
        else if (phase == s("connect"))
            phases.connect = ms;
        else if (phase == s("tls"))
            phases.tls = ms;
        else if (phase == s("processing"))
            phases.firstByte = ms;
        else if (phase == s("transfer"))
            phases.transfer = ms;
    });
    ask(s("last_over_time(probe_duration_seconds%1[%2])").arg(m_of, recent), [this](const PrometheusSeries &of) {
        if (!of.points.isEmpty())
            m_window.phases.total = milliseconds(of.points.last().value);
    });
}

/// The samples themselves with the times at which they were taken: a range query would repeat old ones into gaps.
void FleetWindowReader::askProbes()
{
    const QString span = formatDuration(Milliseconds(m_window.toMs - m_window.fromMs));
    const auto into = [](QMap<qint64, double> *map) {
        return [map](const PrometheusSeries &series) {
            for (const PrometheusPoint &point : series.points)
                map->insert(std::llround(point.at * 1000), point.value);
        };
    };
    ask(s("probe_success%1[%2]").arg(m_of, span), into(&m_good));
    ask(s("probe_duration_seconds%1[%2]").arg(m_of, span), into(&m_took));
}

void FleetWindowReader::askParts()
{
    const Milliseconds step =
        fleetStep(Milliseconds(m_window.toMs - m_window.fromMs), m_monitor.interval, m_window.question.parts);
    const qint64 count = (m_window.toMs - m_window.fromMs + step.count() - 1) / step.count();
    m_window.fromMs = m_window.toMs - count * step.count();
    for (qint64 i = 0; i < count; ++i)
        m_window.parts.append(
            {m_window.fromMs + i * step.count(), m_window.fromMs + (i + 1) * step.count(), {}, {}, {}, 0, 0});
    const QString span = s("[%1]").arg(formatDuration(step));
    // Labels that were changed in the middle make two series of one monitor.
    const QString took = s("max by (monitor) (quantile_over_time(%1, probe_duration_seconds") + m_of + span + s("))");
    const auto part = [this](auto put) {
        return [this, put](const PrometheusSeries &series) {
            for (const PrometheusPoint &point : series.points) {
                const qint64 at = std::llround(point.at * 1000);
                for (FleetWindow::Part &each : m_window.parts) {
                    if (std::abs(each.toMs - at) < 500)
                        put(each, point.value);
                }
            }
        };
    };
    using Part = FleetWindow::Part;
    askParts(took.arg(s("0.5")), step, part([](Part &each, double value) { each.p50 = milliseconds(value); }));
    askParts(took.arg(s("0.95")), step, part([](Part &each, double value) { each.p95 = milliseconds(value); }));
    askParts(took.arg(s("1")), step, part([](Part &each, double value) { each.most = milliseconds(value); }));
    askParts(s("sum by (monitor) (count_over_time(probe_success%1%2))").arg(m_of, span), step,
             part([](Part &each, double value) { each.count = std::llround(value); }));
    askParts(
        s("sum by (monitor) (count_over_time(probe_success%1%2) - sum_over_time(probe_success%1%2))").arg(m_of, span),
        step, part([](Part &each, double value) { each.failed = std::llround(value); }));
    askTotals();
}

void FleetWindowReader::askTotals()
{
    const QString span = s("[%1]").arg(formatDuration(Milliseconds(m_window.toMs - m_window.fromMs)));
    const std::pair<const char *, std::optional<double> *> figures[] = {{"0.5", &m_window.p50},
                                                                        {"0.9", &m_window.p90},
                                                                        {"0.95", &m_window.p95},
                                                                        {"0.99", &m_window.p99},
                                                                        {"1", &m_window.most}};
    for (const auto &[quantile, figure] : figures)
        ask(s("max by (monitor) (quantile_over_time(%1, probe_duration_seconds").arg(s(quantile)) + m_of + span +
                s("))"),
            [figure](const PrometheusSeries &series) {
                if (!series.points.isEmpty())
                    *figure = milliseconds(series.points.last().value);
            });
}

void FleetWindowReader::ask(const QString &expression, Take take)
{
    ++m_missing;
    m_client.query(expression, double(m_window.toMs) / 1000,
                   [this, take](const Result<PrometheusAnswer> &answer) { answered(answer, take); });
}

void FleetWindowReader::askParts(const QString &expression, Milliseconds step, Take take)
{
    ++m_missing;
    m_client.queryRange(expression, double(m_window.fromMs + step.count()) / 1000, double(m_window.toMs) / 1000, step,
                        [this, take](const Result<PrometheusAnswer> &answer) { answered(answer, take); });
}

void FleetWindowReader::answered(const Result<PrometheusAnswer> &answer, const Take &take)
{
    if (!answer) {
        m_client.cancel();
        const FleetQuestion question = m_window.question;
        m_window = {};
        m_window.question = question;
        m_window.failure = answer.error();
        Q_EMIT finished(m_window);
        return;
    }
    for (const QString &warning : answer->warnings) {
        if (!m_window.warnings.contains(warning))
            m_window.warnings.append(warning);
    }
    for (const PrometheusSeries &series : answer->series)
        take(series);
    if (--m_missing == 0)
        finish();
}

void FleetWindowReader::finish()
{
    for (auto good = m_good.cbegin(); good != m_good.cend(); ++good) {
        const bool failed = !(good.value() >= 1);
        m_window.probes.append(
            {good.key(), failed ? ProbeState::Down : ProbeState::Up,
             failed || !m_took.contains(good.key()) ? std::nullopt : milliseconds(m_took.value(good.key()))});
    }
    if (!m_window.probes.isEmpty())
        judgeWindow(m_monitor, &m_window);
    for (const FleetWindow::Part &part : std::as_const(m_window.parts)) {
        m_window.count += part.count;
        m_window.failed += part.failed;
    }
    Q_EMIT finished(m_window);
}

} // namespace Switchyard
