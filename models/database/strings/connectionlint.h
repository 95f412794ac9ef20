// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/finding.h"
#include "models/database/strings/connectionoptions.h"
#include "models/database/strings/connectionstring.h"
#include "models/database/strings/poolsum.h"

namespace Switchyard {

class PlatformCatalogue;
struct Backend;
struct DatabaseEndpoint;

/// What the connection is for: an application's many short queries, migrations, or a dump.
enum class DatabaseUse
{
    Unknown,
    Application,
    Migrations,
    Dump
};
/// For each of the workspace's databaseUseNames(); nothing for another name.
std::optional<DatabaseUse> databaseUse(const QString &name);

/// What a connection string is judged by, beside itself. Everything may be unknown.
struct LintContext
{
    DatabaseClient client = DatabaseClient::Unknown;
    DatabaseUse use = DatabaseUse::Unknown;
    QString platform;                   ///< id of the platform that the backend runs on
    QString region;                     ///< of the backend: "oregon"
    QString stage;                      ///< dev, test, production
    std::optional<bool> persistentDisk; ///< the backend's folder outlives a deploy
    PoolNumbers pool;
    QString plan;             ///< of the database: "basic-1gb", "0.25 CU", "M10"
    std::optional<int> limit; ///< connections, where it is known otherwise
    bool tunnel = false;      ///< a command of the workspace leads there: this computer is right
    Place place;              ///< where the string, or the reference to it, was written

    bool isDeployed() const { return !platform.isEmpty() && platform != QLatin1StringView("local"); }
};

/// What the workspace says of a database, and of the backend that uses it.
[[nodiscard]] LintContext lintContextOf(const Backend &backend, const DatabaseEndpoint &database);

/// All rules, sorted by id.
const QList<LintRule> &connectionRules();

/// Findings, errors first and then by place. Without the catalogue, hosts that only one platform reaches are not told.
/// The place has the context's file and line, and the column in the string. No finding holds any of a password, a
/// token, or what may be a part of one. Thread: any.
[[nodiscard]] QList<Finding> lintConnection(const ConnectionString &connection, const LintContext &context,
                                            const PlatformCatalogue *catalogue);

// What the rules and the probes ask alike.

/// Whether the connection is encrypted by the string and the kind's default. MongoDB: srv implies it, unless tls=false
/// or ssl=false stands there.
enum class EffectiveTls
{
    Off,
    Opportunistic, ///< sslmode allow or prefer: without it where the server, or somebody between, says so
    Encrypted,     ///< but the certificate is not verified
    Verified
};
EffectiveTls effectiveTls(const ConnectionString &connection, DatabaseClient client);

/// What pgjdbc makes of sslmode and ssl, as a value of sslmode in small letters: sslmode where it stands; else ssl=true
/// is verify-full, and require where the factory validates nothing; else empty, its default (prefer).
QString jdbcTlsMode(const ConnectionString &connection);

/// The database that MongoDB looks the user up in: authSource; else $external for X.509, GSSAPI, AWS and OIDC; else,
/// where the TXT record of an srv name may say so (`fromTxt`), nothing; else the database; else admin.
struct AuthSource
{
    QString database;
    bool fromTxt = false; ///< a TXT record may name another
};
AuthSource effectiveAuthSource(const ConnectionString &connection);

/// A pooler in transaction mode, by its host or port: Neon's, Supabase's port 6543, PgBouncer's port 6432.
bool isTransactionPooler(const ConnectionString &connection);

/// The host stands in pg_service.conf, under the service that the string names: nobody here reads that file.
bool needsServiceFile(const ConnectionString &connection);

/// localhost, a loopback address, or a Unix socket.
bool isLocalHost(const ConnectionHost &host);

} // namespace Switchyard
