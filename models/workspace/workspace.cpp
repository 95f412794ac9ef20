// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/workspace.h"

#include "models/common/duration.h"

#include "models/common/files.h"
#include "models/common/redact.h"
#include "models/workspace/parsing.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr int schemaVersion = 1;

const QStringList &gateIds()
{
    static const QStringList ids{
        QStringLiteral("clean-close"), QStringLiteral("all-back"),     QStringLiteral("single-bounce"),
        QStringLiteral("notice-lead"), QStringLiteral("ready-first"),  QStringLiteral("live-steady"),
        QStringLiteral("max-gap"),     QStringLiteral("drain-budget"), QStringLiteral("startup"),
        QStringLiteral("coverage"),    QStringLiteral("own-network")};
    return ids;
}

void readBackendUrl(TomlReader &reader, QString *out)
{
    QString text;
    if (!reader.text(L("url"), &text, Presence::Required))
        return;
    const TomlNode &value = *reader.take(L("url"));
    const QString hint = QStringLiteral("write http://host[:port] or https://host[:port]");
    const QUrl url(text, QUrl::StrictMode);
    // Said without the text: what is wrong may be a credential in it.
    if (urlCarriesSecret(text) || !url.userInfo().isEmpty() || text.contains(QLatin1Char('@')))
        reader.error(value, QStringLiteral("\"url\" carries credentials"),
                     hint + QStringLiteral(" and put credentials in headers"));
    else if (!url.isValid() || url.host().isEmpty() || url.port(1) < 1)
        reader.error(value, QStringLiteral("\"url\" is no valid URL"), hint);
    else if (url.scheme() != L("http") && url.scheme() != L("https"))
        reader.error(value, QStringLiteral("\"url\" must be http or https, not %1").arg(url.scheme()), hint);
    else if (url.hasQuery() || url.hasFragment() || (url.path() != QString() && url.path() != L("/")))
        reader.error(value, QStringLiteral("\"url\" may not have a path"),
                     QStringLiteral("paths stand in health and socket"));
    else
        *out = text.endsWith(QLatin1Char('/')) ? text.chopped(1) : text;
}

void readInstanceId(TomlReader &reader, InstanceId *out)
{
    std::optional<TomlReader> table = reader.table(L("instance_id"));
    if (!table)
        return;
    table->text(L("header"), &out->header);
    readUrlPath(*table, L("json"), &out->jsonPath);
    if (table->text(L("pointer"), &out->jsonPointer) && !isJsonPointer(out->jsonPointer))
        table->error(*table->take(L("pointer")), QStringLiteral("\"%1\" is no JSON pointer").arg(out->jsonPointer),
                     QStringLiteral("write it like \"/instance\""));
    table->finish();
}

/// A backend belongs to a component: the one it names, or the only one there is.
void readComponent(TomlReader &reader, const QList<Component> &components, QString *out)
{
    QStringList names;
    for (const Component &component : components)
        names.append(component.name);
    QString name;
    if (reader.text(L("component"), &name)) {
        if (names.contains(name))
            *out = name;
        else
            reader.error(*reader.take(L("component")), QStringLiteral("there is no component \"%1\"").arg(name),
                         names.isEmpty() ? QStringLiteral("describe it with [[component]], or leave the key out")
                                         : suggestion(name, names));
    } else if (!reader.has(L("component")) && names.size() == 1) {
        *out = names.first();
    } else if (!reader.has(L("component")) && names.size() > 1) {
        reader.error(reader.place(), QStringLiteral("the key \"component\" is missing"),
                     QStringLiteral("the components are: %1").arg(names.join(QStringLiteral(", "))));
    }
}

