// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/timelinelanes.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

/// What of the driver's events is worth a mark.
QString markText(const Event &event)
{
    switch (event.kind) {
    case EventKind::InstanceStarting:
        return QStringLiteral("start %1").arg(event.instance);
    case EventKind::InstanceHealthy:
        return QStringLiteral("healthy");
    case EventKind::TrafficSwitched:
        return QStringLiteral("switch");
    case EventKind::SignalSent:
        return event.text.isEmpty() ? QStringLiteral("signal") : event.text;
    case EventKind::InstanceKilled:
        return QStringLiteral("SIGKILL");
    case EventKind::InstanceExited:
        return QStringLiteral("exit %1").arg(event.code);
    case EventKind::DeployFailed:
        return QStringLiteral("failed");
    default:
        return {};
    }
}

/// How much a client's event matters where many stand in one place; 0: it is not shown.
int clientRank(const Event &event)
{
    switch (event.kind) {
    case EventKind::ClientEnded:
        if (!event.wasOpen)
            return 2;
        return isGoodbye(event.cause) || event.serverDisconnect ? 5 : 6;
    case EventKind::ClientGaveUp:
        return 4;
    case EventKind::ClientNotice:
        return 3;
    case EventKind::ClientOpen:
        return 1;
    default:
        return 0;
    }
}

QString laneLabel(const SessionEndpoint &endpoint)
{
    return endpoint.kind == QLatin1StringView("port") ? QStringLiteral("port") : endpoint.path;
}

} // namespace

int Lane::fullScale() const
{
    int scale = 0;
    for (const LaneLevel &level : levels)
        scale = std::max({scale, level.used, level.limit});
    return scale;
}

void TimelineLanes::begin(const SessionHeader &header)
{
    *this = TimelineLanes();
    for (const SessionEndpoint &endpoint : header.endpoints)
        m_lanes.append({Lane::Kind::Probe, laneLabel(endpoint), endpoint.subject(), {}, {}});
    if (header.newcomersEveryMs > 0)
        m_lanes.append({Lane::Kind::Newcomer, QStringLiteral("newcomers"), {}, {}, {}});
    for (const SessionDatabase &database : header.databases)
        m_lanes.append({Lane::Kind::Database, database.name, database.subject(), {}, {}});
}

Lane *TimelineLanes::laneOf(Lane::Kind kind, const QString &subject, const QString &label, bool *added)
{
    for (Lane &lane : m_lanes) {
        if (lane.kind == kind &&
            ((kind != Lane::Kind::Probe && kind != Lane::Kind::Database) || lane.subject == subject))
            return &lane;
    }
    if (label.isEmpty())
        return nullptr;
    *added = true;
    m_lanes.append({kind, label, subject, {}, {}});
    return &m_lanes.last();
}

/// Refused while the old instance drains is as it should be; let in by it then and dropped is not. One that was let in
/// before ends as every client does, and stands in no figure of newcomers.
void TimelineLanes::takeNewcomer(const Event &event, Lane *lane)
{
    const auto key = std::make_tuple(event.subject, event.client, event.connection);
    LanePoint::Level level = LanePoint::Good;
    if (event.ok) {
        m_taken[key] = event.us;
    } else if (!event.wasOpen) {
        level = LanePoint::Neutral;
    } else {
        const auto taken = m_taken.find(key);
        if (taken == m_taken.end() || m_drainingUs < 0 || taken->second < m_drainingUs)
            return;
        level = LanePoint::Bad;
    }
    lane->points.append({event.seconds(), level, event.id, 2 - int(level)});
}

/// A newcomer that gets in is no news; one that does not is.
void TimelineLanes::takeDatabase(const Event &event, Lane *lane)
{
    if (!lane || (event.kind == EventKind::DatabaseConnect && event.ok))
        return;
    if (event.kind == EventKind::DatabaseConnect) {
        lane->points.append({event.seconds(), LanePoint::Neutral, event.id, 2});
        return;
    }
    lane->points.append({event.seconds(), event.ok ? LanePoint::Good : LanePoint::Bad, event.id, event.ok ? 0 : 1});
    lane->levels.append({event.seconds(), event.connections.used, event.connections.usable()});
}

bool TimelineLanes::takeOne(const Event &event)
{
    bool added = false;
    m_triggered = m_triggered || (event.kind == EventKind::Phase && event.text == QLatin1StringView("triggered"));
    const bool sign = event.kind == EventKind::SignalSent || event.kind == EventKind::ClientNotice ||
                      (event.kind == EventKind::ClientEnded && event.wasOpen);
    if (m_triggered && sign && m_drainingUs < 0)
        m_drainingUs = event.us;
    if (event.kind == EventKind::Probe) {
        const bool own = event.subject.startsWith(QStringLiteral("anchor "));
        Lane *lane = laneOf(own ? Lane::Kind::Network : Lane::Kind::Probe, event.subject,
                            own ? QStringLiteral("our network") : QString(), &added);
        if (lane)
            lane->points.append(
                {event.seconds(), event.ok ? LanePoint::Good : LanePoint::Bad, event.id, event.ok ? 0 : 1});
    } else if (event.kind == EventKind::Newcomer) {
        takeNewcomer(event, laneOf(Lane::Kind::Newcomer, {}, QStringLiteral("newcomers"), &added));
    } else if (event.kind == EventKind::Database || event.kind == EventKind::DatabaseConnect) {
        takeDatabase(event, laneOf(Lane::Kind::Database, event.subject, {}, &added));
    } else if (event.kind == EventKind::Phase) {
        m_phases.append({event.text, double(event.us) / 1000, 0});
    } else if (const QString text = markText(event); !text.isEmpty()) {
        m_marks.append({event.seconds(), text, event.id});
    } else if (const int rank = clientRank(event); rank > 0) {
        m_clients.append({event.seconds(),
                          rank >= 6  ? LanePoint::Bad
                          : rank > 1 ? LanePoint::Neutral
                                     : LanePoint::Good,
                          event.id, rank});
    }
    return added;
}

bool TimelineLanes::take(const QList<Event> &events)
{
    bool added = false;
    for (const Event &event : events)
        added = takeOne(event) || added;
    return added;
}

TimelineLanes::Hit TimelineLanes::nearest(const QList<LanePoint> &points, double seconds, double reach)
{
    const auto from = std::lower_bound(points.cbegin(), points.cend(), seconds - reach,
                                       [](const LanePoint &point, double at) { return point.seconds < at; });
    Hit hit;
    const LanePoint *best = nullptr;
    for (auto it = from; it != points.cend() && it->seconds <= seconds + reach; ++it) {
        ++hit.others;
        const bool nearer =
            best && it->rank == best->rank && std::abs(it->seconds - seconds) < std::abs(best->seconds - seconds);
        if (!best || it->rank > best->rank || nearer)
            best = &*it;
    }
    if (best) {
        hit.id = best->id;
        --hit.others;
    }
    return hit;
}

} // namespace Switchyard
