// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/probeloop.h"

#include "models/common/log.h"

#include <QDateTime>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace Switchyard {

namespace {

constexpr Milliseconds batchSpan{100};
/// Starts between two looks at the sockets: so many due at once must not hold up the stamps of what is done.
constexpr int startsPerPass = 32;

void initialiseCurl()
{
    // Once a process and never undone: other parts, or threads that still resolve a name, may use it to the end.
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK)
        qFatal("libcurl does not start: %s", curl_easy_strerror(result));
}

/// steady_clock is CLOCK_MONOTONIC here, so its time points can be handed to timerfd as they are.
timespec toTimespec(Instant instant)
{
    using namespace std::chrono;
    const auto since = instant.time_since_epoch();
    const auto whole = duration_cast<seconds>(since);
    return {time_t(whole.count()), long(duration_cast<nanoseconds>(since - whole).count())};
}

ProbeSample refusedSample(const PreparedTarget &prepared, Instant due)
{
    ProbeSample sample;
    sample.targetId = prepared.target.id;
    sample.dueAt = due;
    sample.sentAt = sample.doneAt = Clock::now();
    sample.wallMs = QDateTime::currentMSecsSinceEpoch();
    sample.errorKind = prepared.problem.kind;
    sample.reason = prepared.problem.message;
    return sample;
}

} // namespace

struct LoopCallbacks
{
    static int socket(CURL *, curl_socket_t fd, int what, void *loop, void *known)
    {
        static_cast<ProbeLoop *>(loop)->watchSocket(fd, what, known != nullptr);
        return 0;
    }

    static int timer(CURLM *, long timeoutMs, void *loop)
    {
        static_cast<ProbeLoop *>(loop)->m_curlDue =
            timeoutMs < 0 ? Instant::max() : Clock::now() + Milliseconds(timeoutMs);
        return 0;
    }
};

ProbeLoop::ProbeLoop(ProbeLedger &ledger)
    : m_ledger(ledger)
{
    openDescriptors();
    openMulti();
    m_thread = std::thread([this] { run(); });
}

ProbeLoop::~ProbeLoop()
{
    order([this] { m_quit = true; });
    m_thread.join();
    dropWaiting(nullptr);
    cancelRunning([](const Running &) { return true; });
    curl_multi_cleanup(m_multi);
    for (const int fd : {m_epoll, m_timer, m_wake})
        close(fd);
}

void ProbeLoop::openDescriptors()
{
    m_epoll = epoll_create1(EPOLL_CLOEXEC);
    m_timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    m_wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m_epoll < 0 || m_timer < 0 || m_wake < 0)
        qFatal("no file descriptor left for the prober");
    for (const int fd : {m_timer, m_wake}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

void ProbeLoop::openMulti()
{
    initialiseCurl();
    m_multi = curl_multi_init();
    if (!m_multi)
        qFatal("libcurl cannot make a multi handle");
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETFUNCTION, &LoopCallbacks::socket);
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERFUNCTION, &LoopCallbacks::timer);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_PIPELINING, long(CURLPIPE_NOTHING));
}

void ProbeLoop::order(std::function<void()> command)
{
    {
        const std::lock_guard lock(m_mutex);
        m_orders.push_back(std::move(command));
    }
    eventfd_write(m_wake, 1);
}

void ProbeLoop::schedule(std::shared_ptr<const PreparedTarget> target, quint64 serial, Clock::duration interval,
                         Instant first)
{
    order([this, target = std::move(target), serial, interval, first] {
        const QString id = target->target.id;
        drop(id);
        auto schedule = std::make_unique<Schedule>(Schedule{target, serial, interval, first, 0});
        m_queue.emplace(first, schedule.get());
        m_schedules[id] = std::move(schedule);
    });
}

void ProbeLoop::once(std::shared_ptr<const PreparedTarget> target, quint64 serial)
{
    order([this, target = std::move(target), serial, asked = Clock::now()] {
        admit(Waiting{target, serial, nullptr}, asked);
    });
}

void ProbeLoop::stop(const QString &targetId)
{
    order([this, targetId] { drop(targetId); });
}

void ProbeLoop::stopAll()
{
    order([this] {
        cancelRunning([](const Running &) { return true; });
        dropWaiting(nullptr);
        m_queue.clear();
        m_schedules.clear();
    });
}

