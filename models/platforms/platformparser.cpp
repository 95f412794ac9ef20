// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/tomlreader.h"
#include "models/platforms/platform.h"

#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr Milliseconds none{0};
constexpr Milliseconds hour{3'600'000};

const QStringList &stepNames()
{
    static const QStringList names{QStringLiteral("build"),    QStringLiteral("pre_deploy"),
                                   QStringLiteral("stop_old"), QStringLiteral("start_new"),
                                   QStringLiteral("health"),   QStringLiteral("switch_traffic"),
                                   QStringLiteral("wait"),     QStringLiteral("signal_old"),
                                   QStringLiteral("grace"),    QStringLiteral("kill_old")};
    return names;
}

const QStringList &signalNames()
{
    static const QStringList names{QStringLiteral("SIGHUP"),  QStringLiteral("SIGINT"),  QStringLiteral("SIGQUIT"),
                                   QStringLiteral("SIGKILL"), QStringLiteral("SIGUSR1"), QStringLiteral("SIGUSR2"),
                                   QStringLiteral("SIGTERM"), QStringLiteral("SIGSTOP")};
    return names;
}

/// Every table says where it was read.
void readSource(TomlReader &reader, FactSource *out)
{
    std::optional<TomlReader> table = reader.table(L("source"), Presence::Required);
    if (!table)
        return;
    if (table->text(L("url"), &out->url, Presence::Required)) {
        const QUrl url(out->url, QUrl::StrictMode);
        if (!url.isValid() || url.scheme() != L("https") || url.host().isEmpty())
            table->error(*table->take(L("url")), QStringLiteral("a source is a page behind https"));
    }
    table->text(L("note"), &out->note);
    table->finish();
}

InjectedVariable parseVariable(TomlReader reader)
{
    InjectedVariable variable;
    reader.text(L("name"), &variable.name, Presence::Required);
    reader.choice(L("when"), {QStringLiteral("build"), QStringLiteral("runtime"), QStringLiteral("both")},
                  &variable.when, Presence::Required);
    reader.text(L("value"), &variable.value);
    reader.text(L("example"), &variable.example);
    reader.text(L("note"), &variable.note);
    reader.text(L("only"), &variable.only);
    reader.text(L("meaning"), &variable.meaning);
    reader.boolean(L("overridable"), &variable.overridable);
    reader.finish();
    return variable;
}

void readInjected(TomlReader &root, QList<InjectedVariable> *out)
{
    for (TomlReader &group : root.tables(L("injected"), Presence::Required)) {
        FactSource source;
        QStringList runtimes;
        readSource(group, &source);
        group.texts(L("runtimes"), &runtimes);
        for (TomlReader &table : group.tables(L("variables"), Presence::Required)) {
            InjectedVariable variable = parseVariable(table);
            variable.runtimes = runtimes;
            variable.source = source;
            const bool twice = std::any_of(out->begin(), out->end(), [&](const InjectedVariable &other) {
                return other.name == variable.name && other.runtimes == variable.runtimes;
            });
            if (twice)
                table.error(table.place(), QStringLiteral("the variable \"%1\" stands here twice").arg(variable.name));
            out->append(variable);
        }
        group.finish();
    }
}

void readComposed(TomlReader &root, QList<ComposedVariable> *out)
{
    for (TomlReader &table : root.tables(L("composed"))) {
        ComposedVariable composed;
        table.text(L("meaning"), &composed.meaning, Presence::Required);
        table.text(L("text"), &composed.text, Presence::Required);
        readSource(table, &composed.source);
        table.finish();
        out->append(composed);
    }
}

void readDatabase(TomlReader reader, DatabaseRules *out)
{
    for (TomlReader &table : reader.tables(L("limits"), Presence::Required)) {
        DatabaseRules::Limit limit;
        table.integer(L("below_mb"), 1, 10'000'000, &limit.belowMb);
        table.integer(L("connections"), 1, 1'000'000, &limit.connections, Presence::Required);
        table.finish();
        if (!out->limits.isEmpty() &&
            (out->limits.last().belowMb == 0 || (limit.belowMb != 0 && limit.belowMb <= out->limits.last().belowMb)))
            table.error(table.place(), QStringLiteral("limits stand in ascending order, the open one last"));
        out->limits.append(limit);
    }
    reader.text(L("internal_scheme"), &out->internalScheme, Presence::Required);
    readSource(reader, &out->source);
    reader.finish();
}

