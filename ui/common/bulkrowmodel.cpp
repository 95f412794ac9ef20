// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/bulkrowmodel.h"

#include "ui/common/roles.h"

#include <algorithm>

namespace Switchyard {

namespace {

QVariant sortValue(const Row &row, int column)
{
    return column < row.cells.size() ? cellData(row.cells[column], Role::Sort) : QVariant();
}

bool isText(const QVariant &value)
{
    return value.typeId() == QMetaType::QString;
}

} // namespace

BulkRowModel::BulkRowModel(QStringList columns, QObject *parent)
    : QAbstractTableModel(parent)
    , m_columns(std::move(columns))
{
}

int BulkRowModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_shown.size());
}

int BulkRowModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_columns.size());
}

QVariant BulkRowModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_shown[index.row()];
    if (role == Role::Key)
        return row.key;
    return index.column() < row.cells.size() ? cellData(row.cells[index.column()], role) : QVariant();
}

QVariant BulkRowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= m_columns.size())
        return {};
    if (role == Qt::TextAlignmentRole) {
        // The heading stands where the figures stand.
        const bool right =
            !m_shown.isEmpty() && section < m_shown.first().cells.size() && m_shown.first().cells[section].right;
        return int((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    return role == Qt::DisplayRole ? QVariant(m_columns[section]) : QVariant();
}

void BulkRowModel::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column;
    m_order = order;
    arrange();
}

void BulkRowModel::setRows(const QList<Row> &rows)
{
    m_all = rows;
    arrange();
}

void BulkRowModel::setFilter(Filter filter)
{
    m_filter = std::move(filter);
    arrange();
}

void BulkRowModel::arrange()
{
    QList<Row> next;
    if (m_filter)
        std::copy_if(m_all.cbegin(), m_all.cend(), std::back_inserter(next), m_filter);
    else
        next = m_all;
    if (m_sortColumn >= 0) {
        std::stable_sort(next.begin(), next.end(), [this](const Row &a, const Row &b) {
            const QVariant left = sortValue(a, m_sortColumn);
            const QVariant right = sortValue(b, m_sortColumn);
            // A dash among figures cannot be compared with them: it stands last in either order.
            if (isText(left) != isText(right))
                return isText(right);
            const QPartialOrdering order = QVariant::compare(left, right);
            return m_order == Qt::AscendingOrder ? order == QPartialOrdering::Less : order == QPartialOrdering::Greater;
        });
    }
    const qsizetype least = std::min(m_shown.size(), next.size());
    qsizetype head = 0;
    while (head < least && m_shown[head].key == next[head].key)
        ++head;
    qsizetype tail = 0;
    while (tail < least - head && m_shown[m_shown.size() - 1 - tail].key == next[next.size() - 1 - tail].key)
        ++tail;
    if (const qsizetype gone = m_shown.size() - head - tail; gone > 0) {
        beginRemoveRows({}, int(head), int(head + gone - 1));
        m_shown.remove(head, gone);
        endRemoveRows();
    }
    if (const qsizetype come = next.size() - head - tail; come > 0) {
        beginInsertRows({}, int(head), int(head + come - 1));
        m_shown = next;
        endInsertRows();
    }
    m_shown = std::move(next);
    if (!m_shown.isEmpty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

} // namespace Switchyard
