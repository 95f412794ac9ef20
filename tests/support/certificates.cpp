// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

namespace Switchyard {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

constexpr long day = 86'400;
const char localNames[] = "DNS:localhost,IP:127.0.0.1,IP:::1";

struct Pair
{
    Certificate certificate{nullptr, &X509_free};
    Key key{nullptr, &EVP_PKEY_free};
};

struct Wish
{
    const char *commonName;
    const char *alternativeNames; ///< nullptr: an authority
    long from;                    ///< seconds from now
    long until;
};

void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    if (!extension)
        qFatal("OpenSSL refuses the extension %s", value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// Signed by `issuer`, or by itself where that is nullptr.
Pair make(const Wish &wish, const Pair *issuer)
{
    static long serial = 1000;
    Pair made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509 *certificate = made.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char *>(wish.commonName), -1,
                               -1, 0);
    X509 *signer = issuer ? issuer->certificate.get() : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    extend(certificate, signer, NID_subject_key_identifier, "hash");
    if (wish.alternativeNames) {
        extend(certificate, signer, NID_basic_constraints, "critical,CA:FALSE");
        extend(certificate, signer, NID_ext_key_usage, "serverAuth,clientAuth");
        extend(certificate, signer, NID_subject_alt_name, wish.alternativeNames);
    } else {
        extend(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
        extend(certificate, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    X509_sign(certificate, issuer ? issuer->key.get() : made.key.get(), EVP_sha256());
    return made;
}

File create(const QString &path)
{
    File file(std::fopen(path.toLocal8Bit().constData(), "w"), [](std::FILE *opened) { return std::fclose(opened); });
    if (!file)
        qFatal("cannot write %s", qPrintable(path));
    return file;
}

QString writeCertificate(const Pair &pair, const QString &path)
{
    PEM_write_X509(create(path).get(), pair.certificate.get());
    return path;
}

/// `above`: what the server sends behind it.
CertificateFiles write(const Pair &pair, const QString &pathWithoutSuffix, const Pair *above = nullptr)
{
    const QString key = pathWithoutSuffix + QStringLiteral(".key");
    PEM_write_PrivateKey(create(key).get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    const QString path = pathWithoutSuffix + QStringLiteral(".pem");
    const File file = create(path);
    PEM_write_X509(file.get(), pair.certificate.get());
    if (above)
        PEM_write_X509(file.get(), above->certificate.get());
    return {path, key};
}

} // namespace

TestCertificates::TestCertificates()
{
    if (!m_folder.isValid())
        qFatal("no temporary folder for the certificates");
    const Pair authority = make({"Switchyard test authority", nullptr, -day, 365 * day}, nullptr);
    const Pair stranger = make({"Strange authority", nullptr, -day, 365 * day}, nullptr);
    m_caFile = writeCertificate(authority, m_folder.filePath(QStringLiteral("ca.pem")));
    // Half a day more, so that the whole days left do not depend on the second.
    m_good = write(make({"localhost", localNames, -day, 30 * day + day / 2}, &authority),
                   m_folder.filePath(QStringLiteral("good")));
    m_expired = write(make({"localhost", localNames, -9 * day, -2 * day + day / 2}, &authority),
                      m_folder.filePath(QStringLiteral("expired")));
    m_wrongName = write(make({"other.example", "DNS:other.example", -day, 30 * day}, &authority),
                        m_folder.filePath(QStringLiteral("wrong-name")));
    m_selfSigned = write(make({"localhost", localNames, -day, 30 * day}, nullptr),
                         m_folder.filePath(QStringLiteral("self-signed")));
    m_foreign =
        write(make({"localhost", localNames, -day, 30 * day}, &stranger), m_folder.filePath(QStringLiteral("foreign")));
    m_foreignRoot = write(make({"localhost", localNames, -day, 30 * day}, &stranger),
                          m_folder.filePath(QStringLiteral("foreign-root")), &stranger);
    m_notYetValid = write(make({"localhost", localNames, day, 30 * day + day / 2}, &authority),
                          m_folder.filePath(QStringLiteral("not-yet-valid")));
    const Pair middle = make({"Switchyard test intermediate", nullptr, -day, 100 * day + day / 2}, &authority);
    const Pair leaf = make({"localhost", localNames, -day, 30 * day + day / 2}, &middle);
    m_intermediate = write(leaf, m_folder.filePath(QStringLiteral("intermediate")), &middle);
    m_incomplete = write(leaf, m_folder.filePath(QStringLiteral("incomplete")));
    const Pair stale = make({"Stale intermediate", nullptr, -9 * day, -day / 2}, &authority);
    m_staleIssuer = write(make({"localhost", localNames, -day, 30 * day + day / 2}, &stale),
                          m_folder.filePath(QStringLiteral("stale-issuer")), &stale);
}

} // namespace Switchyard
