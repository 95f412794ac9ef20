// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/numbertext.h"
#include "models/database/probes/probekit.h"
#include "models/database/probes/probes.h"
#include "models/database/probes/redishints.h"
#include "models/database/probes/redislink.h"

#include <QHash>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr int nearlyFull = 80; ///< per cent

/// One probe of one server.
class RedisProbe final
{
public:
    RedisProbe(const ConnectionString &connection, const DatabaseProbeOptions &options)
        : m_run(connection, options)
    {
    }

    DatabaseReport go();

private:
    bool connect();
    bool tls(ProbeLink &link);
    bool authenticate();
    bool query();
    void privileges();
    void headroom();

    RedisReply ask(const QList<QByteArray> &command);
    void failReply(const RedisReply &reply, const QString &during);
    QString words(const RedisReply &error) const;
    std::optional<ProbeLink> again();
    bool speaksTls();
    const QHash<QByteArray, QByteArray> *info(const QByteArray &section);

    ProbeRun m_run;
    QList<ResolvedAddress> m_addresses;
    std::optional<RedisLink> m_link;
    TlsSettings m_tls;
    QHash<QByteArray, QByteArray> m_info;
    RedisReply m_lastInfo;
};

DatabaseReport RedisProbe::go()
{
    if (m_run.hasEnded() || m_run.connection().hosts.isEmpty())
        return m_run.finish();
    if (!connect())
        return m_run.finish();
    if (m_run.options().reachOnly) {
        using enum DatabaseStage;
        for (const DatabaseStage stage : {Auth, Query, Privileges, Headroom})
            m_run.skip(stage, s("not asked for: only the way there"));
        return m_run.finish();
    }
    if (!authenticate() || !query())
        return m_run.finish();
    privileges();
    if (!m_run.hasEnded())
        headroom();
    return m_run.finish();
}

bool RedisProbe::connect()
{
    m_run.skip(DatabaseStage::Srv, s("Redis has none"));
    const ConnectionHost &host = m_run.connection().hosts.first();
    const std::optional<QList<ResolvedAddress>> addresses = m_run.resolve(host);
    if (!addresses)
        return false;
    m_addresses = *addresses;
    std::optional<ProbeLink> link = m_run.connect(host, m_addresses);
    if (!link)
        return false;
    if (m_run.connection().scheme != s("rediss"))
        m_run.skip(DatabaseStage::Tls, host.socket.isEmpty() ? s("redis:// is not encrypted") : s("a Unix socket"));
    else if (!tls(*link))
        return false;
    m_link.emplace(*std::move(link));
    return true;
}

std::optional<ProbeLink> RedisProbe::again()
{
    const ConnectionHost &host = m_run.connection().hosts.first();
    TcpOutcome outcome = host.socket.isEmpty()
                             ? connectTcp(m_addresses, m_run.connection().portOf(host), m_run.deadline())
                             : connectSocket(host.socket, m_run.deadline());
    if (!outcome.descriptor.isOpen())
        return std::nullopt;
    return ProbeLink(std::move(outcome.descriptor));
}

bool RedisProbe::tls(ProbeLink &link)
{
    m_tls = redisTlsSettings(m_run.connection(), m_run.options().caFile);
    m_run.begin(DatabaseStage::Tls);
    // What is left over is for asking a silent port whether it speaks Redis without TLS.
    TlsOutcome outcome = link.startTls(m_tls, m_run.deadline().part(m_run.deadline().left() * 2 / 3));
    using enum ReachFailure;
    const bool mute = outcome.failure == TimedOut || outcome.failure == Closed || outcome.failure == Reset;
    if (mute && outcome.chain.isEmpty()) {
        link.close();
        if (std::optional<ProbeLink> plain = again()) {
            const RedisReply reply = RedisLink(*std::move(plain)).ask({"PING"}, m_run.deadline());
            if (reply.came() || recognisedPeer(reply.raw) == s("Redis")) {
                outcome.failure = NoTls;
                outcome.detail = s("the port speaks Redis without TLS");
                outcome.hint = s("redis:// in place of rediss://, or the server's TLS port (tls-port)");
            } else if (reply.failure == Cancelled) {
                outcome.failure = Cancelled;
            }
        }
    }
    return m_run.judgeTls(outcome, m_tls);
}

