// SPDX-License-Identifier: GPL-3.0-or-later
// Many clients at once, and the pool's own life.
#include "tests/support/demobackend.h"
#include "tests/support/httpserver.h"
#include "tests/support/poolrecorder.h"
#include "tests/support/rawwsserver.h"

#include <QElapsedTimer>
#include <QMutex>
#include <QSignalSpy>
#include <QTest>

#include <csignal>

using namespace Switchyard;
using namespace Switchyard::Testing;
using Kind = ClientEvent::Kind;

namespace {

SocketTarget targetFor(const QString &url, int clients = 1)
{
    SocketTarget target;
    target.name = QStringLiteral("ws");
    target.url = url;
    target.clients = clients;
    target.pingInterval = Milliseconds(0);
    return target;
}

/// Whether the events of each client come in an order that a client can have.
QString disorder(const QList<ClientEvent> &events)
{
    QMap<std::pair<int, int>, ClientEvent> last;
    for (const ClientEvent &event : events) {
        const auto key = std::pair(event.target, event.client);
        const auto before = last.constFind(key);
        const bool firstOne = before == last.cend();
        bool right = false;
        switch (event.kind) {
        case Kind::Connecting:
            right = (firstOne || before->kind == Kind::Waiting) &&
                    event.connection == (firstOne ? 1 : before->connection + 1);
            break;
        case Kind::Open:
            right = !firstOne && before->kind == Kind::Connecting;
            break;
        case Kind::FirstMessage:
            right = !firstOne && before->kind == Kind::Open;
            break;
        case Kind::Notice:
            right = !firstOne && (before->kind == Kind::FirstMessage || before->kind == Kind::Notice);
            break;
        case Kind::Ended:
            right = !firstOne && before->kind != Kind::Ended && before->kind != Kind::Waiting &&
                    before->kind != Kind::GaveUp;
            break;
        case Kind::Waiting:
        case Kind::GaveUp:
            right = !firstOne && before->kind == Kind::Ended;
            break;
        }
        if (!firstOne &&
            (event.at < before->at || (event.kind != Kind::Connecting && event.connection != before->connection)))
            right = false;
        if (!right)
            return QStringLiteral("client %1, kind %2 after %3")
                .arg(event.client)
                .arg(int(event.kind))
                .arg(firstOne ? -1 : int(before->kind));
        last[key] = event;
    }
    return {};
}

} // namespace

class tst_ClientPool final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thousandClients();
    void limits();
    void badTargets();
    void headers();
    void twoTargets();
    void reconnects();
    void announcedDelayIsKept();
    void sendsRepeatedly();
    void destructionWhileConnecting();
    void destructionWhileOpen();
    void stopBeforeStart();
    void stopWhileConnecting();
    void stopWhileWaiting();
};

void tst_ClientPool::thousandClients()
{
    DemoBackend backend({QStringLiteral("--notice-ms"), QStringLiteral("300")});
    QVERIFY(backend.waitForListening());
    PoolRecorder recorder;
    SocketTarget target = targetFor(QStringLiteral("ws://127.0.0.1:%1/ws/prices").arg(backend.port()), 1000);
    target.notice = NoticeRule{{{QStringLiteral("/type"), QStringLiteral("server_shutdown")}}, {}};
    target.reconnect = QStringLiteral("none");
    QVERIFY(recorder.pool->addTarget(target));
    recorder.pool->setSnapshotInterval(Milliseconds(100));
    recorder.pool->start();
    QTRY_COMPARE_WITH_TIMEOUT(recorder.count(Kind::Open), 1000, 15000);
    QTRY_COMPARE(recorder.snapshots.value(0).open, 1000);
    QCOMPARE(recorder.snapshots.first().clients, 1000);
    QCOMPARE(recorder.snapshots.first().connecting + recorder.snapshots.first().waiting, 0);
    QTRY_COMPARE(recorder.count(Kind::FirstMessage), 1000);
    QTRY_VERIFY(recorder.snapshots.first().messagesPerSecond > 0);
    backend.signal(SIGTERM);
    QTRY_COMPARE_WITH_TIMEOUT(recorder.count(Kind::GaveUp), 1000, 10000);
    QCOMPARE(recorder.count(Kind::Connecting), 1000);
    QCOMPARE(recorder.count(Kind::Notice), 1000);
    QCOMPARE(recorder.count(Kind::Ended), 1000);
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Ended)
            QVERIFY(event.end.cause == EndCause::CloseFrame && event.end.code == 1012 && event.end.codeValid);
    }
    QCOMPARE(disorder(recorder.events), QString());
    QTRY_COMPARE(recorder.snapshots.first().open, 0);
}

