// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QProcess>

namespace Switchyard {

/// Watches over a process group that must not outlive this program, even when this program is killed: a shell of its
/// own that waits at a socket. When that ends without a word, whoever held the other end is dead, and the shell kills
/// the group. The death signal of the system reaches only a direct child, and not what that child has started.
///
/// Thread: the one it lives on; nothing blocks but the destructor, for the moment in which a killed shell is reaped.
class GroupGuard final : public QObject
{
    Q_OBJECT
public:
    explicit GroupGuard(QObject *parent = nullptr);
    ~GroupGuard() override;

    /// Starts the shell. False: there is none, and the group has no guard.
    bool start();
    /// For the child between fork and exec: tells the guard that the caller leads the group. Async-signal-safe.
    /// Takes the descriptor by value, so that the child needs nothing of this object.
    static void tell(int descriptor);
    int descriptor() const { return m_writeEnd; }
    /// The group is gone: lets the shell go.
    void dismiss();

private:
    QProcess m_shell;
    int m_writeEnd = -1;
};

} // namespace Switchyard
