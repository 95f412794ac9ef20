// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/leftovers.h"

#include "models/common/files.h"
#include "models/common/log.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <unistd.h>
#include <utility>

namespace Switchyard {

namespace {

QString defaultFolder()
{
    const QString named = qEnvironmentVariable("XDG_STATE_HOME");
    return (named.isEmpty() ? QDir::homePath() + QStringLiteral("/.local/state") : named) +
           QStringLiteral("/switchyard/processes");
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(64 * 1024).trimmed() : QByteArray();
}

QString bootId()
{
    return QString::fromLatin1(contentOf(QStringLiteral("/proc/sys/kernel/random/boot_id")));
}

struct ProcessStat
{
    char state = 0;
    qint64 session = 0;
    qint64 startTicks = 0; ///< clock ticks since the boot
};

/// proc(5): the name stands in parentheses and may hold any character, so the fields are counted behind the last one.
std::optional<ProcessStat> statOf(qint64 pid)
{
    const QByteArray text = contentOf(QStringLiteral("/proc/%1/stat").arg(pid));
    const qsizetype end = text.lastIndexOf(')');
    if (end < 0)
        return std::nullopt;
    const QList<QByteArray> fields = text.mid(end + 2).split(' ');
    constexpr qsizetype stateField = 0;
    constexpr qsizetype sessionField = 3;
    constexpr qsizetype startField = 19;
    if (fields.size() <= startField)
        return std::nullopt;
    return ProcessStat{fields[stateField].at(0), fields[sessionField].toLongLong(), fields[startField].toLongLong()};
}

/// Whether the program that wrote the note still runs: the same number, begun at the same tick.
bool sameProcess(qint64 pid, qint64 startTicks)
{
    const std::optional<ProcessStat> stat = statOf(pid);
    return stat && stat->startTicks == startTicks && stat->state != 'Z';
}

/// Members of a session that began no earlier than its leader did.
QList<qint64> membersOf(qint64 session, qint64 leaderTicks)
{
    QList<qint64> pids;
    const QStringList names = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &name : names) {
        bool number = false;
        const qint64 pid = name.toLongLong(&number);
        if (!number || pid == ::getpid())
            continue;
        const std::optional<ProcessStat> stat = statOf(pid);
        if (stat && stat->session == session && stat->startTicks >= leaderTicks && stat->state != 'Z')
            pids.append(pid);
    }
    return pids;
}

} // namespace

ProcessNote::ProcessNote(qint64 session, const QString &program, const QString &folder)
{
    const QString where = folder.isEmpty() ? defaultFolder() : folder;
    const std::optional<ProcessStat> leader = statOf(session);
    const std::optional<ProcessStat> own = statOf(::getpid());
    if (!leader || !own)
        return; // it has ended already
    const QJsonObject note{{QStringLiteral("boot"), bootId()},
                           {QStringLiteral("console"), qint64(::getpid())},
                           {QStringLiteral("console_start"), own->startTicks},
                           {QStringLiteral("session"), session},
                           {QStringLiteral("session_start"), leader->startTicks},
                           {QStringLiteral("program"), program}};
    if (!QDir().mkpath(where)) {
        qCWarning(lcDeploy) << "processes cannot be noted in" << where;
        return;
    }
    QFile::setPermissions(where, QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
    const QString file = QStringLiteral("%1/%2-%3.json").arg(where).arg(::getpid()).arg(session);
    if (const Result<void> written = writeFileAtomically(file, QJsonDocument(note).toJson(QJsonDocument::Compact)))
        m_file = file;
    else
        qCWarning(lcDeploy) << "a process could not be noted:" << written.error().toString();
}

ProcessNote::~ProcessNote()
{
    remove();
}

ProcessNote::ProcessNote(ProcessNote &&other) noexcept
    : m_file(std::exchange(other.m_file, {}))
{
}

ProcessNote &ProcessNote::operator=(ProcessNote &&other) noexcept
{
    if (this != &other) {
        remove();
        m_file = std::exchange(other.m_file, {});
    }
    return *this;
}

void ProcessNote::remove()
{
    if (!m_file.isEmpty())
        QFile::remove(std::exchange(m_file, {}));
}

QList<Leftover> findLeftovers(const QString &folder)
{
    const QString where = folder.isEmpty() ? defaultFolder() : folder;
    const QString boot = bootId();
    QList<Leftover> found;
    const QStringList notes = QDir(where).entryList({QStringLiteral("*.json")}, QDir::Files);
    for (const QString &name : notes) {
        const QString path = where + QLatin1Char('/') + name;
        const QJsonObject note = QJsonDocument::fromJson(contentOf(path)).object();
        const qint64 console = note[QStringLiteral("console")].toInteger();
        const bool thisBoot = !note.isEmpty() && note[QStringLiteral("boot")].toString() == boot;
        if (thisBoot && sameProcess(console, note[QStringLiteral("console_start")].toInteger()))
            continue;
        Leftover leftover;
        leftover.record = path;
        leftover.program = note[QStringLiteral("program")].toString();
        leftover.session = note[QStringLiteral("session")].toInteger();
        const qint64 began = note[QStringLiteral("session_start")].toInteger();
        // The kernel gives a session's number to nobody else while a member of it lives: a leader that began at another
        // time means that all of them are gone.
        const std::optional<ProcessStat> leader = statOf(leftover.session);
        const bool reused = leader && leader->startTicks != began;
        if (thisBoot && leftover.session > 1 && !reused)
            leftover.pids = membersOf(leftover.session, began);
        if (leftover.pids.isEmpty())
            QFile::remove(path);
        else
            found.append(leftover);
    }
    return found;
}

Result<void> stopLeftover(const Leftover &leftover)
{
    QStringList problems;
    for (const qint64 pid : leftover.pids) {
        if (::kill(pid_t(pid), SIGKILL) != 0 && errno != ESRCH)
            problems.append(QStringLiteral("%1: %2").arg(pid).arg(QString::fromLocal8Bit(std::strerror(errno))));
    }
    if (!problems.isEmpty())
        return fail(ErrorKind::Io, QStringLiteral("processes of an earlier run could not be stopped: %1")
                                       .arg(problems.join(QStringLiteral(", "))));
    QFile::remove(leftover.record);
    return {};
}

} // namespace Switchyard