void tst_ClientPool::limits()
{
    ClientPool pool;
    const QString url = QStringLiteral("ws://127.0.0.1:1/");
    QVERIFY(pool.addTarget(targetFor(url, 0)));
    for (const int clients : {-1, 20'001, std::numeric_limits<int>::max()}) {
        const auto added = pool.addTarget(targetFor(url, clients));
        QVERIFY(!added && added.error().kind == ErrorKind::Usage);
    }
    QCOMPARE(pool.targetCount(), 1);
    // No system gives out this many descriptors to a test: said before a single connect.
    bool refused = false;
    for (int i = 0; i < 2000 && !refused; ++i)
        refused = !pool.addTarget(targetFor(url, 20'000));
    QVERIFY(refused);
}

void tst_ClientPool::badTargets()
{
    ClientPool pool;
    for (const char *url : {"", "ftp://h/", "ws:///x", "ws://user:pw@h/", "nonsense", "ws://h:99999/"}) {
        const auto added = pool.addTarget(targetFor(QString::fromLatin1(url)));
        QVERIFY2(!added && added.error().kind == ErrorKind::Usage, url);
    }
    SocketTarget policy = targetFor(QStringLiteral("ws://h/"));
    policy.reconnect = QStringLiteral("sometimes");
    QVERIFY(!pool.addTarget(policy));
    SocketTarget bundle = targetFor(QStringLiteral("wss://h/"));
    bundle.caFile = QStringLiteral("/no/such/file");
    const auto added = pool.addTarget(bundle);
    QVERIFY(!added && added.error().kind == ErrorKind::Tls);
    QCOMPARE(pool.targetCount(), 0);
}

void tst_ClientPool::headers()
{
    QMutex mutex;
    QByteArray head;
    RawWsServer server([&](RawPeer &peer) {
        const QByteArray request = peer.readRequest();
        const QMutexLocker lock(&mutex);
        head = request;
        peer.send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    });
    SocketTarget target = targetFor(QStringLiteral("ws://127.0.0.1:%1/a%20b/c?x=1&y=%2F").arg(server.port()));
    target.headers = {{"Authorization", "Bearer t"}, {"X-Two", "2"}};
    target.origin = "https://app.example";
    target.subprotocol = "graphql-ws";
    target.reconnect = QStringLiteral("none");
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    const QMutexLocker lock(&mutex);
    QVERIFY2(head.startsWith("GET /a%20b/c?x=1&y=%2F HTTP/1.1\r\n"), head);
    for (const QByteArray &line :
         {QByteArray("Host: 127.0.0.1:" + QByteArray::number(server.port())), QByteArray("Authorization: Bearer t"),
          QByteArray("X-Two: 2"), QByteArray("Origin: https://app.example"),
          QByteArray("Sec-WebSocket-Protocol: graphql-ws"), QByteArray("Upgrade: websocket"),
          QByteArray("Sec-WebSocket-Version: 13")})
        QVERIFY2(head.contains("\r\n" + line + "\r\n"), head + line);
    QVERIFY(head.contains("\r\nUser-Agent: Switchyard/"));
    QVERIFY(!head.contains("Sec-WebSocket-Extensions"));
}

void tst_ClientPool::twoTargets()
{
    RawWsServer one([](RawPeer &peer) {
        peer.handshake({}, "x-instance: blue\r\n");
        peer.drain(Milliseconds(20'000));
    });
    RawWsServer two([](RawPeer &peer) {
        peer.handshake();
        peer.drain(Milliseconds(20'000));
    });
    PoolRecorder recorder;
    SocketTarget target = targetFor(one.url(), 3);
    target.instanceHeader = QStringLiteral("X-Instance");
    QCOMPARE(recorder.pool->addTarget(target).value_or(-1), 0);
    target.url = two.url();
    target.clients = 2;
    QCOMPARE(recorder.pool->addTarget(target).value_or(-1), 1);
    QCOMPARE(recorder.pool->target(1).clients, 2);
    recorder.pool->start();
    QTRY_COMPARE(recorder.count(Kind::Open), 5);
    QSet<std::pair<int, int>> seen;
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Open) {
            seen.insert({event.target, event.client});
            QCOMPARE(event.instance, event.target == 0 ? QStringLiteral("blue") : QString());
        }
    }
    QCOMPARE(seen.size(), 5);
    QTRY_COMPARE(recorder.snapshots.size(), 2);
    QTRY_VERIFY(recorder.snapshots[0].open == 3 && recorder.snapshots[1].open == 2);
}

void tst_ClientPool::reconnects()
{
    RawWsServer server([](RawPeer &peer) {
        peer.handshake(wsText("x"));
        peer.send(wsClose(1012));
        peer.finish();
    });
    SocketTarget target = targetFor(server.url(), 5);
    target.reconnect = QStringLiteral("immediate");
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.count(Kind::Open) >= 50);
    QCOMPARE(disorder(recorder.events), QString());
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Waiting)
            QCOMPARE(event.delay.count(), 10); // it was open: the first step again
    }
    // A server that is not there: the steps grow, and the attempts come no sooner than they were announced.
    SocketTarget dead = targetFor(QStringLiteral("ws://127.0.0.1:%1/").arg(closedPort()));
    dead.reconnect = QStringLiteral("immediate");
    PoolRecorder other(dead);
    QTRY_VERIFY(other.count(Kind::Connecting) >= 5);
    QCOMPARE(disorder(other.events), QString());
    QList<qint64> delays;
    Instant due{};
    for (const ClientEvent &event : other.events) {
        if (event.kind == Kind::Waiting) {
            delays.append(event.delay.count());
            due = event.at + event.delay;
        } else if (event.kind == Kind::Connecting && due != Instant{}) {
            QVERIFY(event.at >= due && event.at < due + Milliseconds(100));
        }
    }
    QCOMPARE(delays.mid(0, 4), (QList<qint64>{10, 50, 100, 150}));
}

void tst_ClientPool::announcedDelayIsKept()
{
    RawWsServer server([](RawPeer &peer) {
        peer.handshake();
        peer.send(wsText("{\"type\":\"bye\",\"reconnect_in_ms\":700}") + wsClose(1012));
        peer.finish();
    });
    SocketTarget target = targetFor(server.url(), 20);
    target.notice = NoticeRule{{{QStringLiteral("/type"), QStringLiteral("bye")}}, {}};
    target.reconnect = QStringLiteral("notice-then-delay");
    PoolRecorder recorder(target);
    QTRY_COMPARE(recorder.count(Kind::Waiting), 20);
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Waiting)
            QVERIFY(event.delay.count() >= 700 && event.delay.count() <= 1050);
    }
}

