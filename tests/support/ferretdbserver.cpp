// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ferretdbserver.h"

#include "models/common/files.h"
#include "tests/support/rawpeer.h"
#include "tests/support/runtimes.h"

#include <QElapsedTimer>
#include <QTcpSocket>

namespace Switchyard::Testing {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool answers(quint16 port)
{
    QTcpSocket socket;
    socket.connectToHost(s("127.0.0.1"), port);
    return socket.waitForConnected(200);
}

} // namespace

FerretDbServer::FerretDbServer(const TestCertificates &certificates)
{
    const Result<QString> program = ferretDb();
    if (!program) {
        m_missing = program.error().message;
        return;
    }
    const quint16 port = freePort();
    const quint16 tlsPort = freePort();
    // It tells of every connection, and would stop at a pipe that nobody reads.
    const QString log = m_folder.filePath(s("log.txt"));
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardOutputFile(log);
    m_process.start(*program, {s("-folder"), m_folder.path(), s("-listen"), s("127.0.0.1:%1").arg(port),
                               s("-listen-tls"), s("127.0.0.1:%1").arg(tlsPort), s("-certificate"),
                               certificates.good().certificate, s("-key"), certificates.good().key});
    QElapsedTimer clock;
    clock.start();
    constexpr qint64 most = 20'000;
    while (clock.elapsed() < most && m_process.state() != QProcess::NotRunning) {
        if (answers(port) && answers(tlsPort)) {
            m_port = port;
            m_tlsPort = tlsPort;
            break;
        }
        m_process.waitForFinished(50);
    }
    m_said = QString::fromUtf8(readFile(log, 1 << 20).value_or(QByteArray())) + m_process.errorString();
}

FerretDbServer::~FerretDbServer()
{
    m_process.kill();
    m_process.waitForFinished();
}

} // namespace Switchyard::Testing
