// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/deadline.h"
#include "models/database/probes/stages.h"
#include "models/database/strings/connectionlint.h"

#include <functional>

namespace Switchyard {

struct DatabaseProbeOptions
{
    Milliseconds timeout{5'000}; ///< for the whole; each stage may take what is left of it
    bool reachOnly = false;      ///< names, TCP and TLS: nothing is said to the database, nobody logs in
    QString caFile;              ///< PEM; empty: what the string names, else the system's
    QString resolver;            ///< "127.0.0.1:5353"; empty: the system's
    CancelFlag cancelled;        ///< looked at every 50 ms at most
    std::function<void(const StageResult &)> onStage; ///< as each ends, on the probing thread

    QString migrations; ///< a folder "versions" of Alembic's migrations, to compare with; empty: not compared

    LintContext context; ///< what the stage "lint" judges by
    const PlatformCatalogue *catalogue = nullptr;
};

/// Goes through the stages on one connection and says where it ends, and why. Blocking; for a worker thread, never the
/// GUI's. Nothing is left open, also when it is cancelled: no connection, thread or child. Writes nothing into the
/// database. No secret is in the report.
[[nodiscard]] DatabaseReport probeDatabase(const ConnectionString &connection, const DatabaseProbeOptions &options);

} // namespace Switchyard
