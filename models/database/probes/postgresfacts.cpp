// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/postgresfacts.h"

#include "models/common/numbertext.h"
#include "models/database/probes/postgreshints.h"

#include <QDate>
#include <QLocale>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Whether the failure is only that this user may not look.
bool isLimited(const LinkRows &rows)
{
    return rows.end == LinkEnd::Failed && rows.sqlState == QLatin1StringView("42501");
}

StageResult limitedStage(DatabaseStage stage, const LinkRows &rows, const char *grant)
{
    return {stage, StageStatus::Warn, rows.ms, s("connected, limited: %1").arg(rows.message), s(grant)};
}

StageResult failedQuery(DatabaseStage stage, const LinkRows &rows)
{
    return failedStage(stage, rows.end, rows.sqlState, rows.message, rows.ms, "slow-server", "dropped-in-query");
}

/// "15.4 (Debian 15.4-1)" -> "15.4"
QString shortVersion(const QString &version)
{
    return version.section(QLatin1Char(' '), 0, 0).left(32);
}

constexpr const char whoSql[] =
    "select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major, "
    "pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as read_only, "
    "pg_backend_pid() as pid, current_user as who, current_database() as db";

constexpr const char roleSql[] =
    "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, "
    "pg_get_userbyid(d.datdba) = current_user as owner, has_database_privilege(d.oid, 'CREATE') as db_create "
    "from pg_catalog.pg_roles r, pg_catalog.pg_database d "
    "where r.rolname = current_user and d.datname = current_database()";

/// Those of the server's own roles, and of providers, that reach beyond the tables of one application.
constexpr const char memberSql[] =
    "select rolname from pg_catalog.pg_roles where rolname <> current_user and (rolname like 'pg\\_%' or rolname in "
    "('neon_superuser', 'rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'supabase_admin')) "
    "and pg_catalog.pg_has_role(current_user, oid, 'USAGE') order by 1 limit 40";

constexpr const char schemaSql[] =
    "select n.nspname as name, has_schema_privilege(n.oid, 'CREATE') as may_create, count(c.oid) as tables, "
    "count(c.oid) filter (where has_table_privilege(c.oid, 'SELECT')) as readable, "
    "count(c.oid) filter (where has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE')) as writable "
    "from pg_catalog.pg_namespace n left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', "
    "'p') "
    "where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and has_schema_privilege(n.oid, 'USAGE') "
    "group by n.oid, n.nspname order by 3 desc, 1 limit 20";

constexpr const char limitsSql[] =
    "select current_setting('max_connections')::int as most, "
    "current_setting('superuser_reserved_connections')::int as superusers, "
    "coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as reserved, "
    "(select rolconnlimit from pg_catalog.pg_roles where rolname = current_user) as role_limit, "
    "(select datconnlimit from pg_catalog.pg_database where datname = current_database()) as db_limit";

/// The rows of all are there for everybody, their states are not. Replication and the server's own processes have
/// places of their own.
constexpr const char activitySql[] =
    "select count(*) as used, count(*) filter (where state = 'active') as active, "
    "count(*) filter (where state = 'idle') as idle, "
    "count(*) filter (where state like 'idle in transaction%') as in_transaction, "
    "count(*) filter (where state is null) as hidden, "
    "count(*) filter (where usename = current_user) as of_role, "
    "count(*) filter (where datname = current_database()) as of_db "
    "from pg_catalog.pg_stat_activity where datid is not null and usesysid is not null "
    "and (backend_type is null or backend_type = 'client backend')";

void judgeVersion(StageResult &stage, int major)
{
    const std::optional<QDate> end = major > 0 ? postgresEndOfLife(major) : std::nullopt;
    if (!end && major > 0 && major < 10) {
        stage.status = StageStatus::Warn;
        stage.hint = s("PostgreSQL %1 is no longer mended: move to a version that is").arg(major);
    }
    if (!end)
        return;
    const QDate today = QDate::currentDate();
    if (*end < today) {
        stage.status = StageStatus::Warn;
        stage.hint =
            s("PostgreSQL %1 has had no fixes since %2 (postgresql.org/support/versioning): move to a newer one")
                .arg(major)
                .arg(end->toString(Qt::ISODate));
    } else if (today.daysTo(*end) < 180) {
        stage.detail += s("; fixes until %1").arg(end->toString(Qt::ISODate));
    }
}

