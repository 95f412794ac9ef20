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
    Connect,
    Query,
    Connections,
    Checked
};
QStringList databaseColumns();

/// How it is shown: one shape and word for state, run and age together.
struct DatabaseSign
{
    State state = State::Unknown;
    QString word; ///< "up", "failed at auth", "not probed", "probing", …
};
[[nodiscard]] DatabaseSign databaseSign(const DatabaseRecord &record);

/// "✓", "▲", "✕", "–", "·": of a stage that has ended or was not reached.
[[nodiscard]] QString stageShape(StageStatus status);
[[nodiscard]] State stageState(StageStatus status);
/// "lint ✓  dns ✓  srv –  tcp ◌  tls ·  …": the stages of the running probe, else of the last one.
[[nodiscard]] QString stageChips(const DatabaseRecord &record);
/// "12 of 97" and its share; empty and nothing where it was not read.
[[nodiscard]] QString connectionsText(const DatabaseHeadroom &headroom);
[[nodiscard]] std::optional<double> connectionsShare(const DatabaseHeadroom &headroom);

/// `nowMs`: wall clock, for the age.
[[nodiscard]] Row databaseRow(const DatabaseRecord &record, qint64 nowMs);

} // namespace Switchyard
