// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the probes of the kinds share; nobody else needs it.

#include "models/common/error.h"
#include "models/database/base/reach.h"
#include "models/database/base/resolve.h"
#include "models/database/probes/probe.h"

namespace Switchyard {

/// One probe on its way: the stages it has been through, with their times, and until when it may go on.
class ProbeRun final
{
public:
    /// Begins with the stage "lint".
    ProbeRun(const ConnectionString &connection, const DatabaseProbeOptions &options);

    const ConnectionString &connection() const { return m_connection; }
    const DatabaseProbeOptions &options() const { return m_options; }
    const Deadline &deadline() const { return m_deadline; }
    DatabaseReport &report() { return m_report; }

    /// The text can be read in two ways: nothing may be connected to, for it could be a piece of the password.
    bool isDoubtful() const;

    /// Its time runs from here.
    void begin(DatabaseStage stage);
    void ok(const QString &detail, const QString &hint = {}) { end(StageStatus::Ok, detail, hint); }
    void warn(const QString &detail, const QString &hint = {}) { end(StageStatus::Warn, detail, hint); }
    /// The stages behind it are "not reached".
    void fail(const QString &detail, const QString &hint = {}) { end(StageStatus::Fail, detail, hint); }
    /// It was cancelled while the stage ran: that stage is "not reached" too, because nothing is known of it.
    void cancelled();
    /// It does not apply, or was not asked for.
    void skip(DatabaseStage stage, const QString &why);
    /// Where the time of the stage is known better than by begin().
    void setMs(double ms) { m_ms = ms; }

    bool hasEnded() const { return m_ended; } ///< one failed, or it was cancelled

    /// All stages in the order of databaseStages().
    [[nodiscard]] DatabaseReport finish();

    // The stages that every server begins with. Each ends its stage; nothing where it failed.

    /// DNS. A numeric address or a socket needs none: skipped, and for a socket without addresses.
    std::optional<QList<ResolvedAddress>> resolve(const ConnectionHost &host);
    /// TCP, or the Unix socket.
    std::optional<ProbeLink> connect(const ConnectionHost &host, const QList<ResolvedAddress> &addresses);
    /// TLS by the outcome: warns of a certificate that ends within `warnDays`, and of a problem that the settings let
    /// pass.
    bool judgeTls(const TlsOutcome &outcome, const TlsSettings &settings);
    /// startTls() and judgeTls().
    bool startTls(ProbeLink &link, const TlsSettings &settings);
    /// A failure of the connection in the stage that runs, in words: "the server closed the connection before …".
    void failLink(ReachFailure failure, const QString &during);

private:
    void end(StageStatus status, const QString &detail, const QString &hint);

    const ConnectionString &m_connection;
    const DatabaseProbeOptions &m_options;
    Deadline m_deadline;
    DatabaseReport m_report;
    DatabaseStage m_stage = DatabaseStage::Lint;
    Instant m_begun{};
    std::optional<double> m_ms;
    bool m_ended = false;
};

/// What a run that did not get through comes to for who only wanted to connect: the message begins with the stage that
/// failed, the hint is the stage's. Errors: dns, refused, tls, auth, protocol, timeout, cancelled; usage for a string
/// that can be read in two ways. Ends the run.
Error probeError(ProbeRun &run);

/// Text of a server as it may be shown: one line, at most 300 characters, control characters replaced, and the
/// connection's password, its token and its other secrets cut out.
QString saidBy(const QByteArray &text, const ConnectionString &connection);

} // namespace Switchyard
