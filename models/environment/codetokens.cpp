// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/codetokens.h"

#include "models/scan/lexer.h"

#include <algorithm>
#include <cstring>

namespace Switchyard {

namespace {

using Kind = CodeToken::Kind;
constexpr std::size_t npos = std::string_view::npos;

bool isNameByte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (c & 0x80) != 0;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Operators of more than one byte that a reader tells apart from their first.
constexpr std::string_view longOps[] = {"...", "===", "!==", "?\?=", "||=", "&&=", "??", "||", "&&", "?.", "=>", "==",
                                        "!=",  "<=",  ">=",  "+=",   "-=",  "*=",  "/=", "|=", "&=", ":=", "->", "**"};

QString unescaped(std::string_view text)
{
    if (text.find('\\') == npos)
        return QString::fromUtf8(text.data(), qsizetype(text.size()));
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            result += text[i];
            continue;
        }
        const char c = text[++i];
        if (c == 'n')
            result += '\n';
        else if (c == 't')
            result += '\t';
        else if (c == 'r')
            result += '\r';
        else if (std::strchr("\\'\"`$/", c) != nullptr)
            result += c;
        else if (c != '\n')
            result.append({'\\', c});
    }
    return QString::fromStdString(result);
}

} // namespace

/// Cuts what lies between strings and comments into names, numbers and operators.
class TokenMaker final : public SpanSink
{
public:
    TokenMaker(CodeTokens &tokens, std::size_t begin, std::size_t end)
        : m_tokens(tokens)
        , m_text(tokens.m_text)
        , m_base(begin)
        , m_at(begin)
        , m_end(end)
    {
    }
    bool span(const TextSpan &span) override;
    void finish() { code(m_end); }

private:
    bool python() const { return m_tokens.m_syntax == Syntax::Python; }
    void code(std::size_t end);
    void op(std::size_t end);
    void newline();
    void push(Kind kind, std::size_t begin, std::size_t end)
    {
        CodeToken token;
        token.begin = quint32(begin);
        token.end = quint32(end);
        token.kind = kind;
        m_tokens.m_tokens.push_back(token);
    }
    void bracket(char c);
    void string(const TextSpan &span, bool formatted, bool bytes, bool raw);
    void fill(std::size_t begin, std::size_t end);
    bool continued(std::size_t place) const;

    CodeTokens &m_tokens;
    std::string_view m_text;
    std::size_t m_base;
    std::size_t m_at;
    std::size_t m_end;
    std::vector<std::size_t> m_open;
};

/// Whether the line before the one that holds the place ends with a backslash.
bool TokenMaker::continued(std::size_t place) const
{
    while (place > m_base && (m_text[place - 1] == ' ' || m_text[place - 1] == '\t'))
        --place;
    if (place <= m_base || m_text[place - 1] != '\n')
        return false;
    --place;
    if (place > m_base && m_text[place - 1] == '\r')
        --place;
    return place > m_base && m_text[place - 1] == '\\';
}

bool TokenMaker::span(const TextSpan &relative)
{
    TextSpan span = relative;
    for (std::size_t *each : {&span.begin, &span.end, &span.outerBegin, &span.outerEnd})
        *each += m_base;
    code(span.outerBegin);
    m_at = std::max(m_at, span.outerEnd);
    if (!python()) {
        if (span.kind == TextClass::String)
            string(span, span.quote == '`' && !span.plain, false, false);
        return true;
    }
    bool formatted = false;
    bool bytes = false;
    bool raw = false;
    for (std::size_t i = span.outerBegin; i < span.begin; ++i) {
        formatted = formatted || m_text[i] == 'f' || m_text[i] == 'F';
        bytes = bytes || m_text[i] == 'b' || m_text[i] == 'B';
        raw = raw || m_text[i] == 'r' || m_text[i] == 'R';
    }
    // A string that begins a line is no docstring where the line before goes on, and an f-string never is one.
    if (span.kind == TextClass::String || (span.quote != 0 && (formatted || continued(span.outerBegin))))
        string(span, formatted, bytes, raw);
    return true;
}

