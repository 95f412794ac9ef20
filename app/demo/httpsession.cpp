// SPDX-License-Identifier: GPL-3.0-or-later
#include "httpsession.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace Switchyard::Demo {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr std::chrono::seconds s_idleTimeout{30};

/// Whether the client asks for a WebSocket, rightly or not: Beast judges the details when it accepts.
bool wantsWebSocket(const Request &request)
{
    return beast::iequals(request[http::field::upgrade], "websocket");
}

bool isSocketIo(const Request &request)
{
    return pathOf(request.target()) == "/socket.io/";
}

} // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, Site &site)
    : m_site(site)
    , m_stream(std::move(socket))
    , m_buffer(s_maxHeaderBytes + s_maxBodyBytes)
{
}

void HttpSession::start()
{
    m_site.add(shared_from_this());
    read();
}

void HttpSession::stop()
{
    m_stopping = true;
    beast::error_code ignored;
    const bool idle = m_reading && !m_parser->got_some() && m_stream.socket().available(ignored) == 0;
    if (idle)
        finish();
}

void HttpSession::read()
{
    m_parser.emplace();
    m_parser->header_limit(s_maxHeaderBytes);
    m_parser->body_limit(s_maxBodyBytes);
    m_reading = true;
    m_stream.expires_after(s_idleTimeout);
    http::async_read(m_stream, m_buffer, *m_parser,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->received(error); });
}

void HttpSession::received(beast::error_code error)
{
    m_reading = false;
    if (m_finished)
        return;
    if (error) {
        refuseUnreadable(error);
        return;
    }
    m_request = m_parser->release();
    m_parser.reset();
    dispatch();
}

void HttpSession::refuseUnreadable(beast::error_code error)
{
    const bool fromParser = error.category() == http::make_error_code(http::error::bad_version).category();
    if (!fromParser || error == http::error::end_of_stream || error == http::error::partial_message) {
        finish();
        return;
    }
    m_request = {};
    m_request.keep_alive(false);
    auto status = http::status::bad_request;
    if (error == http::error::header_limit)
        status = http::status::request_header_fields_too_large;
    else if (error == http::error::body_limit)
        status = http::status::payload_too_large;
    send(makeError(status, error.message()));
}

void HttpSession::dispatch()
{
    const bool get = m_request.method() == http::verb::get;
    if (wantsWebSocket(m_request) && get)
        dispatchUpgrade();
    else if (isSocketIo(m_request) && (get || m_request.method() == http::verb::post))
        dispatchSocketIo();
    else
        send(m_site.routes().answer(m_request));
}

void HttpSession::dispatchUpgrade()
{
    auto decision = m_site.upgrade(m_request);
    if (auto *refusal = std::get_if<Response>(&decision)) {
        send(std::move(*refusal));
        return;
    }
    auto &upgrade = std::get<Site::Upgrade>(decision);
    m_site.instance().countRequest("GET", Routes::label(pathOf(m_request.target())), 101);
    m_stream.expires_never();
    const auto session =
        std::make_shared<WebSocketSession>(m_stream.release_socket(), std::move(upgrade.listener), upgrade.watch);
    session->accept(m_request, m_site.instance().id());
    finish();
}

void HttpSession::dispatchSocketIo()
{
    PollOutcome outcome = m_site.engine().handle(m_request, shared_from_this());
    if (outcome.now)
        send(std::move(*outcome.now));
    else
        hold(std::move(outcome.lost));
}

void HttpSession::hold(std::function<void()> lost)
{
    m_lost = std::move(lost);
    m_stream.expires_never();
    watchHeld();
}

// While a poll is held nobody reads, so the end of the connection has to be looked for: readable, and nothing there.
void HttpSession::watchHeld()
{
    m_stream.socket().async_wait(asio::ip::tcp::socket::wait_read,
                                 [self = shared_from_this()](beast::error_code error) {
                                     if (error || !self->m_lost)
                                         return;
                                     beast::error_code broken;
                                     if (self->m_stream.socket().available(broken) > 0 && !broken)
                                         return; // the next request, early; it is read after the answer
                                     const auto lost = std::move(self->m_lost);
                                     self->m_lost = nullptr;
                                     self->finish();
                                     lost();
                                 });
}

void HttpSession::reply(Response response)
{
    if (!m_lost)
        return;
    m_lost = nullptr;
    beast::error_code ignored;
    m_stream.socket().cancel(ignored); // ends the watch
    send(std::move(response));
}

void HttpSession::abort(Ending how)
{
    m_lost = nullptr;
    endSocket(m_stream.socket(), how);
    finish();
}

void HttpSession::send(Response response)
{
    m_site.instance().countRequest(m_request.method_string(), Routes::label(pathOf(m_request.target())),
                                   response.result_int());
    response.version(m_request.version());
    response.keep_alive(m_request.keep_alive() && !m_stopping);
    response.set("x-instance-id", m_site.instance().id());
    response.set(http::field::server, "switchyard-demo-backend");
    response.prepare_payload();
    if (m_request.method() == http::verb::head)
        response.body().clear(); // Content-Length stays that of the GET
    m_response = std::move(response);
    m_stream.expires_after(s_idleTimeout);
    http::async_write(m_stream, *m_response,
                      [self = shared_from_this()](beast::error_code error, std::size_t) { self->sent(error); });
}

void HttpSession::sent(beast::error_code error)
{
    const bool again = !error && m_response->keep_alive() && !m_stopping && !m_finished;
    m_response.reset();
    if (again)
        read();
    else
        finish();
}

void HttpSession::finish()
{
    if (m_finished)
        return;
    m_finished = true;
    // Not a bare close: a refused body that is still unread would turn into a reset and take our answer with it.
    if (m_stream.socket().is_open())
        endSocket(m_stream.socket(), Ending::Fin);
    m_site.remove(shared_from_this());
}

} // namespace Switchyard::Demo
