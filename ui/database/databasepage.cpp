// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasepage.h"

#include "models/common/duration.h"
#include "models/common/numbertext.h"
#include "models/database/watch/databaseset.h"
#include "models/history/reader.h"
#include "ui/common/columns.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/common/turns.h"
#include "ui/common/workbench.h"
#include "ui/database/accessdialog.h"
#include "ui/database/comparedialog.h"
#include "ui/database/copydialog.h"
#include "ui/database/databasedetail.h"
#include "ui/database/databaserows.h"
#include "ui/database/stagedelegate.h"

#include <QAction>
#include <QDateTime>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

constexpr int agesEveryMs = 5'000;
constexpr qint64 shownHistoryMs = 24 * 3'600'000;
constexpr qint64 mostRecorded = 1'000;

QString pollingText(const DatabaseRecord &record)
{
    return formatDuration(*record.polling) + (record.pollReachOnly ? QStringLiteral(" reach") : QString());
}

QList<DatabasePoint> recordedPoints(const QString &file, const QString &series, qint64 fromMs, qint64 toMs)
{
    QList<DatabasePoint> points;
    const Result<HistoryReader> reader = HistoryReader::open(file);
    if (!reader)
        return points;
    const auto samples = reader->range(series, fromMs, toMs, mostRecorded);
    if (!samples)
        return points;
    for (const HistorySample &sample : *samples) {
        DatabasePoint point;
        point.wallMs = sample.timeMs;
        if (sample.latencyUs)
            point.queryMs = double(*sample.latencyUs) / 1000;
        if (sample.firstByteUs) {
            double sum = 0;
            for (const std::optional<qint64> &part : {sample.dnsUs, sample.connectUs, sample.tlsUs, sample.firstByteUs})
                sum += double(part.value_or(0)) / 1000;
            point.connectMs = sum;
        }
        points.append(point);
    }
    return points;
}

} // namespace

