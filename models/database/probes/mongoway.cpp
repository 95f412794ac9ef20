// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongoway.h"

#include "models/database/probes/mongohints.h"
#include "models/database/strings/connectionlintkit.h"
#include "models/database/strings/connectionparts.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr qsizetype mostMembers = 50; ///< as many as a replica set may have
constexpr qsizetype mostNamed = 7;

QString nameOf(const ConnectionString &connection, const ConnectionHost &host)
{
    if (!host.socket.isEmpty())
        return host.socket;
    return s(host.isIpv6() ? "[%1]:%2" : "%1:%2").arg(host.name).arg(connection.portOf(host));
}

/// "db1.example.net:27017" or "[::1]:27017" as a replica set writes it.
std::optional<ConnectionHost> hostOf(const QString &text)
{
    ConnectionHost host;
    const qsizetype colon = text.lastIndexOf(QLatin1Char(':'));
    bool good = false;
    host.port = text.mid(colon + 1).toInt(&good);
    host.name = text.left(colon);
    if (host.name.startsWith(QLatin1Char('[')) && host.name.endsWith(QLatin1Char(']')))
        host.name = host.name.mid(1, host.name.size() - 2);
    if (colon <= 0 || !good || host.name.isEmpty() || *host.port < 1 || *host.port > 65535)
        return std::nullopt;
    return host;
}

QString linkWords(ReachFailure failure)
{
    switch (failure) {
    case ReachFailure::TimedOut:
        return s("no answer in time");
    case ReachFailure::Closed:
        return s("it closed the connection");
    case ReachFailure::Reset:
        return s("it reset the connection");
    default:
        return s("the connection failed (%1)").arg(reachFailureName(failure));
    }
}

/// Atlas takes the connection of an address that it does not let in, and ends the handshake.
bool looksLikeAccessList(const ConnectionHost &host, ReachFailure failure)
{
    using enum ReachFailure;
    return host.name.endsWith(s(".mongodb.net"), Qt::CaseInsensitive) &&
           (failure == TlsAlert || failure == Closed || failure == Reset);
}

QString limited(const QStringList &texts)
{
    if (texts.size() <= mostNamed)
        return texts.join(s("; "));
    return texts.mid(0, mostNamed).join(s("; ")) + s("; and %1 more").arg(texts.size() - mostNamed);
}

} // namespace

MongoWay::MongoWay(ProbeRun &run)
    : m_run(run)
{
}

Deadline MongoWay::share(qsizetype done) const
{
    const qsizetype all = qsizetype(m_members.size());
    const qsizetype left = std::max<qsizetype>(1, all - done);
    return m_run.deadline().part(m_run.deadline().left() / (left + (all > 1 ? 1 : 0)));
}

bool MongoWay::isCancelled()
{
    if (!m_run.deadline().isCancelled())
        return false;
    m_run.cancelled();
    return true;
}

bool MongoWay::judge(const QStringList &passed, const std::vector<const MongoMember *> &failed)
{
    if (failed.empty()) {
        m_run.ok(limited(passed));
        return true;
    }
    const MongoMember &first = *failed.front();
    QStringList problems;
    for (const MongoMember *each : failed)
        problems.append(m_members.size() == 1 ? each->problem : s("%1: %2").arg(each->name, each->problem));
    if (passed.isEmpty()) {
        m_run.fail(limited(problems), first.hint);
        return false;
    }
    m_run.warn(s("%1 of %2: %3; not %4")
                   .arg(passed.size())
                   .arg(passed.size() + qsizetype(failed.size()))
                   .arg(limited(passed), limited(problems)),
               first.hint);
    return true;
}

void MongoWay::add(const ConnectionHost &host, bool discovered)
{
    const QString name = nameOf(m_run.connection(), host);
    const bool known = std::any_of(m_members.cbegin(), m_members.cend(), [&](const MongoMember &each) {
        return each.name.compare(name, Qt::CaseInsensitive) == 0;
    });
    if (known || qsizetype(m_members.size()) >= mostMembers)
        return;
    MongoMember member;
    member.host = host;
    member.name = name;
    member.discovered = discovered;
    m_members.push_back(std::move(member));
}

