// SPDX-License-Identifier: GPL-3.0-or-later
// render.yaml in the current form of Render's Blueprint specification, https://render.com/docs/blueprint-spec
#include "models/common/yamltext.h"
#include "models/manifests/modelplaces.h"
#include "models/manifests/placetables.h"
#include "models/manifests/routepattern.h"
#include "models/manifests/writeraccount.h"

#include <QHash>
#include <QSet>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

using L = QLatin1StringView;
using Source = EnvironmentEntry::Source;

constexpr int renderPort = 10'000;
constexpr int mostGraceSeconds = 300;
constexpr int renderGraceSeconds = 30;
constexpr int usualDiskGb = 10;

const auto ownChecks = QStringLiteral("Render's check has times of its own: every few seconds, 5 s for an answer");

/// Words of the schema's runtime.
bool isRuntime(const QString &word)
{
    static const QSet<QString> runtimes{QStringLiteral("docker"), QStringLiteral("elixir"), QStringLiteral("go"),
                                        QStringLiteral("image"),  QStringLiteral("node"),   QStringLiteral("python"),
                                        QStringLiteral("ruby"),   QStringLiteral("rust"),   QStringLiteral("static")};
    return runtimes.contains(word);
}

class RenderWriter : private WriterAccount
{
public:
    RenderWriter(Ledger &ledger, Written &written)
        : WriterAccount(ledger, written.added)
        , m_written(written)
    {
    }

    void write(const QList<ServiceModel> &models)
    {
        const QString file = QStringLiteral("render.yaml");
        begin(file);
        QString services;
        QString databases;
        QString groups;
        int databaseCount = 0;
        int groupCount = 0;
        for (const ServiceModel &model : models) {
            m_model = &model;
            for (const Service &service : model.services)
                services += writeService(service);
            for (const ManifestDatabase &database : model.databases)
                databases += writeDatabase(database, databaseCount++);
            for (const EnvironmentGroup &group : model.groups)
                groups += writeGroup(group, groupCount++);
        }
        QString text;
        for (const auto &[key, elements] :
             {std::pair("services", services), std::pair("databases", databases), std::pair("envVarGroups", groups)}) {
            if (!elements.isEmpty())
                text += L(key) + QStringLiteral(":\n") + elements;
        }
        if (text.isEmpty())
            return;
        m_written.files.append(
            {file, (QStringLiteral("# render.yaml, written by Switchyard; Render reads it in the root of the "
                                   "repository\n") +
                    text)
                       .toUtf8()});
    }

private:
    // --- text

    void line(const QString &text) { m_text += QStringLiteral("    ") + text + QLatin1Char('\n'); }
    void textLine(const QString &key, const QString &value) { line(key + QStringLiteral(": ") + yamlScalar(value)); }
    void numberLine(const QString &key, int value) { line(QStringLiteral("%1: %2").arg(key).arg(value)); }
    void write(const Field<QString> &field, const QString &key)
    {
        if (!field)
            return;
        textLine(key, field->value);
        mapped(field, key);
    }
    void write(const Field<int> &field, const QString &key)
    {
        if (!field)
            return;
        numberLine(key, field->value);
        mapped(field, key);
    }
    bool own() const { return m_model->format == L("render"); }

    /// The text of an element of a list, its comments before it.
    QString element()
    {
        QString result;
        for (const QString &note : takeNotes())
            result += QStringLiteral("  # not carried over: %1\n").arg(note);
        m_text.replace(2, 1, QLatin1Char('-'));
        return result + std::exchange(m_text, {});
    }

    // --- services

    static QString typeOf(ServiceKind kind)
    {
        switch (kind) {
        case ServiceKind::Private:
            return QStringLiteral("pserv");
        case ServiceKind::Worker:
            return QStringLiteral("worker");
        case ServiceKind::Cron:
            return QStringLiteral("cron");
        case ServiceKind::KeyValue:
            return QStringLiteral("keyvalue");
        default:
            return QStringLiteral("web");
        }
    }

    QString writeService(const Service &service)
    {
        setPrefix(QStringLiteral("services[%1].").arg(m_count++));
        const bool store = service.kind == ServiceKind::KeyValue;
        const bool site = service.kind == ServiceKind::Static;
        m_exec = false;
        textLine(QStringLiteral("type"), typeOf(service.kind));
        rewritten(service.kindField, QStringLiteral("type"), QStringLiteral("Render's word for what it is"));
        textLine(QStringLiteral("name"), service.name);
        mapped(service.nameField, QStringLiteral("name"));
        if (!store)
            runtime(service);
        if (!site) {
            region(service.region);
            plan(service);
        } else {
            lost(service.region, QStringLiteral("region"), QStringLiteral("a static site is served from everywhere"));
            lost(service.size.plan, QStringLiteral("plan"), QStringLiteral("a static site has none"));
        }
        if (store) {
            write(service.evictionPolicy, QStringLiteral("maxmemoryPolicy"));
            line(QStringLiteral("ipAllowList: [] # reached from Render's private network only"));
            if (service.allowedSources && service.allowedSources->value == 0)
                mapped(service.allowedSources, QStringLiteral("ipAllowList"));
            else
                added(QStringLiteral("ipAllowList"), QStringLiteral("[]"),
                      QStringLiteral("Render wants the list; an empty one lets nobody in from outside"));
        } else {
            build(service);
            running(service);
            if (!site && service.kind != ServiceKind::Cron)
                instances(service);
            domains(service);
            if (site)
                routes(service);
            environment(service);
        }
        settleRest(service);
        return element();
    }

