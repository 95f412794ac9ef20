// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/base/childprocess.h"

#include "models/common/childgroups.h"

#include <QStandardPaths>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace Switchyard {

namespace {

constexpr int pollMs = 5;
constexpr qsizetype longestLine = 64 * 1024;

/// Everything the child needs, made before fork(): between it and exec only what is async-signal-safe may be called.
struct Prepared
{
    QByteArray program, folder;
    std::vector<QByteArray> words;
    std::vector<char *> argv, envp;
    std::vector<int> kept;
    int input = -1, output = -1, errors = -1, report = -1;
    pid_t parent = 0;
};

[[noreturn]] void become(const Prepared &prepared)
{
    const auto giveUp = [&prepared] {
        const int code = errno;
        [[maybe_unused]] const ssize_t written = ::write(prepared.report, &code, sizeof(code));
        ::_exit(127);
    };
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != prepared.parent)
        ::_exit(127); // it ended before the line above
    if (::dup2(prepared.input, STDIN_FILENO) < 0 || ::dup2(prepared.output, STDOUT_FILENO) < 0 ||
        ::dup2(prepared.errors, STDERR_FILENO) < 0)
        giveUp();
    if (!prepared.folder.isEmpty() && ::chdir(prepared.folder.constData()) != 0)
        giveUp();
    for (const int descriptor : prepared.kept)
        ::fcntl(descriptor, F_SETFD, 0);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD})
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(prepared.program.constData(), prepared.argv.data(), prepared.envp.data());
    giveUp();
    ::_exit(127);
}

} // namespace

QList<QByteArray> ownEnvironment()
{
    QList<QByteArray> variables;
    for (char **each = environ; each && *each; ++each)
        variables.append(QByteArray(*each));
    return variables;
}

ChildProcess::~ChildProcess()
{
    stop(Milliseconds(0));
}

Result<void> ChildProcess::start(const ChildStart &how)
{
    const QString name = how.arguments.value(0);
    const QString path = name.contains(QLatin1Char('/')) ? name : QStandardPaths::findExecutable(name);
    if (path.isEmpty())
        return fail(ErrorKind::Io, QStringLiteral("there is no program \"%1\" in PATH").arg(name),
                    QStringLiteral("install it, or give its path"));
    const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    int errorEnds[2] = {-1, -1};
    int reportEnds[2] = {-1, -1};
    if (!nothing.isOpen() || ::pipe2(errorEnds, O_CLOEXEC) != 0)
        return fail(ErrorKind::Io, QStringLiteral("no pipe for %1: %2").arg(name, QString::fromUtf8(strerror(errno))));
    Descriptor errors(errorEnds[0]), errorsOfChild(errorEnds[1]);
    if (::pipe2(reportEnds, O_CLOEXEC) != 0)
        return fail(ErrorKind::Io, QStringLiteral("no pipe for %1: %2").arg(name, QString::fromUtf8(strerror(errno))));
    Descriptor report(reportEnds[0]), reportOfChild(reportEnds[1]);

    Prepared prepared;
    prepared.program = path.toLocal8Bit();
    prepared.folder = how.folder.toLocal8Bit();
    for (const QString &word : how.arguments)
        prepared.words.push_back(word.toLocal8Bit());
    for (QByteArray &word : prepared.words)
        prepared.argv.push_back(word.data());
    prepared.argv.push_back(nullptr);
    std::vector<QByteArray> variables(how.variables.cbegin(), how.variables.cend());
    for (QByteArray &variable : variables)
        prepared.envp.push_back(variable.data());
    prepared.envp.push_back(nullptr);
    prepared.kept.assign(how.kept.cbegin(), how.kept.cend());
    prepared.input = how.input >= 0 ? how.input : nothing.get();
    prepared.errors = errorsOfChild.get();
    prepared.output = how.output >= 0 ? how.output : how.outputToErrors ? prepared.errors : nothing.get();
    prepared.report = reportOfChild.get();
    prepared.parent = ::getpid();

    const pid_t pid = ::fork();
    if (pid < 0)
        return fail(ErrorKind::Io,
                    QStringLiteral("%1 cannot be started: %2").arg(name, QString::fromUtf8(strerror(errno))));
    if (pid == 0)
        become(prepared);
    ::setpgid(pid, pid); // whoever comes first: a signal to the group must find it
    noteChildGroup(pid);
    reportOfChild.reset();
    errorsOfChild.reset();
    int code = 0;
    ssize_t got = 0;
    do {
        got = ::read(report.get(), &code, sizeof(code));
    } while (got < 0 && errno == EINTR);
    if (got == ssize_t(sizeof(code))) {
        ::waitpid(pid, nullptr, 0);
        forgetChildGroup(pid);
        return fail(ErrorKind::Io, QStringLiteral("%1 cannot be run: %2").arg(path, QString::fromUtf8(strerror(code))),
                    how.folder.isEmpty()
                        ? QStringLiteral("whether the file is a program, and may be run by this user")
                        : QStringLiteral("whether the file is a program, may be run by this user, and whether %1 is a "
                                         "folder")
                              .arg(how.folder));
    }
    ::fcntl(errors.get(), F_SETFL, O_NONBLOCK);
    m_pid = pid;
    m_errors = std::move(errors);
    m_status.reset();
    m_signal = 0;
    m_partial.clear();
    return {};
}

void ChildProcess::drain()
{
    char block[16 * 1024];
    while (m_errors.isOpen()) {
        const ssize_t got = ::read(m_errors.get(), block, sizeof(block));
        if (got > 0)
            m_partial.append(block, got);
        else if (got < 0 && errno == EAGAIN)
            return;
        else if (got == 0 || errno != EINTR)
            m_errors.reset();
    }
}

QList<QByteArray> ChildProcess::readLines(bool all)
{
    drain();
    QList<QByteArray> lines;
    qsizetype from = 0;
    for (qsizetype end = m_partial.indexOf('\n'); end >= 0; end = m_partial.indexOf('\n', from)) {
        lines.append(m_partial.mid(from, end - from));
        from = end + 1;
    }
    m_partial.remove(0, from);
    if (!m_partial.isEmpty() && (all || m_partial.size() > longestLine)) {
        lines.append(m_partial);
        m_partial.clear();
    }
    return lines;
}

void ChildProcess::reap()
{
    int status = 0;
    // What it started may still be there; the number of the group stays ours until the leader is waited for.
    ::kill(-m_pid, SIGKILL);
    while (::waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
    }
    forgetChildGroup(m_pid);
    m_pid = -1;
    m_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    m_status = m_signal != 0 ? 128 + m_signal : WEXITSTATUS(status);
}

bool ChildProcess::hasEnded()
{
    if (m_pid < 0)
        return true;
    siginfo_t info{};
    if (::waitid(P_PID, id_t(m_pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return false;
    reap();
    return true;
}

bool ChildProcess::waitFor(const Deadline &deadline)
{
    while (!hasEnded()) {
        if (deadline.isCancelled() || deadline.isOver())
            return false;
        ::poll(nullptr, 0, std::min(deadline.slice(), pollMs));
    }
    return true;
}

void ChildProcess::stop(Milliseconds grace)
{
    if (hasEnded())
        return;
    if (grace > Milliseconds(0)) {
        ::kill(-m_pid, SIGTERM);
        const Deadline patience(grace);
        while (!hasEnded() && !patience.isOver()) {
            drain(); // a child whose pipe is full would never come to its end
            ::poll(nullptr, 0, pollMs);
        }
    }
    if (!hasEnded()) {
        ::kill(-m_pid, SIGKILL);
        reap();
    }
}

} // namespace Switchyard
