// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionrows.h"

#include "models/realtime/closecodes.h"
#include "models/report/sessionreport.h"
#include "ui/common/format.h"

#include <algorithm>

namespace Switchyard {

QStringList gateColumns()
{
    return {QStringLiteral("Gate"), QStringLiteral("Status"), QStringLiteral("Measured"), QStringLiteral("Threshold")};
}

QStringList closeColumns()
{
    return {QStringLiteral("Socket"), QStringLiteral("Close"), QStringLiteral("Clients"), QStringLiteral("Allowed")};
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
    // A histogram for each socket: its commonest end first.
    QList<CloseCount> closes = verdict.closes;
    std::stable_sort(closes.begin(), closes.end(), [](const CloseCount &a, const CloseCount &b) {
        return a.socket == b.socket ? a.count > b.count : a.socket < b.socket;
    });
    QList<Row> rows;
    for (const CloseCount &close : std::as_const(closes)) {
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
             {{.text = close.socket, .sort = {}}, {.text = label, .sort = close.code, .tip = tip}, count, allowed}});
    }
    return rows;
}

QStringList forecastColumns()
{
    return {QStringLiteral("Client library"), QStringLiteral("They"),    QStringLiteral("Back"),
            QStringLiteral("Away"),           QStringLiteral("Unknown"), QStringLiteral("Tries again after")};
}

QList<Row> forecastRows(const Verdict &verdict)
{
    QList<Row> rows;
    for (const ForecastRow &row : verdict.insights.forecast) {
        Cell word;
        word.state = row.stayAway > 0 ? State::Down : row.unknown > 0 ? State::Unknown : State::Up;
        word.text = row.stayAway > 0  ? QStringLiteral("stay away")
                    : row.unknown > 0 ? QStringLiteral("not measured")
                                      : QStringLiteral("come back");
        word.sort = int(*word.state);
        const auto count = [](int value) { return figureCell(QString::number(value), value, value == 0); };
        rows.append({row.protocol + QLatin1Char('/') + row.library,
                     {{.text = row.library, .sort = {}, .tip = QStringLiteral("%1, %2").arg(row.library, row.protocol)},
                      word,
                      count(row.comeBack),
                      count(row.stayAway),
                      count(row.unknown),
                      {.text = row.delay, .sort = {}, .tip = row.delay}}});
    }
    return rows;
}

namespace {

void addPercentiles(QList<std::pair<QString, QString>> *list, const QString &name, const Percentiles &figures)
{
    if (figures.count > 0)
        list->append({name, QStringLiteral("p50 %1 · p95 %2 · p99 %3 · max %4 (%5)")
                                .arg(latencyText(figures.p50), latencyText(figures.p95), latencyText(figures.p99),
                                     latencyText(figures.max))
                                .arg(figures.count)});
}

} // namespace

QList<std::pair<QString, QString>> figureList(const Verdict &verdict)
{
    QList<std::pair<QString, QString>> list;
    int lost = 0, back = 0, bounced = 0, gaveUp = 0;
    for (const ClientFigures &figures : verdict.clients) {
        lost += figures.lost;
        back += figures.back;
        bounced += figures.bounced;
        gaveUp += figures.gaveUp;
    }
    if (lost > 0) {
        QString text = QStringLiteral("%1 of %2 lost clients are back").arg(back).arg(lost);
        if (gaveUp > 0)
            text += QStringLiteral(", %1 gave up").arg(gaveUp);
        list.append({QStringLiteral("Returned"), text});
        list.append({QStringLiteral("Double bounces"),
                     bounced == 0   ? QStringLiteral("none")
                     : bounced == 1 ? QStringLiteral("1 client was lost a second time")
                                    : QStringLiteral("%1 clients were lost a second time").arg(bounced)});
    }
    addPercentiles(&list, QStringLiteral("Reconnect"), verdict.reconnect);
    addPercentiles(&list, QStringLiteral("Notice lead"), verdict.noticeLead);
    addPercentiles(&list, QStringLiteral("/health"), verdict.health);
    for (const Silence &silence : verdict.insights.silences)
        list.append({QStringLiteral("Longest silence"), QStringLiteral("%1 of %2, from %3 s")
                                                            .arg(latencyText(silence.ms()), silence.subject)
                                                            .arg(silence.fromMs / 1000, 0, 'f', 1)});
    if (verdict.insights.newcomers.tried > 0)
        list.append({QStringLiteral("Newcomers"), newcomersText(verdict.insights.newcomers)});
    for (const DatabaseLane &lane : verdict.insights.databases)
        list.append({QStringLiteral("Database %1").arg(lane.name), lane.summary()});
    return list;
}

