// SPDX-License-Identifier: GPL-3.0-or-later
// render.yaml: names of keys, types, plans, databases and Key Value. What a service does is in renderservicerules.cpp.
#include "models/manifests/lintkit.h"

#include "models/common/tomlreader.h"

#include <QFileInfo>

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;
using Type = ManifestNode::Type;

} // namespace

QList<RuleText> renderRules()
{
    static const char spec[] = "https://render.com/docs/blueprint-spec";
    static const char free[] = "https://render.com/docs/free";
    return {
        {"render/unknown-key", Severity::Warning, "a key that Blueprints do not have",
         "Render refuses it or takes no notice of it; either way it does nothing.", spec, "SEED-0/1.7"},
        {"render/missing-key", Severity::Warning, "a key that Blueprints need", "Render refuses the file without it.",
         spec, "§1.7"},
        {"render/old-env", Severity::Warning, "env instead of runtime",
         "The old name is still taken and deprecated; the "
         "published schema refuses it.",
         spec, "SEED-0/1.7 SEED-4/1.7 SEED-0/checklist SEED-4/checklist"},
        {"render/old-redis", Severity::Warning, "type: redis instead of keyvalue",
         "The old name is still taken and "
         "deprecated.",
         spec, "SEED-4/1.7 SEED-4/checklist"},
        {"render/old-auto-deploy", Severity::Warning, "autoDeploy instead of autoDeployTrigger",
         "The old key is deprecated and cannot say that checks have to pass first.", spec,
         "SEED-3/1.7 SEED-4/1.7 SEED-3/checklist SEED-4/checklist"},
        {"render/old-previews", Severity::Warning, "old keys of preview environments",
         "previews.generation and previews.expireAfterDays have taken their place.", spec, "§1.7"},
        {"render/service-type", Severity::Warning, "no type of a service",
         "Databases have a list of their own; other "
         "types do not exist.",
         spec, "§1.7"},
        {"render/runtime", Severity::Warning, "no runtime", "Render refuses it.", spec, "§1.7"},
        {"render/region", Severity::Warning, "no region of Render",
         "There are oregon, ohio, virginia, frankfurt and "
         "singapore; a region cannot be changed later.",
         "https://render.com/docs/regions", "§1.6"},
        {"render/plan-renamed", Severity::Note, "a plan by its name before August 2026",
         "Still accepted. The new names say processors and memory.", "https://render.com/pricing", "§1.6 SEED-2/1.6"},
        {"render/plan-spelling", Severity::Warning, "a plan in another spelling",
         "Blueprints write plans in small letters, with spaces or hyphens; the underscores are the API's.", spec,
         "§1.6 SEED-2/1.6 SEED-2/checklist"},
        {"render/database-plan-legacy", Severity::Warning, "a database plan of the old kind",
         "starter, standard, pro and pro plus cannot be created for databases any more.",
         "https://render.com/docs/postgresql-legacy-instance-types", "§1.6 SEED-2/1.6"},
        {"render/free-database", Severity::Warning, "a free database ends after 30 days",
         "It expires 30 days after its creation, with 14 days of grace, and has no backups.", free,
         "SEED-4/1.6 SEED-4/checklist"},
        {"render/free-keyvalue", Severity::Note, "a free Key Value keeps nothing",
         "Its data is lost with every restart, sessions too.", free, "SEED-3/1.6 SEED-4/1.10 SEED-4/checklist"},
        {"render/ip-allow-list", Severity::Error, "a Key Value without ipAllowList",
         "The key is required there; an empty list means internal connections only.", spec, "§1.7 SEED-4/1.10"},
        {"render/database-open", Severity::Note, "a database without ipAllowList",
         "Without it every address may try to log in.", spec, "§1.7"},
        {"render/open-to-all", Severity::Warning, "0.0.0.0/0 in an ipAllowList",
         "Everybody may connect, whatever else the list says.", spec, "§1.7"},
        {"render/ip-allow-web", Severity::Note, "ipAllowList of a web service", "Only Enterprise workspaces have it.",
         spec, "§1.7"},
        {"render/postgres-version", Severity::Warning, "postgresMajorVersion is a text",
         "The schema wants it in quotes.", spec, "§1.7"},
        {"render/disk-size", Severity::Error, "diskSizeGB is 1 or a multiple of 5", "Render refuses other sizes.", spec,
         "§1.7"},
        {"render/read-replicas", Severity::Warning, "an empty list of read replicas",
         "It destroys the replicas that there are.", spec, "§1.7"},
        {"render/blueprint-place", Severity::Note, "a Blueprint that is not in the repository's root",
         "Only render.yaml in the root is found by itself; another path must be chosen when the Blueprint is created.",
         spec, "SEED-3/1.7 SEED-3/checklist"},
    };
}

