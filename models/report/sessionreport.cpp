// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/report/sessionreport.h"

#include "models/common/duration.h"
#include "models/common/files.h"
#include "models/realtime/closecodes.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace Switchyard {

namespace {

QJsonValue orNull(const std::optional<double> &value)
{
    return value ? QJsonValue(*value) : QJsonValue(QJsonValue::Null);
}

QJsonObject percentilesToJson(const Percentiles &p)
{
    QJsonObject json{{QStringLiteral("count"), p.count}};
    const auto put = [&](const QString &key, double value) {
        json.insert(key, p.count > 0 ? QJsonValue(value) : QJsonValue(QJsonValue::Null));
    };
    put(QStringLiteral("p50_ms"), p.p50);
    put(QStringLiteral("p95_ms"), p.p95);
    put(QStringLiteral("p99_ms"), p.p99);
    put(QStringLiteral("max_ms"), p.max);
    return json;
}

QJsonObject gateToJson(const Gate &gate)
{
    QJsonArray evidence;
    for (const int id : gate.evidence)
        evidence.append(id);
    return QJsonObject{{QStringLiteral("id"), gate.id},
                       {QStringLiteral("status"), gateStatusName(gate.status)},
                       {QStringLiteral("advisory"), gate.advisory},
                       {QStringLiteral("measured"), gate.measured},
                       {QStringLiteral("threshold"), gate.threshold},
                       {QStringLiteral("value"), orNull(gate.value)},
                       {QStringLiteral("limit"), orNull(gate.limit)},
                       {QStringLiteral("evidence"), evidence},
                       {QStringLiteral("advice"), gate.advice},
                       {QStringLiteral("snippet"), gate.snippet}};
}

QJsonArray closesToJson(const Verdict &verdict)
{
    QJsonArray closes;
    for (const CloseCount &close : verdict.closes) {
        closes.append(QJsonObject{{QStringLiteral("socket"), close.socket},
                                  {QStringLiteral("code"), close.code},
                                  {QStringLiteral("code_valid"), close.codeValid},
                                  {QStringLiteral("reason"), close.reason},
                                  {QStringLiteral("cause"), endCauseName(close.cause)},
                                  {QStringLiteral("allowed"), close.allowed},
                                  {QStringLiteral("server_disconnect"), close.serverDisconnect},
                                  {QStringLiteral("count"), close.count}});
    }
    return closes;
}

QJsonObject curveToJson(const Insights &insights)
{
    QJsonArray bins;
    for (const ReconnectBin &bin : insights.reconnects)
        bins.append(QJsonObject{{QStringLiteral("from_ms"), bin.fromMs}, {QStringLiteral("count"), bin.count}});
    const bool any = !insights.reconnects.isEmpty();
    return QJsonObject{{QStringLiteral("bins"), bins},
                       {QStringLiteral("peak_per_second"), any ? QJsonValue(insights.peakPerSecond) : QJsonValue()},
                       {QStringLiteral("peak_at_ms"), any ? QJsonValue(insights.peakAtMs) : QJsonValue()}};
}

QJsonArray silencesToJson(const Insights &insights)
{
    QJsonArray silences;
    for (const Silence &silence : insights.silences)
        silences.append(QJsonObject{{QStringLiteral("subject"), silence.subject},
                                    {QStringLiteral("from_ms"), silence.fromMs},
                                    {QStringLiteral("to_ms"), silence.toMs},
                                    {QStringLiteral("ms"), silence.ms()}});
    return silences;
}

QJsonArray notesToJson(const Insights &insights)
{
    QJsonArray notes;
    for (const SessionNote &note : insights.notes) {
        QJsonArray evidence;
        for (const int id : note.evidence)
            evidence.append(id);
        notes.append(QJsonObject{{QStringLiteral("id"), note.id},
                                 {QStringLiteral("text"), note.text},
                                 {QStringLiteral("evidence"), evidence}});
    }
    return notes;
}

QJsonArray forecastToJson(const Insights &insights)
{
    QJsonArray rows;
    for (const ForecastRow &row : insights.forecast)
        rows.append(QJsonObject{{QStringLiteral("protocol"), row.protocol},
                                {QStringLiteral("library"), row.library},
                                {QStringLiteral("come_back"), row.comeBack},
                                {QStringLiteral("stay_away"), row.stayAway},
                                {QStringLiteral("unknown"), row.unknown},
                                {QStringLiteral("delay"), row.delay}});
    return rows;
}

/// Null where no newcomer was sent.
QJsonValue newcomersToJson(const SessionRecord &record, const Insights &insights)
{
    if (record.header.newcomersEveryMs <= 0)
        return QJsonValue::Null;
    return QJsonObject{{QStringLiteral("tried"), insights.newcomers.tried},
                       {QStringLiteral("taken"), insights.newcomers.taken},
                       {QStringLiteral("refused"), insights.newcomers.refused},
                       {QStringLiteral("dropped"), insights.newcomers.dropped},
                       {QStringLiteral("refusals"), insights.newcomers.refusals}};
}

QJsonValue orNull(const std::optional<int> &value)
{
    return value ? QJsonValue(*value) : QJsonValue(QJsonValue::Null);
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QJsonObject queriesToJson(const DatabaseLane &lane)
{
    QJsonObject spans;
    for (std::size_t i = 0; i < lane.queries.size(); ++i) {
        const QueryTimes &times = lane.queries[i];
        const auto ms = [&times](double value) { return times.count > 0 ? QJsonValue(value) : QJsonValue(); };
        spans.insert(databaseSpanName(DatabaseSpan(i)), QJsonObject{{QStringLiteral("count"), times.count},
                                                                    {QStringLiteral("p50_ms"), ms(times.p50)},
                                                                    {QStringLiteral("p95_ms"), ms(times.p95)},
                                                                    {QStringLiteral("max_ms"), ms(times.max)}});
    }
    return spans;
}

QJsonObject connectionsToJson(const DatabaseLane &lane)
{
    const bool peaked = lane.peak.has_value();
    return {{QStringLiteral("baseline"), orNull(lane.baseline)},
            {QStringLiteral("peak"), orNull(lane.peak)},
            {QStringLiteral("peak_at_ms"), peaked ? QJsonValue(lane.peakMs) : QJsonValue()},
            {QStringLiteral("peak_span"), peaked ? QJsonValue(databaseSpanName(lane.peakSpan)) : QJsonValue()},
            {QStringLiteral("peak_together"), lane.peakTogether},
            {QStringLiteral("limit"), orNull(lane.limit)},
            {QStringLiteral("usable"), orNull(lane.usable)},
            {QStringLiteral("least_free"), orNull(lane.leastFree)},
            {QStringLiteral("new_per_second"), orNull(lane.freshPerSecond)},
            {QStringLiteral("new_at_ms"), lane.freshPerSecond ? QJsonValue(lane.freshMs) : QJsonValue()},
            {QStringLiteral("above_ms"), orNull(lane.overMs)},
            {QStringLiteral("back_at_baseline"), lane.baseline ? QJsonValue(lane.backAtBaseline) : QJsonValue()}};
}

QJsonArray databasesToJson(const Insights &insights)
{
    QJsonArray databases;
    for (const DatabaseLane &lane : insights.databases) {
        QJsonArray troubles, reasons;
        for (const DatabaseTrouble &trouble : lane.troubles)
            troubles.append(QJsonObject{{QStringLiteral("at_ms"), trouble.ms},
                                        {QStringLiteral("cause"), trouble.cause},
                                        {QStringLiteral("text"), trouble.text}});
        for (const QString &reason : lane.reasons)
            reasons.append(reason);
        databases.append(QJsonObject{
            {QStringLiteral("name"), lane.name},
            {QStringLiteral("server"), orNull(lane.server)},
            {QStringLiteral("left_out"), orNull(lane.leftOut)},
            {QStringLiteral("questions"), lane.asked},
            {QStringLiteral("failed"), lane.failed},
            {QStringLiteral("newcomers"), lane.newcomers},
            {QStringLiteral("refused"), lane.refused},
            {QStringLiteral("refused_full"), lane.refusedFull},
            {QStringLiteral("connections"), connectionsToJson(lane)},
            {QStringLiteral("query"), queriesToJson(lane)},
            {QStringLiteral("silence_from_ms"), lane.asked > 0 ? QJsonValue(lane.silentFromMs) : QJsonValue()},
            {QStringLiteral("silence_ms"), lane.asked > 0 ? QJsonValue(lane.silentMs()) : QJsonValue()},
            {QStringLiteral("full_before"), lane.fullBefore},
            {QStringLiteral("stormed"), lane.stormed},
            {QStringLiteral("reasons"), reasons},
            {QStringLiteral("troubles"), troubles}});
    }
    return databases;
}

/// The evidence in full, so that a report stands by itself.
QJsonArray evidenceEvents(const SessionRecord &record, const Verdict &verdict)
{
    QSet<int> wanted;
    for (const Gate &gate : verdict.gates)
        wanted.unite(QSet<int>(gate.evidence.cbegin(), gate.evidence.cend()));
    for (const SessionNote &note : verdict.insights.notes)
        wanted.unite(QSet<int>(note.evidence.cbegin(), note.evidence.cend()));
    QJsonArray events;
    for (const Event &event : record.events) {
        if (wanted.contains(event.id))
            events.append(eventToJson(event));
    }
    return events;
}

QString figuresText(const SessionRecord &record, const Verdict &verdict)
{
    QString text;
    if (verdict.reconnect.count > 0)
        text += QStringLiteral("Reconnects  p50 %1  p95 %2  max %3, at most %4 in one second\n")
                    .arg(humanDuration(verdict.reconnect.p50), humanDuration(verdict.reconnect.p95),
                         humanDuration(verdict.reconnect.max))
                    .arg(verdict.insights.peakPerSecond);
    if (record.header.newcomersEveryMs > 0 && verdict.insights.newcomers.tried > 0)
        text += QStringLiteral("Newcomers   %1\n").arg(newcomersText(verdict.insights.newcomers));
    for (const Silence &silence : verdict.insights.silences)
        text += QStringLiteral("Silence     %1 of %2\n").arg(humanDuration(silence.ms()), silence.subject);
    for (const DatabaseLane &lane : verdict.insights.databases)
        text += QStringLiteral("Database    %1: %2\n").arg(lane.name, lane.summary());
    return text.isEmpty() ? text : QLatin1Char('\n') + text;
}

QString paint(const QString &text, const char *code, bool color)
{
    return color ? QStringLiteral("\x1b[%1m%2\x1b[0m").arg(QLatin1StringView(code), text) : text;
}

const char *colorOf(GateStatus status)
{
    switch (status) {
    case GateStatus::Pass:
        return "32";
    case GateStatus::Fail:
        return "31";
    case GateStatus::Unknown:
        return "33";
    case GateStatus::NotApplicable:
        break;
    }
    return "90";
}

} // namespace

QString gateMark(GateStatus status)
{
    switch (status) {
    case GateStatus::Pass:
        return QStringLiteral("✓");
    case GateStatus::Fail:
        return QStringLiteral("✕");
    case GateStatus::Unknown:
        return QStringLiteral("○");
    case GateStatus::NotApplicable:
        break;
    }
    return QStringLiteral("–");
}

QString closeLabel(const CloseCount &close)
{
    QString label;
    switch (close.cause) {
    case EndCause::CloseFrame:
        label = QStringLiteral("%1 %2").arg(close.code).arg(closeCodeName(close.code));
        if (!close.codeValid)
            label += QStringLiteral(" (may not stand on the wire)");
        break;
    case EndCause::ClosePacket:
        label = QStringLiteral("Engine.IO close packet");
        break;
    case EndCause::HttpStatus:
        label = QStringLiteral("poll refused with an HTTP status");
        break;
    case EndCause::Eof:
        label = close.code == 0 ? QStringLiteral("FIN without a close packet")
                                : QStringLiteral("1006 FIN without a close frame");
        break;
    case EndCause::Reset:
        label = close.code == 0 ? QStringLiteral("reset without a close packet")
                                : QStringLiteral("1006 reset without a close frame");
        break;
    default:
        label = close.code == 0 ? endCauseName(close.cause)
                                : QStringLiteral("%1 %2").arg(close.code).arg(endCauseName(close.cause));
        break;
    }
    if (close.serverDisconnect)
        label += QStringLiteral(", after the server's DISCONNECT");
    return label;
}

QJsonObject sessionToJson(const SessionRecord &record, const Verdict &verdict)
{
    QJsonArray gates;
    for (const Gate &gate : verdict.gates)
        gates.append(gateToJson(gate));
    QJsonArray clients;
    for (const ClientFigures &figures : verdict.clients) {
        clients.append(QJsonObject{{QStringLiteral("socket"), figures.socket},
                                   {QStringLiteral("clients"), figures.clients},
                                   {QStringLiteral("lost"), figures.lost},
                                   {QStringLiteral("back"), figures.back},
                                   {QStringLiteral("bounced"), figures.bounced},
                                   {QStringLiteral("gave_up"), figures.gaveUp},
                                   {QStringLiteral("noticed"), figures.noticed}});
    }
    QJsonArray phases;
    for (const PhaseSpan &span : verdict.phases) {
        phases.append(QJsonObject{{QStringLiteral("phase"), span.phase},
                                  {QStringLiteral("from_ms"), span.fromMs},
                                  {QStringLiteral("to_ms"), span.toMs}});
    }
    const QJsonObject percentiles{{QStringLiteral("reconnect"), percentilesToJson(verdict.reconnect)},
                                  {QStringLiteral("notice_lead"), percentilesToJson(verdict.noticeLead)},
                                  {QStringLiteral("health"), percentilesToJson(verdict.health)}};
    return QJsonObject{{QStringLiteral("schema"), QStringLiteral("switchyard.session/1")},
                       {QStringLiteral("verdict"), outcomeName(verdict.outcome)},
                       {QStringLiteral("summary"), verdict.summary},
                       {QStringLiteral("complete"), record.complete},
                       {QStringLiteral("end_reason"), record.endReason},
                       {QStringLiteral("session"), headerToJson(record.header)},
                       {QStringLiteral("gates"), gates},
                       {QStringLiteral("closes"), closesToJson(verdict)},
                       {QStringLiteral("clients"), clients},
                       {QStringLiteral("phases"), phases},
                       {QStringLiteral("percentiles"), percentiles},
                       {QStringLiteral("drain_ms"), orNull(verdict.drainMs)},
                       {QStringLiteral("startup_ms"), orNull(verdict.startupMs)},
                       {QStringLiteral("max_gap_ms"), orNull(verdict.maxGapMs)},
                       {QStringLiteral("reconnect_curve"), curveToJson(verdict.insights)},
                       {QStringLiteral("silences"), silencesToJson(verdict.insights)},
                       {QStringLiteral("newcomers"), newcomersToJson(record, verdict.insights)},
                       {QStringLiteral("databases"), databasesToJson(verdict.insights)},
                       {QStringLiteral("notes"), notesToJson(verdict.insights)},
                       {QStringLiteral("forecast"), forecastToJson(verdict.insights)},
                       {QStringLiteral("evidence"), evidenceEvents(record, verdict)}};
}

QString sessionToText(const SessionRecord &record, const Verdict &verdict, bool color)
{
    QString text;
    const char *verdictColor = verdict.outcome == Outcome::Pass   ? "1;32"
                               : verdict.outcome == Outcome::Fail ? "1;31"
                                                                  : "1;33";
    text += paint(outcomeName(verdict.outcome).toUpper(), verdictColor, color) + QStringLiteral("  ") +
            verdict.summary + QLatin1Char('\n');
    if (!record.complete)
        text += QStringLiteral("partial: %1\n").arg(record.endReason);
    text += QLatin1Char('\n');
    for (const Gate &gate : verdict.gates) {
        text += QStringLiteral("%1 %2 %3")
                    .arg(paint(gateMark(gate.status), colorOf(gate.status), color), gate.id.leftJustified(14),
                         gate.measured);
        if (!gate.threshold.isEmpty())
            text += QStringLiteral("  [%1]").arg(gate.threshold);
        if (gate.advisory)
            text += QStringLiteral("  (advisory)");
        text += QLatin1Char('\n');
        if (!gate.advice.isEmpty())
            text += QStringLiteral("                 → %1\n").arg(gate.advice);
        for (const QString &line : gate.snippet.split(QLatin1Char('\n'), Qt::SkipEmptyParts))
            text += QStringLiteral("                   %1\n").arg(line);
    }
    if (!verdict.closes.isEmpty())
        text += QStringLiteral("\nClose codes\n");
    for (const CloseCount &close : verdict.closes) {
        text += QStringLiteral("  %1  %2  %3%4\n")
                    .arg(close.count, 5)
                    .arg(closeLabel(close), -44)
                    .arg(close.socket)
                    .arg(close.allowed ? QString() : QStringLiteral("  not allowed"));
    }
    text += figuresText(record, verdict);
    if (!verdict.insights.notes.isEmpty())
        text += QStringLiteral("\nNotes\n");
    for (const SessionNote &note : verdict.insights.notes)
        text += QStringLiteral("  ! %1\n").arg(note.text);
    if (!verdict.insights.forecast.isEmpty())
        text += QStringLiteral("\nWould they have come back? (by client library, for the ends seen)\n");
    for (const ForecastRow &row : verdict.insights.forecast)
        text += QStringLiteral("  %1 %2\n").arg(row.library, -34).arg(forecastText(row));
    return text;
}

QString forecastText(const ForecastRow &row)
{
    QStringList parts;
    const int all = row.comeBack + row.stayAway + row.unknown;
    if (row.comeBack == all)
        parts.append(QStringLiteral("all %1 come back, %2").arg(all).arg(row.delay));
    else if (row.stayAway == all)
        parts.append(QStringLiteral("all %1 stay away").arg(all));
    else {
        parts.append(QStringLiteral("%1 come back").arg(row.comeBack));
        if (row.stayAway > 0)
            parts.append(QStringLiteral("%1 stay away").arg(row.stayAway));
        if (row.unknown > 0)
            parts.append(QStringLiteral("%1 with a code that was never tried with it").arg(row.unknown));
    }
    return parts.join(QStringLiteral(", "));
}

QString newcomersText(const NewcomerFigures &newcomers)
{
    QString text = QStringLiteral("%1 tried, %2 let in").arg(newcomers.tried).arg(newcomers.taken);
    if (newcomers.refused > 0)
        text += QStringLiteral(", %1 not (%2)").arg(newcomers.refused).arg(newcomers.refusals);
    if (newcomers.dropped > 0)
        text += QStringLiteral("; %1 of those let in while draining were dropped").arg(newcomers.dropped);
    return text;
}

namespace {

using Writer = QByteArray (*)(const SessionRecord &, const Verdict &);

QByteArray sessionToJsonText(const SessionRecord &record, const Verdict &verdict)
{
    return QJsonDocument(sessionToJson(record, verdict)).toJson();
}

/// nullptr for a suffix that no report has.
Writer writerFor(const QString &path)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == QLatin1StringView("json"))
        return sessionToJsonText;
    if (suffix == QLatin1StringView("html"))
        return sessionToHtml;
    if (suffix == QLatin1StringView("md"))
        return sessionToMarkdown;
    if (suffix == QLatin1StringView("xml"))
        return sessionToJunit;
    return nullptr;
}

} // namespace

Result<void> checkReportPath(const QString &path)
{
    if (writerFor(path))
        return {};
    const bool pdf = QFileInfo(path).suffix().toLower() == QLatin1StringView("pdf");
    return fail(ErrorKind::Usage, QStringLiteral("a report cannot be written as \"%1\"").arg(path),
                pdf ? QStringLiteral("PDF reports are the window's; here .json, .xml (JUnit), .md and .html")
                    : QStringLiteral(".json, .xml (JUnit), .md or .html"));
}

Result<void> writeSessionReport(const QString &path, const SessionRecord &record, const Verdict &verdict)
{
    if (const Result<void> known = checkReportPath(path); !known)
        return known;
    return writeFileAtomically(path, writerFor(path)(record, verdict));
}

} // namespace Switchyard
