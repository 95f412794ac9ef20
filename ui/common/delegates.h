// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace Switchyard {

/// One delegate for all tables: it paints a state's shape before the word, a sparkline, a bar, or plain text faded or
/// in the colour of a broken threshold, as the roles of the cell say.
class CellDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

/// Paints values as a line that fills the rectangle; NaN is a gap.
void paintSparkline(QPainter &painter, const QRectF &area, const QList<double> &values, const QColor &color);

} // namespace Switchyard
