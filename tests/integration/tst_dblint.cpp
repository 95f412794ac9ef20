// SPDX-License-Identifier: GPL-3.0-or-later
// db lint, as a person or a pipeline runs it; and the connection strings of the five sample systems.
#include "tests/support/cli.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char canary[] = "kanarienvogel-4711";

QStringList rulesOf(const CliResult &result)
{
    QStringList list;
    for (const QJsonValue finding : result.json()[s("findings")].toArray())
        list.append(finding[s("rule")].toString());
    return list;
}

} // namespace

class DbLintTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void references();
    void literals_data();
    void literals();
    void badInput_data();
    void badInput();
    void conversion();
    void workspace();
    void seeds_data();
    void seeds();
    void listOfRules();
    void junit();

private:
    bool write(const char *name, const QByteArray &text);
    CliResult run(const QStringList &arguments, const QString &secret = {});

    QTemporaryDir m_folder;
};

bool DbLintTest::write(const char *name, const QByteArray &text)
{
    QFile file(m_folder.filePath(s(name)));
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() &&
           file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
}

/// `secret` is the value of U in the environment.
CliResult DbLintTest::run(const QStringList &arguments, const QString &secret)
{
    CliOptions options;
    options.cwd = m_folder.path();
    options.environment = {{s("U"), secret}, {s("TOKEN"), s(canary)}};
    return runCli(QStringList{s("db"), s("lint")} + arguments, options);
}

void DbLintTest::references()
{
    const QString url =
        s("postgresql+asyncpg://app:kanarienvogel-4711@ep-cool-1.eu.aws.neon.tech/shop?sslmode=require");
    const CliResult json = run({s("env:U"), s("--format"), s("json")}, url);
    QVERIFY2(json.status == 1, qPrintable(json.out + json.err));
    QCOMPARE(validate(s("db-lint"), json.out.toUtf8()), QString());
    QCOMPARE(json.json()[s("stages")][0][s("stage")].toString(), s("lint"));
    QCOMPARE(json.json()[s("stages")][0][s("status")].toString(), s("fail"));
    QCOMPARE(json.json()[s("findings")][0][s("column")].toInt(), url.indexOf(s("sslmode")) + 1);
    QCOMPARE(json.json()[s("databases")][0][s("target")].toString(),
             s("postgresql+asyncpg://app@ep-cool-1.eu.aws.neon.tech/shop"));
    const CliResult text = run({s("env:U")}, url);
    QCOMPARE(text.status, 1);
    QVERIFY2(text.out.startsWith(s("env:U  postgresql+asyncpg://app@ep-cool-1.eu.aws.neon.tech/shop  fail\n")),
             qPrintable(text.out));
    QVERIFY(text.out.contains(s("column 77: error: ")) && text.out.contains(s("→ ssl=require")));
    QVERIFY(text.out.endsWith(s("1 error, 2 notes\n")));
    QVERIFY(!(json.out + json.err + text.out + text.err).contains(s(canary)));
    // From a file, and one that has nothing to mend.
    QVERIFY(write("url", "mongodb+srv://app:kanarienvogel-4711@c.abc.mongodb.net/shop?retryWrites=true&w=majority\n"));
    const CliResult file = run({s("file:url"), s("--for"), s("motor"), s("--platform"), s("render")});
    QVERIFY2(file.status == 0, qPrintable(file.out + file.err));
    QVERIFY(file.out.endsWith(s("nothing found\n")));
    QVERIFY(!(file.out + file.err).contains(s(canary)));
    // Through a pipe come all lines, as from a file: Upstash's two, and no second string that nobody looks at.
    CliOptions piped;
    piped.input =
        "UPSTASH_REDIS_REST_URL=\"https://a-b-1.upstash.io\"\nUPSTASH_REDIS_REST_TOKEN=\"kanarienvogel-4711\"\n";
    const CliResult upstash = runCli({s("db"), s("lint"), s("-")}, piped);
    QVERIFY2(upstash.status == 0, qPrintable(upstash.out + upstash.err));
    QVERIFY(!(upstash.out + upstash.err).contains(s(canary)));
    piped.input = "redis://a.example.com:6379/0\nredis://b.example.com:6379/99x\n";
    const CliResult both = runCli({s("db"), s("lint"), s("-")}, piped);
    QVERIFY2(both.status != 0, qPrintable(both.out + both.err));
}

