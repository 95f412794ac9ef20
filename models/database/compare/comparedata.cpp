// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparedata.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Tables that are small by the planner's word share a statement: most time of a small one is the way there and back.
constexpr double smallTable = 10'000;
constexpr qsizetype tablesInBatch = 40;
/// Tables that differ are read row by row to name the first one; not all of a thousand.
constexpr qsizetype mostLocated = 50;
constexpr qsizetype keysInLookup = 500;

QString quotedLiteral(const QString &text)
{
    QString quoted = text;
    quoted.replace(u'\'', s("''"));
    if (!quoted.contains(u'\\'))
        return u'\'' + quoted + u'\'';
    return s("E'") + quoted.replace(u'\\', s("\\\\")) + u'\'';
}

QString nameOf(const TableFacts &facts)
{
    return quotedIdentifier(facts.schema) + u'.' + quotedIdentifier(facts.name);
}

QString joinedKey(const QStringList &key)
{
    return key.join(QChar(0x1f));
}

bool isFloat(const QString &type)
{
    return type == QLatin1StringView("float4") || type == QLatin1StringView("float8");
}

bool isInteger(const QString &type)
{
    return type == QLatin1StringView("int2") || type == QLatin1StringView("int4") || type == QLatin1StringView("int8");
}

} // namespace

CompareData::CompareData(CompareSession &source, CompareSession &target, const CompareFilter &filter,
                         const CompareOptions &options)
    : m_source(source)
    , m_target(target)
    , m_options(options)
{
    const Catalogue &left = source.catalogue();
    const Catalogue &right = target.catalogue();
    m_sameEncoding = left.settings.value(s("encoding")) == right.settings.value(s("encoding"));
    // 12 and newer write the shortest text that is exact.
    m_sameFloats = (left.major >= 12) == (right.major >= 12);
    QStringList objects;
    for (auto it = left.tables.cbegin(); it != left.tables.cend(); ++it) {
        if (right.tables.contains(it.key()) && filter.takesSchema(it->schema) && !filter.excludes(it.key()) &&
            !options.withoutRows.contains(it.key()))
            objects.append(it.key());
    }
    objects.sort();
    for (const QString &object : std::as_const(objects)) {
        Pair pair;
        pair.object = object;
        pair.sides[0].facts = &*left.tables.constFind(object);
        pair.sides[1].facts = &*right.tables.constFind(object);
        for (const TableColumn &column : pair.sides[0].facts->columns) {
            const QList<TableColumn> &others = pair.sides[1].facts->columns;
            if (others.contains(column))
                pair.columns.append(column);
        }
        pair.all = pair.columns.size() == pair.sides[0].facts->columns.size() &&
                   pair.columns.size() == pair.sides[1].facts->columns.size();
        if (pair.sides[0].facts->key == pair.sides[1].facts->key) {
            for (const QString &name : pair.sides[0].facts->key) {
                const auto column = std::find_if(pair.columns.cbegin(), pair.columns.cend(),
                                                 [&](const TableColumn &each) { return each.name == name; });
                if (column != pair.columns.cend())
                    pair.key.append(*column);
            }
            if (pair.key.size() != pair.sides[0].facts->key.size())
                pair.key.clear();
        }
        m_places.insert(object, qsizetype(m_pairs.size()));
        m_pairs.push_back(std::move(pair));
    }
    QHash<QString, const OwnedSequence *> there;
    for (const OwnedSequence &sequence : right.sequences) {
        there.insert(sequence.object, &sequence);
        if (!sequence.table.isEmpty())
            m_owned[1][sequence.table].append(&sequence);
    }
    for (const OwnedSequence &sequence : left.sequences) {
        if (!sequence.table.isEmpty())
            m_owned[0][sequence.table].append(&sequence);
        const QString schema = sequence.object.section(u'.', 0, 0);
        if (there.contains(sequence.object) && filter.takesSchema(schema) &&
            !filter.excludes(sequence.table.isEmpty() ? sequence.object : sequence.table))
            m_sequences.append(Sequence{&sequence, there[sequence.object]});
    }
    std::sort(m_sequences.begin(), m_sequences.end(),
              [](const Sequence &a, const Sequence &b) { return a.source->object < b.source->object; });
}

