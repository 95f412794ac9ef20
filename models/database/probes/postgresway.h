// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How one gets to a PostgreSQL server; for its probe and for what opens connections of the same string.

#include "models/database/probes/postgreslink.h"
#include "models/database/probes/probekit.h"

namespace Switchyard {

/// The stages dns, tcp, tls and auth for the first host of the run's string. Names, TCP and TLS by a connection of its
/// own, so that every refusal has its exact reason; then libpq, on a second one to the same address. Both are borrowed.
class PostgresWay final
{
public:
    PostgresWay(ProbeRun &run, PostgresLink &link)
        : m_run(run)
        , m_link(link)
    {
    }

    /// Stages dns, tcp and tls. False: one failed, or it was cancelled; the run says which.
    bool reach();
    /// The link is open afterwards, or the stage "auth" has failed.
    bool logIn();
    /// What the server's list of sessions shows.
    void setApplicationName(const QString &name) { m_applicationName = name; }

    /// Another host of the string may do what this one did not.
    bool mayTryAnother() const { return m_another; }
    void setMayTryAnother(bool another) { m_another = another; }
    /// Where the link was opened to; it can be opened there again.
    const LinkTarget &target() const { return m_target; }
    bool isEncrypted() const { return m_encrypted; }

private:
    /// What became of the question for TLS.
    enum class TlsAnswer
    {
        Yes,
        No,
        Ended ///< the stage has failed or was cancelled
    };

    QString option(const char *name) const { return m_run.connection().optionValue(QLatin1StringView(name)); }
    bool encrypt(ProbeLink &link, const ConnectionHost &host);
    TlsAnswer askForTls(ProbeLink &link);
    TlsSettings tlsSettings(const ConnectionHost &host) const;
    LinkTarget targetOf(const ConnectionHost &host) const;
    void refused(const LinkOutcome &outcome);
    void letIn(const LinkOutcome &outcome);
    QString strangerOnThePort() const;

    ProbeRun &m_run;
    PostgresLink &m_link;
    EffectiveTls m_tls = EffectiveTls::Opportunistic;
    QStringList m_modes; ///< of sslmode, each tried while the one before is refused by pg_hba.conf
    LinkTarget m_target;
    QString m_applicationName;
    QString m_rootFile; ///< what verify-* trusts
    bool m_encrypted = false;
    bool m_another = false;
};

} // namespace Switchyard
