// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/dbinput.h"
#include "models/common/duration.h"
#include "models/common/interrupt.h"
#include "models/database/watch/databasefigures.h"
#include "models/database/watch/databaserecorder.h"
#include "models/database/watch/databaseset.h"
#include "models/database/watch/endpointconnection.h"
#include "models/history/store.h"
#include "models/platforms/platform.h"
#include "models/workspace/historysettings.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QJsonArray>
#include <QTimer>

#include <vector>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString nameOf(const DatabaseRecord &record)
{
    return record.backend.isEmpty() ? record.endpoint.name : s("%1 of %2").arg(record.endpoint.name, record.backend);
}

/// "14:02:11  main of fly  up  connect 12.1 ms  query 0.8 ms  12 of 97 in use"
QString lineOf(const DatabaseRecord &record, const DatabasePoint &point)
{
    QString line = s("%1  %2  %3")
                       .arg(QDateTime::fromMSecsSinceEpoch(point.wallMs).toString(s("HH:mm:ss")), nameOf(record),
                            databaseStateName(databaseState(record)));
    if (point.connectMs)
        line += s("  connect %1 ms").arg(*point.connectMs, 0, 'f', 1);
    if (point.queryMs)
        line += s("  query %1 ms").arg(*point.queryMs, 0, 'f', 1);
    const auto &headroom = record.report->headroom;
    if (headroom && headroom->used)
        line += s("  %1%2 in use")
                    .arg(*headroom->used)
                    .arg(headroom->limit ? s(" of %1").arg(*headroom->limit) : QString());
    if (const StageResult *failed = failedStage(*record.report)) {
        line += s("  %1: %2").arg(databaseStageName(failed->stage), failed->detail);
        if (!failed->hint.isEmpty())
            line += s("\n      → ") + failed->hint;
    }
    return line + u'\n';
}

QJsonObject costJson(const PollingCost &cost)
{
    const auto text = [](const QString &value) { return value.isEmpty() ? QJsonValue() : QJsonValue(value); };
    return {{s("probes_a_day"), cost.probes},
            {s("commands_a_day"), cost.commands ? QJsonValue(*cost.commands) : QJsonValue()},
            {s("wakes"), cost.wakes},
            {s("never_sleeps"), cost.neverSleeps},
            {s("service"), text(cost.service)},
            {s("source"), text(cost.source)}};
}

/// Probes each again and again until the time is over or a person stops it.
class DatabaseWatch final : public QObject
{
public:
    DatabaseWatch(const Global &global, const DbWatchOptions &options, const Workspace &workspace,
                  const PlatformCatalogue *catalogue)
        : m_global(global)
        , m_options(options)
        , m_set(workspace, catalogue)
        , m_figures(std::size_t(m_set.count()))
    {
        m_set.setCaFile(options.caFile);
        m_set.setResolver(options.resolver);
        m_set.setTimeout(options.timeout);
        connect(&m_set, &DatabaseSet::probed, this, &DatabaseWatch::take);
        connect(&m_set, &DatabaseSet::changed, this, &DatabaseWatch::look);
        connect(&m_interrupt, &Interrupt::interrupted, this, &DatabaseWatch::conclude);
        m_end.setSingleShot(true);
        connect(&m_end, &QTimer::timeout, this, &DatabaseWatch::conclude);
    }

    int run(HistoryStore *history)
    {
        if (history)
            new DatabaseRecorder(&m_set, history, this);
        for (int i = 0; i < m_set.count(); ++i)
            m_set.prepareCost(i);
        return QCoreApplication::exec();
    }

private:
    /// A string was read, a probe began or ended.
    void look(int index)
    {
        const DatabaseRecord &record = m_set.record(index);
        if (m_over)
            return;
        if (!m_begun) {
            if (record.error)
                return QCoreApplication::exit(reportError(*record.error));
            if (++m_read == m_set.count())
                begin();
            return;
        }
        if (!record.running && record.error) {
            m_figures[std::size_t(index)].takeError(record, Clock::now());
            progress(m_global, s("%1: %2").arg(nameOf(record), record.error->toString()));
        }
    }

    /// What it costs is told before anything is connected to.
    void begin()
    {
        m_begun = true;
        for (int i = 0; i < m_set.count(); ++i) {
            const std::optional<PollingCost> cost = m_set.cost(i, m_options.every, m_options.reachOnly);
            progress(m_global, s("%1 every %2: %3")
                                   .arg(nameOf(m_set.record(i)), formatDuration(m_options.every),
                                        cost ? cost->text() : s("its cost is not known")));
        }
        m_started = Clock::now();
        if (m_options.duration > Milliseconds(0))
            m_end.start(m_options.duration);
        for (int i = 0; i < m_set.count(); ++i)
            m_set.startPolling(i, m_options.every, m_options.reachOnly);
    }

