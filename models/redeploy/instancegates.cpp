// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/gatehelp.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

using namespace GateHelp;

Gate readyFirstGate(const SessionFacts &facts)
{
    const SessionEndpoint *ready = endpointOf(facts, QLatin1StringView("ready"));
    if (!ready)
        return notApplicable(QStringLiteral("no ready endpoint is configured"));
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    if (facts.severalMachines())
        return notApplicable(
            QStringLiteral("several machines answer behind one address: which one did cannot be told"));
    const Loss *first = facts.firstLoss();
    if (facts.switched && (!first || facts.switched->us < first->ended->us))
        return notApplicable(QStringLiteral("the old instance was out of sight once traffic had moved"));
    if (!first)
        return unknown(QStringLiteral("no client lost its connection, so there is no first close to compare with"));
    const QList<const Event *> probes = probesOf(facts, *ready);
    const bool wasReady = std::any_of(probes.cbegin(), probes.cend(), [&facts](const Event *probe) {
        return probe->ok && probe->us < facts.triggerUs;
    });
    if (!wasReady)
        return unknown(QStringLiteral("%1 gave no good answer before the redeploy").arg(ready->path));
    Gate gate;
    gate.threshold = QStringLiteral("%1 fails before the first close").arg(ready->path);
    for (const Event *probe : probes) {
        if (probe->us < facts.triggerUs || probe->ok)
            continue;
        addEvidence(gate, probe);
        addEvidence(gate, first->ended);
        const double lead = double(first->ended->us - probe->us) / 1000;
        gate.value = lead;
        // A server that closes its listener and its sockets in one breath has announced nothing, whichever of the two
        // is seen first.
        const bool sameBreath = lead > 0 && probe->status == 0 && first->ended->us - probe->us < dyingUs;
        gate.status = lead > 0 && !sameBreath ? GateStatus::Pass : GateStatus::Fail;
        gate.measured = sameBreath ? QStringLiteral("it gave no answer %1 before the first close: the port closed "
                                                    "together with the sockets")
                                         .arg(ms(lead))
                        : lead > 0
                            ? QStringLiteral("it failed %1 before the first close").arg(ms(lead))
                            : QStringLiteral("it was first seen failing %1 after the first close").arg(ms(-lead));
        return gate;
    }
    if (!facts.record.header.seesStop)
        return notApplicable(
            QStringLiteral("it never failed, and this driver cannot tell whether it was still the old instance"));
    gate.status = GateStatus::Fail;
    gate.measured = QStringLiteral("it never failed");
    addEvidence(gate, first->ended);
    return gate;
}

Gate liveSteadyGate(const SessionFacts &facts)
{
    const SessionEndpoint *live = endpointOf(facts, QLatin1StringView("live"));
    if (!live)
        return notApplicable(QStringLiteral("no live endpoint is configured"));
    if (!facts.record.header.seesStop)
        return notApplicable(QStringLiteral("the end of the instance is out of sight of this driver"));
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    if (facts.severalMachines())
        return notApplicable(
            QStringLiteral("several machines answer behind one address: which one did cannot be told"));
    if (!facts.exited && !facts.switched)
        return unknown(QStringLiteral("the instance did not end"));
    // From the switch on the probes reach the new instance: the old one is judged until then.
    qint64 until = facts.exited ? facts.exited->us : facts.endUs;
    if (facts.switched)
        until = std::min(until, facts.switched->us);
    Gate gate;
    gate.threshold = QStringLiteral("%1 answers as long as the process lives").arg(live->path);
    int asked = 0;
    int bad = 0;
    for (const Event *probe : probesOf(facts, *live)) {
        if (probe->us < facts.baselineUs || probe->us > until)
            continue;
        // The kernel closes a dying process's port a moment before anybody hears of its end.
        if (!probe->ok && facts.exited && facts.exited->us - probe->us < dyingUs)
            continue;
        ++asked;
        if (!probe->ok) {
            ++bad;
            addEvidence(gate, probe);
        }
    }
    gate.value = bad;
    gate.limit = 0;
    if (asked == 0)
        return unknown(QStringLiteral("no probe of %1 ran").arg(live->path));
    gate.status = bad == 0 ? GateStatus::Pass : GateStatus::Fail;
    gate.measured = bad == 0 ? QStringLiteral("%1 of %1 answers good").arg(asked)
                             : QStringLiteral("%1 of %2 answers bad while the process lived").arg(bad).arg(asked);
    return gate;
}