Backend parseBackend(TomlReader reader, const QList<Component> &components, const QStringList &platformIds,
                     QMap<QString, int> *seen)
{
    Backend backend;
    backend.place = reader.place();
    readUniqueName(reader, QStringLiteral("backend"), seen, &backend.name);
    readComponent(reader, components, &backend.component);
    reader.choice(L("platform"), platformIds, &backend.platform, Presence::Required);
    reader.choice(L("role"), {QStringLiteral("source"), QStringLiteral("target")}, &backend.role);
    reader.choice(L("stage"), {QStringLiteral("dev"), QStringLiteral("test"), QStringLiteral("production")},
                  &backend.stage);
    readBackendUrl(reader, &backend.url);
    reader.text(L("region"), &backend.region);
    reader.text(L("manifest"), &backend.manifest);
    reader.text(L("service"), &backend.service);
    reader.texts(L("env"), &backend.env);
    bool sleeps = false;
    if (reader.boolean(L("sleeps"), &sleeps)) {
        backend.sleeps = sleeps;
        backend.sleepsFrom = QStringLiteral("workspace");
    }
    readInstanceId(reader, &backend.instanceId);
    for (const TomlReader &table : reader.tables(L("health")))
        backend.health.append(parseHealthEndpoint(table));
    QMap<QString, int> sockets;
    for (TomlReader &table : reader.tables(L("socket"))) {
        QString name;
        if (const TomlNode *value = table.take(L("name")); value != nullptr && value->type == TomlNode::Type::String)
            readUniqueName(table, QStringLiteral("socket"), &sockets, &name);
        backend.sockets.append(parseSocketEndpoint(table));
    }
    QMap<QString, int> databases;
    for (TomlReader &table : reader.tables(L("database"))) {
        QString name;
        if (const TomlNode *value = table.take(L("name")); value != nullptr && value->type == TomlNode::Type::String)
            readUniqueName(table, QStringLiteral("database"), &databases, &name);
        backend.databases.append(parseDatabaseEndpoint(table));
    }
    if (const std::optional<TomlReader> deploy = reader.table(L("deploy")))
        backend.deploy = parseDeployConfig(*deploy);
    reader.finish();
    return backend;
}

Component parseComponent(TomlReader reader, QMap<QString, int> *seen)
{
    Component component;
    component.place = reader.place();
    readUniqueName(reader, QStringLiteral("component"), seen, &component.name);
    reader.text(L("repository"), &component.repository);
    reader.text(L("root"), &component.root);
    reader.finish();
    return component;
}

bool isHostAndPort(const QString &text)
{
    static const QRegularExpression re(QStringLiteral(
        "\\A(?:\\[[0-9A-Fa-f:.]+(?:%[\\w.\\-]+)?\\]|[A-Za-z0-9_](?:[A-Za-z0-9_.\\-]*[A-Za-z0-9_.])?):(\\d{1,5})\\z"));
    const QRegularExpressionMatch match = re.match(text);
    const int port = match.captured(1).toInt();
    return match.hasMatch() && port >= 1 && port <= 65535;
}

void readNetwork(TomlReader &root, Workspace *workspace)
{
    std::optional<TomlReader> table = root.table(L("network"));
    if (!table)
        return;
    if (table->texts(L("anchors"), &workspace->anchors)) {
        for (const TomlNode &item : table->take(L("anchors"))->children) {
            if (!isHostAndPort(item.text))
                table->error(item, QStringLiteral("\"%1\" is no host:port").arg(item.text),
                             QStringLiteral("for example \"192.0.2.1:443\" or \"[2001:db8::1]:443\""));
        }
    }
    table->finish();
}

void readGates(TomlReader &root, Workspace *workspace)
{
    std::optional<TomlReader> table = root.table(L("gates"));
    if (!table)
        return;
    if (table->texts(L("advisory"), &workspace->advisoryGates)) {
        for (const TomlNode &item : table->take(L("advisory"))->children) {
            if (!gateIds().contains(item.text))
                table->error(item, QStringLiteral("\"%1\" is no gate").arg(item.text),
                             suggestion(item.text, gateIds()));
        }
    }
    table->finish();
}

