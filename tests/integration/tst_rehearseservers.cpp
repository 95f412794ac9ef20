// SPDX-License-Identifier: GPL-3.0-or-later
//
// The servers of Debian 12, each rehearsed in good and bad ways; what they really do:
//
//   server, signal                            what the clients see
//   gunicorn, uvicorn worker, SIGTERM         1012 with wsproto, FIN with websockets
//   gunicorn, uvicorn worker, SIGINT (Fly)    FIN with either: a quick shutdown
//   hypercorn 0.13, SIGTERM                   1000: the code of newer ones is 1011
//   Node ws, close(1012) on SIGTERM           1012
//   Node ws, process.exit on SIGTERM          FIN or reset
//
// Then what a manifest changes, several machines, starts and stops that go wrong, and a console that is killed.
#include "tests/support/cli.h"
#include "tests/support/descendants.h"
#include "tests/support/rawsocket.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

using Closes = QMap<QString, int>;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList words(const char *text)
{
    return s(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

bool have(const char *modules)
{
    QProcess python;
    python.start(s("/usr/bin/python3"), {s("-c"), s("import ") + s(modules)});
    return python.waitForFinished(20'000) && python.exitStatus() == QProcess::NormalExit && python.exitCode() == 0;
}

bool haveNodeWs()
{
    QProcess node;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(s("NODE_PATH"), s("/usr/share/nodejs"));
    node.setProcessEnvironment(environment);
    node.start(s("node"), {s("-e"), s("require('ws')")});
    return node.waitForFinished(20'000) && node.error() != QProcess::FailedToStart && node.exitCode() == 0;
}

void write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

const char gunicorn[] = "/usr/bin/gunicorn fastapi_app:app -k uvicorn.workers.UvicornWorker --bind 127.0.0.1:$PORT";
const char gunicornWsproto[] = "/usr/bin/gunicorn fastapi_app:app -k wsproto_worker.Worker --bind 127.0.0.1:$PORT";
const char uvicorn[] = "/usr/bin/python3 -m uvicorn fastapi_app:app --host 127.0.0.1 --port $PORT --ws wsproto";
const char socketIo[] = "/usr/bin/python3 -m uvicorn shutdown_app:app --host 127.0.0.1 --port $PORT --ws wsproto";
const char stubborn[] = "/usr/bin/python3 -m uvicorn stubborn_app:app --host 127.0.0.1 --port $PORT --ws wsproto";

} // namespace

class RehearseServersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void servers_data();
    void servers();
    void manifestSignal();
    void manifestTellsAll();
    void workspaceManifest();
    void polling();
    void twoMachines();
    void diesAtSecondStart();
    void swallowsTheDisconnect();
    void badManifest_data();
    void badManifest();
    void consoleKilled_data();
    void consoleKilled();

private:
    void begin(const QString &row, const QStringList &arguments, const char *command);
    CliResult result(const QString &row) { return m_runs.result(row); }

    QTemporaryDir m_folder;
    QString m_missing; ///< why Python's servers cannot run
    QString m_noNode;
    RunsAtOnce m_runs;
};

void RehearseServersTest::begin(const QString &row, const QStringList &arguments, const char *command)
{
    CliOptions options;
    options.cwd = s(SOURCE_DIR "/tests/backends");
    options.environment.insert(s("XDG_STATE_HOME"), m_folder.path());
    QStringList all = QStringList{s("rehearse"),   s("--format"),  s("json"),     s("--sessions"), m_folder.path(),
                                  s("--baseline"), s("5s"),        s("--settle"), s("2s"),         s("--time-scale"),
                                  s("0.02"),       s("--clients"), s("4")} +
                      arguments;
    if (command)
        all += QStringList{s("--")} + words(command);
    m_runs.begin(row, all, options);
}

void RehearseServersTest::initTestCase()
{
    const QStringList render = words("--platform render --health /health --socket /ws/prices");
    const QStringList fly = words("--platform fly --health /health --socket /ws/prices");
    const QStringList stubbornRender = words("--platform render --health /health --socket /ws");
    const QString manifest = m_folder.filePath(s("fly.toml"));
    write(manifest, "app = 'api'\nkill_signal = 'SIGTERM'\nkill_timeout = 20\n");
    if (!have("fastapi, uvicorn, wsproto, websockets, gunicorn, hypercorn, socketio")) {
        m_missing = s(
            "Debian's python3-fastapi, -uvicorn, -wsproto, -websockets, -hypercorn, -socketio and gunicorn are needed");
    } else {
        begin(s("gunicorn websockets, Render"), render, gunicorn);
        begin(s("gunicorn wsproto, Render"), render, gunicornWsproto);
        begin(s("gunicorn websockets, Fly"), fly, gunicorn);
        begin(s("gunicorn wsproto, Fly"), fly, gunicornWsproto);
        begin(s("kill_signal"), fly + QStringList{s("--manifest"), manifest}, gunicornWsproto);
        begin(s("hypercorn"), render, "/usr/bin/python3 -m hypercorn fastapi_app:app --bind 127.0.0.1:$PORT");
        begin(s("two machines"), fly + words("--machines 2"), uvicorn);
        begin(s("second start"),
              stubbornRender +
                  QStringList{s("--env"), s("MODE=second"), s("--env"), s("MARK=") + m_folder.filePath(s("mark"))},
              stubborn);
        const QStringList polling = words("--platform render --health /health --socket /socket.io/,socket.io-polling");
        begin(s("polling told"), polling + words("--env MODE=engine-close"), socketIo);
        begin(s("polling untold"), polling + words("--env MODE=none"), socketIo);
        begin(s("swallow"), words("--platform fly --health /health --socket /ws --env MODE=swallow"), stubborn);
    }
    if (QStandardPaths::findExecutable(s("node")).isEmpty() || !haveNodeWs()) {
        m_noNode = s("node with Debian's node-ws is optional and not here");
    } else {
        const QStringList node = stubbornRender + words("--env NODE_PATH=/usr/share/nodejs");
        begin(s("ws close"), node + words("--env MODE=close"), "node ws_server.js");
        begin(s("ws exit"), node + words("--env MODE=exit"), "node ws_server.js");
    }
}

void RehearseServersTest::servers_data()
{
    QTest::addColumn<Closes>("closes");
    QTest::addColumn<QString>("advice"); ///< of clean-close; empty: it passes
    const Closes restart{{s("/ws/prices close-frame 1012"), 4}};
    const Closes fin{{s("/ws/prices eof 1006"), 4}};
    QTest::newRow("gunicorn websockets, Render") << fin << s("bare FIN");
    QTest::newRow("gunicorn wsproto, Render") << restart << QString();
    QTest::newRow("gunicorn websockets, Fly") << fin << s("quick");
    QTest::newRow("gunicorn wsproto, Fly") << fin << s("quick");
    QTest::newRow("hypercorn") << Closes{{s("/ws/prices close-frame 1000"), 4}} << s("1012");
    QTest::newRow("ws close") << Closes{{s("/ws close-frame 1012"), 4}} << QString();
    QTest::newRow("ws exit") << Closes{{s("/ws eof 1006"), 4}} << s("1012");
}

void RehearseServersTest::servers()
{
    QFETCH(Closes, closes);
    QFETCH(QString, advice);
    const QString row = s(QTest::currentDataTag());
    if (!m_runs.has(row))
        QSKIP(qPrintable(row.startsWith(s("ws ")) ? m_noNode : m_missing));
    const CliResult result = this->result(row);
    QVERIFY2(!result.out.isEmpty(), qPrintable(result.err));
    qInfo().noquote() << result.json()[s("verdict")].toString() << result.closes();
    if (row == s("ws exit")) {
        // Which of the two a client sees depends on what lay unread.
        int cut = 0;
        for (const auto &[end, count] : result.closes().toStdMap())
            cut += end.contains(s("eof 1006")) || end.contains(s("reset 1006")) ? count : 0;
        QCOMPARE(cut, 4);
    } else {
        QCOMPARE(result.closes(), closes);
    }
    QCOMPARE(result.gateStatus(s("clean-close")), advice.isEmpty() ? s("pass") : s("fail"));
    const QString given = result.gate(s("clean-close"))[s("advice")].toString();
    QVERIFY2(given.contains(advice), qPrintable(given));
    if (row.endsWith(s("Fly")))
        QVERIFY(result.gate(s("clean-close"))[s("snippet")].toString().contains(s("kill_signal = \"SIGTERM\"")));
}

void RehearseServersTest::manifestSignal()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    const CliResult result = this->result(s("kill_signal"));
    QCOMPARE(result.closes(), (Closes{{s("/ws/prices close-frame 1012"), 4}}));
    QCOMPARE(result.gateStatus(s("clean-close")), s("pass"));
    QCOMPARE(result.json()[s("session")][s("grace_ms")].toDouble(), 20'000.0);
    QVERIFY2(result.err.contains(s("kill_signal SIGTERM from fly.toml:2")), qPrintable(result.err));
    QVERIFY(result.err.contains(s("grace 20 s from fly.toml:3")));
    QVERIFY(result.err.contains(s("SIGTERM to instance 1")));
}

void RehearseServersTest::manifestTellsAll()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    // No command, no path: the Blueprint has both, its port is not the instance's, and its folder is the server's.
    QDir(m_folder.path()).mkpath(s("all/back"));
    for (const char *name : {"fastapi_app.py"})
        QFile::copy(s(SOURCE_DIR "/tests/backends/") + s(name), m_folder.filePath(s("all/back/") + s(name)));
    const QString file = m_folder.filePath(s("all/render.yaml"));
    write(file, "services:\n"
                "  - type: web\n"
                "    name: api\n"
                "    rootDir: back\n"
                "    healthCheckPath: /health\n"
                "    maxShutdownDelaySeconds: 7\n"
                "    startCommand: echo \"key=[$API_KEY] mode=$MODE\" && exec /usr/bin/python3 -m uvicorn "
                "fastapi_app:app --host 127.0.0.1 --port 10000 --ws wsproto\n"
                "    envVars:\n"
                "      - key: MODE\n        value: from-manifest\n"
                "      - key: API_KEY\n        sync: false\n"
                "      - key: DATABASE_URL\n        fromDatabase: {name: main, property: connectionString}\n");
    CliOptions options;
    options.cwd = m_folder.path(); // not the server's folder
    options.environment = {{s("XDG_STATE_HOME"), m_folder.path()}, {s("API_KEY"), s("passed-on")}};
    const CliResult result =
        runCli(words("rehearse --platform render --manifest all/render.yaml --format json --baseline 5s --settle 2s "
                     "--time-scale 0.02 --clients 2 --socket /ws/prices --env API_KEY --sessions") +
                   QStringList{m_folder.path()},
               options);
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
    QCOMPARE(result.closes(), (Closes{{s("/ws/prices close-frame 1012"), 2}}));
    QCOMPARE(result.json()[s("session")][s("grace_ms")].toDouble(), 7'000.0);
    for (const char *told :
         {"command from render.yaml:7, through sh", "10000 in the command stands for", "SIGTERM: Render's default",
          "grace 7 s from render.yaml:6", "check GET /health within 5 s from render.yaml:5",
          "1 variable from render.yaml", "DATABASE_URL (from database main, line 13)"})
        QVERIFY2(result.err.contains(s(told)), qPrintable(s(told) + s(" not in ") + result.err));
    QVERIFY(!result.err.contains(s("API_KEY ("))); // it was given
    QVERIFY(!result.err.contains(s("passed-on"))); // and is nobody's business
    // The path that the platform checks was watched, though no option named it.
    QCOMPARE(result.gateStatus(s("max-gap")), s("pass"));
}

void RehearseServersTest::workspaceManifest()
{
    // The workspace's backend names manifest and service; a start that fails says what the platform would have waited.
    write(m_folder.filePath(s("render.yaml")), "services:\n"
                                               "  - {type: web, name: other, startCommand: 'true'}\n"
                                               "  - type: web\n    name: api\n    healthCheckPath: /health\n"
                                               "    startCommand: /bin/echo started by the manifest\n");
    const QString workspace = m_folder.filePath(s("switchyard.toml"));
    write(workspace, "schema = 1\n[[backend]]\nname = \"target\"\nplatform = \"render\"\nurl = "
                     "\"https://x.onrender.com\"\nmanifest = \"render.yaml\"\nservice = \"api\"\n"
                     "[[backend.socket]]\nname = \"w\"\npath = \"/ws\"\n");
    CliOptions options;
    options.environment.insert(s("XDG_STATE_HOME"), m_folder.path());
    const CliResult result = runCli(words("rehearse --platform render --format json --workspace") +
                                        QStringList{workspace, s("--sessions"), m_folder.path()},
                                    options);
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("startup")), s("fail"));
    QVERIFY2(result.gate(s("startup"))[s("measured")].toString().contains(s("started by the manifest")),
             qPrintable(result.out));
    // The manifest of one platform says nothing about another.
    const CliResult other = runCli(words("rehearse --platform fly --workspace") + QStringList{workspace}, options);
    QCOMPARE(other.status, 2);
    QVERIFY2(other.err.contains(s("no command to rehearse")), qPrintable(other.err));
}

