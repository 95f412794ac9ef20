// SPDX-License-Identifier: GPL-3.0-or-later
// /socket.io/: the table of Engine.IO sessions, the rules of the handshake, the upgrade from polling to WebSocket.
// I/O thread only; owned by the site.
#pragma once

#include "endpoint.h"
#include "engineio.h"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>

namespace Switchyard::Demo {

class EngineServer final : public Endpoint, public EngineRegistry
{
public:
    EngineServer(boost::asio::any_io_executor executor, const Options &options, const Instance &instance,
                 const Market &market);

    // Endpoint. A client is an Engine.IO session, whatever its transport.
    const char *manager() const override { return "socketio"; }
    std::size_t count() const override { return m_sessions.size(); }
    std::size_t sendNotice(const Notice &notice) override;
    std::size_t closeAll(bool disconnect) override;
    std::size_t abortAll() override;

    /// A GET or POST without an upgrade. `exchange` is kept only if the outcome holds no answer.
    PollOutcome handle(const Request &request, std::shared_ptr<PollExchange> exchange);

    /// A WebSocket upgrade: the listener for the connection, or the error to answer with.
    std::variant<std::shared_ptr<SocketListener>, Response> upgrade(std::string_view query);

    void tick(); ///< every s_tickMs

    // EngineRegistry
    void sessionOpened(const std::shared_ptr<EngineSession> &session) override;
    void sessionClosed(const EngineSession &session) override;

private:
    using Found = std::variant<std::shared_ptr<EngineSession>, Response>;

    Found find(std::string_view sid) const;
    PollOutcome handshake(const Request &request, std::string_view query);
    std::size_t pollingCount() const;

    SocketIoShared m_shared;
    EngineContext m_context;
    const Instance &m_instance;
    std::unordered_map<std::string, std::uint64_t> m_numbers;           ///< sid to connection number
    std::map<std::uint64_t, std::shared_ptr<EngineSession>> m_sessions; ///< by connection number
    std::uint64_t m_lastNumber = 0;
    bool m_closing = false;
    bool m_disconnect = false;
};

} // namespace Switchyard::Demo