/// Whether a port that does not answer in plain speaks TLS.
bool RedisProbe::speaksTls()
{
    m_link.reset();
    std::optional<ProbeLink> link = again();
    if (!link)
        return false;
    TlsSettings settings;
    settings.host = m_run.connection().hosts.first().name;
    settings.verify = TlsVerify::None;
    const TlsOutcome outcome = link->startTls(settings, m_run.deadline());
    return outcome.ok() || !outcome.chain.isEmpty() || outcome.failure == ReachFailure::TlsAlert;
}

RedisReply RedisProbe::ask(const QList<QByteArray> &command)
{
    m_run.report().commands = m_run.report().commands.value_or(0) + 1;
    return m_link->ask(command, m_run.deadline());
}

QString RedisProbe::words(const RedisReply &error) const
{
    const RedisHint *hint = redisHint(error.text);
    const QString said = saidBy(error.text, m_run.connection());
    return hint ? s("%1 (%2)").arg(s(hint->words), said) : said;
}

void RedisProbe::failReply(const RedisReply &reply, const QString &during)
{
    if (reply.kind == RedisReply::Kind::Error) {
        const RedisHint *hint = redisHint(reply.text);
        m_run.fail(words(reply), hint ? s(hint->hint) : QString());
        return;
    }
    if (reply.failure == ReachFailure::Cancelled)
        return m_run.cancelled();
    const QString peer = recognisedPeer(reply.raw);
    using enum ReachFailure;
    const bool plain = m_tls.host.isEmpty() && m_run.connection().hosts.first().socket.isEmpty();
    const bool mute = reply.failure == Closed || reply.failure == Reset || reply.failure == TimedOut;
    if (peer == s("TLS") || (plain && reply.raw.isEmpty() && mute && speaksTls()))
        m_run.fail(s("the port speaks TLS, and the connection does not"), s("rediss:// in place of redis://"));
    else if (!peer.isEmpty() && peer != s("Redis"))
        m_run.fail(s("the peer speaks %1, not Redis").arg(peer), s("check host and port"));
    else if (!reply.raw.isEmpty() && reply.failure != TimedOut)
        m_run.fail(s("what answers there is no Redis server"), s("check host and port"));
    else
        m_run.failLink(reply.failure, during);
}

bool RedisProbe::authenticate()
{
    m_run.begin(DatabaseStage::Auth);
    const ConnectionString &connection = m_run.connection();
    const QByteArray user = connection.user.value_or(QString()).toUtf8();
    const bool hasPassword = connection.password && !connection.password->isEmpty();
    QList<QByteArray> command{"PING"};
    if (hasPassword) {
        command = {"AUTH"};
        if (!user.isEmpty())
            command.append(user);
        command.append(connection.password->reveal().toUtf8());
    }
    const RedisReply reply = ask(command);
    if (!hasPassword) {
        // Whoever is told NOPERM, LOADING or the like has been let in.
        if (!reply.came() || reply.isError("NOAUTH") || reply.isError("DENIED") ||
            (reply.kind == RedisReply::Kind::Error && !reply.isError("NOPERM") && !reply.isError("LOADING") &&
             !reply.isError("MASTERDOWN"))) {
            failReply(reply, s("to the first command"));
            return false;
        }
        if (!connection.hosts.first().socket.isEmpty() || isLocalHost(connection.hosts.first()))
            m_run.ok(s("the server asks for no password"));
        else
            m_run.warn(s("the server asks for no password"),
                       s("everybody who reaches the port is in: set requirepass or ACL users"));
        return true;
    }
    if (reply.kind == RedisReply::Kind::Text) {
        m_run.ok(user.isEmpty() ? s("as the default user") : s("as the user of the connection string"));
        return true;
    }
    if (const RedisHint *hint = reply.isError() ? redisHint(reply.text) : nullptr;
        hint && QByteArray(hint->words).startsWith("the server asks for no password")) {
        m_run.warn(s(hint->words), s(hint->hint));
        return true;
    }
    failReply(reply, s("to AUTH"));
    return false;
}

