// SPDX-License-Identifier: GPL-3.0-or-later
#include "upgradeprobe.h"

namespace Switchyard::Demo {

namespace {

constexpr std::chrono::milliseconds s_step{100};
constexpr int s_stepsAllowed = 100; // 10 s, the reference server's upgradeTimeout

} // namespace

UpgradeProbe::UpgradeProbe(boost::asio::any_io_executor executor, std::shared_ptr<EngineSession> session)
    : m_session(std::move(session))
    , m_timer(std::move(executor))
{
}

void UpgradeProbe::opened(WebSocketSession &session)
{
    m_socket = &session;
    step();
}

void UpgradeProbe::text(std::string_view message)
{
    if (m_state == State::Opened && message == "2probe" && !m_session->upgrading() &&
        m_session->transport() == EngineSession::Transport::Polling) {
        m_state = State::Probed;
        m_socket->sendText("3probe");
        m_session->beginUpgrade(*m_socket);
    } else if (m_state == State::Probed && message == "5") {
        m_state = State::Done;
        m_timer.cancel();
        m_session->finishUpgrade();
        m_socket = nullptr;
    } else {
        fail();
    }
}

void UpgradeProbe::binary(std::string_view)
{
    fail();
}

void UpgradeProbe::closed()
{
    m_timer.cancel();
    if (m_state == State::Probed)
        m_session->abandonUpgrade();
    m_socket = nullptr;
}

// The client may have sent one more poll before it saw the 3probe, and waits for its answer before it sends the 5. So
// the poll is released again and again until then.
void UpgradeProbe::step()
{
    if (m_state == State::Probed)
        m_session->releasePoll();
    if (++m_steps > s_stepsAllowed) {
        fail();
        return;
    }
    m_timer.expires_after(s_step);
    m_timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        if (const auto self = weak.lock(); self && !error)
            self->step();
    });
}

void UpgradeProbe::fail()
{
    m_timer.cancel();
    if (m_socket)
        m_socket->close(emptyClose());
}

} // namespace Switchyard::Demo
