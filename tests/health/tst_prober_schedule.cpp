// SPDX-License-Identifier: GPL-3.0-or-later
// The prober's rhythm, its count, and what cancels. The answers themselves stand in tst_prober.cpp.
#include "models/health/prober.h"
#include "tests/support/httpserver.h"

#include <QSignalSpy>
#include <QTest>

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>

using namespace Switchyard;

namespace {

/// Holds back the resolver for names under stuck.invalid, as a dead name server does, until released.
struct StuckResolver
{
    std::mutex mutex;
    std::condition_variable changed;
    int waiting = 0;
    bool released = false;
};

StuckResolver &stuckResolver()
{
    static auto *resolver = new StuckResolver; // never destroyed: detached resolver threads look at it to the end
    return *resolver;
}

} // namespace

/// Stands before the C library's, for libcurl too: the executable's symbols come first.
extern "C" int getaddrinfo(const char *node, const char *service, const addrinfo *hints, addrinfo **result)
{
    using Function = int (*)(const char *, const char *, const addrinfo *, addrinfo **);
    if (node && std::strstr(node, "stuck.invalid")) {
        StuckResolver &resolver = stuckResolver();
        std::unique_lock lock(resolver.mutex);
        ++resolver.waiting;
        resolver.changed.notify_all();
        resolver.changed.wait(lock, [&resolver] { return resolver.released; });
        --resolver.waiting;
        resolver.changed.notify_all();
        return EAI_AGAIN;
    }
    static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(node, service, hints, result);
}

class ProberScheduleTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanupTestCase();
    void keepsItsRate();
    void stuckTargetDelaysNobody();
    void batchesAtMostTenASecond();
    void immediateSamplesComeAtOnce();
    void phaseShiftsTheFirstProbe();
    void countsWhatTheCapHoldsBack();
    void unscheduleIsFinal();
    void unscheduleAllCancelsSingleProbes();
    void rescheduleReplaces();
    void restartAfterUnschedule();
    void survivesDestructionInItsSlot();
    void destructionWhileProbesRun();
    void destructionWhileANameIsResolved();
    void nameTimeoutIsExact();

private:
    ProbeTarget target(const QByteArray &path, const QString &id = QStringLiteral("t")) const;

    std::unique_ptr<HttpServer> m_server;
    std::unique_ptr<Prober> m_prober;
    QList<ProbeSample> m_samples;
    int m_batches = 0;
};

