// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/stagedelegate.h"

#include "ui/common/roles.h"
#include "ui/common/theme.h"

#include <QApplication>
#include <QPainter>

namespace Switchyard {

namespace {

constexpr int gap = 8; ///< between two stages, and half of it between name and shape

QColor colorOf(const QString &shape, const ThemeColors &colors)
{
    if (shape == QStringLiteral("✓"))
        return colors.up;
    if (shape == QStringLiteral("▲"))
        return colors.degraded;
    if (shape == QStringLiteral("✕"))
        return colors.down;
    return shape == QStringLiteral("◌") ? colors.working : colors.faded;
}

} // namespace

void StageDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QStringList chips = cell.text.split(QStringLiteral("  "), Qt::SkipEmptyParts);
    cell.text.clear();
    const QStyle *style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
    const ThemeColors &colors = themeColors(option.palette);
    const bool faded = index.data(Role::Faded).toBool();
    painter->save();
    painter->setFont(cell.font);
    int x = cell.rect.left() + gap / 2;
    const int right = cell.rect.right() - gap / 2;
    for (const QString &chip : chips) {
        const QString name = chip.section(QLatin1Char(' '), 0, 0);
        const QString shape = chip.section(QLatin1Char(' '), 1, 1);
        const int nameWidth = cell.fontMetrics.horizontalAdvance(name);
        const int shapeWidth = cell.fontMetrics.horizontalAdvance(shape);
        if (x + nameWidth + gap / 2 + shapeWidth > right) {
            painter->setPen(colors.faded);
            painter->drawText(QRect(x, cell.rect.top(), right - x + gap / 2, cell.rect.height()),
                              Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("…"));
            break;
        }
        const QColor color = colorOf(shape, colors);
        const bool quiet = faded || color == colors.faded;
        painter->setPen(quiet ? colors.faded : colors.text);
        const auto place = [&cell](int from, int width) {
            return QRect(from, cell.rect.top(), width + 1, cell.rect.height());
        };
        painter->drawText(place(x, nameWidth), Qt::AlignLeft | Qt::AlignVCenter, name);
        x += nameWidth + gap / 2;
        painter->setPen(faded ? colors.faded : color);
        painter->drawText(place(x, shapeWidth), Qt::AlignLeft | Qt::AlignVCenter, shape);
        x += shapeWidth + gap;
    }
    painter->restore();
}

} // namespace Switchyard
