// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/sample.h"
#include "models/history/sqlite.h"

#include <QHash>

#include <vector>

namespace Switchyard {

/// Puts batches into the file, each in one transaction: all of it or nothing. Has to go before its connection; the
/// writer's thread. Nothing outside of this folder includes it.
class HistoryInserter final
{
public:
    explicit HistoryInserter(sqlite3 *db);
    /// Returns SQLite's code.
    [[nodiscard]] int insert(const std::vector<HistoryEntry> &batch);

private:
    struct Item
    {
        qint64 series = 0;
        const HistorySample *sample = nullptr;
    };
    int insertAll(const std::vector<HistoryEntry> &batch);
    int insertEvent(const HistoryEvent &event);
    int insertHour(const Item *first, const Item *last);
    int insertSample(const Item &item);
    int idOf(const QString &key, qint64 &id);

    sqlite3 *m_db;
    Sqlite::Statement m_sample, m_place, m_event, m_add, m_sealed;
    QHash<QString, qint64> m_ids;
};

} // namespace Switchyard
