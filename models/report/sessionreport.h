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

/// For a terminal. `color`: ANSI colours.
[[nodiscard]] QString sessionToText(const SessionRecord &record, const Verdict &verdict, bool color);

/// "1012 service restart", "FIN without a close frame", "reset without a close frame", …
[[nodiscard]] QString closeLabel(const CloseCount &close);

/// Writes one report; the suffix chooses the form (.json, .html). Errors: usage (another suffix), io.
[[nodiscard]] Result<void> writeSessionReport(const QString &path, const SessionRecord &record, const Verdict &verdict);

/// Whether writeSessionReport() knows the suffix, to be asked before the session starts. Errors: usage.
[[nodiscard]] Result<void> checkReportPath(const QString &path);

} // namespace Switchyard
