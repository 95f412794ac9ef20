// SPDX-License-Identifier: GPL-3.0-or-later
// render.yaml: how services start, stop, scale and get their variables.
#include "models/manifests/lintkit.h"

#include "models/common/tomlreader.h"

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;
using Type = ManifestNode::Type;

} // namespace

QList<RuleText> renderServiceRules()
{
    static const char spec[] = "https://render.com/docs/blueprint-spec";
    static const char web[] = "https://render.com/docs/web-services";
    static const char deploys[] = "https://render.com/docs/deploys";
    static const char health[] = "https://render.com/docs/health-checks";
    static const char free[] = "https://render.com/docs/free";
    static const char variables[] = "https://render.com/docs/environment-variables";
    return {
        {"render/free-pre-deploy", Severity::Error, "preDeployCommand on a free service", "Only paid plans have it.",
         deploys, "SEED-3/1.4 SEED-3/1.6 SEED-3/checklist"},
        {"render/free-disk", Severity::Error, "a disk on a free service", "Only paid plans have disks.", free,
         "SEED-3/1.6"},
        {"render/free-scaling", Severity::Error, "several instances on a free service", "Only paid plans scale.", free,
         "SEED-3/1.6"},
        {"render/free-web", Severity::Note, "a free service sleeps",
         "It stops after 15 minutes without a request or WebSocket message, and the next one waits for about a minute.",
         free, "SEED-3/1.6 SEED-3/checklist"},
        {"render/free-private", Severity::Warning, "private traffic to a free web service",
         "A free web service cannot receive it.", free, "R-NET-4"},
        {"render/disk-redeploy", Severity::Warning, "a disk makes every redeploy a gap",
         "The old instance ends before the new one starts, because a disk is attached to one at a time.", deploys,
         "§1.4"},
        {"render/disk-scaling", Severity::Error, "several instances with a disk",
         "A service with a disk has one instance.", "https://render.com/docs/disks", "§1.4"},
        {"render/pre-deploy-disk", Severity::Note, "preDeployCommand does not see the disk",
         "It runs in an instance of its own, without the disk.", deploys, "§1.4"},
        {"render/health-path", Severity::Note, "a web service without healthCheckPath",
         "Without it a deploy counts as good as soon as a port is open, and a hung instance is never taken out.",
         health, "SEED-0/1.3 SEED-2/1.3 SEED-3/1.3 SEED-4/1.3"},
        {"render/health-path-form", Severity::Warning, "healthCheckPath is a path",
         "It begins with a slash and has no "
         "host.",
         health, "SEED-4/1.3"},
        {"render/health-not-web", Severity::Warning, "healthCheckPath of a service that is not web",
         "Only web services are checked.", health, "§1.3"},
        {"render/private-public", Severity::Warning, "a private service with a domain",
         "pserv is not reachable from the internet.", "https://render.com/docs/private-services", "SEED-0/1.7"},
        {"render/shutdown-delay", Severity::Error, "maxShutdownDelaySeconds out of its range", "1 to 300.", deploys,
         "SEED-0/1.4"},
        {"render/graceful-timeout", Severity::Warning, "gunicorn may take longer to stop than Render waits",
         "Both are 30 s unless set: the kill comes in the very moment in which gunicorn gives up.", deploys,
         "SEED-0/1.4 SEED-0/checklist"},
        {"render/gunicorn-bind", Severity::Warning, "PORT is changed, gunicorn's address is not",
         "Python services get GUNICORN_CMD_ARGS with --bind=0.0.0.0:10000, which wins over PORT.", variables,
         "R-ENV-2 SEED-0/1.1 SEED-2/1.1"},
        {"render/gunicorn-preload", Severity::Note, "gunicorn runs with --preload",
         "Render's GUNICORN_CMD_ARGS asks for it: the app is imported before the fork, and clients or event loops made "
         "then are shared by all workers.",
         variables, "R-ENV-2 SEED-0/1.1 SEED-2/1.1"},
        {"render/localhost-bind", Severity::Error, "the server listens on the loopback address only",
         "Render needs 0.0.0.0; otherwise the deploy fails or answers 502.", web, "§1.2"},
        {"render/fixed-port", Severity::Warning, "a port in the start command that is not PORT",
         "PORT is 10000 unless set. Another port is usually found, but the program and the platform then disagree.",
         web, "R-ENV-1 SEED-0/1.1"},
        {"render/reserved-port", Severity::Error, "a port that Render keeps for itself", "18012, 18013 and 19099.", web,
         "§1.2"},
        {"render/docker-command", Severity::Warning, "a command that this runtime does not run",
         "With runtime docker it is dockerCommand, and the Dockerfile builds.", spec, "§1.7"},
        {"render/cron-schedule", Severity::Warning, "a schedule that is no cron expression", "It has five fields.",
         "https://render.com/docs/cronjobs", "§1.7"},
        {"render/scaling-range", Severity::Error, "scaling that cannot be",
         "Targets are 1 to 90 percent, and the "
         "smallest number is not above the largest.",
         "https://render.com/docs/scaling", "§1.7"},
        {"render/version-float", Severity::Error, "a version that YAML reads as another number",
         "3.10 without quotes is the number 3.1.", spec, "§1.7"},
        {"render/yaml-value", Severity::Warning, "a value that YAML parsers read differently",
         "yes, 0777 and 100_000 are texts for some parsers and truth values or numbers for others.", spec, "§1.7"},
        {"render/value-boolean", Severity::Note, "true or false without quotes",
         "Values are texts; the schema refuses truth values, Render has taken them.", spec, "§1.7"},
        {"render/variable-form", Severity::Warning, "a variable that says its value in no way, or in two",
         "One of value, generateValue, sync: false, fromDatabase, fromService and fromGroup.", spec, "§1.7"},
        {"render/variable-property", Severity::Warning, "no such property",
         "Databases give connectionString, host, port, user, password, database, connectionPoolString; services host, "
         "port, hostport, connectionString.",
         spec, "§1.7"},
        {"render/group-variable", Severity::Warning, "a variable that a group cannot have",
         "Groups hold values and generated values only.", spec, "§1.7"},
        {"render/duplicate-variable", Severity::Warning, "a variable twice in one service", "One of them is lost.",
         spec, "§1.7"},
        {"render/reserved-name", Severity::Note, "a name that begins with RENDER_", "Render sets these itself.",
         variables, "§1.1"},
        {"render/reference", Severity::Note, "a name that this file does not define",
         "It must exist in the workspace already, or the sync fails.", spec, "§1.7"},
        {"render/generated-format", Severity::Warning, "a generated value where a key of another form is wanted",
         "generateValue is base64 of 256 bits, with + / =: no hexadecimal number and no Fernet key.", spec,
         "SEED-2/1.7"},
        {"render/async-url", Severity::Note, "connectionString for an async SQLAlchemy",
         "It begins with postgresql://; async code needs postgresql+asyncpg://, and has to change it itself.", spec,
         "SEED-2/1.7 SEED-4/1.7"},
        {"render/host-without-scheme", Severity::Warning, "host or hostport in a variable for a URL",
         "Both come without http://.", spec, "§1.7"},
        {"render/pool-size", Severity::Error, "the pools together want more connections than the database has",
         "Each worker of each instance opens its own pool: workers × (size + overflow) × instances.",
         "https://render.com/docs/postgresql-connection-pooling", "SEED-2/1.10 SEED-2/checklist"},
    };
}

