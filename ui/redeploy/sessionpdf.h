// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

namespace Switchyard {

/// The session's report on A4 pages: verdict, timeline, gates with advice, closes, reconnects, forecast, notes. Text
/// stays text, so that it can be selected and searched.
///
/// Thread: GUI (it paints with fonts and a plot). Errors: io.
[[nodiscard]] Result<void> writeSessionPdf(const QString &path, const SessionRecord &record, const Verdict &verdict);

} // namespace Switchyard
