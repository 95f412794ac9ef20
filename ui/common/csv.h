// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVariant>

namespace Switchyard {

/// One field after RFC 4180. Numbers are written raw, with a point; a text that a spreadsheet would take for a formula
/// (it begins with = + - @, a tab or a line break) gets an apostrophe in front.
QString csvField(const QVariant &value);

/// Fields, commas between, and the line end of RFC 4180.
QString csvLine(const QVariantList &fields);

} // namespace Switchyard
