// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionrows.h"

#include "models/realtime/closecodes.h"
#include "models/report/sessionreport.h"
#include "ui/common/format.h"

namespace Switchyard {

QStringList gateColumns()
{
    return {QStringLiteral("Gate"), QStringLiteral("Status"), QStringLiteral("Measured"), QStringLiteral("Threshold")};
}

QStringList closeColumns()
{
    return {QStringLiteral("Close"), QStringLiteral("Socket"), QStringLiteral("Count"), QStringLiteral("Allowed")};
}

State gateState(const Gate &gate)
{
    switch (gate.status) {
    case GateStatus::Pass:
        return State::Up;
    case GateStatus::Fail:
        return gate.advisory ? State::Degraded : State::Down;
    case GateStatus::Unknown:
    case GateStatus::NotApplicable:
        break;
    }
    return State::Unknown;
}

QString gateWord(const Gate &gate)
{
    if (gate.status == GateStatus::NotApplicable)
        return QStringLiteral("not applicable");
    return gate.advisory ? gateStatusName(gate.status) + QStringLiteral(" (advisory)") : gateStatusName(gate.status);
}

State outcomeState(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Pass:
        return State::Up;
    case Outcome::Fail:
        return State::Down;
    case Outcome::Inconclusive:
        break;
    }
    return State::Degraded;
}

QList<Row> gateRows(const Verdict &verdict, bool provisional)
{
    QList<Row> rows;
    for (const Gate &gate : verdict.gates) {
        Cell status;
        // While the session runs a gate that has not failed may still do so.
        const bool open = provisional && gate.status != GateStatus::Fail && gate.status != GateStatus::NotApplicable;
        status.text =
            open ? (gate.status == GateStatus::Pass ? QStringLiteral("pass so far") : QStringLiteral("not yet"))
                 : gateWord(gate);
        status.state = open ? State::Working : gateState(gate);
        status.sort = int(gate.status);
        const bool quiet = gate.status == GateStatus::NotApplicable;
        Cell measured{
            .text = gate.measured, .sort = gate.value ? QVariant(*gate.value) : QVariant(), .tip = gate.measured};
        measured.faded = quiet;
        rows.append({gate.id,
                     {{.text = gate.id, .sort = {}, .faded = quiet},
                      status,
                      measured,
                      {.text = gate.threshold,
                       .sort = gate.limit ? QVariant(*gate.limit) : QVariant(),
                       .tip = gate.threshold,
                       .faded = true}}});
    }
    return rows;
}

QList<Row> closeRows(const Verdict &verdict)
{
    int most = 1;
    for (const CloseCount &close : verdict.closes)
        most = std::max(most, close.count);
    QList<Row> rows;
    for (const CloseCount &close : verdict.closes) {
        const QString label = closeLabel(close);
        Cell count = figureCell(QString::number(close.count), close.count);
        count.share = double(close.count) / most;
        Cell allowed;
        allowed.text = close.allowed ? QStringLiteral("allowed") : QStringLiteral("not allowed");
        allowed.state = close.allowed ? State::Up : State::Down;
        const QString key = QStringLiteral("%1/%2/%3/%4/%5")
                                .arg(close.socket)
                                .arg(close.code)
                                .arg(endCauseName(close.cause))
                                .arg(close.reason)
                                .arg(close.serverDisconnect);
        const QString tip = QStringLiteral("%1\ncause: %2%3")
                                .arg(label, endCauseName(close.cause),
                                     close.reason.isEmpty() ? QString() : QStringLiteral("\nreason: ") + close.reason);
        rows.append(
            {key,
             {{.text = label, .sort = close.code, .tip = tip}, {.text = close.socket, .sort = {}}, count, allowed}});
    }
    return rows;
}

