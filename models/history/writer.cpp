// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/writer.h"

#include "models/common/log.h"

#include <QDateTime>

#include <ctime>

namespace Switchyard {

using namespace Sqlite;
using Condition = HistoryStatus::Condition;

HistoryWriter::HistoryWriter(QString path, HistoryOptions options)
    : m_options(std::move(options))
    , m_file(std::move(path), m_options.lockWait)
{
}

HistoryWriter::~HistoryWriter()
{
    if (!m_thread.joinable())
        return;
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_thread.join();
    m_checker.stop();
    closeFile();
    if (!m_queue.empty())
        qCWarning(lcHistory).noquote()
            << QStringLiteral("%1 samples are lost: %2").arg(m_queue.size()).arg(m_status.message);
}

Result<void> HistoryWriter::start()
{
    const int code = prepare();
    if (code == SQLITE_AUTH)
        return fail(ErrorKind::Usage, m_file.refusal(),
                    QStringLiteral("use a newer Switchyard, or another file for the history"));
    if (code != SQLITE_OK) {
        noteFailure(failureOf(code));
        mendAfter(code);
    }
    m_nextFlush = Clock::now() + m_options.flushEvery;
    m_upkeep.next = m_check.next = Clock::now();
    m_thread = std::thread([this] { loop(); });
    return {};
}

void HistoryWriter::append(HistoryEntry entry)
{
    const std::lock_guard lock(m_mutex);
    m_queue.push_back(std::move(entry));
    ++m_appended;
    trim();
    if (m_queue.size() == m_options.batch)
        m_wake.notify_all();
}

Result<void> HistoryWriter::flush(Milliseconds atMost)
{
    Lock lock(m_mutex);
    const quint64 wanted = m_appended;
    const quint64 failures = m_failures;
    ++m_flushes;
    m_flushSeen = 0;
    m_wake.notify_all();
    const bool told = m_done.wait_for(lock, atMost, [&] { return m_settled >= wanted || m_failures != failures; });
    --m_flushes;
    if (!told)
        return fail(ErrorKind::Timeout, QStringLiteral("the history was not written in time"));
    if (m_settled < wanted)
        return fail(ErrorKind::Io, m_status.message, QStringLiteral("samples are kept in memory until it works"));
    if (const qint64 lost = std::exchange(m_untold, 0); lost > 0)
        return fail(ErrorKind::Io,
                    QStringLiteral("%1 samples were dropped while the history could not be written").arg(lost));
    return {};
}

HistoryStatus HistoryWriter::status() const
{
    const std::lock_guard lock(m_mutex);
    HistoryStatus status = m_status;
    status.waiting = qint64(m_queue.size() + m_writing);
    return status;
}

Result<void> HistoryWriter::maintain(Milliseconds atMost)
{
    return waitFor(m_upkeep, atMost, QStringLiteral("the upkeep of the history"));
}

Result<void> HistoryWriter::check(Milliseconds atMost)
{
    return waitFor(m_check, atMost, QStringLiteral("the check of the history"));
}

Result<void> HistoryWriter::waitFor(Chore &chore, Milliseconds atMost, const QString &what)
{
    Lock lock(m_mutex);
    const quint64 wanted = ++chore.asked;
    m_wake.notify_all();
    if (!m_done.wait_for(lock, atMost, [&] { return chore.done >= wanted; }))
        return fail(ErrorKind::Timeout, QStringLiteral("%1 was not done in time").arg(what));
    if (!chore.problem.isEmpty())
        return fail(ErrorKind::Io, chore.problem);
    return {};
}

// ---- the thread

void HistoryWriter::loop()
{
    Lock lock(m_mutex);
    bool more = false;
    for (;;) {
        const Instant wake = std::min(m_nextFlush, Clock::now() + m_options.flushEvery);
        if (!more)
            m_wake.wait_until(lock, wake, [this] { return wantsWriting() || choreWaits(); });
        if (wantsWriting() || Clock::now() >= m_nextFlush)
            writeAll(lock);
        if (m_stopping)
            return;
        more = upkeep(lock);
    }
}

bool HistoryWriter::wantsWriting() const
{
    return m_stopping || (!m_failing && m_queue.size() >= m_options.batch) ||
           (m_flushes > 0 && m_flushSeen != m_appended);
}

bool HistoryWriter::choreWaits() const
{
    return m_upkeep.asked > m_upkeep.begun || m_checkEnded || (m_check.asked > m_check.begun && !m_checker.isStarted());
}

void HistoryWriter::writeAll(Lock &lock)
{
    m_flushSeen = m_appended;
    const bool last = m_stopping;
    // What is appended meanwhile is written too, but a stopping store writes only what it had.
    for (std::size_t left = m_queue.size(); !m_queue.empty() && (!last || left > 0);) {
        if (!writeSome(lock))
            break;
        left -= std::min(left, m_options.batch);
    }
    m_nextFlush = Clock::now() + m_options.flushEvery;
    m_done.notify_all();
}

/// One batch. What could not be written goes back to the front.
bool HistoryWriter::writeSome(Lock &lock)
{
    const auto count = std::ptrdiff_t(std::min(m_queue.size(), m_options.batch));
    std::vector<HistoryEntry> batch(std::make_move_iterator(m_queue.begin()),
                                    std::make_move_iterator(m_queue.begin() + count));
    m_queue.erase(m_queue.begin(), m_queue.begin() + count);
    m_writing = std::size_t(count);
    lock.unlock();
    const int code = writeBatch(batch);
    std::optional<Failure> failure;
    if (code != SQLITE_OK) {
        failure = failureOf(code);
        mendAfter(code);
    }
    lock.lock();
    m_writing = 0;
    if (!failure) {
        m_status.written += count;
        m_settled += quint64(count);
        m_status.condition = Condition::Recording;
        m_status.message.clear();
        m_failing = false;
    } else {
        m_queue.insert(m_queue.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
        trim();
        noteFailure(*failure);
    }
    m_done.notify_all();
    return !failure;
}

void HistoryWriter::noteFailure(const Failure &failure)
{
    m_failing = true;
    ++m_failures;
    m_status.condition = failure.condition;
    m_status.message = failure.message;
}

void HistoryWriter::trim()
{
    while (m_queue.size() > m_options.capacity) {
        m_queue.pop_front();
        ++m_status.dropped;
        ++m_untold;
        ++m_settled;
    }
}

int HistoryWriter::writeBatch(const std::vector<HistoryEntry> &batch)
{
    if (m_file.isGone())
        closeFile();
    int code = m_file.isOpen() ? SQLITE_OK : prepare();
    if (code == SQLITE_OK)
        code = m_inserter->insert(batch);
    if (isDamage(code)) {
        code = damaged();
        if (code == SQLITE_OK)
            code = m_inserter->insert(batch);
    }
    m_file.noteSystemError();
    return code;
}

/// Opens. SQLITE_OK, or the code of what hinders now and may not later.
int HistoryWriter::prepare()
{
    closeFile();
    int code = m_file.open();
    if (isDamage(code))
        code = damaged();
    else if (code == SQLITE_OK)
        m_inserter.emplace(m_file.db());
    return code;
}

/// The file is damaged: away with it, and on with a new one.
int HistoryWriter::damaged()
{
    m_checker.stop();
    m_inserter.reset();
    m_maintenance.reset();
    const QString other = m_file.setAside();
    if (!other.isEmpty()) {
        qCWarning(lcHistory).noquote() << QStringLiteral("%1 is damaged and was moved to %2").arg(m_file.path(), other);
        const std::lock_guard lock(m_mutex);
        m_status.setAside = other;
        m_status.checkedMs.reset();
    }
    const int code = m_file.open();
    if (code == SQLITE_OK)
        m_inserter.emplace(m_file.db());
    return code;
}

void HistoryWriter::closeFile()
{
    m_inserter.reset();
    m_maintenance.reset();
    m_file.close();
}

HistoryWriter::Failure HistoryWriter::failureOf(int code) const
{
    if (code == SQLITE_AUTH)
        return {Condition::Refused, m_file.refusal()};
    const int primary = code & 0xff;
    const bool locked = primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
    return {locked                ? Condition::Locked
            : m_file.isFull(code) ? Condition::Full
                                  : Condition::Unwritable,
            m_file.problem(code)};
}

/// After an error of the system the next attempt begins with a fresh connection.
void HistoryWriter::mendAfter(int code)
{
    const int primary = code & 0xff;
    if (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR || primary == SQLITE_SCHEMA || primary == SQLITE_ERROR)
        closeFile();
}

// ---- upkeep

qint64 HistoryWriter::now() const
{
    return m_options.now ? m_options.now() : QDateTime::currentMSecsSinceEpoch();
}

qint64 HistoryWriter::steady() const
{
    if (m_options.steady)
        return m_options.steady();
    if (m_options.now)
        return m_options.now();
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return qint64(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

/// By what time something is too old; remembered in the file, which is open.
qint64 HistoryWriter::believedTime()
{
    if (!m_guardRecalled) {
        m_guard.recall(readClockMemory(m_file.db()), newestSample(m_file.db()));
        m_guardRecalled = true;
    }
    const qint64 time = m_guard.look(now(), steady());
    writeClockMemory(m_file.db(), m_guard.memory());
    const QString doubt = m_guard.doubt();
    const std::lock_guard lock(m_mutex);
    if (!doubt.isEmpty() && m_status.clockDoubt.isEmpty())
        qCWarning(lcHistory).noquote() << QStringLiteral("%1: %2").arg(m_file.path(), doubt);
    m_status.clockDoubt = doubt;
    return time;
}

/// True: there is more to do at once.
bool HistoryWriter::upkeep(Lock &lock)
{
    const bool check = stepCheck(lock);
    return stepMaintenance(lock) || check;
}

bool HistoryWriter::stepMaintenance(Lock &lock)
{
    const bool due = m_options.maintainEvery.count() > 0 && Clock::now() >= m_upkeep.next;
    if (!m_maintenance && !due && m_upkeep.asked == m_upkeep.begun)
        return false;
    if (!m_maintenance)
        m_upkeep.begun = m_upkeep.asked;
    lock.unlock();
    int code = m_file.isOpen() ? SQLITE_OK : prepare();
    if (code == SQLITE_OK) {
        if (!m_maintenance)
            beginMaintenance();
        code = m_maintenance->step();
    }
    const bool over = code != SQLITE_OK || m_maintenance->done();
    QString problem;
    if (code != SQLITE_OK) {
        m_file.noteSystemError();
        problem = m_file.problem(code);
        m_maintenance.reset();
        if (isDamage(code))
            (void)damaged();
        else
            mendAfter(code);
    } else if (over) {
        m_maintenance.reset();
    }
    lock.lock();
    if (!over)
        return true;
    m_upkeep.done = m_upkeep.begun;
    m_upkeep.problem = problem;
    m_upkeep.next = Clock::now() + m_options.maintainEvery;
    m_done.notify_all();
    return m_upkeep.asked > m_upkeep.begun;
}

void HistoryWriter::beginMaintenance()
{
    const qint64 time = believedTime();
    const auto before = [time](Milliseconds keep) { return keep.count() > 0 ? time - keep.count() : INT64_MIN / 2; };
    m_maintenance.emplace(m_file.db(),
                          HistoryMaintenance::Limits{time - m_options.sealAfter.count(), before(m_options.keepSamples),
                                                     before(m_options.keepRollups)});
}

/// Never has more to do at once: the checker's own thread does it.
bool HistoryWriter::stepCheck(Lock &lock)
{
    if (m_checkEnded) {
        m_checkEnded = false;
        endCheck(lock);
        return false;
    }
    if (m_checker.isStarted())
        return false;
    const bool due = m_options.checkEvery.count() > 0 && Clock::now() >= m_check.next;
    if (due || m_check.asked > m_check.begun)
        beginCheck(lock);
    return false;
}

void HistoryWriter::beginCheck(Lock &lock)
{
    const bool asked = m_check.asked > m_check.begun;
    m_check.begun = m_check.asked;
    // When it is due is looked at again every hour: by then another process may have done it.
    m_check.next = Clock::now() + std::min<Milliseconds>(m_options.checkEvery, std::chrono::hours(1));
    lock.unlock();
    bool start = (m_file.isOpen() ? SQLITE_OK : prepare()) == SQLITE_OK;
    const std::optional<qint64> last = start ? lastCheck() : std::nullopt;
    const bool fresh = last && now() >= *last && now() - *last < m_options.checkEvery.count();
    start = start && (asked || !fresh);
    if (start)
        m_checker.start(m_file.path(), [this] {
            const std::lock_guard ended(m_mutex);
            m_checkEnded = true;
            m_wake.notify_all();
        });
    lock.lock();
    m_status.checkedMs = last;
    if (start)
        return;
    m_check.done = m_check.begun;
    m_check.problem = m_status.message;
    m_done.notify_all();
}

void HistoryWriter::endCheck(Lock &lock)
{
    lock.unlock();
    // Not there any more: damage was found elsewhere, and the new file needs no check.
    const bool ran = m_checker.isStarted();
    const HistoryChecker::Outcome outcome = ran ? m_checker.outcome() : HistoryChecker::Outcome::Good;
    m_checker.stop();
    const qint64 time = now();
    if (outcome == HistoryChecker::Outcome::Damaged)
        (void)damaged();
    else if (ran && outcome == HistoryChecker::Outcome::Good)
        setLastCheck(time);
    lock.lock();
    if (ran && outcome == HistoryChecker::Outcome::Good)
        m_status.checkedMs = time;
    m_check.done = m_check.begun;
    m_check.problem = outcome == HistoryChecker::Outcome::Unknown
                          ? QStringLiteral("%1 could not be checked").arg(m_file.path())
                          : QString();
    m_done.notify_all();
}

std::optional<qint64> HistoryWriter::lastCheck() const
{
    Statement find(m_file.db(), "SELECT value FROM meta WHERE key = 'checked'");
    return find.step() ? find.optional(0) : std::nullopt;
}

void HistoryWriter::setLastCheck(qint64 timeMs)
{
    if (!m_file.isOpen())
        return;
    // Where it cannot be written the file is checked again sooner than need be.
    Statement put(m_file.db(), "INSERT OR REPLACE INTO meta(key, value) VALUES('checked', ?)");
    put.bind(1, timeMs);
    (void)put.execute();
}

} // namespace Switchyard
