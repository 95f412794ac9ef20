// SPDX-License-Identifier: GPL-3.0-or-later
// db probe as a person or a pipeline runs it: real servers, several at once, what each exit status means, and that no
// password is in anything it writes.
#include "tests/support/cli.h"
#include "tests/support/mongopeer.h"
#include "tests/support/nameserver.h"
#include "tests/support/postgresserver.h"
#include "tests/support/redisserver.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QXmlStreamReader>

#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char planted[] = "Planted-Pw-9153qrs";

QString statusOf(const CliResult &result, const QString &database, const char *stage)
{
    for (const QJsonValue each : result.json()[s("stages")].toArray()) {
        if (each[s("database")].toString() == database && each[s("stage")].toString() == s(stage))
            return each[s("status")].toString();
    }
    return s("(none)");
}

} // namespace

class DbProbeTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void severalAtOnce();
    void workspace();
    void migrations();
    void mongo();
    void reachOnly();
    void resolver();
    void badResolver();
    void service();
    void nothingLearnt();
    void interrupted();
    void usage_data();
    void usage();

private:
    QString write(const char *name, const QByteArray &text) const;
    CliResult probe(const QStringList &arguments, CliOptions options = {});

    QTemporaryDir m_folder;
    std::unique_ptr<RedisServer> m_redis;
    std::unique_ptr<PostgresServer> m_postgres;
    QMap<QString, QString> m_secrets;
    QString m_said; ///< all that was printed
};

QString DbProbeTest::write(const char *name, const QByteArray &text) const
{
    const QString path = m_folder.filePath(s(name));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        return {};
    return path;
}

CliResult DbProbeTest::probe(const QStringList &arguments, CliOptions options)
{
    options.environment.insert(m_secrets);
    if (options.cwd.isEmpty())
        options.cwd = m_folder.path();
    const CliResult result = runCli(QStringList{s("db"), s("probe")} + arguments, options);
    m_said += result.out + result.err;
    return result;
}

void DbProbeTest::initTestCase()
{
    m_redis = std::make_unique<RedisServer>(QStringList{s("requirepass ") + s(planted)});
    QVERIFY2(m_redis->port() != 0, qPrintable(m_redis->said()));
    m_secrets.insert(s("REDIS_URL"), s("redis://:%1@127.0.0.1:%2/0").arg(s(planted)).arg(m_redis->port()));
    m_secrets.insert(s("BAD_URL"), s("redis://:%1-wrong@127.0.0.1:%2/0").arg(s(planted)).arg(m_redis->port()));
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        return;
    m_postgres = std::make_unique<PostgresServer>();
    QVERIFY2(m_postgres->start({}, "host all all 127.0.0.1/32 scram-sha-256\n"), m_postgres->log().constData());
    QString made = m_postgres->sql(s("create role app login password '%1'").arg(s(planted)));
    made += m_postgres->sql(s("create database shop owner app"));
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
    m_secrets.insert(s("DATABASE_URL"), m_postgres->url(s("app:") + s(planted)));
}

void DbProbeTest::cleanup()
{
    QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
    m_said.clear();
}

