// SPDX-License-Identifier: GPL-3.0-or-later
// Socket.IO over long polling: against the demo backend, and against hand-made answers.
#include "models/common/limits.h"
#include "tests/support/demobackend.h"
#include "tests/support/democlient.h"
#include "tests/support/poolrecorder.h"
#include "tests/support/rawwsserver.h"

#include <QFile>
#include <QMutex>
#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <csignal>

using namespace Switchyard;
using namespace Switchyard::Testing;
using Kind = ClientEvent::Kind;

namespace {

const QByteArray s_open("0{\"sid\":\"abc\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}");

QByteArray answer(const QByteArray &body, int status = 200, const QByteArray &headers = {})
{
    return "HTTP/1.1 " + QByteArray::number(status) + " Answer\r\nContent-Type: text/plain; charset=UTF-8\r\n" +
           headers + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

SocketTarget targetFor(const QString &url, int clients = 1)
{
    SocketTarget target;
    target.name = QStringLiteral("io");
    target.url = url;
    target.protocol = SocketProtocol::SocketIo;
    target.polling = true;
    target.clients = clients;
    target.reconnect = QStringLiteral("none");
    return target;
}

/// Opens the session on every connection that asks for one, acknowledges the namespace with the second poll, and does
/// what `then` says with the third; POSTs are answered with "ok" and kept.
struct PollingServer
{
    using Then = std::function<void(RawPeer &, int poll)>;

    explicit PollingServer(Then then, std::optional<CertificateFiles> files = {}, QByteArray openHeaders = {})
        : tls(files.has_value())
        , server(
              [this, then = std::move(then), openHeaders](RawPeer &peer) {
                  for (;;) {
                      const QByteArray head = peer.readRequest();
                      if (head.isEmpty())
                          return;
                      {
                          const QMutexLocker locker(&mutex);
                          heads.append(head);
                      }
                      if (head.contains("POST /")) {
                          peer.send(answer("ok"));
                          continue;
                      }
                      const int poll = ++polls;
                      if (!head.contains("sid="))
                          peer.send(answer(s_open, 200, openHeaders));
                      else if (poll == 2)
                          peer.send(answer("40{\"sid\":\"b\"}"));
                      else
                          then(peer, poll);
                  }
              },
              std::move(files))
    {
    }

    QList<QByteArray> requests()
    {
        const QMutexLocker locker(&mutex);
        return heads;
    }
    QString url(const QString &host = QStringLiteral("127.0.0.1")) const
    {
        return QStringLiteral("%1://%2:%3")
            .arg(tls ? QStringLiteral("https") : QStringLiteral("http"), host)
            .arg(server.port());
    }

    QMutex mutex;
    QList<QByteArray> heads;
    std::atomic<int> polls{0};
    bool tls;
    RawWsServer server;
};

qint64 peakMemoryKb()
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("VmHWM:"))
            return line.mid(6).simplified().split(' ').value(0).toLongLong();
    }
    return 0;
}

} // namespace

class tst_Polling final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void demoBackend();
    void demoShutdowns_data();
    void demoShutdowns();
    void ends_data();
    void ends();
    void refusals_data();
    void refusals();
    void asksAgain();
    void asksAgainInVain();
    void whatIsSent();
    void manyPackets();
    void hugeMessage();
    void tooManyPackets();
    void https();
    void wrongCertificate();
    void silentHandshake();
    void twoConnectionsEach();
};

void tst_Polling::demoBackend()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    PoolRecorder recorder;
    SocketTarget target = targetFor(QStringLiteral("http://127.0.0.1:%1/socket.io/").arg(backend.port()), 20);
    QVERIFY(recorder.pool->addTarget(target));
    recorder.pool->start();
    QTRY_COMPARE(recorder.count(Kind::Open), 20);
    QTRY_COMPARE(recorder.count(Kind::FirstMessage), 20);
    QTRY_VERIFY(recorder.snapshots.value(0).messages > 40);
    QCOMPARE(recorder.count(Kind::Ended), 0);
    QVERIFY(get(backend.port(), "/api/ws/stats").body.contains("\"total\":20"));
    QSignalSpy stopped(recorder.pool.get(), &ClientPool::stopped);
    recorder.pool->stop();
    QTRY_COMPARE(stopped.count(), 1);
    QCOMPARE(recorder.count(Kind::Ended), 20);
    // The server was told, and need not wait for pings that never come.
    QTRY_VERIFY(get(backend.port(), "/api/ws/stats").body.contains("\"total\":0"));
}

