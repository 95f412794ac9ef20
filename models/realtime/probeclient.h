// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/connection.h"
#include "models/realtime/reconnect.h"

#include <boost/asio/basic_waitable_timer.hpp>

#include <memory>
#include <random>

namespace Switchyard {

struct SocketIoPacket;

/// What a probe client needs from the pool, in the I/O thread.
class ProbeClientHost
{
public:
    virtual ~ProbeClientHost() = default;
    virtual boost::asio::io_context &io() = 0;
    virtual SSL_CTX *tlsContext(int target) = 0;
    virtual std::minstd_rand &random() = 0;
    virtual void record(ClientEvent event) = 0;
    virtual void countMessage(int target, Instant at) = 0;
    virtual void countPing(int target, Clock::duration roundTrip) = 0;
    /// Looks up the host and calls back from the event loop, with no endpoints and a reason when it fails.
    using Resolved = std::function<void(const std::vector<boost::asio::ip::tcp::endpoint> &, const QString &problem)>;
    virtual void resolve(int target, Resolved done) = 0;
};

/// One probe client: a real connection that is held, recorded and renewed as its reconnect policy says; for Socket.IO
/// also the session inside it. All calls in the I/O thread.
class ProbeClient final : public ConnectionOwner, public std::enable_shared_from_this<ProbeClient>
{
public:
    enum class State : std::uint8_t
    {
        Idle,
        Connecting,
        Open,
        Waiting,
        Stopped
    };

    ProbeClient(ProbeClientHost &host, std::shared_ptr<const SocketTarget> target, int targetIndex, int number);

    void start();
    /// Ends the connection from this side and makes no other.
    void stop();
    /// Drops everything without a word, for the end of the program.
    void abandon();
    State state() const { return m_state; }
    int target() const { return m_targetIndex; }

    void connectionOpen(Instant at, std::string_view instance) override;
    void connectionText(Instant at, std::string_view text) override;
    void connectionBinary(Instant at) override;
    void connectionPong(Clock::duration roundTrip) override;
    void connectionEnded(Instant at, const ConnectionEnd &end) override;

private:
    using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                    boost::asio::io_context::executor_type>;

    void connect();
    void opened(Instant at);
    void message(Instant at, std::string_view text, const SocketIoPacket *packet);
    void socketIoText(Instant at, std::string_view text);
    void engineOpen(const std::string &json);
    bool isNotice(std::string_view text, const SocketIoPacket *packet);
    void endSession(EndCause cause, const QString &detail, bool serverDisconnect);
    void armWatchdog();
    void startSending(Instant now);
    void armSending();
    void sendOne(const SocketSend &send);
    void reconnect(const ConnectionEnd &end);
    void awaitTurn();
    void letGoLater();
    ClientEvent event(ClientEvent::Kind kind, Instant at) const;

    ProbeClientHost &m_host;
    std::shared_ptr<const SocketTarget> m_target;
    std::shared_ptr<Connection> m_connection;
    Timer m_timer;
    ReconnectPolicy::Kind m_policy;
    std::unique_ptr<ConnectionEnd> m_override; ///< what really ended a Socket.IO session, before the WebSocket ends
    Instant m_overrideAt{};                    ///< and when
    std::optional<Milliseconds> m_announced;
    /// Only sockets with texts to send have this.
    struct Sending
    {
        Timer timer;
        std::vector<Instant> due; ///< one for each configured text
    };
    std::unique_ptr<Sending> m_sending;
    std::unique_ptr<Timer> m_hold; ///< only newcomers have this
    Instant m_turn{};              ///< and this: when the present turn began
    Milliseconds m_watchdog{0};
    Instant m_noticeAt{}; ///< the notice of this connection that was recorded last
    std::string m_instance;
    int m_targetIndex;
    int m_number;
    int m_connections = 0;
    int m_attempt = 0;
    State m_state = State::Idle;
    bool m_firstMessage = false;
};

} // namespace Switchyard
