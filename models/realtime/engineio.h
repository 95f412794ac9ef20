// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonArray>
#include <QString>

#include <optional>
#include <string>
#include <string_view>

namespace Switchyard {

/// One packet of the Socket.IO protocol 5 over Engine.IO 4, as it stands in a text frame.
/// Source: the "engine.io-protocol" v4 and "socket.io-protocol" v5 documents of the socket.io project.
struct SocketIoPacket
{
    enum class Type
    {
        EngineOpen,
        EngineClose,
        EnginePing,
        EnginePong,
        EngineUpgrade,
        EngineNoop,
        Connect,
        Disconnect,
        Event,
        Ack,
        ConnectError,
        BinaryEvent,
        BinaryAck
    };
    Type type = Type::EngineNoop;
    std::string nameSpace = "/";
    std::string payload; ///< the JSON after type, namespace and ack id; EngineOpen: its JSON
    int attachments = 0;
    std::optional<quint64> ackId;
};

/// Nothing where the text is no packet of the protocol: the connection is then to be closed.
[[nodiscard]] std::optional<SocketIoPacket> parseSocketIoPacket(std::string_view text);

/// "42/ns,[…]": an event; `json` is the array of its name and arguments.
[[nodiscard]] std::string socketIoEvent(const std::string &nameSpace, const std::string &json);

/// "40/ns,{auth}" or "40{auth}".
[[nodiscard]] std::string socketIoConnect(const std::string &nameSpace, const std::string &auth);

} // namespace Switchyard
