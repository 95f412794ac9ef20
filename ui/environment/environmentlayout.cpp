// SPDX-License-Identifier: GPL-3.0-or-later
// What the page is put together of: its bar, banners, table and panes, and its menu.
#include "ui/common/columns.h"
#include "ui/common/notice.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/environment/detailpane.h"
#include "ui/environment/environmentpage.h"
#include "ui/environment/filterbar.h"
#include "ui/environment/scanpane.h"
#include "ui/environment/valueeditor.h"
#include "ui/environment/variableactions.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QUndoStack>
#include <QVBoxLayout>

namespace Switchyard {

QWidget *EnvironmentPage::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_from = new QComboBox(bar);
    m_from->setObjectName(QStringLiteral("environmentFrom"));
    m_from->setAccessibleName(QStringLiteral("Source"));
    m_to = new QComboBox(bar);
    m_to->setObjectName(QStringLiteral("environmentTo"));
    m_to->setAccessibleName(QStringLiteral("Target"));
    for (QComboBox *each : {m_from, m_to}) {
        each->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        each->setMinimumContentsLength(6);
        connect(each, &QComboBox::activated, this, &EnvironmentPage::openComparison);
    }
    m_filter = new FilterBar(bar);
    m_scanButton = new QPushButton(QStringLiteral("Scan"), bar);
    m_scanButton->setObjectName(QStringLiteral("scanButton"));
    m_scanButton->setCheckable(true);
    m_scanButton->setToolTip(
        QStringLiteral("Hosts, ports, addresses and secrets in code and configuration (Ctrl+Alt+F)"));
    m_export = new QPushButton(QStringLiteral("Export ▾"), bar);
    m_export->setObjectName(QStringLiteral("exportButton"));
    auto *menu = new QMenu(m_export);
    for (const ExportTarget target : allExportTargets())
        menu->addAction(exportTargetLabel(target) + QStringLiteral("…"), this, [this, target] { showExport(target); });
    m_export->setMenu(menu);
    m_export->setStyleSheet(QStringLiteral("QPushButton::menu-indicator { image: none; width: 0; }"));
    layout->addWidget(m_from);
    layout->addWidget(new QLabel(QStringLiteral("→"), bar));
    layout->addWidget(m_to);
    layout->addSpacing(6);
    layout->addWidget(m_filter, 1);
    layout->addSpacing(6);
    layout->addWidget(m_scanButton);
    layout->addWidget(m_export);
    connect(m_filter, &FilterBar::filterChanged, this, [this] {
        m_model->setFilter(m_filter->filter());
        chooseLeft();
    });
    connect(m_scanButton, &QPushButton::clicked, this, [this](bool on) {
        if (on)
            openScan();
        else
            m_scan->hide();
    });
    return bar;
}

QFrame *EnvironmentPage::makeBanner(const char *name, QLabel **text, QPushButton **button)
{
    auto *banner = new QFrame(this);
    banner->setObjectName(QLatin1StringView(name));
    *text = new QLabel(banner);
    (*text)->setTextFormat(Qt::PlainText);
    (*text)->setWordWrap(true);
    *button = new QPushButton(banner);
    auto *layout = new QHBoxLayout(banner);
    layout->setContentsMargins(10, 4, 4, 4);
    layout->addWidget(*text, 1);
    layout->addWidget(*button);
    banner->hide();
    return banner;
}

void EnvironmentPage::makeBanners()
{
    QPushButton *button = nullptr;
    m_stale = makeBanner("environmentStale", &m_staleText, &button);
    m_staleText->setObjectName(QStringLiteral("environmentStaleText"));
    button->setObjectName(QStringLiteral("environmentRefresh"));
    button->setText(QStringLiteral("Refresh"));
    button->setToolTip(QStringLiteral("Reads everything again (F5)"));
    connect(button, &QPushButton::clicked, this, &EnvironmentPage::refresh);
    m_noFile = makeBanner("noEnvFile", &m_noFileText, &button);
    m_noFileText->setObjectName(QStringLiteral("noEnvFileText"));
    button->setObjectName(QStringLiteral("makeEnvFile"));
    button->setText(QStringLiteral("Make the file"));
    connect(button, &QPushButton::clicked, this, &EnvironmentPage::makeEnvFile);
}

