// SPDX-License-Identifier: GPL-3.0-or-later
#include "engineio.h"

#include "log.h"
#include "random.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace Switchyard::Demo {

namespace asio = boost::asio;

namespace {

constexpr char s_separator = '\x1e';
constexpr std::size_t s_maxPendingBytes = 256 * 1024;
// A client must ask for a namespace in this time (the Socket.IO server's connectTimeout). Looked at when a ping is due.
constexpr std::chrono::seconds s_connectTimeout{45};

std::string packet(EngineType type, std::string_view data = {})
{
    std::string text(1, static_cast<char>(type));
    text += data;
    return text;
}

Response pollAnswer(std::string body)
{
    return makeResponse(http::status::ok, "text/plain; charset=UTF-8", std::move(body));
}

} // namespace

std::optional<EnginePacket> decodeEngineIo(std::string_view text)
{
    if (text.empty())
        return std::nullopt;
    const char type = text.front();
    if ((type < '0' || type > '6') && type != 'b')
        return std::nullopt;
    return EnginePacket{static_cast<EngineType>(type), text.substr(1)};
}

std::vector<std::string_view> splitEngineIoBody(std::string_view body)
{
    std::vector<std::string_view> packets;
    for (;;) {
        const auto end = body.find(s_separator);
        packets.push_back(body.substr(0, end));
        if (end == std::string_view::npos)
            return packets;
        body.remove_prefix(end + 1);
    }
}

EngineSession::EngineSession(EngineRegistry &registry, const EngineContext &context, Transport transport)
    : m_registry(registry)
    , m_context(context)
    , m_sid(randomSessionId())
    , m_transport(transport)
    , m_client(*context.socketIo, *this)
    , m_timer(context.executor)
    , m_began(std::chrono::steady_clock::now())
{
}

std::string EngineSession::openPacket() const
{
    json::array upgrades;
    if (m_transport == Transport::Polling)
        upgrades.emplace_back("websocket");
    return packet(EngineType::Open, json::serialize(json::object{{"sid", m_sid},
                                                                 {"upgrades", upgrades},
                                                                 {"pingInterval", m_context.pingInterval.count()},
                                                                 {"pingTimeout", m_context.pingTimeout.count()},
                                                                 {"maxPayload", s_maxBodyBytes}}));
}

std::string EngineSession::openByPolling()
{
    m_registry.sessionOpened(shared_from_this());
    armPing();
    return openPacket();
}

void EngineSession::opened(WebSocketSession &session)
{
    m_socket = &session;
    session.sendText(openPacket());
    m_registry.sessionOpened(shared_from_this());
    armPing();
}

PollOutcome EngineSession::poll(std::shared_ptr<PollExchange> exchange)
{
    if (m_poll) {
        end();
        return {makeError(http::status::bad_request, "another poll of this session is pending"), {}};
    }
    if (!m_outbox.empty()) {
        std::string body = takeBody();
        if (m_closing)
            leave();
        return {pollAnswer(std::move(body)), {}};
    }
    m_poll = std::move(exchange);
    return {std::nullopt, [weak = weak_from_this()] {
                if (const auto self = weak.lock())
                    self->pollLost();
            }};
}

bool EngineSession::receiveBody(std::string_view body)
{
    for (const std::string_view text : splitEngineIoBody(body)) {
        if (!receivePacket(text)) {
            end();
            return false;
        }
        if (m_left)
            break; // the client has closed; what follows its "1" means nothing
    }
    return true;
}

void EngineSession::text(std::string_view message)
{
    // "b" marks binary in polling bodies only; a WebSocket has binary frames for it.
    if (message.starts_with('b') || !receivePacket(message))
        end();
}

void EngineSession::binary(std::string_view)
{
    if (!m_client.receiveBinary())
        end();
}

bool EngineSession::receivePacket(std::string_view text)
{
    const auto received = decodeEngineIo(text);
    if (!received)
        return false;
    switch (received->type) {
    case EngineType::Message:
        return m_client.receiveText(received->data);
    case EngineType::Binary:
        return m_client.receiveBinary();
    case EngineType::Pong:
        if (m_awaitingPong)
            armPing();
        return true;
    case EngineType::Close:
        releasePoll();
        end();
        return true;
    case EngineType::Ping:    // only the server pings in revision 4, but a client's ping does no harm
    case EngineType::Upgrade: // belongs on the candidate's socket
    case EngineType::Noop:
        return true;
    case EngineType::Open:
        return false;
    }
    return false;
}

void EngineSession::beginUpgrade(WebSocketSession &candidate)
{
    m_candidate = &candidate;
    releasePoll();
}

