// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databaserows.h"

#include "models/common/duration.h"
#include "models/common/numbertext.h"
#include "ui/common/format.h"

#include <algorithm>

namespace Switchyard {

namespace {

/// A polled database that was not heard of for so many intervals is stale.
constexpr int staleAfter = 3;
/// What is not polled says little of now after so long.
constexpr qint64 oldAfterMs = 300'000;

Cell textCell(const QString &text, bool faded = false)
{
    Cell cell;
    cell.text = text;
    cell.faded = faded;
    return cell;
}

Cell latencyCell(const std::optional<double> &ms, bool stale, const std::optional<double> &limit = {})
{
    Cell cell =
        figureCell(ms ? latencyText(*ms) : QStringLiteral("–"), ms ? QVariant(*ms) : QVariant(-1.0), stale || !ms);
    if (ms && limit && *ms > *limit) {
        cell.text = overLimitText(*ms, *limit);
        cell.limit = State::Degraded;
        cell.tip = QStringLiteral("more than the %1 of the thresholds").arg(latencyText(*limit));
    }
    return cell;
}

QString tipOf(const DatabaseRecord &record)
{
    if (record.error)
        return record.error->toString();
    const StageResult *failed = record.report ? failedStage(*record.report) : nullptr;
    if (!failed)
        return {};
    return failed->hint.isEmpty() ? failed->detail : failed->detail + QStringLiteral("\n→ ") + failed->hint;
}

} // namespace

QStringList databaseColumns()
{
    return {QStringLiteral("State"),  QStringLiteral("Database"), QStringLiteral("Backend"),
            QStringLiteral("Stages"), QStringLiteral("Polled"),   QStringLiteral("Connect"),
            QStringLiteral("Query"),  QStringLiteral("In use"),   QStringLiteral("Checked")};
}

DatabaseSign databaseSign(const DatabaseRecord &record)
{
    const QString run = !record.running     ? QString()
                        : record.cancelling ? QStringLiteral("cancelling")
                                            : QStringLiteral("probing");
    if (record.running && !record.report && !record.error)
        return {State::Working, run, {}};
    const QString running = run.isEmpty() ? run : QStringLiteral("◌ ") + run;
    if (record.error)
        return {State::Action, QStringLiteral("not asked"), running};
    const DatabaseState state = databaseState(record);
    const QString word = databaseStateName(state);
    switch (state) {
    case DatabaseState::Up:
        return {State::Up, word, running};
    case DatabaseState::Reached:
        return {State::Unknown, word, running};
    case DatabaseState::Warned:
    case DatabaseState::Wrong:
    case DatabaseState::Slow:
        return {State::Degraded, word, running};
    case DatabaseState::Failed:
        return {State::Down, QStringLiteral("%1 %2").arg(databaseStageName(failedStage(*record.report)->stage), word),
                running};
    case DatabaseState::Unknown:
        break;
    }
    return {State::Unknown, record.report ? word : QStringLiteral("not probed"), running};
}

bool isStale(const DatabaseRecord &record, qint64 nowMs)
{
    const qint64 most = record.polling ? staleAfter * qint64(record.polling->count()) : oldAfterMs;
    return record.probedWallMs > 0 && nowMs - record.probedWallMs > most;
}

QString checkedText(const DatabaseRecord &record, qint64 nowMs)
{
    return record.probedWallMs > 0 ? ageText(double(nowMs - record.probedWallMs)) + QStringLiteral(" ago")
                                   : QStringLiteral("never");
}

QString polledText(const DatabaseRecord &record)
{
    return record.polling ? QStringLiteral("every ") + formatDuration(*record.polling) : QString();
}

QString moreErrorsText(const DatabaseReport &report)
{
    const auto more = std::count_if(report.findings.cbegin(), report.findings.cend(),
                                    [](const Finding &each) { return each.severity == Severity::Error; }) -
                      1;
    if (more < 1)
        return {};
    return QStringLiteral("and %1: see String").arg(countedText(more, "more error", "more errors"));
}

QString stageShape(StageStatus status)
{
    switch (status) {
    case StageStatus::Ok:
        return QStringLiteral("✓");
    case StageStatus::Warn:
        return QStringLiteral("▲");
    case StageStatus::Fail:
        return QStringLiteral("✕");
    case StageStatus::Skipped:
        return QStringLiteral("–");
    case StageStatus::NotReached:
        break;
    }
    return QStringLiteral("·");
}

State stageState(StageStatus status)
{
    switch (status) {
    case StageStatus::Ok:
        return State::Up;
    case StageStatus::Warn:
        return State::Degraded;
    case StageStatus::Fail:
        return State::Down;
    case StageStatus::Skipped:
    case StageStatus::NotReached:
        break;
    }
    return State::Unknown;
}

bool followsRun(const DatabaseRecord &record)
{
    return record.running && (!record.report || !record.polling);
}

QString stageChips(const DatabaseRecord &record)
{
    if (!record.running && !record.report)
        return {};
    const bool follows = followsRun(record);
    const QList<StageResult> &seen = follows ? record.stages : record.report->stages;
    QStringList chips;
    bool next = follows; // the one that is under way
    for (const DatabaseStage stage : databaseStages()) {
        const auto found =
            std::find_if(seen.cbegin(), seen.cend(), [stage](const StageResult &each) { return each.stage == stage; });
        QString shape = QStringLiteral("·");
        if (found != seen.cend())
            shape = stageShape(found->status);
        else if (std::exchange(next, false))
            shape = QStringLiteral("◌");
        chips.append(databaseStageName(stage) + QLatin1Char(' ') + shape);
    }
    return chips.join(QStringLiteral("  "));
}

QString connectionsText(const DatabaseHeadroom &headroom)
{
    if (headroom.used && headroom.limit)
        return QStringLiteral("%1 of %2").arg(groupedNumber(*headroom.used), groupedNumber(*headroom.limit));
    return headroom.used ? groupedNumber(*headroom.used) : QString();
}

std::optional<double> connectionsShare(const DatabaseHeadroom &headroom)
{
    if (!headroom.used || !headroom.limit || *headroom.limit <= 0)
        return std::nullopt;
    return double(*headroom.used) / double(*headroom.limit);
}

Row databaseRow(const DatabaseRecord &record, qint64 nowMs, bool unlocked)
{
    const DatabaseSign look = databaseSign(record);
    const bool stale = isStale(record, nowMs);
    Cell state = textCell(look.word, stale);
    state.state = look.state;
    state.tip = tipOf(record);
    if (stale)
        state.tip = QStringLiteral("It was so %1.").arg(checkedText(record, nowMs)) +
                    (state.tip.isEmpty() ? QString() : QLatin1Char('\n') + state.tip);
    Cell name = textCell(record.endpoint.name);
    if (record.report && !record.report->server.isEmpty())
        name.tip = record.report->server;
    const QString role = record.role.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(record.role);
    Cell backend = textCell(record.backend + role);
    if (record.production)
        backend.tip = unlocked ? QStringLiteral("Production, unlocked: a copy may write to it.")
                               : QStringLiteral("Production: it is only read from here.");
    Cell stages = textCell(stageChips(record), stale && !followsRun(record));
    stages.tip = state.tip;
    const QString every = polledText(record);
    Cell polled = textCell(every.isEmpty() ? QStringLiteral("–") : every, every.isEmpty());
    polled.sort = record.polling ? QVariant(qint64(record.polling->count())) : QVariant(qint64(-1));
    if (record.polling && record.pollReachOnly)
        polled.tip = QStringLiteral("only names, TCP and TLS");
    const bool told = record.report.has_value() && !record.error;
    const std::optional<double> query = told ? queryMsOf(*record.report) : std::nullopt;
    const DatabaseHeadroom headroom = told && record.report->headroom ? *record.report->headroom : DatabaseHeadroom{};
    const QString used = connectionsText(headroom);
    Cell connections = figureCell(used.isEmpty() ? QStringLiteral("–") : used,
                                  headroom.used ? QVariant(*headroom.used) : QVariant(-1), stale || used.isEmpty());
    if (const std::optional<double> share = connectionsShare(headroom); share && *share > 0.8)
        connections.limit = *share >= 1 ? State::Down : State::Degraded;
    const QString age = checkedText(record, nowMs);
    Cell checked = figureCell(look.running.isEmpty() ? age : QStringLiteral("%1, %2").arg(look.running, age),
                              record.probedWallMs, stale || record.probedWallMs == 0);
    if (record.probedWallMs > 0)
        checked.tip = utcTime(record.probedWallMs);
    return {record.key(),
            {state, name, backend, stages, polled,
             latencyCell(told ? connectMsOf(*record.report) : std::nullopt, stale),
             latencyCell(query, stale, record.limitMs), connections, checked}};
}

} // namespace Switchyard
