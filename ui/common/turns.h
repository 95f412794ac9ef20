// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <functional>

namespace Switchyard {

/// Does what takes milliseconds in a turn of the event loop of its own, so that timers which come due together, and the
/// painting of what they changed, do not add up to a stall. Jobs run in the order in which they were asked for, none in
/// the turn in which another one is painted. One of the same owner and name that still waits is not asked for again:
/// what a job needs it reads when it runs. It is dropped with its owner.
///
/// Thread: the GUI's, with a QCoreApplication.
void inOwnTurn(QObject *owner, const char *name, std::function<void()> job);

} // namespace Switchyard
