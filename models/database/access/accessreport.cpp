// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/accessadvice.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

struct Column
{
    const char *name;
    AccessJudgement AccessStrategy::*cell;
};

constexpr Column columns[] = {
    {"security", &AccessStrategy::security},
    {"reliability", &AccessStrategy::reliability},
    {"cost", &AccessStrategy::cost},
    {"maintenance", &AccessStrategy::maintenance},
    {"compliance", &AccessStrategy::compliance},
};

QJsonObject strategyToJson(const AccessStrategy &row)
{
    QJsonObject object{{s("id"), row.id},
                       {s("title"), row.title},
                       {s("entry"), row.entry},
                       {s("openness"), accessOpennessName(row.openness)},
                       {s("why"), row.why},
                       {s("recommended"), row.recommended},
                       {s("source"), textOrNull(row.source)}};
    for (const Column &column : columns) {
        const AccessJudgement &cell = row.*column.cell;
        object[s(column.name)] = QJsonObject{{s("grade"), accessGradeName(cell.grade)}, {s("words"), cell.words}};
    }
    return object;
}

QJsonValue rangesToJson(const std::optional<QList<AddressRange>> &ranges)
{
    if (!ranges)
        return QJsonValue::Null;
    QJsonArray array;
    for (const AddressRange &range : *ranges)
        array.append(range.toString());
    return array;
}

QString rangesInWords(const OutboundAddresses &outbound)
{
    if (!outbound.ranges)
        return s("not known here");
    QStringList texts;
    for (const AddressRange &range : *outbound.ranges)
        texts.append(range.toString());
    return texts.join(s(", "));
}

/// What makes words of a list or of a person a cell in Markdown.
QString inMarkdown(const QString &text)
{
    QString result;
    for (const QChar c : text.simplified()) {
        if (QStringView(u"\\`*_[]<>|#~").contains(c))
            result += u'\\';
        result += c;
    }
    return result;
}

QString titleOf(const AccessAdvice &advice)
{
    const QString who = advice.backend.isEmpty() ? s("the backend") : advice.backend;
    const QString what =
        advice.database.isEmpty() ? (advice.host.isEmpty() ? s("the database") : advice.host) : advice.database;
    return s("%1 → %2").arg(who, what);
}

QString whereOf(const AccessAdvice &advice)
{
    QStringList words{advice.platform.isEmpty() ? s("platform not known") : advice.platform};
    if (!advice.region.isEmpty())
        words.append(advice.region);
    words.append(s("list of %1").arg(accessListOwnerName(advice.owner)));
    if (!advice.databasePlan.isEmpty())
        words.append(advice.databasePlan);
    return words.join(s(", "));
}

} // namespace

QJsonObject accessAdviceToJson(const AccessAdvice &advice)
{
    QJsonArray strategies, findings, entries;
    for (const AccessStrategy &row : advice.strategies)
        strategies.append(strategyToJson(row));
    for (const Finding &finding : advice.findings)
        findings.append(QJsonObject{{s("rule"), finding.rule},
                                    {s("severity"), severityName(finding.severity)},
                                    {s("message"), finding.message},
                                    {s("fix"), textOrNull(finding.fix)}});
    if (advice.list) {
        for (const AccessEntry &entry : *advice.list)
            entries.append(accessEntryToJson(entry));
    }
    const OutboundAddresses &outbound = advice.outbound;
    return {{s("schema"), s("switchyard.db-access/1")},
            {s("backend"), textOrNull(advice.backend)},
            {s("platform"), textOrNull(advice.platform)},
            {s("region"), textOrNull(advice.region)},
            {s("database"), textOrNull(advice.database)},
            {s("host"), textOrNull(advice.host)},
            {s("plan"), textOrNull(advice.databasePlan)},
            {s("owner"), accessListOwnerName(advice.owner)},
            {s("outbound"), QJsonObject{{s("kind"), outboundKindName(outbound.kind)},
                                        {s("words"), outbound.words},
                                        {s("how_known"), outbound.howKnown},
                                        {s("ranges"), rangesToJson(outbound.ranges)},
                                        {s("how_to_ask"), textOrNull(outbound.howToAsk)},
                                        {s("source"), textOrNull(outbound.source)}}},
            {s("strategies"), strategies},
            {s("recommendation"), textOrNull(advice.recommendation)},
            {s("reason"), advice.reason},
            {s("steps"), QJsonArray::fromStringList(advice.steps)},
            {s("list"), advice.list ? QJsonValue(entries) : QJsonValue(QJsonValue::Null)},
            {s("findings"), findings},
            {s("unknown"), QJsonArray::fromStringList(advice.unknown)}};
}

