// SPDX-License-Identifier: GPL-3.0-or-later
// How a probe client tells the ends of a connection apart, against a server that does each of them on the wire.
#include "tests/support/httpserver.h"
#include "tests/support/poolrecorder.h"
#include "tests/support/rawwsserver.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTest>

#include <boost/beast/core/error.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>

using namespace Switchyard;
using namespace Switchyard::Testing;
using Kind = ClientEvent::Kind;
using Script = RawWsServer::Script;

Q_DECLARE_METATYPE(Script)

namespace {

SocketTarget targetFor(const QString &url)
{
    SocketTarget target;
    target.name = QStringLiteral("ws");
    target.url = url;
    target.reconnect = QStringLiteral("none");
    target.pingInterval = Milliseconds(0);
    return target;
}

Script afterHandshake(std::function<void(RawPeer &)> then)
{
    return [then = std::move(then)](RawPeer &peer) {
        if (peer.handshake())
            then(peer);
    };
}

/// Sends the frame and reads on until the client has ended, as a decent server does.
Script closes(const QByteArray &frame)
{
    return afterHandshake([frame](RawPeer &peer) {
        peer.send(frame);
        peer.drain(Milliseconds(100));
        peer.finish();
    });
}

/// Sends the frame and then neither reads nor ends.
Script closesAndStays(const QByteArray &frame)
{
    return afterHandshake([frame](RawPeer &peer) {
        peer.send(frame);
        peer.hold();
    });
}

Script answers(const QByteArray &bytes, bool stay)
{
    return [bytes, stay](RawPeer &peer) {
        peer.readRequest();
        peer.send(bytes);
        stay ? peer.hold() : peer.finish();
    };
}

qint64 residentKb()
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    return text.mid(text.indexOf("VmRSS:") + 6, 16).trimmed().split(' ').first().toLongLong();
}

} // namespace

class tst_Connection final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void closeFrames_data();
    void closeFrames();
    void refusedCodesWhileTcpStays_data();
    void refusedCodesWhileTcpStays();
    void endsWithoutCloseFrame_data();
    void endsWithoutCloseFrame();
    void protocolErrors_data();
    void protocolErrors();
    void handshakes_data();
    void handshakes();
    void handshakeUnanswered();
    void messageAndCloseInOneSegment();
    void closeBehindTheHandshake();
    void resetMetByAWrite();
    void pingTimeout();
    void pongKeepsOpen();
    void refused();
    void connectTimeout();
    void nameThatDoesNotResolve();
    void tlsFailures_data();
    void tlsFailures();
    void tlsSilentPort();
    void tlsEnds_data();
    void tlsEnds();
    void endIsStampedWhenTheFrameCame();
    void hugeFrameStaysOpen();
    void bigMessageCountsOnce();
    void compression_data();
    void compression();
    void unpacksToTooMuch();
    void localEnd();

private:
    void compareEnd(const ConnectionEnd &end, EndCause cause, int code, bool valid, bool wasOpen);
    TestCertificates m_certificates;
};

void tst_Connection::compareEnd(const ConnectionEnd &end, EndCause cause, int code, bool valid, bool wasOpen)
{
    QVERIFY2(end.cause == cause, qPrintable(QStringLiteral("%1 instead of %2, status %3: %4")
                                                .arg(endCauseName(end.cause), endCauseName(cause))
                                                .arg(end.httpStatus)
                                                .arg(end.detail)));
    QCOMPARE(end.code, code);
    QCOMPARE(end.codeValid, valid);
    QCOMPARE(end.wasOpen, wasOpen);
    QVERIFY(!end.serverDisconnect);
}

// ---- close frames

