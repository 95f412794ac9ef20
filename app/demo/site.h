// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that is served, in one place: the endpoints, who may come in, and the HTTP connections that are open.
// I/O thread only; owned by the server, outlives every callback of a connection.
#pragma once

#include "engineserver.h"
#include "rawendpoint.h"
#include "routes.h"

#include <memory>
#include <unordered_set>
#include <variant>
#include <vector>

namespace Switchyard::Demo {

class HttpSession;

class Site final
{
public:
    Site(boost::asio::any_io_executor executor, const Options &options, Instance &instance);

    Instance &instance() { return m_instance; }
    EngineServer &engine() { return m_engine; }
    const Routes &routes() const { return m_routes; }
    std::vector<Endpoint *> endpoints();

    struct Upgrade
    {
        std::shared_ptr<SocketListener> listener;
        WebSocketSession::Watch watch;
    };
    /// Whether an upgrade request is let in, or the answer it gets instead of 101.
    std::variant<Upgrade, Response> upgrade(const Request &request);

    /// The HTTP connections, from their start to their end or their upgrade.
    void add(const std::shared_ptr<HttpSession> &session) { m_connections.insert(session); }
    void remove(const std::shared_ptr<HttpSession> &session) { m_connections.erase(session); }
    std::size_t connectionCount() const { return m_connections.size(); }
    /// Idle ones end now, busy ones after their answer.
    void stopConnections();

    void tick(); ///< every s_tickMs

private:
    Instance &m_instance;
    Market m_market;
    PriceFeed m_prices;
    Notifications m_notifications;
    EngineServer m_engine;
    Routes m_routes;
    std::unordered_set<std::shared_ptr<HttpSession>> m_connections;
    std::size_t m_ticks = 0;
};

} // namespace Switchyard::Demo
