// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/auditlog.h"

#include "models/common/redact.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSysInfo>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

namespace Switchyard {

namespace {

QString stateFolder()
{
    const QString named = qEnvironmentVariable("XDG_STATE_HOME");
    return (named.isEmpty() ? QDir::homePath() + QStringLiteral("/.local/state") : named) +
           QStringLiteral("/switchyard");
}

QString userName()
{
    // The account, not $USER: that one can say anything.
    const passwd *entry = ::getpwuid(::getuid());
    return entry ? QString::fromLocal8Bit(entry->pw_name) : QString::number(::getuid());
}

Result<void> failed(const QString &file)
{
    return fail(ErrorKind::Io,
                QStringLiteral("the audit log %1 cannot be written: %2")
                    .arg(file, QString::fromLocal8Bit(std::strerror(errno))),
                QStringLiteral("nothing is done to a production backend without it: make the file writable"));
}

} // namespace

AuditLog::AuditLog(QString file)
    : m_file(file.isEmpty() ? stateFolder() + QStringLiteral("/audit.jsonl") : std::move(file))
{
}

Result<void> AuditLog::append(const AuditEntry &entry) const
{
    const QJsonObject json{
        {QStringLiteral("at"), QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs)},
        {QStringLiteral("user"), userName()},
        {QStringLiteral("host"), QSysInfo::machineHostName()},
        {QStringLiteral("pid"), QCoreApplication::applicationPid()},
        {QStringLiteral("program"), QStringLiteral("switchyard " SWITCHYARD_VERSION)},
        {QStringLiteral("workspace"), entry.workspace},
        {QStringLiteral("backend"), entry.backend},
        {QStringLiteral("stage"), entry.stage},
        {QStringLiteral("action"), entry.action},
        {QStringLiteral("outcome"), redact(entry.outcome)},
        {QStringLiteral("session"), entry.session},
    };
    const QByteArray line = QJsonDocument(json).toJson(QJsonDocument::Compact) + '\n';
    const QString folder = QFileInfo(m_file).absolutePath();
    if (!QDir().mkpath(folder)) {
        errno = errno != 0 ? errno : EACCES;
        return failed(m_file);
    }
    // One write to a descriptor that appends: lines of several programs do not mix.
    const int fd =
        ::open(QFile::encodeName(m_file).constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(m_file);
    const bool written = ::write(fd, line.constData(), std::size_t(line.size())) == line.size() && ::fdatasync(fd) == 0;
    const int problem = errno;
    ::close(fd);
    errno = problem;
    return written ? Result<void>{} : failed(m_file);
}

} // namespace Switchyard