void tst_Connection::closeFrames_data()
{
    QTest::addColumn<Script>("script");
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<QString>("reason");
    for (const int code : {1000, 1001, 1011, 1012, 1013, 3000, 4000, 4999})
        QTest::addRow("%d", code) << closes(wsClose(code)) << code << true << QString();
    QTest::newRow("reason") << closes(wsClose(1012, "service restart")) << 1012 << true
                            << QStringLiteral("service restart");
    QTest::newRow("reason of 123 bytes") << closes(wsClose(1001, QByteArray(123, 'r'))) << 1001 << true
                                         << QString(123, QLatin1Char('r'));
    QTest::newRow("empty") << closes(wsFrame(8, {})) << 1005 << true << QString();
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2500, 5000, 65535})
        QTest::addRow("illegal %d", code) << closes(wsClose(code)) << code << false << QString();
    QTest::newRow("1014, which the library refuses") << closes(wsClose(1014)) << 1014 << true << QString();
    QTest::newRow("one byte") << closes(wsFrame(8, "x")) << 0 << false << QString();
    QTest::newRow("then RST at once") << afterHandshake([](RawPeer &peer) {
        peer.send(wsClose(1012));
        peer.reset();
    }) << 1012 << true << QString();
    QTest::newRow("refused code, then RST at once") << afterHandshake([](RawPeer &peer) {
        peer.send(wsClose(1014));
        peer.reset();
    }) << 1014 << true << QString();
    QTest::newRow("then FIN at once") << afterHandshake([](RawPeer &peer) {
        peer.send(wsClose(1001));
        peer.finish();
    }) << 1001 << true << QString();
    QTest::newRow("byte by byte") << afterHandshake([](RawPeer &peer) {
        for (const char byte : wsClose(4001, "slow")) {
            peer.send(QByteArray(1, byte));
            peer.hold(Milliseconds(5));
        }
        peer.finish();
    }) << 4001 << true << QStringLiteral("slow");
}

void tst_Connection::closeFrames()
{
    QFETCH(Script, script);
    QFETCH(int, code);
    QFETCH(bool, valid);
    QFETCH(QString, reason);
    RawWsServer server(script);
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::CloseFrame, code, valid, true);
    QCOMPARE(recorder.end().reason, reason);
    QCOMPARE(recorder.count(Kind::Ended), 1);
    QCOMPARE(recorder.count(Kind::Open), 1);
    QCOMPARE(recorder.count(Kind::FirstMessage), 0);
}

void tst_Connection::refusedCodesWhileTcpStays_data()
{
    QTest::addColumn<QByteArray>("frame");
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("valid");
    QTest::newRow("1012, which the library takes") << wsClose(1012) << 1012 << true;
    for (const int code : {999, 1004, 2500, 5000, 1015})
        QTest::addRow("%d", code) << wsClose(code) << code << false;
    QTest::newRow("1014") << wsClose(1014) << 1014 << true;
    QTest::newRow("one byte") << wsFrame(8, "x") << 0 << false;
    QTest::newRow("reason that is no UTF-8") << wsClose(1012, "\xff\xfe") << 1012 << true;
    QTest::newRow("fragmented") << wsFrame(8, "\x03\xf4", false) << 1012 << false;
    QTest::newRow("over 125 bytes") << wsClose(1012, QByteArray(200, 'x')) << 0 << false;
}

void tst_Connection::refusedCodesWhileTcpStays()
{
    QFETCH(QByteArray, frame);
    QFETCH(int, code);
    QFETCH(bool, valid);
    RawWsServer server(closesAndStays(frame));
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::CloseFrame, code, valid, true);
    const double late = toMs(recorder.first(Kind::GaveUp).at - server.sentAt());
    QVERIFY2(late < 300, QByteArray::number(late));
    const double at = toMs(recorder.first(Kind::Ended).at - server.sentAt());
    QVERIFY2(std::abs(at) < 50, QByteArray::number(at));
}

// ---- no close frame

