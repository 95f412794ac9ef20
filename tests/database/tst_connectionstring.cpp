// SPDX-License-Identifier: GPL-3.0-or-later
// Reading connection strings: parts and their places, agreement with the real parsers, and that no message ever holds a
// piece of a password.
#include "models/database/strings/connectionforms.h"
#include "models/database/strings/connectionlint.h"
#include "models/platforms/platform.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ConnectionString parsed(const QString &text)
{
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    if (connection)
        return *connection;
    ConnectionString broken;
    broken.scheme = s("error: ") + connection.error().message;
    return broken;
}

QString joined(const ConnectionString &connection, bool defaultPort = false)
{
    QStringList hosts;
    for (const ConnectionHost &host : connection.hosts) {
        const QString name = host.socket.isEmpty() ? host.name : host.socket;
        const std::optional<int> port = defaultPort ? connection.portOf(host) : host.port;
        hosts.append(port ? s("%1:%2").arg(name).arg(*port) : name);
    }
    return hosts.join(QLatin1Char(','));
}

QString options(const ConnectionString &connection)
{
    QStringList list;
    for (const ConnectionOption &option : connection.options)
        list.append(option.name + QLatin1Char('=') + (option.isSecret ? option.secret.reveal() : option.value));
    return list.join(QLatin1Char('&'));
}

/// Everything that any of it may say to a person.
QStringList everythingSaid(const QString &text)
{
    static const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QStringList said;
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    if (!connection)
        return {connection.error().toString()};
    said.append(connection->target());
    for (const char *client : {"", "asyncpg", "sqlalchemy-asyncpg", "psql", "redis-py", "jdbc"}) {
        LintContext context;
        context.client = databaseClient(s(client)).value_or(DatabaseClient::Unknown);
        context.platform = s("render");
        context.region = s("ohio");
        context.pool = {4, 20, 10, 2};
        for (const Finding &finding : lintConnection(*connection, context, &*catalogue))
            said.append(finding.rule + s(" ") + finding.message + s(" ") + finding.fix);
    }
    for (const QString &name : connectionFormNames()) {
        const Result<ConvertedConnection> converted =
            convertConnection(*connection, *connectionForm(name), {{s("h1:27017")}, s("replicaSet=rs")});
        if (!converted) {
            said.append(converted.error().toString());
            continue;
        }
        said.append(converted->masked);
        for (const FormChange &change : converted->changes)
            said.append(change.name + s(" ") + change.reason);
    }
    return said;
}

constexpr char canary[] = "KANARIENvogel4711";

} // namespace

class ConnectionStringTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parts_data();
    void parts();
    void places();
    void problems_data();
    void problems();
    void refused_data();
    void refused();
    void targets_data();
    void targets();
    void carriesSecret();
    void realParsersAgree();
    void realParsersOnBrokenText();
    void noSecretIsSaid();
    void noCrash();

private:
    /// Asks tests/backends/connectionparsers.py; empty where that does not run.
    QList<QJsonObject> ask(const QList<std::pair<QString, QString>> &questions);
};