    void runtime(const Service &service)
    {
        QString word = QStringLiteral("docker");
        if (service.kind == ServiceKind::Static)
            word = QStringLiteral("static");
        else if (service.image)
            word = QStringLiteral("image");
        else if (service.runtime && isRuntime(service.runtime->value))
            word = service.runtime->value;
        m_exec = word == L("docker") || word == L("image");
        textLine(QStringLiteral("runtime"), word);
        if (!service.runtime)
            added(QStringLiteral("runtime"), word, QStringLiteral("Render wants it said"));
        else if (service.runtime->value == word)
            mapped(service.runtime, QStringLiteral("runtime"));
        else
            rewritten(service.runtime, QStringLiteral("runtime"),
                      QStringLiteral("Render has no such runtime: a Dockerfile has to install it"));
    }

    void region(const Field<QString> &field)
    {
        if (!field)
            return;
        const QString name = m_model->format == L("fly") ? renderRegionFor(field->value) : QString();
        if (own())
            return write(field, QStringLiteral("region"));
        if (name.isEmpty())
            return lost(field, QStringLiteral("region %1").arg(field->value),
                        QStringLiteral("no region of Render is known to be near it"));
        textLine(QStringLiteral("region"), name);
        rewritten(field, QStringLiteral("region"),
                  QStringLiteral("%1 is Render's nearest region; it cannot be changed later").arg(name));
    }

    void plan(const Service &service)
    {
        const MachineSize &size = service.size;
        if (own())
            return ownPlan(size.plan, false);
        const bool store = service.kind == ServiceKind::KeyValue;
        const std::optional<PlanSize> preset = size.plan ? flyPresetSize(size.plan->value) : std::nullopt;
        const bool known = !store && (preset || size.memoryMb || size.cpus);
        if (!known) {
            const QString reason = QStringLiteral("no plan of Render is known to be its like");
            lost(size.plan, QStringLiteral("size"), reason);
            lost(size.memoryMb, QStringLiteral("memory"), reason);
            lost(size.cpus, QStringLiteral("processors"), reason);
            lost(size.cpuKind, QStringLiteral("processors"), reason);
            return;
        }
        PlanSize wanted = preset.value_or(PlanSize{256, 0.5});
        if (size.memoryMb)
            wanted.memoryMb = size.memoryMb->value;
        const bool shared =
            size.cpuKind ? size.cpuKind->value == L("shared")
                         : m_model->format == L("fly") && (!size.plan || size.plan->value.startsWith(L("shared")));
        // A shared processor of Fly is a sixteenth of one for long: the half of one that Render's smallest has is more.
        if (size.cpus)
            wanted.cpus = shared ? size.cpus->value * 0.5 : size.cpus->value;
        const QString name = renderPlanFor(wanted);
        textLine(QStringLiteral("plan"), name);
        const PlanSize got = renderPlanSize(name).value_or(PlanSize{});
        const QString reason =
            got.memoryMb < wanted.memoryMb || got.cpus < wanted.cpus
                ? QStringLiteral("Render's largest plan by name, smaller than it was: %1 MB, %2 CPU; prices differ")
                      .arg(got.memoryMb)
                      .arg(got.cpus)
                : QStringLiteral("the smallest plan with as much: %1 MB, %2 CPU; prices differ")
                      .arg(got.memoryMb)
                      .arg(got.cpus);
        rewritten(size.plan, QStringLiteral("plan"), reason);
        rewritten(size.memoryMb, QStringLiteral("plan"), reason);
        rewritten(size.cpus, QStringLiteral("plan"), reason);
        rewritten(size.cpuKind, QStringLiteral("plan"), reason);
    }

    /// The API writes an underscore where a Blueprint has a space (plans of services) or a hyphen (of databases). Names
    /// are an open list: what is not known here is written as it stands.
    void ownPlan(const Field<QString> &plan, bool database)
    {
        if (!plan)
            return;
        QString name = plan->value.trimmed().toLower();
        name.replace(QLatin1Char('_'), database ? QLatin1Char('-') : QLatin1Char(' '));
        textLine(QStringLiteral("plan"), name);
        if (name == plan->value)
            mapped(plan, QStringLiteral("plan"));
        else
            rewritten(plan, QStringLiteral("plan"), QStringLiteral("as Blueprints write it"));
    }

