// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparecatalogue.h"

#include "models/common/redact.h"
#include "models/database/compare/comparequeries.h"

#include <QHash>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Columns that each query has.
constexpr qsizetype commonColumns = 4;

CatalogueItem itemOf(const QStringList &row)
{
    return {row.value(0), row.value(1), row.value(2), row.value(3), row.mid(commonColumns)};
}

bool isTrue(const QString &text)
{
    return text == QLatin1StringView("t");
}

std::optional<qint64> numberOf(const QString &text)
{
    bool ok = false;
    const qint64 number = text.toLongLong(&ok);
    return ok ? std::optional(number) : std::nullopt;
}

void putTables(Catalogue &catalogue)
{
    for (const CatalogueItem &item : std::as_const(catalogue.lists[s("table")].items)) {
        if (item.more.value(1) != QLatin1StringView("r"))
            continue; // its partitions hold the rows; those of a foreign table are another server's
        TableFacts facts;
        facts.schema = item.schema;
        facts.name = item.more.value(0);
        facts.object = item.object;
        facts.estimate = item.more.value(2).toDouble();
        facts.mayRead = isTrue(item.more.value(3));
        facts.filtered = isTrue(item.more.value(4));
        catalogue.tables.insert(facts.object, facts);
    }
    for (const CatalogueItem &item : std::as_const(catalogue.lists[s("column")].items)) {
        const auto table = catalogue.tables.find(item.relation);
        if (table != catalogue.tables.end())
            table->columns.append({item.more.value(0), item.more.value(1), item.more.value(2)});
    }
    for (TableFacts &facts : catalogue.tables)
        std::sort(facts.columns.begin(), facts.columns.end(),
                  [](const TableColumn &a, const TableColumn &b) { return a.name < b.name; });
    for (const CatalogueItem &item : std::as_const(catalogue.lists[s("(key)")].items)) {
        const auto table = catalogue.tables.find(item.relation);
        if (table != catalogue.tables.end())
            table->key.append(item.more.value(0));
    }
    for (const CatalogueItem &item : std::as_const(catalogue.lists[s("materialized-view")].items)) {
        TableFacts facts;
        facts.schema = item.schema;
        facts.name = item.more.value(0);
        facts.object = item.object;
        facts.populated = isTrue(item.more.value(1));
        facts.estimate = item.more.value(2).toDouble();
        facts.mayRead = isTrue(item.more.value(3));
        catalogue.tables.insert(facts.object, facts);
    }
    for (const CatalogueItem &item : std::as_const(catalogue.lists[s("sequence")].items)) {
        OwnedSequence sequence;
        sequence.object = item.object;
        sequence.table = item.relation;
        sequence.start = numberOf(item.more.value(0)).value_or(1);
        sequence.increment = numberOf(item.more.value(1)).value_or(1);
        sequence.column = item.more.value(2);
        sequence.mayRead = isTrue(item.more.value(3));
        sequence.oid = item.more.value(4);
        catalogue.sequences.append(sequence);
    }
    for (const CatalogueItem &item : std::as_const(catalogue.lists[s("(offered)")].items))
        catalogue.offeredVersion.insert(item.object, item.value);
}

/// Rows of one kind; a refusal is the list's error and ends nothing but itself.
bool readList(PostgresLink &link, const QString &sql, const Deadline &deadline, CatalogueList &list, QString &error)
{
    // The savepoint is gone back to in any case: that gives back the locks.
    const LinkRows rows = link.query(s("savepoint switchyard;") + sql, deadline);
    if (!link.isOpen()) {
        error = rows.end == LinkEnd::Cancelled ? s("cancelled")
                : rows.end == LinkEnd::Timeout ? s("no answer in time")
                                               : rows.message;
        return false;
    }
    if (!rows.isOk())
        list.error = rows.message;
    for (const QStringList &row : rows.rows)
        list.items.append(itemOf(row));
    const LinkRows back = link.query(s("rollback to savepoint switchyard; release savepoint switchyard"), deadline);
    if (!back.isOk())
        error = back.message;
    return back.isOk();
}

/// As a glob: "*" and "?" stand for any.
QRegularExpression globOf(const QString &text)
{
    QString pattern = QRegularExpression::escape(text);
    pattern.replace(s("\\*"), s(".*"));
    pattern.replace(s("\\?"), s("."));
    return QRegularExpression(QRegularExpression::anchoredPattern(pattern),
                              QRegularExpression::DotMatchesEverythingOption);
}

