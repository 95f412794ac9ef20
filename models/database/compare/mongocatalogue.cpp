// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/mongocatalogue.h"

#include <mutex>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char readHint[] = "once more; where a right is missing, the role read on the database gives it";

CatalogueItem itemOf(const QString &collection, const QString &object, const QString &value)
{
    return {{}, collection, object, value, {}};
}

QString joined(const QStringList &words)
{
    QStringList there = words;
    there.removeAll(s("{}"));
    return there.isEmpty() ? s("no options") : there.join(u' ');
}

/// {name, type, options}: system's own are not compared.
void takeCollection(QByteArrayView entry, MongoCatalogue &result)
{
    // What the comparison tells elsewhere, and what is of the server's files and not of the data.
    static const QList<QByteArray> elsewhere{
        "validator", "validationLevel", "validationAction", "storageEngine", "uuid", "autoIndexId", "temp", "flags"};
    const QString name = mongoString(entry, "name");
    const QString type = mongoString(entry, "type");
    const QByteArrayView options = mongoDocument(entry, "options");
    if (name.isEmpty() || name.startsWith(s("system.")))
        return;
    result.isEmpty = false;
    QHash<QString, CatalogueList> &lists = result.catalogue.lists;
    if (type == s("view")) {
        // The order of keys counts in a stage such as $sort.
        lists[s("view")].items.append(itemOf(name, name, mongoText(options, KeyOrder::Kept)));
        return;
    }
    const bool timeSeries = type == s("timeseries");
    result.collections.insert(name, timeSeries);
    lists[s("collection")].items.append(
        itemOf(name, name,
               joined({timeSeries ? s("time series") : s("{}"), mongoText(options, KeyOrder::Sorted, elsewhere)})));
    const QString validator = mongoText(mongoDocument(options, "validator"), KeyOrder::Sorted);
    if (validator == s("{}"))
        return;
    const QString level = mongoString(options, "validationLevel");
    const QString action = mongoString(options, "validationAction");
    lists[s("validator")].items.append(itemOf(
        name, name,
        s("level %1, action %2: ").arg(level.isEmpty() ? s("strict") : level, action.isEmpty() ? s("error") : action) +
            validator));
}

/// {v, key, name, unique, …}
void takeIndex(const QString &collection, QByteArrayView entry, MongoCatalogue &result)
{
    const QString name = mongoString(entry, "name");
    if (name == s("_id_"))
        return;
    // Of the index's files, or of how it was built.
    QList<QByteArray> without{"v", "ns", "background", "key", "name"};
    for (const char *flag : {"unique", "sparse", "hidden"}) {
        if (!mongoFlag(entry, flag))
            without.append(flag);
    }
    const QString object = collection + u'/' + name;
    const QString key = mongoText(mongoDocument(entry, "key"), KeyOrder::Kept);
    const QString more = mongoText(entry, KeyOrder::Sorted, without);
    result.catalogue.lists[s("index")].items.append(
        itemOf(collection, object, more == s("{}") ? key : key + u' ' + more));
    result.keys.insert(object, key);
    QString options = s("{\"name\": %1").arg(QString::fromUtf8(mongoQuoted(name)));
    options += more == s("{}") ? s("}") : s(", ") + more.mid(1);
    result.commands.insert(
        object,
        s("db.getCollection(%1).createIndex(%2, %3)").arg(QString::fromUtf8(mongoQuoted(collection)), key, options));
}

void judgeIndex(CompareRow &row, const MongoCatalogue &source, const MongoCatalogue &target)
{
    const QString command = shownDefinition(source.commands.value(row.object), {});
    const bool unique = command.contains(s("\"unique\": true"));
    if (row.status == CompareStatus::OnlySource) {
        row.reason = unique ? s("the target does not have it: it takes the same key twice, and queries read all")
                            : s("the target does not have it: queries that use it read all documents there");
        row.hint = s("on the target: %1; or --accept index:%2").arg(command, row.object);
    } else if (row.status == CompareStatus::Different) {
        row.reason = source.keys.value(row.object) != target.keys.value(row.object)
                         ? s("the keys of the index differ, and their order counts")
                         : s("the keys are the same, the options differ");
        row.hint = s("where the source's is meant, drop it on the target, then %1").arg(command);
    }
}

void judge(const QString &kind, QList<CompareRow> &rows, const MongoCatalogue &source, const MongoCatalogue &target)
{
    for (CompareRow &row : rows) {
        if (row.status == CompareStatus::Unknown)
            row.hint = s(readHint);
        else if (kind == s("index"))
            judgeIndex(row, source, target);
        else if (kind == s("validator") && row.status == CompareStatus::OnlySource)
            row.reason = s("the target takes documents that the source refuses");
        else if (kind == s("collection") && row.status == CompareStatus::OnlyTarget && source.isEmpty)
            row.reason = s("the source has no collection at all: does its string name the right database?");
        else if (kind == s("collection") && row.status == CompareStatus::OnlySource && target.isEmpty)
            row.reason = s("the target has no collection at all: does its string name the right database?");
    }
}

QString productOf(const CompareSide &side)
{
    return side.server.section(u' ', 0, 0);
}

