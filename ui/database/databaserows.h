// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/watch/databaseset.h"
#include "ui/common/rowmodel.h"

namespace Switchyard {

enum class DatabaseColumn
{
    State,
    Name,
    Backend,
    Stages,
    Polled,
    Connect,
    Query,
    Connections,
    Checked
};
QStringList databaseColumns();

/// How it is shown. While it is probed again, what the last probe found stays.
struct DatabaseSign
{
    State state = State::Unknown;
    QString word;    ///< "up", "auth failed", "not probed", "probing", …
    QString running; ///< "◌ probing", "◌ cancelling": beside the word; empty where nothing runs, or the word says it
};
[[nodiscard]] DatabaseSign databaseSign(const DatabaseRecord &record);

/// A result that says little of now: of a polled one, three probes were missed; of another, five minutes have gone by.
[[nodiscard]] bool isStale(const DatabaseRecord &record, qint64 nowMs);
/// "12 s ago", "never".
[[nodiscard]] QString checkedText(const DatabaseRecord &record, qint64 nowMs);
/// "every 30s"; empty where it is not polled.
[[nodiscard]] QString polledText(const DatabaseRecord &record);
/// "and 2 more errors: see String": of the string, besides the one that its stage tells; empty: there are none.
[[nodiscard]] QString moreErrorsText(const DatabaseReport &report);

/// "✓", "▲", "✕", "–", "·": of a stage that has ended or was not reached.
[[nodiscard]] QString stageShape(StageStatus status);
[[nodiscard]] State stageState(StageStatus status);
/// Whether the stages of the running probe are shown, not those of the last: not of a polled one, for nobody waits for
/// it.
[[nodiscard]] bool followsRun(const DatabaseRecord &record);
/// "lint ✓  dns ✓  srv –  tcp ◌  tls ·  …": as followsRun() says.
[[nodiscard]] QString stageChips(const DatabaseRecord &record);
/// "12 of 97" and its share; empty and nothing where it was not read.
[[nodiscard]] QString connectionsText(const DatabaseHeadroom &headroom);
[[nodiscard]] std::optional<double> connectionsShare(const DatabaseHeadroom &headroom);

/// `nowMs`: wall clock, for the age. `unlocked`: it is production, and somebody has opened its lock.
[[nodiscard]] Row databaseRow(const DatabaseRecord &record, qint64 nowMs, bool unlocked = false);

} // namespace Switchyard
