// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/codelanguage.h"

#include <QHash>
#include <QList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QsciLexer;
class QsciScintilla;

namespace Switchyard {

/// Why a line has a mark in the margin; each has a shape of its own.
enum class MarkKind
{
    Note,
    Loss,
    Warning,
    Error
};

struct CodeMark
{
    int line = 0; ///< from 1
    MarkKind kind = MarkKind::Note;
    QString tip; ///< plain text; may hold what a stranger wrote
    bool operator==(const CodeMark &) const = default;
};

/// A text editor with line numbers, highlighting, marks in the margin and a search bar of its own. The text is UTF-8,
/// and every byte of it that nobody edits stays as it is: line ends, a byte order mark, what is at the end.
class CodeEditor final : public QWidget
{
    Q_OBJECT
public:
    CodeEditor(const QString &name, const QString &accessibleName, QWidget *parent = nullptr);
    ~CodeEditor() override;

    /// Another document: the history of edits begins anew, edited() stays silent.
    void setDocument(const QByteArray &text, CodeLanguage language);
    /// The same document with another text, where the view stays.
    void setContents(const QByteArray &text, CodeLanguage language);
    QByteArray contents() const;
    void setReadOnly(bool on);
    /// Long lines go on below, indented.
    void setWrapped(bool on);

    /// Replaces all marks. Of several on one line the worst is drawn, and the tip holds all.
    void setMarks(const QList<CodeMark> &marks);
    QString tipOf(int line) const { return m_tips.value(line); }
    /// The kind of mark that is drawn on the line, -1 where there is none.
    int markOf(int line) const;

    /// Puts the cursor there and the line in sight, with a bar behind it; line 0 takes the bar away.
    void goTo(int line, int column = 1);
    int currentLine() const;
    int shownLine() const { return m_shown; } ///< the line with the bar, 0: none

    void openFind();
    void findNext(bool backward = false);
    bool hasTextFocus() const;

Q_SIGNALS:
    /// The person changed the text.
    void edited();

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void setBytes(const QByteArray &text);
    void setLanguage(CodeLanguage language);
    void paint();
    void defineMarks();
    void fitNumbers();
    bool showTip(const QPoint &at);
    void makeFindBar();
    void closeFind();
    void search(bool backward, bool fromHere);

    QsciScintilla *m_text;
    QsciLexer *m_lexer = nullptr;
    CodeLanguage m_language = CodeLanguage::Plain;
    bool m_languageSet = false;
    bool m_quiet = false;
    int m_shown = 0;
    QHash<int, QString> m_tips;
    QList<CodeMark> m_marks;
    QWidget *m_findBar = nullptr;
    QLineEdit *m_find = nullptr;
    QLabel *m_findResult = nullptr;
};

} // namespace Switchyard
