// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ownprocess.h"

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

int openDescriptors()
{
    // The folder itself is open while it is read.
    return int(
        QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::Files | QDir::System | QDir::NoDotAndDotDot).size());
}

int runningThreads()
{
    return int(QDir(QStringLiteral("/proc/self/task")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot).size());
}

int ownChildren()
{
    QFile file(QStringLiteral("/proc/self/task/%1/children").arg(::getpid()));
    return file.open(QIODevice::ReadOnly) ? int(file.readAll().split(' ').size()) - 1 : -1;
}

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

} // namespace Switchyard::Testing
