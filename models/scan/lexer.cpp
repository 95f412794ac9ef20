// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace Switchyard {

namespace {

constexpr std::size_t npos = std::string_view::npos;

bool isWordByte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

using ByteSet = std::array<bool, 256>;

constexpr ByteSet bytesOf(std::string_view bytes)
{
    ByteSet set{};
    for (const char c : bytes)
        set[static_cast<unsigned char>(c)] = true;
    return set;
}

/// Prefixes of Python's strings.
bool isPrefix(char c)
{
    return c == 'r' || c == 'R' || c == 'b' || c == 'B' || c == 'u' || c == 'U' || c == 'f' || c == 'F';
}

/// Behind which a quote of YAML opens a scalar.
bool opensYaml(char c)
{
    return c == '\n' || c == ':' || c == ',' || c == '[' || c == '{' || c == '-' || c == '=' || c == '(';
}

/// What the brace languages differ in.
struct BraceRules
{
    bool lineComments = true;
    bool hashComments = false;
    bool backtick = false;     ///< raw string (Go)
    bool templates = false;    ///< `…${…}…` and regular expressions (JavaScript)
    bool single = true;        ///< ' opens a string or a character
    bool nestedBlocks = false; ///< /* /* */ */, lifetimes and r#"…"# (Rust)
    bool tripleQuotes = false; ///< """…""" (Kotlin, Swift, Java)
};

class Lexer final
{
public:
    Lexer(std::string_view text, SpanSink &sink)
        : m_text(text)
        , m_sink(sink)
    {
    }
    void run(Syntax syntax, std::size_t begin, std::size_t end);

private:
    void braces(const BraceRules &rules);
    void python();
    void shell();
    void hash(bool onlyLineStart, bool semicolons, bool doubledSingles);
    void yaml();
    void toml();
    void env();
    void html();
    void sql();
    void lua();
    void json();

    /// Most bytes mean nothing to a lexer: on to the next of the set, or the end.
    bool skipTo(const ByteSet &set)
    {
        while (m_at < m_end && !set[static_cast<unsigned char>(m_text[m_at])])
            ++m_at;
        return m_at < m_end;
    }
    char at(std::size_t i) const { return i < m_end ? m_text[i] : '\0'; }
    bool has(std::string_view what) const { return m_text.compare(m_at, what.size(), what) == 0; }
    std::size_t lineEnd(std::size_t from) const
    {
        const std::size_t found = m_text.find('\n', from);
        return found == npos || found > m_end ? m_end : found;
    }
    std::size_t find(std::string_view what, std::size_t from) const
    {
        const std::size_t found = m_text.find(what, from);
        return found == npos || found > m_end ? npos : found;
    }
    void report(TextClass kind, std::size_t outerBegin, std::size_t begin, std::size_t end, std::size_t outerEnd,
                char quote = 0, bool plain = true);
    void lineComment(std::size_t mark);
    void block(std::string_view open, std::string_view close);
    /// The string at m_at; `lines`: it may go over several.
    void quoted(char quote, bool escapes, bool lines, std::size_t prefix = 0, bool doubled = false);
    bool triple(char quote, std::size_t prefix, TextClass kind);
    void templateString();
    std::size_t templateEnd(std::size_t from, int depth) const;
    bool regexMayStand() const;
    bool regex();
    bool rustRaw();
    void heredoc();
    bool atLineStart(std::size_t place) const;

