// SPDX-License-Identifier: GPL-3.0-or-later
// `health check` as a person and a pipeline use it: requests, expectations, ports, WebSockets, JSON and JUnit.
#include "tests/support/cli.h"
#include "tests/support/httpserver.h"
#include "tests/support/rawwsserver.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonObject first(const CliResult &result)
{
    return result.json()[s("targets")].toArray().first().toObject();
}

} // namespace

class HealthCliTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void expectations();
    void request();
    void jsonOfEverything();
    void junit();
    void portsAndSockets();
    void workspaceMonitors();
    void profileOfAUrl();
    void profileOfAWorkspace();
    void usage_data();
    void usage();

private:
    std::unique_ptr<HttpServer> m_server;
    QTemporaryDir m_folder;
};

void HealthCliTest::init()
{
    m_server = std::make_unique<HttpServer>();
    m_server->setBehaviour("/health", {});
}

void HealthCliTest::expectations()
{
    const QString url = m_server->url(s("/health"));
    QCOMPARE(runCli({s("health"), s("check"), url, s("--expect-json"), s("/status=healthy"), s("--expect-body"),
                     s("^\\{\"status\"")})
                 .status,
             0);
    const CliResult wrong =
        runCli({s("health"), s("check"), url, s("--expect-json"), s("/status=ok"), s("--format"), s("json")});
    QCOMPARE(wrong.status, 1);
    QCOMPARE(first(wrong)[s("reason")].toString(), s("/status is \"healthy\", expected \"ok\""));
    const CliResult body = runCli({s("health"), s("check"), url, s("--expect-body"), s("^ok$")});
    QCOMPARE(body.status, 1);
    QVERIFY2(body.out.contains(s("expected a match of \"^ok$\"")), qPrintable(body.out));
}

void HealthCliTest::request()
{
    CliOptions options;
    options.environment.insert(s("PROBE_TOKEN"), s("swordfish-77"));
    const CliResult result = runCli({s("health"), s("check"), m_server->url(s("/missing")), s("--header"),
                                     s("Authorization=env:PROBE_TOKEN"), s("--header"), s("X-A=b"), s("--method"),
                                     s("options"), s("--format"), s("json")},
                                    options);
    QCOMPARE(result.status, 1);
    const QByteArray head = m_server->requests().last();
    QVERIFY2(head.startsWith("OPTIONS /missing ") && head.contains("Authorization: swordfish-77\r\n") &&
                 head.contains("X-A: b\r\n"),
             head);
    QVERIFY(!result.out.contains(s("swordfish")) && !result.err.contains(s("swordfish")));
    QCOMPARE(runCli({s("health"), s("check"), m_server->url(s("/health")), s("--body"), s("{\"deep\":1}")}).status, 0);
    QVERIFY2(m_server->requests().last().startsWith("POST /health "), m_server->requests().last());
}

void HealthCliTest::jsonOfEverything()
{
    const TestCertificates certificates;
    HttpServer secure(certificates.intermediate());
    secure.setBehaviour("/health", {});
    HttpBehaviour moved;
    moved.status = 302;
    moved.headers = {{"Location", secure.url(s("/health"), s("localhost")).toLatin1()}};
    m_server->setBehaviour("/old", moved);
    HttpServer foreign(certificates.foreign());
    HttpServer broken;
    HttpBehaviour sick;
    sick.status = 503;
    sick.body = "no database";
    broken.setBehaviour("/health", sick);
    const CliResult result = runCli({s("health"), s("check"), m_server->url(s("/old")), broken.url(s("/health")),
                                     foreign.url(s("/health"), s("localhost")), s("http://nonexistent.invalid/"),
                                     s("--follow"), s("--ca"), certificates.caFile(), s("--format"), s("json")});
    QCOMPARE(result.status, 1);
    const QString invalid = validate(s("health-check"), result.out.toUtf8());
    if (invalid.startsWith(s("skip")))
        QSKIP(qPrintable(invalid));
    QVERIFY2(invalid.isEmpty(), qPrintable(invalid + result.out));
    const QJsonArray targets = result.json()[s("targets")].toArray();
    const QJsonObject followed = targets[0].toObject();
    QCOMPARE(followed[s("state")].toString(), s("up"));
    QCOMPARE(followed[s("redirects")].toArray().size(), 1);
    QCOMPARE(followed[s("chain")].toArray().size(), 2);
    QCOMPARE(followed[s("protocol")].toString(), s("HTTP/1.1"));
    QVERIFY(followed[s("tls")].toString().startsWith(s("TLSv1.")));
    QCOMPARE(targets[1].toObject()[s("failure")].toObject()[s("body")].toString(), s("no database"));
    QCOMPARE(targets[2].toObject()[s("chain")].toArray().size(), 1);
    QVERIFY(targets[3].toObject()[s("failure")].isNull() && targets[3].toObject()[s("protocol")].isNull());
}