void ConnectionStringTest::parts_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("kind"); // and driver
    QTest::addColumn<QString>("hosts");
    QTest::addColumn<QString>("user");
    QTest::addColumn<QString>("password");
    QTest::addColumn<QString>("database");
    QTest::addColumn<QString>("rest");
    const auto row = [](const char *name, const char *text, const char *kind, const char *hosts, const char *user,
                        const char *password, const char *database, const char *rest = "") {
        QTest::newRow(name) << s(text) << s(kind) << s(hosts) << s(user) << s(password) << s(database) << s(rest);
    };
    row("libpq", "postgresql://u:p@h:5433/db?sslmode=require&application_name=x", "postgresql ", "h:5433", "u", "p",
        "db", "sslmode=require&application_name=x");
    row("short scheme", "postgres://u@h/db", "postgresql ", "h", "u", "", "db");
    row("encoded", "postgresql://u%40x:p%40%3A%2F%3F%23%25@h/d%20b", "postgresql ", "h", "u@x", "p@:/?#%", "d b");
    row("driver", "postgresql+asyncpg://u:p@h/db?ssl=require", "postgresql asyncpg", "h", "u", "p", "db",
        "ssl=require");
    row("several hosts", "postgresql://u:p@h1:1,h2,[::1]:3/db", "postgresql ", "h1:1,h2,::1:3", "u", "p", "db");
    row("socket", "postgresql://%2Fvar%2Frun%2Fpostgresql/db", "postgresql ", "/var/run/postgresql", "", "", "db");
    row("socket as option", "postgresql:///db?host=/tmp&port=5433", "postgresql ", "/tmp:5433", "", "", "db");
    row("fields as options", "postgresql://h/x?user=u&password=p&dbname=db", "postgresql ", "h", "u", "p", "db");
    row("sqlalchemy hosts", "postgresql+psycopg2://u:p@/db?host=h1:1&host=h2:2", "postgresql psycopg2", "h1:1,h2:2",
        "u", "p", "db");
    row("key value", "host=h port=1 dbname=db user=u password=p sslmode=require", "postgresql ", "h:1", "u", "p", "db",
        "sslmode=require");
    row("key value quoted", "host = h  password='a b\\'c\\\\d' user=x\\ y", "postgresql ", "h", "x y", "a b'c\\d", "");
    row("key value hosts", "host=a,b,c port=1,2,3 dbname=d", "postgresql ", "a:1,b:2,c:3", "", "", "d");
    row("key value one port", "host=a,b port=7", "postgresql ", "a:7,b:7", "", "", "");
    row("jdbc", "jdbc:postgresql://h:1,h2:2/db?user=u&password=p%26q&ssl=true", "postgresql jdbc", "h:1,h2:2", "u",
        "p&q", "db", "ssl=true");
    row("mongo srv", "mongodb+srv://u:p@c.abc.mongodb.net/db?retryWrites=true&w=majority", "mongodb srv",
        "c.abc.mongodb.net", "u", "p", "db", "retryWrites=true&w=majority");
    row("mongo hosts", "mongodb://u:p@h1:1,h2:2/?replicaSet=rs;tls=true", "mongodb ", "h1:1,h2:2", "u", "p", "",
        "replicaSet=rs&tls=true");
    row("mongo without slash", "mongodb://h?tls=true", "mongodb ", "h", "", "", "", "tls=true");
    row("redis", "redis://:p@h:6380/2", "redis ", "h:6380", "", "p", "2");
    row("redis user", "rediss://u:p@h", "redis ", "h", "u", "p", "");
    row("redis bare", "redis://red-abc:6379", "redis ", "red-abc:6379", "", "", "");
    row("redis db option", "redis://h?db=3", "redis ", "h", "", "", "3");
    row("redis socket", "unix://u:p@/tmp/r.sock?db=1", "redis ", "/tmp/r.sock", "u", "p", "1");
    row("upstash", "https://x-1.upstash.io", "upstash-rest ", "x-1.upstash.io", "", "", "");
    row("upstash lines", "UPSTASH_REDIS_REST_URL=\"https://x.upstash.io\"\nUPSTASH_REDIS_REST_TOKEN=\"AbC=\"\n",
        "upstash-rest ", "x.upstash.io", "", "AbC=", "");
    row("sqlite", "sqlite:///app.db", "sqlite ", "", "", "", "app.db");
    row("sqlite whole path", "sqlite+aiosqlite:////data/app.db?mode=ro", "sqlite aiosqlite", "", "", "", "/data/app.db",
        "mode=ro");
    row("sqlite memory", "sqlite://", "sqlite ", "", "", "", "");
    row("sqlite path", "data/app.sqlite3", "sqlite ", "", "", "", "data/app.sqlite3");
    // What was meant, where drivers disagree.
    row("raw at", "postgresql://u:p@ss@h/db", "postgresql ", "h", "u", "p@ss", "db");
    row("raw slash", "postgresql://u:p/w@h/db", "postgresql ", "h", "u", "p/w", "db");
    row("raw question mark", "postgresql://u:p?w@h:1/db", "postgresql ", "h:1", "u", "p?w", "db");
    row("raw hash", "redis://:p#w@h:1/0", "redis ", "h:1", "", "p#w", "0");
    row("raw colon", "redis://:p:w@h:1/0", "redis ", "h:1", "", "p:w", "0");
    row("at in an option", "postgresql://h:5432/db?application_name=a@b", "postgresql ", "h:5432", "", "", "db",
        "application_name=a@b");
    row("pasted", "  DATABASE_URL=\"postgresql://u:p@h/db\"\n", "postgresql ", "h", "u", "p", "db");
}

