// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/groupguard.h"

#include <sys/socket.h>
#include <unistd.h>

namespace Switchyard {

namespace {

/// The first line is the group's number; a second one would say that all is well, the end of input that nobody is left
/// to say it. Signals of a terminal do not reach it: it has a session of its own.
const char script[] = "read -r group || exit 0; read -r word && exit 0; kill -s KILL -- \"-$group\"";

} // namespace

GroupGuard::GroupGuard(QObject *parent)
    : QObject(parent)
{
}

bool GroupGuard::start()
{
    // Sockets and no pipe: to write to a pipe without a reader ends the writer.
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    const int readEnd = ends[0];
    m_writeEnd = ends[1];
    m_shell.setProcessEnvironment(QProcessEnvironment());
    m_shell.setStandardOutputFile(QProcess::nullDevice());
    m_shell.setStandardErrorFile(QProcess::nullDevice());
    m_shell.setChildProcessModifier([readEnd] {
        ::setsid();
        ::dup2(readEnd, STDIN_FILENO);
    });
    m_shell.setWorkingDirectory(QStringLiteral("/"));
    m_shell.start(QStringLiteral("/bin/sh"),
                  {QStringLiteral("-c"), QString::fromLatin1(script), QStringLiteral("switchyard-guard")});
    ::close(readEnd);
    if (m_shell.state() != QProcess::NotRunning)
        return true;
    ::close(std::exchange(m_writeEnd, -1));
    return false;
}

void GroupGuard::tell(int descriptor)
{
    if (descriptor < 0)
        return;
    // No formatting function is safe here.
    char text[24];
    int at = int(sizeof text);
    text[--at] = '\n';
    for (pid_t number = ::getpid(); number > 0 && at > 0; number /= 10)
        text[--at] = char('0' + number % 10);
    [[maybe_unused]] const ssize_t written = ::send(descriptor, text + at, sizeof text - std::size_t(at), MSG_NOSIGNAL);
}

void GroupGuard::dismiss()
{
    if (m_writeEnd < 0)
        return;
    [[maybe_unused]] const ssize_t written = ::send(m_writeEnd, "done\n", 5, MSG_NOSIGNAL);
    ::close(std::exchange(m_writeEnd, -1));
}

GroupGuard::~GroupGuard()
{
    m_shell.disconnect();
    m_shell.kill();
    if (m_shell.state() != QProcess::NotRunning)
        m_shell.waitForFinished(1'000); // killed: only reaps it
    if (m_writeEnd >= 0)
        ::close(m_writeEnd);
}

} // namespace Switchyard
