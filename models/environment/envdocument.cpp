// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/envdocument.h"

#include "models/environment/readers.h"

#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

using namespace EnvText;
constexpr Spaces anySpace = Spaces::Python;

/// Reads one statement after the other, by the grammar that most people mean: python-dotenv's, backticks, and
/// `NAME: value`.
class TolerantWalk final
{
public:
    explicit TolerantWalk(std::string_view text)
        : m_text(text)
        , m_size(qsizetype(text.size()))
    {
    }

    template <typename Visit>
    void walk(Visit visit)
    {
        qsizetype at = 0;
        int line = 1;
        while (at < m_size) {
            EnvNode node;
            node.begin = quint32(at);
            node.line = quint32(line);
            const qsizetype end = afterBreak(m_text, statement(at == 0 && hasBom(m_text) ? 3 : at, node));
            node.end = quint32(end);
            visit(node);
            for (qsizetype k = at; k < end; ++line) {
                const qsizetype stop = lineEnd(m_text, k);
                if (stop >= end)
                    break;
                k = afterBreak(m_text, stop);
            }
            at = end;
        }
    }

private:
    char at(qsizetype offset) const { return offset < m_size ? m_text[std::size_t(offset)] : '\0'; }

    qsizetype broken(EnvNode &node, qsizetype at, const char *why)
    {
        node.kind = EnvNode::Kind::Broken;
        node.problem = why;
        node.problemAt = quint32(at);
        return lineEnd(m_text, at);
    }

    /// Returns the end of the statement's last line.
    qsizetype statement(qsizetype begin, EnvNode &node)
    {
        qsizetype i = skipBlank(m_text, begin, anySpace);
        if (i >= m_size || at(i) == '\n' || at(i) == '\r')
            return i;
        if (at(i) == '#') {
            node.kind = EnvNode::Kind::Comment;
            return lineEnd(m_text, i);
        }
        const qsizetype afterExport = startsWith(m_text, i, "export") ? skipBlank(m_text, i + 6, anySpace) : i;
        if (afterExport > i + 6 && at(afterExport) != '=') {
            node.exported = true;
            i = afterExport;
        }
        qsizetype end = i;
        const bool quotedName = at(i) == '\'';
        if (quotedName) {
            const std::size_t close = m_text.find_first_of("'\r\n", std::size_t(i) + 1);
            if (close == std::string_view::npos || m_text[close] != '\'' || qsizetype(close) == i + 1)
                return broken(node, i, "a quote that does not end");
            end = qsizetype(close) + 1;
        } else {
            while (end < m_size && at(end) != '=' && at(end) != '#' && spaceAt(m_text, end, anySpace) == 0 &&
                   !(at(end) == ':' && (end + 1 >= m_size || spaceAt(m_text, end + 1, anySpace) > 0)))
                ++end;
        }
        if (end == i)
            return broken(node, i, "a name is missing");
        node.nameBegin = quint32(quotedName ? i + 1 : i);
        node.nameEnd = quint32(quotedName ? end - 1 : end);
        i = skipBlank(m_text, end, anySpace);
        const bool colon = i == end && at(i) == ':';
        if (at(i) == '=' || colon)
            return value(i + 1, node);
        node.kind = EnvNode::Kind::Bare;
        node.valueBegin = node.valueEnd = quint32(end);
        if (at(i) == '#' || i >= m_size || at(i) == '\n' || at(i) == '\r')
            return lineEnd(m_text, i);
        return broken(node, i, "neither NAME=value nor a comment");
    }

