// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/failure.h"

#include "models/common/duration.h"

#include <cerrno>
#include <cstring>

namespace Switchyard {

namespace {

Error error(ErrorKind kind, const QString &message)
{
    return Error{kind, message, {}, {}};
}

Error timeoutError(const FailureContext &context)
{
    QString where;
    switch (context.stage) {
    case Transfer::Stage::Name:
        where = QStringLiteral("in name resolution: no answer for \"%1\"").arg(context.host);
        break;
    case Transfer::Stage::Connect:
        where = QStringLiteral("in connect: nothing answers on the port (firewall, full backlog, or no such machine)");
        break;
    case Transfer::Stage::Tls:
        where = QStringLiteral("in the TLS handshake: the port accepts, but says nothing");
        break;
    case Transfer::Stage::FirstByte:
        where = QStringLiteral("waiting for the first byte: connected, but the backend does not answer");
        break;
    case Transfer::Stage::Headers:
        where = QStringLiteral("in the headers: the answer began, but its headers did not end");
        break;
    case Transfer::Stage::Body:
        where = QStringLiteral("in the body: the answer began, but did not end");
        break;
    }
    return error(ErrorKind::Timeout,
                 QStringLiteral("timed out after %1 %2").arg(humanDuration(double(context.timeout.count())), where));
}

QString systemText(long code)
{
    return QString::fromLocal8Bit(std::strerror(int(code)));
}

Error connectError(const FailureContext &context)
{
    switch (context.osError) {
    case ECONNREFUSED:
        return error(ErrorKind::Refused, QStringLiteral("connection refused: nothing listens on the port"));
    case ETIMEDOUT:
        return error(ErrorKind::Timeout, QStringLiteral("timed out in connect: nothing answers on the port"));
    case 0:
        return error(ErrorKind::Io, QStringLiteral("could not connect: %1").arg(context.message));
    default:
        return error(ErrorKind::Io, QStringLiteral("could not connect: %1").arg(systemText(context.osError)));
    }
}

/// CURLE_PEER_FAILED_VERIFICATION: the chain, or, where OpenSSL found nothing wrong with it, the name.
Error certificateError(const FailureContext &context)
{
    if (context.certificateProblem == unknownIssuer() && !context.lastIssuer.isEmpty()) {
        QString why = QStringLiteral("a private authority");
        if (!context.rootSent && context.chainLength == 1)
            why = QStringLiteral("a private authority, or the server leaves out an intermediate certificate");
        return error(ErrorKind::Tls, QStringLiteral("TLS: %1: %2 is not trusted here (%3)")
                                         .arg(unknownIssuer(), context.lastIssuer.left(200), why));
    }
    if (!context.certificateProblem.isEmpty() && context.certificateProblem != hostnameMismatch())
        return error(ErrorKind::Tls, QStringLiteral("TLS: %1").arg(context.certificateProblem));
    const QString names = context.certificateNames.isEmpty()
                              ? QStringLiteral("no name")
                              : context.certificateNames.join(QStringLiteral(", ")).left(200);
    return error(ErrorKind::Tls, QStringLiteral("TLS: %1: the certificate is for %2, not for \"%3\"")
                                     .arg(hostnameMismatch(), names, context.host));
}

Error handshakeError(const FailureContext &context)
{
    const QString &message = context.message;
    if (!context.certificateProblem.isEmpty())
        return certificateError(context);
    if (message.contains(QLatin1StringView("wrong version number")) ||
        message.contains(QLatin1StringView("http request")) ||
        message.contains(QLatin1StringView("packet length too long")))
        return error(ErrorKind::Tls, QStringLiteral("TLS: the port does not speak TLS (plain HTTP?)"));
    if (message.contains(QLatin1StringView("reset by peer")) || context.osError == ECONNRESET)
        return error(ErrorKind::Io, QStringLiteral("the connection was reset in the TLS handshake"));
    if (message.contains(QLatin1StringView("SSL_ERROR_SYSCALL")) ||
        message.contains(QLatin1StringView("unexpected eof")))
        return error(ErrorKind::Io, QStringLiteral("the connection was closed in the TLS handshake"));
    return error(ErrorKind::Tls, QStringLiteral("TLS handshake failed: %1").arg(message));
}

Error cutError(Transfer::Cut cut)
{
    return cut == Transfer::Cut::BodyTooLarge
               ? error(ErrorKind::Protocol,
                       QStringLiteral("the body is too large: over 1 MiB; a health endpoint answers briefly"))
               : error(ErrorKind::Protocol, QStringLiteral("the response headers are too large: over 100 KiB"));
}

Error lostError(const FailureContext &context)
{
    const bool began = context.stage == Transfer::Stage::Body || context.stage == Transfer::Stage::Headers;
    const QString when = began ? QStringLiteral("in the middle of the answer") : QStringLiteral("before an answer");
    const bool reset = context.osError == ECONNRESET || context.message.contains(QLatin1StringView("reset by peer"));
    return error(ErrorKind::Io,
                 (reset ? QStringLiteral("the connection was reset %1") : QStringLiteral("the connection was lost %1"))
                     .arg(when));
}

Error notHttp()
{
    return error(ErrorKind::Protocol,
                 QStringLiteral("the answer is not HTTP: another kind of service listens on the port"));
}

} // namespace

Error explainFailure(const FailureContext &context)
{
    if (context.cut != Transfer::Cut::None)
        return cutError(context.cut);
    switch (context.result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return error(ErrorKind::Dns, QStringLiteral("the name \"%1\" cannot be resolved").arg(context.host));
    case CURLE_COULDNT_CONNECT:
        return connectError(context);
    case CURLE_OPERATION_TIMEDOUT:
        return timeoutError(context);
    case CURLE_PEER_FAILED_VERIFICATION:
        return certificateError(context);
    case CURLE_SSL_CONNECT_ERROR:
        return handshakeError(context);
    case CURLE_SSL_CACERT_BADFILE:
        return error(ErrorKind::Usage,
                     QStringLiteral("the file of trusted certificates cannot be used: %1").arg(context.message));
    case CURLE_GOT_NOTHING:
        return error(ErrorKind::Io, QStringLiteral("the connection was closed without an answer"));
    case CURLE_PARTIAL_FILE:
        return error(ErrorKind::Io, QStringLiteral("the connection was closed in the middle of the answer"));
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return lostError(context);
    case CURLE_UNSUPPORTED_PROTOCOL:
        if (context.message.contains(QLatin1StringView("HTTP/0.9")))
            return notHttp();
        return error(ErrorKind::Protocol, QStringLiteral("it redirects to something that is neither http nor https"));
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
        return error(ErrorKind::Protocol, QStringLiteral("the answer breaks HTTP: %1").arg(context.message));
    case CURLE_TOO_MANY_REDIRECTS:
        return error(ErrorKind::Protocol, QStringLiteral("more than 10 redirects"));
    case CURLE_URL_MALFORMAT:
        return error(ErrorKind::Usage, QStringLiteral("the URL cannot be used: %1").arg(context.message));
    case CURLE_OUT_OF_MEMORY:
        // libcurl's word for a single header line of more than 100 KiB.
        return cutError(Transfer::Cut::HeadersTooLarge);
    default:
        return error(ErrorKind::Internal, context.message);
    }
}

} // namespace Switchyard
