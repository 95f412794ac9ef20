// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/databaselane.h"

#include "models/common/duration.h"
#include "models/common/percentile.h"
#include "models/redeploy/facts.h"
#include "models/redeploy/gatehelp.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

constexpr qsizetype mostTroubles = 20;
constexpr double oneSecondUs = 1'000'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString rounded(double value)
{
    return QString::number(value, 'f', std::abs(value - std::round(value)) < 0.05 ? 0 : 1);
}

QString at(double ms)
{
    return s("%1 s").arg(ms / 1000, 0, 'f', 1);
}

/// Gathers one database's events.
class LaneReader final
{
public:
    LaneReader(const SessionFacts &facts, const SessionDatabase &database)
        : m_facts(facts)
        , m_database(database)
    {
        m_lane.name = database.name;
        m_duringEndUs = duringEnd();
    }

    DatabaseLane read();

private:
    qint64 duringEnd() const;
    bool ranTogether(qint64 us) const;
    DatabaseSpan spanOf(qint64 us) const;
    bool isDuringOrAfter(const Event &event) const { return m_facts.triggered() && event.us >= m_facts.triggerUs; }

    void take(const Event &event);
    void takeTrouble(const Event &event);
    void takeCount(const Event &event);
    void takeGood(const Event &event);
    void judgeBaseline();
    void judgeReturn();
    void judgeStorm();
    void point(const Event *event);

    const SessionFacts &m_facts;
    const SessionDatabase &m_database;
    DatabaseLane m_lane;
    qint64 m_duringEndUs = -1; ///< negative: never
    std::array<std::vector<double>, 3> m_times;
    std::vector<double> m_usedBefore;
    QList<const Event *> m_counted; ///< with connections in use, from the baseline on
    qint64 m_lastAnswerUs = -1;     ///< of a question that told its count of new ones
    qint64 m_lastGoodUs = -1;
    const Event *m_firstFull = nullptr;
    const Event *m_reached = nullptr;
    const Event *m_peak = nullptr;
    const Event *m_fresh = nullptr;
};

qint64 LaneReader::duringEnd() const
{
    if (!m_facts.triggered())
        return -1;
    qint64 end = -1;
    for (const Event &event : m_facts.record.events) {
        if (event.kind == EventKind::Phase && event.text == QLatin1StringView("recovered"))
            end = event.us;
    }
    for (const InstanceStop &stop : m_facts.stops) {
        if (!stop.end())
            return -1; // an old one was never seen to go
        end = end < 0 ? end : std::max(end, stop.end()->us);
    }
    return end;
}

/// A new instance had been started, and an old one was not gone yet.
bool LaneReader::ranTogether(qint64 us) const
{
    const bool started = std::any_of(m_facts.starts.cbegin(), m_facts.starts.cend(),
                                     [us](const InstanceStart &start) { return start.starting->us <= us; });
    const bool stays = std::any_of(m_facts.stops.cbegin(), m_facts.stops.cend(),
                                   [us](const InstanceStop &stop) { return !stop.end() || stop.end()->us >= us; });
    return started && stays;
}

DatabaseSpan LaneReader::spanOf(qint64 us) const
{
    if (!m_facts.triggered() || us < m_facts.triggerUs)
        return DatabaseSpan::Before;
    return m_duringEndUs >= 0 && us > m_duringEndUs ? DatabaseSpan::After : DatabaseSpan::During;
}

void LaneReader::point(const Event *event)
{
    if (event && m_lane.evidence.size() < GateHelp::maxEvidence && !m_lane.evidence.contains(event->id))
        m_lane.evidence.append(event->id);
}

void LaneReader::takeTrouble(const Event &event)
{
    if (m_lane.troubles.size() < mostTroubles)
        m_lane.troubles.append({double(event.us) / 1000, event.detail, event.text});
    if (event.detail != QLatin1StringView("full"))
        return;
    if (!isDuringOrAfter(event)) {
        m_lane.fullBefore = true;
        return;
    }
    m_firstFull = m_firstFull ? m_firstFull : &event;
    if (event.kind == EventKind::DatabaseConnect)
        ++m_lane.refusedFull;
}

void LaneReader::takeGood(const Event &event)
{
    if (double(event.us - m_lastGoodUs) / 1000 > m_lane.silentMs()) {
        m_lane.silentFromMs = double(m_lastGoodUs) / 1000;
        m_lane.silentToMs = double(event.us) / 1000;
    }
    m_lastGoodUs = event.us;
}

