// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/toml.h"

#include "models/common/redact.h"

#include <QRegularExpression>

#include <toml++/toml.h>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qsizetype maxBytes = 1 << 20;
constexpr int maxKeyParts = 100;
constexpr int maxBrackets = 32;

/// Turns byte offsets into places and back.
class LineIndex
{
public:
    explicit LineIndex(const QByteArray &text)
        : m_text(text)
        , m_bom(text.startsWith("\xEF\xBB\xBF") ? 3 : 0)
    {
        m_starts.push_back(m_bom);
        for (qsizetype i = m_bom; i < text.size(); ++i) {
            if (text[i] == '\n')
                m_starts.push_back(i + 1);
        }
    }

    Place place(qsizetype offset, const QString &file) const
    {
        const auto after = std::upper_bound(m_starts.begin(), m_starts.end(), offset);
        const qsizetype line = std::max<qsizetype>(1, after - m_starts.begin());
        int column = 1;
        for (qsizetype i = m_starts[std::size_t(line - 1)]; i < offset && i < m_text.size(); ++i)
            column += isLead(m_text[i]) ? 1 : 0;
        return {file, int(line), column};
    }

    qsizetype offset(quint32 line, quint32 column) const
    {
        if (line == 0)
            return m_bom;
        if (line > m_starts.size())
            return m_text.size();
        qsizetype at = m_starts[line - 1];
        for (quint32 c = 1; c < column && at < m_text.size(); ++c) {
            ++at;
            while (at < m_text.size() && !isLead(m_text[at]))
                ++at;
        }
        return at;
    }

private:
    static bool isLead(char byte) { return (uchar(byte) & 0xC0) != 0x80; }

    const QByteArray &m_text;
    qsizetype m_bom;
    std::vector<qsizetype> m_starts;
};