namespace {

struct WrongKey
{
    const char *key;
    const char *instead;
};

const WrongKey wrongServiceKeys[] = {
    {"command", "startCommand, or dockerCommand with runtime: docker"},
    {"rootDirectory", "rootDir"},
    {"privateNet", "nothing: services of one region and workspace share a private network"},
    {"envVarGroups", "envVars: [- fromGroup: NAME]"},
    {"environment", "envVars"},
    {"healthCheck", "healthCheckPath"},
    {"port", "an envVar PORT"},
    {"instances", "numInstances"},
    {"publishPath", "staticPublishPath"},
    {"staticPublishDir", "staticPublishPath"},
    {"autoscaling", "scaling"},
    {"disks", "disk: one for each service"},
    {"shutdownDelaySeconds", "maxShutdownDelaySeconds"},
};

QString insteadOf(const QString &key)
{
    for (const WrongKey &wrong : wrongServiceKeys)
        if (key == L(wrong.key))
            return s("instead: %1").arg(s(wrong.instead));
    return {};
}

void checkKeys(const ManifestNode &map, const QStringList &known, const QString &where, LintRun &run)
{
    if (!map.isMap())
        return;
    for (const ManifestNode &member : map.children) {
        if (known.contains(member.key) || member.key.startsWith(L("x-")))
            continue;
        const QString instead = insteadOf(member.key);
        const QString near = nearestName(member.key, known);
        run.report("render/unknown-key", member.keyPlace, s("%1 has no key %2").arg(where, member.key),
                   !instead.isEmpty() ? instead
                   : near.isEmpty()   ? s("remove it")
                                      : s("did you mean %1?").arg(near));
    }
}

const QStringList &serviceKeys()
{
    static const QStringList known = words(
        "name type runtime env plan region repo branch rootDir buildCommand startCommand preDeployCommand schedule "
        "domain "
        "domains healthCheckPath maxShutdownDelaySeconds numInstances scaling disk buildFilter dockerCommand "
        "dockerfilePath dockerContext registryCredential image envVars autoDeploy autoDeployTrigger previews "
        "ipAllowList "
        "staticPublishPath headers routes initialDeployHook pullRequestPreviewsEnabled previewsEnabled "
        "previewsExpireAfterDays previewPlan maintenanceMode renderSubdomainPolicy maxmemoryPolicy persistenceMode");
    return known;
}

void checkPlan(const ManifestNode &holder, bool database, LintRun &run)
{
    const ManifestNode *plan = holder.find(u"plan");
    if (!plan || !plan->isScalar())
        return;
    const QString text = plan->text;
    const QString proper = text.toLower().replace(
        QLatin1Char('_'), database || text.contains(L("gb")) ? QLatin1Char('-') : QLatin1Char(' '));
    static const QStringList legacy = {s("starter"), s("standard"), s("pro"), s("pro plus")};
    const bool gone = database && legacy.contains(QString(proper).replace(QLatin1Char('-'), QLatin1Char(' ')));
    if (proper != text && !gone) {
        run.report("render/plan-spelling", plan->place, s("plan %1").arg(text), s("plan: %1").arg(proper));
        return;
    }
    if (gone) {
        run.report("render/database-plan-legacy", plan->place, s("databases have no plan %1 any more").arg(text),
                   s("basic-256mb, basic-1gb, pro-4gb, …"));
        return;
    }
    static const QMap<QString, QString> renamed{
        {s("starter"), s("0.5c-512mb")}, {s("standard"), s("1c-2g")}, {s("pro"), s("2c-4g")}};
    const QString type = textAt(holder, u"type");
    const bool compute = !database && type != L("keyvalue") && type != L("redis");
    if (compute && renamed.contains(text))
        run.report("render/plan-renamed", plan->place, s("%1 is called %2 now").arg(text, renamed.value(text)),
                   s("nothing: the old name is taken"));
}

void checkAllowList(const ManifestNode *list, LintRun &run)
{
    for (const ManifestNode *entry : tablesOf(list)) {
        const ManifestNode *source = entry->find(u"source");
        if (source && (source->text == L("0.0.0.0/0") || source->text == L("::/0")))
            run.report("render/open-to-all", source->place, s("every address may connect"),
                       s("name the addresses; [] leaves internal connections only"));
    }
}

void checkRegion(const ManifestNode &holder, LintRun &run)
{
    static const QStringList regions = words("oregon ohio virginia frankfurt singapore");
    const ManifestNode *region = holder.find(u"region");
    if (region && region->isScalar() && !regions.contains(region->text))
        run.report("render/region", region->place, s("no region %1").arg(region->text),
                   suggestion(region->text, regions));
}

void checkDatabase(const ManifestNode &database, LintRun &run)
{
    static const QStringList known =
        words("name databaseName user region plan diskSizeGB storageAutoscalingEnabled connectionPool previewPlan "
              "previewDiskSizeGB postgresMajorVersion highAvailability ipAllowList readReplicas");
    checkKeys(database, known, s("a database"), run);
    checkPlan(database, true, run);
    checkRegion(database, run);
    checkAllowList(database.find(u"ipAllowList"), run);
    if (!database.find(u"name"))
        run.report("render/missing-key", database.place, s("a database without a name"), s("name:"));
    if (!database.find(u"ipAllowList"))
        run.report("render/database-open", database.place, s("every address may connect to this database"),
                   s("ipAllowList: [] leaves internal connections only"));
    if (textAt(database, u"plan") == L("free"))
        run.report("render/free-database", database.find(u"plan")->place, s("this database ends after 30 days"),
                   s("a paid plan, or a date in the calendar"));
    if (const ManifestNode *version = database.find(u"postgresMajorVersion"); version && version->isNumber())
        run.report("render/postgres-version", version->place, s("a number without quotes"),
                   s("postgresMajorVersion: \"%1\"").arg(version->text));
    const std::optional<int> size = integerAt(database, u"diskSizeGB");
    if (size && *size != 1 && (*size < 5 || *size % 5 != 0))
        run.report("render/disk-size", database.find(u"diskSizeGB")->place, s("%1 GB").arg(*size),
                   s("%1").arg(((*size + 4) / 5) * 5));
    const ManifestNode *replicas = database.find(u"readReplicas");
    if (replicas && replicas->isList() && replicas->children.empty())
        run.report("render/read-replicas", replicas->place, s("all read replicas are destroyed"),
                   s("leave the key out"));
}

void checkOldNames(const ManifestNode &service, LintRun &run)
{
    if (const ManifestNode *env = service.find(u"env"); env && env->isScalar())
        run.report("render/old-env", env->keyPlace, s("env is called runtime now"), s("runtime: %1").arg(env->text));
    if (const ManifestNode *automatic = service.find(u"autoDeploy"))
        run.report("render/old-auto-deploy", automatic->keyPlace, s("autoDeploy is called autoDeployTrigger now"),
                   automatic->text == L("false") || automatic->text == L("no") ? s("autoDeployTrigger: off")
                                                                               : s("autoDeployTrigger: commit"));
    for (const char *old : {"pullRequestPreviewsEnabled", "previewsEnabled", "previewsExpireAfterDays"})
        if (const ManifestNode *previews = service.find(QString::fromLatin1(old)))
            run.report("render/old-previews", previews->keyPlace, s("%1 is an old key").arg(previews->key),
                       previews->key == L("previewsExpireAfterDays") ? s("previews: {expireAfterDays: …}")
                                                                     : s("previews: {generation: automatic}"));
}

void checkServiceType(const ManifestNode &service, LintRun &run)
{
    static const QStringList types = words("web pserv worker cron keyvalue static workflow");
    const ManifestNode *type = service.find(u"type");
    if (!type || !service.find(u"name"))
        run.report("render/missing-key", service.place, s("a service without %1").arg(type ? s("name") : s("type")),
                   type ? s("name:") : s("type: web"));
    if (!type)
        return;
    static const QStringList databases = words("pg postgres postgresql database dpg");
    if (type->text == L("redis"))
        run.report("render/old-redis", type->place, s("redis is called keyvalue now"), s("type: keyvalue"));
    else if (databases.contains(type->text))
        run.report("render/service-type", type->place, s("a database is no service"),
                   s("put it into the list databases: of the root"));
    else if (!types.contains(type->text))
        run.report("render/service-type", type->place, s("no type %1").arg(type->text), suggestion(type->text, types));

    static const QStringList runtimes = words("node python elixir go ruby rust docker image static");
    const bool store = type->text == L("redis") || type->text == L("keyvalue") || databases.contains(type->text);
    const ManifestNode *runtime = service.find(u"runtime") ? service.find(u"runtime") : service.find(u"env");
    if (runtime && runtime->isScalar() && !runtimes.contains(runtime->text))
        run.report("render/runtime", runtime->place, s("no runtime %1").arg(runtime->text),
                   suggestion(runtime->text, runtimes));
    else if (!runtime && !store && type->text != L("static") && type->text != L("workflow"))
        run.report("render/missing-key", service.place, s("a service without runtime"), s("runtime:"));
    if (type->text == L("cron") && !service.find(u"schedule"))
        run.report("render/missing-key", service.place, s("a cron job without schedule"), s("schedule: \"0 3 * * *\""));
    if (store) {
        if (!service.find(u"ipAllowList") && !databases.contains(type->text))
            run.report("render/ip-allow-list", service.place, s("no ipAllowList"), s("ipAllowList: []"));
        if (textAt(service, u"plan") == L("free"))
            run.report("render/free-keyvalue", service.find(u"plan")->place, s("its data does not outlive a restart"),
                       s("a paid plan, or a database for what must last"));
    } else if (const ManifestNode *list = service.find(u"ipAllowList")) {
        run.report("render/ip-allow-web", list->keyPlace, s("takes effect in Enterprise workspaces only"),
                   s("leave it out"));
    }
}

void checkRoot(const LintSubject &subject, LintRun &run)
{
    const ManifestNode &root = subject.manifest.document;
    static const QStringList known = words(
        "services databases envVarGroups projects ungrouped previews previewsEnabled previewsExpireAfterDays version");
    checkKeys(root, known, s("a Blueprint"), run);
    checkOldNames(root, run);
    const QFileInfo file(subject.manifest.file);
    if (file.fileName() == L("render.yaml") && file.isRelative() && file.path() != L("."))
        run.report("render/blueprint-place", {subject.manifest.file, 1, 1},
                   s("Render does not find a Blueprint in %1 by itself").arg(file.path()),
                   s("move it to the root, or choose its path when the Blueprint is created"));
    if (const ManifestNode *projects = root.find(u"projects"))
        for (const ManifestNode &project : projects->children) {
            checkKeys(project, words("name environments"), s("a project"), run);
            if (const ManifestNode *environments = project.find(u"environments"))
                for (const ManifestNode &environment : environments->children)
                    checkKeys(environment, words("name services databases envVarGroups networking permissions"),
                              s("an environment"), run);
        }
}

} // namespace

