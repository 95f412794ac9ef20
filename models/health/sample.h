// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/workspace/workspace.h"

#include <QByteArray>
#include <QMetaType>
#include <QString>

#include <optional>

namespace Switchyard {

/// What one probe asks and expects. A value type: the prober copies it.
struct ProbeTarget
{
    QString id;  ///< caller's key, comes back in each sample
    QString url; ///< http or https
    QString method = QStringLiteral("GET");
    QMap<QString, QString> headers; ///< resolved values
    Milliseconds timeout{5'000};    ///< whole probe, 10 ms to 5 min
    bool followRedirects = false;
    HealthExpectation expect;
    DegradedRule degraded;
    QString instanceHeader;        ///< response header that names the instance; empty: none
    QString instancePointer;       ///< JSON pointer in the body that names the instance; empty: none
    QString caFile;                ///< PEM bundle; empty: the system's
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
    QString problem;     ///< why verification failed; empty: it did not
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
    std::optional<CertificateInfo> certificate;
    QString remoteAddress;
    QString httpVersion;
    QString instance; ///< empty: not told
    QByteArray body;  ///< first 64 KiB of the decoded answer
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::ProbeSample)
