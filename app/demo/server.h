// SPDX-License-Identifier: GPL-3.0-or-later
// The listening socket, the signals, the shared timer, and the order of start and stop. One thread runs it; main owns
// it, and the io_context outlives it no longer than main.
#pragma once

#include "options.h"
#include "shutdown.h"
#include "site.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace Switchyard::Demo {

class Server final
{
public:
    explicit Server(const Options &options);

    /// Serves until a signal ends it. Returns the exit status: 0 after a shutdown, 1 if a second signal cut it short,
    /// 2 if the address could not be listened on.
    int run();

private:
    void begin();
    bool listen();
    void announce();
    void accept();
    void accepted(boost::system::error_code error, boost::asio::ip::tcp::socket socket);
    void awaitSignal();
    void signalled(int number);
    void scheduleTick();
    void finish(Shutdown::Exit how);
    void awaitAnswers();
    void stop(int status);

    const Options &m_options;
    Instance m_instance;
    boost::asio::io_context m_io{1};
    Site m_site;
    Shutdown m_shutdown;
    boost::asio::ip::tcp::acceptor m_acceptor;
    boost::asio::signal_set m_signals;
    boost::asio::steady_timer m_startTimer;
    boost::asio::steady_timer m_tickTimer;
    boost::asio::steady_timer m_finishTimer;
    std::chrono::steady_clock::time_point m_answersDue;
    int m_status = 0;
    int m_signalCount = 0;
};

} // namespace Switchyard::Demo
