// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/monitormodel.h"

#include "ui/common/roles.h"
#include "ui/common/turns.h"

#include <QElapsedTimer>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int tellEveryMs = 250;
constexpr int resortEveryMs = 1'000;
/// So much of one turn of the event loop goes into counting figures.
constexpr qint64 sliceNs = 3'000'000;
constexpr int betweenSlicesMs = 10;
/// More lines on the trend column than any screen has rows.
constexpr int keptTrends = 400;

bool isFigure(int column)
{
    return (column >= HealthColumn::P50 && column <= HealthColumn::LongestGap) || column == HealthColumn::Trend;
}

bool isText(int column)
{
    return column == HealthColumn::Name || column == HealthColumn::Group || column == HealthColumn::Kind;
}

QString textOf(const Monitor &monitor, int column)
{
    return column == HealthColumn::Group  ? monitor.group
           : column == HealthColumn::Kind ? endpointKindName(monitor.kind)
                                          : monitor.name;
}

} // namespace

MonitorModel::MonitorModel(QObject *parent)
    : QAbstractTableModel(parent)
    , m_trends(keptTrends)
{
    m_flush.setSingleShot(true);
    m_flush.setInterval(tellEveryMs);
    connect(&m_flush, &QTimer::timeout, this, [this] { inOwnTurn(this, "flush", [this] { flush(); }); });
    m_slice.setSingleShot(true);
    m_slice.setInterval(betweenSlicesMs);
    connect(&m_slice, &QTimer::timeout, this, [this] { inOwnTurn(this, "figures", [this] { countSlice(); }); });
    m_resort.setSingleShot(true);
    m_resort.setInterval(resortEveryMs);
    connect(&m_resort, &QTimer::timeout, this, [this] {
        inOwnTurn(this, "order", [this] {
            if (m_orderIsOld && !m_still && m_watched)
                arrange();
        });
    });
}

// ---- what is shown of it

int MonitorModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int MonitorModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(HealthColumn::Count);
}

int MonitorModel::monitorAt(int row) const
{
    return row >= 0 && row < m_rows.size() && m_rows[row] >= 0 ? m_rows[row] : -1;
}

QString MonitorModel::groupAt(int row) const
{
    if (row < 0 || row >= m_rows.size())
        return {};
    return m_groups[m_rows[row] < 0 ? -1 - m_rows[row] : m_entries[size_t(m_rows[row])].group].name;
}

bool MonitorModel::matches(int monitor) const
{
    const Entry &entry = m_entries[size_t(monitor)];
    return m_filter.matches(entry.search, entry.digest);
}

int MonitorModel::rowOf(const QString &key) const
{
    const int monitor = m_set ? m_set->indexOf(key) : -1;
    return monitor >= 0 && monitor < m_placeOfMonitor.size() ? m_placeOfMonitor[monitor] : -1;
}