void compareVersions(const MongoSide &left, const MongoSide &right, CompareFilter &filter, CompareReport &report)
{
    CompareRow row;
    row.kind = s("version");
    row.source = left.version();
    row.target = right.version();
    const auto release = [](const QString &text) {
        const QVersionNumber all = QVersionNumber::fromString(text);
        return QVersionNumber(all.majorVersion(), all.minorVersion());
    };
    const QVersionNumber from = release(row.source);
    const QVersionNumber to = release(row.target);
    if (row.source.isEmpty() || row.target.isEmpty()) {
        row.expected = true;
        row.reason = s("a server does not tell it to this user");
    } else if (productOf(report.source) != productOf(report.target)) {
        row.status = CompareStatus::Different;
        row.source = report.source.server;
        row.target = report.target.server;
        row.reason = s("two products with one protocol: the target may not have what the source uses");
        row.hint = s("its list of what it lacks; --accept version: where that is meant");
    } else if (row.source == row.target) {
        row.status = CompareStatus::Same;
    } else {
        row.status = CompareStatus::Different;
        row.expected = from <= to;
        row.reason = from > to   ? s("the target is older: it may not know what the source uses")
                     : from < to ? s("an upgrade")
                                 : s("of one release");
        if (from > to)
            row.hint = s("a target with MongoDB %1 or newer").arg(from.toString());
        else if (from < to)
            row.hint = s("the release notes in between, and what drivers take with them: mongodb.com/docs/manual/"
                         "release-notes");
    }
    if (row.status != CompareStatus::Same && filter.accepts(row))
        row.expected = true;
    addCompareRow(report, row);
    if (left.feature().isEmpty() || right.feature().isEmpty())
        return; // not told to every user
    CompareRow feature;
    feature.kind = s("feature-version");
    feature.source = left.feature();
    feature.target = right.feature();
    feature.status = feature.source == feature.target ? CompareStatus::Same : CompareStatus::Different;
    if (feature.status == CompareStatus::Different) {
        feature.expected = release(feature.source) <= release(feature.target);
        feature.reason =
            feature.expected
                ? s("newer on the target, which cannot go back without another copy")
                : s("the target does not yet use what its own version brings (setFeatureCompatibilityVersion)");
        feature.expected = feature.expected || filter.accepts(feature);
    }
    addCompareRow(report, feature);
}

} // namespace

bool readMongoCatalogue(MongoSide &side, const CompareFilter &filter, const std::function<void(qsizetype total)> &done,
                        MongoCatalogue &result)
{
    result.isEmpty = true;
    const Deadline budget = side.budget();
    const MongoOutcome listed =
        side.read(side.link(0), "{\"listCollections\": 1, \"cursor\": {}, " + MongoSide::maxTime(budget) + "}", budget,
                  [&](const MongoBatch &batch) {
                      for (const QByteArrayView each : batch.documents)
                          takeCollection(each, result);
                      return true;
                  });
    side.mindLink(side.link(0));
    if (side.isLost() || !side.endReason().isEmpty())
        return false;
    if (!listed.ok) {
        result = MongoCatalogue();
        for (const char *kind : {"collection", "validator", "view", "index"})
            result.catalogue.lists[s(kind)].error = listed.why;
        return true;
    }
    QStringList names;
    for (const QString &each : result.collections.keys()) {
        if (!filter.excludes(each))
            names.append(each);
    }
    std::mutex mutex;
    side.run(names.size(), [&](MongoLink &link, qsizetype at) {
        const QString &name = names[at];
        const Deadline its = side.budget();
        std::vector<QByteArray> entries;
        const MongoOutcome read = side.read(
            link, "{\"listIndexes\": " + mongoQuoted(name) + ", \"cursor\": {}, " + MongoSide::maxTime(its) + "}", its,
            [&entries](const MongoBatch &batch) {
                for (const QByteArrayView each : batch.documents)
                    entries.push_back(each.toByteArray());
                return true;
            });
        const std::lock_guard lock(mutex);
        for (const QByteArray &each : entries)
            takeIndex(name, each, result);
        if (!read.ok)
            result.unreadIndexes.insert(name, read.why);
        done(names.size());
    });
    return side.endReason().isEmpty();
}

void compareMongoCatalogues(const MongoSide &left, const MongoSide &right, const MongoCatalogue &source,
                            const MongoCatalogue &target, CompareFilter &filter, CompareReport &report)
{
    compareVersions(left, right, filter, report);
    // Half a list of indexes says nothing of the other side's.
    QMap<QString, QString> unread;
    for (const auto &[of, name] : {std::pair(&source, "source"), std::pair(&target, "target")}) {
        for (auto it = of->unreadIndexes.cbegin(); it != of->unreadIndexes.cend(); ++it)
            unread.insert(it.key(), s("the indexes were not read on the %1: %2").arg(s(name), it.value()));
    }
    Catalogue lists[2]{source.catalogue, target.catalogue};
    for (Catalogue &each : lists)
        each.lists[s("index")].items.removeIf(
            [&unread](const CatalogueItem &item) { return unread.contains(item.relation); });
    compareKinds({s("collection"), s("validator"), s("view"), s("index")}, lists[0], lists[1], filter, report,
                 [&](const QString &kind, QList<CompareRow> &rows) { judge(kind, rows, source, target); });
    for (auto it = unread.cbegin(); it != unread.cend(); ++it) {
        CompareRow row;
        row.kind = s("index");
        row.object = it.key();
        row.reason = it.value();
        row.hint = s(readHint);
        row.expected = filter.accepts(row);
        addCompareRow(report, row);
    }
    if (source.isEmpty && target.isEmpty) {
        CompareRow row;
        row.kind = s("collection");
        row.reason = s("neither side has a collection: a database that is empty and one that is not there look alike");
        row.hint = s("the name of the database behind the host: mongodb://HOST/NAME");
        row.expected = filter.accepts(row);
        addCompareRow(report, row);
    }
}

} // namespace Switchyard
