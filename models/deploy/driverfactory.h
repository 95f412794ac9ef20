// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/deploy/processdriver.h"
#include "models/platforms/servicefacts.h"
#include "models/workspace/workspace.h"

#include <memory>

namespace Switchyard {

/// The driver a backend's [backend.deploy] asks for. `folder` is where relative paths count from (the workspace
/// file's). Errors (usage): a driver this version does not have, no argv, a url without a port for the local driver.
[[nodiscard]] Result<std::unique_ptr<DeployDriver>> makeDriver(const Backend &backend, const Platform &platform,
                                                               const Thresholds &thresholds, const QString &folder);

struct RehearsalOptions
{
    QStringList argv; ///< empty: the manifest's command
    QString cwd;
    QMap<QString, QString> environment; ///< beside the platform's and the manifest's, and wins over both
    QString serviceName = QStringLiteral("rehearsal");
    QString healthPath;   ///< the platform's check where no manifest tells it; empty: a TCP connect is the check
    QString door;         ///< path of switchyard-door
    int machines = 1;     ///< instances that serve at a time, 1 to 10; 0: as the manifest says, else 1
    double timeScale = 1; ///< 0.001 to 1: shrinks the wait after the switch; grace and limits keep their length
    Thresholds thresholds;
    QStringList log;
    std::optional<ServiceFacts> manifest; ///< what the service's manifest says; its values win over the catalogue's
};

/// What makeRehearsal() makes its driver of.
[[nodiscard]] Result<ProcessDriverConfig> rehearsalConfig(const Platform &platform, const RehearsalOptions &options);

/// The platform's deploy sequence on local processes. Where each parameter comes from is told as steps once it is
/// ready. Errors (usage): no command, a scale out of range.
[[nodiscard]] Result<std::unique_ptr<DeployDriver>> makeRehearsal(const Platform &platform,
                                                                  const RehearsalOptions &options);

} // namespace Switchyard