    void trigger(const Field<QString> &field)
    {
        static const QHash<QString, QString> old{{QStringLiteral("true"), QStringLiteral("commit")},
                                                 {QStringLiteral("yes"), QStringLiteral("commit")},
                                                 {QStringLiteral("false"), QStringLiteral("off")},
                                                 {QStringLiteral("no"), QStringLiteral("off")}};
        static const QStringList words{QStringLiteral("commit"), QStringLiteral("checksPass"), QStringLiteral("off")};
        const QString key = QStringLiteral("autoDeployTrigger");
        if (!field)
            return;
        if (words.contains(field->value)) {
            write(field, key);
        } else if (const QString word = old.value(field->value.toLower()); !word.isEmpty()) {
            textLine(key, word);
            rewritten(field, key, QStringLiteral("autoDeploy is its older form"));
        }
    }

    void build(const Service &service)
    {
        write(service.repository, QStringLiteral("repo"));
        write(service.branch, QStringLiteral("branch"));
        trigger(service.deployTrigger);
        if (service.image) {
            line(QStringLiteral("image:"));
            line(QStringLiteral("  url: ") + yamlScalar(service.image->value));
            mapped(service.image, QStringLiteral("image.url"));
            for (const auto *field : {&service.dockerfile, &service.dockerContext})
                lost(*field, QStringLiteral("Dockerfile"), QStringLiteral("the image is there already"));
        }
        write(service.root, QStringLiteral("rootDir"));
        if (!service.image && m_exec)
            dockerBuild(service);
        else if (!service.image)
            for (const auto *field : {&service.dockerfile, &service.dockerContext})
                lost(*field, QStringLiteral("Dockerfile"), QStringLiteral("the runtime is built without one"));
        lost(service.dockerTarget, QStringLiteral("build target"),
             QStringLiteral("Render builds a Dockerfile's last stage"));
        commands(service);
        if (service.kind == ServiceKind::Static)
            write(service.publishPath, QStringLiteral("staticPublishPath"));
        else
            lost(service.publishPath, QStringLiteral("folder of the built site"),
                 QStringLiteral("a server serves it, and Render's static sites alone publish a folder"));
        if (service.kind == ServiceKind::Static && !service.publishPath)
            note(QStringLiteral("the folder of the built site is not stated: add staticPublishPath"));
    }

    void dockerBuild(const Service &service)
    {
        const auto local = [](const QString &path) {
            const bool plain = path.startsWith(L("./")) || path.startsWith(QLatin1Char('/')) || path == L(".");
            return plain ? path : QStringLiteral("./") + path;
        };
        if (service.dockerfile && service.dockerfile->value.contains(L("://"))) {
            lost(service.dockerfile, QStringLiteral("Dockerfile"),
                 QStringLiteral("Render takes it from the repository only"));
        } else if (service.dockerfile) {
            textLine(QStringLiteral("dockerfilePath"), local(service.dockerfile->value));
            mapped(service.dockerfile, QStringLiteral("dockerfilePath"));
        }
        if (service.dockerContext) {
            textLine(QStringLiteral("dockerContext"), local(service.dockerContext->value));
            mapped(service.dockerContext, QStringLiteral("dockerContext"));
        }
    }

    void commands(const Service &service)
    {
        if (!m_exec && (service.buildCommand || service.installCommand)) {
            QStringList steps;
            for (const auto *step : {&service.installCommand, &service.buildCommand})
                if (*step)
                    steps.append((*step)->value);
            textLine(QStringLiteral("buildCommand"), steps.join(QStringLiteral(" && ")));
            mapped(service.buildCommand, QStringLiteral("buildCommand"));
            rewritten(service.installCommand, QStringLiteral("buildCommand"),
                      QStringLiteral("Render has one command for both"));
        } else {
            const QString reason = QStringLiteral("a Dockerfile does it, as RUN");
            lost(service.buildCommand, QStringLiteral("build command"), reason);
            lost(service.installCommand, QStringLiteral("install command"), reason);
        }
        if (service.kind != ServiceKind::Static)
            command(service.startCommand, service.startCommandDetails,
                    m_exec ? QStringLiteral("dockerCommand") : QStringLiteral("startCommand"));
        else
            lost(service.startCommand, QStringLiteral("start command"), QStringLiteral("a static site runs nothing"));
        // Process groups share one command before the deploy: it must not run once for each of them.
        const Field<QString> &before = service.preDeployCommand;
        if (before && m_done.contains(before->place.toString()))
            return;
        if (before)
            m_done.insert(before->place.toString());
        command(before, {}, QStringLiteral("preDeployCommand"));
        write(service.schedule, QStringLiteral("schedule"));
    }

