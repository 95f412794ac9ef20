// SPDX-License-Identifier: GPL-3.0-or-later
// A CORS check as JSON and as text.
#include "models/common/redact.h"
#include "models/environment/corscheck.h"

#include <QJsonArray>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString verdictName(CorsOutcome::Verdict verdict)
{
    switch (verdict) {
    case CorsOutcome::Verdict::Allowed:
        return s("allowed");
    case CorsOutcome::Verdict::Blocked:
        return s("blocked");
    case CorsOutcome::Verdict::Unknown:
        break;
    }
    return s("unknown");
}

QString atName(CorsOutcome::At at)
{
    switch (at) {
    case CorsOutcome::At::None:
        return s("none");
    case CorsOutcome::At::SameOrigin:
        return s("same-origin");
    case CorsOutcome::At::MixedContent:
        return s("mixed-content");
    case CorsOutcome::At::Preflight:
        return s("preflight");
    case CorsOutcome::At::Request:
        return s("request");
    case CorsOutcome::At::Redirect:
        return s("redirect");
    }
    return {};
}

QString attemptKindName(SocketAttempt::Kind kind)
{
    return kind == SocketAttempt::Kind::Given     ? s("given")
           : kind == SocketAttempt::Kind::Foreign ? s("foreign")
                                                  : s("none");
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(redact(text));
}

QJsonValue stepToJson(const CorsStep &step)
{
    if (!step.sent)
        return {};
    QJsonArray headers;
    for (const HeaderLine &line : step.headers)
        headers.append(
            QJsonObject{{s("name"), QString::fromUtf8(line.first)}, {s("value"), QString::fromUtf8(line.second)}});
    return QJsonObject{{s("method"), QString::fromUtf8(step.method)},
                       {s("status"), step.status > 0 ? QJsonValue(step.status) : QJsonValue()},
                       {s("ms"), step.ms},
                       {s("headers"), headers},
                       {s("failure"), textOrNull(step.failure)}};
}

QJsonArray outcomesToJson(const CorsReport &report)
{
    QJsonArray array;
    for (const CorsOutcome &outcome : report.outcomes)
        array.append(QJsonObject{{s("origin"), outcome.origin},
                                 {s("method"), QString::fromUtf8(outcome.method)},
                                 {s("verdict"), verdictName(outcome.verdict)},
                                 {s("step"), atName(outcome.at)},
                                 {s("reason"), textOrNull(outcome.reason)},
                                 {s("hint"), textOrNull(outcome.hint)},
                                 {s("preflight_needed"), outcome.preflightNeeded},
                                 {s("preflight"), stepToJson(outcome.preflight)},
                                 {s("request"), stepToJson(outcome.request)}});
    return array;
}

QJsonArray probesToJson(const CorsReport &report)
{
    QJsonArray array;
    for (const CorsProbe &probe : report.probes)
        array.append(QJsonObject{{s("origin"), probe.origin},
                                 {s("kind"), probeKindName(probe.kind)},
                                 {s("accepted"), probe.measured ? QJsonValue(probe.accepted) : QJsonValue()},
                                 {s("credentials"), probe.measured ? QJsonValue(probe.credentials) : QJsonValue()},
                                 {s("answer"), stepToJson(probe.step)}});
    return array;
}

QJsonArray socketsToJson(const CorsReport &report)
{
    QJsonArray array;
    for (const SocketAttempt &attempt : report.sockets)
        array.append(QJsonObject{{s("path"), redact(attempt.path)},
                                 {s("protocol"), protocolName(attempt.protocol)},
                                 {s("transport"), attempt.polling ? s("polling") : s("websocket")},
                                 {s("kind"), attemptKindName(attempt.kind)},
                                 {s("origin"), textOrNull(attempt.origin)},
                                 {s("accepted"), attempt.measured ? QJsonValue(attempt.accepted) : QJsonValue()},
                                 {s("readable"), attempt.polling && !attempt.origin.isEmpty() && attempt.measured
                                                     ? QJsonValue(attempt.readable)
                                                     : QJsonValue()},
                                 {s("status"), attempt.status > 0 ? QJsonValue(attempt.status) : QJsonValue()},
                                 {s("ms"), attempt.measured ? QJsonValue(attempt.ms) : QJsonValue()},
                                 {s("reason"), attempt.accepted ? QJsonValue() : textOrNull(attempt.reason)}});
    return array;
}

QString outcomeLine(const CorsOutcome &outcome)
{
    QString line =
        s("%1  %2  %3").arg(verdictName(outcome.verdict), -8).arg(outcome.origin, QString::fromUtf8(outcome.method));
    if (outcome.preflight.status > 0)
        line += s("  preflight HTTP %1").arg(outcome.preflight.status);
    else if (!outcome.preflightNeeded && outcome.request.sent)
        line += s("  no preflight needed");
    if (outcome.request.status > 0)
        line += s("  HTTP %1").arg(outcome.request.status);
    if (outcome.verdict == CorsOutcome::Verdict::Blocked)
        line += s("  at the %1").arg(atName(outcome.at));
    line += QLatin1Char('\n');
    if (!outcome.reason.isEmpty())
        line += s("          %1\n").arg(redact(outcome.reason));
    if (!outcome.hint.isEmpty())
        line += s("        → %1\n").arg(redact(outcome.hint));
    return line;
}

QString attemptLine(const SocketAttempt &attempt)
{
    const QString state = !attempt.measured ? s("unknown") : attempt.accepted ? s("taken") : s("refused");
    QString line = s("%1  %2  %3  %4")
                       .arg(state, -8)
                       .arg(redact(attempt.path), attempt.polling ? s("polling") : s("websocket"),
                            attempt.kind == SocketAttempt::Kind::None ? s("without Origin") : attempt.origin);
    if (!attempt.accepted)
        line += s("  %1").arg(redact(attempt.reason));
    else if (attempt.polling && !attempt.origin.isEmpty() && !attempt.readable)
        line += s("  not readable for its pages");
    return line + QLatin1Char('\n');
}

} // namespace

QJsonObject corsReportToJson(const CorsReport &report)
{
    QJsonArray findings;
    for (const OriginFinding &finding : report.findings)
        findings.append(findingToJson(finding));
    return {{s("schema"), s("switchyard.cors-check/1")},    {s("url"), redact(report.options.url)},
            {s("credentials"), report.options.credentials}, {s("complete"), !report.interrupted},
            {s("origins"), outcomesToJson(report)},         {s("probes"), probesToJson(report)},
            {s("sockets"), socketsToJson(report)},          {s("findings"), findings}};
}

QString corsReportToText(const CorsReport &report)
{
    QString text;
    for (const CorsOutcome &outcome : report.outcomes)
        text += outcomeLine(outcome);
    for (const SocketAttempt &attempt : report.sockets)
        text += attemptLine(attempt);
    int asked = 0;
    int taken = 0;
    for (const CorsProbe &probe : report.probes) {
        asked += probe.measured;
        taken += probe.accepted;
    }
    if (asked > 0)
        text += s("%1 of %2 origins that nobody asked for are taken\n").arg(taken).arg(asked);
    text += findingsToText(report.findings);
    return text;
}

} // namespace Switchyard
