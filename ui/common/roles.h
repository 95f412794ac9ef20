// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qnamespace.h>

namespace Switchyard {

/// Roles that the delegates of every table understand.
namespace Role {
enum
{
    Key = Qt::UserRole + 1, ///< QString: stable id of the row
    Sort,                   ///< raw typed value to sort and export by
    StateValue,             ///< int(State): shape and colour of the cell
    Faded,                  ///< bool: stale or of less weight
    Series,                 ///< QVariant of QList<double>: sparkline, NaN is a gap
    Share,                  ///< double 0 to 1: bar behind the text
    Shape,                  ///< QString: shape that stands for the state's own, as lists have ✕ for ■
    LimitState              ///< int(State): colours a figure that broke its threshold
};
} // namespace Role

} // namespace Switchyard