QWidget *EnvironmentPage::makeWork()
{
    m_rows = new QSplitter(Qt::Vertical, m_stack);
    m_rows->setChildrenCollapsible(false);
    m_rows->setHandleWidth(8);
    auto *upper = new QWidget(m_rows);
    auto *layout = new QVBoxLayout(upper);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_columns = new QSplitter(Qt::Horizontal, upper);
    m_columns->setChildrenCollapsible(false);
    m_columns->setHandleWidth(8);
    m_left = new QStackedWidget(m_columns);
    m_table = new Table(Table::SortsItself(), m_model, QStringLiteral("variableTable"),
                        QStringLiteral("Variables of source and target"), m_left);
    auto *delegate = new VariableDelegate(m_model, m_table);
    m_table->setItemDelegate(delegate);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->setWidths({176, 80, 64, 120, 120, 100, 200, 64, 170});
    // The details say these of the chosen row; the room is the reason's until somebody wants them in the table.
    m_table->setColumnHidden(int(VariableColumn::Scope), true);
    m_table->setColumnHidden(int(VariableColumn::UsedBy), true);
    addColumnMenu(m_table->horizontalHeader(), int(VariableColumn::Name));
    m_filtered = new NoticePane(m_left);
    m_filtered->setObjectName(QStringLiteral("noVariableMatches"));
    m_filtered->show({}, QStringLiteral("No variable matches the filter."), {}, QStringLiteral("Clear the filter"));
    m_left->addWidget(m_table);
    m_left->addWidget(m_filtered);
    m_details = new DetailPane(m_columns);
    m_columns->addWidget(m_left);
    m_columns->addWidget(m_details);
    m_columns->setStretchFactor(0, 1);
    m_columns->setSizes({944, 304});
    layout->addWidget(makeSummary());
    layout->addWidget(m_columns, 1);
    m_scan = new ScanPane(m_services.savePath, m_rows);
    m_scan->hide();
    m_rows->addWidget(upper);
    m_rows->addWidget(m_scan);
    m_rows->setSizes({420, 260});
    connect(m_table, &Table::currentKeyChanged, this, &EnvironmentPage::showCurrent);
    connect(m_table, &Table::customContextMenuRequested, this, &EnvironmentPage::showMenu);
    connect(m_table, &Table::doubleClicked, this, [this](const QModelIndex &index) {
        // Where the cell does not open by itself, the reason is said.
        if (VariableColumn(index.column()) == VariableColumn::Target && !(index.flags() & Qt::ItemIsEditable))
            m_actions->editCurrent();
    });
    connect(delegate, &VariableDelegate::dialogWanted, this, [this](const QString &key) {
        if (const VariableLinePtr line = m_model->line(key))
            m_actions->askForValue({line});
    });
    connect(m_filtered, &NoticePane::buttonPressed, m_filter, &FilterBar::clear);
    connect(m_details, &DetailPane::placeChosen, this, &EnvironmentPage::openPlace);
    connect(m_details, &DetailPane::copyWanted, this, [this](const QString &text, const QString &what) {
        QApplication::clipboard()->setText(text);
        Q_EMIT m_workbench->noticed(QStringLiteral("%1 was copied.").arg(what));
    });
    connect(m_scan, &ScanPane::placeChosen, this, &EnvironmentPage::openPlace);
    connect(m_scan, &ScanPane::noticed, m_workbench, &Workbench::noticed);
    connect(m_scan, &ScanPane::countChanged, this, [this] {
        const int count = m_scan->findings();
        m_scanButton->setText(count < 0 ? QStringLiteral("Scan") : QStringLiteral("Scan (%1)").arg(count));
    });
    connect(m_scan, &ScanPane::scanningChanged, this, [this] { Q_EMIT busyChanged(isBusy()); });
    connect(m_scan, &ScanPane::closeRequested, this, [this] {
        m_scan->hide();
        m_scanButton->setChecked(false);
        m_table->setFocus();
    });
    return m_rows;
}

