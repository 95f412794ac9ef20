// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/base/reach.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <QFile>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Cause
{
    ReachFailure failure;
    const char *name;
    const char *hint;
};

/// cause -> what to do. Sources: Render "Connecting to Render Postgres", Fly "Private networking", RFC 5246 and 8446,
/// OpenSSL's verify(1).
const std::array<Cause, 16> causes{{
    {ReachFailure::None, "none", ""},
    {ReachFailure::Refused, "refused",
     "nothing listens there: check host and port, that the server runs, and that it listens on more than loopback"},
    {ReachFailure::TimedOut, "timeout",
     "packets are dropped on the way: check the firewall and the provider's list of allowed addresses, and whether an "
     "internal name is used from outside"},
    {ReachFailure::Cancelled, "cancelled", ""},
    {ReachFailure::Unreachable, "unreachable",
     "this computer has no way there: an IPv6-only name without IPv6, a VPN or tunnel that is down, or a private "
     "address"},
    {ReachFailure::Closed, "closed",
     "the server or something before it (a list of allowed addresses, a proxy, a limit of connections) ended it: read "
     "its log"},
    {ReachFailure::Reset, "reset",
     "the server or a firewall ended it hard: an allow list, a proxy without a backend, or a server about to stop"},
    {ReachFailure::Socket, "socket",
     "check the path, that the server runs on this computer, and who may open the socket"},
    {ReachFailure::NoTls, "no-tls",
     "the port speaks without TLS: use the port or scheme for TLS, or turn TLS on in the "
     "server"},
    {ReachFailure::TlsVersion, "tls-version",
     "update the server, or the proxy that ends TLS: drivers of today refuse "
     "anything below TLS 1.2"},
    {ReachFailure::TlsAlert, "tls-alert",
     "the server refuses this hello: hosts behind a shared address need the right "
     "name (SNI), so connect by name and not by address"},
    {ReachFailure::ClientCertificate, "client-certificate",
     "the server takes only clients with a certificate it trusts: the driver needs one and its key"},
    {ReachFailure::Certificate, "certificate",
     "give the authority's certificate (--ca FILE, sslrootcert, tlsCAFile), or renew what has expired; turning "
     "verification off lets anybody in between read the password"},
    {ReachFailure::Name, "name", "connect by one of the names in the certificate, or have one issued for this name"},
    {ReachFailure::CaFile, "ca-file", "it must be a readable PEM file with certificates"},
    {ReachFailure::Internal, "internal", ""},
}};

const Cause &causeOf(ReachFailure failure)
{
    return *std::find_if(causes.cbegin(), causes.cend(), [&](const Cause &each) { return each.failure == failure; });
}

ReachFailure failureOfErrno(int code)
{
    switch (code) {
    case ECONNREFUSED:
        return ReachFailure::Refused;
    case ETIMEDOUT:
        return ReachFailure::TimedOut;
    case ECONNRESET:
    case EPIPE:
        return ReachFailure::Reset;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENETDOWN:
        return ReachFailure::Unreachable;
    default:
        return ReachFailure::Internal;
    }
}

QString wordsOfErrno(int code)
{
    // Not strerror(): other threads probe too.
    char buffer[128] = {};
    return QString::fromLocal8Bit(strerror_r(code, buffer, sizeof buffer)).toLower();
}

/// Waits until the connect of a non-blocking socket is decided; 0: connected, else errno, ECANCELED on cancel.
int connected(int descriptor, const sockaddr *address, socklen_t size, const Deadline &deadline)
{
    if (connect(descriptor, address, size) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    switch (deadline.wait(descriptor, POLLOUT)) {
    case Waited::Cancelled:
        return ECANCELED;
    case Waited::TimedOut:
        return ETIMEDOUT;
    case Waited::Ready:
        break;
    }
    int code = 0;
    socklen_t length = sizeof code;
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length);
    return code;
}

QString placeText(const ResolvedAddress &address, int port)
{
    return address.ipv6 ? s("[%1]:%2").arg(address.text).arg(port) : s("%1:%2").arg(address.text).arg(port);
}

int connectOne(const ResolvedAddress &address, int port, const Deadline &deadline, Descriptor &into)
{
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (address.ipv6) {
        auto *six = reinterpret_cast<sockaddr_in6 *>(&storage);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(quint16(port));
        inet_pton(AF_INET6, address.text.toLatin1().constData(), &six->sin6_addr);
        size = sizeof *six;
    } else {
        auto *four = reinterpret_cast<sockaddr_in *>(&storage);
        four->sin_family = AF_INET;
        four->sin_port = htons(quint16(port));
        inet_pton(AF_INET, address.text.toLatin1().constData(), &four->sin_addr);
        size = sizeof *four;
    }
    Descriptor descriptor(socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor.isOpen())
        return errno;
    const int on = 1;
    setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int code = connected(descriptor.get(), reinterpret_cast<const sockaddr *>(&storage), size, deadline);
    if (code == 0)
        into = std::move(descriptor);
    return code;
}

} // namespace