    void command(const Field<QString> &field, const QList<Place> &details, const QString &key)
    {
        if (!field)
            return;
        const ExecCommand exec = m_exec ? withoutShell(field->value) : ExecCommand{field->value, false};
        textLine(key, exec.text);
        if (exec.wrapped)
            rewritten(field, key,
                      QStringLiteral("Render runs an image's command without a shell: it is put into sh -c"));
        else
            mapped(field, key);
        for (const Place &place : details)
            ledger().mapped(place, target(key));
    }

    // --- running

    void running(const Service &service)
    {
        const bool web = service.kind == ServiceKind::Web;
        if (web)
            checks(service);
        else
            for (const ServiceCheck &check : service.checks)
                loseCheck(check, QStringLiteral("Render checks web services only"));
        if (service.kind == ServiceKind::Static || service.kind == ServiceKind::Cron) {
            const QString reason = QStringLiteral("nothing of it is stopped by a deploy");
            lost(service.stopSignal, QStringLiteral("stop signal"), reason);
            lost(service.stopGrace, QStringLiteral("time to stop"), reason);
            for (const Disk &disk : service.disks)
                loseDisk(disk, QStringLiteral("it cannot have one on Render"));
            return;
        }
        shutdown(service);
        disks(service);
    }

    void shutdown(const Service &service)
    {
        const QString key = QStringLiteral("maxShutdownDelaySeconds");
        if (service.stopSignal && service.stopSignal->value == L("SIGTERM"))
            defaulted(service.stopSignal, QStringLiteral("Render sends SIGTERM"));
        else
            lost(service.stopSignal, QStringLiteral("stop signal"),
                 QStringLiteral("Render always sends SIGTERM: the process has to end on it"));
        if (!service.stopGrace) {
            if (!own()) {
                numberLine(key, renderGraceSeconds);
                added(key, QString::number(renderGraceSeconds),
                      QStringLiteral("Render's own default, and more than the source's"));
            }
            return;
        }
        const auto seconds = qint64(std::ceil(std::chrono::duration<double>(service.stopGrace->value).count()));
        const int kept = int(std::clamp<qint64>(seconds, 1, mostGraceSeconds));
        numberLine(key, kept);
        if (std::chrono::seconds(kept) == service.stopGrace->value)
            mapped(service.stopGrace, key);
        else
            rewritten(service.stopGrace, key, QStringLiteral("Render waits whole seconds, 1 to 300"));
    }

    void disks(const Service &service)
    {
        bool first = true;
        for (const Disk &disk : service.disks) {
            if (!std::exchange(first, false) || !disk.mountPath) {
                loseDisk(disk, disk.mountPath ? QStringLiteral("a service has one disk on Render")
                                              : QStringLiteral("it has no mount path"));
                continue;
            }
            line(QStringLiteral("disk:"));
            line(QStringLiteral("  name: ") +
                 yamlScalar(disk.name ? disk.name->value : service.name + QStringLiteral("-data")));
            mapped(disk.name, QStringLiteral("disk.name"));
            line(QStringLiteral("  mountPath: ") + yamlScalar(disk.mountPath->value));
            mapped(disk.mountPath, QStringLiteral("disk.mountPath"));
            const int size = disk.sizeGb ? disk.sizeGb->value : usualDiskGb;
            line(QStringLiteral("  sizeGB: %1").arg(size));
            mapped(disk.sizeGb, QStringLiteral("disk.sizeGB"));
            if (!disk.sizeGb && !own())
                added(QStringLiteral("disk.sizeGB"), QString::number(size),
                      QStringLiteral("Render's own default; a disk can grow but not shrink"));
            note(QStringLiteral("what is on the disk: copy it; a service with a disk is down for moments at each "
                                "deploy"));
        }
    }

    void loseDisk(const Disk &disk, const QString &reason)
    {
        lost(disk.name, QStringLiteral("disk"), reason);
        lost(disk.mountPath, QStringLiteral("disk"), reason);
        lost(disk.sizeGb, QStringLiteral("disk"), reason);
    }

    void checks(const Service &service)
    {
        // One that decides about traffic, else one that only watches: Render has no such.
        const ServiceCheck *chosen = nullptr;
        for (const ServiceCheck &check : service.checks) {
            if (check.path && (!chosen || (check.moves && !chosen->moves)))
                chosen = &check;
        }
        for (const ServiceCheck &check : service.checks) {
            if (&check == chosen)
                writeCheck(check);
            else if (check.path || check.command)
                loseCheck(check, QStringLiteral("a service has one check on Render, by one path"));
            else
                defaultCheck(check);
        }
    }

