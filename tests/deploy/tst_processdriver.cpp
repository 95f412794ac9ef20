// SPDX-License-Identifier: GPL-3.0-or-later
// Deploy sequences on real processes: the demo backend, and small commands that misbehave.
#include "models/deploy/processdriver.h"
#include "tests/support/rawsocket.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/types.h>

using namespace Switchyard;
using Kind = DriverEvent::Kind;
using Testing::PeerEnd;
using Testing::RawSocket;

namespace {

const QString s_backend = QStringLiteral(BINARY_DIR "/switchyard-demo-backend");

/// A server of a few lines: `body` runs before it listens on PORT and answers 200 for ever.
QStringList python(const QString &body)
{
    return {QStringLiteral("python3"), QStringLiteral("-c"),
            QStringLiteral("import os,signal,sys,time,http.server as h\n%1\n"
                           "class A(h.BaseHTTPRequestHandler):\n"
                           "  def do_GET(self):\n    self.send_response(200)\n    self.end_headers()\n"
                           "  def log_message(self,*a): pass\n"
                           "h.HTTPServer(('127.0.0.1',int(os.environ['PORT'])),A).serve_forever()\n")
                .arg(body)};
}

ProcessDriverConfig configFor(const QStringList &argv)
{
    ProcessDriverConfig config;
    config.argv = argv;
    config.port = freePort();
    config.environment.insert(QStringLiteral("PATH"), qEnvironmentVariable("PATH"));
    config.grace = Milliseconds(5'000);
    config.startLimit = Milliseconds(10'000);
    config.health.statusMin = 200;
    config.health.statusMax = 299;
    config.healthPath = QStringLiteral("/health");
    return config;
}

ProcessDriverConfig demoConfig()
{
    return configFor({s_backend, QStringLiteral("--port"), QStringLiteral("$PORT"), QStringLiteral("--notice-ms"),
                      QStringLiteral("100")});
}

bool alive(qint64 pid)
{
    // A zombie is not alive: its parent has yet to look.
    QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
    if (pid <= 0 || !stat.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = stat.readAll();
    return text.mid(text.lastIndexOf(')') + 2, 1) != "Z";
}

/// A driver and what it said.
struct Driven
{
    explicit Driven(const ProcessDriverConfig &config)
        : driver(std::make_unique<ProcessDriver>(config))
    {
        QObject::connect(driver.get(), &DeployDriver::happened, driver.get(),
                         [this](const DriverEvent &e) { events += e; });
        QObject::connect(driver.get(), &DeployDriver::ready, driver.get(), [this] { ++ready; });
        QObject::connect(driver.get(), &DeployDriver::failed, driver.get(),
                         [this](const Error &e) { errors += e.message; });
        QObject::connect(driver.get(), &DeployDriver::shutDownDone, driver.get(), [this] { ++down; });
    }
    ~Driven()
    {
        if (!driver)
            return;
        driver->shutDown();
        [this] { QTRY_COMPARE(down > 0, true); }();
    }
    int count(Kind kind) const
    {
        return int(std::count_if(events.cbegin(), events.cend(), [kind](const auto &e) { return e.kind == kind; }));
    }
    DriverEvent last(Kind kind) const
    {
        DriverEvent found;
        for (const DriverEvent &event : events) {
            if (event.kind == kind)
                found = event;
        }
        return found;
    }
    QList<std::pair<Kind, int>> order(const QList<Kind> &kinds) const
    {
        QList<std::pair<Kind, int>> result;
        for (const DriverEvent &event : events) {
            if (kinds.contains(event.kind))
                result.append({event.kind, event.instance});
        }
        return result;
    }

    std::unique_ptr<ProcessDriver> driver;
    QList<DriverEvent> events;
    QStringList errors;
    int ready = 0;
    int down = 0;
};

quint16 portOf(const Driven &driven)
{
    return quint16(QUrl(driven.driver->url()).port());
}

const QList<Kind> s_course{Kind::InstanceStarting, Kind::InstanceHealthy, Kind::TrafficSwitched,
                           Kind::SignalSent,       Kind::InstanceExited,  Kind::Finished};

} // namespace

class tst_ProcessDriver final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void wholeLife();
    void tcpCheck();
    void behindTheDoor_data();
    void behindTheDoor();
    void signalIgnored();
    void noSuchCommand();
    void noSuchFolder();
    void portTaken();
    void exitsAtStart();
    void exitsAtStartOfTheSecond();
    void neverHealthy();
    void failedPrepareLeavesNothing();
    void leftovers();
    void portInArguments();
    void cleanEnvironment();
    void logLines();
    void destruction();
    void noDoor();
    void lateKillSparesOthers();
};

void tst_ProcessDriver::wholeLife()
{
    Driven driven(demoConfig());
    driven.driver->prepare();
    QTRY_COMPARE(driven.ready, 1);
    const qint64 first = driven.driver->currentPid();
    QVERIFY(alive(first));
    driven.driver->prepare();
    QTRY_COMPARE(driven.ready, 2); // ready still, nothing started twice
    QCOMPARE(driven.driver->currentPid(), first);
    for (int round = 0; round < 2; ++round) {
        driven.driver->trigger();
        driven.driver->trigger(); // one at a time
        QTRY_COMPARE(driven.count(Kind::Finished), round + 1);
    }
    QVERIFY(!alive(first));
    QVERIFY(alive(driven.driver->currentPid()));
    QCOMPARE(driven.order(s_course), (QList<std::pair<Kind, int>>{{Kind::InstanceStarting, 1},
                                                                  {Kind::InstanceHealthy, 1},
                                                                  {Kind::SignalSent, 1},
                                                                  {Kind::InstanceExited, 1},
                                                                  {Kind::InstanceStarting, 2},
                                                                  {Kind::InstanceHealthy, 2},
                                                                  {Kind::Finished, 2},
                                                                  {Kind::SignalSent, 2},
                                                                  {Kind::InstanceExited, 2},
                                                                  {Kind::InstanceStarting, 3},
                                                                  {Kind::InstanceHealthy, 3},
                                                                  {Kind::Finished, 3}}));
    QCOMPARE(driven.last(Kind::SignalSent).text, QStringLiteral("SIGTERM"));
    QCOMPARE(driven.last(Kind::InstanceExited).code, 0);
    QVERIFY(driven.last(Kind::InstanceExited).text.isEmpty());
    for (qsizetype i = 1; i < driven.events.size(); ++i)
        QVERIFY(driven.events[i].at >= driven.events[i - 1].at);
    const qint64 pid = driven.driver->currentPid();
    driven.driver->shutDown();
    QTRY_COMPARE(driven.down, 1);
    QVERIFY(!alive(pid));
    QCOMPARE(driven.driver->currentPid(), 0);
}

void tst_ProcessDriver::tcpCheck()
{
    ProcessDriverConfig config = demoConfig();
    config.healthPath.clear();
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.ready, 1);
    QVERIFY(RawSocket(portOf(driven)).isConnected());
}

void tst_ProcessDriver::behindTheDoor_data()
{
    QTest::addColumn<bool>("newFirst");
    QTest::newRow("new first") << true;
    QTest::newRow("stop first") << false;
}

void tst_ProcessDriver::behindTheDoor()
{
    QFETCH(bool, newFirst);
    ProcessDriverConfig config = demoConfig();
    config.door = QStringLiteral(BINARY_DIR "/switchyard-door");
    config.port = 0;
    config.newFirst = newFirst;
    config.waitAfterSwitch = Milliseconds(300);
    Driven driven(config);
    QVERIFY(driven.driver->url().isEmpty());
    driven.driver->prepare();
    QTRY_COMPARE(driven.ready, 1);
    const quint16 port = portOf(driven);
    QVERIFY(port > 0);
    RawSocket socket(port);
    QCOMPARE(socket.upgrade("/ws/prices").status, 101);
    driven.driver->trigger();
    QTRY_COMPARE(driven.count(Kind::Finished), 1);
    QVERIFY(socket.readClose().isClose());
    QCOMPARE(socket.waitForEnd(), PeerEnd::Eof);
    if (newFirst) {
        QCOMPARE(driven.order(s_course), (QList<std::pair<Kind, int>>{{Kind::InstanceStarting, 1},
                                                                      {Kind::InstanceHealthy, 1},
                                                                      {Kind::TrafficSwitched, 1},
                                                                      {Kind::InstanceStarting, 2},
                                                                      {Kind::InstanceHealthy, 2},
                                                                      {Kind::TrafficSwitched, 2},
                                                                      {Kind::SignalSent, 1},
                                                                      {Kind::InstanceExited, 1},
                                                                      {Kind::Finished, 2}}));
        const double waited = toMs(driven.last(Kind::SignalSent).at - driven.last(Kind::TrafficSwitched).at);
        QVERIFY2(waited >= 299 && waited < 450, QByteArray::number(waited));
    } else {
        QCOMPARE(driven.order(s_course), (QList<std::pair<Kind, int>>{{Kind::InstanceStarting, 1},
                                                                      {Kind::InstanceHealthy, 1},
                                                                      {Kind::TrafficSwitched, 1},
                                                                      {Kind::SignalSent, 1},
                                                                      {Kind::InstanceExited, 1},
                                                                      {Kind::InstanceStarting, 2},
                                                                      {Kind::InstanceHealthy, 2},
                                                                      {Kind::TrafficSwitched, 2},
                                                                      {Kind::Finished, 2}}));
    }
    QCOMPARE(portOf(driven), port);
    QCOMPARE(RawSocket(port).request("GET", "/health").status, 200);
    driven.driver->shutDown();
    QTRY_COMPARE(driven.down, 1);
    QTRY_VERIFY(!RawSocket(port).isConnected()); // the door has gone too
}

void tst_ProcessDriver::signalIgnored()
{
    ProcessDriverConfig config = configFor(python(QStringLiteral("signal.signal(signal.SIGTERM,signal.SIG_IGN)")));
    config.grace = Milliseconds(400);
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE_WITH_TIMEOUT(driven.ready, 1, 10000);
    driven.driver->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(driven.count(Kind::Finished), 1, 10000);
    QCOMPARE(driven.count(Kind::InstanceKilled), 1);
    QCOMPARE(driven.last(Kind::InstanceExited).code, 128 + SIGKILL);
    const double took = toMs(driven.last(Kind::InstanceKilled).at - driven.last(Kind::SignalSent).at);
    QVERIFY2(took >= 399 && took < 500, QByteArray::number(took));
}

void tst_ProcessDriver::noSuchCommand()
{
    Driven driven(configFor({QStringLiteral("switchyard-no-such-command")}));
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY(driven.errors.first().contains(QStringLiteral("switchyard-no-such-command")));
    QCOMPARE(driven.ready, 0);
    Driven none(configFor({}));
    none.driver->prepare();
    QTRY_COMPARE(none.errors.size(), 1);
}

void tst_ProcessDriver::noSuchFolder()
{
    ProcessDriverConfig config = demoConfig();
    config.cwd = QStringLiteral("/no/such/folder");
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY(driven.errors.first().contains(QStringLiteral("/no/such/folder")));
}

void tst_ProcessDriver::portTaken()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost, 0));
    ProcessDriverConfig config = demoConfig();
    config.port = other.serverPort();
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY(driven.errors.first().contains(QString::number(other.serverPort())));
    QCOMPARE(driven.count(Kind::InstanceStarting), 0);
    other.close();
    driven.driver->prepare(); // the port is free again: it goes on
    QTRY_COMPARE(driven.ready, 1);
}

