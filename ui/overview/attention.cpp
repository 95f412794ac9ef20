// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/overview/attention.h"

#include "models/database/watch/databaseset.h"
#include "models/fleet/fleetwatch.h"
#include "ui/common/format.h"
#include "ui/common/healthsource.h"
#include "ui/common/livestate.h"
#include "ui/common/workbench.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int certificateDays = 14;

/// Nobody reads more lines than this, and each costs the window time four times a second.
constexpr qsizetype mostHealth = 200;

void addRecord(const MonitorRecord &record, const HealthSource &source, QList<Attention> *out)
{
    const Monitor &of = record.monitor;
    const State state = source.stateOf(record);
    if (state == State::Down || state == State::Degraded)
        out->append({QStringLiteral("health/") + of.id, state, source.wordOf(record), of.group,
                     QStringLiteral("%1: %2").arg(of.name, source.causeOf(record)), QStringLiteral("Health"), of.id});
    if (const std::optional<int> days = source.certificateDaysOf(record); days && *days < certificateDays)
        out->append({QStringLiteral("certificate/") + of.id, State::Degraded, QStringLiteral("warning"), of.group,
                     QStringLiteral("%1: the certificate ends in %2 days").arg(of.name).arg(*days),
                     QStringLiteral("Health"), of.id});
}

bool isBad(const MonitorRecord &record, const HealthSource &source)
{
    const State state = source.stateOf(record);
    const std::optional<int> days = source.certificateDaysOf(record);
    return state == State::Down || state == State::Degraded || (days && *days < certificateDays);
}

/// One line for all of them: what does not answer says nothing of the targets.
void addServer(const HealthSource &source, QList<Attention> *out)
{
    if (source.watch() && source.watch()->fails())
        out->append({QStringLiteral("prometheus"), State::Degraded, QStringLiteral("warning"), QString(),
                     QStringLiteral("The monitors are not known: %1").arg(source.watch()->failure().message),
                     QStringLiteral("Health"), QString()});
}

/// Of each backend and those of none; where there are very many, what is down first.
void addHealth(const Workbench &workbench, QList<Attention> *out)
{
    const MonitorSet *health = workbench.health();
    const HealthSource &source = *workbench.healthSource();
    addServer(source, out);
    QList<const MonitorRecord *> bad;
    for (int i = 0; health && i < health->count(); ++i) {
        const MonitorRecord &record = health->record(i);
        // While a session runs, losses are what is being measured.
        if (workbench.sessionRunning() && workbench.sessionBackend() == record.monitor.group)
            continue;
        if (isBad(record, source))
            bad.append(&record);
    }
    if (bad.size() > mostHealth)
        std::stable_partition(bad.begin(), bad.end(), [&source](const MonitorRecord *record) {
            return source.stateOf(*record) == State::Down;
        });
    for (qsizetype i = 0; i < std::min(bad.size(), mostHealth); ++i)
        addRecord(*bad[i], source, out);
    if (bad.size() > mostHealth)
        out->append({QStringLiteral("health"), State::Degraded, QStringLiteral("more"), QString(),
                     QStringLiteral("%1 more monitors are not as they should be").arg(bad.size() - mostHealth),
                     QStringLiteral("Health"), QString()});
}

void addSockets(const BackendMonitor &monitor, QList<Attention> *out)
{
    for (const SocketLive &live : monitor.sockets()) {
        const State state = live.state();
        if (state == State::Down || state == State::Degraded)
            out->append({QStringLiteral("socket/") + live.key(), state, live.stateWord(), live.backend,
                         live.problem.isEmpty() ? QStringLiteral("%1: %2 of %3 probe clients are open")
                                                      .arg(live.socket.name)
                                                      .arg(live.figures.open)
                                                      .arg(live.figures.clients)
                                                : QStringLiteral("%1: %2").arg(live.socket.name, live.problem),
                         QStringLiteral("WebSockets"), QStringLiteral("live/") + live.backend});
        if (live.count.failed())
            out->append(
                {QStringLiteral("count/") + live.key(), State::Degraded, QStringLiteral("warning"), live.backend,
                 QStringLiteral("%1: the client count cannot be read: %2").arg(live.socket.name, live.count.reason),
                 QStringLiteral("WebSockets"), QStringLiteral("live/") + live.backend});
    }
}

/// Those that were probed: of the others nothing is known.
void addDatabases(const Workbench &workbench, QList<Attention> *out)
{
    const DatabaseSet *databases = workbench.databases();
    for (int i = 0; databases && i < databases->count(); ++i) {
        const DatabaseRecord &record = databases->record(i);
        Attention item{QStringLiteral("database/") + record.key(),
                       State::Down,
                       QStringLiteral("failed"),
                       record.backend,
                       {},
                       QStringLiteral("Databases"),
                       record.key()};
        const DatabaseState state = databaseState(record);
        if (record.error) {
            item.state = State::Degraded;
            item.word = QStringLiteral("warning");
            item.text = QStringLiteral("%1: %2").arg(record.endpoint.name, record.error->message);
        } else if (state == DatabaseState::Failed) {
            const StageResult *failed = failedStage(*record.report);
            item.text = QStringLiteral("%1: %2 failed: %3")
                            .arg(record.endpoint.name, databaseStageName(failed->stage), failed->detail);
        } else if (state == DatabaseState::Slow) {
            item.state = State::Degraded;
            item.word = QStringLiteral("slow");
            item.text = QStringLiteral("%1: the query took %2, the threshold is %3")
                            .arg(record.endpoint.name, overLimitText(*queryMsOf(*record.report), record.limitMs),
                                 latencyText(record.limitMs));
        } else {
            continue;
        }
        out->append(item);
    }
}

} // namespace

QList<Attention> attentionOf(const Workbench &workbench)
{
    QList<Attention> items;
    for (const BackendMonitor *monitor : workbench.monitors()) {
        const QString name = monitor->backend().name;
        const SessionOutcomePtr last = workbench.lastOutcome(name);
        if (last && last->verdict.outcome != Outcome::Pass)
            items.append({QStringLiteral("verdict/") + name,
                          last->verdict.outcome == Outcome::Fail ? State::Down : State::Degraded,
                          outcomeName(last->verdict.outcome), name,
                          QStringLiteral("redeploy at %1: %2").arg(localTime(last->wallMs), last->verdict.summary),
                          QStringLiteral("WebSockets"), QStringLiteral("session/") + name});
        // While a session runs, losses are what is being measured.
        if (workbench.sessionRunning() && workbench.sessionBackend() == name)
            continue;
        addSockets(*monitor, &items);
    }
    addHealth(workbench, &items);
    addDatabases(workbench, &items);
    return items;
}

QStringList attentionColumns()
{
    return {QStringLiteral("State"), QStringLiteral("Backend"), QStringLiteral("What"), QStringLiteral("Where")};
}

QList<Row> attentionRows(const QList<Attention> &items)
{
    QList<Row> rows;
    for (const Attention &item : items)
        rows.append({item.key,
                     {{.text = item.word, .sort = int(item.state), .state = item.state},
                      {.text = item.backend, .sort = {}},
                      {.text = item.text, .sort = {}, .tip = item.text},
                      {.text = item.page, .sort = {}, .faded = true}}});
    return rows;
}

} // namespace Switchyard
