// SPDX-License-Identifier: GPL-3.0-or-later
// The demo backend from outside: its start, every endpoint, both Engine.IO transports and the way between them.
#include "tests/support/democlient.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <csignal>

using Switchyard::Testing::DemoBackend;
using Switchyard::Testing::eventArgument;
using Switchyard::Testing::get;
using Switchyard::Testing::HttpReply;
using Switchyard::Testing::object;
using Switchyard::Testing::openPolling;
using Switchyard::Testing::openSocket;
using Switchyard::Testing::openSocketIo;
using Switchyard::Testing::PeerEnd;
using Switchyard::Testing::RawSocket;
using Switchyard::Testing::s_emptyClose;
using Switchyard::Testing::s_engine;
using Switchyard::Testing::WsFrame;

class tst_DemoBackend final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void endpoints_data();
    void endpoints();
    void keepsConnectionAlive();
    void refusesWrongRequests();
    void countsClients();
    void pricesComeInSequence();
    void notificationsAnswerHeartbeats();
    void engineErrors();
    void socketIoOverWebSocket();
    void socketIoOverPolling();
    void upgradesFromPolling();
    void heartbeatEndsSilentSessions();
    void secondPollClosesSession();
    void adminStats();
    void refusesToStart();
    void delays();
};

void tst_DemoBackend::endpoints_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QString>("body");
    const QByteArray json("application/json");
    QTest::newRow("health") << QByteArray("/health") << 200 << json
                            << QStringLiteral("\\{\"status\":\"healthy\",\"database\":\"connected\",\"uptime_s\":"
                                              "\\d+\\.\\d+,\"instance\":\"[0-9a-f]{8}\"\\}");
    QTest::newRow("ready") << QByteArray("/ready") << 200 << json << QStringLiteral("\\{\"ready\":true\\}");
    QTest::newRow("live") << QByteArray("/live?x=1") << 200 << json << QStringLiteral("\\{\"alive\":true\\}");
    QTest::newRow("ping") << QByteArray("/ping") << 200 << QByteArray("text/plain; charset=utf-8")
                          << QStringLiteral("pong");
    QTest::newRow("version") << QByteArray("/version") << 200 << json
                             << QStringLiteral("\\{\"instance\":\"[0-9a-f]{8}\",\"version\":\"[0-9.]+\"\\}");
    QTest::newRow("metrics") << QByteArray("/metrics") << 200 << QByteArray("text/plain; version=0.0.4; charset=utf-8")
                             << QStringLiteral("(# HELP \\w+ .+\n# TYPE \\w+ (gauge|counter)\n"
                                               "(\\w+(\\{(\\w+=\"[^\"]*\",?)+\\})? [0-9.]+\n)*)+");
    QTest::newRow("stats") << QByteArray("/api/ws/stats") << 200 << json
                           << QStringLiteral("\\{\"price_feed\":\\{\"connections\":0\\},\"notifications\":"
                                             "\\{\"connections\":0\\},\"socketio\":\\{\"connections\":0\\},"
                                             "\"total\":0\\}");
    QTest::newRow("unknown") << QByteArray("/nope") << 404 << json << QStringLiteral("\\{\"error\":\".+\"\\}");
    QTest::newRow("no upgrade") << QByteArray("/ws/prices") << 426 << json << QStringLiteral("\\{.+\\}");
}

void tst_DemoBackend::endpoints()
{
    QFETCH(QByteArray, path);
    QFETCH(int, status);
    QFETCH(QByteArray, type);
    QFETCH(QString, body);
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const HttpReply reply = get(backend.port(), path);
    QCOMPARE(reply.status, status);
    QCOMPARE(reply.headers.value("content-type"), type);
    QVERIFY(QRegularExpression(QStringLiteral("^[0-9a-f]{8}$"))
                .match(QString::fromUtf8(reply.headers.value("x-instance-id")))
                .hasMatch());
    const QRegularExpression expected(QRegularExpression::anchoredPattern(body));
    QVERIFY2(expected.match(QString::fromUtf8(reply.body)).hasMatch(), reply.body.constData());
}