void CompareData::progress(const char *phase, qint64 total, const QString &object)
{
    const std::lock_guard lock(m_mutex);
    ++m_done;
    if (m_options.onProgress)
        m_options.onProgress({s(phase), std::min(m_done, total), total, object});
}

void CompareData::both(const char *phase, qsizetype count,
                       const std::function<void(int side, PostgresLink &, qsizetype)> &job)
{
    m_done = 0;
    for (int side = 0; side < 2; ++side)
        session(side).run(count, [this, side, job, phase, count](PostgresLink &link, qsizetype index) {
            job(side, link, index);
            progress(phase, count * 2, {});
        });
    for (int side = 0; side < 2; ++side)
        session(side).wait();
}

QList<const OwnedSequence *> CompareData::sequencesOf(int side, const QString &table) const
{
    return m_owned[side].value(table);
}

QString CompareData::countSql(int side, qsizetype index) const
{
    const Pair &pair = m_pairs[size_t(index)];
    QStringList edges;
    for (const OwnedSequence *each : sequencesOf(side, pair.object))
        edges.append(s("coalesce(%1(%2)::text, '')")
                         .arg(each->increment < 0 ? s("min") : s("max"), quotedIdentifier(each->column)));
    const QString edge = edges.isEmpty() ? s("''") : s("concat_ws(',', %1)").arg(edges.join(s(", ")));
    return s("select %1, count(*), %2 from only %3").arg(QString::number(index), edge, nameOf(*pair.sides[side].facts));
}

void CompareData::takeCount(int side, const QStringList &row)
{
    Pair &pair = m_pairs[size_t(row.value(0).toLongLong())];
    Measure &measure = pair.sides[side];
    measure.count = row.value(1).toLongLong();
    const QStringList edges = row.value(2).split(u',');
    const QList<const OwnedSequence *> sequences = sequencesOf(side, pair.object);
    for (qsizetype i = 0; i < sequences.size(); ++i) {
        bool ok = false;
        const qint64 edge = edges.value(i).toLongLong(&ok);
        measure.edges.insert(sequences[i]->column, ok ? std::optional(edge) : std::nullopt);
    }
}

void CompareData::countOne(int side, PostgresLink &link, qsizetype index)
{
    Pair &pair = m_pairs[size_t(index)];
    Measure &measure = pair.sides[side];
    const LinkRows rows = session(side).ask(link, countSql(side, index));
    if (rows.isOk() && !rows.rows.isEmpty())
        return takeCount(side, rows.rows.first());
    measure.why = rows.message;
    if (!link.isOpen())
        return;
    // The index knows the end of a key, however many rows there are.
    for (const OwnedSequence *each : sequencesOf(side, pair.object)) {
        const LinkRows edge = session(side).ask(link, s("select %1(%2)::text from only %3")
                                                          .arg(each->increment < 0 ? s("min") : s("max"),
                                                               quotedIdentifier(each->column), nameOf(*measure.facts)));
        if (!edge.isOk())
            continue;
        bool ok = false;
        const qint64 number = edge.rows.value(0).value(0).toLongLong(&ok);
        measure.edges.insert(each->column, ok ? std::optional(number) : std::nullopt);
    }
}

void CompareData::countBatch(int side, PostgresLink &link, const QList<qsizetype> &batch)
{
    if (batch.size() > 1) {
        QStringList parts;
        for (const qsizetype index : batch)
            parts.append(countSql(side, index));
        const LinkRows rows = session(side).ask(link, parts.join(s(" union all ")));
        if (rows.isOk()) {
            for (const QStringList &row : rows.rows)
                takeCount(side, row);
            return;
        }
    }
    // One of them may not be read, or takes long: each for itself.
    for (const qsizetype index : batch) {
        if (!link.isOpen() || !session(side).endReason().isEmpty())
            return;
        countOne(side, link, index);
    }
}

