// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/base/reach.h"

#include "models/common/certificatenames.h"

#include <QFile>
#include <QHostAddress>
#include <QTimeZone>
#include <QUrl>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What the callbacks of one handshake write down.
struct Seen
{
    QByteArray first; ///< the first bytes of the peer, for naming one that speaks no TLS
    int chainError = X509_V_OK;
    int chainDepth = 0;
    bool wrongName = false;
    bool asked = false;  ///< for a certificate of ours
    QByteArray failedAt; ///< fingerprint of the certificate that the chain fails at
};

constexpr qsizetype firstBytes = 64;

// A BIO of our own: a write to a closed socket must not raise SIGPIPE, and the first bytes of a peer that speaks
// no TLS tell what it is.
int bioWrite(BIO *bio, const char *data, int size)
{
    BIO_clear_retry_flags(bio);
    const int descriptor = int(reinterpret_cast<intptr_t>(BIO_get_app_data(bio)));
    const ssize_t written = ::send(descriptor, data, size_t(size), MSG_NOSIGNAL);
    if (written < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return int(written);
}

int seenIndex()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int bioRead(BIO *bio, char *data, int size)
{
    BIO_clear_retry_flags(bio);
    const int descriptor = int(reinterpret_cast<intptr_t>(BIO_get_app_data(bio)));
    const ssize_t read = ::recv(descriptor, data, size_t(size), 0);
    if (read < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    if (read > 0) {
        auto *seen = static_cast<Seen *>(BIO_get_data(bio));
        if (seen && seen->first.size() < firstBytes)
            seen->first.append(data, std::min<qsizetype>(read, firstBytes - seen->first.size()));
    }
    return int(read);
}

long bioControl(BIO *, int command, long, void *)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bioCreate(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *bioMethod()
{
    static BIO_METHOD *const method = [] {
        BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "probe");
        BIO_meth_set_write(made, &bioWrite);
        BIO_meth_set_read(made, &bioRead);
        BIO_meth_set_ctrl(made, &bioControl);
        BIO_meth_set_create(made, &bioCreate);
        return made;
    }();
    return method;
}

QByteArray fingerprint(const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest, &size);
    return {reinterpret_cast<const char *>(digest), qsizetype(size)};
}

/// Writes down what is wrong, and lets the handshake go on: nothing secret is sent before the outcome was judged.
int verify(int accepted, X509_STORE_CTX *store)
{
    if (accepted)
        return 1;
    const auto *ssl = static_cast<SSL *>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto *seen = static_cast<Seen *>(SSL_get_ex_data(ssl, seenIndex()));
    const int error = X509_STORE_CTX_get_error(store);
    if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        seen->wrongName = true;
        return 1;
    }
    // The first says it best: "the issuer is not here" is followed by "the signature cannot be checked".
    if (seen->chainError == X509_V_OK) {
        seen->chainError = error;
        seen->chainDepth = X509_STORE_CTX_get_error_depth(store);
        if (const X509 *at = X509_STORE_CTX_get_current_cert(store))
            seen->failedAt = fingerprint(at);
    }
    return 1;
}

int certificateAsked(SSL *ssl, X509 **, EVP_PKEY **)
{
    static_cast<Seen *>(SSL_get_ex_data(ssl, seenIndex()))->asked = true;
    return 0;
}

/// The system's roots, read once: 140 certificates take longer than the handshake.
X509_STORE *systemRoots()
{
    static X509_STORE *const store = [] {
        X509_STORE *made = X509_STORE_new();
        X509_STORE_set_default_paths(made);
        return made;
    }();
    return store;
}

QString verifyWords(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return s("has expired");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return s("is not valid yet");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return s("is signed by itself");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return s("leads to an authority that is not trusted here");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return s("has an unknown issuer (an authority that is not trusted here, or the server does not send the "
                 "intermediate)");
    case X509_V_ERR_CERT_REVOKED:
        return s("is revoked");
    default:
        return s("does not hold: ") + QString::fromLatin1(X509_verify_cert_error_string(error));
    }
}

QDateTime timeOf(const ASN1_TIME *time)
{
    std::tm utc{};
    return ASN1_TIME_to_tm(time, &utc) == 1 ? QDateTime::fromSecsSinceEpoch(timegm(&utc), QTimeZone::utc())
                                            : QDateTime();
}

PeerCertificate described(X509 *certificate)
{
    constexpr qint64 day = 86'400;
    PeerCertificate result{certificateNameText(X509_get_subject_name(certificate)),
                           certificateNameText(X509_get_issuer_name(certificate)),
                           certificateSubjectNames(certificate),
                           timeOf(X509_get0_notBefore(certificate)),
                           timeOf(X509_get0_notAfter(certificate)),
                           0,
                           {}};
    const qint64 left = QDateTime::currentDateTimeUtc().secsTo(result.notAfter);
    result.daysLeft = int(left >= 0 ? left / day : -((-left + day - 1) / day));
    return result;
}

