// SPDX-License-Identifier: GPL-3.0-or-later
// vercel.json: https://openapi.vercel.sh/vercel.json and vercel/vercel packages/{config,routing-utils,build-utils}.
#include "models/manifests/formats.h"
#include "models/manifests/sitereader.h"
#include "models/manifests/vercelroutes.h"

#include <algorithm>

namespace Switchyard {

namespace {

using Type = ManifestNode::Type;

/// Frameworks of Vercel's list that need a process at run time, with its language.
QString serverLanguage(const QString &framework)
{
    static const QStringList python{QStringLiteral("fastapi"), QStringLiteral("flask"), QStringLiteral("fasthtml"),
                                    QStringLiteral("django"), QStringLiteral("python")};
    static const QStringList node{
        QStringLiteral("blitzjs"),      QStringLiteral("nextjs"),         QStringLiteral("remix"),
        QStringLiteral("react-router"), QStringLiteral("solidstart-1"),   QStringLiteral("solidstart"),
        QStringLiteral("sveltekit"),    QStringLiteral("sveltekit-1"),    QStringLiteral("nuxtjs"),
        QStringLiteral("redwoodjs"),    QStringLiteral("hydrogen"),       QStringLiteral("nitro"),
        QStringLiteral("hono"),         QStringLiteral("express"),        QStringLiteral("h3"),
        QStringLiteral("koa"),          QStringLiteral("nestjs"),         QStringLiteral("elysia"),
        QStringLiteral("fastify"),      QStringLiteral("xmcp"),           QStringLiteral("node"),
        QStringLiteral("sanity-v2"),    QStringLiteral("tanstack-start"), QStringLiteral("sanity")};
    if (python.contains(framework))
        return QStringLiteral("python");
    if (node.contains(framework))
        return QStringLiteral("node");
    if (framework == QLatin1StringView("ruby") || framework == QLatin1StringView("rust") ||
        framework == QLatin1StringView("go"))
        return framework;
    return {};
}

/// "nodejs24.x" -> "node", "python3.14" -> "python", "@vercel/go@3" -> "go".
QString languageOf(QString runtime)
{
    if (runtime == QLatin1StringView("container"))
        return QStringLiteral("docker");
    if (runtime.startsWith(QLatin1StringView("@vercel/")) || runtime.startsWith(QLatin1StringView("@now/")))
        runtime = runtime.section(QLatin1Char('/'), 1).section(QLatin1Char('@'), 0, 0);
    for (const char *language : {"node", "python", "ruby", "rust", "go", "bun", "elixir", "php"}) {
        if (runtime.startsWith(QLatin1StringView(language)))
            return QLatin1StringView(language);
    }
    return runtime == QLatin1StringView("next") ? QStringLiteral("node") : QString();
}

/// A key that the reader knows and the model has no field for.
struct KnownKey
{
    const char *key;
    const char *reason;
};

constexpr KnownKey knownKeys[] = {
    {"$schema", "it tells an editor which schema to check against"},
    {"version", "the version of vercel.json itself"},
    {"alias", "addresses are given to the service on the platform itself"},
    {"bulkRedirectsPath", "the redirects of that file are not read"},
    {"bunVersion", "the version of the runtime is chosen by the platform or the image"},
    {"cleanUrls", "Vercel takes .html from addresses; elsewhere a redirect for each page does that"},
    {"crons", "Vercel calls a path of the deployment at that time; elsewhere a cron job runs a command that calls it"},
    {"devCommand", "it concerns vercel dev only"},
    {"experimentalServiceGroups", "services are not grouped elsewhere"},
    {"fluid", "a way in which Vercel runs functions"},
    {"framework", "a preset of Vercel; elsewhere build command and folder are written out"},
    {"functionFailoverRegions", "where Vercel's functions go when a region fails"},
    {"functions", "settings of Vercel's functions; a server of your own has no such limits for each route"},
    {"git", "which branches are deployed is chosen on the platform itself"},
    {"github", "which branches are deployed is chosen on the platform itself"},
    {"ignoreCommand", "which commits are built is chosen on the platform itself"},
    {"images", "Vercel's image service has no counterpart"},
    {"passiveRegions", "where Vercel's functions go when a region fails"},
    {"projectSettings", "settings of the project as the command line sends them"},
    {"public", "whether Vercel shows the sources of the deployment"},
    {"relatedProjects", "ids of projects on Vercel"},
    {"scope", "a team on Vercel"},
    {"trailingSlash", "Vercel adds or removes the slash at the end of addresses; elsewhere redirects do that"},
    {"wildcard", "Vercel's domains for subdomains"},
};

constexpr KnownKey knownServiceKeys[] = {
    {"bindings", "addresses of other services of the same deployment, which are chosen by the target's own references"},
    {"builder", "Vercel's way of building; the target has its own"},
    {"consumer", "Vercel's queues have no counterpart"},
    {"excludeFiles", "which files belong to one of Vercel's functions"},
    {"framework", "a preset of Vercel; elsewhere build and start command are written out"},
    {"functions", "settings of Vercel's functions; a server of your own has no such limits for each route"},
    {"includeFiles", "which files belong to one of Vercel's functions"},
    {"maxDuration", "a server of your own has no limit for one request's time"},
    {"mount", "a path of the deployment; elsewhere each service has a host of its own"},
    {"routePrefix", "a path of the deployment; elsewhere each service has a host of its own"},
    {"subdomain", "a name below the deployment's; elsewhere each service has a host of its own"},
    {"topics", "Vercel's queues have no counterpart"},
    {"trigger", "whether a schedule or a queue starts the job"},
    {"workspace", "where Vercel looks for package files"},
};

class VercelReader
{
public:
    VercelReader(const ManifestNode &root, SiteReader &reader)
        : m_root(root)
        , m_reader(reader)
    {
    }

