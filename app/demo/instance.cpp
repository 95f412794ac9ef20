// SPDX-License-Identifier: GPL-3.0-or-later
#include "instance.h"

namespace Switchyard::Demo {

Instance::Instance(const Options &options)
    : m_id(options.instanceId)
    , m_readyDelay(options.readyDelay)
    , m_started(std::chrono::steady_clock::now())
    , m_startedAt(std::chrono::system_clock::now())
    , m_readyAt(std::chrono::steady_clock::time_point::max())
{
}

Phase Instance::phase() const
{
    if (m_draining)
        return Phase::Draining;
    return std::chrono::steady_clock::now() < m_readyAt ? Phase::Starting : Phase::Serving;
}

void Instance::setListening()
{
    m_readyAt = std::chrono::steady_clock::now() + m_readyDelay;
}

double Instance::uptimeSeconds() const
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_started).count();
}

double Instance::startTimeSeconds() const
{
    return std::chrono::duration<double>(m_startedAt.time_since_epoch()).count();
}

void Instance::countRequest(std::string_view method, std::string_view path, unsigned status)
{
    ++m_requests[RequestKey(method, path, status)];
}

} // namespace Switchyard::Demo
