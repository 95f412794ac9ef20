// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What this process started, and what that started in turn. Other tests may run beside it and start the same programs.
// A test that uses this is the reaper of its descendants: what is left behind becomes its child, ended ones too.

#include <QList>
#include <QString>
#include <QStringList>

namespace Switchyard::Testing {

/// Pids of all of them.
[[nodiscard]] QStringList ownDescendants();
/// Those whose command line holds the text; one that has ended has none.
[[nodiscard]] QStringList processesWith(const QString &text);
/// Pids of the guards (GroupGuard) that the process has started.
[[nodiscard]] QList<qint64> guardsOf(qint64 pid);

} // namespace Switchyard::Testing
