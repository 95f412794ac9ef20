// SPDX-License-Identifier: GPL-3.0-or-later
//
// A FastAPI application with raw WebSockets and python-socketio under Debian's uvicorn 0.17.6, rehearsed on both
// platforms' deploy sequences. What this server really does, and why:
//
//   ws library   signal            close               why
//   wsproto      SIGTERM, SIGINT   1012 on every one   its shutdown() sends a close event with 1012
//   websockets   SIGTERM, SIGINT   FIN, no frame       its shutdown() before 0.21 only fails the connection
//
// SIGINT (Fly) and SIGTERM (Render) make no difference to uvicorn. Neither sends a notice: sockets are closed before
// the lifespan handlers run. uvicorn closes its listener first, so that a probe of /live fails while the process
// lives, and nothing turns /ready to 503 before the sockets close: on Fly's sequence, where the old instance stays in
// sight, both gates fail. On Render's the traffic has moved before.
#include "tests/support/cli.h"
#include "tests/support/descendants.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard::Testing;

namespace {

using Closes = QMap<QString, int>;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// In the command lines of this run's servers, and of nobody else's on this machine.
const QString mark = QStringLiteral("x-run:%1").arg(QCoreApplication::applicationPid());

const QStringList uvicorn{s("/usr/bin/python3"), s("-m"),       s("uvicorn"), s("fastapi_app:app"), s("--host"),
                          s("127.0.0.1"),        s("--header"), mark,         s("--port"),          s("$PORT")};

bool haveUvicorn()
{
    QProcess python;
    python.start(s("/usr/bin/python3"), {s("-c"), s("import fastapi, socketio, uvicorn, websockets, wsproto; "
                                                    "assert uvicorn.__version__ == '0.17.6', uvicorn.__version__")});
    return python.waitForFinished(20'000) && python.exitStatus() == QProcess::NormalExit && python.exitCode() == 0;
}

} // namespace

class RehearseTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void options_data();
    void options();
    void demoBehindTheDoor_data();
    void demoBehindTheDoor();
    void nothingIsLeft();
    void workspace();
    void promisedNotice();
    void neverHealthy();
    void diesAtStart();
    void ignoresSigterm();
    void interruptedLeavesNothing();
    void socketThatIsNone();

private:
    QStringList rehearsal(const QStringList &arguments, const QStringList &command) const;
    CliResult rehearse(const QStringList &arguments, const QStringList &command, const CliOptions &base = {})
    {
        return runCli(rehearsal(arguments, command), inBackends(base));
    }
    static CliOptions inBackends(CliOptions options)
    {
        options.cwd = s(SOURCE_DIR "/tests/backends");
        return options;
    }

    QTemporaryDir m_folder;
    RunsAtOnce m_runs; ///< those of options() and demoBehindTheDoor()
};

void RehearseTest::initTestCase()
{
    if (!haveUvicorn())
        QSKIP("Debian's python3-fastapi, -uvicorn 0.17.6, -socketio, -websockets and -wsproto are needed");
    const QStringList watched{s("--clients"), s("6"),       s("--socket"), s("/ws/prices"), s("--health"),
                              s("/health"),   s("--ready"), s("/ready"),   s("--live"),     s("/live")};
    for (const char *platform : {"render", "fly"}) {
        for (const char *library : {"wsproto", "websockets"})
            m_runs.begin(
                s(platform) + s(", ") + s(library),
                rehearsal(QStringList{s("--platform"), s(platform)} + watched +
                              QStringList{s("--socket"), s("/ws/echo"), s("--socket"), s("/socket.io/,socket.io")},
                          uvicorn + QStringList{s("--ws"), s(library)}),
                inBackends({}));
    }
    for (const auto &[platform, mode] :
         {std::pair("render", "graceful"), std::pair("fly", "graceful"), std::pair("render", "abrupt")})
        m_runs.begin(s(platform) + s(", ") + s(mode),
                     rehearsal(QStringList{s("--platform"), s(platform), s("--notice"), s("/type=server_shutdown"),
                                           s("--socket"), s("/socket.io/,socket.io")} +
                                   watched,
                               {s(BINARY_DIR "/switchyard-demo-backend"), s("--shutdown"), s(mode)}),
                     inBackends({}));
}

QStringList RehearseTest::rehearsal(const QStringList &arguments, const QStringList &command) const
{
    return QStringList{s("rehearse"), s("--format"), s("json"), s("--sessions"),   m_folder.path(), s("--baseline"),
                       s("5s"),       s("--settle"), s("3s"),   s("--time-scale"), s("0.02")} +
           arguments + QStringList{s("--")} + command;
}

