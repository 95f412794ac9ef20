// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copyfacts.h"

#include "models/common/numbertext.h"
#include "models/database/probes/postgresfacts.h"
#include "models/database/strings/connectionlint.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <utility>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ErrorKind kindOf(LinkEnd end)
{
    return end == LinkEnd::Cancelled ? ErrorKind::Cancelled
           : end == LinkEnd::Timeout ? ErrorKind::Timeout
                                     : ErrorKind::Protocol;
}

Result<LinkRows> ask(PostgresLink &link, const char *sql, const Deadline &deadline)
{
    LinkRows rows = link.query(s(sql), deadline);
    if (!rows.isOk())
        return fail(kindOf(rows.end), rows.message.isEmpty() ? s("no answer came in time") : rows.message,
                    rows.end == LinkEnd::Timeout ? s("somebody may hold a lock on a table: pg_stat_activity, pg_locks")
                                                 : s("the user's rights, and the server's log"));
    return rows;
}

/// What belongs to the server, to an extension or to a session is not the user's.
constexpr const char relationsSql[] =
    "select n.nspname, c.relname, c.relkind, c.reltuples::bigint as rows, "
    "case when c.relkind in ('r', 'm') then pg_catalog.pg_table_size(c.oid) else 0 end as bytes, "
    "coalesce((select pn.nspname || '.' || p.relname from pg_catalog.pg_inherits h join pg_catalog.pg_class p "
    "on p.oid = h.inhparent and p.relkind = 'p' join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace "
    "where h.inhrelid = c.oid limit 1), '') as whole "
    "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
    "where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and n.nspname <> 'information_schema' "
    "and n.nspname !~ '^pg_' and not exists (select 1 from pg_catalog.pg_depend d "
    "where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e') "
    "order by 1, 2";

/// Plain indexes of partitions are no matter: pg_dump drops the whole table's only.
constexpr const char attachedSql[] =
    "select n.nspname || '.' || k.conname || ' of ' || t.relname from pg_catalog.pg_constraint k "
    "join pg_catalog.pg_class t on t.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace "
    "where k.contype in ('p', 'u', 'x') and exists (select from pg_catalog.pg_inherits h where h.inhrelid = "
    "k.conindid) "
    "order by 1";

/// pg_dump locks every table, reads every sequence and asks for rows without row-level security.
constexpr const char unreadableSql[] =
    "select n.nspname || '.' || c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n "
    "on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'S') and n.nspname <> 'information_schema' "
    "and n.nspname !~ '^pg_' and not exists (select 1 from pg_catalog.pg_depend d "
    "where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e') "
    "and (not pg_catalog.has_schema_privilege(n.oid, 'USAGE') or not pg_catalog.has_table_privilege(c.oid, 'SELECT') "
    "or (c.relkind = 'r' and pg_catalog.row_security_active(c.oid))) order by 1";

constexpr const char factsSql[] =
    "select pg_catalog.current_setting('server_version_num') as number, "
    "pg_catalog.current_setting('server_version') as version, "
    "pg_catalog.current_database() as database, current_user as \"user\", "
    "pg_catalog.pg_is_in_recovery() as standby, "
    "pg_catalog.current_setting('default_transaction_read_only') = 'on' as read_only, "
    "pg_catalog.current_setting('is_superuser') = 'on' as superuser, "
    "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') as may_create, "
    "coalesce((select pg_catalog.has_schema_privilege(oid, 'CREATE') from pg_catalog.pg_namespace "
    "where nspname = 'public'), true) as may_create_public, "
    "pg_catalog.pg_database_size(pg_catalog.current_database()) as bytes, "
    "(select pg_catalog.count(*) from pg_catalog.pg_largeobject_metadata) as large_objects, "
    "(select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) as database_oid, "
    "pg_catalog.pg_postmaster_start_time()::text as started, "
    "(select pg_catalog.pg_encoding_to_char(encoding) from pg_catalog.pg_database "
    "where datname = pg_catalog.current_database()) as encoding, "
    "(select pg_catalog.to_jsonb(d) from pg_catalog.pg_database d "
    "where datname = pg_catalog.current_database()) as row, "
    "pg_catalog.current_setting('max_locks_per_transaction')::bigint * "
    "(pg_catalog.current_setting('max_connections')::bigint + "
    "pg_catalog.current_setting('max_prepared_transactions')::bigint) as locks";

