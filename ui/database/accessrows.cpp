// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/accessrows.h"

#include "ui/common/format.h"
#include "ui/database/windowwords.h"

#include <QDateTime>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qsizetype mostShown = 40; ///< of findings and of entries: a text is laid out in one turn

struct Criterion
{
    const char *name;
    AccessJudgement AccessStrategy::*cell;
};
constexpr Criterion criteria[] = {
    {"Security", &AccessStrategy::security},
    {"Reliability", &AccessStrategy::reliability},
    {"Cost", &AccessStrategy::cost},
    {"Maintenance", &AccessStrategy::maintenance},
    {"Compliance", &AccessStrategy::compliance},
};

struct Look
{
    State state = State::Unknown;
    QString shape;
};

Look lookOf(AccessGrade grade)
{
    switch (grade) {
    case AccessGrade::Good:
        return {State::Up, QStringLiteral("✓")};
    case AccessGrade::Fair:
        return {State::Degraded, QStringLiteral("▲")};
    case AccessGrade::Poor:
        return {State::Down, QStringLiteral("✕")};
    case AccessGrade::Unknown:
        break;
    }
    return {State::Unknown, QStringLiteral("○")};
}

Look lookOf(AccessOpenness openness)
{
    switch (openness) {
    case AccessOpenness::Open:
        return {State::Up, QStringLiteral("✓")};
    case AccessOpenness::Closed:
        return {State::Down, QStringLiteral("✕")};
    case AccessOpenness::Depends:
        break;
    }
    return {State::Unknown, QStringLiteral("○")};
}

Look lookOf(Severity severity)
{
    return severity == Severity::Error     ? Look{State::Down, QStringLiteral("✕")}
           : severity == Severity::Warning ? Look{State::Degraded, QStringLiteral("▲")}
                                           : Look{State::Unknown, QStringLiteral("○")};
}

Cell stateCell(const Look &look, const QString &word, int rank, const QString &tip)
{
    Cell cell;
    cell.text = word;
    cell.state = look.state;
    cell.shape = look.shape;
    cell.sort = rank;
    cell.tip = plainTip(tip);
    return cell;
}

QString plain(const QString &text)
{
    return text.toHtmlEscaped();
}

QString colored(const QString &text, const QColor &color)
{
    return QStringLiteral("<span style='color:%1'>%2</span>").arg(color.name(), plain(text));
}

QString sign(const Look &look, const QString &word, const ThemeColors &colors)
{
    return colored(look.shape + QChar(0xa0) + word, colors.state(look.state));
}

QString wordsRow(const QString &name, const QString &mark, const QString &html)
{
    return QStringLiteral("<tr><td style='padding:2px 16px 2px 0'>%1</td><td style='padding:2px 12px 2px 0'>%2</td>"
                          "<td style='padding:2px 0'>%3</td></tr>")
        .arg(plain(name), mark, html);
}

QString heading(const QString &text)
{
    return QStringLiteral("<p style='margin:10px 0 2px 0'><b>%1</b></p>").arg(plain(text));
}

QString entriesHtml(const QList<AccessEntry> &entries, const ThemeColors &colors)
{
    QString html = QStringLiteral("<table cellspacing='0' cellpadding='0'><tr>");
    for (const char *name : {"Entry", "Comment", "Removed after"})
        html += QStringLiteral("<td style='padding:2px 20px 2px 0'>%1</td>")
                    .arg(colored(QString::fromLatin1(name), colors.faded));
    html += QStringLiteral("</tr>");
    for (const AccessEntry &entry : entries.mid(0, mostShown))
        html +=
            QStringLiteral("<tr><td style='padding:2px 20px 2px 0'>%1</td><td style='padding:2px 20px 2px 0'>%2</td>"
                           "<td style='padding:2px 0'>%3</td></tr>")
                .arg(plain(entry.value),
                     entry.comment.isEmpty() ? colored(QStringLiteral("none"), colors.faded) : plain(entry.comment),
                     entry.deleteAfter ? plain(utcTime(entry.deleteAfter->toMSecsSinceEpoch()))
                                       : colored(QStringLiteral("never"), colors.faded));
    html += QStringLiteral("</table>");
    if (entries.size() > mostShown)
        html += QStringLiteral("<p>and %1 more</p>").arg(entries.size() - mostShown);
    return html;
}

} // namespace

