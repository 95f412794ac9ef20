// SPDX-License-Identifier: GPL-3.0-or-later
// node dotenv 17 and python-dotenv 1.2. Both are patterns with backtracking in their own languages; here each pattern
// is walked by hand, because a long quoted value overflows a pattern's stack, and for the places.
#include "models/environment/readers.h"

namespace Switchyard {

namespace {

using namespace EnvText;

/// \n, \r and, for JavaScript's ^ and $, U+2028 and U+2029: bytes of the line break at `at`.
qsizetype scriptBreakAt(std::string_view text, qsizetype at)
{
    if (at >= qsizetype(text.size()))
        return 0;
    const char c = text[std::size_t(at)];
    if (c == '\n' || c == '\r')
        return 1;
    return startsWith(text, at, "\xE2\x80\xA8") || startsWith(text, at, "\xE2\x80\xA9") ? 3 : 0;
}

qsizetype nextScriptLine(std::string_view text, qsizetype at)
{
    const qsizetype size = qsizetype(text.size());
    for (; at < size; ++at) {
        if (const qsizetype width = scriptBreakAt(text, at))
            return at + width;
    }
    return size + 1; // no line begins behind the end
}

/// What follows a value: white space, then a comment or the end of a line. Where that ends; -1 where more stands there.
qsizetype endOfScriptValue(std::string_view text, qsizetype at)
{
    constexpr Spaces set = Spaces::JavaScript;
    qsizetype lastBreak = -1;
    while (const qsizetype width = spaceAt(text, at, set)) {
        if (scriptBreakAt(text, at) > 0)
            lastBreak = at;
        at += width;
    }
    if (at >= qsizetype(text.size()))
        return at;
    if (text[std::size_t(at)] == '#') {
        while (at < qsizetype(text.size()) && scriptBreakAt(text, at) == 0)
            ++at;
        return at;
    }
    return lastBreak;
}

struct ScriptValue
{
    QByteArray value;
    ByteRange written;
    EnvQuoting quoting = EnvQuoting::None;
    qsizetype end = 0;
};

EnvQuoting quotingOf(char quote)
{
    return quote == '\'' ? EnvQuoting::Single : quote == '"' ? EnvQuoting::Double : EnvQuoting::Backtick;
}

/// A value in quotes at `open`, where what follows the closing one allows it.
std::optional<ScriptValue> quotedScriptValue(std::string_view text, qsizetype open)
{
    qsizetype close = closingQuote(text, open);
    if (close < 0)
        close = escapedQuoteBefore(text, open, qsizetype(text.size()));
    for (; close >= 0; close = escapedQuoteBefore(text, open, close)) {
        const qsizetype end = endOfScriptValue(text, close + 1);
        if (end >= 0)
            return ScriptValue{
                unixBreaks(slice(text, open + 1, close)), {open, close + 1}, quotingOf(text[std::size_t(open)]), end};
    }
    return std::nullopt;
}

bool isScriptQuote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

ScriptValue scriptValue(std::string_view text, qsizetype at)
{
    constexpr Spaces set = Spaces::JavaScript;
    const qsizetype size = qsizetype(text.size());
    // The value may stand in quotes on a later line.
    const qsizetype first = skipSpace(text, at, set);
    std::optional<ScriptValue> found;
    if (first < size && isScriptQuote(text[std::size_t(first)]))
        found = quotedScriptValue(text, first);
    if (!found) {
        std::size_t end = text.find_first_of("#\r\n", std::size_t(at));
        if (end == std::string_view::npos)
            end = std::size_t(size);
        std::string_view value = trimmed(slice(text, at, qsizetype(end)), set);
        ScriptValue literal;
        const qsizetype begin = value.empty() ? at : qsizetype(value.data() - text.data());
        literal.written = {begin, begin + qsizetype(value.size())};
        // A quote that closes nothing: the outer pair goes all the same.
        const char quote = value.empty() ? '\0' : value.front();
        if (isScriptQuote(quote) && value.size() > 1 && value.back() == quote)
            value = value.substr(1, value.size() - 2);
        literal.value = QByteArray(value.data(), qsizetype(value.size()));
        if (quote == '"')
            literal.quoting = EnvQuoting::Double;
        literal.end = endOfScriptValue(text, qsizetype(end));
        found = literal;
    }
    if (found->quoting == EnvQuoting::Double)
        found->value.replace("\\n", "\n").replace("\\r", "\r");
    return *found;
}

/// A statement whose name begins at `name`; where it ends, or -1.
qsizetype scriptStatement(std::string_view text, qsizetype start, qsizetype name, EnvReading &reading)
{
    constexpr Spaces set = Spaces::JavaScript;
    const qsizetype size = qsizetype(text.size());
    qsizetype nameEnd = name;
    while (nameEnd < size && (isWord(text[std::size_t(nameEnd)]) || text[std::size_t(nameEnd)] == '.' ||
                              text[std::size_t(nameEnd)] == '-'))
        ++nameEnd;
    if (nameEnd == name)
        return -1;
    qsizetype at = skipSpace(text, nameEnd, set);
    if (at < size && text[std::size_t(at)] == '=') {
        ++at;
    } else {
        qsizetype space = startsWith(text, nameEnd, ":") ? spaceAt(text, nameEnd + 1, set) : 0;
        if (startsWith(text, nameEnd + 1, "\r\n"))
            space = space > 0 ? 2 : 0; // one line break by the time the pattern sees it
        if (space == 0)
            return -1;
        at = nameEnd + 1 + space;
    }
    const ScriptValue value = scriptValue(text, at);
    EnvAssignment assignment;
    assignment.name = toText(slice(text, name, nameEnd));
    assignment.value = toText(value.value);
    assignment.exported = start != name;
    assignment.quoting = value.quoting;
    assignment.range = {start, value.end};
    assignment.nameRange = {name, nameEnd};
    assignment.valueRange = value.written;
    reading.assignments.append(assignment);
    return value.end;
}

} // namespace

EnvReading readNodeDotenv(std::string_view text)
{
    constexpr Spaces set = Spaces::JavaScript;
    EnvReading reading;
    const qsizetype size = qsizetype(text.size());
    for (qsizetype line = 0; line <= size;) {
        const qsizetype start = skipSpace(text, line, set);
        if (start >= size)
            break;
        qsizetype end = -1;
        if (startsWith(text, start, "export")) {
            const qsizetype name = skipSpace(text, start + 6, set);
            if (name > start + 6)
                end = scriptStatement(text, start, name, reading);
        }
        if (end < 0)
            end = scriptStatement(text, start, start, reading);
        if (end < 0 && text[std::size_t(start)] != '#')
            addProblem(reading, start, QStringLiteral("no variable: the line is skipped"));
        line = nextScriptLine(text, end < 0 ? start : end);
    }
    return reading;
}

namespace {

/// Walks python-dotenv's parser: each step moves on, and a step that fails leaves the place for the skipping.
class PythonWalk final
{
public:
    PythonWalk(std::string_view text, EnvReading &reading)
        : m_text(text)
        , m_reading(reading)
        , m_at(hasBom(text) ? 3 : 0)
    {
    }

