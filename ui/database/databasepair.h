// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/compare.h"
#include "models/workspace/workspace.h"

class QComboBox;

namespace Switchyard {

class DatabaseSet;

// What the dialogs that take two databases share.

/// Every database of the set as "main of fly (source)"; `chosen` is its place in the set, -1: the first.
void fillDatabaseChoice(QComboBox *box, const DatabaseSet *set, int chosen);
/// Its place in the set; -1 without one.
[[nodiscard]] int chosenDatabase(const QComboBox *box);

/// Opens both, then comparable() and compareDatabases(). Blocking, for a worker thread.
[[nodiscard]] Result<CompareReport> comparePair(const DatabaseEndpoint &source, const DatabaseEndpoint &target,
                                                CompareOptions options, const CancelFlag &cancelled);

} // namespace Switchyard