bool MongoWay::findHosts()
{
    const ConnectionString &connection = m_run.connection();
    if (!connection.isSrv()) {
        m_run.skip(DatabaseStage::Srv, s("mongodb:// names its hosts itself"));
        for (const ConnectionHost &host : connection.hosts)
            add(host, false);
        return !m_members.empty();
    }
    m_run.begin(DatabaseStage::Srv);
    QString service = connection.optionValue(QLatin1StringView("srvServiceName"));
    if (service.isEmpty())
        service = s("mongodb");
    const Resolved<SrvAnswer> answer =
        Resolver(m_run.options().resolver).mongoSeedlist(connection.hosts.first().name, service, m_run.deadline());
    if (!answer) {
        if (answer.error().failure == ResolveFailure::Cancelled)
            m_run.cancelled();
        else
            m_run.fail(answer.error().message, answer.error().hint);
        return false;
    }
    QStringList texts;
    for (const SrvRecord &record : answer->hosts) {
        ConnectionHost host;
        host.name = record.host;
        host.port = record.port;
        add(host, false);
        texts.append(nameOf(connection, host));
    }
    m_txt = answer->txt;
    const QString txt = m_txt.isEmpty() ? s("no TXT record") : s("TXT %1").arg(saidBy(m_txt.toUtf8(), connection));
    m_run.ok(s("%1; %2").arg(limited(texts), txt));
    return true;
}

/// What stands in the string counts more than the TXT record (MongoDB's "Initial DNS Seedlist Discovery").
void MongoWay::readOptions()
{
    const ConnectionString &connection = m_run.connection();
    const auto said = [&](const char *name) {
        const QString own = connection.optionValue(QLatin1StringView(name));
        if (!own.isEmpty())
            return own;
        for (const QString &option : m_txt.split(QLatin1Char('&'), Qt::SkipEmptyParts)) {
            if (option.section(QLatin1Char('='), 0, 0).compare(QLatin1StringView(name), Qt::CaseInsensitive) == 0)
                return percentDecoded(option.section(QLatin1Char('='), 1));
        }
        return QString();
    };
    m_settings.replicaSet = said("replicaSet");
    m_settings.loadBalanced = booleanOf(said("loadBalanced")).value_or(false);
    m_settings.direct = booleanOf(said("directConnection")).value_or(false);
    m_settings.readPreference = said("readPreference");
    m_tls = effectiveTls(connection, m_run.options().context.client) != EffectiveTls::Off;
    const QString source = said("authSource");
    m_settings.sourceSaid = !source.isEmpty();
    const QString mechanism = said("authMechanism").toUpper();
    const bool ours = mechanism.isEmpty() || mechanism.startsWith(s("SCRAM-")) || mechanism == s("DEFAULT");
    if (!ours) {
        m_settings.otherMechanism = mechanism;
        return;
    }
    m_settings.login = {connection.user.value_or(QString()), connection.password.value_or(Secret()),
                        source.isEmpty() ? effectiveAuthSource(connection).database : source,
                        mechanism == s("DEFAULT") ? QString() : mechanism};
}

bool MongoWay::reach()
{
    if (!findHosts())
        return false;
    readOptions();
    return resolveAll() && connectAll() && encryptAll();
}

bool MongoWay::resolve(MongoMember &member, const Deadline &deadline)
{
    if (!member.host.socket.isEmpty())
        return true;
    const Resolved<QList<ResolvedAddress>> answer =
        Resolver(m_run.options().resolver).addresses(member.host.name, deadline);
    if (answer) {
        member.addresses = *answer;
        return true;
    }
    member.failed = true;
    member.problem = answer.error().message;
    member.hint = answer.error().hint;
    return false;
}