/// The reason that OpenSSL left behind, and what it means.
std::pair<ReachFailure, QString> refusal()
{
    const unsigned long code = ERR_peek_last_error();
    const int reason = ERR_GET_REASON(code);
    const char *text = ERR_reason_error_string(code);
    const QString words = text ? QString::fromLatin1(text) : s("unknown reason");
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return {ReachFailure::NoTls, s("the peer does not speak TLS")};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return {ReachFailure::TlsVersion, s("no version of TLS in common (") + words + QLatin1Char(')')};
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return {ReachFailure::ClientCertificate, s("the server wants a certificate of the client")};
    default:
        break;
    }
    constexpr int alerts = SSL_AD_REASON_OFFSET;
    if (reason >= alerts && reason < alerts + 256)
        return {ReachFailure::TlsAlert, s("the server refused the handshake: ") + words};
    return {ReachFailure::TlsAlert, words};
}

} // namespace

struct ProbeLink::State
{
    Descriptor descriptor;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr, &SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl{nullptr, &SSL_free};
    Seen seen;

    bool prepare(const TlsSettings &settings, TlsOutcome &outcome);
    ReachFailure shake(const Deadline &deadline, QString *words);
    void tell(const TlsSettings &settings, TlsOutcome &outcome) const;
    void judge(const TlsSettings &settings, TlsOutcome &outcome) const;
    /// OpenSSL reads the head of a record first; the peer is recognised by more than that.
    void readOn();
    /// Whether the operation may be tried again; else why not.
    ReachFailure retry(int returned, const Deadline &deadline);
};

bool ProbeLink::State::prepare(const TlsSettings &settings, TlsOutcome &outcome)
{
    context.reset(SSL_CTX_new(TLS_client_method()));
    // Old versions are let in, so that they can be named; judge() refuses them.
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, &verify);
    SSL_CTX_set_client_cert_cb(context.get(), &certificateAsked);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (settings.caFile.isEmpty()) {
        SSL_CTX_set1_cert_store(context.get(), systemRoots());
    } else if (SSL_CTX_load_verify_file(context.get(), QFile::encodeName(settings.caFile).constData()) != 1) {
        outcome.failure = ReachFailure::CaFile;
        outcome.detail = s("the file of authorities %1 cannot be read, or holds no certificate").arg(settings.caFile);
        return false;
    }
    ssl.reset(SSL_new(context.get()));
    SSL_set_ex_data(ssl.get(), seenIndex(), &seen);
    BIO *bio = BIO_new(bioMethod());
    BIO_set_app_data(bio, reinterpret_cast<char *>(intptr_t(descriptor.get())));
    BIO_set_data(bio, &seen);
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_connect_state(ssl.get());
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl.get());
    if (const QHostAddress numeric(settings.host); !numeric.isNull()) {
        X509_VERIFY_PARAM_set1_ip_asc(parameters, numeric.toString().toLatin1().constData());
    } else if (!settings.host.isEmpty()) {
        QByteArray name = QUrl::toAce(settings.host);
        if (name.isEmpty())
            name = settings.host.toUtf8();
        X509_VERIFY_PARAM_set1_host(parameters, name.constData(), size_t(name.size()));
        if (settings.sni) {
            SSL_set_tlsext_host_name(ssl.get(), name.constData());
            outcome.serverName = QString::fromLatin1(name);
        }
    }
    return true;
}

void ProbeLink::State::readOn()
{
    char more[firstBytes];
    const ssize_t read = ::recv(descriptor.get(), more, sizeof more, MSG_DONTWAIT);
    if (read > 0 && !seen.first.isEmpty())
        seen.first.append(more, qsizetype(read));
}

ReachFailure ProbeLink::State::retry(int returned, const Deadline &deadline)
{
    short events = 0;
    switch (SSL_get_error(ssl.get(), returned)) {
    case SSL_ERROR_WANT_READ:
        events = POLLIN;
        break;
    case SSL_ERROR_WANT_WRITE:
        events = POLLOUT;
        break;
    case SSL_ERROR_ZERO_RETURN:
        return ReachFailure::Closed;
    case SSL_ERROR_SYSCALL:
        return errno == ECONNRESET || errno == EPIPE ? ReachFailure::Reset : ReachFailure::Closed;
    default:
        return refusal().first;
    }
    switch (deadline.wait(descriptor.get(), events)) {
    case Waited::Cancelled:
        return ReachFailure::Cancelled;
    case Waited::TimedOut:
        return ReachFailure::TimedOut;
    case Waited::Ready:
        break;
    }
    return ReachFailure::None;
}