    void take(int index, const DatabasePoint &point)
    {
        if (m_over)
            return;
        m_figures[std::size_t(index)].take(m_set.record(index), Clock::now());
        if (!m_global.json)
            printResult(lineOf(m_set.record(index), point));
    }

    void conclude()
    {
        if (m_over)
            return;
        m_over = true;
        const Instant now = Clock::now();
        for (int i = 0; i < m_set.count(); ++i)
            m_set.stopPolling(i);
        m_set.cancelAll();
        bool good = true, any = m_begun;
        QJsonArray databases;
        QString text;
        for (int i = 0; i < m_set.count(); ++i) {
            const DatabaseRecord &record = m_set.record(i);
            const DatabaseFigures &figures = m_figures[std::size_t(i)];
            good = good && figures.isGood();
            any = any && figures.probes() > 0;
            QJsonObject json = figures.toJson(now);
            json.insert(s("name"), record.endpoint.name);
            json.insert(s("backend"), record.backend.isEmpty() ? QJsonValue() : QJsonValue(record.backend));
            json.insert(s("limit_ms"), record.limitMs);
            const std::optional<PollingCost> cost = m_set.cost(i, m_options.every, m_options.reachOnly);
            json.insert(s("cost"), cost ? QJsonValue(costJson(*cost)) : QJsonValue());
            databases.append(json);
            text += s("%1: %2\n").arg(nameOf(record), figures.text(now));
        }
        if (m_global.json)
            printJson({{s("schema"), s("switchyard.db-watch/1")},
                       {s("watched_ms"),
                        m_begun ? qint64(std::chrono::duration_cast<Milliseconds>(now - m_started).count()) : 0},
                       {s("every_ms"), qint64(m_options.every.count())},
                       {s("databases"), databases}});
        else
            printResult(text);
        // Without an end of its own, Ctrl-C is how it ends.
        const bool early = !m_begun || m_end.isActive();
        const int judged = !any ? exitInconclusive : good ? exitPass : exitFail;
        QCoreApplication::exit(m_interrupt.happened() && early ? exitInterrupted : judged);
    }

    Global m_global;
    DbWatchOptions m_options;
    Interrupt m_interrupt;
    DatabaseSet m_set;
    std::vector<DatabaseFigures> m_figures; ///< by place in the set
    QTimer m_end;
    Instant m_started{};
    int m_read = 0;
    bool m_begun = false;
    bool m_over = false;
};

/// The workspace with only what is watched, or one made of the arguments.
Result<Workspace> watchedDatabases(const DbWatchOptions &options, const std::optional<Workspace> &given)
{
    Workspace watched;
    if (given) {
        watched = *given;
        if (!options.backend.isEmpty() && !watched.backend(options.backend))
            return fail(ErrorKind::Usage, s("the workspace has no backend \"%1\"").arg(options.backend));
        watched.backends.removeIf([&](const Backend &backend) {
            return backend.databases.isEmpty() || (!options.backend.isEmpty() && backend.name != options.backend);
        });
    } else {
        Backend backend;
        for (const QString &target : options.targets) {
            if (!isSecretReference(target)) {
                const Result<ConnectionInput> input = connectionInput(target, {}); // refuses a password
                if (!input)
                    return tl::unexpected(input.error());
            }
            DatabaseEndpoint endpoint;
            endpoint.name = target;
            endpoint.url = target;
            endpoint.token = options.token;
            backend.databases.append(endpoint);
        }
        watched.backends.append(backend);
    }
    if (watched.backends.isEmpty())
        return fail(ErrorKind::Usage, s("no database is named, and the workspace has none"),
                    s("db watch env:DATABASE_URL --every 30s, or [[backend.database]] in the workspace"));
    return watched;
}

} // namespace

int runDbWatch(const Global &global, const DbWatchOptions &options)
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    if (options.every < Milliseconds(1'000))
        return reportError({ErrorKind::Usage, s("--every must be a second or more"), s("--every 30s"), {}});
    std::optional<Workspace> workspace;
    if (options.targets.isEmpty()) {
        workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
    }
    const Result<Workspace> watched = watchedDatabases(options, workspace);
    if (!watched)
        return reportError(watched.error());
    QString file = options.history;
    HistoryOptions settings;
    if (workspace && !options.noHistory) {
        if (file.isEmpty() && workspace->history.enabled)
            file = historyFileOf(*workspace);
        settings.keepSamples = workspace->history.keepSamples;
        settings.keepRollups = workspace->history.keepRollups;
    }
    std::unique_ptr<HistoryStore> history;
    if (!file.isEmpty() && !options.noHistory) {
        Result<std::unique_ptr<HistoryStore>> opened = HistoryStore::open(file, settings);
        if (!opened)
            return reportError(opened.error());
        history = *std::move(opened);
    }
    const int status = DatabaseWatch(global, options, *watched, &*catalogue).run(history.get());
    if (history) {
        const Result<void> flushed = history->flush();
        if (!flushed)
            progress(global, flushed.error().toString());
    }
    return status;
}

} // namespace Switchyard::Cli
