// SPDX-License-Identifier: GPL-3.0-or-later
// Which addresses a backend connects from, and how a database may let in those and no others. Pure functions: they ask
// nobody anything.
#pragma once

#include "models/database/access/accesslist.h"
#include "models/platforms/platform.h"

#include <QJsonObject>

#include <optional>

namespace Switchyard {

struct ConnectionString;

struct AccessInput
{
    const Platform *platform = nullptr;          ///< where the backend runs; nullptr: not known
    QString backend;                             ///< its name; may be empty
    QString region;                              ///< of the backend, in the platform's words; empty: not known
    QString platformPlan;                        ///< of the account at the platform ("hobby", "pro"); empty: not known
    std::optional<QList<AddressRange>> outbound; ///< as the platform or a person told them
    QString outboundFrom;                        ///< where those were read, for people
    std::optional<bool> staticEgress;            ///< whether they were bought; nothing: not known
    bool production = false;
    AccessListOwner owner = AccessListOwner::Atlas;
    QString database;                       ///< its name, for people; may be empty
    QString host;                           ///< for people; empty: not known
    QString databasePlan;                   ///< "M0", "flex", "M10"; empty: not known
    std::optional<QList<AccessEntry>> list; ///< the list as it is; nothing: not known
    std::optional<AddressRange> operatorAddress;
    QDateTime now; ///< UTC
};

enum class OutboundKind
{
    SharedRanges, ///< fixed ranges of a region, shared with the platform's other customers
    Static,       ///< bought for this backend alone
    Dynamic,      ///< may change at any time
    Own,          ///< this computer's
    Unknown
};
QString outboundKindName(OutboundKind kind); ///< "shared-ranges", "static", "dynamic", "own", "unknown"

struct OutboundAddresses
{
    OutboundKind kind = OutboundKind::Unknown;
    QString words;                             ///< what they are, a sentence or two
    QString howKnown;                          ///< who says so; never empty
    std::optional<QList<AddressRange>> ranges; ///< nothing: not known here
    QString howToAsk;                          ///< what tells them; empty: nothing does
    QString source;                            ///< page
};

enum class AccessOpenness
{
    Open,
    Closed,
    Depends ///< on what was not told
};
QString accessOpennessName(AccessOpenness openness); ///< "open", "closed", "depends"

/// One cell of the matrix. The grade is for a shape and a colour beside the words, which say it all.
enum class AccessGrade
{
    Good,
    Fair,
    Poor,
    Unknown
};
QString accessGradeName(AccessGrade grade); ///< "good", "fair", "poor", "unknown"

struct AccessJudgement
{
    AccessGrade grade = AccessGrade::Unknown;
    QString words;
};

/// A row of the matrix.
struct AccessStrategy
{
    QString id;    ///< "any", "platform-ranges", "static-egress", "private", "hybrid", "temporary", "internal"
    QString title; ///< a few words
    QString entry; ///< what would stand in the list
    AccessOpenness openness = AccessOpenness::Depends;
    QString why; ///< of the openness
    AccessJudgement security, reliability, cost, maintenance, compliance;
    bool recommended = false;
    QString source;
};

struct AccessAdvice
{
    QString backend, platform, region, database, host, databasePlan;
    AccessListOwner owner = AccessListOwner::Atlas;
    OutboundAddresses outbound;
    QList<AccessStrategy> strategies; ///< the matrix; empty where nothing is known of the service's list
    QString recommendation;           ///< a strategy's id; empty: none can be given
    QString reason;
    QStringList steps;
    std::optional<QList<AccessEntry>> list;
    QList<Finding> findings;
    QStringList unknown; ///< what was not told or is not known here, and so not judged

    /// An error or a warning stands among the findings.
    bool hasComplaints() const;
};

[[nodiscard]] AccessAdvice adviseAccess(const AccessInput &input);

/// Whose list guards that database, by its kind and host: *.mongodb.net is Atlas, *.render.com is Render's.
[[nodiscard]] AccessListOwner accessListOwnerOf(const ConnectionString &connection);

/// What Render's API answers to GET /services/ID/outbound-ips ({"type", "ips"}), or a plain array of texts. Errors
/// (usage): something else, an entry that is no range, none at all.
struct ToldOutbound
{
    QList<AddressRange> ranges;
    std::optional<bool> isStatic; ///< by "type": "dedicated" or "shared"; nothing: not told
};
[[nodiscard]] Result<ToldOutbound> parseOutbound(const QByteArray &json);

/// "switchyard.db-access/1"
[[nodiscard]] QJsonObject accessAdviceToJson(const AccessAdvice &advice);
[[nodiscard]] QString accessAdviceToText(const AccessAdvice &advice);
[[nodiscard]] QByteArray accessAdviceToMarkdown(const AccessAdvice &advice);
/// JSON for a name that ends in .json, the text for .txt, Markdown for any other.
[[nodiscard]] QByteArray accessAdviceForFile(const AccessAdvice &advice, const QString &file);

} // namespace Switchyard
