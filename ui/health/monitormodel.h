// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/health/monitorfilter.h"

#include <QAbstractTableModel>
#include <QCache>
#include <QSet>
#include <QTimer>

#include <array>
#include <functional>
#include <vector>

namespace Switchyard {

/// The monitors as rows, thousands of them while their figures change: only what changed is told, at most four times
/// a second; the order follows the values once a second; figures are counted a few milliseconds at a time, those in
/// view first. It filters, groups and sorts by itself (for Table::SortsItself), and the selection goes with the rows.
///
/// Thread: GUI. A MonitorSet that is destroyed takes its rows with it.
class MonitorModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    /// Roles beside those of every table.
    enum
    {
        HeadingRole = 0x0200, ///< QString: the line of a group; invalid for a monitor
    };

    explicit MonitorModel(QObject *parent = nullptr);

    /// Takes all monitors anew; `limitMs` colours a latency.
    void setSource(const MonitorSet *set, double limitMs);
    /// Where something else than the set measures: fills a digest. Empty: the set does. Reads all rows anew.
    using ReadDigest = std::function<void(const Monitor &, MonitorDigest *)>;
    void setReading(ReadDigest read);
    /// These have changed; told to the views with the next ones.
    void noteChanged(const QList<int> &indices);
    /// Live updates stand still; what was asked of the rows by a person is still done.
    void setStill(bool still);
    /// Nobody looks: states are counted, figures wait.
    void setWatched(bool watched);
    void setFilter(const MonitorFilter &filter);
    const MonitorFilter &filter() const { return m_filter; }
    void setGrouped(bool grouped);
    bool isGrouped() const { return m_grouped; }
    /// Opens or closes a group; not for a monitor's row.
    void toggle(int row);
    void setOpen(const QString &group, bool open);
    bool isOpen(const QString &group) const { return !m_closed.contains(group); }

    int total() const { return int(m_entries.size()); }
    /// Monitors that the filter lets through, those in closed groups too.
    int matching() const { return m_matching; }
    /// How many are of this kind, whether shown or not.
    int countOf(StateChoice choice) const { return m_counts[size_t(choice)]; }
    bool anyAsked() const { return m_anyAsked; }
    /// Index in the set; -1: a group's heading.
    int monitorAt(int row) const;
    QString groupAt(int row) const;
    /// -1: it is not shown.
    int rowOf(const QString &key) const;
    const MonitorDigest &digest(int monitor) const { return m_entries[size_t(monitor)].digest; }
    /// The filter lets it through.
    bool matches(int monitor) const;
    /// Figures that wait to be counted.
    qsizetype waiting() const { return m_queue.size(); }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

Q_SIGNALS:
    /// Counts of states, or what is shown, may have changed.
    void countsChanged();

private:
    struct Entry
    {
        MonitorDigest digest;
        QString search;
        QString key;
        int group = 0;       ///< place in m_groups
        bool stale = true;   ///< the figures are older than the last sample
        bool queued = false; ///< in m_queue
    };
    struct Group
    {
        QString name;
        QString text; ///< of the heading
        State state = State::Unknown;
        int shown = 0;
        int badness = 0;
    };
    /// A monitor by its index; a group's heading as -1 - its place.
    using RowId = int;

    void flush();
    void readDigest(int monitor);
    void growOlder();
    void countSlice();
    void count(int monitor) const;
    void countStates();
    QList<RowId> wanted();
    void orderMonitors(QList<int> *monitors) const;
    void fillGroups(const QList<int> &monitors);
    void arrange();
    void arrangeSoon();
    void permute(const QList<RowId> &next);
    void fillPlaces();
    void tellChanged(const QList<int> &monitors);
    void tellHeadings();
    QVariant headingData(const Group &group, int column, int role) const;
    bool followsValues() const;
    const Monitor &monitorOf(int monitor) const { return m_set->record(monitor).monitor; }

    const MonitorSet *m_set = nullptr;
    QMetaObject::Connection m_gone;
    double m_limitMs = 0;
    mutable std::vector<Entry> m_entries;
    QList<Group> m_groups;
    QList<RowId> m_rows;
    QList<int> m_placeOfMonitor; ///< row, or -1
    QList<int> m_placeOfGroup;
    mutable QCache<int, QList<double>> m_trends;
    /// A view asks for a cell's roles one after the other; each time the whole cell would be made.
    mutable Cell m_cell;
    mutable int m_cellMonitor = -1;
    mutable int m_cellColumn = 0;
    MonitorFilter m_filter;
    QSet<QString> m_closed;
    bool m_grouped = false;
    bool m_still = false;
    bool m_watched = true;
    bool m_anyAsked = false;
    bool m_orderIsOld = false;
    int m_sortColumn = -1;
    Qt::SortOrder m_order = Qt::AscendingOrder;
    int m_matching = 0;
    std::array<int, stateChoices> m_counts{};
    QSet<int> m_changed;
    QList<int> m_queue;
    QList<int> m_counted; ///< figures that were counted since the views were told
    ReadDigest m_read;
    QTimer m_flush, m_slice, m_resort, m_age;
};

} // namespace Switchyard
