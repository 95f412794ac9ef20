// SPDX-License-Identifier: GPL-3.0-or-later
// A full probe of a local PostgreSQL, Redis and MongoDB, beside what one would use without it: the vendor's program,
// started for one answer, and a driver in a process that runs already. Then 50 probes at once, and the longest turn
// of the event loop beside them. Figures only.
#include "models/database/probes/probe.h"
#include "models/database/watch/databaseset.h"
#include "tests/support/ferretdbserver.h"
#include "tests/support/heartbeat.h"
#include "tests/support/postgresserver.h"
#include "tests/support/redisserver.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>
#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr int rounds = 40;
constexpr double nanosecondsOfMs = 1e6;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ConnectionString parsed(const QString &url)
{
    const auto connection = parseConnectionString({url, {}, {}});
    if (!connection)
        qFatal("no connection string: %s", qPrintable(connection.error().toString()));
    return *connection;
}

QString figures(QList<double> ms)
{
    std::sort(ms.begin(), ms.end());
    return s("median %1 ms, p95 %2 ms, of %3")
        .arg(ms[ms.size() / 2], 0, 'f', 2)
        .arg(ms[ms.size() * 95 / 100], 0, 'f', 2)
        .arg(ms.size());
}

} // namespace

class DatabaseBenchmark final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void postgres();
    void redis();
    void mongo();
    void fiftyAtOnce();

private:
    void probes(const QString &name, const QString &url);
    void program(const QString &name, const QStringList &words, const QMap<QString, QString> &variables = {});
    void driver(const QString &name, const QString &script, const QStringList &arguments);

    std::unique_ptr<PostgresServer> m_postgres;
    std::unique_ptr<RedisServer> m_redis;
    TestCertificates m_certificates;
};

/// In this process, as the window and a watch do it.
void DatabaseBenchmark::probes(const QString &name, const QString &url)
{
    const ConnectionString connection = parsed(url);
    for (const bool reachOnly : {false, true}) {
        DatabaseProbeOptions options;
        options.reachOnly = reachOnly;
        QList<double> all;
        int commands = 0;
        for (int i = 0; i < rounds; ++i) {
            QElapsedTimer clock;
            clock.start();
            const DatabaseReport report = probeDatabase(connection, options);
            all.append(double(clock.nsecsElapsed()) / nanosecondsOfMs);
            QVERIFY2(!report.failed(), report.failed() ? qPrintable(report.failed()->detail) : "");
            commands = report.commands.value_or(0);
        }
        qInfo("%s, %s: %s, %d commands each", qPrintable(name), reachOnly ? "names, TCP and TLS" : "full probe",
              qPrintable(figures(all)), commands);
    }
}