void tst_ClientPool::sendsRepeatedly()
{
    QMutex mutex;
    QList<QByteArray> got;
    RawWsServer server([&](RawPeer &peer) {
        peer.handshake();
        while (const auto payload = peer.readFrame()) {
            const QMutexLocker lock(&mutex);
            got.append(*payload);
        }
    });
    SocketTarget target = targetFor(server.url());
    target.send = {{QStringLiteral("open"), QStringLiteral("subscribe"), Milliseconds(0)},
                   {QStringLiteral("open"), QStringLiteral("beat"), Milliseconds(30)}};
    PoolRecorder recorder(target);
    const auto count = [&](const char *text) {
        const QMutexLocker lock(&mutex);
        return got.count(text);
    };
    QTRY_VERIFY(count("beat") >= 5);
    QCOMPARE(count("subscribe"), 1);
}

// ---- the end

void tst_ClientPool::destructionWhileConnecting()
{
    FullBacklog full;
    RawWsServer silent([](RawPeer &peer) { peer.hold(); });
    for (const QString &url : {QStringLiteral("ws://127.0.0.1:%1/").arg(full.port()), silent.url(),
                               QStringLiteral("wss://127.0.0.1:%1/").arg(silent.port()),
                               QStringLiteral("ws://127.0.0.1:%1/").arg(closedPort())}) {
        for (int round = 0; round < 5; ++round) {
            PoolRecorder recorder;
            QVERIFY(recorder.pool->addTarget(targetFor(url, 50)));
            recorder.pool->start();
            if (round > 0)
                QTRY_COMPARE(recorder.count(Kind::Connecting) >= 50, true);
            QElapsedTimer timer;
            timer.start();
            recorder.pool.reset();
            QVERIFY2(timer.elapsed() < 500, QByteArray::number(timer.elapsed()));
        }
    }
}

