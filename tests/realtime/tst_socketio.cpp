// SPDX-License-Identifier: GPL-3.0-or-later
// Socket.IO probe clients: against the demo backend, and against hand-made packets.
#include "models/realtime/engineio.h"
#include "tests/support/demobackend.h"
#include "tests/support/poolrecorder.h"
#include "tests/support/rawwsserver.h"

#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <csignal>
#include <random>

using namespace Switchyard;
using namespace Switchyard::Testing;
using Kind = ClientEvent::Kind;
using Type = SocketIoPacket::Type;

namespace {

const QByteArray
    s_open("0{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}");

SocketTarget targetFor(const QString &url)
{
    SocketTarget target;
    target.name = QStringLiteral("io");
    target.url = url;
    target.protocol = SocketProtocol::SocketIo;
    target.reconnect = QStringLiteral("socket.io-client");
    target.pingInterval = Milliseconds(0);
    return target;
}

/// Opens the session, takes the CONNECT packet, acknowledges it, then goes on with `then`.
RawWsServer::Script connected(std::function<void(RawPeer &)> then)
{
    return [then = std::move(then)](RawPeer &peer) {
        peer.handshake();
        peer.send(wsText(s_open));
        if (!peer.readFrame())
            return;
        peer.send(wsText("40{\"sid\":\"b\"}"));
        then(peer);
    };
}

RawWsServer::Script sends(const QList<QByteArray> &texts)
{
    return connected([texts](RawPeer &peer) {
        for (const QByteArray &text : texts)
            peer.send(wsText(text));
        peer.drain(Milliseconds(20'000));
    });
}

} // namespace

class tst_SocketIo final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void packets_data();
    void packets();
    void connectPacket();
    void randomPackets();
    void demoBackend();
    void demoNoticeAndClose();
    void demoDisconnect();
    void nameSpaceAndAuth();
    void noticeRules_data();
    void noticeRules();
    void disconnectEnds_data();
    void disconnectEnds();
    void engineClose();
    void connectError();
    void garbage();
    void watchdog();
    void pingsKeepItOpen();
    void neverOpened();
};

void tst_SocketIo::packets_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<int>("type");
    QTest::addColumn<QByteArray>("nameSpace");
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<int>("attachments");
    QTest::addColumn<int>("ack"); // -1: none
    const auto good = [](const char *text, Type type, const char *nameSpace, const char *payload, int attachments = 0,
                         int ack = -1) {
        QTest::newRow(text) << QByteArray(text) << true << int(type) << QByteArray(nameSpace) << QByteArray(payload)
                            << attachments << ack;
    };
    good("0{\"sid\":\"x\"}", Type::EngineOpen, "/", "{\"sid\":\"x\"}");
    good("1", Type::EngineClose, "/", "");
    good("2", Type::EnginePing, "/", "");
    good("2probe", Type::EnginePing, "/", "probe");
    good("3", Type::EnginePong, "/", "");
    good("5", Type::EngineUpgrade, "/", "");
    good("6", Type::EngineNoop, "/", "");
    good("40", Type::Connect, "/", "");
    good("40{\"sid\":\"x\"}", Type::Connect, "/", "{\"sid\":\"x\"}");
    good("40/admin,{\"sid\":\"x\"}", Type::Connect, "/admin", "{\"sid\":\"x\"}");
    good("40/admin", Type::Connect, "/admin", "");
    good("40/admin?token=1,{}", Type::Connect, "/admin?token=1", "{}");
    good("41", Type::Disconnect, "/", "");
    good("41/admin,", Type::Disconnect, "/admin", "");
    good("42[\"a\",1]", Type::Event, "/", "[\"a\",1]");
    good("42/admin,[\"a,b\"]", Type::Event, "/admin", "[\"a,b\"]");
    good("4212[\"a\"]", Type::Event, "/", "[\"a\"]", 0, 12);
    good("42/admin,7[\"ask\"]", Type::Event, "/admin", "[\"ask\"]", 0, 7);
    good("43/admin,7[\"answer\"]", Type::Ack, "/admin", "[\"answer\"]", 0, 7);
    good("44{\"message\":\"no\"}", Type::ConnectError, "/", "{\"message\":\"no\"}");
    good("451-[\"b\",{\"_placeholder\":true,\"num\":0}]", Type::BinaryEvent, "/",
         "[\"b\",{\"_placeholder\":true,\"num\":0}]", 1);
    good("461-/admin,15[{}]", Type::BinaryAck, "/admin", "[{}]", 1, 15);
    for (const char *text :
         {"", "4", "7", "a", "47", "4x", "45[]", "45-[]", "4a1-[]", "45123-[]", "46", "451", " 2", "\x1e", "{}"})
        QTest::addRow("invalid \"%s\"", text)
            << QByteArray(text) << false << 0 << QByteArray() << QByteArray() << 0 << -1;
}

