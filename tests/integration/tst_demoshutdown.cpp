// SPDX-License-Identifier: GPL-3.0-or-later
// Every way in which the demo backend stops, down to the bytes: notice, close frame or none, FIN or reset, exit status
// and time.
#include "tests/support/democlient.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <csignal>
#include <memory>
#include <vector>

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

namespace {

const QByteArray s_restartClose("\x88\x11\x03\xf4service restart"); // FIN+close, 17 bytes, 1012, reason

void checkNotice(const QByteArray &json)
{
    const QJsonObject notice = object(json);
    QCOMPARE(notice.value(QLatin1String("type")).toString(), QStringLiteral("server_shutdown"));
    QCOMPARE(notice.value(QLatin1String("code")).toInt(), 1012);
    QCOMPARE(notice.value(QLatin1String("reconnect_in_ms")).toInt(), 1000);
    QVERIFY(!notice.value(QLatin1String("message")).toString().isEmpty());
    const QString timestamp = notice.value(QLatin1String("timestamp")).toString();
    QVERIFY(QDateTime::fromString(timestamp, Qt::ISODateWithMs).isValid());
}

/// While draining, neither a WebSocket nor an Engine.IO session begins, and no session changes its transport.
void checkNewcomersRefused(quint16 port, const QByteArray &session)
{
    for (const QByteArray &path : {QByteArray("/ws/prices"), QByteArray("/ws/notifications"), s_engine + "websocket",
                                   QByteArray(session).replace("polling", "websocket")}) {
        const HttpReply refused = RawSocket(port).upgrade(path);
        QCOMPARE(refused.status, 503);
        QCOMPARE(refused.headers.value("retry-after"), QByteArray("1"));
    }
    QCOMPARE(get(port, s_engine + "polling").status, 503);
}

} // namespace

class tst_DemoShutdown final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void graceful();
    void noNotice();
    void abrupt();
    void socketIoDisconnect();
    void slow();
    void secondSignalEndsAtOnce();
};

void tst_DemoShutdown::graceful()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    const auto price = openSocket(port, "/ws/prices");
    const auto notification = openSocket(port, "/ws/notifications");
    const auto socketIo = openSocketIo(port);
    const QByteArray session = openPolling(port);
    RawSocket poll(port);
    QVERIFY(price && notification && socketIo);
    QCOMPARE(poll.request("POST", session, "40").status, 200);

    QElapsedTimer timer;
    timer.start();
    backend.signal(SIGTERM);
    checkNotice(price->readText("server_shutdown").payload);
    checkNotice(notification->readText("server_shutdown").payload);
    const QByteArray event = socketIo->readText("42[\"server_shutdown\",").payload;
    checkNotice(QJsonDocument(eventArgument(event)).toJson());
    QVERIFY(poll.request("GET", session).body.contains("42[\"server_shutdown\",{"));
    const qint64 noticed = timer.elapsed();
    QVERIFY2(noticed < 100, QByteArray::number(noticed));

    QCOMPARE(get(port, "/ready").status, 503);
    QCOMPARE(get(port, "/live").status, 200);
    const HttpReply health = get(port, "/health");
    QCOMPARE(health.status, 200);
    QVERIFY(health.body.contains("\"status\":\"draining\""));
    checkNewcomersRefused(port, session);

    QCOMPARE(price->readClose().raw, s_restartClose);
    QVERIFY2(timer.elapsed() - noticed >= 2900, QByteArray::number(timer.elapsed() - noticed));
    QCOMPARE(notification->readClose().raw, s_restartClose);
    QCOMPARE(socketIo->readClose().raw, s_emptyClose);
    HttpReply last = poll.request("GET", session);
    if (last.body.startsWith("42")) // prices that came while nobody polled go out before the end
        last.body = last.body.split('\x1e').last();
    QCOMPARE(last.body, QByteArray("1"));
    price->sendFrame(8, QByteArray("\x03\xf4", 2));
    notification->sendFrame(8, QByteArray("\x03\xf4", 2));
    socketIo->sendFrame(8, {});
    QCOMPARE(price->waitForEnd(), PeerEnd::Eof);
    QCOMPARE(socketIo->waitForEnd(), PeerEnd::Eof);
    price->close();
    notification->close();
    socketIo->close();
    QCOMPARE(backend.waitForExit(), 0);
    QVERIFY2(timer.elapsed() < 5000, QByteArray::number(timer.elapsed()));
    QVERIFY(!RawSocket(port).isConnected());
    const QByteArray log = backend.standardError();
    for (const char *line : {"signal SIGTERM", "notice sent to 4 clients", "closing 4 clients", "exit 0"})
        QVERIFY2(log.contains(line), log.constData());
}

void tst_DemoShutdown::noNotice()
{
    // By SIGINT, which counts as SIGTERM does, and chosen through the environment.
    DemoBackend backend({}, {QStringLiteral("SWITCHYARD_DEMO_SHUTDOWN=no-notice")});
    QVERIFY(backend.waitForListening());
    const auto price = openSocket(backend.port(), "/ws/prices");
    const auto socketIo = openSocketIo(backend.port());
    QVERIFY(price && socketIo);
    QElapsedTimer timer;
    timer.start();
    backend.signal(SIGINT);
    QList<QByteArray> texts;
    QCOMPARE(price->readClose(5000, &texts).raw, s_restartClose);
    QCOMPARE(socketIo->readClose(5000, &texts).raw, s_emptyClose);
    QVERIFY2(timer.elapsed() < 500, QByteArray::number(timer.elapsed()));
    for (const QByteArray &text : texts)
        QVERIFY2(!text.contains("server_shutdown"), text.constData());
    // Nobody answers the close: the backend waits for a second and goes.
    QCOMPARE(backend.waitForExit(), 0);
    QVERIFY2(timer.elapsed() >= 900 && timer.elapsed() < 2000, QByteArray::number(timer.elapsed()));
}

