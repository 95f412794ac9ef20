// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/postgresprobe.h"

#include "models/database/alembicstate.h"
#include "models/database/postgresfacts.h"
#include "models/database/postgreshints.h"
#include "models/database/postgreslink.h"
#include "models/database/probekit.h"

#include <QFileInfo>

#include <openssl/x509.h>

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr const char defaultSocketFolder[] = "/var/run/postgresql";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Length, and the number that asks for TLS in place of a protocol version.
QByteArray tlsQuestion()
{
    return QByteArray::fromHex("0000000804d2162f");
}

QString numericPeer(int descriptor)
{
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    char text[NI_MAXHOST] = "";
    if (::getpeername(descriptor, reinterpret_cast<sockaddr *>(&address), &size) != 0 ||
        ::getnameinfo(reinterpret_cast<sockaddr *>(&address), size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) !=
            0)
        return {};
    return s(text);
}

/// What became of the question for TLS.
enum class TlsAnswer
{
    Yes,
    No,
    Ended ///< the stage has failed or was cancelled
};

class PostgresProbe final
{
public:
    PostgresProbe(const ConnectionString &connection, const DatabaseProbeOptions &options)
        : m_run(connection, options)
    {
    }

    DatabaseReport run();
    /// Another host of the string may do what this one did not.
    bool mayTryAnother() const { return m_another; }

private:
    QString option(const char *name) const { return m_run.connection().optionValue(QLatin1StringView(name)); }
    void end(const StageResult &stage);
    bool reach();
    bool encrypt(ProbeLink &link, const ConnectionHost &host);
    TlsAnswer askForTls(ProbeLink &link);
    TlsSettings tlsSettings(const ConnectionHost &host) const;
    LinkTarget target(const ConnectionHost &host) const;
    bool logIn();
    void refused(const LinkOutcome &outcome);
    void letIn(const LinkOutcome &outcome);
    QString strangerOnThePort() const;
    void ask();
    void judgeSchema(StageResult &query);

    ProbeRun m_run;
    EffectiveTls m_tls = EffectiveTls::Opportunistic;
    QStringList m_modes; ///< of sslmode, each tried while the one before is refused by pg_hba.conf
    LinkTarget m_target;
    QString m_rootFile; ///< what verify-* trusts
    PostgresLink m_link;
    bool m_encrypted = false;
    bool m_another = false;
};

void PostgresProbe::end(const StageResult &stage)
{
    if (stage.ms)
        m_run.setMs(*stage.ms);
    switch (stage.status) {
    case StageStatus::Ok:
        return m_run.ok(stage.detail, stage.hint);
    case StageStatus::Warn:
        return m_run.warn(stage.detail, stage.hint);
    case StageStatus::Skipped:
        return m_run.skip(stage.stage, stage.detail);
    case StageStatus::Fail:
        return m_run.fail(stage.detail, stage.hint);
    case StageStatus::NotReached:
        return m_run.cancelled();
    }
}

TlsSettings PostgresProbe::tlsSettings(const ConnectionHost &host) const
{
    TlsSettings settings;
    settings.host = host.name;
    const QString root = option("sslrootcert");
    const bool named = !root.isEmpty() && root != QLatin1StringView("system");
    settings.caFile = !m_run.options().caFile.isEmpty() ? m_run.options().caFile : named ? root : QString();
    settings.sni = option("sslsni") != QLatin1StringView("0");
    if (m_tls == EffectiveTls::Verified)
        settings.verify =
            option("sslmode") == QLatin1StringView("verify-ca") || option("ssl") == QLatin1StringView("verify-ca")
                ? TlsVerify::Chain
                : TlsVerify::Full;
    else if (m_tls == EffectiveTls::Encrypted && named && QFileInfo::exists(root))
        settings.verify = TlsVerify::Chain; // libpq takes require with a root file for verify-ca
    else
        settings.verify = TlsVerify::None;
    return settings;
}