QString reachFailureName(ReachFailure failure)
{
    return s(causeOf(failure).name);
}

QString reachHint(ReachFailure failure)
{
    return s(causeOf(failure).hint);
}

QString recognisedPeer(const QByteArray &bytes)
{
    struct Mark
    {
        const char *start;
        const char *name;
    };
    static const std::array<Mark, 10> marks{{{"HTTP/", "HTTP"},
                                             {"<!DOCTYPE", "HTTP"},
                                             {"<html", "HTTP"},
                                             {"SSH-", "SSH"},
                                             {"+PONG", "Redis"},
                                             {"-ERR", "Redis"},
                                             {"-NOAUTH", "Redis"},
                                             {"-DENIED", "Redis"},
                                             {"220 ", "SMTP or FTP"},
                                             {"* OK", "IMAP"}}};
    for (const Mark &mark : marks) {
        if (bytes.startsWith(mark.start))
            return s(mark.name);
    }
    const auto at = [&](qsizetype i) { return i < bytes.size() ? quint8(bytes[i]) : 0; };
    // Records of TLS: handshake or alert, version 3.x.
    if (bytes.size() >= 3 && (at(0) == 0x16 || at(0) == 0x15) && at(1) == 3 && at(2) <= 4)
        return s("TLS");
    // PostgreSQL's ErrorResponse: its length, then a field "S" (severity).
    if (bytes.size() >= 6 && at(0) == 'E' && at(1) == 0 && at(2) == 0 && at(5) == 'S')
        return s("PostgreSQL");
    // MySQL's greeting: three bytes of length, packet 0, protocol 10 and a version in digits.
    if (bytes.size() >= 6 && at(3) == 0 && at(4) == 10 && at(5) >= '0' && at(5) <= '9')
        return s("MySQL or MariaDB");
    // MongoDB's header: length, ids, and the opcode OP_MSG (2013) or OP_REPLY (1), little-endian.
    if (bytes.size() >= 16 && at(13) <= 7 && at(14) == 0 && at(15) == 0) {
        const int opcode = at(12) | at(13) << 8;
        if (opcode == 2013 || opcode == 1)
            return s("MongoDB");
    }
    return {};
}

TcpOutcome connectTcp(const QList<ResolvedAddress> &addresses, int port, const Deadline &deadline)
{
    TcpOutcome outcome;
    const Instant begin = Clock::now();
    qsizetype left = addresses.size();
    int code = EADDRNOTAVAIL;
    for (const ResolvedAddress &address : addresses) {
        outcome.address = placeText(address, port);
        const Instant start = Clock::now();
        code =
            connectOne(address, port, deadline.part(deadline.left() / qMax<qsizetype>(1, left--)), outcome.descriptor);
        if (code == 0) {
            outcome.ms = toMs(Clock::now() - start);
            outcome.detail = s("connected to %1").arg(outcome.address);
            if (!outcome.tried.isEmpty())
                outcome.detail += s("; before that ") + outcome.tried.join(s("; "));
            return outcome;
        }
        if (code == ECANCELED) {
            outcome.failure = ReachFailure::Cancelled;
            outcome.detail = s("cancelled");
            outcome.ms = toMs(Clock::now() - begin);
            return outcome;
        }
        const QString words = code == ETIMEDOUT ? s("no answer in time") : wordsOfErrno(code);
        // The reason that is told is the first one of a server, not that this computer has no IPv6.
        const ReachFailure failure = failureOfErrno(code);
        if (outcome.failure == ReachFailure::None || outcome.failure == ReachFailure::Unreachable)
            outcome.failure = failure;
        outcome.tried.append(s("%1: %2").arg(outcome.address, words));
    }
    outcome.ms = toMs(Clock::now() - begin);
    if (outcome.failure == ReachFailure::None)
        outcome.failure = ReachFailure::Unreachable;
    outcome.detail = outcome.tried.join(s("; "));
    return outcome;
}

TcpOutcome connectSocket(const QString &path, const Deadline &deadline)
{
    TcpOutcome outcome;
    outcome.address = path;
    const Instant begin = Clock::now();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray name = QFile::encodeName(path);
    int code = ENAMETOOLONG;
    if (name.size() < qsizetype(sizeof address.sun_path)) {
        std::memcpy(address.sun_path, name.constData(), size_t(name.size()));
        Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        code = descriptor.isOpen()
                   ? connected(descriptor.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address, deadline)
                   : errno;
        if (code == 0)
            outcome.descriptor = std::move(descriptor);
    }
    outcome.ms = toMs(Clock::now() - begin);
    if (code == 0) {
        outcome.detail = s("connected to the socket %1").arg(path);
        return outcome;
    }
    outcome.failure = code == ECANCELED   ? ReachFailure::Cancelled
                      : code == EAGAIN    ? ReachFailure::TimedOut
                      : code == ETIMEDOUT ? ReachFailure::TimedOut
                                          : ReachFailure::Socket;
    outcome.detail = s("%1: %2").arg(path, wordsOfErrno(code));
    outcome.tried = {outcome.detail};
    return outcome;
}

} // namespace Switchyard
