// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/codelanguage.h"

class QFont;
class QPalette;
class QsciLexer;
class QsciScintilla;

namespace Switchyard {

/// The highlighter of a language, owned by the editor; nullptr for plain text. Diffs are painted by the colours of
/// added and removed lines.
QsciLexer *makeLexer(CodeLanguage language, QsciScintilla *editor);

/// Gives a lexer of makeLexer() the colours of the palette's theme.
void paintLexer(QsciLexer *lexer, CodeLanguage language, const QPalette &palette, const QFont &font);

} // namespace Switchyard
