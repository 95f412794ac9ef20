// SPDX-License-Identifier: GPL-3.0-or-later
// The databases of a workspace: probed when asked, polled when started, at what price, and what is kept of it. Against
// real servers, and fifty silent ports at once.
#include "models/database/watch/databaserecorder.h"
#include "models/database/watch/databaseset.h"
#include "models/history/reader.h"
#include "models/history/store.h"
#include "tests/support/heartbeat.h"
#include "tests/support/postgresserver.h"
#include "tests/support/rawpeer.h"
#include "tests/support/redisserver.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const char planted[] = "Planted-Pw-4471set";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

DatabaseEndpoint endpoint(const QString &name, const QString &url)
{
    DatabaseEndpoint made;
    made.name = name;
    made.url = url;
    return made;
}

Workspace workspaceOf(const QList<DatabaseEndpoint> &databases)
{
    Backend backend;
    backend.name = s("api");
    backend.role = s("source");
    backend.platform = s("local");
    backend.databases = databases;
    Workspace workspace;
    workspace.name = s("watch");
    workspace.backends = {backend};
    return workspace;
}

const PlatformCatalogue &catalogue()
{
    static const Result<PlatformCatalogue> loaded = PlatformCatalogue::load();
    return *loaded;
}

QString told(const DatabaseRecord &record)
{
    QStringList lines;
    if (record.error)
        lines.append(record.error->toString());
    if (record.report) {
        for (const StageResult &each : record.report->stages)
            lines.append(s("%1 %2 %3").arg(databaseStageName(each.stage), stageStatusName(each.status), each.detail));
    }
    return lines.join(u'\n');
}

/// Descriptors of this process.
qsizetype descriptors()
{
    return QDir(s("/proc/self/fd")).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
}

std::optional<ConnectionString> parsed(const QString &text)
{
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    return connection ? std::optional(*connection) : std::nullopt;
}

} // namespace

class DatabaseSetTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void connectsToNothingByItself()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        DatabaseSet set(workspaceOf({endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(server.serverPort()))}),
                        &catalogue());
        QCOMPARE(set.count(), 1);
        set.prepareCost(0);
        QTRY_VERIFY(set.record(0).connection.has_value());
        QVERIFY(set.cost(0, Milliseconds(30'000), false).has_value());
        QCOMPARE(databaseState(set.record(0)), DatabaseState::Unknown);
        QVERIFY(!server.hasPendingConnections() && !server.waitForNewConnection(0));
    }

    void probesARealServer()
    {
        const RedisServer server({s("requirepass %1").arg(s(planted))});
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        qputenv("SET_REDIS", s("redis://default:%1@127.0.0.1:%2").arg(s(planted)).arg(server.port()).toUtf8());
        DatabaseSet set(workspaceOf({endpoint(s("cache"), s("env:SET_REDIS"))}), &catalogue());
        QStringList seen;
        connect(&set, &DatabaseSet::changed, &set, [&] {
            for (const StageResult &each : set.record(0).stages) {
                if (!seen.contains(databaseStageName(each.stage)))
                    seen.append(databaseStageName(each.stage));
            }
        });
        QSignalSpy probed(&set, &DatabaseSet::probed);
        QSignalSpy busy(&set, &DatabaseSet::busyChanged);
        set.probe(0);
        QVERIFY(set.record(0).running);
        set.probe(0); // one at a time
        QVERIFY(probed.wait(10'000));
        const DatabaseRecord &record = set.record(0);
        QVERIFY(!record.running);
        QVERIFY2(record.report && !record.report->failed(), qPrintable(told(record)));
        QVERIFY(seen.contains(s("tcp")) && seen.contains(s("query")));
        QCOMPARE(busy.size(), 2);
        QCOMPARE(record.report->name, s("cache"));
        QVERIFY(connectMsOf(*record.report).value_or(-1) > 0);
        QVERIFY(queryMsOf(*record.report).value_or(-1) >= 0);
        QVERIFY(record.report->commands.value_or(0) >= 2);
        QCOMPARE(record.limitMs, 10.0); // redis_latency
        QCOMPARE(record.points.size(), std::size_t(1));
        // Nothing that is kept holds the password.
        QVERIFY(record.connection && !record.connection->password);
        QVERIFY(record.connection->text.isEmpty());
        QVERIFY(!record.connection->target().contains(s(planted)));
    }

    /// The number of commands that is told is the number that the server counts.
    void countsCommandsAsTheServerDoes()
    {
        const RedisServer server;
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        const QString url = s("redis://127.0.0.1:%1").arg(server.port());
        DatabaseSet set(workspaceOf({endpoint(s("cache"), url)}), &catalogue());
        const auto processed = [&]() -> qint64 {
            QTcpSocket socket;
            socket.connectToHost(QHostAddress(QHostAddress::LocalHost), server.port());
            if (!socket.waitForConnected(5'000))
                return -1;
            socket.write("INFO stats\r\n");
            QByteArray answer;
            while (!answer.contains("total_commands_processed") || !answer.endsWith("\r\n")) {
                if (!socket.waitForReadyRead(5'000))
                    return -1;
                answer += socket.readAll();
            }
            static const QRegularExpression count(s("total_commands_processed:(\\d+)"));
            return count.match(QString::fromUtf8(answer)).captured(1).toLongLong();
        };
        const qint64 before = processed();
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.probe(0);
        QVERIFY(probed.wait(10'000));
        const qint64 after = processed();
        QVERIFY(before >= 0);
        // One INFO is ours: the server counts it after its answer.
        QCOMPARE(after - before - 1, qint64(*set.record(0).report->commands));
    }

    void saysThatTheReferenceLeadsNowhere()
    {
        qunsetenv("SET_NOWHERE");
        DatabaseSet set(workspaceOf({endpoint(s("main"), s("env:SET_NOWHERE"))}), &catalogue());
        QSignalSpy busy(&set, &DatabaseSet::busyChanged);
        set.probe(0);
        QTRY_COMPARE(busy.size(), 2);
        QVERIFY(set.record(0).error.has_value());
        QVERIFY(set.record(0).error->message.contains(s("SET_NOWHERE")));
        QVERIFY(!set.record(0).report);
        QCOMPARE(databaseState(set.record(0)), DatabaseState::Unknown);
    }

    void cancelled_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::newRow("redis") << s("redis");
        QTest::newRow("redis by TLS") << s("rediss");
        QTest::newRow("postgresql") << s("postgresql");
    }

    /// A port that takes the connection and says nothing: the cancel ends it at once, and what was known before stays.
    void cancelled()
    {
        QFETCH(QString, scheme);
        QTcpServer silent;
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        DatabaseSet set(
            workspaceOf({endpoint(s("main"), s("%1://127.0.0.1:%2/shop").arg(scheme).arg(silent.serverPort()))}),
            &catalogue());
        set.setTimeout(Milliseconds(30'000));
        set.probe(0);
        QVERIFY(silent.waitForNewConnection(5'000));
        QElapsedTimer timer;
        timer.start();
        set.cancel(0);
        QVERIFY(set.record(0).cancelling);
        QTRY_VERIFY(!set.record(0).running);
        QVERIFY2(timer.elapsed() < 2'000, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(!set.record(0).report);
        QVERIFY(set.record(0).points.empty());
    }

    void endsWithARunningProbe()
    {
        QTcpServer silent;
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        const qsizetype before = descriptors();
        QElapsedTimer timer;
        {
            DatabaseSet set(workspaceOf({endpoint(s("main"), s("redis://127.0.0.1:%1").arg(silent.serverPort()))}),
                            &catalogue());
            set.setTimeout(Milliseconds(30'000));
            set.probe(0);
            QVERIFY(silent.waitForNewConnection(5'000));
            timer.start();
        }
        QVERIFY2(timer.elapsed() < 2'000, qPrintable(QString::number(timer.elapsed())));
        // The listener's own end of it is still open.
        QVERIFY(descriptors() <= before + 1);
    }

    /// Fifty at once, to a server that takes its time: they run beside each other, and the thread with the event loop
    /// goes on.
    void fiftyAtOnce()
    {
        const RedisServer server({s("maxclients 500")});
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        QTcpServer silent;
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        QList<DatabaseEndpoint> many;
        // Without a password everybody may do everything, which is warned of.
        for (int i = 0; i < 50; ++i)
            many.append(endpoint(s("db%1").arg(i),
                                 s("redis://127.0.0.1:%1").arg(i % 2 == 0 ? server.port() : silent.serverPort())));
        DatabaseSet set(workspaceOf(many), &catalogue());
        set.setTimeout(Milliseconds(2'000));
        QSignalSpy probed(&set, &DatabaseSet::probed);
        Heartbeat heartbeat;
        QElapsedTimer timer;
        timer.start();
        set.probeAll();
        QTRY_COMPARE_WITH_TIMEOUT(probed.size(), 50, 30'000);
        QVERIFY2(heartbeat.cpuMs() < turnLimitMs(), qPrintable(QString::number(heartbeat.cpuMs())));
        // One after the other, the silent ones alone would take 50 s.
        QVERIFY2(timer.elapsed() < 15'000, qPrintable(QString::number(timer.elapsed())));
        for (int i = 0; i < 50; ++i) {
            const DatabaseState state = databaseState(set.record(i));
            if (i % 2 == 1)
                QCOMPARE(state, DatabaseState::Failed);
            else // so many at once may well be slow
                QVERIFY(state == DatabaseState::Warned || state == DatabaseState::Slow);
        }
    }

    void pollsOnlyWhenStarted()
    {
        const RedisServer server;
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        DatabaseEndpoint polled = endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(server.port()));
        polled.poll = s("1s");
        DatabaseSet set(workspaceOf({polled}), &catalogue());
        QCOMPARE(set.record(0).wantedPolling(), std::optional(Milliseconds(1'000)));
        QSignalSpy probed(&set, &DatabaseSet::probed);
        QVERIFY(!probed.wait(1'500));
        set.startPolling(0, *set.record(0).wantedPolling());
        QTRY_VERIFY_WITH_TIMEOUT(probed.size() >= 3, 15'000);
        set.stopPolling(0);
        QTRY_VERIFY(!set.record(0).running);
        const qsizetype then = probed.size();
        QVERIFY(!probed.wait(1'500));
        QCOMPARE(probed.size(), then);
    }

    /// Polling keeps the tunnel's command running from one probe to the next, and ends it.
    void keepsTheTunnelOpen()
    {
        const RedisServer server;
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        QTemporaryDir folder;
        const QString starts = folder.filePath(s("starts"));
        QTcpServer free;
        QVERIFY(free.listen(QHostAddress::LocalHost));
        const quint16 port = free.serverPort();
        free.close();
        DatabaseEndpoint polled = endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(port));
        // A forwarder that writes a line for each start.
        polled.tunnel = {s("/usr/bin/python3"),
                         s("-c"),
                         s("import runpy, sys; open(sys.argv[1], 'a').write('start\\n'); "
                           "sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')"),
                         starts,
                         s(SOURCE_DIR "/tests/support/forwarder.py"),
                         QString::number(port),
                         QString::number(server.port())};
        DatabaseSet set(workspaceOf({polled}), &catalogue());
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.startPolling(0, Milliseconds(1'000));
        QTRY_VERIFY2_WITH_TIMEOUT(probed.size() >= 3, qPrintable(told(set.record(0))), 30'000);
        QVERIFY2(!failedStage(*set.record(0).report) ||
                     failedStage(*set.record(0).report)->stage == DatabaseStage::Lint,
                 qPrintable(told(set.record(0))));
        QFile file(starts);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("start\n"));
        set.stopPolling(0);
        QTRY_VERIFY(!set.record(0).running);
        // Nobody listens there any more.
        const auto answers = [port] {
            QTcpSocket socket;
            socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
            return socket.waitForConnected(1'000);
        };
        QTRY_VERIFY_WITH_TIMEOUT(!answers(), 10'000);
    }

    void reachOnlyLogsInNowhere()
    {
        const RedisServer server({s("requirepass %1").arg(s(planted))});
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        DatabaseSet set(workspaceOf({endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(server.port()))}),
                        &catalogue());
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.probe(0, true);
        QVERIFY(probed.wait(10'000));
        QCOMPARE(databaseState(set.record(0)), DatabaseState::Reached);
        QVERIFY(!queryMsOf(*set.record(0).report));
        QVERIFY(!connectMsOf(*set.record(0).report));
    }

    void recordsIntoTheHistory()
    {
        QTemporaryDir folder;
        const QString file = folder.filePath(s("history.sqlite"));
        const RedisServer server;
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        QTcpServer refused;
        QVERIFY(refused.listen(QHostAddress::LocalHost));
        const quint16 port = refused.serverPort();
        refused.close();
        Result<std::unique_ptr<HistoryStore>> store = HistoryStore::open(file);
        QVERIFY(store.has_value());
        DatabaseSet set(workspaceOf({endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(server.port())),
                                     endpoint(s("gone"), s("redis://127.0.0.1:%1").arg(port))}),
                        &catalogue());
        DatabaseRecorder recorder(&set, store->get());
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.probeAll();
        QTRY_COMPARE_WITH_TIMEOUT(probed.size(), 2, 10'000);
        QVERIFY((*store)->flush().has_value());
        const Result<HistoryReader> reader = HistoryReader::open(file);
        QVERIFY(reader.has_value());
        const qint64 now = QDateTime::currentMSecsSinceEpoch() + 1'000;
        const auto up = reader->range(set.record(0).series(), now - 60'000, now, 10);
        QVERIFY(up.has_value());
        QCOMPARE(up->size(), std::size_t(1));
        QCOMPARE(up->front().state, int(HistoryUp));
        QVERIFY(up->front().latencyUs.value_or(-1) >= 0);
        QVERIFY(up->front().connectUs.value_or(-1) > 0);
        QVERIFY(!up->front().tlsUs); // was not asked for
        const auto down = reader->range(set.record(1).series(), now - 60'000, now, 10);
        QVERIFY(down.has_value());
        QCOMPARE(down->size(), std::size_t(1));
        QCOMPARE(down->front().state, int(HistoryDown));
        QVERIFY(!down->front().latencyUs);
        QVERIFY2(down->front().note.startsWith(s("tcp: ")), qPrintable(down->front().note));
    }

    void tellsAQueryThatIsSlow()
    {
        const RedisServer server;
        QVERIFY2(server.port() > 0, qPrintable(server.said()));
        Workspace workspace = workspaceOf({endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(server.port()))});
        workspace.thresholds.redisLatency = Milliseconds(0);
        DatabaseSet set(workspace, &catalogue());
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.probe(0);
        QVERIFY(probed.wait(10'000));
        QCOMPARE(databaseState(set.record(0)), DatabaseState::Slow);
    }

    /// A server that is away for a while costs no less when it is back.
    void oneFailureForgetsNoPrice()
    {
        auto server = std::make_unique<RedisServer>();
        QVERIFY2(server->port() > 0, qPrintable(server->said()));
        DatabaseSet set(workspaceOf({endpoint(s("cache"), s("redis://127.0.0.1:%1").arg(server->port()))}),
                        &catalogue());
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.probe(0);
        QVERIFY(probed.wait(10'000));
        const std::optional<int> whole = set.record(0).commands();
        QVERIFY(whole.value_or(0) >= 2);
        server.reset();
        set.probe(0);
        QVERIFY(probed.wait(10'000));
        QCOMPARE(databaseState(set.record(0)), DatabaseState::Failed);
        QCOMPARE(set.record(0).commands(), whole);
        set.probe(0, true); // nor does one that asks nothing
        QVERIFY(probed.wait(10'000));
        QCOMPARE(set.record(0).commands(), whole);
    }

    void costs_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<int>("seconds");
        QTest::addColumn<bool>("reachOnly");
        QTest::addColumn<int>("commands"); // -1: not known
        QTest::addColumn<QString>("begins");
        QTest::addColumn<QString>("service");
        const QString neon = s("postgresql://app@ep-cool-1.eu-central-1.aws.neon.tech/shop");
        QTest::newRow("plain") << s("postgresql://app@db.example.com/shop") << 30 << false << 8
                               << s("2,880 probes a day, 23,040 commands a day.") << QString();
        QTest::newRow("not known")
            << s("postgresql://app@db.example.com/shop") << 30 << false << -1
            << s("2,880 probes a day, how many commands is known after the first probe that goes through") << QString();
        QTest::newRow("neon, never asleep")
            << neon << 30 << false << 8 << s("2,880 probes a day, 23,040 commands a day; it never sleeps") << s("Neon");
        QTest::newRow("neon, woken") << neon << 3'600 << false << 8 << s("24 wakes a day, 192 commands a day. Neon")
                                     << s("Neon");
        QTest::newRow("neon, only reached")
            << neon << 30 << true << 8 << s("2,880 probes a day, no commands") << s("Neon");
        QTest::newRow("upstash") << s("rediss://default@eu1-cool-1.upstash.io:6379") << 10 << false << 3
                                 << s("8,640 probes a day, 25,920 commands a day. Upstash counts") << s("Upstash");
        QTest::newRow("rounded up") << s("redis://localhost") << 7 << false << 1
                                    << s("12,343 probes a day, 12,343 commands") << QString();
    }

    void costs()
    {
        QFETCH(QString, url);
        QFETCH(int, seconds);
        QFETCH(bool, reachOnly);
        QFETCH(int, commands);
        QFETCH(QString, begins);
        QFETCH(QString, service);
        const std::optional<ConnectionString> connection = parsed(url);
        QVERIFY(connection.has_value());
        const PollingCost cost = pollingCost(*connection, Milliseconds(seconds * 1'000), reachOnly,
                                             commands < 0 ? std::nullopt : std::optional(commands));
        QVERIFY2(cost.text().startsWith(begins), qPrintable(cost.text()));
        QCOMPARE(cost.service, service);
        QCOMPARE(!cost.source.isEmpty(), !cost.reason.isEmpty());
    }

    void postgresCountsItsStatements()
    {
        if (const QString missing = PostgresServer::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        PostgresServer server;
        QVERIFY2(server.start({s("log_statement = 'all'")}, "host all all 127.0.0.1/32 trust\n"), server.log());
        QVERIFY(!server.sql(s("create role app login")).startsWith(s("ERROR")));
        QVERIFY(!server.sql(s("create database shop owner app")).startsWith(s("ERROR")));
        const qsizetype before = server.log().count("LOG:  statement: select");
        DatabaseSet set(workspaceOf({endpoint(s("main"), server.url(s("app")))}), &catalogue());
        QSignalSpy probed(&set, &DatabaseSet::probed);
        set.probe(0);
        QVERIFY(probed.wait(20'000));
        QVERIFY2(!set.record(0).report->failed(), qPrintable(told(set.record(0))));
        const int commands = set.record(0).report->commands.value_or(-1);
        QTRY_COMPARE(server.log().count("LOG:  statement: select") - before, qsizetype(commands));
    }
};

QTEST_GUILESS_MAIN(DatabaseSetTest)
#include "tst_databaseset.moc"
