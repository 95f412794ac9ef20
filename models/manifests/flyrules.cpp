// SPDX-License-Identifier: GPL-3.0-or-later
// fly.toml: what a deploy, a stop and a health check come to. Keys and values are in flykeyrules.cpp.
#include "models/manifests/lintkit.h"

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;
using Type = ManifestNode::Type;

} // namespace

QList<RuleText> flyRules()
{
    static const char reference[] = "https://fly.io/docs/reference/configuration/";
    static const char checks[] = "https://fly.io/docs/reference/health-checks/";
    static const char autostop[] = "https://fly.io/docs/launch/autostop-autostart/";
    static const char flyctl[] = "https://github.com/superfly/flyctl internal/appconfig";
    return {
        {"fly/both-services", Severity::Error, "http_service and services for the same ports",
         "flyctl makes two services of them, and ports 80 and 443 are taken twice.", flyctl,
         "F-1 SEED-1/2.2 SEED-1/checklist"},
        {"fly/kill-signal", Severity::Warning, "no kill_signal",
         "Fly stops with SIGINT unless told otherwise: gunicorn then drops its connections at once, and other programs "
         "may wait for SIGTERM only.",
         reference, "F-2 SEED-1/checklist"},
        {"fly/kill-signal-value", Severity::Error, "a kill_signal that Fly does not send or nobody can catch",
         "SIGINT, SIGTERM, SIGQUIT, SIGUSR1 and SIGUSR2 let a program close its clients.", reference, "F-2"},
        {"fly/kill-timeout", Severity::Warning, "no kill_timeout",
         "Five seconds after the signal the machine is stopped, whoever is still connected.", reference,
         "F-2 SEED-1/checklist"},
        {"fly/kill-timeout-range", Severity::Error, "kill_timeout over 300 s",
         "300 s is the most; a bare number is "
         "seconds.",
         reference, "F-2"},
        {"fly/graceful-timeout", Severity::Warning, "gunicorn may take longer to stop than Fly waits",
         "gunicorn's own graceful timeout is 30 s unless set.", "https://docs.gunicorn.org/en/stable/settings.html",
         "F-2"},
        {"fly/checks-only-watch", Severity::Warning, "[checks] do not change routing",
         "Top-level checks are for watching: a machine that fails them keeps its traffic.", checks,
         "§2.2 SEED-1/2.2 SEED-1/checklist"},
        {"fly/no-check", Severity::Note, "a service without a check",
         "A new machine gets traffic as soon as it runs, and a deploy counts as good without an answer.", checks,
         "§2.2"},
        {"fly/check-range", Severity::Error, "a check out of its range",
         "flyctl refuses [checks] with an interval under 2 s or a timeout over 60 s.", flyctl, "§2.2"},
        {"fly/check-clamped", Severity::Warning, "a check that Fly changes",
         "Intervals and timeouts of service checks are brought between 1 s and 1 min.", flyctl, "§2.2"},
        {"fly/bare-duration", Severity::Warning, "a bare number is milliseconds here",
         "In checks numbers are milliseconds, in kill_timeout seconds.", flyctl, "§2.2"},
        {"fly/autostart", Severity::Warning, "numbers of machines that the file does not make",
         "min_machines_running means something with auto_stop_machines only, and auto start never creates machines: "
         "how "
         "many there are is fly scale count.",
         autostop, "F-3 SEED-1/2.2 SEED-1/checklist"},
        {"fly/auto-stop-boolean", Severity::Warning, "auto_stop_machines as a truth value",
         "It is a word now: off, stop or suspend.", reference, "F-3 SEED-1/checklist"},
        {"fly/auto-stop-value", Severity::Error, "no value of auto_stop_machines", "off, stop or suspend.", reference,
         "F-3"},
        {"fly/scale-to-zero", Severity::Note, "all machines may stop",
         "Checks do not keep a machine awake; the next client waits until one has started.", autostop, "F-3"},
        {"fly/processes-missing", Severity::Error, "a service without processes beside [processes]",
         "flyctl refuses it: with process groups each service says whose it is.", flyctl, "§2.2"},
        {"fly/unknown-group", Severity::Error, "a process group that does not exist", "flyctl refuses it.", flyctl,
         "§2.2"},
        {"fly/strategy-value", Severity::Error, "no strategy", "rolling, immediate, canary or bluegreen.", reference,
         "§2.2"},
        {"fly/bluegreen-check", Severity::Error, "bluegreen without a check",
         "flyctl refuses it: a check says when the new machines may take over.", reference, "§2.2"},
        {"fly/strategy-volumes", Severity::Error, "canary or bluegreen with a volume",
         "They make machines beside the old ones, which hold the volume.", reference, "§2.2"},
        {"fly/immediate", Severity::Warning, "strategy immediate",
         "All machines are replaced at once, without waiting for "
         "a check: nobody serves meanwhile.",
         reference, "§2.2"},
        {"fly/release-volume", Severity::Note, "the release command has no volumes",
         "It runs in a machine of its own: a SQLite file on a volume is not there.", reference, "§2.2"},
        {"fly/port-mismatch", Severity::Error, "internal_port is not where the server listens",
         "Fly sends traffic to internal_port; PORT, the command and EXPOSE say another.", reference, "§2.2 SEED-0/2.1"},
        {"fly/internal-port", Severity::Warning, "a service without internal_port", "The key is required.", reference,
         "§2.2"},
        {"fly/localhost-bind", Severity::Error, "the server listens on the loopback address only",
         "Fly's proxy connects from outside the machine.", "https://fly.io/docs/networking/app-services/", "§2.2"},
        {"fly/no-ports", Severity::Warning, "a service without ports", "It is not reachable.", flyctl, "§2.2"},
        {"fly/reserved-name", Severity::Error, "a variable that begins with FLY_", "These names are Fly's.",
         "https://fly.io/docs/machines/runtime-environment/", "§2.1"},
        {"fly/primary-region-variable", Severity::Warning, "PRIMARY_REGION in [env]", "primary_region overrides it.",
         "https://fly.io/docs/machines/runtime-environment/", "§2.1"},
    };
}

