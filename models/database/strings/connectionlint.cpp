// SPDX-License-Identifier: GPL-3.0-or-later
// What is judged for every kind: options, credentials, hosts and pools.
#include "models/database/strings/connectionlint.h"

#include "models/common/toml.h"
#include "models/common/tomlreader.h"
#include "models/database/strings/connectionlintkit.h"
#include "models/workspace/workspace.h"

#include <QHostAddress>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

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

/// What an option of that name may be set to, in any kind of database; empty: not told here.
QStringList allowedValues(DatabaseKind kind, const QString &name)
{
    static const QStringList sslmodes = words("disable allow prefer require verify-ca verify-full");
    static const QHash<QString, QStringList> postgres{
        {s("sslmode"), sslmodes},
        {s("channel_binding"), words("disable prefer require")},
        {s("target_session_attrs"), words("any read-write read-only primary standby prefer-standby")},
        {s("gssencmode"), words("disable prefer require")},
        {s("load_balance_hosts"), words("disable random")}};
    static const QHash<QString, QStringList> mongo{
        {s("tls"), words("true false")},
        {s("ssl"), words("true false")},
        {s("tlsinsecure"), words("true false")},
        {s("tlsallowinvalidcertificates"), words("true false")},
        {s("tlsallowinvalidhostnames"), words("true false")},
        {s("retrywrites"), words("true false")},
        {s("retryreads"), words("true false")},
        {s("directconnection"), words("true false")},
        {s("loadbalanced"), words("true false")},
        {s("readpreference"), words("primary primaryPreferred secondary secondaryPreferred nearest")}};
    if (kind == DatabaseKind::Postgres)
        return postgres.value(name);
    if (kind == DatabaseKind::Redis)
        return name == QLatin1StringView("ssl_cert_reqs") ? words("none optional required") : QStringList{};
    return kind == DatabaseKind::MongoDb ? mongo.value(name.toLower()) : QStringList{};
}

/// What the client takes for the option; empty: not told here.
QStringList allowedValues(const ConnectionLint &lint, const ConnectionOption &option)
{
    const DatabaseKind kind = lint.connection().kind;
    // Of Redis' clients each has its own words: Celery reads CERT_NONE, which redis-py refuses.
    if (kind == DatabaseKind::Redis && lint.client() != DatabaseClient::RedisClient)
        return {};
    QStringList allowed = allowedValues(kind, option.name);
    const bool asyncpg = lint.client() == DatabaseClient::SqlalchemyAsyncpg || lint.client() == DatabaseClient::Asyncpg;
    if (asyncpg && option.name == QLatin1StringView("ssl"))
        allowed = allowedValues(DatabaseKind::Postgres, s("sslmode"));
    if (lint.client() == DatabaseClient::NodePostgres && option.name == QLatin1StringView("sslmode"))
        allowed.append(s("no-verify"));
    return allowed;
}

void checkValue(ConnectionLint &lint, const ConnectionOption &option)
{
    if (isRefusedValue(lint, option))
        lint.report("any/option-value", option.valuePlace, s("%1 has a value that it cannot have").arg(option.name),
                    s("one of %1").arg(allowedValues(lint, option).join(s(", "))));
}

void checkKnown(ConnectionLint &lint, const ConnectionOption &option, const QStringList &known)
{
    const bool mongo = lint.connection().kind == DatabaseKind::MongoDb;
    const Qt::CaseSensitivity cases = mongo ? Qt::CaseInsensitive : Qt::CaseSensitive;
    if (known.isEmpty() || known.contains(option.name, cases))
        return;
    // Said by a rule of its own.
    if (lint.client() == DatabaseClient::SqlalchemyAsyncpg && libpqOptionNames().contains(option.name))
        return;
    QString near = nearestName(option.name, known);
    if (near.isEmpty() && mongo)
        near = nearestName(option.name.toLower(), known);
    static const QRegularExpression plain(s(R"(\A[A-Za-z_][\w.\-]{0,39}\z)"));
    // An unknown name behind a secret, or before the "@", may be a piece of the secret.
    const bool show = lint.connection().mayShow(option.namePlace) && plain.match(option.name).hasMatch();
    lint.report("any/unknown-option", option.namePlace,
                show ? s("the option \"%1\" is not known").arg(option.name) : s("an option is not known"),
                near.isEmpty() ? s("leave it out") : s("did you mean %1?").arg(near));
}