    QList<Service> read()
    {
        for (const KnownKey &known : knownKeys)
            m_reader.note(m_root, QLatin1StringView(known.key), QString::fromUtf8(known.reason));
        QList<Service> services;
        for (const char *key : {"services", "experimentalServices", "experimentalServicesV2"}) {
            const ManifestNode *map = m_reader.table(m_root, QLatin1StringView(key));
            for (const ManifestNode &entry : map ? map->children : std::vector<ManifestNode>()) {
                if (entry.isMap())
                    services.append(readService(entry));
                else
                    m_reader.problem(
                        entry.place,
                        QStringLiteral("the service \"%1\" has to be a table of keys and values").arg(entry.key));
            }
        }
        if (!services.isEmpty()) {
            // What stands beside the services holds for the address that they share.
            const auto front = std::find_if(services.begin(), services.end(), [](const Service &service) {
                return service.kind == ServiceKind::Web || service.kind == ServiceKind::Static;
            });
            readShared(front == services.end() ? services.first() : *front);
            return services;
        }
        Service service = readProject();
        if (!m_describes)
            return {};
        return {service};
    }

private:
    Service readProject()
    {
        Service service;
        service.kind = ServiceKind::Static;
        service.place = m_root.place;
        service.nameField = m_reader.text(m_root, QLatin1StringView("name"));
        service.name = service.nameField && !service.nameField->value.isEmpty() ? service.nameField->value
                                                                                : siteName(m_root.place.file);
        if (const ManifestNode *framework = m_root.find(u"framework"); framework && framework->type == Type::String) {
            const QString language = serverLanguage(framework->text);
            if (!language.isEmpty()) {
                service.kind = ServiceKind::Web;
                service.runtime = Stated<QString>{language, framework->place};
            }
        }
        if (const ManifestNode *functions = m_root.find(u"functions"); functions && !functions->children.empty())
            service.kind = ServiceKind::Web;
        readShared(service);
        for (const char *key : {"framework", "functions", "builds", "buildCommand", "installCommand", "outputDirectory",
                                "env", "build", "rewrites", "redirects", "headers", "routes", "cleanUrls", "crons",
                                "trailingSlash", "name", "bunVersion", "images", "bulkRedirectsPath"}) {
            const ManifestNode *node = m_root.find(QString(QLatin1StringView(key)));
            m_describes = m_describes || (node && node->type != Type::Null);
        }
        return service;
    }

