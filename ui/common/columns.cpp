// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/columns.h"

#include <QHeaderView>
#include <QJsonArray>
#include <QMenu>

#include <algorithm>

namespace Switchyard {

namespace {
constexpr int narrowest = 24;
constexpr int widest = 4'000;
} // namespace

void addColumnMenu(QHeaderView *header, int fixed)
{
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(header, &QHeaderView::customContextMenuRequested, header, [header, fixed](const QPoint &at) {
        auto *menu = new QMenu(header);
        menu->setObjectName(QStringLiteral("columnMenu"));
        menu->setAttribute(Qt::WA_DeleteOnClose);
        for (int visual = 0; visual < header->count(); ++visual) {
            const int column = header->logicalIndex(visual);
            if (column == fixed)
                continue;
            QAction *action = menu->addAction(header->model()->headerData(column, Qt::Horizontal).toString());
            action->setCheckable(true);
            action->setChecked(!header->isSectionHidden(column));
            QObject::connect(action, &QAction::toggled, header,
                             [header, column](bool on) { header->setSectionHidden(column, !on); });
        }
        menu->popup(header->viewport()->mapToGlobal(at));
    });
}

QJsonObject saveColumns(const QHeaderView *header)
{
    QJsonArray columns;
    for (int visual = 0; visual < header->count(); ++visual) {
        const int column = header->logicalIndex(visual);
        QJsonObject each{{QStringLiteral("column"), column}};
        if (header->isSectionHidden(column))
            each.insert(QStringLiteral("hidden"), true);
        else
            each.insert(QStringLiteral("width"), header->sectionSize(column));
        columns.append(each);
    }
    return {{QStringLiteral("columns"), columns},
            {QStringLiteral("sort"), header->sortIndicatorSection()},
            {QStringLiteral("descending"), header->sortIndicatorOrder() == Qt::DescendingOrder}};
}

void restoreColumns(QHeaderView *header, const QJsonObject &state)
{
    const QJsonArray columns = state.value(QStringLiteral("columns")).toArray();
    QList<int> order;
    for (const QJsonValue &each : columns)
        order.append(each.toObject().value(QStringLiteral("column")).toInt(-1));
    QList<int> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (int i = 0; i < sorted.size(); ++i) {
        if (sorted[i] != i)
            return; // of another version
    }
    if (order.size() != header->count())
        return;
    for (int visual = 0; visual < order.size(); ++visual) {
        const QJsonObject each = columns[visual].toObject();
        const int column = order[visual];
        header->moveSection(header->visualIndex(column), visual);
        const bool hidden = each.value(QStringLiteral("hidden")).toBool();
        header->setSectionHidden(column, hidden);
        if (const int width = each.value(QStringLiteral("width")).toInt(); !hidden && width > 0)
            header->resizeSection(column, std::clamp(width, narrowest, widest));
    }
    const int sort = state.value(QStringLiteral("sort")).toInt(-1);
    if (sort >= -1 && sort < header->count())
        header->setSortIndicator(sort, state.value(QStringLiteral("descending")).toBool() ? Qt::DescendingOrder
                                                                                          : Qt::AscendingOrder);
}

} // namespace Switchyard
