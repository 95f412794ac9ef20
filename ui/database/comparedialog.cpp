// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/comparedialog.h"

#include "models/database/compare/comparereport.h"
#include "models/database/watch/databaseset.h"
#include "ui/common/bulkrowmodel.h"
#include "ui/common/notice.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/common/theme.h"
#include "ui/database/comparerows.h"
#include "ui/database/databasejob.h"
#include "ui/database/databasepair.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace Switchyard {

CompareDialog::CompareDialog(DatabaseSet *set, int source, int target, ChooseReportPath choosePath, QWidget *parent)
    : QDialog(parent)
    , m_set(set)
    , m_choosePath(std::move(choosePath))
    , m_job(std::make_unique<DatabaseJob>())
{
    setObjectName(QStringLiteral("compareDialog"));
    setWindowTitle(QStringLiteral("Compare databases"));
    resize(1080, 640);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    layout->addWidget(makeBar());
    layout->addWidget(makeResult(), 1);
    fillDatabaseChoice(m_source, set, source);
    fillDatabaseChoice(m_target, set, target);
    fill();
}

CompareDialog::~CompareDialog() = default;

QWidget *CompareDialog::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_source = new QComboBox(bar);
    m_source->setObjectName(QStringLiteral("compareSource"));
    m_source->setAccessibleName(QStringLiteral("Source"));
    m_target = new QComboBox(bar);
    m_target->setObjectName(QStringLiteral("compareTarget"));
    m_target->setAccessibleName(QStringLiteral("Target"));
    m_checksums = new QCheckBox(QStringLiteral("checksums of rows"), bar);
    m_checksums->setChecked(true);
    m_checksums->setToolTip(QStringLiteral("Small tables wholly, of others a sample; no value is shown"));
    m_go = new QPushButton(bar);
    m_go->setObjectName(QStringLiteral("compareGo"));
    m_go->setDefault(true);
    m_save = new QPushButton(QStringLiteral("Save report…"), bar);
    m_save->setObjectName(QStringLiteral("compareSave"));
    m_save->setToolTip(QStringLiteral("To sign off: Markdown, HTML or JSON, by the file's ending"));
    m_save->setAutoDefault(false);
    layout->addWidget(m_source, 1);
    layout->addWidget(new QLabel(QStringLiteral("→"), bar));
    layout->addWidget(m_target, 1);
    layout->addSpacing(8);
    layout->addWidget(m_checksums);
    layout->addSpacing(8);
    layout->addWidget(m_save);
    layout->addWidget(m_go);
    connect(m_go, &QPushButton::clicked, this, &CompareDialog::startOrCancel);
    connect(m_save, &QPushButton::clicked, this, &CompareDialog::save);
    return bar;
}

