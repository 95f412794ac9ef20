// SPDX-License-Identifier: GPL-3.0-or-later
// The two plain WebSocket endpoints. Both keep their clients in the order of their connection numbers and end them the
// same way; they differ in what they say. I/O thread only; owned by the site.
#pragma once

#include "endpoint.h"
#include "market.h"
#include "websocketsession.h"
#include "wheel.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace Switchyard::Demo {

class RawEndpoint : public Endpoint
{
public:
    std::size_t count() const final { return m_clients.size(); }
    std::size_t sendNotice(const Notice &notice) final;
    std::size_t closeAll(bool disconnect) final;
    std::size_t abortAll() final;

    /// A listener for a connection about to be accepted; it is counted once its handshake is done.
    virtual std::shared_ptr<SocketListener> newClient() = 0;

    /// From the listeners: a connection opened (returns its number) or is over.
    std::uint64_t joined(WebSocketSession &session);
    void left(std::uint64_t number);

private:
    std::map<std::uint64_t, std::shared_ptr<WebSocketSession>> m_clients;
    std::uint64_t m_lastNumber = 0;
    std::string m_notice; ///< set once it was sent
    bool m_closing = false;
};

class PriceClient;

/// /ws/prices: a price at open and then one a second.
class PriceFeed final : public RawEndpoint
{
public:
    explicit PriceFeed(const Market &market);

    const char *manager() const override { return "price_feed"; }
    std::shared_ptr<SocketListener> newClient() override;

    void tick(); ///< every s_tickMs
    const Market &market() const { return m_market; }
    Wheel<PriceClient, s_ticksPerSecond> &wheel() { return m_wheel; }

private:
    const Market &m_market;
    Wheel<PriceClient, s_ticksPerSecond> m_wheel;
};

/// /ws/notifications: {"type":"welcome"} at open, and a heartbeat for a heartbeat.
class Notifications final : public RawEndpoint
{
public:
    const char *manager() const override { return "notifications"; }
    std::shared_ptr<SocketListener> newClient() override;
};

} // namespace Switchyard::Demo
