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

Row healthRow(const EndpointLive &live, double limitMs)
{
    Cell state{.text = live.stateWord(), .sort = int(live.state()), .state = live.state(), .tip = live.problem};
    if (live.paused && !live.points.isEmpty()) {
        state.text += QStringLiteral(", stale");
        state.faded = true;
    }
    Cell status = figureCell(QStringLiteral("–"), -1, true);
    if (!live.points.isEmpty()) {
        const bool answered = live.points.last().ms >= 0;
        status = figureCell(answered ? QString::number(live.status) : QStringLiteral("no answer"),
                            answered ? live.status : 0);
    }
    Cell certificate = figureCell(QStringLiteral("–"), -1, true);
    if (live.target.url.startsWith(QLatin1StringView("http:")))
        certificate.text = QStringLiteral("no TLS");
    if (live.sampled && live.last.certificate) {
        const int days = live.last.certificate->daysLeft;
        certificate = figureCell(QStringLiteral("%1 days").arg(days), days);
        certificate.tip = live.last.certificate->subject;
        if (days < 14)
            certificate.limit = days < 3 ? State::Down : State::Degraded;
    }
    QList<double> trend;
    for (qsizetype i = std::max<qsizetype>(0, live.points.size() - trendPoints); i < live.points.size(); ++i)
        trend.append(live.points[i].ms >= 0 ? live.points[i].ms : std::numeric_limits<double>::quiet_NaN());
    Cell line;
    line.series = QVariant::fromValue(trend);
    line.tip = QStringLiteral("Latency of the last %1 probes; a gap: no answer").arg(trendPoints);
    Cell uptime =
        figureCell(live.total > 0 ? shareText(live.uptime()) : QStringLiteral("–"), live.uptime(), live.total == 0);
    uptime.tip = QStringLiteral("%1 of %2 probes since the start").arg(live.good).arg(live.total);
    const double last = live.points.isEmpty() ? -1 : live.points.last().ms;
    return {live.key(),
            {state,
             {.text = QStringLiteral("%1 %2").arg(live.backend, live.endpoint.path),
              .sort = {},
              .tip = redact(live.target.url)},
             {.text = endpointKindName(live.endpoint.kind), .sort = {}, .faded = true},
             status,
             latencyCell(last, limitMs),
             latencyCell(live.percentileMs(0.5), limitMs),
             latencyCell(live.percentileMs(0.95), limitMs),
             uptime,
             certificate,
             line}};
}

} // namespace Switchyard
