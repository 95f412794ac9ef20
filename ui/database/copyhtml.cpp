// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/copyhtml.h"

#include "ui/database/databasehtml.h"
#include "ui/database/windowwords.h"

namespace Switchyard {

namespace {

QString plain(const QString &text)
{
    return text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

constexpr qsizetype mostLines = 50;

QString listHtml(const QString &title, const QStringList &lines, const QColor &color, qsizetype most = mostLines)
{
    if (lines.isEmpty())
        return {};
    QStringList shown;
    for (const QString &line : lines.mid(0, most))
        shown.append(plain(line));
    if (lines.size() > most)
        shown.append(QStringLiteral("and %1 more").arg(lines.size() - most));
    return QStringLiteral("<p style='margin:10px 0 2px 0'><b style='color:%1'>%2</b></p><p style='margin:0'>%3</p>")
        .arg(color.name(), plain(title), shown.join(QStringLiteral("<br>")));
}

QStringList inWords(QStringList steps)
{
    for (QString &step : steps)
        step = copyInWindowWords(step);
    return steps;
}

} // namespace

std::pair<State, QString> copyOutcome(const CopyReport &report)
{
    if (report.cancelled)
        return {State::Degraded, report.targetChanged
                                     ? QStringLiteral("▲ Cancelled. The target may have changed: see \"copy\".")
                                     : QStringLiteral("▲ Cancelled. The target is as it was.")};
    if (const CopyStep *failed = report.failed()) {
        QString text = QStringLiteral("■ %1: %2").arg(copyStageName(failed->stage), copyInWindowWords(failed->detail));
        if (!failed->hint.isEmpty())
            text += QStringLiteral("\n→ ") + copyInWindowWords(failed->hint);
        return {State::Down, text};
    }
    if (!report.comparison)
        return {State::Degraded, QStringLiteral("◐ Copied. It was not compared, as asked.")};
    if (report.verdict() == CopyVerdict::Pass)
        return {State::Up, QStringLiteral("● Copied, and the comparison finds no difference.")};
    return {State::Degraded, QStringLiteral("◐ Copied, but not wholly compared.")};
}

QString copyIntroHtml(int jobs)
{
    return QStringLiteral("<p>The plan looks at both databases and the programs, and says what would be copied, "
                          "deleted and left behind. It changes nothing.</p><p>%1</p>")
        .arg(jobs > 1 ? QStringLiteral("The copy is made by pg_dump and pg_restore with %1 jobs at once, and so in "
                                       "several transactions: if it fails or is cancelled, a part of it stays in "
                                       "the target.")
                            .arg(jobs)
                      : QStringLiteral("The copy is made by pg_dump and pg_restore in one transaction of the "
                                       "target: if it fails or is cancelled, the target is as it was."));
}

QString copyHtml(const QList<CopyStep> &steps, const CopyReport *report, const ThemeColors &colors)
{
    QList<StageLine> lines;
    for (const CopyStep &step : steps)
        lines.append({copyStageName(step.stage), step.status, step.ms, copyInWindowWords(step.detail),
                      copyInWindowWords(step.hint)});
    QString html = stageTableHtml(lines, colors);
    if (!report)
        return html;
    if (!report->file.isEmpty() && !report->planOnly)
        html += listHtml(QStringLiteral("The dump is kept"), {report->file}, colors.text);
    // What goes is named to the last one: it is what a person agrees to.
    if (report->planOnly)
        html += listHtml(QStringLiteral("Would be deleted of the target"), report->willDelete, colors.down,
                         report->willDelete.size());
    html += listHtml(QStringLiteral("Was deleted of the target"), report->deleted, colors.down, report->deleted.size());
    html += listHtml(QStringLiteral("Stays in the target"), report->stays, colors.text);
    html += listHtml(QStringLiteral("Without rows, as asked"), report->withoutRows, colors.text);
    html += listHtml(QStringLiteral("A copy leaves out"), report->leftOut, colors.text);
    html += listHtml(QStringLiteral("To freeze writes"), inWords(report->freeze), colors.action);
    html += listHtml(QStringLiteral("Written while it was copied"), report->writtenMeanwhile, colors.degraded);
    return html;
}

} // namespace Switchyard
