// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/composevalues.h"

#include <QRegularExpression>

namespace Switchyard {

const QHash<QString, QString> &unmodelledComposeKeys()
{
    static const QHash<QString, QString> keys = [] {
        QHash<QString, QString> result;
        const auto say = [&result](const char *names, const QString &reason) {
            for (const QString &name : QString::fromLatin1(names).split(QLatin1Char(' ')))
                result.insert(name, reason);
        };
        say("depends_on links external_links",
            QStringLiteral("platforms start services independently of each other: the program has to wait for what it "
                           "needs"));
        say("networks network_mode dns dns_opt dns_search extra_hosts hostname domainname mac_address ipc pid uts",
            QStringLiteral("a platform has a network and names of its own"));
        say("env_file label_file",
            QStringLiteral("what stands in that file is not read: give its variables to the platform"));
        say("secrets configs", QStringLiteral("files of the machine that runs compose: give them to the platform as "
                                              "variables or secret files"));
        say("profiles",
            QStringLiteral("selects services on the command line; a platform runs all that its manifest has"));
        say("extends", QStringLiteral("what it takes from the other service is not read here: write it out"));
        say("labels annotations container_name attach logging log_driver log_opt",
            QStringLiteral("describes or watches the container; a platform has its own names and logs"));
        say("privileged cap_add cap_drop security_opt devices device_cgroup_rules cgroup cgroup_parent gpus group_add "
            "userns_mode runtime isolation sysctls ulimits blkio_config credential_spec use_api_socket",
            QStringLiteral("rights and limits of a container on one machine; a platform sets its own"));
        say("cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpuset "
            "mem_reservation mem_swappiness memswap_limit oom_kill_disable oom_score_adj pids_limit shm_size "
            "storage_opt",
            QStringLiteral("limits of a container on one machine; a platform has sizes of its own"));
        say("user working_dir init tty stdin_open read_only tmpfs platform volumes_from volume_driver",
            QStringLiteral("belongs to the container: set it in the image"));
        say("pull_policy pull_refresh_after develop post_start pre_stop provider models",
            QStringLiteral("belongs to compose itself"));
        return result;
    }();
    return keys;
}

QString composeText(const QString &text)
{
    QString without = text;
    without.remove(QStringLiteral("$$"));
    return without.contains(QLatin1Char('$')) ? text : QString(text).replace(QStringLiteral("$$"), QStringLiteral("$"));
}

bool hasComposeReference(const QString &text)
{
    QString without = text;
    without.remove(QStringLiteral("$$"));
    static const QRegularExpression reference(QStringLiteral("\\$(\\{|[A-Za-z_])"));
    return without.contains(reference);
}

QString composeDefault(const QString &text)
{
    static const QRegularExpression form(QStringLiteral("\\A\\$\\{[A-Za-z_][A-Za-z0-9_]*:?-([^{}$]*)\\}\\z"));
    const QRegularExpressionMatch match = form.match(text);
    return match.hasMatch() ? match.captured(1) : text;
}

} // namespace Switchyard