void readVariables(TomlReader reader, VariableRules *out)
{
    reader.texts(L("reserved_prefixes"), &out->reservedPrefixes, Presence::Required);
    reader.boolean(L("interpolates"), &out->interpolates, Presence::Required);
    reader.boolean(L("write_only"), &out->writeOnly);
    reader.texts(L("build_settings"), &out->buildSettings);
    reader.texts(L("operator"), &out->operatorNames);
    readSource(reader, &out->source);
    reader.finish();
}

void readPorts(TomlReader reader, PortRules *out)
{
    reader.boolean(L("injects_port"), &out->injectsPort, Presence::Required);
    reader.integer(L("default_port"), 0, 65535, &out->defaultPort, Presence::Required);
    reader.boolean(L("overridable"), &out->overridable);
    reader.text(L("key"), &out->key);
    reader.text(L("bind_host"), &out->bindHost, Presence::Required);
    reader.integers(L("reserved"), 1, 65535, &out->reserved);
    reader.integer(L("max_open"), 0, 65535, &out->maxOpen);
    reader.text(L("note"), &out->note);
    readSource(reader, &out->source);
    reader.finish();
}

void readHealth(TomlReader reader, HealthRules *out)
{
    reader.choice(L("method"), {QStringLiteral("GET"), QStringLiteral("HEAD")}, &out->method, Presence::Required);
    reader.text(L("key"), &out->key);
    reader.text(L("default_path"), &out->defaultPath);
    reader.integer(L("status_min"), 100, 599, &out->statusMin, Presence::Required);
    reader.integer(L("status_max"), 100, 599, &out->statusMax, Presence::Required);
    if (out->statusMin > out->statusMax)
        reader.error(*reader.take(L("status_min")), QStringLiteral("\"status_min\" is over \"status_max\""));
    reader.boolean(L("follows_redirects"), &out->followsRedirects);
    reader.duration(L("timeout"), Milliseconds(1), hour, &out->timeout, Presence::Required);
    reader.duration(L("interval"), Milliseconds(1), hour, &out->interval);
    reader.duration(L("interval_assumed"), Milliseconds(1), hour, &out->intervalAssumed);
    reader.boolean(L("unroutes_at_once"), &out->unroutesAtOnce);
    reader.duration(L("deploy_limit"), none, hour, &out->deployLimit);
    reader.duration(L("unrouted_after"), none, hour, &out->unroutedAfter);
    reader.duration(L("restarted_after"), none, hour, &out->restartedAfter);
    if (out->unroutesAtOnce && out->unroutedAfter > none)
        reader.error(*reader.take(L("unroutes_at_once")),
                     QStringLiteral("either at once or \"unrouted_after\" a time"));
    if (out->interval > none && out->intervalAssumed > none)
        reader.error(*reader.take(L("interval_assumed")),
                     QStringLiteral("nothing is assumed where \"interval\" is known"));
    reader.text(L("note"), &out->note);
    readSource(reader, &out->source);
    reader.finish();
}

void readSignals(TomlReader &reader, ShutdownRules *out)
{
    reader.choice(L("signal"), signalNames(), &out->signal, Presence::Required);
    reader.choice(L("forced_signal"), signalNames(), &out->forcedSignal, Presence::Required);
    out->allowedSignals = {out->signal};
    if (!reader.texts(L("signals"), &out->allowedSignals))
        return;
    const TomlNode &list = *reader.take(L("signals"));
    for (const TomlNode &item : list.children) {
        if (!signalNames().contains(item.text))
            reader.error(item, QStringLiteral("\"%1\" is no signal").arg(item.text),
                         suggestion(item.text, signalNames()));
    }
    if (!out->allowedSignals.contains(out->signal))
        reader.error(list, QStringLiteral("\"signals\" leaves out the default %1").arg(out->signal));
}

