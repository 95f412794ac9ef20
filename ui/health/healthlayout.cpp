// SPDX-License-Identifier: GPL-3.0-or-later
// What the Health page is put together of: its bars, tables and panes, and its menu.
#include "ui/health/healthpage.h"

#include "models/health/monitorset.h"
#include "ui/common/bulkrowmodel.h"
#include "ui/common/columns.h"
#include "ui/common/healthsource.h"
#include "ui/common/notice.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/health/detailfeed.h"
#include "ui/health/fleetdetail.h"
#include "ui/health/monitorbar.h"
#include "ui/health/monitordelegate.h"
#include "ui/health/monitordetail.h"
#include "ui/health/monitormodel.h"
#include "ui/health/sourcebar.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <numeric>

namespace Switchyard {

void HealthPage::connectWorkbench()
{
    connect(m_workbench, &Workbench::workspaceOpened, this, &HealthPage::open);
    connect(m_workbench, &Workbench::healthChanged, this, [this](const QList<int> &indices) {
        m_model->noteChanged(indices);
        m_detailsOld = m_detailsOld || indices.contains(m_current);
    });
    connect(m_workbench, &Workbench::liveChanged, this, &HealthPage::fill);
    for (const auto signal : {&Workbench::sessionStarted, &Workbench::sessionFinished})
        connect(m_workbench, signal, this, &HealthPage::fill);
    const HealthSource *source = m_workbench->healthSource();
    connect(source, &HealthSource::changed, this, &HealthPage::changeSource);
    connect(source, &HealthSource::readingsChanged, this, [this] {
        QList<int> all(m_model->total());
        std::iota(all.begin(), all.end(), 0);
        m_model->noteChanged(all);
        fill();
    });
    connect(m_model, &MonitorModel::countsChanged, this, &HealthPage::fillTable);
}

QWidget *HealthPage::makeTables()
{
    auto *left = new QWidget(m_splitter);
    auto *layout = new QVBoxLayout(left);
    layout->setContentsMargins(12, 12, 0, 8);
    layout->setSpacing(8);
    m_bar = new MonitorBar(left);
    m_tables = new QStackedWidget(left);
    m_table =
        new Table(Table::SortsItself(), m_model, QStringLiteral("healthTable"), QStringLiteral("Monitors"), m_tables);
    m_table->setItemDelegate(new MonitorDelegate(m_table));
    m_table->setWidths({100, 130, 90, 60, 76, 60, 56, 60, 60, 60, 60, 80, 84, 76, 66, 86});
    for (const int column : {HealthColumn::Group, HealthColumn::Kind, HealthColumn::P99, HealthColumn::RawUptime,
                             HealthColumn::LongestGap, HealthColumn::Interval, HealthColumn::Trend})
        m_table->setColumnHidden(column, true);
    m_readColumns = saveColumns(m_table->horizontalHeader());
    m_table->setColumnHidden(HealthColumn::Trend, false);
    m_table->setColumnHidden(HealthColumn::Age, true);
    m_ownColumns = saveColumns(m_table->horizontalHeader());
    addColumnMenu(m_table->horizontalHeader(), HealthColumn::Name);
    m_table->installEventFilter(this);
    m_pairTable = new Table(Table::SortsItself(), m_pairs, QStringLiteral("pairTable"),
                            QStringLiteral("Monitors of source and target"), m_tables);
    m_pairTable->setWidths({108, 52, 94, 94, 84, 84, 86, 84, 84, 86});
    addColumnMenu(m_pairTable->horizontalHeader(), PairColumn::Endpoint);
    for (Table *table : {m_table, m_pairTable}) {
        table->setSelectionMode(QAbstractItemView::ExtendedSelection);
        table->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(table, &Table::currentKeyChanged, this, &HealthPage::showCurrent);
        connect(table, &Table::customContextMenuRequested, this, [this, table](const QPoint &at) {
            if (table->indexAt(at).isValid())
                showMenu(table->viewport()->mapToGlobal(at));
        });
    }
    connect(m_table, &Table::clicked, this, [this](const QModelIndex &index) { m_model->toggle(index.row()); });
    m_notice = new NoticePane(m_tables);
    m_notice->setObjectName(QStringLiteral("noMonitorMatches"));
    connect(m_notice, &NoticePane::buttonPressed, this, [this] {
        if (m_noPairs)
            m_bar->setView(MonitorView::List);
        else
            m_bar->clear();
    });
    for (QWidget *each :
         {static_cast<QWidget *>(m_table), static_cast<QWidget *>(m_pairTable), static_cast<QWidget *>(m_notice)})
        m_tables->addWidget(each);
    m_note = new QLabel(left);
    m_note->setObjectName(QStringLiteral("healthNote"));
    m_note->setProperty("faded", true);
    m_warm = new QLabel(left);
    m_warm->setObjectName(QStringLiteral("keepWarmNote"));
    m_warm->setProperty("faded", true);
    m_warm->setWordWrap(true);
    m_warm->setTextFormat(Qt::PlainText);
    m_sourceBar = new SourceBar(m_workbench->healthSource(), left);
    layout->addWidget(m_sourceBar);
    layout->addWidget(m_bar);
    layout->addWidget(m_tables, 1);
    layout->addWidget(m_warm);
    auto *alerts = new QPushButton(QStringLiteral("Alerts…"), left);
    alerts->setObjectName(QStringLiteral("alertsButton"));
    alerts->setToolTip(QStringLiteral("What is wrong, who was told, and whether it arrived"));
    connect(alerts, &QPushButton::clicked, this, &HealthPage::showAlerts);
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_note, 1);
    foot->addWidget(alerts);
    layout->addLayout(foot);
    connect(m_bar, &MonitorBar::filterChanged, this, [this] {
        m_model->setFilter(m_bar->filter());
        fillPairs();
    });
    connect(m_bar, &MonitorBar::viewChanged, this, &HealthPage::changeView);
    connect(m_bar, &MonitorBar::columnsWanted, this, [this](const QPoint &at) {
        QHeaderView *header = shownTable()->horizontalHeader();
        Q_EMIT header->customContextMenuRequested(header->viewport()->mapFromGlobal(at));
    });
    return left;
}