void LaneReader::takeCount(const Event &event)
{
    const ConnectionCount &count = event.connections;
    if (count.limit >= 0) {
        m_lane.limit = count.limit;
        m_lane.usable = count.usable();
    }
    if (count.fresh >= 0 && m_lastAnswerUs >= 0 && isDuringOrAfter(event)) {
        // A look may come late: what came in two seconds is no more than half of it in one.
        const double rate = count.fresh / std::max(1.0, double(event.us - m_lastAnswerUs) / oneSecondUs);
        if (rate > m_lane.freshPerSecond.value_or(-1)) {
            m_lane.freshPerSecond = rate;
            m_lane.freshMs = double(event.us) / 1000;
            m_fresh = &event;
        }
    }
    m_lastAnswerUs = event.us;
    if (count.used < 0)
        return;
    m_counted.append(&event);
    const bool before = !isDuringOrAfter(event);
    if (before)
        m_usedBefore.push_back(count.used);
    if (count.used > m_lane.peak.value_or(-1)) {
        m_lane.peak = count.used;
        m_peak = &event;
    }
    if (count.limit < 0)
        return;
    const int free = count.usable() - count.used;
    m_lane.leastFree = std::min(m_lane.leastFree.value_or(free), free);
    if (free <= 0 && before)
        m_lane.fullBefore = true;
    else if (free <= 0 && !m_reached)
        m_reached = &event;
}

void LaneReader::take(const Event &event)
{
    if (event.kind == EventKind::Note) {
        const QString begins = s("%1: ").arg(m_database.subject());
        if (event.text.startsWith(begins))
            m_lane.leftOut = event.text.mid(begins.size());
        return;
    }
    if (!event.instance.isEmpty())
        m_lane.server = event.instance;
    if (m_facts.baselineUs < 0 || event.us < m_facts.baselineUs)
        return;
    const bool question = event.kind == EventKind::Database;
    ++(question ? m_lane.asked : m_lane.newcomers);
    if (!event.ok) {
        ++(question ? m_lane.failed : m_lane.refused);
        if (question)
            m_lastAnswerUs = -1;
        return takeTrouble(event);
    }
    if (!question)
        return;
    takeGood(event);
    m_times[std::size_t(spanOf(event.us))].push_back(event.ms);
    takeCount(event);
}

void LaneReader::judgeBaseline()
{
    for (std::size_t i = 0; i < m_times.size(); ++i) {
        std::vector<double> &times = m_times[i];
        std::sort(times.begin(), times.end());
        if (!times.empty())
            m_lane.queries[i] = {int(times.size()), percentile(times, 0.5), percentile(times, 0.95), times.back()};
    }
    std::sort(m_usedBefore.begin(), m_usedBefore.end());
    if (!m_usedBefore.empty())
        m_lane.baseline = percentile(m_usedBefore, 0.5);
    if (!m_peak)
        return;
    m_lane.peakMs = double(m_peak->us) / 1000;
    m_lane.peakSpan = spanOf(m_peak->us);
    m_lane.peakTogether = m_lane.peakSpan != DatabaseSpan::Before && ranTogether(m_peak->us);
}

void LaneReader::judgeReturn()
{
    if (!m_lane.baseline)
        return;
    // One more or a tenth is the ordinary coming and going of a pool.
    const double level = *m_lane.baseline + std::max(1.0, *m_lane.baseline / 10);
    const Event *above = nullptr;
    const Event *back = nullptr;
    for (const Event *event : m_counted) {
        if (!isDuringOrAfter(*event))
            continue;
        const bool over = event->connections.used > level;
        if (over && !above)
            above = event;
        if (over)
            back = nullptr;
        else if (above && !back)
            back = event;
    }
    m_lane.backAtBaseline = !above || back;
    if (above && back)
        m_lane.overMs = double(back->us - above->us) / 1000;
}

void LaneReader::judgeStorm()
{
    if (m_lane.fullBefore)
        m_firstFull = m_reached = nullptr;
    if (m_firstFull) {
        m_lane.reasons.append(
            m_lane.refusedFull > 0
                ? s("%1 of our newcomers were refused because no connection was free, the first at %2")
                      .arg(m_lane.refusedFull)
                      .arg(at(double(m_firstFull->us) / 1000))
                : s("our own connection was refused because none was free, at %1")
                      .arg(at(double(m_firstFull->us) / 1000)));
        point(m_firstFull);
    }
    if (m_reached) {
        const ConnectionCount &count = m_reached->connections;
        m_lane.reasons.append(s("%1 connections were in use at %2, and the limit leaves %3 to applications (%4)")
                                  .arg(count.used)
                                  .arg(at(double(m_reached->us) / 1000))
                                  .arg(count.usable())
                                  .arg(count.reserved > 0
                                           ? s("%1 less %2 reserved").arg(count.limit).arg(count.reserved)
                                           : s("all of %1").arg(count.limit)));
        point(m_reached);
    }
    if (m_database.pool > 0 && m_lane.freshPerSecond.value_or(0) > m_database.pool) {
        m_lane.reasons.append(s("%1 new connections came in one second at %2, more than the pools hold together (%3)")
                                  .arg(rounded(*m_lane.freshPerSecond), at(m_lane.freshMs), m_database.poolWords));
        point(m_fresh);
    }
    m_lane.stormed = !m_lane.reasons.isEmpty();
    if (m_lane.stormed)
        point(m_peak);
}

