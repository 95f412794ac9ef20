// SPDX-License-Identifier: GPL-3.0-or-later
// fly.toml in the order and the quotes of flyctl: one file for each service that a machine can run.
#include "models/common/tomlwriter.h"
#include "models/manifests/containervalues.h"
#include "models/manifests/modelplaces.h"
#include "models/manifests/placetables.h"
#include "models/manifests/writeraccount.h"

#include <QRegularExpression>
#include <QSet>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

using Source = EnvironmentEntry::Source;

/// Where Render's servers listen unless PORT says otherwise; compose and Dockerfiles say it themselves.
constexpr int renderPort = 10'000;
constexpr int usualPort = 8'080;
constexpr Milliseconds renderGrace{30'000};
constexpr Milliseconds dockerGrace{10'000};
constexpr Milliseconds mostGrace{300'000};

const auto inShell = QStringLiteral("Fly runs no shell: it is put into sh -c, and the server in the shell's place");

/// In single quotes where it can be, as flyctl writes texts.
QString toml(const QString &text)
{
    // What is no Unicode has no form in TOML, and fromUtf8() leaves none of it.
    return QString::fromUtf8(tomlLiteral(QString::fromUtf8(text.toUtf8()), true).value_or(QByteArray("''")));
}

QString keyOf(const QString &name)
{
    const QByteArray key = tomlKey(name);
    return key.startsWith('"') ? toml(name) : QString::fromUtf8(key);
}

class FlyWriter : private WriterAccount
{
public:
    FlyWriter(const ServiceModel &model, Ledger &ledger, Written &written)
        : WriterAccount(ledger, written.added)
        , m_model(model)
        , m_written(written)
    {
    }

    void write()
    {
        QList<const Service *> apps;
        for (const Service &service : m_model.services) {
            if (const QString why = whyNot(service); why.isEmpty())
                apps.append(&service);
            else
                forEachPlace(service, [&](const Place &place) { ledger().lost(place, why); });
        }
        for (const Service *service : apps)
            writeApp(*service, apps.size() > 1);
        for (const ManifestDatabase &database : m_model.databases)
            forEachPlace(database, [&](const Place &place) {
                ledger().lost(place, QStringLiteral("a database is made by fly mpg create, not by fly.toml"));
            });
        for (const EnvironmentGroup &group : m_model.groups) {
            forEachPlace(group, [&](const Place &place) {
                ledger().lost(place, QStringLiteral("no service of the file uses the group"));
            });
        }
    }

private:
    static QString whyNot(const Service &service)
    {
        switch (service.kind) {
        case ServiceKind::Static:
            return QStringLiteral("Fly runs machines: a static site needs an image with a web server, or another host");
        case ServiceKind::Cron:
            return QStringLiteral("fly.toml has no schedules: fly machine run --schedule, or a scheduler in the app");
        case ServiceKind::KeyValue:
            return QStringLiteral("a Redis is made by fly redis create, not by fly.toml");
        default:
            return {};
        }
    }

    // --- text and account

    void line(const QString &text) { m_text += text + QLatin1Char('\n'); }
    void section(const QString &header) { m_text += QLatin1Char('\n') + header + QLatin1Char('\n'); }

    // --- one app

    void writeApp(const Service &service, bool several)
    {
        const QString file = several ? appName(service) + QStringLiteral("/fly.toml") : QStringLiteral("fly.toml");
        begin(file);
        m_text.clear();
        m_secrets.clear();
        m_service = &service;
        m_processes = false;
        m_port = portOf(service);
        head(service);
        build(service);
        deploy(service);
        const QString environment = environmentText(service);
        if (!environment.isEmpty()) {
            section(QStringLiteral("[env]"));
            m_text += environment;
        }
        process(service);
        mounts(service);
        front(service);
        restart(service);
        size(service);
        settleRest(service);
        m_written.files.append({file, (comments() + m_text).toUtf8()});
    }

    QString comments()
    {
        QString text = QStringLiteral("# fly.toml of %1, written by Switchyard\n").arg(m_service->name);
        if (!m_secrets.isEmpty())
            text += QStringLiteral("# Before the first deploy, by fly secrets import: %1\n")
                        .arg(m_secrets.join(QStringLiteral(", ")));
        for (const QString &each : takeNotes())
            text += QStringLiteral("# not carried over: %1\n").arg(each);
        return text + QLatin1Char('\n');
    }

    /// Where the process listens: what is stated, what PORT says, or the source platform's default.
    int portOf(const Service &service) const
    {
        if (const Field<int> port = statedPort(service))
            return port->value;
        return m_model.format == QLatin1StringView("render") ? renderPort : usualPort;
    }

    /// Lower case, digits and hyphens, a letter first.
    static QString appName(const Service &service)
    {
        static const QRegularExpression odd(QStringLiteral("[^a-z0-9]+"));
        QString name = service.name.toLower().replace(odd, QStringLiteral("-"));
        while (name.startsWith(QLatin1Char('-')))
            name.remove(0, 1);
        while (name.endsWith(QLatin1Char('-')))
            name.chop(1);
        if (name.isEmpty() || !name.front().isLetter())
            name.prepend(QStringLiteral("app-"));
        return name.endsWith(QLatin1Char('-')) ? name.chopped(1) : name;
    }

    void head(const Service &service)
    {
        const QString name = appName(service);
        line(QStringLiteral("app = %1").arg(toml(name)));
        if (service.nameField && service.nameField->value == name)
            mapped(service.nameField, QStringLiteral("app"));
        else
            rewritten(service.nameField, QStringLiteral("app"),
                      QStringLiteral("names of apps are in lower case, with hyphens, and one of a kind on all of Fly"));
        if (service.region) {
            const bool own = m_model.format == QLatin1StringView("fly");
            const QString region = own ? service.region->value : flyRegionFor(service.region->value);
            if (!region.isEmpty()) {
                line(QStringLiteral("primary_region = %1").arg(toml(region)));
                if (own)
                    mapped(service.region, QStringLiteral("primary_region"));
                else
                    rewritten(service.region, QStringLiteral("primary_region"),
                              QStringLiteral("%1 is Fly's nearest region").arg(region));
            } else {
                lost(service.region, QStringLiteral("region"), QStringLiteral("Fly has no region by that name"));
            }
        }
        shutdown(service);
    }

    /// Fly's own default is SIGINT and 5 s; what the service had is kept.
    void shutdown(const Service &service)
    {
        const QString signal = service.stopSignal ? service.stopSignal->value : QStringLiteral("SIGTERM");
        line(QStringLiteral("kill_signal = %1").arg(toml(signal)));
        mapped(service.stopSignal, QStringLiteral("kill_signal"));
        if (!service.stopSignal)
            added(QStringLiteral("kill_signal"), signal, QStringLiteral("Fly would send SIGINT"));
        Milliseconds grace = m_model.format == QLatin1StringView("render") ? renderGrace : dockerGrace;
        if (service.stopGrace)
            grace = service.stopGrace->value;
        const Milliseconds kept = std::min(grace, mostGrace);
        line(QStringLiteral("kill_timeout = %1").arg(toml(writeGoDuration(kept))));
        if (!service.stopGrace)
            added(QStringLiteral("kill_timeout"), writeGoDuration(kept),
                  QStringLiteral("Fly would wait 5 s, the source waits so long by default"));
        else if (kept == grace)
            mapped(service.stopGrace, QStringLiteral("kill_timeout"));
        else
            rewritten(service.stopGrace, QStringLiteral("kill_timeout"), QStringLiteral("Fly waits 300 s at most"));
    }

    void build(const Service &service)
    {
        if (service.image || service.dockerfile || service.dockerTarget || !service.buildArguments.isEmpty()) {
            section(QStringLiteral("[build]"));
            write(service.image, QStringLiteral("image"), QStringLiteral("build.image"));
            write(service.dockerfile, QStringLiteral("dockerfile"), QStringLiteral("build.dockerfile"));
            write(service.dockerTarget, QStringLiteral("build-target"), QStringLiteral("build.build-target"));
            bool first = true;
            for (const auto &[name, value] : service.buildArguments) {
                if (!mayStandInFile(name, value.value)) {
                    loseSecret(name, value.place, QStringLiteral("fly deploy --build-secret"));
                    continue;
                }
                if (std::exchange(first, false))
                    section(QStringLiteral("  [build.args]"));
                line(QStringLiteral("    %1 = %2").arg(keyOf(name), toml(value.value)));
                ledger().mapped(value.place, target(QStringLiteral("build.args.") + name));
            }
        }
        const bool container = service.image || service.dockerfile || !service.runtime ||
                               service.runtime->value == QLatin1StringView("docker") ||
                               service.runtime->value == QLatin1StringView("image");
        if (service.runtime && container)
            ledger().defaulted(service.runtime->place, QStringLiteral("Fly runs images only"));
        else
            lost(service.runtime,
                 QStringLiteral("runtime %1").arg(service.runtime ? service.runtime->value : QString()),
                 QStringLiteral("Fly runs images only: a Dockerfile has to install it"));
        lost(service.buildCommand, QStringLiteral("build command"),
             QStringLiteral("it belongs into the Dockerfile, as RUN"));
        lost(service.installCommand, QStringLiteral("install command"),
             QStringLiteral("it belongs into the Dockerfile, as RUN"));
        lost(service.dockerContext, QStringLiteral("build context"),
             QStringLiteral("fly deploy takes the folder it is run in"));
        lost(service.root, QStringLiteral("root folder"), QStringLiteral("fly deploy takes the folder it is run in"));
    }

    void write(const Field<QString> &field, const QString &key, const QString &path)
    {
        if (!field)
            return;
        line(QStringLiteral("  %1 = %2").arg(key, toml(field->value)));
        mapped(field, path);
    }

    void deploy(const Service &service)
    {
        static const QStringList strategies{QStringLiteral("rolling"), QStringLiteral("immediate"),
                                            QStringLiteral("bluegreen"), QStringLiteral("canary")};
        const QString strategy = service.strategy ? service.strategy->value : QString();
        const bool known =
            strategies.contains(strategy) && (service.disks.isEmpty() || strategy != QLatin1StringView("canary"));
        if (!known)
            lost(service.strategy, QStringLiteral("strategy"),
                 strategies.contains(strategy) ? QStringLiteral("canary is an error with a volume")
                                               : QStringLiteral("Fly has no strategy of that name"));
        if (!known && !service.preDeployCommand)
            return;
        section(QStringLiteral("[deploy]"));
        if (known)
            write(service.strategy, QStringLiteral("strategy"), QStringLiteral("deploy.strategy"));
        if (const Field<QString> &command = service.preDeployCommand) {
            const ExecCommand exec = withoutShell(command->value);
            line(QStringLiteral("  release_command = %1").arg(toml(exec.text)));
            if (exec.wrapped)
                rewritten(command, QStringLiteral("deploy.release_command"), inShell);
            else
                mapped(command, QStringLiteral("deploy.release_command"));
        }
    }

    // --- variables

    QString environmentText(const Service &service)
    {
        QString text;
        QSet<QString> done;
        for (const EnvironmentEntry &entry : service.environment)
            variable(entry, text, done);
        // A service's own variable beats one of a group, so that groups come last.
        for (const EnvironmentEntry &entry : service.environment) {
            if (entry.source != Source::FromGroup)
                continue;
            const auto group = std::find_if(m_model.groups.begin(), m_model.groups.end(),
                                            [&](const EnvironmentGroup &each) { return each.name == entry.of; });
            if (group == m_model.groups.end()) {
                ledger().lost(entry.place, QStringLiteral("the group is not in the file"));
                note(QStringLiteral("variables of the group %1: they are not in the file").arg(entry.of));
                continue;
            }
            ledger().rewritten(entry.place, target(QStringLiteral("env")),
                               QStringLiteral("Fly has no groups: its variables stand here"));
            ledger().rewritten(group->namePlace, target(QStringLiteral("env")),
                               QStringLiteral("Fly has no groups: its variables stand in each app that uses it"));
            for (const EnvironmentEntry &member : group->entries)
                variable(member, text, done);
        }
        const bool listens = service.kind == ServiceKind::Web || service.kind == ServiceKind::Private;
        if (listens && !done.contains(QStringLiteral("PORT")) && m_model.format == QLatin1StringView("render")) {
            text += QStringLiteral("  PORT = '%1'\n").arg(m_port);
            added(QStringLiteral("env.PORT"), QString::number(m_port), QStringLiteral("Fly sets none, Render does"));
        }
        return text;
    }

    void variable(const EnvironmentEntry &entry, QString &text, QSet<QString> &done)
    {
        if (entry.source == Source::FromGroup)
            return;
        const QString key = QStringLiteral("env.") + entry.name;
        const auto tell = [&](const QString &where, const QString &reason) {
            WriterAccount::entry(entry, where, reason);
        };
        if (done.contains(entry.name))
            return tell(target(key), QStringLiteral("the service's own variable of that name stands instead"));
        done.insert(entry.name);
        if (entry.name.startsWith(QLatin1StringView("FLY_"))) {
            return lostEntry(entry, QStringLiteral("Fly refuses names that begin with FLY_"));
        }
        if (mayStandInFile(entry)) {
            text += QStringLiteral("  %1 = %2\n").arg(keyOf(entry.name), toml(entry.value));
            return tell(target(key), {});
        }
        if (entry.source == Source::FromService &&
            (entry.property == QLatin1StringView("host") || entry.property == QLatin1StringView("hostport"))) {
            QString value = entry.of + QStringLiteral(".internal");
            if (entry.property == QLatin1StringView("hostport"))
                value += QStringLiteral(":%1").arg(portOfNamed(entry.of));
            text += QStringLiteral("  %1 = %2\n").arg(keyOf(entry.name), toml(value));
            return tell(target(key), QStringLiteral("an app's name on Fly's private network"));
        }
        m_secrets.append(entry.name);
        tell(QStringLiteral("fly secrets: ") + entry.name, secretReason(entry));
    }

    static QString secretReason(const EnvironmentEntry &entry)
    {
        switch (entry.source) {
        case Source::Literal:
            return entry.interpolated
                       ? QStringLiteral(
                             "its value is filled in by the machine that runs compose: set it by fly secrets")
                       : QStringLiteral("a secret stands in no file here: it is set by fly secrets");
        case Source::Generated:
            return QStringLiteral("Fly generates none: take over the value in use, or make one, by fly secrets");
        case Source::FromDatabase:
        case Source::FromService:
            return QStringLiteral("Fly has no references: the address is set by fly secrets, or by attaching");
        default:
            return QStringLiteral("it is set by fly secrets");
        }
    }

    int portOfNamed(const QString &name) const
    {
        const auto it = std::find_if(m_model.services.begin(), m_model.services.end(),
                                     [&](const Service &each) { return each.name == name; });
        return it == m_model.services.end() ? usualPort : portOf(*it);
    }

    // --- running

    void process(const Service &service)
    {
        if (!service.startCommand)
            return;
        const ExecCommand command = withoutShell(service.startCommand->value);
        section(QStringLiteral("[processes]"));
        line(QStringLiteral("  app = %1").arg(toml(command.text)));
        m_processes = true;
        const QString key = QStringLiteral("processes.app");
        if (command.wrapped)
            rewritten(service.startCommand, key, inShell);
        else
            mapped(service.startCommand, key);
        for (const Place &place : service.startCommandDetails)
            ledger().mapped(place, target(key));
    }

    void mounts(const Service &service)
    {
        bool first = true;
        for (const Disk &disk : service.disks) {
            if (!std::exchange(first, false)) {
                for (const auto *field : {&disk.name, &disk.mountPath})
                    lost(*field, QStringLiteral("a further disk"), QStringLiteral("a machine has one volume"));
                lost(disk.sizeGb, QStringLiteral("a further disk"), QStringLiteral("a machine has one volume"));
                continue;
            }
            section(QStringLiteral("[[mounts]]"));
            QString name = disk.name ? disk.name->value.toLower() : QStringLiteral("data");
            name.replace(QRegularExpression(QStringLiteral("[^a-z0-9_]+")), QStringLiteral("_"));
            line(QStringLiteral("  source = %1").arg(toml(name)));
            if (disk.name && disk.name->value == name)
                mapped(disk.name, QStringLiteral("mounts.source"));
            else
                rewritten(disk.name, QStringLiteral("mounts.source"),
                          QStringLiteral("names of volumes are in lower case, with underscores"));
            write(disk.mountPath, QStringLiteral("destination"), QStringLiteral("mounts.destination"));
            if (disk.sizeGb) {
                line(QStringLiteral("  initial_size = '%1gb'").arg(disk.sizeGb->value));
                mapped(disk.sizeGb, QStringLiteral("mounts.initial_size"));
            }
        }
    }

    /// The HTTP service with its checks and limits.
    void front(const Service &service)
    {
        if (service.kind != ServiceKind::Web)
            return behind(service);
        section(QStringLiteral("[http_service]"));
        line(QStringLiteral("  internal_port = %1").arg(m_port));
        mapped(service.port, QStringLiteral("http_service.internal_port"));
        if (!service.port)
            added(QStringLiteral("http_service.internal_port"), QString::number(m_port),
                  QStringLiteral("where the server listens: PORT, or the source's default"));
        line(QStringLiteral("  force_https = %1")
                 .arg(service.forceHttps && !service.forceHttps->value ? QStringLiteral("false")
                                                                       : QStringLiteral("true")));
        mapped(service.forceHttps, QStringLiteral("http_service.force_https"));
        starting(service);
        if (m_processes)
            line(QStringLiteral("  processes = ['app']"));
        limits(service);
        for (const ServiceCheck &check : service.checks)
            healthCheck(check);
    }

    /// What the public does not reach has no service: others find it by name on the private network.
    void behind(const Service &service)
    {
        defaulted(service.port,
                  QStringLiteral("any port is reached at %1.internal on Fly's private network").arg(service.name));
        defaulted(service.forceHttps, QStringLiteral("nothing of it is public"));
        machines(service);
        for (const ServiceCheck &check : service.checks)
            loseCheck(check, QStringLiteral("nothing of it is public, so that no check decides about traffic"));
    }

    void starting(const Service &service)
    {
        const Scaling &scaling = service.scaling;
        const QString stop = scaling.autoStop ? scaling.autoStop->value : QStringLiteral("off");
        line(QStringLiteral("  auto_stop_machines = %1").arg(toml(stop)));
        mapped(scaling.autoStop, QStringLiteral("http_service.auto_stop_machines"));
        if (!scaling.autoStop)
            added(QStringLiteral("http_service.auto_stop_machines"), stop,
                  QStringLiteral("sockets are held by machines that run"));
        line(QStringLiteral("  auto_start_machines = %1")
                 .arg(scaling.autoStart && !scaling.autoStart->value ? QStringLiteral("false")
                                                                     : QStringLiteral("true")));
        mapped(scaling.autoStart, QStringLiteral("http_service.auto_start_machines"));
        // Fly asks how many are to stay awake only where it puts machines to sleep.
        const QString key = QStringLiteral("http_service.min_machines_running");
        if (stop != QLatin1StringView("off")) {
            line(QStringLiteral("  min_machines_running = %1").arg(countOf(scaling)));
            mapped(scaling.leastRunning, key);
        } else if (m_model.format == QLatin1StringView("fly")) {
            defaulted(scaling.leastRunning, QStringLiteral("machines are not stopped, so that none has to be kept"));
        }
        machines(service);
    }

    static int countOf(const Scaling &scaling)
    {
        const Field<int> &count = scaling.leastRunning ? scaling.leastRunning
                                  : scaling.instances  ? scaling.instances
                                                       : scaling.least;
        return count ? count->value : 1;
    }

    /// How many there are stands in no manifest of Fly.
    void machines(const Service &service)
    {
        const Scaling &scaling = service.scaling;
        const QString counted = QStringLiteral("machines are counted by fly scale count, which has to be run once");
        for (const Field<int> &field : {scaling.instances, scaling.least}) {
            if (field)
                ledger().rewritten(field->place, QStringLiteral("fly scale count"), counted);
        }
        const int least = countOf(scaling);
        // The first deploy makes two machines of a service with a public port, and one of any other or with a disk.
        const bool doubled = service.kind == ServiceKind::Web && m_model.format != QLatin1StringView("fly");
        if (scaling.instances || scaling.least || !service.disks.isEmpty() || doubled)
            note(QStringLiteral("number of machines: fly deploy makes two at first, or one with --ha=false; then "
                                "fly scale count %1")
                     .arg(least));
        const QString grows = QStringLiteral("Fly makes no machines by itself, it only starts those that there are");
        lost(scaling.most, QStringLiteral("the most instances"), grows);
        lost(scaling.cpuPercent, QStringLiteral("scaling by processor"), grows);
        lost(scaling.memoryPercent, QStringLiteral("scaling by memory"), grows);
    }

    void limits(const Service &service)
    {
        const Scaling &scaling = service.scaling;
        if (!scaling.limitBy && !scaling.softLimit && !scaling.hardLimit)
            return;
        section(QStringLiteral("  [http_service.concurrency]"));
        if (scaling.limitBy)
            line(QStringLiteral("    type = %1").arg(toml(scaling.limitBy->value)));
        if (scaling.softLimit)
            line(QStringLiteral("    soft_limit = %1").arg(scaling.softLimit->value));
        if (scaling.hardLimit)
            line(QStringLiteral("    hard_limit = %1").arg(scaling.hardLimit->value));
        mapped(scaling.limitBy, QStringLiteral("http_service.concurrency.type"));
        mapped(scaling.softLimit, QStringLiteral("http_service.concurrency.soft_limit"));
        mapped(scaling.hardLimit, QStringLiteral("http_service.concurrency.hard_limit"));
    }

    void loseSecret(const QString &name, const Place &place, const QString &instead)
    {
        ledger().lost(place, QStringLiteral("a secret stands in no file here: %1").arg(instead));
        note(QStringLiteral("%1: a secret stands in no file here: %2").arg(name, instead));
    }

    void loseCheck(const ServiceCheck &check, const QString &why)
    {
        lost(check.command, QStringLiteral("the check's command"), why);
        lost(check.path, QStringLiteral("a health check"), why);
        lost(check.method, QStringLiteral("a health check"), why);
        lost(check.port, QStringLiteral("a health check"), why);
        lost(check.retries, QStringLiteral("a health check"), why);
        for (const auto *time : {&check.interval, &check.timeout, &check.grace})
            lost(*time, QStringLiteral("a health check"), why);
        for (const auto &[name, value] : check.headers)
            ledger().lost(value.place, why);
    }

    void healthCheck(const ServiceCheck &check)
    {
        if (!check.path)
            return loseCheck(check, QStringLiteral("only a check by HTTP tells Fly's proxy whether a machine is well"));
        if (!check.moves)
            return loseCheck(check, QStringLiteral("it only watched; as an HTTP check it would decide about traffic"));
        if (check.port && check.port->value != m_port)
            return loseCheck(check, QStringLiteral("a service of Fly is checked on its own port only"));
        mapped(check.port, QStringLiteral("http_service.internal_port"));
        mapped(check.command, QStringLiteral("http_service.checks.path"));
        lost(check.retries, QStringLiteral("the check's retries"), QStringLiteral("Fly acts on the first failure"));
        section(QStringLiteral("  [[http_service.checks]]"));
        const auto duration = [&](const Field<Milliseconds> &field, const char *name, Milliseconds usual) {
            const QString key = QString::fromLatin1(name);
            const Milliseconds wanted = field ? field->value : usual;
            // flyctl clamps a service's checks to this range, and warns.
            const Milliseconds within = std::clamp(wanted, Milliseconds(2'000), Milliseconds(60'000));
            line(QStringLiteral("    %1 = %2").arg(key, toml(writeGoDuration(within))));
            if (!field)
                added(QStringLiteral("http_service.checks.") + key, writeGoDuration(within),
                      QStringLiteral("the source leaves it to its platform"));
            else if (within == wanted)
                mapped(field, QStringLiteral("http_service.checks.") + key);
            else
                rewritten(field, QStringLiteral("http_service.checks.") + key,
                          QStringLiteral("Fly's checks take 2 s to 1 min"));
        };
        duration(check.grace, "grace_period", Milliseconds(10'000));
        duration(check.interval, "interval", Milliseconds(15'000));
        duration(check.timeout, "timeout", Milliseconds(5'000));
        line(QStringLiteral("    method = %1").arg(toml(check.method ? check.method->value : QStringLiteral("GET"))));
        mapped(check.method, QStringLiteral("http_service.checks.method"));
        line(QStringLiteral("    path = %1").arg(toml(check.path->value)));
        mapped(check.path, QStringLiteral("http_service.checks.path"));
        bool first = true;
        for (const auto &[name, value] : check.headers) {
            if (!mayStandInFile(name, value.value)) {
                loseSecret(name, value.place, QStringLiteral("let the path answer without it"));
                continue;
            }
            if (std::exchange(first, false))
                section(QStringLiteral("    [http_service.checks.headers]"));
            line(QStringLiteral("      %1 = %2").arg(keyOf(name), toml(value.value)));
            ledger().mapped(value.place, target(QStringLiteral("http_service.checks.headers.") + name));
        }
    }

    void size(const Service &service)
    {
        const MachineSize &size = service.size;
        if (m_model.format == QLatin1StringView("fly")) {
            if (!size.plan && !size.memoryMb && !size.cpus && !size.cpuKind)
                return;
            section(QStringLiteral("[[vm]]"));
            write(size.plan, QStringLiteral("size"), QStringLiteral("vm.size"));
            if (size.memoryMb)
                line(QStringLiteral("  memory = '%1mb'").arg(size.memoryMb->value));
            mapped(size.memoryMb, QStringLiteral("vm.memory"));
            if (size.cpus)
                line(QStringLiteral("  cpus = %1").arg(int(std::ceil(size.cpus->value))));
            mapped(size.cpus, QStringLiteral("vm.cpus"));
            write(size.cpuKind, QStringLiteral("cpu_kind"), QStringLiteral("vm.cpu_kind"));
            return;
        }
        const std::optional<PlanSize> plan = size.plan ? renderPlanSize(size.plan->value) : std::nullopt;
        if (size.plan && !plan)
            lost(size.plan, QStringLiteral("plan"), QStringLiteral("its size is not known here"));
        const int memory = plan ? plan->memoryMb : size.memoryMb ? size.memoryMb->value : 0;
        if (memory <= 0 && !size.cpus)
            return;
        const FlyMachine machine = flyMachineFor({memory, plan ? plan->cpus : size.cpus ? size.cpus->value : 1});
        section(QStringLiteral("[[vm]]"));
        line(QStringLiteral("  memory = '%1mb'").arg(machine.memoryMb));
        line(QStringLiteral("  cpu_kind = %1").arg(toml(machine.cpuKind)));
        line(QStringLiteral("  cpus = %1").arg(machine.cpus));
        rewritten(size.plan, QStringLiteral("vm"), QStringLiteral("a machine with as much memory; prices differ"));
        if (size.memoryMb && size.memoryMb->value == machine.memoryMb)
            mapped(size.memoryMb, QStringLiteral("vm.memory"));
        else
            rewritten(size.memoryMb, QStringLiteral("vm.memory"), QStringLiteral("the next size that Fly has"));
        rewritten(size.cpus, QStringLiteral("vm.cpus"), QStringLiteral("the next number that Fly has"));
    }

    void restart(const Service &service)
    {
        if (!service.restartPolicy)
            return;
        const QString &policy = service.restartPolicy->value;
        const QStringList known{QStringLiteral("always"), QStringLiteral("on-failure"), QStringLiteral("never")};
        if (!known.contains(policy)) {
            rewritten(service.restartPolicy, QStringLiteral("restart.policy"),
                      QStringLiteral("Fly knows always, on-failure and never"));
            section(QStringLiteral("[[restart]]"));
            return line(
                QStringLiteral("  policy = '%1'")
                    .arg(policy == QLatin1StringView("no") ? QStringLiteral("never") : QStringLiteral("always")));
        }
        section(QStringLiteral("[[restart]]"));
        write(service.restartPolicy, QStringLiteral("policy"), QStringLiteral("restart.policy"));
    }

    /// What nobody above has spoken of.
    void settleRest(const Service &service)
    {
        rewritten(service.kindField,
                  service.kind == ServiceKind::Web ? QStringLiteral("http_service")
                  : m_processes                    ? QStringLiteral("processes.app")
                                                   : QStringLiteral("app"),
                  QStringLiteral("what is reachable has an [http_service], the rest has none"));
        for (const Place &place : service.groupDetails)
            ledger().rewritten(place, target(m_processes ? QStringLiteral("processes.app") : QStringLiteral("app")),
                               QStringLiteral("each process group is an app of its own"));
        for (const Place &place : service.frontDetails)
            ledger().rewritten(place, target(QStringLiteral("http_service")),
                               QStringLiteral("an [http_service] answers on 80 and 443"));
        for (const Stated<QString> &domain : service.domains) {
            ledger().lost(domain.place, QStringLiteral("fly certs add, and a record at the name's registrar"));
            note(QStringLiteral("domain: fly certs add %1").arg(domain.value));
        }
        defaulted(service.publicPort, QStringLiteral("an [http_service] answers on 80 and 443"));
        lost(service.repository, QStringLiteral("repository"), QStringLiteral("a pipeline runs fly deploy"));
        lost(service.branch, QStringLiteral("branch"), QStringLiteral("a pipeline runs fly deploy"));
        for (const OpenPort &port : service.ports) {
            const QString why = QStringLiteral("a port beside HTTP is a [[services]] with an address of its own");
            lost(port.internal, QStringLiteral("a further port"), why);
            lost(port.external, QStringLiteral("a further port"), why);
            lost(port.protocol, QStringLiteral("a further port"), why);
        }
    }

    const ServiceModel &m_model;
    Written &m_written;
    const Service *m_service = nullptr;
    QString m_text;
    QStringList m_secrets;
    int m_port = 0;
    bool m_processes = false;
};

} // namespace

Written writeFly(const ServiceModel &model, Ledger &ledger)
{
    Written written;
    FlyWriter(model, ledger, written).write();
    return written;
}

} // namespace Switchyard
