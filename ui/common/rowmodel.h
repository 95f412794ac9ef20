// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/theme.h"

#include <QAbstractTableModel>

#include <optional>

namespace Switchyard {

/// What one cell says. The delegates make shapes, colours and lines of it.
struct Cell
{
    QString text;
    QVariant sort;                   ///< raw value; invalid: the text
    std::optional<State> state = {}; ///< shape before the word
    std::optional<State> limit = {}; ///< a figure that kept or broke its threshold
    QString tip = {};
    bool faded = false;
    bool right = false;   ///< figures stand right
    QVariant series = {}; ///< QList<double>
    QVariant share = {};  ///< 0 to 1
    QString shape = {};   ///< for the state's own
    bool operator==(const Cell &) const = default;
};

struct Row
{
    QString key; ///< stable and unique
    QList<Cell> cells;
    bool operator==(const Row &) const = default;
};

/// What a cell answers to a role of the tables.
QVariant cellData(const Cell &cell, int role);

/// A table of rows with keys. New contents are merged, never reset, so that selection and scrolling survive.
class RowModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    explicit RowModel(QStringList columns, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void merge(const QList<Row> &rows);
    const QList<Row> &rows() const { return m_rows; }

private:
    int find(const QString &key, int from) const;

    QStringList m_columns;
    QList<Row> m_rows;
};

/// A right-aligned figure that sorts by its raw value.
Cell figureCell(const QString &text, const QVariant &sort, bool faded = false);

} // namespace Switchyard
