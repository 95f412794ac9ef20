// SPDX-License-Identifier: GPL-3.0-or-later
// The WebSocket of a polling client that wants to change over: 2probe, 3probe, 5. Until the 5 it belongs to this
// listener, then to the session. I/O thread only; owned by its WebSocket session.
#pragma once

#include "engineio.h"

#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace Switchyard::Demo {

class UpgradeProbe final : public SocketListener, public std::enable_shared_from_this<UpgradeProbe>
{
public:
    UpgradeProbe(boost::asio::any_io_executor executor, std::shared_ptr<EngineSession> session);

    void opened(WebSocketSession &session) override;
    void text(std::string_view message) override;
    void binary(std::string_view message) override;
    void closed() override;

private:
    enum class State
    {
        Opened,
        Probed,
        Done
    };

    void step();
    void fail();

    std::shared_ptr<EngineSession> m_session;
    WebSocketSession *m_socket = nullptr;
    boost::asio::steady_timer m_timer;
    int m_steps = 0;
    State m_state = State::Opened;
};

} // namespace Switchyard::Demo