void ConnectionStringTest::parts()
{
    QFETCH(QString, text);
    const ConnectionString connection = parsed(text);
    QVERIFY2(!connection.scheme.startsWith(s("error")), qPrintable(connection.scheme));
    QFETCH(QString, kind);
    QCOMPARE(databaseKindName(connection.kind) + QLatin1Char(' ') + connection.driver, kind);
    QFETCH(QString, hosts);
    QCOMPARE(joined(connection), hosts);
    QFETCH(QString, user);
    QCOMPARE(connection.user.value_or(QString()), user);
    QFETCH(QString, password);
    QCOMPARE(connection.password.value_or(Secret()).reveal(), password);
    QFETCH(QString, database);
    QCOMPARE(connection.database.value_or(QString()), database);
    QFETCH(QString, rest);
    QCOMPARE(options(connection), rest);
}

void ConnectionStringTest::places()
{
    const QString text = s("postgresql://äb:p%40@h:5433,h2/db?sslmode=require");
    const ConnectionString connection = parsed(text);
    const auto at = [&text](const ConnectionSpan &span) { return text.mid(span.offset, span.length); };
    QCOMPARE(at(connection.schemePlace), s("postgresql"));
    QCOMPARE(at(connection.userPlace), s("äb"));
    QCOMPARE(at(connection.passwordPlace), s("p%40"));
    QCOMPARE(at(connection.hosts[0].place), s("h"));
    QCOMPARE(at(connection.hosts[0].portPlace), s("5433"));
    QCOMPARE(at(connection.hosts[1].place), s("h2"));
    QCOMPARE(at(connection.databasePlace), s("db"));
    QCOMPARE(at(connection.option(QLatin1StringView("sslmode"))->namePlace), s("sslmode"));
    QCOMPARE(at(connection.option(QLatin1StringView("sslmode"))->valuePlace), s("require"));
    // Columns count code points, from 1.
    QCOMPARE(connection.column(connection.passwordPlace), 17);
    QCOMPARE(parsed(s("redis://😀:p@h")).column(parsed(s("redis://😀:p@h")).passwordPlace), 11);
    QCOMPARE(connection.column({}), 0);
}

void ConnectionStringTest::problems_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("rule");
    QTest::addColumn<int>("column");
    const auto row = [](const char *text, const char *rule, int column) {
        QTest::newRow(text) << s(text) << s(rule) << column;
    };
    row("postgresql://u:p%4@h/db", "any/percent-encoding", 17);
    row("postgresql://u:p%zz@h/db", "any/percent-encoding", 17);
    row("postgresql://u:p%00@h/db", "any/percent-encoding", 17);
    row("postgresql://u:p@h/d%b", "any/percent-encoding", 21);
    row("postgresql://u:p@ss@h/db", "any/unescaped-character", 14);
    row("mongodb://u:p/w@h/db", "any/unescaped-character", 11);
    row("mongodb://u:p:w@h/db", "any/unescaped-character", 14);
    row("postgresql://u:p w@h/db", "any/unescaped-character", 17);
    row("postgresql://u:p@h:70000/db", "any/port", 20);
    row("postgresql://u:p@h:port/db", "any/port", 20);
    row("postgresql://u:p@::1/db", "any/host", 18);
    row("postgresql://u:p@[::1/db", "any/host", 18);
    row("postgresql://u:p@h/db?sslmode", "any/option", 23);
    row("postgresql://u:p@h/db?options=a=b", "any/option", 31);
    row("mongodb://h?tls=true", "mongodb/slash", 12);
    row("mongodb://u:a+b@h/", "mongodb/plus", 14);
    row("host=h password=a b", "postgresql/key-value", 19);
    row("host=h password='a b", "postgresql/key-value", 17);
    row("\"postgresql://u:p@h/db\"", "any/wrapping", 1);
    row("X=redis://h", "any/wrapping", 1);
    row("redis://h\n:6379", "any/control-character", 10);
    row("sqlite://app.db", "sqlite/slashes", 10);
}

void ConnectionStringTest::problems()
{
    QFETCH(QString, text);
    QFETCH(QString, rule);
    QFETCH(int, column);
    const ConnectionString connection = parsed(text);
    QStringList rules;
    for (const ConnectionProblem &problem : connection.problems)
        rules.append(s("%1 %2").arg(problem.rule).arg(connection.column(problem.place)));
    QVERIFY2(rules.contains(s("%1 %2").arg(rule).arg(column)), qPrintable(rules.join(s(", ")) + connection.scheme));
}

