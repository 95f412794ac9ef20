// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitortracker.h"

#include <QTest>

using namespace Switchyard;
using std::chrono::seconds;

namespace {

Monitor monitorWith(int failures, int recoveries)
{
    Monitor monitor;
    monitor.id = QStringLiteral("m");
    monitor.interval = seconds(30);
    monitor.target.timeout = seconds(10);
    monitor.failures = failures;
    monitor.recoveries = recoveries;
    return monitor;
}

ProbeSample sampleAt(int second, ProbeState state, const QString &reason = {})
{
    ProbeSample sample;
    sample.targetId = QStringLiteral("m");
    sample.sentAt = Instant(seconds(second));
    sample.wallMs = qint64(second) * 1000;
    sample.state = state;
    sample.status = state == ProbeState::Down ? 500 : 200;
    sample.phases.total = 12;
    sample.reason = reason;
    return sample;
}

/// Feeds one probe every 30 s: "u" up, "d" degraded, "x" down. Gives the first letter of the state after each.
QString played(MonitorTracker &tracker, const QString &outcomes, int from = 0)
{
    QString states;
    for (int i = 0; i < outcomes.size(); ++i) {
        const QChar what = outcomes[i];
        const ProbeState state = what == u'u' ? ProbeState::Up : what == u'd' ? ProbeState::Degraded : ProbeState::Down;
        (void)tracker.take(sampleAt(from + i * 30, state, state == ProbeState::Up ? QString() : QStringLiteral("why")));
        states += monitorStateName(tracker.state()).at(0);
    }
    return states;
}

} // namespace

class MonitorTrackerTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void playsTheRules_data();
    void playsTheRules();
    void tellsWhatChanged();
    void lapseIsNoDowntime();
    void pausedStandsStill();
    void rateOfFailuresDegrades();
    void wakingIsNoFailure();
    void wakingTooLongIsFailure();
    void awakeInstanceGetsNoGrace();
};

void MonitorTrackerTest::playsTheRules_data()
{
    QTest::addColumn<int>("failures");
    QTest::addColumn<int>("recoveries");
    QTest::addColumn<QString>("outcomes");
    QTest::addColumn<QString>("states");
    const auto row = [](const char *name, int failures, int recoveries, const char *outcomes, const char *states) {
        QTest::newRow(name) << failures << recoveries << QString::fromLatin1(outcomes) << QString::fromLatin1(states);
    };
    row("first answer decides", 3, 2, "u", "u");
    row("first failure does not", 3, 2, "xxx", "uud"); // unknown, unknown, down
    row("two failures are none", 3, 2, "uxxuxxu", "uuuuuuu");
    row("three are down", 3, 2, "uxxxx", "uuudd");
    row("two answers bring it back", 3, 2, "uxxxuu", "uuudru");
    row("one recovery asked for", 3, 1, "uxxxu", "uuudu");
    row("relapse is down at once", 3, 3, "uxxxuuxuuu", "uuudrrdrru");
    row("degraded at once", 3, 2, "udd", "udd");
    row("degraded ends after two good", 3, 2, "uduu", "uddu");
    row("good ones must be in a row", 3, 2, "ududuu", "uddddu");
    row("down out of degraded", 2, 1, "dxx", "ddd");
    row("recovers to degraded", 1, 2, "xdd", "drd");
}

void MonitorTrackerTest::playsTheRules()
{
    QFETCH(int, failures);
    QFETCH(int, recoveries);
    QFETCH(QString, outcomes);
    MonitorTracker tracker(monitorWith(failures, recoveries));
    QTEST(played(tracker, outcomes), "states");
}

