// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/compare.h"

#include "models/common/numbertext.h"
#include "models/database/compare/compares.h"

#include <QJsonArray>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(text);
}

QString isoOf(const QDateTime &time)
{
    return time.toUTC().toString(Qt::ISODateWithMs);
}

QJsonObject sideToJson(const CompareSide &side)
{
    return {{s("name"), side.name},
            {s("target"), side.target},
            {s("host"), orNull(side.host)},
            {s("server"), orNull(side.server)},
            {s("user"), orNull(side.user)},
            {s("opened"), side.opened},
            {s("error"), orNull(side.error)},
            {s("hint"), orNull(side.hint)},
            {s("written"), side.written ? QJsonValue(*side.written) : QJsonValue()},
            {s("activity"), orNull(side.activity)},
            {s("written_tables"), QJsonArray::fromStringList(side.writtenTables)},
            {s("connections"), side.connections},
            {s("snapshot"), side.snapshotTaken ? QJsonValue(isoOf(*side.snapshotTaken)) : QJsonValue()}};
}

QJsonObject rowToJson(const CompareRow &row)
{
    return {{s("kind"), row.kind},
            {s("object"), row.object},
            {s("status"), compareStatusName(row.status)},
            {s("source"), orNull(row.source)},
            {s("target"), orNull(row.target)},
            {s("source_estimate"), row.sourceEstimate},
            {s("target_estimate"), row.targetEstimate},
            {s("expected"), row.expected},
            {s("moving"), row.moving},
            {s("reason"), orNull(row.reason)},
            {s("hint"), orNull(row.hint)}};
}

} // namespace

QString compareStatusName(CompareStatus status)
{
    switch (status) {
    case CompareStatus::Same:
        return s("same");
    case CompareStatus::Different:
        return s("different");
    case CompareStatus::OnlySource:
        return s("only-source");
    case CompareStatus::OnlyTarget:
        return s("only-target");
    case CompareStatus::Unknown:
        break;
    }
    return s("unknown");
}

QString compareVerdictName(CompareVerdict verdict)
{
    switch (verdict) {
    case CompareVerdict::Pass:
        return s("pass");
    case CompareVerdict::Fail:
        return s("fail");
    case CompareVerdict::Inconclusive:
        break;
    }
    return s("inconclusive");
}

QList<CompareRow> CompareReport::differences() const
{
    QList<CompareRow> found;
    std::copy_if(rows.cbegin(), rows.cend(), std::back_inserter(found),
                 [](const CompareRow &row) { return row.isDifference() && !row.expected; });
    std::stable_partition(found.begin(), found.end(), [](const CompareRow &row) { return !row.moving; });
    return found;
}

QList<CompareRow> CompareReport::unknowns() const
{
    QList<CompareRow> found;
    std::copy_if(rows.cbegin(), rows.cend(), std::back_inserter(found),
                 [](const CompareRow &row) { return row.status == CompareStatus::Unknown && !row.expected; });
    return found;
}

bool CompareReport::isMoving(const QString &object) const
{
    return source.written.value_or(false) && (source.writtenTables.isEmpty() || source.writtenTables.contains(object));
}

void CompareReport::expect(CompareRow &row, const QString &reason)
{
    row.reason = reason;
    if (row.expected)
        return;
    row.expected = true;
    for (CompareTotals &each : totals) {
        if (each.kind != row.kind)
            continue;
        ++each.expected;
        --(row.status == CompareStatus::Different    ? each.different
           : row.status == CompareStatus::OnlySource ? each.onlySource
           : row.status == CompareStatus::OnlyTarget ? each.onlyTarget
                                                     : each.unknown);
    }
}

CompareVerdict CompareReport::verdict() const
{
    // A database that cannot be opened is a failed check, as for a probe; one that goes away later proves nothing.
    if (!cancelled && ((!source.opened && !source.error.isEmpty()) || (!target.opened && !target.error.isEmpty())))
        return CompareVerdict::Fail;
    bool open = cancelled || !source.error.isEmpty() || !target.error.isEmpty() || rows.isEmpty();
    for (const CompareRow &row : rows) {
        if (row.expected || row.status == CompareStatus::Same)
            continue;
        if (row.isDifference() && !row.moving)
            return CompareVerdict::Fail;
        open = true;
    }
    return open ? CompareVerdict::Inconclusive : CompareVerdict::Pass;
}

