// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/judge.h"

#include "models/common/duration.h"
#include "models/common/jsonpointer.h"
#include "models/common/redact.h"
#include "models/health/prober.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int instanceLength = 256;

QString clipped(const QString &text)
{
    return text.trimmed().left(instanceLength);
}

struct StatusRange
{
    int first = 0;
    int last = 0;
};

/// Three digits, in the range RFC 9110 section 15 gives to status codes; 0: it is none.
int statusCode(QStringView text)
{
    const bool digits = text.size() == 3 && std::all_of(text.begin(), text.end(), [](QChar c) {
                            return c >= QLatin1Char('0') && c <= QLatin1Char('9');
                        });
    const int code = digits ? text.toInt() : 0;
    return code >= 100 && code <= 599 ? code : 0;
}

/// "200", "2xx" or "200-299"; first 0: it is none of them.
StatusRange statusRange(QStringView text)
{
    if (text.size() == 3 && text.mid(1).compare(QLatin1StringView("xx"), Qt::CaseInsensitive) == 0) {
        const int hundreds = text[0].digitValue();
        return hundreds >= 1 && hundreds <= 5 ? StatusRange{hundreds * 100, hundreds * 100 + 99} : StatusRange{};
    }
    const qsizetype dash = text.indexOf(QLatin1Char('-'));
    if (dash < 0) {
        const int code = statusCode(text);
        return {code, code};
    }
    const int first = statusCode(text.left(dash).trimmed());
    const int last = statusCode(text.mid(dash + 1).trimmed());
    return first > 0 && last >= first ? StatusRange{first, last} : StatusRange{};
}

QString statusProblem(const ProbeTarget &target, const ProbeAnswer &answer)
{
    const QString expected = target.expect.status.isEmpty() ? QStringLiteral("2xx") : target.expect.status;
    QString text = QStringLiteral("answered with status %1, expected %2").arg(answer.status).arg(expected);
    if (answer.status >= 300 && answer.status < 400 && !answer.location.isEmpty())
        text += QStringLiteral("; it redirects to %1, which was not followed").arg(redact(answer.location));
    return text;
}

/// The pointers of degraded.json whose value is met.
QStringList degradedPointers(const ProbeTarget &target, const QJsonValue &root)
{
    QStringList pointers;
    for (auto rule = target.degraded.json.cbegin(); rule != target.degraded.json.cend(); ++rule) {
        const Result<QJsonValue> value = jsonPointer(root, rule.key());
        if (value && jsonEquals(*value, rule.value()))
            pointers += rule.key();
    }
    return pointers;
}

QStringList jsonProblems(const ProbeTarget &target, const QJsonValue &root, const QStringList &excused)
{
    QStringList problems;
    for (auto rule = target.expect.json.cbegin(); rule != target.expect.json.cend(); ++rule) {
        if (excused.contains(rule.key()))
            continue;
        const Result<QJsonValue> value = jsonPointer(root, rule.key());
        if (!value)
            problems += QStringLiteral("the body: %1, expected %2").arg(value.error().message, jsonText(rule.value()));
        else if (!jsonEquals(*value, rule.value()))
            problems += QStringLiteral("%1 is %2, expected %3")
                            .arg(rule.key().isEmpty() ? QStringLiteral("the body") : rule.key(), jsonText(*value),
                                 jsonText(rule.value()));
    }
    return problems;
}

QString instanceOf(const ProbeTarget &target, const ProbeAnswer &answer, const Result<QJsonValue> &root)
{
    if (!answer.instanceHeader.isEmpty())
        return clipped(answer.instanceHeader);
    if (target.instanceFromBody)
        return clipped(QString::fromUtf8(answer.body.left(4 * instanceLength)));
    if (target.instancePointer.isEmpty() || !root)
        return {};
    const Result<QJsonValue> value = jsonPointer(*root, target.instancePointer);
    if (!value || value->isNull())
        return {};
    return clipped(value->isString() ? value->toString() : jsonText(*value, instanceLength));
}

/// State and reason of an answer whose status fits.
void judgeContent(const ProbeTarget &target, const ProbeAnswer &answer, const Result<QJsonValue> &root,
                  Judgement &judgement)
{
    QStringList degradations;
    if (!target.expect.json.isEmpty() && !root) {
        judgement.state = ProbeState::Down;
        judgement.reason = root.error().message;
        return;
    }
    if (root) {
        const QStringList degraded = degradedPointers(target, *root);
        const QStringList problems = jsonProblems(target, *root, degraded);
        if (!problems.isEmpty()) {
            judgement.state = ProbeState::Down;
            judgement.reason = problems.join(QStringLiteral("; "));
            return;
        }
        for (const QString &pointer : degraded)
            degradations += QStringLiteral("%1 is %2").arg(pointer, jsonText(target.degraded.json.value(pointer)));
    }
    if (target.degraded.latency && answer.totalMs > double(target.degraded.latency->count()))
        degradations +=
            QStringLiteral("answered in %1, over %2")
                .arg(humanDuration(answer.totalMs), humanDuration(double(target.degraded.latency->count())));
    if (!degradations.isEmpty()) {
        judgement.state = ProbeState::Degraded;
        judgement.reason = degradations.join(QStringLiteral("; "));
    }
}

} // namespace

Result<bool> statusMatches(const QString &expectation, int status)
{
    if (expectation.trimmed().isEmpty())
        return status >= 200 && status <= 299;
    bool matches = false;
    const QList<QStringView> parts = QStringView(expectation).split(QLatin1Char(','));
    for (const QStringView part : parts) {
        const StatusRange range = statusRange(part.trimmed());
        if (range.first == 0)
            return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not a status expectation").arg(expectation),
                        QStringLiteral("write 200, 2xx, 200-299, or several with commas between"));
        matches = matches || (status >= range.first && status <= range.last);
    }
    return matches;
}

bool needsBody(const ProbeTarget &target)
{
    return !target.expect.json.isEmpty() || !target.degraded.json.isEmpty() || !target.instancePointer.isEmpty();
}

Judgement judgeAnswer(const ProbeTarget &target, const ProbeAnswer &answer)
{
    const Result<QJsonValue> root =
        needsBody(target) ? parseJson(answer.body) : Result<QJsonValue>(tl::unexpect, Error{});
    Judgement judgement;
    judgement.instance = instanceOf(target, answer, root);
    const Result<bool> matches = statusMatches(target.expect.status, answer.status);
    if (!matches) {
        judgement.state = ProbeState::Down;
        judgement.reason = matches.error().message;
    } else if (!*matches) {
        const bool limited = answer.status == 429;
        judgement.state = limited ? ProbeState::Degraded : ProbeState::Down;
        judgement.reason = limited ? QStringLiteral("answered with status 429: it limits the rate of requests")
                                   : statusProblem(target, answer);
    } else {
        judgeContent(target, answer, root, judgement);
    }
    return judgement;
}

QString probeStateName(ProbeState state)
{
    switch (state) {
    case ProbeState::Up:
        return QStringLiteral("up");
    case ProbeState::Degraded:
        return QStringLiteral("degraded");
    case ProbeState::Down:
        break;
    }
    return QStringLiteral("down");
}

} // namespace Switchyard
