// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/database/strings/connectionstring.h"

#include <QString>

namespace Switchyard {

class PlatformCatalogue;

/// Pools multiply: each process of each instance has one of its own. 0: not known.
struct PoolNumbers
{
    int workers = 0; ///< processes of one instance
    int size = 0;
    int overflow = 0;
    int instances = 0;

    bool isKnown() const { return size > 0; }
    int each() const { return size + overflow; }
    /// workers × (size + overflow) × instances, with 1 for what is not known.
    qint64 total() const;
    /// "4 workers × (20 + 10) × 2 instances = 240 connections"
    QString words() const;
    bool operator==(const PoolNumbers &) const = default;
};

enum class PoolFit
{
    Fits,
    FitsOnce, ///< but not during a deploy, when old and new processes are connected at once
    TooMany
};
/// `limit` is more than 0.
PoolFit poolFit(qint64 need, int limit);

/// How many connections a plan takes.
struct ConnectionLimit
{
    int connections = 0;
    int reserved = 0; ///< of those, for superusers
    QString plan;     ///< for people: "Neon with 0.25 CU"
    QString source;
    int usable() const { return connections - reserved; }
};

/// By the host (neon.tech, dpg-…, mongodb.net) and the plan: "0.25" or "0.25 CU" of Neon, "basic-1gb" of Render, "M10"
/// or "flex" of Atlas. nothing where the two are not known together. Neon's pooler takes its own number.
std::optional<ConnectionLimit> connectionLimit(const ConnectionString &connection, const QString &plan,
                                               const PlatformCatalogue *catalogue);

} // namespace Switchyard