void MonitorTrackerTest::tellsWhatChanged()
{
    MonitorTracker tracker(monitorWith(2, 2));
    const auto up = tracker.take(sampleAt(0, ProbeState::Up));
    QVERIFY(up);
    QVERIFY(up->from == MonitorState::Unknown && up->to == MonitorState::Up);
    QVERIFY(up->lasted == Clock::duration::zero());
    QVERIFY(!tracker.take(sampleAt(30, ProbeState::Down, QStringLiteral("HTTP 500"))));
    QCOMPARE(tracker.failuresInRow(), 1);
    const auto down = tracker.take(sampleAt(60, ProbeState::Down, QStringLiteral("HTTP 502")));
    QVERIFY(down);
    QVERIFY(down->to == MonitorState::Down);
    QCOMPARE(down->cause, QStringLiteral("HTTP 502"));
    QVERIFY(down->lasted == seconds(60));
    QCOMPARE(down->wallMs, 60'000);
    const auto recovering = tracker.take(sampleAt(90, ProbeState::Up));
    QVERIFY(recovering && recovering->to == MonitorState::Recovering);
    QVERIFY(recovering->lasted == seconds(30));
    const auto back = tracker.take(sampleAt(120, ProbeState::Up));
    QVERIFY(back && back->to == MonitorState::Up);
    QVERIFY(back->cause.isEmpty());
    QVERIFY(tracker.cause().isEmpty());
}

void MonitorTrackerTest::lapseIsNoDowntime()
{
    MonitorTracker tracker(monitorWith(2, 2));
    QCOMPARE(played(tracker, QStringLiteral("ux")), QStringLiteral("uu"));
    const auto lapsed = tracker.lapse(Instant(seconds(200)), 200'000, QStringLiteral("this machine slept"));
    QVERIFY(lapsed && lapsed->to == MonitorState::Unknown);
    QCOMPARE(lapsed->cause, QStringLiteral("this machine slept"));
    QVERIFY(!tracker.lapse(Instant(seconds(210)), 210'000, QStringLiteral("this machine slept")));
    // The failure before the gap and the one after it are not two in a row.
    QCOMPARE(played(tracker, QStringLiteral("xx"), 300), QStringLiteral("ud"));
    QVERIFY(tracker.lapseAfter() == seconds(71));
}

void MonitorTrackerTest::pausedStandsStill()
{
    MonitorTracker tracker(monitorWith(1, 1));
    played(tracker, QStringLiteral("u"));
    const auto paused = tracker.pause(Instant(seconds(40)), 40'000);
    QVERIFY(paused && paused->from == MonitorState::Up && paused->to == MonitorState::Paused);
    QVERIFY(!tracker.take(sampleAt(60, ProbeState::Down, QStringLiteral("late"))));
    QVERIFY(!tracker.lapse(Instant(seconds(90)), 90'000, QStringLiteral("x")));
    QVERIFY(tracker.state() == MonitorState::Paused);
    const auto resumed = tracker.resume(Instant(seconds(100)), 100'000);
    QVERIFY(resumed && resumed->to == MonitorState::Unknown);
    QVERIFY(resumed->lasted == seconds(60));
    QVERIFY(!tracker.resume(Instant(seconds(101)), 101'000));
}

void MonitorTrackerTest::rateOfFailuresDegrades()
{
    Monitor monitor = monitorWith(3, 2);
    MonitorTracker tracker(monitor);
    // One in four, never two in a row: 2 of 11 are less than a fifth, 3 of 12 are more.
    QCOMPARE(played(tracker, QStringLiteral("uuuxuuuxuuux")), QStringLiteral("uuuuuuuuuuud"));
    QVERIFY2(tracker.cause().contains(QStringLiteral("3 of the last 12")), qPrintable(tracker.cause()));
    monitor.target.degraded.errorPercent = 50;
    MonitorTracker lenient(monitor);
    QCOMPARE(played(lenient, QStringLiteral("uuuxuuuxuuux")), QStringLiteral("uuuuuuuuuuuu"));
}

void MonitorTrackerTest::wakingIsNoFailure()
{
    Monitor monitor = monitorWith(1, 1);
    monitor.sleep = Monitor::Sleep{seconds(900), seconds(60), {}};
    MonitorTracker tracker(monitor);
    const auto timedOut = [](int second) {
        ProbeSample sample = sampleAt(second, ProbeState::Down, QStringLiteral("timed out"));
        sample.status = 0;
        sample.errorKind = ErrorKind::Timeout;
        return sample;
    };
    (void)tracker.take(timedOut(0));
    QVERIFY(tracker.state() == MonitorState::ColdStart);
    QVERIFY2(tracker.cause().contains(QStringLiteral("timed out")), qPrintable(tracker.cause()));
    ProbeSample slow = sampleAt(30, ProbeState::Up);
    slow.phases.total = 8'000;
    (void)tracker.take(slow);
    QVERIFY(tracker.state() == MonitorState::ColdStart);
    (void)tracker.take(sampleAt(60, ProbeState::Up));
    QVERIFY(tracker.state() == MonitorState::Up);
    // Awake and asked every 30 s, a timeout is a failure again.
    (void)tracker.take(timedOut(90));
    QVERIFY(tracker.state() == MonitorState::Down);
}

void MonitorTrackerTest::wakingTooLongIsFailure()
{
    Monitor monitor = monitorWith(2, 1);
    monitor.sleep = Monitor::Sleep{seconds(900), seconds(60), {}};
    MonitorTracker tracker(monitor);
    for (const int second : {0, 30, 60, 90, 120}) {
        ProbeSample sample = sampleAt(second, ProbeState::Down, QStringLiteral("HTTP 502"));
        sample.status = 502;
        (void)tracker.take(sample);
        QVERIFY(tracker.state() == (second <= 90 ? MonitorState::ColdStart : MonitorState::Down));
    }
}

void MonitorTrackerTest::awakeInstanceGetsNoGrace()
{
    Monitor monitor = monitorWith(1, 1);
    monitor.sleep = Monitor::Sleep{seconds(900), seconds(60), {}};
    MonitorTracker tracker(monitor);
    (void)tracker.take(sampleAt(0, ProbeState::Down, QStringLiteral("HTTP 500"))); // its own answer: it does not sleep
    QVERIFY(tracker.state() == MonitorState::Down);
    MonitorTracker notReady(monitor);
    ProbeSample answer = sampleAt(0, ProbeState::Down, QStringLiteral("HTTP 503"));
    answer.status = 503;
    (void)notReady.take(answer);
    QVERIFY(notReady.state() == MonitorState::Down);
}

QTEST_GUILESS_MAIN(MonitorTrackerTest)

#include "tst_monitortracker.moc"