void CompareData::count()
{
    QList<QList<qsizetype>> batches;
    QList<qsizetype> small;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()); ++i) {
        Pair &pair = m_pairs[size_t(i)];
        bool readable = true;
        for (Measure &measure : pair.sides) {
            if (!measure.facts->mayRead)
                measure.why = s("this user may not read it (SELECT)");
            else if (measure.facts->filtered)
                measure.why = s("row security shows this user a part of its rows only");
            else if (!measure.facts->populated)
                measure.why = s("it is not populated");
            readable = readable && measure.why.isEmpty();
        }
        if (!readable)
            continue; // one number alone says nothing
        const double estimate = std::max(pair.sides[0].facts->estimate, pair.sides[1].facts->estimate);
        if (estimate < 0 || estimate > smallTable) {
            batches.append(QList<qsizetype>{i});
            continue;
        }
        small.append(i);
        if (small.size() == tablesInBatch)
            batches.append(std::exchange(small, {}));
    }
    if (!small.isEmpty())
        batches.append(small);
    both("count", batches.size(),
         [&](int side, PostgresLink &link, qsizetype at) { countBatch(side, link, batches[at]); });
}

void CompareData::chooseDepth(Pair &pair) const
{
    const Measure &left = pair.sides[0];
    const Measure &right = pair.sides[1];
    const auto impossible = [&](const QString &why) {
        pair.depth = Depth::Impossible;
        pair.why = why;
    };
    if (left.facts->columns.isEmpty() || right.facts->columns.isEmpty())
        return; // a materialized view, or a table of no column
    for (const Measure &measure : pair.sides) {
        if (!measure.facts->mayRead)
            return impossible(s("this user may not read it (SELECT)"));
        if (measure.facts->filtered)
            return impossible(s("row security shows this user a part of its rows only"));
    }
    if (pair.columns.isEmpty())
        return impossible(s("both have no column in common"));
    const qint64 most = m_options.sampleRows * 10;
    if (left.count && right.count && std::max(*left.count, *right.count) <= most) {
        pair.depth = Depth::Whole;
        return;
    }
    if ((!left.count && left.why.isEmpty()) || (!right.count && right.why.isEmpty()))
        return impossible(s("it was not come to"));
    if (pair.key.isEmpty())
        return impossible(s("more than %1 rows, and no primary key that both have to sample by").arg(most));
    pair.depth = Depth::Sample;
}

QString CompareData::rowHash(const Pair &pair) const
{
    QStringList columns;
    for (const TableColumn &column : pair.columns) {
        const QString name = quotedIdentifier(column.name);
        columns.append(isFloat(column.type) && !m_sameFloats ? s("%1send(%2)").arg(column.type, name) : name);
    }
    const QString text = s("row(%1)::text").arg(columns.join(s(", ")));
    return m_sameEncoding ? s("md5(%1)").arg(text) : s("md5(convert_to(%1, 'UTF8'))").arg(text);
}

QString CompareData::keyList(const Pair &pair) const
{
    QStringList columns;
    for (const TableColumn &column : pair.key)
        columns.append(quotedIdentifier(column.name) + s("::text"));
    return columns.join(s(", "));
}

void CompareData::sumOne(int side, PostgresLink &link, qsizetype index)
{
    Pair &pair = m_pairs[size_t(index)];
    Measure &measure = pair.sides[side];
    sumBatch(side, link, {index});
    if (measure.sum.isEmpty() && measure.whySum.isEmpty())
        measure.whySum = session(side).endReason();
}

