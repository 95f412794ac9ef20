// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/clientpool.h"

#include "models/common/limits.h"
#include "models/common/percentile.h"
#include "models/realtime/probeclient.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>

namespace Switchyard {

namespace net = boost::asio;

namespace {

using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, net::io_context::executor_type>;

constexpr Milliseconds batchInterval{20};
constexpr Milliseconds startStep{10};
constexpr int startsPerStep = 200;
/// A name that was looked up is believed this long: a thousand clients that come back together ask once.
constexpr Milliseconds resolveFor{2'000};
constexpr std::size_t pingWindow = 512;

} // namespace

/// Everything of the I/O thread.
class ClientPool::Engine final : public ProbeClientHost
{
public:
    explicit Engine(ClientPool *pool)
        : m_pool(pool)
        , m_resolver(m_io)
        , m_batchTimer(m_io)
        , m_snapshotTimer(m_io)
        , m_startTimer(m_io)
        , m_random(std::random_device{}())
    {
    }

    ~Engine() override { stopThread(); }

    /// Ends the I/O thread. No call reaches the pool after this.
    void stopThread()
    {
        if (!m_thread.joinable())
            return;
        net::post(m_io, [this] {
            for (const auto &client : m_clients)
                client->abandon();
            m_io.stop();
        });
        m_thread.join();
    }

    struct Target
    {
        std::shared_ptr<SocketTarget> config;
        std::shared_ptr<SSL_CTX> tls;
        quint64 messages = 0;
        quint64 messagesBefore = 0;
        Instant lastMessage{};
        std::vector<double> pings;
        std::size_t nextPing = 0;
        std::vector<net::ip::tcp::endpoint> endpoints;
        Instant resolvedAt{};
        std::vector<Resolved> waiting;
    };

    void start()
    {
        for (std::size_t t = 0; t < m_targets.size(); ++t) {
            for (int n = 0; n < m_targets[t].config->clients; ++n)
                m_clients.push_back(std::make_shared<ProbeClient>(*this, m_targets[t].config, int(t), n));
        }
        m_lastSnapshot = Clock::now();
        net::post(m_io, [this] {
            startSome(0);
            scheduleSnapshot();
        });
        m_thread = std::thread([this] {
            // Signals belong to the main thread; and OpenSSL writes with plain write(): a peer that is gone is an error
            // code here, never SIGPIPE.
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            const auto work = net::make_work_guard(m_io);
            m_io.run();
        });
    }

    void stop()
    {
        if (!m_thread.joinable()) {
            QMetaObject::invokeMethod(m_pool, &ClientPool::stopped, Qt::QueuedConnection);
            return;
        }
        net::post(m_io, [this] {
            m_stopping = true;
            m_startTimer.cancel();
            for (const auto &client : m_clients)
                client->stop();
            // Long enough for the close frames to leave and be answered on any sane network.
            m_startTimer.expires_after(Milliseconds(300));
            m_startTimer.async_wait([this](boost::system::error_code) {
                deliver();
                QMetaObject::invokeMethod(m_pool, &ClientPool::stopped, Qt::QueuedConnection);
            });
        });
    }

    /// A name look-up is under way. After stopThread().
    bool isResolving() const
    {
        return std::any_of(m_targets.cbegin(), m_targets.cend(),
                           [](const Target &target) { return !target.waiting.empty(); });
    }