void RehearseServersTest::polling()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    // python-socketio on uvicorn: closing the Engine.IO sessions tells every client, and the process ends at once.
    const CliResult told = result(s("polling told"));
    QVERIFY2(told.status == 0, qPrintable(told.err + told.out));
    QCOMPARE(told.closes(), (Closes{{s("/socket.io/ close-packet 0"), 4}}));
    const double soon = told.gate(s("drain-budget"))[s("value")].toDouble();
    QVERIFY2(soon < 5'000, qPrintable(QString::number(soon)));
    // Without it, each client holds the exit until its next ping (25 s), and then finds that nobody knows it.
    const CliResult untold = result(s("polling untold"));
    QVERIFY2(untold.status == 1, qPrintable(untold.err + untold.out));
    QCOMPARE(untold.closes(), (Closes{{s("/socket.io/ http-status 0"), 4}}));
    const double late = untold.gate(s("drain-budget"))[s("value")].toDouble();
    QVERIFY2(late > 10'000 && late < 26'000, qPrintable(QString::number(late)));
    const QJsonObject gate = untold.gate(s("clean-close"));
    QVERIFY2(gate[s("measured")].toString().contains(s("4 of 4 ends without a close packet (4 by an HTTP status)")),
             qPrintable(untold.out));
    QCOMPARE(gate[s("snippet")].toString(), s("await sio.eio.disconnect()"));
    for (const CliResult &each : {told, untold})
        QCOMPARE(each.gateStatus(s("all-back")), s("pass"));
}

