// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/file.h"

#include "models/history/schema.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QtEndian>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace Switchyard {

using namespace Sqlite;

namespace {

// https://www.sqlite.org/fileformat2.html §1.3
constexpr qsizetype headerBytes = 100;
constexpr qsizetype versionAt = 60;
constexpr qsizetype applicationAt = 68;

QString newerText(const QString &path, qint64 version)
{
    return QStringLiteral("%1 has schema version %2, this program knows versions up to %3")
        .arg(path)
        .arg(version)
        .arg(historySchemaVersion);
}

} // namespace

HistoryFile::HistoryFile(QString path, std::chrono::milliseconds lockWait)
    : m_path(std::move(path))
    , m_lockWait(lockWait)
{
}

QString HistoryFile::refusalOf(const QString &path)
{
    const QFileInfo info(path);
    if (!info.exists())
        return {};
    if (!info.isFile())
        return QStringLiteral("%1 is not a regular file").arg(path);
    QFile file(path);
    // Unreadable is not foreign: what hinders may pass.
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray header = file.read(headerBytes);
    if (header.isEmpty())
        return {};
    // A process killed while it made the file leaves zeros and a journal that takes them back.
    if (header.count('\0') == header.size() && QFileInfo(path + QStringLiteral("-journal")).size() > 0)
        return {};
    // Ours bears the mark from its first transaction on; where only the words before it are broken, it is damaged.
    if (header.size() < headerBytes ||
        qFromBigEndian<quint32>(header.constData() + applicationAt) != quint32(historyApplicationId))
        return header.startsWith(QByteArrayLiteral("SQLite format 3"))
                   ? QStringLiteral("%1 is a database of another program").arg(path)
                   : QStringLiteral("%1 is not a history").arg(path);
    const qint64 version = qFromBigEndian<quint32>(header.constData() + versionAt);
    return version > historySchemaVersion && header.startsWith(QByteArrayLiteral("SQLite format 3"))
               ? newerText(path, version)
               : QString();
}

int HistoryFile::open()
{
    close();
    m_systemError = 0;
    m_refusal = refusalOf(m_path);
    if (!m_refusal.isEmpty())
        return SQLITE_AUTH;
    int code = openRaw();
    if (code == SQLITE_OK)
        code = judge();
    if (code == SQLITE_OK)
        code = migrateHistory(m_db.get());
    if (code == SQLITE_OK)
        code = run(m_db.get(), "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000");
    if (code != SQLITE_OK) {
        noteSystemError();
        m_db.reset();
        return code;
    }
    sqlite3_db_config(m_db.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    m_identity = identityOf(m_path);
    return SQLITE_OK;
}

int HistoryFile::openRaw()
{
    QDir().mkpath(QFileInfo(m_path).absolutePath());
    const QByteArray name = QFile::encodeName(m_path);
    // SQLite gives its log and index the mode of the file, which therefore has to be there first.
    const int fd = ::open(name.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        m_systemError = errno;
        return SQLITE_CANTOPEN;
    }
    ::fchmod(fd, 0600);
    ::close(fd);
    sqlite3 *raw = nullptr;
    const int code = sqlite3_open_v2(name.constData(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    m_db.reset(raw);
    if (code != SQLITE_OK)
        return code;
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, int(m_lockWait.count()));
    // Until it is known to be ours, closing it may not write its log into it.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return SQLITE_OK;
}

/// The header may be older than the log: SQLite's own answer is the one that counts.
int HistoryFile::judge()
{
    qint64 application = 0, version = 0, tables = 0;
    int code = readNumber(m_db.get(), "PRAGMA application_id", application);
    if (code == SQLITE_OK)
        code = readNumber(m_db.get(), "PRAGMA user_version", version);
    if (code == SQLITE_OK)
        code = readNumber(m_db.get(), "SELECT count(*) FROM sqlite_master", tables);
    if (code != SQLITE_OK)
        return code;
    if (tables > 0 && application != historyApplicationId)
        m_refusal = QStringLiteral("%1 is a database of another program").arg(m_path);
    else if (version > historySchemaVersion)
        m_refusal = newerText(m_path, version);
    return m_refusal.isEmpty() ? SQLITE_OK : SQLITE_AUTH;
}

void HistoryFile::close()
{
    m_db.reset();
}

HistoryFile::Identity HistoryFile::identityOf(const QString &path)
{
    struct stat status = {};
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return {};
    return {quint64(status.st_dev), quint64(status.st_ino)};
}

bool HistoryFile::isGone() const
{
    return m_db && identityOf(m_path) != m_identity;
}

/// SQLite notes it in one place or another: at the connection when opening fails, at the file or its log when writing.
void HistoryFile::noteSystemError()
{
    if (!m_db)
        return;
    m_systemError = sqlite3_system_errno(m_db.get());
    if (m_systemError == 0)
        sqlite3_file_control(m_db.get(), "main", SQLITE_FCNTL_LAST_ERRNO, &m_systemError);
    sqlite3_file *log = nullptr;
    if (m_systemError == 0 &&
        sqlite3_file_control(m_db.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log &&
        log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &m_systemError);
}

bool HistoryFile::isFull(int code) const
{
    const int primary = code & 0xff;
    if (primary == SQLITE_FULL)
        return true;
    const bool system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
    return system && (m_systemError == ENOSPC || m_systemError == EDQUOT || m_systemError == EFBIG);
}

QString HistoryFile::problem(int code) const
{
    const int primary = code & 0xff;
    QString text = QString::fromUtf8(sqlite3_errstr(code));
    if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && m_systemError != 0)
        text += QStringLiteral(" (%1)").arg(QString::fromLocal8Bit(std::strerror(m_systemError)));
    return QStringLiteral("%1 cannot be written: %2").arg(m_path, text);
}

QString HistoryFile::setAside()
{
    const bool ours = !m_db || !isGone();
    // Closing would write the log into the damaged file: what was found stays as it was found.
    if (m_db)
        sqlite3_db_config(m_db.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    close();
    if (!ours)
        return {};
    const QString stamp = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd'T'HHmmsszzz"));
    const QString other = QStringLiteral("%1.damaged-%2").arg(m_path, stamp);
    if (!QFile::rename(m_path, other))
        return {};
    for (const QString &suffix : {QStringLiteral("-wal"), QStringLiteral("-shm"), QStringLiteral("-journal")})
        QFile::rename(m_path + suffix, other + suffix);
    return other;
}

} // namespace Switchyard
