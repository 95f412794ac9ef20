// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/contentpolicy.h"
#include "models/environment/origins.h"

#include <QJsonObject>
#include <QStringList>

namespace Switchyard {

/// A backend as a page reaches it.
struct PolicyBackend
{
    QString url;         ///< http(s)://host[:port]
    bool sockets = true; ///< WebSocket or Socket.IO too
};

struct PolicyRequest
{
    QList<PolicyBackend> backends;
    /// Further things that the page connects to: URLs of any of the four schemes, or sources such as
    /// https://*.sentry.io.
    QStringList extra;
    QString existing; ///< the policy as it is; empty: none
    QString page;     ///< origin of the page, for 'self' and sources without a scheme; empty: some https page
};

struct PolicyResult
{
    QStringList sources; ///< of connect-src, 'self' first
    QString connectSrc;  ///< "connect-src 'self' https://… wss://…"
    QString policy;      ///< `existing` with connect-src replaced; empty: there was none
    QList<OriginFinding> findings;

    bool hasError() const;
};

/// What connect-src must name: https and wss of each backend (no source covers both), ws and http only for this
/// computer. Errors (usage): an address that is none.
[[nodiscard]] Result<QStringList> connectSources(const QList<PolicyBackend> &backends, const QStringList &extra);

/// Builds, and judges the existing policy: which of the addresses it blocks, and which of its sources do not what they
/// seem to. What the existing connect-src allows besides is kept, at the end, because other code of the page may need
/// it; sources that do nothing are left out. Thread: any.
[[nodiscard]] Result<PolicyResult> buildPolicy(const PolicyRequest &request);

/// What is wrong with the sources of connections in a policy, whatever is connected to.
[[nodiscard]] QList<OriginFinding> judgePolicy(const ContentPolicy &policy);

/// "switchyard.csp-build/1"
[[nodiscard]] QJsonObject policyToJson(const PolicyResult &result);

} // namespace Switchyard
