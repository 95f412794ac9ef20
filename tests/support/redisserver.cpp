// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/redisserver.h"

#include "tests/support/rawpeer.h"

#include <QFile>

namespace Switchyard::Testing {

RedisServer::RedisServer(const QStringList &lines, const CertificateFiles *tls, const QString &caFile)
{
    constexpr int tries = 5;
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    for (int i = 0; i < tries && m_port == 0; ++i) {
        const quint16 port = freePort();
        QStringList all{QStringLiteral("bind 127.0.0.1"), QStringLiteral("save \"\""), QStringLiteral("appendonly no"),
                        QStringLiteral("dir \"%1\"").arg(m_folder.path())};
        if (tls)
            all += {QStringLiteral("port 0"),
                    QStringLiteral("tls-port %1").arg(port),
                    QStringLiteral("tls-cert-file %1").arg(tls->certificate),
                    QStringLiteral("tls-key-file %1").arg(tls->key),
                    QStringLiteral("tls-ca-cert-file %1").arg(caFile),
                    QStringLiteral("tls-auth-clients no")};
        else
            all += QStringLiteral("port %1").arg(port);
        QFile file(m_folder.filePath(QStringLiteral("redis.conf")));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            return;
        file.write((all + lines).join(QLatin1Char('\n')).toUtf8() + '\n');
        file.close();
        m_process.start(QStringLiteral("/usr/bin/redis-server"), {file.fileName()});
        while (m_process.waitForReadyRead(5000)) {
            m_said += QString::fromUtf8(m_process.readAll());
            if (m_said.contains(QStringLiteral("Ready to accept connections"))) {
                m_port = port;
                break;
            }
        }
        if (m_port == 0) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }
}

RedisServer::~RedisServer()
{
    m_process.kill();
    m_process.waitForFinished();
}

} // namespace Switchyard::Testing