QWidget *CompareDialog::makeResult()
{
    m_stack = new QStackedWidget(this);
    m_notice = new NoticePane(m_stack);
    auto *result = new QWidget(m_stack);
    auto *layout = new QVBoxLayout(result);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_verdict = new QFrame(result);
    m_verdict->setObjectName(QStringLiteral("compareVerdict"));
    m_verdictText = new QLabel(m_verdict);
    m_verdictText->setObjectName(QStringLiteral("compareVerdictText"));
    m_verdictText->setTextFormat(Qt::PlainText);
    m_verdictText->setWordWrap(true);
    m_verdictText->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *inVerdict = new QVBoxLayout(m_verdict);
    inVerdict->setContentsMargins(10, 6, 10, 6);
    inVerdict->addWidget(m_verdictText);
    m_progress = new QProgressBar(result);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(6);
    m_doing = new QLabel(result);
    m_doing->setObjectName(QStringLiteral("compareDoing"));
    m_doing->setProperty("faded", true);
    m_totals = new BulkRowModel(compareTotalColumns(), this);
    m_rows = new BulkRowModel(compareColumns(), this);
    auto *totals = new Table(Table::SortsItself(), m_totals, QStringLiteral("compareTotals"),
                             QStringLiteral("How many of each kind"), result);
    totals->setWidths({124, 52, 56, 82, 82, 64, 64});
    auto *right = new QWidget(result);
    auto *rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->setSpacing(6);
    auto *chips = new QHBoxLayout;
    chips->setSpacing(6);
    const QStringList names{QStringLiteral("Differences"), QStringLiteral("Not measured"), QStringLiteral("All told")};
    for (int i = 0; i < names.size(); ++i) {
        auto *chip = new QPushButton(names[i], right);
        chip->setObjectName(QStringLiteral("compareShow%1").arg(i));
        chip->setCheckable(true);
        chip->setAutoExclusive(true);
        chip->setAutoDefault(false);
        chip->setChecked(i == 0);
        connect(chip, &QPushButton::clicked, this, [this, i] {
            m_shown = Shown(i);
            fillRows();
        });
        chips->addWidget(chip);
        m_filters.append(chip);
    }
    chips->addStretch(1);
    m_table = new Table(Table::SortsItself(), m_rows, QStringLiteral("compareRows"),
                        QStringLiteral("What was compared"), right);
    m_table->setWidths({100, 76, 150, 86, 80});
    m_detail = new QTextBrowser(right);
    m_detail->setObjectName(QStringLiteral("compareDetail"));
    m_detail->setAccessibleName(QStringLiteral("The chosen row"));
    m_detail->setFrameShape(QFrame::NoFrame);
    m_detail->viewport()->setAutoFillBackground(false);
    m_detail->setMaximumHeight(120);
    rightLayout->addLayout(chips);
    rightLayout->addWidget(m_table, 1);
    rightLayout->addWidget(m_detail);
    connect(m_table, &Table::currentKeyChanged, this, [this](const QString &key) {
        bool ok = false;
        const qsizetype at = key.toLongLong(&ok);
        m_detail->setHtml(m_report && ok && at < m_report->rows.size()
                              ? compareRowHtml(m_report->rows[at], themeColors(palette()))
                              : QString());
    });
    auto *split = new QSplitter(Qt::Horizontal, result);
    split->setChildrenCollapsible(false);
    split->setHandleWidth(12);
    split->addWidget(totals);
    split->addWidget(right);
    split->setStretchFactor(1, 1);
    split->setSizes({540, 530});
    layout->addWidget(m_verdict);
    layout->addWidget(split, 1);
    m_stack->addWidget(result);
    m_stack->addWidget(m_notice);
    auto *whole = new QWidget(this);
    auto *wholeLayout = new QVBoxLayout(whole);
    wholeLayout->setContentsMargins(0, 0, 0, 0);
    wholeLayout->setSpacing(4);
    wholeLayout->addWidget(m_progress);
    wholeLayout->addWidget(m_doing);
    wholeLayout->addWidget(m_stack, 1);
    connect(m_notice, &NoticePane::buttonPressed, this, &CompareDialog::startOrCancel);
    return whole;
}

void CompareDialog::startOrCancel()
{
    if (m_job->isRunning()) {
        m_job->cancel();
        return fill();
    }
    start();
}

void CompareDialog::start()
{
    const int source = chosenDatabase(m_source);
    const int target = chosenDatabase(m_target);
    if (!m_set || source < 0 || target < 0)
        return;
    if (source == target) {
        m_refused = QStringLiteral("Source and target are the same database. Choose two.");
        m_again = false;
        m_report.reset();
        return fill();
    }
    m_refused.clear();
    m_report.reset();
    CompareOptions options;
    options.checksums = m_checksums->isChecked();
    options.sourceName = m_source->currentText();
    options.targetName = m_target->currentText();
    options.onProgress = [this](const CompareProgress &progress) {
        m_job->post([this, progress] { showProgress(progress); });
    };
    m_job->start([options, from = m_set->record(source).endpoint, to = m_set->record(target).endpoint](
                     const CancelFlag &flag) { return comparePair(from, to, options, flag); },
                 [this](const Result<CompareReport> &done) {
                     if (m_closing)
                         return deleteLater();
                     if (done)
                         return finish(std::make_shared<const CompareReport>(*done));
                     m_refused = done.error().toString();
                     m_again = done.error().kind != ErrorKind::Usage; // else another choice is needed
                     fill();
                 });
    fill();
}

void CompareDialog::finish(const std::shared_ptr<const CompareReport> &report)
{
    m_report = report;
    m_shown = report->differences().isEmpty() && !report->unknowns().isEmpty() ? Shown::Unknown : Shown::Differences;
    m_filters[int(m_shown)]->setChecked(true);
    fill();
}

void CompareDialog::showReport(const std::shared_ptr<const CompareReport> &report)
{
    if (!m_job->isRunning())
        finish(report);
}

