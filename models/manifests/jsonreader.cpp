// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/jsonreader.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qsizetype maxBytes = 1 << 20;
constexpr std::size_t maxDepth = 100;
using Type = ManifestNode::Type;

class Lines
{
public:
    Lines(const QByteArray &text, const QString &file)
        : m_text(text)
        , m_file(file)
    {
        m_starts.push_back(0);
        for (qsizetype i = 0; i < text.size(); ++i) {
            if (text[i] == '\n')
                m_starts.push_back(i + 1);
        }
    }

    Place at(qsizetype offset) const
    {
        offset = std::clamp<qsizetype>(offset, 0, m_text.size());
        const auto after = std::upper_bound(m_starts.begin(), m_starts.end(), offset);
        const std::ptrdiff_t line = after - m_starts.begin();
        // Questions go forward: a line of a million bytes is counted once, not once for each of its values.
        const bool onward = line == m_line && offset >= m_offset;
        qsizetype i = onward ? m_offset : *(after - 1);
        int column = onward ? m_column : 1;
        for (; i < offset; ++i)
            column += (uchar(m_text[i]) & 0xC0) != 0x80 ? 1 : 0;
        m_line = line;
        m_offset = offset;
        m_column = column;
        return {m_file, int(line), column};
    }

private:
    const QByteArray &m_text;
    QString m_file;
    std::vector<qsizetype> m_starts;
    mutable std::ptrdiff_t m_line = 0; ///< of the last answer, with its offset and column
    mutable qsizetype m_offset = 0;
    mutable int m_column = 1;
};

/// Builds the tree. RapidJSON says where a token ended; where it began is the first byte after the one before that is
/// neither space, comma, colon nor comment.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder>
{
public:
    Builder(const QByteArray &text, const rapidjson::MemoryStream &stream, const Lines &lines)
        : m_text(text)
        , m_stream(stream)
        , m_lines(lines)
    {
    }

    bool Null() { return add(Type::Null, QStringLiteral("null")); }
    bool Bool(bool value)
    {
        ManifestNode *node = place(Type::Boolean);
        node->boolean = value;
        node->text = value ? QStringLiteral("true") : QStringLiteral("false");
        return true;
    }
    bool RawNumber(const char *text, rapidjson::SizeType size, bool)
    {
        ManifestNode *node = place(Type::Integer);
        node->text = QString::fromLatin1(text, qsizetype(size));
        bool whole = false;
        node->integer = node->text.toLongLong(&whole);
        if (!whole) {
            node->type = Type::Float;
            node->real = node->text.toDouble();
        }
        return true;
    }
    bool String(const char *text, rapidjson::SizeType size, bool)
    {
        return add(Type::String, QString::fromUtf8(text, qsizetype(size)));
    }
    bool Key(const char *text, rapidjson::SizeType size, bool)
    {
        m_key = QString::fromUtf8(text, qsizetype(size));
        m_keyPlace = tokenPlace();
        if (QSet<QString> &keys = m_keys.back(); keys.contains(m_key)) {
            problem = Error{ErrorKind::Usage, QStringLiteral("\"%1\" stands twice").arg(m_key),
                            QStringLiteral("keep one of them"), m_keyPlace};
            return false;
        } else {
            keys.insert(m_key);
        }
        return true;
    }
    bool StartObject() { return open(Type::Map); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool StartArray() { return open(Type::List); }
    bool EndArray(rapidjson::SizeType) { return close(); }

    ManifestNode root;
    std::optional<Error> problem;

private:
    Place tokenPlace()
    {
        qsizetype i = m_after;
        while (i < m_text.size()) {
            const char c = m_text[i];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':') {
                ++i;
            } else if (c == '/' && m_text.mid(i, 2) == "//") {
                const qsizetype end = m_text.indexOf('\n', i);
                i = end < 0 ? m_text.size() : end;
            } else if (c == '/') {
                const qsizetype end = m_text.indexOf("*/", i + 2);
                i = end < 0 ? m_text.size() : end + 2;
            } else {
                break;
            }
        }
        m_after = qsizetype(m_stream.Tell());
        return m_lines.at(i);
    }

    ManifestNode *place(Type type)
    {
        ManifestNode node;
        node.type = type;
        node.place = tokenPlace();
        node.key = std::exchange(m_key, {});
        node.keyPlace = std::exchange(m_keyPlace, {});
        if (m_open.empty()) {
            root = std::move(node);
            return &root;
        }
        m_open.back()->children.push_back(std::move(node));
        return &m_open.back()->children.back();
    }

    bool add(Type type, const QString &text)
    {
        place(type)->text = text;
        return true;
    }

    bool open(Type type)
    {
        if (m_open.size() >= maxDepth) {
            problem =
                Error{ErrorKind::Usage, QStringLiteral("nested deeper than %1 levels").arg(maxDepth), {}, tokenPlace()};
            return false;
        }
        // A list that grows moves its elements, but only the innermost open one grows.
        m_open.push_back(place(type));
        m_keys.emplace_back();
        ++m_after; // the parser takes the bracket after this call
        return true;
    }

    bool close()
    {
        m_open.pop_back();
        m_keys.pop_back();
        m_after = qsizetype(m_stream.Tell()) + 1; // it stands before the bracket
        return true;
    }

    const QByteArray &m_text;
    const rapidjson::MemoryStream &m_stream;
    const Lines &m_lines;
    std::vector<ManifestNode *> m_open;
    std::vector<QSet<QString>> m_keys; ///< of each open map
    QString m_key;
    Place m_keyPlace;
    qsizetype m_after = 0;
};

constexpr unsigned common =
    rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
constexpr unsigned lenient = common | rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag;

template <unsigned flags>
Result<ManifestNode> read(QByteArray text, const QString &fileName)
{
    if (text.size() > maxBytes)
        return fail(ErrorKind::Usage, QStringLiteral("more than 1 MB"), QStringLiteral("this is no manifest"),
                    {fileName, 0, 0});
    if (text.startsWith("\xef\xbb\xbf"))
        text.remove(0, 3);
    const Lines lines(text, fileName);
    if (const qsizetype nul = text.indexOf('\0'); nul >= 0)
        // The parser takes it as the end of the text, and what follows would be gone in silence.
        return fail(ErrorKind::Usage, QStringLiteral("this is no JSON: a zero byte"), {}, lines.at(nul));
    rapidjson::MemoryStream stream(text.constData(), std::size_t(text.size()));
    Builder builder(text, stream, lines);
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<flags>(stream, builder);
    if (builder.problem)
        return tl::unexpected(*builder.problem);
    if (result.IsError())
        return fail(ErrorKind::Usage,
                    QStringLiteral("this is no JSON: %1").arg(QString::fromUtf8(GetParseError_En(result.Code()))), {},
                    lines.at(qsizetype(result.Offset())));
    return builder.root;
}

} // namespace

Result<ManifestNode> parseJsonText(const QByteArray &text, const QString &fileName)
{
    return read<lenient>(text, fileName);
}

bool isStrictJson(const QByteArray &text, const QString &fileName, Place *first)
{
    const Result<ManifestNode> strict = read<common>(text, fileName);
    if (!strict && first)
        *first = strict.error().place;
    return strict.has_value();
}

} // namespace Switchyard