void ProberScheduleTest::init()
{
    m_prober.reset();
    m_samples.clear();
    m_batches = 0;
    m_server = std::make_unique<HttpServer>();
    m_server->setBehaviour("/health", {});
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(400);
    m_server->setBehaviour("/slow", slow);
    slow.beforeAnswer = Milliseconds(60'000);
    m_server->setBehaviour("/stuck", slow);
    m_prober = std::make_unique<Prober>();
    connect(m_prober.get(), &Prober::samplesReady, this, [this](const QList<ProbeSample> &samples) {
        m_samples += samples;
        ++m_batches;
    });
}

void ProberScheduleTest::cleanupTestCase()
{
    m_prober.reset();
    m_server.reset();
    // The held lookups end before the process does.
    StuckResolver &resolver = stuckResolver();
    std::unique_lock lock(resolver.mutex);
    resolver.released = true;
    resolver.changed.notify_all();
    resolver.changed.wait(lock, [&resolver] { return resolver.waiting == 0; });
}

ProbeTarget ProberScheduleTest::target(const QByteArray &path, const QString &id) const
{
    ProbeTarget target;
    target.id = id;
    target.url = m_server->url(QString::fromLatin1(path));
    return target;
}

void ProberScheduleTest::keepsItsRate()
{
    constexpr double interval = 250;
    constexpr double span = 3000;
    const Instant start = Clock::now();
    m_prober->schedule(target("/slow"), Milliseconds(250));
    QTRY_VERIFY_WITH_TIMEOUT(toMs(Clock::now() - start) >= span, 5000);
    const quint64 due = m_prober->scheduledCount(QStringLiteral("t"));
    QVERIFY2(due == 12 || due == 13, QByteArray::number(due));
    // Every one that was due has left, each answer taking longer than the interval.
    QTRY_VERIFY_WITH_TIMEOUT(quint64(m_samples.size()) >= due, 3000);
    std::sort(m_samples.begin(), m_samples.end(), [](const auto &a, const auto &b) { return a.sentAt < b.sentAt; });
    double drift = 0;
    for (quint64 i = 0; i < due; ++i)
        drift += qAbs(toMs(m_samples[qsizetype(i)].sentAt - start) - double(i) * interval);
    QVERIFY2(drift / double(due) < 20, QByteArray::number(drift / double(due)));
    QVERIFY(std::all_of(m_samples.cbegin(), m_samples.cend(), [](const ProbeSample &sample) {
        return sample.state == ProbeState::Up && *sample.phases.firstByte >= 395;
    }));
}

void ProberScheduleTest::stuckTargetDelaysNobody()
{
    ProbeTarget stuck = target("/stuck", QStringLiteral("stuck"));
    stuck.timeout = Milliseconds(60'000);
    m_prober->schedule(stuck, Milliseconds(50));
    const Instant start = Clock::now();
    m_prober->schedule(target("/health"), Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(m_samples.size() >= 20, 5000);
    for (qsizetype i = 0; i < m_samples.size(); ++i) {
        const ProbeSample &sample = m_samples[i];
        QCOMPARE(sample.targetId, QStringLiteral("t"));
        QVERIFY2(*sample.phases.total < 50, QByteArray::number(*sample.phases.total));
        QVERIFY(qAbs(toMs(sample.sentAt - start) - double(i) * 50) < 45);
    }
}

void ProberScheduleTest::batchesAtMostTenASecond()
{
    for (int i = 0; i < 10; ++i)
        m_prober->schedule(target("/health", QString::number(i)), Milliseconds(50), Milliseconds(5 * i));
    const Instant start = Clock::now();
    QTRY_VERIFY_WITH_TIMEOUT(toMs(Clock::now() - start) >= 1000, 3000);
    QVERIFY2(m_samples.size() > 150, QByteArray::number(m_samples.size()));
    QVERIFY2(m_batches <= 12, QByteArray::number(m_batches));
}

void ProberScheduleTest::immediateSamplesComeAtOnce()
{
    m_prober->setImmediate(true);
    QList<double> lags;
    connect(m_prober.get(), &Prober::samplesReady, this, [&lags](const QList<ProbeSample> &samples) {
        for (const ProbeSample &sample : samples)
            lags += toMs(Clock::now() - sample.doneAt);
    });
    m_prober->schedule(target("/health"), Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(lags.size() >= 10, 5000);
    std::sort(lags.begin(), lags.end());
    QVERIFY2(lags[5] < 20, QByteArray::number(lags[5]));
}

void ProberScheduleTest::phaseShiftsTheFirstProbe()
{
    const Instant start = Clock::now();
    m_prober->schedule(target("/health"), Milliseconds(10'000), Milliseconds(200));
    QCOMPARE(m_prober->scheduledCount(QStringLiteral("t")), quint64(0));
    QTRY_COMPARE(m_samples.size(), 1);
    const double sent = toMs(m_samples.first().sentAt - start);
    QVERIFY2(sent >= 200 && sent < 250, QByteArray::number(sent));
    QCOMPARE(m_prober->scheduledCount(QStringLiteral("t")), quint64(1));
}

void ProberScheduleTest::countsWhatTheCapHoldsBack()
{
    ProbeTarget stuck = target("/stuck");
    stuck.timeout = Milliseconds(60'000);
    m_prober->schedule(stuck, Milliseconds(50));
    QTRY_VERIFY_WITH_TIMEOUT(m_prober->scheduledCount(QStringLiteral("t")) >= 24, 5000);
    QCOMPARE(m_server->connectionCount(), 20);
    QVERIFY(m_samples.isEmpty());
    // Those that ran are nobody's fault when they are called back; those held back stay missing.
    m_prober->unscheduleAll();
    QVERIFY(m_prober->scheduledCount(QStringLiteral("t")) >= 4);
    QVERIFY(m_prober->scheduledCount(QStringLiteral("t")) < 20);
}

void ProberScheduleTest::unscheduleIsFinal()
{
    m_prober->schedule(target("/slow"), Milliseconds(100));
    m_prober->schedule(target("/health", QStringLiteral("other")), Milliseconds(100));
    const auto samplesOf = [this](const QString &id) {
        return quint64(std::count_if(m_samples.cbegin(), m_samples.cend(),
                                     [&id](const ProbeSample &sample) { return sample.targetId == id; }));
    };
    QTRY_VERIFY(samplesOf(QStringLiteral("t")) >= 2);
    m_prober->unschedule(QStringLiteral("t"));
    const quint64 before = samplesOf(QStringLiteral("t"));
    // What was due and not handed over was called back: count and samples agree.
    QCOMPARE(m_prober->scheduledCount(QStringLiteral("t")), before);
    const quint64 others = samplesOf(QStringLiteral("other"));
    QTRY_VERIFY(samplesOf(QStringLiteral("other")) >= others + 8);
    QCOMPARE(samplesOf(QStringLiteral("t")), before);
    QCOMPARE(m_prober->scheduledCount(QStringLiteral("t")), before);
}

void ProberScheduleTest::unscheduleAllCancelsSingleProbes()
{
    m_prober->probeOnce(target("/slow"));
    QTRY_COMPARE(m_server->connectionCount(), 1);
    m_prober->unscheduleAll();
    m_prober->probeOnce(target("/slow", QStringLiteral("next")));
    QTRY_COMPARE(m_samples.size(), 1);
    QCOMPARE(m_samples.first().targetId, QStringLiteral("next"));
    QCOMPARE(m_prober->scheduledCount(QStringLiteral("next")), quint64(0));
}

void ProberScheduleTest::rescheduleReplaces()
{
    m_prober->schedule(target("/stuck"), Milliseconds(50));
    QTRY_VERIFY(m_prober->scheduledCount(QStringLiteral("t")) >= 3);
    m_prober->schedule(target("/health"), Milliseconds(200));
    QVERIFY(m_prober->scheduledCount(QStringLiteral("t")) <= 1);
    QTRY_COMPARE(m_samples.size(), 3);
    QCOMPARE(m_samples.last().state, ProbeState::Up);
    QCOMPARE(m_prober->scheduledCount(QStringLiteral("t")), quint64(3));
}

void ProberScheduleTest::restartAfterUnschedule()
{
    for (int round = 0; round < 3; ++round) {
        m_samples.clear();
        m_prober->schedule(target("/health"), Milliseconds(50));
        QTRY_VERIFY(m_samples.size() >= 2);
        m_prober->unscheduleAll();
    }
}

void ProberScheduleTest::survivesDestructionInItsSlot()
{
    bool gone = false;
    connect(m_prober.get(), &Prober::samplesReady, this, [this, &gone] {
        m_prober.reset();
        gone = true;
    });
    m_prober->setImmediate(true);
    m_prober->schedule(target("/health"), Milliseconds(50));
    QTRY_VERIFY(gone);
}

void ProberScheduleTest::destructionWhileProbesRun()
{
    for (int i = 0; i < 10; ++i)
        m_prober->schedule(target("/stuck", QString::number(i)), Milliseconds(50));
    QTRY_VERIFY(m_server->connectionCount() >= 50);
    const Instant start = Clock::now();
    m_prober.reset();
    const double took = toMs(Clock::now() - start);
    QVERIFY2(took < 200, QByteArray::number(took));
}

void ProberScheduleTest::destructionWhileANameIsResolved()
{
    ProbeTarget unknown = target("/health");
    unknown.url = QStringLiteral("http://nonexistent.invalid/");
    m_prober->probeOnce(unknown);
    unknown.url = QStringLiteral("https://held.stuck.invalid/");
    m_prober->schedule(unknown, Milliseconds(50));
    const auto waiting = [] {
        const std::lock_guard lock(stuckResolver().mutex);
        return stuckResolver().waiting;
    };
    QTRY_VERIFY(waiting() >= 3);
    const Instant start = Clock::now();
    m_prober.reset();
    const double took = toMs(Clock::now() - start);
    QVERIFY2(took < 200, QByteArray::number(took));
    QVERIFY(waiting() >= 3);
}

void ProberScheduleTest::nameTimeoutIsExact()
{
    ProbeTarget stuck = target("/health");
    stuck.url = QStringLiteral("http://timeout.stuck.invalid/");
    stuck.timeout = Milliseconds(250);
    m_prober->probeOnce(stuck);
    QTRY_COMPARE(m_samples.size(), 1);
    const ProbeSample &sample = m_samples.first();
    QCOMPARE(sample.errorKind, ErrorKind::Timeout);
    QVERIFY2(sample.reason.startsWith(QStringLiteral("timed out after 250 ms in name resolution")),
             qPrintable(sample.reason));
    QVERIFY2(*sample.phases.total >= 249 && *sample.phases.total < 300, QByteArray::number(*sample.phases.total));
    QVERIFY(!sample.phases.dns);
}

QTEST_GUILESS_MAIN(ProberScheduleTest)
#include "tst_prober_schedule.moc"
