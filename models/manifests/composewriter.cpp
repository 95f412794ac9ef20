// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/shellwords.h"
#include "models/common/yamltext.h"
#include "models/manifests/composetext.h"
#include "models/manifests/containervalues.h"
#include "models/manifests/formats.h"
#include "models/manifests/writeraccount.h"
#include "models/platforms/platform.h"

#include <QHash>
#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

namespace {

using Source = EnvironmentEntry::Source;

constexpr QLatin1StringView fileName{"compose.yaml"};
/// The PostgreSQL of a database whose manifest names no version.
constexpr int usualPostgres = 17;
/// From this major version on the image keeps its data one folder higher (docker-library/postgres).
constexpr int postgresMovedData = 18;

QLatin1StringView L(const char *text)
{
    return QLatin1StringView(text);
}

class Writer
{
public:
    Writer(const ServiceModel &model, Ledger &ledger)
        : m_model(model)
        , m_ledger(ledger)
    {
    }

    Written run()
    {
        nameAll();
        for (const Service &service : m_model.services)
            writeService(service);
        for (const ManifestDatabase &database : m_model.databases)
            writeDatabase(database);
        settleGroups();
        if (m_text.isEmpty())
            return m_written;
        QString file = QStringLiteral(
            "# Written by Switchyard. Variables marked with :? come from a file .env beside this one.\n");
        for (const QString &note : std::as_const(m_fileNotes))
            file += L("# ") + note.simplified() + QLatin1Char('\n');
        file += L("services:\n") + m_text;
        if (!m_volumes.isEmpty()) {
            file += L("volumes:\n");
            for (const QString &volume : std::as_const(m_volumes))
                file += QStringLiteral("  %1: {}\n").arg(yamlScalar(volume));
        }
        m_written.files.append({fileName, file.toUtf8()});
        return m_written;
    }

private:
    // --- the text and the account -----------------------------------------------------------------------------------

    void line(int depth, const QString &text)
    {
        m_body += QString(depth * 2, QLatin1Char(' ')) + text + QLatin1Char('\n');
    }
    void pair(int depth, const char *key, const QString &value) { line(depth, L(key) + L(": ") + value); }

    QString target(const QString &key) const
    {
        return QStringLiteral("%1: services.%2.%3").arg(fileName, m_current, key);
    }
    void mapped(const Place &place, const QString &key) { m_ledger.mapped(place, target(key)); }
    void rewritten(const Place &place, const QString &key, const QString &reason)
    {
        m_ledger.rewritten(place, target(key), reason);
    }
    void added(const QString &key, const QString &value, const QString &reason)
    {
        m_written.added.append({target(key), value, reason});
    }

    /// What stays behind, in the account and in a comment above the service.
    void lost(const Place &place, const char *what, const QString &reason)
    {
        m_ledger.lost(place, reason);
        const QString note = QStringLiteral("%1: %2").arg(L(what), reason);
        if (!m_notes.contains(note))
            m_notes.append(note);
    }
    template <typename T>
    void lost(const Field<T> &field, const char *what, const QString &reason)
    {
        if (field)
            lost(field->place, what, reason);
    }

    /// Everything that the model knows of a service is told the same.
    void loseAll(const Service &service, const QString &reason)
    {
        const auto field = [&](const auto &value) {
            if (value)
                m_ledger.lost(value->place, reason);
        };
        m_ledger.lost(service.place, reason);
        for (const auto *text :
             {&service.nameField,    &service.kindField,        &service.runtime,       &service.image,
              &service.dockerfile,   &service.dockerContext,    &service.dockerTarget,  &service.root,
              &service.buildCommand, &service.publishPath,      &service.repository,    &service.branch,
              &service.startCommand, &service.preDeployCommand, &service.schedule,      &service.region,
              &service.size.plan,    &service.stopSignal,       &service.restartPolicy, &service.strategy,
              &service.size.cpuKind, &service.evictionPolicy})
            field(*text);
        for (const auto *number : {&service.size.memoryMb, &service.port, &service.scaling.instances,
                                   &service.scaling.least, &service.scaling.most})
            field(*number);
        field(service.size.cpus);
        field(service.stopGrace);
        for (const auto &argument : service.buildArguments)
            m_ledger.lost(argument.second.place, reason);
        for (const EnvironmentEntry &entry : service.environment)
            settle(entry, [&](const Place &place) { m_ledger.lost(place, reason); });
        for (const Disk &disk : service.disks) {
            field(disk.name);
            field(disk.mountPath);
            field(disk.sizeGb);
        }
        for (const ServiceCheck &check : service.checks)
            loseCheck(check, reason);
        loseRest(service);
    }

    template <typename Say>
    static void settle(const EnvironmentEntry &entry, Say say)
    {
        say(entry.namePlace);
        say(entry.place);
        for (const Place &place : entry.details)
            say(place);
    }

