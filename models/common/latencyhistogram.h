// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

#include <chrono>
#include <optional>

namespace Switchyard {

/// Latencies in buckets that grow with the value, so that 30 days of samples take 12 KB and two spans can be added up,
/// which percentiles cannot. A value type; any thread, one at a time.
///
/// Whole microseconds. Up to 255 µs each value has a bucket of its own; above, each power of two is split into 128,
/// so a bucket is less than 0.8 % wide up to 10 minutes. Longer ones share the last bucket. Count, least, greatest and
/// sum are exact at any length.
class LatencyHistogram final
{
public:
    using Microseconds = std::chrono::microseconds;

    /// False, and nothing is counted: a negative value, or no room (2^32 - 1 values, or a sum over 64 bits).
    bool add(Microseconds value);
    /// As if each value of the other had been added here. False, and nothing changes: no room.
    bool merge(const LatencyHistogram &other);

    quint64 count() const { return m_count; }
    /// Microseconds. 0 where nothing was counted.
    quint64 sum() const { return m_sum; }
    std::optional<Microseconds> min() const;
    std::optional<Microseconds> max() const;

    /// Nearest rank: the value at place ceil(p / 100 * count) of the sorted list, at least the first, given as the
    /// upper bound of its bucket and never outside of what was seen. So it is never less than the exact one, and at
    /// most 0.8 % more up to 10 minutes; 0 gives the bucket of the least, 100 exactly the greatest. Nothing where
    /// nothing was counted or `p` is not within 0 to 100.
    std::optional<Microseconds> percentile(double p) const;

    /// Only buckets in use, as numbers of variable length. The same values give the same bytes in any order.
    QByteArray toBytes() const;
    /// Nothing where the bytes are not a whole histogram of this version, or its numbers contradict each other.
    [[nodiscard]] static std::optional<LatencyHistogram> fromBytes(const QByteArray &bytes);

    bool operator==(const LatencyHistogram &) const = default;

private:
    QList<quint32> m_buckets; ///< empty until the first value
    quint64 m_count = 0;
    quint64 m_sum = 0;
    quint64 m_min = 0;
    quint64 m_max = 0;
};

} // namespace Switchyard
