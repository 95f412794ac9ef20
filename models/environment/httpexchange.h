// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/environment/corsrules.h"

#include <stop_token>

namespace Switchyard {

/// A request as a browser would send it.
struct ExchangeRequest
{
    QString url; ///< http or https
    QByteArray method = "GET";
    QList<HeaderLine> headers;
    QByteArray body;
    bool wantBody = false; ///< the answer's; else the connection ends with the answer's headers
};

struct ExchangeAnswer
{
    int status = 0; ///< 0: no answer, see `failure`
    QList<HeaderLine> headers;
    QByteArray body; ///< its first 4 KiB
    Error failure;   ///< message empty: there was an answer
    double ms = 0;   ///< until the headers were whole
    QString address; ///< of the peer, without port; empty: never connected

    bool answered() const { return status > 0; }
};

struct ExchangeOptions
{
    Milliseconds timeout{10'000}; ///< for each request
    QString caFile;               ///< PEM bundle; empty: the system's
};

/// Sends requests through libcurl, each on a connection of its own and at most four at a time, and gives their answers
/// in the same order. Follows no redirect, keeps no cookie, uses no proxy, verifies TLS, takes at most 64 KiB of
/// headers. Blocks; a stop ends it at once, and what had no answer by then has a failure of kind cancelled. Thread:
/// any.
[[nodiscard]] QList<ExchangeAnswer> exchange(const QList<ExchangeRequest> &requests, const ExchangeOptions &options,
                                             const std::stop_token &stop);

} // namespace Switchyard
