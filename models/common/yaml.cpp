// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <QHash>
#include <QSet>

#include <algorithm>
#include <sstream>

namespace Switchyard {

namespace {

constexpr qsizetype maxBytes = 1 << 20;
constexpr std::size_t maxDepth = 100;
constexpr int maxNodes = 200'000;
const char mergeKey[] = "<<";

/// Turns the parser's byte offsets into places.
class Places
{
public:
    explicit Places(const QByteArray &text)
        : m_text(text)
    {
        m_starts.push_back(0);
        for (qsizetype i = 0; i < text.size(); ++i) {
            if (text[i] == '\n')
                m_starts.push_back(i + 1);
        }
    }

    std::pair<int, int> at(qsizetype offset) const
    {
        const qsizetype end = std::clamp<qsizetype>(offset, 0, m_text.size());
        const auto after = std::upper_bound(m_starts.begin(), m_starts.end(), end);
        const auto line = std::max<std::ptrdiff_t>(1, after - m_starts.begin());
        // Most questions go forward: a line of a million values is counted once, not once for each of them.
        const bool onward = line == m_line && end >= m_offset;
        qsizetype from = onward ? m_offset : m_starts[std::size_t(line - 1)];
        int column = onward ? m_column : 1;
        for (; from < end; ++from)
            column += (uchar(m_text[from]) & 0xC0) != 0x80 ? 1 : 0;
        m_line = line;
        m_offset = end;
        m_column = column;
        return {int(line), column};
    }

private:
    const QByteArray &m_text;
    std::vector<qsizetype> m_starts;
    mutable std::ptrdiff_t m_line = 0; ///< of the last answer, with its offset and column
    mutable qsizetype m_offset = 0;
    mutable int m_column = 1;
};

/// What ends the reading from inside the parser's callbacks.
struct Refused
{
    QString message;
    QString hint;
    int line = 0;
    int column = 0;
};

int countOf(const YamlNode &node)
{
    int count = 1;
    for (const YamlNode &child : node.children)
        count += countOf(child);
    return count;
}

/// Builds the tree from the parser's events, so that every bound is kept while it grows and not after.
class Builder final : public YAML::EventHandler
{
public:
    Builder(const QByteArray &text, const Places &places)
        : m_text(text)
        , m_places(places)
    {
    }

    YamlNode takeRoot() { return std::move(m_root); }

    void OnDocumentStart(const YAML::Mark &) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        YamlNode node = begin(mark);
        put(std::move(node), anchor);
    }

    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  const std::string &value) override
    {
        YamlNode node = begin(mark);
        node.type = YamlNode::Type::Scalar;
        node.text = QString::fromStdString(value);
        node.quoted = tag != "?";
        if (node.quoted)
            checkQuotes(mark.pos);
        // A plain ~ and null are nothing, as in YAML's core schema.
        if (!node.quoted && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
            node.type = YamlNode::Type::Null;
        put(std::move(node), anchor);
    }

    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        for (const Open &open : m_open) {
            if (open.anchor == anchor)
                refuse(mark, QStringLiteral("an alias stands inside its own anchor"));
        }
        const auto found = m_anchors.constFind(anchor);
        if (found == m_anchors.constEnd())
            refuse(mark, QStringLiteral("an alias to an anchor that is not complete"));
        count(mark, countOf(*found));
        put(*found, 0);
    }

    void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        open(mark, anchor, YamlNode::Type::Sequence);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        open(mark, anchor, YamlNode::Type::Mapping);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open
    {
        YamlNode node;
        YAML::anchor_t anchor = 0;
        std::optional<YamlNode> key; ///< a key that waits for its value
        QHash<QString, int> keys;    ///< name to line
    };

    [[noreturn]] void refuse(const YAML::Mark &mark, const QString &message, const QString &hint = {}) const
    {
        const auto [line, column] = m_places.at(mark.pos);
        throw Refused{message, hint, line, column};
    }

    void count(const YAML::Mark &mark, int more)
    {
        m_nodes += more;
        if (m_nodes > maxNodes)
            refuse(mark, QStringLiteral("more than %1 values").arg(maxNodes));
    }

    YamlNode begin(const YAML::Mark &mark)
    {
        count(mark, 1);
        YamlNode node;
        std::tie(node.line, node.column) = m_places.at(mark.pos);
        return node;
    }

