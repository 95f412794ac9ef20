// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <string_view>

namespace Switchyard {

/// A stretch of bytes of a text: begin included, end not.
struct ByteRange
{
    qsizetype begin = 0;
    qsizetype end = 0;
    qsizetype size() const { return end - begin; }
    bool operator==(const ByteRange &) const = default;
};

/// Helpers of the readers of this folder, on UTF-8 bytes. The parsers that they stand in for differ in what they call
/// white space, and files differ from program to program because of it.
namespace EnvText {

enum class Spaces
{
    JavaScript, ///< \s: with U+FEFF, without U+0085
    Python,     ///< str.isspace(): with U+001C to U+001F and U+0085
    Go          ///< unicode.IsSpace: with U+0085
};

/// Bytes of the white space at `at`; 0 where there is none.
qsizetype spaceAt(std::string_view text, qsizetype at, Spaces set);
/// As spaceAt(), but 0 for \r and \n.
qsizetype blankAt(std::string_view text, qsizetype at, Spaces set);
/// The first place from `at` on that is no white space; the size where there is none.
qsizetype skipSpace(std::string_view text, qsizetype at, Spaces set);
qsizetype skipBlank(std::string_view text, qsizetype at, Spaces set);
/// Without the white space on both ends, or on the right one only.
std::string_view trimmed(std::string_view text, Spaces set);
std::string_view trimmedRight(std::string_view text, Spaces set);

/// The place of the first \n or \r from `at` on; the size where there is none.
qsizetype lineEnd(std::string_view text, qsizetype at);
/// The place behind the line break at `at` (\r\n counts as one); `at` itself where there is none.
qsizetype afterBreak(std::string_view text, qsizetype at);
bool startsWith(std::string_view text, qsizetype at, std::string_view what);
inline bool isWord(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool hasBom(std::string_view text);

/// The quote that closes the one at `open`: the first that no backslash stands before. -1 where there is none.
qsizetype closingQuote(std::string_view text, qsizetype open);
/// Going back from `before`, the last quote with a backslash before it: what a backtracking pattern takes when nothing
/// better closes. -1 where there is none.
qsizetype escapedQuoteBefore(std::string_view text, qsizetype open, qsizetype before);

/// \r\n and \r become \n, as readers in text mode do.
QByteArray unixBreaks(std::string_view text);
inline std::string_view view(const QByteArray &bytes)
{
    return {bytes.constData(), std::size_t(bytes.size())};
}
/// As QString::fromUtf8(), but a byte order mark stays: in the middle of a file it belongs to the text.
QString toText(std::string_view bytes);
inline QString toText(const QByteArray &bytes)
{
    return toText(view(bytes));
}
inline std::string_view slice(std::string_view text, qsizetype begin, qsizetype end)
{
    return text.substr(std::size_t(begin), std::size_t(end - begin));
}

/// The offset of the first byte that is no UTF-8; -1 where all is.
qsizetype invalidUtf8(std::string_view text);

/// Lines and columns of ascending offsets, each byte looked at once. A lone \r counts as a line break, as it does for
/// Python and JavaScript.
class LineCounter final
{
public:
    explicit LineCounter(std::string_view text)
        : m_text(text)
    {
    }
    /// Offsets must not fall.
    void advance(qsizetype offset);
    int line() const { return m_line; }
    int column() const { return m_column; } ///< in code points, from 1

private:
    std::string_view m_text;
    qsizetype m_at = 0;
    int m_line = 1;
    int m_column = 1;
};

} // namespace EnvText

} // namespace Switchyard
