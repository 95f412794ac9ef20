// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongoopen.h"

#include "models/database/probes/mongohints.h"
#include "models/database/probes/mongoway.h"

#include <tuple>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// The one to read from; nullptr: none.
MongoMember *readable(MongoWay &way, const QString &only)
{
    using enum MongoHello::Role;
    static const QList<MongoHello::Role> order{Primary, Router, Standalone, Secondary};
    MongoMember *chosen = nullptr;
    const QString &wanted = way.settings().replicaSet;
    const auto place = [](const MongoMember &member) { return order.indexOf(member.hello.role); };
    for (MongoMember &each : way.members()) {
        const bool ours = wanted.isEmpty() || each.hello.setName == wanted;
        if (!each.isUsable() || !ours || place(each) < 0 || (!only.isEmpty() && each.name != only))
            continue;
        if (!chosen || place(each) < place(*chosen))
            chosen = &each;
    }
    return chosen;
}

Error noneToRead(const MongoWay &way, const QString &only)
{
    if (!only.isEmpty())
        return {ErrorKind::Refused, s("query: %1 is not to be read any more").arg(only), {}, {}};
    const QString &wanted = way.settings().replicaSet;
    return {ErrorKind::Refused,
            wanted.isEmpty() ? s("query: no primary, router or secondary answered")
                             : s("query: no primary or secondary of the replica set that the string names answered"),
            s("db probe tells what each member is"),
            {}};
}

Result<void> logIn(MongoLink &link, const ConnectionString &connection, const Deadline &deadline)
{
    const MongoReply reply = link.run(s("admin"), R"({"ping": 1})", deadline);
    // Who may not even ping is in.
    if (reply.ok() || reply.unauthorised())
        return {};
    if (reply.failure == ReachFailure::Cancelled)
        return fail(ErrorKind::Cancelled, s("cancelled"));
    if (reply.failure == ReachFailure::TimedOut)
        return fail(ErrorKind::Timeout, s("auth: no answer to the login in time"));
    const MongoHint *hint = mongoHint(reply);
    const QString said = reply.message.isEmpty() ? reachFailureName(reply.failure) : saidBy(reply.message, connection);
    return fail(reply.login ? ErrorKind::Auth : ErrorKind::Protocol,
                s("auth: %1").arg(hint ? s("%1 (%2)").arg(s(hint->words), said) : said),
                hint ? s(hint->hint) : s("db probe says more"));
}

} // namespace

Result<void> openMongo(MongoLink &link, const ConnectionString &connection, const DatabaseAccess &access,
                       MongoOpened &opened, const QString &only)
{
    DatabaseProbeOptions options;
    options.timeout = access.connectTimeout;
    options.caFile = access.caFile;
    options.resolver = access.resolver;
    options.cancelled = access.cancelled;
    ProbeRun run(connection, options);
    if (connection.hosts.isEmpty())
        return fail(ErrorKind::Usage, s("the connection string names no host"));
    MongoWay way(run);
    if (run.isDoubtful() || !way.reach())
        return tl::unexpected(probeError(run));
    const MongoSettings &settings = way.settings();
    if (!settings.otherMechanism.isEmpty())
        return fail(ErrorKind::Usage,
                    s("the string asks for a login that is not offered here: %1")
                        .arg(saidBy(settings.otherMechanism.toUtf8(), connection)),
                    s("a user with a password (SCRAM), with the role read on the database"));
    if (settings.loadBalanced)
        return fail(ErrorKind::Usage, s("loadBalanced=true is not offered here"),
                    s("a string that names the members of the replica set, or the routers"));
    if (!way.greet())
        return tl::unexpected(probeError(run));
    MongoMember *member = readable(way, only);
    if (!member)
        return tl::unexpected(noneToRead(way, only));
    if (const Result<void> in = logIn(member->link, connection, run.deadline()); !in)
        return in;
    opened = {member->name, member->hello.setName, member->hello.role, settings.login.user};
    link = std::move(member->link);
    return {};
}

} // namespace Switchyard