    std::string_view m_text;
    SpanSink &m_sink;
    std::size_t m_begin = 0;
    std::size_t m_at = 0;
    std::size_t m_end = 0;
    bool m_stopped = false;
};

void Lexer::report(TextClass kind, std::size_t outerBegin, std::size_t begin, std::size_t end, std::size_t outerEnd,
                   char quote, bool plain)
{
    if (!m_sink.span({begin, end, outerBegin, outerEnd, kind, quote, plain}))
        m_stopped = true;
    m_at = outerEnd;
}

void Lexer::lineComment(std::size_t mark)
{
    const std::size_t end = lineEnd(m_at);
    report(TextClass::Comment, m_at, std::min(m_at + mark, end), end, end);
}

void Lexer::block(std::string_view open, std::string_view close)
{
    const std::size_t found = find(close, m_at + open.size());
    const std::size_t end = found == npos ? m_end : found;
    report(TextClass::Comment, m_at, m_at + open.size(), end, found == npos ? m_end : found + close.size());
}

void Lexer::quoted(char quote, bool escapes, bool lines, std::size_t prefix, bool doubled)
{
    bool plain = prefix == 0;
    for (std::size_t i = m_at + 1; i < m_end; ++i) {
        const char c = m_text[i];
        if (c != '\\' && c != '\n' && c != quote)
            continue;
        if (c == '\\' && escapes) {
            plain = false;
            ++i;
        } else if (c == quote) {
            if (doubled && at(i + 1) == quote) {
                ++i;
                continue;
            }
            report(TextClass::String, m_at - prefix, m_at + 1, i, i + 1, quote, plain);
            return;
        } else if (c == '\n') {
            if (!lines) {
                report(TextClass::String, m_at - prefix, m_at + 1, i, i, quote, false);
                return;
            }
            plain = false;
        }
    }
    report(TextClass::String, m_at - prefix, std::min(m_at + 1, m_end), m_end, m_end, quote, false);
}

bool Lexer::triple(char quote, std::size_t prefix, TextClass kind)
{
    if (at(m_at) != quote || at(m_at + 1) != quote || at(m_at + 2) != quote)
        return false;
    for (std::size_t i = m_at + 3; i < m_end; ++i) {
        if (m_text[i] == '\\') {
            ++i;
        } else if (m_text[i] == quote && at(i + 1) == quote && at(i + 2) == quote) {
            report(kind, m_at - prefix, m_at + 3, i, i + 3, quote, false);
            return true;
        }
    }
    report(kind, m_at - prefix, std::min(m_at + 3, m_end), m_end, m_end, quote, false);
    return true;
}

/// The byte behind the closing backtick of the template whose text begins at `from`.
std::size_t Lexer::templateEnd(std::size_t from, int depth) const
{
    std::size_t i = from;
    while (i < m_end) {
        const char c = m_text[i];
        if (c == '\\') {
            i += 2;
        } else if (c == '`') {
            return i + 1;
        } else if (c == '$' && at(i + 1) == '{' && depth < 40) {
            int open = 1;
            i += 2;
            while (i < m_end && open > 0) {
                const char inner = m_text[i];
                if (inner == '`') {
                    i = templateEnd(i + 1, depth + 1);
                    continue;
                }
                open += inner == '{' ? 1 : inner == '}' ? -1 : 0;
                ++i;
            }
        } else {
            ++i;
        }
    }
    return m_end;
}

void Lexer::templateString()
{
    const std::size_t end = templateEnd(m_at + 1, 0);
    const bool closed = end > m_at + 1 && m_text[end - 1] == '`';
    const std::size_t inner = closed ? end - 1 : end;
    const std::string_view content = m_text.substr(m_at + 1, inner - m_at - 1);
    const bool plain = closed && content.find_first_of("\\\n$") == npos;
    report(TextClass::String, m_at, m_at + 1, inner, end, '`', plain);
}

/// A "/" divides behind a value and opens a regular expression elsewhere.
bool Lexer::regexMayStand() const
{
    std::size_t i = m_at;
    while (i > m_begin && (isBlank(m_text[i - 1]) || m_text[i - 1] == '\n'))
        --i;
    if (i == m_begin)
        return true;
    const char before = m_text[i - 1];
    if (std::strchr("(,=:[!&|?{;+-*%~^", before) != nullptr)
        return true;
    std::size_t word = i;
    while (word > m_begin && isWordByte(m_text[word - 1]))
        --word;
    const std::string_view name = m_text.substr(word, i - word);
    return name == "return" || name == "typeof" || name == "case" || name == "in" || name == "of";
}

bool Lexer::regex()
{
    bool inClass = false;
    // Bounded, or a minified line of many megabytes takes time by the square.
    const std::size_t limit = std::min(m_end, m_at + 2000);
    for (std::size_t i = m_at + 1; i < limit && m_text[i] != '\n'; ++i) {
        const char c = m_text[i];
        if (c == '\\') {
            ++i;
        } else if (c == '[') {
            inClass = true;
        } else if (c == ']') {
            inClass = false;
        } else if (c == '/' && !inClass) {
            report(TextClass::String, m_at, m_at + 1, i, i + 1, '/', false);
            return true;
        }
    }
    return false;
}

bool Lexer::rustRaw()
{
    std::size_t hashes = 0;
    std::size_t i = m_at + 1;
    while (at(i) == '#') {
        ++hashes;
        ++i;
    }
    if (at(i) != '"' || (m_at > m_begin && isWordByte(m_text[m_at - 1])))
        return false;
    const std::string close = '"' + std::string(hashes, '#');
    const std::size_t found = find(close, i + 1);
    report(TextClass::String, m_at, i + 1, found == npos ? m_end : found, found == npos ? m_end : found + close.size(),
           '"', false);
    return true;
}

void Lexer::braces(const BraceRules &rules)
{
    ByteSet marks = bytesOf("/\"'");
    marks['`'] = rules.templates || rules.backtick;
    marks['#'] = rules.hashComments;
    marks['r'] = rules.nestedBlocks;
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        if (c == '/') {
            if (rules.lineComments && at(m_at + 1) == '/')
                lineComment(2);
            else if (at(m_at + 1) == '*')
                block("/*", "*/");
            else if (!rules.templates || !regexMayStand() || !regex())
                ++m_at;
        } else if (c == '"') {
            if (!rules.tripleQuotes || !triple('"', 0, TextClass::String))
                quoted('"', true, rules.nestedBlocks);
        } else if (c == '\'' && rules.single) {
            // Rust's lifetimes and labels: 'a not followed by another quote.
            const bool lifetime = rules.nestedBlocks && at(m_at + 1) != '\\' && at(m_at + 2) != '\'';
            // Digit separators of C++.
            const bool separator = m_at > m_begin && m_text[m_at - 1] >= '0' && m_text[m_at - 1] <= '9';
            if (lifetime || (separator && !rules.templates))
                ++m_at;
            else
                quoted('\'', true, false);
        } else if (c == '`' && rules.templates) {
            templateString();
        } else if (c == '`' && rules.backtick) {
            quoted('`', false, true);
        } else if (c == '#' && rules.hashComments) {
            lineComment(1);
        } else if (c != 'r' || !rules.nestedBlocks || !rustRaw()) {
            ++m_at;
        }
    }
}

