// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparedata.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char copyHint[] = "copy the table again; where the source is in use, stop its writers first";

QString estimateText(const TableFacts &facts)
{
    return facts.estimate < 0 ? QString() : s("about %1").arg(qint64(std::llround(facts.estimate)));
}

QString rowsText(qint64 rows)
{
    return rows == 1 ? s("1 row") : s("%1 rows").arg(rows);
}

/// "id = 5", or "(a, b) = (1, x)": on one line, and not long.
QString keyText(const QList<TableColumn> &columns, const QStringList &key)
{
    constexpr qsizetype longest = 80;
    QStringList names;
    for (const TableColumn &column : columns)
        names.append(column.name);
    const auto listed = [](const QStringList &words) {
        return words.size() == 1 ? words.first() : s("(%1)").arg(words.join(s(", ")));
    };
    QString value = listed(key);
    for (QChar &c : value) {
        if (!c.isPrint() && !c.isSurrogate())
            c = u' ';
    }
    if (value.size() > longest)
        value = value.left(value[longest - 1].isHighSurrogate() ? longest - 1 : longest) + s("…");
    return listed(names) + s(" = ") + value;
}

QString numberText(const std::optional<qint64> &number, const char *none)
{
    return number ? QString::number(*number) : s(none);
}

} // namespace

void CompareData::reportCount(const Pair &pair, CompareFilter &filter, CompareReport &report) const
{
    const Measure &left = pair.sides[0];
    const Measure &right = pair.sides[1];
    CompareRow row;
    row.kind = s("count");
    row.object = pair.object;
    row.source = left.count ? QString::number(*left.count) : estimateText(*left.facts);
    row.target = right.count ? QString::number(*right.count) : estimateText(*right.facts);
    row.sourceEstimate = !left.count && !row.source.isEmpty();
    row.targetEstimate = !right.count && !row.target.isEmpty();
    if (left.count && right.count) {
        judgeCounts(row, *left.count, *right.count, rowsText, copyHint, report);
    } else {
        row.status = CompareStatus::Unknown;
        QStringList whys;
        for (int side = 0; side < 2; ++side) {
            if (pair.sides[side].count)
                continue;
            QString why = pair.sides[side].why;
            if (why.isEmpty())
                why = (side == 0 ? m_source : m_target).endReason();
            if (why.isEmpty())
                why = s("the other side was not to be counted");
            whys.append(s("%1: %2").arg(side == 0 ? s("source") : s("target"), why));
        }
        row.reason = s("not counted (%1)").arg(whys.join(s("; ")));
        if (row.sourceEstimate || row.targetEstimate)
            row.reason += s("; \"about\" is the planner's estimate and proves nothing");
        row.hint = s("--count-timeout gives each table longer; SELECT on it lets this user count");
    }
    if (row.status != CompareStatus::Same)
        row.expected = filter.accepts(row);
    addCompareRow(report, row);
}

