// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line's edges: wrong input, exit statuses, what goes to which stream, no secrets in any output.
#include "tests/support/cli.h"
#include "tests/support/demobackend.h"

#include <QFile>
#include <QJsonArray>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class CliTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void version();
    void linksNoGui();
    void wrongInput_data();
    void wrongInput();
    void workspaceErrors();
    void secretsStayInside();
    void portTaken();
    void productionIsReadOnly();
    void healthCheck();
    void holdOnDemo();
    void watchesWithoutADriver();
    void watchSeesNoRedeploy();

private:
    QString write(const QString &name, const QByteArray &content);
    QTemporaryDir m_folder;
};

QString CliTest::write(const QString &name, const QByteArray &content)
{
    QFile file(m_folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(name));
    return file.fileName();
}

void CliTest::version()
{
    const CliResult result = runCli({s("--version")});
    QCOMPARE(result.status, 0);
    QVERIFY(result.out.startsWith(s("switchyard-cli ")));
    const CliResult help = runCli({s("--help")});
    QCOMPARE(help.status, 0);
    QVERIFY(help.out.contains(s("rehearse")));
}

void CliTest::linksNoGui()
{
    QProcess ldd;
    ldd.start(s("ldd"), {s(BINARY_DIR "/switchyard-cli")});
    QVERIFY(ldd.waitForFinished(10'000));
    const QByteArray libraries = ldd.readAllStandardOutput();
    QVERIFY(libraries.contains("libQt6Core"));
    QVERIFY(!libraries.contains("libQt6Gui"));
    QVERIFY(!libraries.contains("libQt6Widgets"));
}

void CliTest::wrongInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("no such command") << QStringList{s("redeploi")} << s("no command \"redeploi\"");
    QTest::newRow("nothing") << QStringList{} << s("--help");
    QTest::newRow("no such option") << QStringList{s("demo"), s("--fast")} << s("--fast");
    QTest::newRow("duration without unit")
        << QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/"), s("--duration"), s("5")} << s("unit");
    QTest::newRow("no clients") << QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/"), s("--clients"), s("0")}
                                << s("clients");
    QTest::newRow("too many clients") << QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/"), s("--clients"),
                                                     s("20001")}
                                      << s("clients");
    QTest::newRow("ftp") << QStringList{s("ws"), s("hold"), s("ftp://127.0.0.1/")} << s("ws://");
    QTest::newRow("policy") << QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/"), s("--reconnect"), s("maybe")}
                            << s("browser-backoff");
    QTest::newRow("protocol") << QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/"), s("--protocol"), s("mqtt")}
                              << s("socket.io");
    QTest::newRow("not http") << QStringList{s("health"), s("check"), s("example")} << s("http");
    QTest::newRow("format") << QStringList{s("demo"), s("--format"), s("yaml")} << s("format");
    QTest::newRow("mode") << QStringList{s("demo"), s("--shutdown"), s("explode")} << s("graceful");
    QTest::newRow("no platform") << QStringList{s("rehearse"), s("--socket"), s("/ws"), s("--"), s("true")}
                                 << s("--platform");
    QTest::newRow("unknown platform") << QStringList{s("rehearse"), s("--platform"), s("mars"), s("--socket"),
                                                     s("/ws"),      s("--"),         s("true")}
                                      << s("fly, local, render");
    QTest::newRow("nothing to watch") << QStringList{s("rehearse"), s("--platform"), s("fly"), s("--"), s("true")}
                                      << s("--socket");
    QTest::newRow("no command to rehearse")
        << QStringList{s("rehearse"), s("--platform"), s("fly"), s("--socket"), s("/ws")} << s("after --");
    QTest::newRow("no such program") << QStringList{s("rehearse"),       s("--platform"), s("fly"),
                                                    s("--socket"),       s("/ws"),        s("--"),
                                                    s("/no/such/server")}
                                     << s("/no/such/server");
    QTest::newRow("socket path") << QStringList{s("rehearse"), s("--platform"), s("fly"), s("--socket"),
                                                s("ws"),       s("--"),         s("true")}
                                 << s("begins with /");
    QTest::newRow("notice") << QStringList{s("rehearse"), s("--platform"), s("fly"), s("--socket"), s("/ws"),
                                           s("--notice"), s("type"),       s("--"),  s("true")}
                            << s("POINTER=VALUE");
    QTest::newRow("time scale") << QStringList{s("rehearse"),     s("--platform"), s("fly"), s("--socket"), s("/ws"),
                                               s("--time-scale"), s("0"),          s("--"),  s("true")}
                                << s("time scale");
    QTest::newRow("report suffix") << QStringList{s("demo"), s("--redeploy"), s("--report"), s("x.docx")} << s(".html");
    QTest::newRow("no such gate") << QStringList{s("demo"), s("--redeploy"), s("--advisory"), s("clean-clos")}
                                  << s("clean-close");
    QTest::newRow("timeout before settle")
        << QStringList{s("demo"), s("--redeploy"), s("--timeout"), s("5s"), s("--settle"), s("10s")}
        << s("make --timeout longer");
    QTest::newRow("no such session") << QStringList{s("session"), s("show"), s("1999"), s("--sessions"), s("/tmp")}
                                     << s("session list");
    QTest::newRow("no folder") << QStringList{s("session"), s("list"), s("--sessions"), s("/no/such")} << s("/no/such");
    QTest::newRow("pdf here") << QStringList{s("demo"), s("--redeploy"), s("--report"), s("x.pdf")} << s("window");
    QTest::newRow("settle") << QStringList{s("demo"), s("--redeploy"), s("--settle"), s("0s")} << s("at least 1s");
    QTest::newRow("command for another") << QStringList{s("demo"), s("--"), s("true")} << s("rehearse");
    QTest::newRow("secret variable") << QStringList{s("rehearse"),      s("--platform"), s("fly"),
                                                    s("--socket"),      s("/ws"),        s("--env"),
                                                    s("API_TOKEN=abc"), s("--"),         s("true")}
                                     << s("secret");
    QTest::newRow("secret in a path") << QStringList{s("rehearse"),      s("--platform"), s("fly"), s("--socket"),
                                                     s("/ws?token=abc"), s("--"),         s("true")}
                                      << s("secret");
    QTest::newRow("notice without a socket")
        << QStringList{s("rehearse"), s("--platform"), s("fly"), s("--notice"), s("/type=x"), s("--"), s("true")}
        << s("socket");
    QTest::newRow("no workspace") << QStringList{s("watch")} << s("switchyard.toml");
    QTest::newRow("no session") << QStringList{s("session"), s("show"), s("/no/such/folder")} << s("no session");
}

