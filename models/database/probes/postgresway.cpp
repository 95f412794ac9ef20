// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/postgresway.h"

#include "models/database/probes/postgresfacts.h"
#include "models/database/probes/postgreshints.h"

#include <QFileInfo>

#include <openssl/x509.h>

#include <netdb.h>
#include <sys/socket.h>

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

} // namespace

TlsSettings PostgresWay::tlsSettings(const ConnectionHost &host) const
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

PostgresWay::TlsAnswer PostgresWay::askForTls(ProbeLink &link)
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
bool PostgresWay::encrypt(ProbeLink &link, const ConnectionHost &host)
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

LinkTarget PostgresWay::targetOf(const ConnectionHost &host) const
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
    if (!m_applicationName.isEmpty())
        target.options.append({s("application_name"), m_applicationName});
    return target;
}

/// Stages dns, tcp and tls.
bool PostgresWay::reach()
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
    m_target = targetOf(host);
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
QString PostgresWay::strangerOnThePort() const
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

void PostgresWay::refused(const LinkOutcome &outcome)
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
        if (outcome.message.contains(s("private key file")) || outcome.message.contains(s("certificate file"))) {
            const PostgresCause cause = postgresCauseOf("client-certificate-file");
            return m_run.fail(s("%1: %2").arg(cause.words, outcome.message), cause.hint);
        }
    }
    const StageResult failed =
        failedStage(DatabaseStage::Auth, outcome.end, outcome.sqlState, outcome.message, outcome.authMs,
                    outcome.answered ? "silent-after-login" : "silent", "dropped-in-auth");
    m_run.fail(failed.detail, failed.hint);
}

void PostgresWay::letIn(const LinkOutcome &outcome)
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

bool PostgresWay::logIn()
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

} // namespace Switchyard
