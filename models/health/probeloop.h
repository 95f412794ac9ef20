// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/ledger.h"
#include "models/health/transfer.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

namespace Switchyard {

/// The prober's thread: one epoll over libcurl's sockets, one timerfd and one eventfd for orders.
///
/// Thread: the public functions from the owner's; they leave an order and return. Everything private runs in the
/// loop's own thread. Ownership: the ledger must outlive the loop. The destructor cancels all and joins.
class ProbeLoop final
{
public:
    explicit ProbeLoop(ProbeLedger &ledger);
    ~ProbeLoop();
    ProbeLoop(const ProbeLoop &) = delete;
    ProbeLoop &operator=(const ProbeLoop &) = delete;

    void schedule(std::shared_ptr<const PreparedTarget> target, quint64 serial, Clock::duration interval,
                  Instant first);
    void once(std::shared_ptr<const PreparedTarget> target, quint64 serial);
    void stop(const QString &targetId);
    void stopAll();
    void setImmediate(bool immediate);
    /// At most so many connections being made at a time, and so many open.
    void setLimits(int connecting, int open);

    /// How many probes of one target may run at a time. Further due ones are counted, but not started.
    static constexpr int concurrencyCap = 20;

private:
    /// Due first comes first; the number tells two of one instant apart.
    using WaitingKey = std::pair<Instant, quint64>;
    struct Schedule
    {
        std::shared_ptr<const PreparedTarget> target;
        quint64 serial = 0;
        Clock::duration interval{};
        Instant due{};
        int running = 0;
        std::optional<WaitingKey> waiting{}; ///< one of its probes waits for a connection
    };
    struct Waiting
    {
        std::shared_ptr<const PreparedTarget> target;
        quint64 serial = 0;
        Schedule *schedule = nullptr; ///< nullptr: a single probe
    };
    struct Running
    {
        std::unique_ptr<Transfer> transfer;
        quint64 serial = 0;
        Schedule *schedule = nullptr; ///< nullptr: a single probe
    };
    friend struct LoopCallbacks;

    void order(std::function<void()> command);
    void run();
    void openDescriptors();
    void openMulti();
    void takeEvents();
    void runOrders();
    void armTimer();
    void startDue();
    void admit(Waiting probe, Instant due);
    void startWaiting();
    void startOne(const Waiting &probe, Instant due);
    bool mayStart(bool alone) const;
    void ended(Schedule *schedule);
    void dropWaiting(const QString *targetId);
    void socketEvent(int fd, unsigned events);
    void collect();
    void deliver(const ProbeSample &sample, quint64 serial, bool scheduled);
    void flush();
    void drop(const QString &targetId);
    void cancelRunning(const std::function<bool(const Running &)> &which);
    void watchSocket(int fd, int what, bool known);

    ProbeLedger &m_ledger;
    std::mutex m_mutex;
    std::vector<std::function<void()>> m_orders; ///< guarded by m_mutex

    int m_epoll = -1;
    int m_timer = -1;
    int m_wake = -1;
    CURLM *m_multi = nullptr;
    bool m_quit = false;
    bool m_immediate = false;
    Instant m_armed = Instant::max(); ///< what the timerfd is set to
    Instant m_curlDue = Instant::max();
    Instant m_flushDue = Instant::max();
    Instant m_lastFlush{};
    std::map<QString, std::unique_ptr<Schedule>> m_schedules;
    std::set<std::pair<Instant, Schedule *>> m_queue;
    std::unordered_map<CURL *, Running> m_running;
    // A probe that has to wait. Those of a target of which none runs go before further ones of a target that has some
    // under way, and these get half of the connections at most: a black hole can fill no more than that.
    std::map<WaitingKey, Waiting> m_waitingAlone, m_waitingMore;
    quint64 m_waitingCount = 0;
    int m_connecting = 0; ///< probes whose connection does not stand yet
    int m_connectLimit = 500;
    int m_openLimit = 900;
    std::thread m_thread; ///< last: starts when all the rest stands
};

} // namespace Switchyard