QString insightsHtml(const SessionRecord &record, const Verdict &verdict, const QColor &warning)
{
    const Insights &insights = verdict.insights;
    const auto heading = [](const QString &text) { return QStringLiteral("<p><b>%1</b></p>").arg(text); };
    const auto row = [](const QString &a, const QString &b) {
        return QStringLiteral("<tr><td style='padding-right:16px'>%1</td><td>%2</td></tr>")
            .arg(a.toHtmlEscaped(), b.toHtmlEscaped());
    };
    QString html;
    for (const SessionNote &note : insights.notes)
        html +=
            QStringLiteral("<p><span style='color:%1'>▲</span> %2</p>").arg(warning.name(), note.text.toHtmlEscaped());
    if (record.header.newcomersEveryMs > 0 && insights.newcomers.tried > 0)
        html += heading(QStringLiteral("Newcomers")) +
                QStringLiteral("<p>%1</p>").arg(newcomersText(insights.newcomers).toHtmlEscaped());
    if (!insights.silences.isEmpty()) {
        html += heading(QStringLiteral("Longest silence")) + QStringLiteral("<table>");
        for (const Silence &silence : insights.silences)
            html += row(silence.subject, latencyText(silence.ms()));
        html += QStringLiteral("</table>");
    }
    if (!insights.forecast.isEmpty()) {
        html += heading(QStringLiteral("Would the clients have come back?")) + QStringLiteral("<table>");
        for (const ForecastRow &forecast : insights.forecast)
            html += row(forecast.library, forecastText(forecast));
        html += QStringLiteral("</table><p>By client library, for the ends seen; measured once for each code.</p>");
    }
    return html.isEmpty() ? QStringLiteral("<p>Nothing to add so far.</p>") : html;
}

QString eventText(const Event &event)
{
    const QString who = event.client >= 0 ? QStringLiteral("client %1").arg(event.client + 1) : QString();
    switch (event.kind) {
    case EventKind::ClientConnecting:
        return QStringLiteral("%1 connects (attempt %2)").arg(who).arg(event.connection);
    case EventKind::ClientOpen:
        return event.instance.isEmpty() ? who + QStringLiteral(" open")
                                        : QStringLiteral("%1 open on instance %2").arg(who, event.instance);
    case EventKind::ClientFirstMessage:
        return who + QStringLiteral(" got its first message");
    case EventKind::ClientNotice:
        return QStringLiteral("%1 was told: %2").arg(who, event.text);
    case EventKind::Newcomer:
        if (event.ok)
            return event.instance.isEmpty() ? QStringLiteral("a newcomer was let in")
                                            : QStringLiteral("a newcomer was let in by %1").arg(event.instance);
        [[fallthrough]];
    case EventKind::ClientEnded: {
        QString how = event.cause == EndCause::CloseFrame
                          ? QStringLiteral("%1 %2").arg(event.code).arg(closeCodeName(event.code))
                          : endCauseName(event.cause);
        if (event.status > 0)
            how += QStringLiteral(", HTTP %1").arg(event.status);
        for (const QString &more : {event.text, event.detail}) {
            if (!more.isEmpty())
                how += QStringLiteral(", ") + more;
        }
        return QStringLiteral("%1 %2: %3")
            .arg(event.kind == EventKind::Newcomer ? QStringLiteral("a newcomer") : who,
                 event.wasOpen ? QStringLiteral("closed") : QStringLiteral("not connected"), how);
    }
    case EventKind::ClientWaiting:
        return QStringLiteral("%1 waits %2").arg(who, latencyText(event.ms));
    case EventKind::ClientGaveUp:
        return who + QStringLiteral(" gave up");
    case EventKind::Probe:
        return QStringLiteral("%1 in %2%3")
            .arg(event.status > 0 ? QString::number(event.status) : QStringLiteral("no answer"), latencyText(event.ms),
                 event.text.isEmpty() ? QString() : QStringLiteral(": ") + event.text);
    case EventKind::InstanceExited:
        return QStringLiteral("instance %1 exited with %2").arg(event.instance).arg(event.code);
    case EventKind::InstanceStarting:
    case EventKind::InstanceHealthy:
    case EventKind::InstanceKilled:
    case EventKind::TrafficSwitched:
    case EventKind::SignalSent:
        return event.text.isEmpty() ? QStringLiteral("instance %1").arg(event.instance)
                                    : QStringLiteral("%1 to instance %2").arg(event.text, event.instance);
    default:
        return event.text;
    }
}

State eventState(const Event &event)
{
    switch (event.kind) {
    case EventKind::ClientEnded:
        return event.cause == EndCause::CloseFrame || event.serverDisconnect ? State::Degraded : State::Down;
    case EventKind::ClientGaveUp:
    case EventKind::DeployFailed:
    case EventKind::InstanceKilled:
        return State::Down;
    case EventKind::ClientNotice:
    case EventKind::ClientWaiting:
    case EventKind::SignalSent:
        return State::Degraded;
    case EventKind::Probe:
        return event.ok ? State::Up : State::Down;
    case EventKind::Newcomer:
        return event.ok ? State::Up : event.wasOpen ? State::Down : State::Degraded;
    case EventKind::ClientOpen:
    case EventKind::InstanceHealthy:
    case EventKind::DeployFinished:
        return State::Up;
    default:
        return State::Unknown;
    }
}

} // namespace Switchyard
