// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sessionrunner.h"
#include "models/common/jsonpointer.h"
#include "models/common/redact.h"
#include "models/deploy/driverfactory.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace Switchyard::Cli {

namespace {

/// "PATH[,protocol]"
Result<SocketEndpoint> socketFrom(const QString &text)
{
    if (urlCarriesSecret(text))
        return fail(ErrorKind::Usage, QStringLiteral("--socket carries a secret on the command line"),
                    QStringLiteral("describe the socket in a workspace, with a header that refers to env:NAME"));
    SocketEndpoint socket;
    socket.path = text.section(QLatin1Char(','), 0, 0);
    const QString protocol = text.section(QLatin1Char(','), 1);
    if (!socket.path.startsWith(QLatin1Char('/')))
        return fail(ErrorKind::Usage, QStringLiteral("--socket %1: the path begins with /").arg(text),
                    QStringLiteral("--socket /ws/prices or --socket /socket.io/,socket.io"));
    if (protocol == QLatin1StringView("socket.io"))
        socket.protocol = SocketProtocol::SocketIo;
    else if (!protocol.isEmpty() && protocol != QLatin1StringView("websocket"))
        return fail(ErrorKind::Usage, QStringLiteral("--socket %1: there is no protocol \"%2\"").arg(text, protocol),
                    QStringLiteral("websocket or socket.io"));
    const bool socketIo = socket.protocol == SocketProtocol::SocketIo;
    socket.name = socket.path;
    socket.allowedCloses = socketIo ? QList<int>{1001, 1005, 1012} : QList<int>{1001, 1012};
    socket.reconnect = socketIo ? QStringLiteral("socket.io-client") : QStringLiteral("browser-backoff");
    return socket;
}

/// "POINTER=VALUE"; the value is JSON where it reads as JSON, else a string.
Result<NoticeRule> noticeFrom(const QStringList &texts)
{
    NoticeRule rule;
    for (const QString &text : texts) {
        const qsizetype equals = text.indexOf(QLatin1Char('='));
        if (equals <= 0 || !text.startsWith(QLatin1Char('/')))
            return fail(ErrorKind::Usage, QStringLiteral("--notice %1: not POINTER=VALUE").arg(text),
                        QStringLiteral("--notice /type=server_shutdown"));
        const QString value = text.mid(equals + 1);
        const Result<QJsonValue> json = parseJson(value.toUtf8());
        rule.json.insert(text.left(equals), json ? *json : QJsonValue(value));
    }
    return rule;
}

Result<void> addEndpoint(Backend &backend, const QString &path, EndpointKind kind)
{
    if (path.isEmpty())
        return {};
    if (urlCarriesSecret(path))
        return fail(ErrorKind::Usage,
                    QStringLiteral("--%1 carries a secret on the command line").arg(endpointKindName(kind)),
                    QStringLiteral("describe the endpoint in a workspace, with a header that refers to env:NAME"));
    if (!path.startsWith(QLatin1Char('/')))
        return fail(ErrorKind::Usage,
                    QStringLiteral("--%1 %2: the path begins with /").arg(endpointKindName(kind), path));
    HealthEndpoint endpoint;
    endpoint.path = path;
    endpoint.kind = kind;
    endpoint.timeout = Milliseconds(5'000);
    backend.health.append(endpoint);
    return {};
}

bool fromOptions(const RehearseOptions &options)
{
    return !options.sockets.isEmpty() || !options.health.isEmpty() || !options.ready.isEmpty() ||
           !options.live.isEmpty();
}

Result<Backend> backendFromOptions(const RehearseOptions &options)
{
    Backend backend;
    backend.name = QStringLiteral("rehearsal");
    backend.platform = options.platform;
    const Result<NoticeRule> notice = noticeFrom(options.notices);
    if (!notice)
        return tl::unexpected(notice.error());
    for (const QString &text : options.sockets) {
        Result<SocketEndpoint> socket = socketFrom(text);
        if (!socket)
            return tl::unexpected(socket.error());
        if (!options.notices.isEmpty())
            socket->notice = *notice;
        backend.sockets.append(*socket);
    }
    for (const auto &[path, kind] :
         {std::pair(options.health, EndpointKind::Health), std::pair(options.ready, EndpointKind::Ready),
          std::pair(options.live, EndpointKind::Live)}) {
        if (const Result<void> added = addEndpoint(backend, path, kind); !added)
            return tl::unexpected(added.error());
    }
    return backend;
}

Result<QMap<QString, QString>> environmentFrom(const QStringList &entries)
{
    QMap<QString, QString> environment;
    for (const QString &entry : entries) {
        const QString name = entry.section(QLatin1Char('='), 0, 0);
        if (entry.contains(QLatin1Char('='))) {
            const QString value = entry.section(QLatin1Char('='), 1);
            if (!isSecretReference(value) && (isSecretName(name) || urlCarriesSecret(value)))
                return fail(ErrorKind::Usage, QStringLiteral("--env %1 carries a secret on the command line").arg(name),
                            QStringLiteral("--env %1 takes it from this environment; or --env %1=file:PATH").arg(name));
            environment.insert(name, value);
            continue;
        }
        if (!qEnvironmentVariableIsSet(name.toUtf8().constData()))
            return fail(ErrorKind::Usage, QStringLiteral("--env %1: the variable is not set here").arg(name),
                        QStringLiteral("--env NAME takes it from this environment, --env NAME=VALUE sets it"));
        environment.insert(name, qEnvironmentVariable(name.toUtf8().constData()));
    }
    return environment;
}

/// The workspace's own picture of the backend: the one on this platform, the one that was named, or the only one.
Result<Backend> backendFromWorkspace(const Workspace &workspace, const RehearseOptions &options)
{
    const Backend *chosen = options.session.backend.isEmpty() ? nullptr : workspace.backend(options.session.backend);
    if (!options.session.backend.isEmpty() && !chosen)
        return fail(ErrorKind::Usage,
                    QStringLiteral("the workspace has no backend \"%1\"").arg(options.session.backend));
    for (const Backend &backend : workspace.backends) {
        if (!chosen && backend.platform == options.platform)
            chosen = &backend;
    }
    if (!chosen && workspace.backends.size() == 1)
        chosen = &workspace.backends.first();
    if (!chosen)
        return fail(ErrorKind::Usage, QStringLiteral("the workspace has no backend on %1").arg(options.platform),
                    QStringLiteral("name one with --backend"));
    if (chosen->sockets.isEmpty() && chosen->health.isEmpty())
        return fail(ErrorKind::Usage,
                    QStringLiteral("backend %1 has neither a socket nor a health endpoint").arg(chosen->name),
                    QStringLiteral("add them to the workspace, or give --socket and --health"), chosen->place);
    return *chosen;
}

} // namespace

int runRehearse(const Global &global, const RehearseOptions &options)
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    const Platform *platform = catalogue->find(options.platform);
    if (!platform)
        return reportError({ErrorKind::Usage,
                            QStringLiteral("there is no platform \"%1\"").arg(options.platform),
                            QStringLiteral("one of %1").arg(catalogue->ids().join(QStringLiteral(", "))),
                            {}});
    SessionPlan plan;
    QString folder = QDir::currentPath();
    Result<Backend> backend = backendFromOptions(options);
    const bool workspaceAtHand = !global.workspace.isEmpty() || QFileInfo::exists(QStringLiteral("switchyard.toml"));
    if (!fromOptions(options)) {
        if (!options.notices.isEmpty())
            return reportError({ErrorKind::Usage,
                                QStringLiteral("--notice belongs to a --socket"),
                                QStringLiteral("a workspace's sockets have a notice of their own"),
                                {}});
        if (!workspaceAtHand)
            return reportError({ErrorKind::Usage,
                                QStringLiteral("nothing to watch: neither a workspace nor --socket or --health"),
                                QStringLiteral("rehearse --platform %1 --socket /ws --health /health -- COMMAND")
                                    .arg(options.platform),
                                {}});
        const std::optional<Workspace> workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
        plan.workspace = *workspace;
        folder = QFileInfo(workspace->file).absolutePath();
        backend = backendFromWorkspace(*workspace, options);
    }
    if (!backend)
        return reportError(backend.error());
    Result<QMap<QString, QString>> environment = environmentFrom(options.environment);
    if (!environment)
        return reportError(environment.error());
    RehearsalOptions rehearsal;
    rehearsal.argv = options.command.isEmpty() ? backend->deploy.argv : options.command;
    rehearsal.cwd = !options.cwd.isEmpty()           ? options.cwd
                    : !backend->deploy.cwd.isEmpty() ? QDir(folder).absoluteFilePath(backend->deploy.cwd)
                    : options.command.isEmpty()      ? folder
                                                     : QDir::currentPath();
    rehearsal.environment = backend->deploy.environment;
    rehearsal.environment.insert(*environment);
    rehearsal.serviceName = backend->name;
    rehearsal.thresholds = plan.workspace.thresholds;
    rehearsal.timeScale = options.timeScale;
    rehearsal.machines = options.machines;
    rehearsal.log = backend->deploy.log;
    rehearsal.door = QCoreApplication::applicationDirPath() + QStringLiteral("/switchyard-door");
    for (const HealthEndpoint &endpoint : backend->health) {
        if (rehearsal.healthPath.isEmpty() || endpoint.kind == EndpointKind::Health)
            rehearsal.healthPath = endpoint.path;
    }
    auto driver = makeRehearsal(*platform, rehearsal);
    if (!driver)
        return reportError(driver.error());
    backend->platform = platform->id;
    backend->deploy.argv = rehearsal.argv;
    plan.backend = *backend;
    plan.rehearsal = true;
    return runSession(global, options.session, std::move(plan), std::move(*driver));
}

} // namespace Switchyard::Cli