Gate maxGapGate(const SessionFacts &facts)
{
    const SessionEndpoint *health = endpointOf(facts, QLatin1StringView("health"));
    if (!health)
        return notApplicable(QStringLiteral("no health endpoint is configured"));
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    const QList<const Event *> probes = probesOf(facts, *health);
    if (probes.isEmpty())
        return unknown(QStringLiteral("no probe of %1 ran").arg(health->path));
    Gate gate;
    const double limit = double(facts.record.header.thresholds.maxGap.count());
    gate.limit = limit;
    gate.threshold = QStringLiteral("at most %1 without a good answer").arg(ms(limit));
    qint64 lastGood = facts.baselineUs;
    qint64 longest = 0;
    const Event *before = nullptr;
    const Event *gapFrom = nullptr;
    const Event *gapTo = nullptr;
    const auto consider = [&](qint64 us, const Event *event) {
        if (us - lastGood > longest) {
            longest = us - lastGood;
            gapFrom = before;
            gapTo = event;
        }
    };
    bool anyGood = false;
    for (const Event *probe : probes) {
        if (!probe->ok || probe->us < facts.baselineUs)
            continue;
        anyGood = true;
        consider(probe->us, probe);
        lastGood = probe->us;
        before = probe;
    }
    // A silence that lasts at the end counts up to the last probe that was answered for.
    consider(std::max(lastGood, probes.last()->us), probes.last());
    addEvidence(gate, gapFrom);
    addEvidence(gate, gapTo);
    gate.value = double(longest) / 1000;
    gate.status = *gate.value <= limit ? GateStatus::Pass : GateStatus::Fail;
    gate.measured = anyGood ? QStringLiteral("the longest silence of %1 was %2").arg(health->path, ms(*gate.value))
                            : QStringLiteral("%1 never gave a good answer").arg(health->path);
    return gate;
}

Gate drainBudgetGate(const SessionFacts &facts)
{
    const SessionHeader &header = facts.record.header;
    if (!header.seesStop)
        return notApplicable(QStringLiteral("this driver sees neither signal nor exit"));
    if (!facts.signal)
        return unknown(facts.triggered() ? QStringLiteral("the old instance was not told to stop") : neverBegan(facts));
    Gate gate;
    double limit = double(header.thresholds.drain.count());
    gate.threshold = QStringLiteral("exit within %1 of %2").arg(limitText(header.thresholds.drain), facts.signal->text);
    if (header.graceMs > 0 && header.graceMs < limit) {
        limit = header.graceMs;
        gate.threshold = QStringLiteral("exit within the platform's grace of %1").arg(ms(limit));
    }
    gate.limit = limit;
    // Where several machines are replaced, the slowest one decides.
    const InstanceStop *worst = nullptr;
    double longest = -1;
    for (const InstanceStop &stop : facts.stops) {
        addEvidence(gate, stop.signal);
        addEvidence(gate, stop.killed);
        addEvidence(gate, stop.exited);
        const double took = double((stop.end() ? stop.end()->us : facts.endUs) - stop.signal->us) / 1000;
        const bool first = !worst || (stop.killed && !worst->killed);
        if (first || (took > longest && (stop.killed || !worst->killed))) {
            worst = &stop;
            longest = took;
        }
    }
    gate.value = longest;
    const QString which =
        facts.stops.size() > 1 ? QStringLiteral(" (instance %1)").arg(worst->signal->instance) : QString();
    if (worst->killed) {
        gate.status = GateStatus::Fail;
        gate.measured =
            QStringLiteral("killed after %1%2").arg(ms(double(worst->killed->us - worst->signal->us) / 1000), which);
    } else if (worst->exited) {
        gate.status = longest <= limit ? GateStatus::Pass : GateStatus::Fail;
        gate.measured = QStringLiteral("exit %1 after %2%3").arg(ms(longest), worst->signal->text, which);
    } else {
        gate.status = longest > limit ? GateStatus::Fail : GateStatus::Unknown;
        gate.measured = QStringLiteral("still running %1 after %2%3").arg(ms(longest), worst->signal->text, which);
    }
    return gate;
}