/// Length of the well-formed UTF-8 sequence at `at` (Unicode table 3-7), 0 where there is none.
int sequenceLength(const QByteArray &text, qsizetype at)
{
    const auto byte = [&](qsizetype i) { return i < text.size() ? uchar(text[i]) : uchar(0); };
    const auto tail = [&](qsizetype i) { return (byte(i) & 0xC0) == 0x80; };
    const uchar lead = byte(at);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return tail(at + 1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const uchar low = lead == 0xE0 ? 0xA0 : 0x80;
        const uchar high = lead == 0xED ? 0x9F : 0xBF;
        return byte(at + 1) >= low && byte(at + 1) <= high && tail(at + 2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const uchar low = lead == 0xF0 ? 0x90 : 0x80;
        const uchar high = lead == 0xF4 ? 0x8F : 0xBF;
        return byte(at + 1) >= low && byte(at + 1) <= high && tail(at + 2) && tail(at + 3) ? 4 : 0;
    }
    return 0;
}

/// First byte that is not UTF-8, -1: none.
qsizetype firstInvalidByte(const QByteArray &text)
{
    for (qsizetype i = 0; i < text.size();) {
        const int length = sequenceLength(text, i);
        if (length == 0)
            return i;
        i += length;
    }
    return -1;
}

/// The end of the string or comment that starts at `at`, or `at` where none does. Stops where a real parser would
/// report an error, so that it never runs out of step with one before that.
qsizetype skipQuoted(const QByteArray &text, qsizetype at)
{
    const char c = text[at];
    if (c == '#') {
        const qsizetype newline = text.indexOf('\n', at);
        return newline < 0 ? text.size() : newline;
    }
    if (c != '"' && c != '\'')
        return at;
    const bool escapes = c == '"';
    const bool multiline = text.mid(at, 3) == QByteArray(3, c);
    qsizetype i = at + (multiline ? 3 : 1);
    for (; i < text.size(); ++i) {
        if (escapes && text[i] == '\\') {
            ++i;
        } else if (!multiline && (text[i] == c || text[i] == '\n')) {
            return i + 1;
        } else if (multiline && text[i] == c && text.mid(i, 3) == QByteArray(3, c)) {
            // Up to two quotes may stand directly before the closing three.
            i += 3;
            while (i < text.size() && text[i] == c)
                ++i;
            return i;
        }
    }
    return text.size();
}

struct Bounds
{
    qsizetype offset = -1;
    QString message;
};

/// Looks for what would make the parser recurse too deeply.
Bounds findTooDeep(const QByteArray &text)
{
    int dots = 0;
    int brackets = 0;
    for (qsizetype i = 0; i < text.size();) {
        if (const qsizetype end = skipQuoted(text, i); end != i) {
            if (text[i] == '#' || text[end - 1] == '\n')
                dots = 0;
            i = end;
            continue;
        }
        const char c = text[i];
        if (c == '.' && ++dots >= maxKeyParts)
            return {i, QStringLiteral("a key of more than %1 parts").arg(maxKeyParts)};
        if ((c == '[' || c == '{') && ++brackets > maxBrackets)
            return {i, QStringLiteral("brackets nested more than %1 deep").arg(maxBrackets)};
        if (c == ']' || c == '}')
            brackets = std::max(0, brackets - 1);
        if (c == ',' || c == '\n' || c == '=' || c == '[' || c == ']' || c == '{' || c == '}')
            dots = 0;
        ++i;
    }
    return {};
}

class Converter
{
public:
    Converter(const QByteArray &text, const LineIndex &index)
        : m_text(text)
        , m_index(index)
    {
    }

    TomlNode convert(const toml::node &source) const
    {
        TomlNode node;
        node.region = region(source.source());
        switch (source.type()) {
        case toml::node_type::table:
            convertTable(*source.as_table(), &node);
            break;
        case toml::node_type::array:
            node.type = TomlNode::Type::Array;
            node.isInline = node.region.begin < m_text.size() && !isHeader(*source.as_array(), node.region);
            for (const toml::node &item : *source.as_array())
                node.children.push_back(convert(item));
            break;
        case toml::node_type::string:
            node.type = TomlNode::Type::String;
            node.text = QString::fromStdString(source.as_string()->get());
            break;
        case toml::node_type::integer:
            node.type = TomlNode::Type::Integer;
            node.integer = source.as_integer()->get();
            break;
        case toml::node_type::floating_point:
            node.type = TomlNode::Type::Float;
            node.real = source.as_floating_point()->get();
            break;
        case toml::node_type::boolean:
            node.type = TomlNode::Type::Boolean;
            node.boolean = source.as_boolean()->get();
            break;
        default:
            node.type = TomlNode::Type::DateTime;
            node.text = QString::fromUtf8(m_text.mid(node.region.begin, node.region.end - node.region.begin));
            break;
        }
        return node;
    }

private:
    void convertTable(const toml::table &table, TomlNode *node) const
    {
        node->isInline = table.is_inline();
        for (const auto &[key, value] : table) {
            TomlNode member = convert(value);
            member.key = QString::fromUtf8(key.str().data(), qsizetype(key.str().size()));
            member.keyRegion = region(key.source());
            node->children.push_back(std::move(member));
        }
        // toml++ sorts by name; people read in the order of the file.
        std::sort(node->children.begin(), node->children.end(),
                  [](const TomlNode &a, const TomlNode &b) { return a.keyRegion.begin < b.keyRegion.begin; });
    }

    /// An array made by [[headers]] begins where its first element does; one in brackets begins before it.
    bool isHeader(const toml::array &array, const TomlRegion &where) const
    {
        if (array.empty() || !array.is_array_of_tables())
            return false;
        return region(array.front().source()).begin == where.begin;
    }

    TomlRegion region(const toml::source_region &source) const
    {
        return {int(source.begin.line), int(source.begin.column),
                m_index.offset(source.begin.line, source.begin.column),
                m_index.offset(source.end.line, source.end.column)};
    }

    const QByteArray &m_text;
    const LineIndex &m_index;
};

/// The parser's words without any piece of a value: an unquoted secret would otherwise stand in the message.
QString harmless(std::string_view description)
{
    QString text = QString::fromUtf8(description.data(), qsizetype(description.size()));
    text.remove(QStringLiteral("Error while parsing "));
    if (text.endsWith(QStringLiteral("is not representable in 64 bits")))
        return QStringLiteral("a number that does not fit 64 bits");
    text.replace(QLatin1Char('\n'), QStringLiteral("\\n"));
    text.replace(QStringLiteral("saw '\\n'"), QStringLiteral("saw the end of the line"));
    static const QRegularExpression pieceOfValue(QStringLiteral(", saw '[^']{2,}'$"));
    text.remove(pieceOfValue);
    return redact(text);
}

QString hintFor(const QString &message)
{
    if (message.contains(QStringLiteral("could not determine value type")) ||
        message.startsWith(QStringLiteral("boolean")))
        return QStringLiteral("texts and durations stand in quotes");
    if (message.contains(QStringLiteral("control characters")))
        return QStringLiteral("is the closing quote missing?");
    return {};
}

} // namespace

