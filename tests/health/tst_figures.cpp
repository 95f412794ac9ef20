// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/figures.h"

#include <QTest>

#include <random>

using namespace Switchyard;
using std::chrono::seconds;

namespace {

Instant at(int second)
{
    return Instant(seconds(second));
}

} // namespace

class FiguresTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nothingMeasuredIsNothing();
    void countsOutages();
    void partsAddUp();
};

void FiguresTest::nothingMeasuredIsNothing()
{
    const QList<StateInterval> unknown{{MonitorState::Unknown, at(0), at(50)},
                                       {MonitorState::Paused, at(50), at(90)},
                                       {MonitorState::ColdStart, at(90), at(95)}};
    for (const QList<StateInterval> &intervals : {QList<StateInterval>(), unknown}) {
        const UptimeFigures figures = uptimeFigures(intervals, at(0), at(100));
        QVERIFY(!figures.uptime);
        QVERIFY(!figures.outages);
        QVERIFY(!figures.longest);
        QVERIFY(!figures.budget(0.999));
        QCOMPARE(figures.coverage, 0.0);
    }
}

void FiguresTest::countsOutages()
{
    const QList<StateInterval> intervals{
        {MonitorState::Up, at(0), at(20)},      {MonitorState::Down, at(20), at(25)},
        {MonitorState::Down, at(25), at(30)},   {MonitorState::Recovering, at(30), at(40)},
        {MonitorState::Paused, at(40), at(60)}, {MonitorState::Down, at(60), at(66)},
        {MonitorState::Up, at(66), at(80)}};
    const UptimeFigures figures = uptimeFigures(intervals, at(0), at(100));
    QVERIFY(figures.measured == seconds(60));
    QVERIFY(figures.down == seconds(16));
    QVERIFY(figures.longest == Clock::duration(seconds(10)));
    QCOMPARE(figures.outages, std::optional(2));
    QCOMPARE(figures.coverage, 0.6);
    QVERIFY(std::abs(*figures.uptime - 44.0 / 60) < 1e-12);
    const auto budget = figures.budget(0.75);
    QVERIFY(budget->allowed == seconds(15));
    QVERIFY(budget->left == seconds(-1));
    QVERIFY(!figures.budget(99.9));
}

void FiguresTest::partsAddUp()
{
    std::mt19937 random(11);
    for (int round = 0; round < 500; ++round) {
        QList<StateInterval> intervals;
        int now = 0;
        while (now < 1'000) {
            const int begin = now + int(random() % 3) * 5;
            now = begin + int(random() % 60);
            intervals += {MonitorState(random() % 7), at(begin), at(now)};
        }
        const int cut = int(random() % 1'000);
        const UptimeFigures whole = uptimeFigures(intervals, at(0), at(1'000));
        const UptimeFigures left = uptimeFigures(intervals, at(0), at(cut));
        const UptimeFigures right = uptimeFigures(intervals, at(cut), at(1'000));
        QVERIFY(left.measured + right.measured == whole.measured);
        QVERIFY(left.down + right.down == whole.down);
        QVERIFY(!whole.uptime || (*whole.uptime >= 0 && *whole.uptime <= 1));
        QVERIFY(whole.coverage >= 0 && whole.coverage <= 1);
    }
}

QTEST_GUILESS_MAIN(FiguresTest)
#include "tst_figures.moc"
