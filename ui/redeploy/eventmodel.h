// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"

#include <QAbstractTableModel>

namespace Switchyard {

/// The events of a session as a table; it grows at its end and makes texts only for the rows that are looked at.
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
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Another session: everything shown so far goes.
    void begin(qint64 originWallMs);
    void append(const QList<Event> &events);
    const QList<Event> &events() const { return m_events; }

private:
    QList<Event> m_events;
    qint64 m_originWallMs = 0;
};

} // namespace Switchyard
