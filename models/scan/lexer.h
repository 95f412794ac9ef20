// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/filekind.h"

#include <cstddef>
#include <string_view>

namespace Switchyard {

enum class TextClass : unsigned char
{
    Code,
    String,
    Comment
};

/// A string or a comment. Whatever lies between two of them is code.
struct TextSpan
{
    std::size_t begin = 0; ///< first byte inside, behind the quote or the comment's mark
    std::size_t end = 0;   ///< behind the last byte inside
    std::size_t outerBegin = 0;
    std::size_t outerEnd = 0; ///< with prefix, quotes and marks
    TextClass kind = TextClass::Code;
    char quote = 0;    ///< ' " or `; 0 for comments
    bool plain = true; ///< a string without prefix, on one line, with nothing to be filled in
};

class SpanSink
{
public:
    virtual ~SpanSink() = default;
    /// In order of their beginning. False: no more is wanted.
    virtual bool span(const TextSpan &span) = 0;
};

/// Finds strings and comments by a small lexer of the language family. Never fails: where a text is not what its name
/// says, an unclosed string ends with its line in the languages that have it so, else with the text. Linear.
/// Docstrings of Python are comments.
void lexText(Syntax syntax, std::string_view text, SpanSink &sink);

} // namespace Switchyard