void tst_ClientPool::destructionWhileOpen()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    for (const char *path : {"ws://127.0.0.1:%1/ws/prices", "http://127.0.0.1:%1/"}) {
        PoolRecorder recorder;
        SocketTarget target = targetFor(QString::fromLatin1(path).arg(backend.port()), 200);
        target.pingInterval = Milliseconds(5);
        if (target.url.startsWith(QLatin1StringView("http")))
            target.protocol = SocketProtocol::SocketIo;
        QVERIFY(recorder.pool->addTarget(target));
        recorder.pool->start();
        QTRY_COMPARE(recorder.count(Kind::Open), 200);
        recorder.pool.reset();
    }
}

void tst_ClientPool::stopBeforeStart()
{
    ClientPool pool;
    QVERIFY(pool.addTarget(targetFor(QStringLiteral("ws://127.0.0.1:1/"))));
    QSignalSpy stopped(&pool, &ClientPool::stopped);
    pool.stop();
    QTRY_COMPARE(stopped.count(), 1);
}

void tst_ClientPool::stopWhileConnecting()
{
    FullBacklog full;
    PoolRecorder recorder;
    QVERIFY(recorder.pool->addTarget(targetFor(QStringLiteral("ws://127.0.0.1:%1/").arg(full.port()), 1000)));
    QSignalSpy stopped(recorder.pool.get(), &ClientPool::stopped);
    recorder.pool->start();
    QTRY_VERIFY(recorder.has(Kind::Connecting));
    recorder.pool->stop();
    QTRY_COMPARE(stopped.count(), 1);
    QCOMPARE(recorder.count(Kind::Ended), recorder.count(Kind::Connecting));
    QCOMPARE(disorder(recorder.events), QString());
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Ended)
            QVERIFY(event.end.cause == EndCause::Local && event.end.code == 0 && !event.end.wasOpen);
    }
}

void tst_ClientPool::stopWhileWaiting()
{
    SocketTarget target = targetFor(QStringLiteral("ws://127.0.0.1:%1/").arg(closedPort()), 10);
    PoolRecorder recorder(target);
    QTRY_COMPARE(recorder.count(Kind::Waiting), 10);
    QSignalSpy stopped(recorder.pool.get(), &ClientPool::stopped);
    recorder.pool->stop();
    QTRY_COMPARE(stopped.count(), 1);
    QCOMPARE(recorder.count(Kind::Connecting), 10);
    QCOMPARE(recorder.count(Kind::Ended), 10);
}

QTEST_GUILESS_MAIN(tst_ClientPool)
#include "tst_clientpool.moc"
