// SPDX-License-Identifier: GPL-3.0-or-later
// QScintilla has lexers for YAML, JSON and diffs. TOML, Dockerfiles and the line formats are small enough to be told
// apart here, line by line.
#include "ui/manifests/lexers.h"

#include "ui/common/theme.h"

#include <Qsci/qscilexercustom.h>
#include <Qsci/qscilexerdiff.h>
#include <Qsci/qscilexerjson.h>
#include <Qsci/qscilexeryaml.h>
#include <Qsci/qsciscintilla.h>

#include <QFileInfo>
#include <QFont>
#include <QPalette>

#include <cctype>

namespace Switchyard {

CodeLanguage codeLanguageOf(const QString &fileName)
{
    const QString name = QFileInfo(fileName).fileName().toLower();
    const QString suffix = QFileInfo(fileName).suffix().toLower();
    const auto is = [](const QString &text, const char *word) { return text == QLatin1StringView(word); };
    if (is(suffix, "yaml") || is(suffix, "yml"))
        return CodeLanguage::Yaml;
    if (is(suffix, "toml"))
        return CodeLanguage::Toml;
    if (is(suffix, "json"))
        return CodeLanguage::Json;
    if (name.startsWith(QLatin1StringView("dockerfile")) || is(suffix, "dockerfile") || is(name, "containerfile"))
        return CodeLanguage::Dockerfile;
    if (name.startsWith(QLatin1StringView("procfile")))
        return CodeLanguage::Procfile;
    if (is(name, "_redirects"))
        return CodeLanguage::Redirects;
    return name.startsWith(QLatin1StringView(".env")) || is(suffix, "env") ? CodeLanguage::Environment
                                                                           : CodeLanguage::Plain;
}

namespace {

enum Style
{
    Text = 0,
    Comment,
    Key,
    String,
    Number,
    Keyword,
    Section,
    Reference
};

/// What a line leaves open for the next.
enum LineState
{
    Closed = 0,
    InBasicString,   ///< TOML """
    InLiteralString, ///< TOML '''
    Continued        ///< Dockerfile: the line before ended with a backslash
};

bool isWordByte(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
}

/// One line, without its end, as stretches of one style each.
class LineStyler
{
public:
    LineStyler(const QByteArray &line, QByteArray &styles)
        : m_line(line)
        , m_styles(styles)
    {
        m_styles.fill(char(Text), m_line.size());
    }

    int toml(int state);
    int dockerfile(int state);
    void procfile();
    void redirects();
    void environment();

private:
    void mark(qsizetype from, qsizetype to, Style style)
    {
        for (qsizetype i = from; i < to && i < m_styles.size(); ++i)
            m_styles[i] = char(style);
    }
    qsizetype skipSpaces(qsizetype at) const
    {
        while (at < m_line.size() && std::isspace(static_cast<unsigned char>(m_line[at])))
            ++at;
        return at;
    }
    qsizetype wordEnd(qsizetype at) const
    {
        while (at < m_line.size() && isWordByte(m_line[at]))
            ++at;
        return at;
    }
    /// Behind the closing quote, or the end of the line.
    qsizetype quoted(qsizetype at, bool escapes) const
    {
        const char quote = m_line[at];
        for (qsizetype i = at + 1; i < m_line.size(); ++i) {
            if (escapes && m_line[i] == '\\')
                ++i;
            else if (m_line[i] == quote)
                return i + 1;
        }
        return m_line.size();
    }
    bool isComment() const { return m_line.trimmed().startsWith('#'); }
    void references(qsizetype from);
    qsizetype tomlString(qsizetype at, int *state);
    qsizetype tomlWord(qsizetype at);

