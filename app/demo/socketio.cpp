// SPDX-License-Identifier: GPL-3.0-or-later
#include "socketio.h"

#include "random.h"

#include <boost/asio/ip/host_name.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace Switchyard::Demo {

namespace {

constexpr std::size_t s_maxAttachments = 10;
constexpr std::string_view s_digits = "0123456789";
constexpr std::string_view s_adminNamespace = "/admin";

/// Cuts the leading digits off `text`.
std::string_view takeDigits(std::string_view &text)
{
    const std::string_view digits = text.substr(0, std::min(text.find_first_not_of(s_digits), text.size()));
    text.remove_prefix(digits.size());
    return digits;
}

bool takeAttachments(std::string_view &text, SocketIoPacket &packet)
{
    const std::string_view digits = takeDigits(text);
    if (digits.empty() || digits.size() > 2 || text.empty() || text.front() != '-')
        return false;
    text.remove_prefix(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), packet.attachments);
    return packet.attachments <= s_maxAttachments;
}

void takeNamespace(std::string_view &text, SocketIoPacket &packet)
{
    if (text.empty() || text.front() != '/')
        return;
    const std::string_view nsp = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), nsp.size() + 1));
    packet.nsp = nsp.substr(0, nsp.find('?'));
}

bool isEventName(const json::value &name)
{
    static constexpr std::array<std::string_view, 6> s_reserved{"connect",       "connect_error", "disconnect",
                                                                "disconnecting", "newListener",   "removeListener"};
    if (name.is_number())
        return true;
    if (!name.is_string())
        return false;
    const std::string_view text = name.get_string();
    return std::find(s_reserved.begin(), s_reserved.end(), text) == s_reserved.end();
}

/// The shape of the JSON that each type of packet must have.
bool hasValidShape(const SocketIoPacket &packet)
{
    const json::value &data = packet.data;
    switch (packet.type) {
    case SocketIoType::Connect:
        return data.is_null() || data.is_object();
    case SocketIoType::Disconnect:
        return data.is_null();
    case SocketIoType::ConnectError:
        return data.is_string() || data.is_object();
    case SocketIoType::Event:
    case SocketIoType::BinaryEvent:
        return data.is_array() && !data.get_array().empty() && isEventName(data.get_array().front());
    case SocketIoType::Ack:
    case SocketIoType::BinaryAck:
        return data.is_array() && packet.id.has_value();
    }
    return false;
}

} // namespace

std::optional<SocketIoPacket> decodeSocketIo(std::string_view text)
{
    if (text.empty() || text.front() < '0' || text.front() > '6')
        return std::nullopt;
    SocketIoPacket packet;
    packet.type = static_cast<SocketIoType>(text.front() - '0');
    text.remove_prefix(1);
    const bool binary = packet.type == SocketIoType::BinaryEvent || packet.type == SocketIoType::BinaryAck;
    if (binary && !takeAttachments(text, packet))
        return std::nullopt;
    takeNamespace(text, packet);
    if (const std::string_view id = takeDigits(text); !id.empty())
        packet.id = std::string(id);
    if (!text.empty()) {
        boost::system::error_code error;
        packet.data = json::parse(text, error);
        if (error)
            return std::nullopt;
    }
    if (!hasValidShape(packet))
        return std::nullopt;
    return packet;
}

std::string encodeSocketIo(SocketIoType type, std::string_view nsp, std::string_view id, std::string_view data)
{
    std::string text(1, static_cast<char>('0' + static_cast<int>(type)));
    if (nsp != "/") {
        text += nsp;
        text += ',';
    }
    text += id;
    text += data;
    return text;
}

SocketIoClient::SocketIoClient(SocketIoShared &shared, MessageChannel &channel)
    : m_shared(shared)
    , m_channel(channel)
{
}

bool SocketIoClient::receiveText(std::string_view text)
{
    if (m_waiting)
        return false;
    auto packet = decodeSocketIo(text);
    if (!packet)
        return false;
    if (packet->attachments == 0)
        return handle(*packet);
    m_missing = packet->attachments;
    m_waiting = std::move(packet);
    return true;
}

bool SocketIoClient::receiveBinary()
{
    if (!m_waiting)
        return false;
    if (--m_missing > 0)
        return true;
    const SocketIoPacket packet = std::move(*m_waiting);
    m_waiting.reset();
    return handle(packet);
}

