// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/insights.h"

#include "models/common/duration.h"
#include "models/redeploy/facts.h"
#include "models/redeploy/forecast.h"
#include "models/redeploy/gatehelp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace Switchyard {

namespace {

constexpr qint64 oneSecondUs = 1'000'000;

void addReconnects(Insights &insights, const SessionFacts &facts)
{
    std::vector<qint64> back;
    for (const Loss &loss : facts.losses) {
        if (loss.backUs >= 0)
            back.push_back(loss.backUs);
    }
    if (back.empty())
        return;
    std::sort(back.begin(), back.end());
    const qint64 firstBin = back.front() / oneSecondUs;
    const qint64 lastBin = back.back() / oneSecondUs;
    for (qint64 bin = firstBin; bin <= lastBin; ++bin)
        insights.reconnects.append({double(bin) * 1000, 0});
    std::size_t from = 0;
    for (std::size_t i = 0; i < back.size(); ++i) {
        ++insights.reconnects[qsizetype(back[i] / oneSecondUs - firstBin)].count;
        while (back[i] - back[from] >= oneSecondUs)
            ++from;
        if (const double rate = double(i - from + 1); rate > insights.peakPerSecond) {
            insights.peakPerSecond = rate;
            insights.peakAtMs = double(back[from]) / 1000;
        }
    }
}

void addSilences(Insights &insights, const SessionFacts &facts)
{
    if (!facts.triggered())
        return;
    for (const SessionEndpoint &endpoint : facts.record.header.endpoints) {
        const QList<const Event *> probes = GateHelp::probesOf(facts, endpoint);
        if (probes.isEmpty())
            continue;
        Silence longest;
        longest.subject = endpoint.subject();
        qint64 lastGood = facts.baselineUs;
        const auto consider = [&](qint64 us) {
            if (double(us - lastGood) / 1000 > longest.ms()) {
                longest.fromMs = double(lastGood) / 1000;
                longest.toMs = double(us) / 1000;
            }
        };
        for (const Event *probe : probes) {
            if (probe->us < facts.baselineUs || !probe->ok)
                continue;
            consider(probe->us);
            lastGood = probe->us;
        }
        consider(std::max(lastGood, probes.last()->us));
        insights.silences.append(longest);
    }
}

/// When the old instance began to go: told to, or the first client heard of it. Negative: it did not.
qint64 drainingFrom(const SessionFacts &facts)
{
    qint64 from = std::numeric_limits<qint64>::max();
    if (facts.signal)
        from = facts.signal->us;
    for (const Loss &loss : facts.losses)
        from = std::min({from, loss.ended->us, loss.noticeUs >= 0 ? loss.noticeUs : loss.ended->us});
    return from == std::numeric_limits<qint64>::max() ? -1 : from;
}

/// When the instance that dropped a connection at `us` had begun to drain. With several machines the one that was
/// stopping at that time; negative: none was.
qint64 drainingOfTheOneThatEndedAt(const SessionFacts &facts, qint64 us, qint64 drainingFromUs)
{
    constexpr qint64 lateUs = 500'000; // its last FIN may be seen a moment after its end
    if (facts.stops.empty())
        return drainingFromUs;
    for (const InstanceStop &stop : facts.stops) {
        const Event *end = stop.end();
        if (us >= stop.signal->us && (!end || us <= end->us + lateUs))
            return stop.signal->us;
    }
    return -1;
}

struct Newcomers
{
    NewcomerFigures figures;
    QList<int> droppedEvents;
};

Newcomers newcomersOf(const SessionFacts &facts)
{
    Newcomers result;
    if (!facts.triggered())
        return result;
    const qint64 draining = drainingFrom(facts);
    std::map<std::tuple<QString, int, int>, qint64> taken;
    std::map<QString, int> refusals;
    for (const Event &event : facts.record.events) {
        if (event.kind != EventKind::Newcomer)
            continue;
        const std::tuple key(event.subject, event.client, event.connection);
        if (event.ok)
            taken[key] = event.us;
        if (event.us < facts.triggerUs)
            continue;
        if (event.ok) {
            ++result.figures.tried;
            ++result.figures.taken;
        } else if (!event.wasOpen) {
            ++result.figures.tried;
            ++result.figures.refused;
            const QString why = event.cause == EndCause::Handshake && event.status > 0
                                    ? QStringLiteral("HTTP %1").arg(event.status)
                                    : endCauseName(event.cause);
            ++refusals[why];
        }
        if (event.ok || !event.wasOpen)
            continue;
        const qint64 from = drainingOfTheOneThatEndedAt(facts, event.us, draining);
        if (const auto open = taken.find(key); from >= 0 && open != taken.end() && open->second >= from) {
            ++result.figures.dropped;
            if (result.droppedEvents.size() < GateHelp::maxEvidence)
                result.droppedEvents.append(event.id);
        }
    }
    QStringList parts;
    for (const auto &[why, count] : refusals)
        parts.append(QStringLiteral("%1 × %2").arg(count).arg(why));
    result.figures.refusals = parts.join(QStringLiteral(", "));
    return result;
}

/// How long the old instance could still be seen by probes after `us`.
qint64 inSightUntil(const SessionFacts &facts)
{
    qint64 until = facts.endUs;
    for (const Event *end : {facts.switched, facts.exited, facts.killed}) {
        if (end)
            until = std::min(until, end->us);
    }
    return until;
}

/// "/health was good for 14 s after the first socket closed": the users were hurt, and health did not say so.
void noteHealthWhileClosing(Insights &insights, const SessionFacts &facts)
{
    constexpr qint64 worthSayingUs = 1'000'000;
    const SessionEndpoint *health = GateHelp::endpointOf(facts, QLatin1StringView("health"));
    const Loss *first = facts.firstLoss();
    // An answer after the switch, or of another machine, is not the old instance's.
    if (!health || !first || facts.severalMachines() || inSightUntil(facts) <= first->ended->us)
        return;
    const qint64 until = facts.record.header.seesStop ? inSightUntil(facts) : facts.endUs;
    const Event *lastGood = nullptr;
    for (const Event *probe : GateHelp::probesOf(facts, *health)) {
        if (probe->us <= first->ended->us || probe->us > until)
            continue;
        const bool other = !probe->instance.isEmpty() && !facts.instancesBefore.isEmpty() &&
                           !facts.instancesBefore.contains(probe->instance);
        if (!probe->ok || other)
            break;
        lastGood = probe;
    }
    // Where nothing tells one instance from the next, good answers may be the new one's already.
    const bool told = facts.record.header.seesStop || !facts.instancesBefore.isEmpty();
    if (!lastGood || !told || lastGood->us - first->ended->us < worthSayingUs)
        return;
    insights.notes.append({QStringLiteral("health-while-closing"),
                           QStringLiteral("%1 said healthy for %2 after the first socket closed")
                               .arg(health->path, humanDuration(double(lastGood->us - first->ended->us) / 1000)),
                           {first->ended->id, lastGood->id}});
}

void noteHealthWithoutLoss(Insights &insights, const SessionFacts &facts)
{
    const SessionEndpoint *health = GateHelp::endpointOf(facts, QLatin1StringView("health"));
    if (!health || !facts.triggered() || !facts.losses.empty() || GateHelp::nobodyHeld(facts))
        return;
    QList<int> evidence;
    int bad = 0;
    for (const Event *probe : GateHelp::probesOf(facts, *health)) {
        if (probe->us < facts.triggerUs || probe->ok)
            continue;
        ++bad;
        if (evidence.size() < GateHelp::maxEvidence)
            evidence.append(probe->id);
    }
    if (bad > 0)
        insights.notes.append(
            {QStringLiteral("health-without-loss"),
             QStringLiteral("%1 failed %2 times, and no client lost its connection").arg(health->path).arg(bad),
             evidence});
}

/// The port takes connections while health gives no good answer: something listens that does not work.
void notePortWithoutHealth(Insights &insights, const SessionFacts &facts)
{
    constexpr qint64 worthSayingUs = 2'000'000;
    const SessionEndpoint *health = GateHelp::endpointOf(facts, QLatin1StringView("health"));
    const SessionEndpoint *port = GateHelp::endpointOf(facts, QLatin1StringView("port"));
    // Behind a platform's edge, or our front door, the port is the edge's and says nothing of the backend.
    if (!health || !port || !facts.triggered() || facts.record.header.rehearsal || !facts.record.header.seesStop)
        return;
    const QList<const Event *> answers = GateHelp::probesOf(facts, *health);
    const Event *from = nullptr;
    const Event *to = nullptr;
    const Event *bestFrom = nullptr;
    const Event *bestTo = nullptr;
    for (const Event *connect : GateHelp::probesOf(facts, *port)) {
        if (connect->us < facts.triggerUs)
            continue;
        const auto next = std::upper_bound(answers.cbegin(), answers.cend(), connect->us,
                                           [](qint64 us, const Event *probe) { return us < probe->us; });
        const bool healthBad = next != answers.cbegin() && !(*std::prev(next))->ok;
        if (!connect->ok || !healthBad) {
            from = nullptr;
            continue;
        }
        from = from ? from : connect;
        to = connect;
        if (!bestFrom || to->us - from->us > bestTo->us - bestFrom->us) {
            bestFrom = from;
            bestTo = to;
        }
    }
    if (bestFrom && bestTo->us - bestFrom->us >= worthSayingUs)
        insights.notes.append({QStringLiteral("port-without-health"),
                               QStringLiteral("the port took connections for %1 while %2 gave no good answer")
                                   .arg(humanDuration(double(bestTo->us - bestFrom->us) / 1000), health->path),
                               {bestFrom->id, bestTo->id}});
}

/// The platform's word against the clients': finished, and still nobody could come back.
void noteFinishedTooEarly(Insights &insights, const SessionFacts &facts)
{
    constexpr qint64 worthSayingUs = 2'000'000;
    // A hook is answered when the deploy begins, not when it is over.
    if (!facts.deployFinished || facts.record.header.driver == QLatin1StringView("hook"))
        return;
    int away = 0;
    const Loss *slowest = nullptr;
    for (const Loss &loss : facts.losses) {
        const bool awayThen = loss.ended->us < facts.deployFinished->us &&
                              (loss.backUs < 0 || loss.backUs - facts.deployFinished->us > worthSayingUs);
        if (!awayThen || loss.gaveUp)
            continue;
        ++away;
        if (!slowest || loss.backUs < 0 || (slowest->backUs >= 0 && loss.backUs > slowest->backUs))
            slowest = &loss;
    }
    if (!slowest)
        return;
    const qint64 until = slowest->backUs >= 0 ? slowest->backUs : facts.endUs;
    insights.notes.append(
        {QStringLiteral("finished-before-back"),
         QStringLiteral("the deploy was finished, and %1 clients were still away, the last for %2 more")
             .arg(away)
             .arg(humanDuration(double(until - facts.deployFinished->us) / 1000)),
         {facts.deployFinished->id, slowest->ended->id}});
}

void noteNewcomers(Insights &insights, const Newcomers &newcomers)
{
    if (newcomers.figures.dropped > 0)
        insights.notes.append({QStringLiteral("newcomers-dropped"),
                               QStringLiteral("%1 new connections were let in while the old instance was draining, and "
                                              "dropped with it")
                                   .arg(newcomers.figures.dropped),
                               newcomers.droppedEvents});
}

void noteClocks(Insights &insights, const SessionFacts &facts)
{
    for (const Event &event : facts.record.events) {
        if (event.kind == EventKind::Note &&
            (event.subject == QLatin1StringView("clock") || event.subject == QLatin1StringView("suspend")))
            insights.notes.append({event.subject, event.text, {event.id}});
    }
}

/// What the databases went through, where it is worth a sentence; the figures stand beside.
void noteDatabases(Insights &insights, const SessionFacts &facts)
{
    constexpr double worthSayingMs = 3'000;
    for (const DatabaseLane &lane : insights.databases) {
        if (lane.stormed)
            insights.notes.append({QStringLiteral("pool-storm"), lane.stormText(), lane.evidence});
        if (lane.fullBefore)
            insights.notes.append(
                {QStringLiteral("database-full-before"),
                 QStringLiteral("database %1 had no connection left before the redeploy began").arg(lane.name),
                 {}});
        if (lane.asked > 0 && lane.failed == lane.asked)
            insights.notes.append({QStringLiteral("database-unreachable"),
                                   QStringLiteral("database %1 gave no answer in the whole session: %2")
                                       .arg(lane.name, lane.troubles.value(0).text),
                                   {}});
        else if (facts.triggered() && lane.failed > 0 && lane.silentMs() >= worthSayingMs)
            insights.notes.append({QStringLiteral("database-silent"),
                                   QStringLiteral("database %1 answered no question for %2, from %3 s on: %4")
                                       .arg(lane.name, humanDuration(lane.silentMs()))
                                       .arg(lane.silentFromMs / 1000, 0, 'f', 1)
                                       .arg(lane.troubleSince(lane.silentFromMs)),
                                   {}});
    }
}

} // namespace

Insights insightsOf(const SessionFacts &facts)
{
    Insights insights;
    addReconnects(insights, facts);
    addSilences(insights, facts);
    const Newcomers newcomers = newcomersOf(facts);
    insights.newcomers = newcomers.figures;
    noteHealthWhileClosing(insights, facts);
    noteHealthWithoutLoss(insights, facts);
    notePortWithoutHealth(insights, facts);
    noteFinishedTooEarly(insights, facts);
    noteNewcomers(insights, newcomers);
    insights.databases = databaseLanesOf(facts);
    noteDatabases(insights, facts);
    noteClocks(insights, facts);
    insights.forecast = forecastOf(facts);
    return insights;
}

} // namespace Switchyard
