// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/certificatenames.h"

#include <openssl/bio.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <memory>

namespace Switchyard {

namespace {

QString addressText(const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN] = {};
    const int size = ASN1_STRING_length(address);
    if (size != 4 && size != 16)
        return {};
    inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text);
    return QString::fromLatin1(text);
}

} // namespace

QString certificateNameText(const X509_NAME *name)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~unsigned(ASN1_STRFLGS_ESC_MSB));
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return QString::fromUtf8(data, size);
}

QStringList certificateSubjectNames(X509 *certificate)
{
    QStringList names;
    auto *list = static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
        if (name->type == GEN_DNS)
            names += QString::fromUtf8(reinterpret_cast<const char *>(ASN1_STRING_get0_data(name->d.dNSName)),
                                       ASN1_STRING_length(name->d.dNSName));
        else if (name->type == GEN_IPADD)
            names += addressText(name->d.iPAddress);
    }
    GENERAL_NAMES_free(list);
    return names;
}

} // namespace Switchyard
