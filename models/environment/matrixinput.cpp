// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/matrixinput.h"

#include "models/environment/variablejudge.h"

#include "models/common/files.h"
#include "models/manifests/lintkit.h"
#include "models/manifests/manifestset.h"
#include "models/platforms/platform.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QDir workspaceFolder(const Workspace &workspace)
{
    return QDir(workspace.file.isEmpty() ? QDir::currentPath() : QFileInfo(workspace.file).absolutePath());
}

void addDatabase(const ServiceModel &model, const Platform &platform, MatrixSide &side)
{
    if (model.databases.isEmpty() || platform.database.limits.isEmpty())
        return;
    const QString plan = model.databases.first().plan ? model.databases.first().plan->value : QString();
    const int memory = memoryOfPlan(plan);
    // The small plans have names without a size.
    const bool small = memory == 0;
    side.databaseConnections = platform.database.connectionsFor(memory);
    side.databasePlan = small ? s("%1's PostgreSQL with less than %2 GB")
                                    .arg(platform.name)
                                    .arg(platform.database.limits.first().belowMb / 1024)
                              : s("%1's plan %2").arg(platform.name, plan);
}

/// 0: not known. How many machines Fly runs stands in no file.
int instancesOf(const Service &service, const QString &platform)
{
    int instances = service.scaling.instances ? service.scaling.instances->value : 0;
    if (service.scaling.most)
        instances = std::max(instances, service.scaling.most->value);
    return instances == 0 && platform != QLatin1String("fly") ? 1 : instances;
}

void addProcesses(MatrixSide &side)
{
    const ServerCommand server = serverIn(side.startCommand);
    if (server.program.isEmpty())
        return;
    int workers = server.workers.value_or(1);
    for (const EnvEntry &entry : side.set.entries) {
        if (!server.workers && entry.name == QLatin1String("WEB_CONCURRENCY") && entry.value)
            workers = std::max(1, entry.value->toInt());
    }
    side.processes = workers * side.instances;
}

void addService(const Service &service, MatrixSide &side)
{
    if (service.port)
        side.port = service.port->value;
    if (service.startCommand) {
        side.startCommand = service.startCommand->value;
        side.startPlace = service.startCommand->place;
    }
    if (service.runtime && side.runtime.isEmpty())
        side.runtime = service.runtime->value;
    side.serviceName = service.name;
}

const Service *chosenService(const ServiceModel &model, const QString &name)
{
    const Service *first = nullptr;
    for (const Service &service : model.services) {
        if (service.name == name)
            return &service;
        if (!first && service.kind != ServiceKind::KeyValue && service.kind != ServiceKind::Static)
            first = &service;
    }
    return name.isEmpty() ? first : nullptr;
}

/// The Dockerfile that an image of the service is built from; empty where none lies there.
QString dockerfileOf(const Service &service, const QString &manifest)
{
    const bool docker = service.dockerfile || (service.runtime && service.runtime->value == QLatin1String("docker"));
    if (!docker || service.image)
        return {};
    const QDir folder = QFileInfo(manifest).absoluteDir();
    const QString name = service.dockerfile ? service.dockerfile->value : s("Dockerfile");
    for (const QString &path : {folder.filePath(name),
                                folder.filePath(service.root ? service.root->value + QLatin1Char('/') + name : name)}) {
        if (QFileInfo(path).isFile())
            return QDir::cleanPath(path);
    }
    return {};
}

/// What manifest and Dockerfile say beside the variables. A file that cannot be read is told of by who reads the
/// variables.
void addManifestFacts(const Backend &backend, const PlatformCatalogue &catalogue, MatrixSide &side, QString &image)
{
    const Platform *platform = catalogue.find(backend.platform);
    const ManifestSet set = readManifestSet({side.manifest});
    if (set.subjects.isEmpty())
        return;
    Ledger ledger;
    QList<Error> problems;
    const ServiceModel model = readSubject(set.subjects.first(), ledger, problems);
    const Service *service = chosenService(model, backend.service);
    if (!service)
        return;
    image = dockerfileOf(*service, side.manifest);
    if (!image.isEmpty()) {
        const ManifestSet images = readManifestSet({image});
        if (!images.subjects.isEmpty()) {
            const ServiceModel built = readSubject(images.subjects.first(), ledger, problems);
            if (!built.services.isEmpty())
                addService(built.services.first(), side);
        }
        side.runtime = s("docker");
    }
    addService(*service, side);
    // Fly's apps are images, whoever built them.
    if (side.runtime.isEmpty() && backend.platform == QLatin1String("fly"))
        side.runtime = s("docker");
    if (platform)
        addDatabase(model, *platform, side);
    side.instances = instancesOf(*service, backend.platform);
}

