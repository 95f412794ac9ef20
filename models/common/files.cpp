// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace Switchyard {

Result<QByteArray> readFile(const QString &path, qint64 maxBytes)
{
    const QFileInfo info(path);
    if (!info.exists())
        return fail(ErrorKind::Usage, QStringLiteral("there is no file %1").arg(path));
    if (!info.isFile())
        return fail(ErrorKind::Usage, QStringLiteral("%1 is not a regular file").arg(path));
    if (info.size() > maxBytes)
        return fail(
            ErrorKind::Usage,
            QStringLiteral("%1 has %2 bytes, more than the %3 that are read").arg(path).arg(info.size()).arg(maxBytes));
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, file.errorString()));
    // A file that grows after the look at its size may not fill the memory.
    QByteArray content = file.read(maxBytes + 1);
    if (content.size() > maxBytes)
        return fail(ErrorKind::Usage,
                    QStringLiteral("%1 has more than the %2 bytes that are read").arg(path).arg(maxBytes));
    if (file.error() != QFileDevice::NoError)
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, file.errorString()));
    return content;
}

Result<void> writeFileAtomically(const QString &path, const QByteArray &content, bool privateFile)
{
    const QFileInfo info(path);
    if (!QDir().mkpath(info.absolutePath()))
        return fail(ErrorKind::Io, QStringLiteral("the folder %1 cannot be made").arg(info.absolutePath()));
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, file.errorString()));
    if (privateFile && !file.setPermissions(QFile::ReadOwner | QFile::WriteOwner))
        return fail(ErrorKind::Io, QStringLiteral("%1 cannot be kept from others: %2").arg(path, file.errorString()));
    // What is still in the buffer when commit() closes the file is lost without a word where the disk is full, and an
    // empty file put in the old one's place (Qt 6.4.2): it has to be on the disk before.
    if (file.write(content) != content.size() || !file.flush() || !file.commit())
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, file.errorString()));
    return {};
}

} // namespace Switchyard