QStringList CompareReport::reasons() const
{
    QStringList words;
    for (const auto &[side, error] : {std::pair("source", source.error), std::pair("target", target.error)}) {
        if (!error.isEmpty() && !(cancelled && error == QLatin1StringView("cancelled")))
            words.append(s("%1: %2").arg(s(side), error));
    }
    if (cancelled)
        words.append(s("it was cancelled"));
    const QList<CompareRow> found = differences();
    const qsizetype moving =
        std::count_if(found.cbegin(), found.cend(), [](const CompareRow &row) { return row.moving; });
    if (found.size() > moving)
        words.append(countedText(found.size() - moving, "difference", "differences"));
    if (moving > 0)
        words.append(s("%1 in %2 that the source was writing to meanwhile: not proven to be of the copy")
                         .arg(countedText(moving, "difference", "differences"),
                              kind == DatabaseKind::MongoDb ? s("collections") : s("tables")));
    if (const qsizetype unknown = unknowns().size(); unknown > 0)
        words.append(s("%1 not measured").arg(countedText(unknown, "thing was", "things were")));
    if (words.isEmpty())
        words.append(rows.isEmpty() ? s("nothing was compared") : s("no difference that counts was found"));
    return words;
}

QJsonObject compareReportToJson(const CompareReport &report)
{
    QJsonArray rows, totals;
    for (const CompareRow &row : report.rows)
        rows.append(rowToJson(row));
    for (const CompareTotals &each : report.totals)
        totals.append(QJsonObject{{s("kind"), each.kind},
                                  {s("same"), each.same},
                                  {s("different"), each.different},
                                  {s("only_source"), each.onlySource},
                                  {s("only_target"), each.onlyTarget},
                                  {s("unknown"), each.unknown},
                                  {s("expected"), each.expected}});
    return {{s("schema"), s("switchyard.db-compare/1")},
            {s("kind"), databaseKindName(report.kind)},
            {s("verdict"), compareVerdictName(report.verdict())},
            {s("reasons"), QJsonArray::fromStringList(report.reasons())},
            {s("cancelled"), report.cancelled},
            {s("started"), isoOf(report.started)},
            {s("ended"), isoOf(report.ended)},
            {s("source"), sideToJson(report.source)},
            {s("target"), sideToJson(report.target)},
            {s("sample_rows"), report.sampleRows},
            {s("totals"), totals},
            {s("rows"), rows},
            {s("notes"), QJsonArray::fromStringList(report.notes)}};
}

Result<void> comparable(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options)
{
    if (source.kind != target.kind)
        return fail(ErrorKind::Usage,
                    s("a %1 database is not compared with a %2 one")
                        .arg(databaseKindName(source.kind), databaseKindName(target.kind)),
                    s("both sides must be of one kind"));
    if (source.kind != DatabaseKind::Postgres && source.kind != DatabaseKind::MongoDb &&
        source.kind != DatabaseKind::Sqlite)
        return fail(ErrorKind::Usage, s("comparing two %1 databases is not offered").arg(databaseKindName(source.kind)),
                    s("PostgreSQL, MongoDB and SQLite are compared; for Redis, DBSIZE of both and a look at the keys"));
    if (source.kind == DatabaseKind::MongoDb && !options.schemas.isEmpty())
        return fail(ErrorKind::Usage, s("MongoDB has no schemas"),
                    s("each string names its one database; --exclude leaves collections out"));
    if (options.sampleRows < 1 || options.sampleRows > 1'000'000)
        return fail(ErrorKind::Usage, s("a sample has 1 to 1000000 rows"));
    if (options.connections < 1 || options.connections > 8)
        return fail(ErrorKind::Usage, s("1 to 8 connections a side"));
    for (const QString &accept : options.accept) {
        if (accept.section(u':', 0, 0).isEmpty() || !accept.contains(u':'))
            return fail(ErrorKind::Usage, s("\"%1\" is not KIND:OBJECT").arg(accept),
                        s("index:public.orders_old_idx, or extension:*; the kind is the first word of a line"));
    }
    return {};
}

CompareReport compareDatabases(const ConnectionString &source, const ConnectionString &target,
                               const CompareOptions &options)
{
    CompareReport report;
    report.kind = source.kind;
    report.started = QDateTime::currentDateTimeUtc();
    report.source.target = source.target();
    report.target.target = target.target();
    report.source.name = options.sourceName.isEmpty() ? report.source.target : options.sourceName;
    report.target.name = options.targetName.isEmpty() ? report.target.target : options.targetName;
    report.sampleRows = options.checksums ? options.sampleRows : 0;
    if (const Result<void> may = comparable(source, target, options); !may)
        report.source.error = report.target.error = may.error().message;
    else if (source.kind == DatabaseKind::Postgres)
        comparePostgres(source, target, options, report);
    else if (source.kind == DatabaseKind::MongoDb)
        compareMongo(source, target, options, report);
    else
        compareSqlite(source, target, options, report);
    report.cancelled = options.access.cancelled && options.access.cancelled->load();
    report.ended = QDateTime::currentDateTimeUtc();
    return report;
}

} // namespace Switchyard
