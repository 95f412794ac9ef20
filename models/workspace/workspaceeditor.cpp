// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/workspaceeditor.h"

#include "models/common/files.h"
#include "models/common/log.h"
#include "models/common/tomlwriter.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

namespace Switchyard {

namespace {

const TomlNode *childOf(const TomlNode &node, const QString &step)
{
    if (node.type == TomlNode::Type::Table)
        return node.find(step);
    bool number = false;
    const uint index = step.toUInt(&number);
    if (node.type != TomlNode::Type::Array || !number || index >= node.children.size())
        return nullptr;
    return &node.children[index];
}

/// Changes the tree as the text is to be changed: sets `value` at the path and makes the tables on the way.
void setInTree(TomlNode &node, const QStringList &path, TomlNode value)
{
    const QString &step = path.first();
    const QStringList rest = path.mid(1);
    TomlNode *child = const_cast<TomlNode *>(childOf(node, step));
    if (child == nullptr) {
        node.children.push_back(TomlNode());
        child = &node.children.back();
        child->key = node.type == TomlNode::Type::Table ? step : QString();
    }
    if (!rest.isEmpty()) {
        setInTree(*child, rest, std::move(value));
        return;
    }
    value.key = child->key;
    value.keyRegion = child->keyRegion;
    *child = std::move(value);
}

/// Removes what the path names, and every table on the way that only existed through it.
void removeFromTree(TomlNode &node, const QStringList &path, const QList<bool> &lonely)
{
    const TomlNode *child = childOf(node, path.first());
    const auto at = node.children.begin() + (child - node.children.data());
    if (path.size() == 1) {
        node.children.erase(at);
        return;
    }
    removeFromTree(*at, path.mid(1), lonely.mid(1));
    if (at->children.empty() && lonely.first())
        node.children.erase(at);
}

QString pathText(const QStringList &path)
{
    return path.join(QLatin1Char('.'));
}

bool isListOfObjects(const QJsonValue &value)
{
    const QJsonArray array = value.toArray();
    return !array.isEmpty() &&
           std::all_of(array.begin(), array.end(), [](const QJsonValue &v) { return v.isObject(); });
}

QByteArray headerName(const QStringList &path)
{
    QByteArray name;
    for (const QString &step : path)
        name += (name.isEmpty() ? "" : ".") + tomlKey(step);
    return name;
}

/// The keys of a path without the indexes, as headers write it.
QStringList namesOf(const QList<const TomlNode *> &chain)
{
    QStringList names;
    for (const TomlNode *node : chain) {
        if (!node->key.isEmpty())
            names.append(node->key);
    }
    return names;
}

/// `[[name]]` with its keys, and a block for each list of tables in it.
Result<QByteArray> renderTable(const QStringList &names, const WorkspaceEditor::Entries &entries,
                               const QByteArray &indent, const QByteArray &eol)
{
    QByteArray head = indent + "[[" + headerName(names) + "]]" + eol;
    QByteArray blocks;
    for (const auto &[key, value] : entries) {
        if (!isListOfObjects(value)) {
            const Result<QByteArray> literal = tomlLiteral(value);
            if (!literal)
                return literal;
            head += indent + tomlKey(key) + " = " + *literal + eol;
            continue;
        }
        for (const QJsonValue &item : value.toArray()) {
            WorkspaceEditor::Entries inner;
            const QJsonObject object = item.toObject();
            for (auto at = object.begin(); at != object.end(); ++at)
                inner.append({at.key(), *at});
            const Result<QByteArray> block = renderTable(names + QStringList{key}, inner, indent + "  ", eol);
            if (!block)
                return block;
            blocks += eol + *block;
        }
    }
    return head + blocks;
}

/// Every table of the subtree that was written with a header of its own.
void collectHeaders(const TomlNode &node, const QByteArray &text, QList<const TomlNode *> *out)
{
    for (const TomlNode &child : node.children)
        collectHeaders(child, text, out);
    const bool header = node.type == TomlNode::Type::Table && !node.isInline && node.region.end > node.region.begin &&
                        text[node.region.begin] == '[';
    // `[a.b]` gives the implied `a` the same place; the deepest table is the one the header means.
    const bool implied = std::any_of(out->begin(), out->end(),
                                     [&](const TomlNode *other) { return other->region.begin == node.region.begin; });
    if (header && !implied)
        out->append(&node);
}

} // namespace

Result<WorkspaceEditor> WorkspaceEditor::open(const QByteArray &text, const QString &fileName)
{
    Result<TomlNode> root = parseToml(text, fileName);
    if (!root)
        return tl::unexpected(root.error());
    WorkspaceEditor editor;
    editor.m_file = fileName;
    editor.m_text = text;
    editor.m_saved = text;
    editor.m_root = std::move(*root);
    // The root has no header; whatever the parser gave as its region must not look like one.
    editor.m_root.region.begin = editor.m_root.region.end = 0;
    return editor;
}

QList<const TomlNode *> WorkspaceEditor::walk(const QStringList &path) const
{
    QList<const TomlNode *> chain{&m_root};
    for (const QString &step : path) {
        const TomlNode *next = childOf(*chain.last(), step);
        if (next == nullptr)
            break;
        chain.append(next);
    }
    return chain;
}

bool WorkspaceEditor::hasHeader(const TomlNode &node) const
{
    if (&node == &m_root)
        return true;
    QList<const TomlNode *> headers;
    collectHeaders(node, m_text, &headers);
    return headers.contains(&node);
}

bool WorkspaceEditor::isDotted(const TomlNode &node) const
{
    return node.type == TomlNode::Type::Table && !node.isInline && &node != &m_root && m_text[node.region.begin] != '[';
}

qsizetype WorkspaceEditor::extentEnd(const TomlNode &node) const
{
    qsizetype end = node.region.end;
    for (const TomlNode &child : node.children)
        end = std::max(end, extentEnd(child));
    return end;
}

qsizetype WorkspaceEditor::lineStart(qsizetype at) const
{
    const qsizetype bom = m_text.startsWith("\xEF\xBB\xBF") ? 3 : 0;
    return at <= bom ? bom : std::max(bom, m_text.lastIndexOf('\n', at - 1) + 1);
}

/// Behind the line break of the line in which `at` lies.
qsizetype WorkspaceEditor::lineEnd(qsizetype at) const
{
    const qsizetype newline = m_text.indexOf('\n', at);
    return newline < 0 ? m_text.size() : newline + 1;
}

QByteArray WorkspaceEditor::indentAt(qsizetype at) const
{
    const qsizetype start = lineStart(at);
    qsizetype end = start;
    while (end < m_text.size() && (m_text[end] == ' ' || m_text[end] == '\t'))
        ++end;
    return m_text.mid(start, end - start);
}

QByteArray WorkspaceEditor::eol() const
{
    const qsizetype newline = m_text.indexOf('\n');
    return newline > 0 && m_text[newline - 1] == '\r' ? "\r\n" : "\n";
}

/// Whole lines behind the line of `at`; a last line without its line break gets one.
WorkspaceEditor::Patch WorkspaceEditor::linesAfter(qsizetype at, const QByteArray &lines) const
{
    const qsizetype where = lineEnd(at);
    const bool open = where == m_text.size() && where > 0 && !m_text.endsWith('\n');
    return {where, where, (open ? eol() : QByteArray()) + lines};
}

Result<WorkspaceEditor::Patch> WorkspaceEditor::replacePatch(const TomlNode &node, const QJsonValue &value) const
{
    const bool container = node.type == TomlNode::Type::Table || node.type == TomlNode::Type::Array;
    if (container && !node.isInline)
        return fail(ErrorKind::Usage, QStringLiteral("a table with a header is changed key by key"));
    const bool literalQuotes = node.type == TomlNode::Type::String && m_text[node.region.begin] == '\'';
    const Result<QByteArray> literal = tomlLiteral(value, literalQuotes);
    if (!literal)
        return tl::unexpected(literal.error());
    return Patch{node.region.begin, node.region.end, *literal};
}

/// A key that its existing table does not hold yet.
Result<WorkspaceEditor::Patch> WorkspaceEditor::insertKey(const QList<const TomlNode *> &chain, const QString &key,
                                                          const QJsonValue &value) const
{
    const TomlNode &table = *chain.last();
    const Result<QByteArray> literal = tomlLiteral(value);
    if (!literal)
        return tl::unexpected(literal.error());
    const QByteArray entry = tomlKey(key) + " = " + *literal;
    if (table.isInline && table.children.empty())
        return Patch{table.region.begin, table.region.end, "{ " + entry + " }"};
    if (table.isInline) {
        const qsizetype end = extentEnd(table.children.back());
        return Patch{end, end, ", " + entry};
    }
    if (isDotted(table)) {
        // `expect.status = …`: the same prefix as the first of its keys, up to the table that holds the line.
        qsizetype outermost = table.keyRegion.begin;
        qsizetype level = chain.size() - 2;
        for (; level > 0 && isDotted(*chain[level]); --level)
            outermost = chain[level]->keyRegion.begin;
        const QByteArray prefix = m_text.mid(outermost, table.children.front().keyRegion.begin - outermost);
        const qsizetype end = extentEnd(table);
        if (chain[level]->isInline)
            return Patch{end, end, ", " + prefix + entry};
        return linesAfter(end, indentAt(outermost) + prefix + entry + eol());
    }
    const TomlNode *last = nullptr;
    for (const TomlNode &child : table.children) {
        const bool section = !child.isInline && (child.type == TomlNode::Type::Array ||
                                                 (child.type == TomlNode::Type::Table && !isDotted(child)));
        if (!section && (last == nullptr || extentEnd(child) > extentEnd(*last)))
            last = &child;
    }
    if (last != nullptr)
        return linesAfter(extentEnd(*last), indentAt(last->keyRegion.begin) + entry + eol());
    if (&table == &m_root)
        return Patch{lineStart(0), lineStart(0), entry + eol()};
    return linesAfter(table.region.end, indentAt(table.region.begin) + entry + eol());
}

/// A table that does not exist yet, with its first key, behind everything its container holds.
Result<WorkspaceEditor::Patch> WorkspaceEditor::insertSection(const QStringList &containerPath,
                                                              const TomlNode &container, const QStringList &names,
                                                              const QJsonValue &value) const
{
    const Result<QByteArray> literal = tomlLiteral(value);
    if (!literal)
        return tl::unexpected(literal.error());
    QList<const TomlNode *> headers;
    for (const TomlNode &child : container.children)
        collectHeaders(child, m_text, &headers);
    const bool root = &container == &m_root;
    const QByteArray indent =
        root ? QByteArray() : indentAt(headers.isEmpty() ? container.region.begin : headers.first()->region.begin);
    const QByteArray lines = (m_text.isEmpty() ? QByteArray() : eol()) + indent + '[' +
                             headerName(containerPath + names.first(names.size() - 1)) + ']' + eol() + indent +
                             tomlKey(names.last()) + " = " + *literal + eol();
    return linesAfter(root ? m_text.size() : extentEnd(container), lines);
}

Result<WorkspaceEditor::Patch> WorkspaceEditor::appendToArray(const TomlNode &array, const QJsonValue &value) const
{
    const Result<QByteArray> literal = tomlLiteral(value);
    if (!literal)
        return tl::unexpected(literal.error());
    if (array.children.empty())
        return Patch{array.region.begin, array.region.end, '[' + *literal + ']'};
    const TomlNode &last = array.children.back();
    const qsizetype before =
        array.children.size() > 1 ? array.children[array.children.size() - 2].region.end : array.region.begin;
    const bool ownLine = m_text.mid(before, last.region.begin - before).contains('\n');
    const QByteArray gap = ownLine ? "," + eol() + indentAt(last.region.begin) : QByteArray(", ");
    return Patch{last.region.end, last.region.end, gap + *literal};
}

Result<WorkspaceEditor::Patch> WorkspaceEditor::insertPatch(const QStringList &path, const QJsonValue &value) const
{
    const QList<const TomlNode *> chain = walk(path);
    const TomlNode &holder = *chain.last();
    const QStringList missing = path.mid(chain.size() - 1);
    if (holder.type == TomlNode::Type::Array) {
        if (missing.size() == 1 && holder.isInline && missing.first() == QString::number(holder.children.size()))
            return appendToArray(holder, value);
        return fail(ErrorKind::Usage, QStringLiteral("there is no %1").arg(pathText(path)),
                    QStringLiteral("append a table first"));
    }
    if (holder.type != TomlNode::Type::Table)
        return fail(ErrorKind::Usage, QStringLiteral("%1 is no table").arg(pathText(path.first(chain.size() - 1))));
    const bool writable = hasHeader(holder) || holder.isInline || isDotted(holder);
    if (missing.size() == 1 && writable)
        return insertKey(chain, missing.first(), value);
    if (holder.isInline || isDotted(holder)) {
        QJsonValue wrapped = value;
        for (qsizetype i = missing.size() - 1; i > 0; --i)
            wrapped = QJsonObject{{missing[i], wrapped}};
        return insertKey(chain, missing.first(), wrapped);
    }
    return insertSection(namesOf(chain), holder, missing, value);
}

Result<void> WorkspaceEditor::setValue(const QStringList &path, const QJsonValue &value)
{
    if (path.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the path is empty"));
    const QList<const TomlNode *> chain = walk(path);
    const bool exists = chain.size() == path.size() + 1;
    const Result<Patch> patch = exists ? replacePatch(*chain.last(), value) : insertPatch(path, value);
    if (!patch)
        return tl::unexpected(patch.error());
    TomlNode intended = m_root;
    setInTree(intended, path, tomlNode(value));
    return apply({*patch}, intended);
}

Result<QList<WorkspaceEditor::Patch>> WorkspaceEditor::removeInline(const TomlNode &parent, const TomlNode &node) const
{
    const auto begin = [](const TomlNode &item) {
        return item.key.isEmpty() ? item.region.begin : item.keyRegion.begin;
    };
    const auto index = std::size_t(&node - parent.children.data());
    if (std::any_of(parent.children.begin(), parent.children.end(), [&](const TomlNode &n) { return isDotted(n); }))
        return fail(ErrorKind::Usage, QStringLiteral("keys with dots inside braces are edited by hand"));
    if (index > 0)
        return QList<Patch>{{parent.children[index - 1].region.end, node.region.end, {}}};
    if (parent.children.size() > 1)
        return QList<Patch>{{begin(node), begin(parent.children[1]), {}}};
    return QList<Patch>{{parent.region.begin, parent.region.end, parent.type == TomlNode::Type::Table ? "{}" : "[]"}};
}

Result<QList<WorkspaceEditor::Patch>> WorkspaceEditor::removePatches(const QList<const TomlNode *> &chain) const
{
    const TomlNode &node = *chain.last();
    const TomlNode &parent = *chain[chain.size() - 2];
    if (parent.isInline)
        return removeInline(parent, node);
    for (qsizetype level = chain.size() - 2; level > 0 && isDotted(*chain[level]); --level) {
        if (chain[level - 1]->isInline)
            return fail(ErrorKind::Usage, QStringLiteral("keys with dots inside braces are edited by hand"));
    }
    const bool section =
        !node.isInline && (node.type == TomlNode::Type::Array || node.type == TomlNode::Type::Table) && !isDotted(node);
    QList<Patch> patches;
    const auto removeLines = [&](const TomlNode &from, qsizetype begin) {
        patches.append({lineStart(begin), lineEnd(extentEnd(from)), {}});
    };
    if (isDotted(node)) {
        for (const TomlNode &child : node.children) {
            if (isDotted(child))
                return fail(ErrorKind::Usage, QStringLiteral("remove the keys of this table one by one"));
            removeLines(child, child.keyRegion.begin);
        }
        return patches;
    }
    if (!section) {
        removeLines(node, node.keyRegion.begin);
        return patches;
    }
    QList<const TomlNode *> headers;
    collectHeaders(node, m_text, &headers);
    for (const TomlNode *header : std::as_const(headers)) {
        qsizetype end = header->region.end;
        for (const TomlNode &child : header->children) {
            const bool inside = child.isInline || isDotted(child) ||
                                (child.type != TomlNode::Type::Table && child.type != TomlNode::Type::Array);
            end = inside ? std::max(end, extentEnd(child)) : end;
        }
        end = lineEnd(end);
        // The empty lines that parted it from what follows would pile up.
        while (end < m_text.size() && m_text.mid(end, lineEnd(end) - end).trimmed().isEmpty())
            end = lineEnd(end);
        patches.append({lineStart(header->region.begin), end, {}});
    }
    return patches;
}

Result<void> WorkspaceEditor::remove(const QStringList &path)
{
    const QList<const TomlNode *> chain = walk(path);
    if (path.isEmpty() || chain.size() != path.size() + 1)
        return fail(ErrorKind::Usage, QStringLiteral("there is no %1").arg(pathText(path)));
    const Result<QList<Patch>> patches = removePatches(chain);
    if (!patches)
        return tl::unexpected(patches.error());
    // Tables and arrays that only exist through what they hold go with the last of it.
    QList<bool> lonely;
    for (qsizetype i = 1; i < chain.size(); ++i)
        lonely.append(!chain[i]->isInline && !hasHeader(*chain[i]));
    TomlNode intended = m_root;
    removeFromTree(intended, path, lonely);
    return apply(*patches, intended);
}

Result<void> WorkspaceEditor::appendTable(const QStringList &arrayPath, const Entries &entries)
{
    if (arrayPath.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the path is empty"));
    const QList<const TomlNode *> chain = walk(arrayPath);
    const bool exists = chain.size() == arrayPath.size() + 1;
    QJsonObject object;
    for (const auto &[key, value] : entries)
        object.insert(key, value);
    if (exists && chain.last()->isInline)
        return setValue(arrayPath + QStringList{QString::number(chain.last()->children.size())}, object);
    const TomlNode &container = *chain[std::min(arrayPath.size(), chain.size()) - 1];
    if (chain.size() < arrayPath.size() || !hasHeader(container) ||
        (exists && chain.last()->type != TomlNode::Type::Array))
        return fail(ErrorKind::Usage, QStringLiteral("no table can be appended to %1").arg(pathText(arrayPath)));

    QList<const TomlNode *> headers;
    for (const TomlNode &child : exists ? chain.last()->children : container.children)
        collectHeaders(child, m_text, &headers);
    const bool root = &container == &m_root;
    QByteArray indent;
    if (exists || (!root && !headers.isEmpty()))
        indent = indentAt((exists ? chain.last()->children.back() : *headers.first()).region.begin);
    else if (!root)
        indent = indentAt(container.region.begin) + "  ";
    const QStringList names = namesOf(chain.first(arrayPath.size())) + QStringList{arrayPath.last()};
    const Result<QByteArray> block = renderTable(names, entries, indent, eol());
    if (!block)
        return tl::unexpected(block.error());
    const qsizetype after =
        exists ? extentEnd(chain.last()->children.back()) : (root ? m_text.size() : extentEnd(container));

    TomlNode intended = m_root;
    const QString index = exists ? QString::number(chain.last()->children.size()) : QString();
    if (exists)
        setInTree(intended, arrayPath + QStringList{index}, tomlNode(object));
    else
        setInTree(intended, arrayPath, tomlNode(QJsonArray{object}));
    return apply({linesAfter(after, (m_text.isEmpty() ? QByteArray() : eol()) + *block)}, intended);
}

Result<void> WorkspaceEditor::apply(QList<Patch> patches, const TomlNode &intended)
{
    // From the end, so that the places of those before it stay true.
    std::sort(patches.begin(), patches.end(), [](const Patch &a, const Patch &b) { return a.begin > b.begin; });
    QByteArray text = m_text;
    for (const Patch &patch : std::as_const(patches))
        text.replace(patch.begin, patch.end - patch.begin, patch.replacement);
    Result<WorkspaceEditor> edited = open(text, m_file);
    if (!edited || !sameTomlValue(edited->m_root, intended)) {
        qCWarning(lcWorkspace) << "an edit of" << m_file << "was refused:"
                               << (edited ? QStringLiteral("it would change something else") : edited.error().message);
        return fail(ErrorKind::Internal, QStringLiteral("this edit would change more than was meant, and was not made"),
                    QStringLiteral("edit the file by hand"), {m_file, 0, 0});
    }
    m_text = text;
    m_root = std::move(edited->m_root);
    return {};
}

Result<void> WorkspaceEditor::save(const QString &path)
{
    // Somebody's own edit of the same file is worth more than ours.
    if (QFileInfo(path).exists() && QFileInfo(path) == QFileInfo(m_file)) {
        const Result<QByteArray> onDisk = readFile(path);
        if (!onDisk)
            return tl::unexpected(onDisk.error());
        if (*onDisk != m_saved)
            return fail(ErrorKind::Usage, QStringLiteral("%1 was changed by another program").arg(path),
                        QStringLiteral("load it again"), {path, 0, 0});
    }
    const Result<void> written = writeFileAtomically(path, m_text);
    if (written)
        m_saved = m_text;
    return written;
}

} // namespace Switchyard
