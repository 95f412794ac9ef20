// SPDX-License-Identifier: GPL-3.0-or-later
// Conversions: the text, what is said about it, and that the parser of the target reads the same connection from it.
#include "models/database/strings/connectionforms.h"
#include "models/database/strings/connectionlint.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTest>

#include <algorithm>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

Result<ConvertedConnection> convert(const QString &text, const QString &form, const FormInput &input = {},
                                    const QString &token = {})
{
    const Result<ConnectionString> connection = parseConnectionString({text, {}, Secret(token)});
    if (!connection)
        return tl::unexpected(connection.error());
    return convertConnection(*connection, *connectionForm(form), input);
}

QString changesOf(const ConvertedConnection &converted)
{
    QStringList list;
    for (const FormChange &change : converted.changes)
        list.append(formChangeName(change.what) + QLatin1Char(' ') + change.name);
    return list.join(s(", "));
}

} // namespace

class ConnectionFormsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void names();
    void forms_data();
    void forms();
    void mongo();
    void upstash();
    void masked();
    void refused_data();
    void refused();
    void thereAndBack_data();
    void thereAndBack();
    void convertedTextHasNoErrors();
    void realParsersReadThem();
    void realParsersRefuse();
};

void ConnectionFormsTest::names()
{
    for (const QString &name : connectionFormNames())
        QCOMPARE(connectionFormName(*connectionForm(name)), name);
    QCOMPARE(connectionFormName(ConnectionForm::Rediss), s("rediss"));
    QVERIFY(!connectionForm(s("oracle")));
}

