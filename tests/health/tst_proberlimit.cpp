// SPDX-License-Identifier: GPL-3.0-or-later
// How many connections are made at a time, who waits, and that nobody waits for a target that is not there.
#include "models/health/healthcheck.h"
#include "models/health/prober.h"
#include "models/health/targets.h"
#include "tests/support/httpserver.h"

#include <QSignalSpy>
#include <QTest>

#include <sys/resource.h>

#include <algorithm>

using namespace Switchyard;

class ProberLimitTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void spreadsPhases();
    void blackHoleMovesNobody();
    void blackHolesLeaveRoom();
    void waitsInOrderOfDueTime();
    void slowAnswersHoldNoPlace();
    void tellsWhenFilesDoNotReach();
};

namespace {

QString holeUrl(const FullBacklog &hole)
{
    return QStringLiteral("http://127.0.0.1:%1/").arg(hole.port());
}

double lateMs(const ProbeSample &sample)
{
    return toMs(sample.sentAt - sample.dueAt);
}

double quantile(QList<double> values, double share)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? -1 : values[qsizetype(share * double(values.size() - 1))];
}

} // namespace

void ProberLimitTest::spreadsPhases()
{
    using std::chrono::duration_cast;
    QCOMPARE(phaseOf(0, 4, Milliseconds(100)), Microseconds(0));
    QCOMPARE(phaseOf(3, 4, Milliseconds(100)), Microseconds(75'000));
    QCOMPARE(phaseOf(999, 1000, Milliseconds(100)), Microseconds(99'900));
    QCOMPARE(phaseOf(4, 4, Milliseconds(100)), Microseconds(0));
    QCOMPARE(phaseOf(-1, 4, Milliseconds(100)), Microseconds(0));
    QCOMPARE(phaseOf(0, 0, Milliseconds(100)), Microseconds(0));
    // No two nearer than a third less than even, over a day too.
    const Microseconds day = std::chrono::hours(24);
    for (int n = 1; n < 7; ++n)
        QVERIFY(std::chrono::abs(phaseOf(n, 7, day) - phaseOf(n - 1, 7, day) - day / 7) <= Microseconds(1));
}

void ProberLimitTest::blackHoleMovesNobody()
{
    HttpServer server;
    server.setBehaviour("/health", {});
    const FullBacklog hole;
    Prober prober;
    QList<double> late;
    QList<double> totals;
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &samples) {
        for (const ProbeSample &sample : samples) {
            if (sample.targetId == QStringLiteral("hole"))
                continue;
            late += lateMs(sample);
            totals += sample.state == ProbeState::Up ? *sample.phases.total : 1e9;
        }
    });
    for (int n = 0; n < 100; ++n) {
        ProbeTarget target;
        target.id = n == 50 ? QStringLiteral("hole") : QString::number(n);
        target.url = n == 50 ? holeUrl(hole) : server.url(QStringLiteral("/health"));
        target.timeout = Milliseconds(n == 50 ? 60'000 : 2'000);
        prober.schedule(target, Milliseconds(100), phaseOf(n, 100, Milliseconds(100)));
    }
    QTRY_VERIFY_WITH_TIMEOUT(prober.scheduledCount(QStringLiteral("0")) >= 30, 10'000);
    QTRY_VERIFY_WITH_TIMEOUT(late.size() >= 29 * 99, 3'000);
    // The machine may be held up for a moment; a hole that held the others back would show in most of them.
    QVERIFY2(quantile(late, 0.5) < 2, QByteArray::number(quantile(late, 0.5)));
    QVERIFY2(quantile(totals, 0.5) < 20, QByteArray::number(quantile(totals, 0.5)));
    QVERIFY2(quantile(late, 0.95) < 50, QByteArray::number(quantile(late, 0.95)));
    QVERIFY(prober.scheduledCount(QStringLiteral("hole")) >= 29);
}

void ProberLimitTest::blackHolesLeaveRoom()
{
    HttpServer server;
    server.setBehaviour("/health", {});
    const FullBacklog hole;
    Prober prober;
    QVERIFY(prober.setConnectionLimit(8));
    int good = 0;
    QList<double> late;
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &samples) {
        for (const ProbeSample &sample : samples) {
            good += sample.state == ProbeState::Up ? 1 : 0;
            late += lateMs(sample);
        }
    });
    // Alone it could have twenty under way, more than there is room for.
    ProbeTarget target;
    target.id = QStringLiteral("hole");
    target.url = holeUrl(hole);
    target.timeout = Milliseconds(60'000);
    prober.schedule(target, Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(prober.scheduledCount(QStringLiteral("hole")) >= 12, 5'000);
    target.id = QStringLiteral("good");
    target.url = server.url(QStringLiteral("/health"));
    prober.schedule(target, Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(good >= 10, 5'000);
    QVERIFY2(quantile(late, 0.5) < 5, QByteArray::number(quantile(late, 0.5)));
}

void ProberLimitTest::waitsInOrderOfDueTime()
{
    // Each connect takes as long as the handshake: one at a time.
    TestCertificates certificates;
    HttpServer server(certificates.good());
    server.setBehaviour("/health", {});
    server.setConnectionBehaviour({ConnectionBehaviour::Tls::Handshake, Milliseconds(40)});
    Prober prober;
    QVERIFY(prober.setConnectionLimit(1));
    QList<ProbeSample> samples;
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &some) { samples += some; });
    for (int n = 0; n < 8; ++n) {
        ProbeTarget target;
        target.id = QString::number(n);
        target.url = server.url(QStringLiteral("/health"), QStringLiteral("localhost"));
        target.caFile = certificates.caFile();
        prober.probeOnce(target);
    }
    QTRY_COMPARE_WITH_TIMEOUT(samples.size(), 8, 5'000);
    std::sort(samples.begin(), samples.end(), [](const auto &a, const auto &b) { return a.sentAt < b.sentAt; });
    for (int n = 0; n < 8; ++n) {
        QCOMPARE(samples[n].targetId, QString::number(n));
        QCOMPARE(samples[n].state, ProbeState::Up);
        // Its time begins when it leaves: waiting is lateness, not latency.
        QVERIFY2(lateMs(samples[n]) >= n * 40 - 1, QByteArray::number(lateMs(samples[n])));
        QVERIFY2(*samples[n].phases.total < 40 * (n + 2) || n > 3, QByteArray::number(*samples[n].phases.total));
    }
}

void ProberLimitTest::slowAnswersHoldNoPlace()
{
    HttpServer server;
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(1'000);
    server.setBehaviour("/slow", slow);
    Prober prober;
    QVERIFY(prober.setConnectionLimit(2));
    QList<ProbeSample> samples;
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &some) { samples += some; });
    for (int n = 0; n < 30; ++n) {
        ProbeTarget target;
        target.id = QString::number(n);
        target.url = server.url(QStringLiteral("/slow"));
        prober.probeOnce(target);
    }
    // All thirty wait for their answers at the same time.
    QTRY_COMPARE_WITH_TIMEOUT(server.requests().size(), 30, 900);
    QTRY_COMPARE_WITH_TIMEOUT(samples.size(), 30, 5'000);
}

void ProberLimitTest::tellsWhenFilesDoNotReach()
{
    rlimit before{};
    QCOMPARE(getrlimit(RLIMIT_NOFILE, &before), 0);
    Prober prober;
    // A lower hard limit could be raised again by root only, so the most that may be asked for is asked for.
    const Result<void> most = prober.setConnectionLimit(20'000);
    rlimit raised{};
    getrlimit(RLIMIT_NOFILE, &raised);
    QCOMPARE(raised.rlim_cur, raised.rlim_max);
    QCOMPARE(most.has_value(), raised.rlim_max >= 40'100);
    if (!most) {
        QCOMPARE(most.error().kind, ErrorKind::Io);
        QVERIFY2(most.error().hint.contains(QStringLiteral("ulimit -Hn")), qPrintable(most.error().toString()));
    }
    QVERIFY(prober.setConnectionLimit(1));
}

QTEST_GUILESS_MAIN(ProberLimitTest)
#include "tst_proberlimit.moc"