void CompareData::sumBatch(int side, PostgresLink &link, const QList<qsizetype> &batch)
{
    // A sum of the rows' hashes wants no order, and no memory; 128 bits of it.
    QStringList parts;
    for (const qsizetype index : batch) {
        const Pair &pair = m_pairs[size_t(index)];
        parts.append(
            s("select %1, count(*) || ' ' || coalesce(sum(('x' || left(h, 16))::bit(64)::bigint), 0) || ' ' || "
              "coalesce(sum(('x' || right(h, 16))::bit(64)::bigint), 0) from (select %2 as h from only %3) q")
                .arg(QString::number(index), rowHash(pair), nameOf(*pair.sides[side].facts)));
    }
    const LinkRows rows = session(side).ask(link, parts.join(s(" union all ")));
    if (rows.isOk()) {
        for (const QStringList &row : rows.rows)
            m_pairs[size_t(row.value(0).toLongLong())].sides[side].sum = row.value(1);
        return;
    }
    if (batch.size() == 1) {
        m_pairs[size_t(batch.first())].sides[side].whySum = rows.message;
        return;
    }
    for (const qsizetype index : batch) {
        if (!link.isOpen() || !session(side).endReason().isEmpty())
            return;
        sumOne(side, link, index);
    }
}

void CompareData::checksum()
{
    QList<QList<qsizetype>> batches;
    QList<qsizetype> small;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()); ++i) {
        Pair &pair = m_pairs[size_t(i)];
        chooseDepth(pair);
        if (pair.depth != Depth::Whole)
            continue;
        if (*pair.sides[0].count > 1'000) {
            batches.append(QList<qsizetype>{i});
            continue;
        }
        small.append(i);
        if (small.size() == tablesInBatch)
            batches.append(std::exchange(small, {}));
    }
    if (!small.isEmpty())
        batches.append(small);
    both("checksum", batches.size(),
         [&](int side, PostgresLink &link, qsizetype at) { sumBatch(side, link, batches[at]); });
}

/// Reads the rows' hashes of tables that differ, to name the first.
void CompareData::locate()
{
    QList<qsizetype> differing;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()) && differing.size() < mostLocated; ++i) {
        const Pair &pair = m_pairs[size_t(i)];
        if (pair.depth == Depth::Whole && !pair.key.isEmpty() && !pair.sides[0].sum.isEmpty() &&
            !pair.sides[1].sum.isEmpty() && pair.sides[0].sum != pair.sides[1].sum)
            differing.append(i);
    }
    both("locate", differing.size(), [&](int side, PostgresLink &link, qsizetype at) {
        Pair &pair = m_pairs[size_t(differing[at])];
        Measure &measure = pair.sides[side];
        QStringList order;
        for (qsizetype i = 0; i < pair.key.size(); ++i)
            order.append(s("t.") + quotedIdentifier(pair.key[i].name));
        const LinkRows rows = session(side).ask(
            link, s("select %1, %2 from only %3 t order by %4")
                      .arg(keyList(pair), rowHash(pair), nameOf(*measure.facts), order.join(s(", "))));
        if (!rows.isOk())
            return;
        for (const QStringList &row : rows.rows) {
            const QStringList key = row.mid(0, pair.key.size());
            measure.keys.append(key);
            measure.hashes.insert(joinedKey(key), row.value(pair.key.size()));
        }
        measure.hashed = true;
    });
}

void CompareData::sampleSource(PostgresLink &link, Pair &pair)
{
    Measure &measure = pair.sides[0];
    const QString table = nameOf(*measure.facts);
    const QString what = s("%1, %2").arg(keyList(pair), rowHash(pair));
    QStringList up, down;
    for (const TableColumn &column : std::as_const(pair.key)) {
        up.append(s("t.") + quotedIdentifier(column.name));
        down.append(s("t.") + quotedIdentifier(column.name) + s(" desc"));
    }
    // Behind "order by" a bare name would be the text that is put out. Names go in all at once: one may hold what looks
    // like the place of the next.
    const QString rows = QString::number(m_options.sampleRows);
    QStringList questions{
        s("select %1 from only %2 t order by %3 limit %4").arg(what, table, up.join(s(", ")), rows),
        s("select %1 from only %2 t order by %3 limit %4").arg(what, table, down.join(s(", ")), rows)};
    const QString key = quotedIdentifier(pair.key.first().name);
    const double estimate = measure.count ? double(*measure.count) : measure.facts->estimate;
    if (pair.key.size() == 1 && isInteger(pair.key.first().type)) {
        questions.append(
            s("select x.* from (select min(%1) as lo, max(%1) as hi from only %2) b "
              "cross join generate_series(0, %3) as sg(n) cross join lateral (select %4 from only %2 t "
              "where t.%1 >= (b.lo + ((b.hi::numeric - b.lo) * sg.n / %3)::bigint) order by t.%1 limit 1) x")
                .arg(key, table, rows, what));
    } else {
        const double percent =
            estimate > 0 ? std::clamp(150.0 * double(m_options.sampleRows) / estimate, 0.0001, 100.0) : 1.0;
        questions.append(s("select %1 from only %2 tablesample system (%3) repeatable (1) limit %4")
                             .arg(what, table, QString::number(percent, 'f', 4), rows));
    }
    for (const QString &question : std::as_const(questions)) {
        const LinkRows answer = m_source.ask(link, question);
        if (!answer.isOk()) {
            measure.whySum = answer.message;
            return;
        }
        for (const QStringList &row : answer.rows) {
            const QStringList its = row.mid(0, pair.key.size());
            const QString joined = joinedKey(its);
            if (measure.hashes.contains(joined))
                continue;
            measure.keys.append(its);
            measure.hashes.insert(joined, row.value(pair.key.size()));
        }
    }
    measure.hashed = true;
}

