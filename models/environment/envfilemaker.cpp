// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/envfilemaker.h"

#include "models/common/files.h"
#include "models/workspace/workspaceeditor.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>

namespace Switchyard {

namespace {

constexpr int namesOne = -2; ///< it has an `env` already

/// Where the backend stands among the file's; -1: nowhere.
int placeOf(const TomlNode &root, const QString &backend)
{
    const TomlNode *list = root.find(QStringLiteral("backend"));
    if (!list)
        return -1;
    for (std::size_t i = 0; i < list->children.size(); ++i) {
        const TomlNode *name = list->children[i].find(QStringLiteral("name"));
        if (!name || name->text != backend)
            continue;
        const TomlNode *env = list->children[i].find(QStringLiteral("env"));
        return env && !env->children.empty() ? namesOne : int(i);
    }
    return -1;
}

} // namespace

QString envFileNameFor(const QString &backend)
{
    static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9_-]+"));
    return QStringLiteral(".env.") + QString(backend).replace(odd, QStringLiteral("-"));
}

Result<QString> addEnvFile(const QString &workspaceFile, const QString &backend)
{
    const Result<QByteArray> text = readFile(workspaceFile);
    if (!text)
        return tl::unexpected(text.error());
    Result<WorkspaceEditor> editor = WorkspaceEditor::open(*text, workspaceFile);
    if (!editor)
        return tl::unexpected(editor.error());
    const Result<TomlNode> root = parseToml(*text, workspaceFile);
    if (!root)
        return tl::unexpected(root.error());
    const int at = placeOf(*root, backend);
    if (at == namesOne)
        return fail(ErrorKind::Usage, QStringLiteral("%1 has an env already").arg(backend),
                    QStringLiteral("open the workspace again"));
    if (at < 0)
        return fail(ErrorKind::Usage, QStringLiteral("%1 is not in %2").arg(backend, workspaceFile),
                    QStringLiteral("open the workspace again"));
    const QString name = envFileNameFor(backend);
    if (const Result<void> set =
            editor->setValue({QStringLiteral("backend"), QString::number(at), QStringLiteral("env")}, QJsonArray{name});
        !set)
        return tl::unexpected(set.error());
    const QString path = QFileInfo(workspaceFile).absoluteDir().filePath(name);
    if (!QFileInfo::exists(path)) {
        if (const Result<void> written = writeFileAtomically(path, {}, true); !written)
            return tl::unexpected(written.error());
    }
    if (const Result<void> saved = editor->save(workspaceFile); !saved)
        return tl::unexpected(saved.error());
    return path;
}

} // namespace Switchyard