    /// What stands in front of a service: compose has none of it.
    void loseFront(const Service &service, const QString &reason)
    {
        for (const Stated<QString> &domain : service.domains)
            lost(domain.place, "domains", reason);
        for (const Route &route : service.routes) {
            for (const Place &place : {route.place, route.source.place, route.destination.place})
                lost(place, "routes", reason);
            lost(route.status, "routes", reason);
        }
        for (const ResponseHeader &header : service.headers) {
            for (const Place &place : {header.path.place, header.name.place, header.value.place})
                lost(place, "headers", reason);
        }
        lost(service.forceHttps, "HTTPS", reason);
    }

    // --- names ------------------------------------------------------------------------------------------------------

    QString unique(const QString &name)
    {
        static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9._-]+"));
        QString base = QString(name).replace(odd, QStringLiteral("-"));
        if (base.isEmpty())
            base = QStringLiteral("app");
        QString result = base;
        for (int &n = m_copies[base]; m_taken.contains(result);)
            result = base + QStringLiteral("-%1").arg(++n + 1);
        m_taken.insert(result);
        return result;
    }

    void nameAll()
    {
        for (const Service &service : m_model.services) {
            m_serviceNames.append(unique(service.name));
            if (!m_byName.contains(service.name))
                m_byName.insert(service.name, m_serviceNames.size() - 1);
        }
        for (const ManifestDatabase &database : m_model.databases)
            m_databaseNames.insert(database.name, unique(database.name));
    }

    // --- services ---------------------------------------------------------------------------------------------------

    void begin(const QString &name)
    {
        m_current = name;
        m_body.clear();
        m_notes.clear();
        m_needs.clear();
    }

    void end()
    {
        if (!m_text.isEmpty())
            m_text += QLatin1Char('\n');
        for (const QString &note : std::as_const(m_notes))
            m_text += L("  # not carried over: ") + note.simplified() + QLatin1Char('\n');
        m_text += QStringLiteral("  %1:\n").arg(yamlScalar(m_current)) + m_body;
    }

    void writeService(const Service &service)
    {
        begin(m_serviceNames.at(&service - m_model.services.constData()));
        const QString name = service.name;
        if (service.kind == ServiceKind::Static || service.kind == ServiceKind::Cron) {
            const QString reason = service.kind == ServiceKind::Static
                                       ? QStringLiteral("compose runs containers, and a static site has none")
                                       : QStringLiteral("compose has no schedule: run it from cron on the machine");
            loseAll(service, reason);
            m_fileNotes.append(QStringLiteral("not carried over: the service %1: %2").arg(m_current, reason));
            return;
        }
        if (service.nameField && m_current == name)
            m_ledger.mapped(service.nameField->place, QStringLiteral("%1: services.%2").arg(fileName, m_current));
        else if (service.nameField)
            m_ledger.rewritten(service.nameField->place, QStringLiteral("%1: services.%2").arg(fileName, m_current),
                               QStringLiteral("changed to a name that compose takes and that is free"));
        if (service.kind == ServiceKind::KeyValue)
            return writeKeyValue(service);
        if (service.kindField)
            rewritten(service.kindField->place, QStringLiteral("ports"),
                      QStringLiteral("compose has one kind of service: its ports tell who reaches it"));
        writeImage(service);
        writeCommand(service);
        writePorts(service);
        writeEnvironment(service);
        writeCheck(service);
        writeStop(service);
        writeDisks(service);
        writeDeploy(service);
        writeNeeds();
        loseRest(service);
        end();
    }

    QString pathText(const QString &text) const
    {
        // A compose file's own references stand for what they stood for.
        static const QRegularExpression reference(QStringLiteral("\\$(\\{|[A-Za-z_])"));
        return yamlScalar(m_model.format == L("compose") && text.contains(reference) ? text : composeEscaped(text));
    }

    void writeImage(const Service &service)
    {
        const bool built = service.dockerfile || service.dockerContext || service.dockerTarget ||
                           !service.buildArguments.isEmpty() || !service.image;
        if (service.image) {
            pair(2, "image", pathText(service.image->value));
            mapped(service.image->place, QStringLiteral("image"));
        }
        if (built)
            writeBuild(service);
        if (!service.runtime)
            return;
        const QString &runtime = service.runtime->value;
        if (runtime == L("image"))
            mapped(service.runtime->place, QStringLiteral("image"));
        else if (runtime == L("docker"))
            mapped(service.runtime->place, QStringLiteral("build"));
        else
            rewritten(service.runtime->place, QStringLiteral("build"),
                      QStringLiteral("compose builds images from Dockerfiles: one for this runtime has to be written"));
        if (built && runtime != L("docker") && runtime != L("image"))
            m_notes.append(
                QStringLiteral("runtime: a Dockerfile for %1 has to be written beside the source").arg(runtime));
    }