void tst_ProcessDriver::exitsAtStart()
{
    Driven driven(configFor({QStringLiteral("sh"), QStringLiteral("-c"),
                             QStringLiteral("echo one; echo ModuleNotFoundError: server >&2; exit 3")}));
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY2(driven.errors.first().contains(QStringLiteral("ModuleNotFoundError: server")),
             qPrintable(driven.errors.first()));
    QVERIFY(driven.errors.first().contains(QStringLiteral("status 3")));
}

void tst_ProcessDriver::exitsAtStartOfTheSecond()
{
    QTemporaryDir folder;
    const QString mark = folder.filePath(QStringLiteral("second"));
    ProcessDriverConfig config = configFor(python(
        QStringLiteral(
            "f='%1'\nif os.path.exists(f):\n  print('migration failed',flush=True); sys.exit(4)\nopen(f,'w').close()")
            .arg(mark)));
    config.door = QStringLiteral(BINARY_DIR "/switchyard-door");
    config.newFirst = true;
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE_WITH_TIMEOUT(driven.ready, 1, 10000);
    driven.driver->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(driven.count(Kind::Failed), 1, 10000);
    QVERIFY(driven.last(Kind::Failed).text.contains(QStringLiteral("migration failed")));
    QVERIFY(driven.errors.isEmpty());
    QCOMPARE(driven.count(Kind::SignalSent), 0); // the old one stays, with the traffic
    QCOMPARE(RawSocket(portOf(driven)).request("GET", "/").status, 200);
    QFile::remove(mark);
    driven.driver->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(driven.count(Kind::Finished), 1, 10000);
}

