// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/strings/connectionstring.h"

#include "models/common/redact.h"
#include "models/database/strings/connectionparts.h"

#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr qsizetype longest = 65'536;

/// Schemes by kind; the driver behind "+" is taken off first.
std::optional<DatabaseKind> kindOfScheme(const QString &scheme)
{
    static const QHash<QString, DatabaseKind> kinds{
        {s("postgres"), DatabaseKind::Postgres}, {s("postgresql"), DatabaseKind::Postgres},
        {s("mongodb"), DatabaseKind::MongoDb},   {s("redis"), DatabaseKind::Redis},
        {s("rediss"), DatabaseKind::Redis},      {s("unix"), DatabaseKind::Redis},
        {s("http"), DatabaseKind::UpstashRest},  {s("https"), DatabaseKind::UpstashRest},
        {s("sqlite"), DatabaseKind::Sqlite}};
    const auto found = kinds.constFind(scheme);
    return found == kinds.cend() ? std::nullopt : std::optional(*found);
}

tl::unexpected<Error> unknownText(const QString &message)
{
    return fail(ErrorKind::Usage, message,
                s("postgresql://…, host=… dbname=…, mongodb://…, mongodb+srv://…, redis://…, rediss://…, "
                  "https://….upstash.io with a token, or sqlite:///FILE"));
}

/// Whether a driver, or what stands in its place, may follow the scheme behind a "+".
bool takesDriver(DatabaseKind kind, const QString &driver)
{
    switch (kind) {
    case DatabaseKind::Postgres:
    case DatabaseKind::Sqlite:
        return true;
    case DatabaseKind::MongoDb:
        return driver == QLatin1StringView("srv");
    case DatabaseKind::Redis:
    case DatabaseKind::UpstashRest:
        break;
    }
    return false;
}

/// What people paste around it: blanks, quotes, the variable's name.
TextPart withoutWrapping(ConnectionString &connection, const QString &text)
{
    TextPart part{text, 0};
    const auto trim = [&part] {
        qsizetype begin = 0;
        while (begin < part.text.size() && part.text[begin].isSpace())
            ++begin;
        part = {part.text.mid(begin).trimmed(), part.offset + begin};
    };
    trim();
    static const QRegularExpression assignment(
        s(R"(\A(?:export\s+)?[A-Za-z_]\w*=\s*(?=["']?(?:postgres|mongodb|redis|unix|https?|sqlite|jdbc)[a-z0-9+]*:))"),
        QRegularExpression::DontCaptureOption);
    if (const QRegularExpressionMatch match = assignment.match(part.text); match.hasMatch()) {
        addProblem(connection, "any/wrapping", {part.offset, match.capturedLength()},
                   s("the name of a variable stands before the connection string"), s("leave it out of the value"));
        part = part.mid(match.capturedLength());
        trim();
    }
    for (const char quote : {'"', '\''}) {
        const QLatin1Char mark(quote);
        if (!part.text.startsWith(mark) || part.text.size() < 2)
            continue;
        addProblem(
            connection, "any/wrapping", {part.offset, 1}, s("quotes stand around the connection string"),
            s("a platform's dashboard and docker --env-file pass them on as a part of the value: leave them out"));
        const bool both = part.text.endsWith(mark);
        part = part.mid(1, part.text.size() - (both ? 2 : 1));
        trim();
        break;
    }
    return part;
}

/// Lines with UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, as Upstash's console shows them for copying.
bool readUpstashVariables(ConnectionString &connection, const QString &text)
{
    static const QRegularExpression line(
        s(R"re(^[ \t]*(?:export[ \t]+)?(?:UPSTASH_REDIS_REST|KV_REST_API)_(URL|TOKEN)[ \t]*=[ \t]*["']?([^"'\s]*))re"),
        QRegularExpression::MultilineOption);
    bool any = false;
    for (QRegularExpressionMatchIterator at = line.globalMatch(text); at.hasNext();) {
        const QRegularExpressionMatch match = at.next();
        any = true;
        if (match.capturedView(1) == QLatin1StringView("TOKEN")) {
            connection.password = Secret(match.captured(2));
            connection.passwordPlace = {match.capturedStart(2), match.capturedLength(2)};
            continue;
        }
        const QString url = match.captured(2);
        const qsizetype end = url.indexOf(QLatin1StringView("://"));
        connection.scheme = end < 0 ? QString() : url.left(end).toLower();
        connection.schemePlace = {match.capturedStart(2), std::max<qsizetype>(end, 0)};
        if (end >= 0)
            readUri(connection, {url.mid(end + 3), match.capturedStart(2) + end + 3});
    }
    if (any) {
        connection.kind = DatabaseKind::UpstashRest;
        connection.writing = ConnectionWriting::Variables;
    }
    return any;
}

