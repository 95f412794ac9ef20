// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/watch/databaseset.h"
#include "ui/common/theme.h"

namespace Switchyard {

// What the panes of one database say, as rich text. Everything that came from outside is escaped.

/// One stage of a probe or of a copy.
struct StageLine
{
    QString name;
    StageStatus status = StageStatus::NotReached;
    std::optional<double> ms;
    QString detail, hint;
};
[[nodiscard]] QString stageTableHtml(const QList<StageLine> &lines, const ThemeColors &colors);

/// The stages with time, what was seen and what to do; those of the running probe where followsRun().
[[nodiscard]] QString stagesHtml(const DatabaseRecord &record, const ThemeColors &colors);
/// Empty where there is no report.
[[nodiscard]] QString privilegesHtml(const DatabaseRecord &record, const ThemeColors &colors);
[[nodiscard]] QString findingsHtml(const DatabaseRecord &record, const ThemeColors &colors);

} // namespace Switchyard
