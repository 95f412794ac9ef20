// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"

#include <QAbstractTableModel>
#include <QSet>
#include <QTimer>

#include <functional>
#include <optional>

namespace Switchyard {

/// Which events are shown.
struct EventFilter
{
    QString text;                  ///< in any column, without regard to case
    std::optional<EventKind> kind; ///< absent: every kind
    QString subject;               ///< socket or endpoint; empty: every one
    QSet<int> ids;                 ///< only these; empty: all
    bool isEmpty() const { return text.isEmpty() && !kind && subject.isEmpty() && ids.isEmpty(); }
    bool operator==(const EventFilter &) const = default;
};

/// The events of a session as a table that sorts and filters by itself, for a hundred thousand rows and more: it grows
/// at its end, makes texts only for rows that are looked at, filters in slices of a few milliseconds, and sorts on a
/// worker thread.
///
/// Thread: GUI.
class EventModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        Time,
        Kind,
        Subject,
        What,
        ColumnCount
    };
    explicit EventModel(QObject *parent = nullptr);
    ~EventModel() override;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// Time sorts at once; other columns are sorted on a worker, and the rows move when it is done.
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    /// Another session: everything shown so far goes, the filter stays.
    void begin(qint64 originWallMs);
    void append(const QList<Event> &events);
    void setFilter(const EventFilter &filter);
    const EventFilter &filter() const { return m_filter; }
    const QList<Event> &events() const { return m_events; }
    /// The event of an id; nullptr where it is not here.
    const Event *event(int id) const;
    /// The row of an event; negative where it is not shown.
    int rowOf(int id) const;
    /// The filter has not looked at all events yet.
    bool isScanning() const { return m_scanned < m_events.size(); }
    bool isSorting() const { return m_sorting; }
    qint64 originWallMs() const { return m_originWallMs; }

Q_SIGNALS:
    /// Everything is looked at and in order.
    void settled();

private:
    bool matches(const Event &event) const;
    void scan();
    void relayout(const std::function<void()> &change);
    void startSort();
    void takeOrder(int run, const QList<int> &order);
    int place(int row) const;
    bool naturalOrder() const { return m_column <= Time; }
    void settleIfDone();

    QList<Event> m_events;
    QList<int> m_rows; ///< indexes of the events shown
    EventFilter m_filter;
    qsizetype m_scanned = 0; ///< events before this one have been looked at
    int m_column = -1;
    Qt::SortOrder m_order = Qt::AscendingOrder;
    int m_run = 0; ///< number of the last sort; older ones come too late
    bool m_sorting = false;
    bool m_sortStale = false;
    QTimer m_scanTimer, m_sortTimer;
    qint64 m_originWallMs = 0;
};

} // namespace Switchyard
