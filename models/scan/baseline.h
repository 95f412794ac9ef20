// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/scan/scantypes.h"

#include <QSet>

namespace Switchyard {

/// The fingerprints of a baseline file. Errors: usage (missing, not a baseline), io.
[[nodiscard]] Result<QSet<QString>> readBaseline(const QString &path);

/// A baseline of these findings as JSON, with file, line and kind for whoever reviews it. One finding a line, sorted,
/// so that a diff of two is readable.
QByteArray baselineText(const QList<ScanFinding> &findings);

} // namespace Switchyard