bool SocketIoClient::handle(const SocketIoPacket &packet)
{
    if (packet.type == SocketIoType::Connect)
        return connect(packet);
    if (!connected(packet.nsp) || packet.type == SocketIoType::ConnectError)
        return false;
    if (packet.type == SocketIoType::Disconnect) {
        leave(packet.nsp);
        return true;
    }
    const bool isEvent = packet.type == SocketIoType::Event || packet.type == SocketIoType::BinaryEvent;
    if (isEvent && packet.id)
        m_channel.sendMessage(encodeSocketIo(SocketIoType::Ack, packet.nsp, *packet.id, R"(["ok"])"));
    return true;
}

bool SocketIoClient::connect(const SocketIoPacket &packet)
{
    m_everConnected = true;
    const bool admin = packet.nsp == s_adminNamespace;
    if (!admin && packet.nsp != "/") {
        m_channel.sendMessage(
            encodeSocketIo(SocketIoType::ConnectError, packet.nsp, {}, R"({"message":"Invalid namespace"})"));
        return true;
    }
    if (connected(packet.nsp))
        return false;
    m_channel.sendMessage(encodeSocketIo(SocketIoType::Connect, packet.nsp, {},
                                         json::serialize(json::object{{"sid", randomSessionId()}})));
    if (admin) {
        m_inAdmin = true;
        ++m_shared.adminSockets;
        m_shared.statsWheel.add(this);
        sendEvent(s_adminNamespace, "config", R"({"supportedFeatures":["AGGREGATED_EVENTS"]})");
        sendStats();
        return true;
    }
    m_inMain = true;
    ++m_shared.mainSockets;
    m_shared.priceWheel.add(this);
    sendPrice();
    if (!m_shared.notice.empty())
        sendNotice({m_shared.notice});
    return true;
}

void SocketIoClient::leave(const std::string &nsp)
{
    if (nsp == s_adminNamespace && m_inAdmin) {
        m_inAdmin = false;
        --m_shared.adminSockets;
        m_shared.statsWheel.remove(this);
    } else if (nsp == "/" && m_inMain) {
        m_inMain = false;
        --m_shared.mainSockets;
        m_shared.priceWheel.remove(this);
    }
}

bool SocketIoClient::connected(std::string_view nsp) const
{
    return nsp == "/" ? m_inMain : nsp == s_adminNamespace && m_inAdmin;
}

bool SocketIoClient::sendNotice(const Notice &notice)
{
    if (!m_inMain)
        return false;
    sendEvent("/", "server_shutdown", notice.json);
    return true;
}

void SocketIoClient::sendDisconnects()
{
    for (const std::string_view nsp : {std::string_view("/"), s_adminNamespace}) {
        if (connected(nsp))
            m_channel.sendMessage(encodeSocketIo(SocketIoType::Disconnect, nsp, {}, {}));
    }
    leaveAll();
}

void SocketIoClient::leaveAll()
{
    leave("/");
    leave(std::string(s_adminNamespace));
}

void SocketIoClient::sendPrice()
{
    sendEvent("/", "price", m_shared.market.quote(++m_seq));
}

void SocketIoClient::sendStats()
{
    boost::system::error_code ignored;
    const json::array namespaces{{{"name", "/"}, {"socketsCount", m_shared.mainSockets}},
                                 {{"name", s_adminNamespace}, {"socketsCount", m_shared.adminSockets}}};
    sendEvent(s_adminNamespace, "server_stats",
              json::serialize(json::object{{"serverId", m_shared.instance.id()},
                                           {"hostname", boost::asio::ip::host_name(ignored)},
                                           {"pid", ::getpid()},
                                           {"uptime", m_shared.instance.uptimeSeconds()},
                                           {"clientsCount", m_shared.clientsCount()},
                                           {"pollingClientsCount", m_shared.pollingClientsCount()},
                                           {"aggregatedEvents", json::array()},
                                           {"namespaces", namespaces}}));
}

void SocketIoClient::sendEvent(std::string_view nsp, std::string_view name, std::string_view argument)
{
    std::string event("[\"");
    event.append(name).append("\",").append(argument).append("]");
    m_channel.sendMessage(encodeSocketIo(SocketIoType::Event, nsp, {}, event));
}

} // namespace Switchyard::Demo