void CompareData::reportChecksum(const Pair &pair, CompareFilter &filter, CompareReport &report) const
{
    const Measure &left = pair.sides[0];
    const Measure &right = pair.sides[1];
    CompareRow row;
    row.kind = s("checksum");
    row.object = pair.object;
    QString why = pair.why;
    const QString ended = !m_source.endReason().isEmpty() ? m_source.endReason() : m_target.endReason();
    const auto counted = [](int number, const char *words) { return s("%1 %2").arg(number).arg(s(words)); };
    const auto walk = [&] {
        QStringList words;
        QStringList first;
        int lacking = 0, other = 0, more = 0;
        for (const QStringList &key : left.keys) {
            const QString joined = key.join(QChar(0x1f));
            const auto there = right.hashes.constFind(joined);
            const bool lacks = there == right.hashes.cend();
            if (!lacks && *there == left.hashes.value(joined))
                continue;
            if (lacking + other == 0)
                first = key;
            ++(lacks ? lacking : other);
        }
        for (const QStringList &key : right.keys) {
            if (!left.hashes.contains(key.join(QChar(0x1f))) && more++ == 0 && first.isEmpty())
                first = key;
        }
        if (other > 0)
            words.append(counted(other, "of another content"));
        if (lacking > 0)
            words.append(counted(lacking, "missing on the target"));
        if (more > 0)
            words.append(counted(more, "only on the target"));
        return words.isEmpty() ? QString() : s("%1; the first: %2").arg(words.join(s(", ")), keyText(pair.key, first));
    };
    switch (pair.depth) {
    case Depth::None:
        return;
    case Depth::Impossible:
        break;
    case Depth::Whole:
        if (left.sum.isEmpty() || right.sum.isEmpty()) {
            why = !left.whySum.isEmpty() ? left.whySum : !right.whySum.isEmpty() ? right.whySum : ended;
            break;
        }
        row.status = left.sum == right.sum ? CompareStatus::Same : CompareStatus::Different;
        row.source = s("all, %1").arg(rowsText(left.sum.section(u' ', 0, 0).toLongLong()));
        row.target = s("all, %1").arg(rowsText(right.sum.section(u' ', 0, 0).toLongLong()));
        if (row.status == CompareStatus::Different) {
            row.reason = left.hashed && right.hashed ? walk()
                         : pair.key.isEmpty()        ? s("no primary key names the rows")
                                                     : s("which rows was not looked for");
        }
        break;
    case Depth::Sample:
        if (!left.hashed || !right.hashed) {
            why = !left.whySum.isEmpty() ? left.whySum : !right.whySum.isEmpty() ? right.whySum : ended;
            break;
        }
        row.reason = walk();
        row.status = row.reason.isEmpty() ? CompareStatus::Same : CompareStatus::Different;
        row.source = s("a sample, %1").arg(rowsText(left.keys.size()));
        row.target = s("a sample, %1").arg(rowsText(right.hashes.size()));
        break;
    }
    if (row.status == CompareStatus::Unknown) {
        row.reason = s("no checksum: %1").arg(why.isEmpty() ? s("it was not come to") : why);
        // Without a common key there is no sample: only a table that is read wholly has a checksum.
        row.hint = pair.key.isEmpty()
                       ? s("--sample N reads tables of up to 10 × N rows wholly, --count-timeout gives longer; "
                           "--no-checksums does without all")
                       : s("--sample takes fewer rows, --count-timeout gives longer; --no-checksums does without all");
    } else if (!pair.all) {
        const QString part = s("over the %1 columns that both have in one type").arg(pair.columns.size());
        row.reason = row.reason.isEmpty() ? part : s("%1; %2").arg(row.reason, part);
    }
    if (row.status == CompareStatus::Different) {
        row.hint = s(copyHint);
        row.moving = report.isMoving(pair.object);
    }
    if (row.status != CompareStatus::Same)
        row.expected = filter.accepts(row);
    addCompareRow(report, row);
}

void CompareData::reportSequence(const Sequence &sequence, CompareFilter &filter, CompareReport &report) const
{
    const OwnedSequence &left = *sequence.source;
    const OwnedSequence &right = *sequence.target;
    CompareRow row;
    row.kind = s("sequence-value");
    row.object = left.object;
    if (!left.mayRead || !right.mayRead) {
        row.reason = s("this user may not read it (SELECT or USAGE) on %1")
                         .arg(left.mayRead ? s("the target") : s("the source"));
    } else if (!left.known || !right.known) {
        const QString &why = left.known ? right.why : left.why;
        row.reason = s("its value was not read%1").arg(why.isEmpty() ? QString() : s(": ") + why);
    } else {
        row.source = numberText(left.last, "not used yet");
        row.target = numberText(right.last, "not used yet");
        row.status = left.last == right.last ? CompareStatus::Same : CompareStatus::Different;
        if (row.status == CompareStatus::Different) {
            const qint64 from = left.last.value_or(left.start - left.increment);
            const qint64 to = right.last.value_or(right.start - right.increment);
            const bool ahead = right.increment > 0 ? to > from : to < from;
            row.expected = ahead;
            row.reason = ahead ? s("the target's is ahead, which leaves a gap and no more")
                               : s("the target gives out numbers that the source has given out");
            // One without a table is nobody's measure of being written.
            row.moving = !ahead && report.source.written.value_or(false) &&
                         (left.table.isEmpty() || report.isMoving(left.table));
            if (!ahead)
                row.hint =
                    s("SELECT setval(…) on the target with the source's last value, once its writers have stopped");
        }
    }
    if (row.status != CompareStatus::Same && filter.accepts(row))
        row.expected = true;
    addCompareRow(report, row);
}