void tst_DemoBackend::keepsConnectionAlive()
{
    DemoBackend backend({QStringLiteral("--instance-id"), QStringLiteral("blue-1")});
    QVERIFY(backend.waitForListening());
    RawSocket socket(backend.port());
    for (int i = 0; i < 3; ++i) {
        const HttpReply reply = socket.request("GET", "/version");
        QCOMPARE(reply.status, 200);
        QCOMPARE(reply.headers.value("x-instance-id"), QByteArray("blue-1"));
    }
    QCOMPARE(socket.request("HEAD", "/ping").headers.value("content-length"), QByteArray("4"));
    QCOMPARE(socket.request("GET", "/ping", {}, "Connection: close\r\n").body, QByteArray("pong"));
    QCOMPARE(socket.waitForEnd(), PeerEnd::Eof);
    QCOMPARE(backend.standardOutput(),
             "listening on http://127.0.0.1:" + QByteArray::number(backend.port()) + QByteArray("\n"));
}

void tst_DemoBackend::refusesWrongRequests()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const HttpReply wrongMethod = RawSocket(backend.port()).request("POST", "/health", "x");
    QCOMPARE(wrongMethod.status, 405);
    QCOMPARE(wrongMethod.headers.value("allow"), QByteArray("GET, HEAD"));
    QCOMPARE(RawSocket(backend.port()).request("POST", "/health", QByteArray(65537, 'x')).status, 413);
    QCOMPARE(RawSocket(backend.port()).request("GET", "/", {}, "X: " + QByteArray(8200, 'x') + "\r\n").status, 431);
    RawSocket nonsense(backend.port());
    nonsense.send("nonsense\r\n\r\n");
    const HttpReply badRequest = nonsense.readReply();
    QCOMPARE(badRequest.status, 400);
    QVERIFY(badRequest.headers.contains("x-instance-id"));
    QCOMPARE(RawSocket(backend.port()).upgrade("/health").status, 404);
    QCOMPARE(RawSocket(backend.port()).upgrade("/ws/none").status, 404);
    // An upgrade without a key is not a WebSocket handshake (RFC 6455 section 4.2.1).
    const HttpReply noKey =
        RawSocket(backend.port()).request("GET", "/ws/prices", {}, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    QCOMPARE(noKey.status, 400);
    QVERIFY(noKey.headers.contains("x-instance-id"));
}

void tst_DemoBackend::countsClients()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    auto first = openSocket(port, "/ws/prices");
    const auto second = openSocket(port, "/ws/prices");
    const auto third = openSocket(port, "/ws/notifications");
    const auto fourth = openSocketIo(port);
    openPolling(port);
    QVERIFY(first && second && third && fourth);
    const QByteArray metrics = get(port, "/metrics").body;
    QVERIFY(metrics.contains("websocket_connections{manager=\"price_feed\"} 2\n"));
    QVERIFY(metrics.contains("websocket_connections{manager=\"notifications\"} 1\n"));
    QVERIFY(metrics.contains("websocket_connections{manager=\"socketio\"} 2\n"));
    QVERIFY(metrics.contains("http_requests_total{method=\"GET\",path=\"/ws/prices\",code=\"101\"} 2\n"));
    QCOMPARE(object(get(port, "/api/ws/stats").body).value(QLatin1String("total")).toInt(), 5);
    first.reset();
    QTRY_VERIFY(get(port, "/metrics").body.contains("websocket_connections{manager=\"price_feed\"} 1\n"));
}