void DbLintTest::literals_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("status");
    const auto row = [](const char *text, int status) { QTest::newRow(text) << s(text) << status; };
    row("postgresql://app:kanarienvogel-4711@h/db", 2);
    row("postgresql://app:kanarienvogel-4711/@h/db", 2);
    row("host=h password=kanarienvogel-4711", 2);
    row("host=h user=a password=' kanarienvogel-4711'", 2);
    row("redis://:kanarienvogel-4711@h", 2);
    row("redis://kanarienvogel-4711@h", 2);
    row("https://x:kanarienvogel-4711@x.upstash.io", 2);
    row("jdbc:postgresql://h/db?user=u&password=kanarienvogel-4711", 2);
    row("UPSTASH_REDIS_REST_TOKEN=kanarienvogel-4711", 2);
    row("app:kanarienvogel-4711@h/db", 2);
    row("redis://red-abc:6379", 0);
    row("postgresql://h.internal/db", 0);
    row("redis://cache.example.com", 1);
}

void DbLintTest::literals()
{
    QFETCH(QString, text);
    QFETCH(int, status);
    const CliResult result = run({text});
    QVERIFY2(result.status == status, qPrintable(result.out + result.err));
    QVERIFY(!(result.out + result.err).contains(s(canary)));
    if (status == 2)
        QVERIFY2(result.err.contains(s("env:NAME")) && result.out.isEmpty(), qPrintable(result.err));
}

void DbLintTest::badInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("nothing") << QStringList{};
    QTest::newRow("no such variable") << QStringList{s("env:NO_SUCH_VARIABLE")};
    QTest::newRow("no such file") << QStringList{s("file:nothing")};
    QTest::newRow("no database") << QStringList{s("mysql://h/db")};
    QTest::newRow("text") << QStringList{s("hello")};
    QTest::newRow("client") << QStringList{s("redis://h"), s("--for"), s("oracle")};
    QTest::newRow("use") << QStringList{s("redis://h"), s("--use"), s("fun")};
    QTest::newRow("platform") << QStringList{s("redis://h"), s("--platform"), s("moon")};
    QTest::newRow("stage") << QStringList{s("redis://h"), s("--stage"), s("staging")};
    QTest::newRow("form") << QStringList{s("redis://h"), s("--to"), s("odbc")};
    QTest::newRow("form of another kind") << QStringList{s("redis://h"), s("--to"), s("jdbc")};
    QTest::newRow("workers") << QStringList{s("redis://h"), s("--workers"), s("0")};
    QTest::newRow("out alone") << QStringList{s("redis://h"), s("--out"), s("x")};
    QTest::newRow("token") << QStringList{s("https://x.upstash.io"), s("--token"), s(canary)};
}

void DbLintTest::badInput()
{
    QFETCH(QStringList, arguments);
    const CliResult result = run(arguments);
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QCOMPARE(result.out, QString());
    QVERIFY(result.err.startsWith(s("switchyard-cli: ")));
    QVERIFY(!result.err.contains(s(canary)));
}

