// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/clockwatch.h"

#include "models/common/duration.h"

#include <cstdlib>
#include <ctime>

namespace Switchyard {

namespace {

qint64 millisecondsOf(clockid_t clock)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return qint64(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

} // namespace

ClockWatch::ClockWatch()
    : m_wallOffsetMs(millisecondsOf(CLOCK_REALTIME) - millisecondsOf(CLOCK_BOOTTIME))
    , m_sleptMs(millisecondsOf(CLOCK_BOOTTIME) - millisecondsOf(CLOCK_MONOTONIC))
{
}

QList<ClockWatch::Step> ClockWatch::look(qint64 leastMs)
{
    QList<Step> steps;
    const qint64 boot = millisecondsOf(CLOCK_BOOTTIME);
    const qint64 slept = boot - millisecondsOf(CLOCK_MONOTONIC);
    if (slept - m_sleptMs >= leastMs) {
        const double ms = double(slept - m_sleptMs);
        steps.append({QStringLiteral("suspend"),
                      QStringLiteral("this machine slept for %1: nothing was seen in that time").arg(humanDuration(ms)),
                      ms});
        m_sleptMs = slept;
    }
    const qint64 offset = millisecondsOf(CLOCK_REALTIME) - boot;
    if (std::llabs(offset - m_wallOffsetMs) >= leastMs) {
        const double ms = double(offset - m_wallOffsetMs);
        steps.append(
            {QStringLiteral("clock"),
             QStringLiteral("this machine's clock was set %1 by %2; the session's own clock is not affected")
                 .arg(ms > 0 ? QStringLiteral("forward") : QStringLiteral("back"), humanDuration(ms > 0 ? ms : -ms)),
             ms});
        m_wallOffsetMs = offset;
    }
    return steps;
}

} // namespace Switchyard