/// Names that a password often is, and what examples put in its place.
bool isPlaceholder(const QString &text)
{
    static const QRegularExpression shape(s(
        R"(\A(?:<.*>|\[.*\]|\$\{?\w+\}?|\{\{.*\}\}|%\w+%|\*{2,}|\.{3}|…|x{3,}|your[_-]?\w*|\w*[_-]here|PASSWORD|PASS|TOKEN|SECRET|REDACTED|placeholder|replace[_-]?me)\z)"));
    static const QRegularExpression lower(s(R"(\A(?:your[_-]?\w+|\w+[_-]here|placeholder|replace[_-]?me|redacted)\z)"),
                                          QRegularExpression::CaseInsensitiveOption);
    return shape.match(text).hasMatch() || lower.match(text).hasMatch();
}

/// As isPlaceholder(), without the words that a user may be called by.
bool isUserPlaceholder(const QString &text)
{
    static const QRegularExpression shape(
        s(R"(\A(?:<.*>|\[.*\]|\$\{?\w+\}?|\{\{.*\}\}|%\w+%|\*{2,}|\.{3}|…|USER|USERNAME|DB_USER|DB_USERNAME)\z)"));
    static const QRegularExpression lower(s(R"(\A(?:your[_-]\w+|yourusername|replace[_-]?me)\z)"),
                                          QRegularExpression::CaseInsensitiveOption);
    return shape.match(text).hasMatch() || lower.match(text).hasMatch();
}

bool isCommonPassword(const QString &text)
{
    static const QSet<QString> common = [] {
        const QStringList list =
            words("password passw0rd p@ssw0rd pass passwd changeme change_me change-me secret admin admin123 root "
                  "postgres mongo mongodb redis default test testing test123 demo user guest qwerty qwerty123 letmein "
                  "welcome 123456 1234567 12345678 123456789 1234567890 12345 1234 111111 abc123 iloveyou monkey "
                  "dragon master example supersecret mysecretpassword mysecret toor database dbpassword password1 "
                  "password123 devpassword localdev");
        return QSet<QString>(list.cbegin(), list.cend());
    }();
    return common.contains(text.toLower());
}

bool isWeak(const ConnectionString &connection, const QString &password)
{
    constexpr qsizetype shortest = 8;
    const auto same = [&](const QString &other) {
        return !other.isEmpty() && password.compare(other, Qt::CaseInsensitive) == 0;
    };
    return password.size() < shortest || isCommonPassword(password) || same(connection.user.value_or(QString())) ||
           same(connection.database.value_or(QString())) ||
           std::any_of(connection.hosts.cbegin(), connection.hosts.cend(),
                       [&](const ConnectionHost &host) { return same(host.name); });
}

void checkPassword(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const QString password = connection.password ? connection.password->reveal() : QString();
    const bool nobody = isUserPlaceholder(connection.user.value_or(QString()));
    if (nobody)
        lint.report("any/placeholder", connection.userPlace, s("a placeholder stands in the user's place"),
                    s("put the user there"));
    if (password.isEmpty()) {
        if (connection.user && !nobody && connection.kind != DatabaseKind::Redis)
            lint.report("any/no-password", connection.userPlace, s("a user, but no password"));
        return;
    }
    if (isPlaceholder(password))
        lint.report("any/placeholder", connection.passwordPlace, s("a placeholder stands in the password's place"),
                    s("put the password there"));
    else if (connection.kind != DatabaseKind::UpstashRest && isWeak(connection, password))
        // Not which way: that would tell it.
        lint.report("any/weak-password", connection.passwordPlace,
                    s("the password is weak: short, a common word, or a word that stands in the string already"),
                    s("openssl rand -hex 24 makes one that needs no encoding"));
}

