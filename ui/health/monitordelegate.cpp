// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/monitordelegate.h"

#include "ui/common/roles.h"
#include "ui/common/theme.h"
#include "ui/health/monitormodel.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QTableView>

namespace Switchyard {

void MonitorDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QVariant heading = index.data(MonitorModel::HeadingRole);
    const auto *view = qobject_cast<const QTableView *>(option.widget);
    if (!heading.isValid() || !view)
        return CellDelegate::paint(painter, option, index);
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    cell.text.clear();
    const ThemeColors &colors = themeColors(option.palette);
    painter->save();
    painter->setClipRect(option.rect);
    painter->fillRect(option.rect, colors.surface);
    cell.widget->style()->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
    // Each cell shows its part of the same line: spans would have to follow the rows at every sorting.
    QRect line(-view->horizontalHeader()->offset(), option.rect.top(), view->viewport()->width(), option.rect.height());
    line.setRight(view->viewport()->width() - 4);
    line.adjust(4, 0, 0, 0);
    const State state = State(index.siblingAtColumn(HealthColumn::State).data(Role::StateValue).toInt());
    painter->setFont(cell.font);
    painter->setPen(colors.text);
    const QString text = heading.toString();
    painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter, text.left(1));
    painter->setPen(colors.state(state));
    painter->drawText(line.adjusted(18, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, stateShape(state));
    painter->setPen(colors.text);
    QFont bold = cell.font;
    bold.setBold(true);
    painter->setFont(bold);
    painter->drawText(line.adjusted(36, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text.mid(2));
    painter->restore();
}

} // namespace Switchyard
