// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What this process holds at the moment, to tell whether something was left behind.

namespace Switchyard::Testing {

/// Descriptors that are open.
[[nodiscard]] int openDescriptors();
/// Threads, this one among them.
[[nodiscard]] int runningThreads();
/// Children that this thread started and that nobody waited for yet; -1: the system does not tell.
[[nodiscard]] int ownChildren();

} // namespace Switchyard::Testing
