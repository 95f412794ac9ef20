// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/sqlite.h"

#include <deque>

namespace Switchyard {

/// Seals the hours that are over and deletes what is too old, one small transaction at a time, so that its owner can
/// write samples in between. The writer's thread. Nothing outside of this folder includes it.
class HistoryMaintenance final
{
public:
    struct Limits
    {
        qint64 sealBeforeMs = 0;    ///< hours that end by then are sealed
        qint64 samplesBeforeMs = 0; ///< hours that end by then lose their samples, once they are sealed
        qint64 rollupsBeforeMs = 0; ///< roll-ups of hours that end by then, and events before it, are deleted
    };

    HistoryMaintenance(sqlite3 *db, const Limits &limits);

    /// One transaction, about 10 ms. Returns SQLite's code; after a failure, and after done(), it is over.
    [[nodiscard]] int step();
    bool done() const { return m_done; }

private:
    int begin();
    int workOn(bool &done);
    int sealNext(qint64 series, bool &more);
    int dropSamples(qint64 series, bool &more);
    int dropRollups(qint64 series, bool &more);
    int dropEvents(bool &more);

    enum class Work
    {
        Seal,
        Samples,
        Rollups
    };
    sqlite3 *m_db;
    const Limits m_limits;
    bool m_begun = false, m_done = false;
    std::deque<qint64> m_series; ///< with work left; empty: events
    Work m_work = Work::Seal;    ///< on the first of them
};

} // namespace Switchyard
