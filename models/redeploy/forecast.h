// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/insights.h"

namespace Switchyard {

/// For each client library that was measured: how many of the ends seen it would have come back from. Libraries for
/// plain WebSockets are counted over the WebSocket sockets, Socket.IO's client over the Socket.IO ones.
[[nodiscard]] QList<ForecastRow> forecastOf(const SessionFacts &facts);

} // namespace Switchyard
