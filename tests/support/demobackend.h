// SPDX-License-Identifier: GPL-3.0-or-later
// The real switchyard-demo-backend as a child process on a port the kernel picks. For the test's own thread; the
// destructor kills what still runs.
#pragma once

#include <QProcess>
#include <QStringList>

namespace Switchyard::Testing {

class DemoBackend final
{
public:
    explicit DemoBackend(const QStringList &arguments = {}, const QStringList &environment = {});
    ~DemoBackend();
    DemoBackend(const DemoBackend &) = delete;
    DemoBackend &operator=(const DemoBackend &) = delete;

    /// Waits for the "listening on" line. False if the process ended instead, or 10 s passed.
    bool waitForListening();
    quint16 port() const { return m_port; }

    /// Waits until the log on stderr holds `text`.
    bool waitForLog(const QByteArray &text);

    void signal(int number);
    /// The exit status; -1 if it still runs after the time, or crashed.
    int waitForExit(int timeoutMs = 10000);

    QByteArray standardOutput(); ///< everything so far
    QByteArray standardError();

private:
    QProcess m_process;
    QByteArray m_output;
    QByteArray m_log;
    quint16 m_port = 0;
};

} // namespace Switchyard::Testing
