// SPDX-License-Identifier: GPL-3.0-or-later
//
// A wall clock that can be set, for one process: preloaded, it adds the seconds in the file that SWITCHYARD_WALL_CLOCK
// names to CLOCK_REALTIME, gettimeofday() and time(), and leaves every other clock and every timer alone, as
// settimeofday(2) does. libfaketime 0.9.10 is no help here: it moves absolute timerfds of the monotonic clock as well.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

long offsetSeconds()
{
    const char *name = std::getenv("SWITCHYARD_WALL_CLOCK");
    std::FILE *file = name ? std::fopen(name, "re") : nullptr;
    if (!file)
        return 0;
    long seconds = 0;
    if (std::fscanf(file, "%ld", &seconds) != 1)
        seconds = 0;
    std::fclose(file);
    return seconds;
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec *now) noexcept
{
    const long result = ::syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += offsetSeconds();
    return int(result);
}

int gettimeofday(timeval *now, void *) noexcept
{
    timespec precise{};
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) noexcept
{
    timespec precise{};
    clock_gettime(CLOCK_REALTIME, &precise);
    if (out)
        *out = precise.tv_sec;
    return precise.tv_sec;
}
}