void Lexer::python()
{
    int depth = 0;
    bool lineStart = true;
    static constexpr ByteSet marks = bytesOf("#'\"()[]{}\n");
    while (m_at < m_end && !m_stopped) {
        if (!lineStart && !skipTo(marks))
            break;
        const char c = m_text[m_at];
        if (c == '#') {
            lineComment(1);
        } else if (c == '"' || c == '\'') {
            std::size_t prefix = 0;
            while (prefix < 3 && m_at - prefix > m_begin && isWordByte(m_text[m_at - prefix - 1]))
                ++prefix;
            const std::string_view letters = m_text.substr(m_at - prefix, prefix);
            if (letters.find_first_not_of("rRbBuUfF") != npos)
                prefix = 0;
            const TextClass kind = lineStart && depth == 0 ? TextClass::Comment : TextClass::String;
            lineStart = false;
            if (!triple(c, prefix, kind))
                quoted(c, true, false, prefix);
        } else {
            if (c == '(' || c == '[' || c == '{')
                ++depth;
            else if ((c == ')' || c == ']' || c == '}') && depth > 0)
                --depth;
            if (c == '\n')
                lineStart = true;
            else if (!isBlank(c) && !isPrefix(c))
                lineStart = false;
            ++m_at;
        }
    }
}

bool Lexer::atLineStart(std::size_t place) const
{
    while (place > m_begin && isBlank(m_text[place - 1]))
        --place;
    return place == m_begin || m_text[place - 1] == '\n';
}

