// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongoprobe.h"

#include "models/common/numbertext.h"
#include "models/database/probes/mongofacts.h"
#include "models/database/probes/mongohints.h"
#include "models/database/probes/mongoway.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr int nearlyFull = 80; ///< per cent

/// What is said of one stage while it is put together.
struct Said
{
    QStringList details;
    QStringList warnings; ///< their hints
    bool warns = false;

    void warn(const QString &detail, const QString &hint)
    {
        warns = true;
        if (!detail.isEmpty())
            details.append(detail);
        if (!hint.isEmpty())
            warnings.append(hint);
    }
};

/// One probe of one server or replica set.
class MongoProbe final
{
public:
    MongoProbe(const ConnectionString &connection, const DatabaseProbeOptions &options)
        : m_run(connection, options)
        , m_way(m_run)
    {
    }

    DatabaseReport go();

private:
    void skipBehindTls(const QString &why);
    void choose();
    bool authenticate();
    void tellLogin();
    bool tellNobody();
    bool query();
    bool judgeSet(Said &said);
    void judgeMembers(Said &said);
    bool isReachedByItsName(const MongoMember &member);
    void judgeVersion(Said &said, const QString &name, const QString &version) const;
    void privileges();
    void headroom();
    void judgeHeadroom(DatabaseHeadroom headroom);

    MongoReply ask(const char *command)
    {
        m_run.report().commands = m_run.report().commands.value_or(0) + 1;
        return m_chosen->link.run(s("admin"), command, m_run.deadline());
    }
    void failReply(const MongoReply &reply, const QString &during, const QString &more = {});
    bool isEnd(const MongoReply &reply, const QString &during);
    QString saidOf(const MongoReply &reply) const { return saidBy(reply.message, m_run.connection()); }

    ProbeRun m_run;
    MongoWay m_way;
    MongoMember *m_chosen = nullptr;
    bool m_loggedIn = false;
    bool m_open = false; ///< the server asks nobody for a login
};

void MongoProbe::skipBehindTls(const QString &why)
{
    using enum DatabaseStage;
    for (const DatabaseStage stage : {Auth, Query, Privileges, Headroom})
        m_run.skip(stage, why);
}

DatabaseReport MongoProbe::go()
{
    if (m_run.hasEnded() || m_run.connection().hosts.isEmpty() || !m_way.reach())
        return m_run.finish();
    if (m_run.options().reachOnly) {
        skipBehindTls(s("not asked for: only the way there"));
        return m_run.finish();
    }
    if (m_way.settings().loadBalanced) {
        skipBehindTls(s("loadBalanced=true: what stands behind the load balancer is not asked"));
        return m_run.finish();
    }
    if (!m_way.greet())
        return m_run.finish();
    choose();
    if (!authenticate() || !query())
        return m_run.finish();
    privileges();
    if (!m_run.hasEnded())
        headroom();
    return m_run.finish();
}

/// A driver's own order for writing: the primary, else a router or a server by itself, else what there is.
void MongoProbe::choose()
{
    using enum MongoHello::Role;
    static const QList<MongoHello::Role> order{Primary, Router, Standalone, Secondary, Other, Arbiter, Ghost};
    const QString &wanted = m_way.settings().replicaSet;
    const auto rank = [&](const MongoMember &member) {
        const bool foreign = !wanted.isEmpty() && member.hello.setName != wanted;
        return std::tuple(foreign, !isReachedByItsName(member), order.indexOf(member.hello.role));
    };
    for (MongoMember &each : m_way.members()) {
        if (each.isUsable() && (!m_chosen || rank(each) < rank(*m_chosen)))
            m_chosen = &each;
    }
    for (MongoMember &each : m_way.members()) {
        if (&each != m_chosen)
            each.link = MongoLink();
    }
}

/// Drivers drop a member that the replica set does not call by the name it was reached by.
bool MongoProbe::isReachedByItsName(const MongoMember &member)
{
    using enum MongoHello::Role;
    const bool listed = member.hello.role == Primary || member.hello.role == Secondary;
    return m_way.settings().direct || !listed || member.hello.hosts.contains(member.name, Qt::CaseInsensitive);
}

void MongoProbe::failReply(const MongoReply &reply, const QString &during, const QString &more)
{
    if (reply.failure != ReachFailure::None && reply.failure != ReachFailure::Internal)
        return m_run.failLink(reply.failure, during);
    const QString words = saidOf(reply);
    const QString code = reply.code == 0 ? QString() : s(", code %1").arg(reply.code);
    const MongoHint *hint = mongoHint(reply);
    if (!hint)
        return m_run.fail(s("the server refuses %1: %2%3").arg(during.section(QLatin1Char(' '), 1), words, code), more);
    m_run.fail(s("%1 (%2%3)").arg(s(hint->words), words, code), more.isEmpty() ? s(hint->hint) : more);
}

