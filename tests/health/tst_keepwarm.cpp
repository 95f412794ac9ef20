// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/keepwarm.h"

#include <QTest>

using namespace Switchyard;

namespace {

Monitor monitorOf(int intervalMinutes, int warmMinutes)
{
    Monitor monitor;
    monitor.interval = std::chrono::minutes(intervalMinutes);
    if (warmMinutes > 0)
        monitor.keepWarm = std::chrono::minutes(warmMinutes);
    return monitor;
}

FreePlan freePlan()
{
    const auto catalogue = PlatformCatalogue::load();
    return catalogue.has_value() ? catalogue->find(QStringLiteral("render"))->free : FreePlan();
}

} // namespace

class KeepWarmTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoIsNotKeptAwakeCostsNothing();
    void countsRequests();
    void knowsWhatSleepsAnyway();
    void claimsNothingOfUnknownPlatforms();
};

void KeepWarmTest::whoIsNotKeptAwakeCostsNothing()
{
    const FreePlan plan = freePlan();
    QVERIFY(!keepWarmCost(monitorOf(1, 0), &plan));
}

void KeepWarmTest::countsRequests()
{
    const FreePlan plan = freePlan();
    const auto rare = keepWarmCost(monitorOf(60, 4), &plan);
    QVERIFY(rare);
    QCOMPARE(rare->probesADay, 24);
    QCOMPARE(rare->warmingADay, 360);
    QCOMPARE(rare->awake, std::optional<bool>(true));
    QCOMPARE(rare->hoursAMonth, std::optional<int>(730));
    const QString text = keepWarmText(*rare, &plan);
    for (const char *part : {"360 requests a day", "24 probes", "730 hours a month", "750 hours"})
        QVERIFY2(text.contains(QLatin1StringView(part)), qPrintable(text));
    // Its probes are often enough: nothing is sent beside them.
    const auto often = keepWarmCost(monitorOf(1, 4), &plan);
    QCOMPARE(often->warmingADay, 0);
    QCOMPARE(often->probesADay, 1'440);
    QCOMPARE(often->silence, Milliseconds(60'000));
    QVERIFY(!keepWarmText(*often, &plan).contains(QStringLiteral("beside")));
}

void KeepWarmTest::knowsWhatSleepsAnyway()
{
    const FreePlan plan = freePlan();
    const auto seldom = keepWarmCost(monitorOf(60, 15), &plan);
    QCOMPARE(seldom->awake, std::optional<bool>(false));
    QVERIFY(!seldom->hoursAMonth);
    QVERIFY(keepWarmText(*seldom, &plan).contains(QStringLiteral("15 min")));
    Monitor port = monitorOf(60, 4);
    port.target.type = EndpointType::Tcp;
    QCOMPARE(keepWarmCost(port, &plan)->awake, std::optional<bool>(false));
}

void KeepWarmTest::claimsNothingOfUnknownPlatforms()
{
    const auto cost = keepWarmCost(monitorOf(60, 4), nullptr);
    QVERIFY(cost);
    QVERIFY(!cost->awake);
    QVERIFY(!cost->hoursAMonth);
    QVERIFY(!keepWarmText(*cost, nullptr).contains(QStringLiteral("hours")));
}

QTEST_GUILESS_MAIN(KeepWarmTest)
#include "tst_keepwarm.moc"
