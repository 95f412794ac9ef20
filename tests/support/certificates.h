// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTemporaryDir>

namespace Switchyard {

/// PEM files of one server: its certificate (with nothing above it) and its key.
struct CertificateFiles
{
    QString certificate;
    QString key;
};

/// A certificate authority of one test run and leaf certificates of it, made anew each time, so that none of them
/// expires in the repository. P-256 keys. The files go with the object.
class TestCertificates final
{
public:
    TestCertificates();

    /// What a client must trust: CURLOPT_CAINFO, SSL_CTX_load_verify_locations().
    const QString &caFile() const { return m_caFile; }

    const CertificateFiles &good() const { return m_good; }             ///< localhost, 127.0.0.1, ::1; 30 days
    const CertificateFiles &expired() const { return m_expired; }       ///< the same names, ended two days ago
    const CertificateFiles &wrongName() const { return m_wrongName; }   ///< other.example only
    const CertificateFiles &selfSigned() const { return m_selfSigned; } ///< right names, signed by itself
    const CertificateFiles &foreign() const { return m_foreign; }       ///< right names, of an authority nobody trusts

    const CertificateFiles &notYetValid() const { return m_notYetValid; }   ///< right names, from tomorrow on
    const CertificateFiles &intermediate() const { return m_intermediate; } ///< good, with the one that issued it
    const CertificateFiles &incomplete() const { return m_incomplete; }     ///< the same without it
    const CertificateFiles &staleIssuer() const { return m_staleIssuer; }   ///< good, but its issuer has expired
    const CertificateFiles &foreignRoot() const { return m_foreignRoot; }   ///< foreign(), with its authority sent too

private:
    QTemporaryDir m_folder;
    QString m_caFile;
    CertificateFiles m_good, m_expired, m_wrongName, m_selfSigned, m_foreign, m_notYetValid, m_intermediate,
        m_incomplete, m_staleIssuer, m_foreignRoot;
};

} // namespace Switchyard
