// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/mongodata.h"

#include "models/database/compare/compares.h"

#include <QtEndian>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Documents that are remembered by their _id, to name those that differ: more of them than these are summed only.
constexpr qsizetype mostListed = 100'000;
constexpr qsizetype mostListedBytes = 64 << 20;
constexpr qsizetype mostExplained = 50;
/// Of one question to the target.
constexpr size_t idsInLookup = 500;
constexpr qsizetype bytesInLookup = 1 << 20;
constexpr qint64 stepsBetween = 10; ///< where a server has no $sample

QByteArray findCommand(const QString &collection, const QByteArray &more, const Deadline &budget)
{
    return "{\"find\": " + mongoQuoted(collection) + more + ", \"batchSize\": 1000, " + MongoSide::maxTime(budget) +
           "}";
}

QByteArray aggregateCommand(const QString &collection, const QByteArray &stage, const Deadline &budget)
{
    return "{\"aggregate\": " + mongoQuoted(collection) + ", \"pipeline\": [" + stage +
           "], \"cursor\": {\"batchSize\": 1000}, " + MongoSide::maxTime(budget) + "}";
}

/// "_id = 5": on one line, and not long.
QString shownId(const QString &id)
{
    constexpr qsizetype longest = 80;
    QString text = id;
    for (QChar &c : text) {
        if (!c.isPrint() && !c.isSurrogate())
            c = u' ';
    }
    if (text.size() > longest)
        text = text.left(text[longest - 1].isHighSurrogate() ? longest - 1 : longest) + s("…");
    return s("_id = ") + text;
}

} // namespace

MongoData::MongoData(MongoSide &source, MongoSide &target, const MongoCatalogue &left, const MongoCatalogue &right,
                     const CompareFilter &filter, const CompareOptions &options)
    : m_source(source)
    , m_target(target)
    , m_options(options)
{
    for (auto it = left.collections.cbegin(); it != left.collections.cend(); ++it) {
        if (!right.collections.contains(it.key()) || filter.excludes(it.key()))
            continue;
        Pair pair;
        pair.object = it.key();
        pair.timeSeries = it.value() || right.collections.value(it.key());
        m_pairs.push_back(std::move(pair));
    }
}

void MongoData::progress(const char *phase, qint64 total, const QString &object)
{
    const std::lock_guard lock(m_mutex);
    ++m_done;
    if (m_total > 0)
        total = m_total;
    if (m_options.onProgress)
        m_options.onProgress({s(phase), std::min(m_done, total), total, object});
}

void MongoData::both(const char *phase, const QList<qsizetype> &pairs,
                     const std::function<void(int which, MongoLink &, Pair &)> &job)
{
    if (m_total == 0)
        m_done = 0;
    const auto one = [&](int which) {
        side(which).run(pairs.size(), [&, which](MongoLink &link, qsizetype at) {
            Pair &pair = m_pairs[size_t(pairs[at])];
            job(which, link, pair);
            progress(phase, pairs.size() * 2, pair.object);
        });
    };
    together([&] { one(0); }, [&] { one(1); });
}