bool looksLikeSqlite(const QString &text)
{
    static const QRegularExpression path(s(R"(\A(?::memory:|file:.+|(?!.*://)[^\s=@]+\.(?:db|db3|sqlite|sqlite3))\z)"),
                                         QRegularExpression::CaseInsensitiveOption);
    return path.match(text).hasMatch();
}

void readSqlite(ConnectionString &connection, const TextPart &part)
{
    QString text = part.text;
    const qsizetype question = text.indexOf(QLatin1Char('?'));
    TextPart path = part.mid(0, question);
    if (connection.writing == ConnectionWriting::Uri) {
        // SQLAlchemy, Prisma and others: behind "//" stands an authority that nobody uses.
        const qsizetype slash = path.text.indexOf(QLatin1Char('/'));
        if (slash != 0 && !path.text.isEmpty())
            addProblem(connection, "sqlite/slashes", path.span(),
                       s("behind sqlite: stand two slashes and a name: it is taken for a host"),
                       s("sqlite:///FILE for a path from the current folder, sqlite:////FOLDER/FILE for a whole one"));
        else
            path = path.mid(1);
    } else if (path.text.startsWith(QLatin1StringView("file:"))) {
        path = path.mid(5);
    }
    if (!path.text.isEmpty()) {
        connection.database = path.text;
        connection.databasePlace = path.span();
    }
    if (question < 0)
        return;
    qsizetype at = question + 1;
    for (const QString &pair : text.mid(at).split(QLatin1Char('&'))) {
        const qsizetype equals = pair.indexOf(QLatin1Char('='));
        if (equals > 0)
            addOption(connection, pair.left(equals), percentDecoded(pair.mid(equals + 1)), {part.offset + at, equals},
                      {part.offset + at + equals + 1, pair.size() - equals - 1});
        at += pair.size() + 1;
    }
}

void sortProblems(ConnectionString &connection)
{
    std::stable_sort(
        connection.problems.begin(), connection.problems.end(),
        [](const ConnectionProblem &a, const ConnectionProblem &b) { return a.place.offset < b.place.offset; });
}

/// The kind's scheme and what is behind it, or an error.
Result<ConnectionString> readByScheme(ConnectionString connection, TextPart part)
{
    if (part.text.startsWith(QLatin1StringView("jdbc:"), Qt::CaseInsensitive)) {
        connection.writing = ConnectionWriting::Jdbc;
        part = part.mid(5);
    }
    const qsizetype colon = part.text.indexOf(QLatin1Char(':'));
    const QString whole = part.text.left(colon).toLower();
    const QString scheme = whole.section(QLatin1Char('+'), 0, 0);
    const std::optional<DatabaseKind> kind = kindOfScheme(scheme);
    if (!kind)
        return unknownText(s("it does not begin with the scheme of a database that is known here"));
    if (!part.text.mid(colon).startsWith(QLatin1StringView("://")))
        return fail(ErrorKind::Usage, s("behind %1: there are not two slashes").arg(scheme),
                    s("%1://USER:PASSWORD@HOST/DATABASE").arg(scheme));
    const QString driver = whole.section(QLatin1Char('+'), 1);
    if (*kind == DatabaseKind::Redis && driver == QLatin1StringView("sentinel"))
        return fail(ErrorKind::Usage, s("%1+sentinel:// names sentinels, and they are not asked here").arg(scheme),
                    s("the address of the server itself: %1://HOST:6379/0").arg(scheme));
    if (whole.contains(QLatin1Char('+')) && !takesDriver(*kind, driver))
        return unknownText(s("behind %1+ stands nothing that is known here").arg(scheme));
    connection.kind = *kind;
    connection.scheme = scheme;
    connection.driver = connection.writing == ConnectionWriting::Jdbc ? s("jdbc") : driver;
    connection.schemePlace = part.mid(0, colon).span();
    if (*kind == DatabaseKind::Sqlite)
        readSqlite(connection, part.mid(colon + 3));
    else
        readUri(connection, part.mid(colon + 3));
    return connection;
}

} // namespace