bool RedisProbe::query()
{
    m_run.begin(DatabaseStage::Query);
    const QByteArray database = m_run.connection().database.value_or(QString()).toUtf8();
    QStringList limits;
    for (const QList<QByteArray> &command :
         {QList<QByteArray>{"PING"},
          database.isEmpty() || database == "0" ? QList<QByteArray>{} : QList<QByteArray>{"SELECT", database}}) {
        if (command.isEmpty())
            continue;
        const RedisReply reply = ask(command);
        if (reply.isError("NOPERM")) {
            limits.append(QString::fromLatin1(command[0]));
            continue;
        }
        if (reply.kind != RedisReply::Kind::Text) {
            failReply(reply, s("to %1").arg(QString::fromLatin1(command[0])));
            return false;
        }
    }
    const auto *server = info("server");
    if (!server && !m_lastInfo.came()) {
        failReply(m_lastInfo, s("to INFO"));
        return false;
    }
    DatabaseReport &report = m_run.report();
    QString role;
    if (server) {
        const QByteArray valkey = server->value("valkey_version");
        const QByteArray version = valkey.isEmpty() ? server->value("redis_version") : valkey;
        if (!version.isEmpty())
            report.server = (valkey.isEmpty() ? s("Redis ") : s("Valkey ")) + saidBy(version, m_run.connection());
        if (const auto *replication = info("replication"))
            role = saidBy(replication->value("role"), m_run.connection());
    } else {
        limits.append(s("INFO"));
    }
    const QString name = report.server.isEmpty() ? s("it answers") : report.server + s(" answers");
    if (!limits.isEmpty())
        m_run.warn(s("%1; connected, limited: the user may not run %2").arg(name, limits.join(s(", "))),
                   s("fine for an application that needs no more; version and headroom cannot be told"));
    else if (role == s("slave"))
        m_run.warn(s("%1, and is a replica").arg(name), s("replicas refuse writes: connect to the primary"));
    else
        m_run.ok(name);
    return true;
}

const QHash<QByteArray, QByteArray> *RedisProbe::info(const QByteArray &section)
{
    m_lastInfo = ask({"INFO", section});
    if (m_lastInfo.kind != RedisReply::Kind::Text)
        return nullptr;
    for (const QByteArray &line : m_lastInfo.text.split('\n')) {
        const qsizetype colon = line.indexOf(':');
        if (colon > 0 && !line.startsWith('#'))
            m_info.insert(line.left(colon), line.mid(colon + 1).trimmed());
    }
    return &m_info;
}

/// The rules of the user's commands in order: "+@all -@dangerous +get". What an application does not need.
QList<DatabasePrivilege> privilegesOf(const QByteArray &commands)
{
    static const QList<QByteArray> wide{"+@all", "+@admin", "+@dangerous"};
    QList<DatabasePrivilege> result;
    const QList<QByteArray> rules = commands.simplified().split(' ');
    const auto lastOf = [&](const QByteArray &rule) { return rules.lastIndexOf(rule); };
    for (qsizetype i = 0; i < rules.size(); ++i) {
        const QByteArray &rule = rules[i];
        if (!rule.startsWith('+'))
            continue;
        bool excess = wide.contains(rule);
        // Taken away again, further behind.
        if (rule == "+@all")
            excess = lastOf("-@dangerous") < i && lastOf("-@all") < i;
        else if (excess)
            excess = lastOf('-' + rule.mid(1)) < i && lastOf("-@all") < i;
        result.append({QString::fromUtf8(rule.left(80)), excess});
    }
    return result;
}