    void walk()
    {
        const qsizetype size = qsizetype(m_text.size());
        while (m_at < size) {
            m_at = skipSpace(m_text, m_at, set);
            if (m_at >= size)
                break;
            const qsizetype start = m_at;
            if (const char *problem = statement(start)) {
                addProblem(m_reading, start, QString::fromLatin1(problem));
                const qsizetype end = lineEnd(m_text, m_at);
                m_at = end < size ? end + 1 : end;
            }
        }
    }

private:
    static constexpr Spaces set = Spaces::Python;

    bool sees(char c) const { return m_at < qsizetype(m_text.size()) && m_text[std::size_t(m_at)] == c; }

    const char *statement(qsizetype start)
    {
        EnvAssignment assignment;
        if (startsWith(m_text, m_at, "export")) {
            const qsizetype name = skipBlank(m_text, m_at + 6, set);
            assignment.exported = name > m_at + 6;
            if (assignment.exported)
                m_at = name;
        }
        const bool comment = sees('#');
        if (!comment) {
            if (const char *problem = name(assignment))
                return problem;
        }
        m_at = skipBlank(m_text, m_at, set);
        if (sees('=')) {
            m_at = skipBlank(m_text, m_at + 1, set);
            if (const char *problem = value(assignment))
                return problem;
        } else {
            assignment.bare = true;
            assignment.valueRange = {m_at, m_at};
        }
        qsizetype end = skipBlank(m_text, m_at, set);
        if (startsWith(m_text, end, "#"))
            end = lineEnd(m_text, end);
        if (end < qsizetype(m_text.size()) && m_text[std::size_t(end)] != '\n' && m_text[std::size_t(end)] != '\r')
            return "more text stands behind the value: the line is left out";
        assignment.range = {start, end};
        m_at = afterBreak(m_text, end);
        if (!comment)
            m_reading.assignments.append(assignment);
        return nullptr;
    }

