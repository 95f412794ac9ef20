// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

namespace Switchyard {

enum class Change
{
    Better,
    Worse,
    Same,         ///< as last time
    NotComparable ///< one side was not measured or did not apply
};
QString changeName(Change change); ///< "better", "worse", "as-last-time", "not-comparable"

struct GateChange
{
    QString id;
    GateStatus before = GateStatus::Unknown;
    GateStatus after = GateStatus::Unknown;
    QString measuredBefore;
    QString measuredAfter;
    Change change = Change::NotComparable;
};

struct FigureChange
{
    QString id;                   ///< "reconnect_p95_ms", "drain_ms", …
    QString name;                 ///< "reconnect p95"
    std::optional<double> before; ///< milliseconds, or a count where the name says so
    std::optional<double> after;
    bool isTime = true; ///< false: a plain count
    Change change = Change::NotComparable;
};

/// Two sessions side by side.
struct SessionComparison
{
    Change change = Change::NotComparable; ///< of the whole: worse as soon as a gate or the verdict is worse
    QString summary;                       ///< one sentence
    QStringList differences; ///< what was not alike in how they were watched: platform, clients, thresholds, …
    QList<GateChange> gates;
    QList<FigureChange> figures;
};

/// Compares an earlier session with a later one. A figure that moved by less than a tenth, or by less than 50 ms (one
/// for counts), is the same: runs of one build differ by that much.
[[nodiscard]] SessionComparison compareSessions(const SessionRecord &before, const Verdict &verdictBefore,
                                                const SessionRecord &after, const Verdict &verdictAfter);

} // namespace Switchyard
