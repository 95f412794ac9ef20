// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/anchors.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace Switchyard {

namespace {

std::uint8_t byteAt(const char *data, std::size_t at)
{
    return static_cast<std::uint8_t>(data[at]);
}

AnchorFinder::ByteClass both(char c)
{
    AnchorFinder::ByteClass result;
    result.set(static_cast<std::uint8_t>(c));
    if (c >= 'a' && c <= 'z')
        result.set(static_cast<std::uint8_t>(c - 32));
    if (c >= 'A' && c <= 'Z')
        result.set(static_cast<std::uint8_t>(c + 32));
    return result;
}

/// About how often a byte stands in source text.
double shareOf(unsigned c)
{
    if (c == ' ')
        return 0.16;
    if (c >= 'a' && c <= 'z') {
        static constexpr double letters[] = {0.042, 0.012, 0.028, 0.024, 0.068, 0.015, 0.013, 0.016, 0.044,
                                             0.003, 0.006, 0.028, 0.019, 0.044, 0.042, 0.020, 0.002, 0.044,
                                             0.043, 0.057, 0.020, 0.008, 0.007, 0.006, 0.010, 0.002};
        return letters[c - 'a'];
    }
    if (c == '_' || c == '.' || c == ',' || c == '-' || c == '\n' || c == '(' || c == ')' || c == '"' || c == '=')
        return 0.015;
    if (c >= '0' && c <= '9')
        return 0.01;
    return c >= 'A' && c <= 'Z' ? 0.006 : 0.002;
}

/// The first bytes of some patterns, by the halves of a byte as the fast look keeps them.
struct Group
{
    std::array<std::uint16_t, 4> low{};
    std::array<std::uint16_t, 4> high{};
    std::vector<std::uint16_t> members;
    double cost = 0; ///< share of the places in a text that the first look lets through

    void weigh()
    {
        cost = 1;
        for (std::size_t d = 0; d < 4; ++d) {
            double share = 0;
            for (unsigned c = 0; c < 256; ++c)
                share += ((low[d] >> (c & 15)) & (high[d] >> (c >> 4)) & 1) != 0 ? shareOf(c) : 0;
            cost *= std::min(1.0, share);
        }
    }
    Group with(const Group &other) const
    {
        Group both = *this;
        for (std::size_t d = 0; d < 4; ++d) {
            both.low[d] |= other.low[d];
            both.high[d] |= other.high[d];
        }
        both.members.insert(both.members.end(), other.members.begin(), other.members.end());
        both.weigh();
        return both;
    }
};

/// Puts the patterns into `count` groups, always joining the two that let the least more through.
std::vector<Group> grouped(std::vector<Group> groups, std::size_t count)
{
    std::vector<std::vector<double>> extra(groups.size(), std::vector<double>(groups.size(), 0));
    const auto weigh = [&](std::size_t a, std::size_t b) {
        extra[a][b] = extra[b][a] = groups[a].with(groups[b]).cost - groups[a].cost - groups[b].cost;
    };
    for (std::size_t a = 0; a < groups.size(); ++a) {
        for (std::size_t b = a + 1; b < groups.size(); ++b)
            weigh(a, b);
    }
    std::vector<bool> gone(groups.size(), false);
    for (std::size_t left = groups.size(); left > count; --left) {
        std::size_t best[2] = {0, 0};
        double least = 1e9;
        for (std::size_t a = 0; a < groups.size(); ++a) {
            for (std::size_t b = a + 1; b < groups.size() && !gone[a]; ++b) {
                if (!gone[b] && extra[a][b] < least) {
                    least = extra[a][b];
                    best[0] = a;
                    best[1] = b;
                }
            }
        }
        groups[best[0]] = groups[best[0]].with(groups[best[1]]);
        gone[best[1]] = true;
        for (std::size_t b = 0; b < groups.size(); ++b) {
            if (b != best[0] && !gone[b])
                weigh(best[0], b);
        }
    }
    std::vector<Group> result;
    for (std::size_t a = 0; a < groups.size(); ++a) {
        if (!gone[a])
            result.push_back(std::move(groups[a]));
    }
    return result;
}

} // namespace

void AnchorFinder::addLiteral(std::string_view text, std::uint16_t id)
{
    std::vector<ByteClass> classes;
    for (const char c : text)
        classes.push_back(ByteClass().set(static_cast<std::uint8_t>(c)));
    addClasses(std::move(classes), id);
}

void AnchorFinder::addAnyCase(std::string_view text, std::uint16_t id)
{
    std::vector<ByteClass> classes;
    for (const char c : text)
        classes.push_back(both(c));
    addClasses(std::move(classes), id);
}

void AnchorFinder::addClasses(std::vector<ByteClass> classes, std::uint16_t id)
{
    m_patterns.push_back({std::move(classes), id});
}

AnchorFinder::ByteClass AnchorFinder::bytes(std::string_view description)
{
    ByteClass result;
    const bool negated = description.starts_with('^');
    if (negated)
        description.remove_prefix(1);
    for (std::size_t i = 0; i < description.size(); ++i) {
        const auto from = static_cast<std::uint8_t>(description[i]);
        if (i + 2 < description.size() && description[i + 1] == '-') {
            for (unsigned c = from; c <= static_cast<std::uint8_t>(description[i + 2]); ++c)
                result.set(c);
            i += 2;
        } else {
            result.set(from);
        }
    }
    return negated ? ~result : result;
}

