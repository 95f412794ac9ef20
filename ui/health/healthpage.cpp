// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/healthpage.h"

#include "models/common/files.h"
#include "models/common/redact.h"
#include "models/fleet/fleetwatch.h"
#include "models/health/keepwarm.h"
#include "models/health/monitorset.h"
#include "ui/common/bulkrowmodel.h"
#include "ui/common/columns.h"
#include "ui/common/format.h"
#include "ui/common/healthsource.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/common/turns.h"
#include "ui/common/workbench.h"
#include "ui/health/alertspane.h"
#include "ui/health/detailfeed.h"
#include "ui/health/fleetdetail.h"
#include "ui/health/monitorbar.h"
#include "ui/health/monitordetail.h"
#include "ui/health/monitormodel.h"
#include "ui/health/pairrows.h"
#include "ui/health/readingrows.h"
#include "ui/health/sourcebar.h"

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

bool HealthPage::readsPrometheus() const
{
    return m_workbench->healthSource()->isPrometheus();
}

/// The columns as they stand, for whose they are.
void HealthPage::keepColumns()
{
    (m_readShown ? m_readColumns : m_ownColumns) = saveColumns(m_table->horizontalHeader());
}

void HealthPage::changeSource()
{
    const bool reads = readsPrometheus();
    if (reads)
        m_model->setReading([source = m_workbench->healthSource()](const Monitor &monitor, MonitorDigest *digest) {
            readReading(*source, monitor, digest);
        });
    else
        m_model->setReading({});
    if (reads != m_readShown) {
        keepColumns();
        m_readShown = reads;
        restoreColumns(m_table->horizontalHeader(), reads ? m_readColumns : m_ownColumns);
    }
    m_details->setCurrentWidget(reads ? static_cast<QWidget *>(m_fleetDetail) : m_detail);
    for (QAction *action : std::as_const(m_probeActions))
        action->setEnabled(!reads);
    m_detailsOld = true;
    fillWarm();
    fillNote();
    fillDetails();
    fill();
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
    m_sourceBar->fill();
    fillTable();
    fillPairs();
    if (m_model->rowCount() > 0)
        m_table->selectRow(m_model->monitorAt(0) >= 0 ? 0 : 1);
    changeSource();
}

/// The badge, and the chosen one; the rows come by themselves.
void HealthPage::fill()
{
    int bad = 0;
    const MonitorSet *health = m_workbench->health();
    for (int i = 0; health && i < health->count(); ++i) {
        const State state = m_workbench->healthSource()->stateOf(health->record(i));
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
    if (m_paused && readsPrometheus())
        text = QStringLiteral("Paused: the table stands still while reading goes on. Space continues.");
    else if (m_paused)
        text = QStringLiteral("Paused: the table stands still while probing goes on. Space continues.");
    else if (readsPrometheus())
        text = QStringLiteral("Nothing is probed from here. Alerts follow what is read. F5 reads now, Space pauses.");
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
    if (readsPrometheus()) {
        m_warm->setText(
            QStringLiteral("keep_warm is not done while Prometheus measures: %1 may fall asleep between its "
                           "probes.")
                .arg(each.size() == 1 ? QStringLiteral("1 target") : QStringLiteral("%1 targets").arg(each.size())));
        m_warm->setToolTip({});
        return;
    }
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
    inOwnTurn(this, "details", [this] {
        const QString key = currentKey();
        m_feed->show(key);
        const bool read = readsPrometheus() && !key.isEmpty();
        m_fleetDetail->showMonitor(read ? &m_workbench->health()->record(m_current).monitor : nullptr,
                                   double(m_workbench->workspace().thresholds.apiLatency.count()));
    });
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
    if (FleetWatch *watch = m_workbench->healthSource()->watch())
        watch->readNow();
    else if (MonitorSet *health = m_workbench->health())
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
    const QJsonObject shown = saveColumns(m_table->horizontalHeader());
    return {{QStringLiteral("table"), m_readShown ? m_ownColumns : shown},
            {QStringLiteral("prometheusTable"), m_readShown ? shown : m_readColumns},
            {QStringLiteral("prometheusDetail"), m_fleetDetail->saveState()},
            {QStringLiteral("sources"), m_workbench->healthSource()->saveState()},
            {QStringLiteral("pairs"), saveColumns(m_pairTable->horizontalHeader())},
            {QStringLiteral("view"), monitorViewName(m_bar->view())},
            {QStringLiteral("detail"), m_detail->saveState()}};
}

void HealthPage::restoreState(const QJsonObject &state)
{
    for (const auto &[name, columns] : {std::pair("table", &m_ownColumns), {"prometheusTable", &m_readColumns}}) {
        if (const QJsonObject kept = state.value(QLatin1StringView(name)).toObject(); !kept.isEmpty())
            *columns = kept;
    }
    restoreColumns(m_table->horizontalHeader(), m_readShown ? m_readColumns : m_ownColumns);
    m_fleetDetail->restoreState(state[QLatin1StringView("prometheusDetail")].toObject());
    if (state.contains(QLatin1StringView("sources")))
        m_workbench->healthSource()->restoreState(state[QLatin1StringView("sources")].toObject());
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
