// SPDX-License-Identifier: GPL-3.0-or-later
// A wall clock that jumps must not cost the history: the guard by itself, and the store with clocks of the test's own.
#include "models/history/checker.h"
#include "models/history/clockguard.h"
#include "models/history/reader.h"
#include "tests/support/historyfiles.h"

#include <QTemporaryDir>
#include <QTest>

#include <atomic>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr qint64 hour = 3'600'000;
constexpr qint64 day = ClockGuard::dayMs;
constexpr qint64 start = 20'000 * day;

/// Both clocks as they go together, and the wall clock as somebody sets it.
struct Clocks
{
    std::atomic<qint64> wall = start;
    std::atomic<qint64> steady = 5 * hour;
    void pass(qint64 ms)
    {
        wall += ms;
        steady += ms;
    }
    HistoryOptions options()
    {
        HistoryOptions made = quietHistory();
        made.keepSamples = Milliseconds(7 * day);
        made.keepRollups = Milliseconds(400 * day);
        made.now = [this] { return wall.load(); };
        made.steady = [this] { return steady.load(); };
        return made;
    }
};

qint64 samplesIn(const QString &file)
{
    return OtherConnection(file).number("SELECT count(*) FROM samples");
}

} // namespace

class ClockGuardTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void goesWithTheClock();
    void jumpIsNotFollowed();
    void setRightAgain();
    void believedAfterADay();
    void secondJumpBeginsAnew();
    void longSleepIsNoJump();
    void setBackAndForth();
    void betweenTwoRuns();
    void storeKeepsEverything();
    void storeRemembersTheDoubt();
};

