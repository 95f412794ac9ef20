// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>

class QHeaderView;

namespace Switchyard {

/// A menu on the header that shows and hides columns; `fixed` always stays.
void addColumnMenu(QHeaderView *header, int fixed = 0);

/// Order, widths and which columns are hidden, with what the table is sorted by: for Page::saveState().
QJsonObject saveColumns(const QHeaderView *header);
/// What does not fit the header is left alone.
void restoreColumns(QHeaderView *header, const QJsonObject &state);

} // namespace Switchyard
