// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/reconnect.h"

#include <QTest>

#include <algorithm>

using namespace Switchyard;
using Kind = ReconnectPolicy::Kind;

namespace {

struct Range
{
    qint64 low = std::numeric_limits<qint64>::max();
    qint64 high = 0;
};

/// What a policy answers over many seeds; a policy that gives up gives {max, 0}.
Range rangeOf(Kind kind, const ReconnectSituation &situation)
{
    Range range;
    for (unsigned seed = 1; seed <= 2000; ++seed) {
        std::minstd_rand random(seed * 7919);
        random.discard(3);
        if (const auto delay = ReconnectPolicy::delay(kind, situation, random)) {
            range.low = std::min<qint64>(range.low, delay->count());
            range.high = std::max<qint64>(range.high, delay->count());
        }
    }
    return range;
}

ReconnectSituation attempt(int number)
{
    ReconnectSituation situation;
    situation.attempt = number;
    situation.wasOpen = number == 1;
    return situation;
}

} // namespace

class tst_Reconnect final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void names();
    void ranges_data();
    void ranges();
    void announced();
    void immediateGrows();
    void givesUp();
    void sameSeedSameDelay();
};

void tst_Reconnect::names()
{
    const QList<std::pair<QString, Kind>> all{{QStringLiteral("browser-backoff"), Kind::BrowserBackoff},
                                              {QStringLiteral("notice-then-delay"), Kind::NoticeThenDelay},
                                              {QStringLiteral("socket.io-client"), Kind::SocketIoClient},
                                              {QStringLiteral("immediate"), Kind::Immediate},
                                              {QStringLiteral("none"), Kind::None}};
    for (const auto &[name, kind] : all)
        QVERIFY(ReconnectPolicy::fromName(name) == kind);
    QVERIFY(!ReconnectPolicy::fromName(QStringLiteral("Immediate")));
    QVERIFY(!ReconnectPolicy::fromName({}));
}

void tst_Reconnect::ranges_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("attempt");
    QTest::addColumn<double>("centre"); // spread over half to one and a half
    const auto add = [](const char *name, Kind kind, int number, double centre) {
        QTest::addRow("%s, attempt %d", name, number) << int(kind) << number << centre;
    };
    for (const Kind kind : {Kind::BrowserBackoff, Kind::NoticeThenDelay}) {
        const char *name = kind == Kind::BrowserBackoff ? "browser" : "notice, none came";
        add(name, kind, 0, 1000);
        add(name, kind, 1, 1000);
        add(name, kind, 2, 1500);
        add(name, kind, 3, 2250);
        add(name, kind, 7, 10000);
        add(name, kind, 1000000, 10000);
    }
    add("socket.io", Kind::SocketIoClient, 1, 1000);
    add("socket.io", Kind::SocketIoClient, 2, 2000);
    add("socket.io", Kind::SocketIoClient, 3, 4000);
    add("socket.io", Kind::SocketIoClient, 4, 5000);
    add("socket.io", Kind::SocketIoClient, 1000000, 5000);
}

void tst_Reconnect::ranges()
{
    QFETCH(int, kind);
    QFETCH(int, attempt);
    QFETCH(double, centre);
    const Range range = rangeOf(Kind(kind), ::attempt(attempt));
    // Never outside, and the whole of it is used.
    QVERIFY2(double(range.low) >= centre * 0.5 - 1 && double(range.low) < centre * 0.52, QByteArray::number(range.low));
    QVERIFY2(double(range.high) <= centre * 1.5 + 1 && double(range.high) > centre * 1.48,
             QByteArray::number(range.high));
}

void tst_Reconnect::announced()
{
    ReconnectSituation situation = attempt(1);
    situation.announced = Milliseconds(3000);
    const Range first = rangeOf(Kind::NoticeThenDelay, situation);
    QVERIFY(first.low >= 3000 && first.low < 3030);
    QVERIFY(first.high <= 4500 && first.high > 4470);
    situation.attempt = 2; // it failed: from then on as without a notice
    QVERIFY(rangeOf(Kind::NoticeThenDelay, situation).high <= 2250);
    situation.attempt = 1;
    QVERIFY(rangeOf(Kind::BrowserBackoff, situation).high <= 1500);
    situation.announced = Milliseconds(0);
    QCOMPARE(rangeOf(Kind::NoticeThenDelay, situation).high, 0);
}

void tst_Reconnect::immediateGrows()
{
    qint64 before = 0;
    for (const int number : {1, 2, 3, 8, 9, 100}) {
        const Range range = rangeOf(Kind::Immediate, attempt(number));
        QCOMPARE(range.low, range.high);
        QVERIFY(range.low >= before);
        before = range.low;
    }
    QCOMPARE(rangeOf(Kind::Immediate, attempt(0)).low, 10);
    QCOMPARE(rangeOf(Kind::Immediate, attempt(1)).low, 10);
    QCOMPARE(rangeOf(Kind::Immediate, attempt(2)).low, 50);
    QCOMPARE(before, 1000);
}

void tst_Reconnect::givesUp()
{
    std::minstd_rand random(1);
    ReconnectSituation situation = attempt(1);
    QVERIFY(!ReconnectPolicy::delay(Kind::None, situation, random));
    QVERIFY(ReconnectPolicy::delay(Kind::SocketIoClient, situation, random));
    situation.serverDisconnect = true;
    QVERIFY(!ReconnectPolicy::delay(Kind::SocketIoClient, situation, random));
    for (const Kind kind : {Kind::BrowserBackoff, Kind::NoticeThenDelay, Kind::Immediate})
        QVERIFY(ReconnectPolicy::delay(kind, situation, random));
}

void tst_Reconnect::sameSeedSameDelay()
{
    std::minstd_rand one(42);
    std::minstd_rand two(42);
    for (int i = 1; i < 20; ++i)
        QCOMPARE(ReconnectPolicy::delay(Kind::BrowserBackoff, attempt(i), one)->count(),
                 ReconnectPolicy::delay(Kind::BrowserBackoff, attempt(i), two)->count());
}

QTEST_GUILESS_MAIN(tst_Reconnect)
#include "tst_reconnect.moc"
