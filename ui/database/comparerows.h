// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/compare.h"
#include "ui/common/rowmodel.h"
#include "ui/common/theme.h"

namespace Switchyard {

// How a comparison is shown.

QStringList compareColumns();
[[nodiscard]] Row compareRow(const CompareRow &row, const QString &key);
QStringList compareTotalColumns();
[[nodiscard]] Row compareTotalRow(const CompareTotals &totals);
/// One row in full: both sides, why it matters, what to do.
[[nodiscard]] QString compareRowHtml(const CompareRow &row, const ThemeColors &colors);
[[nodiscard]] QString compareProgressText(const CompareProgress &progress);
/// Of a verdict.
[[nodiscard]] State compareState(CompareVerdict verdict);

} // namespace Switchyard
