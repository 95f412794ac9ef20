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
    QString instanceHeader; ///< value of ProbeTarget::instanceHeader; empty: not sent
    QString location;       ///< Location header of an answer that was not followed
};

struct Judgement
{
    ProbeState state = ProbeState::Up;
    QString reason;   ///< empty when up
    QString instance; ///< empty: not told
};

/// Judges an answer. Pure; any thread. In this order:
/// - status 429 is degraded, unless the expectation names it: the backend lives and asks for fewer requests;
/// - a status outside the expectation is down, whatever the body says;
/// - a value of `degraded.json` that is met makes it degraded (each by itself is a sign), and excuses the expectation
///   at the same pointer;
/// - every other value of `expect.json` that is missing or different, or a body that is not JSON, is down;
/// - a total over `degraded.latency` is degraded.
[[nodiscard]] Judgement judgeAnswer(const ProbeTarget &target, const ProbeAnswer &answer);

/// Whether judging this target needs the body as JSON.
[[nodiscard]] bool needsBody(const ProbeTarget &target);

} // namespace Switchyard
