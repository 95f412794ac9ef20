// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/measurestart.h"

#include <QEvent>
#include <QFile>
#include <QTimer>
#include <QWidget>

#include <cstdio>
#include <ctime>
#include <unistd.h>

namespace Switchyard {

double processAgeMs()
{
    QFile stat(QStringLiteral("/proc/self/stat"));
    if (!stat.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray text = stat.readAll();
    // Field 22 of proc(5), counted behind the name, which may hold blanks.
    const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 20)
        return -1;
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    const double startMs = fields[19].toDouble() * 1000 / double(sysconf(_SC_CLK_TCK));
    return double(now.tv_sec) * 1000 + double(now.tv_nsec) / 1e6 - startMs;
}

double residentMb()
{
    QFile statm(QStringLiteral("/proc/self/statm"));
    if (!statm.open(QIODevice::ReadOnly))
        return -1;
    const QList<QByteArray> fields = statm.readAll().split(' ');
    return fields.size() < 2 ? -1 : fields[1].toDouble() * double(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

MeasureStart::MeasureStart(QWidget *window, QObject *parent)
    : QObject(parent)
{
    window->installEventFilter(this);
}

bool MeasureStart::eventFilter(QObject *watched, QEvent *event)
{
    // The paint of the children follows within the same update: what comes after it is queued behind.
    if (event->type() == QEvent::Paint && !m_painted) {
        m_painted = true;
        QTimer::singleShot(0, this, [] {
            std::printf("first paint: %.0f ms after process start\n", processAgeMs());
            std::fflush(stdout);
        });
        QTimer::singleShot(2'000, this, [this] {
            std::printf("resident after 2 s: %.1f MB\n", residentMb());
            std::fflush(stdout);
            Q_EMIT finished();
        });
    }
    return QObject::eventFilter(watched, event);
}

} // namespace Switchyard
