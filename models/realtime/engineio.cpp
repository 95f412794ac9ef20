// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/engineio.h"

#include <charconv>

namespace Switchyard {

namespace {

using Type = SocketIoPacket::Type;

std::size_t digits(std::string_view text)
{
    std::size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9')
        ++n;
    return n;
}

std::optional<SocketIoPacket> parseMessage(std::string_view text)
{
    constexpr Type types[] = {Type::Connect,      Type::Disconnect,  Type::Event,    Type::Ack,
                              Type::ConnectError, Type::BinaryEvent, Type::BinaryAck};
    if (text.empty() || text[0] < '0' || text[0] > '6')
        return std::nullopt;
    SocketIoPacket packet;
    packet.type = types[text[0] - '0'];
    text.remove_prefix(1);
    if (packet.type == Type::BinaryEvent || packet.type == Type::BinaryAck) {
        const std::size_t n = digits(text);
        if (n == 0 || n > 2 || n >= text.size() || text[n] != '-')
            return std::nullopt;
        std::from_chars(text.data(), text.data() + n, packet.attachments);
        text.remove_prefix(n + 1);
    }
    if (!text.empty() && text[0] == '/') {
        const std::size_t comma = text.find(',');
        packet.nameSpace = std::string(text.substr(0, comma));
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    if (const std::size_t n = digits(text); n > 0 && n <= 18) {
        quint64 id = 0;
        std::from_chars(text.data(), text.data() + n, id);
        packet.ackId = id;
        text.remove_prefix(n);
    }
    packet.payload = std::string(text);
    return packet;
}

} // namespace

std::optional<SocketIoPacket> parseSocketIoPacket(std::string_view text)
{
    if (text.empty())
        return std::nullopt;
    SocketIoPacket packet;
    switch (text[0]) {
    case '0':
        packet.type = Type::EngineOpen;
        break;
    case '1':
        packet.type = Type::EngineClose;
        break;
    case '2':
        packet.type = Type::EnginePing;
        break;
    case '3':
        packet.type = Type::EnginePong;
        break;
    case '4':
        return parseMessage(text.substr(1));
    case '5':
        packet.type = Type::EngineUpgrade;
        break;
    case '6':
        packet.type = Type::EngineNoop;
        break;
    default:
        return std::nullopt;
    }
    packet.payload = std::string(text.substr(1));
    return packet;
}

namespace {

std::string packetText(const char *type, const std::string &nameSpace, const std::string &payload)
{
    std::string text = type;
    if (nameSpace != "/" && !nameSpace.empty())
        text += nameSpace + ",";
    return text + payload;
}

} // namespace

std::string socketIoConnect(const std::string &nameSpace, const std::string &auth)
{
    return packetText("40", nameSpace, auth);
}

std::string socketIoEvent(const std::string &nameSpace, const std::string &json)
{
    return packetText("42", nameSpace, json);
}

} // namespace Switchyard