void CliTest::wrongInput()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    CliOptions options;
    options.cwd = m_folder.path();
    options.timeoutMs = 15'000;
    const CliResult result = runCli(arguments, options);
    QVERIFY2(result.status == 2, qPrintable(QString::number(result.status) + result.out + result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QCOMPARE(result.out, QString());
}

void CliTest::workspaceErrors()
{
    const QString file = write(
        s("bad.toml"), "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"mars\"\nurl = \"http://127.0.0.1:1\"\n"
                       "colour = \"red\"\n  [[backend.health]]\n  path = \"/h\"\n  timeout = \"5\"\n");
    const CliResult result = runCli({s("watch"), s("--workspace"), file});
    QCOMPARE(result.status, 2);
    // All of them at once, each with its place.
    QVERIFY2(result.err.contains(s("bad.toml:4:")), qPrintable(result.err));
    QVERIFY2(result.err.contains(s("bad.toml:6:")), qPrintable(result.err));
    QVERIFY2(result.err.contains(s("bad.toml:9:")), qPrintable(result.err));
}

void CliTest::secretsStayInside()
{
    const QString canary = s("hunter2canary");
    for (const QStringList &arguments :
         {QStringList{s("ws"), s("hold"), s("ws://u:hunter2canary@127.0.0.1:1/")},
          QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/?token=hunter2canary")},
          QStringList{s("ws"), s("hold"), s("ws://127.0.0.1:1/"), s("--header"), s("Authorization=hunter2canary")},
          QStringList{s("health"), s("check"), s("http://u:hunter2canary@127.0.0.1:1/")}}) {
        const CliResult result = runCli(arguments);
        QVERIFY2(result.status == 2, qPrintable(result.err));
        QVERIFY2(!(result.out + result.err).contains(canary), qPrintable(result.err));
    }
    CliOptions options;
    options.environment.insert(s("PROBE_URL"), s("http://127.0.0.1:1/health?token=hunter2canary"));
    const CliResult result = runCli({s("health"), s("check"), s("env:PROBE_URL"), s("--format"), s("json")}, options);
    QCOMPARE(result.status, 1);
    QVERIFY2(!(result.out + result.err).contains(canary), qPrintable(result.out + result.err));
}

void CliTest::portTaken()
{
    QTcpServer taken;
    QVERIFY(taken.listen(QHostAddress::LocalHost, 0));
    const CliResult result = runCli({s("demo"), s("--port"), QString::number(taken.serverPort())});
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(s("taken")), qPrintable(result.err));
}