const TomlNode *TomlNode::find(QStringView name) const
{
    if (type != Type::Table)
        return nullptr;
    const auto at = std::find_if(children.begin(), children.end(), [&](const TomlNode &c) { return c.key == name; });
    return at == children.end() ? nullptr : &*at;
}

TomlNode *TomlNode::find(QStringView name)
{
    return const_cast<TomlNode *>(std::as_const(*this).find(name));
}

bool sameTomlValue(const TomlNode &left, const TomlNode &right)
{
    if (left.type != right.type || left.children.size() != right.children.size())
        return false;
    switch (left.type) {
    case TomlNode::Type::Table:
        return std::all_of(left.children.begin(), left.children.end(), [&](const TomlNode &member) {
            const TomlNode *other = right.find(member.key);
            return other != nullptr && sameTomlValue(member, *other);
        });
    case TomlNode::Type::Array:
        return std::equal(left.children.begin(), left.children.end(), right.children.begin(), sameTomlValue);
    case TomlNode::Type::Integer:
        return left.integer == right.integer;
    case TomlNode::Type::Float:
        return left.real == right.real || (left.real != left.real && right.real != right.real);
    case TomlNode::Type::Boolean:
        return left.boolean == right.boolean;
    case TomlNode::Type::String:
    case TomlNode::Type::DateTime:
        break;
    }
    return left.text == right.text;
}

Result<TomlNode> parseToml(const QByteArray &text, const QString &fileName)
{
    if (text.size() > maxBytes)
        return fail(ErrorKind::Usage,
                    QStringLiteral("the file has %1 bytes, more than the 1 MB that are read").arg(text.size()), {},
                    {fileName, 0, 0});
    const LineIndex index(text);
    if (const qsizetype bad = firstInvalidByte(text); bad >= 0)
        return fail(ErrorKind::Usage, QStringLiteral("a byte that is not UTF-8"),
                    QStringLiteral("save the file as UTF-8"), index.place(bad, fileName));
    if (const Bounds deep = findTooDeep(text); deep.offset >= 0)
        return fail(ErrorKind::Usage, deep.message, {}, index.place(deep.offset, fileName));
    try {
        const toml::table table = toml::parse(std::string_view(text.constData(), std::size_t(text.size())));
        TomlNode root = Converter(text, index).convert(table);
        root.region.line = root.region.column = 1;
        return root;
    } catch (const toml::parse_error &error) {
        const toml::source_position at = error.source().begin;
        const QString message = harmless(error.description());
        return fail(ErrorKind::Usage, message, hintFor(message), {fileName, int(at.line), int(at.column)});
    }
}

} // namespace Switchyard