QVariant MonitorModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    static const QStringList columns = healthColumns();
    if (orientation != Qt::Horizontal || section < 0 || section >= columns.size())
        return {};
    if (role == Qt::TextAlignmentRole) {
        // The heading stands where the figures stand.
        const bool right = section >= HealthColumn::Status && section != HealthColumn::Trend;
        return int((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole) {
        const QString tip = healthColumnTip(section);
        return tip.isEmpty() ? QVariant() : QVariant(tip);
    }
    return role == Qt::DisplayRole ? QVariant(columns[section]) : QVariant();
}

QVariant MonitorModel::data(const QModelIndex &index, int role) const
{
    if (!m_set || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const RowId id = m_rows[index.row()];
    if (id < 0)
        return headingData(m_groups[-1 - id], index.column(), role);
    const Entry &entry = m_entries[size_t(id)];
    if (role == Role::Key)
        return entry.key;
    if (role == HeadingRole)
        return {};
    const int column = index.column();
    if (entry.stale && !m_still && isFigure(column))
        count(id);
    if (column != HealthColumn::Trend) {
        if (m_cellMonitor != id || m_cellColumn != column) {
            m_cell = monitorCell(monitorOf(id), entry.digest, column, m_limitMs);
            m_cellMonitor = id;
            m_cellColumn = column;
        }
        return cellData(m_cell, role);
    }
    Cell cell;
    if (role == Role::Series) {
        QList<double> *trend = m_trends.object(id);
        if (!trend) {
            trend = new QList<double>(monitorTrend(m_set->record(id)));
            m_trends.insert(id, trend);
        }
        return QVariant::fromValue(*trend);
    }
    if (role == Role::Sort)
        return entry.digest.lastMs ? QVariant(*entry.digest.lastMs) : QVariant();
    cell.faded = entry.digest.isStale();
    return cellData(cell, role);
}

QVariant MonitorModel::headingData(const Group &group, int column, int role) const
{
    if (role == HeadingRole)
        return (isOpen(group.name) ? QStringLiteral("▾ ") : QStringLiteral("▸ ")) + group.text;
    if (role == Role::Key)
        return QStringLiteral("group/") + group.name;
    if (role == Qt::ToolTipRole)
        return group.text;
    if (role == Qt::AccessibleTextRole)
        return column == HealthColumn::Name ? QVariant(group.text) : QVariant();
    if (column == HealthColumn::State)
        return cellData({.text = stateWord(group.state), .sort = group.badness, .state = group.state}, role);
    if (column == HealthColumn::Name)
        return cellData({.text = group.text, .sort = {}}, role);
    return {};
}

// ---- what comes in

void MonitorModel::setSource(const MonitorSet *set, double limitMs)
{
    disconnect(m_gone);
    // First of all: a set that goes is asked nothing more.
    m_set = nullptr;
    beginResetModel();
    m_set = set;
    if (set)
        m_gone = connect(set, &QObject::destroyed, this, [this] { setSource(nullptr, 0); });
    m_limitMs = limitMs;
    m_entries.clear();
    m_groups.clear();
    m_rows.clear();
    m_trends.clear();
    m_cellMonitor = -1;
    m_changed.clear();
    m_queue.clear();
    m_counted.clear();
    m_orderIsOld = false;
    m_still = false;
    QHash<QString, int> groups;
    const int monitors = set ? set->count() : 0;
    m_entries.resize(size_t(monitors));
    m_queue.reserve(monitors);
    for (int i = 0; i < monitors; ++i) {
        Entry &entry = m_entries[size_t(i)];
        const Monitor &monitor = monitorOf(i);
        entry.key = monitor.id;
        entry.search = searchText(monitor);
        auto place = groups.find(monitor.group);
        if (place == groups.end()) {
            place = groups.insert(monitor.group, int(m_groups.size()));
            m_groups.append({monitor.group, {}, State::Unknown, 0, 0});
        }
        entry.group = *place;
        readState(set->record(i), &entry.digest);
        entry.queued = true;
        m_queue.append(i);
    }
    m_rows = wanted();
    fillPlaces();
    endResetModel();
    countStates();
    if (!m_queue.isEmpty())
        m_slice.start();
    Q_EMIT countsChanged();
}

void MonitorModel::noteChanged(const QList<int> &indices)
{
    m_changed.unite(QSet<int>(indices.cbegin(), indices.cend()));
    if (!m_still && !m_flush.isActive())
        m_flush.start();
}

void MonitorModel::setStill(bool still)
{
    m_still = still;
    if (still) {
        m_flush.stop();
        m_slice.stop();
        return;
    }
    flush();
    arrangeSoon();
}

void MonitorModel::setWatched(bool watched)
{
    m_watched = watched;
    if (!watched || m_still)
        return;
    if (!m_queue.isEmpty())
        m_slice.start();
    if (m_orderIsOld)
        arrangeSoon();
}

void MonitorModel::flush()
{
    if (!m_set || (m_changed.isEmpty() && m_counted.isEmpty()))
        return;
    m_cellMonitor = -1;
    QList<int> told = std::exchange(m_counted, {});
    told.reserve(told.size() + m_changed.size());
    for (const int i : std::exchange(m_changed, {})) {
        if (i < 0 || i >= total())
            continue;
        Entry &entry = m_entries[size_t(i)];
        readState(m_set->record(i), &entry.digest);
        entry.stale = true;
        m_trends.remove(i);
        if (!entry.queued) {
            entry.queued = true;
            m_queue.append(i);
        }
        told.append(i);
    }
    countStates();
    tellChanged(told);
    if (m_watched && !m_queue.isEmpty() && !m_slice.isActive())
        m_slice.start();
    if (followsValues())
        arrangeSoon();
    Q_EMIT countsChanged();
}

void MonitorModel::count(int monitor) const
{
    Entry &entry = m_entries[size_t(monitor)];
    readFigures(m_set->record(monitor), Clock::now(), &entry.digest);
    entry.stale = false;
    m_cellMonitor = -1;
}

void MonitorModel::countSlice()
{
    if (!m_set || m_still || !m_watched)
        return;
    QElapsedTimer timer;
    timer.start();
    qsizetype done = 0;
    while (done < m_queue.size() && timer.nsecsElapsed() < sliceNs) {
        const int i = m_queue[done++];
        Entry &entry = m_entries[size_t(i)];
        entry.queued = false;
        if (entry.stale)
            count(i);
        m_counted.append(i);
    }
    m_queue.remove(0, done);
    if (!m_queue.isEmpty())
        m_slice.start();
    if (!m_flush.isActive())
        m_flush.start();
}

void MonitorModel::countStates()
{
    m_counts.fill(0);
    m_anyAsked = false;
    for (const Entry &entry : m_entries) {
        m_anyAsked = m_anyAsked || entry.digest.asked;
        for (int choice = 0; choice < stateChoices; ++choice)
            m_counts[size_t(choice)] += isOf(StateChoice(choice), entry.digest) ? 1 : 0;
    }
}

/// One stretch of rows a signal: neighbours that changed together are told together.
void MonitorModel::tellChanged(const QList<int> &monitors)
{
    QList<int> rows;
    rows.reserve(monitors.size());
    for (const int i : monitors) {
        if (m_placeOfMonitor[i] >= 0)
            rows.append(m_placeOfMonitor[i]);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (qsizetype i = 0; i < rows.size();) {
        qsizetype last = i;
        while (last + 1 < rows.size() && rows[last + 1] == rows[last] + 1)
            ++last;
        Q_EMIT dataChanged(index(rows[i], 0), index(rows[last], HealthColumn::Count - 1));
        i = last + 1;
    }
    if (!m_grouped || monitors.isEmpty())
        return;
    QList<int> shown;
    for (int i = 0; i < total(); ++i) {
        if (m_filter.matches(m_entries[size_t(i)].search, m_entries[size_t(i)].digest))
            shown.append(i);
    }
    fillGroups(shown);
    tellHeadings();
}

void MonitorModel::tellHeadings()
{
    for (const int row : std::as_const(m_placeOfGroup)) {
        if (row >= 0)
            Q_EMIT dataChanged(index(row, 0), index(row, HealthColumn::Count - 1));
    }
}

// ---- order

bool MonitorModel::followsValues() const
{
    const bool byValue = m_sortColumn >= 0 && !isText(m_sortColumn) && m_sortColumn != HealthColumn::Interval;
    return byValue || !m_filter.showsAll();
}

void MonitorModel::arrangeSoon()
{
    m_orderIsOld = true;
    if (!m_resort.isActive())
        m_resort.start();
}

void MonitorModel::setFilter(const MonitorFilter &filter)
{
    m_filter = filter;
    arrange();
}

void MonitorModel::setGrouped(bool grouped)
{
    if (grouped == m_grouped)
        return;
    m_grouped = grouped;
    arrange();
}

void MonitorModel::toggle(int row)
{
    if (row < 0 || row >= m_rows.size() || m_rows[row] >= 0)
        return;
    const QString group = m_groups[-1 - m_rows[row]].name;
    setOpen(group, !isOpen(group));
}

void MonitorModel::setOpen(const QString &group, bool open)
{
    if (open == isOpen(group))
        return;
    if (open)
        m_closed.remove(group);
    else
        m_closed.insert(group);
    arrange();
}

void MonitorModel::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column;
    m_order = order;
    arrange();
}

void MonitorModel::orderMonitors(QList<int> *monitors) const
{
    if (m_sortColumn < 0)
        return;
    struct Keyed
    {
        double number = 0;
        QString text;
        bool known = true;
        int monitor = 0;
    };
    const bool text = isText(m_sortColumn);
    std::vector<Keyed> keyed;
    keyed.reserve(size_t(monitors->size()));
    for (const int i : std::as_const(*monitors)) {
        Keyed each;
        each.monitor = i;
        if (text) {
            each.text = textOf(monitorOf(i), m_sortColumn);
        } else {
            const std::optional<double> number = sortNumber(monitorOf(i), m_entries[size_t(i)].digest, m_sortColumn);
            each.known = number.has_value();
            each.number = number.value_or(0);
        }
        keyed.push_back(std::move(each));
    }
    const bool up = m_order == Qt::AscendingOrder;
    std::stable_sort(keyed.begin(), keyed.end(), [text, up](const Keyed &a, const Keyed &b) {
        // What was not measured stands last in either order.
        if (a.known != b.known)
            return a.known;
        if (text)
            return up ? a.text < b.text : b.text < a.text;
        return up ? a.number < b.number : b.number < a.number;
    });
    for (size_t i = 0; i < keyed.size(); ++i)
        (*monitors)[qsizetype(i)] = keyed[i].monitor;
}

/// What the headings say: the worst state, and how many of each.
void MonitorModel::fillGroups(const QList<int> &monitors)
{
    struct Counts
    {
        int all = 0, down = 0, degraded = 0, unknown = 0, paused = 0;
        int worst = 7;
        State state = State::Unknown;
    };
    QList<Counts> counts(m_groups.size());
    for (const int i : monitors) {
        const Entry &entry = m_entries[size_t(i)];
        Counts &of = counts[entry.group];
        ++of.all;
        of.down += isOf(StateChoice::Down, entry.digest);
        of.degraded += isOf(StateChoice::Degraded, entry.digest);
        of.unknown += isOf(StateChoice::Unknown, entry.digest);
        of.paused += isOf(StateChoice::Paused, entry.digest);
        if (const int bad = badness(entry.digest); bad < of.worst) {
            of.worst = bad;
            of.state = entry.digest.state;
        }
    }
    for (qsizetype i = 0; i < m_groups.size(); ++i) {
        const Counts &of = counts[i];
        Group &group = m_groups[i];
        group.shown = of.all;
        group.state = of.state;
        group.badness = of.worst;
        QStringList parts;
        const auto add = [&parts](int count, const char *word) {
            if (count > 0)
                parts.append(QStringLiteral("%1 %2").arg(count).arg(QLatin1StringView(word)));
        };
        add(of.down, "down");
        add(of.degraded, "degraded");
        add(of.unknown, "unknown");
        add(of.paused, "paused");
        add(of.all - of.down - of.degraded - of.unknown - of.paused, "up");
        group.text = QStringLiteral("%1: %2").arg(group.name.isEmpty() ? QStringLiteral("No group") : group.name,
                                                  parts.join(QStringLiteral(", ")));
    }
}

QList<MonitorModel::RowId> MonitorModel::wanted()
{
    QList<int> monitors;
    monitors.reserve(total());
    for (int i = 0; i < total(); ++i) {
        const Entry &entry = m_entries[size_t(i)];
        if (m_filter.matches(entry.search, entry.digest))
            monitors.append(i);
    }
    m_matching = int(monitors.size());
    orderMonitors(&monitors);
    if (!m_grouped)
        return monitors;
    fillGroups(monitors);
    QList<QList<int>> of(m_groups.size());
    for (const int i : std::as_const(monitors))
        of[m_entries[size_t(i)].group].append(i);
    QList<RowId> rows;
    rows.reserve(monitors.size() + m_groups.size());
    for (qsizetype group = 0; group < m_groups.size(); ++group) {
        if (of[group].isEmpty())
            continue;
        rows.append(int(-1 - group));
        if (isOpen(m_groups[group].name))
            rows.append(of[group]);
    }
    return rows;
}

void MonitorModel::fillPlaces()
{
    m_placeOfMonitor.fill(-1, total());
    m_placeOfGroup.fill(-1, m_groups.size());
    for (int row = 0; row < m_rows.size(); ++row) {
        if (m_rows[row] >= 0)
            m_placeOfMonitor[m_rows[row]] = row;
        else
            m_placeOfGroup[-1 - m_rows[row]] = row;
    }
}

/// The same rows in another order: the selection goes with them.
void MonitorModel::permute(const QList<RowId> &next)
{
    if (next == m_rows)
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QList<RowId> old = std::exchange(m_rows, next);
    fillPlaces();
    const QModelIndexList before = persistentIndexList();
    QModelIndexList after;
    after.reserve(before.size());
    for (const QModelIndex &each : before) {
        const RowId id = old[each.row()];
        after.append(index(id >= 0 ? m_placeOfMonitor[id] : m_placeOfGroup[-1 - id], each.column()));
    }
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

/// However many rows come and go, one stretch goes from the end and one comes there: each further one would cost the
/// view as much as all.
void MonitorModel::arrange()
{
    m_orderIsOld = false;
    const QList<RowId> next = wanted();
    if (next == m_rows) {
        tellHeadings();
        Q_EMIT countsChanged();
        return;
    }
    const auto place = [this](RowId id) { return id >= 0 ? m_placeOfMonitor[id] : m_placeOfGroup[-1 - id]; };
    std::vector<bool> stays(size_t(m_rows.size()), false);
    QList<RowId> staying;
    QList<RowId> coming;
    for (const RowId id : next) {
        if (const int row = place(id); row >= 0) {
            stays[size_t(row)] = true;
            staying.append(id);
        } else {
            coming.append(id);
        }
    }
    if (staying.size() < m_rows.size()) {
        QList<RowId> leaving;
        for (int row = 0; row < m_rows.size(); ++row) {
            if (!stays[size_t(row)])
                leaving.append(m_rows[row]);
        }
        permute(staying + leaving);
        beginRemoveRows({}, int(staying.size()), int(m_rows.size()) - 1);
        m_rows = staying;
        fillPlaces();
        endRemoveRows();
    }
    if (!coming.isEmpty()) {
        beginInsertRows({}, int(m_rows.size()), int(m_rows.size() + coming.size()) - 1);
        m_rows += coming;
        fillPlaces();
        endInsertRows();
    }
    permute(next);
    tellHeadings();
    Q_EMIT countsChanged();
}

} // namespace Switchyard