void readShutdown(TomlReader reader, ShutdownRules *out)
{
    readSignals(reader, out);
    reader.duration(L("grace"), none, hour, &out->grace, Presence::Required);
    reader.duration(L("grace_min"), none, hour, &out->graceMin);
    reader.duration(L("grace_max"), none, hour, &out->graceMax);
    if (out->graceMax > none && out->grace > out->graceMax)
        reader.error(*reader.take(L("grace")), QStringLiteral("\"grace\" is over \"grace_max\""));
    if (out->grace < out->graceMin)
        reader.error(*reader.take(L("grace_min")), QStringLiteral("\"grace\" is under \"grace_min\""));
    reader.text(L("grace_key"), &out->graceKey);
    reader.text(L("signal_key"), &out->signalKey);
    readSource(reader, &out->source);
    reader.finish();
}

DeployStep parseStep(TomlReader reader)
{
    DeployStep step;
    reader.choice(L("step"), stepNames(), &step.step, Presence::Required);
    reader.text(L("note"), &step.note);
    const bool waits = step.step == L("wait");
    reader.duration(L("duration"), Milliseconds(1), hour, &step.duration,
                    waits ? Presence::Required : Presence::Optional);
    if (!waits && !step.step.isEmpty() && reader.has(L("duration")))
        reader.error(*reader.take(L("duration")), QStringLiteral("only \"wait\" has a duration"));
    reader.finish();
    return step;
}

void readDeploy(TomlReader reader, DeploySequence *out)
{
    reader.boolean(L("new_first"), &out->newFirst, Presence::Required);
    reader.duration(L("start_limit"), none, hour, &out->startLimit);
    reader.text(L("overlap_note"), &out->overlapNote);
    reader.choice(L("without_instance"), {QStringLiteral("502"), QStringLiteral("refused")}, &out->withoutInstance,
                  Presence::Required);
    for (const TomlReader &table : reader.tables(L("steps"), Presence::Required))
        out->steps.append(parseStep(table));
    readSource(reader, &out->source);
    const auto position = [&](L name) {
        for (qsizetype i = 0; i < out->steps.size(); ++i) {
            if (out->steps[i].step == name)
                return i;
        }
        return out->steps.size();
    };
    // Two ways to say the same thing: the flag for readers, the steps for the rehearsal. They must agree.
    const bool newFirst = position(L("start_new")) < std::min(position(L("stop_old")), position(L("signal_old")));
    if (!out->steps.isEmpty() && reader.has(L("new_first")) && newFirst != out->newFirst)
        reader.error(*reader.take(L("new_first")),
                     QStringLiteral("\"new_first\" says otherwise than the order of \"steps\""));
    reader.finish();
}

void readWebSocket(TomlReader reader, WebSocketRules *out)
{
    reader.boolean(L("supported"), &out->supported, Presence::Required);
    reader.boolean(L("platform_sends_close"), &out->platformSendsClose, Presence::Required);
    reader.boolean(L("sticky_sessions"), &out->stickySessions);
    reader.duration(L("max_duration"), none, Milliseconds(30 * 24 * 3'600'000LL), &out->maxDuration);
    reader.text(L("note"), &out->note);
    readSource(reader, &out->source);
    reader.finish();
}

void readFree(TomlReader reader, FreePlan *out)
{
    reader.boolean(L("available"), &out->available, Presence::Required);
    reader.duration(L("idle_stop"), none, 24 * hour, &out->idleStop);
    reader.duration(L("wake_up"), none, hour, &out->wakeUp);
    reader.texts(L("keeps_awake"), &out->keepsAwake);
    reader.texts(L("missing"), &out->missing);
    reader.text(L("note"), &out->note);
    readSource(reader, &out->source);
    reader.finish();
}

