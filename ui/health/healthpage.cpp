// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/healthpage.h"

#include "models/common/files.h"
#include "models/common/redact.h"
#include "models/health/keepwarm.h"
#include "models/health/monitorset.h"
#include "ui/common/bulkrowmodel.h"
#include "ui/common/columns.h"
#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/common/turns.h"
#include "ui/common/workbench.h"
#include "ui/health/alertspane.h"
#include "ui/health/detailfeed.h"
#include "ui/health/monitorbar.h"
#include "ui/health/monitordelegate.h"
#include "ui/health/monitordetail.h"
#include "ui/health/monitormodel.h"
#include "ui/health/pairrows.h"

#include <QAction>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace Switchyard {

namespace {
/// The pairs are made anew as a whole.
constexpr int pairsEveryMs = 1'000;

QString counted(qsizetype count)
{
    return count == 1 ? QStringLiteral("1 monitor") : QStringLiteral("%1 monitors").arg(count);
}
} // namespace

HealthPage::HealthPage(Workbench *workbench, SavePath savePath, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_savePath(std::move(savePath))
    , m_stack(new QStackedWidget(this))
    , m_empty(new NoticePane(this))
    , m_model(new MonitorModel(this))
    , m_pairs(new BulkRowModel(pairColumns(), this))
{
    makeActions();
    m_splitter = new QSplitter(Qt::Horizontal, m_stack);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(12);
    m_splitter->addWidget(makeTables());
    m_splitter->addWidget(makeDetails());
    m_splitter->setStretchFactor(0, 5);
    m_splitter->setStretchFactor(1, 4);
    m_splitter->setSizes({720, 540});
    m_stack->addWidget(m_splitter);
    m_stack->addWidget(m_empty);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_empty->show(QStringLiteral("health"), QStringLiteral("Nothing is watched in this workspace."),
                  QStringLiteral("Add a [[backend.health]] table with its path to switchyard.toml, or a [[monitor]] "
                                 "with a name and a url, and it is probed here."));
    m_pairTimer.setSingleShot(true);
    m_pairTimer.setInterval(pairsEveryMs);
    connect(&m_pairTimer, &QTimer::timeout, this, &HealthPage::fillPairs);
    connectWorkbench();
    open();
}

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
    m_table->setWidths({100, 130, 90, 60, 76, 60, 60, 60, 60, 60, 80, 84, 76, 66, 86});
    for (const int column : {HealthColumn::Group, HealthColumn::Kind, HealthColumn::P99, HealthColumn::RawUptime,
                             HealthColumn::LongestGap, HealthColumn::Interval})
        m_table->setColumnHidden(column, true);
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
    add(QStringLiteral("Pro&be the selected now"), QStringLiteral("Shift+F5"), [this] { probeSelected(); });
    add(QStringLiteral("Pause or resume the &selected"), QStringLiteral("Ctrl+Shift+P"), [this] { pauseSelected(); });
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
    m_detail = new MonitorDetail(this);
    m_feed = new DetailFeed(m_workbench, m_detail, this);
    return m_detail;
}

// ---- the table

void HealthPage::open()
{
    m_paused = false;
    m_model->setSource(m_workbench->health(), double(m_workbench->workspace().thresholds.apiLatency.count()));
    m_pairList.clear();
    const Backend *source = m_workbench->workspace().withRole(QStringLiteral("source"));
    const Backend *target = m_workbench->workspace().withRole(QStringLiteral("target"));
    if (m_workbench->health() && source && target)
        m_pairList = pairMonitors(*m_workbench->health(), source->name, target->name);
    fillWarm();
    fillTable();
    fillPairs();
    if (m_model->rowCount() > 0)
        m_table->selectRow(m_model->monitorAt(0) >= 0 ? 0 : 1);
    fill();
}

/// The badge, and the chosen one; the rows come by themselves.
void HealthPage::fill()
{
    int bad = 0;
    const MonitorSet *health = m_workbench->health();
    for (int i = 0; health && i < health->count(); ++i) {
        const State state = shownState(health->record(i));
        const bool isBad = state == State::Down || state == State::Degraded;
        bad += isBad &&
               !(m_workbench->sessionRunning() && m_workbench->sessionBackend() == health->record(i).monitor.group);
    }
    Q_EMIT badgeChanged(bad);
    fillNote();
    if (m_paused || !isVisible() || !m_detailsOld)
        return;
    m_detailsOld = false;
    fillDetails();
}