    void setSnapshotInterval(Milliseconds interval)
    {
        m_snapshotInterval = std::clamp(interval.count(), Milliseconds::rep(100), Milliseconds::rep(10'000));
    }

    // ProbeClientHost
    net::io_context &io() override { return m_io; }
    SSL_CTX *tlsContext(int target) override { return m_targets[std::size_t(target)].tls.get(); }
    std::minstd_rand &random() override { return m_random; }

    void record(ClientEvent event) override
    {
        m_events.push_back(std::move(event));
        if (m_batchArmed)
            return;
        m_batchArmed = true;
        m_batchTimer.expires_after(batchInterval);
        m_batchTimer.async_wait([this](boost::system::error_code error) {
            if (!error)
                deliver();
        });
    }

    void countMessage(int target, Instant at) override
    {
        Target &entry = m_targets[std::size_t(target)];
        ++entry.messages;
        entry.lastMessage = at;
    }

    void countPing(int target, Clock::duration roundTrip) override
    {
        Target &entry = m_targets[std::size_t(target)];
        if (entry.pings.size() < pingWindow)
            entry.pings.push_back(toMs(roundTrip));
        else
            entry.pings[entry.nextPing++ % pingWindow] = toMs(roundTrip);
    }

    void resolve(int target, Resolved done) override
    {
        Target &entry = m_targets[std::size_t(target)];
        if (!entry.endpoints.empty() && Clock::now() - entry.resolvedAt < resolveFor) {
            net::post(m_io,
                      [this, target, done = std::move(done)] { done(m_targets[std::size_t(target)].endpoints, {}); });
            return;
        }
        entry.waiting.push_back(std::move(done));
        if (entry.waiting.size() > 1)
            return;
        m_resolver.async_resolve(entry.config->host, entry.config->port,
                                 [this, target](boost::system::error_code error, const auto &results) {
                                     Target &resolved = m_targets[std::size_t(target)];
                                     resolved.endpoints.clear();
                                     for (const auto &result : results)
                                         resolved.endpoints.push_back(result.endpoint());
                                     resolved.resolvedAt = Clock::now();
                                     const QString problem =
                                         error ? QString::fromStdString(error.message()) : QString();
                                     std::vector<Resolved> waiting;
                                     waiting.swap(resolved.waiting);
                                     for (const Resolved &callback : waiting)
                                         callback(resolved.endpoints, problem);
                                 });
    }

    std::vector<Target> m_targets;

private:
    void startSome(std::size_t from)
    {
        if (m_stopping)
            return;
        const std::size_t until = std::min(m_clients.size(), from + startsPerStep);
        for (std::size_t i = from; i < until; ++i)
            m_clients[i]->start();
        if (until == m_clients.size())
            return;
        m_startTimer.expires_after(startStep);
        m_startTimer.async_wait([this, until](boost::system::error_code error) {
            if (!error)
                startSome(until);
        });
    }

    void deliver()
    {
        m_batchArmed = false;
        if (m_events.isEmpty())
            return;
        QList<ClientEvent> events;
        events.swap(m_events);
        ClientPool *pool = m_pool;
        QMetaObject::invokeMethod(
            pool, [pool, events] { Q_EMIT pool->eventsReady(events); }, Qt::QueuedConnection);
    }

    void scheduleSnapshot()
    {
        m_snapshotTimer.expires_after(Milliseconds(m_snapshotInterval));
        m_snapshotTimer.async_wait([this](boost::system::error_code error) {
            if (error)
                return;
            snapshot();
            scheduleSnapshot();
        });
    }

    void snapshot()
    {
        const Instant now = Clock::now();
        const double seconds = std::chrono::duration<double>(now - m_lastSnapshot).count();
        m_lastSnapshot = now;
        QList<SocketSnapshot> snapshots(qsizetype(m_targets.size()));
        for (const auto &client : m_clients)
            countState(snapshots[client->target()], client->state());
        for (std::size_t t = 0; t < m_targets.size(); ++t) {
            Target &target = m_targets[t];
            SocketSnapshot &shot = snapshots[qsizetype(t)];
            shot.target = int(t);
            shot.clients = target.config->clients;
            shot.messages = target.messages;
            shot.messagesPerSecond = seconds > 0 ? double(target.messages - target.messagesBefore) / seconds : 0;
            target.messagesBefore = target.messages;
            shot.pings = int(target.pings.size());
            if (!target.pings.empty()) {
                shot.pingP50 = percentile(target.pings, 0.5);
                shot.pingP99 = percentile(target.pings, 0.99);
            }
            if (target.lastMessage != Instant{})
                shot.lastMessageAge = toMs(now - target.lastMessage);
        }
        ClientPool *pool = m_pool;
        QMetaObject::invokeMethod(
            pool, [pool, snapshots] { Q_EMIT pool->snapshotsReady(snapshots); }, Qt::QueuedConnection);
    }

    static void countState(SocketSnapshot &shot, ProbeClient::State state)
    {
        switch (state) {
        case ProbeClient::State::Open:
            ++shot.open;
            break;
        case ProbeClient::State::Connecting:
            ++shot.connecting;
            break;
        case ProbeClient::State::Waiting:
            ++shot.waiting;
            break;
        case ProbeClient::State::Idle:
        case ProbeClient::State::Stopped:
            break;
        }
    }

    ClientPool *m_pool;
    net::io_context m_io{1};
    net::ip::basic_resolver<net::ip::tcp, net::io_context::executor_type> m_resolver;
    Timer m_batchTimer;
    Timer m_snapshotTimer;
    Timer m_startTimer;
    std::minstd_rand m_random;
    std::vector<std::shared_ptr<ProbeClient>> m_clients;
    QList<ClientEvent> m_events;
    std::atomic<Milliseconds::rep> m_snapshotInterval{250};
    Instant m_lastSnapshot{};
    bool m_batchArmed = false;
    bool m_stopping = false;
    std::thread m_thread;
};

ClientPool::ClientPool(QObject *parent)
    : QObject(parent)
    , m_engine(std::make_unique<Engine>(this))
{
    qRegisterMetaType<QList<ClientEvent>>();
    qRegisterMetaType<QList<SocketSnapshot>>();
}

ClientPool::~ClientPool()
{
    m_engine->stopThread();
    if (!m_engine->isResolving())
        return;
    // Asio's resolver waits in its destructor for a look-up that is under way, which can take as long as the name
    // servers are silent. Whoever closes a pool shall not wait for that.
    std::thread([engine = std::move(m_engine)]() mutable { engine.reset(); }).detach();
}

Result<int> ClientPool::addTarget(SocketTarget target)
{
    if (target.clients < 0 || target.clients > 20'000)
        return fail(ErrorKind::Usage, QStringLiteral("a socket takes 0 to 20000 clients, not %1").arg(target.clients));
    if (!ReconnectPolicy::fromName(target.reconnect))
        return fail(ErrorKind::Usage, QStringLiteral("there is no reconnect policy \"%1\"").arg(target.reconnect),
                    QStringLiteral("one of %1").arg(reconnectPolicyNames().join(QStringLiteral(", "))));
    if (const Result<void> ready = target.prepare(); !ready)
        return tl::unexpected(ready.error());
    // A polling client needs two connections: one for the poll, one for what it sends.
    const auto connections = [](const SocketTarget &each) { return each.clients * (each.polling ? 2 : 1); };
    int total = connections(target);
    for (const Engine::Target &other : m_engine->m_targets)
        total += connections(*other.config);
    if (const Result<void> enough = ensureFileLimit(total); !enough)
        return tl::unexpected(enough.error());
    Engine::Target entry;
    if (target.tls) {
        auto context = makeTlsContext(target.caFile);
        if (!context)
            return tl::unexpected(context.error());
        entry.tls = *context;
    }
    entry.config = std::make_shared<SocketTarget>(std::move(target));
    m_engine->m_targets.push_back(std::move(entry));
    return int(m_engine->m_targets.size()) - 1;
}

void ClientPool::start()
{
    m_engine->start();
}

void ClientPool::stop()
{
    m_engine->stop();
}

int ClientPool::targetCount() const
{
    return int(m_engine->m_targets.size());
}

const SocketTarget &ClientPool::target(int index) const
{
    return *m_engine->m_targets[std::size_t(index)].config;
}

void ClientPool::setSnapshotInterval(Milliseconds interval)
{
    m_engine->setSnapshotInterval(interval);
}

} // namespace Switchyard
