// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/deploy/groupguard.h"
#include "models/deploy/leftovers.h"

#include <QMap>
#include <QObject>
#include <QProcess>
#include <QStringList>

namespace Switchyard {

struct ProcessSpec
{
    QStringList argv;
    QString cwd;                        ///< empty: the current folder
    QMap<QString, QString> environment; ///< the whole environment of the process
};

/// One backend process with everything it starts: it leads a process group of its own, gets signals as a container's
/// first process would, and whatever it leaves behind is killed with it, as a platform does when it removes the
/// instance. It dies with this program, whatever ends that: a guard of its own sees to it, and a note in the user's
/// state folder tells the next start of what a killed guard left (leftovers.h).
///
/// Thread: the one it lives on; nothing blocks. Destroying it kills the group at once.
class ProcessInstance final : public QObject
{
    Q_OBJECT
public:
    explicit ProcessInstance(ProcessSpec spec, QObject *parent = nullptr);
    ~ProcessInstance() override;

    void start();
    bool isRunning() const;
    qint64 pid() const { return m_pid; }

    /// Sends the signal to the first process only. Returns when it was sent.
    Instant sendSignal(int signal);
    /// SIGKILL to the whole group. False when there is none any more: its number may be another's by now.
    bool killGroup();

    /// The last lines of its output, redacted, at most 20.
    QStringList lastLines() const { return m_lastLines; }

Q_SIGNALS:
    void started(Switchyard::Instant at, qint64 pid);
    /// `status`: exit status, or 128 + the signal that ended it. `leftovers`: it left processes behind, now killed.
    void exited(Switchyard::Instant at, int status, bool leftovers);
    /// It could not be started at all.
    void startFailed(const Switchyard::Error &error);
    /// One line of standard output or error, redacted, at most 2,000 characters.
    void line(Switchyard::Instant at, const QString &text);

private:
    void readOutput();
    void takeLine(QByteArray bytes);

    ProcessSpec m_spec;
    QProcess m_process;
    GroupGuard m_guard;
    QByteArray m_pending;
    QStringList m_lastLines;
    qint64 m_pid = 0;
    ProcessNote m_note;  ///< so that a later run finds what this one could not stop
    bool m_over = false; ///< it has ended, and what it left behind was killed
};

/// The number of "SIGTERM", "SIGINT", …; 0 for an unknown name.
int signalNumber(const QString &name);
QString signalName(int number);

} // namespace Switchyard