void ConnectionFormsTest::forms_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("form");
    QTest::addColumn<QString>("result");
    QTest::addColumn<QString>("changes");
    const auto row = [](const char *name, const char *text, const char *form, const char *result, const char *changes) {
        QTest::newRow(name) << s(text) << s(form) << s(result) << s(changes);
    };
    const char *neon = "postgresql://app:p%40w@ep-a-1.eu.aws.neon.tech/shop?sslmode=require&channel_binding=require";
    row("asyncpg", neon, "sqlalchemy-asyncpg",
        "postgresql+asyncpg://app:p%40w@ep-a-1.eu.aws.neon.tech/shop?ssl=require",
        "changed scheme, changed sslmode, dropped channel_binding");
    row("asyncpg pooler", "postgres://app:pw@ep-a-1-pooler.eu.aws.neon.tech/shop?sslmode=verify-full",
        "sqlalchemy-asyncpg",
        "postgresql+asyncpg://app:pw@ep-a-1-pooler.eu.aws.neon.tech/"
        "shop?ssl=verify-full&prepared_statement_cache_size=0&statement_cache_size=0",
        "changed scheme, changed sslmode, added prepared_statement_cache_size, added statement_cache_size");
    row("asyncpg back", "postgresql+asyncpg://app:pw@h:5433/shop?ssl=require", "libpq",
        "postgresql://app:pw@h:5433/shop?sslmode=require", "changed scheme, changed ssl");
    row("asyncpg's own options go", "postgresql+asyncpg://app:pw@h/shop?statement_cache_size=0&command_timeout=5",
        "libpq", "postgresql://app:pw@h/shop", "changed scheme, dropped statement_cache_size, dropped command_timeout");
    row("timeout", "postgresql://app:pw@h/shop?connect_timeout=5&application_name=x&options=-c%20a",
        "sqlalchemy-asyncpg", "postgresql+asyncpg://app:pw@h/shop",
        "changed scheme, dropped connect_timeout, dropped application_name, dropped options");
    row("sqlalchemy", "postgres://app:pw@h/shop?sslmode=require", "sqlalchemy",
        "postgresql://app:pw@h/shop?sslmode=require", "changed scheme");
    row("unchanged", "postgresql://app:pw@h/shop?sslmode=require", "sqlalchemy",
        "postgresql://app:pw@h/shop?sslmode=require", "");
    row("psycopg", "postgresql://app:pw@h:6432/shop", "sqlalchemy-psycopg", "postgresql+psycopg://app:pw@h:6432/shop",
        "changed prepare_threshold, changed scheme");
    row("sqlalchemy hosts", "postgresql://app:pw@h1:1,h2:2/shop?sslmode=require", "sqlalchemy",
        "postgresql://app:pw@/shop?host=h1%3A1&host=h2%3A2&sslmode=require", "changed host");
    row("sqlalchemy socket", "postgresql://app@%2Ftmp:5433/shop", "sqlalchemy",
        "postgresql://app@:5433/shop?host=%2Ftmp", "");
    row("key value", neon, "key-value",
        "host=ep-a-1.eu.aws.neon.tech dbname=shop user=app password=p@w sslmode=require channel_binding=require", "");
    row("key value quotes", "postgresql://a%20b:p%27%5C@%2Ftmp,[::1]:2/?application_name=", "key-value",
        "host=/tmp,::1 port=,2 user='a b' password='p\\'\\\\' application_name=''", "");
    row("from key value", "host=a,b port=1,2 user='a b' password='p w' dbname=d sslmode=prefer", "libpq",
        "postgresql://a%20b:p%20w@a:1,b:2/d?sslmode=prefer", "changed scheme");
    row("twice", "postgresql://h/d?sslmode=disable&sslmode=require", "libpq", "postgresql://h/d?sslmode=require",
        "dropped sslmode");
    row("jdbc",
        "postgresql://app:p%26w@h1:1,[::1]/shop?sslmode=require&connect_timeout=3&target_session_attrs=read-write",
        "jdbc",
        "jdbc:postgresql://h1:1,[::1]/"
        "shop?user=app&password=p%26w&sslmode=require&connectTimeout=3&targetServerType=primary",
        "changed scheme, changed user, changed connect_timeout, changed target_session_attrs");
    row("jdbc pooler", "postgresql://app:pw@h:6432/shop?channel_binding=require", "jdbc",
        "jdbc:postgresql://h:6432/shop?user=app&password=pw&prepareThreshold=0",
        "changed scheme, changed user, dropped channel_binding, added prepareThreshold");
    row("from jdbc", "jdbc:postgresql://h/shop?user=app&password=p%26w&ssl=true", "libpq",
        "postgresql://app:p%26w@h/shop?sslmode=verify-full", "changed scheme, changed ssl");
    row("ssl=true of libpq", "postgresql://h/d?ssl=true", "libpq", "postgresql://h/d?sslmode=require", "changed ssl");
    row("jdbc to asyncpg", "jdbc:postgresql://h/d?ssl=true", "sqlalchemy-asyncpg",
        "postgresql+asyncpg://h/d?ssl=verify-full", "changed scheme, changed ssl");
    row("jdbc to prisma", "jdbc:postgresql://h/d?ssl=true", "prisma",
        "postgresql://h/d?sslmode=require&sslaccept=strict", "changed scheme, changed ssl");
    row("jdbc to django", "jdbc:postgresql://h/d?ssl=true", "key-value", "host=h dbname=d sslmode=verify-full",
        "changed ssl");
    row("jdbc stays", "jdbc:postgresql://h/d?ssl=true", "jdbc", "jdbc:postgresql://h/d?ssl=true", "");
    row("jdbc to node", "jdbc:postgresql://h/d?ssl=true", "node-postgres", "postgresql://h/d?ssl=true",
        "changed scheme");
    row("jdbc without validation", "jdbc:postgresql://h/d?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory",
        "libpq", "postgresql://h/d?sslmode=require", "changed scheme, changed ssl, dropped an option");
    row("jdbc: sslmode counts", "jdbc:postgresql://h/d?sslmode=require&ssl=true", "libpq",
        "postgresql://h/d?sslmode=require", "changed scheme, dropped ssl");
    row("jdbc: ssl=false is its default", "jdbc:postgresql://h/d?ssl=false", "libpq", "postgresql://h/d",
        "changed scheme, dropped ssl");
    row("the system's authorities", "postgresql://h/d?sslmode=verify-full&sslrootcert=system", "jdbc",
        "jdbc:postgresql://h/d?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
        "changed scheme, changed sslrootcert");
    row("prisma", "postgresql://app:pw@h:6432/shop?sslmode=verify-full&target_session_attrs=any", "prisma",
        "postgresql://app:pw@h:6432/shop?sslmode=require&sslaccept=strict&pgbouncer=true",
        "changed sslmode, dropped target_session_attrs, added pgbouncer");
    row("dj-database-url", "postgres://app:pw@h/shop?sslmode=require", "dj-database-url",
        "postgresql://app:pw@h/shop?sslmode=require", "changed scheme");
    row("django", "postgres://app:p%22w@h:6432/shop?sslmode=require", "django",
        "{\n    \"ENGINE\": \"django.db.backends.postgresql\",\n    \"NAME\": \"shop\",\n    \"USER\": \"app\",\n"
        "    \"PASSWORD\": \"p\\\"w\",\n    \"HOST\": \"h\",\n    \"PORT\": \"6432\",\n"
        "    \"OPTIONS\": {\"sslmode\": \"require\"},\n    \"DISABLE_SERVER_SIDE_CURSORS\": True,\n}",
        "changed scheme, added DISABLE_SERVER_SIDE_CURSORS");
    row("node", neon, "node-postgres", "postgresql://app:p%40w@ep-a-1.eu.aws.neon.tech/shop?sslmode=require",
        "changed sslmode, dropped channel_binding");
    row("rediss", "redis://:p%40@h:6380/2", "rediss", "rediss://:p%40@h:6380/2", "changed scheme");
}

