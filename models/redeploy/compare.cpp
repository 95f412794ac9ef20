// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/compare.h"

#include "models/common/duration.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

constexpr double sameShare = 0.1;
constexpr double sameMs = 50;

enum class Direction
{
    LessIsBetter,
    MoreIsBetter
};

/// Verdicts and gates by how good they are; nothing for what was not judged.
std::optional<int> rank(GateStatus status)
{
    switch (status) {
    case GateStatus::Pass:
        return 1;
    case GateStatus::Fail:
        return 0;
    default:
        return std::nullopt;
    }
}

Change changeOf(std::optional<double> before, std::optional<double> after, bool isTime, Direction direction)
{
    if (!before || !after)
        return Change::NotComparable;
    const double moved = *after - *before;
    const double noise = isTime ? std::max(sameMs, std::abs(*before) * sameShare) : 0.5;
    if (std::abs(moved) < noise)
        return Change::Same;
    return (moved < 0) == (direction == Direction::LessIsBetter) ? Change::Better : Change::Worse;
}

GateChange gateChange(const Gate &before, const Gate &after)
{
    GateChange result;
    result.id = after.id;
    result.before = before.status;
    result.after = after.status;
    result.measuredBefore = before.measured;
    result.measuredAfter = after.measured;
    const std::optional<int> rankBefore = rank(before.status);
    const std::optional<int> rankAfter = rank(after.status);
    if (!rankBefore || !rankAfter)
        result.change = before.status == after.status && before.status == GateStatus::NotApplicable
                            ? Change::Same
                            : Change::NotComparable;
    else if (*rankBefore != *rankAfter)
        result.change = *rankAfter > *rankBefore ? Change::Better : Change::Worse;
    else if (after.status == GateStatus::Fail)
        // Two failures: a count or a time tells whether it hurts less now.
        result.change =
            changeOf(before.value, after.value, after.value.value_or(0) > 1'000,
                     after.id == QLatin1StringView("notice-lead") ? Direction::MoreIsBetter : Direction::LessIsBetter);
    else
        result.change = Change::Same;
    return result;
}

QStringList differencesOf(const SessionHeader &a, const SessionHeader &b)
{
    QStringList list;
    const auto note = [&list](const QString &what, const QString &before, const QString &after) {
        if (before != after)
            list.append(QStringLiteral("%1: %2, now %3")
                            .arg(what, before.isEmpty() ? QStringLiteral("none") : before,
                                 after.isEmpty() ? QStringLiteral("none") : after));
    };
    const auto clients = [](const SessionHeader &header) {
        QStringList parts;
        for (const SessionSocket &socket : header.sockets)
            parts.append(QStringLiteral("%1 × %2").arg(socket.clients).arg(socket.name));
        return parts.join(QStringLiteral(", "));
    };
    const auto endpoints = [](const SessionHeader &header) {
        QStringList parts;
        for (const SessionEndpoint &endpoint : header.endpoints) {
            if (endpoint.kind != QLatin1StringView("port")) // a rehearsal's port is another one each time
                parts.append(endpoint.subject());
        }
        return parts.join(QStringLiteral(", "));
    };
    const auto duration = [](Milliseconds value) { return formatDuration(value); };
    note(QStringLiteral("backend"), a.backend, b.backend);
    note(QStringLiteral("platform"), a.platform, b.platform);
    note(QStringLiteral("driver"), a.driver, b.driver);
    note(QStringLiteral("clients"), clients(a), clients(b));
    note(QStringLiteral("endpoints"), endpoints(a), endpoints(b));
    note(QStringLiteral("grace"), humanDuration(a.graceMs), humanDuration(b.graceMs));
    note(QStringLiteral("startup threshold"), duration(a.thresholds.startup), duration(b.thresholds.startup));
    note(QStringLiteral("drain threshold"), duration(a.thresholds.drain), duration(b.thresholds.drain));
    note(QStringLiteral("notice threshold"), duration(a.thresholds.noticeLead), duration(b.thresholds.noticeLead));
    note(QStringLiteral("all-back threshold"), duration(a.thresholds.allBack), duration(b.thresholds.allBack));
    note(QStringLiteral("max-gap threshold"), duration(a.thresholds.maxGap), duration(b.thresholds.maxGap));
    note(QStringLiteral("advisory gates"), a.advisory.join(QStringLiteral(", ")),
         b.advisory.join(QStringLiteral(", ")));
    return list;
}

struct Figures
{
    const SessionRecord &record;
    const Verdict &verdict;

    std::optional<double> reconnect(double Percentiles::*member) const
    {
        return verdict.reconnect.count > 0 ? std::optional(verdict.reconnect.*member) : std::nullopt;
    }
    std::optional<double> shortestNotice() const
    {
        for (const Gate &gate : verdict.gates) {
            if (gate.id == QLatin1StringView("notice-lead"))
                return gate.value;
        }
        return std::nullopt;
    }
    double unclean() const
    {
        int count = 0;
        for (const CloseCount &close : verdict.closes)
            count += close.allowed ? 0 : close.count;
        return count;
    }
    double sumOf(int ClientFigures::*member) const
    {
        int sum = 0;
        for (const ClientFigures &figures : verdict.clients)
            sum += figures.*member;
        return sum;
    }
};

