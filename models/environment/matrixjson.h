// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/drift.h"
#include "models/environment/matrix.h"

#include <QJsonObject>

namespace Switchyard {

/// What `env audit --format json` prints. Secrets are masked unless revealed.
[[nodiscard]] QJsonObject matrixToJson(const EnvironmentMatrix &matrix, bool reveal = false);
/// What `env diff --format json` prints.
[[nodiscard]] QJsonObject driftToJson(const QString &first, const QString &second, const QList<DriftRow> &rows,
                                      bool reveal = false);

} // namespace Switchyard