void HealthCliTest::junit()
{
    HttpBehaviour sick;
    sick.status = 503;
    sick.body = QByteArray("no \x01 <database>");
    m_server->setBehaviour("/sick", sick);
    const QString file = m_folder.filePath(s("health.xml"));
    const CliResult result =
        runCli({s("health"), s("check"), m_server->url(s("/health")), m_server->url(s("/sick")), s("--junit"), file});
    QCOMPARE(result.status, 1);
    QFile written(file);
    QVERIFY(written.open(QIODevice::ReadOnly));
    QXmlStreamReader xml(&written);
    QStringList names, failures;
    QString counts;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        if (xml.name() == s("testsuite"))
            counts = xml.attributes().value(s("tests")).toString() + xml.attributes().value(s("failures")).toString() +
                     xml.attributes().value(s("errors")).toString();
        else if (xml.name() == s("testcase"))
            names += xml.attributes().value(s("name")).toString();
        else if (xml.name() == s("failure")) {
            failures += xml.attributes().value(s("message")).toString();
            failures.last() += xml.readElementText();
        }
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QCOMPARE(counts, s("210"));
    QCOMPARE(names, (QStringList{m_server->url(s("/health")), m_server->url(s("/sick"))}));
    QCOMPARE(failures.size(), 1);
    QVERIFY2(failures.first().contains(s("status 503")) && failures.first().contains(s("<database>")),
             qPrintable(failures.first()));
    // A file that cannot be written is said, and the probes' own outcome does not hide it.
    QVERIFY(
        runCli({s("health"), s("check"), m_server->url(s("/health")), s("--junit"), s("/proc/no/file.xml")}).status >
        0);
}

void HealthCliTest::portsAndSockets()
{
    RawWsServer socket([](RawPeer &peer) {
        peer.handshake();
        peer.readFrame();
    });
    const QString port = QStringLiteral("tcp://127.0.0.1:%1").arg(m_server->port());
    const CliResult up = runCli({s("health"), s("check"), port, socket.url(), s("--format"), s("json")});
    QVERIFY2(up.status == 0, qPrintable(up.out + up.err));
    QVERIFY2(validate(s("health-check"), up.out.toUtf8()).isEmpty() ||
                 validate(s("health-check"), up.out.toUtf8()).startsWith(s("skip")),
             qPrintable(validate(s("health-check"), up.out.toUtf8())));
    QVERIFY(first(up)[s("status")].isNull());
    QCOMPARE(up.json()[s("targets")].toArray()[1].toObject()[s("status")].toInt(), 101);
    QCOMPARE(runCli({s("health"), s("check"), QStringLiteral("tcp://127.0.0.1:%1").arg(closedPort())}).status, 1);
    QCOMPARE(runCli({s("health"), s("check"), QStringLiteral("ws://127.0.0.1:%1/health").arg(m_server->port())}).status,
             1);
}

