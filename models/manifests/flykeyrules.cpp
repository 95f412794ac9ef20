// SPDX-License-Identifier: GPL-3.0-or-later
// fly.toml: keys that flyctl does not know or no longer has, and values it refuses.
#include "models/manifests/lintkit.h"

#include "models/common/tomlreader.h"

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;
using Type = ManifestNode::Type;

} // namespace

QList<RuleText> flyKeyRules()
{
    static const char reference[] = "https://fly.io/docs/reference/configuration/";
    static const char flyctl[] = "https://github.com/superfly/flyctl internal/appconfig";
    return {
        {"fly/removed-key", Severity::Warning, "a key that Fly no longer has",
         "flyctl takes no notice of it: what it says does not happen.", flyctl, "§2.2 SEED-1/2.2 SEED-1/checklist"},
        {"fly/unknown-key", Severity::Warning, "a key that flyctl does not know",
         "It is ignored without a word; fly config validate --strict lists it.", flyctl, "§2.2"},
        {"fly/legacy-form", Severity::Note, "an old form that flyctl repairs",
         "It works, and the next flyctl that writes the file changes it.", flyctl, "§2.2"},
        {"fly/mounts", Severity::Error, "more than one volume for a process group", "A machine has one volume.",
         reference, "§2.2"},
        {"fly/mount-destination", Severity::Error, "a volume on /", "flyctl refuses it.", flyctl, "§2.2"},
        {"fly/concurrency", Severity::Error, "a concurrency that cannot be",
         "type is connections or requests, and soft_limit is not above hard_limit.", reference, "§2.2 SEED-1/2.2"},
        {"fly/region", Severity::Warning, "no region of Fly", "Machines cannot be made there.",
         "https://fly.io/docs/reference/regions/", "§2.2"},
        {"fly/vm-size", Severity::Warning, "no size of machines",
         "Fly has shared-cpu-1x to 8x, performance-1x to 16x and "
         "sizes with GPUs.",
         reference, "§2.2"},
        {"fly/build-twice", Severity::Warning, "several ways to build",
         "image, builder, dockerfile and builtin exclude "
         "each other.",
         flyctl, "§2.2"},
        {"fly/restart-policy", Severity::Error, "no restart policy", "always, never or on-failure.", reference, "§2.2"},
        {"fly/statics", Severity::Error, "more than ten statics", "Ten is the most.", reference, "§2.2"},
    };
}