    const QByteArray &m_line;
    QByteArray &m_styles;
};

qsizetype LineStyler::tomlString(qsizetype at, int *state)
{
    const char quote = m_line[at];
    const QByteArray triple(3, quote);
    if (m_line.mid(at, 3) == triple) {
        const qsizetype end = m_line.indexOf(triple, at + 3);
        if (end < 0) {
            *state = quote == '"' ? InBasicString : InLiteralString;
            return m_line.size();
        }
        return end + 3;
    }
    return quoted(at, quote == '"');
}

qsizetype LineStyler::tomlWord(qsizetype at)
{
    const qsizetype end = wordEnd(at);
    const QByteArray word = m_line.mid(at, end - at);
    const qsizetype next = skipSpaces(end);
    if (next < m_line.size() && m_line[next] == '=')
        mark(at, end, Key);
    else if (word == "true" || word == "false")
        mark(at, end, Keyword);
    else if (std::isdigit(static_cast<unsigned char>(word[0])) || word[0] == '-')
        mark(at, end, Number);
    return end;
}

int LineStyler::toml(int state)
{
    qsizetype at = 0;
    if (state == InBasicString || state == InLiteralString) {
        const qsizetype end = m_line.indexOf(state == InBasicString ? "\"\"\"" : "'''");
        if (end < 0) {
            mark(0, m_line.size(), String);
            return state;
        }
        at = end + 3;
        mark(0, at, String);
    } else if (const qsizetype first = skipSpaces(0); first < m_line.size() && m_line[first] == '[') {
        // A header has nothing but words between its brackets; an element of a list has commas.
        const qsizetype end = m_line.indexOf(']', first);
        const QByteArray inside = m_line.mid(first, end - first);
        if (end > 0 && !inside.contains(',') && !m_line.mid(end).contains(',')) {
            at = m_line.mid(end, 2) == "]]" ? end + 2 : end + 1;
            mark(first, at, Section);
        }
    }
    int next = Closed;
    while (at < m_line.size()) {
        const char c = m_line[at];
        if (c == '#') {
            mark(at, m_line.size(), Comment);
            break;
        }
        if (c == '"' || c == '\'') {
            const qsizetype end = tomlString(at, &next);
            const qsizetype after = skipSpaces(end);
            mark(at, end, after < m_line.size() && m_line[after] == '=' ? Key : String);
            at = end;
        } else {
            at = isWordByte(c) ? tomlWord(at) : at + 1;
        }
    }
    return next;
}

void LineStyler::references(qsizetype from)
{
    for (qsizetype at = m_line.indexOf('$', from); at >= 0; at = m_line.indexOf('$', at + 1)) {
        const bool braced = m_line.mid(at + 1, 1) == "{";
        const qsizetype end = braced ? m_line.indexOf('}', at) + 1 : wordEnd(at + 1);
        mark(at, end > at ? end : m_line.size(), Reference);
    }
}

int LineStyler::dockerfile(int state)
{
    if (isComment()) {
        mark(0, m_line.size(), Comment);
        return state; // A comment between continued lines ends nothing.
    }
    qsizetype at = skipSpaces(0);
    if (state != Continued) {
        const qsizetype end = wordEnd(at);
        mark(at, end, Keyword);
        at = end;
    }
    while (at < m_line.size()) {
        const char c = m_line[at];
        if (c == '"' || c == '\'') {
            const qsizetype end = quoted(at, c == '"');
            mark(at, end, String);
            at = end;
            continue;
        }
        if (!isWordByte(c)) {
            ++at;
            continue;
        }
        const qsizetype end = wordEnd(at);
        const QByteArray word = m_line.mid(at, end - at);
        if (word == "AS" || word == "as")
            mark(at, end, Keyword);
        else if (end < m_line.size() && m_line[end] == '=')
            mark(at, end, Key);
        at = end;
    }
    references(0);
    const QByteArray text = m_line.trimmed();
    return text.endsWith('\\') || (text.isEmpty() && state == Continued) ? Continued : Closed;
}

void LineStyler::procfile()
{
    if (isComment())
        return mark(0, m_line.size(), Comment);
    if (const qsizetype colon = m_line.indexOf(':'); colon > 0)
        mark(0, colon, Key);
    references(0);
}

void LineStyler::redirects()
{
    if (isComment())
        return mark(0, m_line.size(), Comment);
    int field = 0;
    for (qsizetype at = skipSpaces(0); at < m_line.size(); ++field) {
        qsizetype end = at;
        while (end < m_line.size() && !std::isspace(static_cast<unsigned char>(m_line[end])))
            ++end;
        const bool number = std::isdigit(static_cast<unsigned char>(m_line[at]));
        mark(at, end, field == 0 ? Key : number ? Number : String);
        at = skipSpaces(end);
    }
}

void LineStyler::environment()
{
    if (isComment())
        return mark(0, m_line.size(), Comment);
    if (const qsizetype equals = m_line.indexOf('='); equals > 0) {
        mark(0, equals, Key);
        references(equals);
    }
}

class LineLexer final : public QsciLexerCustom
{
public:
    LineLexer(CodeLanguage language, QObject *parent)
        : QsciLexerCustom(parent)
        , m_language(language)
    {
    }
    const char *language() const override { return "manifest"; }
    QString description(int style) const override { return style <= Reference ? QString::number(style) : QString(); }
    void styleText(int start, int end) override;

private:
    CodeLanguage m_language;
};

void LineLexer::styleText(int start, int end)
{
    using Base = QsciScintillaBase;
    QsciScintilla *text = editor();
    if (!text)
        return;
    const auto ask = [text](unsigned int message, long value) { return text->SendScintilla(message, value); };
    long line = ask(Base::SCI_LINEFROMPOSITION, start);
    const long last = ask(Base::SCI_GETLINECOUNT, 0);
    int state = line > 0 ? int(ask(Base::SCI_GETLINESTATE, line - 1)) : int(Closed);
    startStyling(int(ask(Base::SCI_POSITIONFROMLINE, line)));
    for (; line < last; ++line) {
        const long from = ask(Base::SCI_POSITIONFROMLINE, line);
        if (from >= end)
            break;
        const long length = ask(Base::SCI_LINELENGTH, line);
        QByteArray bytes(length, '\0');
        if (length > 0)
            text->SendScintilla(Base::SCI_GETLINE, static_cast<unsigned long>(line), static_cast<void *>(bytes.data()));
        QByteArray styles;
        LineStyler styler(bytes, styles);
        switch (m_language) {
        case CodeLanguage::Toml:
            state = styler.toml(state);
            break;
        case CodeLanguage::Dockerfile:
            state = styler.dockerfile(state);
            break;
        case CodeLanguage::Procfile:
            styler.procfile();
            break;
        case CodeLanguage::Redirects:
            styler.redirects();
            break;
        default:
            styler.environment();
            break;
        }
        text->SendScintilla(Base::SCI_SETLINESTATE, static_cast<unsigned long>(line), static_cast<long>(state));
        for (qsizetype i = 0; i < styles.size();) {
            qsizetype stop = i;
            while (stop < styles.size() && styles[stop] == styles[i])
                ++stop;
            setStyling(int(stop - i), styles[i]);
            i = stop;
        }
    }
}

/// The meaning of a style of one of QScintilla's lexers.
Style meaningOf(CodeLanguage language, int style)
{
    if (language == CodeLanguage::Yaml) {
        switch (style) {
        case QsciLexerYAML::Comment:
            return Comment;
        case QsciLexerYAML::Identifier:
            return Key;
        case QsciLexerYAML::Keyword:
            return Keyword;
        case QsciLexerYAML::Number:
            return Number;
        case QsciLexerYAML::Reference:
            return Reference;
        case QsciLexerYAML::DocumentDelimiter:
        case QsciLexerYAML::TextBlockMarker:
            return Section;
        default:
            return Text;
        }
    }
    switch (style) {
    case QsciLexerJSON::Number:
        return Number;
    case QsciLexerJSON::String:
    case QsciLexerJSON::IRI:
    case QsciLexerJSON::IRICompact:
    case QsciLexerJSON::EscapeSequence:
        return String;
    case QsciLexerJSON::Property:
        return Key;
    case QsciLexerJSON::CommentLine:
    case QsciLexerJSON::CommentBlock:
        return Comment;
    case QsciLexerJSON::Keyword:
        return Keyword;
    default:
        return Text;
    }
}

QColor colourOf(Style style, const ThemeColors &colours)
{
    switch (style) {
    case Comment:
        return colours.faded;
    case Key:
    case Section:
        return colours.accent;
    case String:
        return colours.up;
    case Number:
        return colours.degraded;
    case Keyword:
    case Reference:
        return colours.action;
    case Text:
        break;
    }
    return colours.text;
}

} // namespace

QsciLexer *makeLexer(CodeLanguage language, QsciScintilla *editor)
{
    switch (language) {
    case CodeLanguage::Plain:
        return nullptr;
    case CodeLanguage::Yaml:
        return new QsciLexerYAML(editor);
    case CodeLanguage::Json: {
        auto *lexer = new QsciLexerJSON(editor);
        lexer->setHighlightComments(true);
        return lexer;
    }
    case CodeLanguage::Diff:
        return new QsciLexerDiff(editor);
    default:
        return new LineLexer(language, editor);
    }
}

void paintLexer(QsciLexer *lexer, CodeLanguage language, const QPalette &palette, const QFont &font)
{
    const ThemeColors &colours = themeColors(palette);
    const QColor paper = palette.color(QPalette::Base);
    lexer->setDefaultFont(font);
    lexer->setDefaultColor(colours.text);
    lexer->setDefaultPaper(paper);
    lexer->setFont(font);
    lexer->setColor(colours.text);
    lexer->setPaper(paper);
    constexpr int mostStyles = 32;
    for (int style = 0; style < mostStyles; ++style) {
        if (lexer->description(style).isEmpty())
            continue;
        if (language == CodeLanguage::Diff) {
            const bool added = style == QsciLexerDiff::LineAdded;
            const bool removed = style == QsciLexerDiff::LineRemoved;
            const bool head = style == QsciLexerDiff::Command || style == QsciLexerDiff::Header;
            lexer->setColor(style == QsciLexerDiff::Position ? colours.accent
                            : head                           ? colours.faded
                                                             : colours.text,
                            style);
            lexer->setPaper(added ? colours.tintUp : removed ? colours.tintDown : paper, style);
            lexer->setEolFill(added || removed, style);
            continue;
        }
        const bool own = language != CodeLanguage::Yaml && language != CodeLanguage::Json;
        const Style meaning = own ? Style(style) : meaningOf(language, style);
        lexer->setColor(colourOf(meaning, colours), style);
        QFont styled = font;
        styled.setBold(meaning == Section);
        styled.setItalic(meaning == Comment);
        lexer->setFont(styled, style);
        lexer->setEolFill(false, style);
    }
}

} // namespace Switchyard