void ProbeLoop::setImmediate(bool immediate)
{
    order([this, immediate] {
        m_immediate = immediate;
        flush();
    });
}

void ProbeLoop::setLimits(int connecting, int open)
{
    order([this, connecting, open] {
        m_connectLimit = connecting;
        m_openLimit = open;
    });
}

void ProbeLoop::run()
{
    pthread_setname_np(pthread_self(), "prober");
    // Signals belong to the main thread; and a peer that is gone is an error code here, never SIGPIPE.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (!m_quit) {
        armTimer();
        takeEvents();
        if (m_curlDue <= Clock::now()) {
            m_curlDue = Instant::max();
            int running = 0;
            curl_multi_socket_action(m_multi, CURL_SOCKET_TIMEOUT, 0, &running);
            collect();
        }
        startWaiting();
        startDue();
        if (m_flushDue <= Clock::now())
            flush();
    }
}

void ProbeLoop::armTimer()
{
    Instant next = std::min(m_curlDue, m_flushDue);
    if (!m_queue.empty())
        next = std::min(next, m_queue.begin()->first);
    if (next == m_armed)
        return;
    m_armed = next;
    itimerspec spec{};
    if (next != Instant::max())
        spec.it_value = toTimespec(std::max(next, Instant(Clock::duration(1)))); // all zero would disarm it
    timerfd_settime(m_timer, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void ProbeLoop::takeEvents()
{
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(m_epoll, events.data(), int(events.size()), -1);
    for (int i = 0; i < count; ++i) {
        const epoll_event &event = events[size_t(i)];
        if (event.data.fd == m_wake) {
            eventfd_t ignored = 0;
            eventfd_read(m_wake, &ignored);
            runOrders();
        } else if (event.data.fd == m_timer) {
            quint64 ignored = 0;
            // Readable once an expiry; what is due is told by the clock.
            if (read(m_timer, &ignored, sizeof ignored) > 0)
                m_armed = Instant::max();
        } else {
            socketEvent(event.data.fd, event.events);
        }
    }
}

void ProbeLoop::runOrders()
{
    std::vector<std::function<void()>> orders;
    {
        const std::lock_guard lock(m_mutex);
        orders.swap(m_orders);
    }
    for (const auto &command : orders)
        command();
}

void ProbeLoop::socketEvent(int fd, unsigned events)
{
    int action = 0;
    if (events & EPOLLIN)
        action |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        action |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP))
        action |= CURL_CSELECT_ERR;
    int running = 0;
    curl_multi_socket_action(m_multi, fd, action, &running);
    collect();
}