/// Of pg_database's row, whose columns depend on the version.
void readLocale(const QString &row, CopyFacts &facts)
{
    const QJsonObject database = QJsonDocument::fromJson(row.toUtf8()).object();
    const auto text = [&database](const char *name) { return database[s(name)].toString(); };
    facts.collation = text("datcollate");
    facts.ctype = text("datctype");
    const QString provider = text("datlocprovider");
    const char *name = provider == QLatin1StringView("i")   ? "icu"
                       : provider == QLatin1StringView("b") ? "builtin"
                       : provider == QLatin1StringView("c") ? "libc"
                                                            : "";
    for (const char *column : {"datlocale", "daticulocale"}) {
        if (facts.locale.isEmpty() && !provider.isEmpty() && !text(column).isEmpty())
            facts.locale = s("%1 %2").arg(s(name), text(column));
    }
    if (facts.locale.isEmpty())
        facts.locale = s(name);
}

QString firstLine(const QString &text)
{
    return text.section(QLatin1Char(' '), 0, 0);
}

} // namespace

QString CopyRelation::shown() const
{
    return schema + QLatin1Char('.') + name;
}

QString relationText(const CopyRelation &relation)
{
    const char *word = "table";
    switch (relation.kind) {
    case 'v':
        word = "view";
        break;
    case 'm':
        word = "materialized view";
        break;
    case 'S':
        word = "sequence";
        break;
    case 'f':
        word = "foreign table";
        break;
    default:
        break;
    }
    return s("%1 %2").arg(s(word), relation.shown());
}

qint64 CopyFacts::tableBytes() const
{
    qint64 sum = 0;
    for (const CopyRelation &each : relations)
        sum += each.kind == 'r' ? each.bytes : 0;
    return sum;
}

int CopyFacts::tableCount() const
{
    return int(std::count_if(relations.cbegin(), relations.cend(),
                             [](const CopyRelation &each) { return each.kind == 'r' || each.kind == 'p'; }));
}

const CopyRelation *CopyFacts::table(const QString &shown) const
{
    const auto found = std::find_if(relations.cbegin(), relations.cend(), [&shown](const CopyRelation &each) {
        return (each.kind == 'r' || each.kind == 'p') && each.shown() == shown;
    });
    return found == relations.cend() ? nullptr : &*found;
}

void findCopyPooler(PostgresLink &link, const ConnectionString &connection, const PostgresOpened &opened,
                    const Deadline &deadline, CopyFacts &facts)
{
    PostgresExpectations expected;
    expected.poolerByName = isTransactionPooler(connection);
    expected.pooledNeon = connection.isPooledNeon();
    const LinkRows pid = link.query(s("select pg_catalog.pg_backend_pid() as pid"), deadline);
    PostgresSession session;
    judgePooler(
        link, pid.number("pid"), expected, deadline,
        [&](PostgresLink &other) { return other.open(opened.target, deadline).end == LinkEnd::Ok; }, session);
    facts.pooler = session.pooler.value_or(false);
    facts.lendsEach = session.transaction.value_or(false);
}

Result<CopyFacts> readCopyFacts(PostgresLink &link, const Deadline &deadline)
{
    const Result<LinkRows> rows = ask(link, factsSql, deadline);
    if (!rows)
        return tl::unexpected(rows.error());
    CopyFacts facts;
    facts.version = rows->value("number").toInt();
    facts.versionText = firstLine(rows->value("version"));
    facts.database = rows->value("database");
    facts.user = rows->value("user");
    facts.standby = rows->isTrue("standby");
    facts.readOnly = rows->isTrue("read_only");
    facts.superuser = rows->isTrue("superuser");
    facts.mayCreate = rows->isTrue("may_create");
    facts.mayCreateInPublic = rows->isTrue("may_create_public");
    facts.bytes = rows->value("bytes").toLongLong();
    facts.largeObjects = rows->value("large_objects").toLongLong();
    facts.lockSlots = rows->value("locks").toLongLong();
    facts.instance = rows->value("started");
    facts.encoding = rows->value("encoding");
    readLocale(rows->value("row"), facts);
    const Result<LinkRows> relations = ask(link, relationsSql, deadline);
    if (!relations)
        return tl::unexpected(relations.error());
    for (const QStringList &row : relations->rows) {
        CopyRelation relation;
        relation.schema = row.value(0);
        relation.name = row.value(1);
        relation.kind = row.value(2).isEmpty() ? 'r' : row.value(2).at(0).toLatin1();
        relation.rows = row.value(3).toLongLong();
        relation.bytes = row.value(4).toLongLong();
        relation.whole = row.value(5);
        facts.relations.append(relation);
    }
    const Result<LinkRows> schemas = ask(link,
                                         "select nspname from pg_catalog.pg_namespace n where nspname !~ '^pg_' and "
                                         "nspname <> 'information_schema' and not exists (select from "
                                         "pg_catalog.pg_depend where classid = 'pg_catalog.pg_namespace'::regclass and "
                                         "objid = n.oid and deptype = 'e') order by 1",
                                         deadline);
    if (!schemas)
        return tl::unexpected(schemas.error());
    for (const QStringList &row : schemas->rows)
        facts.schemas.append(row.value(0));
    for (const auto &[sql, names] : {std::pair{attachedSql, &facts.attached}, {unreadableSql, &facts.unreadable}}) {
        const Result<LinkRows> found = ask(link, sql, deadline);
        if (!found)
            return tl::unexpected(found.error());
        for (const QStringList &row : found->rows)
            names->append(row.value(0));
    }
    // Some providers do not allow it; a failed statement leaves the connection as it was.
    const LinkRows system = link.query(s("select system_identifier from pg_catalog.pg_control_system()"), deadline);
    if (!link.isOpen())
        return fail(kindOf(system.end), system.message);
    facts.identity =
        s("%1/%2").arg(system.isOk() ? system.value("system_identifier") : facts.instance, rows->value("database_oid"));
    return facts;
}