void DbLintTest::conversion()
{
    const QString url =
        s("postgres://app:kanarienvogel-4711%40@db.example.com/shop?sslmode=require&channel_binding=require");
    const CliResult masked = run({s("env:U"), s("--to"), s("sqlalchemy-asyncpg"), s("--format"), s("json")}, url);
    QCOMPARE(masked.status, 0);
    QCOMPARE(validate(s("db-lint"), masked.out.toUtf8()), QString());
    QVERIFY(!masked.out.contains(s(canary)));
    const QJsonValue conversion = masked.json()[s("databases")][0][s("conversion")];
    QCOMPARE(conversion[s("text")].toString(), s("postgresql+asyncpg://app:••••@db.example.com/shop?ssl=require"));
    QCOMPARE(conversion[s("changes")].toArray().size(), 3);
    const CliResult whole =
        run({s("env:U"), s("--to"), s("jdbc"), s("--with-secrets"), s("--out"), s("jdbc.txt"), s("--quiet")}, url);
    QCOMPARE(whole.status, 0);
    QFile file(m_folder.filePath(s("jdbc.txt")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(
        file.readAll(),
        QByteArray("jdbc:postgresql://db.example.com/shop?user=app&password=kanarienvogel-4711%40&sslmode=require\n"));
    QCOMPARE(QFileInfo(file).permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther),
             QFileDevice::Permissions());
    const CliResult upstash = run({s("https://x.upstash.io"), s("--token"), s("env:TOKEN"), s("--to"), s("rediss")});
    QVERIFY2(upstash.out.contains(s("rediss://default:••••@x.upstash.io:6379\n")),
             qPrintable(upstash.out + upstash.err));
    QVERIFY(!upstash.out.contains(s(canary)));
}

void DbLintTest::workspace()
{
    const QByteArray head = "schema = 1\nname = \"T\"\n[[component]]\nname = \"api\"\n"
                            "[[backend]]\nname = \"render\"\ncomponent = \"api\"\nplatform = \"render\"\n"
                            "url = \"https://a.onrender.com\"\nregion = \"ohio\"\n";
    QVERIFY(write(
        "switchyard.toml",
        head + "[[backend.database]]\nname = \"main\"\nurl = \"env:U\"\nfor = \"sqlalchemy-asyncpg\"\n"
               "plan = \"standard\"\npool = { workers = 4, size = 20, overflow = 10 }\n"
               "[[backend.database]]\nname = \"cache\"\nurl = \"https://x.upstash.io\"\ntoken = \"env:TOKEN\"\n"));
    const QString url =
        s("postgresql+asyncpg://app:kanarienvogel-4711@dpg-abc-a.oregon-postgres.render.com/shop?ssl=require");
    const CliResult result = run({s("--format"), s("json")}, url);
    QCOMPARE(result.status, 1);
    QCOMPARE(validate(s("db-lint"), result.out.toUtf8()), QString());
    QCOMPARE(rulesOf(result),
             (QStringList{s("any/pool-too-large"), s("postgresql/render-region"), s("postgresql/sslmode-unverified")}));
    const QJsonValue first = result.json()[s("findings")][0];
    QVERIFY2(first[s("message")].toString().contains(s("4 workers × (20 + 10) × 1 instance = 120 connections")),
             qPrintable(first[s("message")].toString()));
    QCOMPARE(first[s("line")].toInt(), 11);
    QCOMPARE(first[s("backend")].toString(), s("render"));
    QCOMPARE(result.json()[s("databases")].toArray().size(), 2);
    QCOMPARE(result.json()[s("databases")][1][s("status")].toString(), s("ok"));
    // An option goes before the workspace.
    QVERIFY(!rulesOf(run({s("--region"), s("oregon"), s("--format"), s("json")}, url))
                 .contains(s("postgresql/render-region")));
    // One that cannot be read: the others are still told, and the status is 2.
    const CliResult unset = run({s("--format"), s("json")});
    QCOMPARE(unset.status, 2);
    QCOMPARE(unset.json()[s("databases")].toArray().size(), 1);
    QVERIFY(unset.err.contains(s("\"main\" of \"render\"")));
    QVERIFY(!(result.out + unset.out + unset.err).contains(s(canary)));
    QCOMPARE(run({s("--backend"), s("nobody")}, url).status, 2);
    QVERIFY(
        write("switchyard.toml", head + "[[backend.database]]\nname = \"a\"\nurl = \"env:U\"\nfor = \"asincpg\"\n"));
    const CliResult typo = run({});
    QCOMPARE(typo.status, 2);
    QVERIFY2(typo.err.contains(s("switchyard.toml:14")) && typo.err.contains(s("asyncpg")), qPrintable(typo.err));
    QVERIFY(QFile::remove(m_folder.filePath(s("switchyard.toml"))));
}

void DbLintTest::seeds_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("rules");
    QTest::addColumn<int>("status");
    const auto row = [](const char *name, const char *text, const char *options, const char *rules, int status) {
        QTest::newRow(name) << s(text) << s(options).split(QLatin1Char(' '), Qt::SkipEmptyParts) << s(rules) << status;
    };
    // 0: its code demands tls=true and authSource=admin of an srv string, where both are implied.
    row("0: srv without tls=true",
        "mongodb+srv://cryptovault_app:Tr0ub4dor-and-3@cluster0.abcde.mongodb.net/"
        "cryptovault?retryWrites=true&w=majority",
        "--for motor --platform render", "", 0);
    row("0: as written",
        "mongodb+srv://cryptovault_app:PASSWORD@cluster.mongodb.net/cryptovault?retryWrites=true&w=majority"
        "&authSource=admin",
        "--platform render", "any/placeholder any/placeholder", 1);
    row("0: the example",
        "mongodb+srv://user:pass@cluster.mongodb.net/cryptovault?retryWrites=true&w=majority&tls=true"
        "&authSource=admin",
        "--platform render", "any/placeholder any/weak-password", 1);
    row("0: mongodb:// works with Atlas",
        "mongodb://app:Tr0ub4dor-and-3@cluster0-shard-00-00.abcde.mongodb.net:27017/"
        "?tls=true&replicaSet=atlas-1&authSource=admin",
        "--platform render", "mongodb/atlas-standard", 0);
    row("0: private address", "mongodb://10.0.0.5:27017", "--platform render", "any/private-address", 1);
    // 1: Upstash's REST address, with and without its token.
    row("1: no token", "https://xxx.upstash.io", "--platform fly", "any/placeholder upstash/token-missing", 1);
    row("1: with a token", "https://usw1-able-cat.upstash.io", "--platform fly --token env:TOKEN", "", 0);
    // 2: 4 workers × 30 are more than 100; internal addresses.
    row("2: pools", "postgresql+asyncpg://devskyy:Tr0ub4dor-and-3@dpg-abc123-a/devskyy_production",
        "--platform render --workers 4 --pool-size 20 --overflow 10 --plan standard", "any/pool-too-large", 1);
    row("2: the smaller pools", "postgresql+asyncpg://devskyy:Tr0ub4dor-and-3@dpg-abc123-a/devskyy_production",
        "--platform render --workers 2 --pool-size 10 --overflow 5 --plan starter", "any/pool-fits", 0);
    row("2: as written", "postgresql://devskyy:***@dpg-***/devskyy_production", "--for sqlalchemy-asyncpg",
        "any/placeholder postgresql/scheme any/placeholder", 1);
    row("2: redis", "redis://red-abc123:6379", "--platform render", "redis/render-internal", 0);
    // 3: sslmode breaks asyncpg; 97 connections of 104.
    row("3: sslmode",
        "postgresql+asyncpg://momentum:Tr0ub4dor-and-3@ep-cool-1.eu-central-1.aws.neon.tech/db?sslmode=require",
        "--platform render --use migrations", "postgresql/asyncpg-options postgresql/sslmode-unverified", 1);
    row("3: ssl",
        "postgresql+asyncpg://momentum:Tr0ub4dor-and-3@ep-cool-1.eu-central-1.aws.neon.tech/db?ssl=verify-full",
        "--platform render --workers 7 --pool-size 5 --overflow 10 --plan 0.25",
        "any/pool-too-large postgresql/neon-direct postgresql/root-certificate", 1);
    // 4: Redis on Render has no password, whatever it says; an internal host is none from outside.
    row("4: redis", "redis://red-abc123:6379", "--platform fly", "any/private-host redis/render-internal", 1);
    row("4: postgres:// of Fly", "postgres://cassino:Tr0ub4dor-and-3@cassino-db.flycast:5432/cassino?sslmode=disable",
        "--platform render --for sqlalchemy", "postgresql/scheme any/private-host", 1);
}