QWidget *EnvironmentPage::makeSummary()
{
    auto *row = new QWidget(this);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_summary = new QLabel(row);
    m_summary->setObjectName(QStringLiteral("environmentSummary"));
    m_unlock = new QPushButton(QStringLiteral("Unlock to edit…"), row);
    m_unlock->setObjectName(QStringLiteral("environmentUnlock"));
    m_undo = new QPushButton(QStringLiteral("Undo"), row);
    m_undo->setObjectName(QStringLiteral("environmentUndo"));
    m_saveButton = new QPushButton(QStringLiteral("Save"), row);
    m_saveButton->setObjectName(QStringLiteral("environmentSave"));
    m_saveButton->setProperty("primary", true);
    m_saveButton->setToolTip(QStringLiteral("Writes the edited env files (Ctrl+S)"));
    layout->addWidget(m_summary, 1);
    layout->addWidget(m_unlock);
    layout->addWidget(m_undo);
    layout->addWidget(m_saveButton);
    connect(m_unlock, &QPushButton::clicked, this, [this] { m_services.askToUnlock(targetName(), window()); });
    connect(m_undo, &QPushButton::clicked, m_desk->journal()->stack(), &QUndoStack::undo);
    connect(m_saveButton, &QPushButton::clicked, this, [this] { save(false); });
    return row;
}

void EnvironmentPage::makeActions()
{
    const auto add = [this](const QString &text, const QString &key, auto slot) {
        auto *action = new QAction(text, this);
        if (!key.isEmpty())
            action->setShortcut(QKeySequence(key));
        connect(action, &QAction::triggered, this, slot);
        m_pageActions.append(action);
        return action;
    };
    const auto separate = [this] {
        auto *line = new QAction(this);
        line->setSeparator(true);
        m_pageActions.append(line);
    };
    m_save = add(QStringLiteral("&Save the edits"), QStringLiteral("Ctrl+S"), [this] { save(false); });
    QUndoStack *stack = m_desk->journal()->stack();
    QAction *undo = stack->createUndoAction(this, QStringLiteral("&Undo"));
    undo->setShortcut(QKeySequence(QStringLiteral("Ctrl+Z")));
    QAction *redo = stack->createRedoAction(this, QStringLiteral("Red&o"));
    redo->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+Z")));
    m_pageActions.append({undo, redo});
    separate();
    for (QAction *action : m_actions->actions())
        action ? m_pageActions.append(action) : separate();
    add(QStringLiteral("Re&veal the values while held\tF9"), {},
        [this] { Q_EMIT m_workbench->noticed(QStringLiteral("Hold F9 down, or the button beside the values.")); });
    separate();
    add(QStringLiteral("Sca&n the code"), QStringLiteral("Ctrl+Alt+F"), [this] { openScan(); });
    add(QStringLiteral("Save the &patch of the scan…"), {}, [this] {
        if (m_scan->findings() > 0)
            m_scan->savePatch();
        else
            openScan();
    });
    add(QStringLiteral("Export for the target…"), QStringLiteral("Ctrl+E"), [this] {
        const Backend *backend = m_workbench->workspace().backend(targetName());
        const auto target =
            exportTarget(backend && backend->platform == QLatin1StringView("fly") ? QStringLiteral("fly-secrets")
                         : backend                                                ? backend->platform
                                                                                  : QString());
        showExport(target.value_or(ExportTarget::Dotenv));
    });
    add(QStringLiteral("Save the table as &CSV…"), {}, [this] { saveTable(QStringLiteral("csv")); });
    add(QStringLiteral("Save the table as &JSON…"), {}, [this] { saveTable(QStringLiteral("json")); });
    add(QStringLiteral("Save the table as &Markdown…"), {}, [this] { saveTable(QStringLiteral("md")); });
}

} // namespace Switchyard