void tst_SocketIo::packets()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, valid);
    const auto packet = parseSocketIoPacket(text.toStdString());
    QCOMPARE(packet.has_value(), valid);
    if (!packet)
        return;
    QTEST(int(packet->type), "type");
    QTEST(QByteArray::fromStdString(packet->nameSpace), "nameSpace");
    QTEST(QByteArray::fromStdString(packet->payload), "payload");
    QTEST(packet->attachments, "attachments");
    QTEST(packet->ackId ? int(*packet->ackId) : -1, "ack");
}

void tst_SocketIo::connectPacket()
{
    QCOMPARE(socketIoConnect("/", ""), std::string("40"));
    QCOMPARE(socketIoConnect("", ""), std::string("40"));
    QCOMPARE(socketIoConnect("/", "{\"a\":1}"), std::string("40{\"a\":1}"));
    QCOMPARE(socketIoConnect("/admin", ""), std::string("40/admin,"));
    QCOMPARE(socketIoConnect("/admin", "{\"a\":1}"), std::string("40/admin,{\"a\":1}"));
}

void tst_SocketIo::randomPackets()
{
    std::mt19937 random(4711);
    const std::string alphabet("0123456-/,{}[]\"a\xff\x00 ", 19);
    for (int round = 0; round < 50000; ++round) {
        std::string text;
        const auto size = random() % 30;
        for (unsigned i = 0; i < size; ++i)
            text += alphabet[random() % alphabet.size()];
        const auto packet = parseSocketIoPacket(text);
        QVERIFY(!packet || packet->payload.size() <= text.size());
        QVERIFY(!packet || (packet->attachments >= 0 && packet->attachments < 100));
    }
    QVERIFY(parseSocketIoPacket("42" + std::string(1 << 20, '9')));
}

// ---- the demo backend

void tst_SocketIo::demoBackend()
{
    DemoBackend backend({QStringLiteral("--ping-interval"), QStringLiteral("100"), QStringLiteral("--ping-timeout"),
                         QStringLiteral("200")});
    QVERIFY(backend.waitForListening());
    PoolRecorder recorder(targetFor(QStringLiteral("http://127.0.0.1:%1").arg(backend.port())));
    QTRY_VERIFY(recorder.has(Kind::Open));
    QTRY_VERIFY(recorder.has(Kind::FirstMessage));
    const Instant open = recorder.first(Kind::Open).at;
    QTRY_VERIFY(Clock::now() - open > Milliseconds(1000)); // three times what it lives without pongs
    QVERIFY(!recorder.has(Kind::Ended));
    QVERIFY(recorder.snapshots.first().open == 1 && recorder.snapshots.first().messages > 0);
}

void tst_SocketIo::demoNoticeAndClose()
{
    DemoBackend backend({QStringLiteral("--notice-ms"), QStringLiteral("300")});
    QVERIFY(backend.waitForListening());
    SocketTarget target = targetFor(QStringLiteral("http://127.0.0.1:%1").arg(backend.port()));
    target.notice = NoticeRule{{}, QStringLiteral("server_shutdown")};
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Open));
    backend.signal(SIGTERM);
    QTRY_VERIFY(recorder.has(Kind::Waiting));
    QVERIFY(recorder.has(Kind::Notice));
    QVERIFY(recorder.first(Kind::Notice).text.contains(QStringLiteral("server_shutdown")));
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("close-frame"));
    QCOMPARE(recorder.end().code, 1005);
    QVERIFY(recorder.end().codeValid && recorder.end().wasOpen && !recorder.end().serverDisconnect);
    const double lead = toMs(recorder.first(Kind::Ended).at - recorder.first(Kind::Notice).at);
    QVERIFY2(lead > 250 && lead < 500, QByteArray::number(lead));
}

