// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databaserows.h"

#include "models/common/numbertext.h"
#include "ui/common/format.h"

#include <algorithm>

namespace Switchyard {

namespace {

/// A polled database that was not heard of for so many intervals is stale.
constexpr int staleAfter = 3;

Cell textCell(const QString &text, bool faded = false)
{
    Cell cell;
    cell.text = text;
    cell.faded = faded;
    return cell;
}

Cell latencyCell(const std::optional<double> &ms, const std::optional<double> &limit = {})
{
    Cell cell = figureCell(ms ? latencyText(*ms) : QStringLiteral("–"), ms ? QVariant(*ms) : QVariant(-1.0), !ms);
    if (ms && limit && *ms > *limit) {
        cell.limit = State::Degraded;
        cell.tip = QStringLiteral("more than the %1 of the thresholds").arg(latencyText(*limit));
    }
    return cell;
}

bool isStale(const DatabaseRecord &record, qint64 nowMs)
{
    return record.polling && record.probedWallMs > 0 &&
           nowMs - record.probedWallMs > staleAfter * record.polling->count();
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
            QStringLiteral("Stages"), QStringLiteral("Connect"),  QStringLiteral("Query"),
            QStringLiteral("In use"), QStringLiteral("Checked")};
}

DatabaseSign databaseSign(const DatabaseRecord &record)
{
    if (record.running)
        return {State::Working, record.cancelling ? QStringLiteral("cancelling") : QStringLiteral("probing")};
    if (record.error)
        return {State::Action, QStringLiteral("not asked")};
    const DatabaseState state = databaseState(record);
    const QString word = databaseStateName(state);
    switch (state) {
    case DatabaseState::Up:
        return {State::Up, word};
    case DatabaseState::Reached:
        return {State::Unknown, word};
    case DatabaseState::Warned:
    case DatabaseState::Wrong:
    case DatabaseState::Slow:
        return {State::Degraded, word};
    case DatabaseState::Failed:
        return {State::Down, QStringLiteral("%1 %2").arg(databaseStageName(failedStage(*record.report)->stage), word)};
    case DatabaseState::Unknown:
        break;
    }
    return {State::Unknown, record.report ? word : QStringLiteral("not probed")};
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

QString stageChips(const DatabaseRecord &record)
{
    if (!record.running && !record.report)
        return {};
    const QList<StageResult> &seen = record.running ? record.stages : record.report->stages;
    QStringList chips;
    bool next = record.running; // the one that is under way
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

Row databaseRow(const DatabaseRecord &record, qint64 nowMs)
{
    const DatabaseSign look = databaseSign(record);
    const bool stale = isStale(record, nowMs);
    Cell state = textCell(look.word, stale);
    state.state = look.state;
    state.tip = tipOf(record);
    Cell name = textCell(record.endpoint.name);
    if (record.report && !record.report->server.isEmpty())
        name.tip = record.report->server;
    const QString role = record.role.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(record.role);
    Cell backend = textCell(record.backend + role);
    if (record.production)
        backend.tip = QStringLiteral("Production: it is only read from here.");
    Cell stages = textCell(stageChips(record), stale);
    stages.tip = state.tip;
    const bool told = record.report.has_value() && !record.error;
    const std::optional<double> query = told ? queryMsOf(*record.report) : std::nullopt;
    const DatabaseHeadroom headroom = told && record.report->headroom ? *record.report->headroom : DatabaseHeadroom{};
    const QString used = connectionsText(headroom);
    Cell connections = figureCell(used.isEmpty() ? QStringLiteral("–") : used,
                                  headroom.used ? QVariant(*headroom.used) : QVariant(-1), used.isEmpty());
    if (const std::optional<double> share = connectionsShare(headroom); share && *share > 0.8)
        connections.limit = *share >= 1 ? State::Down : State::Degraded;
    Cell checked =
        textCell(record.probedWallMs > 0 ? ageText(double(nowMs - record.probedWallMs)) + QStringLiteral(" ago")
                                         : QStringLiteral("never"),
                 stale || record.probedWallMs == 0);
    checked.sort = record.probedWallMs;
    if (record.probedWallMs > 0)
        checked.tip = utcTime(record.probedWallMs);
    return {record.key(),
            {state, name, backend, stages, latencyCell(told ? connectMsOf(*record.report) : std::nullopt),
             latencyCell(query, record.limitMs), connections, checked}};
}

} // namespace Switchyard
