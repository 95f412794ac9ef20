// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasehtml.h"

#include "models/database/strings/connectionlint.h"
#include "ui/common/format.h"
#include "ui/database/databaserows.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString plain(const QString &text)
{
    return text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

QString colored(const QString &text, const QColor &color)
{
    return QStringLiteral("<span style='color:%1'>%2</span>").arg(color.name(), plain(text));
}

QString paragraph(const QString &html)
{
    return QStringLiteral("<p style='margin:0 0 6px 0'>%1</p>").arg(html);
}

QString stageRow(const StageLine &stage, const ThemeColors &colors)
{
    const bool quiet = stage.status == StageStatus::Skipped || stage.status == StageStatus::NotReached;
    const QColor color = quiet ? colors.faded : colors.state(stageState(stage.status));
    QString words = quiet ? colored(stage.detail, colors.faded) : plain(stage.detail);
    if (!stage.hint.isEmpty())
        words += QStringLiteral("<br>") + colored(QStringLiteral("→ ") + stage.hint,
                                                  stage.status == StageStatus::Fail ? colors.text : colors.faded);
    return QStringLiteral("<tr><td style='padding:2px 8px 2px 0'>%1</td><td style='padding:2px 10px 2px 0'>%2</td>"
                          "<td style='padding:2px 10px 2px 0' align='right'>%3</td><td style='padding:2px 0'>%4</td>"
                          "</tr>")
        .arg(
            colored(stageShape(stage.status) + QChar(0xa0) + stageStatusName(stage.status).replace(u'-', QChar(0x2011)),
                    color),
            plain(stage.name), stage.ms && !quiet ? latencyText(*stage.ms).replace(u' ', QChar(0xa0)) : QString(),
            words);
}

} // namespace

QString stageTableHtml(const QList<StageLine> &lines, const ThemeColors &colors)
{
    QString rows;
    for (const StageLine &line : lines)
        rows += stageRow(line, colors);
    return QStringLiteral("<table cellspacing='0' cellpadding='0' width='100%'>%1</table>").arg(rows);
}

QString stagesHtml(const DatabaseRecord &record, const ThemeColors &colors)
{
    if (!record.running && !record.report)
        return {};
    const bool follows = followsRun(record);
    const QList<StageResult> &stages = follows ? record.stages : record.report->stages;
    QList<StageLine> lines;
    for (const StageResult &stage : stages) {
        const QString more = !follows && stage.stage == DatabaseStage::Lint && stage.status == StageStatus::Fail
                                 ? moreErrorsText(*record.report)
                                 : QString();
        StageLine line{databaseStageName(stage.stage), stage.status, stage.ms, stage.detail, stage.hint};
        if (!more.isEmpty())
            (line.hint.isEmpty() ? line.detail : line.hint) += QLatin1Char('\n') + more;
        lines.append(line);
    }
    QString html = stageTableHtml(lines, colors);
    if (!follows && record.report->alembic)
        html += QStringLiteral("<p style='margin:8px 0 0 0'><b>Migrations</b><br>%1%2</p>")
                    .arg(plain(record.report->alembic->words),
                         record.report->alembic->hint.isEmpty()
                             ? QString()
                             : QStringLiteral("<br>") +
                                   colored(QStringLiteral("→ ") + record.report->alembic->hint, colors.faded));
    return html;
}

QString privilegesHtml(const DatabaseRecord &record, const ThemeColors &colors)
{
    if (!record.report)
        return {};
    if (!record.report->privileges)
        return paragraph(colored(QStringLiteral("They were not read."), colors.faded));
    QString html;
    const QList<DatabasePrivilege> &all = *record.report->privileges;
    if (all.isEmpty())
        return paragraph(QStringLiteral("None beyond what every user may do."));
    const qsizetype excess = std::count_if(all.cbegin(), all.cend(), [](const auto &each) { return each.excess; });
    if (excess > 0)
        html +=
            paragraph(colored(QStringLiteral("▲ More than an application needs: %1 of %2.").arg(excess).arg(all.size()),
                              colors.degraded));
    for (const bool wanted : {true, false}) {
        for (const DatabasePrivilege &each : all) {
            if (each.excess == wanted)
                html += paragraph((wanted ? colored(QStringLiteral("▲ "), colors.degraded)
                                          : colored(QStringLiteral("✓ "), colors.up)) +
                                  plain(each.name));
        }
    }
    return html;
}

QString findingsHtml(const DatabaseRecord &record, const ThemeColors &colors)
{
    if (!record.report)
        return {};
    if (record.report->findings.isEmpty())
        return paragraph(QStringLiteral("Nothing is wrong with the connection string."));
    const QList<LintRule> &rules = connectionRules();
    QString html;
    for (const Finding &finding : record.report->findings) {
        const bool error = finding.severity == Severity::Error;
        const bool warning = finding.severity == Severity::Warning;
        const QString mark = error ? QStringLiteral("✕ ") : warning ? QStringLiteral("▲ ") : QStringLiteral("○ ");
        QString text = colored(mark + severityName(finding.severity), error     ? colors.down
                                                                      : warning ? colors.degraded
                                                                                : colors.faded) +
                       QStringLiteral("  ") + plain(finding.message);
        if (!finding.fix.isEmpty())
            text += QStringLiteral("<br>") + plain(QStringLiteral("→ ") + finding.fix);
        const auto rule =
            std::find_if(rules.cbegin(), rules.cend(), [&](const LintRule &each) { return each.id == finding.rule; });
        if (rule != rules.cend())
            text += QStringLiteral("<br>") +
                    colored(QStringLiteral("%1 (%2, %3)").arg(rule->reason, rule->id, rule->source), colors.faded);
        html += paragraph(text);
    }
    return html;
}

} // namespace Switchyard