    void open(const YAML::Mark &mark, YAML::anchor_t anchor, YamlNode::Type type)
    {
        if (m_open.size() >= maxDepth)
            refuse(mark, QStringLiteral("nested more than %1 deep").arg(maxDepth));
        if (!m_open.empty() && m_open.back().node.isMapping() && !m_open.back().key)
            refuse(mark, QStringLiteral("a key that is a list or a mapping"));
        Open entry;
        entry.node = begin(mark);
        entry.node.type = type;
        entry.anchor = anchor;
        m_open.push_back(std::move(entry));
    }

    void close()
    {
        Open entry = std::move(m_open.back());
        m_open.pop_back();
        if (entry.node.isMapping())
            merge(entry.node);
        put(std::move(entry.node), entry.anchor);
    }

    void put(YamlNode node, YAML::anchor_t anchor)
    {
        if (anchor != 0) {
            // Anchors inside anchors keep their parts again and again.
            m_kept += countOf(node);
            if (m_kept > maxNodes)
                throw Refused{
                    QStringLiteral("anchors over more than %1 values").arg(maxNodes), {}, node.line, node.column};
            m_anchors.insert(anchor, node);
        }
        if (m_open.empty()) {
            m_root = std::move(node);
            return;
        }
        Open &parent = m_open.back();
        if (!parent.node.isMapping()) {
            parent.node.children.push_back(std::move(node));
            return;
        }
        if (!parent.key)
            return takeKey(parent, std::move(node));
        node.key = parent.key->text;
        node.keyLine = parent.key->line;
        node.keyColumn = parent.key->column;
        parent.key.reset();
        parent.node.children.push_back(std::move(node));
    }

    void takeKey(Open &parent, YamlNode key)
    {
        if (!key.isScalar() && key.type != YamlNode::Type::Null)
            throw Refused{QStringLiteral("a key that is a list or a mapping"), {}, key.line, key.column};
        if (const auto first = parent.keys.constFind(key.text);
            first != parent.keys.constEnd() && key.text != QLatin1StringView(mergeKey))
            throw Refused{
                QStringLiteral("the key \"%1\" stands here twice, first in line %2").arg(key.text).arg(*first),
                QStringLiteral("parsers take the first or the last: keep one"), key.line, key.column};
        parent.keys.insert(key.text, key.line);
        parent.key = std::move(key);
    }

    /// `<<: *base`: the keys of the base that the mapping does not have itself.
    static void merge(YamlNode &mapping)
    {
        std::vector<YamlNode> own;
        std::vector<YamlNode> bases;
        for (YamlNode &child : mapping.children)
            (child.key == QLatin1StringView(mergeKey) ? bases : own).push_back(std::move(child));
        mapping.children = std::move(own);
        if (bases.empty())
            return;
        QSet<QString> names;
        for (const YamlNode &child : mapping.children)
            names.insert(child.key);
        const auto add = [&](const YamlNode &base) {
            if (!base.isMapping())
                throw Refused{QStringLiteral("<< merges mappings, and this is none"), {}, base.line, base.column};
            for (const YamlNode &child : base.children) {
                if (names.contains(child.key))
                    continue;
                names.insert(child.key);
                mapping.children.push_back(child);
            }
        };
        for (const YamlNode &base : bases) {
            if (!base.isSequence()) {
                add(base);
                continue;
            }
            for (const YamlNode &each : base.children)
                add(each);
        }
    }

    /// The parser takes the end of the file for the end of quotes.
    void checkQuotes(qsizetype at) const
    {
        const qsizetype size = m_text.size();
        const auto blank = [&](qsizetype i) {
            return m_text[i] == ' ' || m_text[i] == '\t' || m_text[i] == '\n' || m_text[i] == '\r';
        };
        // Tags and anchors stand before the value.
        while (at < size && (m_text[at] == '!' || m_text[at] == '&' || blank(at))) {
            const bool property = !blank(at);
            ++at;
            while (property && at < size && !blank(at))
                ++at;
        }
        if (at >= size || (m_text[at] != '"' && m_text[at] != '\''))
            return; // a block
        const char quote = m_text[at];
        for (qsizetype i = at + 1; i < size; ++i) {
            if (quote == '"' && m_text[i] == '\\')
                ++i;
            else if (m_text[i] == quote && quote == '\'' && i + 1 < size && m_text[i + 1] == quote)
                ++i;
            else if (m_text[i] == quote)
                return;
        }
        const auto [line, column] = m_places.at(at);
        throw Refused{QStringLiteral("these quotes never end"), {}, line, column};
    }