void HealthPage::makeActions()
{
    const auto add = [this](const QString &text, const QString &key, auto slot) {
        auto *action = new QAction(text, this);
        if (!key.isEmpty())
            action->setShortcut(QKeySequence(key));
        connect(action, &QAction::triggered, this, slot);
        m_actions.append(action);
        return action;
    };
    const auto separate = [this] {
        auto *line = new QAction(this);
        line->setSeparator(true);
        m_actions.append(line);
    };
    m_probeActions = {
        add(QStringLiteral("Pro&be the selected now"), QStringLiteral("Shift+F5"), [this] { probeSelected(); }),
        add(QStringLiteral("Pause or resume the &selected"), QStringLiteral("Ctrl+Shift+P"),
            [this] { pauseSelected(); })};
    m_copyCurl = add(QStringLiteral("Copy as &curl"), QStringLiteral("Ctrl+Shift+C"), [this] { copyCurl(); });
    separate();
    m_rowActions = m_actions.size();
    add(QStringLiteral("All in one &list"), QStringLiteral("Ctrl+Alt+1"),
        [this] { m_bar->setView(MonitorView::List); });
    add(QStringLiteral("By &group"), QStringLiteral("Ctrl+Alt+2"), [this] { m_bar->setView(MonitorView::Grouped); });
    add(QStringLiteral("Source beside &target"), QStringLiteral("Ctrl+Alt+3"),
        [this] { m_bar->setView(MonitorView::Pairs); });
    separate();
    add(QStringLiteral("&Alerts…"), {}, [this] { showAlerts(); });
    separate();
    add(QStringLiteral("Save the table as &CSV…"), QStringLiteral("Ctrl+S"),
        [this] { saveTable(QStringLiteral("csv")); });
    add(QStringLiteral("Save the table as &JSON…"), {}, [this] { saveTable(QStringLiteral("json")); });
    add(QStringLiteral("Save the table as &Markdown…"), {}, [this] { saveTable(QStringLiteral("md")); });
    add(QStringLiteral("Save the table as TS&V…"), {}, [this] { saveTable(QStringLiteral("tsv")); });
}

QWidget *HealthPage::makeDetails()
{
    m_details = new QStackedWidget(this);
    m_detail = new MonitorDetail(m_details);
    m_feed = new DetailFeed(m_workbench, m_detail, this);
    m_fleetDetail = new FleetDetail(m_workbench->healthSource(), m_details);
    connect(m_fleetDetail, &FleetDetail::copyCurlWanted, this, &HealthPage::copyCurl);
    m_details->addWidget(m_detail);
    m_details->addWidget(m_fleetDetail);
    return m_details;
}

} // namespace Switchyard