void ClockGuardTest::goesWithTheClock()
{
    ClockGuard guard;
    for (qint64 ms = 0; ms < 30 * day; ms += 10 * 60'000)
        QCOMPARE(guard.look(start + ms, ms), start + ms);
    QCOMPARE(guard.doubt(), QString());
}

void ClockGuardTest::jumpIsNotFollowed()
{
    ClockGuard guard;
    QCOMPARE(guard.look(start, 0), start);
    QCOMPARE(guard.look(start + 365 * day + hour, hour), start + hour);
    QVERIFY2(guard.doubt().contains(QStringLiteral("365 days ahead")), qPrintable(guard.doubt()));
    // An ordinary correction is no jump.
    ClockGuard other;
    QCOMPARE(other.look(start, 0), start);
    QCOMPARE(other.look(start + 3 * hour, hour), start + 3 * hour);
    QCOMPARE(other.doubt(), QString());
}

void ClockGuardTest::setRightAgain()
{
    ClockGuard guard;
    (void)guard.look(start, 0);
    (void)guard.look(start + 365 * day, hour);
    QVERIFY(!guard.doubt().isEmpty());
    QCOMPARE(guard.look(start + 2 * hour, 2 * hour), start + 2 * hour);
    QCOMPARE(guard.doubt(), QString());
}

void ClockGuardTest::believedAfterADay()
{
    ClockGuard guard;
    (void)guard.look(start, 0);
    const qint64 wrong = start + 365 * day;
    qint64 passed = hour;
    for (; passed < day; passed += hour)
        QCOMPARE(guard.look(wrong + passed, passed), start + passed);
    QVERIFY(!guard.doubt().isEmpty());
    passed += hour;
    QCOMPARE(guard.look(wrong + passed, passed), wrong + passed);
    QCOMPARE(guard.doubt(), QString());
}

void ClockGuardTest::secondJumpBeginsAnew()
{
    ClockGuard guard;
    (void)guard.look(start, 0);
    (void)guard.look(start + 365 * day, hour);
    (void)guard.look(start + 365 * day + 20 * hour, 21 * hour);
    (void)guard.look(start + 900 * day, 22 * hour);
    QCOMPARE(guard.look(start + 900 * day + 10 * hour, 32 * hour), start + 32 * hour);
    QVERIFY2(guard.doubt().contains(QStringLiteral("89")), qPrintable(guard.doubt()));
}

void ClockGuardTest::longSleepIsNoJump()
{
    ClockGuard guard;
    (void)guard.look(start, 0);
    // The steady clock counts it too.
    QCOMPARE(guard.look(start + 21 * day, 21 * day), start + 21 * day);
    QCOMPARE(guard.doubt(), QString());
}

void ClockGuardTest::setBackAndForth()
{
    ClockGuard guard;
    (void)guard.look(start, 0);
    QCOMPARE(guard.look(start - 365 * day, hour), start - 365 * day);
    QCOMPARE(guard.doubt(), QString());
    QCOMPARE(guard.look(start + 2 * hour, 2 * hour), start + 2 * hour);
    QCOMPARE(guard.doubt(), QString());
}

void ClockGuardTest::betweenTwoRuns()
{
    // Three weeks of holiday are believed, three years are not.
    ClockGuard holiday;
    holiday.recall({start, {}, 0}, {});
    QCOMPARE(holiday.look(start + 21 * day, 0), start + 21 * day);
    QCOMPARE(holiday.doubt(), QString());
    ClockGuard years;
    years.recall({}, start);
    QCOMPARE(years.look(start + 1'000 * day, 0), start);
    QVERIFY(!years.doubt().isEmpty());
    // What was doubted is doubted by the next run too, until the clock is clearly another.
    ClockGuard next;
    next.recall(years.memory(), start + 1'000 * day);
    QCOMPARE(next.look(start + 1'000 * day + hour, 7), start);
    QVERIFY(!next.doubt().isEmpty());
    ClockGuard mended;
    mended.recall(next.memory(), start + 1'000 * day);
    QCOMPARE(mended.look(start + 2 * day, 9), start + 2 * day);
    QCOMPARE(mended.doubt(), QString());
}

void ClockGuardTest::storeKeepsEverything()
{
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("history.sqlite"));
    Clocks clocks;
    auto store = HistoryStore::open(file, clocks.options());
    QVERIFY(store.has_value());
    for (int i = 0; i < 600; ++i)
        (*store)->append(historySample(start - 6 * day + i * 60'000));
    QVERIFY((*store)->flush().has_value() && (*store)->maintain().has_value());
    QCOMPARE(samplesIn(file), 600);
    QCOMPARE((*store)->status().clockDoubt, QString());

    clocks.wall += 366 * day;
    clocks.pass(hour);
    (*store)->append(historySample(clocks.wall));
    QVERIFY((*store)->flush().has_value() && (*store)->maintain().has_value());
    QCOMPARE(samplesIn(file), 601);
    QVERIFY2((*store)->status().clockDoubt.contains(QStringLiteral("366 days ahead")),
             qPrintable((*store)->status().clockDoubt));
    QVERIFY(checkHistory(file)->clockDoubt.contains(QStringLiteral("366 days ahead")));
    QCOMPARE(checkHistory(file)->problems, QStringList());

    clocks.wall -= 366 * day;
    clocks.pass(hour);
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE((*store)->status().clockDoubt, QString());
    QCOMPARE(checkHistory(file)->clockDoubt, QString());
    QCOMPARE(samplesIn(file), 601);
    // Real time goes on: what is really too old goes, so the guard is no way to keep everything for ever.
    clocks.pass(8 * day);
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(samplesIn(file), 1);
}

void ClockGuardTest::storeRemembersTheDoubt()
{
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("history.sqlite"));
    Clocks clocks;
    const auto opened = [&] { return HistoryStore::open(file, clocks.options()); };
    {
        auto store = opened();
        for (int i = 0; i < 60; ++i)
            (*store)->append(historySample(start - day + i * 60'000));
        QVERIFY((*store)->flush().has_value() && (*store)->maintain().has_value());
        clocks.wall += 500 * day;
        QVERIFY((*store)->maintain().has_value());
        // Recorded under the wrong clock: the newest sample agrees with it from now on.
        (*store)->append(historySample(clocks.wall));
        QVERIFY((*store)->flush().has_value());
    }
    clocks.pass(hour);
    {
        auto store = opened();
        QVERIFY(store.has_value() && (*store)->maintain().has_value());
        QVERIFY(!(*store)->status().clockDoubt.isEmpty());
        QCOMPARE(samplesIn(file), 61);
        for (int i = 0; i < 25; ++i) {
            clocks.pass(hour);
            QVERIFY((*store)->maintain().has_value());
        }
        // It has gone on for a day: then it is the clock.
        QCOMPARE((*store)->status().clockDoubt, QString());
        QCOMPARE(samplesIn(file), 1);
    }
}

QTEST_GUILESS_MAIN(ClockGuardTest)
#include "tst_clockguard.moc"
