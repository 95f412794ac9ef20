// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparesession.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// How much longer than the server's limit one waits for its word that it is over.
constexpr Milliseconds grace{3'000};
/// Nobody who holds a lock is waited for longer; and nobody waits for ours longer than for one table.
constexpr int lockMs = 2'000;

constexpr const char countersSql[] =
    "select pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())::text as next, "
    "pg_catalog.pg_is_in_recovery() as standby, "
    "(case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() "
    "else pg_catalog.pg_current_wal_lsn() end)::text as position, "
    "(select count(*) from pg_catalog.pg_stat_activity where datname = pg_catalog.current_database() "
    "and pid <> pg_catalog.pg_backend_pid() and application_name <> pg_catalog.current_setting('application_name') "
    "and backend_type = 'client backend') as sessions, "
    "(select count(*) from pg_catalog.pg_stat_activity where datname = pg_catalog.current_database() "
    "and pid <> pg_catalog.pg_backend_pid() and backend_xid is not null) as writing";

constexpr const char changesSql[] =
    "select schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del from pg_catalog.pg_stat_user_tables "
    "where n_tup_ins + n_tup_upd + n_tup_del > 0";

} // namespace

CompareSession::CompareSession(const ConnectionString &connection, const CompareOptions &options,
                               const Deadline &deadline, CompareSide &side)
    : m_connection(connection)
    , m_options(options)
    , m_deadline(deadline)
    , m_side(side)
{
}

CompareSession::~CompareSession()
{
    wait();
}

void CompareSession::lose(const QString &why)
{
    const std::lock_guard lock(m_mutex);
    m_lost = true;
    if (m_side.error.isEmpty())
        m_side.error = why;
}

QString CompareSession::endReason() const
{
    return m_deadline.isCancelled() ? s("cancelled")
           : m_deadline.isOver()    ? s("the time of the whole was over")
           : isLost()               ? s("the connection was lost")
                                    : QString();
}

