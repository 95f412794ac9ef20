// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/workspace/workspace.h"

#include <QByteArray>
#include <QList>
#include <QMetaType>
#include <QString>

#include <optional>

namespace Switchyard {

/// What one probe asks and expects. A value type: the prober copies it.
struct ProbeTarget
{
    QString id;  ///< caller's key, comes back in each sample
    QString url; ///< http, https, ws, wss or tcp://host:port
    /// Tcp and WebSocket take http and https URLs too: their port, and the same address with an upgrade.
    EndpointType type = EndpointType::Http;
    QString method = QStringLiteral("GET");
    QMap<QString, QString> headers; ///< resolved values
    QByteArray body;                ///< of the request, resolved, at most 64 KiB; empty: none
    /// Where resolved values came from: header name, or "" for the body -> "env:NAME" and so on. What is shown of a
    /// target names the reference; the value is taken out of everything that is kept of an answer.
    QMap<QString, QString> references;
    Milliseconds timeout{5'000}; ///< whole probe, 10 ms to 5 min
    bool followRedirects = false;
    HealthExpectation expect;
    DegradedRule degraded;
    QString instanceHeader;        ///< response header that names the instance; empty: none
    QString instancePointer;       ///< JSON pointer in the body that names the instance; empty: none
    QString caFile;                ///< PEM bundle; empty: the system's
    bool verifyTls = true;         ///< false: any certificate will do, as some platforms' own checks have it
    bool busyIsDown = false;       ///< 429 is a status like any other, not a sign of life
    bool instanceFromBody = false; ///< the whole body names the instance (its first 256 characters)
};

/// Outcome of one probe. `Unknown` is not an outcome: a probe that did not run has no sample.
enum class ProbeState
{
    Up,
    Degraded,
    Down
};
QString probeStateName(ProbeState state);

/// Times of one fresh connection, in milliseconds, each phase by itself; absent where the phase was not reached or not
/// finished. `total` is there whenever the probe left: until the answer was complete, or until it was known that none
/// comes. Where redirects were followed, each phase is the sum over all hops.
struct ProbePhases
{
    std::optional<double> dns, connect, tls, firstByte, transfer, total;
};

struct CertificateInfo
{
    QString subject, issuer;
    qint64 notAfter = 0; ///< seconds since the epoch, UTC
    int daysLeft = 0;    ///< negative: expired
    QString problem;     ///< why verification failed at this certificate; empty: it did not
    qint64 notBefore = 0;
    bool operator==(const CertificateInfo &) const = default;
};

/// One answer on the way to the last.
struct RedirectHop
{
    QString url; ///< redacted
    int status = 0;
    bool operator==(const RedirectHop &) const = default;
};

/// What a target that is not up answered, as far as it came. Redacted, values of references taken out.
struct FailureRecord
{
    QString statusLine;     ///< "HTTP/1.1 503 Service Unavailable"
    QString headers;        ///< lines of the last answer, at most 8 KiB
    QString body;           ///< the beginning: at most 4 KiB of what came, with U+FFFD where it is not UTF-8
    bool truncated = false; ///< more came than is kept
    bool operator==(const FailureRecord &) const = default;
};

struct ProbeSample
{
    QString targetId;
    Instant sentAt{};  ///< when the probe left
    Instant doneAt{};  ///< when its outcome was known
    qint64 wallMs = 0; ///< milliseconds since the epoch of `sentAt`, for people only
    ProbeState state = ProbeState::Down;
    int status = 0;                            ///< HTTP status, 0: none arrived
    ErrorKind errorKind = ErrorKind::Internal; ///< only where `reason` says the transport failed
    QString reason;                            ///< why it is not up, empty when up
    ProbePhases phases;
    std::optional<CertificateInfo> certificate; ///< the leaf
    QString remoteAddress;
    QString httpVersion; ///< protocol of the answer: "HTTP/1.0", "HTTP/1.1", "HTTP/2"; empty: none came
    QString instance;    ///< empty: not told
    QByteArray body;     ///< first 64 KiB of the decoded answer
    Instant dueAt{};     ///< when it should have left; `sentAt` is later where it waited its turn
    QString tlsVersion;  ///< "TLSv1.3"; empty: no TLS, or it was not agreed on
    /// As the server sent it, the leaf first, also where verification fails; without the root that it leaves out.
    QList<CertificateInfo> chain;
    QList<RedirectHop> redirects;         ///< answers that were followed, in order; the last answer is not among them
    std::optional<FailureRecord> failure; ///< only where the state is not up and something was answered
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::ProbeSample)