void HealthPage::fillTable()
{
    m_stack->setCurrentWidget(m_model->total() > 0 ? static_cast<QWidget *>(m_splitter) : m_empty);
    m_bar->showCounts(*m_model);
    if (m_bar->view() == MonitorView::Pairs) {
        if (!m_paused && !m_pairTimer.isActive())
            m_pairTimer.start();
        return;
    }
    const bool filtered = m_model->total() > 0 && m_model->matching() == 0;
    if (filtered)
        m_notice->show({}, QStringLiteral("No monitor matches the filter."),
                       QStringLiteral("%1 are watched.").arg(m_model->total()), QStringLiteral("Clear the filter"));
    m_noPairs = false;
    m_tables->setCurrentWidget(filtered ? static_cast<QWidget *>(m_notice) : m_table);
    fillNote();
}

void HealthPage::fillPairs()
{
    if (m_bar->view() != MonitorView::Pairs)
        return;
    QList<Row> rows;
    const double limit = double(m_workbench->workspace().thresholds.apiLatency.count());
    for (const MonitorPair &pair : std::as_const(m_pairList)) {
        const auto shown = [this](int monitor) { return monitor >= 0 && m_model->matches(monitor); };
        if (shown(pair.source) || shown(pair.target))
            rows.append(pairRow(pair, *m_workbench->health(), *m_model, limit));
    }
    m_noPairs = m_pairList.isEmpty();
    if (m_noPairs)
        m_notice->show({}, QStringLiteral("There is no source and target to compare."),
                       QStringLiteral("Give one backend role = \"source\", another role = \"target\", and both a "
                                      "[[backend.health]] of the same kind and path."),
                       QStringLiteral("Show all in one list"));
    else if (rows.isEmpty())
        m_notice->show({}, QStringLiteral("No pair matches the filter."), {}, QStringLiteral("Clear the filter"));
    m_pairs->setRows(rows);
    m_tables->setCurrentWidget(rows.isEmpty() ? static_cast<QWidget *>(m_notice) : m_pairTable);
    fillNote();
}

void HealthPage::fillNote()
{
    const int shown = m_bar->view() == MonitorView::Pairs ? int(m_pairs->shown().size()) : m_model->matching();
    const int all = m_bar->view() == MonitorView::Pairs ? int(m_pairList.size()) : m_model->total();
    QString text;
    if (m_paused)
        text = QStringLiteral("Paused: the table stands still while probing goes on. Space continues.");
    else if (m_workbench->sessionRunning())
        text = QStringLiteral("A session runs: its probes, four a second, are shown.");
    else if (m_model->total() > 0 && !m_model->anyAsked())
        text = QStringLiteral("The first probes are on their way.");
    else
        text = QStringLiteral("Every probe makes a fresh connection. F5 probes now, Space pauses.");
    if (shown < all)
        text = QStringLiteral("%1 of %2 shown. ").arg(shown).arg(all) + text;
    if (m_note->text() != text)
        m_note->setText(text);
}

const FreePlan *HealthPage::freePlanOf(const Monitor &monitor) const
{
    const Backend *backend = m_workbench->workspace().backend(monitor.group);
    const Platform *platform = backend ? m_workbench->catalogue()->find(backend->platform)
                                       : m_workbench->catalogue()->forHost(QUrl(monitor.target.url).host());
    return platform ? &platform->free : nullptr;
}

/// What keeping targets awake costs; the sentence of each is in the tip.
void HealthPage::fillWarm()
{
    const MonitorSet *health = m_workbench->health();
    QStringList each;
    qint64 requests = 0;
    for (int i = 0; health && i < health->count(); ++i) {
        const Monitor &monitor = health->record(i).monitor;
        const FreePlan *free = freePlanOf(monitor);
        const std::optional<KeepWarmCost> cost = keepWarmCost(monitor, free);
        if (!cost)
            continue;
        requests += cost->warmingADay;
        each.append(QStringLiteral("%1: %2").arg(monitor.name, keepWarmText(*cost, free)));
    }
    m_warm->setVisible(!each.isEmpty());
    m_warm->setText(each.size() == 1 ? each.first()
                                     : QStringLiteral("%1 monitors keep their targets awake: %2 requests a day beside "
                                                      "the probes.")
                                           .arg(each.size())
                                           .arg(requests));
    m_warm->setToolTip(plainTip(each.mid(0, 20).join(QLatin1Char('\n'))));
}