namespace {

struct ServiceView
{
    const ManifestNode &node;
    const LintUnit &unit;
    QString type;

    bool isFree() const { return textAt(node, u"plan") == L("free"); }
    bool isWeb() const { return type == L("web"); }
    Place placeOf(QStringView key) const
    {
        const ManifestNode *found = node.find(key);
        return found ? found->place : node.place;
    }
    Place keyPlaceOf(QStringView key) const
    {
        const ManifestNode *found = node.find(key);
        return found ? found->keyPlace : node.place;
    }
    bool isStatic() const { return unit.runtime == L("static") || type == L("static"); }
};

void checkPlanLimits(const ServiceView &service, LintRun &run)
{
    const ManifestNode *disk = service.node.find(u"disk");
    const bool hasDisk = disk && disk->isMap();
    const bool several = service.unit.instances.value_or(1) > 1;
    const ManifestNode *preDeploy = service.node.find(u"preDeployCommand");
    if (service.isFree()) {
        if (preDeploy)
            run.report("render/free-pre-deploy", preDeploy->keyPlace, s("a free service has no preDeployCommand"),
                       s("put it into the start command, or take a paid plan"));
        if (hasDisk)
            run.report("render/free-disk", disk->keyPlace, s("a free service has no disk"), s("a paid plan"));
        if (several)
            run.report("render/free-scaling", service.unit.instancesPlace, s("a free service has one instance"),
                       s("a paid plan"));
        if (service.isWeb() && !service.isStatic())
            run.report("render/free-web", service.placeOf(u"plan"), s("it stops after 15 minutes without use"),
                       s("a paid plan where clients hold sockets"));
    }
    if (!hasDisk)
        return;
    if (service.isWeb() || service.type == L("pserv"))
        run.report("render/disk-redeploy", disk->keyPlace, s("clients find nobody while a new version starts"),
                   s("a database or object storage instead, or a plan for the gap"));
    if (several)
        run.report("render/disk-scaling", service.unit.instancesPlace, s("several instances with one disk"),
                   s("numInstances: 1"));
    if (preDeploy)
        run.report("render/pre-deploy-disk", preDeploy->keyPlace, s("the disk is not there"),
                   s("do in the start command what needs the disk"));
}

void checkHealth(const ServiceView &service, LintRun &run)
{
    const ManifestNode *path = service.node.find(u"healthCheckPath");
    if (service.isStatic())
        return;
    if (!path) {
        if (service.isWeb())
            run.report("render/health-path", service.node.place, s("%1 has no healthCheckPath").arg(service.unit.name),
                       s("healthCheckPath: /health"));
        return;
    }
    if (!service.isWeb())
        run.report("render/health-not-web", path->keyPlace, s("nobody asks it of a %1").arg(service.type),
                   s("remove it"));
    else if (!path->text.startsWith(QLatin1Char('/')))
        run.report("render/health-path-form", path->place, s("a path begins with a slash"),
                   s("healthCheckPath: /health"));
}

/// The address a start command listens on, and what PORT says.
void checkBind(const ServiceView &service, const LintCommand &command, LintRun &run)
{
    const ServerCommand server = serverIn(command.text);
    const LintVariable *port = service.unit.variable(u"PORT");
    const QString stated = port && port->literal ? port->value : s("10000");
    static const QStringList reserved = words("18012 18013 19099");
    if (reserved.contains(server.port))
        run.report("render/reserved-port", command.place, s("port %1").arg(server.port), s("$PORT"));
    if (service.type != L("web"))
        return;
    const bool defaultsLocal = server.program == L("uvicorn") || server.program == L("hypercorn") ||
                               server.program == L("daphne") || server.program == L("flask") ||
                               (server.program == L("gunicorn") && service.unit.runtime == L("docker") && !port);
    const bool loopback = server.host == L("127.0.0.1") || server.host == L("localhost");
    if (!server.hasConfig && (loopback || (server.host.isEmpty() && defaultsLocal)))
        run.report("render/localhost-bind", command.place,
                   loopback ? s("%1 listens on %2").arg(server.program, server.host)
                            : s("%1 listens on 127.0.0.1 unless told otherwise").arg(server.program),
                   server.program == L("gunicorn") || server.program == L("hypercorn")
                       ? s("--bind 0.0.0.0:$PORT")
                       : s("--host 0.0.0.0 --port $PORT"));
    if (server.fixedPort() && server.port != stated)
        run.report("render/fixed-port", command.place, s("port %1, and PORT is %2").arg(server.port, stated),
                   s("$PORT"));
    if (server.program == L("uvicorn") && server.port.isEmpty() && !server.hasConfig)
        run.report("render/fixed-port", command.place, s("uvicorn does not read PORT and listens on 8000"),
                   s("--port $PORT"));
    if (server.program != L("gunicorn") || service.unit.runtime != L("python"))
        return;
    const bool ownArguments = service.unit.variable(u"GUNICORN_CMD_ARGS");
    if (port && port->literal && port->value != L("10000") && server.host.isEmpty() && !server.hasConfig &&
        !ownArguments)
        run.report("render/gunicorn-bind", command.place,
                   s("gunicorn listens on 10000, and PORT is %1").arg(port->value), s("--bind 0.0.0.0:$PORT"));
    if (!ownArguments)
        run.report("render/gunicorn-preload", command.place, s("GUNICORN_CMD_ARGS adds --preload"),
                   s("open connections after the fork, or set GUNICORN_CMD_ARGS yourself"));
}

void checkStop(const ServiceView &service, const LintCommand &command, LintRun &run)
{
    const ServerCommand server = serverIn(command.text);
    const std::optional<int> delay = integerAt(service.node, u"maxShutdownDelaySeconds");
    if (server.program != L("gunicorn") || server.hasConfig)
        return;
    const int grace = server.gracefulTimeout.value_or(30);
    if (grace >= delay.value_or(30))
        run.report("render/graceful-timeout", command.place,
                   s("gunicorn takes up to %1 s to stop%2, and Render waits %3 s")
                       .arg(grace)
                       .arg(server.gracefulTimeout ? QString() : s(" (its default)"))
                       .arg(delay.value_or(30)),
                   s("--graceful-timeout 25, or a higher maxShutdownDelaySeconds"));
}

void checkCommands(const ServiceView &service, LintRun &run)
{
    const std::optional<int> delay = integerAt(service.node, u"maxShutdownDelaySeconds");
    if (delay && (*delay < 1 || *delay > 300))
        run.report("render/shutdown-delay", service.placeOf(u"maxShutdownDelaySeconds"), s("%1 s").arg(*delay),
                   s("1 to 300"));
    for (const LintCommand &command : service.unit.commands)
        if (command.when == LintCommand::When::Start) {
            checkBind(service, command, run);
            checkStop(service, command, run);
        }
    const bool image = service.unit.runtime == L("docker") || service.unit.runtime == L("image");
    for (const char *key : {"startCommand", "buildCommand"})
        if (const ManifestNode *command = service.node.find(QString::fromLatin1(key)); command && image)
            run.report("render/docker-command", command->keyPlace,
                       s("%1 with runtime %2").arg(command->key, service.unit.runtime),
                       command->key == L("startCommand") ? s("dockerCommand") : s("a RUN in the Dockerfile"));
    if (const ManifestNode *command = service.node.find(u"dockerCommand");
        command && !image && !service.unit.runtime.isEmpty())
        run.report("render/docker-command", command->keyPlace,
                   s("dockerCommand with runtime %1").arg(service.unit.runtime), s("startCommand"));
    const ManifestNode *schedule = service.node.find(u"schedule");
    if (schedule && schedule->text.split(QLatin1Char(' '), Qt::SkipEmptyParts).size() != 5)
        run.report("render/cron-schedule", schedule->place, s("not five fields"), s("schedule: \"0 3 * * *\""));
    for (const char *key : {"domain", "domains"})
        if (const ManifestNode *domain = service.node.find(QString::fromLatin1(key));
            domain && service.type == L("pserv"))
            run.report("render/private-public", domain->keyPlace, s("a private service has no public address"),
                       s("type: web"));
}

void checkScalingRange(const ServiceView &service, LintRun &run)
{
    const ManifestNode *scaling = service.node.find(u"scaling");
    if (!scaling || !scaling->isMap())
        return;
    for (const char *key : {"targetCPUPercent", "targetMemoryPercent"}) {
        const std::optional<int> percent = integerAt(*scaling, QString::fromLatin1(key));
        if (percent && (*percent < 1 || *percent > 90))
            run.report("render/scaling-range", scaling->find(QString::fromLatin1(key))->place,
                       s("%1 percent").arg(*percent), s("1 to 90"));
    }
    const std::optional<int> least = integerAt(*scaling, u"minInstances");
    const std::optional<int> most = integerAt(*scaling, u"maxInstances");
    if (least && most && *least > *most)
        run.report("render/scaling-range", scaling->find(u"minInstances")->place,
                   s("minInstances %1 is above maxInstances %2").arg(*least).arg(*most), s("the other way round"));
}

/// Names the file defines, for references.
struct Names
{
    QStringList services, databases, groups, freeWeb;
};

Names namesIn(const ManifestNode &root)
{
    Names names;
    for (const ManifestNode *service : renderItems(root, u"services")) {
        names.services.append(textAt(*service, u"name"));
        if (textAt(*service, u"plan") == L("free") && textAt(*service, u"type") == L("web"))
            names.freeWeb.append(names.services.last());
    }
    for (const ManifestNode *database : renderItems(root, u"databases"))
        names.databases.append(textAt(*database, u"name"));
    for (const ManifestNode *group : renderItems(root, u"envVarGroups"))
        names.groups.append(textAt(*group, u"name"));
    return names;
}

void checkReference(const ManifestNode *name, const char *what, const QStringList &known, LintRun &run)
{
    if (!name || !name->isScalar() || known.contains(name->text))
        return;
    const QString near = nearestName(name->text, known);
    run.report("render/reference", name->place, s("no %1 %2 in this file").arg(s(what), name->text),
               near.isEmpty() ? s("make sure that it exists in the workspace") : s("did you mean %1?").arg(near));
}

void checkFromService(const QString &key, const ManifestNode &from, const Names &names, LintRun &run)
{
    static const QStringList properties = words("host port hostport connectionString");
    const ManifestNode *property = from.find(u"property");
    const QString wanted = property ? property->text : QString();
    checkReference(from.find(u"name"), "service", names.services, run);
    if (property && wanted.startsWith(L("env.")))
        run.report("render/variable-property", property->place, s("no property %1").arg(wanted),
                   s("envVarKey: %1").arg(wanted.mid(4)));
    else if (property && !properties.contains(wanted))
        run.report("render/variable-property", property->place, s("services have no property %1").arg(wanted),
                   suggestion(wanted, properties));
    const bool host = wanted == L("host") || wanted == L("hostport");
    if (host && (key.endsWith(L("_URL")) || key.endsWith(L("_URI")) || key.endsWith(L("_ORIGIN"))))
        run.report("render/host-without-scheme", property->place, s("%1 gets no http://").arg(key),
                   s("put it together in the program, or envVarKey: RENDER_EXTERNAL_URL"));
    if ((host || wanted == L("port")) && names.freeWeb.contains(textAt(from, u"name")))
        run.report("render/free-private", property->place,
                   s("%1 is free and receives no private traffic").arg(textAt(from, u"name")),
                   s("a paid plan, or envVarKey: RENDER_EXTERNAL_URL"));
}

void checkFromDatabase(const LintUnit &unit, const QString &key, const ManifestNode &from, const Names &names,
                       LintRun &run)
{
    static const QStringList properties =
        words("connectionString connectionPoolString host port user password database");
    const ManifestNode *property = from.find(u"property");
    checkReference(from.find(u"name"), "database", names.databases, run);
    if (property && !properties.contains(property->text))
        run.report("render/variable-property", property->place, s("databases have no property %1").arg(property->text),
                   suggestion(property->text, properties));
    const bool async = unit.runs(u"uvicorn") || unit.runs(u"hypercorn") ||
                       unit.runs(u"uvicorn.workers.UvicornWorker") || unit.runs(u"uvicorn_worker.UvicornWorker");
    if (property && property->text.startsWith(L("connection")) && async)
        run.report("render/async-url", property->place, s("%1 will begin with postgresql://").arg(key),
                   s("replace the scheme in the program"));
}

/// The value as parsers of YAML 1.1 and 1.2 read it.
void checkScalar(const QString &key, const ManifestNode &value, LintRun &run)
{
    if (!value.plain)
        return;
    static const QRegularExpression differs(
        s(R"(\A([0-9][0-9,]*(_[0-9]+)+|0[0-7]+|0o[0-7]+|[0-9]+(:[0-5]?[0-9])+)\z)"));
    static const QRegularExpression truth(s(R"(\A(yes|no|on|off|y|n)\z)"), QRegularExpression::CaseInsensitiveOption);
    if (value.type == Type::Float && value.text.endsWith(QLatin1Char('0')) && value.text.contains(QLatin1Char('.')))
        run.report("render/version-float", value.place, s("%1 is read as %2").arg(key, QString::number(value.real)),
                   s("put it in quotes"));
    else if (value.type == Type::Boolean)
        run.report("render/value-boolean", value.place, s("%1 is a truth value").arg(key), s("put it in quotes"));
    else if (differs.match(value.text).hasMatch() || truth.match(value.text).hasMatch())
        run.report("render/yaml-value", value.place, s("%1 is not the same for all parsers").arg(key),
                   s("put it in quotes"));
}

void checkGenerated(const QString &key, const ManifestNode &generated, LintRun &run)
{
    static const QRegularExpression format(s(R"(HEX|FERNET|ENCRYPTION)"), QRegularExpression::CaseInsensitiveOption);
    if (generated.boolean && format.match(key).hasMatch())
        run.report("render/generated-format", generated.keyPlace, s("%1 will be base64").arg(key),
                   s("make the key yourself and set sync: false"));
}

void checkEntry(const LintUnit &unit, const ManifestNode &entry, bool group, const Names &names, LintRun &run)
{
    static const QStringList sources = words("value generateValue sync fromDatabase fromService fromGroup");
    const QString key = textAt(entry, u"key");
    QStringList found;
    for (const ManifestNode &member : entry.children)
        if (sources.contains(member.key))
            found.append(member.key);
        else if (member.key != L("key") && member.key != L("previewValue"))
            run.report("render/unknown-key", member.keyPlace, s("a variable has no key %1").arg(member.key),
                       nearestName(member.key, sources).isEmpty()
                           ? s("remove it")
                           : s("did you mean %1?").arg(nearestName(member.key, sources)));
    if (found.size() != 1 || (key.isEmpty() && found.first() != L("fromGroup")))
        run.report("render/variable-form", entry.place,
                   found.isEmpty() ? s("%1 has no value").arg(key.isEmpty() ? s("a variable") : key)
                   : key.isEmpty() ? s("a variable without key")
                                   : s("%1 has %2").arg(key, found.join(s(" and "))),
                   found.isEmpty() ? s("sync: false, where a person sets it") : s("keep one of them"));
    if (key.startsWith(L("RENDER_")))
        run.report("render/reserved-name", entry.find(u"key")->place, s("%1 is Render's").arg(key), s("another name"));
    if (group)
        for (const char *source : {"sync", "fromDatabase", "fromService", "fromGroup"})
            if (const ManifestNode *wrong = entry.find(QString::fromLatin1(source)))
                run.report("render/group-variable", wrong->keyPlace, s("%1 in a group").arg(wrong->key),
                           s("move it to the services"));
    if (const ManifestNode *value = entry.find(u"value"))
        checkScalar(key, *value, run);
    if (const ManifestNode *generated = entry.find(u"generateValue"))
        checkGenerated(key, *generated, run);
    if (const ManifestNode *from = entry.find(u"fromService"))
        checkFromService(key, *from, names, run);
    if (const ManifestNode *from = entry.find(u"fromDatabase"))
        checkFromDatabase(unit, key, *from, names, run);
    checkReference(entry.find(u"fromGroup"), "group", names.groups, run);
}

void checkEntries(const LintUnit &unit, const ManifestNode &holder, bool group, const Names &names, LintRun &run)
{
    const ManifestNode *entries = holder.find(u"envVars");
    if (!entries || !entries->isList())
        return;
    QSet<QString> seen;
    for (const ManifestNode &entry : entries->children) {
        if (!entry.isMap())
            continue;
        checkEntry(unit, entry, group, names, run);
        const ManifestNode *key = entry.find(u"key");
        if (key && seen.contains(key->text))
            run.report("render/duplicate-variable", key->place, s("%1 stands twice").arg(key->text), s("remove one"));
        if (key)
            seen.insert(key->text);
    }
}

int connectionsOf(const QString &plan)
{
    static const QStringList legacy = {s("starter"), s("standard"), s("pro"), s("pro plus")};
    if (legacy.contains(plan))
        return plan.startsWith(L("pro")) ? 0 : 97;
    static const QRegularExpression memory(s(R"((\d+)(mb|gb?)\z)"));
    const QRegularExpressionMatch match = memory.match(plan);
    if (plan == L("free"))
        return 100;
    if (!match.hasMatch())
        return 0;
    const int gigabytes = match.captured(2) == L("mb") ? 0 : match.captured(1).toInt();
    return gigabytes < 8 ? 100 : gigabytes < 16 ? 200 : gigabytes < 32 ? 400 : 500;
}

/// Only where all numbers are stated: a guess would not be worth an error.
void checkPool(const ServiceView &service, const ManifestNode &root, LintRun &run)
{
    static const QRegularExpression size(s(R"(\A(\w*(DB|DATABASE|POSTGRES|SQLALCHEMY|PG)_)?POOL_SIZE\z)"));
    static const QRegularExpression overflow(
        s(R"(\A(\w*(DB|DATABASE|POSTGRES|SQLALCHEMY|PG)_)?(MAX|POOL)_OVERFLOW\z)"));
    const LintVariable *pool = nullptr;
    int extra = -1;
    for (const LintVariable &variable : service.unit.variables) {
        if (size.match(variable.name).hasMatch())
            pool = &variable;
        else if (overflow.match(variable.name).hasMatch())
            extra = variable.value.toInt();
    }
    int workers = 0;
    for (const LintCommand &command : service.unit.commands)
        workers = std::max(workers, serverIn(command.text).workers.value_or(0));
    if (const LintVariable *concurrency = service.unit.variable(u"WEB_CONCURRENCY"); concurrency && workers == 0)
        workers = concurrency->value.toInt();
    const ManifestNode *entries = service.node.find(u"envVars");
    if (!pool || extra < 0 || workers == 0 || !entries)
        return;
    for (const ManifestNode &entry : entries->children) {
        const ManifestNode *from = entry.find(u"fromDatabase");
        for (const ManifestNode *database : renderItems(root, u"databases")) {
            if (!from || textAt(*database, u"name") != textAt(*from, u"name"))
                continue;
            const int limit = connectionsOf(textAt(*database, u"plan"));
            const int instances = service.unit.instances.value_or(1);
            const int wanted = workers * (pool->value.toInt() + extra) * instances;
            if (limit > 0 && wanted > limit)
                return run.report("render/pool-size", pool->place,
                                  s("%1 workers × (%2 + %3) × %4 = %5, and %6 has %7")
                                      .arg(workers)
                                      .arg(pool->value.toInt())
                                      .arg(extra)
                                      .arg(instances)
                                      .arg(wanted)
                                      .arg(textAt(*database, u"name"))
                                      .arg(limit),
                                  s("smaller pools, fewer workers, or connectionPoolString"));
        }
    }
}

} // namespace

void checkRenderServices(const LintSubject &subject, LintRun &run)
{
    const ManifestNode &root = subject.manifest.document;
    const Names names = namesIn(root);
    const QList<LintUnit> units = run.unitsOf(subject);
    const QList<const ManifestNode *> services = renderItems(root, u"services");
    const QList<const ManifestNode *> groups = renderItems(root, u"envVarGroups");
    // lintUnits() gives the services first and then the groups, each in this order.
    for (qsizetype i = 0; i < services.size(); ++i) {
        const ServiceView service{*services[i], units[i], textAt(*services[i], u"type")};
        checkPlanLimits(service, run);
        checkHealth(service, run);
        checkCommands(service, run);
        checkScalingRange(service, run);
        checkEntries(units[i], *services[i], false, names, run);
        checkPool(service, root, run);
    }
    for (qsizetype i = 0; i < groups.size(); ++i)
        checkEntries(units[services.size() + i], *groups[i], true, names, run);
}

} // namespace Switchyard
