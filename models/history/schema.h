// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/sqlite.h"

namespace Switchyard {

/// "SwYd": tells our files from other programs'.
constexpr int historyApplicationId = 0x53775964;
constexpr int historySchemaVersion = 2;

/// Version 1 as it was, for new files and for tests that make an old one. Each later version is a step from the one
/// before, and new files take the same steps: there is no second description that could differ.
[[nodiscard]] const char *historySchemaV1();

/// Brings an empty or older file to the current version, in one transaction. Returns SQLite's code.
[[nodiscard]] int migrateHistory(sqlite3 *db);

} // namespace Switchyard
