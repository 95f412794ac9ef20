// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the files of rules for connection strings share; nobody else needs it.

#include "models/database/strings/connectionlint.h"
#include "models/platforms/platform.h"

namespace Switchyard {

/// One pass over one connection string.
class ConnectionLint final
{
public:
    ConnectionLint(const ConnectionString &connection, const LintContext &context, const PlatformCatalogue *catalogue);

    const ConnectionString &connection() const { return m_connection; }
    const LintContext &context() const { return m_context; }
    const PlatformCatalogue *catalogue() const { return m_catalogue; }
    DatabaseClient client() const { return m_client; }

    /// `rule` must be one of connectionRules(), whose severity the finding gets.
    void report(const char *rule, const ConnectionSpan &place, const QString &message, const QString &fix = {});
    /// The host's name, or "the host" where it may not be shown.
    QString shown(const ConnectionHost &host) const;
    /// The place of the first host, of the option, or of the scheme.
    ConnectionSpan hostPlace() const;
    ConnectionSpan placeOf(const char *option) const;
    bool has(const char *option) const { return m_connection.option(QLatin1StringView(option)) != nullptr; }
    QString value(const char *option) const { return m_connection.optionValue(QLatin1StringView(option)); }
    /// Some host is neither this computer nor on a private network.
    bool leavesTheHost() const;
    bool isPrivate(const ConnectionHost &host) const;

    QList<Finding> take();

private:
    const ConnectionString &m_connection;
    const LintContext &m_context;
    const PlatformCatalogue *m_catalogue;
    DatabaseClient m_client;
    QList<Finding> m_findings;
};

/// An address of a private network: 10/8, 172.16/12, 192.168/16, fc00::/7, link-local.
bool isPrivateAddress(const QString &host);
/// "true" or "false" as MongoDB and others write it; nothing for another word.
std::optional<bool> booleanOf(const QString &text);

/// The driver refuses the option's value, and the whole string with it.
bool isRefusedValue(const ConnectionLint &lint, const ConnectionOption &option);
/// What examples put in the place of a host's name.
bool isHostPlaceholder(const QString &host);

void checkOptions(ConnectionLint &lint);
void checkCredentials(ConnectionLint &lint);
void checkHosts(ConnectionLint &lint);
void checkPool(ConnectionLint &lint);
void checkPostgres(ConnectionLint &lint);
void checkMongo(ConnectionLint &lint);
void checkRedis(ConnectionLint &lint);
void checkUpstash(ConnectionLint &lint);
void checkSqlite(ConnectionLint &lint);

} // namespace Switchyard
