// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/healthrows.h"

#include "models/common/redact.h"
#include "ui/common/format.h"

#include <limits>

namespace Switchyard {

namespace {

constexpr qsizetype trendPoints = 120;

Cell latencyCell(double ms, double limit)
{
    Cell cell = figureCell(ms >= 0 ? latencyText(ms) : QStringLiteral("–"), ms, ms < 0);
    if (ms > limit)
        cell.limit = State::Degraded;
    return cell;
}

} // namespace

QStringList healthColumns()
{
    return {QStringLiteral("State"),       QStringLiteral("Endpoint"), QStringLiteral("Kind"), QStringLiteral("Status"),
            QStringLiteral("Last"),        QStringLiteral("p50"),      QStringLiteral("p95"),  QStringLiteral("Uptime"),
            QStringLiteral("Certificate"), QStringLiteral("Latency")};
}

Row healthRow(const MonitorRecord &record, double limitMs)
{
    const Monitor &monitor = record.monitor;
    Cell state{.text = shownStateWord(record),
               .sort = int(shownState(record)),
               .state = shownState(record),
               .tip = shownCause(record)};
    Cell status = figureCell(QStringLiteral("–"), -1, true);
    Cell certificate = figureCell(QStringLiteral("–"), -1, true);
    if (monitor.target.url.startsWith(QLatin1StringView("http:")))
        certificate.text = QStringLiteral("no TLS");
    if (record.last) {
        const int code = record.last->status;
        status = figureCell(code > 0 ? QString::number(code) : QStringLiteral("no answer"), code);
        if (record.last->certificate) {
            const int days = record.last->certificate->daysLeft;
            certificate = figureCell(QStringLiteral("%1 days").arg(days), days);
            certificate.tip = record.last->certificate->subject;
            if (days < 14)
                certificate.limit = days < 3 ? State::Down : State::Degraded;
        }
    }
    const HealthFigures figures = record.figures({}, Clock::now());
    QList<double> trend;
    for (qsizetype i = std::max<qsizetype>(0, record.points.size() - trendPoints); i < record.points.size(); ++i) {
        const std::optional<Microseconds> latency = record.points[i].latency;
        trend.append(latency ? toMs(*latency) : std::numeric_limits<double>::quiet_NaN());
    }
    Cell line;
    line.series = QVariant::fromValue(trend);
    line.tip = QStringLiteral("Latency of the last %1 probes; a gap: no answer").arg(trendPoints);
    const std::optional<double> up = figures.decided.uptime;
    Cell uptime = figureCell(up ? shareText(*up) : QStringLiteral("–"), up.value_or(-1), !up);
    uptime.tip = QStringLiteral("%1 of the last %2 probes failed").arg(figures.failed).arg(figures.probes);
    const auto percentile = [&](double p) {
        const std::optional<Microseconds> value = figures.latency.percentile(p);
        return value ? toMs(*value) : -1;
    };
    return {monitor.id,
            {state,
             {.text = monitor.name, .sort = {}, .tip = redact(monitor.target.url)},
             {.text = endpointKindName(monitor.kind), .sort = {}, .faded = true},
             status,
             latencyCell(lastLatencyMs(record).value_or(-1), limitMs),
             latencyCell(percentile(50), limitMs),
             latencyCell(percentile(95), limitMs),
             uptime,
             certificate,
             line}};
}

} // namespace Switchyard