    const QByteArray &m_text;
    const Places &m_places;
    std::vector<Open> m_open;
    QHash<YAML::anchor_t, YamlNode> m_anchors;
    YamlNode m_root;
    int m_nodes = 0;
    int m_kept = 0; ///< by anchors
};

/// Only looks whether a document begins.
class SecondDocument final : public YAML::EventHandler
{
public:
    void OnDocumentStart(const YAML::Mark &mark) override { throw mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark &, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark &, const std::string &, YAML::anchor_t, const std::string &) override {}
    void OnSequenceStart(const YAML::Mark &, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark &, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

/// What must be said before the parser sees the text: it replaces bad bytes in silence, and one control character is
/// the end of the file to it.
Result<void> checkBytes(const QByteArray &text, const QString &fileName)
{
    if (text.size() > maxBytes)
        return fail(ErrorKind::Usage, QStringLiteral("%1 has more than 1 MB").arg(fileName), {}, {fileName, 0, 0});
    int line = 0;
    for (qsizetype start = 0; start <= text.size();) {
        ++line;
        qsizetype end = text.indexOf('\n', start);
        if (end < 0)
            end = text.size();
        const QByteArrayView bytes(text.constData() + start, end - start);
        if (!bytes.isValidUtf8())
            return fail(ErrorKind::Usage, QStringLiteral("bytes that are not UTF-8"),
                        QStringLiteral("save the file as UTF-8"), {fileName, line, 0});
        const bool control = std::any_of(bytes.begin(), bytes.end(), [](char c) {
            return (uchar(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7F;
        });
        if (control)
            return fail(ErrorKind::Usage, QStringLiteral("a control character"), {}, {fileName, line, 0});
        start = end + 1;
    }
    return {};
}

} // namespace

const YamlNode *YamlNode::find(QStringView name) const
{
    if (!isMapping())
        return nullptr;
    for (const YamlNode &child : children) {
        if (child.key == name)
            return &child;
    }
    return nullptr;
}

std::optional<qint64> YamlNode::integer() const
{
    bool good = false;
    const qint64 value = text.toLongLong(&good, 10);
    return isScalar() && !quoted && good ? std::optional(value) : std::nullopt;
}

std::optional<bool> YamlNode::boolean() const
{
    if (!isScalar() || quoted)
        return std::nullopt;
    const QString lower = text.toLower();
    if (lower == QLatin1StringView("true"))
        return true;
    return lower == QLatin1StringView("false") ? std::optional(false) : std::nullopt;
}

Result<YamlNode> parseYaml(const QByteArray &given, const QString &fileName)
{
    const QByteArray text = given.startsWith("\xEF\xBB\xBF") ? given.mid(3) : given;
    if (const Result<void> good = checkBytes(text, fileName); !good)
        return tl::unexpected(good.error());
    const Places places(text);
    Builder builder(text, places);
    std::istringstream stream(text.toStdString());
    try {
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder))
            return YamlNode();
        SecondDocument second;
        if (parser.HandleNextDocument(second))
            return fail(ErrorKind::Usage, QStringLiteral("%1 holds a further document").arg(fileName));
    } catch (const Refused &problem) {
        return fail(ErrorKind::Usage, problem.message, problem.hint, {fileName, problem.line, problem.column});
    } catch (const YAML::Mark &mark) {
        const auto [line, column] = places.at(mark.pos);
        return fail(ErrorKind::Usage, QStringLiteral("a further document begins here"),
                    QStringLiteral("keep one document in the file"), {fileName, line, column});
    } catch (const YAML::Exception &problem) {
        const auto [line, column] = problem.mark.is_null() ? std::pair(0, 0) : places.at(problem.mark.pos);
        // The parser's words name rules of YAML, and an anchor by its name.
        return fail(ErrorKind::Usage, QStringLiteral("not YAML: %1").arg(QString::fromStdString(problem.msg)),
                    QStringLiteral("check the indentation: spaces, no tabs"), {fileName, line, column});
    }
    return builder.takeRoot();
}

} // namespace Switchyard
