// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/overfiles.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace Switchyard {

std::size_t threadsOverFiles(int wanted)
{
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    return wanted > 0 ? std::size_t(wanted) : std::min<std::size_t>(cores, 16);
}

void overFiles(std::size_t files, std::size_t threads, const std::stop_token &stop,
               const std::function<void(std::size_t, std::size_t)> &each, const std::function<void(qint64)> &tell)
{
    std::atomic<std::size_t> next = 0;
    std::atomic<qint64> done = 0;
    std::mutex telling;
    std::chrono::steady_clock::time_point told;
    const auto tellSometimes = [&] {
        const std::unique_lock lock(telling, std::try_to_lock);
        const auto now = std::chrono::steady_clock::now();
        if (!lock || now - told < std::chrono::milliseconds(100))
            return;
        told = now;
        tell(done);
    };
    const auto work = [&](std::size_t thread) {
        // A few at a time: the counter is shared.
        constexpr std::size_t batch = 16;
        while (!stop.stop_requested()) {
            const std::size_t begin = next.fetch_add(batch);
            if (begin >= files)
                return;
            const std::size_t end = std::min(begin + batch, files);
            for (std::size_t i = begin; i < end && !stop.stop_requested(); ++i) {
                each(i, thread);
                ++done;
                tellSometimes();
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i)
            others.emplace_back([&work, i] { work(i); });
        work(0);
    }
    tell(done);
}

OpenFile::OpenFile(const std::string &path)
    : m_descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))
{
}

OpenFile::~OpenFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

} // namespace Switchyard