    qsizetype value(qsizetype begin, EnvNode &node)
    {
        const qsizetype i = skipBlank(m_text, begin, anySpace);
        const char quote = at(i);
        node.kind = EnvNode::Kind::Assignment;
        if (quote == '\'' || quote == '"' || quote == '`') {
            const qsizetype close = closingQuote(m_text, i);
            const qsizetype after = close < 0 ? -1 : skipBlank(m_text, close + 1, anySpace);
            const bool ends = after >= 0 && (after >= m_size || at(after) == '\n' || at(after) == '\r' ||
                                             (at(after) == '#' && after > close + 1));
            // Where text follows the closing quote on a later line, it belongs to somebody else.
            const bool sameLine = close >= 0 && lineEnd(m_text, i) > close;
            if (ends) {
                node.quoting = quote == '"'    ? EnvQuoting::Double
                               : quote == '\'' ? EnvQuoting::Single
                                               : EnvQuoting::Backtick;
                node.valueBegin = quint32(i);
                node.valueEnd = quint32(close + 1);
                return lineEnd(m_text, after);
            }
            return broken(node, i, sameLine ? "text behind the closing quote" : "a quote that does not end");
        }
        const qsizetype end = lineEnd(m_text, i);
        std::string_view part = slice(m_text, i, end);
        for (qsizetype k = 0; k < qsizetype(part.size());) {
            const qsizetype after = skipSpace(part, k, anySpace);
            if (after > k && startsWith(part, after, "#")) {
                part = part.substr(0, std::size_t(k));
                break;
            }
            k = after > k ? after : k + 1;
        }
        part = trimmedRight(part, anySpace);
        if (i > begin && part.starts_with('#'))
            part = {}; // "A= # what it is for"
        node.valueBegin = quint32(i);
        node.valueEnd = quint32(i + qsizetype(part.size()));
        return end;
    }

    std::string_view m_text;
    qsizetype m_size;
};

QString valueOf(std::string_view text, const EnvNode &node)
{
    const std::string_view written = slice(text, node.valueBegin, node.valueEnd);
    if (node.quoting == EnvQuoting::None)
        return toText(written);
    const QByteArray inner = unixBreaks(written.substr(1, written.size() - 2));
    return toText(node.quoting == EnvQuoting::Backtick ? inner : decodePythonEscapes(inner, written.front()));
}

QString nameOf(std::string_view text, const EnvNode &node)
{
    return toText(slice(text, node.nameBegin, node.nameEnd));
}

} // namespace

EnvReading readTolerantly(std::string_view text)
{
    EnvReading reading;
    TolerantWalk(text).walk([&](const EnvNode &node) {
        if (node.kind == EnvNode::Kind::Broken) {
            addProblem(reading, node.problemAt, QString::fromLatin1(node.problem));
            return;
        }
        if (node.kind != EnvNode::Kind::Assignment && node.kind != EnvNode::Kind::Bare)
            return;
        EnvAssignment assignment;
        assignment.name = nameOf(text, node);
        assignment.bare = node.kind == EnvNode::Kind::Bare;
        if (!assignment.bare)
            assignment.value = valueOf(text, node);
        assignment.exported = node.exported;
        assignment.quoting = node.quoting;
        assignment.range = {node.begin, node.end};
        assignment.nameRange = {node.nameBegin, node.nameEnd};
        assignment.valueRange = {node.valueBegin, node.valueEnd};
        reading.assignments.append(assignment);
    });
    return reading;
}

EnvDocument EnvDocument::parse(const QByteArray &text)
{
    EnvDocument document;
    document.m_text = text;
    TolerantWalk(view(document.m_text)).walk([&](const EnvNode &node) { document.m_nodes.push_back(node); });
    return document;
}

QString EnvDocument::name(const EnvNode &node) const
{
    return nameOf(view(m_text), node);
}

QString EnvDocument::value(const EnvNode &node) const
{
    return node.kind == EnvNode::Kind::Assignment ? valueOf(view(m_text), node) : QString();
}

Place EnvDocument::place(const EnvNode &node, const QString &file) const
{
    const auto line = slice(view(m_text), node.begin, std::max(node.nameBegin, node.begin));
    return {file, int(node.line), int(toText(line).toUcs4().size()) + 1};
}

Place EnvDocument::problemPlace(const EnvNode &node, const QString &file) const
{
    const auto line = slice(view(m_text), node.begin, std::max(node.problemAt, node.begin));
    return {file, int(node.line), int(toText(line).toUcs4().size()) + 1};
}

const EnvNode *EnvDocument::find(QStringView name) const
{
    const QByteArray wanted = name.toUtf8();
    for (auto node = m_nodes.crbegin(); node != m_nodes.crend(); ++node) {
        if (node->kind == EnvNode::Kind::Assignment &&
            slice(view(m_text), node->nameBegin, node->nameEnd) == view(wanted))
            return &*node;
    }
    return nullptr;
}