void ConnectionFormsTest::forms()
{
    QFETCH(QString, text);
    QFETCH(QString, form);
    QFETCH(QString, result);
    QFETCH(QString, changes);
    const Result<ConvertedConnection> converted = convert(text, form);
    QVERIFY2(converted, converted ? "" : qPrintable(converted.error().toString()));
    QCOMPARE(converted->text.reveal(), result);
    QCOMPARE(changesOf(*converted), changes);
    for (const FormChange &change : converted->changes)
        QVERIFY(!change.reason.isEmpty());
}

void ConnectionFormsTest::mongo()
{
    const FormInput input{{s("a-00.x.mongodb.net:27017"), s("a-01.x.mongodb.net:27017")},
                          s("authSource=admin&replicaSet=atlas-1-shard-0&evil=1")};
    const auto converted =
        convert(s("mongodb+srv://app:p%40w@a.x.mongodb.net/shop?w=majority"), s("mongo-standard"), input);
    QVERIFY(converted);
    QCOMPARE(converted->text.reveal(), s("mongodb://app:p%40w@a-00.x.mongodb.net:27017,a-01.x.mongodb.net:27017/"
                                         "shop?w=majority&authSource=admin&replicaSet=atlas-1-shard-0&tls=true"));
    QCOMPARE(changesOf(*converted), s("changed scheme, changed host, added authSource, added replicaSet, added tls"));
    // What the string says itself wins over the TXT record, and TLS that is off stays off.
    const auto own =
        convert(s("mongodb+srv://app:pw@a.x.mongodb.net/?authSource=other&tls=false"), s("mongo-standard"), input);
    QVERIFY(own->text.reveal().endsWith(s("/?authSource=other&tls=false&replicaSet=atlas-1-shard-0")));
    const auto withoutTxt = convert(s("mongodb+srv://app:pw@a.x.mongodb.net/"), s("mongo-standard"), {{s("h:1")}, {}});
    QVERIFY(withoutTxt->text.reveal().endsWith(s("/?tls=true&authSource=admin")));
}

void ConnectionFormsTest::upstash()
{
    const auto tcp = convert(s("https://x-1.upstash.io"), s("rediss"), {}, s("To/ken="));
    QVERIFY(tcp);
    QCOMPARE(tcp->text.reveal(), s("rediss://default:To%2Fken%3D@x-1.upstash.io:6379"));
    const auto rest = convert(tcp->text.reveal(), s("upstash-rest"));
    QVERIFY(rest);
    QCOMPARE(rest->text.reveal(), s("UPSTASH_REDIS_REST_URL=https://x-1.upstash.io\nUPSTASH_REDIS_REST_TOKEN=To/ken="));
    QVERIFY(!rest->masked.contains(s("ken")));
    QCOMPARE(convert(rest->text.reveal(), s("rediss"))->text.reveal(), tcp->text.reveal());
}