DatabasePage::DatabasePage(Workbench *workbench, DatabaseServices services, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_services(std::move(services))
    , m_stack(new QStackedWidget(this))
    , m_empty(new NoticePane(m_stack))
    , m_model(new RowModel(databaseColumns(), this))
{
    auto *work = new QSplitter(Qt::Vertical, m_stack);
    work->setChildrenCollapsible(false);
    work->setHandleWidth(8);
    auto *upper = new QWidget(work);
    auto *upperLayout = new QVBoxLayout(upper);
    upperLayout->setContentsMargins(12, 12, 12, 0);
    upperLayout->setSpacing(8);
    upperLayout->addWidget(makeBar());
    m_table = new Table(m_model, QStringLiteral("databaseTable"), QStringLiteral("Databases"), upper);
    m_table->setItemDelegateForColumn(int(DatabaseColumn::Stages), new StageDelegate(m_table));
    m_table->setWidths({124, 104, 108, 466, 76, 68, 68, 80, 140});
    addColumnMenu(m_table->horizontalHeader(), int(DatabaseColumn::Name));
    upperLayout->addWidget(m_table, 1);
    auto *lower = new QWidget(work);
    auto *lowerLayout = new QVBoxLayout(lower);
    lowerLayout->setContentsMargins(12, 0, 12, 8);
    lowerLayout->setSpacing(6);
    m_splitter = new QSplitter(Qt::Horizontal, lower);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(16);
    m_detail = new DatabaseDetail(m_splitter);
    m_twin = new DatabaseDetail(m_splitter);
    m_twin->setObjectName(QStringLiteral("twinDetail"));
    for (DatabaseDetail *each : {m_detail, m_twin})
        each->setUnlocked([this](const QString &backend) { return !m_workbench->isLocked(backend); });
    m_splitter->addWidget(m_detail);
    m_splitter->addWidget(m_twin);
    m_note = new QLabel(lower);
    m_note->setObjectName(QStringLiteral("databaseNote"));
    m_note->setProperty("faded", true);
    lowerLayout->addWidget(m_splitter, 1);
    lowerLayout->addWidget(m_note);
    work->addWidget(upper);
    work->addWidget(lower);
    work->setStretchFactor(1, 1);
    work->setSizes({210, 440});
    m_stack->addWidget(work);
    m_stack->addWidget(m_empty);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_empty->show(QStringLiteral("database"), QStringLiteral("This workspace names no database."),
                  QStringLiteral("Add to a backend of switchyard.toml:\n[[backend.database]]\nname = \"main\"\nurl = "
                                 "\"env:DATABASE_URL\"   # or keychain:SERVICE/KEY, file:PATH"));
    makeActions();
    m_ages.setInterval(agesEveryMs);
    connect(&m_ages, &QTimer::timeout, this, [this] {
        if (!isVisible())
            return;
        fill();
        m_detail->fillState();
        m_twin->fillState();
    });
    connect(m_table, &Table::currentKeyChanged, this, &DatabasePage::fillDetails);
    connect(m_workbench, &Workbench::lockChanged, this, [this] { rowChanged(-1); });
    connect(m_workbench, &Workbench::workspaceOpened, this, &DatabasePage::open);
    connect(m_workbench, &Workbench::workspaceClosed, this, &DatabasePage::open);
    open();
}

QWidget *DatabasePage::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_probeAll = new QPushButton(QStringLiteral("Probe all"), bar);
    m_probeAll->setObjectName(QStringLiteral("probeAll"));
    m_probeAll->setToolTip(QStringLiteral("One probe of each, beside each other (F5)"));
    m_cancel = new QPushButton(QStringLiteral("Cancel"), bar);
    m_cancel->setObjectName(QStringLiteral("cancelProbes"));
    m_cancel->setToolTip(QStringLiteral("Ends the probes that run (Esc)"));
    m_sideBySide = new QPushButton(QStringLiteral("Source beside target"), bar);
    m_sideBySide->setObjectName(QStringLiteral("sideBySide"));
    m_sideBySide->setCheckable(true);
    m_sideBySide->setChecked(true);
    m_compare = new QPushButton(QStringLiteral("Compare…"), bar);
    m_compare->setObjectName(QStringLiteral("compareDatabasesButton"));
    m_compare->setToolTip(QStringLiteral("Does the target hold what the source holds? Reads both (Ctrl+Shift+D)"));
    m_copy = new QPushButton(QStringLiteral("Copy…"), bar);
    m_copy->setObjectName(QStringLiteral("copyDatabaseButton"));
    m_copy->setToolTip(QStringLiteral("PostgreSQL into PostgreSQL, after a plan that changes nothing"));
    m_access = new QPushButton(QStringLiteral("Network access…"), bar);
    m_access->setObjectName(QStringLiteral("networkAccessButton"));
    m_access->setToolTip(
        QStringLiteral("Which addresses the backend connects from, and how the database lets in no others"));
    layout->addWidget(m_probeAll);
    layout->addWidget(m_cancel);
    layout->addStretch(1);
    layout->addWidget(m_sideBySide);
    layout->addSpacing(6);
    layout->addWidget(m_access);
    layout->addWidget(m_compare);
    layout->addWidget(m_copy);
    connect(m_compare, &QPushButton::clicked, this, &DatabasePage::showCompare);
    connect(m_copy, &QPushButton::clicked, this, &DatabasePage::showCopy);
    connect(m_access, &QPushButton::clicked, this, &DatabasePage::showAccess);
    connect(m_probeAll, &QPushButton::clicked, this, &DatabasePage::refresh);
    connect(m_cancel, &QPushButton::clicked, this, &DatabasePage::cancel);
    connect(m_sideBySide, &QPushButton::toggled, this, &DatabasePage::fillDetails);
    return bar;
}

void DatabasePage::makeActions()
{
    const auto add = [this](const QString &text, const QString &key, std::function<bool()> possible, auto slot) {
        auto *action = new QAction(text, this);
        if (!key.isEmpty())
            action->setShortcut(QKeySequence(key));
        connect(action, &QAction::triggered, this, slot);
        m_actions.append(action);
        m_possible.append({action, std::move(possible)});
    };
    const auto chosen = [this] { return current() >= 0; };
    const auto atLeast = [this](int count) { return [this, count] { return m_set && m_set->count() >= count; }; };
    add(QStringLiteral("Pro&be the chosen database"), QStringLiteral("Shift+F5"), chosen, [this] {
        if (m_set && current() >= 0)
            m_set->probe(current());
    });
    add(QStringLiteral("Only &names, TCP and TLS of the chosen one"), {}, chosen, [this] {
        if (m_set && current() >= 0)
            m_set->probe(current(), true);
    });
    add(QStringLiteral("Probe &all"), {}, atLeast(1), [this] { refresh(); });
    // In force only while the tab is shown and something runs: Esc is the drawer's and the filters' otherwise.
    add(
        QStringLiteral("Cance&l the probes"), QStringLiteral("Esc"), [this] { return isBusy(); }, [this] { cancel(); });
    add(QStringLiteral("&Compare source and target…"), QStringLiteral("Ctrl+Shift+D"), atLeast(2),
        [this] { showCompare(); });
    add(QStringLiteral("C&opy…"), {}, atLeast(2), [this] { showCopy(); });
    add(QStringLiteral("N&etwork access…"), {}, atLeast(1), [this] { showAccess(); });
    const auto polls = [this] {
        for (int i = 0; m_set && i < m_set->count(); ++i) {
            if (m_set->record(i).polling)
                return true;
        }
        return false;
    };
    add(QStringLiteral("&Stop all polling"), {}, polls, [this] {
        for (int i = 0; m_set && i < m_set->count(); ++i) {
            if (m_set->record(i).polling)
                m_set->stopPolling(i);
        }
    });
}

