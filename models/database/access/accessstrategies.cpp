// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/accessstrategies.h"

#include <QRegularExpression>

namespace Switchyard {

namespace {

using enum AccessGrade;
using enum AccessOpenness;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr const char *atlasPage = "https://www.mongodb.com/docs/atlas/security/ip-access-list/";
constexpr const char *atlasPlansPage = "https://www.mongodb.com/docs/atlas/reference/free-shared-limitations/";

AccessJudgement cell(AccessGrade grade, const QString &words)
{
    return {grade, words};
}

/// Private endpoints and peering are for dedicated clusters (M10 and larger) alone.
PlanAnswer atlasPrivate(const QString &plan)
{
    static const QRegularExpression dedicated(s("^[MR](\\d{2,3})\\b"), QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression shared(s("^(M[025]|flex|free|shared|serverless)\\b"),
                                           QRegularExpression::CaseInsensitiveOption);
    if (plan.isEmpty())
        return {Depends, s("private endpoints need M10 or larger, and the cluster's plan was not told")};
    if (const QRegularExpressionMatch match = dedicated.match(plan); match.hasMatch())
        return {Open, s("%1 has private endpoints").arg(plan)};
    if (shared.match(plan).hasMatch())
        return {Closed, s("%1 has no private endpoints and no peering: M10 or larger does").arg(plan)};
    return {Depends, s("whether \"%1\" has private endpoints is not known here; M10 and larger do").arg(plan)};
}

QString rangesEntry(const OutboundAddresses &outbound, const QString &otherwise)
{
    if (!outbound.ranges || outbound.ranges->isEmpty())
        return otherwise;
    QStringList texts;
    for (const AddressRange &range : *outbound.ranges)
        texts.append(range.toString());
    return texts.join(s(", "));
}

QString platformName(const AccessInput &input)
{
    return input.platform ? input.platform->name : s("the platform");
}

AccessStrategy anywhere()
{
    AccessStrategy row;
    row.id = s("any");
    row.title = s("Everybody");
    row.entry = s("0.0.0.0/0");
    row.openness = Open;
    row.why = s("always possible");
    row.security = cell(Poor, s("only user and password are left, and anybody may try them"));
    row.reliability = cell(Good, s("no address is ever refused"));
    row.cost = cell(Good, s("$0"));
    row.maintenance = cell(Good, s("none"));
    row.compliance = cell(Poor, s("fails PCI DSS and HIPAA reviews; for prototypes without real data"));
    row.source = s(atlasPage);
    return row;
}

AccessStrategy platformRanges(const AccessInput &input, const OutboundAddresses &outbound)
{
    AccessStrategy row;
    row.id = s("platform-ranges");
    row.title = s("The platform's ranges");
    const OutboundRules rules = input.platform ? input.platform->outbound : OutboundRules{};
    row.source = rules.source.url;
    const bool bought = outbound.kind == OutboundKind::Static;
    row.entry = bought ? s("the ranges of the region") : rangesEntry(outbound, s("the ranges of the region"));
    if (!input.platform) {
        row.why = s("where the backend runs was not told");
    } else if (rules.kind != s("shared-ranges")) {
        row.openness = Closed;
        row.why = rules.kind.isEmpty() ? s("whether %1 has fixed ranges is not known here").arg(platformName(input))
                                       : s("%1 has no fixed ranges").arg(platformName(input));
        if (rules.kind.isEmpty())
            row.openness = Depends;
    } else if (bought) {
        row.openness = Closed;
        row.why = s("the backend connects from addresses of its own, not from the shared ranges");
    } else {
        row.openness = Open;
        row.why = rules.note;
        if (!rules.exceptions.isEmpty() &&
            (input.region.isEmpty() || rules.exceptions.contains(input.region, Qt::CaseInsensitive))) {
            // Who has the ranges in hand is none of the exceptions.
            if (!outbound.ranges)
                row.openness = Depends;
            row.why += s(" ") + rules.exceptions;
        }
    }
    row.security = cell(Fair, s("shared with all other customers of the region, so narrower, but no isolation"));
    row.reliability = cell(Good, s("high while the ranges are fixed; read them again before each cut-over"));
    row.cost = cell(Good, s("$0"));
    row.maintenance = cell(Fair, s("ranges of the new region after a move, and a look now and then"));
    row.compliance = cell(Fair, s("shows that access is limited; not that the network is yours"));
    return row;
}

AccessStrategy staticEgress(const AccessInput &input, const OutboundAddresses &outbound)
{
    AccessStrategy row;
    row.id = s("static-egress");
    row.title = s("Addresses of one's own");
    const StaticEgress egress = input.platform ? input.platform->outbound.fixed : StaticEgress{};
    const bool bought = outbound.kind == OutboundKind::Static;
    row.entry = bought ? rangesEntry(outbound, s("the addresses that were bought"))
                       : (egress.isSet() ? s("%1 of %2").arg(egress.name, platformName(input)) : s("fixed addresses"));
    row.source = egress.source.url;
    if (bought) {
        row.openness = Open;
        row.why = outbound.howKnown;
    } else if (!input.platform) {
        row.why = s("where the backend runs was not told");
    } else if (!egress.isSet()) {
        const bool own = input.platform->outbound.kind == s("own");
        row.openness = own ? Closed : Depends;
        row.why = own ? s("a computer of one's own has the address its provider gives it")
                      : s("whether %1 sells them is not known here").arg(platformName(input));
    } else {
        const PlanAnswer answer = onPlan(platformName(input), input.platformPlan, egress.plans, egress.without);
        row.openness = answer.openness;
        row.why = s("%1; %2").arg(answer.words, egress.limits);
    }
    row.security = cell(Good, s("nobody else connects from them"));
    row.reliability = cell(Good, s("they stay until they are given back"));
    row.cost = cell(Fair, egress.isSet() ? egress.cost : s("not known here"));
    if (!egress.isSet())
        row.cost.grade = Unknown;
    row.maintenance = cell(Fair, s("one set for each region, and room for more instances"));
    row.compliance = cell(Good, s("access limited to this product's own addresses"));
    return row;
}

AccessStrategy privateLink(const AccessInput &input)
{
    AccessStrategy row;
    row.id = s("private");
    row.title = s("A private way");
    row.entry = s("a private endpoint instead of the list");
    const PrivateLinks links = input.platform ? input.platform->outbound.link : PrivateLinks{};
    row.source = links.isSet() ? links.source.url : s(atlasPlansPage);
    const PlanAnswer cluster = atlasPrivate(input.databasePlan);
    if (!input.platform) {
        row.openness = cluster.openness == Closed ? Closed : Depends;
        row.why = s("%1; where the backend runs was not told").arg(cluster.words);
    } else if (!links.isSet()) {
        row.openness = Closed;
        row.why = s("no private way from %1 is known here; %2").arg(platformName(input), cluster.words);
    } else {
        const PlanAnswer there = onPlan(platformName(input), input.platformPlan, links.plans, links.without);
        row.openness = cluster.openness == Closed || there.openness == Closed ? Closed
                       : cluster.openness == Open && there.openness == Open   ? Open
                                                                              : Depends;
        row.why = s("%1: %2; %3%4")
                      .arg(links.name, there.words, cluster.words,
                           links.peering || links.note.isEmpty() ? QString() : s(". ") + links.note);
    }
    row.security = cell(Good, s("the database is not reached from the Internet"));
    row.reliability = cell(Good, s("it does not depend on addresses"));
    row.cost =
        cell(Poor, s("M10 (about $58 a month) or larger, the platform's plan and what AWS takes for the endpoint"));
    row.maintenance = cell(Fair, s("endpoints to set up in each region; same cloud on both sides"));
    row.compliance = cell(Good, s("the strongest answer to demands for isolation; auditing needs M10 as well"));
    return row;
}

AccessStrategy hybrid(const AccessStrategy &ranges, const AccessStrategy &fixed)
{
    AccessStrategy row;
    row.id = s("hybrid");
    row.title = s("Narrow list and narrow user");
    const bool own = fixed.openness == Open;
    const AccessStrategy &base = own || ranges.openness == Closed ? fixed : ranges;
    row.entry = base.entry;
    row.openness = base.openness;
    row.why =
        s("on %1: %2")
            .arg(own || ranges.openness == Closed ? s("addresses of one's own") : s("the platform's ranges"), base.why);
    row.security = cell(Good, s("the list, a user with readWrite on one database, TLS that is verified, and alerts; "
                                "never together with 0.0.0.0/0"));
    row.reliability = base.reliability;
    row.cost = base.cost;
    row.maintenance = cell(Fair, s("that of the list, and a password to change now and then"));
    row.compliance =
        cell(own ? Good : Fair, own ? s("limited network and least privilege; audit logs need M10 or larger")
                                    : s("least privilege and a list shared with the region's other "
                                        "customers; audit logs need M10 or larger"));
    row.source = base.source;
    return row;
}

AccessStrategy temporary(const AccessInput &input)
{
    AccessStrategy row;
    row.id = s("temporary");
    row.title = s("One's own address, for a while");
    row.entry = input.operatorAddress ? s("%1/%2 with deleteAfterDate")
                                            .arg(input.operatorAddress->first.toString())
                                            .arg(input.operatorAddress->prefix)
                                      : s("your own /32 with deleteAfterDate");
    row.openness = Open;
    row.why = s("beside any of the others, for the hours of a dump, a restore or a look; a week at most");
    row.security = cell(Good, s("one address, and it goes by itself"));
    row.reliability = cell(Fair, s("only while the address is yours; a long copy must end before the date"));
    row.cost = cell(Good, s("$0"));
    row.maintenance = cell(Good, s("Atlas removes it"));
    row.compliance = cell(Good, s("a dated exception that the project's activity feed shows"));
    row.source = s("https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/");
    return row;
}

AccessStrategy internalNetwork(const AccessInput &input)
{
    AccessStrategy row;
    row.id = s("internal");
    row.title = s("The private network");
    row.entry = input.owner == AccessListOwner::RenderKeyValue ? s("ipAllowList: []")
                                                               : s("ipAllowList: [] (left out, it lets everybody in)");
    const bool there = isOnRender(input);
    row.openness = there ? (input.region.isEmpty() ? Depends : Open) : (input.platform ? Closed : Depends);
    row.why =
        there ? s("a backend on Render reaches the database by its internal URL, in the same region and workspace%1")
                    .arg(input.region.isEmpty() ? s("; the backend's region was not told") : QString())
              : (input.platform ? s("a backend on %1 is not in Render's private network").arg(platformName(input))
                                : s("where the backend runs was not told"));
    row.security = cell(Good, s("no address of the Internet is let in"));
    row.reliability = cell(Good, s("it does not depend on outbound addresses"));
    row.cost = cell(Good, s("$0"));
    row.maintenance = cell(Good, s("none"));
    row.compliance =
        cell(Good, s("the database is not reached from the Internet; internal traffic may be without TLS"));
    row.source = s("https://render.com/docs/private-network");
    return row;
}

} // namespace

bool isOnRender(const AccessInput &input)
{
    return input.platform && input.platform->id == s("render");
}

PlanAnswer onPlan(const QString &platform, const QString &plan, const QStringList &plans, const QStringList &without)
{
    if (plans.isEmpty() && without.isEmpty())
        return {Open, s("on all plans of %1").arg(platform)};
    const QString needs = plans.isEmpty() ? s("another plan") : s("%1 or higher").arg(plans.first());
    if (plan.isEmpty())
        return {Depends, s("needs the plan %1 at %2, and yours was not told").arg(needs, platform)};
    if (plans.contains(plan, Qt::CaseInsensitive))
        return {Open, s("the plan %1 has it").arg(plan)};
    if (without.contains(plan, Qt::CaseInsensitive))
        return {Closed, s("needs the plan %1 at %2; %3 has it not").arg(needs, platform, plan)};
    return {Depends, s("needs the plan %1 at %2; whether \"%3\" has it is not known here").arg(needs, platform, plan)};
}

QList<AccessStrategy> atlasStrategies(const AccessInput &input, const OutboundAddresses &outbound)
{
    const AccessStrategy ranges = platformRanges(input, outbound);
    const AccessStrategy fixed = staticEgress(input, outbound);
    return {anywhere(), ranges, fixed, hybrid(ranges, fixed), privateLink(input), temporary(input)};
}

QList<AccessStrategy> renderStrategies(const AccessInput &input, const OutboundAddresses &outbound)
{
    AccessStrategy open = anywhere();
    open.source = s("https://render.com/docs/postgresql-creating-connecting");
    AccessStrategy own = temporary(input);
    own.entry = input.operatorAddress ? input.operatorAddress->toString() : s("your own /32");
    own.why = s("for the hours of a dump or a restore; Render's list knows no dates, so somebody has to remove it");
    own.maintenance = cell(Poor, s("it stays until a person removes it"));
    own.security = cell(Fair, s("one address, for as long as somebody remembers it"));
    own.compliance = cell(Fair, s("an exception that nothing ends"));
    own.source = s("https://render.com/docs/postgresql-creating-connecting");
    QList<AccessStrategy> rows{internalNetwork(input), open, platformRanges(input, outbound),
                               staticEgress(input, outbound), own};
    return rows;
}

} // namespace Switchyard
