// SPDX-License-Identifier: GPL-3.0-or-later
// Replacements that need no thought: a string literal that is an address and nothing else, and a port that is listened
// on.
#include "models/scan/bytetext.h"
#include "models/scan/judge.h"

namespace Switchyard {

using namespace ByteText;

namespace {

char significantBefore(std::string_view text, std::size_t i)
{
    while (i > 0 && (isBlank(text[i - 1]) || text[i - 1] == '\n'))
        --i;
    return before(text, i);
}

char significantAfter(std::string_view text, std::size_t i)
{
    while (isBlank(at(text, i)) || at(text, i) == '\n')
        ++i;
    return at(text, i);
}

/// The word that ends `gap` bytes before i, blanks aside.
std::string_view wordBefore(std::string_view text, std::size_t i, std::size_t gap = 0)
{
    i -= std::min(i, gap);
    while (i > 0 && (isBlank(text[i - 1]) || text[i - 1] == '\n'))
        --i;
    const std::size_t end = i;
    while (i > 0 && isWord(text[i - 1]))
        --i;
    return text.substr(i, end - i);
}

std::string_view firstWordOfLine(std::string_view text, std::size_t place)
{
    const std::string_view line = lineBefore(text, place);
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == npos)
        return {};
    std::size_t end = begin;
    while (end < line.size() && isWord(line[end]))
        ++end;
    return line.substr(begin, end - begin);
}

/// Where the variable has the name of what the literal is given to, it holds the whole address, else scheme and host.
bool holdsWhole(const ScanHit &hit, const ScanText &text, const std::string &variable)
{
    const std::string own = upperSnake(nameFor(text.text, hit.span.outerBegin));
    return !own.empty() && variable.ends_with(own);
}

std::optional<ScanEdit> pythonEdit(const ScanHit &hit, const ScanText &text, const std::string &variable)
{
    const std::string_view bytes = text.text;
    const TextSpan &span = hit.span;
    const char left = significantBefore(bytes, span.outerBegin);
    const char right = significantAfter(bytes, span.outerEnd);
    // Pieces of one string beside each other, keys of a dict, patterns of a match, annotations.
    const bool joined = isQuote(left) || isQuote(right);
    const std::string_view word = firstWordOfLine(bytes, span.outerBegin);
    if (joined || right == ':' || word == "case" || word == "from" || word == "import" ||
        lineBefore(bytes, span.outerBegin).find("Literal[") != npos ||
        lineBefore(bytes, span.outerBegin).find("f\"") != npos || lineBefore(bytes, span.outerBegin).find("f'") != npos)
        return {};
    const bool whole = holdsWhole(hit, text, variable);
    const std::string_view tail = whole ? std::string_view() : bytes.substr(hit.end, span.end - hit.end);
    const std::string read = "os.environ[\"" + variable + "\"]";
    ScanEdit edit;
    const char quote = span.quote;
    const std::string text_ = tail.empty() ? read : "(" + read + " + " + quote + std::string(tail) + quote + ")";
    edit.text = QByteArray(text_.data(), qsizetype(text_.size()));
    edit.needsImportOs = true;
    return edit;
}

std::optional<ScanEdit> scriptEdit(const ScanHit &hit, const ScanText &text, const ProjectIndex &project,
                                   const std::string &variable)
{
    const std::string_view bytes = text.text;
    const TextSpan &span = hit.span;
    const char left = significantBefore(bytes, span.outerBegin);
    const char right = significantAfter(bytes, span.outerEnd);
    const std::string_view word = wordBefore(bytes, span.outerBegin);
    const std::string_view first = firstWordOfLine(bytes, span.outerBegin);
    // Module names, keys, directives, literal types, the attributes of JSX.
    const bool key = right == ':' && (left == '{' || left == ',');
    const bool attribute = before(bytes, span.outerBegin) == '=';
    const bool statement = left == ';' || left == 0 || left == '}';
    if (word == "from" || word == "import" || word == "case" || wordBefore(bytes, span.outerBegin, 1) == "require" ||
        wordBefore(bytes, span.outerBegin, 1) == "import" || key || attribute || statement || first == "type" ||
        first == "interface" || first == "import" || left == '|' || right == '|' || left == '<')
        return {};
    if (text.hasEnum)
        return {};
    const std::string_view tail =
        holdsWhole(hit, text, variable) ? std::string_view() : bytes.substr(hit.end, span.end - hit.end);
    if (tail.find_first_of("`$\\") != npos)
        return {};
    const std::string read = std::string(project.accessor(text.file)) + variable;
    const std::string whole = tail.empty() ? read : "`${" + read + "}" + std::string(tail) + "`";
    ScanEdit edit;
    edit.text = QByteArray(whole.data(), qsizetype(whole.size()));
    return edit;
}

/// `app.listen(3000)` and `uvicorn.run(app, port=8000)`: the variable first, the number as its default.
std::optional<ScanEdit> portEdit(const ScanHit &hit, const ScanText &text)
{
    if (hit.where != TextClass::Code || hit.severity != ScanSeverity::Warning || lowered(hit.name) != "port")
        return {};
    const std::string_view bytes = text.text;
    ScanEdit edit;
    std::string whole;
    if (text.kind.syntax == Syntax::JavaScript && lineBefore(bytes, hit.begin).ends_with(".listen(")) {
        whole = "process.env.PORT || " + hit.shown;
    } else if (text.kind.syntax == Syntax::Python && lineBefore(bytes, hit.begin).ends_with("port=") &&
               (significantAfter(bytes, hit.end) == ')' || significantAfter(bytes, hit.end) == ',')) {
        whole = "int(os.environ.get(\"PORT\", \"" + hit.shown + "\"))";
        edit.needsImportOs = true;
    } else {
        return {};
    }
    edit.begin = qint64(hit.begin);
    edit.end = qint64(hit.end);
    edit.text = QByteArray(whole.data(), qsizetype(whole.size()));
    edit.before = QByteArray(hit.shown.data(), qsizetype(hit.shown.size()));
    edit.variable = QStringLiteral("PORT");
    return edit;
}

} // namespace

