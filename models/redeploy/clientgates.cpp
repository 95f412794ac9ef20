// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/gatehelp.h"

#include <algorithm>
#include <limits>

namespace Switchyard {

using namespace GateHelp;

namespace {

/// What the transports of the sockets would have said goodbye with.
QString goodbye(const SessionFacts &facts)
{
    const auto &sockets = facts.record.header.sockets;
    const auto polls = [](const SessionSocket &socket) { return socket.polls(); };
    if (std::none_of(sockets.cbegin(), sockets.cend(), polls))
        return QStringLiteral("close frame");
    return std::all_of(sockets.cbegin(), sockets.cend(), polls) ? QStringLiteral("close packet")
                                                                : QStringLiteral("close frame or packet");
}

} // namespace

Gate cleanCloseGate(const SessionFacts &facts)
{
    if (const std::optional<Gate> nobody = nobodyHeld(facts))
        return *nobody;
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    Gate gate;
    int resets = 0;
    int fins = 0;
    int refused = 0;
    int others = 0;
    int notAllowed = 0;
    QStringList codes;
    for (const Loss &loss : facts.losses) {
        const Event &ended = *loss.ended;
        if (!loss.clean()) {
            (ended.cause == EndCause::Reset        ? resets
             : ended.cause == EndCause::Eof        ? fins
             : ended.cause == EndCause::HttpStatus ? refused
                                                   : others) += 1;
            addEvidence(gate, &ended);
        } else if (ended.cause == EndCause::CloseFrame &&
                   (!ended.codeValid || !facts.socket(loss).allowedCloses.contains(ended.code))) {
            ++notAllowed;
            if (const QString code = QString::number(ended.code); !codes.contains(code))
                codes.append(code);
            addEvidence(gate, &ended);
        }
    }
    const int unclean = resets + fins + refused + others;
    gate.value = unclean + notAllowed;
    gate.limit = 0;
    gate.threshold = QStringLiteral("every end with a %1 of an allowed code").arg(goodbye(facts));
    if (unclean + notAllowed == 0) {
        gate.status = GateStatus::Pass;
        gate.measured = facts.losses.empty() ? QStringLiteral("no client lost its connection")
                                             : QStringLiteral("%1 of %1 ends clean").arg(facts.losses.size());
        return gate;
    }
    gate.status = GateStatus::Fail;
    QStringList parts;
    if (unclean > 0) {
        QStringList kinds;
        if (resets > 0)
            kinds.append(QStringLiteral("%1 reset").arg(resets));
        if (fins > 0)
            kinds.append(QStringLiteral("%1 FIN").arg(fins));
        if (refused > 0)
            kinds.append(QStringLiteral("%1 by an HTTP status").arg(refused));
        if (others > 0)
            kinds.append(QStringLiteral("%1 other").arg(others));
        parts.append(QStringLiteral("%1 of %2 ends without a %3 (%4)")
                         .arg(unclean)
                         .arg(facts.losses.size())
                         .arg(goodbye(facts), kinds.join(QStringLiteral(", "))));
    }
    if (notAllowed > 0)
        parts.append(QStringLiteral("%1 with a code that is not allowed (%2)")
                         .arg(notAllowed)
                         .arg(codes.join(QStringLiteral(", "))));
    gate.measured = parts.join(QStringLiteral("; "));
    return gate;
}

Gate allBackGate(const SessionFacts &facts)
{
    if (const std::optional<Gate> nobody = nobodyHeld(facts))
        return *nobody;
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    const double limit = double(facts.record.header.thresholds.allBack.count());
    Gate gate;
    gate.limit = limit;
    gate.threshold = QStringLiteral("every client within %1 of its loss").arg(ms(limit));
    int late = 0;
    int open = 0;
    int gaveUp = 0;
    int untried = 0;
    double longest = 0;
    for (const Loss &loss : facts.losses) {
        const double away = double((loss.backUs >= 0 ? loss.backUs : facts.endUs) - loss.ended->us) / 1000;
        longest = std::max(longest, away);
        if (loss.backUs >= 0 && away <= limit)
            continue;
        if (facts.socket(loss).reconnect == QLatin1StringView("none")) {
            ++untried;
            continue;
        }
        addEvidence(gate, loss.ended);
        if (loss.gaveUp)
            ++gaveUp;
        else if (away > limit)
            ++late;
        else
            ++open;
    }
    gate.value = longest;
    if (facts.losses.empty()) {
        gate.status = GateStatus::Pass;
        gate.measured = QStringLiteral("no client lost its connection");
    } else if (late + gaveUp > 0) {
        gate.status = GateStatus::Fail;
        gate.measured = QStringLiteral("%1 of %2 not back in time").arg(late + gaveUp).arg(facts.losses.size());
        if (gaveUp > 0)
            gate.measured += QStringLiteral(", %1 of them never will be: the server told them to leave").arg(gaveUp);
        else
            gate.measured += QStringLiteral(", the longest away %1").arg(ms(longest));
    } else if (open > 0 || untried > 0) {
        gate.status = GateStatus::Unknown;
        gate.measured = untried > 0 ? QStringLiteral("%1 clients have the reconnect policy \"none\"").arg(untried)
                                    : QStringLiteral("%1 were still away when the session ended").arg(open);
    } else {
        gate.status = GateStatus::Pass;
        gate.measured = QStringLiteral("%1 of %1 back within %2").arg(facts.losses.size()).arg(ms(longest));
    }
    return gate;
}

Gate singleBounceGate(const SessionFacts &facts)
{
    if (const std::optional<Gate> nobody = nobodyHeld(facts))
        return *nobody;
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    if (facts.losses.empty())
        return notApplicable(QStringLiteral("no client lost its connection"));
    Gate gate;
    gate.threshold = QStringLiteral("no client lost twice");
    gate.limit = 0;
    int bounced = 0;
    for (const auto &[key, history] : facts.clients)
        bounced += history.losses > 1 ? 1 : 0;
    for (const Loss &loss : facts.losses) {
        if (loss.ordinal > 1)
            addEvidence(gate, loss.ended);
    }
    gate.value = bounced;
    gate.status = bounced == 0 ? GateStatus::Pass : GateStatus::Fail;
    gate.measured = bounced == 0 ? QStringLiteral("none lost twice")
                                 : QStringLiteral("%1 clients lost again before the session settled").arg(bounced);
    return gate;
}

Gate noticeLeadGate(const SessionFacts &facts)
{
    bool promised = false;
    for (const SessionSocket &socket : facts.record.header.sockets)
        promised = promised || socket.promisesNotice;
    if (!promised)
        return notApplicable(QStringLiteral("no socket promises a notice"));
    if (!facts.triggered())
        return unknown(neverBegan(facts));
    const double limit = double(facts.record.header.thresholds.noticeLead.count());
    Gate gate;
    gate.limit = limit;
    gate.threshold = QStringLiteral("a notice at least %1 before each close").arg(ms(limit));
    int judged = 0;
    int missing = 0;
    int brief = 0;
    double shortest = std::numeric_limits<double>::infinity();
    for (const Loss &loss : facts.losses) {
        if (!facts.socket(loss).promisesNotice)
            continue;
        ++judged;
        if (loss.noticeUs < 0) {
            ++missing;
            addEvidence(gate, loss.ended);
            continue;
        }
        const double lead = double(loss.ended->us - loss.noticeUs) / 1000;
        shortest = std::min(shortest, lead);
        if (lead < limit) {
            ++brief;
            addEvidence(gate, loss.ended);
        }
    }
    if (judged == 0)
        return unknown(QStringLiteral("no client lost its connection, so no lead could be measured"));
    if (missing < judged)
        gate.value = shortest;
    if (missing + brief == 0) {
        gate.status = GateStatus::Pass;
        gate.measured = QStringLiteral("%1 of %1 noticed, the shortest lead %2").arg(judged).arg(ms(shortest));
        return gate;
    }
    gate.status = GateStatus::Fail;
    QStringList parts;
    if (missing > 0)
        parts.append(QStringLiteral("%1 of %2 got no notice").arg(missing).arg(judged));
    if (brief > 0)
        parts.append(
            QStringLiteral("%1 of %2 too late, the shortest lead %3").arg(brief).arg(judged).arg(ms(shortest)));
    gate.measured = parts.join(QStringLiteral("; "));
    return gate;
}

} // namespace Switchyard
