// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/ownfiles.h"

#include "models/common/files.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>

namespace Switchyard {

namespace {

constexpr qint64 mostBytes = 16 << 20;

/// What an earlier export wrote into a folder: path to hash, which is empty for files with secrets.
QMap<QString, QString> writtenBefore(const QDir &folder, const OwnFiles &own)
{
    QMap<QString, QString> files;
    const Result<QByteArray> text = readFile(folder.filePath(own.record), mostBytes);
    const QJsonObject record = text ? QJsonDocument::fromJson(*text).object() : QJsonObject();
    if (record[QStringLiteral("schema")].toString() != own.schema)
        return files;
    for (const QJsonValue file : record[QStringLiteral("files")].toArray())
        files.insert(file[QStringLiteral("path")].toString(), file[QStringLiteral("sha256")].toString());
    files.insert(own.record, QString());
    return files;
}

} // namespace

QString contentHash(const QByteArray &text)
{
    return QString::fromLatin1(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
}

std::optional<Error> objectionTo(const QList<WrittenFile> &files, const QString &path, const OwnFiles &own, bool force)
{
    const QDir folder(path);
    QStringList sources;
    for (const QString &source : own.sources)
        sources.append(QFileInfo(source).canonicalFilePath());
    sources.removeAll(QString());
    const QMap<QString, QString> before = writtenBefore(folder, own);
    for (const WrittenFile &file : files) {
        const QFileInfo there(folder.filePath(file.path));
        if (!there.exists() || there.isDir())
            continue;
        const Result<QByteArray> now = readFile(there.filePath(), mostBytes);
        if (now && *now == file.text)
            continue;
        if (sources.contains(there.canonicalFilePath()))
            return Error{ErrorKind::Usage,
                         QStringLiteral("%1 is one of the sources").arg(there.filePath()),
                         QStringLiteral("choose another folder with --out"),
                         {}};
        if (force)
            continue;
        const auto known = before.constFind(file.path);
        const QString hint = QStringLiteral("choose another folder, or replace it with --force");
        if (known == before.cend())
            return Error{ErrorKind::Usage,
                         QStringLiteral("%1 is there already, and no export wrote it").arg(there.filePath()),
                         hint,
                         {}};
        if (!known->isEmpty() && (!now || contentHash(*now) != *known))
            return Error{ErrorKind::Usage,
                         QStringLiteral("%1 was changed since it was written").arg(there.filePath()),
                         hint,
                         {}};
    }
    return std::nullopt;
}

} // namespace Switchyard