QStringList accessColumns()
{
    QStringList columns{QStringLiteral("Way"), QStringLiteral("Open")};
    for (const Criterion &each : criteria)
        columns.append(QString::fromLatin1(each.name));
    return columns;
}

Row accessRow(const AccessStrategy &way)
{
    Cell title;
    title.text = way.recommended ? QStringLiteral("→ %1 (recommended)").arg(way.title) : way.title;
    title.sort = way.title;
    title.tip = plainTip(way.entry);
    Row row{way.id,
            {title, stateCell(lookOf(way.openness), accessOpennessName(way.openness), int(way.openness), way.why)}};
    for (const Criterion &each : criteria) {
        const AccessJudgement &judgement = way.*each.cell;
        row.cells.append(stateCell(lookOf(judgement.grade), accessGradeName(judgement.grade), int(judgement.grade),
                                   judgement.words));
    }
    return row;
}

QString accessWayHtml(const AccessStrategy &way, const ThemeColors &colors)
{
    QString html = QStringLiteral("<p style='margin:0 0 4px 0'><b>%1</b>%2</p><table cellspacing='0' cellpadding='0'>")
                       .arg(plain(way.title), way.recommended ? QStringLiteral("  recommended") : QString());
    html += wordsRow(QStringLiteral("Entry"), QString(), plain(way.entry));
    html += wordsRow(QStringLiteral("Open"), sign(lookOf(way.openness), accessOpennessName(way.openness), colors),
                     plain(accessInWindowWords(way.why)));
    for (const Criterion &each : criteria) {
        const AccessJudgement &judgement = way.*each.cell;
        html +=
            wordsRow(QString::fromLatin1(each.name),
                     sign(lookOf(judgement.grade), accessGradeName(judgement.grade), colors), plain(judgement.words));
    }
    html += QStringLiteral("</table>");
    if (!way.source.isEmpty())
        html += QStringLiteral("<p style='margin:4px 0 0 0'>%1</p>").arg(colored(way.source, colors.faded));
    return html;
}

QString accessOwnerText(AccessListOwner owner)
{
    switch (owner) {
    case AccessListOwner::Atlas:
        return QStringLiteral("MongoDB Atlas");
    case AccessListOwner::RenderPostgres:
        return QStringLiteral("Render Postgres");
    case AccessListOwner::RenderKeyValue:
        return QStringLiteral("Render Key Value");
    case AccessListOwner::Other:
        break;
    }
    return QStringLiteral("another service");
}

QString accessOutboundHtml(const AccessAdvice &advice, const ThemeColors &colors)
{
    const OutboundAddresses &outbound = advice.outbound;
    QString ranges = colored(QStringLiteral("○ not known here"), colors.unknown);
    if (outbound.ranges) {
        QStringList texts;
        for (const AddressRange &range : *outbound.ranges)
            texts.append(range.toString());
        constexpr qsizetype most = 12;
        ranges = plain(texts.mid(0, most).join(QStringLiteral(", ")));
        if (texts.size() > most)
            ranges += QStringLiteral(" and %1 more").arg(texts.size() - most);
    }
    QString place = advice.platform.isEmpty() ? QStringLiteral("an unknown platform") : advice.platform;
    if (!advice.region.isEmpty())
        place += QStringLiteral(" in ") + advice.region;
    QString html = QStringLiteral("<p style='margin:0'><b>%1 on %2 connects from</b> %3</p>")
                       .arg(plain(advice.backend), plain(place), ranges);
    html += QStringLiteral("<p style='margin:2px 0 0 0'>%1</p>").arg(plain(outbound.words));
    html += QStringLiteral("<p style='margin:2px 0 0 0'>%1</p>")
                .arg(colored(QStringLiteral("Known by: %1").arg(outbound.howKnown), colors.faded));
    return html;
}

QString accessStepsHtml(const AccessAdvice &advice, const ThemeColors &colors)
{
    QString html;
    if (!advice.steps.isEmpty()) {
        html += QStringLiteral("<ol style='margin:0'>");
        for (const QString &step : advice.steps)
            html += QStringLiteral("<li style='margin:0 0 4px 0'>%1</li>").arg(plain(accessInWindowWords(step)));
        html += QStringLiteral("</ol>");
    }
    if (!advice.unknown.isEmpty()) {
        html += heading(QStringLiteral("Not told, or not known here"));
        for (const QString &each : advice.unknown)
            html += QStringLiteral("<p style='margin:0 0 2px 0'>%1 %2</p>")
                        .arg(colored(QStringLiteral("○"), colors.unknown), plain(accessInWindowWords(each)));
    }
    return html;
}

