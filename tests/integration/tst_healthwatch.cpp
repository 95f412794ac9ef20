// SPDX-License-Identifier: GPL-3.0-or-later
// `health watch` as a person and a pipeline use it, and what it leaves in the history.
#include "models/history/reader.h"
#include "tests/support/cli.h"
#include "tests/support/httpserver.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <algorithm>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

HttpBehaviour answering(int status)
{
    HttpBehaviour behaviour;
    behaviour.status = status;
    return behaviour;
}

} // namespace

class HealthWatchTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void tellsAnOutage();
    void upAllTheTime();
    void machineSleeps();
    void interruptEndsIt();
    void workspaceAndItsWindow();
    void profileOfAPlatform();
    void usage_data();
    void usage();

private:
    std::unique_ptr<HttpServer> m_server;
    QTemporaryDir m_folder;
};

void HealthWatchTest::init()
{
    m_server = std::make_unique<HttpServer>();
    m_server->setBehaviour("/health", answering(200));
}

void HealthWatchTest::tellsAnOutage()
{
    const QString history = m_folder.filePath(s("outage.sqlite"));
    const QString junit = m_folder.filePath(s("outage.xml"));
    const QString url = m_server->url(s("/health"));
    m_server->setBehaviour("/health", answering(500));
    Watcher watcher({s("health"), s("watch"), url, s("--interval"), s("100ms"), s("--for"), s("4s"), s("--failures"),
                     s("2"), s("--history"), history, s("--junit"), junit, s("--format"), s("json")});
    QVERIFY(watcher.says("watching 1 monitor", 10'000));
    QTRY_VERIFY(m_server->connectionCount() >= 4);
    m_server->setBehaviour("/health", answering(200));
    const CliResult result = watcher.result(30'000);
    QCOMPARE(result.status, 1);
    const QString invalid = validate(s("health-watch"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    const QJsonObject monitor = result.json()[s("monitors")].toArray().first().toObject();
    QStringList states;
    for (const QJsonValue &change : monitor[s("changes")].toArray())
        states.append(change[s("to")].toString());
    QCOMPARE(states.join(u' '), s("down recovering up"));
    QCOMPARE(monitor[s("state")].toString(), s("up"));
    QCOMPARE(monitor[s("uptime")][s("outages")].toInt(), 1);
    QVERIFY(monitor[s("failed")].toInt() >= 4);
    QVERIFY(monitor[s("uptime")][s("share")].toDouble() < 1);

    const Result<HistoryReader> reader = HistoryReader::open(history);
    QVERIFY(reader);
    const QString series = s("health/") + url;
    const auto samples = reader->range(series, 0, 4'000'000'000'000, 1'000);
    QVERIFY(samples);
    QCOMPARE(qint64(samples->size()), qint64(monitor[s("probes")].toInt()));
    QCOMPARE(samples->front().state, int(HistoryDown));
    QCOMPARE(samples->front().status, 500);
    QVERIFY(!samples->front().latencyUs);
    QVERIFY2(samples->front().note.contains(s("500")), qPrintable(samples->front().note));
    QCOMPARE(samples->back().state, int(HistoryUp));
    QVERIFY(samples->back().latencyUs && samples->back().connectUs);
    const auto events = reader->events(0, 4'000'000'000'000, 100, series);
    QVERIFY(events);
    // Its end is told too: what follows was not measured.
    QCOMPARE(qint64(events->size()), qint64(4));
    QCOMPARE(events->front().kind, s("state"));
    QVERIFY2(events->back().json.contains("\"to\":\"unknown\""), events->back().json);

    QFile xml(junit);
    QVERIFY(xml.open(QIODevice::ReadOnly));
    const QByteArray text = xml.readAll();
    QVERIFY2(text.contains("was-down") && text.contains("failures=\"1\""), text);
    QXmlStreamReader check(text);
    while (!check.atEnd())
        check.readNext();
    QVERIFY(!check.hasError());
}

void HealthWatchTest::upAllTheTime()
{
    const CliResult result = runCli({s("health"), s("watch"), m_server->url(s("/health")), s("--interval"), s("100ms"),
                                     s("--for"), s("1s"), s("--no-history")});
    QCOMPARE(result.status, 0);
    QVERIFY2(result.out.contains(s("up  ")) && result.out.contains(s("uptime       100.000 %")),
             qPrintable(result.out));
}

/// A sleeping machine measures nothing: that is no outage, and the figures leave it out.
void HealthWatchTest::machineSleeps()
{
    const QString setting = m_folder.filePath(s("sleep"));
    const auto sleepFor = [&setting](const char *seconds) {
        QFile file(setting);
        return file.open(QIODevice::WriteOnly) && file.write(QByteArray("0 ") + seconds) > 0;
    };
    QVERIFY(sleepFor("0"));
    const QString history = m_folder.filePath(s("sleep.sqlite"));
    Watcher watcher({s("health"), s("watch"), m_server->url(s("/health")), s("--interval"), s("100ms"), s("--for"),
                     s("6s"), s("--failures"), s("1"), s("--history"), history, s("--format"), s("json")},
                    {{s("LD_PRELOAD"), s(SHIM_DIR "/switchyard_wallclock.so")}, {s("SWITCHYARD_WALL_CLOCK"), setting}});
    QVERIFY(watcher.says("watching 1 monitor", 10'000));
    QTRY_VERIFY(m_server->connectionCount() >= 4);
    QVERIFY(sleepFor("3600"));
    QVERIFY2(watcher.says("slept for 1 h", 10'000), watcher.said.constData());
    const CliResult result = watcher.result(30'000);
    QVERIFY2(result.status == 0, qPrintable(result.err));
    const QJsonObject monitor = result.json()[s("monitors")].toArray().first().toObject();
    QStringList states;
    for (const QJsonValue &change : monitor[s("changes")].toArray())
        states.append(change[s("to")].toString());
    QCOMPARE(states.join(u' '), s("up unknown up"));
    QCOMPARE(monitor[s("uptime")][s("outages")].toInt(), 0);
    QCOMPARE(monitor[s("uptime")][s("share")].toDouble(), 1.0);
    const Result<HistoryReader> reader = HistoryReader::open(history);
    QVERIFY(reader);
    const auto events = reader->events(0, 4'000'000'000'000, 100);
    QVERIFY(events);
    QVERIFY(std::any_of(events->cbegin(), events->cend(),
                        [](const HistoryEvent &event) { return event.kind == s("suspend"); }));
}

void HealthWatchTest::interruptEndsIt()
{
    CliOptions options;
    options.signalOn = s("watching 1 monitor");
    options.signalAfterMs = 600;
    const QStringList arguments{s("health"), s("watch"), m_server->url(s("/health")), s("--interval"), s("100ms")};
    const CliResult open = runCli(arguments, options);
    QCOMPARE(open.status, 0);
    QVERIFY2(open.out.contains(s("probes")), qPrintable(open.out));
    const CliResult early = runCli(arguments + QStringList{s("--for"), s("1m")}, options);
    QCOMPARE(early.status, 130);
    QVERIFY2(early.out.contains(s("probes")), qPrintable(early.out));
}

void HealthWatchTest::workspaceAndItsWindow()
{
    QFile file(m_folder.filePath(s("switchyard.toml")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    m_server->setBehaviour("/health", answering(503));
    file.write("schema = 1\nname = \"w\"\n[history]\nfile = \"kept.sqlite\"\n[[deploy_window]]\nname = \"release\"\n"
               "start = \"00:00\"\nlength = \"1d\"\n[[backend]]\nname = \"one\"\nplatform = \"local\"\nurl = \"" +
               m_server->url({}).toLatin1() +
               "\"\n  [[backend.health]]\n  path = \"/health\"\n  interval = \"100ms\"\n  failures = 1\n");
    file.close();
    CliOptions options;
    options.cwd = m_folder.path();
    const CliResult result = runCli({s("health"), s("watch"), s("--for"), s("1s")}, options);
    QCOMPARE(result.status, 1);
    QVERIFY2(result.out.contains(s("down        one /health")) && result.out.contains(s("[alerts nobody: release]")),
             qPrintable(result.out));
    QVERIFY(QFile::exists(m_folder.filePath(s("kept.sqlite"))));
}

void HealthWatchTest::profileOfAPlatform()
{
    m_server->setBehaviour("/health", answering(429));
    Watcher watcher({s("health"), s("watch"), m_server->url(s("/health")), s("--profile"), s("fly"), s("--interval"),
                     s("200ms"), s("--for"), s("3s"), s("--no-history"), s("--format"), s("json")});
    const CliResult result = watcher.result(30'000);
    QCOMPARE(result.status, 1);
    const QString invalid = validate(s("health-watch"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    const QJsonObject monitor = result.json()[s("monitors")].toArray().first().toObject();
    QCOMPARE(monitor[s("state")].toString(), s("down"));
    // One failure is enough there, and 429 is one.
    QCOMPARE(monitor[s("changes")].toArray().size(), 1);
    QVERIFY2(monitor[s("cause")].toString().contains(s("Fly.io would have taken the instance out of routing")),
             qPrintable(monitor[s("cause")].toString()));
    QVERIFY2(monitor[s("platform")].toString().contains(s("out of routing")) &&
                 monitor[s("platform")].toString().contains(s(" s ago")),
             qPrintable(monitor[s("platform")].toString()));
    QCOMPARE(monitor[s("profile")][s("platform")].toString(), s("fly"));
}

void HealthWatchTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("interval") << QStringList{s("http://127.0.0.1:9/"), s("--interval"), s("10ms")} << s("--interval");
    QTest::newRow("no unit") << QStringList{s("http://127.0.0.1:9/"), s("--interval"), s("5")} << s("--interval");
    QTest::newRow("failures") << QStringList{s("http://127.0.0.1:9/"), s("--failures"), s("0")} << s("--failures");
    QTest::newRow("scheme") << QStringList{s("ftp://127.0.0.1/")} << s("ftp://");
    QTest::newRow("no workspace") << QStringList{} << s("switchyard.toml");
}

void HealthWatchTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    QTemporaryDir empty;
    CliOptions options;
    options.cwd = empty.path();
    const CliResult result = runCli(QStringList{s("health"), s("watch")} + arguments, options);
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
}

QTEST_GUILESS_MAIN(HealthWatchTest)

#include "tst_healthwatch.moc"