void checkOneHost(ConnectionLint &lint, const ConnectionHost &host)
{
    const LintContext &context = lint.context();
    const QString name = lint.shown(host);
    if (isHostPlaceholder(host.name)) {
        lint.report("any/placeholder", host.place, s("a placeholder stands in the host's place"),
                    s("put the host there"));
        return;
    }
    if (isLocalHost(host)) {
        if (context.isDeployed() && !context.tunnel)
            lint.report("any/local-host", host.place, s("%1 is the instance itself, on %2").arg(name, context.platform),
                        s("the database's own host"));
        return;
    }
    if (context.isDeployed() && isPrivateAddress(host.name))
        lint.report("any/private-address", host.place, s("%1 is an address of a private network").arg(name),
                    s("the public host, or a private connection of the platform"));
    const PlatformCatalogue *catalogue = lint.catalogue();
    for (const QString &id : catalogue ? catalogue->ids() : QStringList{}) {
        const Platform *platform = catalogue->find(id);
        if (platform && platform->isPrivateHost(host.name) && context.isDeployed() && context.platform != id)
            lint.report("any/private-host", host.place, s("only programs on %1 reach %2").arg(platform->name, name),
                        s("the database's external address, or a tunnel"));
    }
}

bool errorsFirst(const Finding &a, const Finding &b)
{
    return a.severity != b.severity ? a.severity < b.severity : a.place.column < b.place.column;
}

} // namespace

std::optional<DatabaseUse> databaseUse(const QString &name)
{
    const qsizetype index = databaseUseNames().indexOf(name);
    return index < 0 ? std::nullopt : std::optional(DatabaseUse(index + 1));
}

bool isLocalHost(const ConnectionHost &host)
{
    if (!host.socket.isEmpty())
        return true;
    const QString name = host.name.toLower();
    return name == QLatin1StringView("localhost") || name.endsWith(QLatin1StringView(".localhost")) ||
           QHostAddress(name).isLoopback();
}

bool isHostPlaceholder(const QString &host)
{
    static const QRegularExpression shape(
        s(R"((?:\A(?:host|hostname|your[\w-]*|db-?host|server|cluster|cluster\.mongodb\.net|example|port)\z|\*|<|>|\$|\Axxx+\b|-xxx+\b|\bhost\.region\b|\Aep-x+\b))"),
        QRegularExpression::CaseInsensitiveOption);
    return shape.match(host).hasMatch();
}

bool isRefusedValue(const ConnectionLint &lint, const ConnectionOption &option)
{
    const QStringList allowed = option.isSecret ? QStringList{} : allowedValues(lint, option);
    // pgjdbc minds no case.
    const bool jdbc = lint.client() == DatabaseClient::Jdbc;
    return !allowed.isEmpty() && !allowed.contains(option.value, jdbc ? Qt::CaseInsensitive : Qt::CaseSensitive);
}