bool MongoWay::resolveAll()
{
    m_run.begin(DatabaseStage::Dns);
    QStringList passed;
    QStringList numeric;
    std::vector<const MongoMember *> failed;
    for (qsizetype i = 0; i < qsizetype(m_members.size()); ++i) {
        MongoMember &member = m_members[size_t(i)];
        const bool good = resolve(member, share(i));
        if (isCancelled())
            return false;
        if (!good) {
            failed.push_back(&member);
            continue;
        }
        QStringList texts;
        for (const ResolvedAddress &each : std::as_const(member.addresses))
            texts.append(each.text);
        if (texts.isEmpty() || (texts.size() == 1 && texts.first() == member.host.name))
            numeric.append(member.name);
        passed.append(m_members.size() == 1 ? texts.join(s(", "))
                                            : s("%1 %2").arg(member.host.name, texts.join(s(", "))));
    }
    if (failed.empty() && numeric.size() == passed.size()) {
        m_run.skip(DatabaseStage::Dns, !m_members.front().host.socket.isEmpty() ? s("a Unix socket has no name")
                                       : passed.size() == 1 ? s("%1 is an address").arg(m_members.front().host.name)
                                                            : s("all are addresses"));
        return true;
    }
    return judge(passed, failed);
}

bool MongoWay::connect(MongoMember &member, const Deadline &deadline)
{
    TcpOutcome outcome = member.host.socket.isEmpty()
                             ? connectTcp(member.addresses, m_run.connection().portOf(member.host), deadline)
                             : connectSocket(member.host.socket, deadline);
    member.problem = outcome.detail; // in words, either way
    if (outcome.descriptor.isOpen()) {
        member.wire = ProbeLink(std::move(outcome.descriptor));
        return true;
    }
    member.failed = true;
    member.hint = reachHint(outcome.failure);
    return false;
}

bool MongoWay::connectAll()
{
    m_run.begin(DatabaseStage::Tcp);
    QStringList passed;
    std::vector<const MongoMember *> failed;
    for (qsizetype i = 0; i < qsizetype(m_members.size()); ++i) {
        MongoMember &member = m_members[size_t(i)];
        if (member.failed)
            continue;
        if (connect(member, share(i)))
            passed.append(std::exchange(member.problem, QString()));
        else
            failed.push_back(&member);
        if (isCancelled())
            return false;
    }
    return judge(passed, failed);
}

TlsSettings MongoWay::tlsOf(const MongoMember &member) const
{
    const ConnectionString &connection = m_run.connection();
    const auto said = [&](const char *name) { return connection.optionValue(QLatin1StringView(name)); };
    const auto on = [&](const char *name) { return booleanOf(said(name)).value_or(false); };
    TlsSettings settings;
    settings.host = member.host.name;
    settings.caFile = m_run.options().caFile;
    for (const char *name : {"tlsCAFile", "ssl_ca_certs"}) {
        if (settings.caFile.isEmpty())
            settings.caFile = said(name);
    }
    if (on("tlsInsecure") || on("tlsAllowInvalidCertificates") ||
        said("ssl_cert_reqs").contains(s("none"), Qt::CaseInsensitive))
        settings.verify = TlsVerify::None;
    else if (on("tlsAllowInvalidHostnames") || !booleanOf(said("ssl_match_hostname")).value_or(true))
        settings.verify = TlsVerify::Chain;
    return settings;
}

std::optional<ProbeLink> MongoWay::again(const MongoMember &member, const Deadline &deadline) const
{
    TcpOutcome outcome = member.host.socket.isEmpty()
                             ? connectTcp(member.addresses, m_run.connection().portOf(member.host), deadline)
                             : connectSocket(member.host.socket, deadline);
    if (!outcome.descriptor.isOpen())
        return std::nullopt;
    return ProbeLink(std::move(outcome.descriptor));
}

/// Whether a port that does not answer the TLS hello answers MongoDB's without TLS.
bool MongoWay::speaksPlain(const MongoMember &member) const
{
    std::optional<ProbeLink> link = again(member, m_run.deadline());
    return link && MongoLink(*std::move(link), member.name, {}).hello(m_run.deadline()).ok();
}