QList<FigureChange> figureChanges(const Figures &before, const Figures &after)
{
    QList<FigureChange> list;
    const auto add = [&list](const char *id, const char *name, std::optional<double> was, std::optional<double> is,
                             bool isTime, Direction direction = Direction::LessIsBetter) {
        FigureChange change;
        change.id = QString::fromLatin1(id);
        change.name = QString::fromUtf8(name);
        change.before = was;
        change.after = is;
        change.isTime = isTime;
        change.change = changeOf(was, is, isTime, direction);
        list.append(change);
    };
    add("not_allowed_closes", "ends that are not allowed", before.unclean(), after.unclean(), false);
    add("lost", "clients that were lost", before.sumOf(&ClientFigures::lost), after.sumOf(&ClientFigures::lost), false);
    add("bounced", "clients lost twice", before.sumOf(&ClientFigures::bounced), after.sumOf(&ClientFigures::bounced),
        false);
    add("gave_up", "clients that gave up", before.sumOf(&ClientFigures::gaveUp), after.sumOf(&ClientFigures::gaveUp),
        false);
    add("reconnect_p50_ms", "reconnect p50", before.reconnect(&Percentiles::p50), after.reconnect(&Percentiles::p50),
        true);
    add("reconnect_p95_ms", "reconnect p95", before.reconnect(&Percentiles::p95), after.reconnect(&Percentiles::p95),
        true);
    add("reconnect_max_ms", "reconnect, slowest", before.reconnect(&Percentiles::max),
        after.reconnect(&Percentiles::max), true);
    add("notice_lead_ms", "shortest notice", before.shortestNotice(), after.shortestNotice(), true,
        Direction::MoreIsBetter);
    add("drain_ms", "drain", before.verdict.drainMs, after.verdict.drainMs, true);
    add("startup_ms", "start", before.verdict.startupMs, after.verdict.startupMs, true);
    add("max_gap_ms", "longest silence of health", before.verdict.maxGapMs, after.verdict.maxGapMs, true);
    return list;
}

int rank(Outcome outcome)
{
    return outcome == Outcome::Pass ? 2 : outcome == Outcome::Inconclusive ? 1 : 0;
}

} // namespace

QString changeName(Change change)
{
    switch (change) {
    case Change::Better:
        return QStringLiteral("better");
    case Change::Worse:
        return QStringLiteral("worse");
    case Change::Same:
        return QStringLiteral("as-last-time");
    case Change::NotComparable:
        break;
    }
    return QStringLiteral("not-comparable");
}

SessionComparison compareSessions(const SessionRecord &before, const Verdict &verdictBefore, const SessionRecord &after,
                                  const Verdict &verdictAfter)
{
    SessionComparison result;
    result.differences = differencesOf(before.header, after.header);
    QStringList better;
    QStringList worse;
    for (qsizetype i = 0; i < verdictAfter.gates.size() && i < verdictBefore.gates.size(); ++i) {
        const GateChange change = gateChange(verdictBefore.gates[i], verdictAfter.gates[i]);
        if (change.change == Change::Better)
            better.append(change.id);
        else if (change.change == Change::Worse)
            worse.append(change.id);
        result.gates.append(change);
    }
    result.figures = figureChanges({before, verdictBefore}, {after, verdictAfter});
    const QString verdicts =
        verdictBefore.outcome == verdictAfter.outcome
            ? outcomeName(verdictAfter.outcome)
            : QStringLiteral("%1, now %2").arg(outcomeName(verdictBefore.outcome), outcomeName(verdictAfter.outcome));
    const bool judged = verdictBefore.outcome != Outcome::Inconclusive && verdictAfter.outcome != Outcome::Inconclusive;
    const int step = rank(verdictAfter.outcome) - rank(verdictBefore.outcome);
    if (!worse.isEmpty() || (judged && step < 0))
        result.change = Change::Worse;
    else if (!better.isEmpty() || (judged && step > 0))
        result.change = Change::Better;
    else
        result.change = judged ? Change::Same : Change::NotComparable;
    QStringList parts{verdicts};
    if (!worse.isEmpty())
        parts.append(QStringLiteral("worse: %1").arg(worse.join(QStringLiteral(", "))));
    if (!better.isEmpty())
        parts.append(QStringLiteral("better: %1").arg(better.join(QStringLiteral(", "))));
    if (worse.isEmpty() && better.isEmpty())
        parts.append(judged ? QStringLiteral("every gate as last time")
                            : QStringLiteral("too little was judged to compare"));
    result.summary = parts.join(QStringLiteral("; "));
    return result;
}

} // namespace Switchyard
