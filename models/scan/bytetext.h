// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace Switchyard::ByteText {

// Looks at bytes of a text of any encoding that agrees with ASCII. Every look around a place is bounded: a line may be
// many megabytes long.
constexpr std::size_t reach = 300;
constexpr std::size_t npos = std::string_view::npos;

inline bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
inline bool isAlpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool isAlnum(char c)
{
    return isDigit(c) || isAlpha(c);
}
inline bool isWord(char c)
{
    return isAlnum(c) || c == '_';
}
inline bool isHex(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
inline bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}
inline bool isQuote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}
inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c + 32) : c;
}
/// The byte at i, 0 outside.
inline char at(std::string_view text, std::size_t i)
{
    return i < text.size() ? text[i] : '\0';
}
/// The byte before i, 0 at the beginning.
inline char before(std::string_view text, std::size_t i)
{
    return i > 0 && i <= text.size() ? text[i - 1] : '\0';
}
inline std::string lowered(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), &lower);
    return result;
}
inline bool containsAny(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}
inline bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), text) != words.end();
}
/// What stands before the place on its line, at most `reach` bytes.
inline std::string_view lineBefore(std::string_view text, std::size_t place)
{
    const std::size_t from = place > reach ? place - reach : 0;
    const std::string_view window = text.substr(from, place - from);
    const std::size_t newline = window.rfind('\n');
    return newline == npos ? window : window.substr(newline + 1);
}
/// What stands from the place on, on its line, at most `reach` bytes.
inline std::string_view lineAfter(std::string_view text, std::size_t place)
{
    if (place >= text.size())
        return {};
    const std::string_view window = text.substr(place, reach);
    return window.substr(0, window.find('\n'));
}

} // namespace Switchyard::ByteText
