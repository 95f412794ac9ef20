// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetreader.h"

#include "models/common/duration.h"

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

/// After so many intervals without a sample nothing is known any more.
constexpr int staleIntervals = 3;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Holds what the rules of these monitors look back at, and a little more for one that comes and goes.
Milliseconds lookBack(const QList<FleetMonitor> &monitors, Milliseconds interval)
{
    int samples = staleIntervals;
    for (const FleetMonitor &monitor : monitors) {
        if (monitor.interval == interval)
            samples = std::max(samples, 2 * (monitor.failures + monitor.recoveries) + 10);
    }
    return std::max(interval * samples, Milliseconds(60'000));
}

double lastOf(const PrometheusSeries &series)
{
    return series.points.isEmpty() ? std::nan("") : series.points.last().value;
}

std::optional<double> finite(double value)
{
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool expects429(const QString &expectation)
{
    for (const QString &part : expectation.split(QLatin1Char(','))) {
        const QString one = part.trimmed();
        const QStringList ends = one.split(QLatin1Char('-'));
        if (one == s("429") || one == s("4xx") ||
            (ends.size() == 2 && ends[0].toInt() <= 429 && ends[1].toInt() >= 429))
            return true;
    }
    return false;
}

QJsonValue orNull(const std::optional<double> &value)
{
    return value ? QJsonValue(*value) : QJsonValue();
}

} // namespace

MonitorState stateAfter(const QList<PrometheusPoint> &samples, int failures, int recoveries)
{
    MonitorState state = MonitorState::Unknown;
    int bad = 0, good = 0;
    for (const PrometheusPoint &sample : samples) {
        if (sample.value >= 1) {
            bad = 0;
            ++good;
            const bool wasDown = state == MonitorState::Down || state == MonitorState::Recovering;
            state = wasDown && good < recoveries ? MonitorState::Recovering : MonitorState::Up;
            continue;
        }
        good = 0;
        ++bad;
        if (bad >= failures || state == MonitorState::Recovering)
            state = MonitorState::Down;
    }
    return state;
}

bool FleetState::allUp() const
{
    return answered() && std::all_of(readings.cbegin(), readings.cend(),
                                     [](const FleetReading &reading) { return reading.state == MonitorState::Up; });
}

FleetReader::FleetReader(const Workspace &workspace, QList<FleetMonitor> monitors, PrometheusAccess access,
                         Milliseconds window, QObject *parent)
    : QObject(parent)
    , m_workspace(workspace.name)
    , m_monitors(std::move(monitors))
    , m_window(std::max(window, Milliseconds(60'000)))
    , m_client(access)
{
    m_state.source = s("Prometheus %1").arg(access.url);
    for (qsizetype i = 0; i < m_monitors.size(); ++i) {
        m_places.insert(m_monitors[i].id, i);
        m_jobs.insert(m_monitors[i].interval, fleetJob(workspace, m_monitors[i].interval));
    }
}

void FleetReader::read()
{
    if (m_running)
        return;
    m_running = true;
    m_missing = 0;
    m_successes.clear();
    m_exporterUp.clear();
    const QString source = m_state.source;
    m_state = {};
    m_state.source = source;
    m_state.window = m_window;
    for (const FleetMonitor &monitor : m_monitors) {
        FleetReading reading;
        reading.monitorId = monitor.id;
        reading.group = monitor.group;
        reading.name = monitor.name;
        reading.source = source;
        m_state.readings.append(reading);
    }
    m_askedAt = Clock::now();
    // First the server's clock: what is old is old by the clock that the samples were stamped with.
    m_client.query(s("time()"), std::nullopt, [this](const Result<PrometheusAnswer> &answer) {
        if (!answer)
            return fail(answer.error());
        m_now = answer->series.isEmpty() ? std::nan("") : lastOf(answer->series.first());
        if (!std::isfinite(m_now))
            return fail({ErrorKind::Protocol, s("%1 does not tell its time").arg(m_state.source), {}, {}});
        const double took = toMs(Clock::now() - m_askedAt);
        m_state.atMs = qint64(m_now * 1000);
        m_state.clockAheadMs = m_now * 1000 - (double(QDateTime::currentMSecsSinceEpoch()) - took / 2);
        askEverything();
    });
}

void FleetReader::askEverything()
{
    ++m_missing; // so that none of the answers can be the last before all are asked
    for (auto job = m_jobs.cbegin(); job != m_jobs.cend(); ++job) {
        const QString of = s("{workspace=%1,job=%2}").arg(promString(m_workspace), promString(job.value()));
        const QString recent = formatDuration(job.key() * staleIntervals + Milliseconds(1'000));
        const QString window = formatDuration(std::max(m_window, job.key()));
        ask(s("probe_success%1[%2]").arg(of, formatDuration(lookBack(m_monitors, job.key()))),
            &FleetReader::takeSuccess);
        ask(s("last_over_time(up%1[%2])").arg(of, recent), &FleetReader::takeUp);
        ask(s("last_over_time(probe_duration_seconds%1[%2])").arg(of, recent), &FleetReader::takeLatency);
        ask(s("last_over_time(probe_http_status_code%1[%2])").arg(of, recent), &FleetReader::takeStatus);
        ask(s("last_over_time(probe_ssl_earliest_cert_expiry%1[%2])").arg(of, recent), &FleetReader::takeCertificate);
        ask(s("quantile_over_time(0.5, probe_duration_seconds%1[%2])").arg(of, window), &FleetReader::takeMedian);
        ask(s("quantile_over_time(0.95, probe_duration_seconds%1[%2])").arg(of, window), &FleetReader::take95);
        ask(s("avg_over_time(probe_success%1[%2])").arg(of, window), &FleetReader::takeUptime);
        ask(s("count_over_time(probe_success%1[%2])").arg(of, window), &FleetReader::takeCount);
    }
    if (--m_missing == 0)
        finish();
}

void FleetReader::ask(const QString &expression, Take take)
{
    ++m_missing;
    m_client.query(expression, m_now, [this, take](const Result<PrometheusAnswer> &answer) { answered(answer, take); });
}

void FleetReader::answered(const Result<PrometheusAnswer> &answer, Take take)
{
    if (!m_running)
        return;
    if (!answer)
        return fail(answer.error());
    for (const QString &warning : answer->warnings) {
        if (!m_state.warnings.contains(warning))
            m_state.warnings.append(warning);
    }
    for (const PrometheusSeries &series : answer->series)
        (this->*take)(series);
    if (--m_missing == 0)
        finish();
}

void FleetReader::finish()
{
    m_running = false;
    for (const FleetMonitor &monitor : m_monitors)
        judge(monitor, &m_state.readings[m_places.value(monitor.id)]);
    Q_EMIT finished(m_state);
}

void FleetReader::fail(const Error &error)
{
    cancel();
    m_state.failure = error;
    m_state.readings.clear();
    Q_EMIT finished(m_state);
}

void FleetReader::cancel()
{
    m_running = false;
    m_client.cancel();
}

FleetReading *FleetReader::readingFor(const PrometheusSeries &series)
{
    const auto place = m_places.constFind(series.labels.value(s("monitor")));
    return place == m_places.cend() || series.points.isEmpty() ? nullptr : &m_state.readings[*place];
}

void FleetReader::takeSuccess(const PrometheusSeries &series)
{
    if (readingFor(series))
        m_successes[series.labels.value(s("monitor"))] += series.points;
}

void FleetReader::takeUp(const PrometheusSeries &series)
{
    if (readingFor(series))
        m_exporterUp.insert(series.labels.value(s("monitor")), lastOf(series));
}

void FleetReader::takeLatency(const PrometheusSeries &series)
{
    if (FleetReading *reading = readingFor(series))
        reading->latencyMs = finite(lastOf(series) * 1000);
}

void FleetReader::takeMedian(const PrometheusSeries &series)
{
    if (FleetReading *reading = readingFor(series))
        reading->p50Ms = finite(lastOf(series) * 1000);
}

void FleetReader::take95(const PrometheusSeries &series)
{
    if (FleetReading *reading = readingFor(series))
        reading->p95Ms = finite(lastOf(series) * 1000);
}

void FleetReader::takeUptime(const PrometheusSeries &series)
{
    if (FleetReading *reading = readingFor(series))
        reading->uptime = finite(lastOf(series));
}

void FleetReader::takeCount(const PrometheusSeries &series)
{
    if (FleetReading *reading = readingFor(series); reading && finite(lastOf(series)))
        reading->samples = qint64(lastOf(series));
}

void FleetReader::takeCertificate(const PrometheusSeries &series)
{
    FleetReading *reading = readingFor(series);
    // Without a certificate the exporter gives the zero time of Go, long ago.
    if (reading && lastOf(series) > 0)
        reading->certificateDays = finite((lastOf(series) - m_now) / 86'400);
}

void FleetReader::takeStatus(const PrometheusSeries &series)
{
    // 0: no answer came.
    if (FleetReading *reading = readingFor(series); reading && lastOf(series) > 0)
        reading->status = int(lastOf(series));
}

void FleetReader::judge(const FleetMonitor &monitor, FleetReading *reading) const
{
    QList<PrometheusPoint> samples = m_successes.value(monitor.id);
    std::sort(samples.begin(), samples.end(),
              [](const PrometheusPoint &a, const PrometheusPoint &b) { return a.at < b.at; });
    const auto exporter = m_exporterUp.constFind(monitor.id);
    const bool exporterDown = exporter != m_exporterUp.cend() && *exporter == 0;
    const QString noExporter = s("Prometheus gets no answer from blackbox_exporter");
    if (samples.isEmpty()) {
        reading->lack = FleetReading::Lack::NoSample;
        reading->reason =
            exporterDown ? noExporter : s("no sample of it: is it among the targets of the server's prometheus.yml?");
        return;
    }
    reading->atMs = qint64(samples.last().at * 1000);
    const double ageMs = (m_now - samples.last().at) * 1000;
    if (ageMs > double(monitor.interval.count()) * staleIntervals) {
        const QString old = s("the last sample is %1 old").arg(humanDuration(ageMs));
        reading->reason = exporterDown ? s("%1; %2").arg(noExporter, old) : old;
        reading->lack = FleetReading::Lack::Stale;
        reading->latencyMs = std::nullopt;
        reading->status = std::nullopt;
        return;
    }
    reading->state = stateAfter(samples, monitor.failures, monitor.recoveries);
    const QString http = reading->status ? s(", HTTP %1").arg(*reading->status) : QString();
    switch (reading->state) {
    case MonitorState::Down:
        reading->reason = s("probes fail%1").arg(http);
        return;
    case MonitorState::Recovering:
        reading->reason = s("answers again, but not yet %1 times in a row").arg(monitor.recoveries);
        return;
    case MonitorState::Up:
        break;
    default:
        reading->lack = FleetReading::Lack::Undecided;
        reading->reason = s("fails, but not yet %1 times in a row%2").arg(monitor.failures).arg(http);
        return;
    }
    // One that fails for the first time is still up, but not because it was quick.
    if (samples.last().value < 1)
        return;
    if (reading->status == 429 && !expects429(monitor.expectedStatus)) {
        reading->state = MonitorState::Degraded;
        reading->reason = s("asks for fewer requests, HTTP 429");
    } else if (monitor.degraded.latency && reading->latencyMs &&
               *reading->latencyMs > double(monitor.degraded.latency->count())) {
        reading->state = MonitorState::Degraded;
        reading->reason =
            s("took %1, over %2").arg(humanDuration(*reading->latencyMs), formatDuration(*monitor.degraded.latency));
    }
}

QJsonObject fleetStatusToJson(const FleetState &state)
{
    const auto time = [](qint64 ms) { return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs); };
    QJsonArray monitors;
    for (const FleetReading &reading : state.readings)
        monitors.append(QJsonObject{{s("id"), reading.monitorId},
                                    {s("group"), reading.group},
                                    {s("name"), reading.name},
                                    {s("state"), monitorStateName(reading.state)},
                                    {s("reason"), reading.reason.isEmpty() ? QJsonValue() : QJsonValue(reading.reason)},
                                    {s("at"), reading.atMs ? QJsonValue(time(*reading.atMs)) : QJsonValue()},
                                    {s("latency_ms"), orNull(reading.latencyMs)},
                                    {s("p50_ms"), orNull(reading.p50Ms)},
                                    {s("p95_ms"), orNull(reading.p95Ms)},
                                    {s("uptime"), orNull(reading.uptime)},
                                    {s("samples"), reading.samples ? QJsonValue(*reading.samples) : QJsonValue()},
                                    {s("certificate_days"), orNull(reading.certificateDays)},
                                    {s("status"), reading.status ? QJsonValue(*reading.status) : QJsonValue()},
                                    {s("source"), reading.source}});
    return {{s("schema"), s("switchyard.fleet-status/1")},
            {s("source"), state.source},
            {s("at"), time(state.atMs)},
            {s("window_ms"), qint64(state.window.count())},
            {s("clock_ahead_ms"), std::round(state.clockAheadMs)},
            {s("warnings"), QJsonArray::fromStringList(state.warnings)},
            {s("monitors"), monitors}};
}

} // namespace Switchyard
