// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/verdict.h"

#include "models/common/duration.h"
#include "models/common/percentile.h"
#include "models/redeploy/gates.h"

#include <algorithm>
#include <tuple>

namespace Switchyard {

namespace {

struct NamedGate
{
    QLatin1StringView id;
    Gate (*judge)(const SessionFacts &);
};

constexpr NamedGate allGates[] = {
    {QLatin1StringView("clean-close"), cleanCloseGate},
    {QLatin1StringView("all-back"), allBackGate},
    {QLatin1StringView("single-bounce"), singleBounceGate},
    {QLatin1StringView("notice-lead"), noticeLeadGate},
    {QLatin1StringView("ready-first"), readyFirstGate},
    {QLatin1StringView("live-steady"), liveSteadyGate},
    {QLatin1StringView("max-gap"), maxGapGate},
    {QLatin1StringView("drain-budget"), drainBudgetGate},
    {QLatin1StringView("startup"), startupGate},
    {QLatin1StringView("coverage"), coverageGate},
    {QLatin1StringView("own-network"), ownNetworkGate},
};

Percentiles percentilesOf(const std::vector<double> &values)
{
    Percentiles result;
    result.count = int(values.size());
    if (values.empty())
        return result;
    result.p50 = percentile(values, 0.50);
    result.p95 = percentile(values, 0.95);
    result.p99 = percentile(values, 0.99);
    result.max = *std::max_element(values.begin(), values.end());
    return result;
}

QList<CloseCount> closesOf(const SessionFacts &facts)
{
    using Key = std::tuple<int, int, int, bool, QString, bool>;
    std::map<Key, CloseCount> counts;
    for (const Loss &loss : facts.losses) {
        const Event &ended = *loss.ended;
        CloseCount &entry =
            counts[Key(loss.socket, int(ended.cause), ended.code, ended.codeValid, ended.text, ended.serverDisconnect)];
        entry.socket = facts.socket(loss).name;
        entry.cause = ended.cause;
        entry.code = ended.code;
        entry.codeValid = ended.codeValid;
        entry.reason = ended.text;
        entry.serverDisconnect = ended.serverDisconnect;
        entry.allowed = loss.clean() && (ended.cause != EndCause::CloseFrame ||
                                         (ended.codeValid && facts.socket(loss).allowedCloses.contains(ended.code)));
        ++entry.count;
    }
    QList<CloseCount> result;
    for (const auto &[key, entry] : counts)
        result.append(entry);
    return result;
}

QList<ClientFigures> clientsOf(const SessionFacts &facts)
{
    QList<ClientFigures> result;
    for (const SessionSocket &socket : facts.record.header.sockets) {
        ClientFigures figures;
        figures.socket = socket.name;
        figures.clients = socket.clients;
        result.append(figures);
    }
    for (const auto &[key, history] : facts.clients) {
        ClientFigures &figures = result[history.socket];
        figures.lost += history.losses > 0 ? 1 : 0;
        figures.bounced += history.losses > 1 ? 1 : 0;
        figures.back += history.losses > 0 && history.lastLoss < 0 ? 1 : 0;
    }
    for (const Loss &loss : facts.losses) {
        result[loss.socket].noticed += loss.ordinal == 1 && loss.noticeUs >= 0 ? 1 : 0;
        result[loss.socket].gaveUp += loss.gaveUp ? 1 : 0;
    }
    return result;
}

QList<PhaseSpan> phasesOf(const SessionFacts &facts)
{
    QList<PhaseSpan> spans;
    for (const Event &event : facts.record.events) {
        if (event.kind != EventKind::Phase)
            continue;
        if (!spans.isEmpty())
            spans.last().toMs = double(event.us) / 1000;
        spans.append({event.text, double(event.us) / 1000, double(facts.endUs) / 1000});
    }
    return spans;
}

void addFigures(Verdict &verdict, const SessionFacts &facts)
{
    std::vector<double> back;
    std::vector<double> lead;
    for (const Loss &loss : facts.losses) {
        if (loss.backUs >= 0)
            back.push_back(double(loss.backUs - loss.ended->us) / 1000);
        if (loss.noticeUs >= 0)
            lead.push_back(double(loss.ended->us - loss.noticeUs) / 1000);
    }
    verdict.reconnect = percentilesOf(back);
    verdict.noticeLead = percentilesOf(lead);
    std::vector<double> answers;
    for (const Event &event : facts.record.events) {
        if (event.kind == EventKind::Probe && event.ok && event.subject.startsWith(QLatin1StringView("health ")))
            answers.push_back(event.ms);
    }
    verdict.health = percentilesOf(answers);
    for (const Gate &gate : verdict.gates) {
        if (gate.id == QLatin1StringView("drain-budget") && facts.exited)
            verdict.drainMs = gate.value;
        else if (gate.id == QLatin1StringView("startup") && facts.healthy)
            verdict.startupMs = gate.value;
        else if (gate.id == QLatin1StringView("max-gap"))
            verdict.maxGapMs = gate.value;
    }
}

Outcome decide(const QList<Gate> &gates, bool complete)
{
    bool failed = false;
    bool missing = false;
    bool ownNetworkFailed = false;
    for (const Gate &gate : gates) {
        if (gate.advisory)
            continue;
        if (gate.id == QLatin1StringView("own-network") && gate.status == GateStatus::Fail)
            ownNetworkFailed = true;
        else
            failed = failed || gate.status == GateStatus::Fail;
        missing = missing || gate.status == GateStatus::Unknown;
    }
    // With our own network down, losses say nothing about the backend.
    if (ownNetworkFailed)
        return Outcome::Inconclusive;
    if (failed)
        return Outcome::Fail;
    // Whatever is advisory: half a session is no proof.
    return missing || !complete ? Outcome::Inconclusive : Outcome::Pass;
}

QString summarise(const Verdict &verdict, const SessionFacts &facts)
{
    const auto deciding = [&verdict](GateStatus status) -> const Gate * {
        for (const Gate &gate : verdict.gates) {
            if (gate.status == status && !gate.advisory)
                return &gate;
        }
        return nullptr;
    };
    if (verdict.outcome == Outcome::Pass) {
        if (facts.losses.empty())
            return QStringLiteral("no client lost its connection");
        return QStringLiteral("%1 connections ended clean and came back, the slowest after %2")
            .arg(facts.losses.size())
            .arg(humanDuration(verdict.reconnect.max));
    }
    const Gate *gate = deciding(GateStatus::Fail);
    // Our own network decides before everything else, although it is judged last.
    if (verdict.outcome == Outcome::Inconclusive && gate)
        gate = &verdict.gates.last();
    if (!gate)
        gate = deciding(GateStatus::Unknown);
    return gate ? QStringLiteral("%1: %2").arg(gate->id, gate->measured)
                : QStringLiteral("the session did not reach its end");
}

} // namespace

QString gateStatusName(GateStatus status)
{
    switch (status) {
    case GateStatus::Pass:
        return QStringLiteral("pass");
    case GateStatus::Fail:
        return QStringLiteral("fail");
    case GateStatus::Unknown:
        return QStringLiteral("unknown");
    case GateStatus::NotApplicable:
        break;
    }
    return QStringLiteral("not-applicable");
}

QString outcomeName(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Pass:
        return QStringLiteral("pass");
    case Outcome::Fail:
        return QStringLiteral("fail");
    case Outcome::Inconclusive:
        break;
    }
    return QStringLiteral("inconclusive");
}