void tst_Connection::endsWithoutCloseFrame_data()
{
    QTest::addColumn<Script>("script");
    QTest::addColumn<EndCause>("cause");
    QTest::newRow("FIN") << afterHandshake([](RawPeer &peer) { peer.finish(); }) << EndCause::Eof;
    QTest::newRow("message, FIN") << afterHandshake([](RawPeer &peer) {
        peer.send(wsText("hello"));
        peer.finish();
    }) << EndCause::Eof;
    QTest::newRow("half a frame, FIN") << afterHandshake([](RawPeer &peer) {
        peer.send(wsText("hello").left(4));
        peer.finish();
    }) << EndCause::Eof;
    QTest::newRow("half a close frame, FIN") << afterHandshake([](RawPeer &peer) {
        peer.send(wsClose(1012, "restart").left(4));
        peer.finish();
    }) << EndCause::Eof;
    QTest::newRow("RST") << afterHandshake([](RawPeer &peer) {
        peer.hold(Milliseconds(20));
        peer.reset();
    }) << EndCause::Reset;
    QTest::newRow("message, RST") << afterHandshake([](RawPeer &peer) {
        peer.send(wsText("hello"));
        peer.reset();
    }) << EndCause::Reset;
}

void tst_Connection::endsWithoutCloseFrame()
{
    QFETCH(Script, script);
    QFETCH(EndCause, cause);
    RawWsServer server(script);
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), cause, 1006, true, true);
    QCOMPARE(recorder.end().httpStatus, 0);
}

void tst_Connection::protocolErrors_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("stay");
    const QList<std::pair<const char *, QByteArray>> wrongs{
        {"masked", QByteArray("\x81\x82\x01\x02\x03\x04hi", 8)},
        {"reserved opcode", QByteArray("\x83\x01x", 3)},
        {"reserved bit", QByteArray("\xc1\x01x", 3)},
        {"continuation of nothing", QByteArray("\x80\x01x", 3)},
        {"text that is no UTF-8", wsText("\xff\xfe\xfd")},
        {"fragmented ping", QByteArray("\x09\x00", 2)},
    };
    for (const auto &[name, bytes] : wrongs) {
        QTest::addRow("%s, then FIN", name) << bytes << false;
        QTest::addRow("%s, TCP stays", name) << bytes << true;
    }
}

void tst_Connection::protocolErrors()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, stay);
    RawWsServer server(stay ? closesAndStays(bytes) : closes(bytes));
    SocketTarget target = targetFor(server.url());
    target.pingInterval = Milliseconds(500);
    target.pingTimeout = Milliseconds(1000);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::Protocol, 1006, true, true);
    QVERIFY(!recorder.end().detail.isEmpty());
    const double late = toMs(recorder.first(Kind::GaveUp).at - server.sentAt());
    QVERIFY2(late < 300, QByteArray::number(late));
}

// ---- handshake

void tst_Connection::handshakes_data()
{
    QTest::addColumn<Script>("script");
    QTest::addColumn<int>("status");
    const auto with = [](int status) { return "HTTP/1.1 " + QByteArray::number(status) + " No\r\n"; };
    for (const int status : {200, 301, 403, 404, 429, 500, 503}) {
        QTest::addRow("%d with a length", status)
            << answers(with(status) + "Content-Length: 2\r\n\r\nno", true) << status;
        QTest::addRow("%d without a length", status) << answers(with(status) + "\r\nno", true) << status;
    }
    QTest::newRow("403 whose body never comes") << answers(with(403) + "Content-Length: 100000\r\n\r\n", true) << 403;
    QTest::newRow("403 whose head never ends") << answers(with(403), true) << 403;
    QTest::newRow("503, then FIN") << answers(with(503) + "\r\n", false) << 503;
    QTest::newRow("FIN") << Script([](RawPeer &peer) {
        peer.readRequest();
        peer.finish();
    }) << 0;
    QTest::newRow("RST") << Script([](RawPeer &peer) {
        peer.readRequest();
        peer.reset();
    }) << 0;
    QTest::newRow("not HTTP") << answers("220 mail.example ESMTP ready\r\n\r\n", false) << 0;
    QTest::newRow("wrong Sec-WebSocket-Accept")
        << answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
                   true)
        << 101;
}

