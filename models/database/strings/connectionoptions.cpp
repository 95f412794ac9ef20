// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/strings/connectionoptions.h"

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList words(const char *text)
{
    return s(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

struct ClientName
{
    const char *name;
    DatabaseClient client;
};

constexpr ClientName clients[] = {
    {"psql", DatabaseClient::Libpq},
    {"pg_dump", DatabaseClient::Libpq},
    {"libpq", DatabaseClient::Libpq},
    {"psycopg", DatabaseClient::Libpq},
    {"psycopg2", DatabaseClient::Libpq},
    {"django", DatabaseClient::Libpq},
    {"asyncpg", DatabaseClient::Asyncpg},
    {"sqlalchemy", DatabaseClient::SqlalchemyLibpq},
    {"sqlalchemy-psycopg", DatabaseClient::SqlalchemyLibpq},
    {"sqlalchemy-asyncpg", DatabaseClient::SqlalchemyAsyncpg},
    {"prisma", DatabaseClient::Prisma},
    {"node-postgres", DatabaseClient::NodePostgres},
    {"jdbc", DatabaseClient::Jdbc},
    {"pymongo", DatabaseClient::Mongo},
    {"motor", DatabaseClient::Mongo},
    {"mongoose", DatabaseClient::Mongo},
    {"redis-py", DatabaseClient::RedisClient},
    {"ioredis", DatabaseClient::RedisClient},
    {"upstash-redis", DatabaseClient::UpstashClient},
    {"sqlite", DatabaseClient::SqliteClient},
};

/// https://www.mongodb.com/docs/manual/reference/connection-string-options/ and the drivers' URI options specification
QStringList mongoOptions()
{
    return words(
        "appName authMechanism authMechanismProperties authSource compressors connectTimeoutMS directConnection "
        "gssapiServiceName heartbeatFrequencyMS journal loadBalanced localThresholdMS maxIdleTimeMS maxPoolSize "
        "maxConnecting maxStalenessSeconds minPoolSize proxyHost proxyPort proxyUsername proxyPassword "
        "readConcernLevel "
        "readPreference readPreferenceTags replicaSet retryReads retryWrites serverMonitoringMode "
        "serverSelectionTimeoutMS serverSelectionTryOnce socketTimeoutMS srvMaxHosts srvServiceName ssl timeoutMS tls "
        "tlsAllowInvalidCertificates tlsAllowInvalidHostnames tlsCAFile tlsCertificateKeyFile "
        "tlsCertificateKeyFilePassword tlsCRLFile tlsDisableCertificateRevocationCheck "
        "tlsDisableOCSPEndpointCheck tlsInsecure uuidRepresentation w waitQueueMultiple waitQueueTimeoutMS wTimeoutMS "
        "zlibCompressionLevel fsync slaveOk ssl_ca_certs ssl_cert_reqs ssl_certfile ssl_keyfile ssl_crlfile "
        "ssl_pem_passphrase ssl_match_hostname tz_aware unicode_decode_error_handler tlsUseSystemCA minIdleTimeMS j "
        "sslVerifyCertificate");
}

} // namespace

std::optional<DatabaseClient> databaseClient(const QString &name)
{
    for (const ClientName &each : clients) {
        if (name == QLatin1StringView(each.name))
            return each.client;
    }
    return std::nullopt;
}

DatabaseClient clientOf(const ConnectionString &connection, DatabaseClient named)
{
    if (connection.writing == ConnectionWriting::Jdbc)
        return DatabaseClient::Jdbc;
    if (connection.kind != DatabaseKind::Postgres || connection.driver.isEmpty())
        return named;
    if (named != DatabaseClient::Unknown && named != DatabaseClient::SqlalchemyLibpq)
        return named;
    return connection.driver == QLatin1StringView("asyncpg")            ? DatabaseClient::SqlalchemyAsyncpg
           : connection.driver.startsWith(QLatin1StringView("psycopg")) ? DatabaseClient::SqlalchemyLibpq
                                                                        : DatabaseClient::Unknown;
}

QStringList libpqOptionNames()
{
    // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    static const QStringList names = words(
        "host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout client_encoding "
        "options application_name fallback_application_name keepalives keepalives_idle keepalives_interval "
        "keepalives_count tcp_user_timeout replication gssencmode sslmode requiressl sslnegotiation sslcompression "
        "sslcert sslkey sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer "
        "ssl_min_protocol_version ssl_max_protocol_version min_protocol_version max_protocol_version krbsrvname gsslib "
        "gssdelegation scram_client_key scram_server_key service servicefile target_session_attrs load_balance_hosts "
        "ssl sslkeylogfile oauth_issuer oauth_client_id oauth_client_secret oauth_scope");
    return names;
}

QStringList knownOptions(DatabaseKind kind, DatabaseClient client)
{
    switch (kind) {
    case DatabaseKind::MongoDb:
        return mongoOptions();
    case DatabaseKind::Redis:
        if (client != DatabaseClient::RedisClient)
            return {};
        return words("db username password family timeout socket_timeout socket_connect_timeout socket_keepalive "
                     "socket_type retry_on_timeout retry_on_error health_check_interval max_connections ssl_cert_reqs "
                     "ssl_ca_certs ssl_ca_path ssl_ca_data ssl_certfile ssl_keyfile ssl_password ssl_check_hostname "
                     "ssl_min_version ssl_validate_ocsp encoding encoding_errors decode_responses protocol client_name "
                     "lib_name lib_version connectTimeout commandTimeout keepAlive enableReadyCheck "
                     "maxRetriesPerRequest connectionName");
    case DatabaseKind::UpstashRest:
    case DatabaseKind::Sqlite:
        return {};
    case DatabaseKind::Postgres:
        break;
    }
    switch (client) {
    case DatabaseClient::SqlalchemyAsyncpg:
        // Each becomes an argument of asyncpg.connect(); a name that it has not ends in a TypeError.
        return words("host port ssl timeout command_timeout statement_cache_size max_cached_statement_lifetime "
                     "max_cacheable_statement_size prepared_statement_cache_size prepared_statement_name_func passfile "
                     "direct_tls target_session_attrs krbsrvname gsslib server_settings async_fallback "
                     "async_creator_fn record_class connection_class service servicefile");
    case DatabaseClient::Prisma:
        return words("schema connection_limit connect_timeout pool_timeout socket_timeout pgbouncer sslmode sslcert "
                     "sslrootcert sslidentity sslpassword sslaccept application_name host channel_binding options "
                     "statement_cache_size max_connection_lifetime max_idle_connection_lifetime");
    case DatabaseClient::Asyncpg:
        // It reads libpq's and passes every other one to the server as a setting.
    case DatabaseClient::NodePostgres:
    case DatabaseClient::Jdbc:
        return {};
    default:
        return libpqOptionNames();
    }
}

} // namespace Switchyard