/// Without what two versions of the server write differently: white space, parentheses, names of tables before columns.
QString looseDefinition(const QString &text)
{
    static const QRegularExpression space(s("[\\s()]+"));
    static const QRegularExpression qualifier(s("(?:\"[^\"]*\"|\\b[A-Za-z_][\\w$]*)\\."));
    QString loose = text;
    loose.remove(qualifier);
    loose.remove(space);
    return loose;
}

bool isWrittenByTheServer(const QString &kind)
{
    static const QStringList kinds{
        s("view"),  s("materialized-view"), s("rule"), s("policy"),    s("constraint"), s("column"),
        s("index"), s("trigger"),           s("type"), s("statistics")};
    return kinds.contains(kind);
}

/// What it means, and what to do.
struct Advice
{
    QString reason, hint;
};

Advice adviceFor(const CompareRow &row)
{
    const bool missing = row.status == CompareStatus::OnlySource;
    const QString &kind = row.kind;
    if (kind == QLatin1StringView("extension"))
        return {};
    if (kind == QLatin1StringView("large-objects"))
        return {s("large objects belong to no table"), s("pg_dump --large-objects takes them along")};
    if (missing)
        return {s("the target does not have it"),
                s("copy it, or --accept %1:%2 where it is meant so").arg(kind, row.object)};
    if (row.status == CompareStatus::OnlyTarget)
        return {s("only the target has it"),
                s("from an earlier try, or a newer migration? drop it, or --accept %1:%2").arg(kind, row.object)};
    if (kind == QLatin1StringView("index") && row.target.endsWith(s("(invalid)")))
        return {s("the target's index is invalid: no query uses it"), s("REINDEX INDEX CONCURRENTLY")};
    if (kind == QLatin1StringView("constraint") && row.target.contains(s("NOT VALID")))
        return {s("the target has not checked it for the rows it has"), s("ALTER TABLE … VALIDATE CONSTRAINT")};
    if (kind == QLatin1StringView("materialized-view") && row.target.startsWith(s("(not populated)")))
        return {s("the target's materialized view is empty, and a query of it fails"), s("REFRESH MATERIALIZED VIEW")};
    return {s("the definitions differ"), s("which of both is meant? the migrations of the repository should say")};
}

void judgeExtension(CompareRow &row, const Catalogue &target)
{
    switch (row.status) {
    case CompareStatus::OnlySource:
        if (target.offeredVersion.contains(row.object)) {
            row.reason = s("the target does not have it, and could: version %1").arg(target.offeredVersion[row.object]);
            row.hint = s("CREATE EXTENSION \"%1\" on the target, as a user who may").arg(row.object);
        } else {
            row.reason = s("the target's server does not offer it");
            row.hint = s("a provider or plan that has it; or do without");
        }
        break;
    case CompareStatus::OnlyTarget:
        row.expected = true;
        row.reason = s("more than the source has: providers install some of their own");
        break;
    case CompareStatus::Different:
        row.expected = QVersionNumber::fromString(row.target) > QVersionNumber::fromString(row.source);
        row.reason = row.expected ? s("newer on the target") : s("older on the target");
        row.hint =
            row.expected ? QString() : s("ALTER EXTENSION \"%1\" UPDATE, where the server offers it").arg(row.object);
        break;
    default:
        break;
    }
}