TlsAnswer PostgresProbe::askForTls(ProbeLink &link)
{
    const LinkResult sent = link.send(tlsQuestion(), m_run.deadline());
    const LinkResult answer = sent.ok() ? link.receive(m_run.deadline()) : sent;
    if (!answer.ok()) {
        m_run.failLink(answer.failure, s("to the question for TLS"));
        return TlsAnswer::Ended;
    }
    // A server says this one letter and waits; "SSH-2.0" begins with it too.
    if (answer.bytes == "S")
        return TlsAnswer::Yes;
    if (answer.bytes == "N")
        return TlsAnswer::No;
    // An old or overloaded server answers with an error message, another program with its own protocol.
    const Deadline brief = m_run.deadline().part(Milliseconds(500));
    QByteArray bytes = answer.bytes;
    while (bytes.size() < 512) {
        const LinkResult more = link.receive(brief);
        if (!more.ok())
            break;
        bytes += more.bytes;
    }
    const QString peer = recognisedPeer(bytes);
    if (m_run.deadline().isCancelled())
        m_run.cancelled();
    else if (bytes.startsWith('E'))
        m_run.fail(s("the server answers the question for TLS with an error: %1")
                       .arg(saidBy(bytes.mid(5).replace('\0', ' '), m_run.connection())),
                   s("the server's log: it may be out of processes or memory"));
    else if (!peer.isEmpty() && peer != QLatin1StringView("PostgreSQL"))
        m_run.fail(s("%1 answers on this port, not PostgreSQL").arg(peer), s("host and port of the database"));
    else
        m_run.fail(s("the peer does not speak PostgreSQL's protocol"), s("host and port of the database"));
    return TlsAnswer::Ended;
}

/// The stage "tls", and with which values of sslmode one goes on.
bool PostgresProbe::encrypt(ProbeLink &link, const ConnectionHost &host)
{
    if (!host.socket.isEmpty()) {
        m_run.skip(DatabaseStage::Tls, s("a Unix socket is not encrypted"));
        m_modes = {s("disable")};
        return true;
    }
    if (m_tls == EffectiveTls::Off) {
        m_run.skip(DatabaseStage::Tls, s("the string asks for no encryption"));
        m_modes = {s("disable")};
        return true;
    }
    const bool optional = m_tls == EffectiveTls::Opportunistic;
    m_run.begin(DatabaseStage::Tls);
    const Instant begun = Clock::now();
    const TlsAnswer answer = askForTls(link);
    if (answer == TlsAnswer::Ended)
        return false;
    if (answer == TlsAnswer::No) {
        const PostgresCause cause = postgresCauseOf("no-tls");
        m_modes = {s("disable")};
        if (optional)
            m_run.warn(s("%1: sslmode=prefer goes on without encryption").arg(cause.words), cause.hint);
        else
            m_run.fail(cause.words, cause.hint);
        return optional;
    }
    const TlsSettings settings = tlsSettings(host);
    TlsOutcome outcome = link.startTls(settings, m_run.deadline());
    outcome.ms = toMs(Clock::now() - begun);
    if (optional && !outcome.ok() && outcome.failure != ReachFailure::Cancelled) {
        m_run.setMs(outcome.ms);
        m_run.warn(s("%1; sslmode=prefer goes on without encryption").arg(outcome.detail), outcome.hint);
        m_modes = {s("disable")};
        return true;
    }
    m_modes = settings.verify == TlsVerify::Full    ? QStringList{s("verify-full")}
              : settings.verify == TlsVerify::Chain ? QStringList{s("verify-ca")}
                                                    : QStringList{s("require")};
    if (optional)
        m_modes = option("sslmode") == QLatin1StringView("allow") ? QStringList{s("disable"), s("require")}
                                                                  : QStringList{s("require"), s("disable")};
    if (outcome.failure == ReachFailure::ClientCertificate && !option("sslcert").isEmpty()) {
        m_run.setMs(outcome.ms); // ours has none to show; libpq will show the one of the string
        m_run.ok(outcome.detail);
        return true;
    }
    return m_run.judgeTls(outcome, settings);
}

