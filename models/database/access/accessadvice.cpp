// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/accessadvice.h"

#include "models/database/access/accessstrategies.h"
#include "models/database/strings/connectionstring.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace Switchyard {

namespace {

using enum AccessOpenness;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

OutboundKind kindOf(const AccessInput &input)
{
    if (input.staticEgress.value_or(false))
        return OutboundKind::Static;
    if (!input.platform)
        return OutboundKind::Unknown;
    const QString &kind = input.platform->outbound.kind;
    return kind == s("shared-ranges") ? OutboundKind::SharedRanges
           : kind == s("dynamic")     ? OutboundKind::Dynamic
           : kind == s("own")         ? OutboundKind::Own
                                      : OutboundKind::Unknown;
}

OutboundAddresses outboundOf(const AccessInput &input)
{
    OutboundAddresses result;
    result.kind = kindOf(input);
    result.ranges = input.outbound;
    const OutboundRules rules = input.platform ? input.platform->outbound : OutboundRules{};
    const QString name = input.platform ? input.platform->name : QString();
    result.source = rules.source.url;
    result.howToAsk = rules.ask.isEmpty() ? rules.where : s("%1; %2").arg(rules.ask, rules.where);
    switch (result.kind) {
    case OutboundKind::Static:
        result.words = s("fixed addresses, bought for this backend");
        result.source = rules.fixed.source.url;
        break;
    case OutboundKind::SharedRanges:
        result.words = rules.note;
        if (!rules.exceptions.isEmpty())
            result.words += s(" ") + rules.exceptions;
        break;
    case OutboundKind::Dynamic:
    case OutboundKind::Own:
        result.words = rules.note;
        break;
    case OutboundKind::Unknown:
        result.words = input.platform ? s("what %1 connects from is not known here").arg(name)
                                      : s("not known: where the backend runs was not told");
        break;
    }
    if (input.outbound)
        result.howKnown = input.outboundFrom.isEmpty() ? s("told by you") : input.outboundFrom;
    else if (result.kind == OutboundKind::Static)
        result.howKnown = s("that they were bought was told by you; which they are was not");
    else if (result.kind == OutboundKind::SharedRanges)
        result.howKnown =
            s("that they are fixed is %1's documentation; which they are only its API and dashboard tell, "
              "and they were not asked")
                .arg(name);
    else if (result.kind == OutboundKind::Unknown)
        result.howKnown = s("not known");
    else
        result.howKnown = s("%1's documentation").arg(name);
    if (result.kind == OutboundKind::Own)
        result.howKnown = s("the backend runs on this computer, whose public address was not looked up");
    return result;
}

const AccessStrategy *find(const QList<AccessStrategy> &rows, const char *id)
{
    for (const AccessStrategy &row : rows) {
        if (row.id == s(id))
            return &row;
    }
    return nullptr;
}

struct Choice
{
    QString id;
    QString reason;
};

Choice chooseForAtlas(const AccessInput &input, const OutboundAddresses &outbound, const QList<AccessStrategy> &rows)
{
    const AccessStrategy &ranges = *find(rows, "platform-ranges");
    const AccessStrategy &fixed = *find(rows, "static-egress");
    const AccessStrategy &link = *find(rows, "private");
    if (outbound.kind == OutboundKind::Own)
        return {s("temporary"), s("a backend on this computer needs the database while somebody works on it: let the "
                                  "address in with a date, so that nobody has to remember it")};
    const QString beyond =
        link.openness == Open && input.production
            ? s(" A private endpoint is open to you too, and the step to take where isolation is asked for.")
            : QString();
    if (outbound.kind == OutboundKind::Static)
        return {s("hybrid"), s("the backend has addresses of its own: they alone in the list, with a user that may do "
                               "what the backend does, is the best that the price already paid can buy.") +
                                 beyond};
    if (ranges.openness == Open || (ranges.openness == Depends && input.platform && fixed.openness != Open))
        return {
            s("hybrid"),
            s("the region's ranges cost nothing and are fixed, which is far narrower than 0.0.0.0/0; since they are "
              "shared with others, the user's rights, TLS and alerts carry the rest.%1")
                    .arg(fixed.openness == Open
                             ? s(" Addresses of one's own (%1) are the next step up.").arg(fixed.cost.words)
                             : QString()) +
                beyond};
    if (fixed.openness == Open)
        return {s("hybrid"),
                s("%1 has no fixed ranges, so the list needs addresses of one's own: %2. Without them only "
                  "0.0.0.0/0 keeps the backend connected.")
                        .arg(input.platform->name, fixed.cost.words) +
                    beyond};
    return {{}, s("nothing is recommended: which addresses the backend connects from is not known")};
}

Choice chooseForRender(const AccessInput &input, const QList<AccessStrategy> &rows)
{
    if (isOnRender(input))
        return {s("internal"), s("the backend is on Render too: the internal URL needs no entry, and the list can be "
                                 "empty")};
    const AccessStrategy &ranges = *find(rows, "platform-ranges");
    const AccessStrategy &fixed = *find(rows, "static-egress");
    if (!input.platform)
        return {{}, s("nothing is recommended: where the backend runs was not told")};
    if (input.platform->outbound.kind == s("own"))
        return {s("temporary"), s("only a person's computer connects from outside")};
    if (input.staticEgress.value_or(false) || (fixed.openness == Open && ranges.openness != Open))
        return {s("static-egress"), s("a backend outside Render needs addresses that stay: %1").arg(fixed.cost.words)};
    if (ranges.openness == Open)
        return {s("platform-ranges"), s("the fixed ranges of %1").arg(input.platform->name)};
    return {{}, s("nothing is recommended: which addresses the backend connects from is not known")};
}

QStringList egressSteps(const AccessInput &input, const OutboundAddresses &outbound)
{
    QStringList steps;
    const OutboundRules rules = input.platform ? input.platform->outbound : OutboundRules{};
    if (outbound.ranges)
        return steps;
    if (outbound.kind == OutboundKind::Dynamic && rules.fixed.isSet())
        steps.append(s("Allocate fixed addresses: %1 (%2).").arg(rules.fixed.how, rules.fixed.cost));
    if (!outbound.howToAsk.isEmpty())
        steps.append(
            s("Read the backend's outbound addresses: %1. Give them here with --outbound.").arg(outbound.howToAsk));
    else
        steps.append(s("Find out which addresses the backend connects from, and give them here with --outbound."));
    return steps;
}

QString ofList(const AccessInput &input, const OutboundAddresses &outbound)
{
    QList<AddressRange> missing = *outbound.ranges;
    if (input.list) {
        QList<AddressRange> narrow;
        for (const AccessEntry &entry : *input.list) {
            if (entry.range && !entry.range->isEverything() && !entry.deleteAfter)
                narrow.append(*entry.range);
        }
        missing = uncovered(*outbound.ranges, narrow);
    }
    QStringList texts;
    for (const AddressRange &range : missing)
        texts.append(range.toString());
    return texts.join(u' ');
}

QStringList atlasSteps(const AccessInput &input, const OutboundAddresses &outbound, const QString &choice)
{
    if (choice == s("temporary"))
        return {s("Let your own address in for the hours you need: db access add ADDRESS --expires 4h --comment "
                  "\"migration\"."),
                s("Wait until it is ACTIVE (db access status), which takes a minute or two, and only then connect."),
                s("Check with db probe. Atlas removes the entry by itself; open connections may stay a while.")};
    QStringList steps = egressSteps(input, outbound);
    const QString missing = outbound.ranges ? ofList(input, outbound) : s("RANGE …");
    if (!missing.isEmpty())
        steps.append(
            s("Add them: db access add %1 --group ID --auth REF --wait 5m. It says what it would do; --yes does it.")
                .arg(missing));
    if (!missing.isEmpty())
        steps.append(s("Wait until each is ACTIVE, not PENDING: a minute or two. Nothing is restarted before that."));
    steps.append(s("From the backend, see that it connects: db probe, or a deploy of the platform."));
    const bool wide =
        !input.list || std::any_of(input.list->cbegin(), input.list->cend(),
                                   [](const AccessEntry &entry) { return entry.range && entry.range->isEverything(); });
    if (wide)
        steps.append(
            s("Only then remove 0.0.0.0/0, if it stands there: db access remove 0.0.0.0/0. As a fallback beside "
              "the ranges it would cancel them. Connections that are open may stay open for a while."));
    steps.append(s("Give the backend a user with readWrite on its own database and nothing else, by Atlas' page or API "
                   "(not db.createUser in a shell), and keep TLS verified."));
    if (input.platform && input.platform->outbound.kind == s("shared-ranges"))
        steps.append(s("Read the ranges again before each cut-over and after a change of region."));
    steps.append(s("After the move, remove what the old platform needed."));
    return steps;
}

QStringList renderSteps(const AccessInput &input, const OutboundAddresses &outbound, const QString &choice)
{
    if (choice == s("internal"))
        return {
            s("Put the internal URL into the backend's variables: same region, same workspace."),
            s("Set ipAllowList: [] in render.yaml, or empty the list in the dashboard, once nothing else comes from "
              "outside."),
            s("For a dump or a restore, add your own address, and remove it afterwards: Render's list has no dates.")};
    QStringList steps;
    if (choice != s("temporary"))
        steps = egressSteps(input, outbound);
    steps.append(s("Write them into ipAllowList of render.yaml, each with a description, or into the dashboard: this "
                   "program does not change Render's lists."));
    steps.append(s("Connect by the external URL with TLS: sslmode=require, or rediss://."));
    steps.append(s("Remove what is no longer needed, 0.0.0.0/0 first."));
    return steps;
}

void tellUnknown(const AccessInput &input, AccessAdvice *advice)
{
    QStringList &unknown = advice->unknown;
    if (!input.platform)
        unknown.append(s("where the backend runs (--backend or --platform)"));
    if (!input.outbound)
        unknown.append(
            s("the backend's outbound addresses (--outbound): whether the list lets them in was not judged"));
    if (input.platform && input.region.isEmpty() && input.platform->outbound.kind != s("own"))
        unknown.append(s("the backend's region"));
    const bool asksPlan = input.platform && (!input.platform->outbound.fixed.plans.isEmpty() ||
                                             !input.platform->outbound.link.plans.isEmpty());
    if (asksPlan && input.platformPlan.isEmpty())
        unknown.append(s("the plan of the account at %1 (--platform-plan)").arg(input.platform->name));
    if (input.owner == AccessListOwner::Atlas && input.databasePlan.isEmpty())
        unknown.append(s("the cluster's plan (--plan)"));
    if (!input.list)
        unknown.append(s("the access list as it is (--list): nothing in it was judged"));
    if (input.owner == AccessListOwner::Other)
        unknown.append(
            s("what list guards this database: its service's is not known here (Neon, Upstash and others have "
              "some of their own, on some plans)"));
}

} // namespace