    void writeCheck(const ServiceCheck &check)
    {
        const QString key = QStringLiteral("healthCheckPath");
        textLine(key, check.path->value);
        if (check.moves)
            mapped(check.path, key);
        else
            rewritten(check.path, key,
                      QStringLiteral("it only watched; on Render it decides about traffic and restarts"));
        if (check.command)
            rewritten(check.command, key, QStringLiteral("Render asks by HTTP, from outside of the container"));
        if (check.method && check.method->value.compare(L("GET"), Qt::CaseInsensitive) != 0)
            lost(check.method, QStringLiteral("the check's method"), QStringLiteral("Render asks by GET"));
        else
            defaulted(check.method, QStringLiteral("Render asks by GET"));
        defaulted(check.kind && check.kind->place.file.isEmpty() ? Field<QString>() : check.kind,
                  QStringLiteral("Render asks by HTTP"));
        defaulted(check.port, QStringLiteral("Render asks on the service's own port"));
        for (const auto *time : {&check.interval, &check.timeout, &check.grace})
            lost(*time, QStringLiteral("the check's times"), ownChecks);
        lost(check.retries, QStringLiteral("the check's retries"), ownChecks);
        for (const auto &[name, value] : check.headers) {
            ledger().lost(value.place, QStringLiteral("Render's check sends no headers of one's own"));
            note(QStringLiteral("the check's header %1: Render's check sends none of one's own").arg(name));
        }
    }

    /// A TCP check: what Render does where there is no path.
    void defaultCheck(const ServiceCheck &check)
    {
        const QString reason = QStringLiteral("without a path Render looks whether the port is open");
        defaulted(check.kind, reason);
        defaulted(check.port, reason);
        lost(check.method, QStringLiteral("the check's method"), reason);
        for (const auto &[name, value] : check.headers)
            ledger().lost(value.place, reason);
        for (const auto *time : {&check.interval, &check.timeout, &check.grace})
            lost(*time, QStringLiteral("the check's times"), ownChecks);
    }

    void loseCheck(const ServiceCheck &check, const QString &reason)
    {
        for (const auto *field : {&check.kind, &check.path, &check.method, &check.command})
            if (*field && !(*field)->place.file.isEmpty())
                lost(*field, QStringLiteral("a health check"), reason);
        lost(check.port, QStringLiteral("a health check"), reason);
        lost(check.retries, QStringLiteral("a health check"), reason);
        for (const auto *time : {&check.interval, &check.timeout, &check.grace})
            lost(*time, QStringLiteral("a health check"), reason);
        for (const auto &[name, value] : check.headers)
            ledger().lost(value.place, reason);
    }

    void instances(const Service &service)
    {
        const Scaling &scaling = service.scaling;
        const bool grows = scaling.most && (scaling.cpuPercent || scaling.memoryPercent);
        if (grows && service.disks.isEmpty()) {
            line(QStringLiteral("scaling:"));
            const auto part = [&](const Field<int> &field, const QString &key) {
                if (!field)
                    return;
                line(QStringLiteral("  %1: %2").arg(key).arg(field->value));
                mapped(field, QStringLiteral("scaling.") + key);
            };
            if (!scaling.least)
                line(QStringLiteral("  minInstances: 1"));
            part(scaling.least, QStringLiteral("minInstances"));
            part(scaling.most, QStringLiteral("maxInstances"));
            part(scaling.cpuPercent, QStringLiteral("targetCPUPercent"));
            part(scaling.memoryPercent, QStringLiteral("targetMemoryPercent"));
            for (const auto *field : {&scaling.instances, &scaling.leastRunning})
                lost(*field, QStringLiteral("number of instances"), QStringLiteral("scaling decides it"));
        } else {
            count(service);
            const QString reason = QStringLiteral("Render scales by processor or memory, and never with a disk");
            for (const auto *field : {&scaling.least, &scaling.most, &scaling.cpuPercent, &scaling.memoryPercent})
                if (*field && (grows || field != &scaling.least))
                    lost(*field, QStringLiteral("scaling"), reason);
        }
        stopping(service);
    }

    void count(const Service &service)
    {
        const Scaling &scaling = service.scaling;
        const Field<int> &field = scaling.instances      ? scaling.instances
                                  : scaling.leastRunning ? scaling.leastRunning
                                                         : scaling.least;
        if (!field)
            return;
        const QString key = QStringLiteral("numInstances");
        if (&field != &scaling.leastRunning)
            lost(scaling.leastRunning, QStringLiteral("machines kept running"),
                 QStringLiteral("all instances of a paid plan run all the time"));
        if (!service.disks.isEmpty() && field->value > 1)
            return lost(field, QStringLiteral("number of instances"),
                        QStringLiteral("a service with a disk has one instance on Render"));
        if (field->value < 1)
            return lost(field, QStringLiteral("stopping the last machine"),
                        QStringLiteral("paid instances of Render never sleep, free ones do after 15 min"));
        numberLine(key, field->value);
        if (&field == &scaling.instances)
            mapped(field, key);
        else
            rewritten(field, key, QStringLiteral("all instances of a paid plan run all the time"));
    }

