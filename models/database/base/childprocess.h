// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Programs that a worker thread starts and stays with: the vendor's dump programs, and commands that open a tunnel.
// QProcess wants an event loop, and tells neither a pipe between two children nor what they did to each other.

#include "models/common/result.h"
#include "models/database/base/deadline.h"

#include <QByteArray>
#include <QList>
#include <QStringList>

#include <optional>

#include <sys/types.h>

namespace Switchyard {

struct ChildStart
{
    QStringList arguments;       ///< the program first: a path, or a name that is looked up in PATH; never a shell
    QList<QByteArray> variables; ///< "NAME=VALUE", the whole environment
    int input = -1;              ///< descriptor of its standard input; -1: /dev/null
    int output = -1;             ///< of its standard output; -1: /dev/null, or what `outputToErrors` says
    bool outputToErrors = false; ///< what it prints is read with its errors
    QList<int> kept;             ///< further descriptors it has, under the same number
    QString folder;              ///< it runs in; empty: where this program does
};

/// One child, the leader of a process group of its own. It dies with the thread that started it, and with this program;
/// a second Ctrl-C kills its group too. For the thread that started it, which must outlive it. The destructor ends the
/// whole group and leaves no zombie.
class ChildProcess final
{
public:
    ChildProcess() = default;
    ~ChildProcess();
    ChildProcess(const ChildProcess &) = delete;
    ChildProcess &operator=(const ChildProcess &) = delete;

    /// Errors (io): the program is not there or may not be run; no process or pipe is left.
    [[nodiscard]] Result<void> start(const ChildStart &how);

    pid_t pid() const { return m_pid; }
    int errors() const { return m_errors.get(); } ///< to poll; -1: it has ended
    /// What came on standard error since the last call, in whole lines; with `all` also one without its end.
    QList<QByteArray> readLines(bool all = false);

    /// Looks whether it ended; never waits.
    bool hasEnded();
    /// Its exit status, or 128 and the signal, once it has ended.
    std::optional<int> status() const { return m_status; }
    /// By which signal it ended; 0: by none.
    int signal() const { return m_signal; }

    /// Until it ends by itself. False: the deadline came, or a cancel.
    bool waitFor(const Deadline &deadline);
    /// SIGTERM to the group, SIGKILL after the grace; returns when it is gone.
    void stop(Milliseconds grace);

private:
    void reap();
    void drain();

    pid_t m_pid = -1;
    Descriptor m_errors;
    QByteArray m_partial;
    std::optional<int> m_status;
    int m_signal = 0;
};

/// This program's environment, as ChildStart takes it.
QList<QByteArray> ownEnvironment();

} // namespace Switchyard