void TokenMaker::string(const TextSpan &span, bool formatted, bool bytes, bool raw)
{
    push(Kind::String, span.outerBegin, span.outerEnd);
    CodeToken &token = m_tokens.m_tokens.back();
    token.innerBegin = quint32(span.begin);
    token.innerEnd = quint32(span.end);
    token.literal = !bytes && span.quote != '/';
    token.raw = raw;
    if (!formatted)
        return;
    const std::size_t before = m_tokens.m_filled.size();
    fill(span.begin, span.end);
    token.literal = token.literal && m_tokens.m_filled.size() == before;
}

/// The code in the braces of an f-string or a template; what stands deeper is found when that is read.
void TokenMaker::fill(std::size_t begin, std::size_t end)
{
    for (std::size_t i = begin; i < end; ++i) {
        const char next = i + 1 < end ? m_text[i + 1] : '\0';
        if (m_text[i] == '\\') {
            ++i;
            continue;
        }
        const bool opens = python() ? m_text[i] == '{' : m_text[i] == '$' && next == '{';
        if (!opens)
            continue;
        if (python() && next == '{') {
            ++i;
            continue;
        }
        const std::size_t from = i + (python() ? 1 : 2);
        std::size_t to = from;
        for (int depth = 1; to < end; ++to) {
            depth += m_text[to] == '{' ? 1 : m_text[to] == '}' ? -1 : 0;
            if (depth == 0)
                break;
        }
        m_tokens.m_filled.emplace_back(from, to);
        i = to;
    }
}

void TokenMaker::newline()
{
    if (python() && m_open.empty() && !m_tokens.m_tokens.empty() && m_tokens.m_tokens.back().kind != Kind::Newline)
        push(Kind::Newline, m_at, m_at + 1);
}

void TokenMaker::bracket(char c)
{
    auto &tokens = m_tokens.m_tokens;
    const std::size_t here = tokens.size() - 1;
    if (c == '(' || c == '[' || c == '{') {
        m_open.push_back(here);
        return;
    }
    const char wanted = c == ')' ? '(' : c == ']' ? '[' : '{';
    // What does not match is left alone, so that one wrong bracket does not undo the others.
    if (m_open.empty() || m_text[tokens[m_open.back()].begin] != wanted)
        return;
    tokens[m_open.back()].partner = quint32(here);
    tokens[here].partner = quint32(m_open.back());
    m_open.pop_back();
}

void TokenMaker::op(std::size_t end)
{
    const std::string_view rest = m_text.substr(m_at, end - m_at);
    for (const std::string_view each : longOps) {
        if (rest.starts_with(each)) {
            push(Kind::Op, m_at, m_at + each.size());
            m_at += each.size();
            return;
        }
    }
    const char c = m_text[m_at];
    push(Kind::Op, m_at, m_at + 1);
    ++m_at;
    if (std::strchr("()[]{}", c) != nullptr)
        bracket(c);
}

void TokenMaker::code(std::size_t end)
{
    while (m_at < end) {
        const char c = m_text[m_at];
        if (c == '\n') {
            newline();
            ++m_at;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\0') {
            ++m_at;
        } else if (c == '\\' && python()) {
            ++m_at;
            while (m_at < end && (m_text[m_at] == '\r' || m_text[m_at] == ' '))
                ++m_at;
            if (m_at < end && m_text[m_at] == '\n')
                ++m_at;
        } else if (isNameByte(c)) {
            const std::size_t begin = m_at;
            const bool number = isDigit(c);
            while (m_at < end && (isNameByte(m_text[m_at]) || (number && m_text[m_at] == '.')))
                ++m_at;
            push(number ? Kind::Number : Kind::Name, begin, m_at);
        } else {
            op(end);
        }
    }
}

