// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/losspane.h"

#include "models/common/files.h"
#include "ui/common/bulkrowmodel.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QShortcut>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {
/// What a person looks for first stands first.
constexpr KeyOutcome byInterest[] = {KeyOutcome::NotTranslated, KeyOutcome::Rewritten, KeyOutcome::Defaulted,
                                     KeyOutcome::Mapped};
} // namespace

LossPane::LossPane(ChooseSavePath chooseSavePath, QWidget *parent)
    : QWidget(parent)
    , m_chooseSavePath(std::move(chooseSavePath))
    , m_model(new BulkRowModel(lossColumns(), this))
    , m_heading(new QLabel(this))
    , m_stack(new QStackedWidget(this))
    , m_table(new Table(Table::SortsItself(), m_model, QStringLiteral("lossTable"),
                        QStringLiteral("What became of each key"), this))
    , m_none(new NoticePane(m_stack))
    , m_details(new QLabel(this))
{
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setWidths({112, 172, 260, 200, 110});
    // What is lost first.
    m_table->sortByColumn(0, Qt::DescendingOrder);
    m_none->setObjectName(QStringLiteral("noKeyMatches"));
    m_none->show({}, QStringLiteral("No key matches the filter."), {}, QStringLiteral("Clear the filter"));
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_none);
    m_details->setObjectName(QStringLiteral("lossDetails"));
    m_details->setTextFormat(Qt::PlainText);
    m_details->setWordWrap(true);
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_details->setAlignment(Qt::AlignTop);
    m_details->setMinimumHeight(fontMetrics().lineSpacing() * 4);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_heading->setObjectName(QStringLiteral("lossHeading"));
    layout->addWidget(m_heading);
    layout->addWidget(makeFilters());
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_details);
    connect(m_none, &NoticePane::buttonPressed, this, &LossPane::clearFilter);
    // A click on the row that is current already leads there once more.
    connect(m_table, &Table::clicked, this,
            [this](const QModelIndex &index) { choose(index.siblingAtColumn(0).data(Role::Key).toString()); });
    connect(m_table, &Table::currentKeyChanged, this, [this](const QString &key) {
        if (m_table->hasFocus() && !key.isEmpty())
            choose(key);
        else
            fillDetails(key);
    });
    fillDetails({});
}

QWidget *LossPane::makeFilters()
{
    auto *pane = new QWidget(this);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    auto *outcomes = new QHBoxLayout;
    outcomes->setSpacing(2);
    for (const KeyOutcome outcome : byInterest) {
        auto *button = new QToolButton(pane);
        button->setObjectName(QStringLiteral("outcome-") + keyOutcomeName(outcome));
        button->setCheckable(true);
        button->setChecked(true);
        button->setAutoRaise(true);
        button->setToolTip(QStringLiteral("Show or hide keys that are %1").arg(keyOutcomeName(outcome)));
        m_outcomes[size_t(outcome)] = button;
        outcomes->addWidget(button);
        connect(button, &QToolButton::toggled, this, &LossPane::applyFilter);
    }
    outcomes->addStretch(1);
    layout->addLayout(outcomes);
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    m_text = new QLineEdit(pane);
    m_text->setObjectName(QStringLiteral("lossFilter"));
    m_text->setAccessibleName(QStringLiteral("Filter of the keys"));
    m_text->setPlaceholderText(QStringLiteral("Filter: key, reason or target"));
    m_text->setClearButtonEnabled(true);
    auto *csv = new QPushButton(QStringLiteral("CSV…"), pane);
    csv->setObjectName(QStringLiteral("lossCsv"));
    csv->setToolTip(QStringLiteral("Save the selected rows, or all that are shown. Ctrl+C copies them as TSV."));
    row->addWidget(m_text, 1);
    row->addWidget(csv);
    layout->addLayout(row);
    auto *clear = new QShortcut(QKeySequence(Qt::Key_Escape), m_text, nullptr, nullptr, Qt::WidgetShortcut);
    connect(clear, &QShortcut::activated, this, &LossPane::clearFilter);
    connect(m_text, &QLineEdit::textChanged, this, &LossPane::applyFilter);
    connect(csv, &QPushButton::clicked, this, &LossPane::exportCsv);
    return pane;
}

