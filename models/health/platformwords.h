// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/monitor.h"

#include <QJsonObject>

#include <optional>

namespace Switchyard {

/// What the platform whose rules a monitor follows would be doing to the instance: "Render would have taken the
/// instance out of routing 4 s ago, and would restart it in 41 s". Empty where no profile is followed, or nothing
/// fails. `failingSince`: when the first failed probe of the row left. Pure.
[[nodiscard]] QString platformWords(const Monitor &monitor, std::optional<Instant> failingSince, Instant now);

/// The same before anything is known of how long it fails: "Render would take the instance out of routing after 15 s of
/// this, and restart it after 1 min". Empty where it would do nothing.
[[nodiscard]] QString platformThreat(const PlatformProfile &profile);

/// Rules, findings and notes as lines for people, each indented and with a line end.
[[nodiscard]] QString profileToText(const PlatformProfile &profile);

/// null where there is none. See resources/schemas/health-check.schema.json.
[[nodiscard]] QJsonValue profileToJson(const PlatformProfile *profile);

} // namespace Switchyard
