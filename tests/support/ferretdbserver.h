// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/certificates.h"

#include <QProcess>
#include <QString>
#include <QTemporaryDir>

namespace Switchyard::Testing {

/// FerretDB on two free loopback ports, one of them with TLS, with SQLite files in a folder of its own. It is built
/// once (see runtimes.h). Destruction stops it.
class FerretDbServer final
{
public:
    explicit FerretDbServer(const TestCertificates &certificates);
    ~FerretDbServer();
    FerretDbServer(const FerretDbServer &) = delete;
    FerretDbServer &operator=(const FerretDbServer &) = delete;

    QString missing() const { return m_missing; } ///< why it cannot be had here; empty: it can
    quint16 port() const { return m_port; }       ///< 0: it did not start, see said()
    quint16 tlsPort() const { return m_tlsPort; }
    QString said() const { return m_said; }
    qint64 processId() const { return m_process.processId(); }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0, m_tlsPort = 0;
    QString m_missing, m_said;
};

} // namespace Switchyard::Testing
