// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/rawpeer.h"

#include <QByteArray>
#include <QJsonObject>
#include <QMap>
#include <QString>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace Switchyard::Testing {

/// What a MongoPeer is and does.
struct MongoScript
{
    /// JSON that the answer to hello has besides: {"setName": "rs0", "secondary": true}. Without "isWritablePrimary" it
    /// may be written to.
    QByteArray hello = "{}";
    std::optional<CertificateFiles> tls;
    QString clientsFrom; ///< with TLS: wants a certificate of this authority

    QByteArray user, password; ///< no user: no access control
    QByteArray source = "admin";
    bool sha256 = true, sha1 = true; ///< ways to log in
    bool speculative = true;         ///< takes the login with the hello

    QMap<QByteArray, QByteArray> answers; ///< JSON by the command's name, in place of the usual ones
    /// JSON by name and document, before all others but the login; empty: the usual one. Called on the peer's threads.
    std::function<QByteArray(const QByteArray &name, const QJsonObject &asked)> answering;
    QByteArray dropAt; ///< the command at which it ends the connection: "hello", "saslStart", …
    QByteArray halfAt; ///< ends it in the middle of the answer
    QByteArray silentAt;
};

/// A server that speaks as much of MongoDB's protocol as a login and some commands need: OP_MSG, hello by OP_QUERY too,
/// SCRAM-SHA-256 and SCRAM-SHA-1 computed in earnest. On a free loopback port; destruction ends it.
class MongoPeer final
{
public:
    explicit MongoPeer(MongoScript script = {});

    quint16 port() const { return m_peer.port(); }
    QByteArray name() const { return "localhost:" + QByteArray::number(port()); }
    int open() const { return m_peer.open(); }
    int accepted() const { return m_peer.accepted(); }
    void change(const std::function<void(MongoScript &)> &how);
    QByteArrayList asked() const; ///< names of the commands, in order

private:
    class Talk;
    MongoScript script() const;
    void note(const QByteArray &command);

    mutable std::mutex m_mutex;
    MongoScript m_script;
    QByteArrayList m_asked;
    RawPeer m_peer;
};

} // namespace Switchyard::Testing
