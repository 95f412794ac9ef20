// SPDX-License-Identifier: GPL-3.0-or-later
// Who this process is and in which phase of its life: identity, start time, request counters.
// Lives in main for as long as the process; used on the I/O thread only.
#pragma once

#include "options.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace Switchyard::Demo {

enum class Phase
{
    Starting,
    Serving,
    Draining
};

class Instance final
{
public:
    /// (method, path, status); the path is one of the known ones or "other", so that scanners cannot grow the table.
    using RequestKey = std::tuple<std::string, std::string, unsigned>;

    explicit Instance(const Options &options);

    const std::string &id() const { return m_id; }
    Phase phase() const;
    bool draining() const { return m_draining; }

    /// Starts the clock of --ready-delay: called when the port listens.
    void setListening();
    void setDraining() { m_draining = true; }

    double uptimeSeconds() const;
    double startTimeSeconds() const; ///< Unix time of the start

    void countRequest(std::string_view method, std::string_view path, unsigned status);
    const std::map<RequestKey, std::uint64_t> &requests() const { return m_requests; }

private:
    std::string m_id;
    Milliseconds m_readyDelay;
    std::chrono::steady_clock::time_point m_started;
    std::chrono::system_clock::time_point m_startedAt;
    std::chrono::steady_clock::time_point m_readyAt;
    bool m_draining = false;
    std::map<RequestKey, std::uint64_t> m_requests;
};

} // namespace Switchyard::Demo