void tst_DemoShutdown::abrupt()
{
    DemoBackend backend({QStringLiteral("--shutdown"), QStringLiteral("abrupt")});
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    std::vector<std::unique_ptr<RawSocket>> sockets;
    for (int i = 0; i < 3; ++i) {
        sockets.push_back(openSocket(port, "/ws/prices"));
        sockets.push_back(openSocket(port, "/ws/notifications"));
        sockets.push_back(openSocketIo(port));
    }
    const QByteArray session = openPolling(port);
    RawSocket poll(port);
    poll.sendRequest("GET", session);
    for (const auto &socket : sockets)
        QVERIFY(socket);
    QVERIFY(get(port, "/api/ws/stats").body.contains("\"total\":10"));
    QElapsedTimer timer;
    timer.start();
    backend.signal(SIGTERM);
    QCOMPARE(backend.waitForExit(), 0);
    QVERIFY2(timer.elapsed() < 1000, QByteArray::number(timer.elapsed()));
    // In the order of their opening, each endpoint by itself: FIN, reset, FIN, and for the poll of the fourth
    // Socket.IO client a reset again.
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        QList<QByteArray> texts;
        QCOMPARE(sockets[i]->readClose(5000, &texts).opcode, -1);
        QCOMPARE(sockets[i]->end(), i / 3 % 2 == 0 ? PeerEnd::Eof : PeerEnd::Reset);
        for (const QByteArray &text : texts)
            QVERIFY2(!text.contains("server_shutdown"), text.constData());
    }
    QCOMPARE(poll.readReply().status, 0);
    QCOMPARE(poll.end(), PeerEnd::Reset);
}

void tst_DemoShutdown::socketIoDisconnect()
{
    DemoBackend backend({QStringLiteral("--shutdown"), QStringLiteral("socketio-disconnect"),
                         QStringLiteral("--notice-ms"), QStringLiteral("300")});
    QVERIFY(backend.waitForListening());
    const quint16 port = backend.port();
    const auto price = openSocket(port, "/ws/prices");
    const auto socketIo = openSocketIo(port);
    const QByteArray session = openPolling(port);
    RawSocket poll(port);
    QVERIFY(price && socketIo);
    QCOMPARE(poll.request("POST", session,
                          "40\x1e"
                          "40/admin,")
                 .status,
             200);
    QVERIFY(poll.request("GET", session).body.contains("server_stats"));
    backend.signal(SIGTERM);
    checkNotice(price->readText("server_shutdown").payload);
    QVERIFY(socketIo->readText("42[\"server_shutdown\",").isText());
    QVERIFY(poll.request("GET", session).body.contains("server_shutdown"));
    poll.sendRequest("GET", session);
    QCOMPARE(price->readClose().raw, s_restartClose);
    QList<QByteArray> texts;
    QCOMPARE(socketIo->readClose(5000, &texts).raw, s_emptyClose);
    QCOMPARE(texts.value(texts.size() - 1), QByteArray("41"));
    QCOMPARE(poll.readReply().body, QByteArray("41\x1e"
                                               "41/admin,\x1e"
                                               "1"));
    price->close();
    socketIo->close();
    QCOMPARE(backend.waitForExit(), 0);
}

void tst_DemoShutdown::slow()
{
    DemoBackend backend({QStringLiteral("--shutdown"), QStringLiteral("slow"), QStringLiteral("--drain-ms"),
                         QStringLiteral("1500"), QStringLiteral("--notice-ms"), QStringLiteral("1")});
    QVERIFY(backend.waitForListening());
    const auto price = openSocket(backend.port(), "/ws/prices");
    const auto socketIo = openSocketIo(backend.port());
    QVERIFY(price && socketIo);
    QElapsedTimer timer;
    timer.start();
    backend.signal(SIGTERM);
    checkNotice(price->readText("server_shutdown").payload);
    QVERIFY(socketIo->readText("server_shutdown").isText());
    QVERIFY(price->readText("\"seq\":2").isText()); // held, and still served
    QCOMPARE(RawSocket(backend.port()).upgrade("/ws/prices").status, 503);
    QCOMPARE(price->readClose().raw, s_restartClose);
    QVERIFY2(timer.elapsed() >= 1450, QByteArray::number(timer.elapsed()));
    QCOMPARE(socketIo->readClose().raw, s_emptyClose);
    price->close();
    socketIo->close();
    QCOMPARE(backend.waitForExit(), 0);
}

void tst_DemoShutdown::secondSignalEndsAtOnce()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    const auto price = openSocket(backend.port(), "/ws/prices");
    QVERIFY(price);
    QElapsedTimer timer;
    timer.start();
    backend.signal(SIGTERM);
    QVERIFY(price->readText("server_shutdown").isText());
    backend.signal(SIGINT);
    QCOMPARE(backend.waitForExit(), 1);
    QVERIFY2(timer.elapsed() < 1000, QByteArray::number(timer.elapsed()));
    QCOMPARE(price->readClose().opcode, -1);
}

QTEST_GUILESS_MAIN(tst_DemoShutdown)
#include "tst_demoshutdown.moc"