DatabaseLane LaneReader::read()
{
    const QString subject = m_database.subject();
    m_lastGoodUs = m_facts.baselineUs;
    qint64 lastUs = m_facts.baselineUs;
    for (const Event &event : m_facts.record.events) {
        const bool ours = event.kind == EventKind::Database || event.kind == EventKind::DatabaseConnect ||
                          event.kind == EventKind::Note;
        if (!ours || event.subject != subject)
            continue;
        take(event);
        if (event.kind == EventKind::Database)
            lastUs = std::max(lastUs, event.us);
    }
    // The silence that the session ended in; as long as somebody asked.
    if (m_lane.asked > 0 && lastUs > m_lastGoodUs) {
        Event last;
        last.us = lastUs;
        takeGood(last);
    }
    judgeBaseline();
    judgeReturn();
    judgeStorm();
    return std::move(m_lane);
}

QString connectionWords(const DatabaseLane &lane)
{
    if (!lane.peak)
        return s("connections in use not known");
    QString words = lane.baseline ? s("connections %1, at most %2").arg(rounded(*lane.baseline)).arg(*lane.peak)
                                  : s("connections at most %1").arg(*lane.peak);
    if (lane.usable)
        words += s(" of %1").arg(*lane.usable);
    words += s(" at %1 (%2)")
                 .arg(at(lane.peakMs), lane.peakTogether ? s("old and new together") : databaseSpanName(lane.peakSpan));
    if (lane.freshPerSecond)
        words += s(", at most %1 new in a second").arg(rounded(*lane.freshPerSecond));
    if (lane.overMs)
        words += s(", back after %1").arg(humanDuration(*lane.overMs));
    else if (!lane.backAtBaseline)
        words += s(", not back by the end");
    return words;
}

} // namespace

QString databaseSpanName(DatabaseSpan span)
{
    switch (span) {
    case DatabaseSpan::Before:
        return s("before");
    case DatabaseSpan::During:
        return s("during");
    case DatabaseSpan::After:
        break;
    }
    return s("after");
}

QString DatabaseLane::troubleSince(double ms) const
{
    const auto found = std::find_if(troubles.cbegin(), troubles.cend(),
                                    [ms](const DatabaseTrouble &trouble) { return trouble.ms >= ms; });
    return found == troubles.cend() ? QString() : found->text;
}

QString DatabaseLane::summary() const
{
    if (!leftOut.isEmpty())
        return leftOut;
    if (asked == 0)
        return s("no answer was waited for: nothing is known");
    QStringList words;
    words.append(failed == 0 ? s("%1 questions, all answered").arg(asked)
                             : s("%1 of %2 questions failed").arg(failed).arg(asked));
    if (failed < asked)
        words.append(connectionWords(*this));
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (queries[i].count > 0)
            words.append(s("%1 p50 %2, p95 %3, max %4")
                             .arg(databaseSpanName(DatabaseSpan(i)), humanDuration(queries[i].p50),
                                  humanDuration(queries[i].p95), humanDuration(queries[i].max)));
    }
    if (newcomers > 0)
        words.append(refused == 0 ? s("%1 newcomers, all let in").arg(newcomers)
                                  : s("%1 of %2 newcomers refused").arg(refused).arg(newcomers));
    if (failed > 0)
        words.append(s("longest without an answer %1").arg(humanDuration(silentMs())));
    return words.join(s("; "));
}

QString DatabaseLane::stormText() const
{
    if (!stormed)
        return {};
    return s("the pool stormed database %1: %2. While a redeploy runs, old and new instances hold their pools at the "
             "same time: size them (workers × (pool_size + max_overflow) × instances) so that twice of it stays below "
             "the limit, open fewer connections at the start, put a pooler in front, or start instances one after "
             "another")
        .arg(name, reasons.join(s("; ")));
}

QList<DatabaseLane> databaseLanesOf(const SessionFacts &facts)
{
    QList<DatabaseLane> lanes;
    for (const SessionDatabase &database : facts.record.header.databases)
        lanes.append(LaneReader(facts, database).read());
    return lanes;
}

} // namespace Switchyard