ReachFailure ProbeLink::State::shake(const Deadline &deadline, QString *words)
{
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const int returned = SSL_connect(ssl.get());
        if (returned == 1)
            return ReachFailure::None;
        const ReachFailure failure = retry(returned, deadline);
        switch (failure) {
        case ReachFailure::None:
            continue;
        case ReachFailure::TimedOut:
            *words = seen.first.isEmpty() ? s("the peer does not answer the TLS hello: it may not speak TLS, or waits "
                                              "for a question in its own protocol")
                                          : s("the handshake was not finished in time");
            break;
        case ReachFailure::Cancelled:
            *words = s("cancelled");
            break;
        case ReachFailure::Closed:
            *words = s("the peer closed the connection during the handshake");
            break;
        case ReachFailure::Reset:
            *words = s("the peer reset the connection during the handshake");
            break;
        default:
            *words = refusal().second;
        }
        return failure;
    }
}

void ProbeLink::State::tell(const TlsSettings &settings, TlsOutcome &outcome) const
{
    constexpr int most = 10;
    outcome.asksForCertificate = seen.asked;
    const STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl.get());
    for (int i = 0; i < std::min(sk_X509_num(sent), most); ++i) {
        X509 *certificate = sk_X509_value(sent, i);
        PeerCertificate one = described(certificate);
        if (seen.chainError != X509_V_OK && fingerprint(certificate) == seen.failedAt)
            one.problem = verifyWords(seen.chainError);
        outcome.chain.append(one);
    }
    if (seen.chainError != X509_V_OK) {
        const QString which = seen.chainDepth == 0
                                  ? s("the certificate ")
                                  : s("the issuing certificate %1 ").arg(outcome.chain.value(seen.chainDepth).subject);
        outcome.problem = which + verifyWords(seen.chainError);
    } else if (seen.wrongName) {
        outcome.problem = s("the certificate is not for %1 but for %2")
                              .arg(settings.host, outcome.chain.isEmpty() || outcome.chain[0].names.isEmpty()
                                                      ? s("no name at all")
                                                      : outcome.chain[0].names.join(s(", ")));
        if (!outcome.chain.isEmpty())
            outcome.chain[0].problem = s("is for other names");
    }
}

void ProbeLink::State::judge(const TlsSettings &settings, TlsOutcome &outcome) const
{
    outcome.version = QString::fromLatin1(SSL_get_version(ssl.get()));
    outcome.cipher = QString::fromLatin1(SSL_get_cipher_name(ssl.get()));
    QStringList words{outcome.version, outcome.cipher};
    if (!outcome.chain.isEmpty())
        words.append(certificateText(outcome.chain[0]));
    if (SSL_version(ssl.get()) < TLS1_2_VERSION) {
        outcome.failure = ReachFailure::TlsVersion;
        words.prepend(s("the server speaks only %1").arg(outcome.version));
    } else if (settings.verify != TlsVerify::None && seen.chainError != X509_V_OK) {
        outcome.failure = ReachFailure::Certificate;
        words.prepend(outcome.problem);
    } else if (settings.verify == TlsVerify::Full && seen.wrongName) {
        outcome.failure = ReachFailure::Name;
        words.prepend(outcome.problem);
    }
    outcome.detail = words.join(s(", "));
}

ProbeLink::ProbeLink()
    : m_state(std::make_unique<State>())
{
}

ProbeLink::ProbeLink(Descriptor descriptor)
    : m_state(std::make_unique<State>())
{
    m_state->descriptor = std::move(descriptor);
}

ProbeLink::~ProbeLink()
{
    if (m_state)
        close();
}

ProbeLink::ProbeLink(ProbeLink &&) noexcept = default;

ProbeLink &ProbeLink::operator=(ProbeLink &&other) noexcept
{
    if (m_state && this != &other)
        close();
    m_state = std::move(other.m_state);
    return *this;
}

bool ProbeLink::isOpen() const
{
    return m_state && m_state->descriptor.isOpen();
}

bool ProbeLink::isTls() const
{
    return m_state && m_state->ssl;
}

int ProbeLink::descriptor() const
{
    return m_state ? m_state->descriptor.get() : -1;
}

ssl_st *ProbeLink::ssl() const
{
    return m_state ? m_state->ssl.get() : nullptr;
}