Gate startupGate(const SessionFacts &facts)
{
    const SessionHeader &header = facts.record.header;
    if (!header.seesStart)
        return notApplicable(QStringLiteral("this driver does not see the start"));
    Gate gate;
    const double limit = double(header.thresholds.startup.count());
    gate.limit = limit;
    gate.threshold = QStringLiteral("healthy within %1 of its start").arg(ms(limit));
    for (const InstanceStart &start : facts.starts) {
        addEvidence(gate, start.starting);
        addEvidence(gate, start.healthy);
    }
    addEvidence(gate, facts.deployFailed);
    if (facts.deployFailed) {
        gate.status = GateStatus::Fail;
        gate.measured = facts.deployFailed->text;
        return gate;
    }
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    if (facts.starts.empty())
        return unknown(QStringLiteral("the new instance was not started"));
    const InstanceStart *worst = nullptr;
    double longest = -1;
    for (const InstanceStart &start : facts.starts) {
        const double took = double((start.healthy ? start.healthy->us : facts.endUs) - start.starting->us) / 1000;
        if (took > longest) {
            worst = &start;
            longest = took;
        }
    }
    gate.value = longest;
    if (worst->healthy) {
        gate.status = longest <= limit ? GateStatus::Pass : GateStatus::Fail;
        gate.measured = QStringLiteral("healthy %1 after its start").arg(ms(longest));
    } else {
        gate.status = longest > limit ? GateStatus::Fail : GateStatus::Unknown;
        gate.measured = QStringLiteral("not healthy %1 after its start").arg(ms(longest));
    }
    return gate;
}

namespace {

/// Whether the redeploy replaced the instance: yes, no, or nothing tells.
std::optional<bool> instanceReplaced(const SessionFacts &facts)
{
    if (facts.record.header.seesStop && facts.record.header.seesStart) {
        const bool gone = std::all_of(facts.stops.cbegin(), facts.stops.cend(),
                                      [](const InstanceStop &stop) { return stop.exited != nullptr; });
        const bool there = std::all_of(facts.starts.cbegin(), facts.starts.cend(),
                                       [](const InstanceStart &start) { return start.healthy != nullptr; });
        const int least = std::max(1, facts.machinesBefore);
        return gone && there && int(facts.stops.size()) >= least && int(facts.starts.size()) >= least;
    }
    if (facts.instancesBefore.isEmpty() || facts.instancesAfter.isEmpty())
        return std::nullopt;
    for (const QString &instance : facts.instancesAfter) {
        if (!facts.instancesBefore.contains(instance))
            return true;
    }
    return false;
}

/// Share of probes that ran, of the endpoint with the smallest share.
std::optional<double> probeShare(const SessionFacts &facts, QString &worst)
{
    std::optional<double> share;
    for (const SessionEndpoint &endpoint : facts.record.header.endpoints) {
        const QList<const Event *> probes = probesOf(facts, endpoint);
        int ran = 0;
        qint64 last = facts.baselineUs;
        for (const Event *probe : probes) {
            if (probe->us >= facts.baselineUs) {
                ++ran;
                last = std::max(last, probe->us);
            }
        }
        // Judged over the whole session: probes that stop half way are a hole in what was seen.
        const double due = std::floor(double(facts.endUs - facts.baselineUs) / 1000 / endpoint.intervalMs);
        const double ratio = due < 1 ? 1 : std::min(1.0, double(ran + 1) / due);
        if (!share || ratio < *share) {
            share = ratio;
            worst = endpoint.path;
        }
    }
    return share;
}

} // namespace

