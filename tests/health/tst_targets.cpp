// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/targets.h"

#include <QTest>

using namespace Switchyard;

class TargetsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void joinsUrl_data();
    void joinsUrl();
    void resolvesHeaders();
    void unresolvedHeaderIsAnError();
    void looksForTheInstance();
    void idsDiffer();
    void backendWithoutUrl();
};

namespace {

Backend backend()
{
    Backend made;
    made.name = QStringLiteral("render");
    made.url = QStringLiteral("https://api.example.com");
    return made;
}

HealthEndpoint endpoint(const QString &path = QStringLiteral("/health"))
{
    HealthEndpoint made;
    made.path = path;
    return made;
}

} // namespace

void TargetsTest::joinsUrl_data()
{
    QTest::addColumn<QString>("base");
    QTest::addColumn<QString>("path");
    QTest::newRow("plain") << QStringLiteral("https://a.example") << QStringLiteral("/health?x=1");
    QTest::newRow("slash at the end") << QStringLiteral("https://a.example//") << QStringLiteral("/health?x=1");
    QTest::newRow("no slash at all") << QStringLiteral("https://a.example") << QStringLiteral("health?x=1");
}

void TargetsTest::joinsUrl()
{
    QFETCH(QString, base);
    QFETCH(QString, path);
    Backend made = backend();
    made.url = base;
    const Result<ProbeTarget> target = probeTargetFor(made, endpoint(path));
    QVERIFY(target);
    QCOMPARE(target->url, QStringLiteral("https://a.example/health?x=1"));
}

void TargetsTest::resolvesHeaders()
{
    qputenv("SWITCHYARD_TEST_TOKEN", "hush");
    HealthEndpoint made = endpoint();
    made.headers.insert(QStringLiteral("X-Probe"), {QStringLiteral("switchyard")});
    made.headers.insert(QStringLiteral("Authorization"), {QStringLiteral("env:SWITCHYARD_TEST_TOKEN")});
    made.timeout = Milliseconds(1234);
    made.expect.status = QStringLiteral("204");
    const Result<ProbeTarget> target = probeTargetFor(backend(), made);
    QVERIFY(target);
    QCOMPARE(target->headers.value(QStringLiteral("X-Probe")), QStringLiteral("switchyard"));
    QCOMPARE(target->headers.value(QStringLiteral("Authorization")), QStringLiteral("hush"));
    QCOMPARE(target->timeout, Milliseconds(1234));
    QCOMPARE(target->expect, made.expect);
}

void TargetsTest::unresolvedHeaderIsAnError()
{
    qunsetenv("SWITCHYARD_TEST_TOKEN");
    HealthEndpoint made = endpoint();
    made.headers.insert(QStringLiteral("Authorization"), {QStringLiteral("env:SWITCHYARD_TEST_TOKEN")});
    const Result<ProbeTarget> target = probeTargetFor(backend(), made);
    QVERIFY(!target);
    QCOMPARE(target.error().kind, ErrorKind::Usage);
    QVERIFY(target.error().message.startsWith(QStringLiteral("header Authorization: ")));
}

void TargetsTest::looksForTheInstance()
{
    Backend made = backend();
    made.instanceId = {QStringLiteral("x-instance"), QStringLiteral("/version"), QStringLiteral("/build")};
    QCOMPARE(probeTargetFor(made, endpoint())->instanceHeader, QStringLiteral("x-instance"));
    QCOMPARE(probeTargetFor(made, endpoint())->instancePointer, QString());
    QCOMPARE(probeTargetFor(made, endpoint(QStringLiteral("/version")))->instancePointer, QStringLiteral("/build"));
    QVERIFY(!probeTargetFor(made, endpoint(QStringLiteral("/version")))->instanceFromBody);
    made.instanceId.jsonPointer.clear();
    QVERIFY(probeTargetFor(made, endpoint(QStringLiteral("/version")))->instanceFromBody);
    QVERIFY(!probeTargetFor(made, endpoint())->instanceFromBody);
}

void TargetsTest::idsDiffer()
{
    HealthEndpoint live = endpoint();
    live.kind = EndpointKind::Live;
    QVERIFY(probeTargetFor(backend(), endpoint())->id != probeTargetFor(backend(), live)->id);
}

void TargetsTest::backendWithoutUrl()
{
    Backend made = backend();
    made.url.clear();
    const Result<ProbeTarget> target = probeTargetFor(made, endpoint());
    QVERIFY(!target);
    QCOMPARE(target.error().kind, ErrorKind::Usage);
}

QTEST_GUILESS_MAIN(TargetsTest)
#include "tst_targets.moc"
