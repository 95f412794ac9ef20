// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/inserter.h"

#include "models/common/redact.h"
#include "models/history/rollups.h"

#include <algorithm>

namespace Switchyard {

using namespace Sqlite;

namespace {

constexpr qsizetype longestNote = 500;

std::optional<qint64> measured(std::optional<qint64> value)
{
    return value && *value >= 0 ? value : std::nullopt;
}

} // namespace

HistoryInserter::HistoryInserter(sqlite3 *db)
    : m_db(db)
    , m_sample(db, "INSERT INTO samples(series, time, n, state, latency, dns, connect, tls, first_byte, transfer, "
                   "status, note) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)")
    , m_place(db, "SELECT max(n) + 1 FROM samples WHERE series = ? AND time = ?")
    , m_event(db, "INSERT INTO events(time, kind, series, json) VALUES(?,?,?,?)")
    , m_add(db, "INSERT INTO series(key) VALUES(?) ON CONFLICT DO NOTHING")
    , m_sealed(db, "SELECT 1 FROM rollups WHERE series = ? AND hour = ?")
{
}

int HistoryInserter::insert(const std::vector<HistoryEntry> &batch)
{
    Transaction transaction(m_db, "BEGIN IMMEDIATE");
    int code = transaction.code();
    if (code == SQLITE_OK) {
        code = insertAll(batch);
        if (code == SQLITE_OK)
            code = transaction.commit();
    }
    if (code != SQLITE_OK)
        m_ids.clear(); // ids that were given in this batch are gone with it
    return code;
}

int HistoryInserter::insertAll(const std::vector<HistoryEntry> &batch)
{
    std::vector<Item> items;
    items.reserve(batch.size());
    for (const HistoryEntry &entry : batch) {
        int code = SQLITE_OK;
        if (const auto *sample = std::get_if<HistorySample>(&entry)) {
            items.push_back({0, sample});
            code = idOf(sample->series, items.back().series);
        } else {
            code = insertEvent(std::get<HistoryEvent>(entry));
        }
        if (code != SQLITE_OK)
            return code;
    }
    // In the order of the file: each page is visited once, and each hour of a series lies together.
    std::stable_sort(items.begin(), items.end(), [](const Item &a, const Item &b) {
        return std::pair(a.series, a.sample->timeMs) < std::pair(b.series, b.sample->timeMs);
    });
    const Item *const end = items.data() + items.size();
    for (const Item *first = items.data(); first != end;) {
        const qint64 hour = historyFloor(first->sample->timeMs);
        const Item *const last = std::find_if(first, end, [&](const Item &item) {
            return item.series != first->series || historyFloor(item.sample->timeMs) != hour;
        });
        if (const int code = insertHour(first, last); code != SQLITE_OK)
            return code;
        first = last;
    }
    return SQLITE_OK;
}

/// Samples of one hour of one series.
int HistoryInserter::insertHour(const Item *first, const Item *last)
{
    const qint64 hour = historyFloor(first->sample->timeMs);
    const bool sealed = m_sealed.bind(1, first->series).bind(2, hour).step();
    m_sealed.reset();
    if (m_sealed.code() != SQLITE_OK)
        return m_sealed.code();
    HistoryRollup late;
    late.hourMs = hour;
    for (const Item *item = first; item != last; ++item) {
        if (const int code = insertSample(*item); code != SQLITE_OK)
            return code;
        if (sealed)
            late.add(item->sample->timeMs, item->sample->state, measured(item->sample->latencyUs));
    }
    bool found = false;
    return sealed ? addToSealed(m_db, first->series, late, found) : SQLITE_OK;
}

int HistoryInserter::insertSample(const Item &item)
{
    const HistorySample &s = *item.sample;
    m_sample.bind(1, item.series).bind(2, s.timeMs).bind(3, qint64(0)).bind(4, qint64(s.state));
    m_sample.bind(5, measured(s.latencyUs)).bind(6, measured(s.dnsUs)).bind(7, measured(s.connectUs));
    m_sample.bind(8, measured(s.tlsUs)).bind(9, measured(s.firstByteUs)).bind(10, measured(s.transferUs));
    m_sample.bind(11, s.status > 0 ? std::optional<qint64>(s.status) : std::nullopt);
    if (s.note.isEmpty())
        m_sample.bindNull(12);
    else
        m_sample.bind(12, redact(s.note).left(longestNote));
    const int code = m_sample.execute();
    if (code != SQLITE_CONSTRAINT_PRIMARYKEY)
        return code;
    // The same millisecond again.
    qint64 place = 0;
    if (m_place.bind(1, item.series).bind(2, s.timeMs).step())
        place = m_place.number(0);
    m_place.reset();
    m_sample.bind(3, place);
    return m_place.code() == SQLITE_OK ? m_sample.execute() : m_place.code();
}

int HistoryInserter::insertEvent(const HistoryEvent &event)
{
    m_event.bind(1, event.timeMs).bind(2, event.kind).bind(3, event.series);
    m_event.bindBlob(4, event.json.isNull() ? QByteArrayLiteral("") : event.json);
    return m_event.execute();
}

int HistoryInserter::idOf(const QString &key, qint64 &id)
{
    if (const auto known = m_ids.constFind(key); known != m_ids.cend()) {
        id = *known;
        return SQLITE_OK;
    }
    m_add.bind(1, key);
    if (const int code = m_add.execute(); code != SQLITE_OK)
        return code;
    const int code = findSeries(m_db, key, id);
    if (code == SQLITE_OK)
        m_ids.insert(key, id);
    return code;
}

} // namespace Switchyard
