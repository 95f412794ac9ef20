// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP for the client of Atlas: libcurl on the thread that asks. For nobody else.
#pragma once

#include "models/common/result.h"
#include "models/common/secret.h"
#include "models/database/base/deadline.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <memory>

namespace Switchyard {

struct AtlasRequest
{
    enum class Login
    {
        None,
        Basic, ///< only where tokens are made
        Digest,
        Bearer
    };
    QByteArray method = QByteArrayLiteral("GET");
    QString url;               ///< https
    QList<QByteArray> headers; ///< "Name: value"
    QByteArray body;
    Login login = Login::None;
    QString user;
    Secret secret; ///< password, or the token of Bearer
};

struct AtlasAnswer
{
    int status = 0;
    QByteArray body;
    QString contentType;
    QString location;           ///< of a redirect, which is not followed
    int retryAfterSeconds = -1; ///< -1: not sent
};

/// Verifies TLS (1.2 or newer), follows no redirect, takes at most 4 MB of an answer, speaks https only. Keeps one
/// connection. Synchronous: the thread that made it asks and destroys; the deadline
/// and its flag end a request within 50 ms.
class AtlasHttp final
{
public:
    /// `caFile`: PEM file of trusted authorities; empty: the system's.
    explicit AtlasHttp(const QString &caFile);
    ~AtlasHttp();
    AtlasHttp(const AtlasHttp &) = delete;
    AtlasHttp &operator=(const AtlasHttp &) = delete;

    /// Any status is an answer. Errors: timeout, refused, dns, tls, io, protocol (no HTTP, too long), cancelled,
    /// usage (the file of authorities). None holds a secret.
    [[nodiscard]] Result<AtlasAnswer> ask(const AtlasRequest &request, const Deadline &deadline);

private:
    struct Handles;
    std::unique_ptr<Handles> m_handles;
    QString m_caFile;
};

} // namespace Switchyard
