// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/connectionforms.h"

#include "models/database/connectionlint.h"
#include "models/database/connectionparts.h"

#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QString &mask()
{
    static const QString dots = s("••••");
    return dots;
}

/// Whether some client has an option of that name.
bool isKnownName(const QString &name)
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

using Pairs = QList<std::pair<QString, QString>>;

/// Writes one form; twice, with the secrets and with dots in their place, so that nothing has to be searched for in
/// the finished text.
class FormWriter final
{
public:
    FormWriter(const ConnectionString &connection, ConnectionForm form, const FormInput &input, bool masked)
        : m_connection(connection)
        , m_form(form)
        , m_input(input)
        , m_masked(masked)
    {
    }

    QString write();
    QList<FormChange> changes;

private:
    void note(FormChange::What what, const QString &name, const QString &reason)
    {
        changes.append({what, name, reason});
    }
    void changed(const char *name, const QString &reason) { note(FormChange::What::Changed, s(name), reason); }
    void added(const char *name, const QString &reason) { note(FormChange::What::Added, s(name), reason); }
    void dropped(const QString &name, const QString &reason) { note(FormChange::What::Dropped, name, reason); }

    QString secret(const QString &text) const { return m_masked ? mask() : text; }
    QString encodedSecret(const QString &text) const { return m_masked ? mask() : percentEncoded(text); }
    QString password() const { return m_connection.password ? m_connection.password->reveal() : QString(); }
    /// A user without a password is often the password without its colon, or a token: long ones are not shown.
    QString user() const
    {
        const QString name = m_connection.user.value_or(QString());
        static const QRegularExpression plain(s(R"(\A[\w.\-]{0,15}\z)"));
        return hasPassword() || plain.match(name).hasMatch() ? name : secret(name);
    }
    bool hasPassword() const { return m_connection.password && !m_connection.password->isEmpty(); }
    QString valueOf(const ConnectionOption &option) const
    {
        if (option.isSecret)
            return secret(option.secret.reveal());
        // What stands behind a name that nobody knows may be a password whose name has a slip in it.
        return isKnownName(option.name) ? option.value : secret(option.value);
    }
    QString nameOf(const ConnectionOption &option) const
    {
        return isKnownName(option.name) || m_connection.mayShow(option.namePlace) ? option.name : secret(option.name);
    }

    QString userinfo() const;
    QString hostText(const ConnectionHost &host, bool withSocket) const;
    QString hostList() const;
    QString query(const Pairs &pairs) const;
    QString scheme(const char *wanted);
    bool optionFor(const ConnectionOption &option, Pairs &pairs);
    bool asyncpgOption(const ConnectionOption &option, Pairs &pairs);
    bool prismaOption(const ConnectionOption &option, Pairs &pairs);
    bool jdbcOption(const ConnectionOption &option, Pairs &pairs);
    bool nodeOption(const ConnectionOption &option, Pairs &pairs);
    void addForPooler(Pairs &pairs);
    Pairs options();
    void addSockets(Pairs &pairs, bool several);
    QString uri(const char *wanted);
    QString keyValue();
    QString jdbc();
    QString django();
    QString mongo();
    QString upstash();
    QString rediss();

    const ConnectionString &m_connection;
    const ConnectionForm m_form;
    const FormInput &m_input;
    const bool m_masked;
};

QString FormWriter::userinfo() const
{
    if (!m_connection.user && !hasPassword())
        return {};
    QString text = user() == mask() ? mask() : percentEncoded(user());
    if (hasPassword())
        text += QLatin1Char(':') + encodedSecret(password());
    return text + QLatin1Char('@');
}

QString FormWriter::hostText(const ConnectionHost &host, bool withSocket) const
{
    QString text;
    if (!host.socket.isEmpty())
        text = withSocket ? percentEncoded(host.socket) : QString();
    else
        text = host.isIpv6() ? QLatin1Char('[') + host.name + QLatin1Char(']') : percentEncoded(host.name);
    return host.port ? text + QLatin1Char(':') + QString::number(*host.port) : text;
}

QString FormWriter::hostList() const
{
    QStringList list;
    for (const ConnectionHost &host : m_connection.hosts)
        list.append(hostText(host, true));
    return list.join(QLatin1Char(','));
}