/// Whether a port that does not answer in plain speaks TLS.
bool MongoWay::speaksTls(const MongoMember &member) const
{
    std::optional<ProbeLink> link = again(member, m_run.deadline());
    if (!link)
        return false;
    TlsSettings settings;
    settings.host = member.host.name;
    settings.verify = TlsVerify::None;
    const TlsOutcome outcome = link->startTls(settings, m_run.deadline());
    return outcome.ok() || !outcome.chain.isEmpty() || outcome.failure == ReachFailure::TlsAlert;
}

bool MongoWay::encryptAll()
{
    const bool any = std::any_of(m_members.cbegin(), m_members.cend(),
                                 [this](const MongoMember &each) { return !each.failed && usesTls(each); });
    if (!any) {
        m_run.skip(DatabaseStage::Tls, m_tls ? s("a Unix socket")
                                       : m_run.connection().isSrv()
                                           ? s("the string switches it off")
                                           : s("mongodb:// without tls=true is not encrypted"));
        return true;
    }
    m_run.begin(DatabaseStage::Tls);
    std::optional<TlsOutcome> shown; // the one to worry about
    TlsOutcome refused;
    double ms = 0;
    QStringList passed;
    std::vector<const MongoMember *> failed;
    for (qsizetype i = 0; i < qsizetype(m_members.size()); ++i) {
        MongoMember &member = m_members[size_t(i)];
        if (member.failed || !usesTls(member))
            continue;
        // What is left over is for asking a silent port whether it speaks MongoDB without TLS.
        const Deadline its = share(i);
        TlsOutcome outcome = member.wire.startTls(tlsOf(member), its.part(its.left() * 3 / 4));
        if (isCancelled())
            return false;
        ms += outcome.ms;
        if (outcome.ok()) {
            const auto worry = [](const TlsOutcome &one) {
                return std::pair(one.problem.isEmpty(), one.daysLeft().value_or(0));
            };
            passed.append(member.name);
            if (!shown || worry(outcome) < worry(*shown))
                shown = outcome;
            continue;
        }
        using enum ReachFailure;
        member.wire.close();
        const bool mute = outcome.failure == TimedOut || outcome.failure == Closed || outcome.failure == Reset;
        if (mute && outcome.chain.isEmpty() && speaksPlain(member)) {
            outcome.failure = NoTls;
            outcome.detail = s("the port speaks MongoDB without TLS");
            outcome.hint = s("tls=false, or TLS turned on in the server (net.tls.mode)");
        }
        if (isCancelled())
            return false;
        if (outcome.chain.isEmpty() && looksLikeAccessList(member.host, outcome.failure))
            outcome.hint =
                s("Atlas ends the handshake so for addresses that are not on the project's IP access list: add "
                  "this computer's there, and the backend's; a paused cluster does the same");
        member.failed = true;
        member.problem = outcome.detail;
        member.hint = outcome.hint;
        if (failed.empty())
            refused = outcome;
        failed.push_back(&member);
    }
    const TlsSettings settings = tlsOf(m_members.front());
    if (m_members.size() == 1)
        return m_run.judgeTls(shown ? *shown : refused, settings);
    if (!failed.empty() || !shown)
        return judge(passed, failed);
    shown->ms = ms;
    shown->detail = s("%1 servers; %2").arg(passed.size()).arg(shown->detail);
    return m_run.judgeTls(*shown, settings);
}

bool MongoWay::hello(MongoMember &member, const Deadline &deadline)
{
    MongoLink link(std::move(member.wire), member.name, m_settings.login);
    member.wire = ProbeLink();
    m_lastHello = link.hello(deadline);
    if (m_lastHello.ok()) {
        member.link = std::move(link);
        member.hello = MongoHello::of(m_lastHello.json());
        member.answered = true;
        return true;
    }
    member.failed = true;
    const QString peer = recognisedPeer(m_lastHello.raw);
    const MongoHint *hint = mongoHint(m_lastHello);
    if (m_lastHello.failure != ReachFailure::None && m_lastHello.failure != ReachFailure::Internal) {
        member.problem = linkWords(m_lastHello.failure);
        member.hint = reachHint(m_lastHello.failure);
    } else {
        member.problem = !peer.isEmpty() && peer != s("MongoDB") ? s("it speaks %1").arg(peer)
                         : hint                                  ? s(hint->words)
                                                                 : s("it is no MongoDB server");
        member.hint = hint ? s(hint->hint) : s("check host and port");
    }
    return false;
}

