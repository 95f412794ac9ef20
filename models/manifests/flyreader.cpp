// SPDX-License-Identifier: GPL-3.0-or-later
// Keys and their older forms as flyctl reads them, https://fly.io/docs/reference/configuration/
#include "models/manifests/fieldreader.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;
using Type = ManifestNode::Type;

const QString proxy = QStringLiteral("how Fly's proxy treats requests has no counterpart on the target");
const QString building =
    QStringLiteral("how the image is built beyond its Dockerfile is set up outside of the manifest");
const QString again = QStringLiteral("another section says it for the same service");
const QString observing = QStringLiteral("it only watches, and moves no traffic");

class FlyModelReader
{
public:
    FlyModelReader(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
        : m_root(root)
        , m_read(ledger, problems)
    {
    }

    ServiceModel read()
    {
        m_model.format = QStringLiteral("fly");
        if (!m_root.isMap()) {
            m_read.problem(m_root, QStringLiteral("this is no configuration of Fly: a table is expected"));
            return m_model;
        }
        Service common = readCommon();
        const QList<std::pair<QString, Field<QString>>> groups = readGroups();
        for (const auto &[group, command] : groups) {
            Service service = common;
            if (groups.size() > 1 && group != QStringLiteral("app"))
                service.name += QLatin1Char('-') + group;
            service.startCommand = command && !command->value.trimmed().isEmpty() ? command : common.startCommand;
            service.kind = ServiceKind::Worker;
            if (const ManifestNode *name = groupName(group))
                service.groupDetails.append(name->place);
            readServices(group, service);
            readOf(group, service);
            m_model.services.append(service);
        }
        readChecksAside();
        readStrays(groups);
        return m_model;
    }

private:
    Service readCommon()
    {
        Service service;
        service.place = m_root.place;
        service.nameField = m_read.text(m_root, L("app"));
        service.name = service.nameField && !service.nameField->value.isEmpty()
                           ? service.nameField->value
                           : QFileInfo(m_root.place.file).absoluteDir().dirName();
        service.region = m_read.text(m_root, L("primary_region"));
        service.stopSignal = m_read.text(m_root, L("kill_signal"));
        service.stopGrace = m_read.duration(m_root, L("kill_timeout"), 1000);
        readBuild(service);
        readDeploy(service);
        readEnvironment(service);
        readExperimental(service);
        m_read.known(m_root, L("swap_size_mb"), QStringLiteral("the target has no swap to set up"));
        m_read.known(m_root, L("console_command"), QStringLiteral("the target's shell is opened otherwise"));
        m_read.known(m_root, L("host_dedication_id"), QStringLiteral("hosts of one's own are Fly's"));
        m_read.known(m_root, L("machine_config"), QStringLiteral("a machine's whole configuration is Fly's own"));
        m_read.known(m_root, L("container"), QStringLiteral("a machine's containers are Fly's own"));
        m_read.known(m_root, L("statics"), QStringLiteral("files that Fly's proxy serves come from the image itself"));
        for (const char *key : {"metrics", "metric"})
            m_read.known(m_root, L(key), QStringLiteral("where metrics are scraped is set up outside of the manifest"));
        m_read.known(m_root, L("files"), QStringLiteral("files are put in place by the image or as secret files"));
        m_read.known(m_root, L("machine_checks"), QStringLiteral("checks in a throw-away machine are Fly's own"));
        return service;
    }

    void readBuild(Service &service)
    {
        const ManifestNode *build = m_read.map(m_root, L("build"));
        if (!build)
            return;
        service.image = m_read.text(*build, L("image"));
        service.dockerfile = m_read.text(*build, L("dockerfile"));
        service.dockerTarget = m_read.text(*build, L("build-target"));
        if (!service.dockerTarget)
            service.dockerTarget = m_read.text(*build, L("build_target"));
        if (const ManifestNode *arguments = m_read.map(*build, L("args"))) {
            for (const ManifestNode &argument : arguments->children) {
                if (!argument.isScalar())
                    continue;
                m_read.ledger().read(argument.place);
                service.buildArguments.append({argument.key, {argument.text, argument.place}});
            }
        }
        for (const char *key : {"builder", "buildpacks", "builtin", "settings", "ignorefile", "compose", "compression",
                                "compression_level"})
            m_read.known(*build, L(key), building);
    }

    void readDeploy(Service &service)
    {
        const ManifestNode *deploy = m_read.map(m_root, L("deploy"));
        if (!deploy)
            return;
        service.strategy = m_read.text(*deploy, L("strategy"));
        service.preDeployCommand = m_read.text(*deploy, L("release_command"));
        const QString own = QStringLiteral("how instances are replaced is the target's own");
        for (const char *key : {"max_unavailable", "wait_timeout"})
            m_read.known(*deploy, L(key), own);
        m_read.known(*deploy, L("release_command_timeout"),
                     QStringLiteral("the target has a limit of its own for what runs before a deploy"));
        m_read.known(*deploy, L("release_command_vm"),
                     QStringLiteral("what runs before a deploy has the size of the service on the target"));
        m_read.known(*deploy, L("seed_command"), QStringLiteral("nothing on the target runs at the first deploy only"));
    }

    void readEnvironment(Service &service)
    {
        for (const ManifestNode *table : m_read.maps(m_root, L("env"))) {
            for (const ManifestNode &member : table->children) {
                if (!member.isScalar()) {
                    m_read.problem(member, QStringLiteral("the variable \"%1\" must be a text").arg(member.key));
                    continue;
                }
                m_read.ledger().read(member.place);
                EnvironmentEntry entry;
                entry.name = member.key;
                entry.value = member.text;
                entry.namePlace = member.keyPlace;
                entry.place = member.place;
                service.environment.append(entry);
            }
        }
    }

    void readExperimental(Service &service)
    {
        const ManifestNode *experimental = m_read.map(m_root, L("experimental"));
        if (!experimental)
            return;
        if (!service.stopGrace)
            service.stopGrace = m_read.duration(*experimental, L("kill_timeout"), 1000);
        for (const ManifestNode &member : experimental->children) {
            if (member.key == L("cmd") && (member.isList() || member.type == Type::String)) {
                QStringList words;
                for (const ManifestNode &word : member.children)
                    words.append(word.text);
                m_read.ledger().readAll(member, QStringLiteral("[processes] says what runs"));
                service.startCommand =
                    Stated<QString>{member.isList() ? words.join(QLatin1Char(' ')) : member.text, member.place};
            } else if (member.key != L("kill_timeout")) {
                m_read.ledger().readAll(member, QStringLiteral("experimental settings are Fly's own"));
            }
        }
    }

    /// Process group and command, "app" with none where the file has no [processes].
    QList<std::pair<QString, Field<QString>>> readGroups()
    {
        QList<std::pair<QString, Field<QString>>> groups;
        const ManifestNode *node = m_root.find(u"processes");
        if (node)
            m_read.ledger().read(node->place, QStringLiteral("it is empty"));
        if (node && node->isMap()) {
            for (const ManifestNode &member : node->children) {
                if (!member.isScalar()) {
                    m_read.problem(member, QStringLiteral("the command of \"%1\" must be a text").arg(member.key));
                    continue;
                }
                m_read.ledger().read(member.place, QStringLiteral("it is empty: the image's own command runs"));
                groups.append({member.key, Stated<QString>{member.text, member.place}});
            }
        } else {
            for (const ManifestNode *entry : m_read.maps(m_root, L("processes"))) {
                const Field<QString> name = m_read.text(*entry, L("name"));
                const Field<QString> command = m_read.text(*entry, L("command"));
                if (name)
                    groups.append({name->value, command});
            }
        }
        if (groups.isEmpty())
            groups.append({QStringLiteral("app"), std::nullopt});
        return groups;
    }

    /// The name of a group in the older list form, which is a value of its own.
    const ManifestNode *groupName(const QString &group) const
    {
        const ManifestNode *node = m_root.find(u"processes");
        for (std::size_t i = 0; node && node->isList() && i < node->children.size(); ++i) {
            const ManifestNode *name = node->children[i].find(u"name");
            if (name && name->text == group)
                return name;
        }
        return nullptr;
    }

    static bool namesGroups(const ManifestNode &section)
    {
        const ManifestNode *list = section.find(u"processes");
        return list && list->isList() && !list->children.empty();
    }

    /// Whether a section is for this group; one that names none is for all of them.
    bool isFor(const ManifestNode &section, const QString &group, Service *service = nullptr)
    {
        if (!namesGroups(section))
            return true;
        const ManifestNode &list = *section.find(u"processes");
        m_read.ledger().readAll(list, QStringLiteral("each group becomes a service of its own"));
        const bool named = std::any_of(list.children.begin(), list.children.end(),
                                       [&](const ManifestNode &name) { return name.text == group; });
        if (named && service)
            service->groupDetails.append(list.place);
        return named;
    }

    /// The first section that says it stands: what a second one says has no room in one service.
    template <typename T>
    void take(Field<T> &field, const Field<T> &value)
    {
        if (!value)
            return;
        if (field && !(field->place == value->place))
            m_read.ledger().read(value->place, again);
        else
            field = value;
    }

    void readServices(const QString &group, Service &service)
    {
        if (const ManifestNode *http = m_read.map(m_root, L("http_service")); http && isFor(*http, group, &service)) {
            service.kind = ServiceKind::Web;
            service.port = m_read.integer(*http, L("internal_port"));
            service.forceHttps = m_read.boolean(*http, L("force_https"));
            readStarting(*http, service);
            readChecks(*http, L("checks"), L("http"), service);
            for (const char *key : {"http_options", "tls_options", "machine_checks"})
                m_read.known(*http, L(key), proxy);
        }
        for (const ManifestNode *entry : m_read.maps(m_root, L("services"))) {
            if (isFor(*entry, group, &service))
                readService(*entry, service);
        }
    }

    void readService(const ManifestNode &node, Service &service)
    {
        const Field<int> internal = m_read.integer(node, L("internal_port"));
        const Field<QString> protocol = m_read.text(node, L("protocol"));
        readStarting(node, service);
        readChecks(node, L("tcp_checks"), L("tcp"), service);
        readChecks(node, L("http_checks"), L("http"), service);
        for (const char *key : {"machine_checks", "script_checks", "restart_limit"})
            m_read.known(node, L(key), proxy);
        bool http = false;
        for (const ManifestNode *port : m_read.maps(node, L("ports"))) {
            OpenPort entry;
            entry.place = port->place;
            entry.internal = internal;
            entry.external = m_read.integer(*port, L("port"));
            entry.protocol = protocol;
            if (const ManifestNode *handlers = m_read.list(*port, L("handlers"))) {
                m_read.ledger().readAll(*handlers, proxy);
                for (const ManifestNode &handler : handlers->children)
                    entry.handlers.append(handler.text);
            }
            for (const char *key : {"start_port", "end_port", "tls_options", "http_options", "proxy_proto_options"})
                m_read.known(*port, L(key), proxy);
            take(service.forceHttps, m_read.boolean(*port, L("force_https")));
            if (!entry.handlers.contains(QStringLiteral("http"))) {
                service.ports.append(entry);
                continue;
            }
            http = true;
            readFront(*port, entry, service);
        }
        if (http && protocol)
            service.frontDetails.append(protocol->place);
        if (service.port && internal && !(service.port->place == internal->place))
            m_read.ledger().read(internal->place, again);
        if (http) {
            service.kind = ServiceKind::Web;
            if (!service.port)
                service.port = internal;
        } else if (service.kind == ServiceKind::Worker && internal) {
            service.kind = ServiceKind::Private;
            service.port = internal;
        }
    }

    void readFront(const ManifestNode &node, const OpenPort &port, Service &service)
    {
        if (const ManifestNode *handlers = node.find(u"handlers"))
            service.frontDetails.append(handlers->place);
        if (port.external) {
            service.frontDetails.append(port.external->place);
            m_read.ledger().read(port.external->place, QStringLiteral("the target answers on 80 and 443 by itself"));
        }
    }

    /// Starting, stopping and the limits of the proxy.
    void readStarting(const ManifestNode &node, Service &service)
    {
        for (const char *key : {"auto_stop_machines", "autostop"}) {
            const ManifestNode *stop = node.find(QString::fromLatin1(key));
            if (!stop || !stop->isScalar())
                continue;
            m_read.ledger().read(stop->place);
            const QString word = stop->type != Type::Boolean ? stop->text
                                 : stop->boolean             ? QStringLiteral("stop")
                                                             : QStringLiteral("off");
            take(service.scaling.autoStop, Field<QString>(Stated<QString>{word, stop->place}));
        }
        take(service.scaling.autoStart, m_read.boolean(node, L("auto_start_machines")));
        take(service.scaling.leastRunning, m_read.integer(node, L("min_machines_running")));
        const ManifestNode *concurrency = node.find(u"concurrency");
        if (!concurrency)
            return;
        if (concurrency->type == Type::String) {
            m_read.ledger().read(concurrency->place);
            const QString soft = concurrency->text.section(QLatin1Char(','), 0, 0).trimmed();
            const QString hard = concurrency->text.section(QLatin1Char(','), 1).trimmed();
            take(service.scaling.softLimit, Field<int>(Stated<int>{soft.toInt(), concurrency->place}));
            if (!hard.isEmpty())
                take(service.scaling.hardLimit, Field<int>(Stated<int>{hard.toInt(), concurrency->place}));
        } else if (const ManifestNode *limits = m_read.map(node, L("concurrency"))) {
            take(service.scaling.limitBy, m_read.text(*limits, L("type")));
            take(service.scaling.softLimit, m_read.integer(*limits, L("soft_limit")));
            take(service.scaling.hardLimit, m_read.integer(*limits, L("hard_limit")));
        }
    }

    void readChecks(const ManifestNode &node, L key, L kind, Service &service)
    {
        for (const ManifestNode *check : m_read.maps(node, key))
            service.checks.append(readCheck(*check, kind));
    }

    ServiceCheck readCheck(const ManifestNode &node, L kind)
    {
        ServiceCheck check;
        check.place = node.place;
        check.kind = m_read.text(node, L("type"));
        if (!check.kind)
            check.kind = Stated<QString>{QString(kind), {}};
        check.path = m_read.text(node, L("path"));
        check.method = m_read.text(node, L("method"));
        check.interval = m_read.duration(node, L("interval"), 1);
        check.timeout = m_read.duration(node, L("timeout"), 1);
        check.grace = m_read.duration(node, L("grace_period"), 1);
        check.port = m_read.integer(node, L("port"));
        for (const char *key : {"protocol", "tls_skip_verify", "tls_server_name", "restart_limit"})
            m_read.known(node, L(key), QStringLiteral("the target's check has no such setting"));
        const ManifestNode *headers = node.find(u"headers");
        if (headers)
            m_read.ledger().read(headers->place, QStringLiteral("it is empty"));
        if (headers && headers->isMap()) {
            for (const ManifestNode &header : headers->children) {
                m_read.ledger().read(header.place);
                check.headers.append({header.key, {header.text, header.place}});
            }
        } else {
            for (const ManifestNode *header : m_read.maps(node, L("headers"))) {
                const Field<QString> name = m_read.text(*header, L("name"));
                const Field<QString> value = m_read.text(*header, L("value"));
                if (name && value)
                    check.headers.append({name->value, *value});
                if (name)
                    m_read.ledger().read(name->place, QStringLiteral("the target's check sends no headers"));
            }
        }
        return check;
    }

    /// Sections that may be for some groups only: machines, disks, restarts.
    void readOf(const QString &group, Service &service)
    {
        QList<const ManifestNode *> machines;
        for (const char *key : {"vm", "compute", "computes"}) {
            for (const ManifestNode *vm : m_read.maps(m_root, L(key))) {
                if (isFor(*vm, group, &service))
                    machines.append(vm);
            }
        }
        // One that names the group beats one that is for all.
        std::stable_partition(machines.begin(), machines.end(),
                              [](const ManifestNode *vm) { return namesGroups(*vm); });
        for (const ManifestNode *vm : std::as_const(machines))
            readSize(*vm, service);
        for (const char *key : {"mounts", "mount"}) {
            for (const ManifestNode *mount : m_read.maps(m_root, L(key))) {
                if (isFor(*mount, group, &service))
                    readMount(*mount, service);
            }
        }
        for (const ManifestNode *restart : m_read.maps(m_root, L("restart"))) {
            if (!isFor(*restart, group, &service))
                continue;
            take(service.restartPolicy, m_read.text(*restart, L("policy")));
            m_read.known(*restart, L("retries"), QStringLiteral("the target tries for as long as it likes"));
        }
    }

    void readSize(const ManifestNode &node, Service &service)
    {
        take(service.size.plan, m_read.text(node, L("size")));
        take(service.size.cpus, m_read.number(node, L("cpus")));
        take(service.size.cpuKind, m_read.text(node, L("cpu_kind")));
        if (const ManifestNode *memory = node.find(u"memory"); memory && memory->isScalar()) {
            m_read.ledger().read(memory->place);
            if (const std::optional<int> megabytes = sizeIn(memory->text, 1))
                take(service.size.memoryMb, Field<int>(Stated<int>{*megabytes, memory->place}));
            else
                m_read.problem(*memory, QStringLiteral("\"memory\" is no size"),
                               QStringLiteral("\"512mb\" or \"1gb\""));
        }
        take(service.size.memoryMb, m_read.integer(node, L("memory_mb")));
        for (const char *key :
             {"gpus", "gpu_kind", "kernel_args", "host_dedication_id", "persist_rootfs", "max_memory_mb"})
            m_read.known(node, L(key), QStringLiteral("the target has no machines of that kind"));
    }

    /// "512mb", "1gb", "10"; a bare number counts units of `unitMb`. In megabytes.
    static std::optional<int> sizeIn(const QString &text, int unitMb)
    {
        QString number = text.trimmed().toLower();
        int factor = unitMb;
        if (number.endsWith(L("gb")) || number.endsWith(L("gib")))
            factor = 1024;
        else if (number.endsWith(L("mb")) || number.endsWith(L("mib")))
            factor = 1;
        while (!number.isEmpty() && !number.back().isDigit())
            number.chop(1);
        bool good = false;
        const double value = number.toDouble(&good);
        return good && value > 0 && value * factor < 1e8 ? std::optional(int(value * factor)) : std::nullopt;
    }

    void readMount(const ManifestNode &node, Service &service)
    {
        Disk disk;
        disk.place = node.place;
        disk.name = m_read.text(node, L("source"));
        disk.mountPath = m_read.text(node, L("destination"));
        if (const ManifestNode *size = node.find(u"initial_size"); size && size->isScalar()) {
            m_read.ledger().read(size->place);
            if (const std::optional<int> megabytes = sizeIn(size->text, 1024))
                disk.sizeGb = Stated<int>{std::max(1, *megabytes / 1024), size->place};
        }
        for (const char *key : {"snapshot_retention", "scheduled_snapshots", "auto_extend_size_threshold",
                                "auto_extend_size_increment", "auto_extend_size_limit"})
            m_read.known(node, L(key), QStringLiteral("snapshots and growth of disks are the target's own"));
        service.disks.append(disk);
    }

    /// Sections that name no group of this file are for nobody.
    void readStrays(const QList<std::pair<QString, Field<QString>>> &groups)
    {
        for (const char *key :
             {"http_service", "services", "vm", "compute", "computes", "mounts", "mount", "restart"}) {
            for (const ManifestNode *section : m_read.maps(m_root, L(key))) {
                const bool used = std::any_of(groups.begin(), groups.end(),
                                              [&](const auto &group) { return isFor(*section, group.first); });
                if (!used)
                    m_read.ledger().readAll(*section,
                                            QStringLiteral("it is for a process group that the file does not have"));
            }
        }
    }

    /// [checks] by name, or the older list: they watch only.
    void readChecksAside()
    {
        const ManifestNode *checks = m_root.find(u"checks");
        if (!checks)
            return;
        QList<const ManifestNode *> found;
        for (const ManifestNode &child : checks->children) {
            if (child.isMap())
                found.append(&child);
            else
                m_read.ledger().readAll(child, observing);
        }
        for (const ManifestNode *node : found) {
            ServiceCheck check = readCheck(*node, L("http"));
            check.moves = false;
            m_read.ledger().readAll(*node, observing);
            for (Service &service : m_model.services) {
                if (isFor(*node, service.name) || m_model.services.size() == 1)
                    service.checks.append(check);
            }
        }
    }

    const ManifestNode &m_root;
    FieldReader m_read;
    ServiceModel m_model;
};

} // namespace

ServiceModel readFly(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
{
    ledger.open(root);
    return FlyModelReader(root, ledger, problems).read();
}

} // namespace Switchyard
