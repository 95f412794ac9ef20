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

/// The three clocks at one moment. A thread that loses the processor between two readings would see a sleep, or a clock
/// that was set, where there was none: such a reading is made again.
struct Clocks
{
    qint64 wallMs = 0;
    qint64 bootMs = 0;
    qint64 monotonicMs = 0;

    static Clocks now()
    {
        constexpr qint64 atOnceMs = 2;
        Clocks clocks;
        for (int reading = 0; reading < 100; ++reading) {
            clocks.monotonicMs = millisecondsOf(CLOCK_MONOTONIC);
            clocks.bootMs = millisecondsOf(CLOCK_BOOTTIME);
            clocks.wallMs = millisecondsOf(CLOCK_REALTIME);
            if (millisecondsOf(CLOCK_MONOTONIC) - clocks.monotonicMs <= atOnceMs)
                break;
        }
        return clocks;
    }

    qint64 wallOffsetMs() const { return wallMs - bootMs; }
    qint64 sleptMs() const { return bootMs - monotonicMs; }
};

} // namespace

ClockWatch::ClockWatch()
{
    const Clocks clocks = Clocks::now();
    m_wallOffsetMs = clocks.wallOffsetMs();
    m_sleptMs = clocks.sleptMs();
}

QList<ClockWatch::Step> ClockWatch::look(qint64 leastMs)
{
    QList<Step> steps;
    const Clocks clocks = Clocks::now();
    const qint64 slept = clocks.sleptMs();
    if (slept - m_sleptMs >= leastMs) {
        const double ms = double(slept - m_sleptMs);
        steps.append({QStringLiteral("suspend"),
                      QStringLiteral("this machine slept for %1: nothing was seen in that time").arg(humanDuration(ms)),
                      ms});
        m_sleptMs = slept;
    }
    const qint64 offset = clocks.wallOffsetMs();
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
