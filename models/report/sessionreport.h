// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <QByteArray>
#include <QJsonObject>

namespace Switchyard {

/// The session's result as `switchyard.session/1` (resources/schemas/session.schema.json).
[[nodiscard]] QJsonObject sessionToJson(const SessionRecord &record, const Verdict &verdict);

/// One self-contained page: verdict, timeline, gates with advice, close codes, figures. No script, nothing fetched.
[[nodiscard]] QByteArray sessionToHtml(const SessionRecord &record, const Verdict &verdict);

/// A page for a ticket or a pull request: the same facts, GitHub's tables.
[[nodiscard]] QByteArray sessionToMarkdown(const SessionRecord &record, const Verdict &verdict);

/// JUnit XML for a pipeline: one test case a gate. A required gate that failed is a failure, one that is unknown an
/// error; what is advisory or not applicable is skipped, with the reason.
[[nodiscard]] QByteArray sessionToJunit(const SessionRecord &record, const Verdict &verdict);

/// For a terminal. `color`: ANSI colours.
[[nodiscard]] QString sessionToText(const SessionRecord &record, const Verdict &verdict, bool color);

/// "✓", "✕", "○", "–": state is never told by colour alone.
[[nodiscard]] QString gateMark(GateStatus status);

/// "1012 service restart", "FIN without a close frame", "reset without a close frame", …
[[nodiscard]] QString closeLabel(const CloseCount &close);

/// "all 25 come back, 3.0 s", "12 come back, 13 stay away", …
[[nodiscard]] QString forecastText(const ForecastRow &row);

/// "60 tried, 52 let in, 8 not (8 × HTTP 502)", …
[[nodiscard]] QString newcomersText(const NewcomerFigures &newcomers);

/// Writes one report; the suffix chooses the form (.json, .xml, .md, .html). Errors: usage (another suffix), io.
[[nodiscard]] Result<void> writeSessionReport(const QString &path, const SessionRecord &record, const Verdict &verdict);

/// Whether writeSessionReport() knows the suffix, to be asked before the session starts. Errors: usage.
[[nodiscard]] Result<void> checkReportPath(const QString &path);

} // namespace Switchyard
