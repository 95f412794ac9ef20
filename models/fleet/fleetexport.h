// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/fileset.h"
#include "models/fleet/fleetmonitor.h"

#include <QJsonObject>

namespace Switchyard {

/// What one of the programs cannot do, and what was done instead.
struct FleetLoss
{
    enum class Outcome
    {
        Changed, ///< done in another way; the reason says what differs
        Lost,    ///< nobody looks at it
        LeftOut  ///< the whole monitor or socket: asked in another way it would be reported wrongly
    };
    QString subject; ///< monitor id, or "backend socket"
    QString key;     ///< of the workspace: "expect.json"
    Outcome outcome = Outcome::Lost;
    QString reason;
    Place place;
};
QString fleetOutcomeName(FleetLoss::Outcome outcome); ///< "changed", "lost", "left-out"

/// A file that a person has to make, because no secret is ever written.
struct FleetSecretFile
{
    QString path;      ///< below the folder
    QString reference; ///< where the value comes from: "env:PRICES_TOKEN"
    QString subject;
    QString what;
};

struct FleetOptions
{
    QString blackbox = QStringLiteral("127.0.0.1:9115"); ///< host:port under which Prometheus reaches the exporter
    QString caFile;                                      ///< PEM bundle for the exporter; empty: its system's
};

struct FleetExport
{
    QString workspace;
    QList<FleetMonitor> monitors;   ///< those that are exported
    QMap<QString, QString> modules; ///< monitor id -> module of blackbox.yml
    QList<WrittenFile> files;
    QList<FleetLoss> loss;
    QList<FleetSecretFile> secrets;

    const WrittenFile *find(const QString &path) const; ///< nullptr where there is none
};

/// blackbox.yml, prometheus.yml, rules.yml, dashboard.json, sockets.k6.js (where the workspace has sockets), README.md,
/// loss.json and fleet.json. Reads no secret and writes none. Errors: usage (nothing to export, a blackbox address that
/// is none).
[[nodiscard]] Result<FleetExport> prepareFleet(const Workspace &workspace, const FleetOptions &options);

/// Writes all files or none. Errors: usage (a file is there that no export wrote or that was changed since, and
/// `force` is not set), those of writeFileSet(). Thread: any but the GUI's; blocks on the files.
[[nodiscard]] Result<void> writeFleet(const FleetExport &fleet, const QString &folder, bool force = false);

/// As `fleet export --format json` prints it: schema fleet-export.
[[nodiscard]] QJsonObject fleetExportToJson(const FleetExport &fleet, const QString &folder);

} // namespace Switchyard