QString accessFoundHtml(const AccessAdvice &advice, const ThemeColors &colors)
{
    QString html;
    const QList<AccessEntry> entries = advice.list.value_or(QList<AccessEntry>());
    if (advice.findings.isEmpty())
        html += QStringLiteral("<p style='margin:0'>%1</p>")
                    .arg(colored(QStringLiteral("✓ Nothing is wrong with the list, as far as it can be judged."),
                                 colors.up));
    const QList<LintRule> rules = accessRules();
    // The worst first; of notes there may be thousands, which are not copied for it.
    QList<Finding> findings;
    for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Note}) {
        for (const Finding &each : advice.findings) {
            if (each.severity == severity && findings.size() < mostShown)
                findings.append(each);
        }
    }
    for (const Finding &finding : std::as_const(findings)) {
        html +=
            QStringLiteral("<p style='margin:0 0 6px 0'>%1  %2")
                .arg(sign(lookOf(finding.severity), severityName(finding.severity), colors), plain(finding.message));
        if (!finding.fix.isEmpty())
            html += QStringLiteral("<br>") + plain(QStringLiteral("→ ") + accessInWindowWords(finding.fix));
        const auto rule =
            std::find_if(rules.cbegin(), rules.cend(), [&](const LintRule &each) { return each.id == finding.rule; });
        if (rule != rules.cend())
            html +=
                QStringLiteral("<br>") + colored(QStringLiteral("%1 (%2)").arg(rule->reason, rule->id), colors.faded);
        html += QStringLiteral("</p>");
    }
    if (advice.findings.size() > findings.size())
        html += QStringLiteral("<p>and %1 more</p>").arg(advice.findings.size() - findings.size());
    html += heading(entries.size() == 1 ? QStringLiteral("The list: one entry")
                                        : QStringLiteral("The list: %1 entries").arg(entries.size()));
    return entries.isEmpty() ? html : html + entriesHtml(entries, colors);
}

AccessSign accessSign(const AccessAdvice &advice)
{
    const auto many = [&advice](Severity severity) {
        return std::count_if(advice.findings.cbegin(), advice.findings.cend(),
                             [severity](const Finding &each) { return each.severity == severity; });
    };
    const qsizetype errors = many(Severity::Error), warnings = many(Severity::Warning);
    AccessSign result;
    if (errors + warnings > 0) {
        result.state = errors > 0 ? State::Down : State::Degraded;
        QStringList words;
        if (errors > 0)
            words.append(errors == 1 ? QStringLiteral("one error") : QStringLiteral("%1 errors").arg(errors));
        if (warnings > 0)
            words.append(warnings == 1 ? QStringLiteral("one warning") : QStringLiteral("%1 warnings").arg(warnings));
        result.text = QStringLiteral("%1 The list as it is has %2: see \"Found in the list\".\n")
                          .arg(stateShape(result.state), words.join(QStringLiteral(" and ")));
    }
    const auto way =
        std::find_if(advice.strategies.cbegin(), advice.strategies.cend(), [](auto &each) { return each.recommended; });
    if (way != advice.strategies.cend()) {
        if (result.text.isEmpty())
            result.state = State::Up;
        result.text += QStringLiteral("→ %1: %2").arg(way->title, advice.reason);
    } else if (advice.owner == AccessListOwner::Other) {
        result.text += QStringLiteral("○ No advice: nothing is known here of the list that guards this database. If it "
                                      "is Atlas' or Render's all the same, choose it at \"The list is of\".");
    } else if (advice.platform.isEmpty()) {
        if (result.text.isEmpty())
            result.state = State::Action;
        result.text += QStringLiteral("◆ Where the backend runs is not known here, so nothing is recommended. Choose "
                                      "it at \"Runs on\", or write down which addresses it connects from.");
    } else {
        result.text += QStringLiteral("○ ") + advice.reason;
    }
    return result;
}

} // namespace Switchyard