QString outboundKindName(OutboundKind kind)
{
    switch (kind) {
    case OutboundKind::SharedRanges:
        return s("shared-ranges");
    case OutboundKind::Static:
        return s("static");
    case OutboundKind::Dynamic:
        return s("dynamic");
    case OutboundKind::Own:
        return s("own");
    case OutboundKind::Unknown:
        break;
    }
    return s("unknown");
}

QString accessOpennessName(AccessOpenness openness)
{
    return openness == Open ? s("open") : openness == Closed ? s("closed") : s("depends");
}

QString accessGradeName(AccessGrade grade)
{
    switch (grade) {
    case AccessGrade::Good:
        return s("good");
    case AccessGrade::Fair:
        return s("fair");
    case AccessGrade::Poor:
        return s("poor");
    case AccessGrade::Unknown:
        break;
    }
    return s("unknown");
}

bool AccessAdvice::hasComplaints() const
{
    return std::any_of(findings.cbegin(), findings.cend(),
                       [](const Finding &finding) { return finding.severity != Severity::Note; });
}

AccessListOwner accessListOwnerOf(const ConnectionString &connection)
{
    if (connection.kind == DatabaseKind::MongoDb && connection.hostEndsWith({".mongodb.net"}))
        return AccessListOwner::Atlas;
    const QString host = connection.hosts.isEmpty() ? QString() : connection.hosts.first().name;
    if (connection.kind == DatabaseKind::Postgres && host.startsWith(s("dpg-")))
        return AccessListOwner::RenderPostgres;
    if (connection.kind == DatabaseKind::Redis &&
        (host.startsWith(s("red-")) || connection.hostEndsWith({"-keyvalue.render.com"})))
        return AccessListOwner::RenderKeyValue;
    return AccessListOwner::Other;
}

