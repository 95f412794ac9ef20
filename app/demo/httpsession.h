// SPDX-License-Identifier: GPL-3.0-or-later
// One HTTP/1.1 connection with keep-alive: reads a request, answers it, or hands the socket to a WebSocket session, or
// holds a long poll. I/O thread only. Kept alive by its outstanding operations and, until it ends, by the site.
#pragma once

#include "pollexchange.h"
#include "site.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace Switchyard::Demo {

class HttpSession final : public PollExchange, public std::enable_shared_from_this<HttpSession>
{
public:
    HttpSession(boost::asio::ip::tcp::socket socket, Site &site);

    void start();
    /// Ends the connection: now if it is idle, else after the answer under way.
    void stop();

    // PollExchange
    void reply(Response response) override;
    void abort(Ending how) override;

private:
    void read();
    void received(boost::beast::error_code error);
    void refuseUnreadable(boost::beast::error_code error);
    void dispatch();
    void dispatchUpgrade();
    void dispatchSocketIo();
    void hold(std::function<void()> lost);
    void watchHeld();
    void send(Response response);
    void sent(boost::beast::error_code error);
    void finish();

    Site &m_site;
    boost::beast::tcp_stream m_stream;
    boost::beast::flat_buffer m_buffer;
    std::optional<http::request_parser<http::string_body>> m_parser;
    Request m_request;
    std::optional<Response> m_response; ///< while it is being written
    std::function<void()> m_lost;       ///< while a poll is held
    bool m_reading = false;
    bool m_stopping = false;
    bool m_finished = false;
};

} // namespace Switchyard::Demo
