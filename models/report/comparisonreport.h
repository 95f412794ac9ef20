// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/compare.h"

#include <QJsonObject>

namespace Switchyard {

/// Two sessions side by side as `switchyard.session-compare/1` (resources/schemas/session-compare.schema.json).
[[nodiscard]] QJsonObject comparisonToJson(const SessionHeader &before, const SessionHeader &after,
                                           const SessionComparison &comparison);

/// For a terminal.
[[nodiscard]] QString comparisonToText(const SessionHeader &before, const SessionHeader &after,
                                       const SessionComparison &comparison);

/// "4.2 s" for times, "12" for counts, "–" for what was not measured.
[[nodiscard]] QString figureText(const FigureChange &figure, const std::optional<double> &value);

} // namespace Switchyard
