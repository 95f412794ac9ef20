// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"
#include "models/redeploy/verdict.h"

#include <QList>
#include <QString>

#include <map>
#include <tuple>

namespace Switchyard {

/// One observation on a lane of the timeline.
struct LanePoint
{
    enum Level
    {
        Bad,
        Neutral,
        Good
    };
    double seconds = 0; ///< since the session's start
    Level level = Good;
    int id = 0;   ///< of the event
    int rank = 0; ///< the higher, the sooner it is named where several lie together
};

/// Connections in use at a moment. -1: not known.
struct LaneLevel
{
    double seconds = 0;
    int used = -1;
    int limit = -1; ///< what is left to applications
};

struct Lane
{
    enum class Kind
    {
        Probe,    ///< answers or does not: a line
        Newcomer, ///< single connections: dots
        Network,  ///< our own: a line
        Database  ///< answers or does not: a line, and connections in use as a fill below their limit
    };
    Kind kind = Kind::Probe;
    QString label;
    QString subject; ///< Probe, Database: what its events carry
    QList<LanePoint> points;
    QList<LaneLevel> levels; ///< Database
    /// What the fill's full height stands for: the limit, or what was most in use where that is more; 0: nothing known.
    int fullScale() const;
};

struct DeployMark
{
    double seconds = 0;
    QString text;
    int id = 0;
};

/// What the timeline shows beside the clients' band, sorted into lanes as it comes. No drawing, no widgets.
class TimelineLanes final
{
public:
    void begin(const SessionHeader &header);
    /// True: a lane came up that was not there before.
    bool take(const QList<Event> &events);

    const QList<Lane> &lanes() const { return m_lanes; }
    const QList<LanePoint> &clients() const { return m_clients; }
    const QList<DeployMark> &marks() const { return m_marks; }
    const QList<PhaseSpan> &phases() const { return m_phases; }

    /// What lies within `reach` seconds of a moment: the event most worth naming, and how many others.
    struct Hit
    {
        int id = 0; ///< 0: nothing lies there
        int others = 0;
    };
    static Hit nearest(const QList<LanePoint> &points, double seconds, double reach);

private:
    bool takeOne(const Event &event);
    void takeNewcomer(const Event &event, Lane *lane);
    void takeDatabase(const Event &event, Lane *lane);
    Lane *laneOf(Lane::Kind kind, const QString &subject, const QString &label, bool *added);

    QList<Lane> m_lanes;
    QList<LanePoint> m_clients;
    QList<DeployMark> m_marks;
    QList<PhaseSpan> m_phases;
    std::map<std::tuple<QString, int, int>, qint64> m_taken; ///< when each newcomer was let in
    qint64 m_drainingUs = -1;                                ///< the old instance began to go; negative: not yet
    bool m_triggered = false;
};

} // namespace Switchyard
