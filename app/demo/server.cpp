// SPDX-License-Identifier: GPL-3.0-or-later
#include "server.h"

#include "httpsession.h"
#include "log.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace Switchyard::Demo {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int s_listenFailed = 2;
constexpr int s_cutShort = 1;
constexpr int s_backlog = 4096;
constexpr Milliseconds s_answerWait{300};
constexpr Milliseconds s_answerStep{10};
constexpr Milliseconds s_acceptRetry{100};

std::string urlHost(const std::string &host)
{
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

void explain(const Options &options, const boost::system::error_code &error)
{
    const std::string where = urlHost(options.host) + ':' + std::to_string(options.port);
    std::string text = "switchyard-demo-backend: cannot listen on " + where + ": ";
    if (error == asio::error::address_in_use)
        text += "the port is taken. Stop the other program, or choose another port with --port or PORT (0 lets the "
                "system pick one).";
    else if (error == asio::error::access_denied)
        text += "not permitted. Choose a port from 1024 up with --port or PORT.";
    else
        text += error.message() + ". Check --host or HOST: it must be an address of this machine.";
    text += '\n';
    std::fputs(text.c_str(), stderr);
}

} // namespace

Server::Server(const Options &options)
    : m_options(options)
    , m_instance(options)
    , m_site(m_io.get_executor(), options, m_instance)
    , m_shutdown(m_io.get_executor(), options, m_instance, m_site.endpoints(),
                 [this](Shutdown::Exit how) { finish(how); })
    , m_acceptor(m_io)
    , m_signals(m_io, SIGINT, SIGTERM)
    , m_startTimer(m_io)
    , m_tickTimer(m_io)
    , m_finishTimer(m_io)
{
}

int Server::run()
{
    logLine("start: instance " + m_instance.id() + ", shutdown " + shutdownModeName(m_options.shutdown));
    awaitSignal();
    if (m_options.startDelay.count() > 0) {
        m_startTimer.expires_after(m_options.startDelay);
        m_startTimer.async_wait([this](boost::system::error_code error) {
            if (!error)
                begin();
        });
    } else {
        begin();
    }
    m_io.run();
    logLine("exit " + std::to_string(m_status));
    return m_status;
}

void Server::begin()
{
    if (!listen()) {
        stop(s_listenFailed);
        return;
    }
    m_instance.setListening();
    announce();
    accept();
    m_tickTimer.expires_at(std::chrono::steady_clock::now());
    scheduleTick();
}

bool Server::listen()
{
    boost::system::error_code error;
    tcp::resolver resolver(m_io);
    const auto found = resolver.resolve(m_options.host, std::to_string(m_options.port), tcp::resolver::passive, error);
    if (!error) {
        const tcp::endpoint endpoint = found.begin()->endpoint();
        m_acceptor.open(endpoint.protocol(), error);
        // Without it a restart would have to wait for the old connections' TIME_WAIT to pass.
        if (!error)
            m_acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error)
            m_acceptor.bind(endpoint, error);
        if (!error)
            m_acceptor.listen(s_backlog, error);
    }
    if (error)
        explain(m_options, error);
    return !error;
}

void Server::announce()
{
    boost::system::error_code ignored;
    const std::string line = "listening on http://" + urlHost(m_options.host) + ':' +
                             std::to_string(m_acceptor.local_endpoint(ignored).port()) + '\n';
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
}

void Server::accept()
{
    m_acceptor.async_accept(
        [this](boost::system::error_code error, tcp::socket socket) { accepted(error, std::move(socket)); });
}

void Server::accepted(boost::system::error_code error, tcp::socket socket)
{
    if (!m_acceptor.is_open())
        return;
    if (!error) {
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        std::make_shared<HttpSession>(std::move(socket), m_site)->start();
        accept();
        return;
    }
    // Most likely no file descriptor is left; without a pause this would spin until one is.
    logLine("accept: " + error.message());
    m_startTimer.expires_after(s_acceptRetry);
    m_startTimer.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled && m_acceptor.is_open())
            accept();
    });
}

void Server::awaitSignal()
{
    m_signals.async_wait([this](boost::system::error_code error, int number) {
        if (!error)
            signalled(number);
    });
}

void Server::signalled(int number)
{
    logLine(std::string("signal ") + (number == SIGINT ? "SIGINT" : "SIGTERM"));
    if (++m_signalCount > 1) {
        logLine("second signal: ending at once");
        stop(s_cutShort);
        return;
    }
    awaitSignal();
    if (!m_acceptor.is_open())
        stop(0); // still within --start-delay: there is nobody to tell
    else
        m_shutdown.begin();
}

void Server::scheduleTick()
{
    // From the last due time, not from now, so that ten ticks stay a second; but ticks missed while the process was
    // stopped are not made up for.
    const auto now = std::chrono::steady_clock::now();
    m_tickTimer.expires_at(std::max(m_tickTimer.expiry() + Milliseconds(s_tickMs), now));
    m_tickTimer.async_wait([this](boost::system::error_code error) {
        if (error)
            return;
        m_site.tick();
        scheduleTick();
    });
}

void Server::finish(Shutdown::Exit how)
{
    boost::system::error_code ignored;
    m_acceptor.close(ignored);
    if (how == Shutdown::Exit::AtOnce) {
        stop(0);
        return;
    }
    m_answersDue = std::chrono::steady_clock::now() + s_answerWait;
    m_site.stopConnections();
    awaitAnswers();
}

void Server::awaitAnswers()
{
    if (m_site.connectionCount() == 0 || std::chrono::steady_clock::now() >= m_answersDue) {
        stop(0);
        return;
    }
    m_finishTimer.expires_after(s_answerStep);
    m_finishTimer.async_wait([this](boost::system::error_code error) {
        if (!error)
            awaitAnswers();
    });
}

void Server::stop(int status)
{
    m_status = status;
    m_io.stop();
}

} // namespace Switchyard::Demo
