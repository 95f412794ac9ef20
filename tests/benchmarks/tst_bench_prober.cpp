// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what a probe costs; asserts nothing but that the probes came. The server runs in a process of its own (this
// executable with "--serve"), so that its CPU is not counted.
#include "models/health/prober.h"
#include "tests/support/httpserver.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

using namespace Switchyard;

namespace {

double cpuMicroseconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval &time) { return double(time.tv_sec) * 1e6 + double(time.tv_usec); };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
}

double percentile(QList<double> values, double share)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? 0 : values[qsizetype(share * double(values.size() - 1))];
}

/// The test's authority among the system's: what a real probe has to load, or to find in libcurl's cache.
void writeBundle(const QString &path, const QString &caFile)
{
    QFile bundle(path);
    QFile system(QStringLiteral("/etc/ssl/certs/ca-certificates.crt"));
    QFile own(caFile);
    if (bundle.open(QIODevice::WriteOnly) && own.open(QIODevice::ReadOnly)) {
        bundle.write(own.readAll());
        if (system.open(QIODevice::ReadOnly))
            bundle.write(system.readAll());
    }
}

/// Prints the two URLs and the CA file, then serves until standard input ends.
int serve()
{
    const TestCertificates certificates;
    const QTemporaryDir folder;
    const QString bundle = folder.filePath(QStringLiteral("bundle.pem"));
    writeBundle(bundle, certificates.caFile());
    HttpServer plain;
    HttpServer tls(certificates.good());
    plain.setBehaviour("/health", {});
    tls.setBehaviour("/health", {});
    std::printf("%s\n%s\n%s\n", qPrintable(plain.url(QStringLiteral("/health"))),
                qPrintable(tls.url(QStringLiteral("/health"))), qPrintable(bundle));
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

} // namespace

class ProberBenchmark : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void cost_data();
    void cost();
    void throughput_data();
    void throughput();

private:
    QProcess m_server;
    QString m_plain, m_tls, m_caFile;
};

void ProberBenchmark::initTestCase()
{
    m_server.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--serve")});
    QList<QByteArray> lines;
    QTRY_VERIFY((lines += m_server.readAllStandardOutput().split('\n')).join().contains(".pem"));
    lines.removeAll(QByteArray());
    QCOMPARE(lines.size(), 3);
    m_plain = QString::fromLocal8Bit(lines[0]);
    m_tls = QString::fromLocal8Bit(lines[1]);
    m_caFile = QString::fromLocal8Bit(lines[2]);
}

void ProberBenchmark::cleanupTestCase()
{
    m_server.closeWriteChannel();
    QTRY_COMPARE(m_server.state(), QProcess::NotRunning);
}

void ProberBenchmark::cost_data()
{
    QTest::addColumn<bool>("tls");
    QTest::addColumn<int>("targets");
    QTest::addColumn<int>("intervalMs");
    QTest::newRow("HTTP 3 x 250 ms") << false << 3 << 250;
    QTest::newRow("HTTP 100 x 100 ms") << false << 100 << 100;
    QTest::newRow("HTTP 1000 x 1 s") << false << 1000 << 1000;
    QTest::newRow("HTTPS 100 x 1 s") << true << 100 << 1000;
}

void ProberBenchmark::cost()
{
    QFETCH(bool, tls);
    QFETCH(int, targets);
    QFETCH(int, intervalMs);
    Prober prober;
    QList<ProbeSample> samples;
    connect(&prober, &Prober::samplesReady, this, [&samples](const QList<ProbeSample> &some) { samples += some; });
    const Instant start = Clock::now();
    const double cpuBefore = cpuMicroseconds();
    for (int i = 0; i < targets; ++i) {
        ProbeTarget target;
        target.id = QString::number(i);
        target.url = tls ? m_tls : m_plain;
        target.caFile = m_caFile;
        prober.schedule(target, Milliseconds(intervalMs), Milliseconds(qint64(i) * intervalMs / targets));
    }
    QTRY_VERIFY_WITH_TIMEOUT(toMs(Clock::now() - start) > 4000, 10'000);
    const double cpu = cpuMicroseconds() - cpuBefore;
    QVERIFY(!samples.isEmpty());
    const auto up = std::count_if(samples.cbegin(), samples.cend(),
                                  [](const ProbeSample &sample) { return sample.state == ProbeState::Up; });
    QList<double> lateness, totals;
    for (const ProbeSample &sample : std::as_const(samples)) {
        const double phase = double(qint64(sample.targetId.toInt()) * intervalMs / targets);
        const double beats = (toMs(sample.sentAt - start) - phase) / intervalMs;
        lateness += (beats - std::floor(beats + 0.001)) * intervalMs;
        totals += *sample.phases.total;
    }
    qInfo("%s: %lld probes (%lld up), %.0f us CPU each (%.1f %% of a core), total p50 %.2f ms, p99 %.2f ms, sent late "
          "p99 %.2f ms",
          QTest::currentDataTag(), qlonglong(samples.size()), qlonglong(up), cpu / double(samples.size()), cpu / 4e4,
          percentile(totals, 0.5), percentile(totals, 0.99), percentile(lateness, 0.99));
}

void ProberBenchmark::throughput_data()
{
    QTest::addColumn<bool>("tls");
    QTest::newRow("HTTP") << false;
    QTest::newRow("HTTPS") << true;
}

void ProberBenchmark::throughput()
{
    QFETCH(bool, tls);
    constexpr int count = 2000;
    Prober prober;
    prober.setImmediate(true);
    int done = 0;
    ProbeTarget target;
    target.url = tls ? m_tls : m_plain;
    target.caFile = m_caFile;
    // Each answer starts the next probe: 50 run at a time.
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &samples) {
        for (qsizetype i = 0; i < samples.size(); ++i) {
            if (++done <= count - 50)
                prober.probeOnce(target);
        }
    });
    const Instant start = Clock::now();
    for (int i = 0; i < 50; ++i)
        prober.probeOnce(target);
    QTRY_VERIFY_WITH_TIMEOUT(done >= count, 60'000);
    qInfo("%s: %.0f probes a second, 50 at a time", QTest::currentDataTag(),
          count / (toMs(Clock::now() - start) / 1000));
}

int main(int argc, char **argv)
{
    if (argc > 1 && qstrcmp(argv[1], "--serve") == 0)
        return serve();
    QCoreApplication app(argc, argv);
    ProberBenchmark test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_bench_prober.moc"
