// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/processinstance.h"

#include "models/common/childgroups.h"
#include "models/common/redact.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace Switchyard {

namespace {

constexpr qsizetype maxLine = 2'000;
constexpr qsizetype keptLines = 20;

struct NamedSignal
{
    QLatin1StringView name;
    int number;
};
constexpr NamedSignal signalNames[] = {
    {QLatin1StringView("SIGTERM"), SIGTERM}, {QLatin1StringView("SIGINT"), SIGINT},
    {QLatin1StringView("SIGQUIT"), SIGQUIT}, {QLatin1StringView("SIGHUP"), SIGHUP},
    {QLatin1StringView("SIGUSR1"), SIGUSR1}, {QLatin1StringView("SIGUSR2"), SIGUSR2},
    {QLatin1StringView("SIGKILL"), SIGKILL}, {QLatin1StringView("SIGSTOP"), SIGSTOP},
};

} // namespace

int signalNumber(const QString &name)
{
    for (const NamedSignal &entry : signalNames) {
        if (name == entry.name)
            return entry.number;
    }
    return 0;
}

QString signalName(int number)
{
    for (const NamedSignal &entry : signalNames) {
        if (number == entry.number)
            return entry.name;
    }
    return QStringLiteral("signal %1").arg(number);
}

ProcessInstance::ProcessInstance(ProcessSpec spec, QObject *parent)
    : QObject(parent)
    , m_spec(std::move(spec))
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardInputFile(QProcess::nullDevice());
    connect(&m_process, &QProcess::started, this, [this] {
        m_pid = m_process.processId();
        noteChildGroup(pid_t(m_pid));
        m_note = ProcessNote(m_pid, QFileInfo(m_spec.argv.value(0)).fileName());
        Q_EMIT started(Clock::now(), m_pid);
    });
    connect(&m_process, &QProcess::readyRead, this, &ProcessInstance::readOutput);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError problem) {
        if (problem != QProcess::FailedToStart)
            return;
        m_guard.dismiss();
        const QString program = m_spec.argv.value(0);
        Q_EMIT startFailed(
            Error{ErrorKind::Usage,
                  QStringLiteral("the command \"%1\" cannot be started: %2").arg(program, m_process.errorString()),
                  QStringLiteral("check the name and the PATH, and that it may be executed"),
                  {}});
    });
    connect(&m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        const Instant at = Clock::now();
        readOutput();
        if (!m_pending.isEmpty())
            takeLine(std::exchange(m_pending, {}));
        // The group's leader has been reaped: only processes it left behind can still answer to the group's number.
        const bool leftovers = killGroup();
        m_over = true;
        m_guard.dismiss();
        m_note.remove();
        forgetChildGroup(pid_t(m_pid));
        Q_EMIT exited(at, status == QProcess::CrashExit ? 128 + code : code, leftovers);
    });
}

ProcessInstance::~ProcessInstance()
{
    m_process.disconnect(this);
    killGroup();
    if (m_process.state() != QProcess::NotRunning)
        m_process.waitForFinished(1'000); // killed: only reaps the child
    forgetChildGroup(pid_t(m_pid));
}

void ProcessInstance::start()
{
    QProcessEnvironment environment;
    for (auto it = m_spec.environment.cbegin(); it != m_spec.environment.cend(); ++it)
        environment.insert(it.key(), it.value());
    m_process.setProcessEnvironment(environment);
    if (!m_spec.cwd.isEmpty()) {
        if (!QFileInfo(m_spec.cwd).isDir()) {
            const Error error{ErrorKind::Usage,
                              QStringLiteral("there is no folder %1 to start the command in").arg(m_spec.cwd),
                              {},
                              {}};
            QMetaObject::invokeMethod(
                this, [this, error] { Q_EMIT startFailed(error); }, Qt::QueuedConnection);
            return;
        }
        m_process.setWorkingDirectory(m_spec.cwd);
    }
    // A relative program with a folder in its name is meant from the folder it is started in.
    QString program = m_spec.argv.value(0);
    if (program.contains(QLatin1Char('/')) && QFileInfo(program).isRelative() && !m_spec.cwd.isEmpty())
        program = QDir(m_spec.cwd).absoluteFilePath(program);
    m_guard.start();
    m_process.setChildProcessModifier([guard = m_guard.descriptor()] {
        // A group of its own, and no life beyond ours even when this program is killed.
        ::setsid();
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        GroupGuard::tell(guard);
        // The program may have blocked or ignored signals for itself; the backend starts with the defaults.
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGINT, SIG_DFL);
        ::signal(SIGTERM, SIG_DFL);
        ::signal(SIGPIPE, SIG_DFL);
    });
    m_process.start(program, m_spec.argv.mid(1));
}

bool ProcessInstance::isRunning() const
{
    return m_process.state() != QProcess::NotRunning;
}

Instant ProcessInstance::sendSignal(int signal)
{
    const Instant at = Clock::now();
    if (m_pid > 0 && isRunning())
        ::kill(pid_t(m_pid), signal);
    return at;
}

bool ProcessInstance::killGroup()
{
    return m_pid > 0 && !m_over && ::kill(-pid_t(m_pid), SIGKILL) == 0;
}

void ProcessInstance::readOutput()
{
    m_pending += m_process.readAll();
    qsizetype end = 0;
    while ((end = m_pending.indexOf('\n')) >= 0) {
        takeLine(m_pending.left(end));
        m_pending.remove(0, end + 1);
    }
    if (m_pending.size() > 64 * 1024)
        takeLine(std::exchange(m_pending, {}));
}

void ProcessInstance::takeLine(QByteArray bytes)
{
    if (bytes.endsWith('\r'))
        bytes.chop(1);
    const QString text = redact(QString::fromUtf8(bytes.left(maxLine)));
    m_lastLines.append(text);
    if (m_lastLines.size() > keptLines)
        m_lastLines.removeFirst();
    Q_EMIT line(Clock::now(), text);
}

} // namespace Switchyard
