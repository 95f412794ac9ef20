// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/sessionlink.h"

#include "models/common/redact.h"
#include "models/database/probes/mongofacts.h"
#include "models/database/probes/mongoway.h"
#include "models/database/probes/postgresopen.h"
#include "models/database/probes/probekit.h"
#include "models/database/probes/redislink.h"

#include <QHash>
#include <QJsonObject>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr const char ownName[] = "switchyard session";

SessionAnswer failedBy(const QString &cause, const QString &problem, double ms)
{
    SessionAnswer answer;
    answer.cause = cause;
    answer.problem = redact(problem);
    answer.ms = ms;
    return answer;
}

SessionAnswer cancelledAnswer()
{
    SessionAnswer answer;
    answer.cancelled = true;
    return answer;
}

/// A probe's stage that failed, in this lane's words.
QString causeOf(DatabaseStage stage)
{
    switch (stage) {
    case DatabaseStage::Dns:
    case DatabaseStage::Srv:
    case DatabaseStage::Tcp:
        return s("unreachable");
    case DatabaseStage::Tls:
        return s("tls");
    case DatabaseStage::Auth:
        return s("login");
    case DatabaseStage::Lint:
        return s("string");
    default:
        return s("query");
    }
}

SessionAnswer answerOf(ProbeRun &run, double ms)
{
    const bool late = run.deadline().isOver();
    const DatabaseReport report = run.finish();
    if (report.cancelled)
        return cancelledAnswer();
    for (const StageResult &stage : report.stages) {
        if (stage.stage != DatabaseStage::Lint && stage.status == StageStatus::Fail)
            return failedBy(late ? s("timeout") : causeOf(stage.stage),
                            s("%1: %2").arg(databaseStageName(stage.stage), stage.detail), ms);
    }
    return failedBy(s("string"), s("the connection string can be read in two ways"), ms);
}

DatabaseProbeOptions probeOptions(const SessionLinkOptions &options, Milliseconds timeout)
{
    DatabaseProbeOptions probe;
    probe.timeout = timeout;
    probe.caFile = options.caFile;
    probe.resolver = options.resolver;
    probe.cancelled = options.cancelled;
    return probe;
}

/// How a counter of the server's has moved, without what we added; -1 before the second look, and after a restart.
class Counter final
{
public:
    int moved(qint64 now, qint64 own)
    {
        const bool known = m_last >= 0 && now >= m_last;
        const qint64 delta = now - m_last - (own - m_own);
        m_last = now;
        m_own = own;
        return known ? int(std::clamp<qint64>(delta, 0, 1'000'000)) : -1;
    }
    void forget() { m_last = -1; }

private:
    qint64 m_last = -1, m_own = 0;
};

// PostgreSQL

/// Everybody sees that a session is there, whose it is and its pid; its state only who may.
constexpr const char countSql[] =
    "select count(*) as used, count(*) filter (where state = 'active' and not own) as active, "
    "count(*) filter (where state = 'idle' and not own) as idle, "
    "count(*) filter (where state like 'idle in transaction%' and not own) as in_transaction, "
    "count(*) filter (where hidden) as hidden, "
    "count(*) filter (where usename = current_user) as of_role, "
    "count(*) filter (where datname = current_database()) as of_db, "
    "array_to_string(array_agg(pid) filter (where not own), ',') as pids from "
    "(select state, usename, datname, pid, application_name is not distinct from 'switchyard session' as own, "
    "query is not distinct from '<insufficient privilege>' as hidden from pg_catalog.pg_stat_activity "
    "where datid is not null and usesysid is not null "
    "and (backend_type is null or backend_type = 'client backend')) as sessions";

constexpr const char limitSql[] =
    "select current_setting('max_connections')::int as most, "
    "current_setting('superuser_reserved_connections')::int + "
    "coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as reserved, "
    "(select rolconnlimit from pg_catalog.pg_roles where rolname = current_user) as role_limit, "
    "(select datconnlimit from pg_catalog.pg_database where datname = current_database()) as db_limit";