void HealthPage::changeView()
{
    const QString key = currentKey();
    m_model->setGrouped(m_bar->view() == MonitorView::Grouped);
    fillTable();
    fillPairs();
    if (m_bar->view() == MonitorView::Pairs)
        (void)choosePair(m_current);
    else if (m_table->currentKey() != key)
        showItem(key);
}

/// The row of the pair that this monitor is one end of. False: it is in none that is shown.
bool HealthPage::choosePair(int monitor)
{
    for (const MonitorPair &pair : std::as_const(m_pairList)) {
        if (monitor < 0 || (pair.source != monitor && pair.target != monitor))
            continue;
        const QString key = m_workbench->health()->record(pair.target >= 0 ? pair.target : pair.source).monitor.id;
        m_pairTable->selectKey(key);
        return m_pairTable->currentKey() == key;
    }
    return false;
}

Table *HealthPage::shownTable() const
{
    return m_bar->view() == MonitorView::Pairs ? m_pairTable : m_table;
}

QString HealthPage::currentKey() const
{
    return m_workbench->health() && m_current >= 0 && m_current < m_workbench->health()->count()
               ? m_workbench->health()->record(m_current).monitor.id
               : QString();
}

void HealthPage::showCurrent(const QString &key)
{
    const MonitorSet *health = m_workbench->health();
    const int index = health ? health->indexOf(key) : -1;
    // A heading has no details: those of the last monitor stay.
    if (index < 0 || sender() != shownTable())
        return;
    m_current = index;
    fillDetails();
}

/// Of the one that is the current one when it comes to it.
void HealthPage::fillDetails()
{
    inOwnTurn(this, "details", [this] { m_feed->show(currentKey()); });
}

// ---- what a person does

QList<int> HealthPage::selected() const
{
    const MonitorSet *health = m_workbench->health();
    QList<int> found;
    for (const QModelIndex &row : shownTable()->selectionModel()->selectedRows()) {
        const int index = health ? health->indexOf(row.data(Role::Key).toString()) : -1;
        if (index >= 0)
            found.append(index);
    }
    return found;
}

void HealthPage::probeSelected()
{
    MonitorSet *health = m_workbench->health();
    const QList<int> chosen = selected();
    for (const int index : chosen)
        health->probeNow(health->record(index).monitor.id);
    Q_EMIT m_workbench->noticed(chosen.isEmpty() ? QStringLiteral("No monitor is selected.")
                                                 : QStringLiteral("Probing %1 now.").arg(counted(chosen.size())));
}

/// Pauses them, unless all of them are paused.
void HealthPage::pauseSelected()
{
    MonitorSet *health = m_workbench->health();
    const QList<int> chosen = selected();
    if (chosen.isEmpty())
        return Q_EMIT m_workbench->noticed(QStringLiteral("No monitor is selected."));
    const bool pause = std::any_of(chosen.cbegin(), chosen.cend(), [health](int index) {
        return health->record(index).tracker.state() != MonitorState::Paused;
    });
    for (const int index : chosen)
        health->setPaused(health->record(index).monitor.id, pause);
    Q_EMIT m_workbench->noticed(
        pause ? QStringLiteral("%1 paused: not probed, and the time is in no figure.").arg(counted(chosen.size()))
              : QStringLiteral("%1 probed again.").arg(counted(chosen.size())));
}

