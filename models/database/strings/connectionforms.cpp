// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/strings/connectionformwriter.h"

#include <QJsonArray>

#include <algorithm>
#include <limits>

namespace Switchyard {

using namespace FormTexts;

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

static QString quotedKeyValue(const QString &text)
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

static QString pythonText(const QString &text)
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

namespace {

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