void tst_Polling::demoShutdowns_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<EndCause>("cause");
    QTest::addColumn<bool>("noticed");
    QTest::addColumn<bool>("disconnected");
    QTest::newRow("graceful") << QStringLiteral("graceful") << EndCause::ClosePacket << true << false;
    QTest::newRow("no-notice") << QStringLiteral("no-notice") << EndCause::ClosePacket << false << false;
    QTest::newRow("socketio-disconnect") << QStringLiteral("socketio-disconnect") << EndCause::ClosePacket << true
                                         << true;
}

void tst_Polling::demoShutdowns()
{
    QFETCH(QString, mode);
    QFETCH(EndCause, cause);
    QFETCH(bool, noticed);
    QFETCH(bool, disconnected);
    DemoBackend backend({QStringLiteral("--shutdown"), mode, QStringLiteral("--notice-ms"), QStringLiteral("300")});
    QVERIFY(backend.waitForListening());
    SocketTarget target = targetFor(QStringLiteral("http://127.0.0.1:%1").arg(backend.port()));
    target.notice = NoticeRule{{}, QStringLiteral("server_shutdown")};
    target.reconnect = QStringLiteral("socket.io-client");
    PoolRecorder recorder(target);
    QVERIFY(recorder.added);
    QTRY_COMPARE(recorder.count(Kind::FirstMessage), 1);
    backend.signal(SIGTERM);
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.end().cause, cause);
    QCOMPARE(recorder.end().code, 0);
    QVERIFY(recorder.end().wasOpen);
    QCOMPARE(recorder.has(Kind::Notice), noticed);
    QCOMPARE(recorder.end().serverDisconnect, disconnected);
    QTRY_VERIFY(recorder.has(disconnected ? Kind::GaveUp : Kind::Waiting));
}

