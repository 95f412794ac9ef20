// SPDX-License-Identifier: GPL-3.0-or-later
// In which order the model has its rows, in which groups, and how they come and go.
#include "ui/health/monitormodel.h"

#include <algorithm>

namespace Switchyard {

namespace {

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
