// SPDX-License-Identifier: GPL-3.0-or-later
// Keys as in Render's Blueprint specification, https://render.com/docs/blueprint-spec, old names included.
#include "models/manifests/fieldreader.h"

#include <QFileInfo>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

const QString elsewhere = QStringLiteral("when a push is deployed is set up outside of the target's manifest");
const QString previews = QStringLiteral("preview environments of pull requests are Render's own");
const QString network = QStringLiteral("who may connect is set up outside of the target's manifest");

class RenderModelReader
{
public:
    RenderModelReader(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
        : m_root(root)
        , m_read(ledger, problems)
    {
    }

    ServiceModel read()
    {
        m_model.format = QStringLiteral("render");
        if (!m_root.isMap()) {
            m_read.problem(m_root, QStringLiteral("this is no Blueprint: a mapping with \"services\" is expected"));
            return m_model;
        }
        readResources(m_root);
        if (const ManifestNode *ungrouped = m_read.map(m_root, L("ungrouped")))
            readResources(*ungrouped);
        if (const ManifestNode *projects = m_read.list(m_root, L("projects"))) {
            for (const ManifestNode &project : projects->children)
                readProject(project);
        }
        m_read.known(m_root, L("previews"), previews);
        m_read.known(m_root, L("previewsEnabled"), previews);
        m_read.known(m_root, L("previewsExpireAfterDays"), previews);
        m_read.known(m_root, L("version"), QStringLiteral("the version of Render's own format"));
        return m_model;
    }

private:
    void readProject(const ManifestNode &project)
    {
        if (!project.isMap())
            return m_read.problem(project, QStringLiteral("a project must be a mapping"));
        m_read.known(project, L("name"), QStringLiteral("the target knows no projects"));
        const ManifestNode *environments = m_read.list(project, L("environments"));
        for (std::size_t i = 0; environments && i < environments->children.size(); ++i) {
            const ManifestNode &environment = environments->children[i];
            if (!environment.isMap())
                continue;
            m_read.known(environment, L("name"), QStringLiteral("the target knows no environments"));
            m_read.known(environment, L("networking"), network);
            m_read.known(environment, L("permissions"), QStringLiteral("who may change it is set up on the target"));
            readResources(environment);
        }
    }

    void readResources(const ManifestNode &holder)
    {
        const auto each = [&](L key, auto &&take) {
            const ManifestNode *list = m_read.list(holder, key);
            for (std::size_t i = 0; list && i < list->children.size(); ++i) {
                if (list->children[i].isMap())
                    take(list->children[i]);
                else
                    m_read.problem(list->children[i],
                                   QStringLiteral("an element of \"%1\" must be a mapping").arg(key));
            }
        };
        each(L("services"), [this](const ManifestNode &node) { readService(node); });
        each(L("databases"), [this](const ManifestNode &node) { readDatabase(node); });
        each(L("envVarGroups"), [this](const ManifestNode &node) { readGroup(node); });
    }

    /// Type and runtime together say what it is: a static site is a web service with the runtime static.
    static ServiceKind kindOf(const QString &type, const QString &runtime, bool *known)
    {
        *known = true;
        if (runtime == L("static") || type == L("static"))
            return ServiceKind::Static;
        if (type == L("web"))
            return ServiceKind::Web;
        if (type == L("pserv"))
            return ServiceKind::Private;
        if (type == L("worker"))
            return ServiceKind::Worker;
        if (type == L("cron") || type == L("job"))
            return ServiceKind::Cron;
        if (type == L("keyvalue") || type == L("redis"))
            return ServiceKind::KeyValue;
        *known = false;
        return ServiceKind::Worker;
    }

    void readService(const ManifestNode &node)
    {
        Service service;
        service.place = node.place;
        service.nameField = m_read.text(node, L("name"));
        service.name = service.nameField ? service.nameField->value
                                         : QStringLiteral("service-%1").arg(m_model.services.size() + 1);
        service.kindField = m_read.text(node, L("type"));
        service.runtime = m_read.text(node, L("runtime"));
        if (!service.runtime)
            service.runtime = m_read.text(node, L("env"));
        bool known = true;
        service.kind = kindOf(service.kindField ? service.kindField->value : QString(),
                              service.runtime ? service.runtime->value : QString(), &known);
        if (!known) {
            m_read.problem(service.kindField ? *node.find(u"type") : node,
                           QStringLiteral("the service \"%1\" has no type that is known here").arg(service.name),
                           QStringLiteral("one of web, pserv, worker, cron, keyvalue"));
        }
        readSource(node, service);
        readRunning(node, service);
        readFront(node, service);
        readEnvironment(node, service.environment);
        m_model.services.append(service);
    }

    void readSource(const ManifestNode &node, Service &service)
    {
        if (const ManifestNode *image = m_read.map(node, L("image"))) {
            service.image = m_read.text(*image, L("url"));
            m_read.known(*image, L("creds"),
                         QStringLiteral("the registry's login is kept on the target, not in its manifest"));
        }
        service.dockerfile = m_read.text(node, L("dockerfilePath"));
        service.dockerContext = m_read.text(node, L("dockerContext"));
        service.root = m_read.text(node, L("rootDir"));
        service.buildCommand = m_read.text(node, L("buildCommand"));
        service.publishPath = m_read.text(node, L("staticPublishPath"));
        service.repository = m_read.text(node, L("repo"));
        service.branch = m_read.text(node, L("branch"));
        m_read.known(node, L("registryCredential"),
                     QStringLiteral("the registry's login is kept on the target, not in its manifest"));
        m_read.known(node, L("buildFilter"), elsewhere);
        for (const char *key : {"autoDeployTrigger", "autoDeploy"}) {
            m_read.known(node, L(key), elsewhere);
            const ManifestNode *trigger = node.find(QString::fromLatin1(key));
            if (trigger && trigger->isScalar() && !service.deployTrigger)
                service.deployTrigger = Stated<QString>{trigger->text, trigger->place};
        }
        for (const char *key : {"previews", "pullRequestPreviewsEnabled", "previewPlan"})
            m_read.known(node, L(key), previews);
    }

    void readRunning(const ManifestNode &node, Service &service)
    {
        service.startCommand = m_read.text(node, L("startCommand"));
        if (!service.startCommand)
            service.startCommand = m_read.text(node, L("dockerCommand"));
        service.preDeployCommand = m_read.text(node, L("preDeployCommand"));
        service.schedule = m_read.text(node, L("schedule"));
        service.region = m_read.text(node, L("region"));
        service.size.plan = m_read.text(node, L("plan"));
        service.scaling.instances = m_read.integer(node, L("numInstances"));
        if (const ManifestNode *scaling = m_read.map(node, L("scaling"))) {
            service.scaling.least = m_read.integer(*scaling, L("minInstances"));
            service.scaling.most = m_read.integer(*scaling, L("maxInstances"));
            service.scaling.cpuPercent = m_read.integer(*scaling, L("targetCPUPercent"));
            service.scaling.memoryPercent = m_read.integer(*scaling, L("targetMemoryPercent"));
        }
        if (const Field<int> seconds = m_read.integer(node, L("maxShutdownDelaySeconds")))
            service.stopGrace = Stated<Milliseconds>{Milliseconds(qint64(seconds->value) * 1000), seconds->place};
        if (const Field<QString> path = m_read.text(node, L("healthCheckPath")); path && !path->value.isEmpty()) {
            ServiceCheck check;
            check.place = path->place;
            check.path = path;
            service.checks.append(check);
        }
        if (const ManifestNode *disk = m_read.map(node, L("disk"))) {
            Disk entry;
            entry.place = disk->place;
            entry.name = m_read.text(*disk, L("name"));
            entry.mountPath = m_read.text(*disk, L("mountPath"));
            entry.sizeGb = m_read.integer(*disk, L("sizeGB"));
            service.disks.append(entry);
        }
        service.evictionPolicy = m_read.text(node, L("maxmemoryPolicy"));
        m_read.known(node, L("persistenceMode"), QStringLiteral("the target's store has settings of its own"));
        m_read.known(node, L("initialDeployHook"),
                     QStringLiteral("nothing on the target runs at the first deploy only"));
        m_read.known(node, L("maintenanceMode"), QStringLiteral("the target has no maintenance page of its own"));
        service.allowedSources = allowedSources(node);
    }

    Field<int> allowedSources(const ManifestNode &node)
    {
        m_read.known(node, L("ipAllowList"), network);
        const ManifestNode *list = node.find(u"ipAllowList");
        if (!list || !list->isList())
            return {};
        return Stated<int>{int(list->children.size()), list->place};
    }

    void readFront(const ManifestNode &node, Service &service)
    {
        if (const Field<QString> domain = m_read.text(node, L("domain")))
            service.domains.append(*domain);
        if (const ManifestNode *domains = m_read.list(node, L("domains"))) {
            for (const ManifestNode &domain : domains->children) {
                if (domain.isScalar())
                    service.domains.append({domain.text, domain.place});
            }
        }
        m_read.known(node, L("renderSubdomainPolicy"),
                     QStringLiteral("the target's own host name cannot be switched off"));
        for (const ManifestNode *route : m_read.maps(node, L("routes"))) {
            const Field<QString> type = m_read.text(*route, L("type"));
            const Field<QString> source = m_read.text(*route, L("source"));
            const Field<QString> destination = m_read.text(*route, L("destination"));
            if (!source || !destination)
                continue;
            Route entry;
            entry.kind = type && type->value == L("redirect") ? Route::Kind::Redirect : Route::Kind::Rewrite;
            entry.source = *source;
            entry.destination = *destination;
            entry.place = type ? type->place : route->place;
            service.routes.append(entry);
        }
        for (const ManifestNode *header : m_read.maps(node, L("headers"))) {
            const Field<QString> path = m_read.text(*header, L("path"));
            const Field<QString> name = m_read.text(*header, L("name"));
            const Field<QString> value = m_read.text(*header, L("value"));
            if (path && name && value)
                service.headers.append({*path, *name, *value});
        }
    }

    void readEnvironment(const ManifestNode &holder, QList<EnvironmentEntry> &entries)
    {
        for (const ManifestNode *node : m_read.maps(holder, L("envVars"))) {
            EnvironmentEntry entry;
            if (const Field<QString> group = m_read.text(*node, L("fromGroup"))) {
                entry.source = EnvironmentEntry::Source::FromGroup;
                entry.of = group->value;
                entry.place = group->place;
                entries.append(entry);
                continue;
            }
            const Field<QString> key = m_read.text(*node, L("key"));
            m_read.known(*node, L("previewValue"), previews);
            if (!key || key->value.isEmpty()) {
                m_read.problem(*node, QStringLiteral("an entry of \"envVars\" without \"key\""));
                continue;
            }
            entry.name = key->value;
            entry.namePlace = key->place;
            entry.place = key->place;
            takeSource(*node, entry);
            entries.append(entry);
        }
    }

    void takeSource(const ManifestNode &node, EnvironmentEntry &entry)
    {
        using Source = EnvironmentEntry::Source;
        if (const ManifestNode *value = node.find(u"value"); value && !value->isMap() && !value->isList()) {
            m_read.ledger().read(value->place);
            entry.value = value->text;
            entry.place = value->place;
            if (const ManifestNode *sync = node.find(u"sync"))
                m_read.ledger().read(sync->place, QStringLiteral("a value is written, so that nobody is asked"));
            return;
        }
        for (const auto &[name, source] :
             {std::pair(L("fromDatabase"), Source::FromDatabase), std::pair(L("fromService"), Source::FromService)}) {
            const ManifestNode *from = m_read.map(node, name);
            if (!from)
                continue;
            entry.source = source;
            if (const Field<QString> of = m_read.text(*from, L("name"))) {
                entry.of = of->value;
                entry.place = of->place;
            }
            for (const char *key : {"property", "envVarKey", "type"}) {
                const Field<QString> detail = m_read.text(*from, L(key));
                if (!detail)
                    continue;
                entry.details.append(detail->place);
                if (L(key) == L("property"))
                    entry.property = detail->value;
                else if (L(key) == L("envVarKey"))
                    entry.property = QStringLiteral("env.") + detail->value;
            }
            return;
        }
        if (const Field<bool> generated = m_read.boolean(node, L("generateValue"))) {
            entry.source = Source::Generated;
            entry.place = generated->place;
            return;
        }
        entry.source = Source::Asked;
        if (const Field<bool> sync = m_read.boolean(node, L("sync")))
            entry.place = sync->place;
    }

    void readDatabase(const ManifestNode &node)
    {
        ManifestDatabase database;
        database.place = node.place;
        database.nameField = m_read.text(node, L("name"));
        database.name = database.nameField ? database.nameField->value
                                           : QStringLiteral("database-%1").arg(m_model.databases.size() + 1);
        database.plan = m_read.text(node, L("plan"));
        database.version = m_read.text(node, L("postgresMajorVersion"));
        database.databaseName = m_read.text(node, L("databaseName"));
        database.user = m_read.text(node, L("user"));
        database.region = m_read.text(node, L("region"));
        database.diskGb = m_read.integer(node, L("diskSizeGB"));
        const QString own =
            QStringLiteral("the target's databases have settings of their own, outside of its manifest");
        for (const char *key : {"storageAutoscalingEnabled", "connectionPool", "highAvailability", "readReplicas"})
            m_read.known(node, L(key), own);
        database.allowedSources = allowedSources(node);
        for (const char *key : {"previewPlan", "previewDiskSizeGB"})
            m_read.known(node, L(key), previews);
        m_model.databases.append(database);
    }

    void readGroup(const ManifestNode &node)
    {
        EnvironmentGroup group;
        group.place = node.place;
        if (const Field<QString> name = m_read.text(node, L("name"))) {
            group.name = name->value;
            group.namePlace = name->place;
        }
        readEnvironment(node, group.entries);
        m_model.groups.append(group);
    }

    const ManifestNode &m_root;
    FieldReader m_read;
    ServiceModel m_model;
};

} // namespace

ServiceModel readRender(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
{
    ledger.open(root);
    return RenderModelReader(root, ledger, problems).read();
}

} // namespace Switchyard