void CliTest::productionIsReadOnly()
{
    const QString file =
        write(s("prod.toml"), "schema = 1\n[[backend]]\nname = \"live\"\nplatform = \"local\"\nstage = \"production\"\n"
                              "url = \"http://127.0.0.1:1\"\n  [[backend.health]]\n  path = \"/health\"\n"
                              "  [backend.deploy]\n  driver = \"local\"\n  argv = [\"true\"]\n");
    const CliResult result = runCli({s("watch"), s("--workspace"), file});
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(s("--unlock live")), qPrintable(result.err));
    // What cannot be written to the audit log is not done.
    const QStringList unlocked{s("watch"), s("--workspace"), file,           s("--unlock"),
                               s("live"),  s("--sessions"),  m_folder.path()};
    CliOptions options;
    options.environment = {{s("XDG_STATE_HOME"), file}};
    const CliResult unlogged = runCli(unlocked, options);
    QCOMPARE(unlogged.status, 2);
    QVERIFY2(unlogged.err.contains(s("audit log")), qPrintable(unlogged.err));
    options.environment = {{s("XDG_STATE_HOME"), m_folder.filePath(s("state"))}};
    const CliResult done = runCli(unlocked, options);
    QVERIFY(done.status != 0); // "true" is no backend
    QFile log(m_folder.filePath(s("state/switchyard/audit.jsonl")));
    QVERIFY(log.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = log.readAll().trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    QVERIFY(lines[0].contains("\"outcome\":\"begun by local\""));
    QVERIFY(lines[1].contains("\"backend\":\"live\"") && !lines[1].contains("begun by"));
}