void tst_DemoBackend::pricesComeInSequence()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    RawSocket socket(backend.port());
    const HttpReply handshake = socket.upgrade("/ws/prices");
    QCOMPARE(handshake.status, 101);
    QCOMPARE(handshake.headers.value("sec-websocket-accept"), QByteArray("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    QCOMPARE(handshake.headers.value("x-instance-id").size(), 8);
    QVERIFY(!handshake.headers.contains("sec-websocket-extensions"));
    QElapsedTimer timer;
    timer.start();
    for (int seq = 1; seq <= 3; ++seq) {
        const WsFrame frame = socket.readFrame();
        const qint64 expected = (seq - 1) * 1000;
        QVERIFY2(qAbs(timer.elapsed() - expected) < (seq == 1 ? 200 : 400), QByteArray::number(timer.elapsed()));
        QVERIFY(frame.isText());
        const QJsonObject message = object(frame.payload);
        QCOMPARE(message.value(QLatin1String("seq")).toInt(), seq);
        QVERIFY(message.value(QLatin1String("symbol")).isString());
        QVERIFY(message.value(QLatin1String("price")).toDouble() > 0);
        QVERIFY(message.value(QLatin1String("timestamp")).isString());
    }
    const auto other = openSocket(backend.port(), "/ws/prices");
    QVERIFY(other);
    QCOMPARE(object(other->readFrame().payload).value(QLatin1String("seq")).toInt(), 1);
}

void tst_DemoBackend::notificationsAnswerHeartbeats()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const auto socket = openSocket(backend.port(), "/ws/notifications");
    QVERIFY(socket);
    QCOMPARE(socket->readFrame().payload, QByteArray("{\"type\":\"welcome\"}"));
    socket->sendText("{ \"type\" : \"heartbeat\", \"n\": 1 }");
    QCOMPARE(socket->readFrame().payload, QByteArray("{\"type\":\"heartbeat\"}"));
    socket->sendText("not json");
    socket->sendText("{\"type\":\"other\"}");
    socket->sendFrame(9, "are you there");
    const WsFrame pong = socket->readFrame();
    QCOMPARE(pong.opcode, 10);
    QCOMPARE(pong.payload, QByteArray("are you there"));
    // A client's own close is answered with the same code, and then the server ends the connection.
    socket->sendFrame(8, QByteArray("\x03\xe8", 2));
    QCOMPARE(socket->readFrame().raw, QByteArray("\x88\x02\x03\xe8", 4));
    QCOMPARE(socket->waitForEnd(), PeerEnd::Eof);
    const auto tooBig = openSocket(backend.port(), "/ws/notifications");
    QVERIFY(tooBig);
    // 64 KB is the limit; a header that announces one byte more is enough to be refused with 1009.
    tooBig->send(QByteArray("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00", 14));
    QCOMPARE(tooBig->readClose().payload.left(2), QByteArray("\x03\xf1"));
}

void tst_DemoBackend::engineErrors()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    const auto check = [](const HttpReply &reply, int code, const char *message) {
        QCOMPARE(reply.status, 400);
        QCOMPARE(reply.headers.value("content-type"), QByteArray("application/json"));
        QCOMPARE(reply.body, "{\"code\":" + QByteArray::number(code) + ",\"message\":\"" + message + "\"}");
    };
    check(get(port, "/socket.io/?EIO=4"), 0, "Transport unknown");
    check(get(port, "/socket.io/?EIO=4&transport=carrier-pigeon"), 0, "Transport unknown");
    check(get(port, s_engine + "polling&sid=unknown"), 1, "Session ID unknown");
    check(RawSocket(port).upgrade(s_engine + "websocket&sid=unknown"), 1, "Session ID unknown");
    check(RawSocket(port).request("POST", s_engine + "polling", "40"), 2, "Bad handshake method");
    check(get(port, s_engine + "websocket"), 3, "Bad request");
    check(RawSocket(port).upgrade(s_engine + "polling"), 3, "Bad request");
    check(get(port, "/socket.io/?EIO=3&transport=polling"), 5, "Unsupported protocol version");
    check(RawSocket(port).upgrade("/socket.io/?transport=websocket"), 5, "Unsupported protocol version");
    QCOMPARE(RawSocket(port).request("PUT", s_engine + "polling").headers.value("allow"), QByteArray("GET, POST"));
    QCOMPARE(RawSocket(port).request("HEAD", s_engine + "polling").status, 405);
    const QByteArray session = openPolling(port);
    check(RawSocket(port).request("POST", session, "nonsense"), 3, "Bad request");
    check(get(port, session), 1, "Session ID unknown");
}

