// SPDX-License-Identifier: GPL-3.0-or-later
//
// A wall clock that can be set, and a machine that sleeps, for one process: preloaded, it adds the seconds in the file
// that SWITCHYARD_WALL_CLOCK names to CLOCK_REALTIME, gettimeofday() and time(), and leaves every other clock and every
// timer alone, as settimeofday(2) does. A second number there is how long the machine has slept: CLOCK_BOOTTIME and the
// wall clock have gone on meanwhile, CLOCK_MONOTONIC has not. libfaketime 0.9.10 is no help here: it moves absolute
// timerfds of the monotonic clock as well.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

struct Setting
{
    long set = 0;   ///< seconds by which the wall clock was set
    long slept = 0; ///< seconds
};

Setting setting()
{
    const char *name = std::getenv("SWITCHYARD_WALL_CLOCK");
    std::FILE *file = name ? std::fopen(name, "re") : nullptr;
    if (!file)
        return {};
    Setting setting;
    if (std::fscanf(file, "%ld %ld", &setting.set, &setting.slept) < 1)
        setting = {};
    std::fclose(file);
    return setting;
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec *now) noexcept
{
    const long result = ::syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += setting().set + setting().slept;
    else if (result == 0 && clock == CLOCK_BOOTTIME)
        now->tv_sec += setting().slept;
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