    void stopping(const Service &service)
    {
        const Scaling &scaling = service.scaling;
        const QString awake = QStringLiteral("instances of Render are neither stopped nor started by requests");
        if (scaling.autoStop && scaling.autoStop->value != L("off"))
            lost(scaling.autoStop, QStringLiteral("stopping idle machines"), awake);
        else
            defaulted(scaling.autoStop, awake);
        defaulted(scaling.autoStart, awake);
        const QString limits = QStringLiteral("Render spreads requests evenly and has no limit for each instance");
        lost(scaling.limitBy, QStringLiteral("limits of an instance"), limits);
        lost(scaling.softLimit, QStringLiteral("limits of an instance"), limits);
        lost(scaling.hardLimit, QStringLiteral("limits of an instance"), limits);
    }

    // --- in front of it

    void domains(const Service &service)
    {
        if (service.domains.isEmpty())
            return;
        const bool open = service.kind == ServiceKind::Web || service.kind == ServiceKind::Static;
        if (open)
            line(QStringLiteral("domains:"));
        for (const Stated<QString> &domain : service.domains) {
            if (open) {
                line(QStringLiteral("  - ") + yamlScalar(domain.value));
                ledger().mapped(domain.place, target(QStringLiteral("domains")));
            } else {
                ledger().lost(domain.place, QStringLiteral("only web services and sites have names of their own"));
            }
        }
    }

    void routes(const Service &service)
    {
        const RouteForm from = routeFormOf(m_model->format);
        int written = 0;
        for (const Route &route : service.routes) {
            const TranslatedRoute form =
                translateRoute(route.source.value, route.destination.value, from, RouteForm::Render);
            if (!form.lost.isEmpty()) {
                for (const Place &place : {route.source.place, route.destination.place})
                    ledger().lost(place, form.lost);
                lost(route.status, QStringLiteral("a route"), form.lost);
                note(QStringLiteral("route %1: %2").arg(route.source.value, form.lost));
                continue;
            }
            if (written == 0)
                line(QStringLiteral("routes:"));
            writeRoute(route, form, written++);
        }
        int headers = 0;
        for (const ResponseHeader &header : service.headers) {
            const TranslatedRoute form = translatePath(header.path.value, from, RouteForm::Render);
            if (!form.lost.isEmpty()) {
                for (const Place &place : {header.path.place, header.name.place, header.value.place})
                    ledger().lost(place, form.lost);
                note(QStringLiteral("header %1: %2").arg(header.name.value, form.lost));
                continue;
            }
            if (headers == 0)
                line(QStringLiteral("headers:"));
            const QString key = QStringLiteral("headers[%1]").arg(headers++);
            line(QStringLiteral("  - path: ") + yamlScalar(form.source));
            line(QStringLiteral("    name: ") + yamlScalar(header.name.value));
            line(QStringLiteral("    value: ") + yamlScalar(header.value.value));
            part(header.path.place, key + QStringLiteral(".path"), form.source != header.path.value);
            part(header.name.place, key + QStringLiteral(".name"), false);
            part(header.value.place, key + QStringLiteral(".value"), false);
        }
    }

    void part(const Place &place, const QString &key, bool changed)
    {
        if (changed)
            ledger().rewritten(place, target(key), QStringLiteral("written in Render's form of paths"));
        else
            ledger().mapped(place, target(key));
    }

    void writeRoute(const Route &route, const TranslatedRoute &form, int index)
    {
        const QString key = QStringLiteral("routes[%1]").arg(index);
        const bool moves = route.kind == Route::Kind::Redirect;
        line(QStringLiteral("  - type: ") + (moves ? QStringLiteral("redirect") : QStringLiteral("rewrite")));
        line(QStringLiteral("    source: ") + yamlScalar(form.source));
        line(QStringLiteral("    destination: ") + yamlScalar(form.destination));
        part(route.source.place, key + QStringLiteral(".source"), form.source != route.source.value);
        part(route.destination.place, key + QStringLiteral(".destination"),
             form.destination != route.destination.value);
        if (!route.status)
            return;
        const int usual = moves ? 301 : 200;
        if (route.status->value == usual)
            defaulted(route.status, QStringLiteral("Render answers %1").arg(usual));
        else
            lost(route.status, QStringLiteral("status of %1").arg(route.source.value),
                 QStringLiteral("Render answers %1").arg(usual));
    }

    // --- variables

    void environment(const Service &service)
    {
        QSet<QString> done;
        QString text;
        for (const EnvironmentEntry &entry : service.environment)
            text += variable(entry, done, QStringLiteral("envVars"));
        for (const auto &[name, value] : service.buildArguments) {
            if (done.contains(name)) {
                ledger().rewritten(value.place, target(QStringLiteral("envVars")),
                                   QStringLiteral("the variable of that name is the build's argument too"));
                continue;
            }
            done.insert(name);
            const bool open = mayStandInFile(name, value.value);
            text += open ? literal(name, value.value)
                         : QStringLiteral("      - key: %1\n        sync: false\n").arg(yamlScalar(name));
            ledger().rewritten(value.place, target(QStringLiteral("envVars.") + name),
                               open
                                   ? QStringLiteral("Render gives its variables to the build; the process sees it too")
                                   : QStringLiteral("a secret stands in no file here: Render asks for its value once"));
        }
        text += portVariable(service, done);
        if (!text.isEmpty())
            m_text += QStringLiteral("    envVars:\n") + text;
    }