void MongoData::withTwoLinks(const char *phase, const QList<qsizetype> &pairs,
                             const std::function<void(MongoLink &, MongoLink &, Pair &)> &job)
{
    if (m_total == 0)
        m_done = 0;
    std::atomic<qsizetype> next{0};
    std::vector<std::thread> threads;
    for (size_t i = 0; i < std::min(m_source.links(), m_target.links()); ++i) {
        threads.emplace_back([&, i] {
            MongoLink &source = m_source.link(i);
            MongoLink &target = m_target.link(i);
            const auto goesOn = [&] {
                return source.isOpen() && target.isOpen() && m_source.endReason().isEmpty() &&
                       m_target.endReason().isEmpty();
            };
            for (qsizetype at = next++; at < pairs.size() && goesOn(); at = next++) {
                Pair &pair = m_pairs[size_t(pairs[at])];
                job(source, target, pair);
                m_source.mindLink(source);
                m_target.mindLink(target);
                progress(phase, pairs.size(), pair.object);
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
}

std::optional<qint64> MongoData::exactCount(int which, MongoLink &link, const QString &collection,
                                            MongoOutcome &outcome)
{
    const Deadline budget = side(which).budget();
    qint64 number = 0;
    // Not the command "count": without a query it gives the metadata's number, which a crash or a shard leaves wrong.
    outcome =
        side(which).read(link, aggregateCommand(collection, R"({"$group": {"_id": null, "n": {"$sum": 1}}})", budget),
                         budget, [&number](const MongoBatch &batch) {
                             for (const QByteArrayView each : batch.documents)
                                 number = mongoNumber(each, "n").value_or(0);
                             return true;
                         });
    return outcome.ok ? std::optional(number) : std::nullopt;
}

void MongoData::countOne(int which, MongoLink &link, Pair &pair)
{
    Measure &measure = pair.sides[which];
    if (which == 0 && !m_source.knowsWrites()) {
        const MongoSide::Statistics now = m_source.statistics(link, pair.object);
        measure.writes = now.writes;
        measure.estimate = now.estimate;
    }
    if (link.isOpen()) {
        MongoOutcome outcome;
        measure.count = exactCount(which, link, pair.object, outcome);
        measure.why = outcome.why;
        measure.late = outcome.late;
        measure.mayNot = outcome.unauthorised;
    }
    if (measure.count || !measure.late || measure.estimate || !link.isOpen())
        return;
    QByteArray answer;
    if (side(which).ask(link, "{\"count\": " + mongoQuoted(pair.object) + "}", side(which).budget(), &answer).ok)
        measure.estimate = mongoNumber(answer, "n");
}

void MongoData::count()
{
    QList<qsizetype> all;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()); ++i)
        all.append(i);
    both("count", all, [this](int which, MongoLink &link, Pair &pair) { countOne(which, link, pair); });
}

void MongoData::chooseDepth(Pair &pair) const
{
    const Measure &left = pair.sides[0];
    const Measure &right = pair.sides[1];
    const auto impossible = [&pair](const QString &why) {
        pair.depth = Depth::Impossible;
        pair.why = why;
    };
    const qint64 most = m_options.sampleRows * 10;
    if (left.count && right.count && std::max(*left.count, *right.count) <= most) {
        pair.depth = Depth::Whole;
        return;
    }
    for (const Measure &each : pair.sides) {
        if (!each.count && !each.late)
            return impossible(whyOf(each.why));
    }
    if (pair.timeSeries)
        return impossible(
            s("more than %1 documents of a time series, which has no index of _id to sample by").arg(most));
    pair.depth = Depth::Sample;
}

void MongoData::readWhole(int which, MongoLink &link, Pair &pair)
{
    Whole &whole = pair.sides[which].whole;
    const Deadline budget = side(which).budget();
    whole.listed = !pair.timeSeries; // its _ids need not be unique
    qsizetype bytes = 0;
    const MongoOutcome done = side(which).read(
        link, findCommand(pair.object, pair.timeSeries ? QByteArray() : QByteArray(R"(, "sort": {"_id": 1})"), budget),
        budget, [&](const MongoBatch &batch) {
            for (const QByteArrayView each : batch.documents) {
                const QByteArray hash = mongoHash(each, pair.timeSeries);
                for (int i = 0; i < 2; ++i)
                    whole.sums[i] += qFromLittleEndian<quint64>(hash.constData() + 8 * i);
                ++whole.documents;
                if (!whole.listed)
                    continue;
                const QString id = mongoIdText(each);
                const Seen seen{hash, mongoIdOf(each)};
                bytes += id.size() * 2 + seen.id.size();
                whole.listed = whole.ids.size() < mostListed && bytes < mostListedBytes;
                whole.ids.append(id);
                whole.byId.insert(id, seen);
            }
            return true;
        });
    whole.read = done.ok;
    whole.why = done.why;
}

/// Finds which ones differ, and forgets all others.
void MongoData::walk(Pair &pair)
{
    Whole &left = pair.sides[0].whole;
    Whole &right = pair.sides[1].whole;
    Differences &found = pair.differences;
    const bool same =
        left.documents == right.documents && left.sums[0] == right.sums[0] && left.sums[1] == right.sums[1];
    if (left.read && right.read && !same && left.listed && right.listed) {
        for (const QString &id : std::as_const(left.ids)) {
            const auto there = right.byId.constFind(id);
            const bool lacks = there == right.byId.cend();
            const Seen &here = *left.byId.constFind(id);
            if (!lacks && there->hash == here.hash)
                continue;
            if (!found.any()) {
                found.first = shownId(id);
                found.firstId = lacks ? QByteArray() : here.id;
            }
            ++(lacks ? found.lacking : found.other);
        }
        for (const QString &id : std::as_const(right.ids)) {
            if (left.byId.contains(id))
                continue;
            if (!found.any())
                found.first = shownId(id);
            ++found.more;
        }
    }
    for (Measure &each : pair.sides) {
        each.whole.byId.clear();
        each.whole.ids.clear();
    }
}

/// Asks both for the first that is of another content, to say in what.
void MongoData::explain(MongoLink &source, MongoLink &target, Pair &pair)
{
    QByteArray documents[2];
    for (int which = 0; which < 2; ++which) {
        const Deadline budget = side(which).budget();
        (void)side(which).read(which == 0 ? source : target,
                               MongoCommand::ofBson(mongoLookup(pair.object, {pair.differences.firstId},
                                                                std::max<qint64>(1, budget.left().count()))),
                               budget, [&](const MongoBatch &batch) {
                                   if (!batch.documents.empty())
                                       documents[which] = batch.documents.front().toByteArray();
                                   return true;
                               });
    }
    if (!documents[0].isEmpty() && !documents[1].isEmpty() && documents[0] != documents[1])
        pair.differences.how = mongoDifference(documents[0], documents[1]);
}

void MongoData::checksum()
{
    QList<qsizetype> small, large;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()); ++i) {
        Pair &pair = m_pairs[size_t(i)];
        chooseDepth(pair);
        if (pair.depth == Depth::Whole)
            small.append(i);
        else if (pair.depth == Depth::Sample)
            large.append(i);
    }
    // A part at a time: both sides of all collections at once would be in memory.
    const qsizetype part = std::clamp<qsizetype>(16'000 / m_options.sampleRows, m_options.connections, 16);
    QList<qsizetype> differing;
    m_total = small.size() * 2 + large.size();
    m_done = 0;
    for (qsizetype from = 0; from < small.size(); from += part) {
        const QList<qsizetype> some = small.mid(from, part);
        both("checksum", some, [this](int which, MongoLink &link, Pair &pair) { readWhole(which, link, pair); });
        for (const qsizetype at : some) {
            walk(m_pairs[size_t(at)]);
            if (!m_pairs[size_t(at)].differences.firstId.isEmpty() && differing.size() < mostExplained)
                differing.append(at);
        }
    }
    withTwoLinks("checksum", large,
                 [this](MongoLink &source, MongoLink &target, Pair &pair) { sample(source, target, pair); });
    m_total = 0;
    withTwoLinks("locate", differing,
                 [this](MongoLink &source, MongoLink &target, Pair &pair) { explain(source, target, pair); });
}

bool MongoData::lookUp(const MongoBatch &batch, const Deadline &budget, MongoLink &target, Pair &pair)
{
    Sample &sample = pair.sample;
    Differences &found = pair.differences;
    for (size_t from = 0; from < batch.documents.size();) {
        struct Asked
        {
            size_t at;
            bool found, same;
        };
        std::vector<QByteArray> ids;
        std::vector<Asked> asked;
        QHash<QString, size_t> places;
        QStringList names;
        qsizetype bytes = 0;
        for (; from < batch.documents.size() && ids.size() < idsInLookup && bytes < bytesInLookup; ++from) {
            const QString id = mongoIdText(batch.documents[from]);
            const quint64 mark = quint64(qHash(id, 0));
            if (sample.taken.contains(mark))
                continue;
            sample.taken.insert(mark);
            places.insert(id, asked.size());
            names.append(id);
            asked.push_back({from, false, false});
            ids.push_back(mongoIdOf(batch.documents[from]));
            bytes += ids.back().size();
        }
        if (ids.empty())
            continue;
        size_t firstOther = asked.size();
        QString how;
        const MongoOutcome done = m_target.read(
            target, MongoCommand::ofBson(mongoLookup(pair.object, ids, std::max<qint64>(1, budget.left().count()))),
            budget, [&](const MongoBatch &answer) {
                for (const QByteArrayView each : answer.documents) {
                    const auto place = places.constFind(mongoIdText(each));
                    if (place == places.cend())
                        continue;
                    Asked &one = asked[*place];
                    const QByteArrayView here = batch.documents[one.at];
                    one.found = true;
                    one.same = here == each;
                    if (!one.same && *place < firstOther) {
                        firstOther = *place;
                        how = found.any() ? QString() : mongoDifference(here, each);
                    }
                }
                return true;
            });
        if (!done.ok) {
            sample.why = s("the target: %1").arg(done.why);
            return false;
        }
        for (size_t i = 0; i < asked.size(); ++i) {
            ++sample.compared;
            sample.found += asked[i].found ? 1 : 0;
            if (asked[i].same)
                continue;
            if (!found.any()) {
                found.first = shownId(names[qsizetype(i)]);
                found.how = i == firstOther ? how : QString();
            }
            ++(asked[i].found ? found.other : found.lacking);
        }
    }
    return true;
}

MongoOutcome MongoData::sampleBy(const QByteArray &command, const Deadline &budget, MongoLink &source,
                                 MongoLink &target, Pair &pair)
{
    MongoOutcome done = m_source.read(source, command, budget,
                                      [&](const MongoBatch &batch) { return lookUp(batch, budget, target, pair); });
    if (done.ok && done.stopped)
        done.ok = false;
    else if (!done.ok)
        pair.sample.why = s("the source: %1").arg(done.why);
    return done;
}

/// By $sample; a server without it walks over the index, some documents at even distances.
bool MongoData::sampleBetween(const Deadline &budget, MongoLink &source, MongoLink &target, Pair &pair)
{
    const QByteArray rows = QByteArray::number(m_options.sampleRows);
    const MongoOutcome done = sampleBy(aggregateCommand(pair.object, "{\"$sample\": {\"size\": " + rows + "}}", budget),
                                       budget, source, target, pair);
    const std::optional<qint64> all = pair.sides[0].count ? pair.sides[0].count : pair.sides[0].estimate;
    if (done.ok || !done.refused || done.late || done.unauthorised || !all)
        return done.ok;
    const qint64 steps = std::min(stepsBetween, m_options.sampleRows);
    for (qint64 i = 0; i < steps; ++i) {
        const qint64 skip = *all * (2 * i + 1) / (2 * steps);
        if (!sampleBy(findCommand(pair.object,
                                  ", \"sort\": {\"_id\": 1}, \"skip\": " + QByteArray::number(skip) +
                                      ", \"limit\": " + QByteArray::number(m_options.sampleRows / steps),
                                  budget),
                      budget, source, target, pair)
                 .ok)
            return false;
    }
    pair.sample.why.clear();
    return true;
}

void MongoData::sample(MongoLink &source, MongoLink &target, Pair &pair)
{
    const QByteArray rows = QByteArray::number(m_options.sampleRows);
    const Deadline budget = m_source.budget();
    pair.sample.ends = true;
    for (const char *direction : {"1", "-1"}) {
        const QByteArray which = QByteArray(", \"sort\": {\"_id\": ") + direction + "}, \"limit\": " + rows;
        pair.sample.ends =
            pair.sample.ends && sampleBy(findCommand(pair.object, which, budget), budget, source, target, pair).ok;
    }
    pair.sample.between = pair.sample.ends && sampleBetween(budget, source, target, pair);
    pair.sample.taken.clear();
}

/// Where the server does not tell its writes: whether the collections that seem to lack something were written to.
void MongoData::recheck()
{
    if (m_source.knowsWrites() || !m_source.endReason().isEmpty() || m_source.links() == 0)
        return;
    QList<qsizetype> open;
    for (qsizetype i = 0; i < qsizetype(m_pairs.size()); ++i) {
        const Pair &pair = m_pairs[size_t(i)];
        const bool lacks = pair.sides[0].count && pair.sides[1].count && *pair.sides[0].count > *pair.sides[1].count;
        if (lacks || isDifferent(pair))
            open.append(i);
    }
    m_source.run(open.size(), [&](MongoLink &link, qsizetype at) {
        Pair &pair = m_pairs[size_t(open[at])];
        const Measure &before = pair.sides[0];
        const std::optional<qint64> writes =
            before.writes ? m_source.statistics(link, pair.object).writes : std::nullopt;
        if (writes) {
            if (writes != before.writes)
                m_source.noteWritten(pair.object);
            return;
        }
        // Not told, or not told any more, which is no sign of a write.
        if (!link.isOpen())
            return;
        MongoOutcome outcome;
        const std::optional<qint64> now = before.count ? exactCount(0, link, pair.object, outcome) : std::nullopt;
        if (now && now != before.count)
            m_source.noteWritten(pair.object);
    });
}

void MongoData::measure()
{
    count();
    if (m_options.checksums)
        checksum();
    recheck();
}

} // namespace Switchyard
