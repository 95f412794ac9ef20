// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/anchors.h"

#include <algorithm>
#include <numeric>

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

/// Patterns of which one or two bytes are alike lie in one bucket, so that a bucket lets little else through.
std::string sortKey(const std::vector<AnchorFinder::ByteClass> &classes)
{
    std::string key;
    for (std::size_t i = 0; i < classes.size() && i < 4; ++i) {
        std::size_t first = 0;
        while (first < 255 && !classes[i].test(first))
            ++first;
        key += static_cast<char>(first | 0x20);
    }
    return key;
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
    std::vector<std::uint16_t> order(m_patterns.size());
    std::iota(order.begin(), order.end(), std::uint16_t(0));
    std::sort(order.begin(), order.end(), [this](std::uint16_t a, std::uint16_t b) {
        return sortKey(m_patterns[a].classes) < sortKey(m_patterns[b].classes);
    });
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t bucket = i * buckets / order.size();
        const auto bit = static_cast<std::uint8_t>(1U << bucket);
        const std::vector<ByteClass> &classes = m_patterns[order[i]].classes;
        m_buckets[bucket].push_back(order[i]);
        for (std::size_t d = 0; d < depth; ++d) {
            for (std::size_t c = 0; c < 256; ++c) {
                if (d < classes.size() && !classes[d].test(c))
                    continue;
                m_table[d][c] |= bit;
                m_low[d][c & 15] |= bit;
                m_high[d][c >> 4] |= bit;
            }
        }
    }
}

void AnchorFinder::check(const char *data, std::size_t at, std::size_t size, std::vector<Hit> &hits) const
{
    unsigned bits = m_table[0][byteAt(data, at)] & m_table[1][byteAt(data, at + 1)] & m_table[2][byteAt(data, at + 2)] &
                    m_table[3][byteAt(data, at + 3)];
    while (bits != 0) {
        const int bucket = __builtin_ctz(bits);
        bits &= bits - 1;
        for (const std::uint16_t index : m_buckets[std::size_t(bucket)]) {
            const Pattern &pattern = m_patterns[index];
            const std::size_t length = pattern.classes.size();
            if (at + length > size)
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
        const unsigned bits = m_table[0][byteAt(data, at)] & m_table[1][byteAt(data, at + 1)];
        if (bits != 0 && (bits & m_table[2][byteAt(data, at + 2)] & m_table[3][byteAt(data, at + 3)]) != 0)
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
    const __m256i none = _mm256_setzero_si256();
    __m256i low[depth];
    __m256i high[depth];
    for (int d = 0; d < depth; ++d) {
        low[d] = _mm256_broadcastsi128_si256(
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(m_low[std::size_t(d)].data())));
        high[d] = _mm256_broadcastsi128_si256(
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(m_high[std::size_t(d)].data())));
    }
    for (std::size_t at = begin; at < end; at += 32) {
        __m256i bits = _mm256_set1_epi8(-1);
        for (int d = 0; d < depth; ++d) {
            const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(data + at + d));
            const __m256i lower = _mm256_shuffle_epi8(low[d], _mm256_and_si256(text, nibble));
            const __m256i upper = _mm256_shuffle_epi8(high[d], _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble));
            bits = _mm256_and_si256(bits, _mm256_and_si256(lower, upper));
        }
        auto found = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bits, none)));
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