QString poolerWords(const PostgresSession &session)
{
    if (!session.pooler)
        return {};
    if (!*session.pooler)
        return s(", direct");
    return session.transaction.value_or(false) ? s(", through a pooler in transaction mode") : s(", through a pooler");
}

} // namespace

/// pgbouncer makes up a number of its own for the cancel key; the server's is another one.
void judgePooler(PostgresLink &link, std::optional<int> pid, const PostgresExpectations &expected,
                 const Deadline &deadline, const std::function<bool(PostgresLink &)> &second, PostgresSession &session)
{
    if (pid && link.backendPid() != 0)
        session.pooler = *pid != link.backendPid();
    if (expected.poolerByName)
        session.pooler = true;
    if (expected.pooledNeon) {
        session.transaction = true;
        return;
    }
    if (!session.pooler.value_or(false) || !pid)
        return;
    // Two clients at once that work on the same server connection, or one that works on two: lent for a transaction at
    // the longest. Others prove nothing, and where many clients come and go it may take more than one look.
    PostgresLink other;
    if (!second(other))
        return;
    constexpr int looks = 3;
    for (int i = 0; i < looks && !session.transaction; ++i) {
        const LinkRows mine = link.query(s("select pg_backend_pid() as pid"), deadline);
        const LinkRows theirs = other.query(s("select pg_backend_pid() as pid"), deadline);
        if (!mine.isOk() || !theirs.isOk() || !mine.number("pid"))
            return;
        if (mine.number("pid") == theirs.number("pid") || mine.number("pid") != pid)
            session.transaction = true;
    }
}

bool meetsSessionAttributes(const QString &attributes, const PostgresSession &session)
{
    if (attributes == QLatin1StringView("read-write"))
        return !session.readOnly;
    if (attributes == QLatin1StringView("read-only"))
        return session.readOnly;
    if (attributes == QLatin1StringView("primary"))
        return !session.standby;
    if (attributes == QLatin1StringView("standby"))
        return session.standby;
    return true;
}

StageResult failedStage(DatabaseStage stage, LinkEnd end, const QString &sqlState, const QString &message,
                        std::optional<double> ms, const char *silentCause, const char *droppedCause)
{
    StageResult result{stage, StageStatus::Fail, ms, message, {}};
    if (end == LinkEnd::Cancelled) {
        result.status = StageStatus::NotReached;
        result.detail = s("cancelled");
        return result;
    }
    std::optional<PostgresCause> cause;
    if (end == LinkEnd::Timeout)
        cause = postgresCauseOf(silentCause);
    else
        cause = postgresCause(sqlState, message);
    if (!cause && sqlState.isEmpty())
        cause = postgresCauseOf(droppedCause);
    if (!cause) {
        result.detail = s("%1 (%2)").arg(message, sqlState);
        result.hint = s("SQLSTATE %1 in PostgreSQL's list of error codes, and the server's log").arg(sqlState);
        return result;
    }
    result.detail = message.isEmpty()    ? cause->words
                    : sqlState.isEmpty() ? s("%1: %2").arg(cause->words, message)
                                         : s("%1: %2 (%3)").arg(cause->words, message, sqlState);
    result.hint = cause->hint;
    return result;
}

