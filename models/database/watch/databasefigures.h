// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/latencyhistogram.h"
#include "models/database/watch/databaseset.h"

#include <QJsonObject>

namespace Switchyard {

/// What many probes of one database come to.
class DatabaseFigures final
{
public:
    /// As the record stands after the probe. `at`: when it ended, by the clock that the whole is measured with.
    void take(const DatabaseRecord &record, Instant at);
    /// The string could not be read, or its tunnel not be opened.
    void takeError(const DatabaseRecord &record, Instant at);

    qint64 probes() const { return m_probes; }
    qint64 failed() const { return m_failed; }
    qint64 slow() const { return m_slow; }
    const LatencyHistogram &connect() const { return m_connect; }
    const LatencyHistogram &query() const { return m_query; }
    std::optional<int> leastUsed() const { return m_leastUsed; }
    std::optional<int> mostUsed() const { return m_mostUsed; }
    std::optional<int> limit() const { return m_limit; }
    /// From the first probe, or the last good one, to the next good one, or `until`; nothing before the first probe.
    std::optional<Milliseconds> longestWithout(Instant until) const;
    QString lastFailure() const { return m_lastFailure; }
    /// Every probe came through, none over the limit, and there was one.
    bool isGood() const { return m_probes > 0 && m_failed == 0 && m_slow == 0; }

    /// One of "databases[]" of db watch, without its name.
    [[nodiscard]] QJsonObject toJson(Instant until) const;
    /// "12 probes, 1 failed, connect p50 …": one line.
    [[nodiscard]] QString text(Instant until) const;

private:
    qint64 m_probes = 0, m_failed = 0, m_slow = 0;
    LatencyHistogram m_connect, m_query;
    std::optional<int> m_leastUsed, m_mostUsed, m_limit;
    std::optional<Instant> m_without; ///< since when no probe came through
    Milliseconds m_longest{0};
    QString m_lastFailure;
};

} // namespace Switchyard