namespace {

struct FlyFile
{
    const ManifestNode &root;
    const LintUnit &unit;
    QStringList groups;
    QList<const ManifestNode *> services; ///< http_service and services

    QList<const ManifestNode *> checksOf(const ManifestNode &service) const
    {
        QList<const ManifestNode *> checks;
        for (const char *key : {"checks", "tcp_checks", "http_checks"})
            checks.append(tablesOf(service.find(QString::fromLatin1(key))));
        return checks;
    }
};

QStringList groupsOf(const ManifestNode &holder)
{
    QStringList groups;
    if (const ManifestNode *list = holder.find(u"processes"); list && list->isList())
        for (const ManifestNode &group : list->children)
            if (group.isScalar())
                groups.append(group.text);
    return groups;
}

/// Whether the table has something in it: flyctl drops empty ones.
bool isUsed(const ManifestNode *table)
{
    return table && !table->children.empty();
}

bool servesPort(const ManifestNode &service, int wanted)
{
    for (const ManifestNode *port : tablesOf(service.find(u"ports")))
        if (integerAt(*port, u"port") == wanted)
            return true;
    return false;
}

void checkBoth(const FlyFile &file, LintRun &run)
{
    const ManifestNode *http = file.root.find(u"http_service");
    if (!isUsed(http))
        return;
    const QStringList own = groupsOf(*http);
    for (const ManifestNode *service : tablesOf(file.root.find(u"services"))) {
        const QStringList others = groupsOf(*service);
        const bool shared = own.isEmpty() || others.isEmpty() ||
                            std::any_of(own.begin(), own.end(), [&](const QString &g) { return others.contains(g); });
        if (shared && (servesPort(*service, 80) || servesPort(*service, 443)))
            run.report("fly/both-services", service->place, s("ports 80 and 443 are http_service's already"),
                       s("keep one of them: http_service"));
    }
}

void checkStopSignal(const FlyFile &file, LintRun &run)
{
    // What another platform's manifest starts says nothing of this one.
    const bool gunicorn = std::any_of(run.units().begin(), run.units().end(), [&](const LintUnit &unit) {
        const ManifestFormat format = unit.subject->manifest.format;
        const bool ours = unit.subject == file.unit.subject || format == ManifestFormat::Dockerfile ||
                          format == ManifestFormat::Procfile;
        return ours && unit.runs(u"gunicorn");
    });
    const ManifestNode *signal = file.root.find(u"kill_signal");
    static const QStringList good{s("SIGINT"), s("SIGTERM"), s("SIGQUIT"), s("SIGUSR1"), s("SIGUSR2")};
    if (!signal)
        run.report("fly/kill-signal", file.root.place,
                   gunicorn ? s("Fly sends SIGINT, which is gunicorn's quick shutdown: connections are dropped at once")
                            : s("Fly sends SIGINT"),
                   s("kill_signal = \"SIGTERM\""));
    else if (!good.contains(signal->text))
        run.report("fly/kill-signal-value", signal->place, s("%1 gives a program no time").arg(signal->text),
                   s("kill_signal = \"SIGTERM\""));
    else if (gunicorn && (signal->text == L("SIGINT") || signal->text == L("SIGQUIT")))
        run.report("fly/kill-signal", signal->place, s("%1 is gunicorn's quick shutdown").arg(signal->text),
                   s("kill_signal = \"SIGTERM\""));
}

void checkStop(const FlyFile &file, LintRun &run)
{
    checkStopSignal(file, run);
    const ManifestNode *timeout = file.root.find(u"kill_timeout");
    std::optional<Milliseconds> grace = Milliseconds(5000);
    if (!timeout) {
        // The old place, which flyctl lifts.
        const ManifestNode *experimental = file.root.find(u"experimental");
        timeout = experimental ? experimental->find(u"kill_timeout") : nullptr;
    }
    if (timeout)
        grace = goDuration(*timeout, Milliseconds(1000));
    else
        run.report("fly/kill-timeout", file.root.place, s("machines are stopped 5 s after the signal"),
                   s("kill_timeout = \"30s\", or as long as clients need"));
    if (grace && *grace > Milliseconds(300000))
        run.report("fly/kill-timeout-range", timeout->place, s("%1 s").arg(grace->count() / 1000),
                   s("300 s at most; a bare number is seconds"));
    for (const LintUnit &unit : run.units())
        for (const LintCommand &command : unit.commands) {
            const ServerCommand server = serverIn(command.text);
            if (command.when != LintCommand::When::Start || server.program != L("gunicorn") || server.hasConfig ||
                !grace)
                continue;
            const int graceful = server.gracefulTimeout.value_or(30);
            const bool ours =
                unit.subject == file.unit.subject || unit.subject->manifest.format == ManifestFormat::Dockerfile;
            if (ours && graceful * 1000 >= grace->count())
                run.report(
                    "fly/graceful-timeout", timeout ? timeout->place : file.root.place,
                    s("gunicorn takes up to %1 s to stop, and Fly waits %2 s").arg(graceful).arg(grace->count() / 1000),
                    s("kill_timeout = \"%1s\", or a lower --graceful-timeout").arg(std::min(300, graceful + 5)));
        }
}

void checkDurations(const ManifestNode &check, bool top, LintRun &run)
{
    for (const char *key : {"interval", "timeout", "grace_period"}) {
        const ManifestNode *value = check.find(QString::fromLatin1(key));
        const std::optional<Milliseconds> time = value ? goDuration(*value, Milliseconds(1)) : std::nullopt;
        if (!time)
            continue;
        const bool bare = value->isNumber();
        if (bare && time->count() > 0 && time->count() < 1000)
            run.report("fly/bare-duration", value->place, s("%1 is %2 ms").arg(value->key).arg(time->count()),
                       s("%1 = \"%2s\"").arg(value->key, value->text));
        const bool interval = value->key == L("interval");
        if (value->key == L("grace_period"))
            continue;
        if (top && ((interval && *time < Milliseconds(2000)) || (!interval && *time > Milliseconds(60000))))
            run.report("fly/check-range", value->place, s("%1 of %2 ms").arg(value->key).arg(time->count()),
                       interval ? s("2 s or more") : s("60 s at most"));
        if (!top && !bare && (*time < Milliseconds(1000) || *time > Milliseconds(60000)))
            run.report("fly/check-clamped", value->place, s("%1 of %2 ms").arg(value->key).arg(time->count()),
                       s("between 1s and 1m"));
    }
}

void checkHealth(const FlyFile &file, LintRun &run)
{
    const ManifestNode *top = file.root.find(u"checks");
    bool any = false;
    for (const ManifestNode *service : file.services) {
        const QList<const ManifestNode *> checks = file.checksOf(*service);
        any |= !checks.isEmpty();
        for (const ManifestNode *check : checks)
            checkDurations(*check, false, run);
        if (checks.isEmpty())
            run.report("fly/no-check", service->place, s("nothing asks whether it is ready"),
                       s("[[http_service.checks]] with path, interval, timeout and grace_period"));
    }
    if (isUsed(top)) {
        if (!file.services.isEmpty())
            run.report("fly/checks-only-watch", top->isMap() ? top->children.front().keyPlace : top->place,
                       any ? s("these checks watch and do not route") : s("these checks do not keep traffic away"),
                       s("[[http_service.checks]], or http_checks of the service"));
        for (const ManifestNode &check : top->children)
            checkDurations(check, true, run);
    }
    const ManifestNode *deploy = file.root.find(u"deploy");
    const ManifestNode *strategy = deploy ? deploy->find(u"strategy") : nullptr;
    if (!strategy)
        return;
    static const QStringList known{s("rolling"), s("immediate"), s("canary"), s("bluegreen")};
    const bool volumes = isUsed(file.root.find(u"mounts")) || isUsed(file.root.find(u"mount"));
    if (!known.contains(strategy->text))
        run.report("fly/strategy-value", strategy->place, s("no strategy %1").arg(strategy->text), known.join(s(", ")));
    if (strategy->text == L("bluegreen") && !any && !isUsed(top))
        run.report("fly/bluegreen-check", strategy->place, s("bluegreen, and no check"), s("[[http_service.checks]]"));
    if ((strategy->text == L("bluegreen") || strategy->text == L("canary")) && volumes)
        run.report("fly/strategy-volumes", strategy->place, s("%1 with a volume").arg(strategy->text),
                   s("strategy = \"rolling\""));
    if (strategy->text == L("immediate"))
        run.report("fly/immediate", strategy->place, s("nobody serves while the machines change"),
                   s("strategy = \"rolling\""));
}

void checkReleaseVolume(const FlyFile &file, LintRun &run)
{
    const ManifestNode *deploy = file.root.find(u"deploy");
    const bool volumes = isUsed(file.root.find(u"mounts")) || isUsed(file.root.find(u"mount"));
    const ManifestNode *release = deploy ? deploy->find(u"release_command") : nullptr;
    if (release && volumes)
        run.report("fly/release-volume", release->place, s("no volume is mounted there"),
                   s("do in the start command what needs the volume"));
}

void checkAutostop(const ManifestNode &service, LintRun &run)
{
    const ManifestNode *stop = service.find(u"auto_stop_machines");
    const ManifestNode *start = service.find(u"auto_start_machines");
    const ManifestNode *least = service.find(u"min_machines_running");
    static const QStringList words{s("off"), s("stop"), s("suspend")};
    if (stop && stop->type == Type::Boolean)
        run.report("fly/auto-stop-boolean", stop->place, s("%1").arg(stop->text),
                   stop->boolean ? s("auto_stop_machines = \"stop\"") : s("auto_stop_machines = \"off\""));
    else if (stop && !words.contains(stop->text))
        run.report("fly/auto-stop-value", stop->place, s("no value %1").arg(stop->text), words.join(s(", ")));
    const bool stops = stop && ((stop->type == Type::Boolean && stop->boolean) || stop->text == L("stop") ||
                                stop->text == L("suspend"));
    const int machines = integerAt(service, u"min_machines_running").value_or(0);
    if (least && !stops && machines > 0)
        run.report("fly/autostart", least->place,
                   s("min_machines_running means nothing while machines are not stopped"),
                   s("fly scale count %1").arg(machines));
    else if (machines > 1)
        run.report("fly/autostart", least->place,
                   s("it keeps %1 machines from being stopped, in the primary region, and makes none").arg(machines),
                   s("fly scale count %1").arg(machines));
    if (stops && machines == 0 && !(start && start->type == Type::Boolean && !start->boolean))
        run.report("fly/scale-to-zero", stop->place, s("with min_machines_running = 0 every machine may stop"),
                   s("min_machines_running = 1 where clients hold sockets"));
}

void checkGroups(const FlyFile &file, LintRun &run)
{
    for (const ManifestNode *service : file.services)
        if (!file.groups.isEmpty() && !service->find(u"processes"))
            run.report("fly/processes-missing", service->place,
                       s("it does not say whose it is: %1").arg(file.groups.join(s(", "))),
                       s("processes = [\"%1\"]").arg(file.groups.contains(s("app")) ? s("app") : file.groups.first()));
    QStringList known = file.groups;
    if (known.isEmpty())
        known.append(s("app"));
    const auto look = [&](const ManifestNode &holder) {
        const ManifestNode *list = holder.find(u"processes");
        if (!list || !list->isList())
            return;
        for (const ManifestNode &group : list->children)
            if (group.isScalar() && !known.contains(group.text))
                run.report("fly/unknown-group", group.place, s("no process group %1").arg(group.text),
                           s("known: %1").arg(known.join(s(", "))));
    };
    for (const ManifestNode *service : file.services)
        look(*service);
    for (const char *section : {"restart", "vm", "mounts", "files", "metrics"})
        for (const ManifestNode *table : tablesOf(file.root.find(QString::fromLatin1(section))))
            look(*table);
    if (const ManifestNode *checks = file.root.find(u"checks"))
        for (const ManifestNode &check : checks->children)
            look(check);
}

/// Where the server listens, as far as the file, its command or the Dockerfile say; 0: they do not.
struct Listening
{
    int port = 0;
    QString from;
};

Listening listening(const FlyFile &file, const LintRun &run)
{
    for (const LintCommand &command : file.unit.commands)
        if (const std::optional<int> port = serverIn(command.text).fixedPort();
            port && command.when == LintCommand::When::Start && file.groups.size() < 2)
            return {*port, command.key};
    const LintVariable *variable = file.unit.variable(u"PORT");
    if (variable && variable->value.toInt() > 0)
        return {variable->value.toInt(), s("PORT in [env]")};
    QStringList exposed;
    for (const LintSubject &subject : run.subjects()) {
        if (subject.manifest.format != ManifestFormat::Dockerfile)
            continue;
        const QList<DockerInstruction> all = dockerInstructions(subject);
        for (const DockerInstruction &instruction : all) {
            if (instruction.stage != all.last().stage)
                continue;
            const bool start = instruction.name == L("CMD") || instruction.name == L("ENTRYPOINT");
            const std::optional<QStringList> words = dockerExecForm(instruction);
            const QString text = words ? words->join(QLatin1Char(' ')) : instruction.arguments;
            if (const std::optional<int> port = serverIn(text).fixedPort(); start && port)
                return {*port, s("%1 in %2").arg(instruction.name, subject.manifest.file)};
            if (instruction.name == L("EXPOSE"))
                exposed.append(instruction.arguments.split(QLatin1Char(' '), Qt::SkipEmptyParts));
        }
    }
    return exposed.size() == 1 ? Listening{exposed.first().section(QLatin1Char('/'), 0, 0).toInt(), s("EXPOSE")}
                               : Listening{};
}

void checkPorts(const FlyFile &file, LintRun &run)
{
    const Listening server = listening(file, run);
    const ManifestNode *http = file.root.find(u"http_service");
    for (const ManifestNode *service : file.services) {
        const ManifestNode *port = service->find(u"internal_port");
        if (!port)
            run.report("fly/internal-port", service->place, s("no internal_port"),
                       server.port > 0 ? s("internal_port = %1").arg(server.port) : s("internal_port = 8080"));
        else if (server.port > 0 && integerAt(*service, u"internal_port") != server.port &&
                 (service == http || file.services.size() == 1))
            run.report("fly/port-mismatch", port->place,
                       s("Fly connects to %1, and the server listens on %2 (%3)")
                           .arg(port->text)
                           .arg(server.port)
                           .arg(server.from),
                       s("internal_port = %1").arg(server.port));
        if (service != http && !service->find(u"ports"))
            run.report("fly/no-ports", service->place, s("no ports"), s("[[services.ports]]"));
    }
    for (const LintCommand &command : file.unit.commands) {
        const ServerCommand said = serverIn(command.text);
        const bool silent = said.host.isEmpty() && (said.program == L("uvicorn") || said.program == L("hypercorn") ||
                                                    said.program == L("daphne"));
        const bool loopback = said.host == L("127.0.0.1") || said.host == L("localhost");
        if (command.when == LintCommand::When::Start && !said.hasConfig && (silent || loopback))
            run.report("fly/localhost-bind", command.place, s("%1 listens on 127.0.0.1").arg(said.program),
                       s("--host 0.0.0.0"));
    }
}

void checkNames(const FlyFile &file, LintRun &run)
{
    const QList<const ManifestNode *> tables = tablesOf(file.root.find(u"env"));
    for (const ManifestNode *table : tables)
        for (const ManifestNode &variable : table->children) {
            if (variable.key.startsWith(L("FLY_")))
                run.report("fly/reserved-name", variable.keyPlace, s("%1 is Fly's").arg(variable.key),
                           s("another name"));
            if (variable.key == L("PRIMARY_REGION") && file.root.find(u"primary_region"))
                run.report("fly/primary-region-variable", variable.keyPlace, s("primary_region wins"), s("remove it"));
        }
}

} // namespace

void checkFly(const LintSubject &subject, LintRun &run)
{
    const ManifestNode &root = subject.manifest.document;
    const QList<LintUnit> units = run.unitsOf(subject);
    if (!root.isMap() || units.isEmpty())
        return;
    FlyFile file{root, units.first(), {}, {}};
    if (const ManifestNode *processes = root.find(u"processes")) {
        for (const ManifestNode &group : processes->children)
            if (processes->isMap() || group.find(u"name"))
                file.groups.append(processes->isMap() ? group.key : textAt(group, u"name"));
    }
    if (const ManifestNode *http = root.find(u"http_service"); isUsed(http))
        file.services.append(http);
    for (const ManifestNode *service : tablesOf(root.find(u"services")))
        if (isUsed(service))
            file.services.append(service);
    checkBoth(file, run);
    checkStop(file, run);
    checkHealth(file, run);
    checkReleaseVolume(file, run);
    for (const ManifestNode *service : file.services)
        checkAutostop(*service, run);
    checkGroups(file, run);
    checkPorts(file, run);
    checkNames(file, run);
}

} // namespace Switchyard
