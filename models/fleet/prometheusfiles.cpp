// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/duration.h"
#include "models/common/yamltext.h"
#include "models/fleet/fleetparts.h"
#include "models/fleet/prometheusclient.h"

#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int certificateWarningDays = 14;
constexpr int certificateCriticalDays = 3;
/// Prometheus forgets a sample after 5 minutes; beyond this, one that is missing would seem to be none at all.
constexpr Milliseconds longInterval{120'000};
constexpr Milliseconds shortest{1'000};
constexpr Milliseconds longest{60'000};

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QList<Milliseconds> intervalsOf(const FleetExport &fleet)
{
    QList<Milliseconds> intervals;
    for (const FleetMonitor &monitor : fleet.monitors) {
        if (!intervals.contains(monitor.interval))
            intervals.append(monitor.interval);
    }
    std::sort(intervals.begin(), intervals.end());
    return intervals;
}

QString staticConfig(const Workspace &workspace, const FleetExport &fleet, const FleetMonitor &monitor)
{
    QList<std::pair<QString, QString>> labels{
        {s("__param_module"), fleet.modules.value(monitor.id)},
        {s("__scrape_timeout__"), formatDuration(fleetScrapeTimeout(monitor))},
        {s("workspace"), workspace.name},
        {s("monitor"), monitor.id},
        {s("group"), monitor.group},
        {s("backend"), monitor.backend},
        {s("platform"), monitor.platform},
        {s("role"), monitor.role},
        {s("stage"), monitor.stage},
        {s("kind"), endpointKindName(monitor.kind)},
        {s("failures"), QString::number(monitor.failures)},
        {s("recoveries"), QString::number(monitor.recoveries)},
        {s("degraded_after"), fleetDegradedAfter(monitor)},
    };
    QString target = monitor.url;
    if (monitor.type == FleetMonitor::Type::Tcp || monitor.type == FleetMonitor::Type::WebSocket)
        target = fleetAddress(monitor);
    QString text = s("      - targets: [%1]\n        labels:\n").arg(yamlQuoted(target));
    for (const auto &[name, value] : labels) {
        if (!value.isEmpty())
            text += s("          %1: %2\n").arg(name, yamlQuoted(value));
    }
    return text;
}

struct Alert
{
    const char *name;
    const char *severity;
    QString expression;
    QString summary, description; ///< templates of Prometheus
    Milliseconds wait{0}, keep{0};
    /// What tells it from its namesakes: with all labels the same, two alerts would be one to Prometheus.
    QList<std::pair<QString, QString>> labels;
};

class Rules final
{
public:
    void group(const QString &name, Milliseconds interval)
    {
        m_text += s("  - name: %1\n    interval: %2\n    rules:\n")
                      .arg(yamlQuoted(name), formatDuration(std::clamp(interval, shortest, longest)));
    }
    void add(const Alert &alert)
    {
        m_text += s("      - alert: %1\n        expr: %2\n").arg(s(alert.name), yamlQuoted(alert.expression));
        if (alert.wait.count() > 0)
            m_text += s("        for: %1\n").arg(formatDuration(alert.wait));
        if (alert.keep.count() > 0)
            m_text += s("        keep_firing_for: %1\n").arg(formatDuration(alert.keep));
        m_text += s("        labels:\n          severity: %1\n").arg(s(alert.severity));
        for (const auto &[name, value] : alert.labels)
            m_text += s("          %1: %2\n").arg(name, yamlQuoted(value));
        m_text += s("        annotations:\n          summary: %1\n          description: %2\n")
                      .arg(yamlQuoted(alert.summary), yamlQuoted(alert.description));
    }
    const QString &text() const { return m_text; }

private:
    QString m_text;
};

/// The metric as it was last seen: by name, or over a span where Prometheus would have forgotten it.
QString last(const char *metric, const QString &labels, Milliseconds interval)
{
    const QString series = s("%1{%2}").arg(s(metric), labels);
    return interval <= longInterval ? series : s("last_over_time(%1[%2])").arg(series, formatDuration(interval * 2));
}

void slowRules(Rules *rules, const QString &job, Milliseconds interval, const QSet<std::pair<QString, int>> &latencies)
{
    QList<std::pair<QString, int>> slow(latencies.begin(), latencies.end());
    std::sort(slow.begin(), slow.end());
    for (const auto &[after, failures] : std::as_const(slow)) {
        const QString labels =
            s("job=%1,degraded_after=\"%2\",failures=\"%3\"").arg(promString(job), after).arg(failures);
        rules->add(
            {"SwitchyardDegraded",
             "warning",
             s("%1 > %2 and %3 == 1")
                 .arg(last("probe_duration_seconds", labels, interval), after, last("probe_success", labels, interval)),
             s("{{ $labels.monitor }} is slow"),
             s("{{ $labels.instance }} took {{ $value | humanizeDuration }}; over %1 s is degraded.").arg(after),
             interval * (failures - 1),
             Milliseconds(0),
             {{s("job"), job}, {s("degraded_after"), after}, {s("failures"), QString::number(failures)}}});
    }
}

void jobRules(Rules *rules, const QString &job, Milliseconds interval, const QList<FleetMonitor> &monitors)
{
    const QString of = s("job=%1").arg(promString(job));
    QSet<std::pair<int, int>> limits;
    QSet<std::pair<QString, int>> latencies;
    for (const FleetMonitor &monitor : monitors) {
        limits.insert({monitor.failures, monitor.recoveries});
        if (const QString after = fleetDegradedAfter(monitor); !after.isEmpty())
            latencies.insert({after, monitor.failures});
    }
    QList<std::pair<int, int>> sorted(limits.begin(), limits.end());
    std::sort(sorted.begin(), sorted.end());
    const std::pair<QString, QString> jobLabel{s("job"), job};
    for (const auto &[failures, recoveries] : std::as_const(sorted)) {
        const QString labels = s("%1,failures=\"%2\",recoveries=\"%3\"").arg(of).arg(failures).arg(recoveries);
        // The first failure begins the time, so the last one of so many ends it.
        rules->add(
            {"SwitchyardDown",
             "critical",
             s("%1 == 0").arg(last("probe_success", labels, interval)),
             s("{{ $labels.monitor }} is down"),
             s("{{ $labels.instance }} failed %1 times in a row, once every %2.")
                 .arg(failures)
                 .arg(formatDuration(interval)),
             interval * (failures - 1),
             interval * (recoveries - 1),
             {jobLabel, {s("failures"), QString::number(failures)}, {s("recoveries"), QString::number(recoveries)}}});
    }
    slowRules(rules, job, interval, latencies);
    rules->add({"SwitchyardThrottled",
                "warning",
                s("%1 == 429 and %2 == 1")
                    .arg(last("probe_http_status_code", of, interval), last("probe_success", of, interval)),
                s("{{ $labels.monitor }} asks for fewer requests"),
                s("{{ $labels.instance }} answered 429."),
                Milliseconds(0),
                Milliseconds(0),
                {jobLabel}});
    const QString up = last("up", of, interval);
    rules->add({"SwitchyardNotProbed",
                "warning",
                s("%1 == 0").arg(up),
                s("{{ $labels.monitor }} is not probed"),
                s("Prometheus gets no answer from blackbox_exporter for {{ $labels.instance }}: its state is unknown."),
                std::max(interval * 2, longest),
                Milliseconds(0),
                {jobLabel}});
    rules->add(
        {"SwitchyardTargetAbsent",
         "warning",
         s("count(%1) < %2 or absent(%1) * 0").arg(up).arg(monitors.size()),
         s("targets of %1 are absent").arg(job),
         s("Of %1 targets {{ $value }} are there: Prometheus runs with another configuration.").arg(monitors.size()),
         std::max(interval * 2, longest * 5),
         Milliseconds(0),
         {jobLabel}});
}

} // namespace

Milliseconds fleetScrapeTimeout(const FleetMonitor &monitor)
{
    return std::min(monitor.interval, fleetProbeTimeout(monitor) + Milliseconds(1'000));
}

QString fleetDegradedAfter(const FleetMonitor &monitor)
{
    return monitor.degraded.latency ? QString::number(double(monitor.degraded.latency->count()) / 1000.0) : QString();
}

QByteArray prometheusConfig(const Workspace &workspace, const FleetExport &fleet, const FleetOptions &options)
{
    QString text =
        s("# Written by Switchyard. README.md says how to start it. Every target is asked by blackbox_exporter at %1.\n"
          "global:\n"
          "  scrape_interval: 30s\n"
          "  evaluation_interval: 30s\n"
          "rule_files:\n"
          "  - rules.yml\n"
          "# alerting:\n"
          "#   alertmanagers:\n"
          "#     - static_configs: [{targets: [\"127.0.0.1:9093\"]}]\n"
          "scrape_configs:\n")
            .arg(options.blackbox);
    for (const Milliseconds interval : intervalsOf(fleet)) {
        text += s("  - job_name: %1\n"
                  "    metrics_path: /probe\n"
                  "    scrape_interval: %2\n"
                  "    scrape_timeout: %3\n"
                  "    static_configs:\n")
                    .arg(yamlQuoted(fleetJob(workspace, interval)), formatDuration(interval),
                         formatDuration(std::min(interval, Milliseconds(10'000))));
        for (const FleetMonitor &monitor : fleet.monitors) {
            if (monitor.interval == interval)
                text += staticConfig(workspace, fleet, monitor);
        }
        text += s("    relabel_configs:\n"
                  "      - source_labels: [__address__]\n"
                  "        target_label: __param_target\n"
                  "      - source_labels: [__param_target]\n"
                  "        target_label: instance\n"
                  "      - target_label: __address__\n"
                  "        replacement: %1\n")
                    .arg(yamlQuoted(options.blackbox));
    }
    return text.toUtf8();
}

QByteArray prometheusRules(const Workspace &workspace, const FleetExport &fleet)
{
    Rules rules;
    QStringList jobs;
    for (const Milliseconds interval : intervalsOf(fleet)) {
        const QString job = fleetJob(workspace, interval);
        jobs.append(job);
        QList<FleetMonitor> monitors;
        for (const FleetMonitor &monitor : fleet.monitors) {
            if (monitor.interval == interval)
                monitors.append(monitor);
        }
        rules.group(job, interval);
        jobRules(&rules, job, interval, monitors);
    }
    rules.group(s("switchyard-%1-certificates").arg(fleetSlug(workspace.name)), longest);
    const QString days = s("(last_over_time(probe_ssl_earliest_cert_expiry{job=~%1}[1d]) - time()) / 86400")
                             .arg(promString(jobs.join(QLatin1Char('|'))));
    const QString when = s("The certificate of {{ $labels.instance }} ends in {{ $value | printf \"%.1f\" }} days.");
    rules.add({"SwitchyardCertificateEnds",
               "warning",
               s("%1 < %2 >= %3").arg(days).arg(certificateWarningDays).arg(certificateCriticalDays),
               s("certificate of {{ $labels.monitor }} ends soon"),
               when,
               Milliseconds(300'000),
               Milliseconds(0),
               {}});
    rules.add({"SwitchyardCertificateEndsNow",
               "critical",
               s("%1 < %2").arg(days).arg(certificateCriticalDays),
               s("certificate of {{ $labels.monitor }} ends within %1 days").arg(certificateCriticalDays),
               when,
               Milliseconds(300'000),
               Milliseconds(0),
               {}});
    return (s("# Written by Switchyard. Needs Prometheus 2.42 or newer (keep_firing_for).\ngroups:\n") + rules.text())
        .toUtf8();
}

} // namespace Switchyard
