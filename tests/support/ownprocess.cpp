// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ownprocess.h"

#include <QDir>
#include <QFile>

#include <unistd.h>

namespace Switchyard::Testing {

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

} // namespace Switchyard::Testing