QString accessAdviceToText(const AccessAdvice &advice)
{
    QString text = s("%1  (%2)\n").arg(titleOf(advice), whereOf(advice));
    text += s("connects from: %1\n  %2\n  known by: %3\n")
                .arg(rangesInWords(advice.outbound), advice.outbound.words, advice.outbound.howKnown);
    if (!advice.outbound.ranges && !advice.outbound.howToAsk.isEmpty())
        text += s("  ask: %1\n").arg(advice.outbound.howToAsk);
    for (const AccessStrategy &row : advice.strategies) {
        text += s("\n%1 %2  [%3]%4\n")
                    .arg(row.recommended ? s("→") : s(" "), row.title, accessOpennessName(row.openness),
                         row.recommended ? s("  recommended") : QString());
        text += s("    %1 %2\n    %3 %4\n").arg(s("entry"), -12).arg(row.entry).arg(s("why"), -12).arg(row.why);
        for (const Column &column : columns) {
            const AccessJudgement &cell = row.*column.cell;
            text += s("    %1 %2: %3\n").arg(s(column.name), -12).arg(accessGradeName(cell.grade), cell.words);
        }
    }
    text +=
        s("\n%1: %2\n")
            .arg(advice.recommendation.isEmpty() ? s("no recommendation") : s("recommended: ") + advice.recommendation,
                 advice.reason);
    for (qsizetype i = 0; i < advice.steps.size(); ++i)
        text += s("  %1. %2\n").arg(i + 1).arg(advice.steps[i]);
    if (advice.list)
        text += s("\nthe list: %1, %2\n")
                    .arg(advice.list->size() == 1 ? s("one entry") : s("%1 entries").arg(advice.list->size()),
                         advice.findings.isEmpty() ? s("nothing found") : s("found:"));
    for (const Finding &finding : advice.findings) {
        text += s("  %1 %2: %3\n").arg(severityName(finding.severity), finding.rule, finding.message);
        if (!finding.fix.isEmpty())
            text += s("      → %1\n").arg(finding.fix);
    }
    if (!advice.unknown.isEmpty())
        text += s("\nnot told or not known: %1\n").arg(advice.unknown.join(s("; ")));
    return text;
}

QByteArray accessAdviceToMarkdown(const AccessAdvice &advice)
{
    QString text = s("# Network access: %1\n\n%2\n\n").arg(inMarkdown(titleOf(advice)), inMarkdown(whereOf(advice)));
    text += s("**Connects from:** %1. %2 Known by: %3.\n\n")
                .arg(inMarkdown(rangesInWords(advice.outbound)), inMarkdown(advice.outbound.words),
                     inMarkdown(advice.outbound.howKnown));
    if (!advice.strategies.isEmpty()) {
        text += s("| strategy | entry | open | security | reliability | cost | maintenance | compliance |\n"
                  "|---|---|---|---|---|---|---|---|\n");
        for (const AccessStrategy &row : advice.strategies) {
            QStringList cells{
                row.recommended ? s("**%1** (recommended)").arg(inMarkdown(row.title)) : inMarkdown(row.title),
                inMarkdown(row.entry), s("%1: %2").arg(accessOpennessName(row.openness), inMarkdown(row.why))};
            for (const Column &column : columns)
                cells.append(
                    s("%1: %2").arg(accessGradeName((row.*column.cell).grade), inMarkdown((row.*column.cell).words)));
            text += s("| %1 |\n").arg(cells.join(s(" | ")));
        }
        text += u'\n';
    }
    text += s("**Recommended:** %1 – %2\n\n")
                .arg(advice.recommendation.isEmpty() ? s("nothing") : advice.recommendation, inMarkdown(advice.reason));
    for (qsizetype i = 0; i < advice.steps.size(); ++i)
        text += s("%1. %2\n").arg(i + 1).arg(inMarkdown(advice.steps[i]));
    if (advice.list) {
        text += s("\n## The list\n\n| entry | comment | removed after |\n|---|---|---|\n");
        for (const AccessEntry &entry : *advice.list)
            text += s("| %1 | %2 | %3 |\n")
                        .arg(inMarkdown(entry.value), inMarkdown(entry.comment),
                             entry.deleteAfter ? entry.deleteAfter->toString(Qt::ISODate) : s("never"));
        text += u'\n';
    }
    for (const Finding &finding : advice.findings)
        text += s("- **%1** `%2`: %3%4\n")
                    .arg(severityName(finding.severity), finding.rule, inMarkdown(finding.message),
                         finding.fix.isEmpty() ? QString() : s(" → ") + inMarkdown(finding.fix));
    if (!advice.unknown.isEmpty())
        text += s("\n**Not told or not known:** %1.\n").arg(inMarkdown(advice.unknown.join(s("; "))));
    return text.toUtf8();
}

QByteArray accessAdviceForFile(const AccessAdvice &advice, const QString &file)
{
    if (file.endsWith(s(".json"), Qt::CaseInsensitive))
        return QJsonDocument(accessAdviceToJson(advice)).toJson();
    return file.endsWith(s(".txt"), Qt::CaseInsensitive) ? accessAdviceToText(advice).toUtf8()
                                                         : accessAdviceToMarkdown(advice);
}

} // namespace Switchyard
