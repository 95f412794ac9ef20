// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/delegates.h"

#include "ui/common/roles.h"
#include "ui/common/theme.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace Switchyard {

void paintSparkline(QPainter &painter, const QRectF &area, const QList<double> &values, const QColor &color)
{
    double top = 0;
    for (const double value : values) {
        if (!std::isnan(value))
            top = std::max(top, value);
    }
    if (values.size() < 2)
        return;
    const double step = area.width() / double(values.size() - 1);
    QPainterPath line;
    bool drawing = false;
    for (qsizetype i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i])) {
            drawing = false;
            continue;
        }
        const double share = top > 0 ? values[i] / top : 0;
        const QPointF point(area.left() + step * double(i), area.bottom() - share * area.height());
        if (drawing)
            line.lineTo(point);
        else
            line.moveTo(point);
        drawing = true;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.2));
    painter.drawPath(line);
    painter.restore();
}

namespace {

void paintBar(QPainter &painter, const QRect &area, double share, const QColor &color)
{
    QRect bar = area.adjusted(4, 5, -4, -5);
    bar.setWidth(std::max(2, int(bar.width() * std::clamp(share, 0.0, 1.0))));
    painter.fillRect(bar, color);
}

} // namespace

void CellDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const ThemeColors &colors = themeColors(option.palette);
    const QVariant state = index.data(Role::StateValue);
    const QVariant limit = index.data(Role::LimitState);
    const bool faded = index.data(Role::Faded).toBool();
    if (limit.isValid()) {
        const QColor color = colors.state(State(limit.toInt()));
        cell.palette.setColor(QPalette::Text, color);
        cell.palette.setColor(QPalette::HighlightedText, color);
    } else if (faded) {
        cell.palette.setColor(QPalette::Text, colors.faded);
        cell.palette.setColor(QPalette::HighlightedText, colors.faded);
    }
    const QStyle *style = cell.widget ? cell.widget->style() : QApplication::style();
    const QVariant series = index.data(Role::Series);
    const QVariant share = index.data(Role::Share);
    if (!state.isValid() && !series.isValid() && !share.isValid()) {
        style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
        return;
    }
    const QString text = cell.text;
    cell.text.clear();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
    painter->save();
    painter->setFont(cell.font);
    if (series.isValid()) {
        paintSparkline(*painter, QRectF(cell.rect).adjusted(6, 5, -6, -5), series.value<QList<double>>(),
                       faded ? colors.faded : colors.accent);
    } else if (share.isValid()) {
        paintBar(*painter, cell.rect, share.toDouble(), colors.line);
        painter->setPen(cell.palette.color(QPalette::Text));
        painter->drawText(cell.rect.adjusted(4, 0, -4, 0), int(cell.displayAlignment), text);
    } else {
        const State value = State(state.toInt());
        QColor color = colors.state(value);
        if (faded)
            color.setAlphaF(0.6F);
        painter->setPen(color);
        const QRect place = cell.rect.adjusted(4, 0, 0, 0);
        const QString shape = index.data(Role::Shape).toString();
        painter->drawText(place, Qt::AlignLeft | Qt::AlignVCenter, shape.isEmpty() ? stateShape(value) : shape);
        painter->setPen(faded ? colors.faded : colors.state(value));
        const QRect words = place.adjusted(18, 0, -4, 0);
        painter->drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                          cell.fontMetrics.elidedText(text, Qt::ElideRight, words.width()));
    }
    painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    if (index.data(Role::StateValue).isValid())
        size.rwidth() += 26;
    size.setWidth(size.width() + 12);
    return size;
}

} // namespace Switchyard