/// The connection is gone: the stage and the run end.
bool MongoProbe::isEnd(const MongoReply &reply, const QString &during)
{
    if (reply.ok() || reply.refused())
        return false;
    failReply(reply, during);
    return true;
}

bool MongoProbe::authenticate()
{
    const MongoSettings &settings = m_way.settings();
    if (!settings.otherMechanism.isEmpty()) {
        m_run.skip(DatabaseStage::Auth,
                   settings.otherMechanism == s("MONGODB-X509")
                       ? s("MONGODB-X509 logs in by the client's certificate, and the probe shows none")
                       : s("the probe does not log in by %1")
                             .arg(saidBy(settings.otherMechanism.toUtf8(), m_run.connection())));
        return true;
    }
    m_run.begin(DatabaseStage::Auth);
    const MongoReply reply = ask(R"({"ping": 1})");
    if (reply.login) {
        const MongoLogin &login = settings.login;
        constexpr int mechanismUnavailable = 334;
        const bool mechanism = reply.code == mechanismUnavailable || reply.message.toLower().contains("mechanism");
        const bool elsewhere = !mechanism && !settings.sourceSaid && login.source != s("admin");
        failReply(reply, s("to the login"),
                  elsewhere ? s("the user is looked up in the database of the path, %1: authSource=admin where it was "
                                "made there; else compare user and password")
                                  .arg(saidBy(login.source.toUtf8(), m_run.connection()))
                            : QString());
        return false;
    }
    if (isEnd(reply, s("to the login")))
        return false;
    if (settings.login.user.isEmpty())
        return tellNobody();
    m_loggedIn = true;
    tellLogin();
    return true;
}

void MongoProbe::tellLogin()
{
    const MongoLogin &login = m_way.settings().login;
    // libmongoc takes the better one where the server has it for this user.
    const QString mechanism = !login.mechanism.isEmpty()                                ? login.mechanism
                              : m_chosen->hello.mechanisms.contains(s("SCRAM-SHA-256")) ? s("SCRAM-SHA-256")
                                                                                        : s("SCRAM-SHA-1");
    const ConnectionString &connection = m_run.connection();
    m_run.ok(s("as %1, found in %2, %3")
                 .arg(saidBy(login.user.toUtf8(), connection), saidBy(login.source.toUtf8(), connection),
                      saidBy(mechanism.toUtf8(), connection)));
}

/// No user in the string: whether the server minds.
bool MongoProbe::tellNobody()
{
    const MongoReply reply = ask(R"({"listDatabases": 1, "nameOnly": true})");
    if (isEnd(reply, s("to listDatabases")))
        return false;
    m_open = reply.ok();
    const bool local = isLocalHost(m_chosen->host) || !m_chosen->host.socket.isEmpty();
    if (!m_open)
        m_run.warn(s("connected, limited: no user in the string, and the server wants one for everything that counts"),
                   s("add it: mongodb://USER:PASSWORD@HOST/?authSource=admin"));
    else if (local)
        m_run.ok(s("the server asks for no login"));
    else
        m_run.warn(s("the server asks for no login"),
                   s("everybody who reaches the port may do everything: security.authorization of mongod.conf"));
    return true;
}

void MongoProbe::judgeVersion(Said &said, const QString &name, const QString &version) const
{
    if (!name.startsWith(s("MongoDB")))
        return;
    const std::optional<QDate> end = mongoEndOfLife(version);
    const QDate today = QDate::currentDate();
    constexpr int soon = 180;
    if (end && *end < today)
        said.warn({}, s("MongoDB %1 has had no fixes since %2 (mongodb.com/legal/support-policy/lifecycles): move to a "
                        "newer one")
                          .arg(version.section(QLatin1Char('.'), 0, 1), end->toString(Qt::ISODate)));
    else if (end && today.daysTo(*end) < soon)
        said.details.append(s("fixes until %1").arg(end->toString(Qt::ISODate)));
    else if (isMongoRapidRelease(version))
        said.warn({}, s("MongoDB %1 is a release between the yearly ones, and has no fixes any more")
                          .arg(version.section(QLatin1Char('.'), 0, 1)));
}

