// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace Switchyard::Testing {

/// The processor's time that this thread took so far, in milliseconds.
[[nodiscard]] double threadCpuMs();

/// How many times longer this machine takes, at this moment, for work like that of a table in the window (strings, a
/// map, a sort) than the one that the limits of the tests were set on: 1 to 4. Takes about 0.1 s.
[[nodiscard]] double machineSlowness();

/// What a turn of the GUI thread may take of the processor's time, in milliseconds: 50, and as many times more as this
/// machine is slower at this moment. A virtual processor that has to share its core takes half as long again.
[[nodiscard]] double turnLimitMs();

} // namespace Switchyard::Testing
