// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/livestate.h"
#include "ui/common/rowmodel.h"

namespace Switchyard {

/// Columns of the table of health endpoints.
namespace HealthColumn {
enum
{
    State,
    Name,
    Kind,
    Status,
    Last,
    P50,
    P95,
    Uptime,
    Certificate,
    Trend
};
}
QStringList healthColumns();
/// `limitMs`: the threshold that colours a latency.
Row healthRow(const MonitorRecord &record, double limitMs);

} // namespace Switchyard