void DatabasePage::fillActions()
{
    for (const Enabling &each : std::as_const(m_possible))
        each.action->setEnabled(each.possible());
}

// ---- the workspace

void DatabasePage::open()
{
    m_set = m_workbench->databases();
    m_model->merge({});
    m_detail->show(nullptr, -1);
    m_twin->show(nullptr, -1);
    m_twin->hide();
    if (m_set) {
        connect(m_set, &DatabaseSet::changed, this, &DatabasePage::rowChanged);
        connect(m_set, &DatabaseSet::busyChanged, this, [this](bool busy) {
            Q_EMIT busyChanged(busy);
            fillNote();
        });
    }
    const bool any = m_set && m_set->count() > 0;
    m_stack->setCurrentIndex(any ? 0 : 1);
    for (QPushButton *each : {m_compare, m_copy})
        each->setEnabled(any && m_set->count() > 1); // it takes two
    m_access->setEnabled(any);
    m_ages.stop();
    Q_EMIT badgeChanged(0);
    fillActions();
    if (!any)
        return;
    fill();
    m_table->selectRow(0);
    m_ages.start();
    goOnPolling();
}

/// What polled when the window was closed: its price was seen then.
void DatabasePage::goOnPolling()
{
    const QJsonObject polled = m_polled.value(m_workbench->workspace().file).toObject();
    for (int i = 0; m_set && i < m_set->count(); ++i) {
        const QStringList words = polled.value(m_set->record(i).key()).toString().split(u' ', Qt::SkipEmptyParts);
        const Result<Milliseconds> every = words.isEmpty() ? parseDuration(QString()) : parseDuration(words.first());
        if (every && !m_set->record(i).polling)
            m_set->startPolling(i, *every, words.size() > 1);
    }
}

bool DatabasePage::isBusy() const
{
    return m_set && m_set->isBusy();
}

void DatabasePage::cancel()
{
    if (m_set)
        m_set->cancelAll();
}

void DatabasePage::refresh()
{
    if (m_set)
        m_set->probeAll();
}

void DatabasePage::rowChanged(int)
{
    // Fifty that end together are one turn's work.
    inOwnTurn(this, "databases", [this] {
        fill();
        fillDetails();
    });
}

void DatabasePage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    fill();
}

void DatabasePage::fill()
{
    if (!m_set)
        return;
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    QList<Row> rows;
    int bad = 0;
    for (int i = 0; i < m_set->count(); ++i) {
        rows.append(databaseRow(m_set->record(i), now, !m_workbench->isLocked(m_set->record(i).backend)));
        const DatabaseState state = databaseState(m_set->record(i));
        bad += state == DatabaseState::Failed || m_set->record(i).error.has_value();
    }
    m_model->merge(rows);
    Q_EMIT badgeChanged(bad);
    fillNote();
}

void DatabasePage::fillNote()
{
    m_cancel->setVisible(isBusy());
    fillActions();
    int polled = 0;
    qint64 probes = 0, commands = 0;
    bool unknown = false;
    for (int i = 0; m_set && i < m_set->count(); ++i) {
        const DatabaseRecord &record = m_set->record(i);
        if (!record.polling)
            continue;
        ++polled;
        const std::optional<PollingCost> cost = m_set->cost(i, *record.polling, record.pollReachOnly);
        if (cost)
            probes += cost->probes;
        if (cost && cost->commands)
            commands += *cost->commands;
        else
            unknown = true;
    }
    QString text = QStringLiteral("Nothing is probed unless asked: F5 probes all once.");
    if (polled > 0 && unknown && commands == 0)
        text = QStringLiteral("%1 polled: %2 probes a day; how many commands is known once one goes through.")
                   .arg(polled)
                   .arg(groupedNumber(probes));
    else if (polled > 0)
        text =
            QStringLiteral("%1 polled: %2 probes and %3%4 commands a day.")
                .arg(polled)
                .arg(groupedNumber(probes), unknown ? QStringLiteral("at least ") : QString(), groupedNumber(commands));
    m_note->setText(text);
}

// ---- the chosen one

int DatabasePage::current() const
{
    return m_set ? m_set->indexOf(m_table->currentKey()) : -1;
}

std::pair<int, int> DatabasePage::currentPair() const
{
    const int chosen = current();
    const int twin = chosen >= 0 ? twinOf(chosen) : -1;
    const bool swap = twin >= 0 && m_set->record(chosen).role == QLatin1StringView("target");
    return swap ? std::pair(twin, chosen) : std::pair(chosen, twin);
}