void ConnectionFormsTest::masked()
{
    for (const QString &form : connectionFormNames()) {
        for (const char *text : {"postgresql://app:Kanarie%40n@h/shop?sslpassword=Kanarien&sslmode=require",
                                 "mongodb+srv://app:Kanarie%40n@h.x.y/shop?tlsCertificateKeyFilePassword=Kanarien",
                                 "rediss://default:Kanarie%40n@x.upstash.io",
                                 "jdbc:postgresql://h/d?user=u&password=Kanarien&paswd=Kanarien"}) {
            const auto converted = convert(s(text), form, {{s("h:1")}, {}});
            if (!converted)
                continue;
            QVERIFY2(!converted->masked.contains(s("Kanarie")), qPrintable(converted->masked));
            QVERIFY(converted->masked.contains(s("••••")));
            const QJsonObject json = convertedToJson(*converted, false);
            QVERIFY(!QJsonDocument(json).toJson().contains("Kanarie"));
            QCOMPARE(json[s("masked")].toBool(), true);
            QVERIFY(convertedToJson(*converted, true)[s("text")].toString().contains(s("Kanarie")));
        }
    }
}

void ConnectionFormsTest::refused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("form");
    QTest::addColumn<QString>("word");
    const auto row = [](const char *name, const char *text, const char *form, const char *word) {
        QTest::newRow(name) << s(text) << s(form) << s(word);
    };
    row("doubtful", "postgresql://u:Kanarie@n@h/db", "jdbc", "unescaped");
    row("percent", "postgresql://u:Kanarie%@h/db", "jdbc", "hexadecimal");
    row("another kind", "redis://h", "jdbc", "no form");
    row("mongo as libpq", "mongodb://h/", "libpq", "no form");
    row("already standard", "mongodb://h/", "mongo-standard", "already");
    row("no hosts", "mongodb+srv://a.b.c/", "mongo-standard", "DNS");
    row("not Upstash", "rediss://:Kanarie@h.example.com", "upstash-rest", "only Upstash");
    row("no token", "https://x.upstash.io", "rediss", "token");
}

void ConnectionFormsTest::refused()
{
    QFETCH(QString, text);
    QFETCH(QString, form);
    QFETCH(QString, word);
    const auto converted = convert(text, form);
    QVERIFY(!converted);
    QCOMPARE(converted.error().kind, ErrorKind::Usage);
    QVERIFY2(converted.error().toString().contains(word), qPrintable(converted.error().toString()));
    QVERIFY(!converted.error().toString().contains(s("Kanarie")));
}

void ConnectionFormsTest::thereAndBack_data()
{
    QTest::addColumn<QString>("form");
    for (const char *form : {"key-value", "sqlalchemy", "sqlalchemy-psycopg", "sqlalchemy-asyncpg", "jdbc", "prisma",
                             "dj-database-url", "node-postgres"})
        QTest::newRow(form) << s(form);
}

void ConnectionFormsTest::thereAndBack()
{
    QFETCH(QString, form);
    for (const char *text : {"postgresql://u%20x:p%40%3A%2F%27%5C%25@h:5433/d?sslmode=verify-ca",
                             "postgresql://u:p@[::1]:1/d", "postgresql://u:p%2Bq%26@h/d?sslmode=require"}) {
        if (form == s("prisma") && s(text).contains(s("verify-ca")))
            continue; // it has no verify-ca: said, and not to be undone
        const auto there = convert(s(text), form);
        QVERIFY2(there, text);
        const auto back = convert(there->text.reveal(), s("libpq"));
        QVERIFY2(back, qPrintable(there->text.reveal()));
        QCOMPARE(back->text.reveal(), s(text));
    }
}

void ConnectionFormsTest::convertedTextHasNoErrors()
{
    // What we write for a client, our own rules for that client take.
    const QString text = s("postgres://app:Xy7-long%40enough@ep-a-1-pooler.eu.aws.neon.tech/"
                           "shop?sslmode=verify-full&channel_binding=require&connect_timeout=3");
    for (const auto &[form, client] :
         {std::pair("sqlalchemy-asyncpg", "sqlalchemy-asyncpg"), std::pair("sqlalchemy", "sqlalchemy"),
          std::pair("prisma", "prisma"), std::pair("libpq", "psql"), std::pair("jdbc", "jdbc")}) {
        const auto converted = convert(text, s(form));
        QVERIFY(converted);
        const auto connection = parseConnectionString({converted->text.reveal(), {}, {}});
        LintContext context;
        context.client = *databaseClient(s(client));
        context.use = DatabaseUse::Application;
        for (const Finding &finding : lintConnection(*connection, context, nullptr))
            QVERIFY2(finding.severity == Severity::Note, qPrintable(s(form) + s(": ") + finding.rule));
    }
}

