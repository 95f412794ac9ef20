// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/store.h"

#include <QFile>

#include <sqlite3.h>

namespace Switchyard::Testing {

/// A connection of another program, as it were. Closed when it goes.
class OtherConnection final
{
public:
    explicit OtherConnection(const QString &path) { sqlite3_open(QFile::encodeName(path).constData(), &m_db); }
    ~OtherConnection() { sqlite3_close(m_db); }
    OtherConnection(const OtherConnection &) = delete;
    OtherConnection &operator=(const OtherConnection &) = delete;
    int run(const char *sql) const { return sqlite3_exec(m_db, sql, nullptr, nullptr, nullptr); }
    /// -1: there is no such number.
    qint64 number(const char *sql) const
    {
        sqlite3_stmt *statement = nullptr;
        qint64 number = -1;
        if (sqlite3_prepare_v2(m_db, sql, -1, &statement, nullptr) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
        return number;
    }
    sqlite3 *db() const { return m_db; }

private:
    sqlite3 *m_db = nullptr;
};

/// Nothing by the clock: what a test does not ask for does not happen.
inline HistoryOptions quietHistory()
{
    HistoryOptions options;
    options.flushEvery = Milliseconds(20);
    options.lockWait = Milliseconds(20);
    options.maintainEvery = options.checkEvery = Milliseconds(0);
    return options;
}

inline HistorySample historySample(qint64 timeMs, int state = HistoryUp,
                                   const QString &series = QStringLiteral("health/api, \"eu\""))
{
    HistorySample sample;
    sample.series = series;
    sample.timeMs = timeMs;
    sample.state = state;
    sample.latencyUs = 1000 + ((timeMs % 1009) + 1009) % 1009;
    sample.dnsUs = 0;
    sample.firstByteUs = 700;
    sample.status = state == HistoryUp ? 200 : 0;
    return sample;
}

} // namespace Switchyard::Testing