/// Skips the body of <<WORD: it is text, and its quotes mean nothing.
void Lexer::heredoc()
{
    std::size_t i = m_at + 2;
    if (at(i) == '-')
        ++i;
    while (isBlank(at(i)))
        ++i;
    const char quote = at(i) == '\'' || at(i) == '"' ? at(i++) : '\0';
    const std::size_t begin = i;
    while (i < m_end && isWordByte(m_text[i]))
        ++i;
    const std::string_view word = m_text.substr(begin, i - begin);
    if (word.empty() || (word[0] >= '0' && word[0] <= '9') || (quote != 0 && at(i) != quote)) {
        m_at += 2;
        return;
    }
    std::size_t line = lineEnd(i);
    while (line < m_end) {
        std::size_t first = line + 1;
        while (first < m_end && m_text[first] == '\t')
            ++first;
        const std::size_t next = lineEnd(first);
        std::string_view content = m_text.substr(first, next - first);
        if (content.ends_with('\r'))
            content.remove_suffix(1);
        if (content == word)
            break;
        line = next;
    }
    m_at = line;
}

void Lexer::shell()
{
    static constexpr ByteSet marks = bytesOf("#'\"\\<");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        const char before = m_at > m_begin ? m_text[m_at - 1] : '\n';
        if (c == '#' && (before == '\n' || isBlank(before) || before == ';' || before == '(' || before == '&'))
            lineComment(1);
        else if (c == '\'')
            quoted('\'', before == '$', true);
        else if (c == '"')
            quoted('"', true, true);
        else if (c == '\\')
            m_at += 2;
        else if (c == '<' && at(m_at + 1) == '<' && at(m_at + 2) != '<' && before != '<')
            heredoc();
        else
            ++m_at;
    }
}

void Lexer::hash(bool onlyLineStart, bool semicolons, bool doubledSingles)
{
    static constexpr ByteSet marks = bytesOf("#;!'\"");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        const bool mark = c == '#' || (semicolons && (c == ';' || c == '!'));
        if (mark && (atLineStart(m_at) || (!onlyLineStart && c == '#' && isBlank(m_text[m_at - 1]))))
            lineComment(1);
        else if (c == '"' || (c == '\'' && (m_at == m_begin || !isWordByte(m_text[m_at - 1]))))
            quoted(c, c == '"', false, 0, doubledSingles && c == '\'');
        else
            ++m_at;
    }
}

void Lexer::yaml()
{
    static constexpr ByteSet marks = bytesOf("#'\"");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        const char before = m_at > m_begin ? m_text[m_at - 1] : '\n';
        std::size_t i = m_at;
        while (i > m_begin && isBlank(m_text[i - 1]))
            --i;
        // An apostrophe in the middle of a plain scalar is no quote.
        const bool opens = opensYaml(i > m_begin ? m_text[i - 1] : '\n');
        if (c == '#' && (before == '\n' || isBlank(before)))
            lineComment(1);
        else if (c != '#' && opens)
            quoted(c, c == '"', true, 0, c == '\'');
        else
            ++m_at;
    }
}

void Lexer::toml()
{
    static constexpr ByteSet marks = bytesOf("#'\"");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        if (c == '#')
            lineComment(1);
        else if (c == '"' || c == '\'') {
            if (!triple(c, 0, TextClass::String))
                quoted(c, c == '"', false);
        } else
            ++m_at;
    }
}

void Lexer::env()
{
    while (m_at < m_end && !m_stopped) {
        const std::size_t end = lineEnd(m_at);
        std::size_t i = m_at;
        while (i < end && isBlank(m_text[i]))
            ++i;
        if (at(i) == '#') {
            m_at = i;
            lineComment(1);
        } else if (const std::size_t equals = m_text.substr(i, end - i).find('='); equals != npos) {
            i += equals + 1;
            while (i < end && isBlank(m_text[i]))
                ++i;
            m_at = i;
            const char quote = at(i);
            if (quote == '"' || quote == '\'' || quote == '`')
                quoted(quote, quote == '"', true);
            const std::size_t rest = std::min(lineEnd(m_at), m_end);
            const std::size_t comment = m_text.substr(m_at, rest - m_at).find(" #");
            if (comment != npos) {
                m_at += comment + 1;
                lineComment(1);
            }
            m_at = rest;
        } else {
            m_at = end;
        }
        ++m_at;
    }
}

