// SPDX-License-Identifier: GPL-3.0-or-later
// db watch as a person or a pipeline runs it: the price first, each probe, the figures at the end, and what goes into
// the history.
#include "models/history/reader.h"
#include "tests/support/cli.h"
#include "tests/support/redisserver.h"

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char planted[] = "Planted-Pw-6620wat";

} // namespace

class DbWatchTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_redis = std::make_unique<RedisServer>(QStringList{s("requirepass ") + s(planted)});
        QVERIFY2(m_redis->port() != 0, qPrintable(m_redis->said()));
        m_secrets.insert(s("REDIS_URL"), s("redis://:%1@127.0.0.1:%2/0").arg(s(planted)).arg(m_redis->port()));
    }
    void cleanup()
    {
        QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
        m_said.clear();
    }

    void figuresAtTheEnd()
    {
        const CliResult result = watch({s("env:REDIS_URL"), s("--every"), s("1s"), s("--for"), s("3500ms"),
                                        s("--format"), s("json"), s("--no-history")});
        QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
        const QString invalid = validate(s("db-watch"), result.out.toUtf8());
        QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
        const QJsonValue database = result.json()[s("databases")][0];
        const int probes = database[s("probes")].toInt();
        QVERIFY2(probes >= 3 && probes <= 5, qPrintable(QString::number(probes)));
        QCOMPARE(database[s("failed")].toInt(), 0);
        QCOMPARE(database[s("query_ms")][s("count")].toInt(), probes);
        QVERIFY(database[s("connect_ms")][s("max")].toDouble() > 0);
        QVERIFY(database[s("connections")][s("most")].toInt() >= 1);
        QCOMPARE(database[s("cost")][s("probes_a_day")].toInt(), 86'400);
        QVERIFY(database[s("cost")][s("commands_a_day")].toInt() >= 2 * 86'400);
        // The price was told before the first probe; how many commands one sends nobody knew then.
        QVERIFY2(result.err.contains(s("env:REDIS_URL every 1s: 86,400 probes a day, how many commands")),
                 qPrintable(result.err));
    }

    /// The server goes and comes back in the middle.
    void tellsWhenItWasAway()
    {
        auto server = std::make_unique<RedisServer>();
        QVERIFY2(server->port() != 0, qPrintable(server->said()));
        const QString url = s("redis://127.0.0.1:%1").arg(server->port());
        Watcher watcher({s("db"), s("watch"), url, s("--every"), s("1s"), s("--no-history")}, {}, m_folder.path());
        QVERIFY2(watcher.says("probes a day", 20'000), watcher.said);
        QTest::qWait(0);
        server.reset();
        QVERIFY(watcherSees(watcher, s("tcp: ")));
        watcher.process.terminate();
        const CliResult result = watcher.result(20'000);
        m_said += result.out + result.err;
        QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
        QVERIFY2(result.out.contains(s("last failure: tcp: ")), qPrintable(result.out));
        QVERIFY(result.out.contains(s("→")));
    }

    void goesIntoTheHistory()
    {
        const QString file = m_folder.filePath(s("history.sqlite"));
        const CliResult result =
            watch({s("env:REDIS_URL"), s("--every"), s("1s"), s("--for"), s("2500ms"), s("--history"), file});
        QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
        const Result<HistoryReader> reader = HistoryReader::open(file);
        QVERIFY(reader.has_value());
        const auto series = reader->series();
        QVERIFY(series.has_value());
        QCOMPARE(*series, QStringList{s("database:/env:REDIS_URL")});
        const qint64 now = QDateTime::currentMSecsSinceEpoch() + 1'000;
        const auto samples = reader->range(series->first(), now - 60'000, now, 10);
        QVERIFY(samples.has_value());
        QVERIFY(samples->size() >= 2);
        QCOMPARE(samples->front().state, int(HistoryUp));
    }

    void workspaceAndThreshold()
    {
        QFile file(m_folder.filePath(s("switchyard.toml")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("schema = 1\nname = \"w\"\n[thresholds]\nredis_latency = \"0ms\"\n[[backend]]\nname = \"api\"\n"
                   "platform = \"local\"\nurl = \"http://127.0.0.1:9\"\n[[backend.database]]\nname = \"cache\"\n"
                   "url = \"env:REDIS_URL\"\n");
        file.close();
        const CliResult result = watch(
            {s("--every"), s("1s"), s("--for"), s("1500ms"), s("--no-history"), s("--workspace"), file.fileName()});
        QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
        QVERIFY2(result.out.contains(s("cache of api  slow")), qPrintable(result.out));
    }

    void reachOnly()
    {
        const CliResult result = watch({s("env:REDIS_URL"), s("--every"), s("1s"), s("--for"), s("1500ms"),
                                        s("--reach-only"), s("--no-history"), s("--format"), s("json")});
        QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
        QVERIFY2(result.err.contains(s("no commands: nobody logs in")), qPrintable(result.err));
        QCOMPARE(result.json()[s("databases")][0][s("query_ms")][s("count")].toInt(), 0);
    }

    void usage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        QTest::newRow("no interval") << QStringList{s("env:REDIS_URL")} << s("--every");
        QTest::newRow("too often") << QStringList{s("env:REDIS_URL"), s("--every"), s("500ms")} << s("a second");
        QTest::newRow("no time at all") << QStringList{s("env:REDIS_URL"), s("--every"), s("5s"), s("--for"), s("0s")}
                                        << s("longer than 0");
        QTest::newRow("no unit") << QStringList{s("env:REDIS_URL"), s("--every"), s("5")} << s("--every");
        QTest::newRow("literal password")
            << QStringList{s("redis://:Other-Literal-1@127.0.0.1/0"), s("--every"), s("5s")}
            << s("password on the command line");
        QTest::newRow("no such variable") << QStringList{s("env:SWITCHYARD_NO_SUCH_VARIABLE"), s("--every"), s("5s")}
                                          << s("SWITCHYARD_NO_SUCH_VARIABLE");
        QTest::newRow("no database") << QStringList{s("mailto:a@b"), s("--every"), s("5s")} << s("hint");
    }

    void usage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const CliResult result = watch(arguments);
        QVERIFY2(result.status == 2, qPrintable(QString::number(result.status) + result.out + result.err));
        QVERIFY2(result.err.contains(says), qPrintable(result.err));
        QVERIFY(!result.err.contains(s("Other-Literal-1")));
    }

private:
    CliResult watch(const QStringList &arguments)
    {
        CliOptions options;
        options.environment = m_secrets;
        options.cwd = m_folder.path();
        options.timeoutMs = 60'000;
        const CliResult result = runCli(QStringList{s("db"), s("watch")} + arguments, options);
        m_said += result.out + result.err;
        return result;
    }

    /// Waits until standard output has the text.
    static bool watcherSees(Watcher &watcher, const QString &text)
    {
        return QTest::qWaitFor(
            [&] {
                watcher.process.waitForReadyRead(50);
                watcher.process.setReadChannel(QProcess::StandardOutput);
                return QString::fromUtf8(watcher.process.peek(1 << 20)).contains(text);
            },
            20'000);
    }

    QTemporaryDir m_folder;
    std::unique_ptr<RedisServer> m_redis;
    QMap<QString, QString> m_secrets;
    QString m_said;
};

QTEST_GUILESS_MAIN(DbWatchTest)
#include "tst_dbwatch.moc"
