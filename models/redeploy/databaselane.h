// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <array>
#include <optional>

namespace Switchyard {

struct SessionFacts;

/// Three stretches of a session, as a database sees it.
enum class DatabaseSpan
{
    Before, ///< the baseline
    During, ///< from the trigger until the clients are back and the last old instance is gone
    After
};
QString databaseSpanName(DatabaseSpan span); ///< "before", "during", "after"

/// Times of good answers; milliseconds.
struct QueryTimes
{
    int count = 0;
    double p50 = 0, p95 = 0, max = 0;
};

/// Something that went wrong, and when.
struct DatabaseTrouble
{
    double ms = 0; ///< on the session's clock
    QString cause; ///< "full", "unreachable", …
    QString text;
};

/// What a session saw of one database. Nothing where it was not measured.
struct DatabaseLane
{
    QString name;
    QString server;                    ///< "postgresql"; empty: it never answered
    QString leftOut;                   ///< why it was not looked at; empty: it was
    int asked = 0, failed = 0;         ///< questions from the baseline on
    int newcomers = 0, refused = 0;    ///< new connections of ours from the baseline on, and those not let in
    int refusedFull = 0;               ///< of those refused after the trigger: no connection was free
    QList<DatabaseTrouble> troubles;   ///< the first 20, in order of time
    std::array<QueryTimes, 3> queries; ///< by DatabaseSpan

    std::optional<double> baseline; ///< connections in use, median of the baseline
    std::optional<int> peak;        ///< most in use, from the baseline on
    double peakMs = 0;
    DatabaseSpan peakSpan = DatabaseSpan::Before;
    bool peakTogether = false;    ///< the peak fell into the time in which old and new instances ran together
    std::optional<int> limit;     ///< as it was last told
    std::optional<int> usable;    ///< the limit without what is reserved for superusers
    std::optional<int> leastFree; ///< usable less in use, at its nearest to the limit; below 0: into the reserve
    std::optional<double> freshPerSecond; ///< most new connections in a second, from the trigger on
    double freshMs = 0;
    std::optional<double>
        overMs;                 ///< from the first look above the baseline, after the trigger, to the first back at it
    bool backAtBaseline = true; ///< false: the session ended above it
    double silentFromMs = 0, silentToMs = 0; ///< longest time without a good answer
    double silentMs() const { return silentToMs - silentFromMs; }

    bool fullBefore = false; ///< it was at its limit, or let nobody in, in the baseline already
    bool stormed = false;    ///< see databaseLanesOf()
    QStringList reasons;     ///< of the storm, each with its figures
    QList<int> evidence;     ///< event ids, at most 50
    /// What the first trouble from a moment on was; empty: none is kept.
    QString troubleSince(double ms) const;
    QString summary() const;   ///< one line of figures
    QString stormText() const; ///< the storm with figures and advice; empty: there was none
};

/// One a database that the session was to look at, in the header's order.
///
/// The pool stormed when, from the trigger on, one of these was seen, and none of the first two in the baseline
/// already: a connection was refused because none was free; the connections in use reached what the limit leaves to
/// applications; more new connections came in one second than the application's pools hold together.
[[nodiscard]] QList<DatabaseLane> databaseLanesOf(const SessionFacts &facts);

} // namespace Switchyard
