// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/health/monitormodel.h"

namespace Switchyard {

/// One endpoint of both ends of a move. -1: that end has none of this kind and path.
struct MonitorPair
{
    QString path;
    EndpointKind kind = EndpointKind::Health;
    int source = -1;
    int target = -1;
};

/// By kind and path, in the order of the source, then what only the target has. Pure.
QList<MonitorPair> pairMonitors(const MonitorSet &set, const QString &source, const QString &target);

/// Columns of the table of pairs.
namespace PairColumn {
enum
{
    Endpoint,
    Kind,
    SourceState,
    TargetState,
    SourceP50,
    TargetP50,
    DifferenceP50,
    SourceP95,
    TargetP95,
    DifferenceP95,
    Count
};
}
QStringList pairColumns();
/// Its key is the target's monitor, or the source's where there is no target.
Row pairRow(const MonitorPair &pair, const MonitorSet &set, const MonitorModel &model, double limitMs);

} // namespace Switchyard