void HealthCliTest::workspaceMonitors()
{
    const QString file = m_folder.filePath(s("switchyard.toml"));
    QFile workspace(file);
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write("schema = 1\n[[monitor]]\nname = \"front\"\nurl = \"" + m_server->url(s("/health")).toUtf8() +
                    "\"\nexpect = { json = { \"/status\" = \"healthy\" } }\n[[monitor]]\nname = \"port\"\nurl = "
                    "\"tcp://127.0.0.1:" +
                    QByteArray::number(m_server->port()) + "\"\n");
    workspace.close();
    const CliResult result = runCli({s("--workspace"), file, s("health"), s("check"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
    QCOMPARE(result.json()[s("targets")].toArray().size(), 2);
}

void HealthCliTest::profileOfAUrl()
{
    HttpBehaviour moved;
    moved.status = 302;
    moved.headers = {{"Location", "/health"}};
    m_server->setBehaviour("/moved", moved);
    const auto check = [this](const char *path, const QStringList &more) {
        return runCli(QStringList{s("health"), s("check"), m_server->url(s(path))} + more);
    };
    // Healthy to Render, and not to Fly.
    QCOMPARE(check("/moved", {s("--profile"), s("render")}).status, 0);
    const CliResult fly = check("/moved", {s("--profile"), s("fly")});
    QCOMPARE(fly.status, 1);
    QVERIFY2(fly.out.contains(s("Fly.io would take the instance out of routing at once")), qPrintable(fly.out));
    QVERIFY2(fly.out.contains(s("https://fly.io/docs/reference/health-checks/")), qPrintable(fly.out));

    QFile manifest(m_folder.filePath(s("render.yaml")));
    QVERIFY(manifest.open(QIODevice::WriteOnly));
    manifest.write("services:\n  - type: web\n    name: api\n    healthCheckPath: /health\n");
    manifest.close();
    const CliResult json = check("/", {s("--profile"), s("render"), s("--manifest"), manifest.fileName(),
                                       s("--timeout"), s("1s"), s("--format"), s("json")});
    QCOMPARE(json.status, 0);
    const QString invalid = validate(s("health-check"), json.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    // The manifest names the path where the URL has none.
    QCOMPARE(first(json)[s("url")].toString(), m_server->url(s("/health")));
    const QJsonObject profile = first(json)[s("profile")].toObject();
    QCOMPARE(profile[s("platform")].toString(), s("render"));
    QVERIFY(profile[s("on_failure")].toString().contains(s("restart it after 60 s")));
    QCOMPARE(profile[s("findings")].toArray().size(), 1);
    QVERIFY(profile[s("findings")].toArray().first().toString().contains(s("waits 1s and Render 5s")));
    QHash<QString, QJsonObject> rules;
    for (const QJsonValue &rule : profile[s("rules")].toArray())
        rules.insert(rule[s("key")].toString(), rule.toObject());
    QCOMPARE(rules[s("path")][s("from")].toString(), s("render.yaml:4"));
    QCOMPARE(rules[s("timeout")][s("from")].toString(), s("workspace"));
    QCOMPARE(rules[s("expect.status")][s("value")].toString(), s("200-399"));
    QVERIFY(rules[s("expect.status")][s("instead_of")].isNull());
    // Without one nothing is said of any.
    QVERIFY(first(check("/health", {s("--format"), s("json")}))[s("profile")].isNull());
}

void HealthCliTest::profileOfAWorkspace()
{
    QFile manifest(m_folder.filePath(s("fly.toml")));
    QVERIFY(manifest.open(QIODevice::WriteOnly));
    manifest.write("[http_service]\ninternal_port = 8080\n[[http_service.checks]]\npath = '/up'\ntimeout = '3s'\n");
    manifest.close();
    QFile workspace(m_folder.filePath(s("profile.toml")));
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write("schema = 1\n[[backend]]\nname = \"b\"\nplatform = \"fly\"\nmanifest = \"fly.toml\"\nurl = \"" +
                    m_server->url(QString()).toUtf8() + "\"\n[[backend.health]]\nprofile = \"platform\"\n");
    workspace.close();
    m_server->setBehaviour("/up", {});
    const CliResult result = runCli({s("--workspace"), workspace.fileName(), s("health"), s("check")});
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
    QVERIFY2(result.out.contains(s("judged as Fly.io does")), qPrintable(result.out));
    QVERIFY2(result.out.contains(s("fly.toml:4")), qPrintable(result.out));
    QVERIFY(m_server->requests().last().startsWith("GET /up "));
    QVERIFY(manifest.remove());
    const CliResult lost = runCli({s("--workspace"), workspace.fileName(), s("health"), s("check")});
    QCOMPARE(lost.status, 2);
    QVERIFY2(lost.err.contains(s("fly.toml")), qPrintable(lost.err));
}

void HealthCliTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("message");
    const QString url = s("http://127.0.0.1:1/");
    QTest::newRow("regex") << QStringList{url, s("--expect-body"), s("a(b")} << s("not a regular expression");
    QTest::newRow("no value") << QStringList{url, s("--expect-json"), s("/a")} << s("is not POINTER=VALUE");
    QTest::newRow("no pointer") << QStringList{url, s("--expect-json"), s("a=b")} << s("is not POINTER=VALUE");
    QTest::newRow("method") << QStringList{url, s("--method"), s("FETCH")} << s("no method");
    QTest::newRow("secret header") << QStringList{url, s("--header"), s("Authorization=hunter2canary")} << s("secret");
    QTest::newRow("secret body") << QStringList{url, s("--body"), s("password=hunter2canary")} << s("secret");
    QTest::newRow("scheme") << QStringList{s("ftp://h/")} << s("tcp://HOST:PORT");
    QTest::newRow("no port") << QStringList{s("tcp://127.0.0.1")} << s("names no port");
    QTest::newRow("body of a port") << QStringList{s("tcp://127.0.0.1:1"), s("--expect-body"), s("x")}
                                    << s("no meaning for tcp:");
    QTest::newRow("status of an upgrade")
        << QStringList{s("ws://127.0.0.1:1/"), s("--expect-status"), s("200")} << s("no meaning for ws:");
    QTest::newRow("platform") << QStringList{url, s("--profile"), s("moon")} << s("there is no platform \"moon\"");
    QTest::newRow("profile of nothing") << QStringList{s("--profile"), s("fly")} << s("--profile is for URLs");
    QTest::newRow("manifest alone") << QStringList{url, s("--manifest"), s("fly.toml")} << s("only with --profile");
    QTest::newRow("no manifest") << QStringList{url, s("--profile"), s("fly"), s("--manifest"), s("/nowhere/fly.toml")}
                                 << s("/nowhere/fly.toml");
    QTest::newRow("variable not set") << QStringList{url, s("--header"), s("X-A=env:NOT_SET_ANYWHERE")}
                                      << s("NOT_SET_ANYWHERE");
}

void HealthCliTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, message);
    const CliResult result = runCli(QStringList{s("health"), s("check")} + arguments);
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(message), qPrintable(result.err));
    QVERIFY2(!result.err.contains(s("hunter2")), qPrintable(result.err));
    QVERIFY(result.out.isEmpty());
}

QTEST_GUILESS_MAIN(HealthCliTest)
#include "tst_healthcli.moc"