/// Nobody answered: the first one in so many words.
void MongoWay::failHello(const MongoMember &first, const MongoReply &reply)
{
    using enum ReachFailure;
    const QString peer = recognisedPeer(reply.raw);
    const bool mute = reply.failure == Closed || reply.failure == Reset || reply.failure == TimedOut;
    const bool tls = peer == s("TLS") || (!usesTls(first) && first.host.socket.isEmpty() && reply.raw.isEmpty() &&
                                          mute && speaksTls(first));
    const QString who = m_members.size() > 1 ? first.name + s(": ") : QString();
    if (m_run.deadline().isCancelled())
        return m_run.cancelled();
    if (tls)
        return m_run.fail(who + s("the port speaks TLS, and the connection does not"), s("tls=true"));
    if (!peer.isEmpty() && peer != s("MongoDB"))
        return m_run.fail(who + s("the peer speaks %1, not MongoDB").arg(peer), s("check host and port"));
    if (const MongoHint *hint = mongoHint(reply); hint && reply.failure == None)
        return m_run.fail(s("%1%2 (%3)").arg(who, s(hint->words), saidBy(reply.message, m_run.connection())),
                          s(hint->hint));
    if (!reply.raw.isEmpty() && !mute)
        return m_run.fail(who + s("what answers there is no MongoDB server"), s("check host and port"));
    if (reply.failure == None)
        return m_run.fail(
            who + s("the server refuses the first question: %1").arg(saidBy(reply.message, m_run.connection())),
            s("the server's log"));
    m_run.failLink(reply.failure, s("to the first question (hello)"));
}

bool MongoWay::greet()
{
    m_run.begin(DatabaseStage::Auth);
    std::optional<std::pair<size_t, MongoReply>> silent;
    bool answered = false;
    for (size_t i = 0; i < m_members.size(); ++i) {
        MongoMember &member = m_members[i];
        if (member.failed)
            continue;
        // What is left over is for asking a silent port whether it speaks TLS.
        const Deadline its = share(qsizetype(i));
        const bool good = hello(member, its.part(its.left() * 3 / 4));
        if (isCancelled())
            return false;
        if (!good && !silent)
            silent.emplace(i, m_lastHello);
        answered = answered || good;
    }
    if (!answered) {
        if (silent)
            failHello(m_members[silent->first], silent->second);
        else
            m_run.fail(s("no server is left"), {});
        return false;
    }
    if (!m_settings.direct)
        discover();
    return !isCancelled();
}

/// Drivers go on to the names that the replica set has for its members, whatever the string calls them.
void MongoWay::discover()
{
    const size_t known = m_members.size();
    QStringList names;
    for (size_t i = 0; i < known; ++i) {
        const MongoMember &each = m_members[i];
        const bool ours = m_settings.replicaSet.isEmpty() || each.hello.setName == m_settings.replicaSet;
        if (each.answered && ours)
            names += each.hello.hosts;
    }
    for (const QString &name : std::as_const(names)) {
        if (const std::optional<ConnectionHost> host = hostOf(name))
            add(*host, true);
    }
    for (size_t i = known; i < m_members.size() && !m_run.deadline().isCancelled(); ++i)
        visit(m_members[i], share(qsizetype(i)));
}

void MongoWay::visit(MongoMember &member, const Deadline &deadline)
{
    if (!resolve(member, deadline) || !connect(member, deadline))
        return;
    member.problem.clear();
    if (usesTls(member)) {
        const TlsOutcome outcome = member.wire.startTls(tlsOf(member), deadline);
        if (!outcome.ok()) {
            member.failed = true;
            member.problem = outcome.detail;
            member.hint = outcome.hint;
            member.wire.close();
            return;
        }
    }
    (void)hello(member, deadline);
}

} // namespace Switchyard
