// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"

#include <QString>

namespace Switchyard {

class TomlReader;
struct Workspace;

/// [history]
struct HistorySettings
{
    bool enabled = true;
    QString file;                                           ///< as written; empty: see historyFileOf()
    Milliseconds keepSamples{std::chrono::hours(7 * 24)};   ///< 1 hour to 10 years
    Milliseconds keepRollups{std::chrono::hours(400 * 24)}; ///< not shorter
    bool operator==(const HistorySettings &) const = default;
};

/// Reads the table and notes its problems.
[[nodiscard]] HistorySettings readHistorySettings(TomlReader &root);

/// Absolute path of the workspace's history: its `file`, seen from the workspace's folder, or one below the user's data
/// folder (XDG_DATA_HOME) that is named by the workspace file.
[[nodiscard]] QString historyFileOf(const Workspace &workspace);

} // namespace Switchyard
