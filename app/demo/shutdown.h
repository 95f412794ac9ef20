// SPDX-License-Identifier: GPL-3.0-or-later
// What happens between the first signal and the exit: one small state machine for the five ways to stop.
// I/O thread only; owned by the server.
#pragma once

#include "endpoint.h"
#include "instance.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <vector>

namespace Switchyard::Demo {

class Shutdown final
{
public:
    /// How the process goes on once the clients are dealt with.
    enum class Exit
    {
        Orderly, ///< let answers under way be written
        AtOnce
    };

    Shutdown(boost::asio::any_io_executor executor, const Options &options, Instance &instance,
             std::vector<Endpoint *> endpoints, std::function<void(Exit)> done);

    /// Begins the drain; once.
    void begin();

private:
    void notify();
    void waitThenClose(Milliseconds wait);
    void closeAll();
    void awaitReplies();
    void abortAll();
    std::size_t clientCount() const;

    const Options &m_options;
    Instance &m_instance;
    std::vector<Endpoint *> m_endpoints;
    std::function<void(Exit)> m_done;
    boost::asio::steady_timer m_timer;
    std::chrono::steady_clock::time_point m_began;
    std::chrono::steady_clock::time_point m_repliesDue;
};

} // namespace Switchyard::Demo