    void readShared(Service &service)
    {
        m_reader.note(m_root, QLatin1StringView("name"), QStringLiteral("each service has a name of its own"));
        readBuilds(service);
        take(service.buildCommand, m_root, "buildCommand");
        take(service.installCommand, m_root, "installCommand",
             "elsewhere the build command installs too: put it in front of that one");
        take(service.publishPath, m_root, "outputDirectory");
        if (const ManifestNode *regions = m_reader.list(m_root, QLatin1StringView("regions"))) {
            m_reader.noteAll(*regions, QStringLiteral("the regions of Vercel's functions"));
            if (!regions->children.empty() && regions->children.front().type == Type::String)
                service.region = Stated<QString>{regions->children.front().text, regions->children.front().place};
        }
        // Files are made by the build, a server reads its variables as it runs.
        const ManifestNode *build = m_reader.table(m_root, QLatin1StringView("build"));
        const ManifestNode *first = build ? m_reader.table(*build, QLatin1StringView("env")) : nullptr;
        const ManifestNode *second = m_reader.table(m_root, QLatin1StringView("env"));
        if (service.kind != ServiceKind::Static)
            std::swap(first, second);
        for (const ManifestNode *variables : {first, second}) {
            if (variables)
                readEnvironment(*variables, service);
        }
        readVercelRoutes(m_root, m_reader, service);
    }

    /// A field that a service of the file may have stated already.
    void take(Field<QString> &field, const ManifestNode &map, const char *key, const char *ifLost = "")
    {
        const Field<QString> found = m_reader.text(map, QLatin1StringView(key), QString::fromUtf8(ifLost));
        if (found && !found->value.isEmpty() && !field)
            field = found;
    }

    void readEnvironment(const ManifestNode &variables, Service &service)
    {
        const qsizetype before = service.environment.size();
        for (const ManifestNode &variable : variables.children) {
            if (variable.isMap())
                m_reader.noteAll(variable, QStringLiteral("the address of another service of the same deployment, "
                                                          "which the target's own references give"));
        }
        ManifestNode texts = variables;
        texts.children.erase(std::remove_if(texts.children.begin(), texts.children.end(),
                                            [](const ManifestNode &node) { return node.isMap(); }),
                             texts.children.end());
        m_reader.environment(texts, service.environment,
                             QStringLiteral("build and run have different values of it, and the model has one"));
        for (qsizetype i = before; i < service.environment.size(); ++i) {
            EnvironmentEntry &entry = service.environment[i];
            if (!entry.value.startsWith(QLatin1Char('@')))
                continue;
            // "@name" was a reference to a secret, which Vercel no longer has.
            entry.source = EnvironmentEntry::Source::Asked;
            entry.value.clear();
        }
    }

    void readBuilds(Service &service)
    {
        for (const ManifestNode *build : m_reader.tables(m_root, QLatin1StringView("builds"))) {
            m_reader.note(*build, QLatin1StringView("src"),
                          QStringLiteral("the file that Vercel makes a function or a page of; a server needs a start "
                                         "command"));
            m_reader.note(*build, QLatin1StringView("config"), QStringLiteral("settings of one of Vercel's builders"));
            const Field<QString> use =
                m_reader.text(*build, QLatin1StringView("use"), QStringLiteral("one of Vercel's builders"));
            if (!use) {
                if (!build->find(u"use"))
                    m_reader.problem(build->place, QStringLiteral("a build without \"use\""));
                continue;
            }
            const QString builder = use->value.section(QLatin1Char('/'), 1).section(QLatin1Char('@'), 0, 0);
            if (builder == QLatin1StringView("static"))
                continue;
            if (builder == QLatin1StringView("static-build")) {
                const ManifestNode *config = build->find(u"config");
                const ManifestNode *folder = config ? config->find(u"distDir") : nullptr;
                if (folder && folder->type == Type::String && !service.publishPath && !m_root.find(u"outputDirectory"))
                    service.publishPath = Stated<QString>{folder->text, folder->place};
                continue;
            }
            service.kind = ServiceKind::Web;
            const QString language = languageOf(use->value);
            if (!language.isEmpty() && !service.runtime)
                service.runtime = Stated<QString>{language, use->place};
        }
    }

