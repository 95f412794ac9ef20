// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/table.h"

#include "ui/common/csv.h"
#include "ui/common/delegates.h"
#include "ui/common/roles.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
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

QList<int> Table::shownColumns() const
{
    QList<int> columns;
    for (int visual = 0; visual < model()->columnCount(); ++visual) {
        const int column = horizontalHeader()->logicalIndex(visual);
        if (!isColumnHidden(column))
            columns.append(column);
    }
    return columns;
}

QString Table::toTsv() const
{
    const QList<int> columns = shownColumns();
    QStringList lines;
    QStringList cells;
    for (const int column : columns)
        cells.append(model()->headerData(column, Qt::Horizontal).toString());
    lines.append(cells.join(QLatin1Char('\t')));
    for (const int row : chosenRows()) {
        cells.clear();
        for (const int column : columns)
            cells.append(pasteable(model()->index(row, column).data().toString().simplified()));
        lines.append(cells.join(QLatin1Char('\t')));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

/// A figure raw; a word that is sorted by a rank is still exported as the word.
QVariant Table::rawValue(const QModelIndex &index) const
{
    const QVariant raw = index.data(Role::Sort);
    const bool number =
        raw.typeId() == QMetaType::Double || raw.typeId() == QMetaType::LongLong || raw.typeId() == QMetaType::Int;
    return number && !index.data(Role::StateValue).isValid() ? raw : index.data();
}

QString Table::toCsv() const
{
    const QList<int> columns = shownColumns();
    QVariantList cells;
    for (const int column : columns)
        cells.append(model()->headerData(column, Qt::Horizontal));
    QString text = csvLine(cells);
    for (const int row : chosenRows()) {
        cells.clear();
        for (const int column : columns)
            cells.append(rawValue(model()->index(row, column)));
        text += csvLine(cells);
    }
    return text;
}

QByteArray Table::toJson() const
{
    const QList<int> columns = shownColumns();
    QJsonArray rows;
    for (const int row : chosenRows()) {
        QJsonObject object;
        for (const int column : columns)
            object.insert(model()->headerData(column, Qt::Horizontal).toString(),
                          QJsonValue::fromVariant(rawValue(model()->index(row, column))));
        rows.append(object);
    }
    return QJsonDocument(rows).toJson();
}

QString Table::toMarkdown() const
{
    const QList<int> columns = shownColumns();
    const auto line = [](const QStringList &cells) {
        return QStringLiteral("| ") + cells.join(QStringLiteral(" | ")) + QStringLiteral(" |\n");
    };
    const auto cell = [](QString text) {
        for (const char c : {'\\', '|', '<', '*', '_', '`', '['})
            text.replace(QLatin1Char(c), QLatin1Char('\\') + QString(QLatin1Char(c)));
        return text.simplified();
    };
    QStringList heads;
    QStringList rules;
    for (const int column : columns) {
        heads.append(cell(model()->headerData(column, Qt::Horizontal).toString()));
        rules.append(QStringLiteral("---"));
    }
    QString text = line(heads) + line(rules);
    for (const int row : chosenRows()) {
        QStringList cells;
        for (const int column : columns)
            cells.append(cell(model()->index(row, column).data().toString()));
        text += line(cells);
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