void RehearseServersTest::twoMachines()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    const CliResult result = this->result(s("two machines"));
    QVERIFY2(!result.out.isEmpty(), qPrintable(result.err));
    int lost = 0;
    for (const auto &[end, count] : result.closes().toStdMap()) {
        QVERIFY2(end == s("/ws/prices close-frame 1012"), qPrintable(end));
        lost += count;
    }
    QVERIFY(lost >= 4); // each at least once; those that went to the machine that is replaced last, twice
    // One machine after the other, each stopped before its successor starts.
    QStringList course;
    static const QRegularExpression step(s("(SIGINT to instance \\d|instance \\d (?:started|healthy|ended))"));
    for (auto it = step.globalMatch(result.err); it.hasNext();)
        course.append(it.next().captured(1));
    QCOMPARE(course, (QStringList{s("instance 1 started"), s("instance 1 healthy"), s("instance 2 started"),
                                  s("instance 2 healthy"), s("SIGINT to instance 1"), s("instance 1 ended"),
                                  s("instance 3 started"), s("instance 3 healthy"), s("SIGINT to instance 2"),
                                  s("instance 2 ended"), s("instance 4 started"), s("instance 4 healthy")}));
    // The other machine serves meanwhile: no silence.
    QCOMPARE(result.gateStatus(s("max-gap")), s("pass"));
    QVERIFY2(result.gate(s("max-gap"))[s("value")].toDouble() < 1'000, qPrintable(result.out));
    QCOMPARE(result.gateStatus(s("all-back")), s("pass"));
    QCOMPARE(result.gateStatus(s("drain-budget")), s("pass"));
    QCOMPARE(result.gateStatus(s("coverage")), s("pass"));
}