QString figuresHtml(const Verdict &verdict)
{
    QString rows;
    for (const auto &[name, value] : figureList(verdict))
        rows += QStringLiteral("<tr><td style='padding:1px 16px 1px 0'>%1</td><td style='padding:1px 0'>%2</td></tr>")
                    .arg(name, value.toHtmlEscaped());
    const bool lost = std::any_of(verdict.clients.cbegin(), verdict.clients.cend(),
                                  [](const ClientFigures &figures) { return figures.lost > 0; });
    const QString head = lost ? QString() : QStringLiteral("<b>No client has lost its connection.</b>");
    return head + QStringLiteral("<table>%1</table>").arg(rows);
}

namespace {

QString endWords(const Event &event)
{
    switch (event.cause) {
    case EndCause::CloseFrame:
        return QStringLiteral("%1 %2").arg(event.code).arg(closeCodeName(event.code));
    case EndCause::ClosePacket:
        return QStringLiteral("close packet");
    case EndCause::HttpStatus:
        return QStringLiteral("poll refused");
    case EndCause::Eof:
        return event.code == 0 ? QStringLiteral("FIN") : QStringLiteral("FIN without a close frame");
    case EndCause::Reset:
        return event.code == 0 ? QStringLiteral("reset") : QStringLiteral("reset without a close frame");
    default:
        return endCauseName(event.cause).replace(QLatin1Char('-'), QLatin1Char(' '));
    }
}

QString databaseWords(const Event &event)
{
    if (!event.ok)
        return QStringLiteral("%1: %2").arg(
            event.kind == EventKind::Database ? QStringLiteral("no answer") : QStringLiteral("newcomer was not let in"),
            event.text);
    if (event.kind == EventKind::DatabaseConnect)
        return QStringLiteral("newcomer was let in in %1").arg(latencyText(event.ms));
    QString words = QStringLiteral("answered in %1").arg(latencyText(event.ms));
    const ConnectionCount &count = event.connections;
    if (count.used < 0)
        return words + QStringLiteral(", connections in use not known");
    words += count.limit < 0 ? QStringLiteral(", %1 connections").arg(count.used)
                             : QStringLiteral(", %1 of %2 connections").arg(count.used).arg(count.limit);
    const std::pair<const char *, int> states[] = {
        {"reserved", count.reserved}, {"active", count.active},
        {"idle", count.idle},         {"idle in transaction", count.inTransaction},
        {"new", count.fresh},         {"turned away", count.rejected}};
    for (const auto &[name, value] : states) {
        if (value > 0)
            words += QStringLiteral(", %1 %2").arg(value).arg(QLatin1StringView(name));
    }
    return words;
}

} // namespace

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
    case EventKind::ClientEnded: {
        QString how = endWords(event);
        if (event.status > 0)
            how += QStringLiteral(", HTTP %1").arg(event.status);
        for (const QString &more : {event.text, event.detail}) {
            if (!more.isEmpty())
                how += QStringLiteral(", ") + more;
        }
        return QStringLiteral("%1 %2: %3")
            .arg(who, event.wasOpen ? QStringLiteral("closed") : QStringLiteral("not connected"), how);
    }
    case EventKind::ClientWaiting:
        return QStringLiteral("%1 waits %2").arg(who, latencyText(event.ms));
    case EventKind::ClientGaveUp:
        return who + QStringLiteral(" gave up");
    case EventKind::Probe:
        if (event.status == 0 && event.ok)
            return QStringLiteral("connected in %1").arg(latencyText(event.ms));
        return QStringLiteral("%1 in %2%3")
            .arg(event.status > 0 ? QString::number(event.status) : QStringLiteral("no answer"), latencyText(event.ms),
                 event.text.isEmpty() ? QString() : QStringLiteral(": ") + event.text);
    case EventKind::Newcomer: {
        if (event.ok)
            return QStringLiteral("newcomer was let in");
        QString why = endWords(event);
        if (event.status > 0)
            why += QStringLiteral(", HTTP %1").arg(event.status);
        return event.wasOpen ? QStringLiteral("newcomer was let in and then ended: %1").arg(why)
                             : QStringLiteral("newcomer was not let in: %1").arg(why);
    }
    case EventKind::Database:
    case EventKind::DatabaseConnect:
        return databaseWords(event);
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
        return isGoodbye(event.cause) || event.serverDisconnect ? State::Degraded : State::Down;
    case EventKind::ClientGaveUp:
    case EventKind::DeployFailed:
    case EventKind::InstanceKilled:
        return State::Down;
    case EventKind::ClientNotice:
    case EventKind::ClientWaiting:
    case EventKind::SignalSent:
        return State::Degraded;
    case EventKind::Probe:
    case EventKind::Database:
    case EventKind::DatabaseConnect:
        return event.ok ? State::Up : State::Down;
    case EventKind::Newcomer:
        return event.ok ? State::Up : event.wasOpen && !isGoodbye(event.cause) ? State::Down : State::Degraded;
    case EventKind::ClientOpen:
    case EventKind::InstanceHealthy:
    case EventKind::DeployFinished:
        return State::Up;
    default:
        return State::Unknown;
    }
}

} // namespace Switchyard