void ConnectionFormsTest::realParsersReadThem()
{
    const QString text = s("postgresql://u%20x:p%40%3A%2F%27%5C%25%C3%A4@h:5433/shop?sslmode=require");
    QProcess python;
    python.start(s("/usr/bin/python3"), {s(SOURCE_DIR "/tests/backends/connectionparsers.py")});
    QVERIFY(python.waitForStarted());
    const QList<std::pair<const char *, const char *>> readers{
        {"libpq", "libpq"},           {"libpq", "key-value"},
        {"libpq", "dj-database-url"}, {"libpq", "node-postgres"},
        {"sqlalchemy", "sqlalchemy"}, {"sqlalchemy", "sqlalchemy-asyncpg"},
        {"asyncpg", "libpq"},         {"sqlalchemy", "sqlalchemy-psycopg"}};
    for (const auto &[parser, form] : readers)
        python.write(
            QJsonDocument(QJsonObject{{s("parser"), s(parser)}, {s("text"), convert(text, s(form))->text.reveal()}})
                .toJson(QJsonDocument::Compact) +
            '\n');
    python.closeWriteChannel();
    QVERIFY(python.waitForFinished(60'000));
    const QList<QByteArray> lines = python.readAllStandardOutput().trimmed().split('\n');
    if (lines.size() != readers.size())
        QSKIP("python3-asyncpg, -psycopg2 or -sqlalchemy is missing");
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QJsonObject answer = QJsonDocument::fromJson(lines[i]).object();
        QVERIFY2(!answer.contains(s("error")), lines[i].constData());
        QCOMPARE(answer[s("user")].toString(), s("u x"));
        QCOMPARE(answer[s("password")].toString(), s("p@:/'\\%ä"));
        QCOMPARE(answer[s("host")].toString(), s("h"));
        QCOMPARE(answer[s("port")].toString(), s("5433"));
        QCOMPARE(answer[s("database")].toString(), s("shop"));
        if (answer.contains(s("sslmode")))
            QCOMPARE(answer[s("sslmode")].toString(), s("require"));
    }
}

/// What db lint calls a form that the client does not read.
void ConnectionFormsTest::realParsersRefuse()
{
    struct Case
    {
        const char *parser, *client, *text;
    };
    const QList<Case> cases{{"sqlalchemy", "sqlalchemy", "host=h dbname=d user=u password=p"},
                            {"asyncpg", "asyncpg", "host=h dbname=d user=u password=p"},
                            {"sqlalchemy", "sqlalchemy", "jdbc:postgresql://h/d?user=u&password=p"},
                            {"asyncpg", "asyncpg", "jdbc:postgresql://h/d?user=u&password=p"},
                            {"libpq", "psql", "jdbc:postgresql://h/d?user=u&password=p"}};
    QProcess python;
    python.start(s("/usr/bin/python3"), {s(SOURCE_DIR "/tests/backends/connectionparsers.py")});
    QVERIFY(python.waitForStarted());
    for (const Case &each : cases)
        python.write(QJsonDocument(QJsonObject{{s("parser"), s(each.parser)}, {s("text"), s(each.text)}})
                         .toJson(QJsonDocument::Compact) +
                     '\n');
    python.closeWriteChannel();
    QVERIFY(python.waitForFinished(60'000));
    const QList<QByteArray> lines = python.readAllStandardOutput().trimmed().split('\n');
    for (qsizetype i = 0; i < cases.size(); ++i) {
        LintContext context;
        context.client = *databaseClient(s(cases[i].client));
        const QList<Finding> findings =
            lintConnection(*parseConnectionString({s(cases[i].text), {}, {}}), context, nullptr);
        QVERIFY2(std::any_of(findings.cbegin(), findings.cend(),
                             [](const Finding &each) { return each.rule == s("postgresql/client-form"); }),
                 cases[i].text);
    }
    if (lines.size() != cases.size())
        QSKIP("python3-asyncpg, -psycopg2 or -sqlalchemy is missing");
    for (const QByteArray &line : lines) {
        const QString error = QJsonDocument::fromJson(line).object()[s("error")].toString();
        QVERIFY2(!error.isEmpty(), line.constData());
        if (error.contains(s("ModuleNotFoundError")))
            QSKIP("python3-asyncpg or -sqlalchemy is missing");
    }
}

QTEST_GUILESS_MAIN(ConnectionFormsTest)
#include "tst_connectionforms.moc"
