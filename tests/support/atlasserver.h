// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/certificates.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QString>
#include <QStringList>

namespace Switchyard::Testing {

/// tests/support/atlasstand.py: Atlas' access list and token endpoint, with TLS, on a free port of the loopback. Ends
/// with the object.
class AtlasServer final
{
public:
    explicit AtlasServer(const CertificateFiles &files);
    ~AtlasServer();
    AtlasServer(const AtlasServer &) = delete;
    AtlasServer &operator=(const AtlasServer &) = delete;

    bool isRunning() const { return m_port != 0; }
    QString url() const { return QStringLiteral("https://localhost:%1").arg(m_port); }
    const QString &group() const { return m_group; }
    const QString &client() const { return m_client; } ///< ID:SECRET of the service account
    const QString &key() const { return m_key; }       ///< PUBLIC:PRIVATE of the API key

    void set(const char *setting, const QJsonValue &value);
    void seed(const QJsonArray &entries);
    void clear(); ///< the list, and what was noted of requests
    QStringList entries();
    /// Those since clear(): method, path as it came, accept, scheme, contentType, body.
    QList<QJsonObject> requests();

private:
    QJsonObject order(const QJsonObject &what);

    QProcess m_process;
    int m_port = 0;
    QString m_group, m_client, m_key;
};

} // namespace Switchyard::Testing