void RedisProbe::privileges()
{
    m_run.begin(DatabaseStage::Privileges);
    RedisReply who = ask({"ACL", "WHOAMI"});
    if (!who.came())
        return failReply(who, s("to ACL WHOAMI"));
    if (who.isError("ERR")) {
        m_run.skip(DatabaseStage::Privileges, s("the server has no ACL: whoever is in may do everything"));
        return;
    }
    const QByteArray user =
        who.kind == RedisReply::Kind::Text ? who.text : m_run.connection().user.value_or(s("default")).toUtf8();
    const RedisReply rules = ask({"ACL", "GETUSER", user});
    if (!rules.came())
        return failReply(rules, s("to ACL GETUSER"));
    const RedisReply *commands = rules.field("commands");
    if (!commands) {
        m_run.warn(s("connected, limited: the user may not read its own rules (ACL GETUSER)"),
                   s("that is as it should be for an application; its rights can only be told by an administrator"));
        return;
    }
    QList<DatabasePrivilege> list = privilegesOf(commands->text);
    if (const RedisReply *keys = rules.field("keys"))
        list.append({s("keys ") + (keys->text.isEmpty() ? s("none") : saidBy(keys->text, m_run.connection())), false});
    QStringList excess;
    for (const DatabasePrivilege &each : std::as_const(list)) {
        if (each.excess)
            excess.append(each.name);
    }
    m_run.report().privileges = list;
    if (excess.isEmpty())
        m_run.ok(s("%1 rules, none wider than an application needs").arg(list.size()));
    else
        m_run.warn(s("wider than an application needs: %1").arg(excess.join(s(", "))),
                   s("FLUSHALL, CONFIG, KEYS and SHUTDOWN are among them: give the application a user of its own, "
                     "ACL SETUSER app on >… ~* +@all -@dangerous -@admin"));
}

void RedisProbe::headroom()
{
    m_run.begin(DatabaseStage::Headroom);
    for (const char *section : {"clients", "memory"}) {
        if (info(section))
            continue;
        if (!m_lastInfo.came())
            return failReply(m_lastInfo, s("to INFO"));
        m_run.warn(s("connected, limited: not known, the user may not run INFO"),
                   s("allow it to a monitoring user: +info +config|get"));
        return;
    }
    DatabaseHeadroom head;
    const auto number = [this](const char *name) -> std::optional<qint64> {
        bool good = false;
        const qint64 value = m_info.value(name).toLongLong(&good);
        return good && value >= 0 ? std::optional(value) : std::nullopt;
    };
    if (const auto used = number("connected_clients"))
        head.used = int(*used);
    std::optional<qint64> limit = number("maxclients");
    if (!limit) {
        // Before Redis 7 only the configuration tells.
        const RedisReply reply = ask({"CONFIG", "GET", "maxclients"});
        if (const RedisReply *value = reply.field("maxclients"))
            limit = value->text.toLongLong();
        else if (!reply.came())
            return failReply(reply, s("to CONFIG GET"));
    }
    if (limit && *limit > 0)
        head.limit = int(*limit);
    head.memoryBytes = number("used_memory");
    if (const auto most = number("maxmemory"); most && *most > 0)
        head.memoryLimitBytes = most;
    head.evictionPolicy = saidBy(m_info.value("maxmemory_policy"), m_run.connection());
    m_run.report().headroom = head;
    QStringList told;
    QStringList hints;
    if (head.used)
        told.append(head.limit ? s("%1 of %2 connections").arg(*head.used).arg(*head.limit)
                               : s("%1, limit not known").arg(countedText(*head.used, "connection", "connections")));
    if (head.used && head.limit && qint64(*head.used) * 100 >= qint64(*head.limit) * nearlyFull)
        hints.append(s("few connections are left: lower the pools, or raise maxclients"));
    if (head.memoryBytes) {
        const QString used = dataSizeText(*head.memoryBytes);
        told.append(head.memoryLimitBytes ? s("%1 of %2").arg(used, dataSizeText(*head.memoryLimitBytes))
                                          : s("%1, no limit set").arg(used));
        if (head.memoryLimitBytes && *head.memoryBytes >= *head.memoryLimitBytes / 100 * nearlyFull)
            hints.append(head.evictionPolicy == s("noeviction")
                             ? s("memory is nearly full, and with noeviction writes fail then")
                             : s("memory is nearly full: keys are dropped (%1)").arg(head.evictionPolicy));
    }
    if (!head.evictionPolicy.isEmpty())
        told.append(head.evictionPolicy);
    if (hints.isEmpty())
        m_run.ok(told.join(s(", ")));
    else
        m_run.warn(told.join(s(", ")), hints.join(s("; ")));
}

} // namespace

DatabaseReport probeRedis(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    return RedisProbe(connection, options).go();
}

} // namespace Switchyard