WriteCounters CompareSession::readCounters(PostgresLink &link) const
{
    WriteCounters counters;
    const Deadline brief = m_deadline.part(Milliseconds(10'000));
    const LinkRows rows = link.query(s(countersSql), brief);
    if (!rows.isOk()) {
        counters.why = rows.message;
        return counters;
    }
    counters.read = true;
    counters.nextTransaction = rows.value("next");
    counters.position = rows.value("position");
    counters.standby = rows.isTrue("standby");
    counters.sessions = rows.number("sessions").value_or(0);
    counters.writing = rows.number("writing").value_or(0);
    const LinkRows changes = link.query(s(changesSql), brief);
    for (const QStringList &row : changes.rows)
        counters.changes.insert(row.value(0), row.value(1).toLongLong());
    return counters;
}

bool CompareSession::begin(PostgresLink &link, const QString &snapshot, QString &error)
{
    // All is local to the transaction: a pooler may give the server's connection to another afterwards.
    QStringList words{s("begin isolation level repeatable read, read only")};
    if (!snapshot.isEmpty())
        words.append(s("set transaction snapshot '%1'").arg(snapshot));
    words +=
        {s("set local search_path = pg_catalog"), s("set local datestyle = 'ISO, YMD'"),
         s("set local intervalstyle = 'postgres'"), s("set local bytea_output = 'hex'"),
         s("set local extra_float_digits = 3"), s("set local timezone = 'UTC'"), s("set local xmloption = 'content'"),
         s("set local row_security = on"), s("set local lock_timeout = %1").arg(lockMs),
         s("set local statement_timeout = %1").arg(std::max<qint64>(m_options.countTimeout.count(), 1)),
         // If we are gone without a word, the snapshot does not stay for ever.
         s("set local idle_in_transaction_session_timeout = %1").arg(m_deadline.left().count() + 60'000)};
    if (m_major >= 14)
        words.append(s("set local client_connection_check_interval = 500"));
    const LinkRows rows = link.query(words.join(s("; ")), m_deadline.part(Milliseconds(10'000)));
    error = rows.message;
    return rows.isOk();
}

bool CompareSession::open()
{
    auto link = std::make_unique<PostgresLink>();
    DatabaseAccess access = m_options.access;
    access.connectTimeout = std::min(access.connectTimeout, m_deadline.left());
    const Result<void> opened = openPostgres(*link, m_connection, access, &m_opened);
    if (!opened) {
        m_side.error = opened.error().message;
        m_side.hint = opened.error().hint;
        m_lost = true;
        return false;
    }
    m_side.opened = true;
    m_side.host = m_opened.host;
    m_side.user = link->user();
    const QString version = link->parameter("server_version");
    m_side.server = s("PostgreSQL %1").arg(version.section(u' ', 0, 0).left(32));
    m_major = version.section(u' ', 0, 0).section(u'.', 0, 0).toInt();
    if (m_major < oldestComparedPostgres) {
        lose(s("%1 is too old: comparing reads %2 and newer").arg(m_side.server).arg(oldestComparedPostgres));
        m_side.hint = s("compare by hand, or upgrade first");
        return false;
    }
    m_before = readCounters(*link);
    QString error;
    if (!link->isOpen() || !begin(*link, {}, error)) {
        lose(link->isOpen() ? s("no transaction: %1").arg(error)
                            : s("the connection broke: %1").arg(error.isEmpty() ? m_before.why : error));
        return false;
    }
    m_links.push_back(std::move(link));
    m_side.connections = 1;
    return true;
}

bool CompareSession::readCatalogue()
{
    PostgresLink &link = *m_links.front();
    if (m_options.connections > 1) {
        // Before any savepoint: a subtransaction may not export one.
        const LinkRows exported = link.query(s("select pg_export_snapshot() as id"), m_deadline);
        if (exported.isOk()) {
            m_snapshot = exported.value("id");
        } else {
            notes.append(s("%1 gives its snapshot to no second connection (%2): one reads all")
                             .arg(m_side.server, exported.message));
            QString error;
            if (!link.isOpen() || !link.query(s("rollback"), m_deadline).isOk() || !begin(link, {}, error)) {
                lose(s("the connection broke: %1").arg(error.isEmpty() ? exported.message : error));
                return false;
            }
        }
    }
    // A catalogue of ten thousand tables may take longer than one table.
    (void)link.query(s("set local statement_timeout = %1").arg(std::max<qint64>(m_deadline.left().count(), 1)),
                     m_deadline);
    QString error;
    if (!Switchyard::readCatalogue(link, m_major, m_deadline, m_catalogue, error)) {
        lose(s("the catalogue was not read: %1").arg(error));
        return false;
    }
    m_side.snapshotTaken = QDateTime::fromString(m_catalogue.settings.value(s("(now)")), Qt::ISODateWithMs);
    const LinkRows limited = link.query(
        s("set local statement_timeout = %1").arg(std::max<qint64>(m_options.countTimeout.count(), 1)), m_deadline);
    if (!limited.isOk())
        lose(s("the connection broke: %1").arg(limited.message));
    return limited.isOk();
}

void CompareSession::openOthers()
{
    for (int i = 1; i < m_options.connections && !m_snapshot.isEmpty() && endReason().isEmpty(); ++i) {
        auto link = std::make_unique<PostgresLink>();
        const LinkOutcome outcome = link->open(m_opened.target, m_deadline.part(m_options.access.connectTimeout));
        QString error = outcome.message;
        if (outcome.end == LinkEnd::Ok && begin(*link, m_snapshot, error)) {
            m_links.push_back(std::move(link));
            continue;
        }
        link->close();
        if (outcome.end == LinkEnd::Timeout)
            error = s("nobody answered in time: a pooler whose places are taken?");
        notes.append(
            s("%1 took no further connection into the snapshot (%2): %3 of %4 read it")
                .arg(m_side.host, error, QString::number(m_links.size()), QString::number(m_options.connections)));
        break;
    }
    m_side.connections = int(m_links.size());
}

LinkRows CompareSession::ask(PostgresLink &link, const QString &sql) const
{
    if (!link.isOpen() || m_deadline.isCancelled() || m_deadline.isOver()) {
        LinkRows none;
        none.end = m_deadline.isCancelled() ? LinkEnd::Cancelled : LinkEnd::Failed;
        none.message = endReason().isEmpty() ? s("the connection is closed") : endReason();
        return none;
    }
    const Deadline deadline = m_deadline.part(m_options.countTimeout + grace);
    LinkRows rows = link.query(s("savepoint switchyard; ") + sql +
                                   s("; rollback to savepoint switchyard; release savepoint switchyard"),
                               deadline);
    if (link.isOpen() && !rows.isOk()) {
        const QString message = rows.message;
        if (!link.query(s("rollback to savepoint switchyard; release savepoint switchyard"), deadline).isOk())
            link.close();
        rows.message = message;
    }
    if (rows.sqlState == QLatin1StringView("57014"))
        rows.message = s("not within %1 s").arg(double(m_options.countTimeout.count()) / 1000);
    else if (rows.sqlState == QLatin1StringView("55P03"))
        rows.message = s("another session holds a lock on it");
    else if (rows.end == LinkEnd::Timeout)
        rows.message = m_deadline.isOver() ? endReason() : s("the server did not answer in time");
    else if (rows.end == LinkEnd::Cancelled)
        rows.message = s("cancelled");
    return rows;
}

void CompareSession::run(qsizetype count, std::function<void(PostgresLink &, qsizetype)> job)
{
    wait();
    m_next = 0;
    for (const auto &link : m_links) {
        if (!link->isOpen())
            continue;
        m_threads.emplace_back([this, count, job, &link] {
            for (qsizetype at = m_next++; at < count; at = m_next++) {
                if (!link->isOpen() || !endReason().isEmpty()) {
                    m_next = count; // the others stop too, or have ended
                    return;
                }
                job(*link, at);
                if (!link->isOpen() && !m_deadline.isCancelled() && !m_deadline.isOver())
                    lose(s("the connection broke while tables were read"));
            }
        });
    }
}

void CompareSession::wait()
{
    for (std::thread &thread : m_threads)
        thread.join();
    m_threads.clear();
}

void CompareSession::finish()
{
    wait();
    while (m_links.size() > 1) {
        if (m_links.back()->isOpen())
            (void)m_links.back()->query(s("rollback"), m_deadline.part(Milliseconds(2'000)));
        m_links.pop_back();
    }
    if (m_links.empty() || !m_links.front()->isOpen() ||
        !m_links.front()->query(s("rollback"), m_deadline.part(Milliseconds(2'000))).isOk()) {
        m_side.activity = s("whether it was written meanwhile is not known: the connection had ended");
        m_links.clear();
        return;
    }
    // Not before: a value from before the snapshot could be behind rows that are in it.
    readLastValues(
        *m_links.front(),
        s("set local search_path = pg_catalog; set local lock_timeout = %1; set local statement_timeout = %2")
            .arg(lockMs)
            .arg(std::max<qint64>(m_options.countTimeout.count(), 1)),
        m_deadline, m_catalogue);
    const WriteCounters after = readCounters(*m_links.front());
    m_links.clear();
    if (!m_before.read || !after.read) {
        m_side.activity =
            s("whether it was written meanwhile is not known: %1").arg(m_before.read ? after.why : m_before.why);
        return;
    }
    for (auto it = after.changes.cbegin(); it != after.changes.cend(); ++it) {
        if (it.value() != m_before.changes.value(it.key()))
            m_side.writtenTables.append(it.key());
    }
    m_side.writtenTables.sort();
    const bool moved = after.nextTransaction != m_before.nextTransaction;
    // On a standby the ids come from its primary, a while later.
    m_side.written = moved || !m_side.writtenTables.isEmpty() || after.writing > 0;
    const qint64 transactions = after.nextTransaction.toLongLong() - m_before.nextTransaction.toLongLong();
    QString text =
        !*m_side.written ? s("nothing was written to this server meanwhile")
        : m_side.writtenTables.isEmpty()
            ? s("%1 writing transactions began on this server meanwhile; none shows in this database's counters, "
                "which may lag")
                  .arg(transactions)
            : s("%1 writing transactions began on this server meanwhile; rows were written to %2 tables of this "
                "database")
                  .arg(transactions)
                  .arg(m_side.writtenTables.size());
    if (after.sessions > 0)
        text += s("; %1 other sessions are connected").arg(after.sessions);
    if (after.writing > 0)
        text += s(", %1 of them in the middle of writing").arg(after.writing);
    if (after.position != m_before.position)
        text += s("; the log went from %1 to %2").arg(m_before.position, after.position);
    m_side.activity = text;
}

} // namespace Switchyard
