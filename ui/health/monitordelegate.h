// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/delegates.h"

namespace Switchyard {

/// As in every table; and a group's heading is one line across all columns.
class MonitorDelegate final : public CellDelegate
{
    Q_OBJECT
public:
    using CellDelegate::CellDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace Switchyard