Result<QList<CopyExtension>> readExtensions(PostgresLink &source, PostgresLink &target, const Deadline &deadline)
{
    const Result<LinkRows> mine =
        ask(source, "select extname, extversion from pg_catalog.pg_extension where extname <> 'plpgsql' order by 1",
            deadline);
    if (!mine)
        return tl::unexpected(mine.error());
    QList<CopyExtension> extensions;
    if (mine->rows.isEmpty())
        return extensions;
    const Result<LinkRows> theirs = ask(
        target,
        "select e.name, e.installed_version is not null as installed, coalesce((select v.trusted from "
        "pg_catalog.pg_available_extension_versions v where v.name = e.name and v.version = e.default_version), false) "
        "as trusted from pg_catalog.pg_available_extensions e",
        deadline);
    if (!theirs)
        return tl::unexpected(theirs.error());
    for (const QStringList &row : mine->rows) {
        CopyExtension extension;
        extension.name = row.value(0);
        extension.version = row.value(1);
        for (const QStringList &other : theirs->rows) {
            if (other.value(0) != extension.name)
                continue;
            extension.available = true;
            extension.installed = other.value(1) == QLatin1StringView("t");
            extension.trusted = other.value(2) == QLatin1StringView("t");
        }
        extensions.append(extension);
    }
    return extensions;
}

QStringList readLeftOut(PostgresLink &source, const Deadline &deadline)
{
    QStringList words;
    const auto count = [&](const char *sql, const char *text, const char *one, const char *many) {
        const LinkRows rows = source.query(s(sql), deadline);
        const qint64 number = rows.isOk() ? rows.valueAt(0, "n").toLongLong() : 0;
        if (number > 0)
            words.append(s(text).arg(countedText(number, one, many)));
    };
    const LinkRows owners = source.query(
        s("select distinct pg_catalog.pg_get_userbyid(c.relowner) as owner from pg_catalog.pg_class c join "
          "pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^pg_' and n.nspname <> "
          "'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'S') order by 1"),
        deadline);
    QStringList names;
    for (const QStringList &row : owners.rows)
        names.append(row.value(0));
    if (!names.isEmpty())
        words.append(s("owners (%1): everything belongs to the target's user").arg(names.join(s(", "))));
    count("select pg_catalog.count(*) as n from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
          "n.oid = c.relnamespace where c.relacl is not null and n.nspname !~ '^pg_' and n.nspname <> "
          "'information_schema'",
          "grants on %1", "table, view or sequence", "tables, views or sequences");
    count("select pg_catalog.count(*) as n from pg_catalog.pg_publication", "%1", "publication", "publications");
    count("select pg_catalog.count(*) as n from pg_catalog.pg_stat_subscription where subid is not null", "%1",
          "subscription", "subscriptions");
    count("select pg_catalog.count(*) as n from pg_catalog.pg_class where reltablespace <> 0 and relkind in ('r', 'm', "
          "'i') "
          "and not relisshared and oid >= 16384",
          "tablespaces of %1", "table or index", "tables or indexes");
    count("select pg_catalog.count(*) as n from pg_catalog.pg_seclabel where objoid >= 16384", "%1", "security label",
          "security labels");
    return words;
}