void CliTest::healthCheck()
{
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    const QString base = s("http://127.0.0.1:%1").arg(demo.port());
    const CliResult up =
        runCli({s("health"), s("check"), base + s("/health"), base + s("/ready"), s("--format"), s("json")});
    QVERIFY2(up.status == 0, qPrintable(up.out + up.err));
    QCOMPARE(up.json()[s("targets")].toArray().size(), 2);
    QCOMPARE(up.json()[s("targets")][0][s("state")].toString(), s("up"));
    QVERIFY(up.json()[s("targets")][0][s("phases")][s("total")].toDouble() > 0);
    const CliResult mixed =
        runCli({s("health"), s("check"), base + s("/health"), base + s("/nothing"), s("--format"), s("json")});
    QCOMPARE(mixed.status, 1);
    QCOMPARE(mixed.json()[s("targets")][1][s("state")].toString(), s("down"));
    QCOMPARE(mixed.json()[s("targets")][1][s("status")].toInt(), 404);
    const QString invalid = validate(s("health-check"), mixed.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip:")), qPrintable(invalid));
}

void CliTest::holdOnDemo()
{
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    const QString url = s("ws://127.0.0.1:%1/ws/prices").arg(demo.port());
    const CliResult held =
        runCli({s("ws"), s("hold"), url, s("--clients"), s("20"), s("--duration"), s("2s"), s("--format"), s("json")});
    QVERIFY2(held.status == 0, qPrintable(held.out + held.err));
    QCOMPARE(held.json()[s("open_at_end")].toInt(), 20);
    QVERIFY(held.json()[s("messages")].toInt() >= 20);
    QVERIFY(held.json()[s("closes")].toArray().isEmpty());
    const QString invalid = validate(s("ws-hold"), held.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip:")), qPrintable(invalid));
    const CliResult refused =
        runCli({s("ws"), s("hold"), s("ws://127.0.0.1:%1/nothing").arg(demo.port()), s("--format"), s("json")});
    QCOMPARE(refused.status, 1);
    QCOMPARE(refused.json()[s("closes")][0][s("cause")].toString(), s("handshake"));
    QCOMPARE(refused.json()[s("closes")][0][s("http_status")].toInt(), 404);
}

void CliTest::watchesWithoutADriver()
{
    // Somebody else redeploys: here the test stops one backend and starts the next on the same port.
    DemoBackend first({s("--notice-ms"), s("2500")});
    QVERIFY(first.waitForListening());
    const QString file = write(
        s("observe.toml"),
        QStringLiteral("schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:%1\"\n"
                       "instance_id = { header = \"x-instance-id\" }\n  [[backend.health]]\n  path = \"/health\"\n"
                       "  [[backend.socket]]\n  name = \"prices\"\n  path = \"/ws/prices\"\n  clients = 5\n"
                       "  notice = { json = { \"/type\" = \"server_shutdown\" } }\n")
            .arg(first.port())
            .toUtf8());
    QProcess watch;
    watch.start(s(BINARY_DIR "/switchyard-cli"),
                {s("watch"), s("--workspace"), file, s("--baseline"), s("5s"), s("--settle"), s("3s"), s("--format"),
                 s("json"), s("--sessions"), m_folder.path(), s("--timeout"), s("60s")});
    QByteArray log;
    QTRY_VERIFY2_WITH_TIMEOUT((log += watch.readAllStandardError()).contains("baseline"), log.constData(), 15'000);
    QTest::qWait(6'500); // the baseline must be over before the first sign
    first.signal(SIGTERM);
    QCOMPARE(first.waitForExit(8'000), 0);
    DemoBackend second({s("--port"), QString::number(first.port())});
    QVERIFY(second.waitForListening());
    QVERIFY(watch.waitForFinished(40'000));
    CliResult result;
    result.status = watch.exitCode();
    result.out = QString::fromUtf8(watch.readAllStandardOutput());
    QVERIFY2(result.status == 0, qPrintable(result.out + QString::fromUtf8(watch.readAllStandardError())));
    QCOMPARE(result.gateStatus(s("drain-budget")), s("not-applicable"));
    QCOMPARE(result.gateStatus(s("startup")), s("not-applicable"));
    QCOMPARE(result.gateStatus(s("coverage")), s("pass"));
    QCOMPARE(result.closes(), (QMap<QString, int>{{s("prices close-frame 1012"), 5}}));
}

void CliTest::watchSeesNoRedeploy()
{
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    const QString file = write(
        s("quiet.toml"),
        QStringLiteral("schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:%1\"\n"
                       "  [[backend.socket]]\n  name = \"prices\"\n  path = \"/ws/prices\"\n  clients = 2\n")
            .arg(demo.port())
            .toUtf8());
    const CliResult result =
        runCli({s("watch"), s("--workspace"), file, s("--baseline"), s("5s"), s("--timeout"), s("2s"), s("--settle"),
                s("1s"), s("--format"), s("json"), s("--sessions"), m_folder.path()});
    QVERIFY2(result.status == 3, qPrintable(result.out + result.err));
    QCOMPARE(result.json()[s("verdict")].toString(), s("inconclusive"));
}

QTEST_GUILESS_MAIN(CliTest)
#include "tst_cli.moc"