StageResult postgresQueryStage(PostgresLink &link, const PostgresExpectations &expected, const Deadline &deadline,
                               const std::function<bool(PostgresLink &)> &second, DatabaseReport &report,
                               PostgresSession &session)
{
    const LinkRows one = link.query(s("select 1 as one"), deadline);
    if (!one.isOk()) {
        StageResult failed = failedQuery(DatabaseStage::Query, one);
        if (one.sqlState == QLatin1StringView("08P01") && report.target.endsWith(s("/pgbouncer")))
            failed.hint = s("\"pgbouncer\" is the pooler's own console: name the application's database");
        return failed;
    }
    session.selectMs = one.ms;
    if (one.value("one") != QLatin1StringView("1"))
        return {DatabaseStage::Query, StageStatus::Fail, one.ms, s("select 1 was answered with something else"),
                postgresCauseOf("protocol").hint};
    const LinkRows who = link.query(s(whoSql), deadline);
    if (!who.isOk() && who.end != LinkEnd::Failed)
        return failedQuery(DatabaseStage::Query, who);
    QString version = shortVersion(who.isOk() ? who.value("version") : link.parameter("server_version"));
    session.major = who.number("major").value_or(version.section(QLatin1Char('.'), 0, 0).toInt());
    report.server = version.isEmpty() ? s("PostgreSQL") : s("PostgreSQL %1").arg(version);
    StageResult stage{DatabaseStage::Query, StageStatus::Ok, one.ms, {}, {}};
    if (!who.isOk()) {
        // Those that speak its protocol only (CockroachDB, pgbouncer's console) lack some of the functions.
        stage.status = StageStatus::Warn;
        stage.detail = s("select 1 works; the server does not say what it is: %1").arg(who.message);
        stage.hint = s("a server that only speaks PostgreSQL's protocol, or one with functions revoked");
        if (!link.isOpen())
            return failedQuery(DatabaseStage::Query, who);
        return stage;
    }
    session.standby = who.isTrue("standby");
    session.readOnly = session.standby || who.value("read_only") == QLatin1StringView("on");
    judgePooler(link, who.number("pid"), expected, deadline, second, session);
    stage.detail =
        s("%1, database %2 as %3%4").arg(report.server, who.value("db"), who.value("who"), poolerWords(session));
    judgeVersion(stage, session.major);
    if (session.readOnly) {
        stage.status = StageStatus::Warn;
        stage.detail += session.standby ? s("; a read-only standby") : s("; transactions are read-only by default");
        if (stage.hint.isEmpty())
            stage.hint = session.standby
                             ? s("writes go to the primary: its address, or target_session_attrs=read-write")
                             : s("default_transaction_read_only of the server, the database or the role");
    }
    if (!meetsSessionAttributes(expected.sessionAttributes, session)) {
        session.sessionRefused = true;
        stage.status = StageStatus::Fail;
        stage.detail += s("; not what target_session_attrs=%1 asks for").arg(expected.sessionAttributes);
        stage.hint = s("the host that is, or another target_session_attrs");
    }
    return stage;
}