LinkTarget PostgresProbe::target(const ConnectionHost &host) const
{
    const ConnectionString &connection = m_run.connection();
    LinkTarget target;
    target.host = host.name;
    target.socketFolder = host.socket;
    target.port = connection.portOf(host);
    target.user = connection.user.value_or(QString());
    target.password = connection.password.value_or(Secret());
    target.database = connection.database.value_or(QString());
    target.rootFile = tlsSettings(host).caFile;
    if (target.rootFile.isEmpty()) {
        const QString debian = s("/etc/ssl/certs/ca-certificates.crt");
        target.rootFile = QFileInfo::exists(debian) ? debian : s(X509_get_default_cert_file());
    }
    for (const char *name : {"options", "channel_binding", "sslsni", "ssl_min_protocol_version",
                             "ssl_max_protocol_version", "sslcert", "sslkey", "sslpassword", "requirepeer"}) {
        if (const ConnectionOption *given = connection.option(QLatin1StringView(name)))
            target.options.append({s(name), given->isSecret ? given->secret.reveal() : given->value});
    }
    return target;
}

/// Stages dns, tcp and tls.
bool PostgresProbe::reach()
{
    const ConnectionString &connection = m_run.connection();
    m_tls = effectiveTls(connection, clientOf(connection, m_run.options().context.client));
    ConnectionHost host = connection.hosts.isEmpty() ? ConnectionHost{} : connection.hosts.first();
    if (host.name.isEmpty() && host.socket.isEmpty()) {
        // As libpq does where the string names none.
        if (QFileInfo::exists(s(defaultSocketFolder)))
            host.socket = s(defaultSocketFolder);
        else
            host.name = s("localhost");
    }
    ConnectionHost asked = host;
    if (const QString fixed = option("hostaddr"); !fixed.isEmpty())
        asked.name = fixed;
    const auto addresses = m_run.resolve(asked);
    if (!addresses) {
        m_another = true;
        return false;
    }
    m_run.skip(DatabaseStage::Srv, s("PostgreSQL has no SRV records"));
    if (!host.socket.isEmpty())
        asked.socket = s("%1/.s.PGSQL.%2").arg(host.socket).arg(connection.portOf(host));
    auto link = m_run.connect(asked, *addresses);
    if (!link) {
        m_another = true;
        return false;
    }
    m_target = target(host);
    m_rootFile = m_target.rootFile;
    if (host.socket.isEmpty())
        m_target.address = numericPeer(link->descriptor());
    if (!encrypt(*link, host)) {
        m_another = true;
        return false;
    }
    return true;
}

