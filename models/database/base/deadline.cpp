// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/base/deadline.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace Switchyard {

Deadline Deadline::part(Milliseconds budget) const
{
    Deadline result = *this;
    result.m_end = std::min(m_end, Clock::now() + budget);
    return result;
}

Milliseconds Deadline::left() const
{
    return std::max(Milliseconds{0}, std::chrono::ceil<Milliseconds>(m_end - Clock::now()));
}

int Deadline::slice() const
{
    constexpr Milliseconds longest{50};
    return int(std::min(left(), longest).count());
}

Waited Deadline::wait(int descriptor, short events) const
{
    for (;;) {
        if (isCancelled())
            return Waited::Cancelled;
        pollfd one{descriptor, events, 0};
        if (poll(&one, 1, slice()) > 0)
            return Waited::Ready;
        if (isOver())
            return isCancelled() ? Waited::Cancelled : Waited::TimedOut;
    }
}

void Descriptor::reset()
{
    if (m_descriptor >= 0)
        close(std::exchange(m_descriptor, -1));
}

} // namespace Switchyard