class PostgresSessionLink final : public SessionLink
{
public:
    PostgresSessionLink(const ConnectionString &connection, SessionLinkOptions options)
        : m_connection(connection)
        , m_options(std::move(options))
    {
    }
    SessionAnswer open(Milliseconds timeout) override;
    bool isOpen() const override { return m_link.isOpen(); }
    SessionAnswer ask(Milliseconds timeout) override;

private:
    enum class Whose
    {
        Server,
        Role,
        Database
    };
    void readLimits(const Deadline &deadline);
    ConnectionCount count(const Deadline &deadline);

    const ConnectionString &m_connection;
    const SessionLinkOptions m_options;
    PostgresLink m_link;
    Whose m_whose = Whose::Server;
    int m_limit = -1, m_reserved = -1;
    bool m_limitsRead = false;
    std::optional<QSet<QString>> m_pids;
};

SessionAnswer PostgresSessionLink::open(Milliseconds timeout)
{
    DatabaseAccess access;
    access.connectTimeout = timeout;
    access.caFile = m_options.caFile;
    access.resolver = m_options.resolver;
    access.applicationName = s(ownName);
    access.cancelled = m_options.cancelled;
    m_limitsRead = false;
    const Instant begun = Clock::now();
    const Result<void> opened = openPostgres(m_link, m_connection, access);
    SessionAnswer answer;
    answer.ms = toMs(Clock::now() - begun);
    if (opened) {
        answer.ok = true;
        return answer;
    }
    const Error &error = opened.error();
    if (error.kind == ErrorKind::Cancelled)
        return cancelledAnswer();
    QString cause = s("login");
    if (error.message.contains(s("(53300)")))
        cause = s("full");
    else if (error.kind == ErrorKind::Timeout)
        cause = s("timeout");
    else if (error.kind == ErrorKind::Dns || error.kind == ErrorKind::Refused)
        cause = s("unreachable");
    else if (error.kind == ErrorKind::Tls)
        cause = s("tls");
    else if (error.kind == ErrorKind::Usage)
        cause = s("string");
    return failedBy(cause, error.message, answer.ms);
}

void PostgresSessionLink::readLimits(const Deadline &deadline)
{
    const LinkRows rows = m_link.query(s(limitSql), deadline);
    m_limitsRead = rows.isOk();
    m_whose = Whose::Server;
    m_limit = rows.number("most").value_or(m_options.limit.value_or(-1));
    m_reserved = rows.number("reserved").value_or(-1);
    int narrowest = m_limit < 0 ? -1 : m_limit - std::max(m_reserved, 0);
    for (const auto &[column, whose] : {std::pair("role_limit", Whose::Role), std::pair("db_limit", Whose::Database)}) {
        const int limit = rows.number(column).value_or(-1);
        if (limit < 0 || (narrowest >= 0 && limit >= narrowest))
            continue;
        m_whose = whose;
        m_limit = narrowest = limit;
        m_reserved = 0;
    }
}

ConnectionCount PostgresSessionLink::count(const Deadline &deadline)
{
    ConnectionCount count;
    if (!m_limitsRead)
        readLimits(deadline);
    count.limit = m_limit;
    count.reserved = m_reserved;
    const LinkRows rows = m_link.isOpen() ? m_link.query(s(countSql), deadline) : LinkRows();
    if (!rows.isOk()) {
        m_pids.reset();
        return count;
    }
    const auto number = [&rows](const char *column) { return rows.number(column).value_or(-1); };
    count.used = number(m_whose == Whose::Server ? "used" : m_whose == Whose::Role ? "of_role" : "of_db");
    count.ofUser = number("of_role");
    // Of sessions that are hidden from this user nobody knows what they do.
    if (number("hidden") == 0) {
        count.active = number("active");
        count.idle = number("idle");
        count.inTransaction = number("in_transaction");
    }
    const QStringList list = rows.value("pids").split(QLatin1Char(','), Qt::SkipEmptyParts);
    const QSet<QString> pids(list.cbegin(), list.cend());
    if (m_pids)
        count.fresh = int((pids - *m_pids).size());
    m_pids = pids;
    return count;
}

