// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

namespace Switchyard {

// The process groups this program has started and not yet seen the end of. The death signal of the system reaches only
// direct children; a program that must end at once kills the groups by this list. It is global because a signal handler
// has nothing else to reach it by. All functions are async-signal-safe.

/// At most 64 at a time; a further one is not noted and dies by the death signal only.
void noteChildGroup(pid_t group);
void forgetChildGroup(pid_t group);
/// SIGKILL to every group noted.
void killChildGroups();

} // namespace Switchyard