void CompareData::lookUp(PostgresLink &link, Pair &pair)
{
    Measure &measure = pair.sides[1];
    const QList<QStringList> &keys = pair.sides[0].keys;
    QStringList names, joins;
    for (qsizetype i = 0; i < pair.key.size(); ++i) {
        names.append(s("k%1").arg(i));
        joins.append(
            s("t.%1 = v.k%2::%3").arg(quotedIdentifier(pair.key[i].name), QString::number(i), pair.key[i].cast));
    }
    // The columns of the table stand without a name before them, which nothing of v hides: its own are k0, k1, …
    for (qsizetype from = 0; from < keys.size(); from += keysInLookup) {
        QStringList values;
        for (const QStringList &key : keys.mid(from, keysInLookup)) {
            QStringList literals;
            for (const QString &part : key)
                literals.append(quotedLiteral(part));
            values.append(u'(' + QString::number(from + values.size()) + s(", ") + literals.join(s(", ")) + u')');
        }
        const QString sql = s("set local enable_hashjoin = off; set local enable_mergejoin = off; "
                              "select v.i, (select %1 from only %2 t where %3) from (values %4) as v(i, %5)")
                                .arg(rowHash(pair), nameOf(*measure.facts), joins.join(s(" and ")),
                                     values.join(s(", ")), names.join(s(", ")));
        const LinkRows answer = m_target.ask(link, sql);
        if (!answer.isOk()) {
            measure.whySum = answer.message;
            return;
        }
        for (const QStringList &row : answer.rows) {
            if (!row.value(1).isNull())
                measure.hashes.insert(joinedKey(keys.value(row.value(0).toLongLong())), row.value(1));
        }
    }
    measure.hashed = true;
}

void CompareData::sample()
{
    QList<qsizetype> large;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()); ++i) {
        if (m_pairs[size_t(i)].depth == Depth::Sample)
            large.append(i);
    }
    m_done = 0;
    m_source.run(large.size(), [&](PostgresLink &link, qsizetype at) {
        sampleSource(link, m_pairs[size_t(large[at])]);
        progress("sample", large.size() * 2, m_pairs[size_t(large[at])].object);
    });
    m_source.wait();
    m_target.run(large.size(), [&](PostgresLink &link, qsizetype at) {
        Pair &pair = m_pairs[size_t(large[at])];
        if (pair.sides[0].hashed)
            lookUp(link, pair);
        progress("sample", large.size() * 2, pair.object);
    });
    m_target.wait();
}

void CompareData::measure()
{
    count();
    if (!m_options.checksums)
        return;
    checksum();
    locate();
    sample();
}

const CompareData::Pair *CompareData::pairOf(const QString &object) const
{
    const auto place = m_places.constFind(object);
    return place == m_places.cend() ? nullptr : &m_pairs[size_t(*place)];
}

} // namespace Switchyard