void tst_Connection::handshakes()
{
    QFETCH(Script, script);
    QFETCH(int, status);
    RawWsServer server(script);
    QElapsedTimer timer;
    timer.start();
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    QVERIFY2(timer.elapsed() < 1500, QByteArray::number(timer.elapsed()));
    compareEnd(recorder.end(), EndCause::Handshake, 0, true, false);
    QCOMPARE(recorder.end().httpStatus, status);
    QVERIFY(!recorder.end().detail.isEmpty());
    QCOMPARE(recorder.count(Kind::Open), 0);
}

void tst_Connection::handshakeUnanswered()
{
    RawWsServer server([](RawPeer &peer) { peer.hold(); });
    SocketTarget target = targetFor(server.url());
    target.handshakeTimeout = Milliseconds(300);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::Handshake, 0, true, false);
    QCOMPARE(recorder.end().httpStatus, 0);
    QVERIFY2(recorder.end().detail.contains(QStringLiteral("300 ms")), qPrintable(recorder.end().detail));
    const double took = toMs(recorder.first(Kind::Ended).at - recorder.first(Kind::Connecting).at);
    QVERIFY2(took >= 299 && took < 450, QByteArray::number(took));
}

// ---- order

void tst_Connection::messageAndCloseInOneSegment()
{
    const QByteArray notice("{\"type\":\"bye\",\"reconnect_in_ms\":1500}");
    for (const int code : {1012, 1014}) {
        RawWsServer server(closesAndStays(wsText("{\"price\":1}") + wsText(notice) + wsClose(code)));
        SocketTarget target = targetFor(server.url());
        target.notice = NoticeRule{{{QStringLiteral("/type"), QStringLiteral("bye")}}, {}};
        PoolRecorder recorder(target);
        QTRY_VERIFY(recorder.has(Kind::GaveUp));
        QList<Kind> order;
        for (const ClientEvent &event : recorder.events)
            order.append(event.kind);
        QCOMPARE(order, (QList<Kind>{Kind::Connecting, Kind::Open, Kind::FirstMessage, Kind::Notice, Kind::Ended,
                                     Kind::GaveUp}));
        for (qsizetype i = 1; i < recorder.events.size(); ++i)
            QVERIFY(recorder.events[i].at >= recorder.events[i - 1].at);
        QCOMPARE(recorder.first(Kind::Notice).text.toUtf8(), notice);
        compareEnd(recorder.end(), EndCause::CloseFrame, code, true, true);
    }
}

void tst_Connection::closeBehindTheHandshake()
{
    for (const int code : {1012, 1014}) {
        RawWsServer server([code](RawPeer &peer) {
            peer.handshake(wsClose(code));
            peer.hold();
        });
        PoolRecorder recorder(targetFor(server.url()));
        QTRY_VERIFY_WITH_TIMEOUT(recorder.has(Kind::GaveUp), 2000);
        compareEnd(recorder.end(), EndCause::CloseFrame, code, true, true);
        QCOMPARE(recorder.count(Kind::Open), 1);
    }
}

void tst_Connection::resetMetByAWrite()
{
    // The client writes all the time, so that some of the resets meet the write and not the read.
    for (int i = 0; i < 10; ++i) {
        RawWsServer server(afterHandshake([i](RawPeer &peer) {
            peer.readFrame();
            peer.send(i % 2 ? wsClose(1012) : wsText("x"));
            peer.reset();
        }));
        SocketTarget target = targetFor(server.url());
        target.send = {SocketSend{QStringLiteral("open"), QString(200, QLatin1Char('x')), Milliseconds(1)}};
        PoolRecorder recorder(target);
        QTRY_VERIFY(recorder.has(Kind::GaveUp));
        if (i % 2)
            compareEnd(recorder.end(), EndCause::CloseFrame, 1012, true, true);
        else
            compareEnd(recorder.end(), EndCause::Reset, 1006, true, true);
    }
}

// ---- time

