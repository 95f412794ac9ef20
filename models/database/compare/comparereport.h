// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/compare.h"

#include <QByteArray>

namespace Switchyard {

// A comparison for people: who was compared with whom and when, how many of each kind, every difference with what to
// do, what was not measured, what the sample cannot see. No row's values and no secrets are in it.

/// For a terminal. `rows`: at most so many a section, the rest is counted.
[[nodiscard]] QString compareReportToText(const CompareReport &report, qsizetype rows = 200);
/// With a block to sign.
[[nodiscard]] QString compareReportToMarkdown(const CompareReport &report);
[[nodiscard]] QString compareReportToHtml(const CompareReport &report);
/// A test case for each kind.
[[nodiscard]] QByteArray compareReportToJunit(const CompareReport &report);

/// By the ending of the file's name: .md, .html or .json. Errors: usage for another one, io.
[[nodiscard]] Result<void> writeCompareReport(const CompareReport &report, const QString &file);
[[nodiscard]] bool isCompareReportFile(const QString &file);

} // namespace Switchyard