void ConnectionStringTest::refused_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text :
         {"", "   ", "KANARIENvogel4711", "mysql://u:KANARIENvogel4711@h", "postgresql:/u:KANARIENvogel4711@h",
          "redis+sentinel://:KANARIENvogel4711@h1:26379,h2:26379/mymaster/0", "redis+KANARIENvogel4711://h",
          "rediss+sentinel://h1:26379/KANARIENvogel4711/0", "mongodb+KANARIENvogel4711://h", "https+x://h.upstash.io",
          "KANARIENvogel4711://x", "://u:KANARIENvogel4711@h", "u:KANARIENvogel4711@h/db"})
        QTest::newRow(text) << s(text);
    QTest::newRow("long") << s("postgresql://u:KANARIENvogel4711@h/").repeated(3000);
}

void ConnectionStringTest::refused()
{
    QFETCH(QString, text);
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    QVERIFY(!connection);
    QCOMPARE(connection.error().kind, ErrorKind::Usage);
    QVERIFY(!connection.error().hint.isEmpty());
    QVERIFY(!connection.error().toString().contains(s(canary)));
}

void ConnectionStringTest::targets_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("target");
    const auto row = [](const char *text, const char *target) { QTest::newRow(text) << s(text) << s(target); };
    row("postgresql+asyncpg://app:x@db.example.com:5433/shop?sslmode=require",
        "postgresql+asyncpg://app@db.example.com:5433/shop");
    row("host=h user=app password=x dbname=shop", "postgresql://app@h/shop");
    row("host=h user=app dbname=shop password=x", "postgresql://app@h/shop");
    row("mongodb+srv://app:x@c.mongodb.net/shop", "mongodb+srv://app@c.mongodb.net/shop");
    row("redis://token@h:6379", "redis://h:6379");
    row("postgresql://u:p@ss@h/db", "postgresql://u@h/db");
    row("postgresql://u:secret/db", "postgresql://…/…");
    row("postgresql://h/db?application_name=a@b", "postgresql://…/…");
    row("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db");
    row("sqlite:///data/app.db", "sqlite:data/app.db");
}

void ConnectionStringTest::targets()
{
    QFETCH(QString, text);
    QTEST(parsed(text).target(), "target");
}

void ConnectionStringTest::carriesSecret()
{
    for (const char *text : {"postgresql://u:p@h/db", "redis://token@h", "host=h password=x", "mongodb://h/?password=x",
                             "u:p@h", "UPSTASH_REDIS_REST_TOKEN=abc", "jdbc:postgresql://h/db?user=u&password=p"})
        QVERIFY2(connectionCarriesSecret(s(text)), text);
    for (const char *text : {"postgresql://u@h/db", "redis://red-abc:6379", "host=h user=u", "https://x.upstash.io",
                             "sqlite:///a.db", "mongodb+srv://c.mongodb.net"})
        QVERIFY2(!connectionCarriesSecret(s(text)), text);
}