void tst_SocketIo::demoDisconnect()
{
    DemoBackend backend({QStringLiteral("--shutdown"), QStringLiteral("socketio-disconnect"),
                         QStringLiteral("--notice-ms"), QStringLiteral("50")});
    QVERIFY(backend.waitForListening());
    PoolRecorder recorder(targetFor(QStringLiteral("http://127.0.0.1:%1").arg(backend.port())));
    QTRY_VERIFY(recorder.has(Kind::Open));
    backend.signal(SIGTERM);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    QVERIFY(recorder.end().serverDisconnect && recorder.end().wasOpen);
    QVERIFY(!recorder.has(Kind::Waiting));
}

// ---- hand-made packets

void tst_SocketIo::nameSpaceAndAuth()
{
    std::atomic<bool> right{false};
    RawWsServer server([&right](RawPeer &peer) {
        peer.handshake({}, "X-Instance: blue\r\n");
        peer.send(wsText(s_open));
        right = peer.readFrame() == QByteArray("40/admin,{\"token\":\"t\"}");
        peer.send(wsText("40{\"sid\":\"not this namespace\"}"));
        peer.hold(Milliseconds(100));
        peer.send(wsText("40/admin,{\"sid\":\"b\"}") + wsText("42/admin,[\"hello\"]"));
        peer.drain(Milliseconds(20'000));
    });
    SocketTarget target = targetFor(server.url());
    target.nameSpace = "/admin";
    target.auth = "{\"token\":\"t\"}";
    target.instanceHeader = QStringLiteral("X-Instance");
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::FirstMessage));
    QVERIFY(right);
    QCOMPARE(recorder.count(Kind::Open), 1);
    QCOMPARE(recorder.first(Kind::Open).instance, QStringLiteral("blue"));
    const double took = toMs(recorder.first(Kind::Open).at - recorder.first(Kind::Connecting).at);
    QVERIFY2(took >= 99, QByteArray::number(took));
}

void tst_SocketIo::noticeRules_data()
{
    QTest::addColumn<QString>("event");
    QTest::addColumn<bool>("withRule");
    QTest::addColumn<QByteArray>("packet");
    QTest::addColumn<bool>("matches");
    const QByteArray right("42[\"bye\",{\"type\":\"shutdown\"}]");
    QTest::newRow("event") << QStringLiteral("bye") << false << right << true;
    QTest::newRow("event without argument") << QStringLiteral("bye") << false << QByteArray("42[\"bye\"]") << true;
    QTest::newRow("other event") << QStringLiteral("bye") << false
                                 << QByteArray("42[\"price\",{\"type\":\"shutdown\"}]") << false;
    QTest::newRow("event and value") << QStringLiteral("bye") << true << right << true;
    QTest::newRow("event, other value") << QStringLiteral("bye") << true << QByteArray("42[\"bye\",{\"type\":\"x\"}]")
                                        << false;
    QTest::newRow("any event, value") << QString() << true << right << true;
    QTest::newRow("any event, other value") << QString() << true << QByteArray("42[\"bye\",{\"type\":1}]") << false;
    QTest::newRow("not JSON") << QStringLiteral("bye") << false << QByteArray("42[\"bye\"") << false;
}

void tst_SocketIo::noticeRules()
{
    QFETCH(QString, event);
    QFETCH(bool, withRule);
    QFETCH(QByteArray, packet);
    QFETCH(bool, matches);
    RawWsServer server(sends({packet, "42[\"last\"]", "41"}));
    SocketTarget target = targetFor(server.url());
    NoticeRule rule;
    rule.event = event;
    if (withRule)
        rule.json.insert(QStringLiteral("/type"), QStringLiteral("shutdown"));
    target.notice = rule;
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.has(Kind::Notice), matches);
}

void tst_SocketIo::disconnectEnds_data()
{
    QTest::addColumn<QList<QByteArray>>("packets");
    QTest::newRow("alone") << QList<QByteArray>{"41"};
    QTest::newRow("pings behind it") << QList<QByteArray>{"41", "2", "2"};
    QTest::newRow("garbage behind it") << QList<QByteArray>{"41", "garbage"};
    QTest::newRow("twice") << QList<QByteArray>{"41", "41"};
}

void tst_SocketIo::disconnectEnds()
{
    QFETCH(QList<QByteArray>, packets);
    RawWsServer server(sends(packets));
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY_WITH_TIMEOUT(recorder.has(Kind::GaveUp), 2000);
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("local"));
    QVERIFY(recorder.end().serverDisconnect && recorder.end().wasOpen);
    QCOMPARE(recorder.count(Kind::Ended), 1);
    const double late = toMs(recorder.first(Kind::Ended).at - server.sentAt());
    QVERIFY2(std::abs(late) < 50, QByteArray::number(late)); // when the packet came, not when the client hung up
}

