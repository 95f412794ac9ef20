// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/files.h"
#include "models/common/toml.h"
#include "models/workspace/workspace.h"

#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

const QStringList platforms{QStringLiteral("fly"), QStringLiteral("local"), QStringLiteral("render")};

QString fixturePath()
{
    return QStringLiteral(SOURCE_DIR "/tests/fixtures/workspace/full.toml");
}

QByteArray fixture()
{
    const Result<QByteArray> text = readFile(fixturePath());
    return text ? *text : QByteArray();
}

WorkspaceErrors errorsOf(const QByteArray &text)
{
    const auto parsed = parseWorkspace(text, QStringLiteral("w.toml"), platforms);
    return parsed ? WorkspaceErrors() : parsed.error();
}

QByteArray joined(const WorkspaceErrors &errors)
{
    QStringList lines;
    for (const Error &error : errors)
        lines.append(error.toString());
    return lines.join(QLatin1Char('\n')).toUtf8();
}

/// A workspace with one backend, and `body` from line 6 on.
QByteArray withBackend(const QByteArray &body)
{
    return "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"https://a.example\"\n" + body;
}

} // namespace

class TestWorkspace : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fullHead();
    void fullHealth();
    void fullSockets();
    void fullRest();
    void defaults();
    void oneError_data();
    void oneError();
    void allErrorsTogether();
    void secretsStayOut_data();
    void secretsStayOut();
    void guards_data();
    void guards();
    void loading();
    void damagedFilesDoNotCrash();

private:
    Workspace m_full;
};

void TestWorkspace::fullHead()
{
    const auto parsed = loadWorkspace(fixturePath(), platforms);
    QVERIFY2(parsed.has_value(), parsed ? "" : joined(parsed.error()).constData());
    m_full = *parsed;
    QCOMPARE(m_full.file, fixturePath());
    QCOMPARE(m_full.name, QStringLiteral("Tide Tables"));
    QCOMPARE(m_full.components.size(), 2);
    QCOMPARE(m_full.components[1].name, QStringLiteral("web"));
    QCOMPARE(m_full.components[1].repository, QStringLiteral("../tide-web"));
    QCOMPARE(m_full.components[0].root, QStringLiteral("server"));
    QCOMPARE(m_full.components[0].place.line, 5);
    QCOMPARE(m_full.backends.size(), 3);

    const Backend *fly = m_full.backend(QStringLiteral("fly"));
    QVERIFY(fly != nullptr);
    QCOMPARE(fly->component, QStringLiteral("api"));
    QCOMPARE(fly->platform, QStringLiteral("fly"));
    QVERIFY(fly->isProduction());
    QCOMPARE(fly->url, QStringLiteral("https://tide-tables.fly.dev"));
    QCOMPARE(fly->manifest, QStringLiteral("fly.toml"));
    QCOMPARE(fly->env, (QStringList{QStringLiteral(".env.production"), QStringLiteral(".env")}));
    QVERIFY(!fly->instanceId.isSet());
    QCOMPARE(m_full.withRole(QStringLiteral("source")), fly);
    QCOMPARE(m_full.backend(QStringLiteral("none")), nullptr);

    const Backend *render = m_full.withRole(QStringLiteral("target"));
    QVERIFY(render != nullptr);
    QCOMPARE(render->name, QStringLiteral("render"));
    QCOMPARE(render->stage, QStringLiteral("test"));
    // Paths are put behind it: the slash at the end goes.
    QCOMPARE(render->url, QStringLiteral("https://tide-tables.onrender.com"));
    QCOMPARE(render->service, QStringLiteral("tide-api"));
    QCOMPARE(render->instanceId.header, QStringLiteral("x-render-origin-server"));
    QCOMPARE(render->instanceId.jsonPath, QStringLiteral("/version"));
    QCOMPARE(render->instanceId.jsonPointer, QStringLiteral("/instance"));
}

