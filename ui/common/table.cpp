// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/table.h"

#include "ui/common/csv.h"
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
    m_proxy->setSourceModel(model);
    m_proxy->setSortRole(Role::Sort);
    m_proxy->setFilterKeyColumn(-1);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    setModel(m_proxy);
    setUp(name, accessibleName);
    sortByColumn(-1, Qt::AscendingOrder);
}

Table::Table(SortsItself, QAbstractItemModel *model, const QString &name, const QString &accessibleName,
             QWidget *parent)
    : QTableView(parent)
{
    setModel(model);
    setUp(name, accessibleName);
}

void Table::setUp(const QString &name, const QString &accessibleName)
{
    setObjectName(name);
    setAccessibleName(accessibleName);
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
    // Before sorting is switched on, or the view sorts at once by a column nobody has chosen.
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    setSortingEnabled(true);
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
    for (int row = 0; row < model()->rowCount(); ++row) {
        const QModelIndex index = model()->index(row, 0);
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
        for (int row = 0; row < model()->rowCount(); ++row)
            rows.append(row);
    }
    return rows;
}

namespace {

/// A spreadsheet takes a cell that begins so for a formula; a number it may have.
QString pasteable(const QString &text)
{
    static const QString formula = QStringLiteral("=+-@");
    bool number = false;
    text.toDouble(&number);
    return !text.isEmpty() && formula.contains(text.front()) && !number ? QLatin1Char('\'') + text : text;
}

} // namespace

QString Table::toTsv() const
{
    const QList<int> rows = chosenRows();
    const int columns = model()->columnCount();
    QStringList lines;
    QStringList cells;
    for (int column = 0; column < columns; ++column)
        cells.append(model()->headerData(column, Qt::Horizontal).toString());
    lines.append(cells.join(QLatin1Char('\t')));
    for (const int row : rows) {
        cells.clear();
        for (int column = 0; column < columns; ++column)
            cells.append(pasteable(model()->index(row, column).data().toString().simplified()));
        lines.append(cells.join(QLatin1Char('\t')));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QString Table::toCsv() const
{
    QVariantList cells;
    for (int column = 0; column < model()->columnCount(); ++column)
        cells.append(model()->headerData(column, Qt::Horizontal));
    QString text = csvLine(cells);
    for (const int row : chosenRows()) {
        cells.clear();
        for (int column = 0; column < model()->columnCount(); ++column) {
            const QModelIndex index = model()->index(row, column);
            const QVariant raw = index.data(Role::Sort);
            // A word that is sorted by a rank is still exported as the word.
            const bool number = raw.typeId() == QMetaType::Double || raw.typeId() == QMetaType::LongLong ||
                                raw.typeId() == QMetaType::Int;
            cells.append(number && !index.data(Role::StateValue).isValid() ? raw : index.data());
        }
        text += csvLine(cells);
    }
    return text;
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