StageResult postgresPrivilegesStage(PostgresLink &link, const PostgresSession &session, const Deadline &deadline,
                                    DatabaseReport &report)
{
    const LinkRows role = link.query(s(roleSql), deadline);
    if (isLimited(role))
        return limitedStage(DatabaseStage::Privileges, role, "the roles' catalogue is closed to this user");
    if (!role.isOk())
        return failedQuery(DatabaseStage::Privileges, role);
    QList<DatabasePrivilege> privileges;
    QStringList excess;
    const auto add = [&](const QString &name, bool tooMuch) {
        privileges.append({name, tooMuch});
        if (tooMuch)
            excess.append(name);
    };
    static const std::pair<const char *, const char *> flags[] = {{"rolsuper", "superuser"},
                                                                  {"rolcreaterole", "createrole"},
                                                                  {"rolcreatedb", "createdb"},
                                                                  {"rolreplication", "replication"},
                                                                  {"rolbypassrls", "bypassrls"}};
    for (const auto &[column, name] : flags) {
        if (role.isTrue(column))
            add(s(name), true);
    }
    const bool superuser = role.isTrue("rolsuper");
    double ms = role.ms;
    if (!superuser) {
        const LinkRows members = link.query(s(memberSql), deadline);
        ms += members.ms;
        if (!members.isOk() && !isLimited(members))
            return failedQuery(DatabaseStage::Privileges, members);
        // They only look at figures, or are what everybody has.
        static const QStringList harmless{s("pg_monitor"),        s("pg_read_all_settings"),
                                          s("pg_read_all_stats"), s("pg_stat_scan_tables"),
                                          s("pg_database_owner"), s("pg_use_reserved_connections")};
        for (qsizetype i = 0; i < members.rows.size(); ++i)
            add(members.valueAt(i, "rolname"), !harmless.contains(members.valueAt(i, "rolname")));
    }
    if (role.isTrue("owner"))
        add(s("owner of the database"), false);
    else if (role.isTrue("db_create"))
        add(s("create schemas"), false);
    const LinkRows schemas = link.query(s(schemaSql), deadline);
    ms += schemas.ms;
    if (!schemas.isOk() && !isLimited(schemas))
        return failedQuery(DatabaseStage::Privileges, schemas);
    bool writes = false;
    QStringList told;
    for (qsizetype i = 0; i < schemas.rows.size(); ++i) {
        const QString name = schemas.valueAt(i, "name");
        const int tables = schemas.valueAt(i, "tables").toInt();
        const int writable = schemas.valueAt(i, "writable").toInt();
        if (schemas.valueAt(i, "may_create") == QLatin1StringView("t"))
            add(s("create@%1").arg(name), false);
        if (schemas.valueAt(i, "readable").toInt() > 0)
            add(s("read@%1").arg(name), false);
        if (writable > 0)
            add(s("write@%1").arg(name), false);
        writes = writes || writable > 0 || schemas.valueAt(i, "may_create") == QLatin1StringView("t");
        if (tables > 0 && told.size() < 3)
            told.append(s("%1: writes %2 of %3").arg(name).arg(writable).arg(countedText(tables, "table", "tables")));
    }
    report.privileges = privileges;
    StageResult stage{DatabaseStage::Privileges, StageStatus::Ok, ms, {}, {}};
    QStringList words;
    if (!excess.isEmpty())
        words.append(s("more than an application needs: %1").arg(excess.join(s(", "))));
    words += told;
    if (!writes && schemas.isOk())
        words.append(s("writes nothing"));
    stage.detail = words.isEmpty() ? s("no more than the schemas") : words.join(s("; "));
    if (session.readOnly && writes)
        stage.detail += s("; the server is read-only now");
    if (!excess.isEmpty()) {
        stage.status = StageStatus::Warn;
        stage.hint =
            s("a role of its own for the application: NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS, "
              "with what it needs of one schema");
    }
    return stage;
}

namespace {

/// The tightest of the limits that hold for this user.
struct Tightest
{
    int used = 0;
    int limit = 0;
    QString whose;
    bool isTight() const { return limit > 0 && used * 10 >= limit * 8; }
};

Tightest tightestOf(const LinkRows &limits, const LinkRows &activity, int usable)
{
    Tightest tightest{activity.number("used").value_or(0), usable, s("the server")};
    const auto consider = [&](const char *limitColumn, const char *usedColumn, const char *whose) {
        const int limit = limits.number(limitColumn).value_or(-1);
        const int used = activity.number(usedColumn).value_or(0);
        if (limit < 0)
            return;
        if (limit - used < tightest.limit - tightest.used)
            tightest = {used, limit, s(whose)};
    };
    consider("role_limit", "of_role", "the role");
    consider("db_limit", "of_db", "the database");
    return tightest;
}

QString stateWords(const LinkRows &activity)
{
    QStringList words;
    for (const auto &[column, name] : {std::pair("active", "active"), std::pair("idle", "idle"),
                                       std::pair("in_transaction", "idle in a transaction"),
                                       std::pair("hidden", "whose state this user may not see")}) {
        if (const int count = activity.number(column).value_or(0); count > 0)
            words.append(s("%1 %2").arg(count).arg(s(name)));
    }
    return words.join(s(", "));
}

} // namespace

