// SPDX-License-Identifier: GPL-3.0-or-later
// One WebSocket connection: handshake, reading, a bounded queue of writes, and every way it can end. What the messages
// mean is the listener's business. I/O thread only. Kept alive by its outstanding operations; it owns its listener and
// drops it when the connection is over, or goes with it when the process ends before that.
#pragma once

#include "ending.h"
#include "http.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace Switchyard::Demo {

class WebSocketSession;

/// Hears of one WebSocket connection. Never called from within a call to the session. The session owns its listener, so
/// a listener keeps a plain pointer to the session: it is good from opened() to closed().
class SocketListener
{
public:
    SocketListener() = default;
    SocketListener(const SocketListener &) = delete;
    SocketListener &operator=(const SocketListener &) = delete;
    virtual ~SocketListener() = default;

    virtual void opened(WebSocketSession &session) = 0;
    virtual void text(std::string_view message) = 0;
    virtual void binary(std::string_view message) = 0;
    /// Exactly once after opened(), however the connection ended; never without opened().
    virtual void closed() = 0;
};

class WebSocketSession final : public std::enable_shared_from_this<WebSocketSession>
{
public:
    /// How silence of the peer is met on an open connection.
    enum class Watch
    {
        Pings, ///< WebSocket pings, and the connection ends if they stay unanswered
        None   ///< the protocol above has its own heartbeat
    };

    WebSocketSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<SocketListener> listener, Watch watch);

    /// Answers the upgrade request with 101, or with 400 if its fields are wrong, and then begins to read.
    void accept(const Request &request, const std::string &instanceId);

    /// Hands the connection to another listener, from the next message on.
    void setListener(std::shared_ptr<SocketListener> listener) { m_listener = std::move(listener); }

    /// Queues a text message. A peer that leaves more than 256 KB unread is dropped.
    void sendText(std::string message);

    /// Queues a close frame behind what waits already; nothing can be sent after it. code `none` means an empty frame.
    void close(boost::beast::websocket::close_reason reason);

    /// Ends the TCP connection at once, without a close frame.
    void abort(Ending how);

private:
    using Stream = boost::beast::websocket::stream<boost::asio::ip::tcp::socket, false>; // false: no permessage-deflate

    void configure(Watch watch);
    void read();
    void received(std::size_t size);
    void pump();
    void pumpClose();
    void finish();
    void postFinish();

    Stream m_stream;
    boost::beast::flat_buffer m_buffer;
    std::shared_ptr<SocketListener> m_listener;
    std::list<std::string> m_outbox; ///< the front one is being written while m_writing; a list is empty for free
    std::size_t m_outboxBytes = 0;
    boost::beast::websocket::close_reason m_closeReason;
    bool m_opened = false;
    bool m_writing = false;
    bool m_closeWanted = false;
    bool m_closeSent = false;
    bool m_aborted = false;
    bool m_finished = false;
};

/// The close every raw socket gets at a planned end: 1012 "service restart" (IANA WebSocket Close Code registry).
boost::beast::websocket::close_reason serviceRestart();

/// A close frame without a code, read as 1005 by the client: what a Socket.IO server sends when it stops cleanly.
boost::beast::websocket::close_reason emptyClose();

} // namespace Switchyard::Demo
