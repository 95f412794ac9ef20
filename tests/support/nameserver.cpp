// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/nameserver.h"

#include "tests/support/rawpeer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Switchyard::Testing {

NameServer::NameServer(const QStringList &records)
{
    constexpr int tries = 5;
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    for (int i = 0; i < tries && m_port == 0; ++i) {
        const quint16 port = freePort();
        QStringList arguments{QStringLiteral("--keep-in-foreground"), QStringLiteral("--conf-file=/dev/null"),
                              QStringLiteral("--port=%1").arg(port),  QStringLiteral("--listen-address=127.0.0.1"),
                              QStringLiteral("--bind-interfaces"),    QStringLiteral("--no-resolv"),
                              QStringLiteral("--no-hosts"),           QStringLiteral("--pid-file="),
                              QStringLiteral("--log-facility=-"),     QStringLiteral("--local=/test/")};
        if (getuid() == 0)
            arguments += {QStringLiteral("--user=root"), QStringLiteral("--group=root")};
        m_process.start(QStringLiteral("/usr/sbin/dnsmasq"), arguments + records);
        // It says so once its sockets are open.
        while (m_process.waitForReadyRead(5000)) {
            m_said += QString::fromUtf8(m_process.readAll());
            if (m_said.contains(QStringLiteral("started"))) {
                m_port = port;
                break;
            }
        }
        if (m_port == 0) {
            m_process.kill();
            m_process.waitForFinished();
            m_said += QString::fromUtf8(m_process.readAll()) + m_process.errorString();
        }
    }
}

NameServer::~NameServer()
{
    m_process.kill();
    m_process.waitForFinished();
}

QString NameServer::address() const
{
    return m_port ? QStringLiteral("127.0.0.1:%1").arg(m_port) : QString();
}

FixedNameServer::FixedNameServer(int code)
{
    m_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(m_descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address);
    socklen_t size = sizeof address;
    getsockname(m_descriptor, reinterpret_cast<sockaddr *>(&address), &size);
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this, code] {
        while (!m_stopped) {
            pollfd one{m_descriptor, POLLIN, 0};
            if (poll(&one, 1, 20) <= 0)
                continue;
            char packet[1024];
            sockaddr_in from{};
            socklen_t length = sizeof from;
            const ssize_t read =
                recvfrom(m_descriptor, packet, sizeof packet, 0, reinterpret_cast<sockaddr *>(&from), &length);
            if (read < 12 || code == -2)
                continue;
            packet[2] = char(packet[2] | 0x80); // an answer
            if (code >= 0)
                packet[3] = char(code);
            else
                packet[7] = 9; // answers that are not there
            sendto(m_descriptor, packet, size_t(read), 0, reinterpret_cast<const sockaddr *>(&from), length);
        }
    });
}

FixedNameServer::~FixedNameServer()
{
    m_stopped = true;
    m_thread.join();
    close(m_descriptor);
}

} // namespace Switchyard::Testing
