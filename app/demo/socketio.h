// SPDX-License-Identifier: GPL-3.0-or-later
// Socket.IO 5: the packet codec (docs/socket.io-protocol, revision 5) and one client's namespaces. Knows nothing of the
// transport: packets go out through a MessageChannel. I/O thread only.
#pragma once

#include "endpoint.h"
#include "instance.h"
#include "json.h"
#include "market.h"
#include "wheel.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace Switchyard::Demo {

enum class SocketIoType
{
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
    BinaryEvent,
    BinaryAck
};

struct SocketIoPacket
{
    SocketIoType type = SocketIoType::Connect;
    std::size_t attachments = 0;   ///< binary packets that follow
    std::string nsp = "/";         ///< without its query
    std::optional<std::string> id; ///< digits
    json::value data;              ///< null if there was none
};

/// Nothing if the text breaks a rule of the protocol: unknown type, more than 10 attachments, JSON of the wrong shape,
/// a reserved event name.
std::optional<SocketIoPacket> decodeSocketIo(std::string_view text);

/// `<type>[<nsp>,][<id>][<json>]`; an empty `data` sends none.
std::string encodeSocketIo(SocketIoType type, std::string_view nsp, std::string_view id, std::string_view data);

/// Carries Socket.IO packets to one client.
class MessageChannel
{
public:
    MessageChannel() = default;
    MessageChannel(const MessageChannel &) = delete;
    MessageChannel &operator=(const MessageChannel &) = delete;
    virtual ~MessageChannel() = default;
    virtual void sendMessage(std::string packet) = 0;
};

class SocketIoClient;

/// What all Socket.IO clients share. Owned by the Engine.IO server, which fills in the counts.
struct SocketIoShared
{
    SocketIoShared(const Market &prices, const Instance &owner)
        : market(prices)
        , instance(owner)
    {
    }

    const Market &market;
    const Instance &instance;
    std::function<std::size_t()> clientsCount;
    std::function<std::size_t()> pollingClientsCount;
    std::size_t mainSockets = 0;  ///< connected to "/"
    std::size_t adminSockets = 0; ///< connected to "/admin"
    Wheel<SocketIoClient, s_ticksPerSecond> priceWheel;
    Wheel<SocketIoClient, 2 * s_ticksPerSecond> statsWheel;
    std::string notice; ///< set once it was sent: owed to who connects to "/" after it
};

/// One client: which namespaces it is in and what it is sent there. The admin namespace takes any login, or none: this
/// is a demo.
class SocketIoClient final
{
public:
    SocketIoClient(SocketIoShared &shared, MessageChannel &channel);
    SocketIoClient(const SocketIoClient &) = delete;
    SocketIoClient &operator=(const SocketIoClient &) = delete;

    /// A Socket.IO packet, or one binary attachment. False: protocol error, close the connection.
    bool receiveText(std::string_view text);
    bool receiveBinary();

    /// True once the client has asked for a namespace, even in vain.
    bool everConnected() const { return m_everConnected; }

    bool sendNotice(const Notice &notice); ///< to "/"; false if the client is not in it
    void sendDisconnects();                ///< a DISCONNECT packet for each namespace
    void leaveAll();                       ///< forgets the namespaces; call before the client goes

    void sendPrice();
    void sendStats();

private:
    bool handle(const SocketIoPacket &packet);
    bool connect(const SocketIoPacket &packet);
    void leave(const std::string &nsp);
    bool connected(std::string_view nsp) const;
    void sendEvent(std::string_view nsp, std::string_view name, std::string_view argument);

    SocketIoShared &m_shared;
    MessageChannel &m_channel;
    bool m_inMain = false;
    bool m_inAdmin = false;
    bool m_everConnected = false;
    std::uint64_t m_seq = 0;
    std::optional<SocketIoPacket> m_waiting; ///< a binary packet whose attachments are still to come
    std::size_t m_missing = 0;
};

} // namespace Switchyard::Demo
