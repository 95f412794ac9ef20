// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/rowmodel.h"

#include <functional>

namespace Switchyard {

/// Thousands of rows that change all at once, as often as somebody types. It sorts and filters by itself (for
/// Table::SortsItself), and tells the view of at most one stretch that went and one that came, so that the selection
/// outside them survives and nothing is done row by row.
class BulkRowModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    using Filter = std::function<bool(const Row &row)>;

    explicit BulkRowModel(QStringList columns, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// By Role::Sort; column -1: the order in which the rows were given.
    void sort(int column, Qt::SortOrder order) override;

    void setRows(const QList<Row> &rows);
    /// No filter: every row is shown.
    void setFilter(Filter filter);
    qsizetype count() const { return m_all.size(); } ///< with those that are filtered away
    const QList<Row> &shown() const { return m_shown; }

private:
    void arrange();

    QStringList m_columns;
    QList<Row> m_all;
    QList<Row> m_shown;
    Filter m_filter;
    int m_sortColumn = -1;
    Qt::SortOrder m_order = Qt::AscendingOrder;
};

} // namespace Switchyard