TlsOutcome ProbeLink::startTls(const TlsSettings &settings, const Deadline &deadline)
{
    TlsOutcome outcome;
    const Instant begin = Clock::now();
    if (m_state->prepare(settings, outcome)) {
        QString words;
        outcome.failure = m_state->shake(deadline, &words);
        m_state->tell(settings, outcome);
        if (outcome.ok()) {
            m_state->judge(settings, outcome);
        } else {
            outcome.detail = words;
            m_state->readOn();
            outcome.peer = recognisedPeer(m_state->seen.first);
            // A record of TLS that was cut off is no other protocol.
            if (outcome.peer == s("TLS"))
                outcome.peer.clear();
            if (!outcome.peer.isEmpty()) {
                outcome.failure = ReachFailure::NoTls;
                outcome.detail = s("the peer speaks %1, not TLS").arg(outcome.peer);
            } else if (outcome.failure == ReachFailure::NoTls) {
                outcome.detail = words;
            }
            if (outcome.asksForCertificate && outcome.failure == ReachFailure::TlsAlert)
                outcome.failure = ReachFailure::ClientCertificate;
        }
    }
    outcome.ms = toMs(Clock::now() - begin);
    outcome.hint = reachHint(outcome.failure);
    return outcome;
}

LinkResult ProbeLink::send(const QByteArray &bytes, const Deadline &deadline)
{
    qsizetype sent = 0;
    while (sent < bytes.size()) {
        ReachFailure failure = ReachFailure::None;
        errno = 0;
        if (m_state->ssl) {
            ERR_clear_error();
            const int written = SSL_write(m_state->ssl.get(), bytes.constData() + sent, int(bytes.size() - sent));
            if (written > 0)
                sent += written;
            else
                failure = m_state->retry(written, deadline);
        } else {
            const ssize_t written =
                ::send(m_state->descriptor.get(), bytes.constData() + sent, size_t(bytes.size() - sent), MSG_NOSIGNAL);
            if (written >= 0)
                sent += written;
            else if (errno != EAGAIN && errno != EINTR)
                failure = errno == ECONNRESET || errno == EPIPE ? ReachFailure::Reset : ReachFailure::Internal;
            else if (const Waited waited = deadline.wait(m_state->descriptor.get(), POLLOUT); waited != Waited::Ready)
                failure = waited == Waited::Cancelled ? ReachFailure::Cancelled : ReachFailure::TimedOut;
        }
        if (failure != ReachFailure::None)
            return {failure, {}};
        if (deadline.isCancelled())
            return {ReachFailure::Cancelled, {}};
    }
    return {};
}

LinkResult ProbeLink::receive(const Deadline &deadline, int most)
{
    QByteArray buffer(most, Qt::Uninitialized);
    for (;;) {
        // Also where the peer never stops sending.
        if (deadline.isCancelled())
            return {ReachFailure::Cancelled, {}};
        if (deadline.isOver())
            return {ReachFailure::TimedOut, {}};
        ReachFailure failure = ReachFailure::None;
        errno = 0;
        if (m_state->ssl) {
            ERR_clear_error();
            const int read = SSL_read(m_state->ssl.get(), buffer.data(), most);
            if (read > 0)
                return {ReachFailure::None, buffer.left(read)};
            failure = m_state->retry(read, deadline);
            // TLS 1.3: a client without a certificate hears of it only now.
            if (failure == ReachFailure::TlsAlert && m_state->seen.asked)
                failure = ReachFailure::ClientCertificate;
        } else {
            const ssize_t read = ::recv(m_state->descriptor.get(), buffer.data(), size_t(most), 0);
            if (read > 0)
                return {ReachFailure::None, buffer.left(qsizetype(read))};
            if (read == 0)
                failure = ReachFailure::Closed;
            else if (errno != EAGAIN && errno != EINTR)
                failure = errno == ECONNRESET ? ReachFailure::Reset : ReachFailure::Internal;
            else if (const Waited waited = deadline.wait(m_state->descriptor.get(), POLLIN); waited != Waited::Ready)
                failure = waited == Waited::Cancelled ? ReachFailure::Cancelled : ReachFailure::TimedOut;
        }
        if (failure != ReachFailure::None)
            return {failure, {}};
    }
}

void ProbeLink::close()
{
    if (m_state->ssl && SSL_is_init_finished(m_state->ssl.get())) {
        ERR_clear_error();
        SSL_shutdown(m_state->ssl.get()); // one write that does not wait
    }
    m_state->ssl.reset();
    m_state->context.reset();
    m_state->descriptor.reset();
    ERR_clear_error();
}

QString certificateText(const PeerCertificate &certificate)
{
    constexpr qsizetype shown = 4;
    QString names = certificate.names.mid(0, shown).join(s(", "));
    if (certificate.names.size() > shown)
        names += s(" and %1 more").arg(certificate.names.size() - shown);
    const QString days = certificate.daysLeft >= 0 ? s("%1 days left").arg(certificate.daysLeft)
                                                   : s("ended %1 days ago").arg(-certificate.daysLeft);
    return s("certificate %1%2 until %3 (%4)")
        .arg(certificate.subject, names.isEmpty() ? QString() : s(" for %1").arg(names),
             certificate.notAfter.toString(s("yyyy-MM-dd")), days);
}

} // namespace Switchyard
