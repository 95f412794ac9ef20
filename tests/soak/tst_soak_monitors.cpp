// SPDX-License-Identifier: GPL-3.0-or-later
// 1,000 monitors of one second each for half an hour, recorded in a history: memory and descriptors stay flat, every
// probe comes, and the history has them all. Run by `./test --soak`, and not by the ordinary run.
#include "models/health/monitorset.h"
#include "models/health/recorder.h"
#include "models/history/reader.h"
#include "models/history/store.h"
#include "tests/support/demobackend.h"
#include "tests/support/ownprocess.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>

#include <malloc.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

/// The test framework ends a function after five minutes otherwise.
[[maybe_unused]] const bool patient = qputenv("QTEST_FUNCTION_TIMEOUT", "14400000");

constexpr int monitorCount = 1'000;
constexpr int lookEveryMs = 10'000;
/// The kept points of each monitor fill up in ten minutes of one probe a second, and SQLite's page cache (32 MB) with
/// what is written in fourteen; only after that is memory to be flat.
constexpr int warmUpMinutes = 16;
constexpr double mostGrowthMb = 2; ///< held
/// Where this machine is held up, probes pile up (1,600 connections were seen), and the heap keeps what they took for
/// the next time. A leak would be seen in what is held.
constexpr double mostGrowthOfRssMb = 40;

double rssMb()
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray text = file.readAll();
    const qsizetype at = text.indexOf("VmRSS:") + 6;
    return text.mid(at, text.indexOf("kB", at) - at).trimmed().toDouble() / 1024;
}

/// What the program holds of the memory that malloc has: what is beyond it in rssMb() is fragmentation, and what others
/// map.
double heldMb()
{
    const struct mallinfo2 info = ::mallinfo2();
    return double(info.uordblks + info.hblkhd) / (1024 * 1024);
}

double medianOf(QList<double> values)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? -1 : values[values.size() / 2];
}

} // namespace

class SoakMonitors : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void memoryStaysFlat();
};

void SoakMonitors::memoryStaysFlat()
{
    bool given = false;
    const int asked = qEnvironmentVariableIntValue("SWITCHYARD_SOAK_MINUTES", &given);
    const int minutes = given ? asked : 30;
    QVERIFY2(minutes >= warmUpMinutes + 4,
             "SWITCHYARD_SOAK_MINUTES: at least 20, of which the first 16 fill the buffers");
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("soak.sqlite"));
    auto opened = HistoryStore::open(path);
    QVERIFY(opened);
    std::unique_ptr<HistoryStore> store = *std::move(opened);

    QList<Monitor> monitors;
    for (int i = 0; i < monitorCount; ++i) {
        Monitor monitor;
        monitor.id = QStringLiteral("soak %1").arg(i);
        monitor.name = monitor.id;
        monitor.target.id = monitor.id;
        monitor.target.url = QStringLiteral("http://127.0.0.1:%1%2")
                                 .arg(backend.port())
                                 .arg(i % 2 == 0 ? QStringLiteral("/health") : QStringLiteral("/ping"));
        monitor.interval = std::chrono::seconds(1);
        monitors.append(monitor);
    }
    MonitorSet set;
    HealthRecorder recorder(&set, store.get());
    quint64 taken = 0;
    quint64 bad = 0;
    connect(&set, &MonitorSet::sampleTaken, this, [&](int, const ProbeSample &sample) {
        ++taken;
        bad += sample.state == ProbeState::Up ? 0 : 1;
    });
    set.setMonitors(monitors);

    QList<double> early, late; // megabytes held, after the warm-up and at the end
    QList<double> earlyRss, lateRss;
    QList<qsizetype> descriptors;
    const Instant start = Clock::now();
    const auto minute = [start] { return toMs(Clock::now() - start) / 60'000; };
    QTimer look;
    connect(&look, &QTimer::timeout, this, [&] {
        const double rss = rssMb();
        const double held = heldMb();
        if (minute() >= warmUpMinutes && minute() < warmUpMinutes + 2) {
            early.append(held);
            earlyRss.append(rss);
        }
        if (minute() >= minutes - 2) {
            late.append(held);
            lateRss.append(rss);
        }
        if (minute() >= warmUpMinutes)
            descriptors.append(openDescriptors());
        qInfo("%5.1f min  %6.1f MB, %6.1f held  %llu probes  %llu not up  %lld waiting", minute(), rss, held, taken,
              bad, static_cast<long long>(store->status().waiting));
    });
    look.start(lookEveryMs);
    set.start();
    QTRY_VERIFY_WITH_TIMEOUT(minute() >= minutes, minutes * 60'000 + 60'000);
    set.stop();
    QVERIFY(store->flush());

    const double growth = medianOf(late) - medianOf(early);
    const double due = double(monitorCount) * minutes * 60;
    const double growthRss = medianOf(lateRss) - medianOf(earlyRss);
    qInfo("grew by %.2f MB held, %.2f MB resident between minute %d and %d; %llu of %.0f probes; at most %lld "
          "descriptors",
          growth, growthRss, warmUpMinutes, minutes, taken, due,
          static_cast<long long>(*std::max_element(descriptors.cbegin(), descriptors.cend())));
    QVERIFY2(growth < mostGrowthMb, qPrintable(QString::number(growth)));
    QVERIFY2(growthRss < mostGrowthOfRssMb, qPrintable(QString::number(growthRss)));
    QVERIFY2(double(taken) > due * 0.99, qPrintable(QString::number(double(taken) / due)));
    QCOMPARE(bad, quint64(0));
    const auto spread = std::minmax_element(descriptors.cbegin(), descriptors.cend());
    QVERIFY2(*spread.second < 1'000, qPrintable(QString::number(*spread.second)));
    QCOMPARE(store->status().dropped, qint64(0));
    const Result<HistoryReader> reader = HistoryReader::open(path);
    QVERIFY(reader);
    const auto series = reader->summaries(true);
    QVERIFY(series);
    quint64 kept = 0;
    for (const HistorySeries &each : *series)
        kept += quint64(each.samples);
    QCOMPARE(kept, taken);
}

QTEST_GUILESS_MAIN(SoakMonitors)

#include "tst_soak_monitors.moc"
