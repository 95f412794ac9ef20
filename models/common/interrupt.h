// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace Switchyard {

/// Turns Ctrl-C and SIGTERM into a signal of the event loop, so that a program can stop in order what it started and a
/// command can print what it has. One at a time in a program. A second Ctrl-C ends the program at once, and with it the
/// process groups it has started.
class Interrupt final : public QObject
{
    Q_OBJECT
public:
    explicit Interrupt(QObject *parent = nullptr);
    ~Interrupt() override;

    bool happened() const { return m_happened; }

Q_SIGNALS:
    void interrupted();

private:
    QSocketNotifier *m_notifier = nullptr;
    bool m_happened = false;
};

} // namespace Switchyard
