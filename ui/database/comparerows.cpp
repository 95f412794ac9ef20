// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/comparerows.h"

#include "models/common/numbertext.h"
#include "ui/database/windowwords.h"

namespace Switchyard {

namespace {

Cell textCell(const QString &text, bool faded = false)
{
    Cell cell;
    cell.text = text;
    cell.faded = faded;
    return cell;
}

Cell sideCell(const QString &value, bool estimate)
{
    Cell cell = textCell(value.isEmpty() ? QStringLiteral("–") : (estimate ? QStringLiteral("≈ ") : QString()) + value,
                         value.isEmpty());
    if (estimate)
        cell.tip = QStringLiteral("An estimate of the server's: nobody counted.");
    return cell;
}

struct Look
{
    State state;
    QString shape, word;
};

Look lookOf(const CompareRow &row)
{
    if (row.expected)
        return {State::Unknown, QStringLiteral("–"), QStringLiteral("expected")};
    switch (row.status) {
    case CompareStatus::Same:
        return {State::Up, QStringLiteral("✓"), QStringLiteral("same")};
    case CompareStatus::Unknown:
        return {State::Unknown, QStringLiteral("○"), QStringLiteral("unknown")};
    case CompareStatus::Different:
    case CompareStatus::OnlySource:
    case CompareStatus::OnlyTarget:
        break;
    }
    if (row.moving)
        return {State::Degraded, QStringLiteral("▲"), QStringLiteral("moving")};
    return {State::Down, QStringLiteral("✕"),
            row.status == CompareStatus::Different    ? QStringLiteral("different")
            : row.status == CompareStatus::OnlySource ? QStringLiteral("only source")
                                                      : QStringLiteral("only target")};
}

QString plain(const QString &text)
{
    return text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

} // namespace

QStringList compareColumns()
{
    return {QStringLiteral("State"), QStringLiteral("Kind"), QStringLiteral("What"), QStringLiteral("Source"),
            QStringLiteral("Target")};
}

Row compareRow(const CompareRow &row, const QString &key)
{
    const Look look = lookOf(row);
    Cell state = textCell(look.word);
    state.state = look.state;
    state.shape = look.shape;
    state.tip = row.reason;
    Cell object = textCell(row.object.isEmpty() ? QStringLiteral("(the database)") : row.object, row.object.isEmpty());
    object.tip = row.object;
    return {key,
            {state, textCell(row.kind), object, sideCell(row.source, row.sourceEstimate),
             sideCell(row.target, row.targetEstimate)}};
}

QStringList compareTotalColumns()
{
    return {QStringLiteral("Kind"),        QStringLiteral("Same"),        QStringLiteral("Differ"),
            QStringLiteral("Source only"), QStringLiteral("Target only"), QStringLiteral("Unknown"),
            QStringLiteral("Expected")};
}

Row compareTotalRow(const CompareTotals &totals)
{
    const auto figure = [](qint64 count, std::optional<State> limit = {}) {
        Cell cell = figureCell(count == 0 ? QStringLiteral("–") : groupedNumber(count), count, count == 0);
        if (count > 0)
            cell.limit = limit;
        return cell;
    };
    return {totals.kind,
            {textCell(totals.kind), figure(totals.same), figure(totals.different, State::Down),
             figure(totals.onlySource, State::Down), figure(totals.onlyTarget, State::Down),
             figure(totals.unknown, State::Degraded), figure(totals.expected)}};
}

QString compareRowHtml(const CompareRow &row, const ThemeColors &colors)
{
    QString html =
        QStringLiteral("<p style='margin:0 0 4px 0'><b>%1 %2</b></p>").arg(plain(row.kind), plain(row.object));
    html += QStringLiteral("<p style='margin:0 0 4px 0'>source: %1<br>target: %2</p>")
                .arg(plain(row.source.isEmpty() ? QStringLiteral("–") : row.source),
                     plain(row.target.isEmpty() ? QStringLiteral("–") : row.target));
    if (!row.reason.isEmpty())
        html += QStringLiteral("<p style='margin:0 0 4px 0'>%1</p>").arg(plain(compareInWindowWords(row.reason)));
    if (!row.hint.isEmpty())
        html += QStringLiteral("<p style='margin:0; color:%1'>→ %2</p>")
                    .arg(colors.text.name(), plain(compareInWindowWords(row.hint)));
    return html;
}

QString compareProgressText(const CompareProgress &progress)
{
    QString text = progress.phase == QLatin1StringView("open")        ? QStringLiteral("Connecting to both")
                   : progress.phase == QLatin1StringView("catalogue") ? QStringLiteral("Reading what there is")
                   : progress.phase == QLatin1StringView("count")     ? QStringLiteral("Counting rows")
                   : progress.phase == QLatin1StringView("checksum")  ? QStringLiteral("Comparing rows")
                                                                      : progress.phase;
    if (progress.total > 0)
        text += QStringLiteral(": %1 of %2").arg(groupedNumber(progress.done), groupedNumber(progress.total));
    return progress.object.isEmpty() ? text + QLatin1Char('.') : text + QStringLiteral(", ") + progress.object;
}

State compareState(CompareVerdict verdict)
{
    switch (verdict) {
    case CompareVerdict::Pass:
        return State::Up;
    case CompareVerdict::Fail:
        return State::Down;
    case CompareVerdict::Inconclusive:
        break;
    }
    return State::Degraded;
}

} // namespace Switchyard
