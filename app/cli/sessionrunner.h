// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"
#include "models/deploy/driver.h"
#include "models/redeploy/session.h"

#include <functional>
#include <memory>

namespace Switchyard::Cli {

/// Runs one session to its end in the terminal: progress on standard error, the result on standard output, reports
/// to files, Ctrl-C to a partial report. Returns the exit status; every process of the driver is gone by then.
/// `concluded` is told the session's id and its verdict, or why it could not begin.
int runSession(const Global &global, const SessionOptions &options, SessionPlan plan,
               std::unique_ptr<DeployDriver> driver,
               std::function<void(const QString &session, const QString &outcome)> concluded = {});

/// Names and stops what an earlier run was killed away from: it may still hold a port, or answer in the backend's
/// place.
void stopLeftovers(const Global &global);

} // namespace Switchyard::Cli