    QString portVariable(const Service &service, const QSet<QString> &done)
    {
        if (!service.port)
            return {};
        const auto it = std::find_if(service.environment.begin(), service.environment.end(),
                                     [](const EnvironmentEntry &each) { return each.name == L("PORT"); });
        if (it != service.environment.end()) {
            if (it->value.toInt() == service.port->value)
                mapped(service.port, QStringLiteral("envVars.PORT"));
            else
                lost(service.port, QStringLiteral("port %1").arg(service.port->value),
                     QStringLiteral("PORT says another, and Render sends its requests there"));
            return {};
        }
        const bool listens = service.kind == ServiceKind::Web || service.kind == ServiceKind::Private;
        if (!listens || done.contains(QStringLiteral("PORT"))) {
            lost(service.port, QStringLiteral("port"), QStringLiteral("nothing is sent to it on Render"));
            return {};
        }
        if (service.port->value == renderPort) {
            defaulted(service.port, QStringLiteral("Render's own default"));
            return {};
        }
        rewritten(service.port, QStringLiteral("envVars.PORT"),
                  QStringLiteral("Render sends requests to PORT, which would be %1").arg(renderPort));
        return literal(QStringLiteral("PORT"), QString::number(service.port->value));
    }

    static QString literal(const QString &name, const QString &value)
    {
        return QStringLiteral("      - key: %1\n        value: %2\n").arg(yamlScalar(name), yamlQuoted(value));
    }

    QString variable(const EnvironmentEntry &entry, QSet<QString> &done, const QString &list)
    {
        if (entry.source == Source::FromGroup) {
            WriterAccount::entry(entry, target(list + QStringLiteral(".fromGroup")), {});
            return QStringLiteral("      - fromGroup: %1\n").arg(yamlScalar(entry.of));
        }
        const QString where = target(list + QLatin1Char('.') + entry.name);
        if (done.contains(entry.name)) {
            WriterAccount::entry(entry, where, QStringLiteral("the name stands twice, and the first one is kept"));
            return {};
        }
        done.insert(entry.name);
        if (mayStandInFile(entry)) {
            WriterAccount::entry(entry, where, {});
            return literal(entry.name, entry.value);
        }
        const QString key = QStringLiteral("      - key: %1\n").arg(yamlScalar(entry.name));
        const QString asked = key + QStringLiteral("        sync: false\n");
        switch (entry.source) {
        case Source::Generated:
            WriterAccount::entry(entry, where, {});
            return key + QStringLiteral("        generateValue: true\n");
        case Source::Asked:
            WriterAccount::entry(entry, where, {});
            return asked;
        case Source::FromDatabase:
        case Source::FromService:
            if (const QString reference = referenceOf(entry); !reference.isEmpty()) {
                WriterAccount::entry(entry, where, {});
                return key + reference;
            }
            WriterAccount::entry(entry, where,
                                 QStringLiteral("what it refers to is not in the file: Render asks for the value"));
            return asked;
        default:
            WriterAccount::entry(
                entry, where,
                entry.interpolated ? QStringLiteral("Render fills in no references: it asks for the value")
                                   : QStringLiteral("a secret stands in no file here: Render asks for its value once"));
            return asked;
        }
    }

    /// fromDatabase or fromService; empty where the name is none of the model's.
    QString referenceOf(const EnvironmentEntry &entry) const
    {
        const QString property =
            entry.property.startsWith(L("env."))
                ? QStringLiteral("          envVarKey: %1\n").arg(yamlScalar(entry.property.mid(4)))
                : QStringLiteral("          property: %1\n").arg(yamlScalar(entry.property));
        if (entry.source == Source::FromDatabase) {
            const bool there = std::any_of(m_model->databases.begin(), m_model->databases.end(),
                                           [&](const ManifestDatabase &each) { return each.name == entry.of; });
            return there ? QStringLiteral("        fromDatabase:\n          name: %1\n").arg(yamlScalar(entry.of)) +
                               property
                         : QString();
        }
        const auto it = std::find_if(m_model->services.begin(), m_model->services.end(),
                                     [&](const Service &each) { return each.name == entry.of; });
        if (it == m_model->services.end())
            return {};
        return QStringLiteral("        fromService:\n          type: %1\n          name: %2\n")
                   .arg(typeOf(it->kind), yamlScalar(entry.of)) +
               property;
    }

