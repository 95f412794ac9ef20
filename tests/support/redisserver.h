// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/certificates.h"

#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

namespace Switchyard::Testing {

/// redis-server on a free loopback port, with nothing on disk but its configuration. Destruction stops it.
class RedisServer final
{
public:
    /// `lines` of redis.conf: "requirepass …", "user app on >… ~* +@read", "maxclients 5". With `tls`, the port speaks
    /// nothing else.
    explicit RedisServer(const QStringList &lines = {}, const CertificateFiles *tls = nullptr,
                         const QString &caFile = {});
    ~RedisServer();
    RedisServer(const RedisServer &) = delete;
    RedisServer &operator=(const RedisServer &) = delete;

    quint16 port() const { return m_port; } ///< 0: it did not start, see said()
    QString said() const { return m_said; }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
    QString m_said;
};

} // namespace Switchyard::Testing