    void writeBuild(const Service &service)
    {
        line(2, QStringLiteral("build:"));
        const Field<QString> &context = service.dockerContext ? service.dockerContext : service.root;
        pair(3, "context", context ? pathText(context->value) : QStringLiteral("."));
        for (const Field<QString> *field : {&service.dockerContext, &service.root}) {
            if (*field && (*field)->value == context->value)
                mapped((*field)->place, QStringLiteral("build.context"));
            else
                lost(*field, "root", QStringLiteral("compose builds from the context folder"));
        }
        const auto write = [&](const char *key, const Field<QString> &field) {
            if (!field)
                return;
            pair(3, key, pathText(field->value));
            mapped(field->place, QStringLiteral("build.") + L(key));
        };
        write("dockerfile", service.dockerfile);
        write("target", service.dockerTarget);
        if (!service.buildArguments.isEmpty())
            line(3, QStringLiteral("args:"));
        for (const auto &[name, value] : service.buildArguments) {
            const bool secret = isSecret(name, value.value) && isComposeVariable(name);
            line(4, yamlScalar(name) + L(": ") + (secret ? yamlScalar(composeRequired(name)) : pathText(value.value)));
            if (secret)
                rewritten(value.place, QStringLiteral("build.args.") + name, secretReason());
            else
                mapped(value.place, QStringLiteral("build.args.") + name);
        }
    }

    static bool isSecret(const QString &name, const QString &value) { return !mayStandInFile(name, value); }
    static QString secretReason() { return QStringLiteral("a secret does not stand in the file: give it in .env"); }

    void writeCommand(const Service &service)
    {
        if (!service.startCommand)
            return;
        const QString &text = service.startCommand->value;
        const Result<ShellWords> words = splitShellWords(text);
        // $PORT alone needs no shell on a platform; here nobody but a shell fills it in.
        const bool shell =
            !words || words->needsShell || text.contains(QLatin1Char('$')) || text.contains(QLatin1Char('\n'));
        if (shell) {
            line(2, QStringLiteral("command: [\"/bin/sh\", \"-c\", %1]").arg(yamlQuoted(composeEscaped(text))));
        } else {
            pair(2, "command", yamlScalar(text));
        }
        mapped(service.startCommand->place, QStringLiteral("command"));
        for (const Place &place : service.startCommandDetails)
            mapped(place, QStringLiteral("command"));
        lost(service.preDeployCommand, "pre-deploy command",
             QStringLiteral("compose has no step before a deploy: docker compose run --rm %1 with that command")
                 .arg(m_current));
    }

    const EnvironmentEntry *portVariable(const Service &service) const
    {
        for (const EnvironmentEntry &entry : service.environment) {
            if (entry.name == L("PORT") && entry.source == Source::Literal)
                return &entry;
        }
        return nullptr;
    }

    void writePorts(const Service &service)
    {
        const EnvironmentEntry *variable = portVariable(service);
        int port = service.port ? service.port->value : 0;
        if (port == 0 && variable && service.kind == ServiceKind::Web)
            port = variable->value.toInt();
        const bool open = service.kind == ServiceKind::Web;
        const bool several = service.scaling.instances && service.scaling.instances->value > 1;
        PortLists lists;
        if (port > 0)
            addPort(port, service.publicPort, QString(), open, several, lists);
        if (service.port)
            mapped(service.port->place, open ? QStringLiteral("ports") : QStringLiteral("expose"));
        if (service.publicPort)
            tellPublic(service.publicPort->place, open);
        if (open && port == 0)
            m_notes.append(QStringLiteral("port: the manifest names none; add it under ports"));
        for (const OpenPort &other : service.ports)
            collectPort(other, open, several, lists);
        writePortList("ports", lists.published);
        writePortList("expose", lists.exposed);
    }

    struct PortLists
    {
        QStringList published;
        QStringList exposed;
    };

    /// "PUBLISHED:TARGET". Several containers cannot share one port of the machine: where the manifest does not insist,
    /// compose picks a free one for each. A service for others only is published where its manifest says so, and there
    /// for the machine itself alone.
    static void addPort(int inside, const Field<int> &outside, const QString &protocol, bool open, bool several,
                        PortLists &lists)
    {
        const QString target = QString::number(inside) + protocol;
        if (!outside && !open)
            lists.exposed.append(target);
        else if (!outside && several)
            lists.published.append(target);
        else
            lists.published.append(QStringLiteral("%1%2:%3")
                                       .arg(open ? QString() : QStringLiteral("127.0.0.1:"))
                                       .arg(outside ? outside->value : inside)
                                       .arg(target));
    }

    void tellPublic(const Place &place, bool open)
    {
        if (open)
            mapped(place, QStringLiteral("ports"));
        else
            rewritten(place, QStringLiteral("ports"), QStringLiteral("only the machine itself reaches it there"));
    }

