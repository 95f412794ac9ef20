// SPDX-License-Identifier: GPL-3.0-or-later
// The two ways to end a TCP connection without a word of the protocol above it.
#pragma once

#include <boost/asio/ip/tcp.hpp>

namespace Switchyard::Demo {

enum class Ending
{
    Fin,  ///< the peer reads end-of-stream
    Reset ///< the peer reads "connection reset"
};

/// Ends the connection and closes the socket; outstanding operations on it are cancelled. Never blocks.
void endSocket(boost::asio::ip::tcp::socket &socket, Ending how);

} // namespace Switchyard::Demo
