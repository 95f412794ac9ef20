// SPDX-License-Identifier: GPL-3.0-or-later
#include "site.h"

#include "httpsession.h"

namespace Switchyard::Demo {

Site::Site(boost::asio::any_io_executor executor, const Options &options, Instance &instance)
    : m_instance(instance)
    , m_prices(m_market)
    , m_engine(std::move(executor), options, instance, m_market)
    , m_routes(instance, {&m_prices, &m_notifications, &m_engine})
{
}

std::vector<Endpoint *> Site::endpoints()
{
    return {&m_prices, &m_notifications, &m_engine};
}

std::variant<Site::Upgrade, Response> Site::upgrade(const Request &request)
{
    using Watch = WebSocketSession::Watch;
    const std::string_view path = pathOf(request.target());
    const bool known = path == "/ws/prices" || path == "/ws/notifications" || path == "/socket.io/";
    if (!known)
        return makeError(http::status::not_found, "no WebSocket on this path");
    if (m_instance.draining())
        return makeDrainingRefusal();
    if (path == "/ws/prices")
        return Upgrade{m_prices.newClient(), Watch::Pings};
    if (path == "/ws/notifications")
        return Upgrade{m_notifications.newClient(), Watch::Pings};
    auto found = m_engine.upgrade(queryOf(request.target()));
    if (auto *refusal = std::get_if<Response>(&found))
        return std::move(*refusal);
    return Upgrade{std::get<std::shared_ptr<SocketListener>>(std::move(found)), Watch::None};
}

void Site::stopConnections()
{
    const auto connections = m_connections; // a session removes itself as it ends
    for (const auto &connection : connections)
        connection->stop();
}

void Site::tick()
{
    if (++m_ticks % s_ticksPerSecond == 0)
        m_market.move();
    m_prices.tick();
    m_engine.tick();
}

} // namespace Switchyard::Demo
