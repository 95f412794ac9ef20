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

    /// How many probes of one target may run at a time. Further due ones are counted, but not started.
    static constexpr int concurrencyCap = 20;

private:
    struct Schedule
    {
        std::shared_ptr<const PreparedTarget> target;
        quint64 serial = 0;
        Clock::duration interval{};
        Instant due{};
        int running = 0;
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
    void startOne(std::shared_ptr<const PreparedTarget> target, quint64 serial, Schedule *schedule);
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
    std::thread m_thread; ///< last: starts when all the rest stands
};

} // namespace Switchyard
