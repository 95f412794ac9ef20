// SPDX-License-Identifier: GPL-3.0-or-later
#include "websocketsession.h"

#include "log.h"

#include <boost/asio/post.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace Switchyard::Demo {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

namespace {

constexpr std::size_t s_maxPendingBytes = 256 * 1024;
constexpr std::size_t s_keptBufferBytes = 4096;
constexpr std::chrono::seconds s_handshakeTimeout{10};
// A ping goes out after half of it without a sign of life, so a dead peer is gone within 40 s, as with uvicorn's 20/20.
constexpr std::chrono::seconds s_idleTimeout{40};

} // namespace

websocket::close_reason serviceRestart()
{
    return {websocket::close_code::service_restart, "service restart"};
}

websocket::close_reason emptyClose()
{
    return {};
}

WebSocketSession::WebSocketSession(asio::ip::tcp::socket socket, std::shared_ptr<SocketListener> listener, Watch watch)
    : m_stream(std::move(socket))
    , m_listener(std::move(listener))
{
    configure(watch);
}

void WebSocketSession::configure(Watch watch)
{
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = s_handshakeTimeout; // also bounds the wait for the peer's close frame
    timeout.idle_timeout =
        watch == Watch::Pings ? websocket::stream_base::duration(s_idleTimeout) : websocket::stream_base::none();
    timeout.keep_alive_pings = watch == Watch::Pings;
    m_stream.set_option(timeout);
    m_stream.read_message_max(s_maxBodyBytes);
    // One message, one frame: tests and teaching both want to see on the wire what was sent.
    m_stream.auto_fragment(false);
    m_stream.text(true);
}

void WebSocketSession::accept(const Request &request, const std::string &instanceId)
{
    m_stream.set_option(websocket::stream_base::decorator([instanceId](websocket::response_type &response) {
        response.set("x-instance-id", instanceId);
        response.set(http::field::server, "switchyard-demo-backend");
    }));
    auto self = shared_from_this();
    // The request is copied into Beast's answer before this call returns.
    m_stream.async_accept(request, [self](beast::error_code error) {
        if (error || self->m_aborted) {
            self->finish();
            return;
        }
        self->m_opened = true;
        self->m_listener->opened(*self);
        self->read();
    });
}

void WebSocketSession::read()
{
    auto self = shared_from_this();
    m_stream.async_read(m_buffer, [self](beast::error_code error, std::size_t size) {
        if (error)
            self->finish();
        else
            self->received(size);
    });
}

void WebSocketSession::received(std::size_t size)
{
    // The listener may hand the connection over while it is being called, so it is held here.
    const std::shared_ptr<SocketListener> listener = m_listener;
    const std::string_view message(static_cast<const char *>(m_buffer.data().data()), size);
    if (listener && !m_closeWanted) {
        if (m_stream.got_binary())
            listener->binary(message);
        else
            listener->text(message);
    }
    m_buffer.consume(size);
    if (m_buffer.capacity() > s_keptBufferBytes)
        m_buffer.shrink_to_fit();
    if (!m_aborted)
        read();
}

void WebSocketSession::sendText(std::string message)
{
    if (m_finished || m_aborted || m_closeWanted)
        return;
    m_outboxBytes += message.size();
    m_outbox.push_back(std::move(message));
    if (m_outboxBytes > s_maxPendingBytes) {
        logLine("a client left more than 256 KB unread and is dropped");
        abort(Ending::Reset);
        return;
    }
    pump();
}

void WebSocketSession::close(websocket::close_reason reason)
{
    if (m_finished || m_aborted || m_closeWanted)
        return;
    m_closeWanted = true;
    m_closeReason = std::move(reason);
    pump();
}

void WebSocketSession::abort(Ending how)
{
    if (m_finished || m_aborted)
        return;
    m_aborted = true;
    endSocket(m_stream.next_layer(), how);
    postFinish();
}

void WebSocketSession::pump()
{
    if (m_writing || m_closeSent || m_aborted || m_finished)
        return;
    if (m_outbox.empty()) {
        if (m_closeWanted)
            pumpClose();
        return;
    }
    m_writing = true;
    auto self = shared_from_this();
    m_stream.async_write(asio::buffer(m_outbox.front()), [self](beast::error_code error, std::size_t) {
        self->m_writing = false;
        self->m_outboxBytes -= self->m_outbox.front().size();
        self->m_outbox.pop_front();
        // After an error the outstanding read fails too and finishes the session.
        if (!error)
            self->pump();
    });
}

void WebSocketSession::pumpClose()
{
    m_closeSent = true;
    auto self = shared_from_this();
    // The peer's answer, or its absence, ends the outstanding read, and that finishes the session.
    m_stream.async_close(m_closeReason, [self](beast::error_code) {});
}

void WebSocketSession::finish()
{
    if (m_finished)
        return;
    m_finished = true;
    boost::system::error_code ignored;
    m_stream.next_layer().close(ignored);
    const std::shared_ptr<SocketListener> listener = std::move(m_listener);
    m_listener.reset();
    if (m_opened && listener)
        listener->closed();
}

void WebSocketSession::postFinish()
{
    asio::post(m_stream.get_executor(), [self = shared_from_this()] { self->finish(); });
}

} // namespace Switchyard::Demo