void tst_DemoBackend::socketIoOverWebSocket()
{
    DemoBackend backend({QStringLiteral("--ping-interval"), QStringLiteral("300")});
    QVERIFY(backend.waitForListening());
    const auto socket = openSocket(backend.port(), s_engine + "websocket");
    QVERIFY(socket);
    const QByteArray open = socket->readFrame().payload;
    QVERIFY(open.startsWith("0{"));
    const QJsonObject handshake = object(open.mid(1));
    QVERIFY(!handshake.value(QLatin1String("sid")).toString().isEmpty());
    QCOMPARE(handshake.value(QLatin1String("upgrades")).toArray().size(), 0);
    QCOMPARE(handshake.value(QLatin1String("pingInterval")).toInt(), 300);
    QCOMPARE(handshake.value(QLatin1String("pingTimeout")).toInt(), 20000);
    QCOMPARE(handshake.value(QLatin1String("maxPayload")).toInt(), 65536);
    socket->sendText("40/nope,");
    QCOMPARE(socket->readFrame().payload, QByteArray("44/nope,{\"message\":\"Invalid namespace\"}"));
    socket->sendText("40{\"token\":\"x\"}");
    QVERIFY(socket->readFrame().payload.startsWith("40{\"sid\":\""));
    for (int seq = 1; seq <= 2; ++seq) {
        const WsFrame price = socket->readText("42[\"price\",");
        QCOMPARE(eventArgument(price.payload).value(QLatin1String("seq")).toInt(), seq);
    }
    socket->sendText("4217[\"question\",{\"a\":1}]");
    QCOMPARE(socket->readText("43").payload, QByteArray("4317[\"ok\"]"));
    socket->sendText("451-18[\"question\",{\"_placeholder\":true,\"num\":0}]");
    socket->sendFrame(2, "bytes");
    QCOMPARE(socket->readText("43").payload, QByteArray("4318[\"ok\"]"));
    QVERIFY(socket->readText("2").isText()); // the server's ping
    socket->sendText("3");
    // A reserved event name breaks the protocol, and that ends the connection.
    socket->sendText("42[\"disconnect\"]");
    QCOMPARE(socket->readClose().raw, s_emptyClose);
}

void tst_DemoBackend::socketIoOverPolling()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    const HttpReply handshake = get(port, s_engine + "polling");
    QCOMPARE(handshake.headers.value("content-type"), QByteArray("text/plain; charset=UTF-8"));
    QVERIFY(handshake.body.contains("\"upgrades\":[\"websocket\"]"));
    const QByteArray session = openPolling(port);
    RawSocket socket(port);
    QCOMPARE(socket.request("POST", session, "40").body, QByteArray("ok"));
    const HttpReply first = socket.request("GET", session);
    QVERIFY(first.body.startsWith("40{\"sid\":"));
    QVERIFY(first.body.contains("\x1e"
                                "42[\"price\","));
    QCOMPARE(socket
                 .request("POST", session,
                          "421[\"a\"]\x1e"
                          "422[\"b\"]")
                 .body,
             QByteArray("ok"));
    QByteArray acks;
    while (!acks.contains("432[\"ok\"]")) {
        const HttpReply reply = socket.request("GET", session);
        QCOMPARE(reply.status, 200);
        acks += reply.body;
    }
    QVERIFY(acks.contains("431[\"ok\"]\x1e"
                          "432[\"ok\"]"));
    // Closing while a poll is held: the poll gets a noop, the session is gone.
    const QByteArray closing = openPolling(port);
    socket.sendRequest("GET", closing);
    QCOMPARE(RawSocket(port).request("POST", closing, "1").body, QByteArray("ok"));
    QCOMPARE(socket.readReply().body, QByteArray("6"));
    QCOMPARE(get(port, closing).status, 400);
    // A client that goes away in the middle of a poll takes its session with it.
    const QByteArray abandoned = openPolling(port);
    {
        RawSocket leaving(port);
        leaving.sendRequest("GET", abandoned);
        QVERIFY(get(port, "/api/ws/stats").body.contains("\"socketio\":{\"connections\":3}"));
    }
    QTRY_VERIFY(get(port, "/api/ws/stats").body.contains("\"socketio\":{\"connections\":2}"));
}

