// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/probekit.h"

#include "models/common/onelinetext.h"
#include "models/common/redact.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr int warnDays = 21;

ErrorKind kindOf(DatabaseStage stage, const Deadline &deadline)
{
    if (deadline.isOver())
        return ErrorKind::Timeout;
    switch (stage) {
    case DatabaseStage::Dns:
    case DatabaseStage::Srv:
        return ErrorKind::Dns;
    case DatabaseStage::Tcp:
        return ErrorKind::Refused;
    case DatabaseStage::Tls:
        return ErrorKind::Tls;
    case DatabaseStage::Auth:
        return ErrorKind::Auth;
    default:
        return ErrorKind::Protocol;
    }
}

} // namespace

ProbeRun::ProbeRun(const ConnectionString &connection, const DatabaseProbeOptions &options)
    : m_connection(connection)
    , m_options(options)
    , m_deadline(options.timeout, options.cancelled)
{
    m_report.kind = connection.kind;
    m_report.target = connection.target();
    m_report.name = m_report.target;
    begin(DatabaseStage::Lint);
    m_report.findings = lintConnection(connection, options.context, options.catalogue);
    StageResult lint = lintStage(m_report.findings);
    const bool elsewhere = needsServiceFile(connection);
    // Nothing is probed: not well, and not a failure either.
    if (elsewhere && lint.status == StageStatus::Ok)
        lint.status = StageStatus::Warn;
    end(lint.status, lint.detail, lint.hint);
    // What is written badly may well connect; only what cannot be read for certain may not, nor what stands elsewhere.
    m_ended = isDoubtful() || elsewhere;
}

bool ProbeRun::isDoubtful() const
{
    return std::any_of(m_connection.hosts.cbegin(), m_connection.hosts.cend(), [this](const ConnectionHost &host) {
        return host.place.isSet() && m_connection.writing == ConnectionWriting::Uri &&
               !m_connection.mayShow(host.place);
    });
}

void ProbeRun::begin(DatabaseStage stage)
{
    m_stage = stage;
    m_ms.reset();
    m_begun = Clock::now();
}

void ProbeRun::end(StageStatus status, const QString &detail, const QString &hint)
{
    const double ms = m_ms.value_or(toMs(Clock::now() - m_begun));
    m_report.stages.append({m_stage, status, ms, detail, hint});
    if (m_options.onStage)
        m_options.onStage(m_report.stages.last());
    if (status == StageStatus::Fail && m_stage != DatabaseStage::Lint)
        m_ended = true;
}

void ProbeRun::cancelled()
{
    m_report.cancelled = true;
    m_ended = true;
    m_report.stages.append({m_stage, StageStatus::NotReached, {}, s("cancelled"), {}});
    if (m_options.onStage)
        m_options.onStage(m_report.stages.last());
}

void ProbeRun::skip(DatabaseStage stage, const QString &why)
{
    m_report.stages.append({stage, StageStatus::Skipped, {}, why, {}});
    if (m_options.onStage)
        m_options.onStage(m_report.stages.last());
}

DatabaseReport ProbeRun::finish()
{
    QList<StageResult> ordered;
    for (const DatabaseStage stage : databaseStages()) {
        const auto found = std::find_if(m_report.stages.cbegin(), m_report.stages.cend(),
                                        [stage](const StageResult &each) { return each.stage == stage; });
        ordered.append(found == m_report.stages.cend() ? StageResult{stage, StageStatus::NotReached, {}, {}, {}}
                                                       : *found);
    }
    m_report.stages = ordered;
    return std::move(m_report);
}

std::optional<QList<ResolvedAddress>> ProbeRun::resolve(const ConnectionHost &host)
{
    if (!host.socket.isEmpty()) {
        skip(DatabaseStage::Dns, s("a Unix socket has no name"));
        return QList<ResolvedAddress>();
    }
    begin(DatabaseStage::Dns);
    const Resolved<QList<ResolvedAddress>> answer = Resolver(m_options.resolver).addresses(host.name, m_deadline);
    if (!answer) {
        if (answer.error().failure == ResolveFailure::Cancelled)
            cancelled();
        else
            fail(answer.error().message, answer.error().hint);
        return std::nullopt;
    }
    if (answer->size() == 1 && answer->first().text == host.name) {
        skip(DatabaseStage::Dns, s("%1 is an address").arg(host.name));
        return *answer;
    }
    QStringList texts;
    for (const ResolvedAddress &each : *answer)
        texts.append(each.text);
    ok(texts.join(s(", ")));
    return *answer;
}

