// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/shellwords.h"
#include "models/manifests/composeimages.h"
#include "models/manifests/composevalues.h"
#include "models/manifests/containervalues.h"
#include "models/manifests/formats.h"

#include <QHash>
#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

namespace {

using Type = ManifestNode::Type;

QLatin1StringView L(const char *text)
{
    return QLatin1StringView(text);
}

class Reader
{
public:
    Reader(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
        : m_root(root)
        , m_ledger(ledger)
        , m_problems(problems)
    {
    }

    ServiceModel run()
    {
        m_model.format = QStringLiteral("compose");
        m_ledger.open(m_root);
        if (!m_root.isMap()) {
            problem(m_root.place, QStringLiteral("a compose file is a mapping with services in it"));
            return m_model;
        }
        const ManifestNode *services = m_root.find(u"services");
        if (services && !services->isMap()) {
            problem(services->place, QStringLiteral("\"services\" must be a mapping"),
                    QStringLiteral("a name for each service, its keys below it"));
            services = nullptr;
        } else if (!services) {
            problem(m_root.place, QStringLiteral("the file has no services"));
        }
        readRest();
        if (services) {
            sortServices(*services);
            for (const ManifestNode &service : services->children)
                readService(service);
        }
        return m_model;
    }

private:
    void problem(const Place &place, const QString &message, const QString &hint = {})
    {
        m_problems.append(Error{ErrorKind::Usage, message, hint, place});
    }

    /// Everything beside the services.
    void readRest()
    {
        for (const ManifestNode &node : m_root.children) {
            if (node.key == L("version") || node.key == L("name"))
                m_ledger.readAll(node,
                                 QStringLiteral("names the project or the age of the file; nothing depends on it"));
            else if (node.key == L("volumes"))
                m_ledger.readAll(node, QStringLiteral("a platform's disk belongs to its service and is made with it"));
            else if (node.key == L("networks"))
                m_ledger.readAll(node, QStringLiteral("a platform has a network of its own"));
            else if (node.key == L("secrets") || node.key == L("configs"))
                m_ledger.readAll(node, QStringLiteral("files of the machine that runs compose: give them to the "
                                                      "platform as variables or secret files"));
            else if (node.key == L("include"))
                m_ledger.readAll(node, QStringLiteral("another file, which is not read here"));
            else if (node.key == L("models"))
                m_ledger.readAll(node, QStringLiteral("belongs to compose itself"));
            else if (node.key.startsWith(L("x-")))
                m_ledger.readAll(node, QStringLiteral("an extension: compose takes no notice of it"));
        }
    }

    /// Which names are databases or key-value stores, before anybody's variables are read.
    void sortServices(const ManifestNode &services)
    {
        for (const ManifestNode &service : services.children) {
            const ManifestNode *image = service.find(u"image");
            if (!image || !image->isScalar() || service.find(u"build"))
                continue;
            m_stores.insert(service.key, storeOfImage(image->text));
        }
    }

    // --- values -----------------------------------------------------------------------------------------------------

    Field<QString> text(const ManifestNode &node, const QString &name)
    {
        if (node.isScalar())
            return Stated<QString>{composeText(node.text), node.place};
        if (node.type != Type::Null)
            problem(node.place, QStringLiteral("\"%1\" must be a text").arg(name));
        return {};
    }

    Field<int> count(const ManifestNode &node, const QString &name, int least = 0)
    {
        bool whole = false;
        const int value = composeDefault(node.text).toInt(&whole);
        if (node.isScalar() && whole && value >= least)
            return Stated<int>{value, node.place};
        problem(node.place, QStringLiteral("\"%1\" must be a whole number").arg(name));
        return {};
    }

    Field<Milliseconds> duration(const ManifestNode &node, const QString &name)
    {
        const Result<Milliseconds> value = parseGoDuration(node.isScalar() ? composeDefault(node.text) : QString());
        if (value)
            return Stated<Milliseconds>{*value, node.place};
        problem(node.place, QStringLiteral("\"%1\": %2").arg(name, value.error().message), value.error().hint);
        return {};
    }

    /// A command in either form. A text is split into words as a shell would, but no shell runs it.
    QString commandOf(const ManifestNode &node, const QString &name)
    {
        if (node.isScalar())
            return composeText(node.text);
        if (!node.isList()) {
            if (node.type != Type::Null)
                problem(node.place, QStringLiteral("\"%1\" must be a text or a list").arg(name));
            return {};
        }
        return commandText(words(node, name));
    }

    QStringList words(const ManifestNode &node, const QString &name)
    {
        QStringList result;
        for (const ManifestNode &word : node.children) {
            if (word.isScalar())
                result.append(composeText(word.text));
            else
                problem(word.place, QStringLiteral("\"%1\" must be a list of texts").arg(name));
        }
        return result;
    }

    // --- services ---------------------------------------------------------------------------------------------------

    void readService(const ManifestNode &node)
    {
        if (!node.isMap()) {
            problem(node.place, QStringLiteral("the service \"%1\" must be a mapping").arg(node.key));
            return;
        }
        const Store store = m_stores.value(node.key);
        if (store.kind == Store::Kind::Postgres)
            return readDatabase(node, store);
        if (store.kind == Store::Kind::KeyValue)
            return readKeyValue(node);
        Service service;
        service.name = node.key;
        service.place = node.place;
        m_entrypoint = nullptr;
        m_published = false;
        for (const ManifestNode &child : node.children)
            readKey(child, service);
        joinEntrypoint(service);
        if (!node.find(u"image") && !node.find(u"build") && !node.find(u"extends") && !node.find(u"provider"))
            problem(node.place, QStringLiteral("the service \"%1\" has neither image nor build").arg(node.key));
        const bool heard = service.port || !service.ports.isEmpty() || store.kind == Store::Kind::Other ||
                           (!service.checks.isEmpty() && service.checks.first().path);
        service.kind = m_published && store.kind != Store::Kind::Other ? ServiceKind::Web
                       : heard                                         ? ServiceKind::Private
                                                                       : ServiceKind::Worker;
        m_model.services.append(service);
    }

    void readKey(const ManifestNode &node, Service &service)
    {
        const QString &key = node.key;
        if (key == L("image"))
            readImage(node, service);
        else if (key == L("build"))
            readBuild(node, service);
        else if (key == L("command"))
            readCommand(node, service);
        else if (key == L("entrypoint"))
            m_entrypoint = &node;
        else if (key == L("environment"))
            readEnvironment(node, service);
        else if (key == L("ports"))
            readPorts(node, service);
        else if (key == L("expose"))
            readExpose(node, service);
        else if (key == L("healthcheck"))
            readCheck(node, service);
        else if (key == L("stop_signal"))
            readSignal(node, service);
        else if (key == L("stop_grace_period"))
            readGrace(node, service);
        else if (key == L("restart"))
            readRestart(node, service);
        else if (key == L("deploy"))
            readDeploy(node, service);
        else if (key == L("scale"))
            readScale(node, service);
        else if (key == L("mem_limit"))
            readMemory(node, service);
        else if (key == L("cpus"))
            readCpus(node, service);
        else if (key == L("volumes"))
            readVolumes(node, service);
        else
            readOther(node);
    }

    void readOther(const ManifestNode &node)
    {
        if (node.key.startsWith(L("x-")))
            m_ledger.readAll(node, QStringLiteral("an extension: compose takes no notice of it"));
        else if (const auto it = unmodelledComposeKeys().constFind(node.key); it != unmodelledComposeKeys().cend())
            m_ledger.readAll(node, *it);
    }

    void readImage(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        service.image = text(node, node.key);
        if (service.image && !service.runtime)
            service.runtime = Stated<QString>{QStringLiteral("image"), node.place};
    }

    void readBuild(const ManifestNode &node, Service &service)
    {
        service.runtime = Stated<QString>{QStringLiteral("docker"), node.place};
        m_ledger.read(node.place);
        if (!node.isMap()) {
            service.dockerContext = text(node, node.key);
            return;
        }
        for (const ManifestNode &child : node.children) {
            m_ledger.read(child.place);
            if (child.key == L("context"))
                service.dockerContext = text(child, child.key);
            else if (child.key == L("dockerfile"))
                service.dockerfile = text(child, child.key);
            else if (child.key == L("target"))
                service.dockerTarget = text(child, child.key);
            else if (child.key == L("args"))
                readArguments(child, service);
            else
                m_ledger.readAll(child, QStringLiteral("belongs to the builder of compose"));
        }
    }

    void readArguments(const ManifestNode &node, Service &service)
    {
        m_ledger.readAll(node);
        forEachPair(node,
                    [&](const QString &name, const QString &value, bool stated, const Place &, const Place &place) {
                        if (stated)
                            service.buildArguments.append({name, Stated<QString>{composeText(value), place}});
                        else
                            m_ledger.read(place, QStringLiteral("its value comes from the shell that runs compose"));
                    });
    }

    /// Both forms of a set of variables: a mapping, and a list of NAME=value.
    template <typename Visit>
    void forEachPair(const ManifestNode &node, Visit visit)
    {
        if (node.type == Type::Null)
            return;
        if (!node.isMap() && !node.isList()) {
            problem(node.place, QStringLiteral("\"%1\" must be a mapping or a list of NAME=value").arg(node.key));
            return;
        }
        for (const ManifestNode &child : node.children) {
            if (node.isMap() && child.type != Type::Map && child.type != Type::List) {
                visit(child.key, child.text, child.type != Type::Null, child.keyPlace, child.place);
            } else if (node.isList() && child.isScalar()) {
                const qsizetype equals = child.text.indexOf(QLatin1Char('='));
                visit(equals < 0 ? child.text : child.text.first(equals),
                      equals < 0 ? QString() : child.text.sliced(equals + 1), equals >= 0, Place(), child.place);
            } else {
                problem(child.place, QStringLiteral("\"%1\" takes NAME and value").arg(node.key));
            }
        }
    }

    void readCommand(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        if (const QString line = commandOf(node, node.key); !line.isEmpty())
            service.startCommand = Stated<QString>{line, node.place};
    }

    /// The entrypoint stands before the command, as Docker runs them.
    void joinEntrypoint(Service &service)
    {
        if (!m_entrypoint)
            return;
        const QString entry = commandOf(*m_entrypoint, m_entrypoint->key);
        if (entry.isEmpty()) {
            m_ledger.read(m_entrypoint->place, QStringLiteral("takes the image's own entrypoint away"));
            return;
        }
        m_ledger.read(m_entrypoint->place, QStringLiteral("stands in the start command"));
        if (!service.startCommand) {
            service.startCommand = Stated<QString>{entry, m_entrypoint->place};
            return;
        }
        // Here a command's words stay words: the text of a shell would end at its first one.
        service.startCommandDetails.append(m_entrypoint->place);
        const ManifestNode *list = m_entrypoint;
        const QString front = list->isList() ? quotedList(words(*list, list->key)) : entry;
        service.startCommand->value = front + QLatin1Char(' ') + service.startCommand->value;
    }

    static QString quotedList(const QStringList &words)
    {
        QStringList quoted;
        for (const QString &word : words)
            quoted.append(shellQuoted(word));
        return quoted.join(QLatin1Char(' '));
    }

    void readEnvironment(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        QHash<QString, qsizetype> at;
        forEachPair(node, [&](const QString &name, const QString &value, bool stated, const Place &namePlace,
                              const Place &place) {
            EnvironmentEntry entry;
            entry.name = name;
            entry.namePlace = namePlace;
            entry.place = place;
            m_ledger.read(place);
            understand(entry, value, stated);
            // In the list form a name may stand twice: the last one holds.
            if (const qsizetype earlier = at.value(name, -1); earlier >= 0) {
                service.environment[earlier] = entry;
                return;
            }
            at.insert(name, service.environment.size());
            service.environment.append(entry);
        });
    }

    void understand(EnvironmentEntry &entry, const QString &value, bool stated)
    {
        // ${NAME}, ${NAME:?…} and a name alone: whoever runs compose gives the value.
        static const QRegularExpression asked(
            QStringLiteral("\\A\\$(?:([A-Za-z_][A-Za-z0-9_]*)|\\{([A-Za-z_][A-Za-z0-9_]*)(?::?\\?[^}]*)?\\})\\z"));
        if (!stated || asked.match(value).hasMatch()) {
            entry.source = EnvironmentEntry::Source::Asked;
            return;
        }
        if (pointsToStore(entry, value))
            return;
        entry.value = composeText(value);
        entry.interpolated = hasComposeReference(value);
        if (entry.interpolated)
            m_ledger.read(entry.place, QStringLiteral("refers to variables of the shell that runs compose, which a "
                                                      "platform does not fill in"));
    }

    /// The address of another service of the file: a reference that the target writes in its own way.
    bool pointsToStore(EnvironmentEntry &entry, const QString &value) const
    {
        static const QRegularExpression url(
            QStringLiteral("\\A(postgres|postgresql|redis|rediss|valkey)://"
                           "(?:(?:\\$\\{[^}]*\\}|[^@/\\s])*+@)?([A-Za-z0-9._-]+)(?::[0-9]+)?(?:/[^?\\s]*)?\\z"));
        const QRegularExpressionMatch match = url.match(value);
        const auto kindOf = [this](const QString &name) { return m_stores.value(name).kind; };
        const auto refer = [&](const QString &name, const QString &property) {
            const Store::Kind kind = kindOf(name);
            if (kind != Store::Kind::Postgres && kind != Store::Kind::KeyValue)
                return false;
            entry.source = kind == Store::Kind::Postgres ? EnvironmentEntry::Source::FromDatabase
                                                         : EnvironmentEntry::Source::FromService;
            entry.of = name;
            entry.property = property;
            return true;
        };
        if (match.hasMatch()) {
            const bool postgres = match.capturedView(1).startsWith(L("postgres"));
            return (kindOf(match.captured(2)) == Store::Kind::Postgres) == postgres &&
                   refer(match.captured(2), QStringLiteral("connectionString"));
        }
        if (const qsizetype colon = value.indexOf(QLatin1Char(':')); colon > 0) {
            bool number = false;
            (void)value.sliced(colon + 1).toInt(&number);
            return number && refer(value.first(colon), QStringLiteral("hostport"));
        }
        return entry.name.contains(L("HOST")) && refer(value, QStringLiteral("host"));
    }

    // --- ports ------------------------------------------------------------------------------------------------------

    struct Published
    {
        Field<int> internal;
        Field<int> external;
        Field<QString> protocol;
        bool local = false; ///< bound to the loopback: nobody else reaches it
        Place place;
    };

    void add(const Published &port, Service &service, bool outside)
    {
        if (!port.internal)
            return;
        m_published = m_published || (outside && !port.local);
        const bool tcp = !port.protocol || port.protocol->value == L("tcp");
        if (!service.port && tcp) {
            service.port = port.internal;
            service.publicPort = port.external;
            return;
        }
        if (service.port && service.port->value == port.internal->value && tcp)
            return; // both exposed and published
        OpenPort open;
        open.internal = port.internal;
        open.external = port.external;
        open.protocol = port.protocol;
        open.place = port.place;
        service.ports.append(open);
    }

    void readPorts(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        if (!node.isList()) {
            if (node.type != Type::Null)
                problem(node.place, QStringLiteral("\"ports\" must be a list"));
            return;
        }
        for (const ManifestNode &child : node.children) {
            m_ledger.read(child.place);
            if (child.isMap())
                add(longPort(child), service, true);
            else if (child.isScalar())
                add(shortPort(child), service, true);
            else
                problem(child.place, QStringLiteral("a port is a text or a mapping"));
        }
    }

    /// [[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]. References are read by their defaults.
    Published shortPort(const ManifestNode &node)
    {
        static const QRegularExpression reference(QStringLiteral("\\$\\{[A-Za-z_][A-Za-z0-9_]*:?-([^{}$]*)\\}"));
        static const QRegularExpression form(
            QStringLiteral("\\A(?:(?:(\\[[0-9A-Fa-f:.]*\\]|[0-9.]+|[A-Za-z_.-]+):)?([0-9]*(?:-[0-9]+)?|\\$[^:]*):)?([0-"
                           "9]+)(-[0-9]+)?(?:/(tcp|udp|sctp))?\\z"));
        QString text = node.text;
        text.replace(reference, QStringLiteral("\\1"));
        const QRegularExpressionMatch match = form.match(text);
        Published port;
        port.place = node.place;
        const int number = match.captured(3).toInt();
        if (!match.hasMatch() && hasComposeReference(text)) {
            m_ledger.read(node.place, QStringLiteral("the port depends on a variable"));
        } else if (!match.hasMatch() || number < 1 || number > 65535) {
            problem(node.place, QStringLiteral("this is no port"),
                    QStringLiteral("8080:80, 127.0.0.1:8080:80 or 80/udp"));
        } else {
            port.internal = Stated<int>{number, node.place};
            if (const int external = match.captured(2).toInt(); external > 0 && external < 65536)
                port.external = Stated<int>{external, node.place};
            if (!match.captured(5).isEmpty())
                port.protocol = Stated<QString>{match.captured(5), node.place};
            port.local = isLocal(match.captured(1));
            if (!match.captured(4).isEmpty())
                m_ledger.read(node.place, QStringLiteral("a range of ports; a platform opens single ones"));
        }
        return port;
    }

    static bool isLocal(const QString &address)
    {
        return address.startsWith(L("127.")) || address == L("[::1]") || address == L("::1") ||
               address == L("localhost");
    }

    Published longPort(const ManifestNode &node)
    {
        Published port;
        port.place = node.place;
        for (const ManifestNode &child : node.children) {
            m_ledger.read(child.place);
            if (child.key == L("target"))
                port.internal = count(child, child.key, 1);
            else if (child.key == L("published"))
                readPublished(child, port);
            else if (child.key == L("protocol"))
                port.protocol = text(child, child.key);
            else if (child.key == L("host_ip"))
                port.local = isLocal(child.text);
            if (child.key != L("target") && child.key != L("protocol"))
                m_ledger.read(child.place, QStringLiteral("a platform gives the public port and address itself"));
        }
        if (!port.internal)
            problem(node.place, QStringLiteral("a port needs its target"));
        return port;
    }

    static void readPublished(const ManifestNode &node, Published &port)
    {
        bool whole = false;
        const int number = composeDefault(node.text).toInt(&whole);
        if (whole && number > 0 && number < 65536)
            port.external = Stated<int>{number, node.place};
    }

    void readExpose(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        for (const ManifestNode &child : node.children)
            m_ledger.read(child.place);
        if (!node.isList())
            return problem(node.place, QStringLiteral("\"expose\" must be a list"));
        for (const ManifestNode &child : node.children) {
            if (child.isScalar())
                add(shortPort(child), service, false);
        }
    }

    // --- checks, signals, sizes -------------------------------------------------------------------------------------

    void readCheck(const ManifestNode &node, Service &service)
    {
        if (!node.isMap()) {
            if (node.type != Type::Null)
                problem(node.place, QStringLiteral("\"healthcheck\" must be a mapping"));
            return;
        }
        ServiceCheck check;
        check.place = node.place;
        // Platforms run checks of their own: this one only marks the container.
        check.moves = false;
        bool disabled = false;
        for (const ManifestNode &child : node.children) {
            m_ledger.read(child.place, QStringLiteral("platforms ignore it: the check stands in their own manifest"));
            if (child.key == L("test"))
                disabled = !readTest(child, check) || disabled;
            else if (child.key == L("interval"))
                check.interval = duration(child, child.key);
            else if (child.key == L("timeout"))
                check.timeout = duration(child, child.key);
            else if (child.key == L("start_period"))
                check.grace = duration(child, child.key);
            else if (child.key == L("retries"))
                check.retries = count(child, child.key);
            else if (child.key == L("disable"))
                disabled = disabled || child.boolean;
        }
        readProbedUrl(check);
        if (!disabled)
            service.checks.append(check);
    }

    /// False: the test says that there is no check.
    bool readTest(const ManifestNode &node, ServiceCheck &check)
    {
        if (node.isScalar()) {
            check.command = Stated<QString>{composeText(node.text), node.place};
            return true;
        }
        if (!node.isList() || node.children.empty()) {
            problem(node.place, QStringLiteral("\"test\" must be a text or a list"));
            return true;
        }
        QStringList list = words(node, node.key);
        const QString form = list.isEmpty() ? QString() : list.takeFirst();
        if (form == L("NONE"))
            return false;
        if (form == L("CMD-SHELL"))
            check.command = Stated<QString>{list.join(QLatin1Char(' ')), node.place};
        else if (form == L("CMD"))
            check.command = Stated<QString>{commandText(list), node.place};
        else
            problem(node.place, QStringLiteral("\"test\" begins with CMD, CMD-SHELL or NONE"));
        return true;
    }

    void readSignal(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        service.stopSignal = text(node, node.key);
        if (service.stopSignal && !service.stopSignal->value.startsWith(L("SIG")) && !hasComposeReference(node.text))
            service.stopSignal->value = L("SIG") + service.stopSignal->value.toUpper();
    }

    void readGrace(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        service.stopGrace = duration(node, node.key);
    }

    void readScale(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        service.scaling.instances = count(node, node.key);
    }

    void readRestart(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        // `no` without quotes is a text by YAML 1.2 and false by YAML 1.1; compose takes both.
        const QString value = node.text.section(QLatin1Char(':'), 0, 0);
        if (value == L("no") || value == L("false"))
            service.restartPolicy = Stated<QString>{QStringLiteral("never"), node.place};
        else if (value == L("always") || value == L("unless-stopped"))
            service.restartPolicy = Stated<QString>{QStringLiteral("always"), node.place};
        else if (value == L("on-failure"))
            service.restartPolicy = Stated<QString>{value, node.place};
        else if (!hasComposeReference(node.text))
            problem(node.place, QStringLiteral("\"restart\" is one of no, always, on-failure, unless-stopped"));
    }

    void readDeploy(const ManifestNode &node, Service &service)
    {
        for (const ManifestNode &child : node.children) {
            if (child.key == L("replicas")) {
                m_ledger.read(child.place);
                service.scaling.instances = count(child, child.key);
            } else if (child.key == L("resources")) {
                readResources(child, service);
            } else if (child.key == L("restart_policy") && child.isMap()) {
                readRestartPolicy(child, service);
            } else {
                m_ledger.readAll(child, QStringLiteral("how a swarm places and updates containers; a platform has ways "
                                                       "of its own"));
            }
        }
    }

    void readResources(const ManifestNode &node, Service &service)
    {
        m_ledger.readAll(node, QStringLiteral("a reservation on one machine; a platform has sizes"));
        const ManifestNode *limits = node.find(u"limits");
        for (const ManifestNode &child : limits ? limits->children : std::vector<ManifestNode>()) {
            if (child.key == L("memory"))
                readMemory(child, service);
            else if (child.key == L("cpus"))
                readCpus(child, service);
        }
    }

    void readMemory(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        const Result<qint64> bytes = parseByteSize(composeDefault(node.text));
        if (!bytes)
            return problem(node.place, QStringLiteral("\"%1\": %2").arg(node.key, bytes.error().message),
                           bytes.error().hint);
        service.size.memoryMb = Stated<int>{int(*bytes / (1024 * 1024)), node.place};
    }

    void readCpus(const ManifestNode &node, Service &service)
    {
        m_ledger.read(node.place);
        bool good = false;
        const double cpus = composeDefault(node.text).toDouble(&good);
        if (!good || cpus <= 0 || cpus > 4096)
            return problem(node.place, QStringLiteral("\"cpus\" must be a number above 0"));
        service.size.cpus = Stated<double>{cpus, node.place};
    }

    void readRestartPolicy(const ManifestNode &node, Service &service)
    {
        m_ledger.readAll(node, QStringLiteral("a platform restarts with delays of its own"));
        const ManifestNode *condition = node.find(u"condition");
        if (!condition || service.restartPolicy)
            return;
        const QString value = condition->text;
        if (value == L("none") || value == L("on-failure") || value == L("any"))
            service.restartPolicy = Stated<QString>{value == L("none")  ? QStringLiteral("never")
                                                    : value == L("any") ? QStringLiteral("always")
                                                                        : value,
                                                    condition->place};
    }

    // --- volumes ----------------------------------------------------------------------------------------------------

    void readVolumes(const ManifestNode &node, Service &service)
    {
        const QString bind =
            QStringLiteral("a folder of the machine that runs compose; put what is in it into the image");
        m_ledger.read(node.place, bind);
        if (!node.isList()) {
            if (node.type != Type::Null)
                problem(node.place, QStringLiteral("\"volumes\" must be a list"));
            return;
        }
        const qsizetype before = service.disks.size();
        bool left = false;
        for (const ManifestNode &child : node.children) {
            if (child.isMap())
                left = !longVolume(child, service, bind) || left;
            else if (child.isScalar())
                left = !shortVolume(child, service) || left;
            else
                problem(child.place, QStringLiteral("a volume is a text or a mapping"));
        }
        // The list is one key of the account: where a part of it is left behind, the key must say so.
        if (left && service.disks.size() > before)
            m_ledger.rewritten(node.place, {}, QStringLiteral("the folders of the machine among them are left out"));
    }

    /// False: no disk comes of it.
    static bool shortVolume(const ManifestNode &node, Service &service)
    {
        const QStringList parts = node.text.split(QLatin1Char(':'));
        static const QRegularExpression name(QStringLiteral("\\A[A-Za-z0-9][A-Za-z0-9_.-]*\\z"));
        if (parts.size() < 2 || !name.match(parts[0]).hasMatch() || !parts[1].startsWith(QLatin1Char('/')))
            return false;
        Disk disk;
        disk.name = Stated<QString>{parts[0], node.place};
        disk.mountPath = Stated<QString>{parts[1], node.place};
        disk.place = node.place;
        service.disks.append(disk);
        return true;
    }

    bool longVolume(const ManifestNode &node, Service &service, const QString &bind)
    {
        const ManifestNode *type = node.find(u"type");
        const bool volume = type && type->text == L("volume") && node.find(u"source");
        m_ledger.readAll(node, volume ? QStringLiteral("a disk of a platform has no such option") : bind);
        Disk disk;
        disk.place = node.place;
        for (const ManifestNode &child : node.children) {
            if (child.key == L("source"))
                disk.name = text(child, child.key);
            else if (child.key == L("target"))
                disk.mountPath = text(child, child.key);
        }
        if (volume && type)
            m_ledger.defaulted(type->place, QStringLiteral("a disk is what a platform makes of it"));
        if (volume)
            service.disks.append(disk);
        return volume;
    }

    // --- databases --------------------------------------------------------------------------------------------------

    void readDatabase(const ManifestNode &node, const Store &store)
    {
        const ManifestNode *image = node.find(u"image");
        ManifestDatabase database;
        database.name = node.key;
        database.place = image->place;
        m_ledger.readAll(node, QStringLiteral("a managed database has its own"));
        if (!store.version.isEmpty())
            database.version = Stated<QString>{store.version, image->place};
        if (const ManifestNode *environment = node.find(u"environment")) {
            forEachPair(*environment,
                        [&](const QString &name, const QString &value, bool stated, const Place &, const Place &place) {
                            const QString plain = composeDefault(value);
                            if (stated && !hasComposeReference(plain) && name == L("POSTGRES_DB"))
                                database.databaseName = Stated<QString>{plain, place};
                            else if (stated && !hasComposeReference(plain) && name == L("POSTGRES_USER"))
                                database.user = Stated<QString>{plain, place};
                            else if (name == L("POSTGRES_PASSWORD"))
                                m_ledger.read(place, QStringLiteral("a managed database makes its own password"));
                        });
        }
        m_model.databases.append(database);
    }

    void readKeyValue(const ManifestNode &node)
    {
        Service service;
        service.kind = ServiceKind::KeyValue;
        service.name = node.key;
        service.place = node.place;
        m_ledger.readAll(node, QStringLiteral("a managed store has its own"));
        const ManifestNode *image = node.find(u"image");
        service.kindField = Stated<QString>{QStringLiteral("key-value"), image->place};
        if (const ManifestNode *command = node.find(u"command")) {
            static const QRegularExpression policy(QStringLiteral("--maxmemory-policy[= ]([a-z-]+)"));
            const QRegularExpressionMatch match = policy.match(commandOf(*command, command->key));
            if (match.hasMatch())
                service.evictionPolicy = Stated<QString>{match.captured(1), command->place};
        }
        m_model.services.append(service);
    }

    const ManifestNode &m_root;
    Ledger &m_ledger;
    QList<Error> &m_problems;
    ServiceModel m_model;
    QHash<QString, Store> m_stores;
    const ManifestNode *m_entrypoint = nullptr;
    bool m_published = false;
};

} // namespace

ServiceModel readCompose(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
{
    return Reader(root, ledger, problems).run();
}

} // namespace Switchyard
