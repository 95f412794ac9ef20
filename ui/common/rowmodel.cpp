// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/rowmodel.h"

#include "ui/common/format.h"
#include "ui/common/roles.h"

#include <QSet>

namespace Switchyard {

RowModel::RowModel(QStringList columns, QObject *parent)
    : QAbstractTableModel(parent)
    , m_columns(std::move(columns))
{
}

int RowModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int RowModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_columns.size());
}

QVariant RowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= m_columns.size())
        return {};
    if (role == Qt::TextAlignmentRole) {
        // The heading stands where the figures stand.
        const bool right =
            !m_rows.isEmpty() && section < m_rows.first().cells.size() && m_rows.first().cells[section].right;
        return int((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    return role == Qt::DisplayRole ? QVariant(m_columns[section]) : QVariant();
}

QVariant RowModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[index.row()];
    if (role == Role::Key)
        return row.key;
    if (index.column() >= row.cells.size())
        return {};
    return cellData(row.cells[index.column()], role);
}

QVariant cellData(const Cell &cell, int role)
{
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::ToolTipRole:
        return cell.tip.isEmpty() ? QVariant() : QVariant(plainTip(cell.tip));
    case Qt::TextAlignmentRole:
        return int((cell.right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Role::Sort:
        return cell.sort.isValid() ? cell.sort : QVariant(cell.text);
    case Role::StateValue:
        return cell.state ? QVariant(int(*cell.state)) : QVariant();
    case Role::LimitState:
        return cell.limit ? QVariant(int(*cell.limit)) : QVariant();
    case Role::Faded:
        return cell.faded;
    case Role::Series:
        return cell.series;
    case Role::Share:
        return cell.share;
    case Role::Shape:
        return cell.shape.isEmpty() ? QVariant() : QVariant(cell.shape);
    default:
        return {};
    }
}

int RowModel::find(const QString &key, int from) const
{
    for (int i = from; i < m_rows.size(); ++i) {
        if (m_rows[i].key == key)
            return i;
    }
    return -1;
}

void RowModel::merge(const QList<Row> &rows)
{
    QSet<QString> wanted;
    for (const Row &row : rows)
        wanted.insert(row.key);
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        if (wanted.contains(m_rows[i].key))
            continue;
        beginRemoveRows({}, i, i);
        m_rows.removeAt(i);
        endRemoveRows();
    }
    for (int i = 0; i < rows.size(); ++i) {
        const int at = find(rows[i].key, i);
        if (at < 0) {
            beginInsertRows({}, i, i);
            m_rows.insert(i, rows[i]);
            endInsertRows();
            continue;
        }
        if (at != i) {
            beginMoveRows({}, at, at, {}, i);
            m_rows.move(at, i);
            endMoveRows();
        }
        if (m_rows[i] != rows[i]) {
            m_rows[i] = rows[i];
            Q_EMIT dataChanged(index(i, 0), index(i, columnCount() - 1));
        }
    }
}

Cell figureCell(const QString &text, const QVariant &sort, bool faded)
{
    Cell cell;
    cell.text = text;
    cell.sort = sort;
    cell.faded = faded;
    cell.right = true;
    return cell;
}

} // namespace Switchyard