    const char *name(EnvAssignment &assignment)
    {
        const qsizetype size = qsizetype(m_text.size());
        if (sees('\'')) {
            const std::size_t close = m_text.find('\'', std::size_t(m_at) + 1);
            if (close == std::string_view::npos || qsizetype(close) == m_at + 1)
                return "a quoted name that does not end: the line is left out";
            assignment.nameRange = {m_at, qsizetype(close) + 1};
            assignment.name = toText(unixBreaks(slice(m_text, m_at + 1, qsizetype(close))));
            m_at = qsizetype(close) + 1;
            return nullptr;
        }
        qsizetype end = m_at;
        while (end < size && m_text[std::size_t(end)] != '=' && m_text[std::size_t(end)] != '#' &&
               spaceAt(m_text, end, set) == 0)
            ++end;
        if (end == m_at)
            return "no name stands here: the line is left out";
        assignment.nameRange = {m_at, end};
        assignment.name = toText(slice(m_text, m_at, end));
        m_at = end;
        return nullptr;
    }

    const char *value(EnvAssignment &assignment)
    {
        if (sees('\'') || sees('"')) {
            const qsizetype open = m_at;
            qsizetype close = closingQuote(m_text, open);
            if (close < 0)
                close = escapedQuoteBefore(m_text, open, qsizetype(m_text.size()));
            if (close < 0)
                return "a quote that does not end: the line is left out";
            const char quote = m_text[std::size_t(open)];
            assignment.quoting = quotingOf(quote);
            assignment.valueRange = {open, close + 1};
            assignment.value = toText(decodePythonEscapes(unixBreaks(slice(m_text, open + 1, close)), quote));
            m_at = close + 1;
            return nullptr;
        }
        const qsizetype end = lineEnd(m_text, m_at);
        std::string_view part = slice(m_text, m_at, end);
        for (qsizetype i = 0; i < qsizetype(part.size());) {
            const qsizetype after = skipSpace(part, i, set);
            if (after > i && startsWith(part, after, "#")) {
                part = part.substr(0, std::size_t(i));
                break;
            }
            i = after > i ? after : i + 1;
        }
        part = trimmedRight(part, set);
        assignment.valueRange = {m_at, m_at + qsizetype(part.size())};
        assignment.value = toText(part);
        m_at = end;
        return nullptr;
    }

    std::string_view m_text;
    EnvReading &m_reading;
    qsizetype m_at;
};

} // namespace

QByteArray decodePythonEscapes(const QByteArray &text, char quote)
{
    if (!text.contains('\\'))
        return text;
    static constexpr char known[] = "\\'\"abfnrtv";
    static constexpr char meant[] = "\\'\"\a\b\f\n\r\t\v";
    const std::string_view escapes(known, quote == '"' ? sizeof known - 1 : 2);
    QByteArray result;
    result.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const std::size_t which =
            text[i] == '\\' && i + 1 < text.size() ? escapes.find(text[i + 1]) : std::string_view::npos;
        if (which == std::string_view::npos) {
            result += text[i];
            continue;
        }
        result += meant[which];
        ++i;
    }
    return result;
}

EnvReading readPythonDotenv(std::string_view text)
{
    EnvReading reading;
    PythonWalk(text, reading).walk();
    return reading;
}

} // namespace Switchyard