    void collectPort(const OpenPort &port, bool open, bool several, PortLists &lists)
    {
        if (!port.internal)
            return lost(port.place, "port", QStringLiteral("it names no port of the container"));
        const bool udp = port.protocol && port.protocol->value == L("udp");
        addPort(port.internal->value, port.external, udp ? QStringLiteral("/udp") : QString(), open, several, lists);
        const QString key = open ? QStringLiteral("ports") : QStringLiteral("expose");
        mapped(port.place, key);
        mapped(port.internal->place, key);
        if (port.external)
            tellPublic(port.external->place, open);
        if (port.protocol)
            mapped(port.protocol->place, key);
        if (!port.handlers.isEmpty())
            m_notes.append(QStringLiteral("port handlers: compose passes the bytes on as they are, without TLS"));
    }

    void writePortList(const char *key, const QStringList &ports)
    {
        if (ports.isEmpty())
            return;
        line(2, L(key) + QLatin1Char(':'));
        for (const QString &port : ports)
            line(3, QStringLiteral("- \"%1\"").arg(port));
    }

    // --- variables --------------------------------------------------------------------------------------------------

    void writeEnvironment(const Service &service)
    {
        QList<EnvironmentEntry> entries;
        QSet<QString> own;
        for (const EnvironmentEntry &entry : service.environment)
            own.insert(entry.name);
        for (const EnvironmentEntry &entry : service.environment) {
            if (entry.source != Source::FromGroup) {
                entries.append(entry);
                continue;
            }
            const EnvironmentGroup *group = groupOf(entry.of);
            if (!group) {
                lost(entry.place, "group", QStringLiteral("the group is not in the manifest: add its variables"));
                continue;
            }
            m_groupsUsed.insert(group->name);
            settle(entry, [&](const Place &place) {
                rewritten(place, QStringLiteral("environment"),
                          QStringLiteral("compose has no groups: its variables stand in each service"));
            });
            for (const EnvironmentEntry &shared : group->entries) {
                if (!own.contains(shared.name)) // the service's own wins
                    entries.append(shared);
            }
        }
        const QStringList lines = variableLines(entries, service);
        if (lines.isEmpty())
            return;
        line(2, QStringLiteral("environment:"));
        for (const QString &text : lines)
            line(3, text);
    }

    QStringList variableLines(const QList<EnvironmentEntry> &entries, const Service &service)
    {
        QStringList lines;
        QSet<QString> names;
        for (const EnvironmentEntry &entry : entries) {
            const QString value = valueOf(entry);
            if (value.isNull() || names.contains(entry.name))
                continue;
            names.insert(entry.name);
            lines.append(yamlScalar(entry.name) + L(": ") + yamlQuoted(value));
        }
        const bool wanted = service.startCommand && (service.startCommand->value.contains(L("$PORT")) ||
                                                     service.startCommand->value.contains(L("${PORT")));
        if (wanted && service.port && !names.contains(QStringLiteral("PORT")) && m_model.format != L("compose")) {
            lines.append(QStringLiteral("PORT: \"%1\"").arg(service.port->value));
            added(QStringLiteral("environment.PORT"), QString::number(service.port->value),
                  QStringLiteral("the platform set it, compose does not"));
        }
        return lines;
    }

    const EnvironmentGroup *groupOf(const QString &name) const
    {
        for (const EnvironmentGroup &group : m_model.groups) {
            if (group.name == name)
                return &group;
        }
        return nullptr;
    }

    /// The value as compose reads it; null: the variable is left out, and the account says why.
    QString valueOf(const EnvironmentEntry &entry)
    {
        // A list of NAME=value is one key of the account.
        const bool list = m_model.format == L("compose") && entry.namePlace.line == 0;
        const QString key = list ? QStringLiteral("environment") : QStringLiteral("environment.") + entry.name;
        const auto say = [&](const QString &reason) {
            settle(entry,
                   [&](const Place &place) { reason.isEmpty() ? mapped(place, key) : rewritten(place, key, reason); });
        };
        switch (entry.source) {
        case Source::Literal:
            if (isSecret(entry.name, entry.value) && isComposeVariable(entry.name)) {
                say(secretReason());
                return composeRequired(entry.name);
            }
            say({});
            return entry.interpolated ? entry.value : nonNull(composeEscaped(entry.value));
        case Source::Generated:
        case Source::Asked:
            if (!isComposeVariable(entry.name)) {
                settle(entry, [&](const Place &place) {
                    lost(place, "variable", QStringLiteral("compose cannot refer to a variable of this name"));
                });
                return {};
            }
            say(entry.source == Source::Generated
                    ? QStringLiteral("compose makes no values: put a random one into .env")
                    : QString());
            return composeRequired(entry.name);
        case Source::FromDatabase:
        case Source::FromService:
            break;
        case Source::FromGroup:
            return {};
        }
        const QString value = referenceOf(entry);
        if (value.isNull())
            settle(entry, [&](const Place &place) {
                lost(place, "reference",
                     QStringLiteral("what it refers to is not in the manifest: give the value by hand"));
            });
        else
            say(QStringLiteral("a reference is written out for the network of compose"));
        return value;
    }