void EngineSession::releasePoll()
{
    if (!m_poll)
        return;
    const auto exchange = std::move(m_poll);
    m_poll.reset();
    exchange->reply(pollAnswer(packet(EngineType::Noop)));
}

void EngineSession::finishUpgrade()
{
    releasePoll();
    m_transport = Transport::WebSocket;
    m_socket = std::exchange(m_candidate, nullptr);
    m_socket->setListener(shared_from_this());
    for (std::string &text : m_outbox)
        m_socket->sendText(std::move(text));
    m_outbox.clear();
    m_outboxBytes = 0;
    if (m_closing)
        m_socket->close(emptyClose());
}

void EngineSession::shutdown(bool disconnect)
{
    if (m_closing)
        return;
    // A held poll is kept back meanwhile, so that it carries all of this in one body.
    auto held = std::move(m_poll);
    m_poll.reset();
    if (disconnect)
        m_client.sendDisconnects();
    if (m_candidate)
        m_candidate->close(emptyClose());
    if (m_transport == Transport::Polling)
        sendPacket(packet(EngineType::Close));
    m_closing = true;
    m_poll = std::move(held);
    flushPoll();
    if (m_transport == Transport::WebSocket)
        m_socket->close(emptyClose());
    else if (m_outbox.empty())
        leave(); // a held poll has just carried the "1" away
}

bool EngineSession::abort(Ending how)
{
    if (m_socket) {
        m_socket->abort(how);
        return true;
    }
    const bool onConnection = m_poll != nullptr;
    if (const auto exchange = std::move(m_poll))
        exchange->abort(how);
    m_poll.reset();
    leave();
    return onConnection;
}

void EngineSession::closed()
{
    m_socket = nullptr;
    leave();
}

void EngineSession::sendMessage(std::string text)
{
    text.insert(text.begin(), static_cast<char>(EngineType::Message));
    sendPacket(std::move(text));
}

void EngineSession::sendPacket(std::string text)
{
    if (m_left || m_closing)
        return;
    if (m_transport == Transport::WebSocket) {
        if (m_socket)
            m_socket->sendText(std::move(text));
        return;
    }
    m_outboxBytes += text.size();
    m_outbox.push_back(std::move(text));
    if (m_outboxBytes > s_maxPendingBytes) {
        logLine("a polling client left more than 256 KB unread and is dropped");
        // Later, because a wheel may be calling us and must not lose members meanwhile.
        asio::post(m_context.executor, [self = shared_from_this()] { self->end(); });
        return;
    }
    flushPoll();
}

void EngineSession::flushPoll()
{
    if (!m_poll || m_outbox.empty())
        return;
    const auto exchange = std::move(m_poll);
    m_poll.reset();
    exchange->reply(pollAnswer(takeBody()));
}

std::string EngineSession::takeBody()
{
    std::string body;
    body.reserve(m_outboxBytes + m_outbox.size());
    for (const std::string &text : m_outbox) {
        if (!body.empty())
            body += s_separator;
        body += text;
    }
    m_outbox.clear();
    m_outboxBytes = 0;
    return body;
}

void EngineSession::armPing()
{
    m_awaitingPong = false;
    m_timer.expires_after(m_context.pingInterval);
    m_timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        if (const auto self = weak.lock(); self && !error)
            self->pingDue();
    });
}

void EngineSession::pingDue()
{
    if (m_left)
        return;
    const bool idle = !m_client.everConnected() && std::chrono::steady_clock::now() - m_began > s_connectTimeout;
    if (idle) {
        end();
        return;
    }
    m_awaitingPong = true;
    m_timer.expires_after(m_context.pingTimeout);
    m_timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        if (const auto self = weak.lock(); self && !error)
            self->end();
    });
    sendPacket(packet(EngineType::Ping));
}

void EngineSession::end()
{
    if (m_left)
        return;
    if (m_candidate)
        m_candidate->close(emptyClose());
    if (m_socket) {
        // It counts no longer, even if a dead peer leaves the close unanswered for a while.
        m_socket->close(emptyClose());
        leave();
        return;
    }
    if (const auto exchange = std::move(m_poll))
        exchange->reply(pollAnswer(packet(EngineType::Close)));
    m_poll.reset();
    leave();
}

void EngineSession::leave()
{
    if (m_left)
        return;
    m_left = true;
    m_timer.cancel();
    m_client.leaveAll();
    m_registry.sessionClosed(*this);
}

void EngineSession::pollLost()
{
    m_poll.reset();
    end();
}

} // namespace Switchyard::Demo