QString databaseKindName(DatabaseKind kind)
{
    switch (kind) {
    case DatabaseKind::Postgres:
        return s("postgresql");
    case DatabaseKind::MongoDb:
        return s("mongodb");
    case DatabaseKind::Redis:
        return s("redis");
    case DatabaseKind::UpstashRest:
        return s("upstash-rest");
    case DatabaseKind::Sqlite:
        break;
    }
    return s("sqlite");
}

Result<ConnectionString> parseConnectionString(const ConnectionInput &input)
{
    if (input.text.size() > longest)
        return unknownText(s("it is longer than 64 KB"));
    ConnectionString connection;
    connection.text = input.text;
    if (input.text.trimmed().isEmpty())
        return unknownText(s("it is empty"));
    if (readUpstashVariables(connection, input.text)) {
        liftFields(connection);
        sortProblems(connection);
        return connection;
    }
    const TextPart part = withoutWrapping(connection, input.text);
    for (qsizetype i = 0; i < part.text.size(); ++i) {
        if (part.text[i] >= QLatin1Char(' ') && part.text[i] != QChar(0x7f))
            continue;
        addProblem(connection, "any/control-character", {part.offset + i, 1},
                   s("a line break or another control character stands in it"), s("write it on one line"));
        break;
    }
    if (looksLikeSqlite(part.text) || (input.kind == DatabaseKind::Sqlite && !part.text.contains(s("://")))) {
        connection.kind = DatabaseKind::Sqlite;
        connection.writing = ConnectionWriting::Path;
        connection.scheme = s("sqlite");
        readSqlite(connection, part);
    } else if (looksLikeKeyValue(part.text)) {
        connection.kind = DatabaseKind::Postgres;
        connection.writing = ConnectionWriting::KeyValue;
        connection.scheme = s("postgresql");
        readKeyValue(connection, part);
        liftFields(connection);
    } else {
        const bool url = part.text.contains(QLatin1Char(':'));
        if (!url)
            return unknownText(s("it is no URL, and no key=value text of PostgreSQL"));
        Result<ConnectionString> read = readByScheme(connection, part);
        if (!read)
            return read;
        connection = *std::move(read);
        liftFields(connection);
    }
    if (connection.kind == DatabaseKind::UpstashRest && !input.token.isEmpty())
        connection.password = input.token;
    sortProblems(connection);
    return connection;
}

bool connectionCarriesSecret(const QString &text)
{
    if (urlCarriesSecret(text) || redact(text) != text)
        return true;
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    if (!connection)
        return text.contains(QLatin1Char('@'));
    const bool option = std::any_of(connection->options.cbegin(), connection->options.cend(),
                                    [](const ConnectionOption &each) { return each.isSecret; });
    return option || (connection->password && !connection->password->isEmpty()) ||
           (connection->kind == DatabaseKind::Redis && connection->user) ||
           connection->shownFrom == std::numeric_limits<qsizetype>::max();
}

bool ConnectionString::mayShow(const ConnectionSpan &span) const
{
    return span.isSet() && span.offset >= shownFrom && (secretOptionAt < 0 || span.offset < secretOptionAt);
}

int ConnectionString::column(const ConnectionSpan &span) const
{
    return span.isSet() ? int(text.left(span.offset).toUcs4().size()) + 1 : 0;
}