std::optional<ScanEdit> editFor(const ScanHit &hit, const ScanText &text, const ProjectIndex &project,
                                const std::string &variable)
{
    if (text.fromUtf16 || text.kind.role == FileRole::Docs || variable.empty())
        return {};
    if (hit.kind == ScanKind::Port)
        return portEdit(hit, text);
    const bool program = text.kind.syntax == Syntax::Python || text.kind.syntax == Syntax::JavaScript;
    const bool web = isOneOf(hit.scheme, {"http", "https", "ws", "wss"});
    const TextSpan &span = hit.span;
    // A list of origins is no single variable, and a default behind a variable already is one.
    if (hit.kind != ScanKind::PlatformHost || !program || !web || hit.where != TextClass::String || !span.plain ||
        hit.begin != span.begin || hit.urlEnd < span.end || variable == "CORS_ORIGINS" ||
        isEnvironmentDefault(text.text, span.outerBegin) || hit.host.find_first_of("*\\") != npos)
        return {};
    std::optional<ScanEdit> edit =
        text.kind.syntax == Syntax::Python ? pythonEdit(hit, text, variable) : scriptEdit(hit, text, project, variable);
    if (!edit)
        return {};
    edit->begin = qint64(span.outerBegin);
    edit->end = qint64(span.outerEnd);
    edit->before = QByteArray(text.text.data() + span.outerBegin, qsizetype(span.outerEnd - span.outerBegin));
    edit->variable = QString::fromStdString(variable);
    const std::size_t end = holdsWhole(hit, text, variable) ? span.end : hit.end;
    edit->origin = QString::fromUtf8(text.text.data() + hit.begin, qsizetype(end - hit.begin));
    edit->scope = QString::fromStdString(std::string(project.scope(text.file)));
    return edit;
}

} // namespace Switchyard
