// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/fileset.h"

#include "models/common/files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QUuid>

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>

namespace Switchyard {

namespace {

Error diskError(const QString &what, const QString &why)
{
    return {ErrorKind::Io,
            QStringLiteral("%1: %2").arg(what, why),
            QStringLiteral("nothing was changed; free some space or choose another folder"),
            {}};
}

/// The files on their way: what was made is taken away again unless keep() is called.
class Transaction
{
public:
    ~Transaction()
    {
        if (m_kept)
            return;
        for (auto it = m_moves.crbegin(); it != m_moves.crend(); ++it) {
            if (it->saved)
                replace(it->backup, it->path);
            else if (it->moved)
                QFile::remove(it->path);
        }
        clean();
        for (auto it = m_folders.crbegin(); it != m_folders.crend(); ++it)
            QDir().rmdir(*it);
    }

    Result<void> makeFolder(const QString &path)
    {
        const QFileInfo info(path);
        if (info.isDir())
            return {};
        if (info.exists())
            return tl::unexpected(Error{
                ErrorKind::Usage, QStringLiteral("%1 is a file").arg(path), QStringLiteral("a folder is wanted"), {}});
        if (const Result<void> parent = makeFolder(info.absolutePath()); !parent)
            return parent;
        if (!QDir().mkdir(path) && !QFileInfo(path).isDir())
            return tl::unexpected(diskError(path, QStringLiteral("the folder cannot be made")));
        m_folders.append(path);
        return {};
    }

    Result<void> prepare(const QString &path, const QByteArray &text, int mode)
    {
        Move move;
        move.path = path;
        const QString id = QUuid::createUuid().toString(QUuid::Id128).left(12);
        move.temporary = QStringLiteral("%1.%2.new").arg(path, id);
        move.backup = QStringLiteral("%1.%2.old").arg(path, id);
        m_moves.append(move);
        // What others may not read is kept from them from its first byte on, not only once it has its name.
        if (Result<void> written = writeFileAtomically(move.temporary, text, mode != 0 && (mode & 077) == 0); !written)
            return written;
        if (mode != 0 && ::chmod(QFile::encodeName(move.temporary).constData(), mode_t(mode)) != 0)
            return tl::unexpected(diskError(path, QStringLiteral("its permissions cannot be set")));
        if (mode == 0 && QFileInfo::exists(path))
            QFile::setPermissions(move.temporary, QFile::permissions(path));
        return {};
    }

    Result<void> commit()
    {
        for (Move &move : m_moves) {
            if (QFileInfo::exists(move.path)) {
                // A second name for the old text, so that there is a whole file at every moment.
                if (!link(move.path, move.backup))
                    return tl::unexpected(diskError(move.path, QStringLiteral("it cannot be replaced")));
                move.saved = true;
            }
            if (!replace(move.temporary, move.path))
                return tl::unexpected(diskError(move.path, QStringLiteral("it cannot be put in its place")));
            move.moved = true;
        }
        m_kept = true;
        clean();
        return {};
    }

private:
    struct Move
    {
        QString path;
        QString temporary;
        QString backup;
        bool saved = false;
        bool moved = false;
    };

    static std::filesystem::path native(const QString &path) { return QFile::encodeName(path).toStdString(); }

    static bool replace(const QString &from, const QString &to)
    {
        std::error_code error;
        std::filesystem::rename(native(from), native(to), error);
        return !error;
    }

    static bool link(const QString &from, const QString &to)
    {
        std::error_code error;
        std::filesystem::create_hard_link(native(from), native(to), error);
        return !error || QFile::copy(from, to); // a file system without hard links
    }

    void clean()
    {
        for (const Move &move : std::as_const(m_moves)) {
            QFile::remove(move.temporary);
            if (move.saved)
                QFile::remove(move.backup);
        }
    }

    QList<Move> m_moves;
    QStringList m_folders;
    bool m_kept = false;
};

Result<QString> placeOf(const QDir &folder, const QString &path)
{
    const QString clean = QDir::cleanPath(path);
    const bool outside = path.isEmpty() || QDir::isAbsolutePath(path) || clean == QStringLiteral("..") ||
                         clean.startsWith(QStringLiteral("../")) || path.contains(QChar(u'\0'));
    const QString place = folder.absoluteFilePath(clean);
    if (outside)
        return tl::unexpected(Error{ErrorKind::Usage,
                                    QStringLiteral("\"%1\" is no path below the folder").arg(path),
                                    QStringLiteral("rename the service that gives it"),
                                    {}});
    if (QFileInfo(place).isDir())
        return tl::unexpected(Error{ErrorKind::Usage,
                                    QStringLiteral("%1 is a folder").arg(place),
                                    QStringLiteral("a file of that name is to be written; choose another folder"),
                                    {}});
    return place;
}

} // namespace

int fileMode(const QString &path)
{
    struct stat info
    {
    };
    return ::stat(QFile::encodeName(path).constData(), &info) == 0 ? int(info.st_mode & 07777) : -1;
}

Result<void> writeFileSet(const QString &folder, const QList<WrittenFile> &files)
{
    const QDir root(QDir(folder).absolutePath());
    Transaction transaction;
    if (Result<void> made = transaction.makeFolder(root.path()); !made)
        return made;
    for (const WrittenFile &file : files) {
        const Result<QString> place = placeOf(root, file.path);
        if (!place)
            return tl::unexpected(place.error());
        if (Result<void> made = transaction.makeFolder(QFileInfo(*place).absolutePath()); !made)
            return made;
        QFile there(*place);
        const bool same =
            there.size() == file.text.size() && there.open(QIODevice::ReadOnly) && there.readAll() == file.text;
        if (same && (file.mode == 0 || fileMode(*place) == file.mode))
            continue;
        if (Result<void> written = transaction.prepare(*place, file.text, file.mode); !written)
            return written;
    }
    return transaction.commit();
}

} // namespace Switchyard