QStringList hostsOf(const MatrixSide &side, const PlatformCatalogue &catalogue)
{
    QStringList hosts;
    const QUrl url(side.url);
    const QString port = url.port() > 0 ? s(":%1").arg(url.port()) : QString();
    if (!url.host().isEmpty())
        hosts.append(url.host() + port);
    const bool local = url.host() == QLatin1String("127.0.0.1") || url.host() == QLatin1String("localhost");
    for (const char *name : {"localhost", "127.0.0.1"}) {
        if (local && !hosts.contains(s(name) + port))
            hosts.append(s(name) + port);
    }
    // A custom domain has the platform's own name behind it.
    const Platform *platform = catalogue.find(side.platform);
    for (const QString &suffix : platform ? platform->hostSuffixes : QStringList()) {
        if (suffix.startsWith(QLatin1Char('.')) && !side.serviceName.isEmpty() &&
            !hosts.contains(side.serviceName + suffix))
            hosts.append(side.serviceName + suffix);
    }
    return hosts;
}

/// The groups that comments announce: "at least one of these", and the names below it up to a blank line.
void addGroups(const QByteArray &text, const QString &file, QList<VariableGroup> &groups)
{
    static const QRegularExpression words(s(R"(^\s*#.*\b(at least one|(any )?one of (these|the following))\b)"),
                                          QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression name(s(R"(^\s*(?:-\s*key:\s*|export\s+)?["']?([A-Z][A-Z0-9_]*)["']?\s*(?:=|:|$))"));
    static const QRegularExpression detail(s(R"(^\s+[a-z]\w*:)"));
    VariableGroup open;
    const auto close = [&] {
        if (open.names.size() > 1)
            groups.append(open);
        open = {};
    };
    int number = 0;
    for (const QByteArray &bytes : text.split('\n')) {
        ++number;
        const QString line = QString::fromUtf8(bytes);
        if (words.match(line).hasMatch()) {
            close();
            open.place = {file, number, 1};
            continue;
        }
        if (open.place.line == 0)
            continue;
        if (const QRegularExpressionMatch match = name.match(line); match.hasMatch())
            open.names.append(match.captured(1));
        else if (!detail.match(line).hasMatch())
            close();
    }
    close();
}

/// Groups with the same names are one, whichever file says it.
void addGroupsOfFile(const QString &path, const QDir &folder, QList<VariableGroup> &groups)
{
    const Result<QByteArray> text = readFile(path);
    if (!text)
        return;
    QList<VariableGroup> found;
    addGroups(*text, QDir::cleanPath(folder.relativeFilePath(path)), found);
    for (const VariableGroup &each : found) {
        const bool known = std::any_of(groups.cbegin(), groups.cend(), [&](const VariableGroup &other) {
            return std::any_of(each.names.cbegin(), each.names.cend(),
                               [&](const QString &name) { return other.names.contains(name); });
        });
        if (!known)
            groups.append(each);
    }
}

class InputReader final
{
public:
    InputReader(const MatrixRequest &request, const PlatformCatalogue &catalogue,
                const std::function<void(const MatrixProgress &)> &progress, std::stop_token stop)
        : m_request(request)
        , m_catalogue(catalogue)
        , m_progress(progress)
        , m_stop(std::move(stop))
        , m_folder(workspaceFolder(request.workspace))
    {
    }
    Result<MatrixInput> read();

private:
    Result<const Backend *> backend(const QString &name, const QString &role) const;
    Result<void> component(const Component &component, const Backend &target);
    Result<void> neighbourFiles(MatrixComponent &result, const Backend &target);
    Result<void> code(MatrixComponent &result, const Component &component);
    QString rootOf(const Component &component) const
    {
        return QDir::cleanPath(m_folder.absoluteFilePath(component.repository + QLatin1Char('/') + component.root));
    }

    const MatrixRequest &m_request;
    const PlatformCatalogue &m_catalogue;
    const std::function<void(const MatrixProgress &)> &m_progress;
    std::stop_token m_stop;
    QDir m_folder;
    MatrixInput m_input;
};

Result<const Backend *> InputReader::backend(const QString &name, const QString &role) const
{
    const Workspace &workspace = m_request.workspace;
    QStringList names;
    for (const Backend &each : workspace.backends)
        names.append(each.name);
    const Backend *found = !name.isEmpty() ? workspace.backend(name) : workspace.withRole(role);
    if (!found)
        return fail(ErrorKind::Usage,
                    name.isEmpty() ? s("the workspace has no backend with the role \"%1\"").arg(role)
                                   : s("the workspace has no backend %1").arg(name),
                    s("name one of %1 with %2")
                        .arg(names.join(s(", ")), role == QLatin1String("source") ? s("--from") : s("--to")));
    return found;
}

Result<void> InputReader::neighbourFiles(MatrixComponent &result, const Backend &target)
{
    const QDir root(result.root);
    EnvSources now;
    EnvSources planned;
    // Later files win, in the order of the build tools that know them.
    for (const QString &name : {s(".env"), s(".env.production")}) {
        if (QFileInfo(root.filePath(name)).isFile())
            now.files.append(root.filePath(name));
    }
    for (const QString &name : {s("vercel.json"), s("netlify.toml")}) {
        if (now.manifest.isEmpty() && QFileInfo(root.filePath(name)).isFile())
            now.manifest = root.filePath(name);
    }
    for (const QString &name : {target.platform, target.name}) {
        const QString path = root.filePath(s(".env.") + name);
        if (QFileInfo(path).isFile() && !planned.files.contains(path))
            planned.files.append(path);
    }
    for (auto [sources, set] : {std::pair(&now, &result.set), std::pair(&planned, &result.targetSet)}) {
        Result<EnvironmentSet> gathered = gatherEnvironment(*sources);
        if (!gathered)
            return tl::unexpected(gathered.error());
        *set = std::move(*gathered);
        makePlacesRelative(*set, m_folder.path());
    }
    result.files = now.files + planned.files;
    return {};
}

Result<void> InputReader::code(MatrixComponent &result, const Component &component)
{
    CodeUsesOptions options;
    options.folder = result.root;
    Result<CodeUses> uses = usesIn(
        options,
        [&](const CodeUsesProgress &progress) {
            if (m_progress)
                m_progress({s("Reading the code of %1").arg(component.name), progress.files, progress.filesTotal});
        },
        m_stop);
    if (!uses)
        return tl::unexpected(uses.error());
    if (uses->cancelled)
        return fail(ErrorKind::Cancelled, s("cancelled"));
    result.filesRead = uses->files;
    // What lies in the folder of another component is that one's.
    QStringList others;
    for (const Component &other : m_request.workspace.components) {
        const QString path = rootOf(other);
        if (path != result.root && path.startsWith(result.root + QLatin1Char('/')))
            others.append(QDir(result.root).relativeFilePath(path) + QLatin1Char('/'));
    }
    for (VariableUse &use : uses->uses) {
        const bool elsewhere = std::any_of(others.cbegin(), others.cend(),
                                           [&](const QString &prefix) { return use.place.file.startsWith(prefix); });
        if (elsewhere)
            continue;
        use.place.file = QDir::cleanPath(m_folder.relativeFilePath(QDir(result.root).filePath(use.place.file)));
        result.uses.append(use);
    }
    return {};
}

Result<void> InputReader::component(const Component &component, const Backend &target)
{
    MatrixComponent result;
    result.name = component.name;
    result.root = rootOf(component);
    result.backend = component.name == target.component;
    if (!QFileInfo(result.root).isDir())
        return fail(ErrorKind::Usage, s("the component %1 has no folder %2").arg(component.name, result.root),
                    s("mend root in the workspace"), component.place);
    if (!result.backend) {
        if (const Result<void> read = neighbourFiles(result, target); !read)
            return read;
    }
    if (m_request.readCode) {
        if (const Result<void> read = code(result, component); !read)
            return read;
    }
    if (result.backend) {
        for (const MatrixSide *side : {&m_input.source, &m_input.target}) {
            Place place = side->startPlace;
            place.file = m_folder.relativeFilePath(place.file);
            for (const VariableUse &use : variablesOfCommand(side->startCommand, place)) {
                if (!side->startCommand.isEmpty() && !result.uses.contains(use))
                    result.uses.append(use);
            }
        }
        for (const char *name : {".env.example", ".env.sample", ".env.template"})
            addGroupsOfFile(QDir(result.root).filePath(s(name)), m_folder, m_input.anyOf);
    }
    result.readsVariables = std::any_of(result.uses.cbegin(), result.uses.cend(),
                                        [](const VariableUse &use) { return isCodeUse(use) && !use.inTests; });
    m_input.components.append(result);
    return {};
}

Result<MatrixInput> InputReader::read()
{
    const Result<const Backend *> from = backend(m_request.from, s("source"));
    if (!from)
        return tl::unexpected(from.error());
    const Result<const Backend *> to = backend(m_request.to, s("target"));
    if (!to)
        return tl::unexpected(to.error());
    if (*from == *to)
        return fail(ErrorKind::Usage, s("%1 cannot be compared with itself").arg((*from)->name),
                    s("name two backends with --from and --to"));
    for (auto [backend, side] : {std::pair(*from, &m_input.source), std::pair(*to, &m_input.target)}) {
        Result<MatrixSide> read = readMatrixSide(m_request.workspace, *backend, m_catalogue);
        if (!read)
            return tl::unexpected(read.error());
        *side = std::move(*read);
        for (const QString &file : side->files + QStringList{side->manifest})
            addGroupsOfFile(file, m_folder, m_input.anyOf);
        if (m_stop.stop_requested())
            return fail(ErrorKind::Cancelled, s("cancelled"));
    }
    const QStringList targets = hostsOf(m_input.target, m_catalogue);
    for (const QString &host : hostsOf(m_input.source, m_catalogue)) {
        if (!targets.contains(host))
            m_input.sourceHosts.append(host);
    }
    QList<Component> components = m_request.workspace.components;
    if (components.isEmpty()) {
        Component whole;
        whole.name = (*to)->component;
        components.append(whole);
    }
    for (const Component &each : components) {
        if (const Result<void> read = component(each, **to); !read)
            return tl::unexpected(read.error());
    }
    return std::move(m_input);
}

} // namespace