void tst_SocketIo::engineClose()
{
    RawWsServer server(sends({"1"}));
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Waiting));
    // Not an end of ours: a session would take "local" for its own.
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("eof"));
    QVERIFY(recorder.end().wasOpen && !recorder.end().serverDisconnect);

    RawWsServer decent(connected([](RawPeer &peer) {
        peer.send(wsText("1") + wsFrame(8, {}));
        peer.finish();
    }));
    PoolRecorder other(targetFor(decent.url()));
    QTRY_VERIFY(other.has(Kind::Waiting));
    QCOMPARE(endCauseName(other.end().cause), QStringLiteral("close-frame"));
    QCOMPARE(other.end().code, 1005);
    QVERIFY(other.end().detail.isEmpty());
}

void tst_SocketIo::connectError()
{
    RawWsServer server([](RawPeer &peer) {
        peer.handshake();
        peer.send(wsText(s_open));
        peer.readFrame();
        peer.send(wsText("44{\"message\":\"invalid credentials\"}"));
        peer.drain(Milliseconds(20'000));
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("handshake"));
    QVERIFY(recorder.end().detail.contains(QStringLiteral("invalid credentials")));
    QVERIFY(!recorder.end().wasOpen);
    QCOMPARE(recorder.count(Kind::Open), 0);
}

void tst_SocketIo::garbage()
{
    for (const QByteArray &text : {QByteArray("hello"), QByteArray("4"), QByteArray("45[]")}) {
        RawWsServer server(sends({text}));
        PoolRecorder recorder(targetFor(server.url()));
        QTRY_VERIFY(recorder.has(Kind::Waiting));
        QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("protocol"));
        QCOMPARE(recorder.end().code, 1006);
        QVERIFY(recorder.end().wasOpen && !recorder.end().serverDisconnect);
    }
}

void tst_SocketIo::watchdog()
{
    RawWsServer server([](RawPeer &peer) {
        peer.handshake();
        peer.send(wsText("0{\"sid\":\"a\",\"pingInterval\":200,\"pingTimeout\":100}"));
        peer.readFrame();
        peer.send(wsText("40{\"sid\":\"b\"}"));
        for (int i = 0; i < 20; ++i) { // messages are no pings
            peer.send(wsText("42[\"price\",1]"));
            peer.hold(Milliseconds(50));
        }
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Waiting));
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("ping-timeout"));
    QCOMPARE(recorder.end().code, 1006);
    const double took = toMs(recorder.first(Kind::Ended).at - recorder.first(Kind::Open).at);
    QVERIFY2(took > 250 && took < 450, QByteArray::number(took));
}

void tst_SocketIo::pingsKeepItOpen()
{
    std::atomic<int> pongs{0};
    RawWsServer server([&pongs](RawPeer &peer) {
        peer.handshake();
        peer.send(wsText("0{\"sid\":\"a\",\"pingInterval\":200,\"pingTimeout\":100}"));
        peer.readFrame();
        peer.send(wsText("40{\"sid\":\"b\"}"));
        for (int i = 0; i < 8; ++i) {
            peer.send(wsText("2"));
            if (peer.readFrame() == QByteArray("3"))
                ++pongs;
            peer.hold(Milliseconds(100));
        }
        peer.send(wsClose(1001));
        peer.finish();
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Waiting));
    QCOMPARE(pongs.load(), 8);
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("close-frame"));
    QCOMPARE(recorder.end().code, 1001);
    QVERIFY(!recorder.has(Kind::FirstMessage)); // pings are no messages
}

void tst_SocketIo::neverOpened()
{
    RawWsServer server([](RawPeer &peer) {
        peer.handshake();
        peer.drain(Milliseconds(20'000));
    });
    SocketTarget target = targetFor(server.url());
    target.handshakeTimeout = Milliseconds(300);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Waiting));
    QCOMPARE(endCauseName(recorder.end().cause), QStringLiteral("handshake"));
    QCOMPARE(recorder.end().httpStatus, 0);
    QVERIFY(!recorder.end().wasOpen);
}

QTEST_GUILESS_MAIN(tst_SocketIo)
#include "tst_socketio.moc"