    static QString nonNull(const QString &text) { return text.isNull() ? QStringLiteral("") : text; }

    QString referenceOf(const EnvironmentEntry &entry)
    {
        return entry.source == Source::FromDatabase ? databaseReference(entry) : serviceReference(entry);
    }

    const ManifestDatabase *databaseOf(const QString &name) const
    {
        for (const ManifestDatabase &database : m_model.databases) {
            if (database.name == name)
                return &database;
        }
        return nullptr;
    }

    QString databaseReference(const EnvironmentEntry &entry)
    {
        const ManifestDatabase *database = databaseOf(entry.of);
        if (!database)
            return {};
        const QString host = m_databaseNames.value(database->name);
        m_needs.insert(host);
        const QString user = database->user ? database->user->value : QStringLiteral("postgres");
        const QString base = database->databaseName ? database->databaseName->value : user;
        const QString password = composeRequired(composeVariable(host, "_PASSWORD"));
        if (entry.property == L("host"))
            return host;
        if (entry.property == L("port"))
            return QStringLiteral("5432");
        if (entry.property == L("hostport"))
            return host + L(":5432");
        if (entry.property == L("user"))
            return composeEscaped(user);
        if (entry.property == L("password"))
            return password;
        if (entry.property == L("database"))
            return composeEscaped(base);
        return QStringLiteral("postgres://%1:%2@%3:5432/%4")
            .arg(composeEscaped(user), password, host, composeEscaped(base));
    }

    QString serviceReference(const EnvironmentEntry &entry)
    {
        const qsizetype index = m_byName.value(entry.of, -1);
        if (index < 0)
            return {};
        const Service &service = m_model.services.at(index);
        if (service.kind == ServiceKind::Static || service.kind == ServiceKind::Cron)
            return {};
        const QString host = m_serviceNames.at(index);
        const bool store = service.kind == ServiceKind::KeyValue;
        const int number = store ? 6379 : service.port ? service.port->value : 0;
        const QString port = number > 0 ? QString::number(number) : QString();
        if (store)
            m_needs.insert(host);
        if (entry.property == L("host"))
            return host;
        if (entry.property == L("port"))
            return port;
        if (entry.property == L("hostport") && !port.isEmpty())
            return host + QLatin1Char(':') + port;
        if (entry.property == L("connectionString") && store)
            return QStringLiteral("redis://%1:%2").arg(host, port);
        return entry.property.startsWith(L("env.")) ? copiedVariable(service, entry.property.sliced(4)) : QString();
    }

    /// The variable of another service: its value where that may stand in the file, else the same reference to .env.
    static QString copiedVariable(const Service &service, const QString &name)
    {
        for (const EnvironmentEntry &entry : service.environment) {
            if (entry.name != name)
                continue;
            if (entry.source == Source::Literal && !isSecret(name, entry.value))
                return entry.interpolated ? entry.value : nonNull(composeEscaped(entry.value));
            const bool given =
                entry.source == Source::Literal || entry.source == Source::Generated || entry.source == Source::Asked;
            return given && isComposeVariable(name) ? composeRequired(name) : QString();
        }
        return {};
    }

    void settleGroups()
    {
        for (const EnvironmentGroup &group : m_model.groups) {
            const bool used = m_groupsUsed.contains(group.name);
            const QString reason = used ? QStringLiteral("compose has no groups: its variables stand in each service")
                                        : QStringLiteral("no service that is written takes the group");
            for (const Place &place : {group.place, group.namePlace})
                used ? m_ledger.rewritten(place, QStringLiteral("%1: services").arg(fileName), reason)
                     : m_ledger.lost(place, reason);
            for (const EnvironmentEntry &entry : group.entries)
                settle(entry, [&](const Place &place) { m_ledger.lost(place, reason); });
        }
    }

    // --- check and stop ---------------------------------------------------------------------------------------------

    void writeCheck(const Service &service)
    {
        const ServiceCheck *check = service.deployCheck();
        if (!check && !service.checks.isEmpty())
            check = &service.checks.first();
        for (const ServiceCheck &other : service.checks) {
            if (&other != check)
                loseCheck(other, QStringLiteral("a container has one health check"));
        }
        if (!check)
            return;
        const int port = check->port ? check->port->value : service.port ? service.port->value : 0;
        const bool http = check->path && (!check->kind || check->kind->value == L("http"));
        if (!check->command && (!http || port == 0))
            return loseCheck(*check, http ? QStringLiteral("the port is not stated; add a healthcheck by hand")
                                          : QStringLiteral("compose has no check of a port; add a command by hand"));
        line(2, QStringLiteral("healthcheck:"));
        if (check->command)
            writeTest(check->command->value, check->command->place);
        else
            writeHttpTest(*check, port);
        const auto time = [&](const char *key, const Field<Milliseconds> &field) {
            if (!field)
                return;
            pair(3, key, writeGoDuration(field->value));
            mapped(field->place, QStringLiteral("healthcheck.") + L(key));
        };
        time("interval", check->interval);
        time("timeout", check->timeout);
        if (check->retries) {
            pair(3, "retries", QString::number(check->retries->value));
            mapped(check->retries->place, QStringLiteral("healthcheck.retries"));
        }
        time("start_period", check->grace);
        m_ledger.mapped(check->place, target(QStringLiteral("healthcheck")));
    }