void DatabaseBenchmark::program(const QString &name, const QStringList &words, const QMap<QString, QString> &variables)
{
    if (QStandardPaths::findExecutable(words.first()).isEmpty()) {
        qInfo("%s: not installed", qPrintable(name));
        return;
    }
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (auto each = variables.cbegin(); each != variables.cend(); ++each)
        environment.insert(each.key(), each.value());
    QList<double> all;
    for (int i = 0; i < rounds; ++i) {
        QProcess process;
        process.setProcessEnvironment(environment);
        QElapsedTimer clock;
        clock.start();
        process.start(words.first(), words.mid(1));
        QVERIFY(process.waitForFinished(20'000));
        all.append(double(clock.nsecsElapsed()) / nanosecondsOfMs);
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    }
    qInfo("%s, with its start: %s", qPrintable(name), qPrintable(figures(all)));
}

/// `script` defines once(argument): connects, asks and closes. Its times are taken in the process, behind the imports.
void DatabaseBenchmark::driver(const QString &name, const QString &script, const QStringList &arguments)
{
    QProcess process;
    const QString timed =
        script + s("\nimport sys, time\nonce(sys.argv[1])\nfor i in range(%1):\n    begun = time.perf_counter()\n"
                   "    once(sys.argv[1])\n    print((time.perf_counter() - begun) * 1000)\n")
                     .arg(rounds);
    process.start(s("/usr/bin/python3"), QStringList{s("-c"), timed} + arguments);
    QVERIFY(process.waitForFinished(60'000));
    if (process.exitCode() != 0) {
        qInfo("%s: %s", qPrintable(name), process.readAllStandardError().right(200).constData());
        return;
    }
    QList<double> all;
    for (const QByteArray &line : process.readAllStandardOutput().split('\n')) {
        if (!line.isEmpty())
            all.append(line.toDouble());
    }
    QVERIFY(!all.isEmpty());
    qInfo("%s, in a running process: %s", qPrintable(name), qPrintable(figures(all)));
}

void DatabaseBenchmark::initTestCase()
{
    if (const QString missing = PostgresServer::missing(); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    m_postgres = std::make_unique<PostgresServer>();
    QVERIFY(m_postgres->start({s("log_connections = off")}, "host all all 127.0.0.1/32 scram-sha-256\n"));
    const QString made =
        m_postgres->sql(s("create role app login password 'measured';\ncreate database shop owner app"));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
    m_redis = std::make_unique<RedisServer>(QStringList{s("requirepass measured")});
}

void DatabaseBenchmark::postgres()
{
    const QString url = m_postgres->url(s("app:measured"));
    probes(s("PostgreSQL"), url);
    program(s("psql -c 'select 1'"),
            {s("psql"), s("-X"), s("-q"), s("-h"), s("127.0.0.1"), s("-p"), QString::number(m_postgres->port()),
             s("-U"), s("app"), s("-d"), s("shop"), s("-c"), s("select 1")},
            {{s("PGPASSWORD"), s("measured")}, {s("PGSSLMODE"), s("disable")}});
    driver(s("psycopg2: connect, select 1, close"),
           s("import psycopg2\ndef once(url):\n    c = psycopg2.connect(url)\n    k = c.cursor()\n"
             "    k.execute('select 1')\n    k.fetchone()\n    c.close()"),
           {url});
}

void DatabaseBenchmark::redis()
{
    QVERIFY2(m_redis->port() != 0, qPrintable(m_redis->said()));
    const QString port = QString::number(m_redis->port());
    const QString url = s("redis://:measured@127.0.0.1:%1/0").arg(port);
    probes(s("Redis"), url);
    for (const char *command : {"ping", "info"})
        program(s("redis-cli %1").arg(s(command)),
                {s("redis-cli"), s("--no-auth-warning"), s("-h"), s("127.0.0.1"), s("-p"), port, s(command)},
                {{s("REDISCLI_AUTH"), s("measured")}});
    driver(s("redis-py: connect, PING, INFO, close"),
           s("import redis\ndef once(url):\n    r = redis.from_url(url)\n    r.ping()\n    r.info()\n    r.close()\n"
             "    r.connection_pool.disconnect()"),
           {url});
}

void DatabaseBenchmark::mongo()
{
    const FerretDbServer server(m_certificates);
    if (!server.missing().isEmpty())
        QSKIP(qPrintable(server.missing()));
    QVERIFY2(server.port() != 0, qPrintable(server.said()));
    const QString url = s("mongodb://127.0.0.1:%1/shop").arg(server.port());
    probes(s("MongoDB (FerretDB)"), url);
    program(s("mongosh ping"), {s("mongosh"), s("--quiet"), url, s("--eval"), s("db.adminCommand({ping: 1})")});
    driver(s("pymongo: connect, ping, close"),
           s("import pymongo\ndef once(url):\n    c = pymongo.MongoClient(url, directConnection=True)\n"
             "    c.admin.command('ping')\n    c.close()"),
           {url});
}

void DatabaseBenchmark::fiftyAtOnce()
{
    Backend backend;
    backend.name = s("api");
    backend.role = s("source");
    backend.platform = s("local");
    constexpr int number = 50;
    qputenv("BENCH_POSTGRES", m_postgres->url(s("app:measured")).toUtf8());
    qputenv("BENCH_REDIS", s("redis://:measured@127.0.0.1:%1/0").arg(m_redis->port()).toUtf8());
    for (int i = 0; i < number; ++i) {
        DatabaseEndpoint endpoint;
        endpoint.name = s("db%1").arg(i);
        endpoint.url = i % 2 == 0 ? s("env:BENCH_POSTGRES") : s("env:BENCH_REDIS");
        backend.databases.append(endpoint);
    }
    Workspace workspace;
    workspace.name = s("bench");
    workspace.backends = {backend};
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QVERIFY(catalogue);
    for (int i = 0; i < 3; ++i) {
        DatabaseSet set(workspace, &*catalogue);
        const Heartbeat beat;
        QElapsedTimer clock;
        clock.start();
        set.probeAll();
        QVERIFY(QTest::qWaitFor([&] { return !set.isBusy(); }, 60'000));
        const double ms = double(clock.nsecsElapsed()) / nanosecondsOfMs;
        int passed = 0;
        for (int each = 0; each < set.count(); ++each) {
            const auto &report = set.record(each).report;
            passed += report && !report->failed() ? 1 : 0;
        }
        QCOMPARE(passed, number);
        qInfo("%d full probes at once (half PostgreSQL, half Redis): %.0f ms; longest turn of the event loop beside "
              "them: %.1f ms by the clock, %.1f ms of the processor, in %d turns",
              number, ms, beat.wallMs(), beat.cpuMs(), beat.turns());
    }
    qunsetenv("BENCH_POSTGRES");
    qunsetenv("BENCH_REDIS");
}

QTEST_GUILESS_MAIN(DatabaseBenchmark)
#include "tst_bench_databases.moc"