/// Asks on a connection of its own who answers there: libpq does not say what came in place of an answer.
QString PostgresProbe::strangerOnThePort() const
{
    if (m_target.address.isEmpty())
        return {};
    const Deadline brief = m_run.deadline().part(Milliseconds(1'000));
    TcpOutcome tcp =
        connectTcp({{m_target.address, m_target.address.contains(QLatin1Char(':'))}}, m_target.port, brief);
    if (!tcp.descriptor.isOpen())
        return {};
    ProbeLink link(std::move(tcp.descriptor));
    if (!link.send(tlsQuestion(), brief).ok())
        return {};
    QByteArray bytes;
    while (bytes.size() < 512) {
        const LinkResult more = link.receive(brief);
        if (!more.ok())
            break;
        bytes += more.bytes;
        if (bytes == "S" || bytes == "N")
            return {};
    }
    const QString peer = recognisedPeer(bytes);
    return peer == QLatin1StringView("PostgreSQL") ? QString() : peer;
}

void PostgresProbe::refused(const LinkOutcome &outcome)
{
    if (outcome.end == LinkEnd::Cancelled)
        return m_run.cancelled();
    if (outcome.authMs)
        m_run.setMs(*outcome.authMs);
    m_another = outcome.sqlState == QLatin1StringView("57P03");
    if (outcome.needsPassword && outcome.sqlState.isEmpty()) {
        const PostgresCause cause = postgresCauseOf("no-password");
        return m_run.fail(cause.words, cause.hint);
    }
    if (outcome.phase == LinkPhase::Tls && outcome.end == LinkEnd::Failed) {
        // Ours went through just before: what differs is the certificate that the string names, or the server changed.
        return m_run.fail(s("libpq does not get through TLS: %1").arg(outcome.message),
                          s("sslcert, sslkey and ssl_min_protocol_version of the string"));
    }
    if (outcome.sqlState.isEmpty() && outcome.end == LinkEnd::Failed) {
        if (const QString peer = strangerOnThePort(); !peer.isEmpty())
            return m_run.fail(s("%1 answers on this port, not PostgreSQL").arg(peer),
                              s("host and port of the database"));
        if (m_run.deadline().isCancelled())
            return m_run.cancelled();
        if (option("channel_binding") == QLatin1StringView("require") &&
            outcome.message.contains(s("channel binding"))) {
            const PostgresCause cause = postgresCauseOf("channel-binding");
            return m_run.fail(s("%1: %2").arg(cause.words, outcome.message), cause.hint);
        }
    }
    const StageResult failed = failedStage(DatabaseStage::Auth, outcome.end, outcome.sqlState, outcome.message,
                                           outcome.authMs, "silent", "dropped-in-auth");
    m_run.fail(failed.detail, failed.hint);
}

void PostgresProbe::letIn(const LinkOutcome &outcome)
{
    if (outcome.authMs)
        m_run.setMs(*outcome.authMs);
    const bool hasPassword = m_run.connection().password && !m_run.connection().password->isEmpty();
    QString detail = s("as %1").arg(m_link.user());
    if (!hasPassword && m_link.usedPassword())
        detail += s(", with the password of PGPASSWORD in this program's environment");
    const bool bound = option("channel_binding") == QLatin1StringView("require");
    switch (outcome.authentication) {
    case LinkAuthentication::Scram:
        return m_run.ok(s("%1, SCRAM-SHA-256%2").arg(detail, bound ? s(" bound to the TLS connection") : QString()));
    case LinkAuthentication::Md5:
        return m_run.warn(s("%1, MD5").arg(detail),
                          s("password_encryption = scram-sha-256, then set the password anew: MD5 is on its way out"));
    case LinkAuthentication::ClearText:
        if (m_encrypted || !m_target.socketFolder.isEmpty())
            return m_run.ok(s("%1, the password as it is").arg(detail));
        return m_run.warn(s("%1, the password in clear text over an unencrypted connection").arg(detail),
                          s("sslmode=verify-full, and scram-sha-256 in pg_hba.conf"));
    case LinkAuthentication::None:
        break;
    }
    if (hasPassword)
        return m_run.warn(s("%1; the server did not ask for the password").arg(detail),
                          s("\"trust\" in pg_hba.conf lets everybody in: scram-sha-256"));
    m_run.ok(s("%1, without a password").arg(detail));
}

bool PostgresProbe::logIn()
{
    m_run.begin(DatabaseStage::Auth);
    LinkOutcome outcome;
    for (const QString &mode : std::as_const(m_modes)) {
        m_target.sslmode = mode;
        // libpq verifies with require too where it is given a root file.
        m_target.rootFile = mode.startsWith(s("verify-")) ? m_rootFile : QString();
        outcome = m_link.open(m_target, m_run.deadline());
        m_encrypted = mode != QLatin1StringView("disable");
        // Where there is more than one mode, only a refusal by pg_hba.conf leads to the next, as in libpq.
        if (outcome.sqlState != QLatin1StringView("28000"))
            break;
    }
    if (outcome.end == LinkEnd::Ok) {
        letIn(outcome);
        return true;
    }
    m_link.close();
    refused(outcome);
    return false;
}

/// What the migrations of the repository say, where they were given, and what the database has.
void PostgresProbe::judgeSchema(StageResult &query)
{
    const QString folder = m_run.options().migrations;
    const AlembicTable table = readAlembicTable(m_link, m_run.deadline());
    if (!table.exists && table.unreadable.isEmpty() && folder.isEmpty())
        return;
    Result<AlembicHistory> history = folder.isEmpty() ? fail(ErrorKind::Usage, QString()) : readAlembicHistory(folder);
    AlembicState state = judgeAlembic(table, history ? &*history : nullptr);
    if (!folder.isEmpty() && !history) {
        state.words = s("%1; the repository's migrations: %2").arg(state.words, history.error().message);
        state.hint = history.error().hint;
    }
    const bool wrong = !folder.isEmpty() ? !history || !state.isFine() : state.agreement == AlembicAgreement::Several;
    query.detail += s("; migrations: %1").arg(state.words);
    if (wrong && query.status == StageStatus::Ok) {
        query.status = StageStatus::Warn;
        query.hint = state.hint;
    }
    m_run.report().alembic = state;
}

/// Stages query, privileges and headroom.
void PostgresProbe::ask()
{
    PostgresExpectations expected;
    expected.sessionAttributes = option("target_session_attrs");
    expected.poolerByName = isTransactionPooler(m_run.connection());
    expected.pooledNeon = m_run.connection().isPooledNeon();
    const Deadline &deadline = m_run.deadline();
    PostgresSession session;
    m_run.begin(DatabaseStage::Query);
    StageResult query = postgresQueryStage(
        m_link, expected, deadline,
        [this](PostgresLink &other) { return other.open(m_target, m_run.deadline()).end == LinkEnd::Ok; },
        m_run.report(), session);
    m_another = session.sessionRefused;
    if (query.status != StageStatus::Fail && query.status != StageStatus::NotReached)
        judgeSchema(query);
    if (deadline.isCancelled())
        return m_run.cancelled();
    end(query);
    if (m_run.hasEnded())
        return;
    m_run.begin(DatabaseStage::Privileges);
    end(postgresPrivilegesStage(m_link, session, deadline, m_run.report()));
    if (m_run.hasEnded())
        return;
    m_run.begin(DatabaseStage::Headroom);
    end(postgresHeadroomStage(m_link, session, deadline, m_run.report()));
}

DatabaseReport PostgresProbe::run()
{
    if (m_run.hasEnded() || !reach())
        return m_run.finish();
    if (m_run.options().reachOnly) {
        for (const DatabaseStage stage :
             {DatabaseStage::Auth, DatabaseStage::Query, DatabaseStage::Privileges, DatabaseStage::Headroom})
            m_run.skip(stage, s("not asked for"));
        return m_run.finish();
    }
    if (logIn())
        ask();
    m_link.close();
    return m_run.finish();
}

} // namespace

DatabaseReport probePostgres(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    if (connection.hosts.size() < 2)
        return PostgresProbe(connection, options).run();
    const Deadline deadline(options.timeout, options.cancelled);
    DatabaseReport report;
    QStringList passed;
    for (qsizetype i = 0; i < connection.hosts.size(); ++i) {
        ConnectionString one = connection;
        one.hosts = {connection.hosts[i]};
        DatabaseProbeOptions its = options;
        its.onStage = nullptr;
        // One that is silent leaves the others their share.
        its.timeout = deadline.left() / int(connection.hosts.size() - i);
        PostgresProbe probe(one, its);
        report = probe.run();
        const auto failed = std::find_if(report.stages.crbegin(), report.stages.crend(),
                                         [](const StageResult &each) { return each.status == StageStatus::Fail; });
        const QString name = connection.mayShow(connection.hosts[i].place) ? connection.hosts[i].name : s("a host");
        if (report.cancelled || !probe.mayTryAnother() || deadline.isOver())
            break;
        if (i + 1 < connection.hosts.size())
            passed.append(s("%1: %2").arg(name, failed == report.stages.crend() ? s("failed") : failed->detail));
    }
    report.target = connection.target();
    for (StageResult &stage : report.stages) {
        if (stage.stage == DatabaseStage::Tcp && !passed.isEmpty())
            stage.detail += s("; passed over: %1").arg(passed.join(s("; ")));
        if (options.onStage && stage.status != StageStatus::NotReached)
            options.onStage(stage);
    }
    return report;
}

} // namespace Switchyard
