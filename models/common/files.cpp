// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSaveFile>
#include <QScopeGuard>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

namespace {

/// Of /dev/stdout, /dev/fd/3 and what else names something that this program has open already; -1: none of them.
int openDescriptorOf(const QString &path)
{
    static const QRegularExpression own(QStringLiteral("\\A(?:/dev|/proc/self)/fd/(\\d{1,6})\\z"));
    if (path == QLatin1StringView("/dev/stdout"))
        return STDOUT_FILENO;
    if (path == QLatin1StringView("/dev/stderr"))
        return STDERR_FILENO;
    const QRegularExpressionMatch match = own.match(path);
    return match.hasMatch() ? match.captured(1).toInt() : -1;
}

/// Into a device, a pipe or what is open already, which stays what it is.
Result<void> writeInto(const QString &path, int open, const QByteArray &content)
{
    // A pipe without a reader is told at once instead of waited for; what is written then waits for the reader.
    const int descriptor =
        open >= 0 ? ::fcntl(open, F_DUPFD_CLOEXEC, 3)
                  : ::open(QFile::encodeName(path).constData(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return fail(ErrorKind::Io, errno == ENXIO ? QStringLiteral("%1 is a pipe that nobody reads").arg(path)
                                                  : QStringLiteral("%1: %2").arg(path, qt_error_string(errno)));
    const auto close = qScopeGuard([descriptor] { ::close(descriptor); });
    if (open < 0)
        ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
    // A reader that goes away is an error of this write, not the end of the program.
    sigset_t broken, before, pending;
    ::sigemptyset(&broken);
    ::sigaddset(&broken, SIGPIPE);
    ::sigpending(&pending);
    const bool waited = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &broken, &before);
    int error = 0;
    for (qsizetype done = 0; done < content.size() && error == 0;) {
        const ssize_t wrote = ::write(descriptor, content.constData() + done, size_t(content.size() - done));
        if (wrote > 0)
            done += wrote;
        else if (wrote == 0 || errno != EINTR)
            error = wrote == 0 ? EIO : errno;
    }
    if (error == EPIPE && !waited) {
        const timespec now{};
        ::sigtimedwait(&broken, nullptr, &now);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0)
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, qt_error_string(error)));
    return {};
}

} // namespace

Result<void> writeFileAtomically(const QString &path, const QByteArray &content, bool privateFile)
{
    const QFileInfo info(path);
    if (!QDir().mkpath(info.absolutePath()))
        return fail(ErrorKind::Io, QStringLiteral("the folder %1 cannot be made").arg(info.absolutePath()));
    if (const int open = openDescriptorOf(path); open >= 0)
        return writeInto(path, open, content);
    struct stat target
    {
    };
    if (::stat(QFile::encodeName(path).constData(), &target) == 0 && !S_ISREG(target.st_mode) &&
        !S_ISDIR(target.st_mode))
        return writeInto(path, -1, content);
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