/// Who answered and who did not, where there are several.
void MongoProbe::judgeMembers(Said &said)
{
    using enum MongoHello::Role;
    const std::vector<MongoMember> &members = m_way.members();
    if (members.size() < 2)
        return;
    constexpr qsizetype most = 10;
    QStringList texts;
    QStringList hints;
    bool foreign = false;
    for (const MongoMember &each : members) {
        const bool other = each.answered && each.hello.setName != m_chosen->hello.setName;
        foreign = foreign || other;
        texts.append(
            s("%1 %2").arg(each.name, !each.answered                          ? s("not reached (%1)").arg(each.problem)
                                      : other && each.hello.setName.isEmpty() ? mongoRoleName(each.hello.role)
                                      : other ? s("%1 of %2").arg(mongoRoleName(each.hello.role), each.hello.setName)
                                              : mongoRoleName(each.hello.role)));
        if (!each.answered && hints.isEmpty())
            hints.append(
                each.discovered
                    ? s("the replica set names a member that is not reached from here: drivers try it too, and "
                        "need it when it becomes the primary")
                    : s("a member is down or not reached: what is left may not be enough for a primary"));
    }
    QString all = texts.mid(0, most).join(s(", "));
    if (texts.size() > most)
        all += s(" and %1 more").arg(texts.size() - most);
    said.details.append(saidBy(all.toUtf8(), m_run.connection()));
    if (foreign)
        hints.append(s("not all hosts belong together: drivers drop those of another set and those of none"));
    for (const QString &hint : std::as_const(hints))
        said.warn({}, hint);
    if (m_chosen->hello.role == Standalone && !foreign)
        said.warn({}, s("several hosts that are no replica set: drivers go on with none of them, name one"));
}

bool MongoProbe::query()
{
    m_run.begin(DatabaseStage::Query);
    const MongoReply ping = ask(R"({"ping": 1})");
    if (!ping.ok()) {
        failReply(ping, s("to ping"));
        return false;
    }
    const MongoReply build = ask(R"({"buildInfo": 1})");
    if (isEnd(build, s("to buildInfo")))
        return false;
    m_run.setMs(ping.ms);
    Said said;
    const QJsonObject info = build.json();
    const QString name = build.ok() ? saidBy(mongoServerName(info).toUtf8(), m_run.connection()) : QString();
    m_run.report().server = name.isEmpty() ? s("MongoDB") : name;
    said.details.append(name.isEmpty() ? s("it answers") : s("%1 answers").arg(name));
    if (build.ok())
        judgeVersion(said, name, info.value(s("version")).toString());
    else if (build.unauthorised())
        said.warn(s("connected, limited: its version is not told to this user"), {});
    if (!judgeSet(said))
        return false;
    const QString hint = said.warnings.join(s("; "));
    if (said.warns)
        m_run.warn(said.details.join(s(", ")), hint);
    else
        m_run.ok(said.details.join(s(", ")), hint);
    return true;
}

/// Whether a driver would take this server for what the string asks for. False: it has failed.
bool MongoProbe::judgeSet(Said &said)
{
    using enum MongoHello::Role;
    const MongoSettings &settings = m_way.settings();
    const MongoHello &hello = m_chosen->hello;
    const auto shown = [this](const QString &text) { return saidBy(text.toUtf8(), m_run.connection()); };
    if (!settings.replicaSet.isEmpty() && hello.setName != settings.replicaSet) {
        const QString what = hello.role == Router      ? s("a router (mongos)")
                             : hello.setName.isEmpty() ? s("a server that is in no replica set")
                                                       : s("in the replica set %1").arg(shown(hello.setName));
        m_run.fail(s("%1; but it is %2, and the string asks for %3")
                       .arg(said.details.join(s(", ")), what, shown(settings.replicaSet)),
                   hello.setName.isEmpty() ? s("leave replicaSet out, or name the members of the set")
                                           : s("replicaSet=%1, or other hosts: drivers go on with none of another name")
                                                 .arg(shown(hello.setName)));
        return false;
    }
    const QString role = mongoRoleName(hello.role);
    said.details.append(hello.setName.isEmpty() ? role : s("%1 of %2").arg(role, shown(hello.setName)));
    if (!isReachedByItsName(*m_chosen)) {
        QStringList problems;
        for (const MongoMember &each : m_way.members()) {
            if (each.discovered && each.failed)
                problems.append(s("%1: %2").arg(each.name, each.problem));
        }
        const QString words = s("%1; the replica set has other names for its members, and none of them is reached "
                                "from here (%2)")
                                  .arg(said.details.join(s(", ")), shown(problems.mid(0, 5).join(s("; "))));
        const QString hint = s("names that are known here too in rs.conf(), or directConnection=true for this one "
                               "server: drivers go on by the names of the set");
        const bool always =
            !settings.replicaSet.isEmpty() || m_run.connection().hosts.size() > 1 || m_run.connection().isSrv();
        if (always) {
            m_run.fail(words, hint);
            return false;
        }
        said.details = {words};
        said.warn({}, hint);
        return true;
    }
    judgeMembers(said);
    const bool reads = !settings.readPreference.isEmpty() && settings.readPreference != s("primary");
    if (hello.role == Secondary && settings.direct)
        said.warn({}, s("directConnection=true leads to a secondary: it can be read, and not written to"));
    else if (hello.role == Secondary)
        said.warn(s("no primary was reached"),
                  reads ? s("reading works, writing does not until a primary is there")
                        : s("a secondary can be read (readPreference=secondaryPreferred), and writing does not work "
                            "until a primary is there: look at rs.status()"));
    else if (hello.role == Arbiter || hello.role == Other || hello.role == Ghost)
        said.warn(s("neither primary nor secondary was reached"),
                  hello.role == Ghost ? s("rs.initiate() is missing") : s("look at rs.status()"));
    return true;
}

