// SPDX-License-Identifier: GPL-3.0-or-later
// The list of addresses that a database lets in, and what is wrong with one. Pure functions.
#pragma once

#include "models/common/finding.h"
#include "models/common/result.h"
#include "models/database/access/addressrange.h"

#include <QByteArray>
#include <QDateTime>
#include <QJsonObject>

#include <optional>

namespace Switchyard {

/// Whose list it is: they differ in what an empty one means and in what the entries may be.
enum class AccessListOwner
{
    Atlas,
    RenderPostgres,
    RenderKeyValue,
    Other ///< nothing is known here of its list: Neon, Upstash, a server of one's own
};
QString accessListOwnerName(AccessListOwner owner); ///< "atlas", "render-postgres", "render-key-value", "other"

struct AccessEntry
{
    QString value;                     ///< "192.0.2.7", "192.0.2.0/24", "sg-0a1b2c3d", or what could not be read
    std::optional<AddressRange> range; ///< nothing for a security group, and for what is no range
    QString comment;
    std::optional<QDateTime> deleteAfter; ///< UTC
    bool isSecurityGroup() const { return value.startsWith(QLatin1StringView("sg-")); }
    /// The same address, however it is written: 192.0.2.7 and 192.0.2.7/32.
    bool isSame(const AccessEntry &other) const
    {
        return range && other.range ? *range == *other.range : value == other.value;
    }
};

/// An entry as a person writes it: an address, a range, or a security group of AWS. Errors: those of
/// parseAddressRange().
[[nodiscard]] Result<AccessEntry> parseAccessEntry(const QString &text, const QString &comment = {});

/// A list as Atlas' API answers it ({"results": […]}), as Render's API and blueprint have it ([{"cidrBlock" or
/// "source", "description"}], or the object with `ipAllowList` in it), or a plain array of texts. Entries that are no
/// range are kept as they stand. Errors (usage): no JSON of that kind, over 10,000 entries.
[[nodiscard]] Result<QList<AccessEntry>> parseAccessList(const QByteArray &json);

/// What the other side of the list needs.
struct AccessNeeds
{
    AccessListOwner owner = AccessListOwner::Atlas;
    std::optional<QList<AddressRange>> outbound; ///< the backend's addresses; nothing: not known
    QString backend;                             ///< for messages
    std::optional<AddressRange> operatorAddress; ///< of who works here, where he told it
    QDateTime now;
};

/// In the order of the rules below. Whether entries are needed, and what is missing, is judged only where the
/// backend's addresses are known.
[[nodiscard]] QList<Finding> judgeAccessList(const QList<AccessEntry> &list, const AccessNeeds &needs);

/// Rules access/…, each with its reason and source.
[[nodiscard]] QList<LintRule> accessRules();

[[nodiscard]] QJsonObject accessEntryToJson(const AccessEntry &entry);

} // namespace Switchyard