    // --- the rest

    void settleRest(const Service &service)
    {
        for (const Place &place : service.groupDetails)
            ledger().defaulted(place, QStringLiteral("each process group is a service of its own"));
        for (const Place &place : service.frontDetails)
            ledger().defaulted(place, QStringLiteral("Render answers on 443, and sends those of port 80 there"));
        defaulted(service.publicPort, QStringLiteral("Render answers on 443, and sends those of port 80 there"));
        if (service.forceHttps && !service.forceHttps->value)
            lost(service.forceHttps, QStringLiteral("HTTP without TLS"),
                 QStringLiteral("Render always leads to HTTPS"));
        else
            defaulted(service.forceHttps, QStringLiteral("Render always leads to HTTPS"));
        if (service.restartPolicy && service.restartPolicy->value != L("always") &&
            service.restartPolicy->value != L("unless-stopped"))
            lost(service.restartPolicy, QStringLiteral("restart policy"),
                 QStringLiteral("Render always restarts what has ended"));
        else
            defaulted(service.restartPolicy, QStringLiteral("Render always restarts what has ended"));
        if (service.strategy && service.strategy->value == L("bluegreen"))
            defaulted(service.strategy, QStringLiteral("Render starts the new instance before it stops the old one"));
        else
            lost(service.strategy, QStringLiteral("strategy"),
                 QStringLiteral("Render starts the new instance before it stops the old one"));
        for (const OpenPort &port : service.ports) {
            const QString reason =
                QStringLiteral("from outside Render's services are reached by HTTP only, inside on any port");
            lost(port.internal, QStringLiteral("a further port"), reason);
            lost(port.external, QStringLiteral("a further port"), reason);
            lost(port.protocol, QStringLiteral("a further port"), reason);
        }
        if (service.kind == ServiceKind::Static)
            return;
        const QString reason = QStringLiteral("only static sites have them on Render: the app has to do it");
        for (const Route &route : service.routes) {
            for (const Place &place : {route.source.place, route.destination.place})
                ledger().lost(place, reason);
            lost(route.status, QStringLiteral("routes"), reason);
            note(QStringLiteral("routes: ") + reason);
        }
        for (const ResponseHeader &header : service.headers) {
            for (const Place &place : {header.path.place, header.name.place, header.value.place})
                ledger().lost(place, reason);
            note(QStringLiteral("response headers: ") + reason);
        }
    }

    QString writeDatabase(const ManifestDatabase &database, int index)
    {
        setPrefix(QStringLiteral("databases[%1].").arg(index));
        textLine(QStringLiteral("name"), database.name);
        mapped(database.nameField, QStringLiteral("name"));
        if (own())
            ownPlan(database.plan, true);
        else
            lost(database.plan, QStringLiteral("plan of %1").arg(database.name),
                 QStringLiteral("plans of databases are each platform's own"));
        region(database.region);
        if (database.version) {
            line(QStringLiteral("postgresMajorVersion: ") + yamlQuoted(database.version->value));
            mapped(database.version, QStringLiteral("postgresMajorVersion"));
        }
        write(database.databaseName, QStringLiteral("databaseName"));
        write(database.user, QStringLiteral("user"));
        write(database.diskGb, QStringLiteral("diskSizeGB"));
        if (database.allowedSources) {
            line(QStringLiteral("ipAllowList: [] # reached from Render's private network only"));
            if (database.allowedSources->value == 0)
                mapped(database.allowedSources, QStringLiteral("ipAllowList"));
            else
                added(QStringLiteral("ipAllowList"), QStringLiteral("[]"),
                      QStringLiteral("without the list everybody could try to log in; add who may"));
        }
        if (!own())
            note(QStringLiteral("what is in %1: dump it and restore it").arg(database.name));
        return element();
    }

    QString writeGroup(const EnvironmentGroup &group, int index)
    {
        setPrefix(QStringLiteral("envVarGroups[%1].").arg(index));
        textLine(QStringLiteral("name"), group.name);
        ledger().mapped(group.namePlace, target(QStringLiteral("name")));
        QSet<QString> done;
        QString variables;
        for (const EnvironmentEntry &entry : group.entries)
            variables += variable(entry, done, QStringLiteral("envVars"));
        m_text +=
            variables.isEmpty() ? QStringLiteral("    envVars: []\n") : QStringLiteral("    envVars:\n") + variables;
        return element();
    }

    const ServiceModel *m_model = nullptr; ///< that of the service at hand
    Written &m_written;
    QString m_text;
    QSet<QString> m_done; ///< places of commands that one service runs for all
    int m_count = 0;
    bool m_exec = false; ///< the service's commands run without a shell
};

} // namespace

Written writeRender(const QList<ServiceModel> &models, Ledger &ledger)
{
    Written written;
    RenderWriter(ledger, written).write(models);
    return written;
}

} // namespace Switchyard