void MongoProbe::privileges()
{
    if (m_open && !m_loggedIn)
        return m_run.skip(DatabaseStage::Privileges,
                          s("the server has no access control: whoever is in may do everything"));
    if (!m_loggedIn)
        return m_run.skip(DatabaseStage::Privileges, s("nobody is logged in"));
    m_run.begin(DatabaseStage::Privileges);
    const MongoReply reply = ask(R"({"connectionStatus": 1, "showPrivileges": true})");
    if (isEnd(reply, s("to connectionStatus")))
        return;
    const QString limited = s("its rights can only be told by an administrator");
    if (!reply.ok())
        return m_run.warn(s("connected, limited: the server does not tell this user's rights (%1)").arg(saidOf(reply)),
                          limited);
    const MongoRights rights = mongoRights(reply.json());
    if (!rights.rolesKnown)
        return m_run.warn(s("connected; the server names no roles of this user"), limited);
    QList<DatabasePrivilege> list;
    QStringList excess;
    QStringList plain;
    for (const DatabasePrivilege &each : rights.privileges) {
        const DatabasePrivilege one{saidBy(each.name.toUtf8(), m_run.connection()), each.excess};
        list.append(one);
        (each.excess ? excess : plain).append(one.name);
    }
    m_run.report().privileges = list;
    constexpr qsizetype most = 8;
    if (list.isEmpty())
        m_run.ok(s("nothing that reads or writes"));
    else if (excess.isEmpty())
        m_run.ok(plain.mid(0, most).join(s(", ")) +
                 (plain.size() > most ? s(" and %1 more").arg(plain.size() - most) : QString()));
    else
        m_run.warn(s("more than an application needs: %1").arg(excess.mid(0, most).join(s(", "))),
                   s("a user of its own for the application, with readWrite on its database"));
}

void MongoProbe::headroom()
{
    m_run.begin(DatabaseStage::Headroom);
    const MongoReply reply = ask(R"({"serverStatus": 1, "metrics": 0, "wiredTiger": 0, "locks": 0, "repl": 0,
                                     "tcmalloc": 0, "opLatencies": 0})");
    if (isEnd(reply, s("to serverStatus")))
        return;
    const LintContext &context = m_run.options().context;
    std::optional<int> limit = context.limit;
    QString whose = s("the workspace");
    if (!limit) {
        if (const auto plan = connectionLimit(m_run.connection(), context.plan, m_run.options().catalogue)) {
            limit = plan->usable();
            whose = plan->plan;
        }
    }
    std::optional<DatabaseHeadroom> read = reply.ok() ? mongoHeadroom(reply.json()) : std::nullopt;
    if (!read) {
        if (limit) {
            DatabaseHeadroom known;
            known.limit = limit;
            m_run.report().headroom = known;
        }
        const QString room =
            limit ? s("; %1 takes %2").arg(whose, countedText(*limit, "connection", "connections")) : QString();
        if (reply.ok())
            return m_run.skip(DatabaseStage::Headroom, s("the server does not tell its connections") + room);
        return m_run.warn(s("connected, limited: connections in use are not known%1 (%2)").arg(room, saidOf(reply)),
                          s("the role clusterMonitor shows them; an application needs it not"));
    }
    if (limit && (!read->limit || *limit < *read->limit))
        read->limit = limit;
    judgeHeadroom(*read);
}

void MongoProbe::judgeHeadroom(DatabaseHeadroom headroom)
{
    m_run.report().headroom = headroom;
    const int used = headroom.used.value_or(0);
    if (!headroom.limit)
        return m_run.ok(s("%1, limit not known").arg(countedText(used, "connection", "connections")));
    const QString words = s("%1 of %2 connections, ours with them").arg(used).arg(*headroom.limit);
    if (qint64(used) * 100 >= qint64(*headroom.limit) * nearlyFull)
        m_run.warn(words,
                   s("few connections are left: lower maxPoolSize (pool × workers × instances), or take a larger "
                     "tier"));
    else
        m_run.ok(words);
}

} // namespace

DatabaseReport probeMongo(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    return MongoProbe(connection, options).go();
}

} // namespace Switchyard