    void writeTest(const QString &command, const Place &place)
    {
        line(3, QStringLiteral("test: [\"CMD-SHELL\", %1]").arg(yamlQuoted(composeEscaped(command))));
        mapped(place, QStringLiteral("healthcheck.test"));
    }

    void writeHttpTest(const ServiceCheck &check, int port)
    {
        const QString path =
            check.path->value.startsWith(QLatin1Char('/')) ? check.path->value : QLatin1Char('/') + check.path->value;
        const QString url = shellQuoted(QStringLiteral("http://127.0.0.1:%1%2").arg(port).arg(path));
        line(3, QStringLiteral("test: [\"CMD-SHELL\", %1]")
                    .arg(yamlQuoted(composeEscaped(
                        QStringLiteral("curl -fsS -o /dev/null %1 || wget -q -O /dev/null %1 || exit 1").arg(url)))));
        const QString reason = QStringLiteral(
            "asked from inside the container, whose image must have curl or wget; a failing one marks the "
            "container and moves no traffic");
        rewritten(check.path->place, QStringLiteral("healthcheck.test"), reason);
        for (const Field<int> *field : {&check.port}) {
            if (*field)
                rewritten((*field)->place, QStringLiteral("healthcheck.test"), reason);
        }
        for (const Field<QString> *field : {&check.kind, &check.method}) {
            if (*field)
                rewritten((*field)->place, QStringLiteral("healthcheck.test"), reason);
        }
        for (const auto &header : check.headers)
            lost(header.second.place, "check headers", QStringLiteral("the check asks without them"));
    }

    void loseCheck(const ServiceCheck &check, const QString &reason)
    {
        lost(check.place, "health check", reason);
        for (const Field<QString> *field : {&check.kind, &check.path, &check.method, &check.command})
            lost(*field, "health check", reason);
        for (const Field<Milliseconds> *field : {&check.interval, &check.timeout, &check.grace})
            lost(*field, "health check", reason);
        for (const Field<int> *field : {&check.port, &check.retries})
            lost(*field, "health check", reason);
        for (const auto &header : check.headers)
            lost(header.second.place, "health check", reason);
    }

    /// What the source's platform does where its manifest says nothing, nullptr for formats that are no platform.
    const Platform *sourcePlatform() const
    {
        if (m_model.format == L("compose") || m_model.format == L("dockerfile"))
            return nullptr;
        static const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
        return catalogue ? catalogue->find(m_model.format) : nullptr;
    }

    void writeStop(const Service &service)
    {
        const Platform *platform = sourcePlatform();
        if (service.stopSignal) {
            pair(2, "stop_signal", yamlScalar(service.stopSignal->value));
            mapped(service.stopSignal->place, QStringLiteral("stop_signal"));
        } else if (platform && !platform->shutdown.signal.isEmpty() && platform->shutdown.signal != L("SIGTERM")) {
            pair(2, "stop_signal", yamlScalar(platform->shutdown.signal));
            added(QStringLiteral("stop_signal"), platform->shutdown.signal,
                  QStringLiteral("what %1 sends; compose sends SIGTERM").arg(platform->name));
        }
        if (service.stopGrace) {
            pair(2, "stop_grace_period", writeGoDuration(service.stopGrace->value));
            mapped(service.stopGrace->place, QStringLiteral("stop_grace_period"));
        } else if (platform && platform->shutdown.grace.count() > 0) {
            const QString grace = writeGoDuration(platform->shutdown.grace);
            pair(2, "stop_grace_period", grace);
            added(QStringLiteral("stop_grace_period"), grace,
                  QStringLiteral("what %1 gives; compose gives 10s").arg(platform->name));
        }
        writeRestart(service, platform);
    }

    void writeRestart(const Service &service, const Platform *platform)
    {
        if (service.restartPolicy) {
            const QString &policy = service.restartPolicy->value;
            pair(2, "restart", policy == L("never") ? QStringLiteral("\"no\"") : yamlScalar(policy));
            mapped(service.restartPolicy->place, QStringLiteral("restart"));
        } else if (platform) {
            pair(2, "restart", QStringLiteral("unless-stopped"));
            added(QStringLiteral("restart"), QStringLiteral("unless-stopped"),
                  QStringLiteral("%1 starts a process again that ends; compose does not").arg(platform->name));
        }
    }

    // --- disks, sizes, the rest -------------------------------------------------------------------------------------

