// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/judge.h"

#include "models/common/duration.h"
#include "models/common/jsonpointer.h"
#include "models/common/redact.h"
#include "models/health/prober.h"

#include <QCryptographicHash>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int instanceLength = 256;
constexpr int excerptLength = 60;
constexpr int reasonLength = 500;

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

bool asksConditionally(const ProbeTarget &target)
{
    const QStringList names = target.headers.keys();
    return std::any_of(names.cbegin(), names.cend(), [](const QString &name) {
        return name.startsWith(QLatin1StringView("if-"), Qt::CaseInsensitive);
    });
}

QString statusProblem(const ProbeTarget &target, const ProbeAnswer &answer)
{
    const QString expected = target.expect.status.isEmpty() ? QStringLiteral("2xx") : target.expect.status;
    QString text = QStringLiteral("answered with status %1, expected %2").arg(answer.status).arg(expected);
    if (answer.status == 304)
        text += asksConditionally(target)
                    ? QStringLiteral("; the request's own If- header asks for it")
                    : QStringLiteral("; it refers to a copy that the probe does not have, and did not say it had");
    else if (answer.status >= 300 && answer.status < 400 && !answer.location.isEmpty())
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

/// The beginning of a text on one line, in quotes.
QString excerpt(const QString &text)
{
    const QString line = redact(text.left(4 * excerptLength)).simplified();
    return line.size() > excerptLength ? QStringLiteral("\"%1…\"").arg(line.left(excerptLength))
                                       : QStringLiteral("\"%1\"").arg(line);
}

/// Why a text does not fit its expression; empty: it does. `what` begins the sentence.
QString patternProblem(const ConfiguredPattern &pattern, const QString &text, const QString &what)
{
    const QRegularExpressionMatch match = pattern.compiled.match(text);
    const QString shown = jsonText(pattern.text, excerptLength);
    if (!match.isValid())
        return QStringLiteral("%1: the expression %2 goes back and forth too long; write it simpler").arg(what, shown);
    if (match.hasMatch())
        return {};
    return text.isEmpty() ? QStringLiteral("%1 is empty, expected a match of %2").arg(what, shown)
                          : QStringLiteral("%1 is %2, expected a match of %3").arg(what, excerpt(text), shown);
}

QStringList headerProblems(const ProbeTarget &target, const ProbeAnswer &answer)
{
    QStringList problems;
    for (auto rule = target.expect.headers.cbegin(); rule != target.expect.headers.cend(); ++rule) {
        const auto value = answer.headers.constFind(rule.key().toLower());
        if (value == answer.headers.cend())
            problems += QStringLiteral("the header %1 is missing, expected a match of %2")
                            .arg(rule.key(), jsonText(rule->text, excerptLength));
        else if (const QString problem = patternProblem(*rule, *value, QStringLiteral("the header %1").arg(rule.key()));
                 !problem.isEmpty())
            problems += problem;
    }
    return problems;
}

/// Why the body cannot be looked into at all, where a rule asks for something in it; empty: it can.
QString bodyObstacle(const ProbeTarget &target, const ProbeAnswer &answer)
{
    if (target.expect.json.isEmpty() && target.expect.body.isEmpty())
        return {};
    const QString wanted = target.expect.json.isEmpty() ? QStringLiteral("text") : QStringLiteral("JSON");
    if (!answer.contentEncoding.isEmpty())
        return QStringLiteral("the body is compressed (%1), which the probe did not ask for; expected %2")
            .arg(answer.contentEncoding.left(excerptLength), wanted);
    if (!answer.body.isEmpty() || target.expect.json.isEmpty())
        return {};
    if (target.method == QLatin1StringView("HEAD"))
        return QStringLiteral("the answer to HEAD has no body, expected JSON; ask with GET");
    if (answer.status == 204 || answer.status == 205 || answer.status == 304)
        return QStringLiteral("status %1 has no body, expected JSON").arg(answer.status);
    return {};
}

/// State and reason of an answer in which nothing is missing: slow, or with signs of trouble.
void judgeSigns(const ProbeTarget &target, double totalMs, QStringList signs, Judgement &judgement)
{
    if (target.degraded.latency && totalMs > double(target.degraded.latency->count()))
        signs += QStringLiteral("answered in %1, over %2")
                     .arg(humanDuration(totalMs), humanDuration(double(target.degraded.latency->count())));
    if (signs.isEmpty())
        return;
    judgement.state = ProbeState::Degraded;
    judgement.reason = signs.join(QStringLiteral("; ")).left(reasonLength);
}

void setDown(Judgement &judgement, const QStringList &problems)
{
    judgement.state = ProbeState::Down;
    judgement.reason = problems.join(QStringLiteral("; ")).left(reasonLength);
}

/// State and reason of an answer whose status fits.
void judgeContent(const ProbeTarget &target, const ProbeAnswer &answer, const Result<QJsonValue> &root,
                  Judgement &judgement)
{
    QStringList problems;
    QStringList signs;
    if (const QString obstacle = bodyObstacle(target, answer); !obstacle.isEmpty()) {
        problems += obstacle;
    } else if (!target.expect.json.isEmpty() && !root) {
        problems += root.error().message;
    } else if (root) {
        const QStringList degraded = degradedPointers(target, *root);
        problems += jsonProblems(target, *root, degraded);
        for (const QString &pointer : degraded)
            signs += QStringLiteral("%1 is %2").arg(pointer, jsonText(target.degraded.json.value(pointer)));
    }
    if (!target.expect.body.isEmpty() && answer.contentEncoding.isEmpty()) {
        const QString problem =
            patternProblem(target.expect.body, QString::fromUtf8(answer.body), QStringLiteral("the body"));
        if (!problem.isEmpty())
            problems += problem;
    }
    problems += headerProblems(target, answer);
    if (problems.isEmpty())
        judgeSigns(target, answer.totalMs, signs, judgement);
    else
        setDown(judgement, problems);
}

bool needsJson(const ProbeTarget &target)
{
    return !target.expect.json.isEmpty() || !target.degraded.json.isEmpty() || !target.instancePointer.isEmpty();
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
    return needsJson(target) || !target.expect.body.isEmpty();
}

Judgement judgeAnswer(const ProbeTarget &target, const ProbeAnswer &answer)
{
    const Result<QJsonValue> root =
        needsJson(target) ? parseJson(answer.body) : Result<QJsonValue>(tl::unexpect, Error{});
    Judgement judgement;
    judgement.instance = instanceOf(target, answer, root);
    const Result<bool> matches = statusMatches(target.expect.status, answer.status);
    if (!matches) {
        judgement.state = ProbeState::Down;
        judgement.reason = matches.error().message;
    } else if (!*matches) {
        const bool limited = answer.status == 429 && !target.busyIsDown;
        judgement.state = limited ? ProbeState::Degraded : ProbeState::Down;
        judgement.reason = limited ? QStringLiteral("answered with status 429: it limits the rate of requests")
                                   : statusProblem(target, answer);
    } else {
        judgeContent(target, answer, root, judgement);
    }
    return judgement;
}

Judgement judgeUpgrade(const ProbeTarget &target, const ProbeAnswer &answer, const QByteArray &key,
                       const QByteArray &accept)
{
    Judgement judgement;
    judgement.instance = clipped(answer.instanceHeader);
    if (answer.status != 101) {
        QString problem = QStringLiteral("the upgrade was answered with status %1, expected 101").arg(answer.status);
        if (answer.status >= 200 && answer.status < 300)
            problem += QStringLiteral("; no WebSocket is served there");
        else if (answer.status >= 300 && answer.status < 400 && !answer.location.isEmpty())
            problem += QStringLiteral("; it redirects to %1").arg(redact(answer.location));
        setDown(judgement, {problem});
        return judgement;
    }
    const QByteArray expected =
        QCryptographicHash::hash(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", QCryptographicHash::Sha1).toBase64();
    QStringList problems;
    if (accept != expected)
        problems += accept.isEmpty() ? QStringLiteral("the upgrade was accepted without Sec-WebSocket-Accept")
                                     : QStringLiteral("the upgrade was accepted with a wrong Sec-WebSocket-Accept");
    problems += headerProblems(target, answer);
    if (problems.isEmpty())
        judgeSigns(target, answer.totalMs, {}, judgement);
    else
        setDown(judgement, problems);
    return judgement;
}

Judgement judgeConnect(const ProbeTarget &target, double totalMs)
{
    Judgement judgement;
    judgeSigns(target, totalMs, {}, judgement);
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
