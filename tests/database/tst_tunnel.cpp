// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels by a real forwarder: it is waited for, its failures are told with its own words, and all of it ends.
#include "models/database/watch/tunnel.h"
#include "tests/support/descendants.h"
#include "tests/support/httpserver.h"
#include "tests/support/postgresserver.h"

#include <QElapsedTimer>
#include <QFile>
#include <QHostAddress>
#include <QTcpSocket>
#include <QTest>

#include <thread>

#include <csignal>
#include <unistd.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ConnectionString at(int port, const char *host = "localhost")
{
    const auto connection =
        parseConnectionString({s("postgresql://app:Planted-Pw-77@%1:%2/shop").arg(s(host)).arg(port), {}, {}});
    return *connection;
}

QStringList forwarder(int from, int to)
{
    return {s("/usr/bin/python3"), s(SOURCE_DIR "/tests/support/forwarder.py"), QString::number(from),
            QString::number(to)};
}

/// What the port says when one connects; "(refused)" where nobody takes it.
QByteArray saidAt(int port)
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress(QHostAddress::LocalHost), quint16(port));
    if (!socket.waitForConnected(5'000))
        return "(refused)";
    socket.waitForReadyRead(5'000);
    return socket.readAll();
}

} // namespace

class TestTunnel final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup();

    void opensAndEnds();
    void endsWithAllItStarted();
    void refused_data();
    void refused();
    void takenPort();
    void cancelled();
    void diesInTheMiddle();
    void deafToTerm();
};

void TestTunnel::cleanup()
{
    QTRY_COMPARE(processesWith(s("forwarder.py")), QStringList());
    QTRY_COMPARE(processesWith(s("tunnel-of-the-test")), QStringList());
}

void TestTunnel::opensAndEnds()
{
    const ScriptedPeer peer(
        [](int descriptor, const std::atomic<bool> &) { ScriptedPeer::write(descriptor, "hello"); });
    const int port = closedPort();
    {
        Tunnel tunnel;
        const Result<void> opened = tunnel.open(forwarder(port, peer.port()), at(port), {});
        QVERIFY2(opened, qPrintable(opened ? QString() : opened.error().toString()));
        QVERIFY(tunnel.isRunning());
        QCOMPARE(saidAt(port), QByteArray("hello"));
        QTRY_VERIFY2(tunnel.lastWords().contains(s("Proxying")), qPrintable(tunnel.lastWords()));
    }
    QCOMPARE(saidAt(port), QByteArray("(refused)"));
}

/// A script that starts the real command and stays with it, as wrappers do.
void TestTunnel::endsWithAllItStarted()
{
    const ScriptedPeer peer(
        [](int descriptor, const std::atomic<bool> &) { ScriptedPeer::write(descriptor, "hello"); });
    const int port = closedPort();
    Tunnel tunnel;
    const QStringList script{s("/bin/sh"), s("-c"),
                             s("/usr/bin/python3 '%1' %2 %3 & trap '' TERM; wait; sleep 600 # tunnel-of-the-test")
                                 .arg(s(SOURCE_DIR "/tests/support/forwarder.py"))
                                 .arg(port)
                                 .arg(peer.port())};
    const Result<void> opened = tunnel.open(script, at(port), {});
    QVERIFY2(opened, qPrintable(opened ? QString() : opened.error().toString()));
    QVERIFY(processesWith(s("tunnel-of-the-test")).size() >= 1);
    tunnel.close();
    QCOMPARE(processesWith(s("forwarder.py")), QStringList());
    QCOMPARE(processesWith(s("tunnel-of-the-test")), QStringList());
}