CodeTokens::CodeTokens(Syntax syntax, std::string_view text, std::size_t begin, std::size_t end)
    : m_text(text)
    , m_syntax(syntax)
{
    TokenMaker maker(*this, begin, end);
    lexText(syntax, text.substr(begin, end - begin), maker);
    maker.finish();
    m_none.begin = m_none.end = m_none.innerBegin = m_none.innerEnd = quint32(end);
}

std::string_view CodeTokens::text(std::size_t i) const
{
    const CodeToken &token = (*this)[i];
    return m_text.substr(token.begin, token.end - token.begin);
}

bool CodeTokens::is(std::size_t i, std::string_view what) const
{
    const CodeToken &token = (*this)[i];
    return (token.kind == Kind::Op || token.kind == Kind::Name) && text(i) == what;
}

std::size_t CodeTokens::behind(std::size_t i) const
{
    const std::size_t partner = (*this)[i].partner;
    return partner > i ? partner + 1 : i + 1;
}

std::optional<QString> CodeTokens::literal(std::size_t i, std::size_t end) const
{
    if (i >= end)
        return {};
    QString result;
    for (; i < end; ++i) {
        const CodeToken &token = (*this)[i];
        if (token.kind == Kind::Newline)
            continue;
        if (token.kind != Kind::String || !token.literal)
            return {};
        const std::string_view inner = m_text.substr(token.innerBegin, token.innerEnd - token.innerBegin);
        result += token.raw ? QString::fromUtf8(inner.data(), qsizetype(inner.size())) : unescaped(inner);
    }
    return result;
}

CodeValue CodeTokens::value(std::size_t begin, std::size_t end) const
{
    if (std::optional<QString> string = literal(begin, end))
        return {string, false};
    if (begin >= end)
        return {};
    constexpr std::size_t longest = 300;
    const std::size_t length = std::min<std::size_t>((*this)[end - 1].end - (*this)[begin].begin, 4 * longest);
    const QString source = QString::fromUtf8(m_text.data() + (*this)[begin].begin, qsizetype(length));
    if (end == begin + 1) {
        if (is(begin, "None") || is(begin, "null") || is(begin, "undefined"))
            return {};
        const bool word = is(begin, "True") || is(begin, "False") || is(begin, "true") || is(begin, "false");
        return {source, !word && (*this)[begin].kind != Kind::Number};
    }
    if (end == begin + 2 && is(begin, "-") && (*this)[begin + 1].kind == Kind::Number)
        return {source, false};
    return {source.simplified().left(qsizetype(longest)), true};
}

std::size_t CodeTokens::expressionEnd(std::size_t i, std::initializer_list<std::string_view> ends) const
{
    // Bounded: without semicolons an expression of JavaScript seems to go on to the end of its block.
    constexpr std::size_t furthest = 5000;
    const std::size_t last = std::min(size(), i + furthest);
    while (i < last) {
        if ((*this)[i].kind == Kind::Newline || is(i, ")") || is(i, "]") || is(i, "}"))
            return i;
        if (std::any_of(ends.begin(), ends.end(), [&](std::string_view each) { return is(i, each); }))
            return i;
        i = behind(i);
    }
    return std::min(i, size());
}

std::vector<CodeArgument> codeArguments(const CodeTokens &tokens, std::size_t open)
{
    std::vector<CodeArgument> result;
    const std::size_t close = tokens[open].partner;
    std::size_t i = open + 1;
    while (i < close) {
        CodeArgument argument;
        if (tokens.isName(i) && tokens.is(i + 1, "=")) {
            argument.name = tokens.text(i);
            argument.nameAt = i;
            i += 2;
        }
        argument.begin = i;
        while (i < close && !tokens.is(i, ","))
            i = tokens.behind(i);
        argument.end = std::min(i, close);
        if (argument.end > argument.begin)
            result.push_back(argument);
        ++i;
    }
    return result;
}

} // namespace Switchyard
