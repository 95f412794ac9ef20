// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/mongoside.h"

#include "models/database/probes/mongofacts.h"
#include "models/database/probes/probekit.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <thread>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// How much longer than the server's limit one waits for its word that it is over.
constexpr Milliseconds grace{3'000};
/// For questions that any server answers at once.
constexpr Milliseconds brief{10'000};

qint64 sumOf(const QJsonObject &counters)
{
    qint64 sum = 0;
    for (const char *each : {"insert", "update", "delete"})
        sum += qint64(counters[s(each)].toDouble());
    return sum;
}

/// totals: {"shop.orders": {insert: {count: 5}, …}}, by collections of that database.
QHash<QString, qint64> topWrites(const QJsonObject &totals, const QString &database)
{
    QHash<QString, qint64> writes;
    for (auto it = totals.begin(); it != totals.end(); ++it) {
        if (!it.key().startsWith(database + u'.'))
            continue;
        // findAndModify stands in none of the three; all that write take the lock.
        qint64 sum = 0;
        for (const char *each : {"insert", "update", "remove", "writeLock"})
            sum += qint64(it.value()[s(each)][s("count")].toDouble());
        writes.insert(it.key().mid(database.size() + 1), sum);
    }
    return writes;
}

} // namespace

QByteArray mongoQuoted(const QString &name)
{
    const QByteArray list = QJsonDocument(QJsonArray{name}).toJson(QJsonDocument::Compact);
    return list.mid(1, list.size() - 2);
}

MongoSide::MongoSide(const ConnectionString &connection, const CompareOptions &options, const Deadline &deadline,
                     CompareSide &side)
    : m_connection(connection)
    , m_options(options)
    , m_deadline(deadline)
    , m_side(side)
    , m_database(connection.database.value_or(QString()))
{
    if (m_database.isEmpty()) {
        m_database = s("test");
        notes.append(s("%1 names no database: \"test\" was compared, which drivers take then").arg(side.name));
    }
}

void MongoSide::lose(const QString &why)
{
    const std::lock_guard lock(m_mutex);
    m_lost = true;
    if (m_side.error.isEmpty())
        m_side.error = why;
}

void MongoSide::mindLink(MongoLink &link)
{
    if (link.isOpen() || !endReason().isEmpty())
        return;
    DatabaseAccess access = m_options.access;
    access.connectTimeout = std::min(access.connectTimeout, m_deadline.left());
    MongoOpened again;
    MongoLink fresh;
    const Result<void> opened = openMongo(fresh, m_connection, access, again, m_opened.name);
    if (opened && again.role == m_opened.role)
        link = std::move(fresh);
    else if (!m_deadline.isCancelled() && !m_deadline.isOver())
        lose(s("the connection broke while collections were read"));
}

QString MongoSide::endReason() const
{
    return m_deadline.isCancelled() ? s("cancelled")
           : m_deadline.isOver()    ? s("the time of the whole was over")
           : isLost()               ? s("the connection was lost")
                                    : QString();
}

QByteArray MongoSide::maxTime(const Deadline &budget)
{
    return "\"maxTimeMS\": " + QByteArray::number(std::max<qint64>(1, budget.left().count()));
}

MongoReply MongoSide::send(MongoLink &link, const QString &database, const MongoCommand &command,
                           const Deadline &budget) const
{
    const Deadline deadline = m_deadline.part(budget.left() + grace);
    return command.isBson ? link.runBson(database, command.text, deadline) : link.run(database, command.text, deadline);
}

MongoOutcome MongoSide::outcome(const MongoReply &reply) const
{
    constexpr int maxTimeExpired = 50;
    constexpr int exceededTimeLimit = 262;
    constexpr int namespaceNotFound = 26;
    MongoOutcome result;
    result.ok = reply.ok();
    if (result.ok)
        return result;
    result.refused = reply.refused();
    result.unauthorised = reply.unauthorised();
    result.late = reply.code == maxTimeExpired || reply.code == exceededTimeLimit;
    const QString ended = endReason();
    if (reply.failure == ReachFailure::Cancelled)
        result.why = s("cancelled");
    else if (reply.failure == ReachFailure::TimedOut)
        result.why = ended.isEmpty() ? s("the server did not answer in time") : ended;
    else if (reply.failure != ReachFailure::None)
        result.why = ended.isEmpty() ? s("the connection broke (%1)").arg(reachFailureName(reply.failure)) : ended;
    else if (result.late)
        result.why = s("not within %1 s").arg(double(m_options.countTimeout.count()) / 1000);
    else if (result.unauthorised)
        result.why = s("this user may not: %1").arg(saidBy(reply.message, m_connection));
    else if (reply.code == namespaceNotFound)
        result.why = s("it is gone");
    else
        result.why = s("the server refuses it: %1").arg(saidBy(reply.message, m_connection));
    return result;
}

MongoOutcome MongoSide::ask(MongoLink &link, const MongoCommand &command, const Deadline &budget, QByteArray *answer)
{
    const MongoReply reply = send(link, m_database, command, budget);
    if (answer)
        *answer = reply.bson;
    return outcome(reply);
}

MongoOutcome MongoSide::read(MongoLink &link, const MongoCommand &command, const Deadline &budget,
                             const std::function<bool(const MongoBatch &)> &take)
{
    MongoReply reply = send(link, m_database, command, budget);
    for (;;) {
        MongoOutcome result = outcome(reply);
        if (!result.ok)
            return result;
        const std::optional<MongoBatch> batch = mongoBatch(reply.bson);
        if (!batch) {
            result.ok = false;
            result.why = s("the answer is no cursor's");
            return result;
        }
        result.stopped = !take(*batch);
        if (batch->cursor == 0)
            return result;
        result.late = !result.stopped && budget.isOver();
        if (result.stopped || result.late || !endReason().isEmpty()) {
            if (!result.stopped) {
                result.ok = false;
                result.why = endReason().isEmpty()
                                 ? s("not within %1 s").arg(double(m_options.countTimeout.count()) / 1000)
                                 : endReason();
            }
            (void)send(link, m_database,
                       "{\"killCursors\": " + mongoQuoted(batch->collection) + ", \"cursors\": [{\"$numberLong\": \"" +
                           QByteArray::number(batch->cursor) + "\"}]}",
                       m_deadline.part(Milliseconds(1'000)));
            return result;
        }
        reply = send(link, m_database,
                     "{\"getMore\": {\"$numberLong\": \"" + QByteArray::number(batch->cursor) +
                         "\"}, \"collection\": " + mongoQuoted(batch->collection) + "}",
                     budget);
    }
}

MongoWrites MongoSide::readWrites(MongoLink &link) const
{
    using enum MongoHello::Role;
    MongoWrites writes;
    const Deadline soon = m_deadline.part(brief);
    // A router knows of its own writes only, and what a secondary applies does not stand in top.
    if (m_opened.role == Router)
        return writes;
    if (m_opened.role != Secondary) {
        const MongoReply top = link.run(s("admin"), R"({"top": 1})", soon);
        writes.mayNot = top.unauthorised();
        const QJsonObject totals = top.ok() ? top.json()[s("totals")].toObject() : QJsonObject();
        if (!totals.isEmpty()) {
            writes.source = MongoWrites::Source::Top;
            writes.collections = topWrites(totals, m_database);
            return writes;
        }
    }
    if (!link.isOpen())
        return writes;
    const MongoReply status = link.run(s("admin"),
                                       R"({"serverStatus": 1, "metrics": 0, "wiredTiger": 0, "locks": 0, "repl": 0,
                                           "tcmalloc": 0, "opLatencies": 0})",
                                       soon);
    const QJsonObject json = status.ok() ? status.json() : QJsonObject();
    writes.mayNot = writes.mayNot || status.unauthorised();
    if (json[s("opcounters")].toObject().isEmpty())
        return writes;
    writes.source = MongoWrites::Source::Counters;
    writes.all = sumOf(json[s("opcounters")].toObject()) + sumOf(json[s("opcountersRepl")].toObject());
    return writes;
}

void MongoSide::readVersion(MongoLink &link)
{
    const MongoReply build = link.run(s("admin"), R"({"buildInfo": 1})", m_deadline.part(brief));
    if (build.ok()) {
        const QJsonObject info = build.json();
        m_version = saidBy(info[s("version")].toString().toUtf8(), m_connection).left(32);
        m_side.server = saidBy(mongoServerName(info).toUtf8(), m_connection);
    }
    if (m_side.server.isEmpty())
        m_side.server = s("MongoDB");
    if (m_opened.role != MongoHello::Role::Standalone)
        m_side.server += s(", %1").arg(mongoRoleName(m_opened.role));
    const MongoReply feature =
        link.run(s("admin"), R"({"getParameter": 1, "featureCompatibilityVersion": 1})", m_deadline.part(brief));
    if (feature.ok())
        m_feature = mongoString(feature.bson, "featureCompatibilityVersion.version").left(32);
}

bool MongoSide::open()
{
    auto link = std::make_unique<MongoLink>();
    DatabaseAccess access = m_options.access;
    access.connectTimeout = std::min(access.connectTimeout, m_deadline.left());
    if (const Result<void> opened = openMongo(*link, m_connection, access, m_opened); !opened) {
        m_side.error = opened.error().message;
        m_side.hint = opened.error().hint;
        m_lost = true;
        return false;
    }
    m_side.opened = true;
    m_side.host = m_opened.name;
    m_side.user = saidBy(m_opened.user.toUtf8(), m_connection);
    readVersion(*link);
    m_before = readWrites(*link);
    if (!link->isOpen()) {
        lose(endReason().isEmpty() ? s("the connection broke at the first questions") : endReason());
        return false;
    }
    if (m_opened.role == MongoHello::Role::Secondary)
        notes.append(s("%1 was read from a secondary, for no primary answered: it may lag").arg(m_side.name));
    m_links.push_back(std::move(link));
    m_side.connections = 1;
    return true;
}

void MongoSide::openOthers()
{
    for (int i = 1; i < m_options.connections && endReason().isEmpty(); ++i) {
        auto link = std::make_unique<MongoLink>();
        DatabaseAccess access = m_options.access;
        access.connectTimeout = std::min(access.connectTimeout, m_deadline.left());
        MongoOpened again;
        const Result<void> opened = openMongo(*link, m_connection, access, again, m_opened.name);
        if (!opened || again.role != m_opened.role) {
            notes.append(s("%1 took no further connection (%2): %3 of %4 read it")
                             .arg(m_side.host, opened ? s("it has another role now") : opened.error().message,
                                  QString::number(m_links.size()), QString::number(m_options.connections)));
            break;
        }
        m_links.push_back(std::move(link));
    }
    m_side.connections = int(m_links.size());
}

void MongoSide::run(qsizetype count, const std::function<void(MongoLink &, qsizetype)> &job)
{
    std::atomic<qsizetype> next{0};
    std::vector<std::thread> threads;
    for (const auto &link : m_links) {
        threads.emplace_back([this, count, &job, &next, &link] {
            for (qsizetype at = next++; at < count && link->isOpen() && endReason().isEmpty(); at = next++) {
                job(*link, at);
                mindLink(*link);
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

MongoSide::Statistics MongoSide::statistics(MongoLink &link, const QString &collection)
{
    Statistics result;
    if (!m_statistics.load())
        return result;
    const QByteArray command =
        "{\"aggregate\": " + mongoQuoted(collection) +
        ", \"pipeline\": [{\"$collStats\": {\"latencyStats\": {}, \"count\": {}}}], \"cursor\": {}}";
    const MongoOutcome done = read(link, command, m_deadline.part(brief), [&](const MongoBatch &batch) {
        // A document a shard.
        for (const QByteArrayView each : batch.documents) {
            if (const auto writes = mongoNumber(each, "latencyStats.writes.ops"))
                result.writes = result.writes.value_or(0) + *writes;
            if (const auto number = mongoNumber(each, "count"))
                result.estimate = result.estimate.value_or(0) + *number;
        }
        return true;
    });
    // One that has no such stage, or a user who may not, is not asked thousands of times.
    if (done.refused || (done.ok && !result.writes))
        m_statistics = false;
    return done.ok ? result : Statistics();
}

void MongoSide::noteWritten(const QString &collection)
{
    const std::lock_guard lock(m_mutex);
    m_side.written = true;
    if (!m_side.writtenTables.contains(collection))
        m_side.writtenTables.append(collection);
}

void MongoSide::finish()
{
    const MongoWrites after = !m_links.empty() && m_links.front()->isOpen() && endReason().isEmpty()
                                  ? readWrites(*m_links.front())
                                  : MongoWrites();
    m_links.clear();
    using enum MongoWrites::Source;
    if (after.source == Top && m_before.source == Top) {
        for (auto it = after.collections.cbegin(); it != after.collections.cend(); ++it) {
            if (it.value() != m_before.collections.value(it.key()))
                noteWritten(it.key());
        }
        m_side.written = m_side.written.value_or(false);
        m_side.activity =
            !*m_side.written
                ? s("nothing was written to this database meanwhile")
                : s("%1 collections of this database were written to meanwhile").arg(m_side.writtenTables.size());
    } else if (after.source == Counters && m_before.source == Counters) {
        const qint64 moved = after.all - m_before.all;
        m_side.written = m_side.written.value_or(false) || moved != 0;
        m_side.activity =
            moved == 0 ? s("nothing was written to this server meanwhile")
                       : s("%1 writes to this server meanwhile; which of its databases does not show").arg(moved);
    } else if (m_side.written) {
        m_side.activity = s("it was written to meanwhile: %1").arg(m_side.writtenTables.mid(0, 5).join(s(", ")));
    } else {
        m_side.activity =
            m_before.mayNot ? s("whether it was written meanwhile does not show to this user (the role clusterMonitor "
                                "lets it)")
                            : s("whether it was written meanwhile does not show");
    }
    m_side.writtenTables.sort();
}

} // namespace Switchyard
