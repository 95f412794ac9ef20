// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"

#include <QStringView>

namespace Switchyard {

/// Reads "250ms", "2s", "1.5s", "5m", "1h", "2d". A number without a unit is an error, so that nobody has to
/// guess; so is a negative one and one over ten years.
[[nodiscard]] Result<Milliseconds> parseDuration(QStringView text);

/// The shortest spelling that parseDuration() reads back to the same value: 1500 -> "1500ms", 60000 -> "1m".
[[nodiscard]] QString formatDuration(Milliseconds duration);

/// For people: "850 ms", "4.2 s", "3 min 5 s".
[[nodiscard]] QString humanDuration(double milliseconds);

} // namespace Switchyard
