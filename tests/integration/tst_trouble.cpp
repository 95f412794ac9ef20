// SPDX-License-Identifier: GPL-3.0-or-later
//
// Redeploys that do not go by the book, on real servers: two in a row, a TLS terminator that is restarted in front of
// a backend that is not, a proxy that drops idle sockets, a clock that is set, a network that is cut, and the program
// itself killed in the middle. What may be said of each is in the verdict.
#include "tests/support/certificates.h"
#include "tests/support/cli.h"
#include "tests/support/demobackend.h"
#include "tests/support/descendants.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

quint16 somePort()
{
    QTcpServer server;
    return server.listen(QHostAddress::LocalHost, 0) ? server.serverPort() : 0;
}

/// A child that dies with the object.
class Child
{
public:
    Child(const QString &program, const QStringList &arguments)
    {
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(program, arguments);
        process.waitForStarted(5'000);
    }
    ~Child() { stop(); }
    void stop()
    {
        if (process.state() == QProcess::NotRunning)
            return;
        process.kill();
        process.waitForFinished(5'000);
    }
    QProcess process;
};

bool run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    return process.waitForFinished(10'000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

QStringList noteIds(const CliResult &result)
{
    QStringList ids;
    for (const QJsonValue note : result.json()[s("notes")].toArray())
        ids.append(note[s("id")].toString());
    return ids;
}

} // namespace

class TroubleTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void twoInARow();
    void tlsTerminatorRestarted();
    void idleSocketsDropped();
    void clockSet();
    void machineSlept();
    void networkCut();
    void killedInTheMiddle();
    void leftoversAreFound();

private:
    QString workspace(const char *name, const QString &url, const QString &more = {}, const QString &root = {});
    QStringList watching(const QString &workspace, const QStringList &more = {});

    QTemporaryDir m_folder;
};

QString TroubleTest::workspace(const char *name, const QString &url, const QString &more, const QString &root)
{
    const QString path = m_folder.filePath(s(name) + s(".toml"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return {};
    file.write(QStringLiteral("schema = 1\n%1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"%2\"\n"
                              "instance_id = { header = \"x-instance-id\" }\n  [[backend.health]]\n  path = "
                              "\"/health\"\n  [[backend.socket]]\n  name = \"prices\"\n  path = \"/ws/prices\"\n"
                              "  clients = 5\n%3\n")
                   .arg(root, url, more)
                   .toUtf8());
    return path;
}

QStringList TroubleTest::watching(const QString &workspaceFile, const QStringList &more)
{
    QStringList arguments{s("watch"),    s("--workspace"), workspaceFile,   s("--baseline"), s("5s"),
                          s("--format"), s("json"),        s("--sessions"), m_folder.path()};
    for (const auto &[option, value] : {std::pair(s("--settle"), s("3s")), std::pair(s("--timeout"), s("40s"))}) {
        if (!more.contains(option))
            arguments += {option, value};
    }
    return arguments + more;
}

/// The second redeploy begins when the clients have just come back from the first.
void TroubleTest::twoInARow()
{
    DemoBackend first({s("--notice-ms"), s("500")});
    QVERIFY(first.waitForListening());
    const QString port = QString::number(first.port());
    Watcher watcher(watching(workspace("twice", s("http://127.0.0.1:") + port)));
    QVERIFY2(watcher.says("baseline", 15'000), watcher.said.constData());
    QTest::qWait(6'000); // the baseline must be over before the first sign
    first.signal(SIGTERM);
    QCOMPARE(first.waitForExit(8'000), 0);
    DemoBackend second({s("--port"), port, s("--notice-ms"), s("500")});
    QVERIFY(second.waitForListening());
    QVERIFY2(watcher.says("── recovered", 15'000), watcher.said.constData());
    second.signal(SIGTERM);
    QCOMPARE(second.waitForExit(8'000), 0);
    DemoBackend third({s("--port"), port});
    QVERIFY(third.waitForListening());
    const CliResult result = watcher.result(60'000);
    QVERIFY2(result.status == 1, qPrintable(result.err));
    QCOMPARE(result.gateStatus(s("single-bounce")), s("fail"));
    QCOMPARE(result.gateStatus(s("clean-close")), s("pass"));
    QCOMPARE(result.gateStatus(s("all-back")), s("pass"));
    QCOMPARE(result.json()[s("clients")][0][s("bounced")].toInt(), 5);
    QCOMPARE(result.closes(), (QMap<QString, int>{{s("prices close-frame 1012"), 10}}));
}

/// wss through a terminator that is restarted: clients break without a close frame, and the backend is innocent.
void TroubleTest::tlsTerminatorRestarted()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const TestCertificates certificates;
    const QString pem = m_folder.filePath(s("both.pem"));
    QFile both(pem);
    QVERIFY(both.open(QIODevice::WriteOnly));
    for (const QString &part : {certificates.good().certificate, certificates.good().key}) {
        QFile file(part);
        QVERIFY(file.open(QIODevice::ReadOnly));
        both.write(file.readAll());
    }
    both.close();
    const quint16 port = somePort();
    const QString configuration = m_folder.filePath(s("tls.cfg"));
    QFile file(configuration);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(
        QStringLiteral("defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
                       "  timeout tunnel 1h\nfrontend f\n  bind 127.0.0.1:%1 ssl crt %2\n  default_backend b\n"
                       "backend b\n  server s 127.0.0.1:%3\n")
            .arg(port)
            .arg(pem)
            .arg(backend.port())
            .toUtf8());
    file.close();
    const QString haproxy = QStandardPaths::findExecutable(s("haproxy"), {s("/usr/sbin")});
    QVERIFY2(!haproxy.isEmpty(), "Debian's haproxy is needed");
    auto terminator = std::make_unique<Child>(haproxy, QStringList{s("-f"), configuration, s("-db")});
    Watcher watcher(watching(workspace("tls", s("https://127.0.0.1:%1").arg(port)),
                             {s("--ca"), certificates.caFile(), s("--timeout"), s("15s")}));
    QVERIFY2(watcher.says("baseline", 15'000), watcher.said.constData());
    QTest::qWait(6'000);
    terminator->stop();
    terminator = std::make_unique<Child>(haproxy, QStringList{s("-f"), configuration, s("-db")});
    const CliResult result = watcher.result(60'000);
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("clean-close")), s("fail"));
    QCOMPARE(result.gateStatus(s("all-back")), s("pass"));
    // The same instance before and after: nothing was redeployed, and the session says so.
    QCOMPARE(result.gateStatus(s("coverage")), s("unknown"));
    QVERIFY2(result.gate(s("coverage"))[s("measured")].toString().contains(s("not replaced")), qPrintable(result.out));
    const QMap<QString, int> closes = result.closes();
    QCOMPARE(closes.value(s("prices eof 1006")) + closes.value(s("prices reset 1006")), 5);
}

/// A proxy that drops sockets after 2 s of silence: lost in the baseline, so nothing can be said of the redeploy.
void TroubleTest::idleSocketsDropped()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const quint16 port = somePort();
    const QString configuration = m_folder.filePath(s("idle.cfg"));
    QFile file(configuration);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QStringLiteral("defaults\n  mode http\n  timeout connect 5s\n  timeout client 2s\n  timeout server 2s\n"
                              "  timeout tunnel 2s\nfrontend f\n  bind 127.0.0.1:%1\n  default_backend b\nbackend b\n"
                              "  server s 127.0.0.1:%2\n")
                   .arg(port)
                   .arg(backend.port())
                   .toUtf8());
    file.close();
    const QString haproxy = QStandardPaths::findExecutable(s("haproxy"), {s("/usr/sbin")});
    QVERIFY2(!haproxy.isEmpty(), "Debian's haproxy is needed");
    const Child proxy(haproxy, {s("-f"), configuration, s("-db")});
    // A socket that is silent: nothing but our own pings, every 5 s.
    const QString path = workspace("idle", s("http://127.0.0.1:%1").arg(port),
                                   s("  [[backend.socket]]\n  name = \"quiet\"\n  path = \"/ws/notifications\"\n"
                                     "  clients = 4\n"));
    Watcher watcher(watching(path, {s("--timeout"), s("6s"), s("--settle"), s("2s")}));
    const CliResult result = watcher.result(60'000);
    QVERIFY2(result.status == 3 || result.status == 1, qPrintable(result.err + result.out));
    QVERIFY2(result.gate(s("coverage"))[s("measured")].toString().contains(s("quiet")) ||
                 result.gateStatus(s("clean-close")) == s("fail"),
             qPrintable(result.out));
    QVERIFY(result.json()[s("verdict")].toString() != s("pass"));
}

void TroubleTest::clockSet()
{
    const QString setting = m_folder.filePath(s("clock"));
    const auto setClock = [&setting](const char *offset) {
        QFile file(setting);
        return file.open(QIODevice::WriteOnly) && file.write(offset) > 0;
    };
    QVERIFY(setClock("0"));
    DemoBackend first({s("--notice-ms"), s("2500")});
    QVERIFY(first.waitForListening());
    Watcher watcher(watching(workspace("clock", s("http://127.0.0.1:%1").arg(first.port()))),
                    {{s("LD_PRELOAD"), s(SHIM_DIR "/switchyard_wallclock.so")}, {s("SWITCHYARD_WALL_CLOCK"), setting}});
    QVERIFY2(watcher.says("baseline", 20'000), watcher.said.constData());
    QTest::qWait(6'000);
    first.signal(SIGTERM);
    QVERIFY(setClock("-3600"));
    QCOMPARE(first.waitForExit(8'000), 0);
    DemoBackend second({s("--port"), QString::number(first.port())});
    QVERIFY(second.waitForListening());
    const CliResult result = watcher.result(60'000);
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
    QCOMPARE(noteIds(result), QStringList{s("clock")});
    QVERIFY(result.json()[s("notes")][0][s("text")].toString().contains(s("back by 1 h")));
    // The wall clock went back by an hour, the session did not.
    const double slowest = result.json()[s("percentiles")][s("reconnect")][s("max_ms")].toDouble();
    QVERIFY2(slowest > 0 && slowest < 15'000, qPrintable(QString::number(slowest)));
}

/// The laptop's lid is shut in the middle: what happened meanwhile nobody saw, so there is no verdict.
void TroubleTest::machineSlept()
{
    const QString setting = m_folder.filePath(s("sleep"));
    const auto sleepFor = [&setting](const char *seconds) {
        QFile file(setting);
        return file.open(QIODevice::WriteOnly) && file.write(QByteArray("0 ") + seconds) > 0;
    };
    QVERIFY(sleepFor("0"));
    DemoBackend first({s("--notice-ms"), s("2500")});
    QVERIFY(first.waitForListening());
    Watcher watcher(watching(workspace("sleep", s("http://127.0.0.1:%1").arg(first.port()))),
                    {{s("LD_PRELOAD"), s(SHIM_DIR "/switchyard_wallclock.so")}, {s("SWITCHYARD_WALL_CLOCK"), setting}});
    QVERIFY2(watcher.says("baseline", 20'000), watcher.said.constData());
    QTest::qWait(6'000);
    first.signal(SIGTERM);
    QVERIFY(sleepFor("1800"));
    QCOMPARE(first.waitForExit(8'000), 0);
    DemoBackend second({s("--port"), QString::number(first.port())});
    QVERIFY(second.waitForListening());
    const CliResult result = watcher.result(60'000);
    QVERIFY2(result.status == 3, qPrintable(result.err + result.out));
    QCOMPARE(result.gate(s("coverage"))[s("measured")].toString(), s("this machine slept in the middle"));
    QCOMPARE(noteIds(result), QStringList{s("suspend")});
    QVERIFY(result.json()[s("notes")][0][s("text")].toString().contains(s("30 min")));
}

/// This machine's own network goes in the middle: the losses are not the backend's doing.
void TroubleTest::networkCut()
{
    const QString space = s("switchyard%1").arg(QCoreApplication::applicationPid() % 10'000);
    const QString ours = s("sy%1a").arg(QCoreApplication::applicationPid() % 10'000);
    const QString theirs = s("sy%1b").arg(QCoreApplication::applicationPid() % 10'000);
    const QString ip = QStandardPaths::findExecutable(s("ip"), {s("/usr/sbin"), s("/sbin"), s("/usr/bin")});
    QVERIFY2(!ip.isEmpty(), "Debian's iproute2 is needed");
    if (!run(ip, {s("netns"), s("add"), space}))
        QSKIP("no right to make a network namespace here");
    struct Remove
    {
        QString ip, space;
        ~Remove() { run(ip, {s("netns"), s("del"), space}); }
    } const remove{ip, space};
    QVERIFY(
        run(ip, {s("link"), s("add"), ours, s("type"), s("veth"), s("peer"), s("name"), theirs, s("netns"), space}));
    QVERIFY(run(ip, {s("addr"), s("add"), s("198.18.77.1/30"), s("dev"), ours}));
    QVERIFY(run(ip, {s("link"), s("set"), ours, s("up")}));
    QVERIFY(run(ip, {s("-n"), space, s("addr"), s("add"), s("198.18.77.2/30"), s("dev"), theirs}));
    QVERIFY(run(ip, {s("-n"), space, s("link"), s("set"), theirs, s("up")}));
    QVERIFY(run(ip, {s("-n"), space, s("link"), s("set"), s("lo"), s("up")}));
    const Child backend(ip, {s("netns"), s("exec"), space, s(BINARY_DIR "/switchyard-demo-backend"), s("--host"),
                             s("198.18.77.2"), s("--port"), s("8000")});
    // Nobody listens on the anchor's port: its refusal is an answer too.
    const QString path =
        workspace("cut", s("http://198.18.77.2:8000"), {}, s("[network]\nanchors = [\"198.18.77.2:9\"]\n"));
    Watcher watcher(watching(path, {s("--timeout"), s("25s")}));
    QVERIFY2(watcher.says("baseline", 15'000), watcher.said.constData());
    QTest::qWait(6'000);
    QVERIFY(run(ip, {s("link"), s("set"), ours, s("down")}));
    QTest::qWait(8'000); // health, ports and anchors are silent
    QVERIFY(run(ip, {s("link"), s("set"), ours, s("up")}));
    const CliResult result = watcher.result(90'000);
    QVERIFY2(result.status == 3, qPrintable(result.err + result.out));
    QCOMPARE(result.json()[s("verdict")].toString(), s("inconclusive"));
    QVERIFY2(result.gateStatus(s("own-network")) == s("fail") || result.gateStatus(s("coverage")) == s("unknown"),
             qPrintable(result.out));
}

/// kill -9: the journal has everything up to the last flush, opens as inconclusive, and no process is left.
void TroubleTest::killedInTheMiddle()
{
    const quint16 port = somePort();
    const QString folder = m_folder.filePath(s("killed"));
    const QString path = workspace("killed", s("http://127.0.0.1:%1").arg(port),
                                   s("  [backend.deploy]\n  driver = \"local\"\n  argv = [\"%1\", \"--notice-ms\", "
                                     "\"3000\", \"--port\", \"%2\"]\n")
                                       .arg(s(BINARY_DIR "/switchyard-demo-backend"))
                                       .arg(port));
    QStringList arguments = watching(path);
    arguments[arguments.indexOf(s("--sessions")) + 1] = folder;
    Watcher watcher(arguments);
    QVERIFY2(watcher.says("SIGTERM to instance", 30'000), watcher.said.constData());
    QTest::qWait(1'200); // over one flush
    ::kill(pid_t(watcher.process.processId()), SIGKILL);
    QVERIFY(watcher.process.waitForFinished(5'000));
    const CliResult shown =
        runCli({s("session"), s("show"), s("last"), s("--sessions"), folder, s("--format"), s("json")});
    QVERIFY2(shown.status == 3, qPrintable(shown.err + shown.out));
    QCOMPARE(shown.json()[s("verdict")].toString(), s("inconclusive"));
    QCOMPARE(shown.json()[s("complete")].toBool(true), false);
    // Its events go up to the last flush: the signal is there.
    const CliResult list = runCli({s("session"), s("list"), s("--sessions"), folder, s("--format"), s("json")});
    QCOMPARE(list.status, 0);
    QCOMPARE(validate(s("session-list"), list.out.toUtf8()), QString());
    const QJsonValue session = list.json()[s("sessions")][0];
    QCOMPARE(session[s("ended")].toBool(true), false);
    QCOMPARE(session[s("verdict")].toString(), s("inconclusive"));
    QFile journal(session[s("folder")].toString() + s("/journal.jsonl"));
    QVERIFY(journal.open(QIODevice::ReadOnly));
    QVERIFY(journal.readAll().contains("signal-sent"));
    QTRY_VERIFY_WITH_TIMEOUT(processesWith(s("--port %1").arg(port)).isEmpty(), 10'000);
}

/// A gunicorn whose console was killed: the master dies with the console, its workers do not. The next run finds them.
void TroubleTest::leftoversAreFound()
{
    const QMap<QString, QString> state{{s("XDG_STATE_HOME"), m_folder.filePath(s("state"))}};
    const QString mark = s("leftover_%1").arg(QCoreApplication::applicationPid());
    const QStringList arguments{s("rehearse"),
                                s("--platform"),
                                s("render"),
                                s("--health"),
                                s("/health"),
                                s("--sessions"),
                                m_folder.path(),
                                s("--cwd"),
                                s(SOURCE_DIR "/tests/backends"),
                                s("--"),
                                s("/usr/bin/gunicorn"),
                                s("fastapi_app:app"),
                                s("-k"),
                                s("uvicorn.workers.UvicornWorker"),
                                s("-w"),
                                s("2"),
                                s("--name"),
                                mark,
                                s("--bind"),
                                s("127.0.0.1:$PORT")};
    Watcher watcher(arguments, state);
    QVERIFY2(watcher.says("── baseline", 40'000), watcher.said.constData());
    const qsizetype before = processesWith(mark).size();
    QVERIFY2(before >= 3, qPrintable(QString::number(before))); // the master and its two workers
    // Its guard would stop them at once: it is killed first.
    const QList<qint64> guards = guardsOf(watcher.process.processId());
    QCOMPARE(guards.size(), 1);
    ::kill(pid_t(guards.first()), SIGKILL);
    ::kill(pid_t(watcher.process.processId()), SIGKILL);
    QVERIFY(watcher.process.waitForFinished(5'000));
    QTRY_COMPARE(processesWith(mark).size(), 2);
    CliOptions options;
    options.environment = state;
    const CliResult next = runCli({s("rehearse"), s("--platform"), s("render"), s("--health"), s("/health"),
                                   s("--sessions"), m_folder.path(), s("--"), s("/no/such/server")},
                                  options);
    QCOMPARE(next.status, 2);
    QVERIFY2(next.err.contains(s("2 processes of gunicorn were left by an earlier run")), qPrintable(next.err));
    QTRY_VERIFY(processesWith(mark).isEmpty());
    QVERIFY(QDir(m_folder.filePath(s("state/switchyard/processes"))).isEmpty());
}

QTEST_GUILESS_MAIN(TroubleTest)
#include "tst_trouble.moc"
