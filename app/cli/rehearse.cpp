// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"
#include "app/cli/sessionrunner.h"
#include "models/common/jsonpointer.h"
#include "models/common/redact.h"
#include "models/deploy/driverfactory.h"
#include "models/manifests/deployfacts.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace Switchyard::Cli {

namespace {

/// "PATH[,protocol]"
Result<SocketEndpoint> socketFrom(const QString &text)
{
    const Result<SocketArgument> given = socketArgument(text);
    if (!given)
        return tl::unexpected(given.error());
    SocketEndpoint socket;
    socket.path = given->path;
    socket.protocol = given->protocol.protocol;
    socket.transport = given->protocol.transport;
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

/// What to rehearse, as far as options, workspace and manifest tell.
struct Subject
{
    SessionPlan plan;
    Backend backend;
    QString folder = QDir::currentPath(); ///< from which relative paths count
    bool fromWorkspace = false;
    QString manifestFile; ///< empty: none
    std::optional<ServiceFacts> manifest;
};

Result<void> readManifest(const RehearseOptions &options, const Platform &platform, Subject &subject)
{
    const Backend &backend = subject.backend;
    QString file = options.manifest;
    QString service = options.service;
    // Another platform's manifest says nothing about this one, and what a laptop is started by (compose, a Procfile) is
    // there for the conversion.
    const bool readable = backend.platform == platform.id && !platform.manifests.isEmpty();
    if (file.isEmpty() && subject.fromWorkspace && readable && !backend.manifest.isEmpty())
        file = QDir(subject.folder).absoluteFilePath(backend.manifest);
    if (service.isEmpty() && options.manifest.isEmpty())
        service = backend.service;
    if (file.isEmpty()) {
        if (!options.service.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("--service %1 needs a manifest").arg(options.service),
                        QStringLiteral("name it with --manifest"));
        return {};
    }
    Result<ServiceFacts> facts = readServiceFacts(file, platform, service);
    if (!facts)
        return tl::unexpected(facts.error());
    subject.manifestFile = file;
    subject.manifest = std::move(*facts);
    return {};
}

/// Nothing when the workspace has problems, which have been printed.
std::optional<Result<Subject>> subjectOf(const Global &global, const RehearseOptions &options, const Platform &platform)
{
    Subject subject;
    const bool workspaceAtHand = !global.workspace.isEmpty() || QFileInfo::exists(QStringLiteral("switchyard.toml"));
    if (!fromOptions(options) && workspaceAtHand) {
        if (!options.notices.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("--notice belongs to a --socket"),
                        QStringLiteral("a workspace's sockets have a notice of their own"));
        const std::optional<Workspace> workspace = readRuledWorkspace(global);
        if (!workspace)
            return std::nullopt;
        subject.plan.workspace = *workspace;
        subject.folder = QFileInfo(workspace->file).absolutePath();
        subject.fromWorkspace = true;
        const Result<Backend> backend = backendFromWorkspace(*workspace, options);
        if (!backend)
            return tl::unexpected(backend.error());
        subject.backend = *backend;
    } else {
        const Result<Backend> backend = backendFromOptions(options);
        if (!backend)
            return tl::unexpected(backend.error());
        subject.backend = *backend;
    }
    if (const Result<void> read = readManifest(options, platform, subject); !read)
        return tl::unexpected(read.error());
    // The path that the platform checks is worth watching too.
    const bool noHealth = std::none_of(subject.backend.health.cbegin(), subject.backend.health.cend(),
                                       [](const auto &endpoint) { return endpoint.kind == EndpointKind::Health; });
    if (noHealth && subject.manifest && subject.manifest->healthPath) {
        const Result<void> added =
            addEndpoint(subject.backend, subject.manifest->healthPath->value, EndpointKind::Health);
        if (!added)
            return tl::unexpected(added.error());
    }
    if (subject.backend.health.isEmpty() && subject.backend.sockets.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("nothing to watch: neither a workspace nor --socket or --health"),
                    QStringLiteral("rehearse --platform %1 --socket /ws --health /health -- COMMAND").arg(platform.id));
    if (!fromOptions(options) && !subject.fromWorkspace && !options.notices.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("--notice belongs to a --socket"), {});
    return subject;
}

RehearsalOptions rehearsalOf(const RehearseOptions &options, const Subject &subject)
{
    const DeployConfig &deploy = subject.backend.deploy;
    RehearsalOptions rehearsal;
    rehearsal.manifest = subject.manifest;
    rehearsal.argv = options.command;
    rehearsal.cwd = QDir::currentPath();
    const bool manifestCommand = rehearsal.argv.isEmpty() && subject.manifest && subject.manifest->command;
    if (manifestCommand) {
        const QDir beside(QFileInfo(subject.manifestFile).absolutePath());
        rehearsal.cwd = beside.absoluteFilePath(subject.manifest->root);
    } else if (rehearsal.argv.isEmpty() && deploy.driver == QLatin1StringView("local")) {
        // The argv of another driver starts a deploy somewhere, not a server here.
        rehearsal.argv = deploy.argv;
        rehearsal.cwd = subject.folder;
    }
    if (!options.cwd.isEmpty())
        rehearsal.cwd = QDir::current().absoluteFilePath(options.cwd);
    else if (!deploy.cwd.isEmpty() && !manifestCommand)
        rehearsal.cwd = QDir(subject.folder).absoluteFilePath(deploy.cwd);
    rehearsal.serviceName = subject.backend.name;
    rehearsal.thresholds = subject.plan.workspace.thresholds;
    rehearsal.timeScale = options.timeScale;
    rehearsal.machines = options.machines;
    rehearsal.log = deploy.log;
    rehearsal.door = QCoreApplication::applicationDirPath() + QStringLiteral("/switchyard-door");
    for (const HealthEndpoint &endpoint : subject.backend.health) {
        if (endpoint.type == EndpointType::Http &&
            (rehearsal.healthPath.isEmpty() || endpoint.kind == EndpointKind::Health))
            rehearsal.healthPath = endpoint.path;
    }
    return rehearsal;
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
    std::optional<Result<Subject>> found = subjectOf(global, options, *platform);
    if (!found)
        return exitUsage;
    if (!*found)
        return reportError(found->error());
    Subject &subject = **found;
    const Result<QMap<QString, QString>> environment = environmentFrom(options.environment);
    if (!environment)
        return reportError(environment.error());
    RehearsalOptions rehearsal = rehearsalOf(options, subject);
    rehearsal.environment = subject.backend.deploy.environment;
    rehearsal.environment.insert(*environment);
    auto driver = makeRehearsal(*platform, rehearsal);
    if (!driver)
        return reportError(driver.error());
    SessionPlan &plan = subject.plan;
    plan.backend = subject.backend;
    plan.backend.platform = platform->id;
    plan.backend.deploy.argv =
        rehearsal.argv.isEmpty() && subject.manifest ? subject.manifest->command->value : rehearsal.argv;
    plan.rehearsal = true;
    return runSession(global, options.session, std::move(plan), std::move(*driver));
}

} // namespace Switchyard::Cli