void tst_Connection::pingTimeout()
{
    RawWsServer server(afterHandshake([](RawPeer &peer) { peer.hold(); }));
    SocketTarget target = targetFor(server.url());
    target.pingInterval = Milliseconds(100);
    target.pingTimeout = Milliseconds(300);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::PingTimeout, 1006, true, true);
    const double took = toMs(recorder.first(Kind::Ended).at - recorder.first(Kind::Open).at);
    QVERIFY2(took >= 399 && took < 600, QByteArray::number(took));
}

void tst_Connection::pongKeepsOpen()
{
    RawWsServer server(afterHandshake([](RawPeer &peer) {
        while (const auto payload = peer.readFrame())
            peer.send(wsFrame(10, *payload));
    }));
    SocketTarget target = targetFor(server.url());
    target.pingInterval = Milliseconds(50);
    target.pingTimeout = Milliseconds(150);
    PoolRecorder recorder(target);
    QTRY_VERIFY(!recorder.snapshots.isEmpty() && recorder.snapshots.first().pings >= 8);
    QVERIFY(!recorder.has(Kind::Ended));
    QVERIFY(recorder.snapshots.first().pingP50 >= 0 && recorder.snapshots.first().pingP50 < 100);
}

void tst_Connection::refused()
{
    PoolRecorder recorder(targetFor(QStringLiteral("ws://127.0.0.1:%1/").arg(closedPort())));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::Refused, 0, true, false);
}

void tst_Connection::connectTimeout()
{
    FullBacklog full;
    SocketTarget target = targetFor(QStringLiteral("ws://127.0.0.1:%1/").arg(full.port()));
    target.connectTimeout = Milliseconds(300);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::ConnectTimeout, 0, true, false);
    const double took = toMs(recorder.first(Kind::Ended).at - recorder.first(Kind::Connecting).at);
    QVERIFY2(took >= 299 && took < 450, QByteArray::number(took));
}

void tst_Connection::nameThatDoesNotResolve()
{
    SocketTarget target = targetFor(QStringLiteral("ws://name.invalid:9/"));
    target.connectTimeout = Milliseconds(1000);
    PoolRecorder recorder(target);
    QTRY_VERIFY_WITH_TIMEOUT(recorder.has(Kind::GaveUp), 3000);
    compareEnd(recorder.end(), EndCause::Dns, 0, true, false);
    QVERIFY(!recorder.end().detail.isEmpty());
}

// ---- TLS

void tst_Connection::tlsFailures_data()
{
    QTest::addColumn<CertificateFiles>("files");
    QTest::addColumn<QString>("words");
    QTest::newRow("wrong name") << m_certificates.wrongName() << QStringLiteral("mismatch");
    QTest::newRow("self-signed") << m_certificates.selfSigned() << QStringLiteral("self");
    QTest::newRow("expired") << m_certificates.expired() << QStringLiteral("expired");
    QTest::newRow("foreign") << m_certificates.foreign() << QStringLiteral("issuer");
}

void tst_Connection::tlsFailures()
{
    QFETCH(CertificateFiles, files);
    QFETCH(QString, words);
    for (const QString &host : {QStringLiteral("127.0.0.1"), QStringLiteral("localhost")}) {
        RawWsServer server(closesAndStays({}), files);
        SocketTarget target = targetFor(server.url(host));
        target.caFile = m_certificates.caFile();
        PoolRecorder recorder(target);
        QTRY_VERIFY(recorder.has(Kind::GaveUp));
        compareEnd(recorder.end(), EndCause::Tls, 0, true, false);
        QVERIFY2(recorder.end().detail.contains(words), qPrintable(recorder.end().detail));
    }
}

void tst_Connection::tlsSilentPort()
{
    RawWsServer server([](RawPeer &peer) { peer.hold(); });
    SocketTarget target = targetFor(QStringLiteral("wss://127.0.0.1:%1/").arg(server.port()));
    target.tlsTimeout = Milliseconds(300);
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::Tls, 0, true, false);
    QVERIFY(recorder.end().detail.contains(QStringLiteral("300 ms")));
}

