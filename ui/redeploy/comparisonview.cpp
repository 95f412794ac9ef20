// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/comparisonview.h"

#include "models/report/comparisonreport.h"
#include "ui/common/format.h"
#include "ui/common/table.h"
#include "ui/redeploy/sessionrows.h"

#include <QDateTime>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

State changeState(Change change)
{
    switch (change) {
    case Change::Better:
        return State::Up;
    case Change::Worse:
        return State::Down;
    case Change::Same:
    case Change::NotComparable:
        break;
    }
    return State::Unknown;
}

QString changeWord(Change change)
{
    return changeName(change).replace(QLatin1Char('-'), QLatin1Char(' '));
}

Cell changeCell(Change change)
{
    Cell cell;
    cell.text = changeWord(change);
    cell.state = changeState(change);
    cell.sort = int(change);
    cell.faded = change == Change::NotComparable;
    return cell;
}

Cell gateCell(GateStatus status, const QString &measured)
{
    Gate gate;
    gate.status = status;
    Cell cell;
    cell.text = QStringLiteral("%1: %2").arg(gateWord(gate), measured);
    if (status == GateStatus::NotApplicable)
        cell.text = gateWord(gate);
    cell.state = gateState(gate);
    cell.sort = int(status);
    cell.tip = measured;
    cell.faded = status == GateStatus::NotApplicable;
    return cell;
}

QString sideText(const SessionHeader &header, const Verdict &verdict)
{
    return QStringLiteral("%1 · %2 · %3%4 · %5")
        .arg(QDateTime::fromMSecsSinceEpoch(header.startedWallMs).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")),
             header.backend, header.platform, header.rehearsal ? QStringLiteral(", rehearsed") : QString(),
             outcomeName(verdict.outcome));
}

} // namespace

QList<Row> gateChangeRows(const SessionComparison &comparison)
{
    QList<Row> rows;
    for (const GateChange &gate : comparison.gates)
        rows.append({gate.id,
                     {{.text = gate.id, .sort = {}},
                      changeCell(gate.change),
                      gateCell(gate.before, gate.measuredBefore),
                      gateCell(gate.after, gate.measuredAfter)}});
    return rows;
}

QList<Row> figureChangeRows(const SessionComparison &comparison)
{
    QList<Row> rows;
    for (const FigureChange &figure : comparison.figures) {
        const auto value = [&figure](const std::optional<double> &side) {
            return figureCell(figureText(figure, side), side ? QVariant(*side) : QVariant(), !side);
        };
        rows.append({figure.id,
                     {{.text = figure.name, .sort = {}},
                      changeCell(figure.change),
                      value(figure.before),
                      value(figure.after)}});
    }
    return rows;
}

ComparisonView::ComparisonView(QWidget *parent)
    : QWidget(parent)
    , m_gates(new RowModel(
          {QStringLiteral("Gate"), QStringLiteral("Change"), QStringLiteral("Before"), QStringLiteral("After")}, this))
    , m_figures(new RowModel(
          {QStringLiteral("Figure"), QStringLiteral("Change"), QStringLiteral("Before"), QStringLiteral("After")},
          this))
    , m_word(new QLabel(this))
    , m_sentence(new QLabel(this))
    , m_sides(new QLabel(this))
    , m_differences(new QLabel(this))
{
    setObjectName(QStringLiteral("comparison"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeHead());
    m_sides->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_differences->setObjectName(QStringLiteral("comparisonDifferences"));
    m_differences->setWordWrap(true);
    layout->addWidget(m_sides);
    layout->addWidget(m_differences);
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    auto *gates = new Table(m_gates, QStringLiteral("gateChanges"), QStringLiteral("Gates of both sessions"), splitter);
    gates->setWidths({120, 150, 430});
    auto *figures =
        new Table(m_figures, QStringLiteral("figureChanges"), QStringLiteral("Figures of both sessions"), splitter);
    figures->setWidths({220, 150, 140, 140});
    // Figures that belong together do not stand at the two ends of the window.
    figures->horizontalHeader()->setStretchLastSection(false);
    splitter->addWidget(gates);
    splitter->addWidget(figures);
    splitter->setSizes({290, 260});
    layout->addWidget(splitter, 1);
}

QWidget *ComparisonView::makeHead()
{
    auto *row = new QWidget(this);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    QFont font = m_word->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.5);
    m_word->setFont(font);
    m_word->setObjectName(QStringLiteral("comparisonWord"));
    m_sentence->setWordWrap(true);
    m_sentence->setObjectName(QStringLiteral("comparisonSentence"));
    const auto button = [&](const QString &text, const char *name) {
        auto *made = new QPushButton(text, row);
        made->setObjectName(QLatin1StringView(name));
        return made;
    };
    QPushButton *back = button(QStringLiteral("All sessions"), "comparisonBack");
    QPushButton *before = button(QStringLiteral("Open the earlier"), "openBefore");
    QPushButton *after = button(QStringLiteral("Open the later"), "openAfter");
    layout->addWidget(m_word);
    layout->addWidget(m_sentence, 1);
    layout->addWidget(before);
    layout->addWidget(after);
    layout->addWidget(back);
    connect(back, &QPushButton::clicked, this, &ComparisonView::backRequested);
    connect(before, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(m_before->folder); });
    connect(after, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(m_after->folder); });
    return row;
}

void ComparisonView::show(const SessionOutcomePtr &before, const SessionOutcomePtr &after)
{
    m_before = before;
    m_after = after;
    m_comparison = compareSessions(before->record, before->verdict, after->record, after->verdict);
    m_gates->merge(gateChangeRows(m_comparison));
    m_figures->merge(figureChangeRows(m_comparison));
    fillHead();
}

void ComparisonView::fillHead()
{
    if (!m_before)
        return;
    const ThemeColors &colors = themeColors(palette());
    const State state = changeState(m_comparison.change);
    m_word->setText(QStringLiteral("<span style='color:%1'>%2 %3</span>")
                        .arg(colors.state(state).name(), stateShape(state),
                             changeWord(m_comparison.change).toUpper().toHtmlEscaped()));
    m_sentence->setText(m_comparison.summary);
    const auto side = [&](const QString &name, const SessionOutcome &outcome) {
        return QStringLiteral("<tr><td style='padding-right:12px; color:%1'>%2</td><td>%3</td></tr>")
            .arg(colors.faded.name(), name, sideText(outcome.record.header, outcome.verdict).toHtmlEscaped());
    };
    m_sides->setText(QStringLiteral("<table>%1%2</table>")
                         .arg(side(QStringLiteral("before"), *m_before), side(QStringLiteral("after"), *m_after)));
    m_differences->setVisible(!m_comparison.differences.isEmpty());
    m_differences->setText(
        QStringLiteral("<span style='color:%1'>▲</span> Not watched alike: %2")
            .arg(colors.degraded.name(), m_comparison.differences.join(QStringLiteral("; ")).toHtmlEscaped()));
}

void ComparisonView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        fillHead();
    QWidget::changeEvent(event);
}

} // namespace Switchyard
