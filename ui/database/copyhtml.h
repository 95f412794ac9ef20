// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/copy/copy.h"
#include "ui/common/theme.h"

#include <utility>

namespace Switchyard {

/// What the copy's dialog says of a plan or copy that has ended: that it was cancelled, where it failed and what to do,
/// or what a copy came to. `report` is a copy that was made, or a plan that failed or was cancelled.
[[nodiscard]] std::pair<State, QString> copyOutcome(const CopyReport &report);

/// What stands in the place of the stages before there is any.
[[nodiscard]] QString copyIntroHtml(int jobs);

/// The stages so far, and what a report lists beside them; nullptr: it runs still.
[[nodiscard]] QString copyHtml(const QList<CopyStep> &steps, const CopyReport *report, const ThemeColors &colors);

} // namespace Switchyard