Gate coverageGate(const SessionFacts &facts)
{
    Gate gate;
    gate.threshold = QStringLiteral("instance replaced, 95 % of clients open through the baseline, 95 % of probes ran");
    gate.limit = enough;
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    QStringList problems;
    const std::optional<bool> replaced = instanceReplaced(facts);
    if (!replaced)
        problems.append(QStringLiteral("nothing tells whether the instance was replaced"));
    else if (!*replaced)
        problems.append(QStringLiteral("the instance was not replaced"));
    double lowest = 1;
    for (int s = 0; s < facts.record.header.sockets.size(); ++s) {
        const SessionSocket &socket = facts.record.header.sockets[s];
        int steady = 0;
        for (const auto &[key, history] : facts.clients)
            steady += key.first == s && history.openAtBaseline && !history.lostInBaseline ? 1 : 0;
        if (socket.clients == 0) {
            problems.append(QStringLiteral("no client on %1").arg(socket.name));
            continue;
        }
        const double share = double(steady) / socket.clients;
        lowest = std::min(lowest, share);
        if (share < enough)
            problems.append(QStringLiteral("only %1 of %2 clients of %3 were open through the baseline")
                                .arg(steady)
                                .arg(socket.clients)
                                .arg(socket.name));
    }
    QString worst;
    if (const std::optional<double> share = probeShare(facts, worst); share) {
        lowest = std::min(lowest, *share);
        if (*share < enough)
            problems.append(
                QStringLiteral("only %1 % of the probes of %2 ran").arg(*share * 100, 0, 'f', 0).arg(worst));
    } else if (facts.record.header.sockets.isEmpty()) {
        problems.append(QStringLiteral("neither a socket nor an endpoint was watched"));
    }
    if (facts.sleptUs >= 0)
        problems.append(QStringLiteral("this machine slept in the middle"));
    const auto &events = facts.record.events;
    const bool settled = std::any_of(events.cbegin(), events.cend(), [](const Event &event) {
        return event.kind == EventKind::Phase && event.text == QLatin1StringView("settled");
    });
    if (facts.record.complete && !settled)
        problems.append(QStringLiteral("the session never settled (%1)").arg(facts.record.endReason));
    if (!facts.record.complete)
        problems.append(QStringLiteral("the session did not reach its end (%1)")
                            .arg(facts.record.endReason.isEmpty() ? QStringLiteral("no end in the journal")
                                                                  : facts.record.endReason));
    gate.value = lowest;
    // Too little seen proves neither harm nor its absence: this gate is never `fail`.
    gate.status = problems.isEmpty() ? GateStatus::Pass : GateStatus::Unknown;
    gate.measured =
        problems.isEmpty()
            ? QStringLiteral("instance replaced, %1 % of clients and probes at least").arg(lowest * 100, 0, 'f', 0)
            : problems.join(QStringLiteral("; "));
    return gate;
}

namespace {

/// The anchors' answers, of those anchors only that answered before the trigger: one that never does (a gateway that
/// drops such connects) says nothing about our network.
QList<const Event *> anchorAnswers(const SessionFacts &facts)
{
    QSet<QString> usable;
    QList<const Event *> answers;
    for (const Event &event : facts.record.events) {
        if (event.kind != EventKind::Probe || !event.subject.startsWith(QLatin1StringView("anchor ")))
            continue;
        if (event.ok && (!facts.triggered() || event.us < facts.triggerUs))
            usable.insert(event.subject);
        answers.append(&event);
    }
    answers.removeIf([&usable](const Event *event) { return !usable.contains(event->subject); });
    return answers;
}

} // namespace

Gate ownNetworkGate(const SessionFacts &facts)
{
    // While one anchor answers, the fault of another is its own.
    constexpr qint64 sameTimeUs = 1'000'000;
    if (facts.record.header.loopbackOnly)
        return notApplicable(QStringLiteral("the target is this machine"));
    const QList<const Event *> answers = anchorAnswers(facts);
    if (answers.isEmpty() && facts.record.header.anchorsNamed)
        return unknown(QStringLiteral("no anchor answered before the redeploy"));
    if (answers.isEmpty())
        return notApplicable(QStringLiteral("no anchor answered before the redeploy, so none can be judged by"));
    Gate gate;
    gate.threshold = QStringLiteral("an anchor answers at any time");
    int silent = 0;
    for (const Event *event : answers) {
        if (event->ok)
            continue;
        const bool another = std::any_of(answers.cbegin(), answers.cend(), [event](const Event *other) {
            return other->ok && other->subject != event->subject && std::abs(other->us - event->us) <= sameTimeUs;
        });
        if (another)
            continue;
        ++silent;
        addEvidence(gate, event);
    }
    gate.value = silent;
    gate.limit = 0;
    gate.status = silent == 0 ? GateStatus::Pass : GateStatus::Fail;
    gate.measured = silent == 0
                        ? QStringLiteral("%1 connects, no silence").arg(answers.size())
                        : QStringLiteral("%1 of %2 connects to the anchors failed").arg(silent).arg(answers.size());
    return gate;
}

} // namespace Switchyard
