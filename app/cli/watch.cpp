// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sessionrunner.h"
#include "models/deploy/driverfactory.h"
#include "models/workspace/auditlog.h"

#include <QFileInfo>

namespace Switchyard::Cli {

namespace {

Result<Backend> chooseBackend(const Workspace &workspace, const QString &name)
{
    if (workspace.backends.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the workspace has no backend"));
    if (!name.isEmpty()) {
        if (const Backend *backend = workspace.backend(name))
            return *backend;
        QStringList names;
        for (const Backend &backend : workspace.backends)
            names.append(backend.name);
        return fail(ErrorKind::Usage, QStringLiteral("the workspace has no backend \"%1\"").arg(name),
                    QStringLiteral("it has: %1").arg(names.join(QStringLiteral(", "))));
    }
    if (workspace.backends.size() == 1)
        return workspace.backends.first();
    if (const Backend *target = workspace.withRole(QStringLiteral("target")))
        return *target;
    return fail(ErrorKind::Usage, QStringLiteral("the workspace has several backends"),
                QStringLiteral("name one with --backend"));
}

} // namespace

int runWatch(const Global &global, const SessionOptions &options)
{
    const std::optional<Workspace> workspace = readRuledWorkspace(global);
    if (!workspace)
        return exitUsage;
    Result<Backend> backend = chooseBackend(*workspace, options.backend);
    if (!backend)
        return reportError(backend.error());
    if (!options.driver.isEmpty())
        backend->deploy.driver = options.driver;
    if (backend->isProduction() && backend->deploy.driver != QLatin1StringView("none") &&
        options.unlock != backend->name)
        return reportError(
            {ErrorKind::Usage,
             QStringLiteral("%1 is a production backend and is only read").arg(backend->name),
             QStringLiteral("--unlock %1 allows the redeploy, --driver none only watches").arg(backend->name),
             {}});
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    const Platform *platform = catalogue->find(backend->platform);
    if (!platform)
        return reportError({ErrorKind::Usage, QStringLiteral("there is no platform \"%1\"").arg(backend->platform),
                            QStringLiteral("one of %1").arg(catalogue->ids().join(QStringLiteral(", "))),
                            backend->place});
    const bool acts = backend->isProduction() && backend->deploy.driver != QLatin1StringView("none");
    auto driver = makeDriver(*backend, *platform, workspace->thresholds, QFileInfo(workspace->file).absolutePath());
    if (!driver)
        return reportError(driver.error());
    AuditEntry entry;
    entry.workspace = workspace->file;
    entry.backend = backend->name;
    entry.stage = backend->stage;
    entry.action = QStringLiteral("redeploy");
    entry.outcome = QStringLiteral("begun by %1").arg(backend->deploy.driver);
    if (acts) {
        // Written before anything is done: what cannot be logged is not done.
        if (const Result<void> logged = AuditLog().append(entry); !logged)
            return reportError(logged.error());
    }
    SessionPlan plan;
    plan.workspace = *workspace;
    plan.backend = *backend;
    return runSession(global, options, std::move(plan), std::move(*driver),
                      [acts, entry](const QString &session, const QString &outcome) mutable {
                          if (!acts)
                              return;
                          entry.session = session;
                          entry.outcome = outcome;
                          if (const Result<void> logged = AuditLog().append(entry); !logged)
                              reportError(logged.error());
                      });
}

} // namespace Switchyard::Cli