    void writeDisks(const Service &service)
    {
        QStringList lines;
        for (const Disk &disk : service.disks) {
            if (!disk.mountPath) {
                lost(disk.place, "disk", QStringLiteral("it names no folder"));
                lost(disk.name, "disk", QStringLiteral("it names no folder"));
                continue;
            }
            const QString name = disk.name ? disk.name->value : m_current + L("-data");
            lines.append(QStringLiteral("- ") +
                         yamlQuoted(composeEscaped(name + QLatin1Char(':') + disk.mountPath->value)));
            m_volumes.append(name);
            mapped(disk.place, QStringLiteral("volumes"));
            mapped(disk.mountPath->place, QStringLiteral("volumes"));
            if (disk.name)
                mapped(disk.name->place, QStringLiteral("volumes"));
            lost(disk.sizeGb, "disk size", QStringLiteral("a volume of compose has no size"));
        }
        m_volumes.removeDuplicates();
        if (lines.isEmpty())
            return;
        line(2, QStringLiteral("volumes:"));
        for (const QString &text : std::as_const(lines))
            line(3, text);
    }

    void writeDeploy(const Service &service)
    {
        const MachineSize &size = service.size;
        if (service.scaling.instances || size.memoryMb || size.cpus)
            line(2, QStringLiteral("deploy:"));
        if (service.scaling.instances) {
            pair(3, "replicas", QString::number(service.scaling.instances->value));
            mapped(service.scaling.instances->place, QStringLiteral("deploy.replicas"));
        }
        if (size.memoryMb || size.cpus) {
            line(3, QStringLiteral("resources:"));
            line(4, QStringLiteral("limits:"));
        }
        if (size.cpus) {
            pair(5, "cpus", QStringLiteral("\"%1\"").arg(QString::number(size.cpus->value, 'g', 6)));
            mapped(size.cpus->place, QStringLiteral("deploy.resources.limits.cpus"));
        }
        if (size.memoryMb) {
            pair(5, "memory", QStringLiteral("%1M").arg(size.memoryMb->value));
            mapped(size.memoryMb->place, QStringLiteral("deploy.resources.limits.memory"));
        }
        lost(size.plan, "plan",
             QStringLiteral("compose runs on one machine: what a plan gives is not in the manifest"));
        lost(size.cpuKind, "kind of CPU", QStringLiteral("compose runs on one machine"));
    }

    /// Databases and stores are started first: a program that does not wait for them fails at its start.
    void writeNeeds()
    {
        if (m_needs.isEmpty())
            return;
        QStringList needs(m_needs.cbegin(), m_needs.cend());
        needs.sort();
        line(2, QStringLiteral("depends_on:"));
        for (const QString &need : std::as_const(needs))
            line(3, L("- ") + yamlScalar(need));
        if (m_model.format != L("compose"))
            added(QStringLiteral("depends_on"), needs.join(L(", ")), QStringLiteral("they run beside it here"));
    }

    void loseRest(const Service &service)
    {
        for (const Place &place : service.groupDetails)
            m_ledger.defaulted(place, QStringLiteral("each process group is a service of its own"));
        for (const Place &place : service.frontDetails)
            rewritten(place, QStringLiteral("ports"),
                      QStringLiteral("the container's own port is open: put a proxy with TLS in front of it"));
        const QString scale = QStringLiteral("compose does not scale: a fixed number of replicas is all it has");
        const Scaling &scaling = service.scaling;
        for (const Field<int> *field : {&scaling.least, &scaling.most, &scaling.cpuPercent, &scaling.memoryPercent,
                                        &scaling.leastRunning, &scaling.softLimit, &scaling.hardLimit})
            lost(*field, "scaling", scale);
        lost(scaling.autoStop, "scaling", scale);
        lost(scaling.autoStart, "scaling", scale);
        lost(scaling.limitBy, "scaling", scale);
        lost(service.region, "region", QStringLiteral("compose runs on one machine"));
        lost(service.strategy, "deploy strategy",
             QStringLiteral("compose stops the old container, then starts the new"));
        lost(service.schedule, "schedule", QStringLiteral("compose has no schedule"));
        lost(service.buildCommand, "build command", QStringLiteral("it belongs into the Dockerfile, as a RUN"));
        if (!service.startCommand)
            lost(service.preDeployCommand, "pre-deploy command",
                 QStringLiteral("compose has no step before a deploy: docker compose run --rm %1 with that command")
                     .arg(m_current));
        lost(service.publishPath, "publish path", QStringLiteral("compose serves no files by itself"));
        for (const Field<QString> *field : {&service.repository, &service.branch})
            lost(*field, "repository", QStringLiteral("compose builds what is checked out beside it"));
        if (service.image && !service.dockerContext)
            lost(service.root, "root", QStringLiteral("the image is not built here"));
        lost(service.evictionPolicy, "eviction policy", QStringLiteral("it belongs to a key-value store"));
        for (const auto &process : service.processes)
            lost(process.second.place, "processes", QStringLiteral("each process is a service of its own in compose"));
        loseFront(service, QStringLiteral("nothing stands in front of a container here: put a proxy there"));
    }

