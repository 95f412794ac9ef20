// SPDX-License-Identifier: GPL-3.0-or-later
#include "demobackend.h"

#include <QElapsedTimer>
#include <QUrl>

#include <csignal>

namespace Switchyard::Testing {

DemoBackend::DemoBackend(const QStringList &arguments, const QStringList &environment)
{
    QStringList variables{QStringLiteral("PORT=0")};
    variables += environment;
    m_process.setEnvironment(variables);
    m_process.start(QStringLiteral(BINARY_DIR "/switchyard-demo-backend"), arguments);
}

DemoBackend::~DemoBackend()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished();
}

bool DemoBackend::waitForListening()
{
    QElapsedTimer timer;
    timer.start();
    while (!m_output.contains('\n') && timer.elapsed() < 10000) {
        if (!m_process.waitForReadyRead(500) && m_process.state() == QProcess::NotRunning)
            return false;
        m_output += m_process.readAllStandardOutput();
    }
    const QByteArray prefix("listening on ");
    if (!m_output.startsWith(prefix))
        return false;
    m_port = static_cast<quint16>(QUrl(QString::fromUtf8(m_output.mid(prefix.size()).trimmed())).port());
    return m_port > 0;
}

bool DemoBackend::waitForLog(const QByteArray &text)
{
    QElapsedTimer timer;
    timer.start();
    m_process.setReadChannel(QProcess::StandardError);
    while (!standardError().contains(text) && timer.elapsed() < 10000) {
        if (!m_process.waitForReadyRead(500) && m_process.state() == QProcess::NotRunning)
            break;
    }
    m_process.setReadChannel(QProcess::StandardOutput);
    return standardError().contains(text);
}

void DemoBackend::signal(int number)
{
    ::kill(static_cast<pid_t>(m_process.processId()), number);
}

int DemoBackend::waitForExit(int timeoutMs)
{
    if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(timeoutMs))
        return -1;
    return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

QByteArray DemoBackend::standardOutput()
{
    m_output += m_process.readAllStandardOutput();
    return m_output;
}

QByteArray DemoBackend::standardError()
{
    m_log += m_process.readAllStandardError();
    return m_log;
}

} // namespace Switchyard::Testing