void tst_ProcessDriver::neverHealthy()
{
    ProcessDriverConfig config = demoConfig();
    config.argv += {QStringLiteral("--ready-delay"), QStringLiteral("60000")};
    config.startLimit = Milliseconds(700);
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY2(driven.errors.first().contains(QStringLiteral("0.7 s")), qPrintable(driven.errors.first()));
    QVERIFY2(driven.errors.first().contains(QStringLiteral("HTTP 503")), qPrintable(driven.errors.first()));
}

void tst_ProcessDriver::failedPrepareLeavesNothing()
{
    ProcessDriverConfig config = demoConfig();
    config.argv += {QStringLiteral("--ready-delay"), QStringLiteral("60000")};
    config.startLimit = Milliseconds(500);
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    const qint64 pid = driven.last(Kind::InstanceStarting).pid;
    QVERIFY(pid > 0);
    QTRY_VERIFY(!alive(pid)); // it would hold the port against the next try
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 2);
    QVERIFY2(driven.errors.last().contains(QStringLiteral("HTTP 503")), qPrintable(driven.errors.last()));
}

void tst_ProcessDriver::leftovers()
{
    QTemporaryDir folder;
    const QString pidFile = folder.filePath(QStringLiteral("pid"));
    // The usual start script: the shell gets the signal, the server does not.
    ProcessDriverConfig config =
        configFor({QStringLiteral("sh"), QStringLiteral("-c"),
                   QStringLiteral("%1 --port $PORT & echo $! > %2; wait").arg(s_backend, pidFile)});
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.ready, 1);
    QFile file(pidFile);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const qint64 child = file.readAll().trimmed().toLongLong();
    QVERIFY(alive(child));
    driven.driver->trigger();
    QTRY_COMPARE(driven.count(Kind::InstanceExited), 1);
    QVERIFY(driven.last(Kind::InstanceExited).text.contains(QStringLiteral("left processes behind")));
    QTRY_VERIFY(!alive(child));
    QTRY_COMPARE(driven.count(Kind::Finished), 1);
}