void RehearseServersTest::diesAtSecondStart()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    const CliResult result = this->result(s("second start"));
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("startup")), s("fail"));
    QVERIFY(result.gate(s("startup"))[s("measured")].toString().contains(s("migration failed: the table exists")));
    QVERIFY(result.closes().isEmpty()); // the old one kept serving
    QVERIFY(!result.err.contains(s("SIGTERM to instance")));
    QCOMPARE(result.gateStatus(s("max-gap")), s("pass"));
}

void RehearseServersTest::swallowsTheDisconnect()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    const CliResult result = this->result(s("swallow"));
    QVERIFY2(result.status == 1, qPrintable(result.err + result.out));
    QCOMPARE(result.gateStatus(s("drain-budget")), s("fail"));
    QVERIFY(result.gate(s("drain-budget"))[s("measured")].toString().contains(s("killed after")));
    const double killed = result.gate(s("drain-budget"))[s("value")].toDouble();
    QVERIFY2(killed >= 4'990 && killed < 5'500, qPrintable(QString::number(killed)));
}

void RehearseServersTest::badManifest_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("extra");
    QTest::addColumn<QString>("says");
    QTest::newRow("missing") << s("gone.yaml") << QByteArray() << QString() << s("no file");
    QTest::newRow("not YAML") << s("a.yaml") << QByteArray("services: [\n") << QString() << s("a.yaml:");
    QTest::newRow("duplicate") << s("b.yaml") << QByteArray("services: []\nservices: []\n") << QString()
                               << s("b.yaml:2:1");
    QTest::newRow("range") << s("c.yaml")
                           << QByteArray("services:\n- type: web\n  name: a\n  maxShutdownDelaySeconds: 900\n")
                           << QString() << s("c.yaml:4:28: \"maxShutdownDelaySeconds\" must be from 1 to 300, not 900");
    QTest::newRow("no such service") << s("d.yaml") << QByteArray("services:\n- type: web\n  name: a\n")
                                     << s("--service b") << s("it has: a");
    QTest::newRow("wrong platform") << s("fly.toml") << QByteArray("app = 'x'\n") << QString() << s("render.yaml");
    QTest::newRow("service without manifest") << QString() << QByteArray() << s("--service b") << s("--manifest");
}