void tst_Polling::ends_data()
{
    QTest::addColumn<QByteArray>("text"); ///< empty: FIN; "RST": reset
    QTest::addColumn<EndCause>("cause");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("detail");
    QTest::newRow("close packet") << answer("1") << EndCause::ClosePacket << 0 << QString();
    QTest::newRow("close packet behind a message") << answer("42[\"a\"]\x1e"
                                                             "1")
                                                   << EndCause::ClosePacket << 0 << QString();
    QTest::newRow("unknown session") << answer("{\"code\":1,\"message\":\"Session ID unknown\"}", 400)
                                     << EndCause::HttpStatus << 400 << QStringLiteral("HTTP 400: Session ID unknown");
    QTest::newRow("unknown session, as a string") << answer("\"Invalid session abc\"", 400) << EndCause::HttpStatus
                                                  << 400 << QStringLiteral("HTTP 400: Invalid session abc");
    QTest::newRow("bad gateway") << answer("<html>Bad Gateway</html>", 502) << EndCause::HttpStatus << 502
                                 << QStringLiteral("HTTP 502");
    QTest::newRow("redirect") << answer("", 302, "Location: /login\r\n") << EndCause::HttpStatus << 302
                              << QStringLiteral("HTTP 302");
    QTest::newRow("no packet") << answer("") << EndCause::Protocol << 0
                               << QStringLiteral("a poll was answered with no packet");
    QTest::newRow("page") << answer("<html></html>") << EndCause::Protocol << 0
                          << QStringLiteral("a text that is no Socket.IO packet");
    QTest::newRow("cut") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n42[") << EndCause::Eof << 0
                         << QStringLiteral("in the middle of an answer");
    QTest::newRow("no HTTP") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n") << EndCause::Protocol << 0 << QString();
}

void tst_Polling::ends()
{
    QFETCH(QByteArray, text);
    QFETCH(EndCause, cause);
    QFETCH(int, status);
    QFETCH(QString, detail);
    PollingServer server([&](RawPeer &peer, int) {
        peer.send(text);
        peer.finish();
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.count(Kind::Open), 1);
    QCOMPARE(recorder.end().cause, cause);
    QCOMPARE(recorder.end().httpStatus, status);
    if (!detail.isEmpty())
        QCOMPARE(recorder.end().detail, detail);
    QVERIFY(recorder.end().wasOpen);
    if (cause == EndCause::ClosePacket)
        QVERIFY(recorder.first(Kind::Ended).at >= server.server.sentAt() - Milliseconds(50));
}

void tst_Polling::refusals_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("detail");
    QTest::newRow("404") << answer("Not Found", 404) << 404
                         << QStringLiteral("the server answered HTTP 404: Not Found instead of an Engine.IO handshake");
    QTest::newRow("403") << answer("", 403) << 403
                         << QStringLiteral("the server answered HTTP 403 instead of an Engine.IO handshake");
    QTest::newRow("200, a page") << answer("<html>hello</html>") << 200
                                 << QStringLiteral("the server's answer is no Engine.IO handshake");
    QTest::newRow("200, no sid") << answer("0{}") << 200
                                 << QStringLiteral("the server's answer is no Engine.IO handshake");
    QTest::newRow("200, a sid with a line break") << answer("0{\"sid\":\"a\\r\\nX: y\"}") << 200
                                                  << QStringLiteral("the server's answer is no Engine.IO handshake");
    QTest::newRow("FIN") << QByteArray() << 0 << QStringLiteral("a request was not answered");
}

void tst_Polling::refusals()
{
    QFETCH(QByteArray, text);
    QFETCH(int, status);
    QFETCH(QString, detail);
    RawWsServer server([text](RawPeer &peer) {
        peer.readRequest();
        if (!text.isEmpty())
            peer.send(text);
        peer.finish();
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.end().cause, EndCause::Handshake);
    QCOMPARE(recorder.end().httpStatus, status);
    QCOMPARE(recorder.end().detail, detail);
    QVERIFY(!recorder.end().wasOpen);
    QCOMPARE(server.connectionCount(), 1); // a new connection that ends is not asked again
}

void tst_Polling::asksAgain()
{
    // What a browser does too: a kept connection that turns out to be closed is no lost session.
    PollingServer server([](RawPeer &peer, int poll) {
        if (poll == 3)
            peer.finish();
        else if (poll == 4)
            peer.send(answer("42[\"still\"]"));
        else
            peer.hold();
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::FirstMessage));
    QTRY_COMPARE(server.polls.load(), 5);
    QVERIFY(!recorder.has(Kind::Ended));
    QCOMPARE(recorder.count(Kind::Connecting), 1);
}

void tst_Polling::asksAgainInVain()
{
    // The instance that held the session ended, and the next one does not know it: the FIN is what ended it.
    std::atomic<Instant> cut{Instant{}};
    PollingServer server([&cut](RawPeer &peer, int poll) {
        if (poll == 3) {
            cut = Clock::now();
            return peer.finish();
        }
        peer.hold(Milliseconds(200));
        peer.send(answer("{\"code\":1,\"message\":\"Session ID unknown\"}", 400));
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.end().cause, EndCause::Eof);
    QCOMPARE(recorder.end().httpStatus, 400);
    QCOMPARE(recorder.end().detail,
             QStringLiteral("a request was not answered; asked again: HTTP 400: Session ID unknown"));
    const double late = toMs(recorder.first(Kind::Ended).at - cut.load());
    QVERIFY2(late >= 0 && late < 150, qPrintable(QString::number(late)));
}

void tst_Polling::whatIsSent()
{
    PollingServer server([](RawPeer &peer, int) { peer.hold(); }, {},
                         "Set-Cookie: AWSALB=one; Path=/; HttpOnly\r\nSet-Cookie: io=abc\r\n");
    SocketTarget target = targetFor(server.url() + QStringLiteral("/chat/?tenant=a"));
    target.headers = {{"Authorization", "Bearer x"}};
    target.origin = "https://app.example";
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Open));
    QTRY_COMPARE(server.polls.load(), 3);
    const QList<QByteArray> requests = server.requests();
    QVERIFY2(requests.first().startsWith("GET /chat/?tenant=a&EIO=4&transport=polling&t="),
             requests.first().constData());
    QVERIFY(!requests.first().contains("sid="));
    int posts = 0;
    for (const QByteArray &head : requests) {
        QVERIFY2(head.contains("Authorization: Bearer x\r\n"), head.constData());
        QVERIFY2(head.contains("Origin: https://app.example\r\n"), head.constData());
        if (&head == &requests.first())
            continue;
        QVERIFY2(head.contains("&sid=abc&t="), head.constData());
        QVERIFY2(head.contains("Cookie: AWSALB=one; io=abc\r\n"), head.constData());
        posts += head.startsWith("POST") ? 1 : 0;
    }
    QCOMPARE(posts, 1);
}

void tst_Polling::manyPackets()
{
    // Four messages, one of them in base64, and a ping in one answer.
    PollingServer server([](RawPeer &peer, int poll) {
        if (poll == 3)
            peer.send(answer("42[\"a\"]\x1e"
                             "2\x1e"
                             "451-[\"b\",{\"_placeholder\":true,\"num\":0}]\x1e"
                             "bAQID\x1e"
                             "42[\"c\"]"));
        else
            peer.hold();
    });
    PoolRecorder recorder(targetFor(server.url()));
    recorder.pool->setSnapshotInterval(Milliseconds(100));
    QTRY_VERIFY(recorder.snapshots.size() == 1 && recorder.snapshots.first().messages == 4);
    QTRY_COMPARE(server.requests().size(), 6); // four polls, the CONNECT and the pong
    QVERIFY(!recorder.has(Kind::Ended));
}

void tst_Polling::hugeMessage()
{
    constexpr int chunk = 1 << 20;
    constexpr int chunks = 100;
    PollingServer server([](RawPeer &peer, int poll) {
        if (poll > 3)
            return peer.hold();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(2 + chunk * chunks) + "\r\n\r\n42");
        const QByteArray part(chunk, 'x');
        for (int i = 0; i < chunks; ++i)
            peer.send(part);
    });
    const qint64 before = peakMemoryKb();
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_COMPARE_WITH_TIMEOUT(server.polls.load(), 4, 30'000);
    QTRY_VERIFY(recorder.has(Kind::FirstMessage));
    QVERIFY(!recorder.has(Kind::Ended));
    const qint64 grown = peakMemoryKb() - before;
    QVERIFY2(before > 0 && grown < 16 * 1024, qPrintable(QStringLiteral("%1 KB").arg(grown)));
}

void tst_Polling::tooManyPackets()
{
    PollingServer server([](RawPeer &peer, int) {
        peer.send(answer(QByteArray("6\x1e").repeated(70'000)));
        peer.hold();
    });
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.end().cause, EndCause::Protocol);
    QCOMPARE(recorder.end().detail, QStringLiteral("an answer of more than 65536 packets"));
}

void tst_Polling::https()
{
    const TestCertificates certificates;
    PollingServer server(
        [](RawPeer &peer, int poll) {
            if (poll == 3)
                peer.send(answer("42[\"a\"]"));
            else
                peer.finish(); // without close_notify
        },
        certificates.good());
    SocketTarget target = targetFor(server.url(QStringLiteral("localhost")));
    target.caFile = certificates.caFile();
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.count(Kind::FirstMessage), 1);
    QCOMPARE(recorder.end().cause, EndCause::Eof);
}

void tst_Polling::wrongCertificate()
{
    const TestCertificates certificates;
    PollingServer server([](RawPeer &peer, int) { peer.hold(); }, certificates.wrongName());
    SocketTarget target = targetFor(server.url(QStringLiteral("localhost")));
    target.caFile = certificates.caFile();
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.end().cause, EndCause::Tls);
    QVERIFY(server.requests().isEmpty());
}

void tst_Polling::silentHandshake()
{
    RawWsServer server([](RawPeer &peer) {
        peer.readRequest();
        peer.hold();
    });
    SocketTarget target = targetFor(server.url());
    target.handshakeTimeout = Milliseconds(300);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::Ended));
    QCOMPARE(recorder.end().cause, EndCause::Handshake);
    QCOMPARE(recorder.end().detail, QStringLiteral("no answer within 300 ms"));
}

void tst_Polling::twoConnectionsEach()
{
    // A limit that would do for as many WebSockets is not enough.
    const int most = raiseFileLimit();
    ClientPool pool;
    SocketTarget target = targetFor(QStringLiteral("http://127.0.0.1:1/"), std::min(20'000, (most - 200) * 3 / 4));
    QCOMPARE(pool.addTarget(target).has_value(), 2 * target.clients + 100 <= most);
    target.polling = false;
    QVERIFY(ClientPool().addTarget(target));
}

QTEST_GUILESS_MAIN(tst_Polling)
#include "tst_polling.moc"