/// One kind's items of both sides, by name.
void compareLists(const QString &kind, const Catalogue &source, const Catalogue &target, const CompareFilter &filter,
                  QList<CompareRow> &rows)
{
    const CatalogueList left = source.lists.value(kind);
    const CatalogueList right = target.lists.value(kind);
    if (!left.error.isEmpty() || !right.error.isEmpty()) {
        const bool both = !left.error.isEmpty() && !right.error.isEmpty();
        CompareRow row{kind, {}, CompareStatus::Unknown, {}, {}, false, false, {}, {}, false, false};
        row.reason = s("the catalogue of %1 was not read: %2")
                         .arg(both                   ? s("both")
                              : left.error.isEmpty() ? s("the target")
                                                     : s("the source"),
                              left.error.isEmpty() ? right.error : left.error);
        rows.append(row);
        return;
    }
    QHash<QString, const CatalogueItem *> there;
    there.reserve(right.items.size());
    for (const CatalogueItem &item : right.items) {
        if (filter.takes(item))
            there.insert(item.object, &item);
    }
    // What hangs on a table that one side does not have is told by the table.
    static const QString tableKind = s("table");
    QSet<QString> relations[2];
    if (kind != tableKind) {
        for (int side = 0; side < 2; ++side) {
            const Catalogue &of = side == 0 ? source : target;
            for (const char *each : {"table", "view", "materialized-view", "collection"}) {
                for (const CatalogueItem &item : of.lists.value(s(each)).items)
                    relations[side].insert(item.object);
            }
        }
    }
    const auto isTold = [&](const CatalogueItem &item, int otherSide) {
        return kind != tableKind && !item.relation.isEmpty() && item.relation != item.object &&
               !relations[otherSide].contains(item.relation);
    };
    const bool loose = source.major != target.major && isWrittenByTheServer(kind);
    for (const CatalogueItem &item : left.items) {
        if (!filter.takes(item))
            continue;
        CompareRow row{kind, item.object, CompareStatus::OnlySource, {}, {}, false, false, {}, {}, false, false};
        const CatalogueItem *other = there.take(item.object);
        if (!other) {
            if (isTold(item, 1))
                continue;
            row.source = shownDefinition(item.value, {});
        } else if (other->value == item.value) {
            row.status = CompareStatus::Same;
            const bool invalid = item.value.endsWith(s("(invalid)")) && kind == QLatin1StringView("index");
            if (invalid)
                row.status = CompareStatus::Different;
            if (invalid || kind == QLatin1StringView("extension"))
                row.source = row.target = shownDefinition(item.value, item.value);
        } else {
            row.status = CompareStatus::Different;
            row.source = shownDefinition(item.value, other->value);
            row.target = shownDefinition(other->value, item.value);
            if (loose && looseDefinition(item.value) == looseDefinition(other->value)) {
                row.expected = true;
                row.reason =
                    s("only written differently, as PostgreSQL %1 and %2 do").arg(source.major).arg(target.major);
            }
        }
        rows.append(row);
    }
    for (const CatalogueItem *item : std::as_const(there)) {
        if (!isTold(*item, 0))
            rows.append({kind,
                         item->object,
                         CompareStatus::OnlyTarget,
                         {},
                         shownDefinition(item->value, {}),
                         false,
                         false,
                         {},
                         {},
                         false,
                         false});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const CompareRow &a, const CompareRow &b) { return a.object < b.object; });
}

/// Thousands of owners that differ in the same way are one line.
QList<CompareRow> foldedRows(const QString &kind, const QList<CompareRow> &rows)
{
    QList<CompareRow> folded;
    QHash<QString, qsizetype> places;
    QHash<QString, int> counts;
    for (const CompareRow &row : rows) {
        if (!row.isDifference()) {
            folded.append(row);
            continue;
        }
        const QString key = row.source + QChar(0) + row.target;
        if (++counts[key] > 1) {
            folded[places[key]].reason = s("%1 objects; a copy leaves owners and grants out").arg(counts[key]);
            continue;
        }
        places[key] = folded.size();
        folded.append(row);
        folded.last().expected = true;
        folded.last().reason = s("a copy leaves owners and grants out");
        folded.last().hint = kind == QLatin1StringView("owner")
                                 ? s("the application's role needs to own or be granted what it uses")
                                 : s("GRANT on the target what the application's roles need");
    }
    for (CompareRow &row : folded) {
        if (row.isDifference() && counts[row.source + QChar(0) + row.target] > 1)
            row.object += s(" and others");
    }
    return folded;
}

bool isSameZone(const QString &a, const QString &b)
{
    static const QStringList utc{s("utc"),  s("etc/utc"),  s("gmt"),       s("etc/gmt"),       s("uct"),
                                 s("zulu"), s("etc/zulu"), s("universal"), s("etc/universal"), s("etc/uct")};
    return a.compare(b, Qt::CaseInsensitive) == 0 || (utc.contains(a.toLower()) && utc.contains(b.toLower()));
}

bool isSameSetting(const QString &kind, const QString &a, const QString &b)
{
    if (kind == QLatin1StringView("time-zone"))
        return isSameZone(a, b);
    return kind == QLatin1StringView("collation") || kind == QLatin1StringView("ctype") ? isSameLocale(a, b) : a == b;
}