SessionAnswer PostgresSessionLink::ask(Milliseconds timeout)
{
    const Deadline deadline(timeout, m_options.cancelled);
    const LinkRows one = m_link.query(s("select 1"), deadline);
    if (one.end == LinkEnd::Cancelled)
        return cancelledAnswer();
    if (!one.isOk()) {
        m_link.close();
        m_pids.reset();
        const QString said = one.message.isEmpty() ? s("no answer to select 1") : one.message;
        return failedBy(one.end == LinkEnd::Timeout ? s("timeout") : s("query"),
                        one.sqlState.isEmpty() ? said : s("%1 (%2)").arg(said, one.sqlState), one.ms);
    }
    SessionAnswer answer;
    answer.ok = true;
    answer.ms = one.ms;
    answer.connections = count(deadline);
    return answer;
}

// Redis

class RedisSessionLink final : public SessionLink
{
public:
    RedisSessionLink(const ConnectionString &connection, SessionLinkOptions options)
        : m_connection(connection)
        , m_options(std::move(options))
    {
    }
    SessionAnswer open(Milliseconds timeout) override;
    bool isOpen() const override { return m_link.has_value(); }
    SessionAnswer ask(Milliseconds timeout) override;

private:
    SessionAnswer refused(const RedisReply &reply, const char *cause, double ms);
    QHash<QByteArray, qint64> numbers(const char *section, const Deadline &deadline);
    int configuredLimit(const Deadline &deadline);

    const ConnectionString &m_connection;
    const SessionLinkOptions m_options;
    std::optional<RedisLink> m_link;
    std::optional<int> m_limit; ///< nothing: not asked for yet; -1: not told
    Counter m_received, m_rejected;
};

SessionAnswer RedisSessionLink::refused(const RedisReply &reply, const char *cause, double ms)
{
    m_link.reset();
    m_received.forget();
    m_rejected.forget();
    if (reply.failure == ReachFailure::Cancelled)
        return cancelledAnswer();
    if (!reply.isError())
        return failedBy(reply.failure == ReachFailure::TimedOut ? s("timeout") : s(cause),
                        s("no answer: %1").arg(reachFailureName(reply.failure)), ms);
    const bool full = reply.text.toLower().contains("max number of clients");
    return failedBy(full ? s("full") : s(cause), saidBy(reply.text, m_connection), ms);
}

SessionAnswer RedisSessionLink::open(Milliseconds timeout)
{
    m_link.reset();
    m_limit.reset();
    if (m_connection.hosts.isEmpty())
        return failedBy(s("string"), s("the connection string names no host"), 0);
    const Instant begun = Clock::now();
    const auto ms = [begun] { return toMs(Clock::now() - begun); };
    const DatabaseProbeOptions options = probeOptions(m_options, timeout);
    ProbeRun run(m_connection, options);
    const ConnectionHost &host = m_connection.hosts.first();
    const auto addresses = run.hasEnded() ? std::nullopt : run.resolve(host);
    std::optional<ProbeLink> link = addresses ? run.connect(host, *addresses) : std::nullopt;
    if (!link)
        return answerOf(run, ms());
    m_options.own->fetch_add(1);
    if (m_connection.scheme == s("rediss") && !run.startTls(*link, redisTlsSettings(m_connection, m_options.caFile)))
        return answerOf(run, ms());
    m_link.emplace(*std::move(link));
    QList<QByteArray> command{"PING"};
    if (m_connection.password && !m_connection.password->isEmpty()) {
        command = {"AUTH"};
        if (m_connection.user && !m_connection.user->isEmpty())
            command.append(m_connection.user->toUtf8());
        command.append(m_connection.password->reveal().toUtf8());
    }
    const RedisReply reply = m_link->ask(command, run.deadline());
    // Whoever is told that a command is not for him has been let in; so has who gave a password that nobody wanted.
    const bool in = reply.kind == RedisReply::Kind::Text || reply.isError("NOPERM") || reply.isError("LOADING") ||
                    (reply.isError("ERR") && (reply.text.contains("without any password configured") ||
                                              reply.text.contains("no password is set")));
    if (!in)
        return refused(reply, "login", ms());
    SessionAnswer answer;
    answer.ok = true;
    answer.ms = ms();
    return answer;
}