void TestWorkspace::fullHealth()
{
    const Backend *render = m_full.backend(QStringLiteral("render"));
    QVERIFY(render != nullptr);
    QCOMPARE(render->health.size(), 2);
    const HealthEndpoint &health = render->health[0];
    QCOMPARE(health.path, QStringLiteral("/health"));
    QVERIFY(health.kind == EndpointKind::Health);
    QCOMPARE(health.interval, Milliseconds(30'000));
    QCOMPARE(health.timeout, Milliseconds(10'000));
    QCOMPARE(health.failures, 4);
    QCOMPARE(health.recoveries, 3);
    QCOMPARE(health.grace, Milliseconds(60'000));
    QCOMPARE(health.headers.value(QStringLiteral("X-Probe")).text, QStringLiteral("switchyard"));
    QVERIFY(!health.headers.value(QStringLiteral("X-Probe")).isReference());
    QVERIFY(health.headers.value(QStringLiteral("Authorization")).isReference());
    QCOMPARE(health.expect.status, QStringLiteral("200"));
    QCOMPARE(health.expect.json.value(QStringLiteral("/status")), QJsonValue(QStringLiteral("healthy")));
    QCOMPARE(health.expect.json.value(QStringLiteral("/checks/0/ok")), QJsonValue(true));
    QCOMPARE(health.expect.json.value(QStringLiteral("/pool")), QJsonValue(12));
    QCOMPARE(health.degraded.latency, std::optional(Milliseconds(500)));
    QCOMPARE(health.degraded.json.size(), 1);
    QCOMPARE(health.place.line, 36);
    QCOMPARE(health.place.column, 3);
    const HealthEndpoint &ready = render->health[1];
    QVERIFY(ready.kind == EndpointKind::Ready);
    QCOMPARE(ready.expect.status, QStringLiteral("2xx"));
    QCOMPARE(ready.failures, 3);
    QVERIFY(!ready.degraded.latency.has_value());
}

void TestWorkspace::fullSockets()
{
    const Backend *render = m_full.backend(QStringLiteral("render"));
    QVERIFY(render != nullptr);
    QCOMPARE(render->sockets.size(), 3);
    const SocketEndpoint &levels = render->sockets[0];
    QCOMPARE(levels.name, QStringLiteral("levels"));
    QCOMPARE(levels.path, QStringLiteral("/ws/levels"));
    QVERIFY(levels.protocol == SocketProtocol::WebSocket);
    QCOMPARE(levels.clients, 25);
    QVERIFY(levels.expected == std::optional(std::pair(15, 30)));
    QCOMPARE(levels.subprotocol, QStringLiteral("tide.v2"));
    QVERIFY(levels.compression);
    QCOMPARE(levels.origin, QStringLiteral("https://tide.example"));
    QCOMPARE(levels.send.size(), 2);
    QCOMPARE(levels.send[0].text, QStringLiteral("{\"type\":\"heartbeat\"}"));
    QCOMPARE(levels.send[0].every, Milliseconds(10'000));
    QCOMPARE(levels.send[1].after, QStringLiteral("open"));
    QCOMPARE(levels.send[1].every, Milliseconds(0));
    QVERIFY(levels.notice.has_value());
    QCOMPARE(levels.notice->json.value(QStringLiteral("/type")), QJsonValue(QStringLiteral("server_shutdown")));
    QCOMPARE(levels.allowedCloses, (QList<int>{1001, 1012, 4000}));
    QCOMPARE(levels.reconnect, QStringLiteral("notice-then-delay"));
    QVERIFY(levels.count.kind == CountSource::Kind::Prometheus);
    QCOMPARE(levels.count.metric, QStringLiteral("websocket_connections{manager='levels'}"));
    QCOMPARE(levels.count.path, QStringLiteral("/internal/metrics"));

    const SocketEndpoint &chat = render->sockets[1];
    QVERIFY(chat.protocol == SocketProtocol::SocketIo);
    QCOMPARE(chat.transport, QStringLiteral("polling"));
    QCOMPARE(chat.nameSpace, QStringLiteral("/room"));
    QCOMPARE(chat.auth->text, QStringLiteral("{\"guest\":true}"));
    QCOMPARE(chat.notice->event, QStringLiteral("shutdown"));
    QCOMPARE(chat.clients, 10);
    QCOMPARE(chat.allowedCloses, (QList<int>{1001, 1005, 1012}));
    QCOMPARE(chat.reconnect, QStringLiteral("socket.io-client"));
    QVERIFY(chat.count.kind == CountSource::Kind::SocketIoAdmin);
    QCOMPARE(chat.count.path, QStringLiteral("/admin"));

    const SocketEndpoint &news = render->sockets[2];
    QCOMPARE(news.allowedCloses, (QList<int>{1001, 1012}));
    QCOMPARE(news.reconnect, QStringLiteral("browser-backoff"));
    QVERIFY(!news.notice.has_value());
    QVERIFY(!news.expected.has_value());
    QVERIFY(news.count.kind == CountSource::Kind::Json);
    QCOMPARE(news.count.path, QStringLiteral("/api/ws/stats"));
    QCOMPARE(news.count.pointer, QStringLiteral("/news/count"));
}

void TestWorkspace::fullRest()
{
    const Backend *render = m_full.backend(QStringLiteral("render"));
    QVERIFY(render != nullptr);
    QCOMPARE(render->databases.size(), 2);
    QCOMPARE(render->databases[0].url, QStringLiteral("keychain:tide/MONGO_URL"));
    QCOMPARE(render->databases[0].poll, QStringLiteral("5m"));
    QCOMPARE(render->databases[0].tunnel.size(), 5);
    QCOMPARE(render->databases[1].url, QStringLiteral("redis://cache.internal:6379/0"));
    QCOMPARE(render->databases[1].poll, QStringLiteral("manual"));
    QCOMPARE(render->databases[0].client, QStringLiteral("motor"));
    QCOMPARE(render->databases[0].use, QStringLiteral("application"));
    QCOMPARE(render->databases[0].plan, QStringLiteral("M10"));
    QCOMPARE(render->databases[0].pool, (DatabasePool{4, 10, 5, 2}));
    QCOMPARE(render->databases[0].limit, std::optional(1500));
    QCOMPARE(render->databases[0].disk, std::optional(false));
    QCOMPARE(render->databases[1].token, QStringLiteral("env:CACHE_TOKEN"));
    QCOMPARE(render->databases[1].pool, DatabasePool{});
    QVERIFY(!render->databases[1].limit && !render->databases[1].disk);
    QCOMPARE(render->region, QStringLiteral("oregon"));
    QCOMPARE(render->deploy.driver, QStringLiteral("render-api"));
    QCOMPARE(render->deploy.service, QStringLiteral("srv-0123456789"));
    QCOMPARE(render->deploy.token, QStringLiteral("file:/run/secrets/render"));

    const Backend *desk = m_full.backend(QStringLiteral("desk"));
    QVERIFY(desk != nullptr);
    QCOMPARE(desk->stage, QStringLiteral("dev"));
    QCOMPARE(desk->role, QString());
    QCOMPARE(desk->deploy.argv.size(), 4);
    QCOMPARE(desk->deploy.cwd, QStringLiteral("server"));
    QCOMPARE(desk->deploy.log.size(), 2);
    QCOMPARE(desk->deploy.environment.value(QStringLiteral("LOG_LEVEL")), QStringLiteral("info"));
    QCOMPARE(desk->deploy.environment.value(QStringLiteral("SESSION_SECRET")), QStringLiteral("env:DESK_SECRET"));

    QCOMPARE(m_full.anchors.size(), 3);
    QCOMPARE(m_full.advisoryGates, (QStringList{QStringLiteral("ready-first"), QStringLiteral("own-network")}));
    Thresholds expected;
    expected.startup = Milliseconds(90'000);
    expected.drain = Milliseconds(20'000);
    expected.noticeLead = Milliseconds(3'000);
    expected.allBack = Milliseconds(12'000);
    expected.maxGap = Milliseconds(4'000);
    expected.websocketLatency = Milliseconds(80);
    expected.apiLatency = Milliseconds(400);
    expected.databaseLatency = Milliseconds(90);
    expected.redisLatency = Milliseconds(9);
    QVERIFY(m_full.thresholds == expected);
}

void TestWorkspace::defaults()
{
    const auto parsed = parseWorkspace(withBackend({}), QStringLiteral("/srv/tide/switchyard.toml"), platforms);
    QVERIFY2(parsed.has_value(), parsed ? "" : joined(parsed.error()).constData());
    QCOMPARE(parsed->name, QStringLiteral("tide"));
    QVERIFY(parsed->thresholds == Thresholds());
    QCOMPARE(parsed->backends[0].deploy.driver, QStringLiteral("none"));
    QCOMPARE(parsed->backends[0].component, QString());

    const auto single =
        parseWorkspace("schema = 1\n[[component]]\nname = \"api\"\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\n"
                       "url = \"https://a.example\"\n",
                       QString(), platforms);
    QVERIFY(single.has_value());
    QCOMPARE(single->backends[0].component, QStringLiteral("api"));
    // An empty file of the right schema is a workspace without backends.
    QVERIFY(parseWorkspace("schema = 1\n", QString(), platforms).has_value());
}

void TestWorkspace::oneError_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("part");
    const auto row = [](const char *name, const QByteArray &text, int line, int column, const char *part) {
        QTest::newRow(name) << text << line << column << QString::fromLatin1(part);
    };
    row("no schema", "name = \"x\"\n", 1, 1, "\"schema\" is missing");
    row("other schema", "\nschema = 2\nnonsense = 1\n", 2, 10, "this version reads schema 1");
    row("schema type", "schema = \"1\"\n", 1, 10, "must be a whole number, not a text");
    row("unknown key", "schema = 1\n  titel = \"x\"\n", 2, 3, "unknown key \"titel\"");
    row("after wide characters", "schema = 1\nthresholds = { \"é𝄞\" = 1 }\n", 2, 16, "unknown key");
    row("near key", withBackend("  [[backend.health]]\n  path = \"/h\"\n  timout = \"1s\"\n"), 8, 3,
        "did you mean \"timeout\"");
    row("wrong type", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nclients = \"5\"\n"), 9, 11,
        "whole number");
    row("fraction", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nclients = 5.0\n"), 9, 11,
        "fractional");
    row("clients", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nclients = 20001\n"), 9, 11,
        "from 0 to 20000");
    row("degraded after the timeout",
        withBackend("[[backend.health]]\npath = \"/h\"\ntimeout = \"2s\"\ndegraded = { latency = \"2s\" }\n"), 9, 24,
        "is never reached");
    row("failures", withBackend("[[backend.health]]\npath = \"/h\"\nfailures = 0\n"), 8, 12, "from 1 to 100");
    row("recoveries", withBackend("[[backend.health]]\npath = \"/h\"\nrecoveries = 101\n"), 8, 14, "from 1 to 100");
    row("duration without unit", withBackend("[[backend.health]]\npath = \"/h\"\ninterval = \"30\"\n"), 8, 12,
        "not a duration");
    row("duration as a number", withBackend("[[backend.health]]\npath = \"/h\"\ninterval = 30\n"), 8, 12,
        "needs a unit");
    row("duration too short", withBackend("[[backend.health]]\npath = \"/h\"\ninterval = \"1ms\"\n"), 8, 12,
        "from 50ms to 1d");
    row("threshold", "schema = 1\n[thresholds]\ndrain = \"25\"\n", 3, 9, "not a duration");
    row("gap between two probes", "schema = 1\n[thresholds]\nmax_gap = \"499ms\"\n", 3, 11, "never be kept");
    row("platform", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"rendr\"\nurl = \"http://a\"\n", 4, 12,
        "did you mean \"render\"");
    row("role", withBackend("role = \"goal\"\n"), 6, 8, "known: source, target");
    row("stage", withBackend("stage = \"prod\"\n"), 6, 9, "is no stage");
    row("kind", withBackend("[[backend.health]]\npath = \"/h\"\nkind = \"alive\"\n"), 8, 8, "is no kind");
    row("protocol", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nprotocol = \"sse\"\n"), 9, 12,
        "is no protocol");
    row("reconnect", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nreconnect = \"never\"\n"), 9, 13,
        "is no reconnect");
    row("driver", withBackend("[backend.deploy]\ndriver = \"render\"\n"), 7, 10, "is no driver");
    row("driver missing", withBackend("  [backend.deploy]\n  service = \"x\"\n"), 6, 3, "\"driver\" is missing");
    row("argv missing", withBackend("[backend.deploy]\ndriver = \"local\"\n"), 6, 1, "\"argv\" is missing");
    row("argv empty", withBackend("[backend.deploy]\ndriver = \"local\"\nargv = []\n"), 8, 8, "names no program");
    row("log pattern", withBackend("[backend.deploy]\ndriver = \"none\"\nlog = [\"a\", \"(\"]\n"), 8, 13,
        "not a regular expression");
    row("name missing", "schema = 1\n  [[backend]]\nplatform = \"fly\"\nurl = \"http://a\"\n", 2, 3,
        "\"name\" is missing");
    row("name empty", "schema = 1\n[[backend]]\nname = \" \"\nplatform = \"fly\"\nurl = \"http://a\"\n", 3, 8,
        "is empty");
    row("url missing", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\n", 2, 1, "\"url\" is missing");
    row("backend twice", withBackend("[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"http://b\"\n"), 7, 8,
        "see line 3");
    row("component twice", "schema = 1\n[[component]]\nname = \"a\"\n[[component]]\nname = \"a\"\n", 5, 8,
        "component \"a\" already");
    row("socket twice",
        withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\n[[backend.socket]]\nname = \"s\"\npath = \"/\"\n"),
        10, 8, "socket \"s\" already");
    row("database client", withBackend("[[backend.database]]\nname = \"s\"\nurl = \"env:A\"\nfor = \"asincpg\"\n"), 9,
        7, "asyncpg");
    row("database pool without size",
        withBackend("[[backend.database]]\nname = \"s\"\nurl = \"env:A\"\npool = { workers = 4 }\n"), 9, 8, "size");
    row("database token", withBackend("[[backend.database]]\nname = \"s\"\nurl = \"env:A\"\ntoken = \"abc\"\n"), 9, 9,
        "secret");
    row("database twice",
        withBackend("[[backend.database]]\nname = \"s\"\nurl = \"env:A\"\n[[backend.database]]\nname = \"s\"\nurl = "
                    "\"env:A\"\n"),
        10, 8, "database \"s\" already");
    row("no such component", withBackend("component = \"api\"\n"), 6, 13, "no component \"api\"");
    row("component unsaid",
        "schema = 1\n[[component]]\nname = \"a\"\n[[component]]\nname = \"b\"\n[[backend]]\nname = \"x\"\nplatform = "
        "\"fly\"\n"
        "url = \"http://b\"\n",
        6, 1, "\"component\" is missing");
    row("url scheme", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"ftp://a\"\n", 5, 7,
        "http or https");
    row("url path", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"http://a/x\"\n", 5, 7,
        "may not have a path");
    row("url port", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"http://a:70000\"\n", 5, 7,
        "no valid URL");
    row("single bracket", "schema = 1\n[backend]\nname = \"a\"\n", 2, 1, "double brackets");
    row("health path", withBackend("[[backend.health]]\npath = \"health\"\n"), 7, 8, "begins with \"/\"");
    row("status", withBackend("[[backend.health]]\npath = \"/h\"\nexpect = { status = \"20x\" }\n"), 8, 21,
        "is no status");
    row("status type", withBackend("[[backend.health]]\npath = \"/h\"\nexpect = { status = 200 }\n"), 8, 21,
        "must be a text");
    row("pointer", withBackend("[[backend.health]]\npath = \"/h\"\nexpect.json = { status = \"ok\" }\n"), 8, 17,
        "no JSON pointer");
    row("pointer value", withBackend("[[backend.health]]\npath = \"/h\"\nexpect.json = { \"/t\" = 2026-01-01 }\n"), 8,
        24, "no such value");
    row("expected", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nexpected = [30, 15]\n"), 9, 12,
        "in this order");
    row("close code", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nallowed_closes = [1001, 99]\n"), 9,
        25, "from 1000 to 4999");
    row("notice", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nnotice = { }\n"), 9, 10,
        "nothing to look for");
    row("event", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nnotice = { event = \"x\" }\n"), 9, 20,
        "no event names");
    row("count", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\ncount = { }\n"), 9, 9,
        "needs one source");
    row("namespace", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\nnamespace = \"/x\"\n"), 9, 1,
        "is for Socket.IO");
    row("origin", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/\"\norigin = \"https://a/\"\n"), 9, 10,
        "no origin");
    row("header name", withBackend("[[backend.health]]\npath = \"/h\"\nheaders = { \"a b\" = \"c\" }\n"), 8, 13,
        "no header name");
    row("header twice", withBackend("[[backend.health]]\npath = \"/h\"\nheaders = { A = \"1\", a = \"2\" }\n"), 8, 22,
        "twice");
    row("header line break", withBackend("[[backend.health]]\npath = \"/h\"\nheaders = { A = \"1\\r\\nB: 2\" }\n"), 8,
        17, "line break");
    row("poll", withBackend("[[backend.database]]\nname = \"d\"\nurl = \"env:A\"\npoll = \"often\"\n"), 9, 8,
        "\"manual\" or a duration");
    row("anchor", "schema = 1\n[network]\nanchors = [\"a:1\", \"b\"]\n", 3, 19, "no host:port");
    row("anchor port", "schema = 1\n[network]\nanchors = [\"a:65536\"]\n", 3, 12, "no host:port");
    row("gate", "schema = 1\n[gates]\nadvisory = [\"ready_first\"]\n", 3, 13, "did you mean \"ready-first\"");
    row("syntax", "schema = 1\nname = tide\n", 2, 9, "texts and durations stand in quotes");
    row("no equals sign", "schema = 1\nname \"x\"\n", 2, 6, "expected '='");
    row("key twice", "schema = 1\nschema = 1\n", 2, 10, "cannot redefine");
}

void TestWorkspace::oneError()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(int, column);
    QFETCH(QString, part);
    const WorkspaceErrors errors = errorsOf(text);
    QVERIFY2(errors.size() == 1, joined(errors).constData());
    QVERIFY2(errors[0].toString().contains(part), joined(errors).constData());
    QCOMPARE(errors[0].place.toString(), QStringLiteral("w.toml:%1:%2").arg(line).arg(column));
    QVERIFY(errors[0].kind == ErrorKind::Usage);
}

void TestWorkspace::allErrorsTogether()
{
    const WorkspaceErrors errors = errorsOf("schema = 1\n"
                                            "colour = 1\n"
                                            "[[backend]]\n"
                                            "name = 7\n"
                                            "platform = \"heroku\"\n"
                                            "  [[backend.health]]\n"
                                            "  path = \"h\"\n"
                                            "  grace = 5\n"
                                            "  [[backend.socket]]\n"
                                            "  clients = -1\n"
                                            "[thresholds]\n"
                                            "max_gap = \"x\"\n"
                                            "[gates]\n"
                                            "advisory = [\"nope\", 3]\n");
    QStringList places;
    for (const Error &error : errors)
        places.append(error.place.toString().mid(7));
    const QStringList expected{QStringLiteral("2:1"),   QStringLiteral("3:1"),  QStringLiteral("4:8"),
                               QStringLiteral("5:12"),  QStringLiteral("7:10"), QStringLiteral("8:11"),
                               QStringLiteral("9:3"),   QStringLiteral("9:3"),  QStringLiteral("10:13"),
                               QStringLiteral("12:11"), QStringLiteral("14:21")};
    QVERIFY2(places == expected, joined(errors).constData());
}

void TestWorkspace::secretsStayOut_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    const auto row = [](const char *name, const QByteArray &text, int line) { QTest::newRow(name) << text << line; };
    const QByteArray socket = "[[backend.socket]]\nname = \"s\"\npath = \"/\"\n";
    row("url", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"https://u:CANARY-7@h\"\n", 5);
    row("url user", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"https://CANARY-7@h\"\n", 5);
    row("url query", "schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\nurl = \"https://h?token=CANARY-7\"\n",
        5);
    row("authorization", withBackend(socket + "headers = { Authorization = \"Bearer CANARY-7\" }\n"), 9);
    row("cookie", withBackend(socket + "headers = { cookie = \"sid=CANARY-7\" }\n"), 9);
    row("key header", withBackend(socket + "headers = { X-Api-Key = \"CANARY-7\" }\n"), 9);
    row("token header", withBackend(socket + "headers = { X-Auth-Token = \"CANARY-7\" }\n"), 9);
    row("bearer elsewhere", withBackend(socket + "headers = { X-Forwarded = \"Bearer CANARY-7x\" }\n"), 9);
    row("stdin header", withBackend(socket + "headers = { Authorization = \"-\" }\n"), 9);
    row("socket path", withBackend("[[backend.socket]]\nname = \"s\"\npath = \"/ws?token=CANARY-7\"\n"), 8);
    row("sent text", withBackend(socket + "send = [{ text = '{\"token\":\"CANARY-7\"}' }]\n"), 9);
    row("auth", withBackend(socket + "protocol = \"socket.io\"\nauth = '{\"token\":\"CANARY-7\"}'\n"), 10);
    row("auth nested", withBackend(socket + "protocol = \"socket.io\"\nauth = '{\"a\":[{\"apiKey\":\"CANARY-7\"}]}'\n"),
        10);
    row("auth bare", withBackend(socket + "protocol = \"socket.io\"\nauth = 'CANARY-7'\n"), 10);
    row("token", withBackend("[backend.deploy]\ndriver = \"render-api\"\nservice = \"s\"\ntoken = \"CANARY-7\"\n"), 9);
    row("hook",
        withBackend("[backend.deploy]\ndriver = \"hook\"\nhook = \"https://api.render.com/deploy/srv?key=CANARY-7\"\n"),
        8);
    row("argv",
        withBackend("[backend.deploy]\ndriver = \"local\"\nargv = [\"run\", \"--db=postgres://u:CANARY-7@h/d\"]\n"), 8);
    row("env", withBackend("[backend.deploy]\ndriver = \"none\"\nenv = { JWT_SECRET = \"CANARY-7\" }\n"), 8);
    row("env url",
        withBackend("[backend.deploy]\ndriver = \"none\"\nenv = { MONGO_URL = \"mongodb://u:CANARY-7@h/d\" }\n"), 8);
    row("database", withBackend("[[backend.database]]\nname = \"d\"\nurl = \"postgresql://u:CANARY-7@h/d\"\n"), 8);
    row("database words", withBackend("[[backend.database]]\nname = \"d\"\nurl = \"host=h password=CANARY-7\"\n"), 8);
    row("tunnel",
        withBackend("[[backend.database]]\nname = \"d\"\nurl = \"env:A\"\ntunnel = [\"x\", \"redis://:CANARY-7@h\"]\n"),
        9);
    row("unquoted", withBackend("[backend.deploy]\ndriver = \"hook\"\nhook = CANARY-7\n"), 8);
    row("unclosed", withBackend("[backend.deploy]\ndriver = \"hook\"\nhook = \"CANARY-7\n"), 8);
    row("unknown key", withBackend("password = \"CANARY-7\"\n"), 6);
}

void TestWorkspace::secretsStayOut()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    const WorkspaceErrors errors = errorsOf(text);
    QVERIFY2(errors.size() == 1, joined(errors).constData());
    QVERIFY2(!joined(errors).contains("CANARY"), joined(errors).constData());
    QCOMPARE(errors[0].place.line, line);
}

void TestWorkspace::guards_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("place");
    QTest::addColumn<QString>("part");
    const QByteArray deep = QByteArray("a.").repeated(100'000) + "a = 1\n";
    QTest::newRow("long key") << "schema = 1\n" + deep << QStringLiteral("w.toml:2:200")
                              << QStringLiteral("more than 100 parts");
    QTest::newRow("long header") << "[" + QByteArray("a . ").repeated(100) + "a]" << QStringLiteral("w.toml:1:400")
                                 << QStringLiteral("more than 100 parts");
    QTest::newRow("quoted parts") << QByteArray("\"x.y\".").repeated(100) + "a = 1" << QStringLiteral("w.toml:1:600")
                                  << QStringLiteral("more than 100 parts");
    QTest::newRow("brackets") << "a = " + QByteArray("[").repeated(50'000) << QStringLiteral("w.toml:1:37")
                              << QStringLiteral("nested");
    QTest::newRow("braces") << "a = " + QByteArray("{a=").repeated(50'000) << QStringLiteral("w.toml:1:101")
                            << QStringLiteral("nested");
    QTest::newRow("utf-8") << QByteArray("schema = 1\nname = \"é\xC3\"\n") << QStringLiteral("w.toml:2:10")
                           << QStringLiteral("not UTF-8");
    QTest::newRow("surrogate") << QByteArray("# \xED\xA0\x80\n") << QStringLiteral("w.toml:1:3")
                               << QStringLiteral("not UTF-8");
    QTest::newRow("utf-16") << QByteArray("\xFF\xFEs\0c\0", 6) << QStringLiteral("w.toml:1:1")
                            << QStringLiteral("not UTF-8");
    QTest::newRow("large") << QByteArray((1 << 20) + 1, '#') << QStringLiteral("w.toml")
                           << QStringLiteral("more than the 1 MB");
    QTest::newRow("nul") << QByteArray("schema = 1\0\n", 12) << QStringLiteral("w.toml:1:11") << QString();
}

void TestWorkspace::guards()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, place);
    QFETCH(QString, part);
    const WorkspaceErrors errors = errorsOf(text);
    QCOMPARE(errors.size(), 1);
    QVERIFY2(errors[0].message.contains(part), joined(errors).constData());
    QCOMPARE(errors[0].place.toString(), place);
    // What only looks like it is read: dots in strings and comments, many short keys.
    QVERIFY(parseToml("# " + QByteArray("a.").repeated(500) + "\nb = \"" + QByteArray("a.").repeated(500) +
                          "\"\nc = '''\n" + QByteArray("[.'\"\n").repeated(500) + "'''\n" + "d = [" +
                          QByteArray("1.5, ").repeated(500) + "]\n",
                      QString())
                .has_value());
}

void TestWorkspace::loading()
{
    const auto missing = loadWorkspace(QStringLiteral("/nonexistent/switchyard.toml"), platforms);
    QVERIFY(!missing.has_value());
    QCOMPARE(missing.error().size(), 1);
    QCOMPARE(missing.error()[0].place.file, QStringLiteral("/nonexistent/switchyard.toml"));
    QVERIFY(!loadWorkspace(QStringLiteral("/tmp"), platforms).has_value());

    // A byte order mark and CRLF move no place.
    QByteArray text = "\xEF\xBB\xBFschema = 1\ncolour = 2\n";
    text.replace("\n", "\r\n");
    const WorkspaceErrors errors = errorsOf(text);
    QCOMPARE(errors.size(), 1);
    QCOMPARE(errors[0].place.toString(), QStringLiteral("w.toml:2:1"));
    const WorkspaceErrors first = errorsOf("\xEF\xBB\xBFschem = 1\nschema = 1\n");
    QCOMPARE(first[0].place.toString(), QStringLiteral("w.toml:1:1"));
}

void TestWorkspace::damagedFilesDoNotCrash()
{
    const QByteArray text = fixture();
    QVERIFY(!text.isEmpty());
    for (qsizetype i = 0; i < text.size(); i += 7) {
        const WorkspaceErrors errors = errorsOf(text.left(i));
        Q_UNUSED(errors);
    }
    QRandomGenerator random(20261120);
    const QByteArray alphabet = "[]{}\"'=.,#\n\\ \t0a\xC3\xA9\0-";
    for (int round = 0; round < 2'000; ++round) {
        QByteArray damaged = text;
        const int changes = 1 + int(random.bounded(8));
        for (int change = 0; change < changes; ++change) {
            const qsizetype at = random.bounded(int(damaged.size()));
            const char byte = alphabet[random.bounded(int(alphabet.size()))];
            switch (random.bounded(3)) {
            case 0:
                damaged[at] = byte;
                break;
            case 1:
                damaged.insert(at, byte);
                break;
            default:
                damaged.remove(at, 1 + random.bounded(20));
                break;
            }
        }
        for (const Error &error : errorsOf(damaged))
            QVERIFY(error.place.line >= 0 && !error.message.isEmpty());
    }
}

QTEST_GUILESS_MAIN(TestWorkspace)
#include "tst_workspace.moc"
