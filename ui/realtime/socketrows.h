// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/livestate.h"
#include "ui/common/rowmodel.h"

namespace Switchyard {

/// Columns of the table of live counts.
namespace SocketColumn {
enum
{
    State,
    Socket,
    Protocol,
    Count,
    Probes,
    Rate,
    Ping,
    LastMessage,
    Trend
};
}
QStringList socketColumns();
/// `websocketLimitMs`: the threshold that colours the ping.
Row socketRow(const SocketLive &live, double websocketLimitMs, Instant now);

} // namespace Switchyard