void checkRender(const LintSubject &subject, LintRun &run)
{
    const ManifestNode &root = subject.manifest.document;
    checkRoot(subject, run);
    for (const ManifestNode *service : renderItems(root, u"services")) {
        checkKeys(*service, serviceKeys(), s("a service"), run);
        checkOldNames(*service, run);
        checkServiceType(*service, run);
        checkPlan(*service, false, run);
        checkRegion(*service, run);
        checkAllowList(service->find(u"ipAllowList"), run);
        if (const ManifestNode *disk = service->find(u"disk"))
            checkKeys(*disk, words("name mountPath sizeGB"), s("a disk"), run);
        if (const ManifestNode *scaling = service->find(u"scaling"))
            checkKeys(*scaling, words("minInstances maxInstances targetMemoryPercent targetCPUPercent"), s("scaling"),
                      run);
        if (const ManifestNode *filter = service->find(u"buildFilter"))
            checkKeys(*filter, words("paths ignoredPaths"), s("buildFilter"), run);
    }
    for (const ManifestNode *database : renderItems(root, u"databases"))
        checkDatabase(*database, run);
    for (const ManifestNode *group : renderItems(root, u"envVarGroups"))
        checkKeys(*group, words("name envVars"), s("a group of variables"), run);
}

} // namespace Switchyard
