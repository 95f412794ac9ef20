// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/machinespeed.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <algorithm>

namespace Switchyard::Testing {

/// The longest turn of this thread's event loop since it was made: by the clock on the wall, and by the processor's
/// time in it, which other programs lengthen by half at most (turnLimitMs() knows by how much).
class Heartbeat final : public QObject
{
public:
    Heartbeat()
    {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setInterval(1);
        connect(&m_timer, &QTimer::timeout, this, [this] {
            m_longestWall = std::max(m_longestWall, double(m_wall.nsecsElapsed()) / 1e6);
            m_longestCpu = std::max(m_longestCpu, threadCpuMs() - m_cpu);
            ++m_turns;
            beat();
        });
        beat();
        m_timer.start();
    }
    double wallMs() const { return m_longestWall; }
    double cpuMs() const { return m_longestCpu; }
    int turns() const { return m_turns; }

private:
    void beat()
    {
        m_wall.start();
        m_cpu = threadCpuMs();
    }

    QTimer m_timer;
    QElapsedTimer m_wall;
    double m_cpu = 0;
    double m_longestWall = 0;
    double m_longestCpu = 0;
    int m_turns = 0;
};

} // namespace Switchyard::Testing
