// SPDX-License-Identifier: GPL-3.0-or-later
// The keys of [[backend.health]] beyond the first ones, and [[monitor]].
#include "models/workspace/workspace.h"

#include <QTest>

using namespace Switchyard;

namespace {

QByteArray withBackend(const QByteArray &text)
{
    return "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"https://127.0.0.1:8443\"\n" + text;
}

tl::expected<Workspace, WorkspaceErrors> parse(const QByteArray &text)
{
    return parseWorkspace(text, QStringLiteral("w.toml"), {QStringLiteral("local"), QStringLiteral("render")});
}

} // namespace

class HealthKeysTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyKey();
    void tcpNeedsNoPath();
    void monitors();
    void typeByUrl_data();
    void typeByUrl();
    void errors_data();
    void errors();
    void patterns();
    void profiles();
    void sleeps();
};

void HealthKeysTest::everyKey()
{
    const auto workspace = parse(withBackend(R"([[backend.health]]
path = "/health"
type = "http"
method = "POST"
body = '{"deep": true}'
follow = true
keep_warm = "4m"
expect = { body = '"ok":\s*true', headers = { X-Version = '^v\d+$' } }
)"));
    QVERIFY2(workspace, qPrintable(workspace ? QString() : workspace.error().first().toString()));
    const HealthEndpoint &endpoint = workspace->backends.first().health.first();
    QCOMPARE(endpoint.type, EndpointType::Http);
    QCOMPARE(endpoint.method, QStringLiteral("POST"));
    QCOMPARE(endpoint.body.text, QStringLiteral("{\"deep\": true}"));
    QVERIFY(endpoint.follow);
    QCOMPARE(endpoint.keepWarm, std::optional(Milliseconds(240'000)));
    QCOMPARE(endpoint.expect.body.text, QStringLiteral("\"ok\":\\s*true"));
    QVERIFY(endpoint.expect.body.compiled.match(QStringLiteral("{\"ok\":  true}")).hasMatch());
    const ConfiguredPattern version = endpoint.expect.headers.value(QStringLiteral("X-Version"));
    QVERIFY(version.compiled.match(QStringLiteral("v12")).hasMatch());
    QVERIFY(!version.compiled.match(QStringLiteral("v12a")).hasMatch());
}

void HealthKeysTest::tcpNeedsNoPath()
{
    const auto workspace =
        parse(withBackend("[[backend.health]]\ntype = \"tcp\"\ndegraded = { latency = \"100ms\" }\n"));
    QVERIFY(workspace);
    const HealthEndpoint &endpoint = workspace->backends.first().health.first();
    QCOMPARE(endpoint.type, EndpointType::Tcp);
    QCOMPARE(endpoint.path, QString());
    QCOMPARE(endpoint.label(), QStringLiteral("TCP port"));
}

void HealthKeysTest::monitors()
{
    const auto workspace = parse(R"(schema = 1
[[monitor]]
name = "front"
url = "https://www.example.org/"
group = "web"
interval = "100ms"
timeout = "90ms"
headers = { Authorization = "env:TOKEN" }
[[monitor]]
name = "mail"
url = "tcp://mail.example.org:25"
)");
    QVERIFY2(workspace, qPrintable(workspace ? QString() : workspace.error().first().toString()));
    QCOMPARE(workspace->monitors.size(), 2);
    const FreeMonitor &front = workspace->monitors[0];
    QCOMPARE(front.name, QStringLiteral("front"));
    QCOMPARE(front.group, QStringLiteral("web"));
    QCOMPARE(front.url, QStringLiteral("https://www.example.org/"));
    QCOMPARE(front.endpoint.interval, Milliseconds(100));
    QVERIFY(front.endpoint.headers.value(QStringLiteral("Authorization")).isReference());
    QCOMPARE(front.place.line, 2);
    QCOMPARE(workspace->monitors[1].endpoint.type, EndpointType::Tcp);
    QVERIFY(workspace->backends.isEmpty());
}

void HealthKeysTest::typeByUrl_data()
{
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<EndpointType>("type");
    QTest::newRow("http") << QByteArray("url = \"http://h/\"") << EndpointType::Http;
    QTest::newRow("wss") << QByteArray("url = \"wss://h/ws\"") << EndpointType::WebSocket;
    QTest::newRow("upgrade of https") << QByteArray("url = \"https://h/ws\"\ntype = \"websocket\"")
                                      << EndpointType::WebSocket;
    QTest::newRow("port of https") << QByteArray("url = \"https://h/\"\ntype = \"tcp\"") << EndpointType::Tcp;
    QTest::newRow("tcp") << QByteArray("url = \"tcp://[::1]:5432\"") << EndpointType::Tcp;
}

void HealthKeysTest::typeByUrl()
{
    QFETCH(QByteArray, keys);
    QFETCH(EndpointType, type);
    const auto workspace = parse("schema = 1\n[[monitor]]\nname = \"m\"\n" + keys + "\n");
    QVERIFY2(workspace, qPrintable(workspace ? QString() : workspace.error().first().toString()));
    QCOMPARE(workspace->monitors.first().endpoint.type, type);
}

void HealthKeysTest::errors_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("message");
    const auto health = [](const char *name, const QByteArray &keys, int line, int column, const char *message) {
        QTest::newRow(name) << withBackend("[[backend.health]]\npath = \"/h\"\n" + keys + "\n") << line << column
                            << QString::fromLatin1(message);
    };
    health("type", "type = \"udp\"", 8, 8, "udp");
    health("type's type", "type = 3", 8, 8, "must be a text");
    health("method", "method = \"get\"", 8, 10, "method");
    health("follow", "follow = \"yes\"", 8, 10, "true or false");
    health("body of HEAD", "method = \"HEAD\"\nbody = \"x\"", 9, 8, "HEAD request has no body");
    health("secret body", "body = \"password=hunter2hunter2\"", 8, 8, "literal secret");
    health("keep_warm", "keep_warm = \"30s\"", 8, 13, "keep_warm");
    health("bad regex", "expect = { body = \"a(b\" }", 8, 19, "not a regular expression");
    health("empty regex", "expect = { body = \"\" }", 8, 19, "empty");
    health("regex type", "expect = { body = 3 }", 8, 19, "must be a text");
    health("bad header regex", "expect = { headers = { A = \"[\" } }", 8, 28, "not a regular expression");
    health("header name", "expect = { headers = { \"a b\" = \"x\" } }", 8, 24, "no header name");
    health("header twice", "expect = { headers = { A = \"x\", a = \"y\" } }", 8, 33, "twice");
    health("unknown", "expect = { bdy = \"x\" }", 8, 12, "bdy");
    health("method of a WebSocket", "type = \"websocket\"\nmethod = \"POST\"", 9, 1, "no meaning");
    health("body of a WebSocket", "type = \"websocket\"\nexpect = { body = \"x\" }", 9, 12, "expect.body");
    health("path of a port", "type = \"tcp\"", 7, 1, "has no path");
    QTest::newRow("headers of a port") << withBackend("[[backend.health]]\ntype = \"tcp\"\nheaders = { A = \"b\" }\n")
                                       << 8 << 1 << QStringLiteral("no meaning");
    QTest::newRow("no path") << withBackend("[[backend.health]]\ntype = \"websocket\"\n") << 6 << 1
                             << QStringLiteral("\"path\" is missing");
    const auto monitor = [](const char *name, const QByteArray &keys, int line, int column, const char *message) {
        QTest::newRow(name) << "schema = 1\n[[monitor]]\nname = \"m\"\n" + keys + "\n"
                            << line << column << QString::fromLatin1(message);
    };
    monitor("no url", "", 2, 1, "\"url\" is missing");
    monitor("credentials", "url = \"https://u:hunter2canary@h/\"", 4, 7, "carries credentials");
    monitor("scheme", "url = \"ftp://h/\"", 4, 7, "not ftp");
    monitor("no port", "url = \"tcp://h\"", 4, 7, "names no port");
    monitor("path of a port", "url = \"tcp://h:1/x\"", 4, 7, "no path");
    monitor("path", "url = \"http://h/\"\npath = \"/x\"", 5, 1, "path");
    monitor("type that does not fit", "url = \"tcp://h:1\"\ntype = \"http\"", 5, 8, "does not fit");
    monitor("twice", "url = \"http://h/\"\n[[monitor]]\nname = \"m\"\nurl = \"http://h/\"", 6, 8, "already");
}

void HealthKeysTest::errors()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(int, column);
    QFETCH(QString, message);
    const auto workspace = parse(text);
    QVERIFY(!workspace);
    const Error &error = workspace.error().first();
    QVERIFY2(error.message.contains(message), qPrintable(error.toString()));
    QVERIFY2(!error.toString().contains(QStringLiteral("hunter2")), qPrintable(error.toString()));
    QCOMPARE(error.place.line, line);
    QCOMPARE(error.place.column, column);
}

void HealthKeysTest::patterns()
{
    QVERIFY(!ConfiguredPattern::from(QString(2001, QLatin1Char('a'))));
    // One that would try for hours is given up, and says so.
    const Result<ConfiguredPattern> slow = ConfiguredPattern::from(QStringLiteral("^(a+)+$"));
    QVERIFY(slow);
    const QRegularExpressionMatch match = slow->compiled.match(QString(5000, QLatin1Char('a')) + QLatin1Char('b'));
    QVERIFY(!match.hasMatch() && !match.isValid());
}

void HealthKeysTest::profiles()
{
    const auto workspace = parse(withBackend("[[backend.health]]\nprofile = \"platform\"\ntimeout = \"7s\"\n"
                                             "expect = { status = \"200\" }\n") +
                                 "[[monitor]]\nname = \"m\"\nurl = \"https://a.example/\"\nprofile = \"render\"\n");
    QVERIFY2(workspace, qPrintable(workspace ? QString() : workspace.error().first().toString()));
    const HealthEndpoint &endpoint = workspace->backends.first().health.first();
    QCOMPARE(endpoint.profile, QStringLiteral("platform"));
    // The manifest names its path.
    QCOMPARE(endpoint.path, QString());
    QVERIFY(endpoint.states(QLatin1StringView("timeout")) && endpoint.states(QLatin1StringView("expect.status")));
    QVERIFY(!endpoint.states(QLatin1StringView("interval")) && !endpoint.states(QLatin1StringView("path")));
    QCOMPARE(workspace->monitors.first().endpoint.profile, QStringLiteral("render"));
    const auto wrong = parse(withBackend("[[backend.health]]\npath = \"/\"\nprofile = \"render\"\n"));
    QVERIFY(!wrong && wrong.error().first().message.contains(QStringLiteral("profile")));
    const auto unknown = parse(withBackend("") + "[[monitor]]\nname = \"m\"\nurl = \"https://a.example/\"\n"
                                                 "profile = \"moon\"\n");
    QVERIFY(!unknown && unknown.error().first().message.contains(QStringLiteral("moon")));
    // Without a profile the path is asked for as ever.
    QVERIFY(!parse(withBackend("[[backend.health]]\ntimeout = \"7s\"\n")));
}

void HealthKeysTest::sleeps()
{
    const auto workspace = parse(withBackend("sleeps = false\n[[backend.health]]\npath = \"/\"\n"));
    QVERIFY2(workspace, qPrintable(workspace ? QString() : workspace.error().first().toString()));
    QCOMPARE(workspace->backends.first().sleeps, std::optional(false));
    QCOMPARE(workspace->backends.first().sleepsFrom, QStringLiteral("workspace"));
    QVERIFY(!parse(withBackend("[[backend.health]]\npath = \"/\"\n"))->backends.first().sleeps);
}

QTEST_GUILESS_MAIN(HealthKeysTest)
#include "tst_healthkeys.moc"
