// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/demo.h"
#include "app/cli/sessionrunner.h"
#include "models/common/files.h"
#include "models/common/interrupt.h"
#include "models/deploy/driverfactory.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTimer>

namespace Switchyard::Cli {

namespace {

struct Demo
{
    Workspace workspace;
    std::unique_ptr<DeployDriver> driver;
};

Result<Demo> makeDemo(const DemoCommandOptions &options, const QString &file)
{
    if (!demoShutdownModes().contains(options.shutdown))
        return fail(ErrorKind::Usage, QStringLiteral("there is no shutdown mode \"%1\"").arg(options.shutdown),
                    QStringLiteral("one of %1").arg(demoShutdownModes().join(QStringLiteral(", "))));
    DemoOptions demo;
    demo.program = QCoreApplication::applicationDirPath() + QStringLiteral("/switchyard-demo-backend");
    demo.port = options.port > 0 ? options.port : freePort();
    demo.shutdown = options.shutdown;
    demo.clients = options.clients;
    const QByteArray text = demoWorkspace(demo);
    if (const Result<void> written = writeFileAtomically(file, text); !written)
        return tl::unexpected(written.error());
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return tl::unexpected(catalogue.error());
    auto workspace = parseWorkspace(text, file, catalogue->ids());
    if (!workspace)
        return tl::unexpected(workspace.error().first());
    auto driver = makeDriver(workspace->backends.first(), *catalogue->find(QStringLiteral("local")),
                             workspace->thresholds, QDir::currentPath());
    if (!driver)
        return tl::unexpected(driver.error());
    return Demo{*std::move(workspace), std::move(*driver)};
}

/// Keeps the backend running until Ctrl-C.
int serve(const Global &global, Demo demo, const QString &file)
{
    Interrupt interrupt;
    DeployDriver &driver = *demo.driver;
    int status = exitPass;
    QObject::connect(&driver, &DeployDriver::ready, &driver, [&] {
        const QString url = demo.workspace.backends.first().url;
        if (global.json)
            printJson({{QStringLiteral("schema"), QStringLiteral("switchyard.demo/1")},
                       {QStringLiteral("url"), url},
                       {QStringLiteral("workspace"), file}});
        else
            printResult(QStringLiteral("url: %1\nworkspace: %2\n").arg(url, file));
        progress(global, QStringLiteral("Ctrl-C ends it"));
    });
    QObject::connect(&driver, &DeployDriver::failed, &driver, [&](const Error &error) {
        status = reportError(error);
        driver.shutDown();
    });
    QObject::connect(&interrupt, &Interrupt::interrupted, &driver, [&] { driver.shutDown(); });
    QObject::connect(&driver, &DeployDriver::shutDownDone, &driver, [&] { QCoreApplication::exit(status); });
    QTimer::singleShot(0, &driver, [&] { driver.prepare(); });
    return QCoreApplication::exec();
}

} // namespace

int runDemo(const Global &global, const DemoCommandOptions &options)
{
    QTemporaryDir folder(QDir::tempPath() + QStringLiteral("/switchyard-demo-XXXXXX"));
    const QString file =
        global.workspace.isEmpty() ? folder.filePath(QStringLiteral("switchyard.toml")) : global.workspace;
    if (!global.workspace.isEmpty() && QFileInfo::exists(file))
        return reportError({ErrorKind::Usage,
                            QStringLiteral("%1 exists, and the demo would overwrite it").arg(file),
                            QStringLiteral("name a file that does not exist, or leave --workspace out"),
                            {}});
    Result<Demo> demo = makeDemo(options, file);
    if (!demo)
        return reportError(demo.error());
    if (!options.redeploy)
        stopLeftovers(global); // a session does so by itself
    if (!options.redeploy)
        return serve(global, std::move(*demo), file);
    SessionPlan plan;
    plan.workspace = demo->workspace;
    plan.backend = demo->workspace.backends.first();
    return runSession(global, options.session, std::move(plan), std::move(demo->driver));
}

} // namespace Switchyard::Cli