void HealthPage::showMenu(const QPoint &globalPos)
{
    auto *menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("healthMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (qsizetype i = 0; i < m_rowActions; ++i)
        menu->addAction(m_actions[i]);
    menu->addAction(QStringLiteral("Copy the &rows\tCtrl+C"), shownTable(), &Table::copyRows);
    menu->popup(globalPos);
}

void HealthPage::saveTable(const QString &suffix)
{
    if (!m_savePath)
        return;
    m_savePath(this, QStringLiteral("health.") + suffix, [this, suffix](const QString &path) {
        const Table *table = shownTable();
        const QByteArray text = suffix == QLatin1StringView("csv")    ? table->toCsv().toUtf8()
                                : suffix == QLatin1StringView("json") ? table->toJson()
                                : suffix == QLatin1StringView("tsv")  ? table->toTsv().toUtf8()
                                                                      : table->toMarkdown().toUtf8();
        offThread(
            this, [path, text] { return writeFileAtomically(path, text); },
            [this, path](const Result<void> &written) {
                Q_EMIT m_workbench->noticed(written ? QStringLiteral("The table was saved: %1").arg(path)
                                                    : written.error().toString());
            });
    });
}

void HealthPage::refresh()
{
    if (MonitorSet *health = m_workbench->health())
        health->probeAllNow();
}

bool HealthPage::togglePause()
{
    m_paused = !m_paused;
    m_model->setStill(m_paused);
    fillNote();
    fill();
    return true;
}

bool HealthPage::focusFilter()
{
    m_bar->focusSearch();
    return true;
}

void HealthPage::showItem(const QString &item)
{
    const MonitorSet *health = m_workbench->health();
    const int index = health ? health->indexOf(item) : -1;
    if (index < 0)
        return;
    if (m_bar->view() == MonitorView::Pairs) {
        if (choosePair(index))
            return;
        m_bar->setView(MonitorView::List);
    }
    if (m_table->currentKey() == item)
        return;
    m_model->setOpen(health->record(index).monitor.group, true);
    // What leads here must be seen, whatever is filtered.
    if (m_model->rowOf(item) < 0)
        m_bar->clear();
    if (const int row = m_model->rowOf(item); row >= 0)
        m_table->selectRow(row);
}

QList<PageEntry> HealthPage::paletteEntries() const
{
    QList<PageEntry> entries;
    const MonitorSet *health = m_workbench->health();
    for (int i = 0; health && i < health->count(); ++i)
        entries.append({health->record(i).monitor.name, QStringLiteral("monitor"), health->record(i).monitor.id});
    return entries;
}

void HealthPage::copyCurl()
{
    m_detail->copyCurl();
}

void HealthPage::showAlerts()
{
    if (!m_alertsPane)
        m_alertsPane = new AlertsPane(m_workbench, this);
    m_alertsPane->show();
    m_alertsPane->raise();
}

QJsonObject HealthPage::saveState() const
{
    return {{QStringLiteral("table"), saveColumns(m_table->horizontalHeader())},
            {QStringLiteral("pairs"), saveColumns(m_pairTable->horizontalHeader())},
            {QStringLiteral("view"), monitorViewName(m_bar->view())},
            {QStringLiteral("detail"), m_detail->saveState()}};
}

void HealthPage::restoreState(const QJsonObject &state)
{
    restoreColumns(m_table->horizontalHeader(), state.value(QStringLiteral("table")).toObject());
    restoreColumns(m_pairTable->horizontalHeader(), state.value(QStringLiteral("pairs")).toObject());
    m_bar->setView(monitorViewNamed(state.value(QStringLiteral("view")).toString()));
    m_detail->restoreState(state[QLatin1StringView("detail")].toObject());
}

bool HealthPage::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_table || event->type() != QEvent::KeyPress)
        return Page::eventFilter(watched, event);
    const int row = m_table->currentIndex().row();
    if (m_model->monitorAt(row) >= 0 || row < 0)
        return Page::eventFilter(watched, event);
    switch (static_cast<QKeyEvent *>(event)->key()) {
    case Qt::Key_Left:
        m_model->setOpen(m_model->groupAt(row), false);
        return true;
    case Qt::Key_Right:
        m_model->setOpen(m_model->groupAt(row), true);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        m_model->toggle(row);
        return true;
    default:
        return Page::eventFilter(watched, event);
    }
}

void HealthPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    m_model->setWatched(true);
    fillDetails();
}

void HealthPage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    m_model->setWatched(false);
}

} // namespace Switchyard
