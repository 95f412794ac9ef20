// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/connection.h"

namespace Switchyard {

/// One Engine.IO session over HTTP long polling, as a client whose transports are only ["polling"] keeps it: a GET that
/// waits for packets, and a POST for what is sent. It never asks for an upgrade.
///
/// The one orderly end is the server's close packet. A session also ends when a request is answered with another status
/// than 200 (an instance that does not know it: HTTP 400), and when a request cannot be answered at all. There are no
/// close codes, so the code of every end is 0.
/// Source: the "engine.io-protocol" v4 document of the socket.io project.
std::shared_ptr<Connection> makePollingConnection(boost::asio::io_context &io, SSL_CTX *tls,
                                                  std::shared_ptr<const SocketTarget> target, ConnectionOwner *owner);

} // namespace Switchyard
