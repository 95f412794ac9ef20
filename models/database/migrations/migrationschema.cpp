// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/migrations/migrationschema.h"

#include "models/database/probes/postgresfacts.h"

#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

namespace {

constexpr qsizetype shownLines = 20;
constexpr qsizetype shownLength = 300;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Of no extension, no system and not Alembic's own.
constexpr const char tablesSql[] =
    "select n.nspname as schema, c.relname as name from pg_catalog.pg_class c "
    "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
    "where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' "
    "and c.relname <> 'alembic_version' and not exists (select 1 from pg_catalog.pg_depend d "
    "where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e') "
    "order by 1, 2";

constexpr const char countersSql[] =
    "select schemaname || '.' || sequencename as name, last_value as value from pg_catalog.pg_sequences order by 1";

Result<LinkRows> ask(PostgresLink &link, const QString &sql, const Deadline &deadline)
{
    LinkRows rows = link.query(sql, deadline);
    if (rows.isOk())
        return rows;
    const ErrorKind kind = rows.end == LinkEnd::Cancelled ? ErrorKind::Cancelled
                           : rows.end == LinkEnd::Timeout ? ErrorKind::Timeout
                                                          : ErrorKind::Protocol;
    return fail(kind, rows.message.isEmpty() ? s("no answer came in time") : rows.message,
                kind == ErrorKind::Timeout ? s("a longer --timeout") : QString());
}

/// What pg_dump writes behind an object for the next one, or for the end.
bool isFrame(const QString &line)
{
    return line.isEmpty() || line == QLatin1StringView("--") || line.startsWith(s("-- PostgreSQL database dump")) ||
           line.startsWith(s("\\unrestrict ")) || line.startsWith(s("SET default_table_access_method")) ||
           line.startsWith(s("SET default_tablespace"));
}

/// What only one of both has, in its order: enough to see which statement it is.
QStringList lineDifference(const QString &before, const QString &after)
{
    const QStringList olds = before.split(u'\n', Qt::SkipEmptyParts);
    const QStringList news = after.split(u'\n', Qt::SkipEmptyParts);
    const QSet<QString> had(olds.cbegin(), olds.cend());
    const QSet<QString> has(news.cbegin(), news.cend());
    QStringList lines;
    for (const QString &line : olds) {
        if (!has.contains(line))
            lines.append(s("- ") + line.left(shownLength));
    }
    for (const QString &line : news) {
        if (!had.contains(line))
            lines.append(s("+ ") + line.left(shownLength));
    }
    if (lines.isEmpty()) // the same lines in another order, or another number of them
        lines.append(s("  the same lines in another order"));
    if (lines.size() > shownLines) {
        const qsizetype more = lines.size() - shownLines;
        lines = lines.first(shownLines);
        lines.append(s("  and %1 more").arg(more));
    }
    return lines;
}

void compareMaps(const QMap<QString, QString> &before, const QMap<QString, QString> &after, SchemaChangeKind changed,
                 QList<SchemaChange> &changes)
{
    for (auto each = before.cbegin(); each != before.cend(); ++each) {
        const auto now = after.constFind(each.key());
        if (now == after.cend()) {
            if (changed == SchemaChangeKind::Changed)
                changes.append({SchemaChangeKind::Removed, each.key(), lineDifference(*each, {})});
        } else if (*now != *each) {
            changes.append({changed, each.key(), lineDifference(*each, *now)});
        }
    }
    for (auto each = after.cbegin(); each != after.cend(); ++each) {
        if (before.contains(each.key()))
            continue;
        // A new table and a new sequence are told already: as objects.
        if (changed == SchemaChangeKind::Changed)
            changes.append({SchemaChangeKind::Added, each.key(), lineDifference({}, *each)});
    }
}

} // namespace

QString schemaChangeName(SchemaChangeKind kind)
{
    switch (kind) {
    case SchemaChangeKind::Added:
        return s("added");
    case SchemaChangeKind::Removed:
        return s("removed");
    case SchemaChangeKind::Changed:
        return s("changed");
    case SchemaChangeKind::Rows:
        return s("rows");
    case SchemaChangeKind::Version:
        return s("version");
    case SchemaChangeKind::Counter:
        break;
    }
    return s("counter");
}

QMap<QString, QString> schemaObjects(const QByteArray &dump)
{
    static const QRegularExpression head(s(R"(^-- Name: (.*); Type: ([A-Z ]+); Schema: (.*); Owner: .*$)"));
    QMap<QString, QString> objects;
    QString current;
    QStringList lines;
    const auto end = [&] {
        while (!lines.isEmpty() && isFrame(lines.last()))
            lines.removeLast();
        // Two of one name are one object: what differs between them still shows.
        if (!current.isEmpty())
            objects[current] += lines.join(u'\n') + u'\n';
        lines.clear();
    };
    // Before the first object stands what the program sets for itself.
    for (const QString &line : QString::fromUtf8(dump).split(u'\n')) {
        if (const auto match = head.match(line); match.hasMatch()) {
            end();
            const QString schema = match.captured(3);
            current =
                s("%1 %2").arg(match.captured(2), schema == QLatin1StringView("-") ? match.captured(1)
                                                                                   : schema + u'.' + match.captured(1));
        } else {
            lines.append(line);
        }
    }
    end();
    return objects;
}

Result<void> readContents(PostgresLink &link, SchemaState &state, const Deadline &deadline)
{
    const Result<LinkRows> tables = ask(link, s(tablesSql), deadline);
    if (!tables)
        return tl::unexpected(tables.error());
    for (const QStringList &table : tables->rows) {
        const QString quoted = quotedIdentifier(table.value(0)) + u'.' + quotedIdentifier(table.value(1));
        // In no order of the server's, so that an UPDATE that leaves all as it was is no difference.
        const Result<LinkRows> sum =
            ask(link,
                s("select pg_catalog.count(*) as n, pg_catalog.md5(coalesce(pg_catalog.string_agg(row_sum, '' order "
                  "by row_sum), '')) as sum from (select pg_catalog.md5((sy_row.*)::text) as row_sum from only %1 "
                  "sy_row) sy_all")
                    .arg(quoted),
                deadline);
        if (!sum)
            return tl::unexpected(sum.error());
        state.rows.insert(table.join(u'.'), s("%1 rows, checksum %2").arg(sum->value("n"), sum->value("sum").left(16)));
    }
    const Result<LinkRows> counters = ask(link, s(countersSql), deadline);
    if (!counters)
        return tl::unexpected(counters.error());
    for (const QStringList &row : counters->rows)
        state.counters.insert(row.value(0), row.value(1));
    const AlembicTable table = readAlembicTable(link, deadline);
    if (!table.unreadable.isEmpty())
        return fail(ErrorKind::Protocol, s("alembic_version cannot be read: %1").arg(table.unreadable));
    state.versions = table.versions;
    return {};
}

QList<SchemaChange> schemaChanges(const SchemaState &before, const SchemaState &after)
{
    QList<SchemaChange> changes;
    if (before.versions != after.versions)
        changes.append({SchemaChangeKind::Version,
                        s("alembic_version"),
                        {s("- ") + before.versions.join(s(", ")), s("+ ") + after.versions.join(s(", "))}});
    compareMaps(before.objects, after.objects, SchemaChangeKind::Changed, changes);
    compareMaps(before.rows, after.rows, SchemaChangeKind::Rows, changes);
    compareMaps(before.counters, after.counters, SchemaChangeKind::Counter, changes);
    return changes;
}

} // namespace Switchyard