bool isPrivateAddress(const QString &host)
{
    const QHostAddress address(host);
    if (address.isNull() || address.isLoopback())
        return false;
    for (const char *net :
         {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10", "169.254.0.0/16"}) {
        if (address.isInSubnet(QHostAddress::parseSubnet(s(net))))
            return true;
    }
    return false;
}

std::optional<bool> booleanOf(const QString &text)
{
    if (text == QLatin1StringView("true"))
        return true;
    return text == QLatin1StringView("false") ? std::optional(false) : std::nullopt;
}

bool isTransactionPooler(const ConnectionString &connection)
{
    if (connection.kind != DatabaseKind::Postgres)
        return false;
    constexpr int supabase = 6543;
    constexpr int pgbouncer = 6432;
    const bool pooledPort =
        std::any_of(connection.hosts.cbegin(), connection.hosts.cend(), [&](const ConnectionHost &host) {
            return host.port == pgbouncer ||
                   (host.port == supabase && (host.name.endsWith(QLatin1StringView(".supabase.com")) ||
                                              host.name.endsWith(QLatin1StringView(".supabase.co"))));
        });
    return connection.isPooledNeon() || pooledPort ||
           connection.optionValue(QLatin1StringView("pgbouncer")) == QLatin1StringView("true");
}

ConnectionLint::ConnectionLint(const ConnectionString &connection, const LintContext &context,
                               const PlatformCatalogue *catalogue)
    : m_connection(connection)
    , m_context(context)
    , m_catalogue(catalogue)
    , m_client(clientOf(connection, context.client))
{
}

void ConnectionLint::report(const char *rule, const ConnectionSpan &place, const QString &message, const QString &fix)
{
    const QString id = s(rule);
    const QList<LintRule> &rules = connectionRules();
    const auto found = std::find_if(rules.cbegin(), rules.cend(), [&](const LintRule &each) { return each.id == id; });
    Q_ASSERT_X(found != rules.cend(), "ConnectionLint::report", rule);
    Place at = m_context.place;
    // In a file the line is that of the reference, and the column that in the string that it refers to.
    at.column = m_connection.column(place);
    m_findings.append({id, found == rules.cend() ? Severity::Warning : found->severity, at, message, fix});
}

QString ConnectionLint::shown(const ConnectionHost &host) const
{
    static const QRegularExpression plain(s(R"(\A[\w.\-:]+\z)"));
    const bool may = m_connection.mayShow(host.place) && plain.match(host.name).hasMatch();
    return may ? host.name : s("the host");
}

ConnectionSpan ConnectionLint::hostPlace() const
{
    return m_connection.hosts.isEmpty() ? m_connection.schemePlace : m_connection.hosts.first().place;
}

ConnectionSpan ConnectionLint::placeOf(const char *option) const
{
    const ConnectionOption *found = m_connection.option(QLatin1StringView(option));
    return found ? found->namePlace : m_connection.schemePlace;
}

bool ConnectionLint::isPrivate(const ConnectionHost &host) const
{
    if (isLocalHost(host) || isPrivateAddress(host.name))
        return true;
    const QStringList ids = m_catalogue ? m_catalogue->ids() : QStringList{};
    // One word is a service's name in Compose or Kubernetes.
    return (!host.name.isEmpty() && !host.name.contains(QLatin1Char('.'))) ||
           std::any_of(ids.cbegin(), ids.cend(),
                       [&](const QString &id) { return m_catalogue->find(id)->isPrivateHost(host.name); });
}

bool ConnectionLint::leavesTheHost() const
{
    return std::any_of(m_connection.hosts.cbegin(), m_connection.hosts.cend(),
                       [this](const ConnectionHost &host) { return !isPrivate(host); });
}

QList<Finding> ConnectionLint::take()
{
    for (const ConnectionProblem &problem : m_connection.problems)
        report(problem.rule.toUtf8().constData(), problem.place, problem.message, problem.fix);
    std::stable_sort(m_findings.begin(), m_findings.end(), errorsFirst);
    return std::move(m_findings);
}

void checkOptions(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    const QStringList known = knownOptions(connection.kind, lint.client());
    const bool mongo = connection.kind == DatabaseKind::MongoDb;
    QSet<QString> seen;
    for (const ConnectionOption &option : connection.options) {
        // Tags are given several times on purpose.
        const QString name = mongo ? option.name.toLower() : option.name;
        if (seen.contains(name) && name != QLatin1StringView("readpreferencetags") &&
            name != QLatin1StringView("compressors")) {
            const bool listed = known.contains(option.name, mongo ? Qt::CaseInsensitive : Qt::CaseSensitive) ||
                                libpqOptionNames().contains(option.name);
            lint.report("any/option-twice", option.namePlace,
                        listed ? s("%1 stands twice").arg(option.name) : s("an option stands twice"),
                        s("leave one of them"));
        }
        seen.insert(name);
        checkKnown(lint, option, known);
        checkValue(lint, option);
    }
}

void checkCredentials(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (connection.kind == DatabaseKind::Sqlite)
        return;
    checkPassword(lint);
    if (!connection.user || !connection.password)
        return;
    static const QStringList admins =
        words("postgres root admin administrator superuser default sa cloud_admin doadmin avnadmin rdsadmin dba");
    const qsizetype index = admins.indexOf(connection.user->toLower());
    if (index < 0)
        return;
    if (connection.kind == DatabaseKind::Redis) {
        if (connection.user == QLatin1StringView("default"))
            lint.report("any/default-user", connection.userPlace, s("the user \"default\" may do everything"));
        return;
    }
    const bool told = connection.password->reveal().contains(admins[index], Qt::CaseInsensitive);
    lint.report("any/admin-user", connection.userPlace,
                told ? s("the user is an administrator by its name")
                     : s("the user \"%1\" is an administrator by its name").arg(admins[index]),
                s("a user of the application's own, with rights on its database only"));
}

void checkHosts(ConnectionLint &lint)
{
    const ConnectionString &connection = lint.connection();
    if (connection.kind == DatabaseKind::Sqlite)
        return;
    for (const ConnectionHost &host : connection.hosts)
        checkOneHost(lint, host);
    const bool elsewhere = connection.option(QLatin1StringView("service")) != nullptr ||
                           connection.option(QLatin1StringView("hostaddr")) != nullptr;
    const bool broken = std::any_of(connection.problems.cbegin(), connection.problems.cend(), [](const auto &each) {
        return each.rule == QLatin1StringView("any/host") || each.rule == QLatin1StringView("any/port");
    });
    const bool named = std::any_of(connection.hosts.cbegin(), connection.hosts.cend(), [](const ConnectionHost &host) {
        return !host.name.isEmpty() || !host.socket.isEmpty();
    });
    if (!named && !elsewhere && !broken)
        lint.report("any/host-missing", connection.schemePlace, s("no host is named: drivers take this computer"),
                    s("HOST behind the @"));
}

void checkPool(ConnectionLint &lint)
{
    const LintContext &context = lint.context();
    if (!context.pool.isKnown() || lint.connection().kind == DatabaseKind::Sqlite)
        return;
    std::optional<ConnectionLimit> limit = connectionLimit(lint.connection(), context.plan, lint.catalogue());
    if (context.limit)
        limit = ConnectionLimit{*context.limit, 0, s("the database"), {}};
    const ConnectionSpan place = lint.hostPlace();
    const QString sum = context.pool.words();
    if (!limit && !context.plan.isEmpty()) {
        lint.report("any/pool-unknown", place, s("%1; no plan %2 is known for this host").arg(sum, context.plan),
                    s("--limit N, where the provider tells it; plans are known of Neon, Render and Atlas, each at its "
                      "own hosts"));
        return;
    }
    if (!limit) {
        lint.report("any/pool-unknown", place, s("%1; what the database takes is not known").arg(sum),
                    s("name its plan or its limit; during a deploy twice that is open"));
        return;
    }
    const QString takes =
        limit->reserved > 0
            ? s("%1 takes %2, %3 of them reserved").arg(limit->plan).arg(limit->connections).arg(limit->reserved)
            : s("%1 takes %2").arg(limit->plan).arg(limit->connections);
    const QString advice = s("make the pools smaller, or use a pooler");
    switch (poolFit(context.pool.total(), limit->usable())) {
    case PoolFit::TooMany:
        lint.report("any/pool-too-large", place, s("%1, and %2").arg(sum, takes), advice);
        break;
    case PoolFit::FitsOnce:
        lint.report("any/pool-deploy", place, s("%1; during a deploy twice that, and %2").arg(sum, takes), advice);
        break;
    case PoolFit::Fits:
        lint.report("any/pool-fits", place, s("%1; %2").arg(sum, takes));
        break;
    }
}

LintContext lintContextOf(const Backend &backend, const DatabaseEndpoint &database)
{
    LintContext context;
    context.client = databaseClient(database.client).value_or(DatabaseClient::Unknown);
    context.use = databaseUse(database.use).value_or(DatabaseUse::Unknown);
    context.platform = backend.platform;
    context.region = backend.region;
    context.stage = backend.stage;
    context.persistentDisk = database.disk;
    const DatabasePool &pool = database.pool;
    context.pool = {pool.workers, pool.size, pool.overflow, pool.instances};
    context.plan = database.plan;
    context.limit = database.limit;
    context.tunnel = !database.tunnel.isEmpty();
    context.place = database.place;
    return context;
}

QList<Finding> lintConnection(const ConnectionString &connection, const LintContext &context,
                              const PlatformCatalogue *catalogue)
{
    ConnectionLint lint(connection, context, catalogue);
    checkOptions(lint);
    checkCredentials(lint);
    checkHosts(lint);
    checkPool(lint);
    switch (connection.kind) {
    case DatabaseKind::Postgres:
        checkPostgres(lint);
        break;
    case DatabaseKind::MongoDb:
        checkMongo(lint);
        break;
    case DatabaseKind::Redis:
        checkRedis(lint);
        break;
    case DatabaseKind::UpstashRest:
        checkUpstash(lint);
        break;
    case DatabaseKind::Sqlite:
        checkSqlite(lint);
        break;
    }
    return lint.take();
}

} // namespace Switchyard
