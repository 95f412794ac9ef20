// SPDX-License-Identifier: GPL-3.0-or-later
#include "rawendpoint.h"

#include "json.h"
#include "log.h"

namespace Switchyard::Demo {

/// One client of /ws/prices.
class PriceClient final : public SocketListener
{
public:
    explicit PriceClient(PriceFeed &feed)
        : m_feed(feed)
    {
    }

    void opened(WebSocketSession &session) override
    {
        m_session = &session;
        sendQuote();
        m_feed.wheel().add(this);
        m_number = m_feed.joined(session);
    }

    void text(std::string_view) override {}
    void binary(std::string_view) override {}

    void closed() override
    {
        m_feed.wheel().remove(this);
        m_feed.left(m_number);
        m_session = nullptr;
    }

    void sendQuote() { m_session->sendText(m_feed.market().quote(++m_seq)); }

private:
    PriceFeed &m_feed;
    WebSocketSession *m_session = nullptr;
    std::uint64_t m_number = 0;
    std::uint64_t m_seq = 0;
};

namespace {

/// True for a JSON object whose "type" is "heartbeat".
bool isHeartbeat(std::string_view message)
{
    boost::system::error_code error;
    const json::value value = json::parse(message, error);
    if (error || !value.is_object())
        return false;
    const json::value *type = value.get_object().if_contains("type");
    return type && type->is_string() && type->get_string() == "heartbeat";
}

/// One client of /ws/notifications.
class NotificationClient final : public SocketListener
{
public:
    explicit NotificationClient(Notifications &endpoint)
        : m_endpoint(endpoint)
    {
    }

    void opened(WebSocketSession &session) override
    {
        m_session = &session;
        session.sendText(R"({"type":"welcome"})");
        m_number = m_endpoint.joined(session);
    }

    void text(std::string_view message) override
    {
        if (isHeartbeat(message))
            m_session->sendText(R"({"type":"heartbeat"})");
    }

    void binary(std::string_view) override {}

    void closed() override
    {
        m_endpoint.left(m_number);
        m_session = nullptr;
    }

private:
    Notifications &m_endpoint;
    WebSocketSession *m_session = nullptr;
    std::uint64_t m_number = 0;
};

} // namespace

std::uint64_t RawEndpoint::joined(WebSocketSession &session)
{
    m_clients.emplace(++m_lastNumber, session.shared_from_this());
    // Its handshake had been let in before the drain began; it is owed what the others were told.
    if (!m_notice.empty())
        session.sendText(m_notice);
    if (m_closing)
        session.close(serviceRestart());
    return m_lastNumber;
}

void RawEndpoint::left(std::uint64_t number)
{
    m_clients.erase(number);
}

std::size_t RawEndpoint::sendNotice(const Notice &notice)
{
    m_notice = notice.json;
    for (const auto &[number, session] : m_clients)
        session->sendText(m_notice);
    return m_clients.size();
}

std::size_t RawEndpoint::closeAll(bool)
{
    m_closing = true;
    for (const auto &[number, session] : m_clients)
        session->close(serviceRestart());
    return m_clients.size();
}

std::size_t RawEndpoint::abortAll()
{
    Ending how = Ending::Fin;
    for (const auto &[number, session] : m_clients) {
        session->abort(how);
        how = how == Ending::Fin ? Ending::Reset : Ending::Fin;
    }
    return m_clients.size();
}

PriceFeed::PriceFeed(const Market &market)
    : m_market(market)
{
}

std::shared_ptr<SocketListener> PriceFeed::newClient()
{
    return std::make_shared<PriceClient>(*this);
}

void PriceFeed::tick()
{
    m_wheel.tick([](PriceClient &client) { client.sendQuote(); });
}

std::shared_ptr<SocketListener> Notifications::newClient()
{
    return std::make_shared<NotificationClient>(*this);
}

} // namespace Switchyard::Demo
