// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QStringList>

namespace Switchyard {

/// What one endpoint of a backend answered during a time, in the order of `sentAt`.
struct EndpointObservation
{
    EndpointKind kind = EndpointKind::Health;
    QString name; ///< for people: its path
    QList<ProbeSample> samples;
};

/// Whether the database could be reached at one moment, seen by somebody else than the backend.
struct DatabaseObservation
{
    Instant at{};
    bool reachable = false;
};

/// Platforms restart what is not live, and send no traffic to what is not ready. So live may not follow the database
/// (a restart mends no database, and all instances restart at once), and ready must.
enum class MeaningRule
{
    LiveFollowsDatabase,
    ReadyIgnoresDatabase,
    SameHandler ///< live and ready answer alike: one of the two meanings is missing
};
QString meaningRuleId(MeaningRule rule); ///< "live-follows-database", "ready-ignores-database", "same-handler"

enum class MeaningOutcome
{
    Found,  ///< it is so
    Fine,   ///< it was put to the test, and is not so
    NotSeen ///< nothing happened that would tell
};

struct MeaningResult
{
    MeaningRule rule = MeaningRule::LiveFollowsDatabase;
    MeaningOutcome outcome = MeaningOutcome::NotSeen;
    QString text; ///< one sentence; where it is not seen, what is missing
    QStringList evidence;
    bool operator==(const MeaningResult &) const = default;
};

/// Judges the meaning of a backend's endpoints by what was seen, one result a rule, in the order above. A status below
/// 400 is good, as platforms count it, whatever the body says. Times without the database come from `database`, and
/// where that is empty from fields of the health and ready bodies whose name speaks of a database and whose value says
/// that it is gone. A backend that could not be reached at all tells nothing. Pure; any thread.
[[nodiscard]] QList<MeaningResult> endpointMeanings(const QList<EndpointObservation> &endpoints,
                                                    const QList<DatabaseObservation> &database = {});

} // namespace Switchyard