void DbProbeTest::severalAtOnce()
{
    const QString junit = m_folder.filePath(s("probe.xml"));
    const CliResult result =
        probe({s("env:REDIS_URL"), s("env:BAD_URL"), s("--format"), s("json"), s("--junit"), junit});
    QVERIFY2(result.status == 1, qPrintable(result.err));
    const QString invalid = validate(s("db-probe"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QCOMPARE(result.json()[s("databases")].toArray().size(), 2);
    for (const char *stage : {"tcp", "auth", "query"})
        QCOMPARE(statusOf(result, s("env:REDIS_URL"), stage), s("ok"));
    QCOMPARE(statusOf(result, s("env:BAD_URL"), "auth"), s("fail"));
    QCOMPARE(statusOf(result, s("env:BAD_URL"), "query"), s("not-reached"));
    QVERIFY2(result.err.contains(s("env:BAD_URL: auth fail")), qPrintable(result.err));
    QFile file(junit);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray xml = file.readAll();
    m_said += QString::fromUtf8(xml);
    QXmlStreamReader reader(xml);
    int failures = 0;
    while (!reader.atEnd())
        failures += reader.readNext() == QXmlStreamReader::StartElement && reader.name() == s("failure") ? 1 : 0;
    QVERIFY2(!reader.hasError(), xml);
    QCOMPARE(failures, 1);
    // The good one alone, as text: one that may do everything, over a plain connection, is worth a warning and no more.
    const CliResult alone = probe({s("env:REDIS_URL")});
    QVERIFY2(alone.status == 0, qPrintable(alone.out + alone.err));
    QVERIFY2(alone.out.contains(s("headroom")), qPrintable(alone.out));
}

void DbProbeTest::workspace()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    QVERIFY(!write("switchyard.toml", "schema = 1\nname = \"shop\"\n[[backend]]\nname = \"api\"\nplatform = \"local\"\n"
                                      "url = \"http://127.0.0.1:9\"\n"
                                      "  [[backend.database]]\n  name = \"main\"\n  url = \"env:DATABASE_URL\"\n"
                                      "  [[backend.database]]\n  name = \"cache\"\n  url = \"env:REDIS_URL\"\n")
                 .isEmpty());
    const CliResult result = probe({s("--format"), s("json"), s("--backend"), s("api")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    for (const char *database : {"main", "cache"}) {
        for (const char *stage : {"tcp", "auth", "query"})
            QCOMPARE(statusOf(result, s(database), stage), s("ok"));
    }
    const QJsonObject main = result.json()[s("databases")][0].toObject();
    QCOMPARE(main[s("backend")].toString(), s("api"));
    QVERIFY2(main[s("server")].toString().contains(s("15")), qPrintable(main[s("server")].toString()));
    // A reference that leads nowhere keeps nobody from asking the other.
    QVERIFY(!write("switchyard.toml", "schema = 1\nname = \"shop\"\n[[backend]]\nname = \"api\"\nplatform = \"local\"\n"
                                      "url = \"http://127.0.0.1:9\"\n"
                                      "  [[backend.database]]\n  name = \"main\"\n  url = \"env:SWITCHYARD_NO_SUCH\"\n"
                                      "  [[backend.database]]\n  name = \"cache\"\n  url = \"env:REDIS_URL\"\n")
                 .isEmpty());
    const CliResult half = probe({s("--format"), s("json")});
    QVERIFY2(half.status == 2, qPrintable(half.out + half.err));
    QVERIFY2(half.err.contains(s("SWITCHYARD_NO_SUCH")), qPrintable(half.err));
    QCOMPARE(statusOf(half, s("cache"), "query"), s("ok"));
    QCOMPARE(half.json()[s("databases")].toArray().size(), 1);
}

void DbProbeTest::migrations()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    QVERIFY(QDir(m_folder.path()).mkpath(s("alembic/versions")));
    QVERIFY(!write("alembic/env.py", "from alembic import context\n").isEmpty());
    QVERIFY(!write("alembic/versions/one.py", "revision = 'aaa111'\ndown_revision = None\n").isEmpty());
    QVERIFY(!write("alembic/versions/two.py", "revision = 'bbb222'\ndown_revision = 'aaa111'\n").isEmpty());
    const QStringList arguments{s("env:DATABASE_URL"), s("--migrations"), m_folder.path(), s("--format"), s("json")};
    const auto state = [&] {
        const CliResult result = probe(arguments);
        if (result.out.isEmpty())
            return result.err;
        const QString invalid = validate(s("db-probe"), result.out.toUtf8());
        if (!invalid.isEmpty() && !invalid.startsWith(s("skip")))
            return invalid;
        return result.json()[s("databases")][0][s("alembic")][s("agreement")].toString();
    };
    QCOMPARE(state(), s("not-started"));
    const QString made = m_postgres->sql(s("create table alembic_version (version_num varchar(32) primary key);"
                                           "insert into alembic_version values ('aaa111');"
                                           "grant select on alembic_version to app"),
                                         s("shop"));
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
    QCOMPARE(state(), s("behind"));
    m_postgres->sql(s("update alembic_version set version_num = 'bbb222'"), s("shop"));
    QCOMPARE(state(), s("current"));
    m_postgres->sql(s("update alembic_version set version_num = 'zzz999'"), s("shop"));
    QCOMPARE(state(), s("foreign"));
}

/// A replica set by mongodb+srv: SRV and TXT records by our own resolver, TLS with our own authority.
void DbProbeTest::mongo()
{
    const TestCertificates certificates;
    MongoScript script;
    script.user = "app";
    script.password = planted;
    script.source = "people";
    script.tls = certificates.good();
    MongoPeer server(script);
    server.change([&](MongoScript &change) {
        change.hello =
            "{\"setName\": \"rs0\", \"hosts\": [\"" + server.name() + "\"], \"me\": \"" + server.name() + "\"}";
    });
    const NameServer names({s("--host-record=h.cluster.test,127.0.0.1"),
                            s("--srv-host=_mongodb._tcp.cluster.test,h.cluster.test,%1").arg(server.port()),
                            s("--txt-record=cluster.test,authSource=people&replicaSet=rs0")});
    QVERIFY2(!names.address().isEmpty(), qPrintable(names.said()));
    const QString options = s("/?tlsAllowInvalidHostnames=true");
    m_secrets.insert(s("MONGO_URL"), s("mongodb+srv://app:%1@cluster.test").arg(s(planted)) + options);
    m_secrets.insert(s("WRONG_URL"), s("mongodb+srv://app:%1-wrong@cluster.test").arg(s(planted)) + options);
    const CliResult result = probe({s("env:MONGO_URL"), s("env:WRONG_URL"), s("--resolver"), names.address(), s("--ca"),
                                    certificates.caFile(), s("--format"), s("json")});
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    const QString invalid = validate(s("db-probe"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    for (const char *stage : {"dns", "srv", "tcp", "auth", "query", "privileges", "headroom"})
        QVERIFY2(statusOf(result, s("env:MONGO_URL"), stage) == s("ok"), qPrintable(result.out));
    QCOMPARE(statusOf(result, s("env:WRONG_URL"), "srv"), s("ok"));
    QCOMPARE(statusOf(result, s("env:WRONG_URL"), "auth"), s("fail"));
    QCOMPARE(statusOf(result, s("env:WRONG_URL"), "query"), s("not-reached"));
    QCOMPARE(result.json()[s("databases")][0][s("headroom")][s("limit")].toInt(), 100);
}

void DbProbeTest::reachOnly()
{
    const CliResult result = probe({s("env:BAD_URL"), s("--reach-only"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QCOMPARE(statusOf(result, s("env:BAD_URL"), "tcp"), s("ok"));
    QCOMPARE(statusOf(result, s("env:BAD_URL"), "auth"), s("skipped"));
}

void DbProbeTest::resolver()
{
    const NameServer names({s("--host-record=kv.shop.test,127.0.0.1")});
    QVERIFY2(!names.address().isEmpty(), qPrintable(names.said()));
    m_secrets.insert(s("NAMED_URL"), s("redis://:%1@kv.shop.test:%2/0").arg(s(planted)).arg(m_redis->port()));
    m_secrets.insert(s("GONE_URL"), s("redis://:%1@gone.shop.test:%2/0").arg(s(planted)).arg(m_redis->port()));
    const CliResult result =
        probe({s("env:NAMED_URL"), s("env:GONE_URL"), s("--resolver"), names.address(), s("--format"), s("json")});
    QVERIFY2(result.status == 1, qPrintable(result.err));
    QCOMPARE(statusOf(result, s("env:NAMED_URL"), "query"), s("ok"));
    QCOMPARE(statusOf(result, s("env:GONE_URL"), "dns"), s("fail"));
    QCOMPARE(statusOf(result, s("env:GONE_URL"), "tcp"), s("not-reached"));
}

/// Also where nothing has to be looked up, and by every command that takes the option.
void DbProbeTest::badResolver()
{
    const QList<QStringList> commands{
        {s("probe"), s("redis://127.0.0.1:1/0")},
        {s("watch"), s("redis://127.0.0.1:1/0"), s("--every"), s("1h")},
        {s("compare"), s("sqlite:///a.db"), s("sqlite:///b.db")},
        {s("copy"), s("postgresql://127.0.0.1:1/a"), s("postgresql://127.0.0.1:1/b")},
        {s("migrations"), s("--from-empty"), s("--scratch"), s("postgresql://127.0.0.1:1/a"), s("--"), s("true")}};
    for (const QStringList &command : commands) {
        for (const char *bad : {"foo", "dns.example.com:53", "-"}) {
            QStringList arguments = command;
            arguments.insert(1, s("--resolver=") + s(bad));
            const CliResult result = runCli(QStringList{s("db")} + arguments);
            QVERIFY2(result.status == 2, qPrintable(arguments.join(u' ') + result.out + result.err));
            QVERIFY2(result.err.contains(s("--resolver")), qPrintable(result.err));
        }
    }
    QCOMPARE(probe({s("sqlite:///:memory:"), s("--resolver"), s("[::1]:53")}).status, 3);
    QCOMPARE(probe({s("sqlite:///:memory:"), s("--resolver"), s("192.0.2.1")}).status, 3);
}

/// A service is not followed, and nothing else is probed in its place.
void DbProbeTest::service()
{
    m_secrets.insert(s("SERVICE_URL"), s("service=prod"));
    const CliResult result = probe({s("env:SERVICE_URL"), s("--format"), s("json")});
    QVERIFY2(result.status == 3, qPrintable(result.out + result.err));
    QCOMPARE(statusOf(result, s("env:SERVICE_URL"), "lint"), s("warn"));
    QCOMPARE(statusOf(result, s("env:SERVICE_URL"), "tcp"), s("not-reached"));
    QVERIFY2(result.out.contains(s("pg_service.conf")), qPrintable(result.out));
    CliOptions options;
    options.environment.insert(m_secrets);
    const CliResult compare =
        runCli({s("db"), s("compare"), s("env:SERVICE_URL"), s("postgresql://127.0.0.1:1/x")}, options);
    QVERIFY2(compare.status == 1, qPrintable(compare.out + compare.err));
    QVERIFY2(compare.out.contains(s("source: the string names a service of pg_service.conf")), qPrintable(compare.out));
}

/// A database in memory is another one for each process: there is nothing to learn.
void DbProbeTest::nothingLearnt()
{
    const CliResult result = probe({s("sqlite:///:memory:")});
    QVERIFY2(result.status == 3, qPrintable(result.out + result.err));
}

/// Ctrl-C while a server is silent: what was learnt stands there, and nothing is claimed of the rest.
void DbProbeTest::interrupted()
{
    const ScriptedPeer silent([](int, const std::atomic<bool> &stopping) {
        while (!stopping)
            QThread::msleep(5);
    });
    m_secrets.insert(s("SILENT_URL"), s("redis://:%1@127.0.0.1:%2/0").arg(s(planted)).arg(silent.port()));
    CliOptions options;
    options.signalOn = s("env:SILENT_URL: tcp ok");
    const CliResult result = probe({s("env:SILENT_URL"), s("--timeout"), s("60s"), s("--format"), s("json")}, options);
    QVERIFY2(result.status == 130, qPrintable(result.out + result.err));
    QVERIFY2(result.ms < 20'000, qPrintable(QString::number(result.ms)));
    QCOMPARE(statusOf(result, s("env:SILENT_URL"), "tcp"), s("ok"));
    QCOMPARE(statusOf(result, s("env:SILENT_URL"), "auth"), s("not-reached"));
    QCOMPARE(result.json()[s("databases")][0][s("cancelled")].toBool(), true);
}

void DbProbeTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("literal password") << QStringList{s("redis://:%1@127.0.0.1/0").arg(s("Other-Literal-1"))}
                                      << s("password on the command line");
    QTest::newRow("literal token") << QStringList{s("https://a.upstash.io"), s("--token"), s("Other-Literal-1")}
                                   << s("--token");
    QTest::newRow("token for nobody") << QStringList{s("redis://127.0.0.1:1/0"), s("--token"), s("env:PATH")}
                                      << s("none of the databases is one");
    QTest::newRow("no such variable") << QStringList{s("env:SWITCHYARD_NO_SUCH_VARIABLE")}
                                      << s("SWITCHYARD_NO_SUCH_VARIABLE");
    QTest::newRow("no unit") << QStringList{s("env:REDIS_URL"), s("--timeout"), s("5")} << s("--timeout");
    QTest::newRow("no time") << QStringList{s("env:REDIS_URL"), s("--timeout"), s("0s")} << s("longer than 0");
    QTest::newRow("no database") << QStringList{s("ftp://127.0.0.1/x")} << s("scheme");
}

void DbProbeTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const CliResult result = probe(arguments);
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QVERIFY(!result.err.contains(s("Other-Literal")));
}

QTEST_GUILESS_MAIN(DbProbeTest)
#include "tst_dbprobe.moc"