void tst_DemoBackend::upgradesFromPolling()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    const QByteArray session = openPolling(port);
    const QByteArray target = QByteArray(session).replace("polling", "websocket");
    RawSocket poll(port);
    poll.sendRequest("GET", session);
    const auto socket = openSocket(port, target);
    QVERIFY(socket);
    socket->sendText("2probe");
    QCOMPARE(socket->readFrame().payload, QByteArray("3probe"));
    QCOMPARE(poll.readReply().body, QByteArray("6"));
    // A poll that crossed with the 3probe is let go too, or the client would never get to its 5.
    QCOMPARE(poll.request("GET", session).body, QByteArray("6"));
    socket->sendText("5");
    socket->sendText("40");
    QVERIFY(socket->readText("40{").isText());
    QVERIFY(socket->readText("42[\"price\",").isText());
    QCOMPARE(get(port, session).status, 400);
    QCOMPARE(RawSocket(port).upgrade(target).status, 400);
    QVERIFY(get(port, "/api/ws/stats").body.contains("\"socketio\":{\"connections\":1}"));
    // A probe that says something else is closed, and its session goes on polling.
    const QByteArray second = openPolling(port);
    const auto wrong = openSocket(port, QByteArray(second).replace("polling", "websocket"));
    QVERIFY(wrong);
    wrong->sendText("2hello");
    QCOMPARE(wrong->readClose().raw, s_emptyClose);
    QCOMPARE(RawSocket(port).request("POST", second, "40").body, QByteArray("ok"));
    QVERIFY(get(port, second).body.startsWith("40{"));
}

void tst_DemoBackend::heartbeatEndsSilentSessions()
{
    DemoBackend backend({QStringLiteral("--ping-interval"), QStringLiteral("300"), QStringLiteral("--ping-timeout"),
                         QStringLiteral("200")});
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    const QByteArray session = openPolling(port);
    for (int i = 0; i < 2; ++i) {
        QCOMPARE(get(port, session).body, QByteArray("2"));
        QCOMPARE(RawSocket(port).request("POST", session, "3").body, QByteArray("ok"));
    }
    QElapsedTimer timer;
    timer.start();
    const auto socket = openSocketIo(port);
    QVERIFY(socket);
    QCOMPARE(socket->readClose().raw, s_emptyClose);
    QVERIFY2(timer.elapsed() >= 480 && timer.elapsed() < 800, QByteArray::number(timer.elapsed()));
    QTRY_VERIFY(get(port, "/api/ws/stats").body.contains("\"socketio\":{\"connections\":0}"));
    QCOMPARE(get(port, session).status, 400);
}

void tst_DemoBackend::secondPollClosesSession()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const QByteArray session = openPolling(backend.port());
    RawSocket first(backend.port());
    RawSocket second(backend.port());
    first.sendRequest("GET", session);
    second.sendRequest("GET", session);
    // Which of the two is the second one is the kernel's choice; one is refused, the other carries the close.
    const HttpReply one = first.readReply();
    const HttpReply two = second.readReply();
    QCOMPARE(qMax(one.status, two.status), 400);
    QCOMPARE(qMin(one.status, two.status), 200);
    QCOMPARE(one.status == 200 ? one.body : two.body, QByteArray("1"));
    QCOMPARE(get(backend.port(), session).status, 400);
}

