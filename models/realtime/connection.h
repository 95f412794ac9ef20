// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/clientevent.h"
#include "models/realtime/sockettarget.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <openssl/ossl_typ.h>

#include <memory>
#include <string_view>
#include <vector>

namespace Switchyard {

/// What a connection tells its owner, in the I/O thread. Only close() calls back from within itself.
class ConnectionOwner
{
public:
    virtual ~ConnectionOwner() = default;
    /// The WebSocket handshake is done. `instance` is what the instance header said.
    virtual void connectionOpen(Instant at, std::string_view instance) = 0;
    /// A whole text message; only its first 16 KiB are kept.
    virtual void connectionText(Instant at, std::string_view text) = 0;
    /// A whole binary message.
    virtual void connectionBinary(Instant at) = 0;
    virtual void connectionPong(Clock::duration roundTrip) = 0;
    /// The connection is over, exactly once. `at` is when it became knowable: the arrival of the close frame, or of
    /// the transport's end.
    virtual void connectionEnded(Instant at, const ConnectionEnd &end) = 0;
};

/// One WebSocket connection from connect to end. All calls in the I/O thread.
class Connection : public std::enable_shared_from_this<Connection>
{
public:
    virtual ~Connection() = default;
    virtual void start(const std::vector<boost::asio::ip::tcp::endpoint> &endpoints) = 0;
    /// Queued; dropped when the connection is over or more than 1 MiB waits.
    virtual void sendText(std::string text) = 0;
    /// Ends it from this side: close frame 1000, at most 1 s for the rest. The owner hears `connectionEnded(Local)`.
    virtual void close() = 0;
    /// The owner goes away: no further call to it, the socket is dropped at once.
    virtual void abandon() = 0;
};

/// Owner and target must outlive the connection's last call (see abandon()). `tls` is null for ws.
std::shared_ptr<Connection> makeConnection(boost::asio::io_context &io, SSL_CTX *tls,
                                           std::shared_ptr<const SocketTarget> target, ConnectionOwner *owner);

/// A TLS client context that verifies against the bundle (empty: the system's), TLS 1.2 or newer.
/// Errors (tls): the bundle cannot be read.
[[nodiscard]] Result<std::shared_ptr<SSL_CTX>> makeTlsContext(const QString &caFile);

} // namespace Switchyard
