// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/strings/connectionstring.h"

namespace Switchyard {

/// What a program connects with, as far as it matters for a connection string.
enum class DatabaseClient
{
    Unknown,
    Libpq,             ///< psql, pg_dump, psycopg, psycopg2, Django, Rails
    Asyncpg,           ///< asyncpg.connect()
    SqlalchemyAsyncpg, ///< "postgresql+asyncpg://"
    SqlalchemyLibpq,   ///< SQLAlchemy with psycopg or psycopg2
    Prisma,
    NodePostgres,
    Jdbc,
    Mongo,
    RedisClient,
    UpstashClient,
    SqliteClient
};

/// For each of the workspace's databaseClientNames(); nothing for another name.
std::optional<DatabaseClient> databaseClient(const QString &name);
/// The client that the string itself tells (its driver), or the named one.
DatabaseClient clientOf(const ConnectionString &connection, DatabaseClient named);

QStringList libpqOptionNames();
/// What the client knows; empty: it takes anything.
QStringList knownOptions(DatabaseKind kind, DatabaseClient client);

} // namespace Switchyard