void readSleep(TomlReader reader, SleepRules *out)
{
    reader.duration(L("idle_stop"), Milliseconds(1), 24 * hour, &out->idleStop, Presence::Required);
    reader.duration(L("wake_up"), Milliseconds(1), hour, &out->wakeUp, Presence::Required);
    reader.text(L("note"), &out->note);
    readSource(reader, &out->source);
    reader.finish();
}

StaticEgress readStaticEgress(TomlReader reader)
{
    StaticEgress egress;
    reader.text(L("name"), &egress.name, Presence::Required);
    reader.text(L("cost"), &egress.cost, Presence::Required);
    reader.texts(L("plans"), &egress.plans);
    reader.texts(L("without"), &egress.without);
    reader.text(L("how"), &egress.how, Presence::Required);
    reader.text(L("limits"), &egress.limits);
    readSource(reader, &egress.source);
    reader.finish();
    return egress;
}

PrivateLinks readPrivateLinks(TomlReader reader)
{
    PrivateLinks links;
    reader.text(L("name"), &links.name, Presence::Required);
    reader.texts(L("plans"), &links.plans);
    reader.texts(L("without"), &links.without);
    reader.boolean(L("peering"), &links.peering, Presence::Required);
    reader.text(L("note"), &links.note);
    readSource(reader, &links.source);
    reader.finish();
    return links;
}

void readOutbound(TomlReader reader, OutboundRules *out)
{
    reader.choice(L("kind"), {QStringLiteral("shared-ranges"), QStringLiteral("dynamic"), QStringLiteral("own")},
                  &out->kind, Presence::Required);
    reader.text(L("ask"), &out->ask);
    reader.text(L("where"), &out->where);
    reader.text(L("exceptions"), &out->exceptions);
    reader.text(L("note"), &out->note);
    if (const std::optional<TomlReader> table = reader.table(L("fixed")))
        out->fixed = readStaticEgress(*table);
    if (const std::optional<TomlReader> table = reader.table(L("private_link")))
        out->link = readPrivateLinks(*table);
    readSource(reader, &out->source);
    reader.finish();
}

Platform readPlatform(TomlReader root)
{
    Platform platform;
    int schema = 0;
    root.integer(L("schema"), 1, 1, &schema, Presence::Required);
    root.text(L("id"), &platform.id, Presence::Required);
    root.text(L("name"), &platform.name, Presence::Required);
    root.texts(L("host_suffixes"), &platform.hostSuffixes, Presence::Required);
    root.texts(L("manifests"), &platform.manifests, Presence::Required);
    readSource(root, &platform.source);
    readInjected(root, &platform.injected);
    readComposed(root, &platform.composed);
    root.texts(L("private_hosts"), &platform.privateHosts);
    const auto section = [&](L key, auto read, auto *out, Presence presence = Presence::Required) {
        if (const std::optional<TomlReader> table = root.table(key, presence))
            read(*table, out);
    };
    section(L("variables"), readVariables, &platform.variables);
    section(L("ports"), readPorts, &platform.ports);
    section(L("health"), readHealth, &platform.health);
    section(L("shutdown"), readShutdown, &platform.shutdown);
    section(L("deploy"), readDeploy, &platform.deploy);
    section(L("websocket"), readWebSocket, &platform.websocket);
    section(L("database"), readDatabase, &platform.database, Presence::Optional);
    section(L("free"), readFree, &platform.free, Presence::Optional);
    section(L("sleep"), readSleep, &platform.sleep, Presence::Optional);
    section(L("outbound"), readOutbound, &platform.outbound, Presence::Optional);
    root.finish();
    return platform;
}

} // namespace

Result<Platform> PlatformCatalogue::parse(const QByteArray &text, const QString &fileName)
{
    const Result<TomlNode> document = parseToml(text, fileName);
    if (!document)
        return tl::unexpected(document.error());
    QList<Error> errors;
    Platform platform = readPlatform(TomlReader(*document, fileName, &errors));
    if (errors.isEmpty())
        return platform;
    // One is enough to find the file wrong; the first in the file is the one to mend first.
    return tl::unexpected(*std::min_element(errors.begin(), errors.end(), [](const Error &a, const Error &b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    }));
}

} // namespace Switchyard