void tst_ProcessDriver::portInArguments()
{
    ProcessDriverConfig config =
        configFor({QStringLiteral("sh"), QStringLiteral("-c"), QStringLiteral("printf 'args:%s\\n' \"$*\"; exit 1"),
                   QStringLiteral("sh"), QStringLiteral("$PORT"), QStringLiteral("127.0.0.1:${PORT}"),
                   QStringLiteral("$PORTAL"), QStringLiteral("--x=$PORT,$PORT")});
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    const QString p = QString::number(config.port);
    QVERIFY2(driven.errors.first().contains(QStringLiteral("args:%1 127.0.0.1:%1 $PORTAL --x=%1,%1").arg(p)),
             qPrintable(driven.errors.first()));
}

void tst_ProcessDriver::cleanEnvironment()
{
    qputenv("SWITCHYARD_CANARY", "leaked");
    ProcessDriverConfig config =
        configFor({QStringLiteral("sh"), QStringLiteral("-c"),
                   QStringLiteral("echo canary=[$SWITCHYARD_CANARY] port=[$PORT] own=[$OWN] bind=[$BIND]; exit 1")});
    config.environment.insert(QStringLiteral("OWN"), QStringLiteral("a b"));
    config.environment.insert(QStringLiteral("BIND"), QStringLiteral("0.0.0.0:{PORT}"));
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY2(driven.errors.first().contains(
                 QStringLiteral("canary=[] port=[%1] own=[a b] bind=[0.0.0.0:%1]").arg(config.port)),
             qPrintable(driven.errors.first()));
    const auto environment = rehearsalEnvironment(Platform(), QStringLiteral("4321"), QStringLiteral("api"), config.argv);
    QVERIFY(!environment.contains(QStringLiteral("SWITCHYARD_CANARY")));
    QCOMPARE(environment.value(QStringLiteral("PORT")), QStringLiteral("4321"));
    QCOMPARE(environment.value(QStringLiteral("PATH")), qEnvironmentVariable("PATH"));
    qunsetenv("SWITCHYARD_CANARY");
}

