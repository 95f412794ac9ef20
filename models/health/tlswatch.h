// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/health/sample.h"

#include <optional>

struct ssl_ctx_st;

namespace Switchyard {

/// Looks over the shoulder of one TLS handshake: when TCP was done (libcurl tells no connect time where TLS fails), the
/// chain, and OpenSSL's reason where verification fails (libcurl's CERTINFO is empty then). Unless told
/// otherwise it decides nothing: what OpenSSL refuses stays refused. The name check comes after it, in libcurl.
///
/// Thread: the prober's. Ownership: must outlive the SSL_CTX it is attached to.
class TlsWatch final
{
public:
    /// Call from CURLOPT_SSL_CTX_FUNCTION: marks the end of TCP. `demanding` false: what OpenSSL refuses is noted, and
    /// the handshake goes on.
    void attach(ssl_ctx_st *context, bool demanding = true);

    /// A further connection of the same probe (redirect) begins: forgets the last one.
    void restart();

    std::optional<Instant> tcpDone() const { return m_tcpDone; }

    /// The leaf as the server sent it; nothing before it arrived. `problem` is filled where OpenSSL refused the chain.
    const std::optional<CertificateInfo> &certificate() const { return m_certificate; }

    /// All that the server sent, the leaf first; at most 10.
    const QList<CertificateInfo> &chain() const { return m_chain; }

    /// "TLSv1.3"; empty before it was agreed on.
    const QString &version() const { return m_version; }

    /// "DNS names and addresses" the leaf is valid for, for the message of a name mismatch.
    const QStringList &names() const { return m_names; }

    /// Takes over a problem that was found elsewhere (the name mismatch).
    void setProblem(const QString &problem);

private:
    friend struct TlsCallbacks;
    void see(bool accepted, void *storeContext);
    void describeChain(void *storeContext);

    std::optional<Instant> m_tcpDone;
    std::optional<CertificateInfo> m_certificate;
    QList<CertificateInfo> m_chain;
    QString m_version;
    QStringList m_names;
    bool m_demanding = true;
};

} // namespace Switchyard