QHash<QByteArray, qint64> RedisSessionLink::numbers(const char *section, const Deadline &deadline)
{
    QHash<QByteArray, qint64> found;
    const RedisReply reply = m_link->ask({"INFO", section}, deadline);
    for (const QByteArray &line : reply.kind == RedisReply::Kind::Text ? reply.text.split('\n') : QList<QByteArray>()) {
        const qsizetype colon = line.indexOf(':');
        bool good = false;
        const qint64 value = colon > 0 ? line.mid(colon + 1).trimmed().toLongLong(&good) : 0;
        if (good && value >= 0)
            found.insert(line.left(colon), value);
    }
    return found;
}

/// Before Redis 7 only the configuration tells.
int RedisSessionLink::configuredLimit(const Deadline &deadline)
{
    const RedisReply reply = m_link->ask({"CONFIG", "GET", "maxclients"}, deadline);
    const RedisReply *value = reply.field("maxclients");
    const int limit = value ? value->text.toInt() : 0;
    return limit > 0 ? limit : m_options.limit.value_or(-1);
}

SessionAnswer RedisSessionLink::ask(Milliseconds timeout)
{
    const Deadline deadline(timeout, m_options.cancelled);
    const Instant begun = Clock::now();
    const RedisReply pong = m_link->ask({"PING"}, deadline);
    const double ms = toMs(Clock::now() - begun);
    if (pong.kind != RedisReply::Kind::Text && !pong.isError("NOPERM"))
        return refused(pong, "query", ms);
    SessionAnswer answer;
    answer.ok = true;
    answer.ms = ms;
    const QHash<QByteArray, qint64> clients = numbers("clients", deadline);
    const QHash<QByteArray, qint64> stats = numbers("stats", deadline);
    const qint64 own = m_options.own->load();
    ConnectionCount &count = answer.connections;
    count.used = int(clients.value("connected_clients", -1));
    if (clients.contains("maxclients"))
        m_limit = int(clients.value("maxclients"));
    else if (!m_limit)
        m_limit = configuredLimit(deadline);
    count.limit = *m_limit;
    if (stats.contains("total_connections_received"))
        count.fresh = m_received.moved(stats.value("total_connections_received"), own);
    if (stats.contains("rejected_connections"))
        count.rejected = m_rejected.moved(stats.value("rejected_connections"), 0);
    return answer;
}

// MongoDB

class MongoSessionLink final : public SessionLink
{
public:
    MongoSessionLink(const ConnectionString &connection, SessionLinkOptions options)
        : m_connection(connection)
        , m_options(std::move(options))
    {
    }
    SessionAnswer open(Milliseconds timeout) override;
    bool isOpen() const override { return m_link.has_value() && m_link->isOpen(); }
    SessionAnswer ask(Milliseconds timeout) override;

private:
    SessionAnswer refused(const MongoReply &reply, const char *cause);

    const ConnectionString &m_connection;
    const SessionLinkOptions m_options;
    std::optional<MongoLink> m_link;
    Counter m_created;
};

