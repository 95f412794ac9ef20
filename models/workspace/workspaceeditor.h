// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/toml.h"

#include <QByteArray>
#include <QJsonValue>
#include <QList>
#include <QStringList>

#include <utility>

namespace Switchyard {

/// Changes a workspace file in place: only the bytes of what changes are replaced, so that comments, order, quoting,
/// line ends and a byte order mark stay. A value type for one thread; it holds the text, save() writes it.
///
/// A path names keys and, in arrays, indexes from 0: {"backend", "0", "socket", "1", "clients"}. After each edit the
/// text is read again and compared with the old tree plus the change; where they differ, the edit is refused
/// (internal) and the text is as before. The edits do not check what a workspace may hold: call parseWorkspace() on
/// text().
class WorkspaceEditor final
{
public:
    /// Keys and values of a table in the order in which they are to be written.
    using Entries = QList<std::pair<QString, QJsonValue>>;

    /// Errors (usage): those of parseToml().
    [[nodiscard]] static Result<WorkspaceEditor> open(const QByteArray &text, const QString &fileName);

    /// Replaces a value, or inserts a key at the end of its table with that table's indentation, or appends to an array
    /// in brackets where the index is its size. Missing tables on the way are made. Whole tables with headers are not
    /// replaced. Errors (usage): a path that leads nowhere, a value TOML does not have.
    [[nodiscard]] Result<void> setValue(const QStringList &path, const QJsonValue &value);

    /// Removes a key, an array element, or a table with its headers. Comments that stand in lines of their own stay.
    /// Errors (usage): nothing there; a key written with dots inside braces.
    [[nodiscard]] Result<void> remove(const QStringList &path);

    /// Appends an element to an array of tables such as {"backend"} or {"backend", "0", "socket"}, also the first one.
    /// Arrays of objects among the values become sub-tables with headers of their own.
    [[nodiscard]] Result<void> appendTable(const QStringList &arrayPath, const Entries &entries);

    const QByteArray &text() const { return m_text; }
    bool isChanged() const { return m_text != m_saved; }

    /// Writes the text by way of a temporary file. Errors: usage where the file that was opened has changed on disk
    /// meanwhile, io.
    [[nodiscard]] Result<void> save(const QString &path);

private:
    struct Patch
    {
        qsizetype begin = 0;
        qsizetype end = 0;
        QByteArray replacement;
    };

    WorkspaceEditor() = default;

    Result<Patch> replacePatch(const TomlNode &node, const QJsonValue &value) const;
    Result<Patch> insertPatch(const QStringList &path, const QJsonValue &value) const;
    Result<Patch> insertKey(const QList<const TomlNode *> &chain, const QString &key, const QJsonValue &value) const;
    Result<Patch> insertSection(const QStringList &containerPath, const TomlNode &container, const QStringList &names,
                                const QJsonValue &value) const;
    Result<Patch> appendToArray(const TomlNode &array, const QJsonValue &value) const;
    Result<QList<Patch>> removePatches(const QList<const TomlNode *> &chain) const;
    Result<QList<Patch>> removeInline(const TomlNode &parent, const TomlNode &node) const;
    Result<void> apply(QList<Patch> patches, const TomlNode &intended);

    /// The nodes from the root along the path; shorter than the path where it ends early.
    QList<const TomlNode *> walk(const QStringList &path) const;
    bool hasHeader(const TomlNode &node) const;
    bool isDotted(const TomlNode &node) const;
    qsizetype extentEnd(const TomlNode &node) const;
    qsizetype lineStart(qsizetype at) const;
    qsizetype lineEnd(qsizetype at) const;
    QByteArray indentAt(qsizetype at) const;
    QByteArray eol() const;
    Patch linesAfter(qsizetype at, const QByteArray &lines) const;

    QString m_file;
    QByteArray m_text;
    QByteArray m_saved;
    TomlNode m_root;
};

} // namespace Switchyard
