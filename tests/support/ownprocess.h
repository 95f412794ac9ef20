// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What this process holds at the moment, to tell whether something was left behind. Other tests may run beside it: only
// what this one started counts, also where the process in between has ended (it is the reaper of its descendants).

#include <QString>
#include <QStringList>

namespace Switchyard::Testing {

/// Descriptors that are open.
[[nodiscard]] int openDescriptors();
/// Threads, this one among them.
[[nodiscard]] int runningThreads();
/// Children that this thread started and that nobody waited for yet; -1: the system does not tell.
[[nodiscard]] int ownChildren();
/// Pids of everything that this process started, and of what that started in turn.
[[nodiscard]] QStringList ownDescendants();
/// Those of them whose command line holds the text.
[[nodiscard]] QStringList processesWith(const QString &text);

} // namespace Switchyard::Testing
