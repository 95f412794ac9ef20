// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/comparecatalogue.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace Switchyard {

/// What the server's counters say at one moment, outside of the transaction that is compared.
struct WriteCounters
{
    bool read = false;
    QString why;                    ///< where it is not
    QString nextTransaction;        ///< the next id that a writing transaction of the server gets
    QString position;               ///< in the write-ahead log
    QHash<QString, qint64> changes; ///< rows that were written, by "schema.table"
    int sessions = 0, writing = 0;  ///< of others in this database
    bool standby = false;
};

/// One side: several connections that see one snapshot. For the thread that compares; run() starts others and waits.
class CompareSession final
{
public:
    CompareSession(const ConnectionString &connection, const CompareOptions &options, const Deadline &deadline,
                   CompareSide &side);
    ~CompareSession();

    /// Opens, reads the counters, and begins the transaction. False: the side's error says why.
    bool open();
    bool readCatalogue();
    /// Further connections into the same snapshot. None is no failure: the side tells how many there are.
    void openOthers();
    /// Ends the transaction, reads the counters again and says what was written.
    void finish();

    bool isLost() const { return m_lost.load(); }
    Catalogue &catalogue() { return m_catalogue; }
    const Catalogue &catalogue() const { return m_catalogue; }
    QStringList notes;

    /// One statement that leaves neither locks nor settings, with the time limit of one table. After a refusal the
    /// transaction goes on. `link` belongs to one thread.
    LinkRows ask(PostgresLink &link, const QString &sql) const;
    /// Threads, one a connection, that take the jobs 0 to `count` - 1 in turn; wait() joins them.
    void run(qsizetype count, std::function<void(PostgresLink &, qsizetype)> job);
    void wait();
    /// Why nothing more is to be had.
    QString endReason() const;

private:
    bool begin(PostgresLink &link, const QString &snapshot, QString &error);
    WriteCounters readCounters(PostgresLink &link) const;
    void lose(const QString &why);

    const ConnectionString &m_connection;
    const CompareOptions &m_options;
    const Deadline &m_deadline;
    CompareSide &m_side;
    PostgresOpened m_opened;
    int m_major = 0;
    QString m_snapshot;
    std::vector<std::unique_ptr<PostgresLink>> m_links;
    std::vector<std::thread> m_threads;
    std::atomic<qsizetype> m_next{0};
    std::atomic<bool> m_lost{false};
    std::mutex m_mutex; ///< of the side's error
    Catalogue m_catalogue;
    WriteCounters m_before;
};

} // namespace Switchyard
