// SPDX-License-Identifier: GPL-3.0-or-later
#include "shutdown.h"

#include "json.h"
#include "log.h"

namespace Switchyard::Demo {

namespace {

constexpr std::chrono::seconds s_replyWait{1};
constexpr Milliseconds s_replyStep{10};
constexpr int s_closeCode = 1012;
constexpr int s_reconnectMs = 1000;

Notice makeNotice()
{
    return {json::serialize(json::object{{"type", "server_shutdown"},
                                         {"message", "the server restarts, please reconnect"},
                                         {"code", s_closeCode},
                                         {"timestamp", isoNow()},
                                         {"reconnect_in_ms", s_reconnectMs}})};
}

} // namespace

Shutdown::Shutdown(boost::asio::any_io_executor executor, const Options &options, Instance &instance,
                   std::vector<Endpoint *> endpoints, std::function<void(Exit)> done)
    : m_options(options)
    , m_instance(instance)
    , m_endpoints(std::move(endpoints))
    , m_done(std::move(done))
    , m_timer(std::move(executor))
{
}

void Shutdown::begin()
{
    m_instance.setDraining();
    m_began = std::chrono::steady_clock::now();
    switch (m_options.shutdown) {
    case ShutdownMode::Graceful:
    case ShutdownMode::SocketIoDisconnect:
        notify();
        waitThenClose(m_options.notice);
        break;
    case ShutdownMode::Slow:
        notify();
        waitThenClose(m_options.drain);
        break;
    case ShutdownMode::NoNotice:
        closeAll();
        break;
    case ShutdownMode::Abrupt:
        abortAll();
        break;
    }
}

void Shutdown::notify()
{
    const Notice notice = makeNotice();
    std::size_t sent = 0;
    for (Endpoint *endpoint : m_endpoints)
        sent += endpoint->sendNotice(notice);
    logLine("notice sent to " + counted(sent, "client"));
}

void Shutdown::waitThenClose(Milliseconds wait)
{
    // From the signal: with ten thousand clients the notice itself takes its time.
    m_timer.expires_at(m_began + wait);
    m_timer.async_wait([this](boost::system::error_code error) {
        if (!error)
            closeAll();
    });
}

void Shutdown::closeAll()
{
    m_repliesDue = std::chrono::steady_clock::now() + s_replyWait;
    std::size_t closing = 0;
    for (Endpoint *endpoint : m_endpoints)
        closing += endpoint->closeAll(m_options.shutdown == ShutdownMode::SocketIoDisconnect);
    logLine("closing " + counted(closing, "client"));
    awaitReplies();
}

void Shutdown::awaitReplies()
{
    const std::size_t left = clientCount();
    if (left == 0 || std::chrono::steady_clock::now() >= m_repliesDue) {
        if (left > 0)
            logLine(counted(left, "client") + " did not answer the close within 1 s");
        m_done(Exit::Orderly);
        return;
    }
    m_timer.expires_after(s_replyStep);
    m_timer.async_wait([this](boost::system::error_code error) {
        if (!error)
            awaitReplies();
    });
}

void Shutdown::abortAll()
{
    std::size_t ended = 0;
    for (Endpoint *endpoint : m_endpoints)
        ended += endpoint->abortAll();
    logLine("dropping " + counted(ended, "client") + " without a close frame");
    m_done(Exit::AtOnce);
}

std::size_t Shutdown::clientCount() const
{
    std::size_t count = 0;
    for (const Endpoint *endpoint : m_endpoints)
        count += endpoint->count();
    return count;
}

} // namespace Switchyard::Demo