StageResult postgresHeadroomStage(PostgresLink &link, const PostgresSession &session, const Deadline &deadline,
                                  DatabaseReport &report)
{
    DatabaseHeadroom headroom;
    headroom.pooler = session.pooler;
    const LinkRows limits = link.query(s(limitsSql), deadline);
    if (!limits.isOk() && !isLimited(limits))
        return failedQuery(DatabaseStage::Headroom, limits);
    headroom.limit = limits.number("most");
    if (limits.number("superusers"))
        headroom.reserved = *limits.number("superusers") + limits.number("reserved").value_or(0);
    const LinkRows activity = link.query(s(activitySql), deadline);
    if (!activity.isOk() && !isLimited(activity))
        return failedQuery(DatabaseStage::Headroom, activity);
    headroom.used = activity.number("used");
    if (!headroom.isEmpty())
        report.headroom = headroom;
    if (!limits.isOk())
        return limitedStage(DatabaseStage::Headroom, limits, "GRANT pg_monitor TO … shows what is in use");
    const QString room = s("%1 at most, %2 reserved")
                             .arg(countedText(*headroom.limit, "connection", "connections"))
                             .arg(headroom.reserved.value_or(0));
    if (!activity.isOk()) {
        StageResult stage =
            limitedStage(DatabaseStage::Headroom, activity, "GRANT pg_monitor TO … shows what is in use");
        stage.detail += s("; %1").arg(room);
        return stage;
    }
    StageResult stage{DatabaseStage::Headroom, StageStatus::Ok, limits.ms + activity.ms, {}, {}};
    const int usable = *headroom.limit - headroom.reserved.value_or(0);
    stage.detail =
        s("%1 of %2 in use, ours with them (%3); %4").arg(*headroom.used).arg(usable).arg(stateWords(activity), room);
    for (const auto &[column, used, name] :
         {std::tuple("role_limit", "of_role", "this role"), std::tuple("db_limit", "of_db", "this database")}) {
        if (const int limit = limits.number(column).value_or(-1); limit >= 0)
            stage.detail += s("; %1: %2 of %3").arg(s(name)).arg(activity.number(used).value_or(0)).arg(limit);
    }
    if (session.pooler.value_or(false))
        stage.detail += s("; these are the server's, the pooler has limits of its own");
    const Tightest tightest = tightestOf(limits, activity, usable);
    if (tightest.isTight()) {
        stage.status = StageStatus::Warn;
        stage.hint = s("%1 has %2 left: smaller pools (workers × size × instances), or a pooler in front")
                         .arg(tightest.whose,
                              countedText(std::max(0, tightest.limit - tightest.used), "connection", "connections"));
    } else if (activity.number("in_transaction").value_or(0) * 4 >= std::max(8, *headroom.used)) {
        stage.status = StageStatus::Warn;
        stage.hint =
            s("sessions wait inside open transactions: idle_in_transaction_session_timeout, and code that commits");
    }
    return stage;
}

AlembicTable readAlembicTable(PostgresLink &link, const Deadline &deadline)
{
    AlembicTable table;
    const LinkRows found = link.query(
        s("select n.nspname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = "
          "c.relnamespace "
          "where c.relname = 'alembic_version' and c.relkind in ('r', 'p', 'v') and n.nspname not like 'pg\\_%' "
          "order by pg_catalog.pg_table_is_visible(c.oid) desc, 1 limit 1"),
        deadline);
    if (!found.isOk()) {
        table.unreadable = found.end == LinkEnd::Failed ? found.message : s("no answer in time");
        return table;
    }
    if (found.rows.isEmpty())
        return table;
    table.exists = true;
    table.schema = found.value("name");
    const LinkRows versions = link.query(
        s("select version_num from %1.alembic_version order by 1 limit 100").arg(quotedIdentifier(table.schema)),
        deadline);
    if (!versions.isOk()) {
        table.unreadable = versions.end == LinkEnd::Failed ? versions.message : s("no answer in time");
        return table;
    }
    for (const QStringList &row : versions.rows)
        table.versions.append(row.value(0).left(64));
    table.versions.sort();
    return table;
}

} // namespace Switchyard
