// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace Switchyard::Cli {

/// Turns Ctrl-C and SIGTERM into a signal of the event loop, so that a command can end in order and print what it has.
/// A second Ctrl-C is left to the system's default and ends the program at once (its processes die with it).
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

} // namespace Switchyard::Cli
