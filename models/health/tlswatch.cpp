// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/tlswatch.h"

#include "models/common/certificatenames.h"

#include <QDateTime>
#include <QHash>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace Switchyard {

namespace {

/// The place in an SSL_CTX where its watch stands.
int watchIndex()
{
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

qint64 secondsOf(const ASN1_TIME *time)
{
    std::tm utc{};
    return ASN1_TIME_to_tm(time, &utc) == 1 ? qint64(timegm(&utc)) : 0;
}

QString verifyProblem(int error, int depth)
{
    const QString which = depth > 0 ? QStringLiteral(" (issuing certificate)") : QString();
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return QStringLiteral("certificate has expired") + which;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return QStringLiteral("certificate is not valid yet") + which;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return QStringLiteral("self-signed certificate");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return QStringLiteral("unknown issuer");
    case X509_V_ERR_CERT_REVOKED:
        return QStringLiteral("certificate is revoked");
    default:
        return QString::fromLatin1(X509_verify_cert_error_string(error));
    }
}

/// What is said of a certificate, which stays the same from probe to probe but for the days that are left.
struct Described
{
    CertificateInfo info;
    QStringList names;
};

Described describe(X509 *certificate)
{
    CertificateInfo info;
    info.subject = certificateNameText(X509_get_subject_name(certificate));
    info.issuer = certificateNameText(X509_get_issuer_name(certificate));
    info.notBefore = secondsOf(X509_get0_notBefore(certificate));
    info.notAfter = secondsOf(X509_get0_notAfter(certificate));
    return {info, certificateSubjectNames(certificate)};
}

/// Remembered by fingerprint, for the thread: a chain costs as much to put into words as a tenth of the handshake.
Described described(X509 *certificate)
{
    constexpr qint64 day = 86'400;
    constexpr qsizetype most = 1000;
    thread_local QHash<QByteArray, Described> known;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest, &size);
    const QByteArray key(reinterpret_cast<const char *>(digest), qsizetype(size));
    auto found = known.find(key);
    if (found == known.end()) {
        if (known.size() >= most)
            known.clear();
        found = known.insert(key, describe(certificate));
    }
    Described result = *found;
    const qint64 left = result.info.notAfter - QDateTime::currentSecsSinceEpoch();
    result.info.daysLeft = int(left >= 0 ? left / day : -((-left + day - 1) / day));
    return result;
}

} // namespace

struct TlsCallbacks
{
    static int verify(int accepted, X509_STORE_CTX *store)
    {
        const auto *ssl = static_cast<SSL *>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        auto *watch = ssl ? static_cast<TlsWatch *>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), watchIndex())) : nullptr;
        if (watch) {
            if (watch->m_version.isEmpty())
                watch->m_version = QString::fromLatin1(SSL_get_version(ssl));
            watch->see(accepted != 0, store);
            if (!watch->m_demanding)
                return 1;
        }
        return accepted;
    }
};

void TlsWatch::attach(ssl_ctx_st *context, bool demanding)
{
    restart();
    m_demanding = demanding;
    m_tcpDone = Clock::now();
    SSL_CTX_set_ex_data(context, watchIndex(), this);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &TlsCallbacks::verify);
}

void TlsWatch::restart()
{
    m_tcpDone.reset();
    m_certificate.reset();
    m_chain.clear();
    m_version.clear();
    m_names.clear();
}

void TlsWatch::describeChain(void *storeContext)
{
    constexpr int most = 10;
    auto *store = static_cast<X509_STORE_CTX *>(storeContext);
    const STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; i < std::min(sk_X509_num(sent), most); ++i)
        m_chain += described(sk_X509_value(sent, i)).info;
}

void TlsWatch::see(bool accepted, void *storeContext)
{
    auto *store = static_cast<X509_STORE_CTX *>(storeContext);
    // Called for each certificate of the chain; the leaf is the same each time.
    if (X509 *leaf = X509_STORE_CTX_get0_cert(store); leaf && !m_certificate) {
        const Described words = described(leaf);
        m_certificate = words.info;
        m_names = words.names;
        describeChain(store);
    }
    if (accepted || !m_certificate)
        return;
    const QString problem = verifyProblem(X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store));
    if (m_certificate->problem.isEmpty())
        m_certificate->problem = problem;
    // At the certificate it is about; one that the server did not send (a root of ours) is none of its chain.
    const X509 *at = X509_STORE_CTX_get_current_cert(store);
    const STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    for (qsizetype i = 0; at && i < m_chain.size(); ++i) {
        if (X509_cmp(at, sk_X509_value(sent, int(i))) == 0 && m_chain[i].problem.isEmpty())
            m_chain[i].problem = problem;
    }
}

void TlsWatch::setProblem(const QString &problem)
{
    if (m_certificate)
        m_certificate->problem = problem;
    if (!m_chain.isEmpty())
        m_chain.first().problem = problem;
}

} // namespace Switchyard