/// Of other names it is any other one: nobody compares a database with itself.
std::pair<int, int> DatabasePage::offeredPair() const
{
    const auto [source, target] = currentPair();
    if (source < 0 || target >= 0)
        return {source, target};
    const int other = source == 0 ? 1 : 0;
    return m_set->record(source).role == QLatin1StringView("target") ? std::pair(other, source)
                                                                     : std::pair(source, other);
}

void DatabasePage::showCompare()
{
    if (!m_set || m_set->count() < 2)
        return;
    const auto [source, target] = offeredPair();
    auto *dialog = new CompareDialog(m_set, source, target, m_services.choosePath, window());
    connect(m_workbench, &Workbench::workspaceClosed, dialog, &CompareDialog::reject);
    dialog->show();
}

void DatabasePage::showCopy()
{
    if (!m_set || m_set->count() < 2)
        return;
    const auto [source, target] = offeredPair();
    (new CopyDialog(m_workbench, source, target, m_services, window()))->show();
}

void DatabasePage::showAccess()
{
    if (!m_set || m_set->count() < 1)
        return;
    (new AccessDialog(m_workbench, current(), m_services, window()))->show();
}

/// The database of the same name in the other role; -1 without one.
int DatabasePage::twinOf(int index) const
{
    const DatabaseRecord &record = m_set->record(index);
    if (record.role.isEmpty())
        return -1;
    for (int i = 0; i < m_set->count(); ++i) {
        const DatabaseRecord &other = m_set->record(i);
        if (!other.role.isEmpty() && other.role != record.role && other.endpoint.name == record.endpoint.name)
            return i;
    }
    return -1;
}

void DatabasePage::fillDetails()
{
    fillActions();
    const int chosen = current();
    const int twin = chosen >= 0 ? twinOf(chosen) : -1;
    m_sideBySide->setEnabled(twin >= 0);
    m_sideBySide->setToolTip(twin >= 0 ? QString()
                                       : QStringLiteral("There is no database of this name in the other role"));
    const bool both = twin >= 0 && m_sideBySide->isChecked();
    const std::pair<int, int> pair = currentPair(); // the source stands left
    const int left = both ? pair.first : chosen;
    const int right = pair.second;
    const auto show = [this](DatabaseDetail *detail, int index) {
        const bool other = detail->index() != index;
        detail->show(index >= 0 ? m_set.data() : nullptr, index);
        if (other && index >= 0)
            loadHistory(detail);
    };
    show(m_detail, left);
    show(m_twin, both ? right : -1);
    m_twin->setVisible(both);
}

void DatabasePage::loadHistory(DatabaseDetail *detail)
{
    const QString file = m_workbench->historyFile();
    if (file.isEmpty())
        return;
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const int index = detail->index();
    offThread(
        detail,
        [file, series = m_set->record(index).series(), now] {
            return recordedPoints(file, series, now - shownHistoryMs, now);
        },
        [detail, index](const QList<DatabasePoint> &points) {
            if (detail->index() == index && !points.isEmpty())
                detail->showHistory(points);
        });
}

// ---- what the window asks

QJsonObject DatabasePage::saveState() const
{
    QJsonObject polled = m_polled;
    if (m_set && !m_workbench->workspace().file.isEmpty()) {
        QJsonObject its;
        for (int i = 0; i < m_set->count(); ++i) {
            if (m_set->record(i).polling)
                its.insert(m_set->record(i).key(), pollingText(m_set->record(i)));
        }
        polled.insert(m_workbench->workspace().file, its);
    }
    return {{QStringLiteral("columns"), saveColumns(m_table->horizontalHeader())},
            {QStringLiteral("sideBySide"), m_sideBySide->isChecked()},
            {QStringLiteral("polled"), polled}};
}

void DatabasePage::restoreState(const QJsonObject &state)
{
    restoreColumns(m_table->horizontalHeader(), state.value(QStringLiteral("columns")).toObject());
    m_sideBySide->setChecked(state.value(QStringLiteral("sideBySide")).toBool(true));
    m_polled = state.value(QStringLiteral("polled")).toObject();
    goOnPolling();
}

void DatabasePage::showItem(const QString &item)
{
    m_table->selectKey(item);
}

QList<PageEntry> DatabasePage::paletteEntries() const
{
    QList<PageEntry> entries;
    for (int i = 0; m_set && i < m_set->count(); ++i) {
        const DatabaseRecord &record = m_set->record(i);
        entries.append({QStringLiteral("%1 of %2").arg(record.endpoint.name, record.backend),
                        QStringLiteral("database"), record.key()});
    }
    return entries;
}

} // namespace Switchyard
