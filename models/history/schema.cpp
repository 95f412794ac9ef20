// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/schema.h"

#include "models/history/rollups.h"

namespace Switchyard {

using namespace Sqlite;

namespace {

// Clustered by series and time, so that a month of one monitor lies together. `n` tells samples of one series apart
// that bear the same millisecond (a clock set back); it is 0 otherwise and takes no room.
constexpr const char *version1 = R"sql(
CREATE TABLE series(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE samples(series INTEGER NOT NULL, time INTEGER NOT NULL, n INTEGER NOT NULL, state INTEGER NOT NULL,
    latency INTEGER, dns INTEGER, connect INTEGER, tls INTEGER, first_byte INTEGER, transfer INTEGER,
    PRIMARY KEY(series, time, n)) WITHOUT ROWID;
CREATE TABLE events(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, series TEXT NOT NULL,
    json BLOB NOT NULL);
CREATE INDEX events_time ON events(time);
CREATE TABLE rollups(series INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, up INTEGER NOT NULL,
    degraded INTEGER NOT NULL, down INTEGER NOT NULL, min INTEGER, max INTEGER, sum INTEGER NOT NULL,
    histogram BLOB NOT NULL, PRIMARY KEY(series, hour)) WITHOUT ROWID;
)sql";

// Samples tell why they failed. A roll-up has all samples of its hour, also those that are still there one by one
// (version 1 had only those that were gone), and no figures besides its histogram's that could contradict it.
constexpr const char *version2 = R"sql(
ALTER TABLE samples ADD COLUMN status INTEGER;
ALTER TABLE samples ADD COLUMN note TEXT;
CREATE INDEX failures ON samples(series, time) WHERE state IN (2, 3);
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
ALTER TABLE rollups RENAME TO rollups1;
CREATE TABLE rollups(series INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, up INTEGER NOT NULL,
    degraded INTEGER NOT NULL, down INTEGER NOT NULL, first INTEGER, last INTEGER, latencies BLOB NOT NULL,
    PRIMARY KEY(series, hour)) WITHOUT ROWID;
)sql";

int toVersion2(sqlite3 *db)
{
    int code = run(db, version2);
    if (code != SQLITE_OK)
        return code;
    Statement old(db, "SELECT series, hour, count, up, degraded, down, histogram FROM rollups1");
    while (old.step()) {
        const qint64 series = old.number(0);
        // First and last sample of what is gone were not recorded.
        HistoryRollup hour{.hourMs = old.number(1),
                           .count = old.number(2),
                           .up = old.number(3),
                           .degraded = old.number(4),
                           .down = old.number(5),
                           .firstMs = {},
                           .lastMs = {},
                           .latencies = {},
                           .damaged = false};
        const QByteArray blob = old.bytes(6);
        const std::optional<LatencyHistogram> latencies = LatencyHistogram::fromBytes(blob);
        hour.latencies = latencies.value_or(LatencyHistogram());
        hour.damaged = !latencies;
        code = eachRaw(db, series, hour.hourMs, hour.hourMs + historyHourMs,
                       [&hour](const RawSample &sample) { hour.add(sample.timeMs, sample.state, sample.latencyUs); });
        if (code == SQLITE_OK)
            code = putRollup(db, series, hour);
        if (code != SQLITE_OK)
            return code;
    }
    if (old.code() != SQLITE_OK)
        return old.code();
    old.reset();
    return run(db, "DROP TABLE rollups1");
}

} // namespace

const char *historySchemaV1()
{
    return version1;
}

int migrateHistory(sqlite3 *db)
{
    // The lock first: of two processes that make the file only one creates the tables.
    Transaction transaction(db, "BEGIN EXCLUSIVE");
    if (transaction.code() != SQLITE_OK)
        return transaction.code();
    qint64 version = 0;
    int code = readNumber(db, "PRAGMA user_version", version);
    if (code == SQLITE_OK && version < 1)
        code = run(db, version1);
    if (code == SQLITE_OK && version < 2)
        code = toVersion2(db);
    const QByteArray marks = QByteArrayLiteral("PRAGMA user_version=") + QByteArray::number(historySchemaVersion) +
                             QByteArrayLiteral("; PRAGMA application_id=") + QByteArray::number(historyApplicationId);
    if (code == SQLITE_OK && version < historySchemaVersion)
        code = run(db, marks.constData());
    return code == SQLITE_OK ? transaction.commit() : code;
}

} // namespace Switchyard