QString FormWriter::query(const Pairs &pairs) const
{
    QStringList list;
    for (const auto &[name, value] : pairs)
        list.append((name == mask() ? name : percentEncoded(name)) + QLatin1Char('=') +
                    (value == mask() ? value : percentEncoded(value)));
    return list.isEmpty() ? QString() : QLatin1Char('?') + list.join(QLatin1Char('&'));
}

QString FormWriter::scheme(const char *wanted)
{
    const QString before = m_connection.writing != ConnectionWriting::Uri ? QString()
                           : m_connection.driver.isEmpty()
                               ? m_connection.scheme
                               : m_connection.scheme + QLatin1Char('+') + m_connection.driver;
    if (before != QLatin1StringView(wanted))
        changed("scheme", before.isEmpty() ? s("a URL that begins with %1://").arg(s(wanted))
                                           : s("%1:// becomes %2://").arg(before, s(wanted)));
    return s(wanted) + s("://");
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
    dropped(option.isSecret || libpqOptionNames().contains(option.name) ? option.name : s("an option"),
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
        const bool flag = option.value == QLatin1StringView("true");
        changed("ssl", s("libpq calls it sslmode"));
        pairs.append({s("sslmode"), flag ? s("require") : option.value});
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

Pairs FormWriter::options()
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

/// Sockets and several hosts, for those that take them as options.
void FormWriter::addSockets(Pairs &pairs, bool several)
{
    const bool socket = m_connection.hosts.size() == 1 && !m_connection.hosts.first().socket.isEmpty();
    if (!socket && !several)
        return;
    if (several)
        changed("host", s("several hosts stand in the options: SQLAlchemy 2.0.18 and newer"));
    for (const ConnectionHost &host : m_connection.hosts) {
        const QString name = host.socket.isEmpty() ? host.name : host.socket;
        pairs.prepend({s("host"), several && host.port ? s("%1:%2").arg(name).arg(*host.port) : name});
    }
    if (several)
        std::reverse(pairs.begin(), pairs.begin() + m_connection.hosts.size());
}

QString FormWriter::uri(const char *wanted)
{
    QString text = scheme(wanted) + userinfo();
    Pairs pairs = options();
    const bool libpq = m_form == ConnectionForm::LibpqUri;
    const bool several = m_connection.hosts.size() > 1 && !libpq;
    const bool socket = m_connection.hosts.size() == 1 && !m_connection.hosts.first().socket.isEmpty();
    if (libpq)
        text += hostList();
    else if (!several && !socket && !m_connection.hosts.isEmpty())
        text += hostText(m_connection.hosts.first(), false);
    else if (socket && m_connection.hosts.first().port)
        text += QLatin1Char(':') + QString::number(*m_connection.hosts.first().port);
    if (!libpq)
        addSockets(pairs, several);
    if (m_connection.database || m_form == ConnectionForm::Prisma)
        // SQLAlchemy takes the path as it stands; what needs encoding there cannot be said, and libpq decodes it.
        text += QLatin1Char('/') + percentEncoded(m_connection.database.value_or(QString()));
    return text + query(pairs);
}

QString quotedKeyValue(const QString &text)
{
    const bool plain = !text.isEmpty() && std::none_of(text.cbegin(), text.cend(), [](QChar c) {
        return c.isSpace() || c == QLatin1Char('\'') || c == QLatin1Char('\\');
    });
    if (plain)
        return text;
    QString escaped = text;
    escaped.replace(QLatin1Char('\\'), s("\\\\")).replace(QLatin1Char('\''), s("\\'"));
    return QLatin1Char('\'') + escaped + QLatin1Char('\'');
}

QString FormWriter::keyValue()
{
    QStringList words;
    const auto add = [&words](const QString &name, const QString &value) {
        words.append(name + QLatin1Char('=') + quotedKeyValue(value));
    };
    QStringList hosts;
    QStringList ports;
    for (const ConnectionHost &host : m_connection.hosts) {
        hosts.append(host.socket.isEmpty() ? host.name : host.socket);
        ports.append(host.port ? QString::number(*host.port) : QString());
    }
    if (!hosts.join(QString()).isEmpty())
        add(s("host"), hosts.join(QLatin1Char(',')));
    if (!ports.join(QString()).isEmpty())
        add(s("port"), ports.join(QLatin1Char(',')));
    if (m_connection.database)
        add(s("dbname"), *m_connection.database);
    if (m_connection.user)
        add(s("user"), user());
    if (hasPassword())
        add(s("password"), secret(password()));
    for (const auto &[name, value] : options())
        add(name, value);
    return words.join(QLatin1Char(' '));
}

QString FormWriter::jdbc()
{
    if (m_connection.writing != ConnectionWriting::Jdbc)
        changed("scheme", s("a URL that begins with jdbc:postgresql://"));
    Pairs pairs;
    if (m_connection.user)
        pairs.append({s("user"), user()});
    if (hasPassword())
        pairs.append({s("password"), secret(password())});
    if (!pairs.isEmpty() && m_connection.writing != ConnectionWriting::Jdbc)
        changed("user", s("user and password stand in the options: pgjdbc reads none before an @"));
    pairs += options();
    QStringList hosts;
    for (const ConnectionHost &host : m_connection.hosts) {
        if (!host.socket.isEmpty())
            dropped(s("host"), s("pgjdbc needs a socket factory for Unix sockets"));
        else
            hosts.append(hostText(host, false));
    }
    return s("jdbc:postgresql://%1/%2")
               .arg(hosts.join(QLatin1Char(',')), percentEncoded(m_connection.database.value_or(QString()))) +
           query(pairs);
}

QString pythonText(const QString &text)
{
    QString escaped = text;
    escaped.replace(QLatin1Char('\\'), s("\\\\")).replace(QLatin1Char('"'), s("\\\""));
    return QLatin1Char('"') + escaped + QLatin1Char('"');
}

QString FormWriter::django()
{
    changed("scheme", s("the entry of DATABASES in settings.py, for django.db.backends.postgresql"));
    QStringList hosts;
    QStringList ports;
    for (const ConnectionHost &host : m_connection.hosts) {
        hosts.append(host.socket.isEmpty() ? host.name : host.socket);
        ports.append(host.port ? QString::number(*host.port) : QString());
    }
    QStringList lines{s("\"ENGINE\": \"django.db.backends.postgresql\"")};
    const auto add = [&lines](const char *name, const QString &value) {
        lines.append(s("\"%1\": %2").arg(s(name), pythonText(value)));
    };
    add("NAME", m_connection.database.value_or(QString()));
    add("USER", user());
    add("PASSWORD", hasPassword() ? secret(password()) : QString());
    add("HOST", hosts.join(QLatin1Char(',')));
    const bool anyPort = !ports.join(QString()).isEmpty();
    add("PORT", anyPort ? ports.join(QLatin1Char(',')) : QString());
    QStringList options;
    for (const auto &[name, value] : this->options())
        options.append(s("%1: %2").arg(pythonText(name), pythonText(value)));
    if (!options.isEmpty())
        lines.append(s("\"OPTIONS\": {%1}").arg(options.join(s(", "))));
    if (isTransactionPooler(m_connection)) {
        added("DISABLE_SERVER_SIDE_CURSORS", s("the pooler is in transaction mode: cursors do not outlive one"));
        lines.append(s("\"DISABLE_SERVER_SIDE_CURSORS\": True"));
    }
    return s("{\n    %1,\n}").arg(lines.join(s(",\n    ")));
}

QString FormWriter::mongo()
{
    changed("scheme", s("mongodb+srv:// becomes mongodb://, with every host that DNS named today"));
    changed("host", s("the name is replaced by its SRV records; when they change, this string does not"));
    Pairs pairs;
    for (const ConnectionOption &option : m_connection.options)
        pairs.append({nameOf(option), valueOf(option)});
    const auto has = [&pairs](const char *name) {
        return std::any_of(pairs.cbegin(), pairs.cend(), [&](const auto &pair) {
            return pair.first.compare(QLatin1StringView(name), Qt::CaseInsensitive) == 0;
        });
    };
    for (const QString &pair : m_input.txt.split(QLatin1Char('&'), Qt::SkipEmptyParts)) {
        const QString name = pair.section(QLatin1Char('='), 0, 0);
        for (const char *allowed : {"authSource", "replicaSet", "loadBalanced"}) {
            if (name.compare(QLatin1StringView(allowed), Qt::CaseInsensitive) != 0 || has(allowed))
                continue;
            added(allowed, s("the TXT record says it; a standard string has none"));
            pairs.append({s(allowed), percentDecoded(pair.section(QLatin1Char('='), 1))});
        }
    }
    if (!has("tls") && !has("ssl")) {
        added("tls", s("mongodb+srv:// implies it, mongodb:// does not"));
        pairs.append({s("tls"), s("true")});
    }
    if (!has("authSource") && m_connection.user && m_connection.hostEndsWith({".mongodb.net"})) {
        added("authSource", s("Atlas keeps its users in admin, and its TXT record was not given"));
        pairs.append({s("authSource"), s("admin")});
    }
    return s("mongodb://%1%2/%3")
               .arg(userinfo(), m_input.resolvedHosts.join(QLatin1Char(',')),
                    percentEncoded(m_connection.database.value_or(QString()))) +
           query(pairs);
}

QString FormWriter::upstash()
{
    if (m_connection.kind == DatabaseKind::Redis) {
        changed("scheme", s("commands go by HTTPS instead of TCP: no MULTI over several requests, no SUBSCRIBE"));
        changed("password", s("the token of the REST interface is the password of the user default"));
        if (m_connection.user && m_connection.user != QLatin1StringView("default"))
            changed("user", s("of another user the token is made with ACL RESTTOKEN"));
    }
    return s("UPSTASH_REDIS_REST_URL=https://%1\nUPSTASH_REDIS_REST_TOKEN=%2")
        .arg(m_connection.hosts.first().name, secret(password()));
}

QString FormWriter::rediss()
{
    if (m_connection.kind == DatabaseKind::UpstashRest) {
        changed("scheme", s("Redis' own protocol, always with TLS"));
        changed("password", s("the REST token is the password of the user default; the read-only token is not"));
    } else if (m_connection.scheme != QLatin1StringView("rediss")) {
        changed("scheme", s("redis:// becomes rediss://, where the server offers TLS"));
    }
    const bool rest = m_connection.kind == DatabaseKind::UpstashRest;
    const ConnectionHost &host = m_connection.hosts.first();
    QString text = s("rediss://");
    if (hasPassword())
        text += percentEncoded(rest ? s("default") : m_connection.user.value_or(QString())) + QLatin1Char(':') +
                encodedSecret(password()) + QLatin1Char('@');
    text += host.isIpv6() ? QLatin1Char('[') + host.name + QLatin1Char(']') : host.name;
    text += s(":%1").arg(rest ? 6379 : m_connection.portOf(host));
    if (!rest && m_connection.database)
        text += QLatin1Char('/') + percentEncoded(*m_connection.database);
    return text;
}

QString FormWriter::write()
{
    switch (m_form) {
    case ConnectionForm::LibpqUri:
    case ConnectionForm::DjDatabaseUrl:
    case ConnectionForm::NodePostgres:
    case ConnectionForm::Prisma:
    case ConnectionForm::Sqlalchemy:
        return uri("postgresql");
    case ConnectionForm::SqlalchemyPsycopg:
        if (isTransactionPooler(m_connection))
            changed("prepare_threshold", s("psycopg prepares what runs five times, and a URL cannot switch it off: "
                                           "connect_args={\"prepare_threshold\": None}"));
        return uri("postgresql+psycopg");
    case ConnectionForm::SqlalchemyAsyncpg:
        return uri("postgresql+asyncpg");
    case ConnectionForm::KeyValue:
        return keyValue();
    case ConnectionForm::Jdbc:
        return jdbc();
    case ConnectionForm::Django:
        return django();
    case ConnectionForm::MongoStandard:
        return mongo();
    case ConnectionForm::UpstashRest:
        return upstash();
    case ConnectionForm::Rediss:
        break;
    }
    return rediss();
}

DatabaseKind kindOf(ConnectionForm form)
{
    if (form == ConnectionForm::MongoStandard)
        return DatabaseKind::MongoDb;
    return form == ConnectionForm::UpstashRest || form == ConnectionForm::Rediss ? DatabaseKind::Redis
                                                                                 : DatabaseKind::Postgres;
}

/// Whether the string can become the form at all.
Result<void> checkConversion(const ConnectionString &connection, ConnectionForm form, const FormInput &input)
{
    const DatabaseKind kind = connection.kind == DatabaseKind::UpstashRest ? DatabaseKind::Redis : connection.kind;
    if (kind != kindOf(form))
        return fail(ErrorKind::Usage,
                    s("%1 has no form %2").arg(databaseKindName(connection.kind), connectionFormName(form)),
                    s("forms of PostgreSQL: libpq, sqlalchemy-asyncpg, jdbc, …; of MongoDB: mongo-standard; of Redis: "
                      "rediss, upstash-rest"));
    for (const ConnectionProblem &problem : connection.problems) {
        const bool harmless = problem.rule == QLatin1StringView("any/wrapping") ||
                              problem.rule == QLatin1StringView("mongodb/slash") ||
                              problem.rule == QLatin1StringView("mongodb/plus");
        if (!harmless)
            return fail(ErrorKind::Usage, s("its parts cannot be told apart for certain: %1").arg(problem.message),
                        problem.fix);
    }
    const bool named = !connection.hosts.isEmpty() && !connection.hosts.first().name.isEmpty();
    if (form == ConnectionForm::MongoStandard) {
        if (!connection.isSrv())
            return fail(ErrorKind::Usage, s("it is a standard string already"));
        if (input.resolvedHosts.isEmpty())
            return fail(ErrorKind::Usage, s("the hosts of mongodb+srv:// are not known: DNS has them"),
                        s("--host HOST:PORT for each; dig SRV _mongodb._tcp.NAME tells them"));
    } else if (form == ConnectionForm::UpstashRest || form == ConnectionForm::Rediss) {
        if (!named)
            return fail(ErrorKind::Usage, s("no host is named"));
        if (form == ConnectionForm::UpstashRest && !connection.hostEndsWith({".upstash.io"}))
            return fail(ErrorKind::Usage, s("only Upstash has that interface, and the host is not theirs"));
        const bool token = connection.password && !connection.password->isEmpty();
        if (!token && (form == ConnectionForm::UpstashRest || connection.kind == DatabaseKind::UpstashRest))
            return fail(ErrorKind::Usage, s("the token is missing"), s("--token env:UPSTASH_REDIS_REST_TOKEN"));
    }
    return {};
}

} // namespace

QStringList connectionFormNames()
{
    static const QStringList names{s("libpq"),
                                   s("key-value"),
                                   s("sqlalchemy"),
                                   s("sqlalchemy-psycopg"),
                                   s("sqlalchemy-asyncpg"),
                                   s("jdbc"),
                                   s("prisma"),
                                   s("dj-database-url"),
                                   s("django"),
                                   s("node-postgres"),
                                   s("mongo-standard"),
                                   s("upstash-rest"),
                                   s("rediss")};
    return names;
}

QString connectionFormName(ConnectionForm form)
{
    return connectionFormNames().value(int(form));
}

std::optional<ConnectionForm> connectionForm(const QString &name)
{
    const qsizetype index = connectionFormNames().indexOf(name);
    return index < 0 ? std::nullopt : std::optional(ConnectionForm(index));
}

QString formChangeName(FormChange::What what)
{
    switch (what) {
    case FormChange::What::Changed:
        return s("changed");
    case FormChange::What::Dropped:
        return s("dropped");
    case FormChange::What::Added:
        break;
    }
    return s("added");
}

Result<ConvertedConnection> convertConnection(const ConnectionString &connection, ConnectionForm form,
                                              const FormInput &input)
{
    if (const Result<void> possible = checkConversion(connection, form, input); !possible)
        return tl::unexpected(possible.error());
    FormWriter whole(connection, form, input, false);
    FormWriter masked(connection, form, input, true);
    ConvertedConnection converted;
    converted.form = form;
    converted.text = Secret(whole.write());
    converted.masked = masked.write();
    converted.changes = masked.changes;
    return converted;
}

QJsonObject convertedToJson(const ConvertedConnection &converted, bool withSecrets)
{
    QJsonArray changes;
    for (const FormChange &change : converted.changes)
        changes.append(QJsonObject{
            {s("what"), formChangeName(change.what)}, {s("name"), change.name}, {s("reason"), change.reason}});
    return {{s("form"), connectionFormName(converted.form)},
            {s("text"), withSecrets ? converted.text.reveal() : converted.masked},
            {s("masked"), !withSecrets},
            {s("changes"), changes}};
}

} // namespace Switchyard
