// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

namespace Switchyard {

/// The one clock of the program: monotonic, so that a change of the wall clock moves no measurement.
/// Events are stamped with it in the thread where they happen.
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;
using Microseconds = std::chrono::microseconds;

/// Milliseconds with their fraction, for figures shown to people.
inline double toMs(Clock::duration duration)
{
    return std::chrono::duration<double, std::milli>(duration).count();
}

} // namespace Switchyard
