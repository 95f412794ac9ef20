// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/networkcontrol.h"

#include <QTcpServer>
#include <QTest>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Switchyard;

class NetworkControlTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answers();
    void silence();
    void stops();
};

void NetworkControlTest::answers()
{
    QTcpServer open;
    QVERIFY(open.listen(QHostAddress::LocalHost, 0));
    QTcpServer closed;
    QVERIFY(closed.listen(QHostAddress::LocalHost, 0));
    const QString accepting = QStringLiteral("127.0.0.1:%1").arg(open.serverPort());
    const QString refusing = QStringLiteral("127.0.0.1:%1").arg(closed.serverPort());
    closed.close();
    NetworkControl control({accepting, refusing});
    QMap<QString, int> good;
    connect(&control, &NetworkControl::answered, this,
            [&](const QString &anchor, Instant, bool ok, double ms, const QString &) {
                QVERIFY(ms >= 0 && ms < 1'000);
                good[anchor] += ok ? 1 : -100;
            });
    control.start(Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(good[accepting] >= 3 && good[refusing] >= 3, 5'000);
}

void NetworkControlTest::silence()
{
    // A listener whose queue is full answers no connect at all.
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    QCOMPARE(::bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    QCOMPARE(::listen(listener, 0), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
    int fillers[4];
    for (int &filler : fillers) {
        filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ::connect(filler, reinterpret_cast<sockaddr *>(&address), sizeof address);
    }
    NetworkControl control({QStringLiteral("127.0.0.1:%1").arg(ntohs(address.sin_port))});
    int bad = 0;
    double took = 0;
    connect(&control, &NetworkControl::answered, this,
            [&](const QString &, Instant, bool ok, double ms, const QString &problem) {
                bad += ok || problem.isEmpty() ? 0 : 1;
                took = ms;
            });
    control.start(Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(bad == 1, 5'000);
    QVERIFY2(took > 1'900 && took < 2'500, qPrintable(QString::number(took)));
    for (const int filler : fillers)
        ::close(filler);
    ::close(listener);
}

void NetworkControlTest::stops()
{
    QTcpServer open;
    QVERIFY(open.listen(QHostAddress::LocalHost, 0));
    NetworkControl control({QStringLiteral("127.0.0.1:%1").arg(open.serverPort())});
    int answered = 0;
    connect(&control, &NetworkControl::answered, this, [&] { ++answered; });
    control.start(Milliseconds(20));
    QTRY_VERIFY(answered > 0);
    control.stop();
    QTest::qWait(100); // one may be under way
    const int before = answered;
    QTest::qWait(200);
    QCOMPARE(answered, before);
}

QTEST_GUILESS_MAIN(NetworkControlTest)
#include "tst_networkcontrol.moc"