void TestTunnel::refused_data()
{
    QTest::addColumn<QStringList>("argv");
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("says");
    const QString python = s("/usr/bin/python3");
    QTest::newRow("no command") << QStringList() << s("localhost") << int(ErrorKind::Usage) << s("no command");
    QTest::newRow("another computer") << QStringList{python} << s("db.example.com") << int(ErrorKind::Usage)
                                      << s("does not lead to a port of this computer");
    QTest::newRow("no such program") << QStringList{s("no-such-program-77")} << s("localhost") << int(ErrorKind::Io)
                                     << s("no program \"no-such-program-77\"");
    QTest::newRow("no program") << QStringList{s("/etc/hostname")} << s("localhost") << int(ErrorKind::Io)
                                << s("cannot be run");
    QTest::newRow("ends") << QStringList{python, s("-c"),
                                         s("import sys; sys.exit('log in first, not with Planted-Pw-77')")}
                          << s("localhost") << int(ErrorKind::Io) << s("ended before it listened: log in first");
    QTest::newRow("never listens") << QStringList{python, s("-c"),
                                                  s("import time; time.sleep(600) # tunnel-of-the-test")}
                                   << s("127.0.0.1") << int(ErrorKind::Timeout) << s("does not accept after");
}

void TestTunnel::refused()
{
    QFETCH(QStringList, argv);
    QFETCH(QString, host);
    Tunnel tunnel;
    TunnelOptions options;
    options.timeout = Milliseconds(2'000);
    const Result<void> opened = tunnel.open(argv, at(closedPort(), host.toUtf8().constData()), options);
    QVERIFY(!opened);
    QVERIFY(!tunnel.isRunning());
    QTEST(int(opened.error().kind), "kind");
    QFETCH(QString, says);
    QVERIFY2(opened.error().message.contains(says), qPrintable(opened.error().toString()));
    QVERIFY2(!opened.error().toString().contains(s("Planted")), qPrintable(opened.error().toString()));
}

void TestTunnel::takenPort()
{
    const ScriptedPeer peer([](int, const std::atomic<bool> &) {});
    Tunnel tunnel;
    const Result<void> opened = tunnel.open(forwarder(peer.port(), 9), at(peer.port()), {});
    QVERIFY(!opened);
    QCOMPARE(int(opened.error().kind), int(ErrorKind::Usage));
    QVERIFY2(opened.error().message.contains(s("listens at port")), qPrintable(opened.error().toString()));
}

void TestTunnel::cancelled()
{
    TunnelOptions options;
    options.timeout = Milliseconds(60'000);
    options.cancelled = std::make_shared<std::atomic<bool>>(false);
    std::thread canceller([&options] {
        while (processesWith(s("tunnel-of-the-test")).isEmpty())
            std::this_thread::yield();
        options.cancelled->store(true);
    });
    Tunnel tunnel;
    QElapsedTimer clock;
    clock.start();
    const Result<void> opened =
        tunnel.open({s("/usr/bin/python3"), s("-c"), s("import time; time.sleep(600) # tunnel-of-the-test")},
                    at(closedPort()), options);
    canceller.join();
    QVERIFY(!opened);
    QCOMPARE(int(opened.error().kind), int(ErrorKind::Cancelled));
    QVERIFY(clock.elapsed() < 20'000);
}

void TestTunnel::diesInTheMiddle()
{
    const int port = closedPort();
    Tunnel tunnel;
    QVERIFY(tunnel.open(forwarder(port, 9), at(port), {}));
    const QStringList pids = processesWith(s("forwarder.py"));
    QCOMPARE(pids.size(), 1);
    QCOMPARE(::kill(pids[0].toInt(), SIGKILL), 0);
    QTRY_VERIFY(!tunnel.isRunning());
    tunnel.close();
}

void TestTunnel::deafToTerm()
{
    const int port = closedPort();
    Tunnel tunnel;
    const Result<void> opened = tunnel.open(
        {s("/usr/bin/python3"), s("-c"),
         s("import signal, socket, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nt = socket.socket()\n"
           "t.bind(('127.0.0.1', %1))\nt.listen()\ntime.sleep(600) # tunnel-of-the-test")
             .arg(port)},
        at(port), {});
    QVERIFY2(opened, qPrintable(opened ? QString() : opened.error().toString()));
    QElapsedTimer clock;
    clock.start();
    tunnel.close();
    QVERIFY(clock.elapsed() < 20'000);
    QCOMPARE(processesWith(s("tunnel-of-the-test")), QStringList());
}

QTEST_GUILESS_MAIN(TestTunnel)
#include "tst_tunnel.moc"