void readThresholds(TomlReader &root, Thresholds *out)
{
    std::optional<TomlReader> table = root.table(L("thresholds"));
    if (!table)
        return;
    const auto read = [&](L key, Milliseconds *value) {
        table->duration(key, Milliseconds(0), Milliseconds(86'400'000), value);
    };
    read(L("startup"), &out->startup);
    read(L("drain"), &out->drain);
    read(L("notice_lead"), &out->noticeLead);
    read(L("all_back"), &out->allBack);
    read(L("max_gap"), &out->maxGap);
    // A session asks every 250 ms: between two good answers lies that much, however good the redeploy.
    if (const TomlNode *gap = out->maxGap < Milliseconds(500) ? table->take(L("max_gap")) : nullptr)
        table->error(*gap,
                     QStringLiteral("max_gap %1 can never be kept: health is asked every 250 ms")
                         .arg(formatDuration(out->maxGap)),
                     QStringLiteral("at least 500ms"));
    read(L("websocket_latency"), &out->websocketLatency);
    read(L("api_latency"), &out->apiLatency);
    read(L("database_latency"), &out->databaseLatency);
    read(L("redis_latency"), &out->redisLatency);
    // No redeploy could keep both: the notice lies inside the drain.
    if (out->noticeLead > out->drain) {
        const TomlNode *lead = table->take(L("notice_lead"));
        const TomlNode *drain = table->take(L("drain"));
        if (const TomlNode *at = lead ? lead : drain)
            table->error(*at,
                         QStringLiteral("notice_lead %1 and drain %2 contradict each other: the notice is part of the "
                                        "drain")
                             .arg(formatDuration(out->noticeLead), formatDuration(out->drain)),
                         QStringLiteral("make drain longer than notice_lead"));
    }
    table->finish();
}

/// False: the file is of another schema, and the other keys would only give misleading errors.
bool readSchema(TomlReader &root)
{
    const TomlNode *value = root.take(L("schema"));
    if (value == nullptr || value->type != TomlNode::Type::Integer) {
        int schema = 0;
        root.integer(L("schema"), schemaVersion, schemaVersion, &schema, Presence::Required);
        return true;
    }
    if (value->integer == schemaVersion)
        return true;
    root.error(
        *value,
        QStringLiteral("schema %1 is not known: this version reads schema %2").arg(value->integer).arg(schemaVersion),
        value->integer > schemaVersion ? QStringLiteral("open the file with a newer Switchyard") : QString());
    return false;
}

/// After the monitors, which they name.
void readAlerts(TomlReader &root, Workspace *workspace)
{
    QStringList monitors, groups;
    for (const Backend &backend : workspace->backends) {
        groups.append(backend.name);
        for (const HealthEndpoint &endpoint : backend.health)
            monitors.append(backend.name + QLatin1Char(' ') + endpoint.label());
    }
    for (const FreeMonitor &free : workspace->monitors) {
        monitors.append(free.name);
        if (!free.group.isEmpty() && !groups.contains(free.group))
            groups.append(free.group);
    }
    QMap<QString, int> seen;
    for (const TomlReader &table : root.tables(L("alert")))
        workspace->alerts.append(readAlertSettings(table, workspace->file, monitors, groups, &seen));
}

Workspace readWorkspace(TomlReader root, const QString &fileName, const QStringList &platformIds)
{
    Workspace workspace;
    workspace.file = fileName;
    if (!readSchema(root))
        return workspace;
    if (!root.text(L("name"), &workspace.name) && !fileName.isEmpty())
        workspace.name = QFileInfo(QFileInfo(fileName).absolutePath()).fileName();
    QMap<QString, int> components;
    for (const TomlReader &table : root.tables(L("component")))
        workspace.components.append(parseComponent(table, &components));
    QMap<QString, int> backends;
    for (const TomlReader &table : root.tables(L("backend")))
        workspace.backends.append(parseBackend(table, workspace.components, platformIds, &backends));
    QMap<QString, int> monitors;
    for (const TomlReader &table : root.tables(L("monitor")))
        workspace.monitors.append(parseFreeMonitor(table, platformIds, &monitors));
    readNetwork(root, &workspace);
    readGates(root, &workspace);
    readThresholds(root, &workspace.thresholds);
    for (const TomlReader &table : root.tables(L("deploy_window")))
        workspace.deployWindows.append(parseDeployWindow(table, backends.keys()));
    workspace.history = readHistorySettings(root);
    workspace.prometheus = readPrometheusSettings(root, fileName);
    readAlerts(root, &workspace);
    root.finish();
    return workspace;
}