QString readWriters(PostgresLink &source, const Deadline &deadline)
{
    const LinkRows rows =
        source.query(s("select pg_catalog.count(*) filter (where backend_xid is not null) as writers, "
                       "pg_catalog.count(*) as others, "
                       "(select pg_catalog.count(*) from pg_catalog.pg_prepared_xacts where database = "
                       "pg_catalog.current_database()) as prepared "
                       "from pg_catalog.pg_stat_activity where datname = pg_catalog.current_database() and pid <> "
                       "pg_catalog.pg_backend_pid() and backend_type = 'client backend'"),
                     deadline);
    if (!rows.isOk())
        return s("who else is connected cannot be read: %1").arg(rows.message);
    QStringList words;
    const int writers = rows.number("writers").value_or(0);
    const int others = rows.number("others").value_or(0);
    const int prepared = rows.number("prepared").value_or(0);
    if (writers > 0)
        words.append(s("%1 now").arg(countedText(writers, "transaction writes", "transactions write")));
    if (prepared > 0)
        words.append(countedText(prepared, "prepared transaction waits", "prepared transactions wait"));
    if (others > 0)
        words.append(countedText(others, "other connection", "other connections"));
    return words.join(s(", "));
}

CopyCounters readCounters(PostgresLink &link, const Deadline &deadline)
{
    CopyCounters counters;
    // The second one changes where all of them begin anew after a crash.
    const LinkRows database = link.query(
        s("select coalesce(d.stats_reset::text, '') || ' ' || coalesce(w.stats_reset::text, '') as reset, "
          "pg_catalog.pg_is_in_recovery() as standby from pg_catalog.pg_stat_database d, pg_catalog.pg_stat_bgwriter w "
          "where d.datname = pg_catalog.current_database()"),
        deadline);
    if (!database.isOk() || database.isTrue("standby"))
        return counters; // a standby counts what is read there, not what is written
    const LinkRows rows = link.query(s("select schemaname, relname, n_tup_ins, n_tup_upd, n_tup_del from "
                                       "pg_catalog.pg_stat_user_tables"),
                                     deadline);
    if (!rows.isOk())
        return counters;
    counters.isKnown = true;
    counters.statsReset = database.value("reset");
    for (const QStringList &row : rows.rows) {
        CopyWrites writes;
        writes.table = row.value(0) + QLatin1Char('.') + row.value(1);
        writes.inserted = row.value(2).toLongLong();
        writes.updated = row.value(3).toLongLong();
        writes.deleted = row.value(4).toLongLong();
        counters.tables.insert(writes.table, writes);
    }
    const LinkRows position = link.query(s("select pg_catalog.pg_current_wal_lsn()::text as lsn"), deadline);
    counters.position = position.isOk() ? position.value("lsn") : QString();
    return counters;
}

Result<QStringList> sequencesBehind(PostgresLink &link, const Deadline &deadline, int &looked)
{
    looked = 0;
    const Result<LinkRows> owned = ask(
        link,
        "select sn.nspname, s.relname, tn.nspname, t.relname, a.attname, q.seqincrement > 0 "
        "from pg_catalog.pg_depend d join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S' "
        "join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace "
        "join pg_catalog.pg_sequence q on q.seqrelid = s.oid "
        "join pg_catalog.pg_class t on t.oid = d.refobjid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace "
        "join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid "
        "where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i') "
        "and d.refobjsubid > 0 order by 1, 2",
        deadline);
    if (!owned)
        return tl::unexpected(owned.error());
    QStringList behind;
    for (const QStringList &row : owned->rows) {
        const bool up = row.value(5) == QLatin1StringView("t");
        const QString sequence = quotedIdentifier(row.value(0)) + QLatin1Char('.') + quotedIdentifier(row.value(1));
        const QString table = quotedIdentifier(row.value(2)) + QLatin1Char('.') + quotedIdentifier(row.value(3));
        const QString column = quotedIdentifier(row.value(4));
        const LinkRows rows =
            link.query(s("select (select %1(%2) from %3) %4 (select last_value from %5) as behind")
                           .arg(up ? s("max") : s("min"), column, table, up ? s(">") : s("<"), sequence),
                       deadline);
        if (!rows.isOk()) {
            if (!link.isOpen())
                return fail(kindOf(rows.end), rows.message);
            continue; // a column that has no order, or that this user may not read
        }
        ++looked;
        if (rows.isTrue("behind"))
            behind.append(row.value(0) + QLatin1Char('.') + row.value(1));
    }
    return behind;
}

} // namespace Switchyard
