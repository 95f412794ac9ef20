// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/database/strings/connectionstring.h"

#include <optional>

namespace Switchyard {

/// What probing a database again and again asks of it, and of whoever pays for it.
struct PollingCost
{
    qint64 probes = 0;              ///< a day
    std::optional<qint64> commands; ///< a day; nothing: no probe has told yet how many one of them sends
    bool wakes = false;             ///< each connect wakes a server that sleeps while nobody uses it
    bool neverSleeps = false;       ///< the interval is shorter than the time after which it would sleep
    bool paysByCommand = false;
    QString service; ///< "Neon", "Upstash"; empty: none whose bill is known here
    QString reason;  ///< one sentence on the bill; empty: none
    QString source;  ///< where that is written
    /// "2,880 probes a day, 20,160 commands a day. Neon …"
    QString text() const;
};

/// `commands`: what one probe sends, as the last one counted it. `reachOnly`: names, TCP and TLS, nobody logs in.
/// `interval`: above zero. Thread: any.
[[nodiscard]] PollingCost pollingCost(const ConnectionString &connection, Milliseconds interval, bool reachOnly,
                                      std::optional<int> commands);
/// Of a day at that interval, rounded up.
[[nodiscard]] qint64 probesOfADay(Milliseconds interval);

} // namespace Switchyard
