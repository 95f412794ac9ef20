// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/filekind.h"

#include <QString>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace Switchyard {

/// A word of a program: small, because minified files have millions of them.
struct CodeToken
{
    enum class Kind : unsigned char
    {
        Name, ///< keywords too
        Number,
        String,
        Op,
        Newline, ///< Python: the end of a logical line
        End
    };
    quint32 begin = 0; ///< bytes of the text; strings with prefix and quotes
    quint32 end = 0;
    quint32 innerBegin = 0; ///< strings: between the quotes
    quint32 innerEnd = 0;
    quint32 partner = 0; ///< brackets: the index of the other one; 0 where there is none
    Kind kind = Kind::End;
    bool literal = false; ///< a string whose value stands there: no f-string, no bytes, nothing to be filled in
    bool raw = false;     ///< backslashes mean nothing
};

/// The text of an expression that a program falls back to.
struct CodeValue
{
    std::optional<QString> text; ///< nothing for None, null and undefined
    bool computed = false;       ///< an expression as it is written, not a value
};

/// The tokens of a stretch of Python or JavaScript, without comments. Never fails; linear. Keeps no copy of the text.
/// Indexes beyond the end give a token of kind End, so that a reader may look ahead freely.
class CodeTokens final
{
public:
    CodeTokens(Syntax syntax, std::string_view text, std::size_t begin, std::size_t end);

    std::size_t size() const { return m_tokens.size(); }
    const CodeToken &operator[](std::size_t i) const { return i < m_tokens.size() ? m_tokens[i] : m_none; }
    std::string_view text(std::size_t i) const;
    bool is(std::size_t i, std::string_view what) const;
    bool isName(std::size_t i) const { return (*this)[i].kind == CodeToken::Kind::Name; }
    bool isString(std::size_t i) const { return (*this)[i].kind == CodeToken::Kind::String; }
    /// Whether the token before i is this; false at the beginning.
    bool isBefore(std::size_t i, std::string_view what) const { return i > 0 && is(i - 1, what); }
    /// Behind the bracket that closes the one at i; i + 1 where none does.
    std::size_t behind(std::size_t i) const;

    /// The value of adjoining literal strings that begin at i and end before `end`; nothing for anything else.
    std::optional<QString> literal(std::size_t i, std::size_t end) const;
    CodeValue value(std::size_t begin, std::size_t end) const;
    /// The first token from i on, at the same depth, that is one of the ends; closing brackets end it too.
    std::size_t expressionEnd(std::size_t i, std::initializer_list<std::string_view> ends) const;

    /// Code inside strings: {…} of f-strings, ${…} of templates.
    const std::vector<std::pair<std::size_t, std::size_t>> &filled() const { return m_filled; }

private:
    friend class TokenMaker;
    std::string_view m_text;
    Syntax m_syntax;
    std::vector<CodeToken> m_tokens;
    std::vector<std::pair<std::size_t, std::size_t>> m_filled;
    CodeToken m_none;
};

/// An argument of a call, or an entry of a list: [begin, end) are tokens.
struct CodeArgument
{
    std::string_view name; ///< Python's keyword arguments
    std::size_t nameAt = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
};
/// Those between the bracket at `open` and its partner.
std::vector<CodeArgument> codeArguments(const CodeTokens &tokens, std::size_t open);

} // namespace Switchyard
