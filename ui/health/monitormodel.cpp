// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/monitormodel.h"

#include "ui/common/roles.h"
#include "ui/common/turns.h"
#include "ui/health/readingrows.h"

#include <QElapsedTimer>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int tellEveryMs = 250;
constexpr int ageEveryMs = 2'000;
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

} // namespace

MonitorModel::MonitorModel(QObject *parent)
    : QAbstractTableModel(parent)
    , m_trends(keptTrends)
{
    m_flush.setSingleShot(true);
    m_flush.setInterval(tellEveryMs);
    connect(&m_flush, &QTimer::timeout, this, [this] {
        inOwnTurn(this, "flush", [this] {
            if (!m_still)
                flush();
        });
    });
    m_slice.setSingleShot(true);
    m_slice.setInterval(betweenSlicesMs);
    connect(&m_slice, &QTimer::timeout, this, [this] { inOwnTurn(this, "figures", [this] { countSlice(); }); });
    m_age.setInterval(ageEveryMs);
    connect(&m_age, &QTimer::timeout, this, &MonitorModel::growOlder);
    m_age.start();
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
        const QString read = m_read ? readingColumnTip(section) : QString();
        const QString tip = read.isEmpty() ? healthColumnTip(section) : read;
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
    if (column != HealthColumn::Trend || entry.digest.isRead) {
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
        readDigest(i);
    }
    m_rows = wanted();
    fillPlaces();
    endResetModel();
    countStates();
    if (!m_queue.isEmpty())
        m_slice.start();
    Q_EMIT countsChanged();
}

void MonitorModel::setReading(ReadDigest read)
{
    if (!read && !m_read)
        return;
    m_read = std::move(read);
    for (int i = 0; i < total(); ++i) {
        m_entries[size_t(i)].digest = {};
        m_changed.insert(i);
    }
    m_queue.clear();
    for (Entry &entry : m_entries)
        entry.queued = false;
    flush();
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, HealthColumn::Count - 1);
}

/// What it says now, and that its figures are to be counted.
void MonitorModel::readDigest(int monitor)
{
    Entry &entry = m_entries[size_t(monitor)];
    if (m_read) {
        m_read(monitorOf(monitor), &entry.digest);
        entry.stale = false;
        return;
    }
    readState(m_set->record(monitor), &entry.digest);
    entry.stale = true;
    if (!entry.queued) {
        entry.queued = true;
        m_queue.append(monitor);
    }
}

/// Ages are those of the moment in which they are looked at.
void MonitorModel::growOlder()
{
    if (!m_watched || m_still || m_rows.isEmpty())
        return;
    m_cellMonitor = -1;
    Q_EMIT dataChanged(index(0, HealthColumn::Age), index(int(m_rows.size()) - 1, HealthColumn::Age));
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
        readDigest(i);
        m_trends.remove(i);
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

} // namespace Switchyard
