// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

class QSortFilterProxyModel;

namespace Switchyard {

/// The table every page uses: compact rows, whole-row selection, sorting by Role::Sort, Ctrl+C copies the selected rows
/// as TSV with their header.
class Table final : public QTableView
{
    Q_OBJECT
public:
    /// `model` stays owned by the caller and must outlive the table.
    Table(QAbstractItemModel *model, const QString &name, const QString &accessibleName, QWidget *parent = nullptr);
    /// For a model that sorts and filters by itself: no proxy stands between.
    struct SortsItself
    {
    };
    Table(SortsItself, QAbstractItemModel *model, const QString &name, const QString &accessibleName,
          QWidget *parent = nullptr);

    /// nullptr where the model sorts by itself.
    QSortFilterProxyModel *proxy() const { return m_proxy; }
    /// The key of the current row; empty without one.
    QString currentKey() const;
    void selectKey(const QString &key);
    /// The selected rows, or all rows shown where none is selected, as TSV with a header line. Columns as they stand,
    /// in this form and the others: hidden ones are left out.
    QString toTsv() const;
    /// The same rows as CSV (RFC 4180) with raw figures, and no cell that a spreadsheet would take for a formula.
    QString toCsv() const;
    /// The same rows as an array of objects, figures raw, and as a table of Markdown.
    QByteArray toJson() const;
    QString toMarkdown() const;
    void copyRows() const;
    void setWidths(const QList<int> &widths);

Q_SIGNALS:
    void currentKeyChanged(const QString &key);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    QList<int> chosenRows() const;
    QList<int> shownColumns() const;
    QVariant rawValue(const QModelIndex &index) const;
    void setUp(const QString &name, const QString &accessibleName);

    QSortFilterProxyModel *m_proxy = nullptr;
};

} // namespace Switchyard
