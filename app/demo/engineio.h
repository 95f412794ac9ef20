// SPDX-License-Identifier: GPL-3.0-or-later
// Engine.IO 4 (docs/engine.io-protocol, revision 4): the packet codec, and one session over either transport. The
// session is the listener of its WebSocket; over long-polling the server brings it requests. I/O thread only. Owned by
// the server's table and by its own timer and socket while they run.
#pragma once

#include "pollexchange.h"
#include "socketio.h"
#include "websocketsession.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace Switchyard::Demo {

enum class EngineType : char
{
    Open = '0',
    Close = '1',
    Ping = '2',
    Pong = '3',
    Message = '4',
    Upgrade = '5',
    Noop = '6',
    Binary = 'b' ///< in a polling body: a message in base64
};

struct EnginePacket
{
    EngineType type;
    std::string_view data;
};

/// Nothing for an empty packet or an unknown type.
std::optional<EnginePacket> decodeEngineIo(std::string_view text);

/// The packets of a polling body, which the separator U+001E joins.
std::vector<std::string_view> splitEngineIoBody(std::string_view body);

/// What a session needs of its surroundings; owned by the server.
struct EngineContext
{
    boost::asio::any_io_executor executor;
    Milliseconds pingInterval;
    Milliseconds pingTimeout;
    SocketIoShared *socketIo;
};

class EngineSession;

/// The table of sessions, as a session sees it.
class EngineRegistry
{
public:
    EngineRegistry() = default;
    EngineRegistry(const EngineRegistry &) = delete;
    EngineRegistry &operator=(const EngineRegistry &) = delete;
    virtual ~EngineRegistry() = default;
    virtual void sessionOpened(const std::shared_ptr<EngineSession> &session) = 0;
    virtual void sessionClosed(const EngineSession &session) = 0;
};

class EngineSession final : public SocketListener,
                            public MessageChannel,
                            public std::enable_shared_from_this<EngineSession>
{
public:
    enum class Transport
    {
        Polling,
        WebSocket
    };

    EngineSession(EngineRegistry &registry, const EngineContext &context, Transport transport);

    const std::string &sid() const { return m_sid; }
    Transport transport() const { return m_transport; }
    SocketIoClient &client() { return m_client; }

    /// Long-polling: begins the session and returns the body of the handshake's answer.
    std::string openByPolling();
    /// Long-polling: a GET. A second one while the first is held closes the session.
    PollOutcome poll(std::shared_ptr<PollExchange> exchange);
    /// Long-polling: a POST body. False for a packet that breaks the protocol, which closes the session.
    bool receiveBody(std::string_view body);

    /// Upgrade: the candidate has sent its probe; until finishUpgrade() or abandonUpgrade().
    bool upgrading() const { return m_candidate != nullptr; }
    void beginUpgrade(WebSocketSession &candidate);
    /// Answers a held poll with a noop, so that the client can let go of polling.
    void releasePoll();
    void finishUpgrade();
    void abandonUpgrade() { m_candidate = nullptr; }

    /// Planned end: what is queued still goes out, then the empty close frame or the packet "1".
    void shutdown(bool disconnect);
    /// Ends the TCP connection the session is on. False if it is between two polls and so on none.
    bool abort(Ending how);

    // SocketListener
    void opened(WebSocketSession &session) override;
    void text(std::string_view message) override;
    void binary(std::string_view message) override;
    void closed() override;

    // MessageChannel
    void sendMessage(std::string packet) override;

private:
    std::string openPacket() const;
    void sendPacket(std::string packet);
    void flushPoll();
    std::string takeBody();
    bool receivePacket(std::string_view text);
    void armPing();
    void pingDue();
    void end(); ///< closes whatever transport there is and leaves the table
    void leave();
    void pollLost();

    EngineRegistry &m_registry;
    const EngineContext &m_context;
    std::string m_sid;
    Transport m_transport;
    SocketIoClient m_client;
    boost::asio::steady_timer m_timer; ///< to the next ping, or to the end of the wait for its pong
    std::chrono::steady_clock::time_point m_began;
    WebSocketSession *m_socket = nullptr;    ///< until closed()
    WebSocketSession *m_candidate = nullptr; ///< until its own listener abandons it
    std::shared_ptr<PollExchange> m_poll;
    std::vector<std::string> m_outbox; ///< long-polling only
    std::size_t m_outboxBytes = 0;
    bool m_awaitingPong = false;
    bool m_closing = false; ///< the packet "1" waits for a poll to carry it
    bool m_left = false;
};

} // namespace Switchyard::Demo