void RehearseServersTest::badManifest()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, text);
    QFETCH(QString, extra);
    QFETCH(QString, says);
    QTemporaryDir folder;
    QStringList arguments = words("rehearse --platform render --socket /ws");
    if (!name.isEmpty())
        arguments += {s("--manifest"), folder.filePath(name)};
    if (!text.isEmpty())
        write(folder.filePath(name), text);
    const CliResult result = runCli(arguments + extra.split(QLatin1Char(' '), Qt::SkipEmptyParts) + words("-- true"));
    QVERIFY2(result.status == 2, qPrintable(result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
}

void RehearseServersTest::consoleKilled_data()
{
    QTest::addColumn<bool>("guardToo");
    QTest::newRow("the guard ends the workers") << false;
    QTest::newRow("with the guards: the next start does") << true;
}

void RehearseServersTest::consoleKilled()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    // gunicorn's workers live on without their master, and accept: the death signal alone does not reach them.
    QFETCH(bool, guardToo);
    QTemporaryDir state;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(s("XDG_STATE_HOME"), state.path());
    QProcess cli;
    cli.setProcessEnvironment(environment);
    cli.setWorkingDirectory(s(SOURCE_DIR "/tests/backends"));
    const QString mark = s("switchyard-killed-%1-%2").arg(QCoreApplication::applicationPid()).arg(guardToo);
    cli.start(s(BINARY_DIR "/switchyard-cli"),
              words("rehearse --platform fly --health /health --socket /ws/prices --clients 2 --sessions") +
                  QStringList{state.path(), s("--")} + words(gunicorn) + words("--workers 2 --name") +
                  QStringList{mark});
    QByteArray err;
    while (!err.contains("clients open") && cli.state() != QProcess::NotRunning) {
        QVERIFY(cli.waitForReadyRead(20'000) || true);
        err += cli.readAllStandardError();
    }
    QVERIFY2(err.contains("2 of 2 clients open"), err);
    QTRY_VERIFY(processesWith(mark).size() >= 4); // console, master and two workers
    if (guardToo) {
        for (const qint64 pid : guardsOf(cli.processId()))
            ::kill(pid_t(pid), SIGKILL);
    }
    cli.kill();
    QVERIFY(cli.waitForFinished(5'000));
    if (!guardToo) {
        QTRY_VERIFY_WITH_TIMEOUT(processesWith(mark).isEmpty(), 3'000);
        return;
    }
    QTRY_VERIFY(processesWith(mark).size() == 2); // the workers
    CliOptions options;
    options.environment.insert(s("XDG_STATE_HOME"), state.path());
    options.signalOn = s("Ctrl-C ends it");
    const CliResult next = runCli({s("demo")}, options);
    QVERIFY2(next.err.contains(s("2 processes of gunicorn were left by an earlier run")), qPrintable(next.err));
    QVERIFY(processesWith(mark).isEmpty());
}

QTEST_GUILESS_MAIN(RehearseServersTest)
#include "tst_rehearseservers.moc"
