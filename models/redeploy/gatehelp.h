// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/duration.h"
#include "models/redeploy/gates.h"

/// What the gates' functions share; for their two source files only.
namespace Switchyard::GateHelp {

inline constexpr qsizetype maxEvidence = 50;
inline constexpr double enough = 0.95;
/// How long before an end an unanswered probe belongs to that end: uvicorn 0.17.6 closes its listener and then its
/// sockets within some milliseconds, a busy machine shows them in either order.
inline constexpr qint64 dyingUs = 100'000;

inline Gate gateOf(GateStatus status, QString measured)
{
    Gate gate;
    gate.status = status;
    gate.measured = std::move(measured);
    return gate;
}

inline Gate notApplicable(const QString &why)
{
    return gateOf(GateStatus::NotApplicable, why);
}

inline Gate unknown(const QString &why)
{
    return gateOf(GateStatus::Unknown, why);
}

inline void addEvidence(Gate &gate, const Event *event)
{
    if (event && gate.evidence.size() < maxEvidence && !gate.evidence.contains(event->id))
        gate.evidence.append(event->id);
}

inline QString ms(double value)
{
    return humanDuration(value);
}

inline QString limitText(Milliseconds limit)
{
    return humanDuration(double(limit.count()));
}

inline QString neverBegan(const SessionFacts &facts)
{
    return facts.record.endReason.isEmpty()
               ? QStringLiteral("the redeploy was not triggered")
               : QStringLiteral("the redeploy was not triggered: %1").arg(facts.record.endReason);
}

/// The endpoint of a kind, or nullptr.
inline const SessionEndpoint *endpointOf(const SessionFacts &facts, QLatin1StringView kind)
{
    for (const SessionEndpoint &endpoint : facts.record.header.endpoints) {
        if (endpoint.kind == kind)
            return &endpoint;
    }
    return nullptr;
}

inline QList<const Event *> probesOf(const SessionFacts &facts, const SessionEndpoint &endpoint)
{
    QList<const Event *> probes;
    const QString subject = endpoint.subject();
    for (const Event &event : facts.record.events) {
        if (event.kind == EventKind::Probe && event.subject == subject)
            probes.append(&event);
    }
    return probes;
}

/// What a gate about clients says where there is none to speak of.
inline std::optional<Gate> nobodyHeld(const SessionFacts &facts)
{
    const auto &sockets = facts.record.header.sockets;
    if (sockets.isEmpty())
        return notApplicable(QStringLiteral("no socket is configured"));
    if (std::all_of(sockets.cbegin(), sockets.cend(), [](const SessionSocket &socket) { return socket.clients == 0; }))
        return unknown(QStringLiteral("no client was held on any socket"));
    return std::nullopt;
}

} // namespace Switchyard::GateHelp