void ProbeLoop::watchSocket(int fd, int what, bool known)
{
    epoll_event event{};
    event.data.fd = fd;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, &event);
        return;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (epoll_ctl(m_epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
        // libcurl may close and reopen under the same number before it says so.
        epoll_ctl(m_epoll, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    }
    curl_multi_assign(m_multi, fd, this);
}

void ProbeLoop::startDue()
{
    for (int started = 0; started < startsPerPass && !m_queue.empty(); ++started) {
        const Instant now = Clock::now();
        Schedule *schedule = m_queue.begin()->second;
        if (schedule->due > now)
            return;
        m_queue.erase(m_queue.begin());
        // After a long stop several ticks have passed: all were due, one is made up for, and the beat stays the same.
        const auto ticks = 1 + (now - schedule->due) / schedule->interval;
        const Instant due = schedule->due + (ticks - 1) * schedule->interval;
        schedule->due += ticks * schedule->interval;
        m_queue.emplace(schedule->due, schedule);
        const bool starts = schedule->running < concurrencyCap && !schedule->waiting;
        if (m_ledger.noteDue(schedule->target->target.id, schedule->serial, quint64(ticks), starts) && starts)
            admit(Waiting{schedule->target, schedule->serial, schedule}, due);
    }
}

bool ProbeLoop::mayStart(bool alone) const
{
    const int connections = alone ? m_connectLimit : std::max(1, m_connectLimit / 2);
    return m_connecting < connections && int(m_running.size()) < m_openLimit;
}

void ProbeLoop::admit(Waiting probe, Instant due)
{
    if (!probe.target->problem.message.isEmpty()) {
        deliver(refusedSample(*probe.target, due), probe.serial, probe.schedule != nullptr);
        return;
    }
    const bool alone = !probe.schedule || probe.schedule->running == 0;
    auto &queue = alone ? m_waitingAlone : m_waitingMore;
    if (queue.empty() && mayStart(alone)) {
        startOne(probe, due);
        return;
    }
    const WaitingKey key{due, m_waitingCount++};
    if (probe.schedule)
        probe.schedule->waiting = key;
    queue.emplace(key, std::move(probe));
}

void ProbeLoop::startWaiting()
{
    int started = 0;
    const auto startFrom = [&](std::map<WaitingKey, Waiting> &queue, bool alone) {
        while (!queue.empty() && started < startsPerPass && mayStart(alone)) {
            const auto node = queue.extract(queue.begin());
            if (node.mapped().schedule)
                node.mapped().schedule->waiting.reset();
            startOne(node.mapped(), node.key().first);
            ++started;
        }
    };
    startFrom(m_waitingAlone, true);
    startFrom(m_waitingMore, false);
}

void ProbeLoop::startOne(const Waiting &probe, Instant due)
{
    auto transfer = std::make_unique<Transfer>(probe.target);
    CURL *handle = transfer->handle();
    transfer->holdSlot(&m_connecting);
    transfer->markSent(due);
    m_running.emplace(handle, Running{std::move(transfer), probe.serial, probe.schedule});
    if (probe.schedule)
        ++probe.schedule->running;
    // It asks for a timer of 0 ms at once: the loop's next pass opens the connection.
    curl_multi_add_handle(m_multi, handle);
}

/// One probe of the schedule is no longer under way.
void ProbeLoop::ended(Schedule *schedule)
{
    if (!schedule)
        return;
    --schedule->running;
    if (schedule->running > 0 || !schedule->waiting)
        return;
    if (auto node = m_waitingMore.extract(*schedule->waiting); !node.empty())
        m_waitingAlone.insert(std::move(node));
}

void ProbeLoop::dropWaiting(const QString *targetId)
{
    for (auto *queue : {&m_waitingAlone, &m_waitingMore}) {
        for (auto it = queue->begin(); it != queue->end();) {
            if (targetId && it->second.target->target.id != *targetId) {
                ++it;
                continue;
            }
            if (it->second.schedule)
                it->second.schedule->waiting.reset();
            it = queue->erase(it);
        }
    }
}

void ProbeLoop::collect()
{
    int left = 0;
    while (const CURLMsg *message = curl_multi_info_read(m_multi, &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        const Instant doneAt = Clock::now();
        const CURLcode result = message->data.result;
        CURL *handle = message->easy_handle;
        auto node = m_running.extract(handle);
        curl_multi_remove_handle(m_multi, handle);
        if (node.empty())
            continue;
        const Running &running = node.mapped();
        ended(running.schedule);
        deliver(running.transfer->finish(result, doneAt), running.serial, running.schedule != nullptr);
    }
}

void ProbeLoop::deliver(const ProbeSample &sample, quint64 serial, bool scheduled)
{
    if (!m_ledger.put(sample, serial, scheduled))
        return;
    if (m_immediate)
        m_ledger.announce();
    else if (m_flushDue == Instant::max())
        m_flushDue = std::max(m_lastFlush + batchSpan, Clock::now());
}

void ProbeLoop::flush()
{
    m_flushDue = Instant::max();
    m_lastFlush = Clock::now();
    m_ledger.announce();
}

void ProbeLoop::drop(const QString &targetId)
{
    cancelRunning([&targetId](const Running &running) { return running.transfer->prepared().target.id == targetId; });
    dropWaiting(&targetId);
    const auto found = m_schedules.find(targetId);
    if (found == m_schedules.end())
        return;
    m_queue.erase({found->second->due, found->second.get()});
    m_schedules.erase(found);
}

void ProbeLoop::cancelRunning(const std::function<bool(const Running &)> &which)
{
    for (auto it = m_running.begin(); it != m_running.end();) {
        if (!which(it->second)) {
            ++it;
            continue;
        }
        ended(it->second.schedule);
        curl_multi_remove_handle(m_multi, it->first);
        it = m_running.erase(it);
    }
}

} // namespace Switchyard