namespace {

/// The keys of each table. "*": any (names are the user's).
const QMap<QString, QStringList> &tables()
{
    static const QStringList service =
        words("internal_port auto_stop_machines auto_start_machines min_machines_running processes concurrency checks "
              "tcp_checks http_checks machine_checks");
    static const QStringList check = words(
        "interval timeout grace_period method path protocol tls_skip_verify tls_server_name headers restart_limit type "
        "port processes name");
    static const QStringList machineCheck = words("command image entrypoint kill_signal kill_timeout");
    static const QStringList vm = words(
        "size memory cpus cpu_kind memory_mb max_memory_mb gpus gpu_kind kernel_args host_dedication_id persist_rootfs "
        "processes");
    static const QStringList mount =
        words("source destination initial_size snapshot_retention scheduled_snapshots auto_extend_size_threshold "
              "auto_extend_size_increment auto_extend_size_limit processes");
    static const QStringList metrics = words("port path https processes");
    static const QMap<QString, QStringList> known{
        {{},
         words("app primary_region kill_signal kill_timeout swap_size_mb console_command host_dedication_id "
               "machine_config container experimental build deploy env processes mounts mount http_service services "
               "checks files machine_checks restart vm compute computes statics metrics metric")},
        {s("build"),
         words("builder buildpacks image builtin dockerfile ignorefile build-target build_target args settings "
               "compose compression compression_level")},
        {s("deploy"), words("strategy max_unavailable wait_timeout release_command release_command_timeout "
                            "release_command_vm seed_command")},
        {s("deploy.release_command_vm"), vm},
        {s("http_service"), service + words("force_https tls_options http_options")},
        {s("services"), service + words("protocol ports script_checks")},
        {s("services.ports"), words("port start_port end_port handlers force_https tls_options http_options "
                                    "proxy_proto_options")},
        {s("http_service.concurrency"), words("type soft_limit hard_limit")},
        {s("services.concurrency"), words("type soft_limit hard_limit")},
        {s("http_service.checks"), check},
        {s("services.tcp_checks"), check},
        {s("services.http_checks"), check},
        {s("http_service.machine_checks"), machineCheck},
        {s("services.machine_checks"), machineCheck},
        {s("machine_checks"), machineCheck},
        {s("mounts"), mount},
        {s("mount"), mount},
        {s("vm"), vm},
        {s("compute"), vm},
        {s("computes"), vm},
        {s("restart"), words("policy retries processes")},
        {s("files"), words("guest_path raw_value local_path secret_name processes")},
        {s("statics"), words("guest_path url_prefix tigris_bucket index_document")},
        {s("metrics"), metrics},
        {s("metric"), metrics},
        {s("experimental"), words("cmd entrypoint exec auto_rollback enable_consul enable_etcd lazy_load_images "
                                  "machine_config attached kill_timeout metrics_port metrics_path private_network "
                                  "allowed_public_ports")},
    };
    return known;
}

const char *whyRemoved(const QString &path)
{
    static const QMap<QString, const char *> removed{
        {s("http_service.checks.restart_limit"), "Fly never restarts a machine for a failing check"},
        {s("services.tcp_checks.restart_limit"), "Fly never restarts a machine for a failing check"},
        {s("services.http_checks.restart_limit"), "Fly never restarts a machine for a failing check"},
        {s("checks.restart_limit"), "Fly never restarts a machine for a failing check"},
        {s("services.script_checks"), "scripts do not check any more: machine_checks run at deploy"},
        {s("experimental.private_network"), "all apps have a private network"},
        {s("experimental.allowed_public_ports"), "a leftover of the first platform"},
        {s("experimental.auto_rollback"), "a leftover of the first platform"},
    };
    return removed.value(path, nullptr);
}

void checkTable(const ManifestNode &table, const QString &path, LintRun &run)
{
    const auto known = tables().constFind(path);
    if (known == tables().constEnd())
        return;
    for (const ManifestNode &member : table.children) {
        const QString below = path.isEmpty() ? member.key : path + QLatin1Char('.') + member.key;
        if (const char *why = whyRemoved(below)) {
            run.report("fly/removed-key", member.keyPlace, s("%1: %2").arg(member.key, s(why)), s("remove it"));
            continue;
        }
        if (!known->contains(member.key)) {
            const QString near = nearestName(member.key, *known);
            run.report("fly/unknown-key", member.keyPlace,
                       path.isEmpty() ? s("fly.toml has no key %1").arg(member.key)
                                      : s("[%1] has no key %2").arg(path, member.key),
                       near.isEmpty() ? s("remove it") : s("did you mean %1?").arg(near));
            continue;
        }
        for (const ManifestNode *inner : tablesOf(&member))
            checkTable(*inner, below, run);
    }
}

void legacy(const ManifestNode *node, const QString &now, LintRun &run)
{
    if (node)
        run.report("fly/legacy-form", node->keyPlace.line > 0 ? node->keyPlace : node->place, s("an old form"), now);
}

void checkLegacy(const ManifestNode &root, LintRun &run)
{
    const auto listed = [&root](QStringView key) {
        const ManifestNode *node = root.find(key);
        return node && node->isList() && !node->children.empty() ? node : nullptr;
    };
    legacy(listed(u"processes"), s("[processes] with name = \"command\""), run);
    legacy(listed(u"env"), s("[env]"), run);
    legacy(listed(u"checks"), s("[checks.NAME]"), run);
    legacy(root.find(u"mount"), s("[[mounts]]"), run);
    legacy(root.find(u"compute"), s("[[vm]]"), run);
    legacy(root.find(u"computes"), s("[[vm]]"), run);
    legacy(root.find(u"metric"), s("[[metrics]]"), run);
    if (const ManifestNode *build = root.find(u"build"))
        legacy(build->find(u"build_target"), s("build-target"), run);
    if (const ManifestNode *experimental = root.find(u"experimental")) {
        legacy(experimental->find(u"kill_timeout"), s("kill_timeout at the top"), run);
        legacy(experimental->find(u"metrics_port"), s("[[metrics]]"), run);
    }
    for (const ManifestNode *service : tablesOf(root.find(u"services"))) {
        const ManifestNode *port = service->find(u"internal_port");
        legacy(port && port->type == Type::String ? port : nullptr,
               s("internal_port = %1").arg(port ? port->text : QString()), run);
        for (const ManifestNode *open : tablesOf(service->find(u"ports"))) {
            const ManifestNode *number = open->find(u"port");
            legacy(number && number->type == Type::String ? number : nullptr,
                   s("port = %1").arg(number ? number->text : QString()), run);
        }
    }
}

void checkConcurrency(const ManifestNode &service, LintRun &run)
{
    const ManifestNode *concurrency = service.find(u"concurrency");
    if (!concurrency)
        return;
    if (concurrency->type == Type::String)
        return legacy(concurrency, s("[%1.concurrency] with type, soft_limit, hard_limit").arg(s("services")), run);
    if (!concurrency->isMap())
        return run.report("fly/concurrency", concurrency->place, s("no table"), s("type, soft_limit and hard_limit"));
    const ManifestNode *type = concurrency->find(u"type");
    if (type && type->text != L("connections") && type->text != L("requests"))
        run.report("fly/concurrency", type->place, s("no type %1").arg(type->text), s("connections or requests"));
    const std::optional<int> soft = integerAt(*concurrency, u"soft_limit");
    const std::optional<int> hard = integerAt(*concurrency, u"hard_limit");
    if (soft && hard && *hard > 0 && *soft > *hard)
        run.report("fly/concurrency", concurrency->find(u"soft_limit")->place,
                   s("soft_limit %1 is above hard_limit %2").arg(*soft).arg(*hard), s("the other way round"));
}

void checkMounts(const ManifestNode &root, LintRun &run)
{
    QSet<QString> taken;
    for (const char *key : {"mounts", "mount"})
        for (const ManifestNode *mount : tablesOf(root.find(QString::fromLatin1(key)))) {
            QStringList groups;
            if (const ManifestNode *processes = mount->find(u"processes"))
                for (const ManifestNode &group : processes->children)
                    groups.append(group.text);
            if (groups.isEmpty())
                groups.append(QString());
            for (const QString &group : groups) {
                if (taken.contains(group))
                    run.report("fly/mounts", mount->place, s("a second volume for the same machines"),
                               s("one volume with folders in it"));
                taken.insert(group);
            }
            const ManifestNode *destination = mount->find(u"destination");
            if (destination && destination->text == L("/"))
                run.report("fly/mount-destination", destination->place, s("destination /"),
                           s("destination = \"/data\""));
        }
}

void checkValues(const ManifestNode &root, LintRun &run)
{
    static const QStringList regions = words("ams arn bom cdg dfw ewr fra gru iad jnb lax lhr nrt ord sin sjc syd yyz");
    const ManifestNode *region = root.find(u"primary_region");
    if (region && region->isScalar() && !region->text.isEmpty() && !regions.contains(region->text))
        run.report("fly/region", region->place, s("no region %1").arg(region->text),
                   s("known: %1").arg(regions.join(s(", "))));
    static const QRegularExpression size(
        s(R"(\A(shared-cpu-[12468]x|performance-([12468]|10|12|14|16)x|a100-40gb|a100-80gb|l40s|a10)\z)"));
    for (const char *key : {"vm", "compute", "computes"})
        for (const ManifestNode *vm : tablesOf(root.find(QString::fromLatin1(key))))
            if (const ManifestNode *wanted = vm->find(u"size"); wanted && !size.match(wanted->text).hasMatch())
                run.report("fly/vm-size", wanted->place, s("no size %1").arg(wanted->text),
                           s("shared-cpu-1x, performance-2x, …"));
    if (const ManifestNode *build = root.find(u"build")) {
        const ManifestNode *second = nullptr;
        int ways = 0;
        for (const ManifestNode &member : build->children)
            if (words("image builder dockerfile builtin").contains(member.key) && ++ways == 2)
                second = &member;
        if (second)
            run.report("fly/build-twice", second->keyPlace, s("%1 beside another way to build").arg(second->key),
                       s("keep one"));
    }
    for (const ManifestNode *restart : tablesOf(root.find(u"restart")))
        if (const ManifestNode *policy = restart->find(u"policy");
            policy && !words("always never on-failure").contains(policy->text))
            run.report("fly/restart-policy", policy->place, s("no policy %1").arg(policy->text),
                       s("always, never or on-failure"));
    const QList<const ManifestNode *> statics = tablesOf(root.find(u"statics"));
    if (statics.size() > 10)
        run.report("fly/statics", statics[10]->place, s("%1 statics").arg(statics.size()), s("ten at most"));
}

} // namespace

void checkFlyKeys(const LintSubject &subject, LintRun &run)
{
    const ManifestNode &root = subject.manifest.document;
    if (!root.isMap())
        return;
    checkTable(root, {}, run);
    if (const ManifestNode *checks = root.find(u"checks"))
        for (const ManifestNode &check : checks->children)
            if (const ManifestNode *limit = check.find(u"restart_limit"))
                run.report("fly/removed-key", limit->keyPlace,
                           s("restart_limit: %1").arg(s(whyRemoved(s("checks.restart_limit")))), s("remove it"));
    checkLegacy(root, run);
    for (const ManifestNode *service : tablesOf(root.find(u"services")))
        checkConcurrency(*service, run);
    if (const ManifestNode *http = root.find(u"http_service"))
        checkConcurrency(*http, run);
    checkMounts(root, run);
    checkValues(root, run);
}

} // namespace Switchyard