void judgeSetting(CompareRow &row, const Catalogue &source, const Catalogue &target)
{
    if (row.kind == QLatin1StringView("version")) {
        row.expected = source.major <= target.major;
        if (source.major > target.major) {
            row.reason =
                s("the target is older: it may not know what the source uses, and pg_dump's output is not made "
                  "for older servers");
            row.hint = s("a target with PostgreSQL %1 or newer").arg(source.major);
        } else if (source.major < target.major) {
            row.reason = s("an upgrade by %1").arg(target.major - source.major);
            row.hint = s("the release notes in between: postgresql.org/docs/release");
        } else {
            row.reason = s("of one major version");
        }
    } else if (row.kind == QLatin1StringView("encoding")) {
        row.reason = s("text may not go over unchanged, or not at all");
        row.hint = s("create the target with ENCODING '%1'").arg(row.source);
    } else if (row.kind == QLatin1StringView("time-zone")) {
        row.reason = s("now()::date and timestamps without zone are another in each");
        row.hint = s("ALTER DATABASE … SET timezone = '%1' on the target").arg(row.source);
    } else if (row.kind == QLatin1StringView("collation-version")) {
        row.expected = true;
        row.reason = s("text may sort differently; indexes that are built on the target are right there");
        row.hint = s("never move such a database by copying its files");
    } else {
        row.reason = s("text sorts, or is taken for a letter, differently");
        row.hint = s("create the target with the source's locale: LC_COLLATE, LC_CTYPE, LOCALE_PROVIDER");
    }
}

void compareSettings(const Catalogue &source, const Catalogue &target, CompareFilter &filter, CompareReport &report)
{
    for (const char *name : {"version", "encoding", "collation-provider", "locale", "collation", "ctype",
                             "collation-version", "time-zone"}) {
        const QString kind = s(name);
        CompareRow row{kind,
                       {},
                       CompareStatus::Same,
                       source.settings.value(kind),
                       target.settings.value(kind),
                       false,
                       false,
                       {},
                       {},
                       false,
                       false};
        const bool known = source.settings.contains(kind) && target.settings.contains(kind);
        if (!known) {
            if (!source.settings.contains(kind) && !target.settings.contains(kind))
                continue;
            row.status = CompareStatus::Unknown;
            row.expected = true;
            row.reason = s("PostgreSQL 14 and older do not say");
        } else if (!isSameSetting(kind, row.source, row.target)) {
            row.status = CompareStatus::Different;
            judgeSetting(row, source, target);
        }
        if (row.status != CompareStatus::Same && filter.accepts(row))
            row.expected = true;
        addCompareRow(report, row);
    }
    const QString built = target.settings.value(s("collation-version"));
    const QString now = target.settings.value(s("(actual-collation-version)"));
    if (!built.isEmpty() && !now.isEmpty() && built != now) {
        CompareRow row{
            s("collation-version"),
            s("of the target's own system"),
            CompareStatus::Different,
            built,
            now,
            false,
            false,
            s("the target was created with another version of its collations than it has now: indexes may be "
              "out of order"),
            s("REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION"),
            false,
            false};
        row.expected = filter.accepts(row);
        addCompareRow(report, row);
    }
}

} // namespace

const QStringList &catalogueKinds()
{
    static const QStringList kinds = [] {
        QStringList names;
        for (const CatalogueQuery &query : catalogueQueries()) {
            if (query.kind[0] != '(')
                names.append(s(query.kind));
        }
        return names;
    }();
    return kinds;
}

bool readCatalogue(PostgresLink &link, int major, const Deadline &deadline, Catalogue &catalogue, QString &error)
{
    catalogue.major = major;
    const LinkRows settings = link.query(settingsSql(major), deadline);
    if (!settings.isOk()) {
        error = settings.message;
        return false;
    }
    for (qsizetype i = 0; i < settings.columns.size(); ++i)
        catalogue.settings.insert(settings.columns[i], settings.rows.value(0).value(i));
    for (const CatalogueQuery &query : catalogueQueries()) {
        if (!readList(link, catalogueSql(query, major), deadline, catalogue.lists[s(query.kind)], error))
            return false;
    }
    putTables(catalogue);
    return true;
}