void tst_Connection::tlsEnds_data()
{
    QTest::addColumn<Script>("script");
    QTest::addColumn<EndCause>("cause");
    QTest::addColumn<int>("code");
    QTest::newRow("close frame") << closes(wsClose(1012)) << EndCause::CloseFrame << 1012;
    QTest::newRow("close frame, TCP stays") << closesAndStays(wsClose(1001)) << EndCause::CloseFrame << 1001;
    QTest::newRow("refused code, TCP stays") << closesAndStays(wsClose(1014)) << EndCause::CloseFrame << 1014;
    QTest::newRow("close frame, RST") << afterHandshake([](RawPeer &peer) {
        peer.send(wsClose(1012));
        peer.reset();
    }) << EndCause::CloseFrame << 1012;
    QTest::newRow("truncated") << afterHandshake([](RawPeer &peer) { peer.finish(); }) << EndCause::Eof << 1006;
    QTest::newRow("close_notify") << afterHandshake([](RawPeer &peer) { peer.closeTls(); }) << EndCause::Eof << 1006;
    QTest::newRow("RST") << afterHandshake([](RawPeer &peer) {
        peer.hold(Milliseconds(50));
        peer.reset();
    }) << EndCause::Reset << 1006;
    QTest::newRow("bad opcode, TCP stays") << closesAndStays(QByteArray("\x83\x01x", 3)) << EndCause::Protocol << 1006;
}

void tst_Connection::tlsEnds()
{
    QFETCH(Script, script);
    QFETCH(EndCause, cause);
    QFETCH(int, code);
    RawWsServer server(script, m_certificates.good());
    SocketTarget target = targetFor(server.url());
    target.caFile = m_certificates.caFile();
    PoolRecorder recorder(target);
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), cause, code, true, true);
}

// ---- the rest

void tst_Connection::endIsStampedWhenTheFrameCame()
{
    RawWsServer server(afterHandshake([](RawPeer &peer) {
        peer.send(wsClose(1012));
        peer.hold(Milliseconds(1000));
    }));
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    const double off = toMs(recorder.first(Kind::Ended).at - server.sentAt());
    QVERIFY2(std::abs(off) < 20, QByteArray::number(off));
}

void tst_Connection::hugeFrameStaysOpen()
{
    RawWsServer server(afterHandshake([](RawPeer &peer) {
        peer.send(QByteArray("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", 10));
        const QByteArray block(1 << 20, 'x');
        for (int i = 0; i < 64; ++i)
            peer.send(block);
        peer.hold();
    }));
    const qint64 before = residentKb();
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Open));
    QTRY_VERIFY_WITH_TIMEOUT(toMs(Clock::now() - server.sentAt()) > 300, 15000);
    QVERIFY(!recorder.has(Kind::Ended));
    QVERIFY(!recorder.has(Kind::FirstMessage));
    const qint64 grown = residentKb() - before;
    QVERIFY2(grown < 20'000, QByteArray::number(grown));
}

void tst_Connection::bigMessageCountsOnce()
{
    RawWsServer server(afterHandshake([](RawPeer &peer) {
        const QByteArray half(5 << 19, 'x');
        peer.send(wsFrame(1, half, false) + wsFrame(9, "in between") + wsFrame(0, half));
        peer.send(wsClose(1000));
        peer.hold();
    }));
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::GaveUp));
    compareEnd(recorder.end(), EndCause::CloseFrame, 1000, true, true);
    QCOMPARE(recorder.count(Kind::FirstMessage), 1);
    QTRY_VERIFY(!recorder.snapshots.isEmpty() && recorder.snapshots.first().messages > 0);
    QCOMPARE(recorder.snapshots.first().messages, quint64(1));
}