void AnchorFinder::build()
{
    std::vector<Group> groups(m_patterns.size());
    for (std::size_t i = 0; i < m_patterns.size(); ++i) {
        groups[i].members.push_back(static_cast<std::uint16_t>(i));
        const std::vector<ByteClass> &classes = m_patterns[i].classes;
        for (std::size_t d = 0; d < depth; ++d) {
            for (unsigned c = 0; c < 256; ++c) {
                if (d >= classes.size() || classes[d].test(c)) {
                    groups[i].low[d] |= static_cast<std::uint16_t>(1U << (c & 15));
                    groups[i].high[d] |= static_cast<std::uint16_t>(1U << (c >> 4));
                }
            }
        }
        groups[i].weigh();
    }
    groups = grouped(std::move(groups), buckets);
    for (std::size_t bucket = 0; bucket < groups.size(); ++bucket) {
        m_buckets[bucket] = groups[bucket].members;
        const auto bit = static_cast<std::uint8_t>(1U << (bucket % 8));
        for (std::size_t d = 0; d < depth; ++d) {
            for (std::size_t half = 0; half < 16; ++half) {
                m_low[bucket / 8][d][half] |= ((groups[bucket].low[d] >> half) & 1) != 0 ? bit : 0;
                m_high[bucket / 8][d][half] |= ((groups[bucket].high[d] >> half) & 1) != 0 ? bit : 0;
            }
            for (const std::uint16_t member : m_buckets[bucket]) {
                const std::vector<ByteClass> &classes = m_patterns[member].classes;
                for (unsigned c = 0; c < 256; ++c) {
                    if (d >= classes.size() || classes[d].test(c))
                        m_table[d][c] |= 1U << bucket;
                }
            }
        }
    }
}

void AnchorFinder::check(const char *data, std::size_t at, std::size_t size, std::vector<Hit> &hits) const
{
    std::uint32_t bits = m_table[0][byteAt(data, at)] & m_table[1][byteAt(data, at + 1)] &
                         m_table[2][byteAt(data, at + 2)] & m_table[3][byteAt(data, at + 3)];
    while (bits != 0) {
        const int bucket = __builtin_ctz(bits);
        bits &= bits - 1;
        for (const std::uint16_t index : m_buckets[std::size_t(bucket)]) {
            const Pattern &pattern = m_patterns[index];
            const std::size_t length = pattern.classes.size();
            // One byte of the padding may stand for the end of the text.
            if (at + length > size + 1)
                continue;
            std::size_t same = 0;
            while (same < length && pattern.classes[same].test(byteAt(data, at + same)))
                ++same;
            if (same == length)
                hits.push_back({static_cast<std::uint32_t>(at), pattern.id});
        }
    }
}

void AnchorFinder::findPortable(const char *data, std::size_t begin, std::size_t end, std::size_t size,
                                std::vector<Hit> &hits) const
{
    for (std::size_t at = begin; at < end; ++at) {
        const std::uint32_t bits =
            m_table[0][byteAt(data, at)] & m_table[1][byteAt(data, at + 1)] & m_table[2][byteAt(data, at + 2)];
        if (bits != 0 && (bits & m_table[3][byteAt(data, at + 3)]) != 0)
            check(data, at, size, hits);
    }
}

#if defined(__x86_64__)
// A set of bytes is kept as the product of the sets of its low and high halves, which one shuffle each looks up for 32
// bytes at a time. The product lets a few others through; check() has the exact tables.
__attribute__((target("avx2"))) void AnchorFinder::findAvx2(const char *data, std::size_t begin, std::size_t end,
                                                            std::size_t size, std::vector<Hit> &hits) const
{
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i low[sets][depth];
    __m256i high[sets][depth];
    for (std::size_t set = 0; set < sets; ++set) {
        for (std::size_t d = 0; d < depth; ++d) {
            low[set][d] =
                _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i *>(m_low[set][d].data())));
            high[set][d] =
                _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i *>(m_high[set][d].data())));
        }
    }
    for (std::size_t at = begin; at < end; at += 32) {
        __m256i lower[depth];
        __m256i upper[depth];
        for (int d = 0; d < depth; ++d) {
            const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(data + at + d));
            lower[d] = _mm256_and_si256(text, nibble);
            upper[d] = _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble);
        }
        __m256i any = _mm256_setzero_si256();
        for (int set = 0; set < sets; ++set) {
            __m256i bits = _mm256_set1_epi8(-1);
            for (int d = 0; d < depth; ++d)
                bits = _mm256_and_si256(bits, _mm256_and_si256(_mm256_shuffle_epi8(low[set][d], lower[d]),
                                                               _mm256_shuffle_epi8(high[set][d], upper[d])));
            any = _mm256_or_si256(any, bits);
        }
        auto found = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(any, _mm256_setzero_si256())));
        while (found != 0) {
            const std::size_t place = at + std::size_t(__builtin_ctz(found));
            found &= found - 1;
            if (place < end)
                check(data, place, size, hits);
        }
    }
}
#endif

void AnchorFinder::find(const char *data, std::size_t begin, std::size_t end, std::size_t size, std::vector<Hit> &hits,
                        bool simd) const
{
    if (m_patterns.empty())
        return;
#if defined(__x86_64__)
    static const bool avx2 = __builtin_cpu_supports("avx2");
    if (simd && avx2) {
        findAvx2(data, begin, end, size, hits);
        return;
    }
#else
    static_cast<void>(simd);
#endif
    findPortable(data, begin, end, size, hits);
}

} // namespace Switchyard