void Lexer::html()
{
    while (m_at < m_end && !m_stopped) {
        const std::size_t tag = find("<", m_at);
        if (tag == npos)
            break;
        m_at = tag;
        if (has("<!--")) {
            block("<!--", "-->");
            continue;
        }
        std::size_t name = m_at + 1;
        while (name < m_end && isWordByte(m_text[name]))
            ++name;
        const std::string_view element = m_text.substr(m_at + 1, name - m_at - 1);
        if (element.empty() && at(m_at + 1) != '/' && at(m_at + 1) != '?' && at(m_at + 1) != '!') {
            ++m_at;
            continue;
        }
        m_at = name;
        while (m_at < m_end && !m_stopped && m_text[m_at] != '>') {
            if (m_text[m_at] == '"' || m_text[m_at] == '\'')
                quoted(m_text[m_at], false, true);
            else
                ++m_at;
        }
        const bool script = element == "script" || element == "SCRIPT";
        if (!script && element != "style")
            continue;
        const std::size_t close = find(script ? "</script" : "</style", m_at);
        const std::size_t whole = m_end;
        run(script ? Syntax::JavaScript : Syntax::Css, std::min(m_at + 1, whole), close == npos ? whole : close);
        m_at = m_end;
        m_end = whole;
        m_begin = 0;
    }
}

void Lexer::sql()
{
    static constexpr ByteSet marks = bytesOf("-/'\"");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        if (c == '-' && at(m_at + 1) == '-')
            lineComment(2);
        else if (c == '/' && at(m_at + 1) == '*')
            block("/*", "*/");
        else if (c == '\'' || c == '"')
            quoted(c, false, true, 0, true);
        else
            ++m_at;
    }
}

void Lexer::lua()
{
    static constexpr ByteSet marks = bytesOf("-'\"");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        if (c == '-' && at(m_at + 1) == '-') {
            if (at(m_at + 2) == '[' && at(m_at + 3) == '[')
                block("--[[", "]]");
            else
                lineComment(2);
        } else if (c == '"' || c == '\'') {
            quoted(c, true, false);
        } else {
            ++m_at;
        }
    }
}

void Lexer::json()
{
    static constexpr ByteSet marks = bytesOf("/\"");
    while (!m_stopped && skipTo(marks)) {
        const char c = m_text[m_at];
        if (c == '"')
            quoted('"', true, false);
        else if (c == '/' && at(m_at + 1) == '/')
            lineComment(2);
        else if (c == '/' && at(m_at + 1) == '*')
            block("/*", "*/");
        else
            ++m_at;
    }
}

void Lexer::run(Syntax syntax, std::size_t begin, std::size_t end)
{
    m_begin = m_at = begin;
    m_end = end;
    switch (syntax) {
    case Syntax::C:
        return braces({.tripleQuotes = true});
    case Syntax::Go:
        return braces({.backtick = true});
    case Syntax::Rust:
        return braces({.nestedBlocks = true});
    case Syntax::JavaScript:
        return braces({.templates = true});
    case Syntax::Css:
        return braces({.lineComments = false});
    case Syntax::Python:
        return python();
    case Syntax::Shell:
        return shell();
    case Syntax::Ruby:
    case Syntax::Hash:
        return hash(false, false, false);
    case Syntax::Docker:
        return hash(true, false, false);
    case Syntax::Ini:
        return hash(true, true, false);
    case Syntax::Yaml:
        return yaml();
    case Syntax::Toml:
        return toml();
    case Syntax::Env:
        return env();
    case Syntax::Html:
        return html();
    case Syntax::Sql:
        return sql();
    case Syntax::Lua:
        return lua();
    case Syntax::Json:
        return json();
    case Syntax::Plain:
    case Syntax::Text:
        return;
    }
}

} // namespace

void lexText(Syntax syntax, std::string_view text, SpanSink &sink)
{
    Lexer(text, sink).run(syntax, 0, text.size());
}

} // namespace Switchyard
