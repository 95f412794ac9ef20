// SPDX-License-Identifier: GPL-3.0-or-later
// The writers of the single files. Part of fleetexport.cpp; nobody else's.
#pragma once

#include "models/fleet/fleetexport.h"

namespace Switchyard {

/// The monitor's module, indented below `modules:`; nothing where it is left out. Adds to loss and secrets.
std::optional<QString> blackboxModule(const FleetMonitor &monitor, const QString &module, const FleetOptions &options,
                                      FleetExport *fleet);

QByteArray prometheusConfig(const Workspace &workspace, const FleetExport &fleet, const FleetOptions &options);
QByteArray prometheusRules(const Workspace &workspace, const FleetExport &fleet);
QByteArray grafanaDashboard(const Workspace &workspace);

/// Empty where no socket can be held by k6. Adds to loss.
QByteArray k6Script(const Workspace &workspace, FleetExport *fleet);

QByteArray fleetGuide(const FleetExport &fleet, const FleetOptions &options);
QByteArray fleetLossFile(const FleetExport &fleet);

/// After which the exporter gives up: it has to answer before the next scrape.
Milliseconds fleetProbeTimeout(const FleetMonitor &monitor);
/// What a target's `scrape_timeout` has to be: blackbox_exporter answers half a second before it.
Milliseconds fleetScrapeTimeout(const FleetMonitor &monitor);
/// host:port of a TCP or WebSocket monitor, the way the exporter's TCP prober takes it.
QString fleetAddress(const FleetMonitor &monitor);
/// `degraded_after` label: seconds, as Prometheus writes numbers; empty where the monitor has no such rule.
QString fleetDegradedAfter(const FleetMonitor &monitor);

} // namespace Switchyard
