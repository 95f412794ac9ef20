// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthcheck.h"
#include "models/health/samplejson.h"
#include "tests/support/cli.h"
#include "tests/support/httpserver.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTest>

using namespace Switchyard;

class HealthCheckTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void keepsTheOrder();
    void emptyListFinishes();
    void cancelTellsWhatIsThere();
    void checkAgainDropsTheFirst();
    void destructionWhileRunning();
    void jsonOfASample();
    void jsonFitsItsSchema();

private:
    ProbeTarget target(const QString &path) const;
    static QList<ProbeSample> samplesOf(const QSignalSpy &spy)
    {
        return spy.first().first().value<QList<ProbeSample>>();
    }

    std::unique_ptr<HttpServer> m_server;
};

void HealthCheckTest::init()
{
    m_server = std::make_unique<HttpServer>();
    m_server->setBehaviour("/health", {});
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(200);
    m_server->setBehaviour("/slow", slow);
    slow.beforeAnswer = Milliseconds(60'000);
    m_server->setBehaviour("/stuck", slow);
}

ProbeTarget HealthCheckTest::target(const QString &path) const
{
    ProbeTarget target;
    target.id = QStringLiteral("same");
    target.url = m_server->url(path);
    return target;
}

void HealthCheckTest::keepsTheOrder()
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.check(
        {target(QStringLiteral("/slow")), target(QStringLiteral("/health")), target(QStringLiteral("/absent"))});
    QVERIFY(check.isRunning());
    QVERIFY(spy.wait());
    QVERIFY(!check.isRunning());
    const QList<ProbeSample> samples = samplesOf(spy);
    QCOMPARE(samples.size(), 3);
    QVERIFY(*samples[0].phases.total >= 195);
    QCOMPARE(samples[1].status, 200);
    QCOMPARE(samples[2].status, 404);
    for (const ProbeSample &sample : samples)
        QCOMPARE(sample.targetId, QStringLiteral("same"));
}

void HealthCheckTest::emptyListFinishes()
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.check({});
    QCOMPARE(spy.size(), 0);
    QVERIFY(spy.wait());
    QVERIFY(samplesOf(spy).isEmpty());
}

void HealthCheckTest::cancelTellsWhatIsThere()
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.cancel();
    QCOMPARE(spy.size(), 0);
    check.check({target(QStringLiteral("/stuck")), target(QStringLiteral("/slow"))});
    QTRY_COMPARE(m_server->requests().size(), 2);
    check.cancel();
    QCOMPARE(spy.size(), 1);
    const QList<ProbeSample> samples = samplesOf(spy);
    QCOMPARE(samples.size(), 2);
    QCOMPARE(samples[0].errorKind, ErrorKind::Cancelled);
    QCOMPARE(samples[0].targetId, QStringLiteral("same"));
    // What was on its way does not come later.
    QVERIFY(!spy.wait(300));
}

void HealthCheckTest::checkAgainDropsTheFirst()
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.check({target(QStringLiteral("/slow")), target(QStringLiteral("/slow"))});
    QTRY_COMPARE(m_server->requests().size(), 2);
    check.check({target(QStringLiteral("/health"))});
    QVERIFY(spy.wait());
    QCOMPARE(samplesOf(spy).size(), 1);
    QVERIFY(!spy.wait(300));
}

void HealthCheckTest::destructionWhileRunning()
{
    auto check = std::make_unique<HealthCheck>();
    check->check({target(QStringLiteral("/stuck"))});
    QTRY_COMPARE(m_server->requests().size(), 1);
    const Instant start = Clock::now();
    check.reset();
    QVERIFY(toMs(Clock::now() - start) < 200);
}

void HealthCheckTest::jsonOfASample()
{
    ProbeSample sample;
    sample.state = ProbeState::Up;
    sample.status = 200;
    sample.phases.dns = 1.23456;
    sample.phases.total = 20;
    sample.certificate = CertificateInfo{QStringLiteral("CN=a"), QStringLiteral("CN=b"), 86'400, -3, {}};
    const QJsonObject object = probeSampleToJson(sample, QStringLiteral("https://u:hush@example.com/?token=hush"));
    QVERIFY(!object[QStringLiteral("url")].toString().contains(QStringLiteral("hush")));
    QCOMPARE(object[QStringLiteral("state")].toString(), QStringLiteral("up"));
    const QJsonObject phases = object[QStringLiteral("phases")].toObject();
    QCOMPARE(phases[QStringLiteral("dns")].toDouble(), 1.235);
    for (const char *absent : {"connect", "tls", "first_byte", "transfer"})
        QVERIFY(phases[QLatin1StringView(absent)].isNull());
    QCOMPARE(object[QStringLiteral("certificate")][QStringLiteral("not_after")].toString(),
             QStringLiteral("1970-01-02T00:00:00Z"));
    QVERIFY(object[QStringLiteral("reason")].isNull());
}

void HealthCheckTest::jsonFitsItsSchema()
{
    const TestCertificates certificates;
    HttpServer expired(certificates.expired());
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    ProbeTarget tls = target(QStringLiteral("/health"));
    tls.url = expired.url(QStringLiteral("/health"), QStringLiteral("localhost"));
    tls.caFile = certificates.caFile();
    ProbeTarget refused = target(QStringLiteral("/health"));
    refused.url = QStringLiteral("http://127.0.0.1:%1/").arg(closedPort());
    ProbeTarget unusable = target(QStringLiteral("/health"));
    unusable.url = QStringLiteral("nonsense");
    const QList<ProbeTarget> targets{target(QStringLiteral("/health")), target(QStringLiteral("/absent")), tls, refused,
                                     unusable};
    check.check(targets);
    QVERIFY(spy.wait());
    QStringList urls;
    for (const ProbeTarget &one : targets)
        urls += one.url;
    const QByteArray document = QJsonDocument(healthCheckToJson(samplesOf(spy), urls)).toJson();
    const QString invalid = Testing::validate(QStringLiteral("health-check"), document);
    if (invalid.startsWith(QStringLiteral("skip:")))
        QSKIP(qPrintable(invalid));
    QVERIFY2(invalid.isEmpty(), qPrintable(invalid));
}

QTEST_GUILESS_MAIN(HealthCheckTest)
#include "tst_healthcheck.moc"
