// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/childgroups.h"

#include <array>
#include <atomic>
#include <csignal>

namespace Switchyard {

namespace {
std::array<std::atomic<pid_t>, 64> groups{};
static_assert(std::atomic<pid_t>::is_always_lock_free);
} // namespace

void noteChildGroup(pid_t group)
{
    for (auto &slot : groups) {
        pid_t free = 0;
        if (slot.compare_exchange_strong(free, group))
            return;
    }
}

void forgetChildGroup(pid_t group)
{
    for (auto &slot : groups) {
        pid_t held = group;
        if (slot.compare_exchange_strong(held, 0))
            return;
    }
}

void killChildGroups()
{
    for (const auto &slot : groups) {
        if (const pid_t group = slot.load(); group > 0)
            ::kill(-group, SIGKILL);
    }
}

} // namespace Switchyard