void tst_ProcessDriver::logLines()
{
    ProcessDriverConfig config =
        configFor({QStringLiteral("sh"), QStringLiteral("-c"),
                   QStringLiteral("echo first; echo Shutting down now; printf unfinished-line; exit 1")});
    config.log = {QStringLiteral("Shutting down"), QStringLiteral("unfinished")};
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QCOMPARE(driven.count(Kind::LogLine), 2);
    QCOMPARE(driven.last(Kind::LogLine).text, QStringLiteral("unfinished-line"));
}

void tst_ProcessDriver::destruction()
{
    ProcessDriverConfig config = demoConfig();
    config.door = QStringLiteral(BINARY_DIR "/switchyard-door");
    config.port = 0;
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.ready, 1);
    const quint16 port = portOf(driven);
    const qint64 pid = driven.driver->currentPid();
    driven.driver.reset();
    QVERIFY(!alive(pid));
    QVERIFY(!RawSocket(port).isConnected());
    Driven starting(demoConfig()); // in the middle of a start
    starting.driver->prepare();
    QTRY_COMPARE(starting.count(Kind::InstanceStarting), 1);
    const qint64 young = starting.last(Kind::InstanceStarting).pid;
    starting.driver.reset();
    QVERIFY(!alive(young));
}

void tst_ProcessDriver::noDoor()
{
    ProcessDriverConfig config = demoConfig();
    config.door = QStringLiteral("/no/such/door");
    Driven driven(config);
    driven.driver->prepare();
    QTRY_COMPARE(driven.errors.size(), 1);
    QVERIFY(driven.errors.first().contains(QStringLiteral("/no/such/door")));
    QCOMPARE(driven.count(Kind::InstanceStarting), 0);
}

void tst_ProcessDriver::lateKillSparesOthers()
{
    // A process group that has ended gives its number back to the system: nothing may be sent to it any more.
    ProcessSpec spec;
    spec.argv = {QStringLiteral("sh"), QStringLiteral("-c"), QStringLiteral("exit 0")};
    auto instance = std::make_unique<ProcessInstance>(spec);
    QSignalSpy exited(instance.get(), &ProcessInstance::exited);
    instance->start();
    QTRY_COMPARE(exited.count(), 1);
    QVERIFY(!exited.first().at(2).toBool());
    QVERIFY(instance->pid() > 0);
    QVERIFY(!instance->killGroup());
}

QTEST_GUILESS_MAIN(tst_ProcessDriver)
#include "tst_processdriver.moc"
