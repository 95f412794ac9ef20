// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/table.h"

#include "ui/common/delegates.h"
#include "ui/common/roles.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <QSortFilterProxyModel>

#include <algorithm>

namespace Switchyard {

Table::Table(QAbstractItemModel *model, const QString &name, const QString &accessibleName, QWidget *parent)
    : QTableView(parent)
    , m_proxy(new QSortFilterProxyModel(this))
{
    setObjectName(name);
    setAccessibleName(accessibleName);
    m_proxy->setSourceModel(model);
    m_proxy->setSortRole(Role::Sort);
    m_proxy->setFilterKeyColumn(-1);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    setModel(m_proxy);
    setItemDelegate(new CellDelegate(this));
    setShowGrid(false);
    setWordWrap(false);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setTabKeyNavigation(false);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(22);
    verticalHeader()->setMinimumSectionSize(20);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionsMovable(true);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setStretchLastSection(true);
    setSortingEnabled(true);
    sortByColumn(-1, Qt::AscendingOrder);
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this] { Q_EMIT currentKeyChanged(currentKey()); });
}

QString Table::currentKey() const
{
    const QModelIndex current = currentIndex();
    return current.isValid() ? current.siblingAtColumn(0).data(Role::Key).toString() : QString();
}

void Table::selectKey(const QString &key)
{
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        const QModelIndex index = m_proxy->index(row, 0);
        if (index.data(Role::Key).toString() == key) {
            selectRow(row);
            setCurrentIndex(index);
            return;
        }
    }
}

QList<int> Table::chosenRows() const
{
    QList<int> rows;
    for (const QModelIndex &index : selectionModel()->selectedRows())
        rows.append(index.row());
    std::sort(rows.begin(), rows.end());
    if (rows.isEmpty()) {
        for (int row = 0; row < m_proxy->rowCount(); ++row)
            rows.append(row);
    }
    return rows;
}

QString Table::toCsv() const
{
    const auto quoted = [](QString text) {
        static const QString formula = QStringLiteral("=+-@\t\r");
        if (!text.isEmpty() && formula.contains(text.at(0)))
            text.prepend(QLatin1Char('\''));
        return QLatin1Char('"') + text.replace(QLatin1Char('"'), QStringLiteral("\"\"")) + QLatin1Char('"');
    };
    const int columns = m_proxy->columnCount();
    QString csv;
    for (int column = 0; column < columns; ++column)
        csv += (column > 0 ? QStringLiteral(",") : QString()) +
               quoted(m_proxy->headerData(column, Qt::Horizontal).toString());
    csv += QStringLiteral("\r\n");
    for (const int row : chosenRows()) {
        for (int column = 0; column < columns; ++column) {
            const QModelIndex index = m_proxy->index(row, column);
            const QVariant raw = index.data(Role::Sort);
            bool number = false;
            raw.toDouble(&number);
            const bool figure = number && raw.typeId() != QMetaType::QString && raw.typeId() != QMetaType::Bool;
            csv += (column > 0 ? QStringLiteral(",") : QString()) +
                   (figure ? raw.toString() : quoted(index.data().toString()));
        }
        csv += QStringLiteral("\r\n");
    }
    return csv;
}

QString Table::toTsv() const
{
    const QList<int> rows = chosenRows();
    const int columns = m_proxy->columnCount();
    QStringList lines;
    QStringList cells;
    for (int column = 0; column < columns; ++column)
        cells.append(m_proxy->headerData(column, Qt::Horizontal).toString());
    lines.append(cells.join(QLatin1Char('\t')));
    for (const int row : rows) {
        cells.clear();
        for (int column = 0; column < columns; ++column)
            cells.append(m_proxy->index(row, column).data().toString().simplified());
        lines.append(cells.join(QLatin1Char('\t')));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

void Table::copyRows() const
{
    QApplication::clipboard()->setText(toTsv());
}

void Table::setWidths(const QList<int> &widths)
{
    for (int column = 0; column < widths.size(); ++column)
        setColumnWidth(column, widths[column]);
}

void Table::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy))
        return copyRows();
    // The space bar pauses the page.
    if (event->key() == Qt::Key_Space)
        return event->ignore();
    QTableView::keyPressEvent(event);
}

} // namespace Switchyard