void readLastValues(PostgresLink &link, const QString &settings, const Deadline &deadline, Catalogue &catalogue)
{
    constexpr qsizetype atOnce = 200;
    QList<OwnedSequence *> readable;
    for (OwnedSequence &sequence : catalogue.sequences) {
        if (sequence.mayRead)
            readable.append(&sequence);
    }
    for (qsizetype from = 0; from < readable.size() && link.isOpen(); from += atOnce) {
        const QList<OwnedSequence *> some = readable.mid(from, atOnce);
        QStringList oids;
        for (const OwnedSequence *sequence : some)
            oids.append(sequence->oid);
        const LinkRows rows = link.query(s("begin read only; %1; select o::text, pg_sequence_last_value(o) from "
                                           "unnest('{%2}'::oid[]) o; commit")
                                             .arg(settings, oids.join(u',')),
                                         deadline);
        if (!rows.isOk() && link.isOpen())
            (void)link.query(s("rollback"), deadline);
        QHash<QString, QString> values;
        for (const QStringList &row : rows.rows)
            values.insert(row.value(0), row.value(1));
        for (OwnedSequence *sequence : some) {
            // One that was dropped meanwhile takes the others of its batch with it: they are unknown, not unused.
            sequence->known = rows.isOk();
            sequence->why = rows.message;
            sequence->last = numberOf(values.value(sequence->oid));
        }
    }
}

CompareFilter::CompareFilter(const CompareOptions &options, Names names)
    : m_schemas(options.schemas)
    , m_excluded(options.exclude)
    , m_names(names)
{
    for (const QString &each : options.exclude)
        m_exclude.append(globOf(each));
    for (const QString &each : options.accept) {
        const QString object = each.section(u':', 1);
        m_accept.append({each, each.section(u':', 0, 0), globOf(object), false});
    }
}

bool CompareFilter::takesSchema(const QString &schema) const
{
    return m_schemas.isEmpty() || m_schemas.contains(schema);
}

bool CompareFilter::excludes(const QString &relation) const
{
    return std::any_of(m_exclude.cbegin(), m_exclude.cend(), [&](const QRegularExpression &pattern) {
        return pattern.match(relation).hasMatch() ||
               (m_names == Names::InSchemas && pattern.match(relation.section(u'.', 1)).hasMatch());
    });
}

bool CompareFilter::takes(const CatalogueItem &item) const
{
    // What lies in no schema belongs to the whole database.
    if (!item.schema.isEmpty() && !takesSchema(item.schema))
        return false;
    // Tables are left out, and what hangs on them: an extension, a type or a function may be called alike.
    return item.relation.isEmpty() || !excludes(item.relation);
}

bool CompareFilter::accepts(const CompareRow &row)
{
    bool accepted = false;
    for (Pattern &pattern : m_accept) {
        if (pattern.kind != row.kind || !pattern.object.match(row.object).hasMatch())
            continue;
        pattern.met = accepted = true;
    }
    return accepted;
}

void CompareFilter::judgeScope(const Catalogue &source, const Catalogue &target, CompareReport &report)
{
    const auto anywhere = [&](const char *kind, const auto &suits) {
        for (const Catalogue *side : {&source, &target}) {
            const CatalogueList list = side->lists.value(s(kind));
            // One that was not read may hold it, and is told of itself.
            if (!list.error.isEmpty() || std::any_of(list.items.cbegin(), list.items.cend(), suits))
                return true;
        }
        return false;
    };
    const auto tell = [&](const char *kind, const QString &object, const QString &reason, const QString &hint) {
        CompareRow row;
        row.kind = s(kind);
        row.object = object;
        row.reason = reason;
        row.hint = hint;
        row.expected = accepts(row);
        addCompareRow(report, row);
    };
    for (const QString &schema : std::as_const(m_schemas)) {
        if (!anywhere("schema", [&](const CatalogueItem &item) { return item.object == schema; }))
            tell("schema", schema, s("neither side has it"), s("check its name, and the databases' names"));
    }
    if (anywhere("table", [&](const CatalogueItem &item) { return takes(item); }))
        return;
    if (m_schemas.isEmpty() && m_exclude.isEmpty())
        tell("table", {}, s("neither side has a table: an empty database and the wrong one look alike"),
             s("check the databases' names behind the hosts"));
    else
        tell("table", {}, s("neither side has a table that was to be compared"),
             s("check what --schema and --exclude name"));
}

QStringList CompareFilter::notes() const
{
    QStringList unmet, words;
    for (const Pattern &pattern : m_accept) {
        if (!pattern.met)
            unmet.append(pattern.text);
    }
    if (!unmet.isEmpty())
        words.append(s("accepted, and not met: %1").arg(unmet.join(s(", "))));
    if (!m_schemas.isEmpty())
        words.append(s("only what lies in these schemas was compared: %1").arg(m_schemas.join(s(", "))));
    if (!m_excluded.isEmpty())
        words.append(s("not compared, as asked: %1").arg(m_excluded.join(s(", "))));
    return words;
}