QList<QJsonObject> ConnectionStringTest::ask(const QList<std::pair<QString, QString>> &questions)
{
    QProcess python;
    python.start(s("/usr/bin/python3"), {s(SOURCE_DIR "/tests/backends/connectionparsers.py")});
    if (!python.waitForStarted())
        return {};
    for (const auto &[parser, text] : questions)
        python.write(
            QJsonDocument(QJsonObject{{s("parser"), parser}, {s("text"), text}}).toJson(QJsonDocument::Compact) + '\n');
    python.closeWriteChannel();
    python.waitForFinished(60'000);
    QList<QJsonObject> answers;
    for (const QByteArray &line : python.readAllStandardOutput().split('\n')) {
        if (!line.isEmpty())
            answers.append(QJsonDocument::fromJson(line).object());
    }
    if (answers.size() != questions.size())
        qWarning("%s", python.readAllStandardError().constData());
    return answers;
}

namespace {

/// Strings that are right, by chance but always the same.
class Generator final
{
public:
    explicit Generator(quint32 seed)
        : m_random(seed)
    {
    }

    int number(int below) { return int(m_random.bounded(below)); }
    QString one(const char *list)
    {
        const QStringList words = s(list).split(QLatin1Char(' '));
        return words[number(int(words.size()))];
    }
    QString word(bool wild)
    {
        static const QString tame = s("abcdefgXYZ0189_-.");
        static const QString all = s("abcXYZ019_-.~!$&'()*+,;=:@/?#[]%\" <>{}|\\^`äß€😀");
        QString text(QLatin1Char('a'));
        const QString &from = wild ? all : tame;
        for (int i = number(12); i >= 0; --i) {
            const int at = number(int(from.size()));
            if (!from[at].isSurrogate())
                text += from[at];
        }
        return text;
    }
    QString hosts(int most)
    {
        QStringList list;
        for (int i = number(most); i >= 0; --i) {
            QString host = one("h db.example.com 10.0.0.5 [::1] [fe80::1] ep-cool-123-pooler.eu.aws.neon.tech");
            if (number(2) == 0)
                host += s(":%1").arg(1 + number(65'535));
            list.append(host);
        }
        return list.join(QLatin1Char(','));
    }
    QString userinfo()
    {
        switch (number(4)) {
        case 0:
            return {};
        case 1:
            return percentEncoded(word(true)) + QLatin1Char('@');
        default:
            return percentEncoded(word(true)) + QLatin1Char(':') + percentEncoded(word(true)) + QLatin1Char('@');
        }
    }
    QString keyValue()
    {
        QStringList list;
        const auto add = [&](const char *name, QString value) {
            if (number(4) == 0)
                return;
            value.replace(QLatin1Char('\\'), s("\\\\")).replace(QLatin1Char('\''), s("\\'"));
            list.append(s(name) + one("= =") + QLatin1Char('\'') + value + QLatin1Char('\''));
        };
        add("host", one("h a,b /tmp"));
        add("user", word(true));
        add("password", word(true));
        add("dbname", word(true));
        list.append(one("port=1 sslmode=require connect_timeout=10"));
        return list.join(one("  ").isEmpty() ? s(" ") : s("  "));
    }

private:
    QRandomGenerator m_random;
};

/// How the two may differ, and why; empty: they must not.
QString explained(const QString &parser, const QString &text, const QString &error)
{
    if (parser == QLatin1String("asyncpg") && text.contains(QLatin1Char('[')) && error.contains(s("IPv6")))
        return s("Python's urlsplit, which asyncpg uses, wants one host where there are brackets");
    return {};
}

QString compared(const ConnectionString &ours, const QJsonObject &real, const QString &parser)
{
    QStringList hosts;
    QStringList ports;
    const bool defaults = parser == QLatin1String("asyncpg") || parser == QLatin1String("pymongo");
    for (const ConnectionHost &host : ours.hosts) {
        hosts.append(host.socket.isEmpty() ? host.name : host.socket);
        ports.append(host.port || defaults ? QString::number(ours.portOf(host)) : QString());
    }
    QString port = ports.join(QLatin1Char(','));
    // libpq: one port for all, and no port at all, are short forms.
    const QString realPort = real[s("port")].toString();
    const QStringList distinct = [&] {
        QStringList list = ports;
        list.removeDuplicates();
        return list;
    }();
    if (distinct.size() == 1 && distinct.first() == realPort)
        port = realPort;
    QStringList wrong;
    const auto check = [&](const char *name, QString mine, QString theirs) {
        // Bytes that are no UTF-8 become one or several replacement characters, as each decoder likes.
        static const QRegularExpression replaced(s("\uFFFD+"));
        mine.replace(replaced, s("?"));
        theirs.replace(replaced, s("?"));
        if (mine != theirs)
            wrong.append(s("%1: \"%2\" and \"%3\"").arg(s(name), mine, theirs));
    };
    check("host", hosts.join(QLatin1Char(',')), real[s("host")].toString());
    check("port", port, realPort);
    check("user", ours.user.value_or(QString()), real[s("user")].toString());
    check("password", ours.password.value_or(Secret()).reveal(), real[s("password")].toString());
    check("database", ours.database.value_or(QString()), real[s("database")].toString());
    return wrong.join(s("; "));
}

} // namespace

void ConnectionStringTest::realParsersAgree()
{
    Generator make(20'261'121);
    QList<std::pair<QString, QString>> questions;
    constexpr int each = 150;
    for (int i = 0; i < each; ++i) {
        // A name that only asyncpg would take from the environment is always given.
        const QString user =
            percentEncoded(make.word(true)) + QLatin1Char(':') + percentEncoded(make.word(true)) + QLatin1Char('@');
        questions.append({s("libpq"), make.one("postgresql postgres") + s("://") + make.userinfo() + make.hosts(3) +
                                          QLatin1Char('/') + percentEncoded(make.word(true)) +
                                          make.one("?sslmode=require ?application_name=a%20b&connect_timeout=3 ?")});
        questions.append({s("libpq"), make.keyValue()});
        questions.append({s("sqlalchemy"), make.one("postgresql postgresql+asyncpg postgresql+psycopg2") + s("://") +
                                               make.userinfo() + make.hosts(1) + QLatin1Char('/') + make.word(false) +
                                               make.one("?sslmode=require ?ssl=require&x=y ")});
        questions.append({s("asyncpg"), s("postgresql://") + user + make.hosts(3) + QLatin1Char('/') +
                                            percentEncoded(make.word(true)) + make.one("?sslmode=require ")});
        questions.append({s("pymongo"), s("mongodb://") + (make.number(2) ? user : QString()) + make.hosts(3) +
                                            QLatin1Char('/') + make.one("db shop ") +
                                            make.one("?tls=true ?retryWrites=true&w=majority ")});
        questions.append({s("redis"), make.one("redis rediss") + s("://") + make.userinfo() + make.hosts(1) +
                                          make.one("/0 /15 ") + make.one("?socket_timeout=3 ")});
    }
    const QList<QJsonObject> answers = ask(questions);
    if (answers.isEmpty())
        QSKIP("python3-asyncpg, -psycopg2, -pymongo, -redis or -sqlalchemy is missing");
    QCOMPARE(answers.size(), questions.size());
    QMap<QString, int> agreed;
    int excused = 0;
    for (qsizetype i = 0; i < questions.size(); ++i) {
        const auto &[parser, text] = questions[i];
        const QString error = answers[i][s("error")].toString();
        if (!error.isEmpty()) {
            QVERIFY2(!explained(parser, text, error).isEmpty(),
                     qPrintable(s("%1 refuses %2: %3").arg(parser, text, error)));
            ++excused;
            continue;
        }
        const ConnectionString ours = parsed(text);
        QVERIFY2(ours.problems.isEmpty(),
                 qPrintable(text + s(": ") + (ours.problems.isEmpty() ? QString() : ours.problems.first().message)));
        const QString wrong = compared(ours, answers[i], parser);
        QVERIFY2(wrong.isEmpty(), qPrintable(s("%1, %2: %3").arg(parser, text, wrong)));
        ++agreed[parser];
    }
    for (const char *parser : {"libpq", "sqlalchemy", "asyncpg", "pymongo", "redis"})
        QVERIFY2(agreed[s(parser)] >= each / 3, parser);
    QVERIFY(agreed[s("libpq")] == 2 * each && excused < each);
}

void ConnectionStringTest::realParsersOnBrokenText()
{
    Generator make(4'711);
    QList<std::pair<QString, QString>> questions;
    for (int i = 0; i < 600; ++i) {
        QString text = i % 3 == 0 ? make.keyValue()
                                  : s("postgresql://user:") + percentEncoded(make.word(true)) + QLatin1Char('@') +
                                        make.hosts(2) + s("/db?sslmode=require");
        for (int k = make.number(2); k >= 0; --k) {
            const int at = make.number(int(text.size()));
            const QString with = make.one("% : / ? # @ [ ] = & ' \\ , x");
            text = make.number(2) ? text.left(at) + with + text.mid(at) : text.left(at) + text.mid(at + 1);
        }
        questions.append({s("libpq"), text});
    }
    const QList<QJsonObject> answers = ask(questions);
    if (answers.isEmpty())
        QSKIP("python3-psycopg2 is missing, which brings libpq");
    QCOMPARE(answers.size(), questions.size());
    int refusedByBoth = 0;
    int agreed = 0;
    for (qsizetype i = 0; i < questions.size(); ++i) {
        const QString &text = questions[i].second;
        const Result<ConnectionString> ours = parseConnectionString({text, {}, {}});
        LintContext context;
        context.client = DatabaseClient::Libpq;
        bool complains = !ours;
        for (const Finding &finding : ours ? lintConnection(*ours, context, nullptr) : QList<Finding>{})
            complains = complains || finding.severity == Severity::Error || finding.rule == s("any/unknown-option");
        const QString error = answers[i][s("error")].toString();
        if (!error.isEmpty()) {
            // What libpq refuses is never passed without a word.
            QVERIFY2(complains, qPrintable(text + s(": ") + error));
            ++refusedByBoth;
        } else if (!complains && ours->kind == DatabaseKind::Postgres) {
            // And what both take without a word is the same to both.
            const QString wrong = compared(*ours, answers[i], s("libpq"));
            QVERIFY2(wrong.isEmpty(), qPrintable(text + s(": ") + wrong));
            ++agreed;
        }
    }
    QVERIFY2(refusedByBoth > 60 && agreed > 60, qPrintable(s("%1 %2").arg(refusedByBoth).arg(agreed)));
}

void ConnectionStringTest::noSecretIsSaid()
{
    Generator make(99);
    const QString specials = s("@:/?#%&=[]<> '\"\\,;+|^`{}$!~*()");
    const auto special = [&] { return QString(specials[make.number(int(specials.size()))]); };
    qsizetype said = 0;
    for (int i = 0; i < 4000; ++i) {
        // A password with anything in it, escaped or not, around a piece that would be known again.
        QString password;
        for (int k = make.number(3); k > 0; --k)
            password += special() + make.one("a 12 x=y h/d");
        password += s(canary);
        const bool raw = make.number(2) == 0;
        if (raw) {
            for (int k = make.number(3); k > 0; --k)
                password += special() + make.one("b 34 z");
        } else {
            password = percentEncoded(password);
        }
        const QString tail =
            make.one("/db /db?sslmode=require /?authSource=admin&w=1 /0 ?tls=true /db?unknown_thing=1");
        QString text;
        switch (make.number(5)) {
        case 0:
            text = s("host=h user=app dbname=db password=") + (raw ? password : s("'%1'").arg(password)) +
                   make.one(" \x20sslmode=require");
            break;
        case 1:
            text = s("postgresql://h/db?user=u&password=") + percentEncoded(password) + make.one(" &sslmode=require");
            break;
        case 2:
            text = make.one("UPSTASH_REDIS_REST_URL=https://x.upstash.io\nUPSTASH_REDIS_REST_TOKEN="
                            " jdbc:postgresql://h/db?user=u&password=") +
                   percentEncoded(password);
            break;
        default:
            text = make.one("postgresql postgres postgresql+asyncpg mongodb mongodb+srv redis rediss https") +
                   s("://") + make.one("app postgres u%40x  ") + QLatin1Char(':') + password + QLatin1Char('@') +
                   make.hosts(2) + tail;
        }
        // One slip of the hand, but for the "@" that a raw password ends at: without it nothing tells the two apart.
        if (!raw && make.number(2) == 0) {
            const qsizetype begin = text.indexOf(s(canary));
            const int at = make.number(int(text.size()));
            if (at < begin || at >= begin + qsizetype(qstrlen(canary)))
                text = make.number(2) && text[at] != QLatin1Char('@') ? text.left(at) + text.mid(at + 1)
                                                                      : text.left(at) + special() + text.mid(at);
        }
        for (const QString &one : everythingSaid(text)) {
            ++said;
            QVERIFY2(!one.contains(s("NARIEN")), qPrintable(s("%1\nsays: %2").arg(text, one)));
        }
    }
    QVERIFY(said > 40'000);
}

void ConnectionStringTest::noCrash()
{
    Generator make(7);
    const QString alphabet = s("postgresqlmongodb+srv://:@/?#&=%[],;' \\\"\n\t0159abz😀\u0000");
    for (int i = 0; i < 20'000; ++i) {
        QString text = make.one("postgresql:// mongodb+srv:// redis:// https:// sqlite:// host= jdbc:postgresql:// ");
        for (int k = make.number(40); k > 0; --k)
            text += alphabet[make.number(int(alphabet.size()))];
        const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
        if (!connection)
            continue;
        (void)lintConnection(*connection, {}, nullptr);
        for (const QString &name : connectionFormNames())
            (void)convertConnection(*connection, *connectionForm(name), {{s("h:1")}, {}});
        for (const ConnectionProblem &problem : connection->problems)
            QVERIFY(problem.place.offset >= 0 && problem.place.offset <= text.size());
    }
}

QTEST_GUILESS_MAIN(ConnectionStringTest)
#include "tst_connectionstring.moc"
