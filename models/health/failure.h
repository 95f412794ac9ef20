// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/transfer.h"

namespace Switchyard {

/// What is known about a probe that got no whole answer.
struct FailureContext
{
    CURLcode result = CURLE_OK;
    long osError = 0; ///< errno of the failed connect, 0: none
    QString host;     ///< of the URL that failed
    QString message;  ///< libcurl's own words
    Milliseconds timeout{0};
    Transfer::Stage stage = Transfer::Stage::Name;
    Transfer::Cut cut = Transfer::Cut::None;
    QString certificateProblem; ///< OpenSSL's reason; empty: the chain was good
    QStringList certificateNames;
    QString lastIssuer; ///< of the last certificate the server sent
    int chainLength = 0;
    bool rootSent = false; ///< the last certificate signs itself
};

/// Kind and words of a failure, with what it hints at. Pure; any thread.
[[nodiscard]] Error explainFailure(const FailureContext &context);

/// The short reason a name check failed with, as CertificateInfo::problem has it.
[[nodiscard]] inline QString hostnameMismatch()
{
    return QStringLiteral("hostname mismatch");
}

/// The same for a chain that ends at an authority nobody here trusts.
[[nodiscard]] inline QString unknownIssuer()
{
    return QStringLiteral("unknown issuer");
}

} // namespace Switchyard
