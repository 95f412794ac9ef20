// SPDX-License-Identifier: GPL-3.0-or-later
// Clients that come in turns: in rhythm, let go after a while with a close frame of their own, whatever happens.
#include "tests/support/poolrecorder.h"
#include "tests/support/rawwsserver.h"

#include <QTest>

using namespace Switchyard;
using Switchyard::Testing::PoolRecorder;
using Switchyard::Testing::RawPeer;
using Switchyard::Testing::RawWsServer;
using Kind = ClientEvent::Kind;

namespace {

SocketTarget inTurns(const QString &url, int clients, int staggerMs, int holdMs)
{
    SocketTarget target;
    target.url = url;
    target.clients = clients;
    target.turns.stagger = Milliseconds(staggerMs);
    target.turns.hold = Milliseconds(holdMs);
    target.turns.cycle = Milliseconds(staggerMs * clients);
    return target;
}

QList<Instant> beginnings(const PoolRecorder &recorder)
{
    QList<Instant> list;
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Connecting)
            list.append(event.at);
    }
    return list;
}

} // namespace

class NewcomersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rhythm();
    void refusedKeepsTheRhythm();
    void droppedByTheServer();
};

void NewcomersTest::rhythm()
{
    std::atomic<int> closedByClient{0};
    RawWsServer server([&closedByClient](RawPeer &peer) {
        if (!peer.handshake())
            return;
        const auto frame = peer.readFrame(); // the client's close
        if (frame && frame->size() >= 2 && quint8((*frame)[0]) == 0x03 && quint8((*frame)[1]) == 0xE8)
            ++closedByClient;
        peer.send(Testing::wsClose(1000));
    });
    PoolRecorder recorder(inTurns(server.url(), 5, 50, 100));
    QTRY_VERIFY(recorder.count(Kind::Ended) >= 12);
    const QList<Instant> began = beginnings(recorder);
    // One every 50 ms, each client again after 250 ms. The machine may be slow; it may not be early, nor lose count.
    for (qsizetype i = 5; i < began.size(); ++i)
        QVERIFY(began[i] - began[i - 5] > Milliseconds(200));
    QVERIFY(began[10] - began[0] < Milliseconds(1'500));
    for (const ClientEvent &event : recorder.events) {
        if (event.kind == Kind::Ended)
            QCOMPARE(event.end.cause, EndCause::Local);
        QVERIFY(event.kind != Kind::Waiting && event.kind != Kind::GaveUp);
    }
    QVERIFY(closedByClient.load() >= 11);
}

void NewcomersTest::refusedKeepsTheRhythm()
{
    RawWsServer server([](RawPeer &peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        peer.drain(Milliseconds(1'000));
    });
    PoolRecorder recorder(inTurns(server.url(), 2, 100, 1'000));
    QTRY_VERIFY(recorder.count(Kind::Ended) >= 4);
    QCOMPARE(recorder.end().cause, EndCause::Handshake);
    QCOMPARE(recorder.end().httpStatus, 503);
    const QList<Instant> began = beginnings(recorder);
    QVERIFY(began[3] - began[0] > Milliseconds(250)); // not a hammer
}

void NewcomersTest::droppedByTheServer()
{
    RawWsServer server([](RawPeer &peer) {
        peer.handshake();
        peer.send(Testing::wsClose(1012));
        peer.finish();
    });
    PoolRecorder recorder(inTurns(server.url(), 1, 300, 5'000));
    QTRY_VERIFY(recorder.count(Kind::Ended) >= 2);
    QVERIFY(recorder.end().wasOpen);
    QCOMPARE(recorder.end().cause, EndCause::CloseFrame);
    QCOMPARE(recorder.end().code, 1012);
}

QTEST_GUILESS_MAIN(NewcomersTest)
#include "tst_newcomers.moc"
