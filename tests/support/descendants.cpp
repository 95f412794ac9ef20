// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/descendants.h"

#include <QDir>
#include <QFile>
#include <QHash>

#include <sys/prctl.h>
#include <unistd.h>

namespace Switchyard::Testing {

namespace {

/// Before main(): what is left behind then becomes a child of this process, and not of the system's first one.
[[maybe_unused]] const int reaper = ::prctl(PR_SET_CHILD_SUBREAPER, 1);

QByteArray contentOf(const QString &pid, const char *name)
{
    QFile file(QStringLiteral("/proc/%1/%2").arg(pid, QString::fromLatin1(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Its parent's pid; the name before it may hold blanks and brackets.
QString parentOf(const QString &pid)
{
    const QByteArray stat = contentOf(pid, "stat");
    return QString::fromLatin1(stat.mid(stat.lastIndexOf(')') + 2).split(' ').value(1));
}

} // namespace

QStringList ownDescendants()
{
    QHash<QString, QStringList> children;
    for (const QString &pid : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
        if (pid.front().isDigit())
            children[parentOf(pid)].append(pid);
    }
    QStringList found = children.value(QString::number(::getpid()));
    for (qsizetype i = 0; i < found.size(); ++i)
        found += children.value(found[i]);
    return found;
}

QStringList processesWith(const QString &text)
{
    QStringList found;
    for (const QString &pid : ownDescendants()) {
        if (QString::fromUtf8(contentOf(pid, "cmdline").replace('\0', ' ')).contains(text))
            found.append(pid);
    }
    return found;
}

QList<qint64> guardsOf(qint64 pid)
{
    QList<qint64> found;
    for (const QString &guard : processesWith(QStringLiteral("switchyard-guard"))) {
        if (parentOf(guard).toLongLong() == pid)
            found.append(guard.toLongLong());
    }
    return found;
}

} // namespace Switchyard::Testing