Result<void> EnvDocument::set(const QString &name, const QString &value)
{
    if (!isPortableName(name))
        return fail(ErrorKind::Usage, QStringLiteral("%1 cannot be the name of a variable here").arg(name),
                    QStringLiteral("letters, digits and _, no digit first"));
    const EnvNode *node = find(name);
    const Result<QByteArray> written = quoteForDotenv(value, node ? node->quoting : EnvQuoting::None);
    if (!written)
        return tl::unexpected(written.error());
    QByteArray text = m_text;
    if (node) {
        text.replace(qsizetype(node->valueBegin), qsizetype(node->valueEnd - node->valueBegin), *written);
    } else {
        const QByteArray lineBreak = m_text.contains("\r\n") ? "\r\n" : "\n";
        if (!text.isEmpty() && !text.endsWith('\n') && !text.endsWith('\r'))
            text += lineBreak;
        text += name.toUtf8() + '=' + *written + lineBreak;
    }
    const std::size_t nodes = m_nodes.size() + (node ? 0 : 1);
    EnvDocument edited = parse(text);
    const EnvNode *again = edited.find(name);
    if (!again || edited.value(*again) != value || edited.m_nodes.size() != nodes)
        return fail(ErrorKind::Usage,
                    QStringLiteral("%1 cannot get this value without changing how the rest is read").arg(name),
                    QStringLiteral("mend the broken lines of the file first"));
    *this = std::move(edited);
    return {};
}

bool EnvDocument::remove(const QString &name)
{
    QByteArray text;
    bool found = false;
    for (const EnvNode &node : m_nodes) {
        const bool goes =
            (node.kind == EnvNode::Kind::Assignment || node.kind == EnvNode::Kind::Bare) && this->name(node) == name;
        found = found || goes;
        if (!goes)
            text.append(m_text.constData() + node.begin, qsizetype(node.end - node.begin));
    }
    if (found)
        *this = parse(text);
    return found;
}

bool isPlainEnvValue(const QByteArray &value)
{
    return std::all_of(value.begin(), value.end(), [](char c) {
        return isWord(c) || std::string_view("./:@%+,=-").find(c) != std::string_view::npos;
    });
}

Result<QByteArray> quoteForDotenv(const QString &value, EnvQuoting usual)
{
    if (value.contains(QChar(u'\0')))
        return fail(ErrorKind::Usage, QStringLiteral("no environment can hold a NUL"));
    const QByteArray bytes = value.toUtf8();
    const auto escaped = [&] {
        QByteArray text = bytes;
        text.replace('\n', "\\n").replace('\r', "\\r");
        return '"' + text + '"';
    };
    const auto form = [&](EnvQuoting quoting) {
        switch (quoting) {
        case EnvQuoting::Single:
            return '\'' + bytes + '\'';
        case EnvQuoting::Double:
            return escaped();
        default:
            return bytes;
        }
    };
    QList<QByteArray> forms;
    if (usual == EnvQuoting::Single || usual == EnvQuoting::Double)
        forms.append(form(usual));
    // Quotes where a shell would need them too, although these two would do without.
    if (isPlainEnvValue(bytes))
        forms.append(bytes);
    if (bytes.contains('\n') || bytes.contains('\r'))
        forms.append(form(EnvQuoting::Double)); // one line, as long as no backslash is in it
    forms.append({form(EnvQuoting::Single), form(EnvQuoting::Double), '"' + bytes + '"', bytes});
    for (const QByteArray &each : forms) {
        const QByteArray line = "A=" + each + "\nZ=z\n";
        const auto reads = [&](EnvDialect dialect) {
            const QMap<QString, std::optional<QString>> values = readEnv(line, dialect).values();
            return values.size() == 2 && values.value(QStringLiteral("A")) == value &&
                   values.value(QStringLiteral("Z")) == QStringLiteral("z");
        };
        if (reads(EnvDialect::NodeDotenv) && reads(EnvDialect::PythonDotenv) && reads(EnvDialect::Tolerant))
            return each;
    }
    return fail(
        ErrorKind::Usage, QStringLiteral("no way of writing it is read the same by node dotenv and python-dotenv"),
        value.contains(QLatin1StringView("${"))
            ? QStringLiteral("python-dotenv replaces ${…} in every kind of quotes; set this one on the platform")
            : QStringLiteral("they differ in quotes, backslashes and line breaks; set this one on the platform"));
}

} // namespace Switchyard