std::optional<ProbeLink> ProbeRun::connect(const ConnectionHost &host, const QList<ResolvedAddress> &addresses)
{
    begin(DatabaseStage::Tcp);
    TcpOutcome outcome = host.socket.isEmpty() ? connectTcp(addresses, m_connection.portOf(host), m_deadline)
                                               : connectSocket(host.socket, m_deadline);
    if (outcome.failure == ReachFailure::Cancelled) {
        cancelled();
        return std::nullopt;
    }
    setMs(outcome.ms);
    if (!outcome.descriptor.isOpen()) {
        fail(outcome.detail, reachHint(outcome.failure));
        return std::nullopt;
    }
    if (outcome.tried.isEmpty())
        ok(outcome.detail);
    else
        warn(outcome.detail, s("a driver may try the addresses in the same order, and wait at each that is silent"));
    return ProbeLink(std::move(outcome.descriptor));
}

bool ProbeRun::judgeTls(const TlsOutcome &outcome, const TlsSettings &settings)
{
    if (outcome.failure == ReachFailure::Cancelled) {
        cancelled();
        return false;
    }
    setMs(outcome.ms);
    if (!outcome.ok()) {
        fail(outcome.detail, outcome.hint);
        return false;
    }
    if (!outcome.problem.isEmpty()) {
        warn(s("%1; not verified, as the connection says: %2").arg(outcome.detail, outcome.problem),
             s("anybody in between may pretend to be the server: verify, with the authority's certificate"));
    } else if (settings.verify != TlsVerify::None && outcome.daysLeft().value_or(warnDays) < warnDays) {
        warn(outcome.detail, s("renew the certificate: drivers refuse it once it has ended"));
    } else {
        ok(outcome.detail);
    }
    return true;
}

bool ProbeRun::startTls(ProbeLink &link, const TlsSettings &settings)
{
    begin(DatabaseStage::Tls);
    return judgeTls(link.startTls(settings, m_deadline), settings);
}

void ProbeRun::failLink(ReachFailure failure, const QString &during)
{
    switch (failure) {
    case ReachFailure::Cancelled:
        return cancelled();
    case ReachFailure::TimedOut:
        return fail(s("no answer %1 in time").arg(during),
                    s("the port is open and silent: a server that hangs, a port of another protocol, or a proxy "
                      "without a backend"));
    case ReachFailure::Closed:
        return fail(s("the server closed the connection %1").arg(during), reachHint(failure));
    case ReachFailure::Reset:
        return fail(s("the connection was reset %1").arg(during), reachHint(failure));
    case ReachFailure::ClientCertificate:
        return fail(s("the server wants a certificate of the client"), reachHint(failure));
    default:
        return fail(s("the connection failed %1 (%2)").arg(during, reachFailureName(failure)), reachHint(failure));
    }
}

Error probeError(ProbeRun &run)
{
    const bool doubtful = run.isDoubtful();
    const DatabaseReport report = run.finish();
    if (doubtful)
        return {ErrorKind::Usage,
                s("the connection string can be read in two ways"),
                s("percent-encode the password: db lint shows where"),
                {}};
    if (report.cancelled)
        return {ErrorKind::Cancelled, s("cancelled"), {}, {}};
    const auto failed = std::find_if(report.stages.crbegin(), report.stages.crend(),
                                     [](const StageResult &each) { return each.status == StageStatus::Fail; });
    if (failed == report.stages.crend())
        return {ErrorKind::Internal, s("the connection was not opened"), {}, {}};
    return {kindOf(failed->stage, run.deadline()),
            s("%1: %2").arg(databaseStageName(failed->stage), failed->detail),
            failed->hint,
            {}};
}

QString saidBy(const QByteArray &text, const ConnectionString &connection)
{
    constexpr qsizetype longest = 300;
    QString said = QString::fromUtf8(text.left(longest * 4));
    QStringList secrets;
    if (connection.password)
        secrets.append(connection.password->reveal());
    for (const ConnectionOption &option : connection.options) {
        if (option.isSecret)
            secrets.append(option.secret.reveal());
    }
    for (const QString &secret : std::as_const(secrets)) {
        if (secret.isEmpty())
            continue;
        said.replace(secret, s("•••"));
        said.replace(percentEncoded(secret), s("•••"), Qt::CaseInsensitive);
    }
    said = redact(onOneLine(said).simplified());
    return said.size() > longest ? said.left(longest) + s("…") : said;
}

} // namespace Switchyard
