// SPDX-License-Identifier: GPL-3.0-or-later
#include "engineserver.h"

#include "upgradeprobe.h"

#include <algorithm>
#include <array>
#include <vector>

namespace Switchyard::Demo {

namespace {

/// The errors of the Engine.IO handshake, numbered as the reference server numbers them.
enum class EngineError
{
    UnknownTransport,
    UnknownSession,
    BadHandshakeMethod,
    BadRequest,
    Forbidden,
    UnsupportedVersion
};

Response refuse(EngineError error)
{
    static constexpr std::array<const char *, 6> s_messages{
        "Transport unknown", "Session ID unknown", "Bad handshake method",
        "Bad request",       "Forbidden",          "Unsupported protocol version"};
    const auto code = static_cast<std::size_t>(error);
    return makeResponse(http::status::bad_request, "application/json",
                        json::serialize(json::object{{"code", code}, {"message", s_messages.at(code)}}));
}

PollOutcome answer(Response response)
{
    return {std::move(response), {}};
}

} // namespace

EngineServer::EngineServer(boost::asio::any_io_executor executor, const Options &options, const Instance &instance,
                           const Market &market)
    : m_shared(market, instance)
    , m_context{std::move(executor), options.pingInterval, options.pingTimeout, &m_shared}
    , m_instance(instance)
{
    m_shared.clientsCount = [this] { return count(); };
    m_shared.pollingClientsCount = [this] { return pollingCount(); };
}

PollOutcome EngineServer::handle(const Request &request, std::shared_ptr<PollExchange> exchange)
{
    const std::string_view query = queryOf(request.target());
    const auto transport = queryValue(query, "transport");
    if (transport != "polling" && transport != "websocket")
        return answer(refuse(EngineError::UnknownTransport));
    const auto sid = queryValue(query, "sid");
    if (!sid)
        return handshake(request, query);
    const Found found = find(*sid);
    if (const auto *refusal = std::get_if<Response>(&found))
        return answer(*refusal);
    const auto &session = std::get<std::shared_ptr<EngineSession>>(found);
    // After the upgrade the session is deaf on HTTP; and transport=websocket without an upgrade is no request at all.
    if (transport != "polling" || session->transport() != EngineSession::Transport::Polling)
        return answer(refuse(EngineError::BadRequest));
    if (request.method() == http::verb::get)
        return session->poll(std::move(exchange));
    if (!session->receiveBody(request.body()))
        return answer(refuse(EngineError::BadRequest));
    return answer(makeResponse(http::status::ok, "text/plain; charset=UTF-8", "ok"));
}

PollOutcome EngineServer::handshake(const Request &request, std::string_view query)
{
    if (request.method() != http::verb::get)
        return answer(refuse(EngineError::BadHandshakeMethod));
    if (queryValue(query, "transport") != "polling")
        return answer(refuse(EngineError::BadRequest));
    if (queryValue(query, "EIO") != "4")
        return answer(refuse(EngineError::UnsupportedVersion));
    if (m_instance.draining())
        return answer(makeDrainingRefusal());
    const auto session = std::make_shared<EngineSession>(*this, m_context, EngineSession::Transport::Polling);
    return answer(makeResponse(http::status::ok, "text/plain; charset=UTF-8", session->openByPolling()));
}

std::variant<std::shared_ptr<SocketListener>, Response> EngineServer::upgrade(std::string_view query)
{
    const auto transport = queryValue(query, "transport");
    if (transport != "websocket")
        return refuse(transport == "polling" ? EngineError::BadRequest : EngineError::UnknownTransport);
    const auto sid = queryValue(query, "sid");
    if (!sid) {
        if (queryValue(query, "EIO") != "4")
            return refuse(EngineError::UnsupportedVersion);
        return std::make_shared<EngineSession>(*this, m_context, EngineSession::Transport::WebSocket);
    }
    const Found found = find(*sid);
    if (const auto *refusal = std::get_if<Response>(&found))
        return *refusal;
    const auto &session = std::get<std::shared_ptr<EngineSession>>(found);
    if (session->transport() != EngineSession::Transport::Polling || session->upgrading())
        return refuse(EngineError::BadRequest);
    return std::make_shared<UpgradeProbe>(m_context.executor, session);
}

EngineServer::Found EngineServer::find(std::string_view sid) const
{
    const auto number = m_numbers.find(std::string(sid));
    if (number == m_numbers.end())
        return refuse(EngineError::UnknownSession);
    return m_sessions.at(number->second);
}

void EngineServer::sessionOpened(const std::shared_ptr<EngineSession> &session)
{
    m_numbers.emplace(session->sid(), ++m_lastNumber);
    m_sessions.emplace(m_lastNumber, session);
    if (m_closing)
        session->shutdown(m_disconnect);
}

void EngineServer::sessionClosed(const EngineSession &session)
{
    const auto number = m_numbers.find(session.sid());
    if (number == m_numbers.end())
        return;
    m_sessions.erase(number->second);
    m_numbers.erase(number);
}

std::size_t EngineServer::pollingCount() const
{
    return static_cast<std::size_t>(std::count_if(m_sessions.begin(), m_sessions.end(), [](const auto &entry) {
        return entry.second->transport() == EngineSession::Transport::Polling;
    }));
}

std::size_t EngineServer::sendNotice(const Notice &notice)
{
    m_shared.notice = notice.json;
    std::size_t sent = 0;
    for (const auto &[number, session] : m_sessions)
        sent += session->client().sendNotice(notice) ? 1 : 0;
    return sent;
}

std::size_t EngineServer::closeAll(bool disconnect)
{
    m_closing = true;
    m_disconnect = disconnect;
    const auto sessions = m_sessions; // a polling session leaves the table while it is being closed
    for (const auto &[number, session] : sessions)
        session->shutdown(disconnect);
    return sessions.size();
}

std::size_t EngineServer::abortAll()
{
    Ending how = Ending::Fin;
    const auto sessions = m_sessions;
    for (const auto &[number, session] : sessions) {
        // Only what had a connection takes a turn, so that two sockets always meet both endings.
        if (session->abort(how))
            how = how == Ending::Fin ? Ending::Reset : Ending::Fin;
    }
    return sessions.size();
}

void EngineServer::tick()
{
    m_shared.priceWheel.tick([](SocketIoClient &client) { client.sendPrice(); });
    m_shared.statsWheel.tick([](SocketIoClient &client) { client.sendStats(); });
}

} // namespace Switchyard::Demo
