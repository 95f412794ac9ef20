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
    Backend,
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
/// "fly: 42 clients on 3 of 3 sockets"; counts that are stale or were not read are not in the sum.
QString totalText(const QString &backend, const QList<SocketLive> &sockets, Instant now);

Row socketRow(const SocketLive &live, double websocketLimitMs, Instant now);

} // namespace Switchyard
