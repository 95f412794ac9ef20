// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/driverfactory.h"

#include "models/common/secret.h"
#include "models/deploy/commanddriver.h"
#include "models/deploy/hookdriver.h"

#include <QDir>
#include <QFileInfo>
#include <QProcessEnvironment>
#include <QUrl>

namespace Switchyard {

namespace {

/// Of an endpoint that is asked by HTTP; empty where there is none.
QString healthPathOf(const Backend &backend)
{
    QString first;
    for (const HealthEndpoint &endpoint : backend.health) {
        if (endpoint.type != EndpointType::Http)
            continue;
        if (endpoint.kind == EndpointKind::Health)
            return endpoint.path;
        if (first.isEmpty())
            first = endpoint.path;
    }
    return first;
}

Result<std::unique_ptr<DeployDriver>> makeLocal(const Backend &backend, const Platform &platform,
                                                const Thresholds &thresholds, const QString &folder)
{
    const DeployConfig &deploy = backend.deploy;
    if (deploy.argv.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("backend %1: the local driver needs argv").arg(backend.name),
                    QStringLiteral("argv = [\"uvicorn\", \"server:app\"]"), deploy.place);
    const QUrl url(backend.url);
    if (url.port() <= 0)
        return fail(ErrorKind::Usage,
                    QStringLiteral("backend %1: the local driver needs a port in the url").arg(backend.name),
                    QStringLiteral("url = \"http://127.0.0.1:8000\""), backend.place);
    ProcessDriverConfig config;
    config.argv = deploy.argv;
    config.cwd = deploy.cwd.isEmpty() ? folder : QDir(folder).absoluteFilePath(deploy.cwd);
    config.host = url.host();
    config.port = url.port();
    config.environment = rehearsalEnvironment(platform, QString::number(config.port), backend.name, deploy.argv);
    for (auto it = deploy.environment.cbegin(); it != deploy.environment.cend(); ++it) {
        const Result<QString> value = resolveText(it.value());
        if (!value)
            return tl::unexpected(value.error());
        config.environment.insert(it.key(), *value);
    }
    config.healthPath = healthPathOf(backend);
    config.health = platform.health;
    config.signal = platform.shutdown.signal;
    config.grace = platform.shutdown.grace;
    config.startLimit = thresholds.startup;
    config.log = deploy.log;
    return std::make_unique<ProcessDriver>(std::move(config));
}

Result<std::unique_ptr<DeployDriver>> makeCommand(const Backend &backend, const QString &folder)
{
    const DeployConfig &deploy = backend.deploy;
    if (deploy.argv.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("backend %1: the command driver needs argv").arg(backend.name),
                    QStringLiteral("argv = [\"fly\", \"deploy\"]"), deploy.place);
    ProcessSpec spec;
    spec.argv = deploy.argv;
    spec.cwd = deploy.cwd.isEmpty() ? folder : QDir(folder).absoluteFilePath(deploy.cwd);
    // A command of the user's own, not a backend on a platform: it runs as it would in the user's shell.
    const QProcessEnvironment own = QProcessEnvironment::systemEnvironment();
    for (const QString &name : own.keys())
        spec.environment.insert(name, own.value(name));
    for (auto it = deploy.environment.cbegin(); it != deploy.environment.cend(); ++it) {
        const Result<QString> value = resolveText(it.value());
        if (!value)
            return tl::unexpected(value.error());
        spec.environment.insert(it.key(), *value);
    }
    return std::make_unique<CommandDriver>(std::move(spec), deploy.log);
}

Result<std::unique_ptr<DeployDriver>> makeHook(const Backend &backend)
{
    if (backend.deploy.hook.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("backend %1: the hook driver needs hook").arg(backend.name),
                    QStringLiteral("hook = \"env:DEPLOY_HOOK\": the address is a secret"), backend.deploy.place);
    return parseSecretReference(backend.deploy.hook)
        .and_then(resolveSecret)
        .and_then([](const Secret &url) -> Result<std::unique_ptr<DeployDriver>> {
            if (const Result<void> good = HookDriver::check(url); !good)
                return tl::unexpected(good.error());
            return std::make_unique<HookDriver>(url);
        });
}

} // namespace

Result<std::unique_ptr<DeployDriver>> makeDriver(const Backend &backend, const Platform &platform,
                                                 const Thresholds &thresholds, const QString &folder)
{
    if (backend.deploy.driver == QLatin1StringView("none"))
        return std::make_unique<ObserveDriver>();
    if (backend.deploy.driver == QLatin1StringView("local"))
        return makeLocal(backend, platform, thresholds, folder);
    if (backend.deploy.driver == QLatin1StringView("command"))
        return makeCommand(backend, folder);
    if (backend.deploy.driver == QLatin1StringView("hook"))
        return makeHook(backend);
    return fail(ErrorKind::Usage,
                QStringLiteral("this version cannot drive a deploy by \"%1\"").arg(backend.deploy.driver),
                QStringLiteral("use --driver none and start the redeploy yourself: it is watched all the same"),
                backend.deploy.place);
}

} // namespace Switchyard