SessionAnswer MongoSessionLink::refused(const MongoReply &reply, const char *cause)
{
    m_link.reset();
    m_created.forget();
    if (reply.failure == ReachFailure::Cancelled)
        return cancelledAnswer();
    if (reply.failure == ReachFailure::TimedOut)
        return failedBy(s("timeout"), s("no answer in time"), reply.ms);
    const QString said =
        reply.message.isEmpty() ? reachFailureName(reply.failure) : saidBy(reply.message, m_connection);
    return failedBy(reply.login ? s("login") : s(cause), said, reply.ms);
}

SessionAnswer MongoSessionLink::open(Milliseconds timeout)
{
    m_link.reset();
    const Instant begun = Clock::now();
    const auto ms = [begun] { return toMs(Clock::now() - begun); };
    const DatabaseProbeOptions options = probeOptions(m_options, timeout);
    ProbeRun run(m_connection, options);
    MongoWay way(run);
    if (run.hasEnded() || m_connection.hosts.isEmpty() || !way.reach() || !way.greet())
        return answerOf(run, ms());
    m_options.own->fetch_add(1);
    MongoMember *chosen = nullptr;
    for (MongoMember &each : way.members()) {
        using enum MongoHello::Role;
        const bool writes = each.hello.role == Primary || each.hello.role == Router || each.hello.role == Standalone;
        if (each.isUsable() && (!chosen || writes))
            chosen = &each;
        if (chosen && writes)
            break;
    }
    if (!chosen)
        return failedBy(s("unreachable"), s("no server answered"), ms());
    m_link.emplace(std::move(chosen->link));
    const MongoReply reply = m_link->run(s("admin"), R"({"ping": 1})", run.deadline());
    if (!reply.ok() && !reply.unauthorised()) {
        SessionAnswer answer = refused(reply, "login");
        answer.ms = ms();
        return answer;
    }
    SessionAnswer answer;
    answer.ok = true;
    answer.ms = ms();
    return answer;
}

SessionAnswer MongoSessionLink::ask(Milliseconds timeout)
{
    const Deadline deadline(timeout, m_options.cancelled);
    const MongoReply pong = m_link->run(s("admin"), R"({"ping": 1})", deadline);
    if (!pong.ok() && !pong.unauthorised())
        return refused(pong, "query");
    SessionAnswer answer;
    answer.ok = true;
    answer.ms = pong.ms;
    const MongoReply status =
        m_link->run(s("admin"), R"({"serverStatus": 1, "metrics": 0, "wiredTiger": 0, "locks": 0, "repl": 0,
                                    "tcmalloc": 0, "opLatencies": 0})",
                    deadline);
    ConnectionCount &count = answer.connections;
    count.limit = m_options.limit.value_or(-1);
    if (!status.ok())
        return answer;
    const QJsonObject json = status.json();
    if (const std::optional<DatabaseHeadroom> headroom = mongoHeadroom(json)) {
        count.used = headroom->used.value_or(-1);
        if (headroom->limit)
            count.limit = *headroom->limit;
    }
    const QJsonObject connections = json[s("connections")].toObject();
    if (const double created = connections[s("totalCreated")].toDouble(-1); created >= 0)
        count.fresh = m_created.moved(qint64(created), m_options.own->load());
    if (const double active = connections[s("active")].toDouble(-1); active >= 0)
        count.active = int(active);
    return answer;
}

} // namespace

std::unique_ptr<SessionLink> makeSessionLink(const ConnectionString &connection, const SessionLinkOptions &options)
{
    switch (connection.kind) {
    case DatabaseKind::Postgres:
        return std::make_unique<PostgresSessionLink>(connection, options);
    case DatabaseKind::Redis:
        return std::make_unique<RedisSessionLink>(connection, options);
    case DatabaseKind::MongoDb:
        return std::make_unique<MongoSessionLink>(connection, options);
    case DatabaseKind::UpstashRest:
    case DatabaseKind::Sqlite:
        break;
    }
    return nullptr;
}

} // namespace Switchyard