    // --- stores -----------------------------------------------------------------------------------------------------

    void writeKeyValue(const Service &service)
    {
        pair(2, "image", QStringLiteral("valkey/valkey:8-alpine"));
        if (service.kindField)
            rewritten(service.kindField->place, QStringLiteral("image"),
                      QStringLiteral("a container of Valkey in place of the managed store"));
        if (service.evictionPolicy) {
            pair(2, "command",
                 yamlScalar(L("valkey-server --maxmemory-policy ") + composeEscaped(service.evictionPolicy->value)));
            mapped(service.evictionPolicy->place, QStringLiteral("command"));
        }
        pair(2, "restart", QStringLiteral("unless-stopped"));
        added(QStringLiteral("image"), QStringLiteral("valkey/valkey:8-alpine"),
              QStringLiteral("the manifest names no version of the store"));
        lost(service.size.plan, "plan", QStringLiteral("compose runs on one machine"));
        lost(service.size.memoryMb, "memory", QStringLiteral("set maxmemory by hand where it matters"));
        lost(service.region, "region", QStringLiteral("compose runs on one machine"));
        for (const Disk &disk : service.disks) {
            for (const Field<QString> *field : {&disk.name, &disk.mountPath})
                lost(*field, "disk", QStringLiteral("the store keeps its data in the container only"));
            lost(disk.sizeGb, "disk", QStringLiteral("the store keeps its data in the container only"));
        }
        end();
    }

    void writeDatabase(const ManifestDatabase &database)
    {
        begin(m_databaseNames.value(database.name));
        bool number = false;
        const int stated =
            database.version ? database.version->value.section(QLatin1Char('.'), 0, 0).toInt(&number) : 0;
        const int major = number && stated > 0 ? stated : usualPostgres;
        pair(2, "image", QStringLiteral("postgres:%1").arg(major));
        if (major == stated)
            mapped(database.version->place, QStringLiteral("image"));
        else
            added(QStringLiteral("image"), QStringLiteral("postgres:%1").arg(major),
                  QStringLiteral("the manifest names no version"));
        m_ledger.mapped(database.place, target(QStringLiteral("image")));
        if (database.nameField)
            m_ledger.mapped(database.nameField->place, QStringLiteral("%1: services.%2").arg(fileName, m_current));
        line(2, QStringLiteral("environment:"));
        const auto write = [&](const char *key, const Field<QString> &field) {
            if (!field)
                return;
            line(3, L(key) + L(": ") + yamlQuoted(composeEscaped(field->value)));
            mapped(field->place, QStringLiteral("environment.") + L(key));
        };
        write("POSTGRES_DB", database.databaseName);
        write("POSTGRES_USER", database.user);
        line(3, QStringLiteral("POSTGRES_PASSWORD: ") +
                    yamlQuoted(composeRequired(composeVariable(m_current, "_PASSWORD"))));
        added(QStringLiteral("environment.POSTGRES_PASSWORD"), {},
              QStringLiteral("a managed database makes its own; here it comes from .env"));
        line(2, QStringLiteral("volumes:"));
        const QString volume = m_current + L("-data");
        line(3, L("- ") + yamlScalar(volume + (major >= postgresMovedData ? L(":/var/lib/postgresql")
                                                                          : L(":/var/lib/postgresql/data"))));
        m_volumes.append(volume);
        added(QStringLiteral("volumes"), volume, QStringLiteral("without it the data ends with the container"));
        line(2, QStringLiteral("healthcheck:"));
        line(3, QStringLiteral("test: [\"CMD-SHELL\", \"pg_isready -q\"]"));
        pair(2, "restart", QStringLiteral("unless-stopped"));
        lost(database.plan, "plan", QStringLiteral("compose runs on one machine"));
        lost(database.region, "region", QStringLiteral("compose runs on one machine"));
        lost(database.diskGb, "disk size", QStringLiteral("a volume of compose has no size"));
        end();
    }

    const ServiceModel &m_model;
    Ledger &m_ledger;
    Written m_written;
    QString m_text;          ///< services that are written
    QString m_body;          ///< of the service that is being written
    QString m_current;       ///< its name
    QStringList m_notes;     ///< its comments
    QStringList m_fileNotes; ///< comments at the head of the file
    QStringList m_volumes;
    QSet<QString> m_needs;
    QSet<QString> m_taken;
    QHash<QString, int> m_copies; ///< how often a name was taken already
    QSet<QString> m_groupsUsed;
    QStringList m_serviceNames; ///< in the order of the model's services
    QHash<QString, qsizetype> m_byName;
    QHash<QString, QString> m_databaseNames;
};

} // namespace

Written writeCompose(const ServiceModel &model, Ledger &ledger)
{
    return Writer(model, ledger).run();
}

} // namespace Switchyard
