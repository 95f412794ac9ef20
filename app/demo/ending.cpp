// SPDX-License-Identifier: GPL-3.0-or-later
#include "ending.h"

#include <boost/asio/buffer.hpp>

#include <array>

namespace Switchyard::Demo {

namespace asio = boost::asio;

void endSocket(asio::ip::tcp::socket &socket, Ending how)
{
    boost::system::error_code ignored;
    if (how == Ending::Reset) {
        socket.set_option(asio::socket_base::linger(true, 0), ignored);
        socket.close(ignored);
        return;
    }
    socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    // Linux answers close() with a reset instead of the FIN if unread bytes wait in the receive buffer.
    socket.non_blocking(true, ignored);
    std::array<char, 4096> sink{};
    for (;;) {
        boost::system::error_code error;
        const std::size_t n = socket.read_some(asio::buffer(sink), error);
        if (error || n == 0)
            break;
    }
    socket.close(ignored);
}

} // namespace Switchyard::Demo