void CompareData::reportEdge(const Sequence &sequence, CompareFilter &filter, CompareReport &report) const
{
    const OwnedSequence &right = *sequence.target;
    const Pair *pair = right.table.isEmpty() ? nullptr : pairOf(right.table);
    if (!pair)
        return;
    const Measure &there = pair->sides[1];
    const Measure &here = pair->sides[0];
    CompareRow row;
    row.kind = s("max-id");
    row.object = right.table + u'.' + right.column;
    if (!right.mayRead || !right.known || !there.edges.contains(right.column)) {
        row.reason = right.mayRead && !right.known
                         ? s("the value of the target's sequence %1 was not read: %2").arg(right.object, right.why)
                     : !right.mayRead       ? s("this user may not read the target's sequence %1").arg(right.object)
                     : !there.why.isEmpty() ? there.why
                     : !here.why.isEmpty()  ? here.why
                                            : s("it was not come to");
        row.expected = filter.accepts(row);
        return addCompareRow(report, row);
    }
    const std::optional<qint64> edge = there.edges.value(right.column);
    const auto isBehind = [](const OwnedSequence &its, const std::optional<qint64> &most) {
        const qint64 next = its.last ? *its.last + its.increment : its.start;
        return most && (its.increment > 0 ? *most >= next : *most <= next);
    };
    const std::optional<qint64> own =
        here.edges.contains(sequence.source->column) ? here.edges.value(sequence.source->column) : std::nullopt;
    const bool known = here.edges.contains(sequence.source->column);
    row.source = !known ? QString()
                        : s("%1, sequence at %2")
                              .arg(numberText(own, "no rows"), sequence.source->known
                                                                   ? numberText(sequence.source->last, "its start")
                                                                   : s("an unknown value"));
    row.target = s("%1, sequence at %2").arg(numberText(edge, "no rows"), numberText(right.last, "its start"));
    if (isBehind(right, edge)) {
        row.status = CompareStatus::Different;
        row.reason =
            s("the target's sequence %1 is behind its own column: the next insert would collide").arg(right.object);
        if (known && sequence.source->known && isBehind(*sequence.source, own))
            row.reason += s("; so it is on the source");
        row.hint = s("SELECT setval('%1', %2) on the target").arg(right.object, QString::number(*edge));
    } else if (!known) {
        row.reason = here.why;
    } else if (own != edge) {
        row.status = CompareStatus::Different;
        const bool upward = own && (!edge || (right.increment > 0 ? *own > *edge : *own < *edge));
        row.moving = upward && report.isMoving(pair->object);
        row.reason = s("the last row of each has another number");
        row.hint = s(copyHint);
    } else {
        row.status = CompareStatus::Same;
    }
    if (row.status != CompareStatus::Same)
        row.expected = filter.accepts(row);
    addCompareRow(report, row);
}

void CompareData::report(CompareFilter &filter, CompareReport &report) const
{
    for (const Pair &pair : m_pairs)
        reportCount(pair, filter, report);
    for (const Sequence &sequence : m_sequences)
        reportSequence(sequence, filter, report);
    for (const Sequence &sequence : m_sequences)
        reportEdge(sequence, filter, report);
    if (!m_options.checksums)
        return;
    for (const Pair &pair : m_pairs)
        reportChecksum(pair, filter, report);
}

} // namespace Switchyard