void CompareDialog::showProgress(const CompareProgress &progress)
{
    if (!m_job->isRunning())
        return;
    m_progress->setRange(0, progress.total > 0 ? 1'000 : 0);
    if (progress.total > 0)
        m_progress->setValue(int(progress.done * 1'000 / progress.total));
    m_doing->setText(compareProgressText(progress));
}

void CompareDialog::fill()
{
    const bool runs = m_job->isRunning();
    for (QWidget *each :
         {static_cast<QWidget *>(m_source), static_cast<QWidget *>(m_target), static_cast<QWidget *>(m_checksums)})
        each->setEnabled(!runs && m_set);
    m_go->setText(m_job->isCancelling() ? QStringLiteral("Cancelling…")
                  : runs                ? QStringLiteral("Cancel")
                  : m_report            ? QStringLiteral("Compare again")
                                        : QStringLiteral("Compare"));
    m_go->setEnabled(runs ? !m_job->isCancelling() : !m_set.isNull());
    m_save->setEnabled(m_report && !runs);
    m_progress->setVisible(runs);
    m_doing->setVisible(runs);
    if (runs && !m_job->isCancelling()) {
        m_progress->setRange(0, 0);
        m_doing->setText(QStringLiteral("Connecting to both."));
    }
    if (runs)
        m_notice->show(QStringLiteral("database"), QStringLiteral("Comparing."),
                       QStringLiteral("Nothing is written and no table is held; of PostgreSQL each side is read in one "
                                      "read-only transaction."));
    else if (!m_refused.isEmpty())
        m_notice->show(QStringLiteral("failed"), QStringLiteral("Nothing was compared."), m_refused,
                       m_again ? QStringLiteral("Try again") : QString());
    else if (!m_report)
        m_notice->show(QStringLiteral("database"), QStringLiteral("Does the target hold what the source holds?"),
                       QStringLiteral("Versions, tables, columns, exact counts, sequences against the greatest id, "
                                      "checksums of rows, indexes, constraints, extensions."),
                       QStringLiteral("Compare"));
    m_stack->setCurrentIndex(m_report && !runs ? 0 : 1);
    if (!m_report || runs)
        return;
    const ThemeColors &colors = themeColors(palette());
    const CompareVerdict verdict = m_report->verdict();
    const State state = compareState(verdict);
    m_verdict->setStyleSheet(
        QStringLiteral("#compareVerdict { background: %1; border-radius: 4px; }").arg(colors.tint(state).name()));
    m_verdictText->setText(QStringLiteral("%1 %2: %3")
                               .arg(stateShape(state), compareVerdictName(verdict).toUpper(),
                                    m_report->reasons().join(QStringLiteral("; "))));
    QList<Row> totals;
    for (const CompareTotals &each : m_report->totals)
        totals.append(compareTotalRow(each));
    m_totals->setRows(totals);
    const QList<qsizetype> counts{m_report->differences().size(), m_report->unknowns().size(), m_report->rows.size()};
    const QStringList names{QStringLiteral("Differences"), QStringLiteral("Not measured"), QStringLiteral("All told")};
    for (int i = 0; i < m_filters.size(); ++i)
        m_filters[i]->setText(QStringLiteral("%1 (%2)").arg(names[i]).arg(counts[i]));
    fillRows();
}

void CompareDialog::fillRows()
{
    QList<Row> rows;
    for (qsizetype i = 0; m_report && i < m_report->rows.size(); ++i) {
        const CompareRow &each = m_report->rows[i];
        const bool difference = each.isDifference() && !each.expected;
        const bool unknown = each.status == CompareStatus::Unknown && !each.expected;
        if (m_shown == Shown::All || (m_shown == Shown::Differences ? difference : unknown))
            rows.append(compareRow(each, QString::number(i)));
    }
    m_rows->setRows(rows);
    const bool whole =
        m_report && !m_report->cancelled && m_report->source.error.isEmpty() && m_report->target.error.isEmpty();
    m_detail->setHtml(rows.isEmpty() ? QStringLiteral("<p>%1</p>")
                                           .arg(m_shown == Shown::Unknown && whole ? QStringLiteral("All was measured.")
                                                : m_shown == Shown::Unknown || (!whole && m_shown != Shown::All)
                                                    ? QStringLiteral("It ended before all was measured: see above.")
                                                    : QStringLiteral("There is none."))
                                     : QString());
    if (!rows.isEmpty())
        m_table->selectRow(0);
}

void CompareDialog::save()
{
    m_choosePath(this, QStringLiteral("compare.md"), [this](const QString &path) {
        if (path.isEmpty() || !m_report)
            return;
        const Result<void> written = writeCompareReport(*m_report, path);
        if (!written)
            QMessageBox::warning(this, QStringLiteral("Not saved"), written.error().toString());
    });
}

/// It goes when what runs has ended, which is not waited for here.
void CompareDialog::reject()
{
    m_job->cancel();
    m_closing = true;
    QDialog::reject();
    if (!m_job->isRunning())
        deleteLater();
}

void CompareDialog::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_report)
        fill();
    QDialog::changeEvent(event);
}

} // namespace Switchyard
