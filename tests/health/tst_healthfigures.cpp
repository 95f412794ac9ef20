// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthfigures.h"

#include <QTest>

using namespace Switchyard;
using std::chrono::seconds;

namespace {

Instant at(int second)
{
    return Instant(seconds(second));
}

/// One probe every 10 s from 0: "u" up in 5 ms, "d" degraded in 700 ms, "x" failed, "." not probed.
QList<HealthPoint> probes(const char *outcomes)
{
    QList<HealthPoint> points;
    for (int i = 0; outcomes[i] != 0; ++i) {
        if (outcomes[i] == 'u')
            points.append({at(i * 10), ProbeState::Up, Microseconds(5'000)});
        else if (outcomes[i] == 'd')
            points.append({at(i * 10), ProbeState::Degraded, Microseconds(700'000)});
        else if (outcomes[i] == 'x')
            points.append({at(i * 10), ProbeState::Down, std::nullopt});
    }
    return points;
}

int secondsOf(const std::optional<Clock::duration> &duration)
{
    return duration ? int(std::chrono::duration_cast<seconds>(*duration).count()) : -1;
}

} // namespace

class HealthFiguresTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void gaps_data();
    void gaps();
    void bothUptimes();
    void windowCutsOff();
};

void HealthFiguresTest::gaps_data()
{
    QTest::addColumn<QByteArray>("outcomes");
    QTest::addColumn<int>("gap"); // seconds, -1: none
    const auto row = [](const char *outcomes, int gap) {
        QTest::newRow(*outcomes ? outcomes : "nothing") << QByteArray(outcomes) << gap;
    };
    row("", -1);
    row("u", -1);
    row("xxx", -1);
    row("uuu", 10);
    row("uxxu", 30);
    row("uxuxxxuxu", 40);
    row("uxxx", 50);     // still failing: as long as the last probe speaks for its target (20 s)
    row("u.....u", -1);  // nobody looked
    row("ux.....u", 30); // failing when last seen, and for as long as that probe speaks
    row("uxxu.....uxu", 30);
    row("udxdu", 20);
}

void HealthFiguresTest::gaps()
{
    QFETCH(QByteArray, outcomes);
    const HealthFigures figures = healthFigures(probes(outcomes.constData()), {}, seconds(20), at(0), at(1'000));
    QTEST(secondsOf(figures.longestGap), "gap");
}

void HealthFiguresTest::bothUptimes()
{
    // Three failures in a row are down; the first two and a single one are not.
    const QList<StateInterval> decided{{MonitorState::Up, at(0), at(60)},
                                       {MonitorState::Down, at(60), at(80)},
                                       {MonitorState::Recovering, at(80), at(90)},
                                       {MonitorState::Up, at(90), at(120)}};
    const HealthFigures figures = healthFigures(probes("uxduxxxxuudu"), decided, seconds(20), at(0), at(120));
    QCOMPARE(secondsOf(figures.decided.down), 20);
    QCOMPARE(secondsOf(figures.raw.down), 50);
    QVERIFY(std::abs(*figures.decided.uptime - 100.0 / 120) < 1e-9);
    QVERIFY(std::abs(*figures.raw.uptime - 70.0 / 120) < 1e-9);
    QCOMPARE(figures.decided.outages, std::optional(1));
    QCOMPARE(figures.raw.outages, std::optional(2));
    QCOMPARE(secondsOf(figures.meanOutage), 20);
    QCOMPARE(figures.probes, quint64(12));
    QCOMPARE(figures.failed, quint64(5));
    QCOMPARE(figures.degraded, quint64(2));
    QCOMPARE(figures.latency.count(), quint64(7));
    QVERIFY(figures.latency.max() == Microseconds(700'000));
}

void HealthFiguresTest::windowCutsOff()
{
    const QList<HealthPoint> points = probes("uxxxuuuuuu");
    const HealthFigures figures = healthFigures(points, {}, seconds(20), at(50), at(80));
    QCOMPARE(figures.probes, quint64(3));
    QCOMPARE(secondsOf(figures.longestGap), 10);
    QCOMPARE(secondsOf(figures.raw.down), 0);
    const HealthFigures nothing = healthFigures(points, {}, seconds(20), at(500), at(600));
    QVERIFY(!nothing.raw.uptime && !nothing.longestGap && !nothing.latency.percentile(50));
}

QTEST_GUILESS_MAIN(HealthFiguresTest)

#include "tst_healthfigures.moc"
