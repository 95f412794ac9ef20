// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copychecks.h"

#include "models/common/numbertext.h"
#include "models/database/compare/comparecatalogue.h"
#include "models/database/strings/connectionlint.h"

#include <QFileInfo>
#include <QSet>
#include <QStorageInfo>

#include <algorithm>
#include <optional>

namespace Switchyard {

namespace {

constexpr qsizetype listed = 12;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString joined(const QList<CopyRelation> &relations)
{
    QStringList words;
    for (qsizetype i = 0; i < relations.size() && i < listed; ++i)
        words.append(relationText(relations[i]));
    const qsizetype more = relations.size() - words.size();
    return words.join(s(", ")) + (more > 0 ? s(" and %1 more").arg(more) : QString());
}

CopyStep step(CopyStage stage, StageStatus status, const QString &detail, const QString &hint = {})
{
    return {stage, status, {}, detail, hint};
}

bool isCopied(const CopyRelation &relation, const CopyOptions &options)
{
    return options.schemas.isEmpty() || options.schemas.contains(relation.schema);
}

/// What pg_dump and pg_restore set for themselves (search_path = '') would stay on a connection that is lent to others
/// next.
std::optional<CopyStep> judgePooled(CopyStage stage, const QString &detail, const ConnectionString &connection,
                                    const CopyFacts &facts)
{
    if (facts.lendsEach)
        return step(stage, StageStatus::Fail, detail + s(", through a pooler in transaction mode"),
                    s("the direct host and port of the database: what pg_dump and pg_restore set for themselves, an "
                      "empty search_path first of all, stays on connections that the pooler lends to the application, "
                      "which then finds no table"));
    if (facts.pooler && isTransactionPooler(connection))
        return step(stage, StageStatus::Warn, detail + s(", by a pooler"),
                    s("the direct host and port of the database, unless the pooler is in session mode: in transaction "
                      "mode it disturbs the application's sessions"));
    return {};
}

/// What the comparison afterwards would find, and what a copy cannot change. Empty: nothing.
QString otherWriting(const CopyFacts &source, const CopyFacts &target)
{
    QStringList words;
    const auto differ = [&words](const char *what, const QString &one, const QString &other) {
        if (one != other && !one.isEmpty() && !other.isEmpty())
            words.append(s("its %1 is %2, the source's %3").arg(s(what), other, one));
    };
    differ("encoding", source.encoding, target.encoding);
    differ("locale", source.locale, target.locale);
    if (!isSameLocale(source.collation, target.collation))
        differ("collation", source.collation, target.collation);
    if (!isSameLocale(source.ctype, target.ctype))
        differ("ctype", source.ctype, target.ctype);
    return words.join(s("; "));
}

QString listedText(const QStringList &names)
{
    const qsizetype more = names.size() - listed;
    return names.mid(0, listed).join(s(", ")) + (more > 0 ? s(" and %1 more").arg(more) : QString());
}

} // namespace

CopyAmount copyAmount(const CopyFacts &source, const CopyOptions &options)
{
    CopyAmount amount;
    for (const CopyRelation &each : source.relations) {
        if (!isCopied(each, options) || (each.kind != 'r' && each.kind != 'p'))
            continue;
        ++amount.tables;
        amount.partitioned += each.kind == 'p' ? 1 : 0;
        amount.bytes += each.kind == 'r' ? each.bytes : 0;
    }
    return amount;
}

CopyCollisions collisions(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options)
{
    QSet<QString> names;
    for (const CopyRelation &each : source.relations) {
        if (isCopied(each, options))
            names.insert(each.shown());
    }
    CopyCollisions result;
    for (const CopyRelation &each : target.relations)
        (names.contains(each.shown()) ? result.both : result.only).append(each);
    return result;
}

QStringList schemasOfBoth(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options)
{
    QStringList both;
    for (const QString &each : options.schemas.isEmpty() ? source.schemas : options.schemas) {
        // A dump of everything has "public" only where somebody changed it, and then as a comment or a grant.
        const bool made = !options.schemas.isEmpty() || each != QLatin1StringView("public");
        if (made && target.schemas.contains(each))
            both.append(each);
    }
    return both;
}

namespace {

/// The dump makes its schemas anew, in the one transaction that would fail by it.
/// Neither is dropped by name: PostgreSQL gives up the key of a partition only with the whole table's, and the whole
/// table only with all partitions.
std::optional<CopyStep> judgePartitions(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options)
{
    if (options.clean.isEmpty())
        return {};
    const QString hint = s("an empty target: DROP DATABASE %1 and CREATE DATABASE, or at least DROP TABLE of the "
                           "partitioned tables there; then the copy without --clean where nothing else is left")
                             .arg(quotedIdentifier(target.database));
    QStringList keys;
    for (const QString &each : target.attached) {
        const bool copied = options.schemas.isEmpty() || options.schemas.contains(each.section(u'.', 0, 0));
        if (copied && source.attached.contains(each))
            keys.append(each);
    }
    if (!keys.isEmpty())
        return step(CopyStage::Contents, StageStatus::Fail,
                    s("--clean cannot replace partitioned tables with a primary key or unique constraint: pg_restore "
                      "drops what it replaces one by one, and PostgreSQL lets go of a partition's key only together "
                      "with that of the whole table: %1")
                        .arg(listedText(keys)),
                    hint);
    const CopyCollisions found = collisions(source, target, options);
    QStringList lost;
    for (const CopyRelation &each : found.only) {
        const bool with = std::any_of(found.both.cbegin(), found.both.cend(), [&each](const CopyRelation &its) {
            return its.kind == 'p' && its.shown() == each.whole;
        });
        if (with)
            lost.append(each.shown());
    }
    if (!lost.isEmpty())
        return step(
            CopyStage::Contents, StageStatus::Fail,
            s("partitions that only the target has would be deleted with their table: %1").arg(listedText(lost)),
            s("DETACH PARTITION at the target for what is to stay, DROP TABLE for what is not wanted"));
    return {};
}

/// Names stand for one table each, letter for letter.
std::optional<CopyStep> judgeWithoutRows(const CopyFacts &source, const CopyOptions &options)
{
    for (const QString &each : options.excludeTableData) {
        const CopyRelation *table = source.table(each);
        if (table && table->kind == 'r' && isCopied(*table, options))
            continue;
        QStringList like;
        for (const CopyRelation &its : source.relations) {
            const bool similar = its.name.compare(each.section(u'.', -1), Qt::CaseInsensitive) == 0 ||
                                 (!its.whole.isEmpty() && its.whole == each);
            if (its.kind == 'r' && similar && isCopied(its, options))
                like.append(its.shown());
        }
        if (table && table->kind == 'p')
            return step(CopyStage::Contents, StageStatus::Fail,
                        s("--exclude-table-data %1: it is partitioned and has no rows of its own").arg(each),
                        s("its partitions: %1").arg(listedText(like)));
        return step(CopyStage::Contents, StageStatus::Fail,
                    s("--exclude-table-data %1: %2")
                        .arg(each, table ? s("it is in none of the schemas that are copied")
                                         : s("the source has no table of that name")),
                    like.isEmpty() ? s("SCHEMA.TABLE as the database writes it, letter for letter; no patterns")
                                   : s("one of %1? The names count letter for letter").arg(listedText(like)));
    }
    return {};
}

std::optional<CopyStep> judgeSchemas(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options)
{
    const QStringList both = schemasOfBoth(source, target, options);
    if (both.isEmpty())
        return {};
    if (options.schemas.isEmpty() && options.clean.isEmpty())
        return step(CopyStage::Contents, StageStatus::Fail,
                    s("both have the schema %1").arg(both.mid(0, listed).join(s(", "))),
                    s("DROP SCHEMA at the target if nothing is in it; or copy what is in it with --schema, which takes "
                      "schemas that are there"));
    if (options.schemas.isEmpty()) {
        // The dump deletes the schema itself too, which cannot be while something of the target alone lies in it.
        CopyCollisions found = collisions(source, target, options);
        found.only.removeIf([&both](const CopyRelation &each) { return !both.contains(each.schema); });
        if (found.only.isEmpty())
            return {};
        return step(CopyStage::Contents, StageStatus::Fail,
                    s("the schema %1 would be deleted and made anew, and holds what only the target has: %2")
                        .arg(found.only.first().schema, joined(found.only)),
                    s("--schema %1 replaces what is in it and leaves it; or DROP at the target what is not wanted")
                        .arg(found.only.first().schema));
    }
    QStringList missing = options.schemas;
    missing.removeIf([&both](const QString &each) { return both.contains(each); });
    if (!missing.isEmpty())
        return step(CopyStage::Contents, StageStatus::Fail,
                    s("the target has the schema %1, and not %2")
                        .arg(both.mid(0, listed).join(s(", ")), missing.mid(0, listed).join(s(", "))),
                    s("CREATE SCHEMA at the target first for those that it lacks, or a copy for each kind"));
    return {};
}

} // namespace

CopyStep judgeSource(const ConnectionString &connection, const CopyFacts &source, const CopyOptions &options)
{
    QString detail = s("PostgreSQL %1, database %2, as %3").arg(source.versionText, source.database, source.user);
    if (source.standby)
        detail += s(", a standby");
    if (const std::optional<CopyStep> pooled = judgePooled(CopyStage::Source, detail, connection, source))
        return *pooled;
    QStringList unreadable;
    for (const CopyRelation &each : source.relations) {
        if (isCopied(each, options) && source.unreadable.contains(each.shown()))
            unreadable.append(each.shown());
    }
    if (!unreadable.isEmpty())
        return step(CopyStage::Source, StageStatus::Fail,
                    s("%1: %2 may not read all of: %3").arg(detail, source.user, listedText(unreadable)),
                    s("GRANT USAGE on the schema and SELECT on all tables and sequences in it, or their owner; where "
                      "row-level security hides rows, a user with BYPASSRLS"));
    return step(CopyStage::Source, StageStatus::Ok, detail + (source.pooler ? s(", through a pooler") : QString()));
}

CopyStep judgeTarget(const ConnectionString &connection, const CopyFacts &source, const CopyFacts &target,
                     const CopyOptions &options)
{
    const QString detail = s("PostgreSQL %1, database %2, as %3").arg(target.versionText, target.database, target.user);
    const auto failed = [&](const QString &why, const QString &hint) {
        return step(CopyStage::Target, StageStatus::Fail, s("%1: %2").arg(detail, why), hint);
    };
    if (source.identity == target.identity)
        return failed(s("source and target are the same database"), s("the connection strings"));
    if (target.standby)
        return failed(s("it is a standby, which takes no writes"), s("the primary's address"));
    if (target.readOnly)
        return failed(s("it is set to read only"),
                      s("default_transaction_read_only of the database or the role: ALTER DATABASE … RESET "
                        "default_transaction_read_only"));
    if (!target.mayCreate)
        return failed(s("%1 may not create anything in it").arg(target.user),
                      s("GRANT CREATE ON DATABASE %1 TO %2, or its owner").arg(target.database, target.user));
    const bool inPublic = std::any_of(source.relations.cbegin(), source.relations.cend(), [&](const auto &each) {
        return each.schema == QLatin1StringView("public") && isCopied(each, options);
    });
    if (inPublic && !target.mayCreateInPublic)
        return failed(s("%1 may not create anything in its schema public").arg(target.user),
                      s("since PostgreSQL 15 only the database's owner may: ALTER DATABASE … OWNER TO %1, or GRANT "
                        "CREATE ON SCHEMA public TO %1")
                          .arg(target.user));
    const std::optional<CopyStep> pooled = judgePooled(CopyStage::Target, detail, connection, target);
    if (pooled && pooled->status == StageStatus::Fail)
        return *pooled;
    const QString writing = otherWriting(source, target);
    const QString writingHint =
        s("CREATE DATABASE … TEMPLATE template0 ENCODING '%1' LC_COLLATE '%2' LC_CTYPE '%3' for the target; "
          "--no-compare copies all the same")
            .arg(source.encoding, source.collation, source.ctype);
    if (!writing.isEmpty() && options.compareAfter)
        return failed(s("%1: the comparison after the copy would fail").arg(writing), writingHint);
    if (target.major() < source.major()) {
        const QString why = s("it is older than the source (%1)").arg(source.major());
        if (!options.olderTarget)
            return failed(
                why, s("a target of version %1 or newer; --older-target tries it all the same").arg(source.major()));
        return step(CopyStage::Target, StageStatus::Warn, s("%1: %2").arg(detail, why),
                    s("what only the newer one knows ends the copy, and the target stays as it was"));
    }
    if (pooled)
        return *pooled;
    if (!writing.isEmpty())
        return step(CopyStage::Target, StageStatus::Warn, s("%1: %2").arg(detail, writing), writingHint);
    return step(CopyStage::Target, StageStatus::Ok, detail + (target.pooler ? s(", through a pooler") : QString()));
}

CopyStep judgeContents(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options)
{
    for (const QString &schema : options.schemas) {
        if (!source.schemas.contains(schema))
            return step(CopyStage::Contents, StageStatus::Fail, s("the source has no schema \"%1\"").arg(schema),
                        s("one of %1").arg(source.schemas.mid(0, listed).join(s(", "))));
    }
    if (!options.clean.isEmpty() && options.clean != target.database)
        return step(
            CopyStage::Contents, StageStatus::Fail,
            s("--clean names the database \"%1\", and the target is \"%2\"").arg(options.clean, target.database),
            s("nothing is deleted unless the database is named letter for letter"));
    if (const std::optional<CopyStep> refused = judgeWithoutRows(source, options))
        return *refused;
    const CopyAmount amount = copyAmount(source, options);
    QString coming = countedText(amount.tables, "table", "tables");
    if (amount.partitioned > 0)
        coming += s(" (%1 of them partitioned, with no rows of its own)").arg(amount.partitioned);
    coming += s(", %1 on the source's disk").arg(dataSizeText(amount.bytes));
    if (source.largeObjects > 0)
        coming += s(", %1").arg(countedText(source.largeObjects, "large object", "large objects"));
    if (!options.excludeTableData.isEmpty())
        coming += s("; without rows: %1").arg(listedText(options.excludeTableData));
    QString hint;
    StageStatus status = StageStatus::Ok;
    if (source.largeObjects > 0 && !options.schemas.isEmpty()) {
        status = StageStatus::Warn;
        hint = s("pg_dump --schema leaves large objects out");
    }
    if (source.relations.size() > source.lockSlots || source.relations.size() > target.lockSlots) {
        status = StageStatus::Warn;
        hint = s("more objects than max_locks_per_transaction counts on: raise it, or copy in parts with --schema");
    }
    if (const std::optional<CopyStep> refused = judgeSchemas(source, target, options))
        return *refused;
    if (const std::optional<CopyStep> refused = judgePartitions(source, target, options))
        return *refused;
    const CopyCollisions found = collisions(source, target, options);
    if (found.both.isEmpty() && found.only.isEmpty())
        return step(CopyStage::Contents, status, s("%1; the target is empty").arg(coming), hint);
    const qsizetype all = found.both.size() + found.only.size();
    if (options.clean.isEmpty() && !options.intoNonEmpty)
        return step(CopyStage::Contents, StageStatus::Fail,
                    s("the target is not empty: %1").arg(joined(found.both + found.only)),
                    s("an empty database; --into-nonempty adds beside what is there; --clean %1 first deletes what has "
                      "the name of something in the source (%2 of %3)")
                        .arg(target.database)
                        .arg(found.both.size())
                        .arg(all));
    if (options.clean.isEmpty() && !found.both.isEmpty())
        return step(CopyStage::Contents, StageStatus::Fail, s("both have: %1").arg(joined(found.both)),
                    s("--clean %1 deletes these at the target, in the transaction that brings the new ones")
                        .arg(target.database));
    if (!options.clean.isEmpty() && !found.both.isEmpty())
        return step(CopyStage::Contents, StageStatus::Warn,
                    s("%1; at the target these are deleted first: %2%3")
                        .arg(coming, joined(found.both),
                             found.only.isEmpty() ? QString() : s("; these stay: %1").arg(joined(found.only))),
                    s("in one transaction: if anything fails, they are still there"));
    return step(CopyStage::Contents, StageStatus::Warn,
                s("%1; these stay at the target beside it: %2").arg(coming, joined(found.only)), hint);
}

CopyStep judgeSpace(const CopyFacts &source, const CopyOptions &options)
{
    const QString detail = s("the source takes %1 with its indexes").arg(dataSizeText(source.bytes));
    if (options.file.isEmpty())
        return step(CopyStage::Space, StageStatus::Skipped,
                    detail + s("; how much the target's disk holds cannot be asked of a server"));
    const QStorageInfo disk(QFileInfo(options.file).absolutePath());
    if (!disk.isValid())
        return step(CopyStage::Space, StageStatus::Fail,
                    s("there is no folder %1").arg(QFileInfo(options.file).absolutePath()), s("make it first"));
    const QString room =
        s("%1; %2 are free for the file, which is packed").arg(detail, dataSizeText(disk.bytesAvailable()));
    if (disk.bytesAvailable() < source.tableBytes())
        return step(CopyStage::Space, StageStatus::Warn, room,
                    s("it may not be enough: without --file nothing is kept"));
    return step(CopyStage::Space, StageStatus::Ok, room);
}

CopyStep judgeExtensions(const QList<CopyExtension> &extensions, const CopyFacts &target, const CopyOptions &options)
{
    if (extensions.isEmpty())
        return step(CopyStage::Extensions, StageStatus::Ok, s("the source has none but plpgsql"));
    QStringList there, missing, doubtful;
    for (const CopyExtension &each : extensions) {
        const QString shown = s("%1 %2").arg(each.name, each.version);
        if (each.installed)
            there.append(shown);
        else if (!each.available)
            missing.append(shown);
        else if (!options.schemas.isEmpty() || (!target.superuser && !each.trusted))
            doubtful.append(shown);
        else
            there.append(shown + s(" (is created)"));
    }
    if (!missing.isEmpty() && options.schemas.isEmpty())
        return step(CopyStage::Extensions, StageStatus::Fail,
                    s("the target's server does not have: %1").arg(missing.join(s(", "))),
                    s("a server or plan that offers it, or DROP EXTENSION at the source if nothing needs it"));
    if (!doubtful.isEmpty() || !missing.isEmpty())
        return step(CopyStage::Extensions, StageStatus::Warn,
                    s("%1 is not created yet").arg((doubtful + missing).join(s(", "))),
                    options.schemas.isEmpty()
                        ? s("%1 may lack the right to: create it beforehand by the provider's console").arg(target.user)
                        : s("pg_dump --schema does not carry extensions: create it beforehand"));
    return step(CopyStage::Extensions, StageStatus::Ok, there.join(s(", ")));
}

CopyStep judgeWrites(const QString &writers, const CopyHistory &history, const CopyOptions &options)
{
    QStringList words;
    words.append(writers.isEmpty() ? s("nobody else is connected to the source") : s("at the source: %1").arg(writers));
    bool written = false;
    if (history.last && history.known) {
        written = !history.written.isEmpty();
        QStringList tables;
        for (qsizetype i = 0; i < history.written.size() && i < listed; ++i) {
            const CopyWrites &each = history.written[i];
            tables.append(s("%1 (+%2 ~%3 −%4)").arg(each.table).arg(each.inserted).arg(each.updated).arg(each.deleted));
        }
        words.append(written ? s("since the copy of %1 written: %2%3")
                                   .arg(history.last->toString(Qt::ISODate), tables.join(s(", ")),
                                        history.written.size() > listed
                                            ? s(" and %1 more tables").arg(history.written.size() - listed)
                                            : QString())
                             : s("nothing was written since the copy of %1, up to a second ago")
                                   .arg(history.last->toString(Qt::ISODate)));
    } else if (history.last || options.finalSync) {
        words.append(s("what was written since is not known: %1").arg(history.unknownBecause));
    }
    const bool busy = writers.contains(s("write now")) || writers.contains(s("prepared"));
    if (busy)
        return step(
            CopyStage::Writes, StageStatus::Warn, words.join(s("; ")),
            s("what is written from here on is not in the copy: freeze writes for the last one (--final says how)"));
    return step(CopyStage::Writes, StageStatus::Ok, words.join(s("; ")));
}

QStringList freezeSteps(const CopyFacts &source, const QString &platform)
{
    const QString name = quotedIdentifier(source.database);
    QStringList steps;
    if (platform == QLatin1StringView("render"))
        steps += s("Render: suspend every service that writes (Dashboard → Settings → Suspend, or POST "
                   "/v1/services/ID/suspend), workers and cron jobs too");
    else if (platform == QLatin1StringView("fly"))
        steps += s("Fly.io: fly scale count 0 -a APP for every app that writes, or fly machine stop ID: a stopped "
                   "machine with auto_start_machines is started again by the next request");
    else
        steps += s("stop every program that writes: web servers, workers, cron jobs");
    steps += s("at the source: ALTER DATABASE %1 SET default_transaction_read_only = on; it counts for new sessions "
               "only, and any session may set it off again")
                 .arg(name);
    steps += s("at the source: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
               "current_database() AND pid <> pg_backend_pid(); ends the sessions that began before");
    steps += s("then this command again with --final: the stage \"writes\" tells whether anything was written since");
    steps += s("to go back: ALTER DATABASE %1 RESET default_transaction_read_only, and start the programs again; from "
               "the target to the source it is this command with both exchanged")
                 .arg(name);
    return steps;
}

} // namespace Switchyard