void RehearseTest::options_data()
{
    QTest::addColumn<QString>("platform");
    QTest::addColumn<QString>("end");
    QTest::addColumn<QMap<QString, QString>>("gates");
    using Gates = QMap<QString, QString>;
    const Gates seenOnFly{
        {s("ready-first"), s("fail")}, {s("live-steady"), s("fail")},  {s("notice-lead"), s("not-applicable")},
        {s("all-back"), s("pass")},    {s("drain-budget"), s("pass")}, {s("startup"), s("pass")},
        {s("coverage"), s("pass")},    {s("max-gap"), s("pass")}};
    const Gates seenOnRender{{s("ready-first"), s("not-applicable")},
                             {s("live-steady"), s("pass")},
                             {s("notice-lead"), s("not-applicable")},
                             {s("all-back"), s("pass")},
                             {s("drain-budget"), s("pass")},
                             {s("startup"), s("pass")},
                             {s("coverage"), s("pass")},
                             {s("max-gap"), s("pass")}};
    QTest::newRow("render, wsproto") << s("render") << s("close-frame 1012") << seenOnRender;
    QTest::newRow("render, websockets") << s("render") << s("eof 1006") << seenOnRender;
    QTest::newRow("fly, wsproto") << s("fly") << s("close-frame 1012") << seenOnFly;
    QTest::newRow("fly, websockets") << s("fly") << s("eof 1006") << seenOnFly;
}

void RehearseTest::options()
{
    QFETCH(QString, platform);
    QFETCH(QString, end);
    using Gates = QMap<QString, QString>;
    QFETCH(Gates, gates);
    const CliResult result = m_runs.result(s(QTest::currentDataTag()));
    QVERIFY2(!result.out.isEmpty(), qPrintable(result.err));
    QCOMPARE(result.closes(),
             (Closes{{s("/ws/prices ") + end, 6}, {s("/ws/echo ") + end, 6}, {s("/socket.io/ ") + end, 6}}));
    const bool clean = end.startsWith(s("close-frame"));
    QCOMPARE(result.gateStatus(s("clean-close")), clean ? s("pass") : s("fail"));
    for (auto it = gates.cbegin(); it != gates.cend(); ++it)
        QVERIFY2(result.gateStatus(it.key()) == it.value(),
                 qPrintable(it.key() + s(" ") + result.gateStatus(it.key()) + s(": ") +
                            result.gate(it.key())[s("measured")].toString() + s("\n") + result.err));
    QCOMPARE(result.status, clean && platform == s("render") ? 0 : 1);
    const QString invalid = validate(s("session"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip:")), qPrintable(invalid));
}

void RehearseTest::demoBehindTheDoor_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<Closes>("closes");
    const Closes clean{{s("/ws/prices close-frame 1012"), 6}, {s("/socket.io/ close-frame 1005"), 6}};
    // The door passes a FIN on as a FIN and a reset as a reset.
    const Closes cut{{s("/ws/prices eof 1006"), 3},
                     {s("/ws/prices reset 1006"), 3},
                     {s("/socket.io/ eof 1006"), 3},
                     {s("/socket.io/ reset 1006"), 3}};
    QTest::newRow("render, graceful") << 0 << clean;
    QTest::newRow("fly, graceful") << 0 << clean;
    QTest::newRow("render, abrupt") << 1 << cut;
}

void RehearseTest::demoBehindTheDoor()
{
    QFETCH(int, status);
    QFETCH(Closes, closes);
    const CliResult result = m_runs.result(s(QTest::currentDataTag()));
    QVERIFY2(result.status == status, qPrintable(result.err + result.out));
    QCOMPARE(result.closes(), closes);
    QCOMPARE(result.gateStatus(s("notice-lead")), status == 0 ? s("pass") : s("fail"));
}

void RehearseTest::nothingIsLeft()
{
    QVERIFY(processesWith(mark).isEmpty());
    QVERIFY(processesWith(s(BINARY_DIR "/switchyard-door")).isEmpty());
    QVERIFY(processesWith(s(BINARY_DIR "/switchyard-demo-backend --shutdown")).isEmpty());
}

void RehearseTest::workspace()
{
    // The same backend from a workspace: names, thresholds and the allowed codes come from there.
    const QString file = m_folder.filePath(s("switchyard.toml"));
    QFile toml(file);
    QVERIFY(toml.open(QIODevice::WriteOnly));
    toml.write(R"(schema = 1
name = "FastAPI"
[[backend]]
name = "api"
platform = "fly"
url = "http://127.0.0.1:8000"
  [[backend.health]]
  path = "/health"
  expect = { json = { "/status" = "healthy" } }
  [[backend.socket]]
  name = "prices"
  path = "/ws/prices"
  clients = 4
  [[backend.socket]]
  name = "rooms"
  path = "/socket.io/"
  protocol = "socket.io"
  clients = 3
  [backend.deploy]
  driver = "local"
  argv = ["/usr/bin/python3", "-m", "uvicorn", "fastapi_app:app", "--port", "$PORT", "--ws", "wsproto"]
  cwd = ")" SOURCE_DIR R"(/tests/backends"
)");
    toml.close();
    const CliResult result =
        runCli({s("rehearse"), s("--workspace"), file, s("--platform"), s("fly"), s("--format"), s("json"),
                s("--sessions"), m_folder.path(), s("--baseline"), s("5s"), s("--settle"), s("3s")});
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
    QCOMPARE(result.closes(), (Closes{{s("prices close-frame 1012"), 4}, {s("rooms close-frame 1012"), 3}}));
    QCOMPARE(result.json()[s("session")][s("grace_ms")].toDouble(), 5'000.0);
}

void RehearseTest::promisedNotice()
{
    const CliResult result =
        rehearse({s("--platform"), s("render"), s("--clients"), s("3"), s("--socket"), s("/ws/echo"), s("--health"),
                  s("/health"), s("--notice"), s("/type=server_shutdown")},
                 uvicorn + QStringList{s("--ws"), s("wsproto")});
    QCOMPARE(result.status, 1);
    QCOMPARE(result.gateStatus(s("notice-lead")), s("fail"));
    QCOMPARE(result.gateStatus(s("clean-close")), s("pass"));
    QVERIFY(result.gate(s("notice-lead"))[s("advice")].toString().contains(s("lifespan")));
}

void RehearseTest::neverHealthy()
{
    // Healthy never comes: the start threshold of a workspace keeps the test short.
    const QString file = m_folder.filePath(s("never.toml"));
    QFile toml(file);
    QVERIFY(toml.open(QIODevice::WriteOnly));
    toml.write("schema = 1\n[[backend]]\nname = \"api\"\nplatform = \"render\"\nurl = \"http://127.0.0.1:8000\"\n"
               "  [[backend.health]]\n  path = \"/nothing-here\"\n"
               "  [backend.deploy]\n  driver = \"local\"\n  argv = [\"/usr/bin/python3\", \"-m\", \"http.server\", "
               "\"$PORT\"]\n"
               "[thresholds]\nstartup = \"2s\"\n");
    toml.close();
    const CliResult result = runCli({s("rehearse"), s("--workspace"), file, s("--platform"), s("render"), s("--format"),
                                     s("json"), s("--sessions"), m_folder.path()});
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("startup")), s("fail"));
    QVERIFY(result.gate(s("startup"))[s("measured")].toString().contains(s("HTTP 404")));
    QVERIFY(result.ms < 15'000);
    QVERIFY(processesWith(s("http.server")).isEmpty());
}

void RehearseTest::diesAtStart()
{
    const CliResult result =
        rehearse({s("--platform"), s("render"), s("--socket"), s("/ws"), s("--health"), s("/health")},
                 {s("/usr/bin/python3"), s("-c"), s("raise SystemExit('no database: DATABASE_URL is empty')")});
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("startup")), s("fail"));
    QVERIFY(result.gate(s("startup"))[s("measured")].toString().contains(s("DATABASE_URL is empty")));
}

