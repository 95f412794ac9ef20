// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/latencyhistogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace Switchyard {

namespace {

constexpr char version = 1;
constexpr quint64 longest = 600'000'000; ///< 10 minutes
constexpr int splits = 128;              ///< of each power of two
constexpr quint64 mostValues = std::numeric_limits<quint32>::max();

constexpr int bucketWithin(quint64 value)
{
    if (value < 2 * splits)
        return int(value);
    const int shift = int(std::bit_width(value)) - 8;
    return shift * splits + int(value >> shift);
}

constexpr int bucketCount = bucketWithin(longest) + 2;

/// Longer values have a bucket of their own, so that they do not blur those just within the range.
constexpr int bucketOf(quint64 value)
{
    return value > longest ? bucketCount - 1 : bucketWithin(value);
}

static_assert(bucketCount * sizeof(quint32) < 20 * 1024);

/// Greatest value of the bucket. The last one has none: its values may be of any length.
quint64 upperBound(int bucket)
{
    if (bucket < 2 * splits)
        return quint64(bucket);
    if (bucket == bucketCount - 1)
        return std::numeric_limits<quint64>::max();
    const int shift = bucket / splits - 1;
    return ((quint64(bucket % splits) + splits + 1) << shift) - 1;
}

void putNumber(QByteArray &bytes, quint64 number)
{
    for (; number >= 0x80; number >>= 7)
        bytes.append(char(number | 0x80));
    bytes.append(char(number));
}

std::optional<quint64> takeNumber(const QByteArray &bytes, qsizetype &at)
{
    quint64 number = 0;
    for (int shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
        const quint64 part = quint8(bytes.at(at++));
        if (shift == 63 && part > 1)
            return std::nullopt;
        number |= (part & 0x7f) << shift;
        if (part < 0x80)
            return number;
    }
    return std::nullopt;
}

} // namespace

bool LatencyHistogram::add(Microseconds value)
{
    if (value.count() < 0 || m_count >= mostValues)
        return false;
    const auto number = quint64(value.count());
    if (number > std::numeric_limits<quint64>::max() - m_sum)
        return false;
    if (m_buckets.isEmpty())
        m_buckets.resize(bucketCount);
    ++m_buckets[bucketOf(number)];
    m_min = m_count == 0 ? number : std::min(m_min, number);
    m_max = std::max(m_max, number);
    m_sum += number;
    ++m_count;
    return true;
}

bool LatencyHistogram::merge(const LatencyHistogram &other)
{
    if (other.m_count == 0)
        return true;
    if (other.m_count > mostValues - m_count || other.m_sum > std::numeric_limits<quint64>::max() - m_sum)
        return false;
    if (m_count == 0) {
        *this = other;
        return true;
    }
    for (int bucket = 0; bucket < bucketCount; ++bucket)
        m_buckets[bucket] += other.m_buckets.at(bucket);
    m_min = std::min(m_min, other.m_min);
    m_max = std::max(m_max, other.m_max);
    m_sum += other.m_sum;
    m_count += other.m_count;
    return true;
}

std::optional<LatencyHistogram::Microseconds> LatencyHistogram::min() const
{
    return m_count == 0 ? std::nullopt : std::optional(Microseconds(qint64(m_min)));
}

std::optional<LatencyHistogram::Microseconds> LatencyHistogram::max() const
{
    return m_count == 0 ? std::nullopt : std::optional(Microseconds(qint64(m_max)));
}

std::optional<LatencyHistogram::Microseconds> LatencyHistogram::percentile(double p) const
{
    if (m_count == 0 || !(p >= 0 && p <= 100))
        return std::nullopt;
    // p times count first: 0.95 * 20 is more than 19 in binary, and its ceiling would be a place too far.
    const auto place = std::clamp(quint64(std::ceil(p * double(m_count) / 100)), quint64(1), m_count);
    quint64 seen = 0;
    for (int bucket = 0; bucket < bucketCount; ++bucket) {
        seen += m_buckets.at(bucket);
        if (seen >= place)
            return Microseconds(qint64(std::clamp(upperBound(bucket), m_min, m_max)));
    }
    return max();
}

QByteArray LatencyHistogram::toBytes() const
{
    QByteArray bytes(1, version);
    for (const quint64 number : {m_count, m_sum, m_min, m_max})
        putNumber(bytes, number);
    qsizetype next = 0;
    for (qsizetype bucket = 0; bucket < m_buckets.size(); ++bucket) {
        if (m_buckets.at(bucket) == 0)
            continue;
        putNumber(bytes, quint64(bucket - next));
        putNumber(bytes, m_buckets.at(bucket));
        next = bucket + 1;
    }
    return bytes;
}

std::optional<LatencyHistogram> LatencyHistogram::fromBytes(const QByteArray &bytes)
{
    if (bytes.isEmpty() || bytes.at(0) != version)
        return std::nullopt;
    LatencyHistogram read;
    qsizetype at = 1;
    for (quint64 *field : {&read.m_count, &read.m_sum, &read.m_min, &read.m_max}) {
        const std::optional<quint64> number = takeNumber(bytes, at);
        if (!number)
            return std::nullopt;
        *field = *number;
    }
    if (read.m_count == 0)
        return at == bytes.size() && read == LatencyHistogram() ? std::optional(read) : std::nullopt;
    const quint64 mean = read.m_sum / read.m_count;
    if (read.m_count > mostValues || read.m_max > quint64(std::numeric_limits<qint64>::max()) || mean < read.m_min ||
        mean > read.m_max)
        return std::nullopt;

    read.m_buckets.resize(bucketCount);
    quint64 total = 0;
    quint64 next = 0;
    int first = -1;
    while (at < bytes.size()) {
        const std::optional<quint64> skipped = takeNumber(bytes, at);
        const std::optional<quint64> values = takeNumber(bytes, at);
        if (!skipped || !values || *skipped >= bucketCount - next || *values == 0 || *values > read.m_count - total)
            return std::nullopt;
        next += *skipped;
        first = first < 0 ? int(next) : first;
        read.m_buckets[qsizetype(next)] = quint32(*values);
        total += *values;
        ++next;
    }
    const bool whole = total == read.m_count && first == bucketOf(read.m_min) && int(next) - 1 == bucketOf(read.m_max);
    return whole ? std::optional(read) : std::nullopt;
}

} // namespace Switchyard