bool ConnectionString::hostEndsWith(std::initializer_list<const char *> suffixes) const
{
    return std::any_of(hosts.cbegin(), hosts.cend(), [&](const ConnectionHost &host) {
        return std::any_of(suffixes.begin(), suffixes.end(), [&](const char *suffix) {
            return host.name.endsWith(QLatin1StringView(suffix), Qt::CaseInsensitive);
        });
    });
}

bool ConnectionString::isPooledNeon() const
{
    return hostEndsWith({".neon.tech"}) && std::any_of(hosts.cbegin(), hosts.cend(), [](const ConnectionHost &host) {
               return host.name.section(QLatin1Char('.'), 0, 0).endsWith(QLatin1StringView("-pooler"));
           });
}

const ConnectionOption *ConnectionString::option(QLatin1StringView name) const
{
    const Qt::CaseSensitivity cases = kind == DatabaseKind::MongoDb ? Qt::CaseInsensitive : Qt::CaseSensitive;
    for (auto it = options.crbegin(); it != options.crend(); ++it) {
        if (it->name.compare(name, cases) == 0)
            return &*it;
    }
    return nullptr;
}

QString ConnectionString::optionValue(QLatin1StringView name) const
{
    const ConnectionOption *found = option(name);
    return found ? found->value : QString();
}

int ConnectionString::portOf(const ConnectionHost &host) const
{
    if (host.port)
        return *host.port;
    switch (kind) {
    case DatabaseKind::Postgres:
        return 5432;
    case DatabaseKind::MongoDb:
        return 27017;
    case DatabaseKind::Redis:
        return 6379;
    case DatabaseKind::UpstashRest:
        return scheme == QLatin1StringView("http") ? 80 : 443;
    case DatabaseKind::Sqlite:
        break;
    }
    return 0;
}

QString ConnectionString::target() const
{
    static const QRegularExpression plainHost(s(R"(\A[\w.\-:*]+\z)"));
    static const QRegularExpression plainName(s(R"(\A[\w.\-]+\z)"));
    static const QString hidden = s("…");
    if (kind == DatabaseKind::Sqlite)
        return s("sqlite:%1").arg(redact(database.value_or(s(":memory:"))));
    QString result = scheme;
    if (!driver.isEmpty() && driver != QLatin1StringView("jdbc") && plainName.match(driver).hasMatch())
        result += QLatin1Char('+') + driver;
    result += s("://");
    // A user alone is often the password, or a token.
    // The keywords of key=value text tell what is what; a password that holds " dbname=" is none.
    const bool certain = writing == ConnectionWriting::KeyValue && problems.isEmpty();
    const bool named =
        user && password && plainName.match(*user).hasMatch() &&
        (userPlace.offset < schemePlace.offset + schemePlace.length + 4 || certain || mayShow(userPlace));
    if (named && shownFrom != std::numeric_limits<qsizetype>::max())
        result += *user + QLatin1Char('@');
    QStringList shown;
    for (const ConnectionHost &host : hosts) {
        const QString &name = host.socket.isEmpty() ? host.name : host.socket;
        const bool plain = plainHost.match(QString(name).remove(QLatin1Char('/'))).hasMatch();
        QString one = (certain || mayShow(host.place)) && (plain || name.isEmpty()) ? name : hidden;
        if (host.isIpv6() && one != hidden)
            one = QLatin1Char('[') + one + QLatin1Char(']');
        shown.append(host.port && one != hidden ? s("%1:%2").arg(one).arg(*host.port) : one);
    }
    result += shown.join(QLatin1Char(','));
    if (database && !database->isEmpty())
        result += QLatin1Char('/') +
                  ((certain || mayShow(databasePlace)) && plainName.match(*database).hasMatch() ? *database : hidden);
    return result;
}

QString percentEncoded(const QString &text)
{
    QString result;
    for (const char byte : text.toUtf8()) {
        const auto c = static_cast<unsigned char>(byte);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        result += plain ? QString(QLatin1Char(byte)) : QString::asprintf("%%%02X", unsigned(c));
    }
    return result;
}

} // namespace Switchyard
