// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/deploy/processdriver.h"
#include "models/workspace/workspace.h"

#include <memory>

namespace Switchyard {

/// The driver a backend's [backend.deploy] asks for. `folder` is where relative paths count from (the workspace
/// file's). Errors (usage): a driver this version does not have, no argv, a url without a port for the local driver.
[[nodiscard]] Result<std::unique_ptr<DeployDriver>> makeDriver(const Backend &backend, const Platform &platform,
                                                               const Thresholds &thresholds, const QString &folder);

struct RehearsalOptions
{
    QStringList argv;
    QString cwd;
    QMap<QString, QString> environment; ///< beside the platform's
    QString serviceName = QStringLiteral("rehearsal");
    QString healthPath;   ///< empty: a TCP connect is the check
    QString door;         ///< path of switchyard-door
    int machines = 1;     ///< instances that serve at a time, 1 to 10
    double timeScale = 1; ///< 0.001 to 1: shrinks the wait after the switch; grace and limits keep their length
    Thresholds thresholds;
    QStringList log;
};

/// The platform's deploy sequence on local processes. Errors (usage): no command, a scale out of range.
[[nodiscard]] Result<std::unique_ptr<DeployDriver>> makeRehearsal(const Platform &platform,
                                                                  const RehearsalOptions &options);

} // namespace Switchyard
