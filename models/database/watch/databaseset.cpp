// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/databaseset.h"

#include "models/common/duration.h"
#include "models/database/watch/endpointconnection.h"

#include <QDateTime>
#include <QPointer>

#include <algorithm>
#include <utility>

namespace Switchyard {

namespace {

/// Probes wait, nearly all of their time.
constexpr int mostAtOnce = 50;

const StageResult *stageOf(const DatabaseReport &report, DatabaseStage stage)
{
    const auto found = std::find_if(report.stages.cbegin(), report.stages.cend(),
                                    [stage](const StageResult &each) { return each.stage == stage; });
    return found == report.stages.cend() ? nullptr : &*found;
}

bool cameThrough(const StageResult *stage)
{
    return stage && (stage->status == StageStatus::Ok || stage->status == StageStatus::Warn);
}

double limitOf(const Thresholds &thresholds, const ConnectionString &connection)
{
    const bool redis = connection.kind == DatabaseKind::Redis || connection.kind == DatabaseKind::UpstashRest;
    return double((redis ? thresholds.redisLatency : thresholds.databaseLatency).count());
}

} // namespace

std::optional<Milliseconds> DatabaseRecord::wantedPolling() const
{
    const Result<Milliseconds> wanted = parseDuration(endpoint.poll);
    return wanted ? std::optional(*wanted) : std::nullopt;
}

const StageResult *failedStage(const DatabaseReport &report)
{
    const auto found = std::find_if(report.stages.cbegin(), report.stages.cend(), [](const StageResult &each) {
        return each.stage != DatabaseStage::Lint && each.status == StageStatus::Fail;
    });
    return found == report.stages.cend() ? report.failed() : &*found;
}

DatabaseState databaseState(const DatabaseRecord &record)
{
    if (!record.report)
        return DatabaseState::Unknown;
    const DatabaseReport &report = *record.report;
    const StageResult *failed = failedStage(report);
    if (failed && failed->stage != DatabaseStage::Lint)
        return DatabaseState::Failed;
    if (const std::optional<double> ms = queryMsOf(report); ms && *ms > record.limitMs)
        return DatabaseState::Slow;
    if (!cameThrough(stageOf(report, DatabaseStage::Query))) {
        if (cameThrough(stageOf(report, DatabaseStage::Tcp)))
            return failed ? DatabaseState::Wrong : DatabaseState::Reached;
        return failed ? DatabaseState::Failed : DatabaseState::Unknown;
    }
    if (failed)
        return DatabaseState::Wrong;
    return report.status() == StageStatus::Warn ? DatabaseState::Warned : DatabaseState::Up;
}

QString databaseStateName(DatabaseState state)
{
    switch (state) {
    case DatabaseState::Up:
        return QStringLiteral("up");
    case DatabaseState::Reached:
        return QStringLiteral("reached");
    case DatabaseState::Warned:
        return QStringLiteral("warning");
    case DatabaseState::Wrong:
        return QStringLiteral("wrong string");
    case DatabaseState::Slow:
        return QStringLiteral("slow");
    case DatabaseState::Failed:
        return QStringLiteral("failed");
    case DatabaseState::Unknown:
        break;
    }
    return QStringLiteral("unknown");
}

std::optional<double> connectMsOf(const DatabaseReport &report)
{
    if (!cameThrough(stageOf(report, DatabaseStage::Auth)))
        return std::nullopt;
    double sum = 0;
    for (const DatabaseStage each :
         {DatabaseStage::Dns, DatabaseStage::Srv, DatabaseStage::Tcp, DatabaseStage::Tls, DatabaseStage::Auth}) {
        if (const StageResult *stage = stageOf(report, each); stage && stage->ms)
            sum += *stage->ms;
    }
    return sum;
}

std::optional<double> queryMsOf(const DatabaseReport &report)
{
    const StageResult *query = stageOf(report, DatabaseStage::Query);
    return cameThrough(query) ? query->ms : std::nullopt;
}

/// What comes back from a worker.
struct DatabaseSet::Outcome
{
    std::optional<Error> error;
    std::optional<ConnectionString> connection;
    std::optional<DatabaseReport> report;
    std::shared_ptr<Tunnel> tunnel;
};

DatabaseSet::DatabaseSet(const Workspace &workspace, const PlatformCatalogue *catalogue, QObject *parent)
    : QObject(parent)
    , m_catalogue(catalogue)
    , m_thresholds(workspace.thresholds)
{
    m_pool.setMaxThreadCount(mostAtOnce);
    for (const Backend &backend : workspace.backends) {
        for (const DatabaseEndpoint &endpoint : backend.databases) {
            auto entry = std::make_unique<Entry>();
            entry->record.backend = backend.name;
            entry->record.role = backend.role;
            entry->record.production = backend.stage == QLatin1StringView("production");
            entry->record.endpoint = endpoint;
            entry->record.limitMs = double(workspace.thresholds.databaseLatency.count());
            entry->context = lintContextOf(backend, endpoint);
            m_entries.push_back(std::move(entry));
        }
    }
}

DatabaseSet::~DatabaseSet()
{
    for (const auto &entry : m_entries) {
        if (entry->cancelled)
            entry->cancelled->store(true);
        closeTunnel(std::move(entry->tunnel));
    }
    m_pool.clear();
    m_pool.waitForDone();
}

int DatabaseSet::indexOf(const QString &key) const
{
    for (int i = 0; i < count(); ++i) {
        if (record(i).key() == key)
            return i;
    }
    return -1;
}

void DatabaseSet::probe(int index, bool reachOnly)
{
    Entry &entry = *m_entries[std::size_t(index)];
    if (!entry.record.running)
        begin(entry, index, reachOnly);
}

void DatabaseSet::probeAll(bool reachOnly)
{
    for (int i = 0; i < count(); ++i)
        probe(i, reachOnly);
}

void DatabaseSet::begin(Entry &entry, int index, bool reachOnly)
{
    entry.record.running = true;
    entry.record.cancelling = false;
    entry.record.reachOnly = reachOnly;
    entry.record.stages.clear();
    entry.cancelled = std::make_shared<std::atomic<bool>>(false);
    const quint64 run = ++entry.run;
    DatabaseProbeOptions options;
    options.timeout = m_timeout;
    options.reachOnly = reachOnly;
    options.caFile = m_caFile;
    options.resolver = m_resolver;
    options.cancelled = entry.cancelled;
    options.context = entry.context;
    options.catalogue = m_catalogue;
    // The destructor waits for the pool, so `this` is there as long as a thread of it runs; what is queued after that
    // is dropped with the object.
    options.onStage = [this, index, run](const StageResult &stage) {
        QMetaObject::invokeMethod(
            this,
            [this, index, run, stage] {
                Entry &its = *m_entries[std::size_t(index)];
                if (its.run != run || !its.record.running)
                    return;
                its.record.stages.append(stage);
                Q_EMIT changed(index);
            },
            Qt::QueuedConnection);
    };
    m_pool.start([this, index, run, options, endpoint = entry.record.endpoint, backend = entry.record.backend,
                  kept = std::exchange(entry.tunnel, nullptr)]() mutable {
        Outcome outcome;
        const Result<OpenEndpoint> open = openEndpoint(endpoint, options.cancelled, std::move(kept));
        if (!open) {
            if (open.error().kind != ErrorKind::Cancelled)
                outcome.error = open.error();
        } else {
            outcome.report = probeDatabase(open->connection, options);
            outcome.report->backend = backend;
            outcome.report->name = endpoint.name;
            outcome.connection = withoutSecrets(open->connection);
            outcome.tunnel = open->tunnel;
        }
        QMetaObject::invokeMethod(
            this, [this, index, run, outcome] { finish(index, run, outcome); }, Qt::QueuedConnection);
    });
    Q_EMIT changed(index);
    tellBusy();
}

void DatabaseSet::finish(int index, quint64 run, const Outcome &outcome)
{
    Entry &entry = *m_entries[std::size_t(index)];
    if (entry.run != run)
        return;
    DatabaseRecord &record = entry.record;
    record.running = false;
    record.cancelling = false;
    record.stages.clear();
    entry.cancelled.reset();
    if (record.polling)
        entry.tunnel = outcome.tunnel;
    else
        closeTunnel(outcome.tunnel);
    std::optional<DatabasePoint> point;
    if (outcome.error || outcome.report)
        record.error = outcome.error;
    if (outcome.connection) {
        record.connection = outcome.connection;
        record.limitMs = limitOf(m_thresholds, *outcome.connection);
    }
    if (outcome.report && !outcome.report->cancelled) {
        record.report = outcome.report;
        // A probe that fails sends less, and a server that is away for a while costs no less when it is back.
        const bool whole = cameThrough(stageOf(*record.report, DatabaseStage::Query));
        if (record.report->commands && (whole || (!record.sent && *record.report->commands > 0)))
            record.sent = record.report->commands;
        record.probedWallMs = QDateTime::currentMSecsSinceEpoch();
        point = DatabasePoint{record.probedWallMs, record.report->status(), connectMsOf(*record.report),
                              queryMsOf(*record.report),
                              record.report->headroom ? record.report->headroom->used : std::nullopt};
        record.points.push_back(*point);
        if (record.points.size() > DatabaseRecord::keptPoints)
            record.points.pop_front();
    }
    Q_EMIT changed(index);
    if (point)
        Q_EMIT probed(index, *point);
    tellBusy();
}

/// Its command may take seconds to end, for which nobody waits but the program's own end.
void DatabaseSet::closeTunnel(std::shared_ptr<Tunnel> tunnel)
{
    if (tunnel)
        QThreadPool::globalInstance()->start([tunnel = std::move(tunnel)] { tunnel->close(); });
}

void DatabaseSet::cancel(int index)
{
    Entry &entry = *m_entries[std::size_t(index)];
    if (!entry.record.running || entry.record.cancelling)
        return;
    entry.cancelled->store(true);
    entry.record.cancelling = true;
    Q_EMIT changed(index);
}

void DatabaseSet::cancelAll()
{
    for (int i = 0; i < count(); ++i)
        cancel(i);
}

bool DatabaseSet::isBusy() const
{
    return std::any_of(m_entries.cbegin(), m_entries.cend(), [](const auto &entry) { return entry->record.running; });
}

void DatabaseSet::tellBusy()
{
    if (isBusy() == m_toldBusy)
        return;
    m_toldBusy = !m_toldBusy;
    Q_EMIT busyChanged(m_toldBusy);
}

// ---- polling

std::optional<PollingCost> DatabaseSet::cost(int index, Milliseconds interval, bool reachOnly) const
{
    const DatabaseRecord &its = record(index);
    if (!its.connection)
        return std::nullopt;
    return pollingCost(*its.connection, interval, reachOnly, its.commands());
}

void DatabaseSet::prepareCost(int index)
{
    Entry &entry = *m_entries[std::size_t(index)];
    if (entry.record.connection || entry.reading || entry.record.running)
        return;
    entry.reading = true;
    m_pool.start([this, index, endpoint = entry.record.endpoint] {
        const Result<ConnectionString> read = readConnection(endpoint);
        std::optional<Error> error;
        std::optional<ConnectionString> connection;
        if (read)
            connection = withoutSecrets(*read);
        else
            error = read.error();
        QMetaObject::invokeMethod(
            this,
            [this, index, error, connection] {
                Entry &its = *m_entries[std::size_t(index)];
                its.reading = false;
                its.record.error = error;
                if (connection) {
                    its.record.connection = connection;
                    its.record.limitMs = limitOf(m_thresholds, *connection);
                }
                Q_EMIT changed(index);
            },
            Qt::QueuedConnection);
    });
}

void DatabaseSet::startPolling(int index, Milliseconds interval, bool reachOnly)
{
    Entry &entry = *m_entries[std::size_t(index)];
    entry.record.polling = std::max(interval, Milliseconds(1'000));
    entry.record.pollReachOnly = reachOnly;
    entry.timer = std::make_unique<QTimer>();
    entry.timer->setTimerType(Qt::CoarseTimer);
    entry.timer->setInterval(*entry.record.polling);
    connect(entry.timer.get(), &QTimer::timeout, this, [this, index, reachOnly] { probe(index, reachOnly); });
    entry.timer->start();
    if (!entry.record.running)
        begin(entry, index, reachOnly);
    else
        Q_EMIT changed(index);
}

void DatabaseSet::stopPolling(int index)
{
    Entry &entry = *m_entries[std::size_t(index)];
    entry.timer.reset();
    entry.record.polling.reset();
    closeTunnel(std::exchange(entry.tunnel, nullptr));
    Q_EMIT changed(index);
}

} // namespace Switchyard
