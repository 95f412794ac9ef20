// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

namespace Switchyard {

/// What came back from a target that answered with a whole HTTP response.
struct ProbeAnswer
{
    int status = 0;
    QByteArray body; ///< whole, also where the sample keeps only its beginning
    double totalMs = 0;
    QString instanceHeader;              ///< value of ProbeTarget::instanceHeader; empty: not sent
    QString location;                    ///< Location header of an answer that was not followed
    QMap<QString, QString> headers = {}; ///< those that are expected, names in lower case
    QString contentEncoding = {};        ///< empty: the body is as it was written
};

struct Judgement
{
    ProbeState state = ProbeState::Up;
    QString reason;   ///< empty when up
    QString instance; ///< empty: not told
};

/// Judges an answer. Pure; any thread. In this order:
/// - status 429 is degraded, unless the expectation names it or the target says otherwise: the backend lives and asks
/// for
///   fewer requests;
/// - a status outside the expectation is down, whatever the body says;
/// - a value of `degraded.json` that is met makes it degraded (each by itself is a sign), and excuses the expectation
///   at the same pointer;
/// - every other value of `expect.json` that is missing or different, or a body that is not JSON, is down;
/// - so is a header or a body without a match of its expression;
/// - a total over `degraded.latency` is degraded.
[[nodiscard]] Judgement judgeAnswer(const ProbeTarget &target, const ProbeAnswer &answer);

/// Judges the answer to a WebSocket upgrade: up is 101 with the right Sec-WebSocket-Accept (RFC 6455 section 4.2.2),
/// which is `accept`, for `key`; any other status is down. Headers and latency as above. Pure; any thread.
[[nodiscard]] Judgement judgeUpgrade(const ProbeTarget &target, const ProbeAnswer &answer, const QByteArray &key,
                                     const QByteArray &accept);

/// Judges a TCP connect that came about: only its time can make it degraded. Pure; any thread.
[[nodiscard]] Judgement judgeConnect(const ProbeTarget &target, double totalMs);

/// Whether judging this target needs the whole body.
[[nodiscard]] bool needsBody(const ProbeTarget &target);

} // namespace Switchyard
