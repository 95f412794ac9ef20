// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/strings/connectionstring.h"

#include <QJsonObject>

namespace Switchyard {

/// The forms that a code base needs of one connection.
enum class ConnectionForm
{
    LibpqUri,          ///< "postgresql://…" for psql, pg_dump, psycopg, asyncpg's dsn
    KeyValue,          ///< "host=… dbname=…"
    Sqlalchemy,        ///< psycopg2
    SqlalchemyPsycopg, ///< psycopg 3
    SqlalchemyAsyncpg,
    Jdbc,
    Prisma,
    DjDatabaseUrl,
    Django, ///< the DATABASES entry
    NodePostgres,
    MongoStandard, ///< from srv, given the resolved hosts
    UpstashRest,   ///< two lines: URL and token
    Rediss         ///< of Upstash, by TCP
};
QStringList connectionFormNames(); ///< "libpq", "key-value", "sqlalchemy", …, in the order above
QString connectionFormName(ConnectionForm form);
std::optional<ConnectionForm> connectionForm(const QString &name);

struct FormChange
{
    enum class What
    {
        Changed,
        Dropped,
        Added
    };
    What what = What::Changed;
    QString name; ///< "scheme", "sslmode", "host"; never a value of a secret
    QString reason;
};
QString formChangeName(FormChange::What what); ///< "changed", "dropped", "added"

struct ConvertedConnection
{
    ConnectionForm form = ConnectionForm::LibpqUri;
    Secret text;    ///< the whole of it
    QString masked; ///< with dots for password, token and secret options
    QList<FormChange> changes;
};

/// What a conversion needs besides the string.
struct FormInput
{
    /// For MongoStandard: what the SRV records named, "host:port".
    QStringList resolvedHosts;
    /// What the TXT record said: "authSource=admin&replicaSet=atlas-abc-shard-0".
    QString txt;
};

/// Errors (usage), without any of the text: the string has problems that make its reading doubtful, the form belongs
/// to another kind, a needed part is missing (host, resolved hosts, token).
[[nodiscard]] Result<ConvertedConnection> convertConnection(const ConnectionString &connection, ConnectionForm form,
                                                            const FormInput &input = {});

/// form, text (masked unless `withSecrets`), masked, changes[what, name, reason]
[[nodiscard]] QJsonObject convertedToJson(const ConvertedConnection &converted, bool withSecrets);

} // namespace Switchyard