namespace {

/// One message in raw deflate, flushed, without the four bytes that RFC 7692 section 7.2.1 leaves out.
QByteArray deflated(const QByteArray &text)
{
    boost::beast::zlib::deflate_stream stream;
    QByteArray packed(text.size() / 100 + 1024, Qt::Uninitialized);
    boost::beast::zlib::z_params params;
    params.next_in = text.constData();
    params.avail_in = std::size_t(text.size());
    params.next_out = packed.data();
    params.avail_out = std::size_t(packed.size());
    boost::beast::error_code error;
    stream.write(params, boost::beast::zlib::Flush::sync, error);
    return packed.left(qsizetype(params.total_out) - 4);
}

QByteArray compressedText(const QByteArray &payload)
{
    QByteArray frame = wsText(payload);
    frame[0] = char(frame[0] | 0x40);
    return frame;
}

} // namespace

void tst_Connection::compression_data()
{
    QTest::addColumn<bool>("offered");
    QTest::addColumn<bool>("agreed");
    QTest::addColumn<bool>("read");
    QTest::newRow("offered and agreed") << true << true << true;
    QTest::newRow("offered, not agreed") << true << false << false;
    QTest::newRow("not offered") << false << false << false;
    QTest::newRow("not offered, and claimed") << false << true << false;
}

void tst_Connection::compression()
{
    QFETCH(bool, offered);
    QFETCH(bool, agreed);
    QFETCH(bool, read);
    RawWsServer server([&](RawPeer &peer) {
        peer.handshake(compressedText(deflated("{\"type\":\"server_shutdown\"}")),
                       agreed ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
        peer.hold();
    });
    SocketTarget target = targetFor(server.url());
    target.deflate = offered;
    target.notice = NoticeRule{{{QStringLiteral("/type"), QStringLiteral("server_shutdown")}}, {}};
    PoolRecorder recorder(target);
    if (read) {
        QTRY_VERIFY(recorder.has(Kind::Notice));
        QVERIFY(!recorder.has(Kind::Ended));
    } else {
        QTRY_VERIFY(recorder.has(Kind::Ended));
        QVERIFY(!recorder.has(Kind::FirstMessage));
        QCOMPARE(recorder.end().cause, EndCause::Protocol);
    }
}

void tst_Connection::unpacksToTooMuch()
{
    // 200 MiB in 200 KB.
    const QByteArray bomb = compressedText(deflated(QByteArray(200 << 20, 'x')));
    QVERIFY(bomb.size() < 1 << 20);
    RawWsServer server([&](RawPeer &peer) {
        peer.handshake(bomb, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        peer.hold();
    });
    SocketTarget target = targetFor(server.url());
    target.deflate = true;
    const qint64 before = residentKb();
    PoolRecorder recorder(target);
    QTRY_VERIFY_WITH_TIMEOUT(recorder.has(Kind::Ended), 20'000);
    compareEnd(recorder.end(), EndCause::Protocol, 1006, true, true);
    QCOMPARE(recorder.end().detail, QStringLiteral("a message of more than 64 MiB when unpacked"));
    QVERIFY(residentKb() - before < 20'000);
}

void tst_Connection::localEnd()
{
    std::atomic<int> code{0};
    RawWsServer server(afterHandshake([&code](RawPeer &peer) {
        if (const auto payload = peer.readFrame(); payload && payload->size() >= 2)
            code = (uchar((*payload)[0]) << 8) | uchar((*payload)[1]);
        peer.finish();
    }));
    PoolRecorder recorder(targetFor(server.url()));
    QTRY_VERIFY(recorder.has(Kind::Open));
    QSignalSpy stopped(recorder.pool.get(), &ClientPool::stopped);
    recorder.pool->stop();
    QTRY_COMPARE(stopped.count(), 1);
    compareEnd(recorder.end(), EndCause::Local, 1000, true, true);
    QCOMPARE(code.load(), 1000);
    QCOMPARE(recorder.count(Kind::Ended), 1);
    QVERIFY(!recorder.has(Kind::GaveUp));
}

QTEST_GUILESS_MAIN(tst_Connection)
#include "tst_connection.moc"