/// In file order, and each problem once: names of sockets and databases are read twice.
WorkspaceErrors tidied(WorkspaceErrors errors)
{
    std::stable_sort(errors.begin(), errors.end(), [](const Error &a, const Error &b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    const auto same = [](const Error &a, const Error &b) { return a.place == b.place && a.message == b.message; };
    errors.erase(std::unique(errors.begin(), errors.end(), same), errors.end());
    return errors;
}

} // namespace

void readUniqueName(TomlReader &reader, const QString &what, QMap<QString, int> *seen, QString *out)
{
    if (!reader.text(L("name"), out, Presence::Required))
        return;
    const TomlNode &value = *reader.take(L("name"));
    if (const int line = seen->value(*out); line > 0)
        reader.error(value, QStringLiteral("there is a %1 \"%2\" already").arg(what, *out),
                     QStringLiteral("see line %1").arg(line));
    else
        seen->insert(*out, value.region.line);
}

const Backend *Workspace::backend(const QString &backendName) const
{
    for (const Backend &each : backends) {
        if (each.name == backendName)
            return &each;
    }
    return nullptr;
}

const Backend *Workspace::withRole(const QString &role) const
{
    for (const Backend &each : backends) {
        if (each.role == role)
            return &each;
    }
    return nullptr;
}

DeployConfig parseDeployConfig(TomlReader reader)
{
    DeployConfig deploy;
    deploy.place = reader.place();
    const QStringList drivers{QStringLiteral("local"),      QStringLiteral("command"), QStringLiteral("hook"),
                              QStringLiteral("render-api"), QStringLiteral("fly-api"), QStringLiteral("none")};
    reader.choice(L("driver"), drivers, &deploy.driver, Presence::Required);
    const auto needed = [&](std::initializer_list<const char *> users) {
        for (const char *user : users) {
            if (deploy.driver == L(user))
                return Presence::Required;
        }
        return Presence::Optional;
    };
    if (readPublicTexts(reader, L("argv"), &deploy.argv, needed({"local", "command"})) &&
        (deploy.argv.isEmpty() || deploy.argv.first().isEmpty()))
        reader.error(*reader.take(L("argv")), QStringLiteral("\"argv\" names no program"));
    reader.text(L("cwd"), &deploy.cwd);
    if (reader.texts(L("log"), &deploy.log)) {
        for (const TomlNode &item : reader.take(L("log"))->children) {
            const QRegularExpression re(item.text);
            if (!re.isValid())
                reader.error(item, QStringLiteral("not a regular expression: %1").arg(re.errorString()));
        }
    }
    if (const std::optional<TomlReader> table = reader.table(L("env"))) {
        for (const TomlNode &member : table->node().children) {
            const bool literal = member.type == TomlNode::Type::String && !isStoredReference(member.text);
            if (member.type != TomlNode::Type::String)
                reader.error(member, QStringLiteral("the variable \"%1\" must be a text").arg(member.key),
                             QStringLiteral("put the value in quotes"));
            else if (literal &&
                     ((isSecretName(member.key) && !member.text.isEmpty()) || redact(member.text) != member.text))
                reader.error(member, QStringLiteral("the variable \"%1\" holds a literal secret").arg(member.key),
                             referenceHint());
            else
                deploy.environment.insert(member.key, member.text);
        }
    }
    reader.text(L("service"), &deploy.service, needed({"render-api", "fly-api"}));
    readReference(reader, L("token"), &deploy.token, needed({"render-api", "fly-api"}));
    readReference(reader, L("hook"), &deploy.hook, needed({"hook"}));
    reader.finish();
    return deploy;
}

tl::expected<Workspace, WorkspaceErrors> parseWorkspace(const QByteArray &text, const QString &fileName,
                                                        const QStringList &platformIds)
{
    const Result<TomlNode> document = parseToml(text, fileName);
    if (!document)
        return tl::unexpected(WorkspaceErrors{document.error()});
    WorkspaceErrors errors;
    Workspace workspace = readWorkspace(TomlReader(*document, fileName, &errors), fileName, platformIds);
    if (!errors.isEmpty())
        return tl::unexpected(tidied(errors));
    return workspace;
}

tl::expected<Workspace, WorkspaceErrors> loadWorkspace(const QString &path, const QStringList &platformIds)
{
    const Result<QByteArray> text = readFile(path);
    if (!text) {
        Error error = text.error();
        error.place.file = path;
        return tl::unexpected(WorkspaceErrors{error});
    }
    return parseWorkspace(*text, path, platformIds);
}

} // namespace Switchyard
