// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/filechanges.h"

#include "models/common/files.h"
#include "models/common/textdiff.h"

#include <QDir>
#include <QFileInfo>

namespace Switchyard {

namespace {

constexpr qint64 mostBytes = 16 << 20;

FileChange changeOf(const QString &folder, const WrittenFile &file)
{
    FileChange change;
    change.path = file.path;
    const QString path = QDir(folder).filePath(file.path);
    // A link to nowhere does not exist for QFileInfo, and would be written through.
    const QFileInfo info(path);
    if (!info.exists() && !info.isSymLink()) {
        change.diff = unifiedDiff({}, file.text, file.path);
        return change;
    }
    Result<QByteArray> now = readFile(path, mostBytes);
    if (!now) {
        change.kind = FileChange::Kind::Refused;
        change.error = now.error();
        return change;
    }
    // Null means that there is no file.
    change.before = now->isNull() ? QByteArray("") : *now;
    change.kind = change.before == file.text ? FileChange::Kind::Same : FileChange::Kind::Changed;
    if (change.kind == FileChange::Kind::Changed)
        change.diff = unifiedDiff(change.before, file.text, file.path);
    return change;
}

} // namespace

QString fileChangeName(FileChange::Kind kind)
{
    switch (kind) {
    case FileChange::Kind::New:
        return QStringLiteral("new");
    case FileChange::Kind::Changed:
        return QStringLiteral("changed");
    case FileChange::Kind::Same:
        return QStringLiteral("same");
    case FileChange::Kind::Refused:
        break;
    }
    return QStringLiteral("refused");
}

QList<FileChange> fileChanges(const QString &folder, const QList<WrittenFile> &files)
{
    QList<FileChange> changes;
    for (const WrittenFile &file : files)
        changes.append(changeOf(folder, file));
    return changes;
}

} // namespace Switchyard
