// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/sessionsampler.h"

#include "models/common/redact.h"
#include "models/database/watch/endpointconnection.h"
#include "models/database/watch/pollingcost.h"
#include "models/database/watch/sessionlink.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

DatabaseLook lookOf(const QString &database, const QString &server, DatabaseLook::Kind kind,
                    const SessionAnswer &answer)
{
    DatabaseLook look;
    look.database = database;
    look.server = server;
    look.kind = kind;
    look.at = Clock::now();
    look.ok = answer.ok;
    look.ms = answer.ms;
    look.cause = answer.cause;
    look.problem = answer.problem;
    look.connections = answer.connections;
    return look;
}

/// Why nobody looks at it; empty: somebody does.
QString leftOut(const ConnectionString &connection, const DatabaseEndpoint &endpoint, Milliseconds interval)
{
    if (connection.kind == DatabaseKind::Sqlite)
        return s("not watched: a file of SQLite has no connections");
    if (connection.kind == DatabaseKind::UpstashRest)
        return s("not watched: Upstash's REST interface has no connections, and counts every command");
    const PollingCost cost = pollingCost(connection, interval, false, {});
    if (endpoint.watch.value_or(false) || !(cost.wakes || cost.paysByCommand))
        return {};
    return s("not watched: %1. watch = true in its [[backend.database]] has it watched all the same").arg(cost.reason);
}

/// The next full interval after now: a look that took long leaves out those that it overran.
Instant nextAfter(Instant last, Milliseconds interval)
{
    const Instant now = Clock::now();
    Instant next = last + interval;
    while (next <= now)
        next += interval;
    return next;
}

} // namespace

QList<DatabaseEndpoint> sampledDatabases(const QList<DatabaseEndpoint> &databases)
{
    QList<DatabaseEndpoint> sampled;
    std::copy_if(databases.cbegin(), databases.cend(), std::back_inserter(sampled),
                 [](const DatabaseEndpoint &endpoint) { return endpoint.watch.value_or(true); });
    return sampled;
}

QString noSampledDatabase(const Backend &backend)
{
    if (backend.databases.isEmpty())
        return QStringLiteral("The workspace names no database of %1.").arg(backend.name);
    if (sampledDatabases(backend.databases).isEmpty())
        return QStringLiteral("The workspace leaves every database of %1 out of sessions (watch = false).")
            .arg(backend.name);
    return {};
}

SessionSampler::SessionSampler(const QList<DatabaseEndpoint> &databases, const SessionSamplerOptions &options,
                               QObject *parent)
    : QObject(parent)
    , m_databases(sampledDatabases(databases))
    , m_options(options)
    , m_cancelled(std::make_shared<std::atomic<bool>>(false))
{
}

SessionSampler::~SessionSampler()
{
    stop();
    for (std::thread &thread : m_threads)
        thread.join();
}

void SessionSampler::start()
{
    for (const DatabaseEndpoint &endpoint : m_databases) {
        m_waitedFor.insert(endpoint.name);
        m_threads.emplace_back([this, endpoint] { watch(endpoint); });
    }
}

void SessionSampler::stop()
{
    m_over = true;
    {
        const std::lock_guard lock(m_mutex);
        m_cancelled->store(true);
    }
    m_wake.notify_all();
}

bool SessionSampler::pauseUntil(Instant next)
{
    std::unique_lock lock(m_mutex);
    m_wake.wait_until(lock, next, [this] { return m_cancelled->load(); });
    return !m_cancelled->load();
}

/// From any thread. The destructor waits for the threads, so `this` is there; what is queued after that is dropped with
/// the object.
void SessionSampler::tell(DatabaseLook look)
{
    look.problem = redact(look.problem);
    QMetaObject::invokeMethod(
        this,
        [this, look = std::move(look)] {
            if (m_over)
                return;
            if (look.kind != DatabaseLook::Kind::Connect)
                m_waitedFor.remove(look.database);
            Q_EMIT looked(look);
        },
        Qt::QueuedConnection);
}

void SessionSampler::watch(const DatabaseEndpoint &endpoint)
{
    using Kind = DatabaseLook::Kind;
    Result<OpenEndpoint> open = openEndpoint(endpoint, m_cancelled);
    // A tunnel may come up later; a string that cannot be read is read again, for a keychain may be unlocked.
    for (Instant next = Clock::now(); !open;) {
        if (m_cancelled->load() || open.error().kind == ErrorKind::Cancelled)
            return;
        SessionAnswer answer;
        answer.cause = open.error().kind == ErrorKind::Usage ? s("string") : s("unreachable");
        answer.problem = open.error().message;
        tell(lookOf(endpoint.name, {}, Kind::Query, answer));
        next = nextAfter(next, m_options.connectEvery);
        if (!pauseUntil(next))
            return;
        open = openEndpoint(endpoint, m_cancelled);
    }
    const ConnectionString &connection = open->connection;
    const QString server = databaseKindName(connection.kind);
    SessionLinkOptions options;
    options.caFile = m_options.caFile;
    options.resolver = m_options.resolver;
    options.limit = endpoint.limit;
    options.cancelled = m_cancelled;
    options.own = std::make_shared<std::atomic<int>>(0);
    const QString why = leftOut(connection, endpoint, m_options.queryEvery);
    const std::unique_ptr<SessionLink> kept = why.isEmpty() ? makeSessionLink(connection, options) : nullptr;
    if (!kept) {
        SessionAnswer answer;
        answer.problem = why;
        tell(lookOf(endpoint.name, server, Kind::Skipped, answer));
        return;
    }
    // Beside the questions: a server that lets nobody in keeps a newcomer waiting, and the kept one may be well.
    std::thread newcomers([&] {
        for (Instant next = Clock::now() + m_options.connectEvery; pauseUntil(next);
             next = nextAfter(next, m_options.connectEvery)) {
            const std::unique_ptr<SessionLink> link = makeSessionLink(connection, options);
            const SessionAnswer answer = link->open(m_options.connectLimit);
            if (answer.cancelled)
                return;
            tell(lookOf(endpoint.name, server, Kind::Connect, answer));
        }
    });
    keep(*kept, endpoint.name, server);
    newcomers.join();
}

void SessionSampler::keep(SessionLink &link, const QString &name, const QString &server)
{
    for (Instant next = Clock::now();; next = nextAfter(next, m_options.queryEvery)) {
        if (!pauseUntil(next))
            return;
        SessionAnswer answer;
        answer.ok = true;
        if (!link.isOpen())
            answer = link.open(m_options.connectLimit);
        if (answer.ok)
            answer = link.ask(m_options.queryLimit);
        if (answer.cancelled)
            return;
        tell(lookOf(name, server, DatabaseLook::Kind::Query, answer));
    }
}

} // namespace Switchyard
