// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/pollingcost.h"

#include "models/common/numbertext.h"

#include <QStringList>

namespace Switchyard {

namespace {

using namespace std::chrono_literals;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Services that sleep, or that send a bill for each command. A host belongs to one by its ending.
struct MeteredService
{
    const char *name;
    const char *suffix;
    Milliseconds sleepsAfter; ///< 0: it does not sleep
    bool loginWakes;          ///< the connection alone does not: its proxy ends TCP and TLS
    bool byCommand;
    const char *reason;
    const char *source;
};

constexpr MeteredService services[] = {
    {"Neon", ".neon.tech", 5min, true, false,
     "Neon puts a compute to sleep that nobody has used for 5 minutes (unless the project says otherwise); each login "
     "wakes it, and time awake is billed",
     "https://neon.com/docs/introduction/scale-to-zero"},
    {"Upstash", ".upstash.io", 0ms, false, true, "Upstash counts every command, against the free quota or the bill",
     "https://upstash.com/docs/redis/overall/pricing"},
};

const MeteredService *serviceOf(const ConnectionString &connection)
{
    for (const MeteredService &service : services) {
        if (connection.hostEndsWith({service.suffix}))
            return &service;
    }
    return nullptr;
}

} // namespace

qint64 probesOfADay(Milliseconds interval)
{
    const qint64 day = Milliseconds(24h).count();
    return (day + interval.count() - 1) / interval.count();
}

PollingCost pollingCost(const ConnectionString &connection, Milliseconds interval, bool reachOnly,
                        std::optional<int> commands)
{
    PollingCost cost;
    cost.probes = probesOfADay(interval);
    if (reachOnly)
        cost.commands = 0;
    else if (commands)
        cost.commands = cost.probes * *commands;
    const MeteredService *service = serviceOf(connection);
    if (!service)
        return cost;
    cost.service = s(service->name);
    cost.wakes = service->loginWakes && !reachOnly;
    cost.neverSleeps = cost.wakes && interval <= service->sleepsAfter;
    cost.paysByCommand = service->byCommand && !reachOnly;
    if (cost.wakes || cost.paysByCommand) {
        cost.reason = s(service->reason);
        cost.source = s(service->source);
    }
    return cost;
}

QString PollingCost::text() const
{
    QStringList parts;
    parts.append((wakes && !neverSleeps ? s("%1 wakes a day") : s("%1 probes a day")).arg(groupedNumber(probes)));
    if (!commands)
        parts.append(s("how many commands is known after the first probe that goes through"));
    else if (*commands > 0)
        parts.append(s("%1 commands a day").arg(groupedNumber(*commands)));
    else
        parts.append(s("no commands: nobody logs in"));
    QString text = parts.join(s(", "));
    if (neverSleeps)
        text += s("; it never sleeps at this interval");
    if (!reason.isEmpty())
        text += s(". ") + reason;
    return text + u'.';
}

} // namespace Switchyard