void RehearseTest::ignoresSigterm()
{
    const CliResult result = rehearse(
        {s("--platform"), s("fly"), s("--clients"), s("2"), s("--socket"), s("/ws/echo"), s("--health"), s("/health")},
        {s("/usr/bin/python3"), s("-c"),
         s("import os, signal, uvicorn\n"
           "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
           "uvicorn.Server.install_signal_handlers = lambda self: None\n"
           "uvicorn.run('fastapi_app:app', port=int(os.environ['PORT']), ws='wsproto')\n")});
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("drain-budget")), s("fail"));
    const double killedAfter = result.gate(s("drain-budget"))[s("value")].toDouble();
    QVERIFY2(killedAfter > 4'900 && killedAfter < 5'400, qPrintable(QString::number(killedAfter)));
    QCOMPARE(result.gateStatus(s("clean-close")), s("fail"));
    QVERIFY(result.gate(s("drain-budget"))[s("snippet")].toString().contains(s("kill_timeout")));
}

void RehearseTest::interruptedLeavesNothing()
{
    CliOptions options;
    options.signalOn = s("triggered");
    options.signalAfterMs = 300;
    const CliResult result = rehearse({s("--platform"), s("render"), s("--clients"), s("3"), s("--socket"),
                                       s("/ws/echo"), s("--health"), s("/health")},
                                      uvicorn + QStringList{s("--ws"), s("wsproto"), s("--workers"), s("2")}, options);
    QVERIFY2(result.status == 130, qPrintable(result.err));
    QCOMPARE(result.json()[s("complete")].toBool(true), false);
    QVERIFY(processesWith(mark).isEmpty());
    QVERIFY(processesWith(s(BINARY_DIR "/switchyard-door")).isEmpty());
}

void RehearseTest::socketThatIsNone()
{
    const CliResult result = rehearse({s("--platform"), s("render"), s("--clients"), s("2"), s("--socket"),
                                       s("/health"), s("--health"), s("/health")},
                                      uvicorn + QStringList{s("--ws"), s("wsproto")});
    // Nothing was redeployed and nothing was proved: neither pass nor fail.
    QVERIFY2(result.status == 3, qPrintable(result.err + result.out));
    QVERIFY(result.json()[s("end_reason")].toString().contains(s("HTTP 403")));
}

QTEST_GUILESS_MAIN(RehearseTest)
#include "tst_rehearse.moc"