void LossPane::show(const std::shared_ptr<const PreparedReading> &reading, bool stale)
{
    const bool other = m_reading != reading;
    m_reading = reading;
    for (const KeyOutcome outcome : byInterest)
        m_outcomes[size_t(outcome)]->setText(QStringLiteral("%1 %2 %3")
                                                 .arg(outcomeShape(outcome))
                                                 .arg(reading ? reading->outcomes[size_t(outcome)] : 0)
                                                 .arg(keyOutcomeName(outcome)));
    if (other)
        m_model->setRows(reading ? reading->lossRows : QList<Row>());
    m_heading->setText(stale ? QStringLiteral("<b>Keys</b>  ·  ◐ stale") : QStringLiteral("<b>Keys</b>"));
    chooseStack();
    fillDetails(m_table->currentKey());
}

void LossPane::applyFilter()
{
    std::array<bool, 4> wanted{};
    for (size_t i = 0; i < wanted.size(); ++i)
        wanted[i] = m_outcomes[i]->isChecked();
    const QString text = m_text->text().trimmed();
    const bool all = text.isEmpty() && std::all_of(wanted.begin(), wanted.end(), [](bool on) { return on; });
    if (all)
        m_model->setFilter({});
    else
        m_model->setFilter([wanted, text](const Row &row) {
            const int outcome = row.cells.first().sort.toInt();
            return wanted[size_t(outcome)] &&
                   (text.isEmpty() || std::any_of(row.cells.cbegin(), row.cells.cend(), [&](const Cell &cell) {
                        return cell.text.contains(text, Qt::CaseInsensitive);
                    }));
        });
    chooseStack();
}

void LossPane::chooseStack()
{
    m_stack->setCurrentIndex(m_model->rowCount() == 0 && m_model->count() > 0 ? 1 : 0);
}

void LossPane::clearFilter()
{
    m_text->clear();
    for (QToolButton *button : m_outcomes)
        button->setChecked(true);
    applyFilter();
}

void LossPane::focusFilter()
{
    m_text->setFocus();
    m_text->selectAll();
}

void LossPane::choose(const QString &key)
{
    fillDetails(key);
    if (m_reading && m_reading->fates.contains(key))
        Q_EMIT chosen(m_reading->fates.value(key));
}

void LossPane::chooseKey(const QString &key)
{
    const QList<Row> &rows = m_model->shown();
    const auto found =
        std::find_if(rows.cbegin(), rows.cend(), [&](const Row &row) { return row.cells[1].text == key; });
    if (found == rows.cend())
        return;
    m_table->selectKey(found->key);
    choose(found->key);
}

void LossPane::fillDetails(const QString &key)
{
    if (!m_reading || !m_reading->fates.contains(key)) {
        m_details->setText(m_model->count() > 0 ? QStringLiteral("Click a key to see both of its places.") : QString());
        return;
    }
    const KeyFate fate = m_reading->fates.value(key);
    QString text = QStringLiteral("%1 %2: %3").arg(outcomeShape(fate.outcome), keyOutcomeName(fate.outcome), fate.key);
    if (!fate.target.isEmpty())
        text += QStringLiteral("\n→ %1").arg(fate.target);
    if (!fate.reason.isEmpty())
        text += QLatin1Char('\n') + fate.reason;
    m_details->setText(text);
}

void LossPane::exportCsv()
{
    m_chooseSavePath(this, QStringLiteral("loss.csv"), [this](const QString &path) {
        const QByteArray csv = m_table->toCsv().toUtf8();
        offThread(
            this, [path, csv] { return writeFileAtomically(path, csv); },
            [this, path](const Result<void> &written) {
                Q_EMIT noticed(written ? QStringLiteral("The keys were written: %1").arg(path)
                                       : written.error().toString());
            });
    });
}

} // namespace Switchyard
