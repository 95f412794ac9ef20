// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/mongodata.h"

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char copyHint[] = "copy the collection again; where the source is in use, stop its writers first";

QString documents(qint64 number)
{
    return number == 1 ? s("1 document") : s("%1 documents").arg(number);
}

} // namespace

QString MongoData::whyOf(const QString &why) const
{
    if (!why.isEmpty())
        return why;
    const QString ended = m_source.endReason().isEmpty() ? m_target.endReason() : m_source.endReason();
    return ended.isEmpty() ? s("it was not come to") : ended;
}

bool MongoData::isDifferent(const Pair &pair)
{
    const Whole &left = pair.sides[0].whole;
    const Whole &right = pair.sides[1].whole;
    if (pair.depth == Depth::Sample)
        return pair.differences.any();
    return pair.depth == Depth::Whole && left.read && right.read &&
           (left.documents != right.documents || left.sums[0] != right.sums[0] || left.sums[1] != right.sums[1]);
}

QString MongoData::Differences::words() const
{
    QStringList words;
    if (other > 0)
        words.append(s("%1 of another content").arg(other));
    if (lacking > 0)
        words.append(s("%1 missing on the target").arg(lacking));
    if (more > 0)
        words.append(s("%1 only on the target").arg(more));
    return s("%1; the first: %2%3").arg(words.join(s(", ")), first, how.isEmpty() ? QString() : s(" (%1)").arg(how));
}

void MongoData::reportCount(const Pair &pair, CompareFilter &filter, CompareReport &report) const
{
    const Measure &left = pair.sides[0];
    const Measure &right = pair.sides[1];
    const auto shown = [](const Measure &measure) {
        return measure.count      ? QString::number(*measure.count)
               : measure.estimate ? s("about %1").arg(*measure.estimate)
                                  : QString();
    };
    CompareRow row;
    row.kind = s("count");
    row.object = pair.object;
    row.source = shown(left);
    row.target = shown(right);
    row.sourceEstimate = !left.count && left.estimate;
    row.targetEstimate = !right.count && right.estimate;
    if (left.count && right.count) {
        judgeCounts(row, *left.count, *right.count, documents, copyHint, report);
    } else {
        QStringList whys;
        for (int which = 0; which < 2; ++which) {
            if (!pair.sides[which].count)
                whys.append(s("%1: %2").arg(which == 0 ? s("source") : s("target"), whyOf(pair.sides[which].why)));
        }
        row.reason = s("not counted (%1)").arg(whys.join(s("; ")));
        if (row.sourceEstimate || row.targetEstimate)
            row.reason += s("; \"about\" is the metadata's number, an estimate, and proves nothing");
        row.hint = left.late || right.late       ? s("--count-timeout gives each collection longer")
                   : left.mayNot || right.mayNot ? s("the role read on the database lets this user count")
                                                 : s("once more, when the server and the way to it are well");
    }
    if (row.status != CompareStatus::Same)
        row.expected = filter.accepts(row);
    addCompareRow(report, row);
}

void MongoData::reportChecksum(const Pair &pair, CompareFilter &filter, CompareReport &report) const
{
    CompareRow row;
    row.kind = s("checksum");
    row.object = pair.object;
    const Whole &left = pair.sides[0].whole;
    const Whole &right = pair.sides[1].whole;
    const Sample &sample = pair.sample;
    QString why;
    if (pair.depth == Depth::Impossible) {
        why = pair.why;
    } else if (pair.depth == Depth::Whole && (!left.read || !right.read)) {
        const bool source = !left.read;
        why = s("%1: %2").arg(source ? s("source") : s("target"), whyOf(source ? left.why : right.why));
    } else if (pair.depth == Depth::Whole) {
        row.status = isDifferent(pair) ? CompareStatus::Different : CompareStatus::Same;
        row.source = s("all, %1").arg(documents(left.documents));
        row.target = s("all, %1").arg(documents(right.documents));
        if (row.isDifference())
            row.reason = pair.differences.any() ? pair.differences.words()
                         : pair.timeSeries      ? s("documents of a time series differ; no key names them")
                                                : s("documents differ; too many to look for which");
    } else if (pair.depth == Depth::Sample && (sample.between || pair.differences.any())) {
        row.status = pair.differences.any() ? CompareStatus::Different : CompareStatus::Same;
        row.source = s("a sample, %1").arg(documents(sample.compared));
        row.target = s("a sample, %1").arg(documents(sample.found));
        if (row.isDifference())
            row.reason =
                pair.differences.words() +
                (sample.between ? QString() : s("; the rest of the sample was not read (%1)").arg(whyOf(sample.why)));
    } else {
        why = whyOf(sample.why);
        if (sample.ends)
            why += s("; the first and the last by _id are the same");
    }
    if (row.status == CompareStatus::Unknown) {
        row.reason = s("no checksum: %1").arg(why);
        row.hint = s("--sample takes fewer documents, --count-timeout gives longer; --no-checksums does without all");
    }
    if (row.isDifference()) {
        row.hint = s(copyHint);
        row.moving = report.isMoving(pair.object);
    }
    if (row.status != CompareStatus::Same)
        row.expected = filter.accepts(row);
    addCompareRow(report, row);
}

void MongoData::report(CompareFilter &filter, CompareReport &report) const
{
    for (const Pair &pair : m_pairs)
        reportCount(pair, filter, report);
    if (!m_options.checksums)
        return;
    for (const Pair &pair : m_pairs)
        reportChecksum(pair, filter, report);
}

} // namespace Switchyard