bool isSameLocale(const QString &a, const QString &b)
{
    // As glibc does it: of the codeset's name only letters and digits count, in either case.
    const auto normal = [](const QString &name) {
        const qsizetype dot = name.indexOf(u'.');
        if (dot < 0)
            return name;
        const qsizetype at = name.indexOf(u'@', dot);
        QString codeset = name.mid(dot + 1, at < 0 ? -1 : at - dot - 1).toLower();
        codeset.removeIf([](QChar each) { return !each.isLetterOrNumber(); });
        return name.left(dot + 1) + codeset + (at < 0 ? QString() : name.mid(at));
    };
    return normal(a) == normal(b);
}

void compareCatalogues(const Catalogue &source, const Catalogue &target, CompareFilter &filter, bool strictOwners,
                       CompareReport &report)
{
    compareSettings(source, target, filter, report);
    filter.judgeScope(source, target, report);
    compareKinds(catalogueKinds(), source, target, filter, report, [&](const QString &kind, QList<CompareRow> &rows) {
        const bool rights = kind == QLatin1StringView("owner") || kind == QLatin1StringView("grant");
        if (rights && !strictOwners)
            rows = foldedRows(kind, rows);
        for (CompareRow &row : rows) {
            if (kind == QLatin1StringView("extension"))
                judgeExtension(row, target);
        }
    });
}

void compareKinds(const QStringList &kinds, const Catalogue &source, const Catalogue &target, CompareFilter &filter,
                  CompareReport &report, const std::function<void(const QString &, QList<CompareRow> &)> &judge)
{
    for (const QString &kind : kinds) {
        QList<CompareRow> rows;
        compareLists(kind, source, target, filter, rows);
        judge(kind, rows);
        for (CompareRow &row : rows) {
            if (row.isDifference() && !row.expected && (row.reason.isEmpty() || row.hint.isEmpty())) {
                const Advice advice = adviceFor(row);
                if (row.hint.isEmpty())
                    row.hint = advice.hint;
                if (row.reason.isEmpty())
                    row.reason = advice.reason;
            }
            if (row.status != CompareStatus::Same && filter.accepts(row))
                row.expected = true;
            addCompareRow(report, row, row.status != CompareStatus::Same || kind == QLatin1StringView("extension"));
        }
    }
}

QString shownDefinition(const QString &text, const QString &other)
{
    constexpr qsizetype longest = 200;
    // A default or a function may hold what nobody should see.
    QString shown = redact(text.simplified());
    if (shown.size() <= longest)
        return shown;
    const QString against = redact(other.simplified());
    qsizetype from = 0;
    while (from < shown.size() && from < against.size() && shown[from] == against[from])
        ++from;
    from = against.isEmpty() || from < longest / 2 ? 0 : from - 40;
    if (from > 0 && shown[from].isLowSurrogate())
        --from;
    shown = (from > 0 ? s("…") : QString()) + shown.mid(from, longest) +
            (shown.size() > from + longest ? s("…") : QString());
    return shown;
}

void judgeCounts(CompareRow &row, qint64 source, qint64 target, QString (*words)(qint64), const char *copyHint,
                 const CompareReport &report)
{
    const qint64 missing = source - target;
    row.status = missing == 0 ? CompareStatus::Same : CompareStatus::Different;
    if (missing > 0) {
        row.reason = s("the target lacks %1").arg(words(missing));
        row.hint = s(copyHint);
    } else if (missing < 0) {
        row.reason = s("the target has %1 more").arg(words(-missing));
        row.hint = s("did somebody write to the target? or the source delete since the copy?");
    }
    row.moving = missing > 0 && report.isMoving(row.object);
}

void addCompareRow(CompareReport &report, CompareRow row, bool keep)
{
    auto totals = std::find_if(report.totals.begin(), report.totals.end(),
                               [&](const CompareTotals &each) { return each.kind == row.kind; });
    if (totals == report.totals.end()) {
        report.totals.append({row.kind});
        totals = report.totals.end() - 1;
    }
    if (row.expected)
        ++totals->expected;
    else
        switch (row.status) {
        case CompareStatus::Same:
            ++totals->same;
            break;
        case CompareStatus::Different:
            ++totals->different;
            break;
        case CompareStatus::OnlySource:
            ++totals->onlySource;
            break;
        case CompareStatus::OnlyTarget:
            ++totals->onlyTarget;
            break;
        case CompareStatus::Unknown:
            ++totals->unknown;
            break;
        }
    if (keep)
        report.rows.append(std::move(row));
}

} // namespace Switchyard
