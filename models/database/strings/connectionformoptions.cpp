// SPDX-License-Identifier: GPL-3.0-or-later
// Options of PostgreSQL in the words of each client: what goes over, what is called otherwise, what is dropped.
#include "models/database/strings/connectionformwriter.h"

#include <algorithm>

namespace Switchyard {

using namespace FormTexts;

bool FormTexts::isKnownName(const QString &name)
{
    static const QStringList jdbc{s("sslfactory"),
                                  s("currentSchema"),
                                  s("loginTimeout"),
                                  s("socketTimeout"),
                                  s("prepareThreshold"),
                                  s("targetServerType"),
                                  s("ApplicationName"),
                                  s("connectTimeout"),
                                  s("channelBinding"),
                                  s("tcpKeepAlive"),
                                  s("ssl")};
    const auto has = [&name](const QStringList &names) { return names.contains(name, Qt::CaseInsensitive); };
    using enum DatabaseClient;
    return has(libpqOptionNames()) || has(jdbc) || has(knownOptions(DatabaseKind::MongoDb, Mongo)) ||
           has(knownOptions(DatabaseKind::Redis, RedisClient)) || has(knownOptions(DatabaseKind::Postgres, Prisma)) ||
           has(knownOptions(DatabaseKind::Postgres, SqlalchemyAsyncpg));
}

/// pgjdbc's ssl=true verifies certificate and name, which no other client says in these words.
void FormWriter::jdbcSsl(const ConnectionOption &option, Pairs &pairs)
{
    if (m_connection.option(QLatin1StringView("sslmode")))
        return dropped(option.name, s("sslmode counts where both stand"));
    const QString mode = jdbcTlsMode(m_connection);
    if (mode.isEmpty())
        return dropped(option.name, s("false is pgjdbc's default: TLS where the server has it"));
    const bool verified = mode == QLatin1StringView("verify-full");
    if (m_form == ConnectionForm::NodePostgres && verified)
        return pairs.append({s("ssl"), s("true")});
    changed("ssl", verified ? s("pgjdbc's ssl=true verifies certificate and name, as verify-full does")
                            : s("with that factory pgjdbc takes any certificate, as require does"));
    switch (m_form) {
    case ConnectionForm::NodePostgres:
        return pairs.append({s("sslmode"), s("no-verify")});
    case ConnectionForm::SqlalchemyAsyncpg:
        return pairs.append({s("ssl"), mode});
    case ConnectionForm::Prisma:
        pairs.append({s("sslmode"), s("require")});
        if (verified)
            pairs.append({s("sslaccept"), s("strict")});
        return;
    default:
        return pairs.append({s("sslmode"), mode});
    }
}

bool FormWriter::asyncpgOption(const ConnectionOption &option, Pairs &pairs)
{
    if (option.name == QLatin1StringView("sslmode")) {
        changed("sslmode", s("asyncpg under SQLAlchemy takes it as ssl, with the same values"));
        pairs.append({s("ssl"), option.value});
        return true;
    }
    if (option.name == QLatin1StringView("ssl") && option.value == QLatin1StringView("true")) {
        changed("ssl", s("asyncpg takes the values of sslmode: true becomes require"));
        pairs.append({s("ssl"), s("require")});
        return true;
    }
    if (option.name == QLatin1StringView("connect_timeout")) {
        dropped(option.name, s("a text in the URL is no number for asyncpg: connect_args={\"timeout\": …}"));
        return true;
    }
    if (knownOptions(DatabaseKind::Postgres, DatabaseClient::SqlalchemyAsyncpg).contains(option.name))
        return false;
    dropped(libpqOptionNames().contains(option.name) ? option.name : s("an option"),
            option.name == QLatin1StringView("application_name")
                ? s("connect_args={\"server_settings\": {\"application_name\": …}}")
                : s("asyncpg.connect() has no such argument: a TypeError at the first connection"));
    return true;
}

bool FormWriter::prismaOption(const ConnectionOption &option, Pairs &pairs)
{
    if (option.name == QLatin1StringView("sslmode") && option.value.startsWith(QLatin1StringView("verify-"))) {
        changed("sslmode", s("Prisma has no verify-*: require with sslaccept=strict verifies the certificate"));
        pairs.append({s("sslmode"), s("require")});
        pairs.append({s("sslaccept"), s("strict")});
        return true;
    }
    if (knownOptions(DatabaseKind::Postgres, DatabaseClient::Prisma).contains(option.name))
        return false;
    dropped(libpqOptionNames().contains(option.name) ? option.name : s("an option"),
            s("Prisma does not know it, and goes on without"));
    return true;
}

bool FormWriter::jdbcOption(const ConnectionOption &option, Pairs &pairs)
{
    static const QHash<QString, QString> names{{s("connect_timeout"), s("connectTimeout")},
                                               {s("application_name"), s("ApplicationName")},
                                               {s("sslpassword"), s("sslpassword")}};
    if (names.contains(option.name)) {
        if (names.value(option.name) != option.name)
            changed(option.name.toUtf8().constData(), s("pgjdbc calls it %1").arg(names.value(option.name)));
        pairs.append({names.value(option.name), valueOf(option)});
        return true;
    }
    if (option.name == QLatin1StringView("sslrootcert") && option.value == QLatin1StringView("system") &&
        m_connection.writing != ConnectionWriting::Jdbc) {
        changed("sslrootcert", s("pgjdbc takes Java's own authorities by another factory"));
        pairs.append({s("sslfactory"), s("org.postgresql.ssl.DefaultJavaSSLFactory")});
        return true;
    }
    static const QHash<QString, QString> sessions{
        {s("any"), s("any")},           {s("read-write"), s("primary")},
        {s("primary"), s("primary")},   {s("read-only"), s("secondary")},
        {s("standby"), s("secondary")}, {s("prefer-standby"), s("preferSecondary")}};
    if (option.name == QLatin1StringView("target_session_attrs") && sessions.contains(option.value)) {
        changed("target_session_attrs", s("pgjdbc calls it targetServerType"));
        pairs.append({s("targetServerType"), sessions.value(option.value)});
        return true;
    }
    for (const char *same : {"sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "options"}) {
        if (option.name == QLatin1StringView(same))
            return false;
    }
    // What came from a JDBC URL is pgjdbc's own already.
    if (m_connection.writing == ConnectionWriting::Jdbc)
        return false;
    dropped(libpqOptionNames().contains(option.name) ? option.name : s("an option"),
            option.name == QLatin1StringView("channel_binding")
                ? s("only recent versions of pgjdbc know it, as channelBinding; it is tried without it too")
                : s("pgjdbc does not know it"));
    return true;
}

bool FormWriter::nodeOption(const ConnectionOption &option, Pairs &)
{
    if (option.name == QLatin1StringView("channel_binding")) {
        dropped(option.name, s("pg reads enableChannelBinding of its own configuration instead"));
        return true;
    }
    if (option.name == QLatin1StringView("sslmode") &&
        (option.value == QLatin1StringView("require") || option.value == QLatin1StringView("prefer")))
        changed("sslmode", s("the text stays, but pg verifies the certificate with it; uselibpqcompat=true or "
                             "sslmode=no-verify does not"));
    return false;
}

/// True: the option is dealt with; false: it goes over as it is.
bool FormWriter::optionFor(const ConnectionOption &option, Pairs &pairs)
{
    if (m_connection.writing == ConnectionWriting::Jdbc && m_form != ConnectionForm::Jdbc &&
        option.name == QLatin1StringView("ssl")) {
        jdbcSsl(option, pairs);
        return true;
    }
    switch (m_form) {
    case ConnectionForm::SqlalchemyAsyncpg:
        return asyncpgOption(option, pairs);
    case ConnectionForm::Prisma:
        return prismaOption(option, pairs);
    case ConnectionForm::Jdbc:
        return jdbcOption(option, pairs);
    case ConnectionForm::NodePostgres:
        return nodeOption(option, pairs);
    default:
        break;
    }
    // libpq, by itself or under psycopg: undo what other drivers' forms have.
    if (option.name == QLatin1StringView("ssl")) {
        changed("ssl", s("libpq calls it sslmode"));
        pairs.append({s("sslmode"), option.value == QLatin1StringView("true")    ? s("require")
                                    : option.value == QLatin1StringView("false") ? s("disable")
                                                                                 : option.value});
        return true;
    }
    if (libpqOptionNames().contains(option.name))
        return false;
    // A name that nobody knows may be a piece of a password that was cut wrongly.
    const QStringList others = knownOptions(DatabaseKind::Postgres, DatabaseClient::SqlalchemyAsyncpg) +
                               knownOptions(DatabaseKind::Postgres, DatabaseClient::Prisma);
    dropped(others.contains(option.name) ? option.name : s("an option"),
            s("libpq does not know it, and refuses to connect"));
    return true;
}

void FormWriter::addForPooler(Pairs &pairs)
{
    if (!isTransactionPooler(m_connection))
        return;
    const auto add = [&](const char *name, const char *value) {
        const bool there =
            std::any_of(pairs.cbegin(), pairs.cend(), [&](const auto &pair) { return pair.first == s(name); });
        if (there)
            return;
        added(name, s("the pooler is in transaction mode: statements prepared in one do not exist in the next"));
        pairs.append({s(name), s(value)});
    };
    if (m_form == ConnectionForm::SqlalchemyAsyncpg) {
        add("prepared_statement_cache_size", "0");
        add("statement_cache_size", "0");
    } else if (m_form == ConnectionForm::Prisma) {
        add("pgbouncer", "true");
    } else if (m_form == ConnectionForm::Jdbc) {
        add("prepareThreshold", "0");
    }
}

FormWriter::Pairs FormWriter::options()
{
    Pairs pairs;
    for (const ConnectionOption &option : m_connection.options) {
        if (!optionFor(option, pairs))
            pairs.append({nameOf(option), valueOf(option)});
    }
    // The last one wins with libpq, and a URL should not say it twice.
    Pairs once;
    for (qsizetype i = 0; i < pairs.size(); ++i) {
        const bool later = std::any_of(pairs.cbegin() + i + 1, pairs.cend(),
                                       [&](const auto &pair) { return pair.first == pairs[i].first; });
        if (later)
            dropped(libpqOptionNames().contains(pairs[i].first) ? pairs[i].first : s("an option"),
                    s("it stands twice, and the last one counts"));
        else
            once.append(pairs[i]);
    }
    addForPooler(once);
    return once;
}

} // namespace Switchyard