    Service readService(const ManifestNode &entry)
    {
        Service service;
        service.name = entry.key.isEmpty() ? siteName(entry.place.file) : entry.key;
        service.nameField = Stated<QString>{entry.key, entry.keyPlace};
        service.place = entry.place;
        for (const KnownKey &known : knownServiceKeys)
            m_reader.note(entry, QLatin1StringView(known.key), QString::fromUtf8(known.reason));
        m_reader.read(entry.place); // one that says nothing but its name
        readKind(entry, service);
        take(service.root, entry, "root");
        take(service.buildCommand, entry, "buildCommand");
        take(service.installCommand, entry, "installCommand",
             "elsewhere the build command installs too: put it in front of that one");
        take(service.preDeployCommand, entry, "preDeployCommand");
        take(service.publishPath, entry, "outputDirectory");
        service.size.memoryMb = m_reader.number(entry, QLatin1StringView("memory"), 1, 1 << 20);
        if (const ManifestNode *schedule = entry.find(u"schedule"); schedule && schedule->isList())
            m_reader.noteAll(*schedule, QStringLiteral("a cron job has one schedule"));
        else
            take(service.schedule, entry, "schedule");
        if (const ManifestNode *variables = m_reader.table(entry, QLatin1StringView("env")))
            readEnvironment(*variables, service);
        readVercelRoutes(entry, m_reader, service);
        return service;
    }

    void readKind(const ManifestNode &entry, Service &service)
    {
        service.kindField = m_reader.text(entry, QLatin1StringView("type"));
        const Field<QString> runtime = m_reader.text(entry, QLatin1StringView("runtime"));
        const ManifestNode *framework = entry.find(u"framework");
        const bool named = framework && framework->type == Type::String;
        const QString language = named ? serverLanguage(framework->text) : QString();
        if (runtime && !languageOf(runtime->value).isEmpty())
            service.runtime = Stated<QString>{languageOf(runtime->value), runtime->place};
        else if (!language.isEmpty())
            service.runtime = Stated<QString>{language, framework->place};

        const ManifestNode *trigger = entry.find(u"trigger");
        const QString type = service.kindField ? service.kindField->value : QStringLiteral("web");
        const bool page = !entry.find(u"entrypoint") && !service.runtime;
        const bool site = page || (named && language.isEmpty() && !service.runtime);
        if (type == QLatin1StringView("cron") ||
            (type == QLatin1StringView("job") && !(trigger && trigger->text == QLatin1StringView("queue"))))
            service.kind = ServiceKind::Cron;
        else if (type == QLatin1StringView("worker") || type == QLatin1StringView("job"))
            service.kind = ServiceKind::Worker;
        else if (type != QLatin1StringView("web"))
            m_reader.problem(service.kindField->place,
                             QStringLiteral("the kind of the service \"%1\" is unknown").arg(entry.key),
                             QStringLiteral("web, worker, cron or job"));
        else if (site)
            service.kind = ServiceKind::Static;

        const Field<QString> entrypoint =
            m_reader.text(entry, QLatin1StringView("entrypoint"),
                          QStringLiteral("what Vercel calls in the service; elsewhere a start command runs it"));
        if (!entrypoint)
            return;
        const QString file = entrypoint->value.section(QLatin1Char('/'), -1);
        if (file.contains(QLatin1StringView("Dockerfile")) || file.contains(QLatin1StringView("Containerfile"))) {
            service.dockerfile = entrypoint;
            if (!service.runtime)
                service.runtime = Stated<QString>{QStringLiteral("docker"), entrypoint->place};
            if (service.kind == ServiceKind::Static)
                service.kind = ServiceKind::Web;
        }
    }

    const ManifestNode &m_root;
    SiteReader &m_reader;
    bool m_describes = false;
};

} // namespace

ServiceModel readVercel(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
{
    ledger.open(root);
    ServiceModel model;
    model.format = manifestFormatName(ManifestFormat::Vercel);
    SiteReader reader(ledger, problems);
    if (!root.isMap()) {
        reader.problem(root.place, QStringLiteral("vercel.json has to be an object"));
        return model;
    }
    model.services = VercelReader(root, reader).read();
    return model;
}

} // namespace Switchyard