AccessAdvice adviseAccess(const AccessInput &input)
{
    AccessAdvice advice;
    advice.backend = input.backend;
    advice.platform = input.platform ? input.platform->name : QString();
    advice.region = input.region;
    advice.database = input.database;
    advice.host = input.host;
    advice.databasePlan = input.databasePlan;
    advice.owner = input.owner;
    advice.list = input.list;
    advice.outbound = outboundOf(input);
    Choice choice;
    switch (input.owner) {
    case AccessListOwner::Atlas:
        advice.strategies = atlasStrategies(input, advice.outbound);
        choice = chooseForAtlas(input, advice.outbound, advice.strategies);
        break;
    case AccessListOwner::RenderPostgres:
    case AccessListOwner::RenderKeyValue:
        advice.strategies = renderStrategies(input, advice.outbound);
        choice = chooseForRender(input, advice.strategies);
        break;
    case AccessListOwner::Other:
        choice.reason = s("nothing is recommended: what list guards this database is not known here");
        break;
    }
    advice.recommendation = choice.id;
    advice.reason = choice.reason;
    for (AccessStrategy &row : advice.strategies)
        row.recommended = row.id == choice.id;
    if (!choice.id.isEmpty())
        advice.steps = input.owner == AccessListOwner::Atlas ? atlasSteps(input, advice.outbound, choice.id)
                                                             : renderSteps(input, advice.outbound, choice.id);
    else
        advice.steps = egressSteps(input, advice.outbound);
    if (input.list)
        advice.findings = judgeAccessList(
            *input.list, {input.owner, input.outbound, input.backend, input.operatorAddress, input.now});
    tellUnknown(input, &advice);
    return advice;
}

Result<ToldOutbound> parseOutbound(const QByteArray &json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json);
    ToldOutbound told;
    QJsonArray items = document.array();
    if (document.isObject()) {
        items = document.object()[s("ips")].toArray();
        const QString type = document.object()[s("type")].toString();
        if (type == s("dedicated") || type == s("shared"))
            told.isStatic = type == s("dedicated");
    }
    for (const QJsonValue item : items) {
        const Result<AddressRange> range = parseAddressRange(item.toString());
        if (!range)
            return tl::unexpected(range.error());
        told.ranges.append(*range);
    }
    if (told.ranges.isEmpty())
        return fail(ErrorKind::Usage, s("the outbound addresses cannot be read: there is none in it"),
                    s("what Render answers to GET /v1/services/ID/outbound-ips, or an array of texts"));
    return told;
}

} // namespace Switchyard
