// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/theme.h"

#include <QPen>

#include <qcustomplot.h>

#include <algorithm>

namespace Switchyard {

/// Axes of every plot: a little smaller than the text around them.
inline QFont axisFont(QFont font)
{
    font.setPointSizeF(std::max(7.5, font.pointSizeF() * 0.88));
    return font;
}

/// The theme's colours for an axis and its grid.
inline void dressAxis(QCPAxis *axis, const ThemeColors &colors, const QFont &font)
{
    axis->setBasePen(QPen(colors.line));
    axis->setTickPen(QPen(colors.line));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(colors.faded);
    axis->setLabelColor(colors.faded);
    axis->setTickLabelFont(font);
    axis->setLabelFont(font);
    axis->grid()->setPen(QPen(colors.line, 1, Qt::DotLine));
    axis->grid()->setZeroLinePen(QPen(colors.line));
}

} // namespace Switchyard