QStringList gateIds()
{
    QStringList ids;
    for (const NamedGate &gate : allGates)
        ids.append(gate.id);
    return ids;
}

Verdict judge(const SessionRecord &asRecorded)
{
    // Some ends are known for certain only a moment after they happened: they are stamped back, and recorded late.
    const auto earlier = [](const Event &a, const Event &b) { return a.us < b.us; };
    SessionRecord record = asRecorded;
    if (!std::is_sorted(record.events.cbegin(), record.events.cend(), earlier))
        std::stable_sort(record.events.begin(), record.events.end(), earlier);
    const SessionFacts facts(record);
    Verdict verdict;
    for (const NamedGate &named : allGates) {
        Gate gate = named.judge(facts);
        gate.id = named.id;
        gate.advisory = record.header.advisory.contains(gate.id);
        if (gate.status == GateStatus::Fail || gate.status == GateStatus::Unknown) {
            const Advice advice = adviceFor(gate.id, facts);
            gate.advice = advice.text;
            gate.snippet = advice.snippet;
        }
        verdict.gates.append(gate);
    }
    verdict.outcome = decide(verdict.gates, record.complete);
    verdict.closes = closesOf(facts);
    verdict.clients = clientsOf(facts);
    verdict.phases = phasesOf(facts);
    verdict.lastMs = double(facts.endUs) / 1000;
    addFigures(verdict, facts);
    verdict.insights = insightsOf(facts);
    verdict.summary = summarise(verdict, facts);
    return verdict;
}

} // namespace Switchyard