void tst_DemoBackend::adminStats()
{
    DemoBackend backend({QStringLiteral("--instance-id"), QStringLiteral("blue")});
    QVERIFY(backend.waitForListening());
    const auto main = openSocketIo(backend.port());
    openPolling(backend.port());
    const auto admin = openSocket(backend.port(), s_engine + "websocket");
    QVERIFY(main && admin);
    admin->sendText("40/admin,{\"username\":\"u\",\"password\":\"p\"}");
    QVERIFY(admin->readText("40/admin,{\"sid\":").isText());
    QCOMPARE(admin->readFrame().payload,
             QByteArray("42/admin,[\"config\",{\"supportedFeatures\":[\"AGGREGATED_EVENTS\"]}]"));
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 2; ++i) {
        const QByteArray packet = admin->readFrame().payload;
        QVERIFY(packet.startsWith("42/admin,[\"server_stats\",{"));
        QVERIFY2(qAbs(timer.elapsed() - i * 2000) < 250, QByteArray::number(timer.elapsed()));
        const QJsonObject stats = eventArgument(packet);
        QCOMPARE(stats.value(QLatin1String("serverId")).toString(), QStringLiteral("blue"));
        QVERIFY(!stats.value(QLatin1String("hostname")).toString().isEmpty());
        QVERIFY(stats.value(QLatin1String("pid")).toInt() > 0);
        QVERIFY(stats.value(QLatin1String("uptime")).toDouble() > 0);
        QCOMPARE(stats.value(QLatin1String("clientsCount")).toInt(), 3);
        QCOMPARE(stats.value(QLatin1String("pollingClientsCount")).toInt(), 1);
        QVERIFY(stats.value(QLatin1String("aggregatedEvents")).isArray());
        const QJsonArray expected{
            QJsonObject{{QStringLiteral("name"), QStringLiteral("/")}, {QStringLiteral("socketsCount"), 1}},
            QJsonObject{{QStringLiteral("name"), QStringLiteral("/admin")}, {QStringLiteral("socketsCount"), 1}}};
        QCOMPARE(stats.value(QLatin1String("namespaces")).toArray(), expected);
    }
    admin->sendText("41/admin,");
    admin->sendText("40/admin,"); // no login at all is as good
    QVERIFY(admin->readText("40/admin,{\"sid\":").isText());
}

void tst_DemoBackend::refusesToStart()
{
    DemoBackend first;
    QVERIFY(first.waitForListening());
    const QString port = QString::number(first.port());
    const auto check = [](const QStringList &arguments, const QStringList &environment, const char *hint) {
        DemoBackend backend(arguments, environment);
        QCOMPARE(backend.waitForExit(), 2);
        QCOMPARE(backend.standardOutput(), QByteArray());
        const QByteArray error = backend.standardError();
        QVERIFY2(error.contains(hint), error.constData());
    };
    check({QStringLiteral("--port"), port}, {}, "choose another port with --port or PORT");
    check({}, {QStringLiteral("PORT=") + port}, "choose another port with --port or PORT");
    check({}, {QStringLiteral("PORT=http")}, "PORT is \"http\"");
    check({QStringLiteral("--port"), QStringLiteral("65536")}, {}, "--port is \"65536\"");
    check({QStringLiteral("--shutdown"), QStringLiteral("politely")}, {}, "Give one of graceful");
    check({QStringLiteral("--nonsense")}, {}, "--nonsense");
    check({}, {QStringLiteral("HOST=192.0.2.1")}, "Check --host or HOST");
}

void tst_DemoBackend::delays()
{
    QElapsedTimer timer;
    timer.start();
    DemoBackend backend({QStringLiteral("--start-delay"), QStringLiteral("400"), QStringLiteral("--ready-delay"),
                         QStringLiteral("600")});
    QVERIFY(backend.waitForListening());
    QVERIFY2(timer.elapsed() >= 400, QByteArray::number(timer.elapsed()));
    QCOMPARE(get(backend.port(), "/ready").status, 503);
    QCOMPARE(get(backend.port(), "/health").status, 503);
    QCOMPARE(get(backend.port(), "/live").status, 200);
    QTRY_COMPARE(get(backend.port(), "/ready").status, 200);
    QVERIFY2(timer.elapsed() >= 1000, QByteArray::number(timer.elapsed()));
    QCOMPARE(get(backend.port(), "/health").status, 200);
    // A signal before the port listens finds nobody to tell.
    DemoBackend early({QStringLiteral("--start-delay"), QStringLiteral("60000")});
    QVERIFY(early.waitForLog("start:"));
    early.signal(SIGTERM);
    QCOMPARE(early.waitForExit(), 0);
    QCOMPARE(early.standardOutput(), QByteArray());
}

QTEST_GUILESS_MAIN(tst_DemoBackend)
#include "tst_demobackend.moc"
