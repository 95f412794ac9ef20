// SPDX-License-Identifier: GPL-3.0-or-later
// Spreads periodic work of many members over one shared timer. A wheel of N slots ticked every T gives each member one
// call every N*T, counted from when it joined; ten thousand price feeds cost one timer and no burst.
// I/O thread only. Holds plain pointers: a member removes itself before it goes.
#pragma once

#include <array>
#include <cstddef>
#include <unordered_set>

namespace Switchyard::Demo {

template <typename Member, std::size_t Slots>
class Wheel final
{
public:
    /// The first call comes after a full turn.
    void add(Member *member) { m_slots[m_now].insert(member); }

    void remove(Member *member)
    {
        for (auto &slot : m_slots)
            slot.erase(member);
    }

    /// Advances by one slot and calls `work` for each member in it. `work` must not add or remove members.
    template <typename Work>
    void tick(Work work)
    {
        m_now = (m_now + 1) % Slots;
        for (Member *member : m_slots[m_now])
            work(*member);
    }

private:
    std::array<std::unordered_set<Member *>, Slots> m_slots;
    std::size_t m_now = 0;
};

/// The shared timer's step.
inline constexpr int s_tickMs = 100;
inline constexpr std::size_t s_ticksPerSecond = 10;

} // namespace Switchyard::Demo
