// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/envtext.h"

namespace Switchyard::EnvText {

namespace {

unsigned char byteAt(std::string_view text, qsizetype at)
{
    return at < qsizetype(text.size()) ? static_cast<unsigned char>(text[std::size_t(at)]) : 0;
}

qsizetype wideSpaceAt(std::string_view text, qsizetype at, Spaces set)
{
    const unsigned char first = byteAt(text, at);
    const unsigned char second = byteAt(text, at + 1);
    if (first == 0xC2)
        return second == 0xA0 || (second == 0x85 && set != Spaces::JavaScript) ? 2 : 0;
    const unsigned char third = byteAt(text, at + 2);
    if (first == 0xE2 && second == 0x80)
        return (third >= 0x80 && third <= 0x8A) || third == 0xA8 || third == 0xA9 || third == 0xAF ? 3 : 0;
    const bool other = (first == 0xE1 && second == 0x9A && third == 0x80) ||
                       (first == 0xE2 && second == 0x81 && third == 0x9F) ||
                       (first == 0xE3 && second == 0x80 && third == 0x80) ||
                       (first == 0xEF && second == 0xBB && third == 0xBF && set == Spaces::JavaScript);
    return other ? 3 : 0;
}

} // namespace

qsizetype spaceAt(std::string_view text, qsizetype at, Spaces set)
{
    const unsigned char first = byteAt(text, at);
    if (first > ' ')
        return first < 0x80 ? 0 : wideSpaceAt(text, at, set);
    if (at >= qsizetype(text.size()))
        return 0;
    return first == ' ' || (first >= '\t' && first <= '\r') || (set == Spaces::Python && first >= 0x1C) ? 1 : 0;
}

qsizetype blankAt(std::string_view text, qsizetype at, Spaces set)
{
    const unsigned char first = byteAt(text, at);
    return first == '\n' || first == '\r' ? 0 : spaceAt(text, at, set);
}

qsizetype skipSpace(std::string_view text, qsizetype at, Spaces set)
{
    while (const qsizetype size = spaceAt(text, at, set))
        at += size;
    return at;
}

qsizetype skipBlank(std::string_view text, qsizetype at, Spaces set)
{
    while (const qsizetype size = blankAt(text, at, set))
        at += size;
    return at;
}

std::string_view trimmedRight(std::string_view text, Spaces set)
{
    for (;;) {
        const qsizetype size = qsizetype(text.size());
        qsizetype cut = 0;
        for (qsizetype width = 1; width <= 3 && width <= size && cut == 0; ++width) {
            if (spaceAt(text, size - width, set) == width)
                cut = width;
        }
        if (cut == 0)
            return text;
        text.remove_suffix(std::size_t(cut));
    }
}

std::string_view trimmed(std::string_view text, Spaces set)
{
    text.remove_prefix(std::size_t(skipSpace(text, 0, set)));
    return trimmedRight(text, set);
}

qsizetype lineEnd(std::string_view text, qsizetype at)
{
    const std::size_t found = text.find_first_of("\r\n", std::size_t(at));
    return found == std::string_view::npos ? qsizetype(text.size()) : qsizetype(found);
}

qsizetype afterBreak(std::string_view text, qsizetype at)
{
    const unsigned char first = byteAt(text, at);
    if (first == '\r')
        return byteAt(text, at + 1) == '\n' ? at + 2 : at + 1;
    return first == '\n' ? at + 1 : at;
}

bool startsWith(std::string_view text, qsizetype at, std::string_view what)
{
    return at <= qsizetype(text.size()) && text.substr(std::size_t(at), what.size()) == what;
}

bool hasBom(std::string_view text)
{
    return startsWith(text, 0, "\xEF\xBB\xBF");
}

qsizetype closingQuote(std::string_view text, qsizetype open)
{
    const char quote = text[std::size_t(open)];
    for (std::size_t at = std::size_t(open) + 1; (at = text.find(quote, at)) != std::string_view::npos; ++at) {
        if (text[at - 1] != '\\' || qsizetype(at) - 1 == open)
            return qsizetype(at);
    }
    return -1;
}

qsizetype escapedQuoteBefore(std::string_view text, qsizetype open, qsizetype before)
{
    const char quote = text[std::size_t(open)];
    for (qsizetype at = before - 1; at > open + 1; --at) {
        if (text[std::size_t(at)] == quote && text[std::size_t(at) - 1] == '\\')
            return at;
    }
    return -1;
}

QByteArray unixBreaks(std::string_view text)
{
    QByteArray result(text.data(), qsizetype(text.size()));
    if (result.contains('\r')) {
        result.replace("\r\n", "\n");
        result.replace('\r', '\n');
    }
    return result;
}

QString toText(std::string_view bytes)
{
    const QString text = QString::fromUtf8(bytes.data(), qsizetype(bytes.size()));
    return hasBom(bytes) ? QChar(QChar::ByteOrderMark) + text : text;
}

qsizetype invalidUtf8(std::string_view text)
{
    const qsizetype size = qsizetype(text.size());
    for (qsizetype at = 0; at < size;) {
        const unsigned char lead = byteAt(text, at);
        if (lead < 0x80) {
            ++at;
            continue;
        }
        const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || at + length > size)
            return at;
        const unsigned char second = byteAt(text, at + 1);
        // The second byte keeps overlong forms, surrogates and what lies beyond U+10FFFF out.
        const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (second < least || second > most)
            return at;
        for (int i = 2; i < length; ++i) {
            if ((byteAt(text, at + i) & 0xC0) != 0x80)
                return at;
        }
        at += length;
    }
    return -1;
}

void LineCounter::advance(qsizetype offset)
{
    for (; m_at < offset; ++m_at) {
        const unsigned char byte = byteAt(m_text, m_at);
        if (byte == '\n' || (byte == '\r' && byteAt(m_text, m_at + 1) != '\n')) {
            ++m_line;
            m_column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            ++m_column;
        }
    }
}

} // namespace Switchyard::EnvText