QString workspacePath(const Workspace &workspace, const QString &path)
{
    return QDir::cleanPath(workspaceFolder(workspace).absoluteFilePath(path));
}

void makePlacesRelative(EnvironmentSet &set, const QString &folder)
{
    const QDir base(folder);
    const auto change = [&](Place &place) {
        if (!place.file.isEmpty())
            place.file = QDir::cleanPath(base.relativeFilePath(place.file));
    };
    for (EnvEntry &entry : set.entries)
        change(entry.place);
    for (EnvOrigin &origin : set.origins) {
        for (Place &place : origin.places)
            change(place);
    }
    for (EnvFinding &finding : set.findings)
        change(finding.place);
}

Result<MatrixSide> readMatrixSide(const Workspace &workspace, const Backend &backend,
                                  const PlatformCatalogue &catalogue, const QMap<QString, QByteArray> &drafts)
{
    MatrixSide side;
    side.name = backend.name;
    side.platform = backend.platform;
    side.stage = backend.stage;
    side.url = backend.url;
    const Platform *platform = catalogue.find(backend.platform);
    EnvSources sources;
    sources.interpolate = !platform || platform->id == QLatin1String("local") || platform->variables.interpolates;
    for (const QString &file : backend.env)
        sources.files.append(workspacePath(workspace, file));
    side.files = sources.files;
    sources.drafts = drafts;
    if (!backend.manifest.isEmpty()) {
        sources.manifest = workspacePath(workspace, backend.manifest);
        sources.service = backend.service;
        side.manifest = sources.manifest;
        addManifestFacts(backend, catalogue, side, sources.image);
    }
    Result<EnvironmentSet> set = gatherEnvironment(sources);
    if (!set)
        return tl::unexpected(set.error());
    side.set = std::move(*set);
    makePlacesRelative(side.set, workspaceFolder(workspace).path());
    addProcesses(side);
    return side;
}

Result<MatrixInput> readMatrixInput(const MatrixRequest &request, const PlatformCatalogue &catalogue,
                                    const std::function<void(const MatrixProgress &)> &progress, std::stop_token stop)
{
    return InputReader(request, catalogue, progress, std::move(stop)).read();
}

} // namespace Switchyard
