// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace Switchyard {

/// Finds short byte patterns in a text, all at once: the cheap look that decides where the exact rules look. Several
/// bytes a cycle with AVX2, one at a time elsewhere, with the same result. Immutable once built, so that any number of
/// threads may use one.
///
/// Why not a regular expression engine: docs/adr/0013-scan-engine.md has the measurements.
class AnchorFinder final
{
public:
    using ByteClass = std::bitset<256>;

    /// Bytes behind the text that must be readable and 0. The first of them may match as the end of the text.
    static constexpr std::size_t padding = 64;

    struct Hit
    {
        std::uint32_t position; ///< of the pattern's first byte
        std::uint16_t id;
    };

    /// At least two bytes; the shorter, the more places have to be looked at.
    void addLiteral(std::string_view text, std::uint16_t id);
    void addAnyCase(std::string_view text, std::uint16_t id);
    void addClasses(std::vector<ByteClass> classes, std::uint16_t id);
    /// To be called once, when all is added.
    void build();

    /// Appends the hits of [begin, end) in order of their position. Patterns may reach beyond `end`, up to `size`.
    /// `simd = false` takes the portable way.
    void find(const char *data, std::size_t begin, std::size_t end, std::size_t size, std::vector<Hit> &hits,
              bool simd = true) const;

    /// Bytes of a class: "0-9a-f" as in a regular expression's brackets; a leading ^ negates.
    static ByteClass bytes(std::string_view description);

private:
    static constexpr int depth = 4;    ///< bytes of a pattern that the first look takes
    static constexpr int buckets = 32; ///< one bit each; patterns of one bucket are told apart by the second look
    static constexpr int sets = buckets / 8;

    struct Pattern
    {
        std::vector<ByteClass> classes;
        std::uint16_t id = 0;
    };

    void check(const char *data, std::size_t at, std::size_t size, std::vector<Hit> &hits) const;
    void findPortable(const char *data, std::size_t begin, std::size_t end, std::size_t size,
                      std::vector<Hit> &hits) const;
#if defined(__x86_64__)
    void findAvx2(const char *data, std::size_t begin, std::size_t end, std::size_t size, std::vector<Hit> &hits) const;
#endif

    std::vector<Pattern> m_patterns;
    std::array<std::vector<std::uint16_t>, buckets> m_buckets;
    std::array<std::array<std::uint32_t, 256>, depth> m_table{};
    // The same by the halves of a byte, eight buckets each.
    std::array<std::array<std::array<std::uint8_t, 16>, depth>, sets> m_low{};
    std::array<std::array<std::array<std::uint8_t, 16>, depth>, sets> m_high{};
};

} // namespace Switchyard