void DbLintTest::seeds()
{
    QFETCH(QString, text);
    QFETCH(QStringList, options);
    QFETCH(QString, rules);
    QFETCH(int, status);
    const CliResult result = run(QStringList{s("env:U"), s("--format"), s("json")} + options, text);
    QStringList found = rulesOf(result);
    QStringList expected = rules.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    found.sort();
    expected.sort();
    QCOMPARE(found.join(QLatin1Char(' ')), expected.join(QLatin1Char(' ')));
    QCOMPARE(result.status, status);
}

void DbLintTest::listOfRules()
{
    const CliResult text = run({s("--rules")});
    QCOMPARE(text.status, 0);
    QVERIFY(text.out.contains(s("postgresql/asyncpg-options")));
    const CliResult json = run({s("--rules"), s("--format"), s("json")});
    QVERIFY(json.json()[s("rules")].toArray().size() > 50);
}

/// A finding a test case: what makes the command fail fails there, too.
void DbLintTest::junit()
{
    const CliResult result =
        run({s("env:U"), s("--junit"), s("lint.xml")},
            s("postgresql+asyncpg://app:kanarienvogel-4711@ep-cool-1.eu.aws.neon.tech/shop?sslmode=require"));
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    QFile file(m_folder.filePath(s("lint.xml")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY2(!text.contains(canary), text.constData());
    QXmlStreamReader xml(text);
    QMap<QString, int> elements;
    QStringList failed;
    QString test;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        ++elements[xml.name().toString()];
        if (xml.name() == s("testsuite")) {
            QCOMPARE(xml.attributes().value(s("tests")), s("3"));
            QCOMPARE(xml.attributes().value(s("failures")), s("1"));
        }
        if (xml.name() == s("testcase"))
            test = xml.attributes().value(s("name")).toString();
        if (xml.name() == s("failure"))
            failed.append(test);
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QCOMPARE(elements[s("testcase")], 3); // as the text: 1 error, 2 notes
    QCOMPARE(failed, QStringList{s("postgresql/asyncpg-options")});
    // Nothing found: one that passes.
    QCOMPARE(run({s("redis://red-abc:6379"), s("--junit"), s("well.xml")}).status, 0);
    QFile well(m_folder.filePath(s("well.xml")));
    QVERIFY(well.open(QIODevice::ReadOnly));
    const QByteArray passing = well.readAll();
    QVERIFY2(passing.contains("failures=\"0\"") && passing.contains("<testcase"), passing.constData());
}

QTEST_GUILESS_MAIN(DbLintTest)
#include "tst_dblint.moc"
