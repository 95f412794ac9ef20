// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/eventmodel.h"

#include "ui/common/format.h"
#include "ui/common/roles.h"
#include "ui/redeploy/sessionrows.h"

namespace Switchyard {

int EventModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_events.size());
}

int EventModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    static const QStringList names{QStringLiteral("Time"), QStringLiteral("Event"), QStringLiteral("Subject"),
                                   QStringLiteral("What happened")};
    return orientation == Qt::Horizontal && role == Qt::DisplayRole ? QVariant(names.value(section)) : QVariant();
}

QVariant EventModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Event &event = m_events[index.row()];
    const qint64 wallMs = m_originWallMs + event.us / 1000;
    if (role == Role::Key)
        return QString::number(event.id);
    if (role == Role::Sort)
        return index.column() == Time ? QVariant(event.us) : data(index, Qt::DisplayRole);
    if (role == Role::StateValue)
        return index.column() == Kind ? QVariant(int(eventState(event))) : QVariant();
    if (role == Qt::ToolTipRole)
        return index.column() == Time ? QStringLiteral("%1\n%2 s after the session's start")
                                            .arg(utcTime(wallMs))
                                            .arg(event.seconds(), 0, 'f', 3)
                                      : data(index, Qt::DisplayRole);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Time:
        return localTime(wallMs, true);
    case Kind:
        return eventKindName(event.kind);
    case Subject:
        return event.subject;
    default:
        return eventText(event);
    }
}

void EventModel::begin(qint64 originWallMs)
{
    beginResetModel();
    m_events.clear();
    m_originWallMs = originWallMs;
    endResetModel();
}

void EventModel::append(const QList<Event> &events)
{
    if (events.isEmpty())
        return;
    const int at = int(m_events.size());
    beginInsertRows({}, at, at + int(events.size()) - 1);
    m_events += events;
    endInsertRows();
}

} // namespace Switchyard
