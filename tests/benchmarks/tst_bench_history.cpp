// SPDX-License-Identifier: GPL-3.0-or-later
// The history of 100 monitors over 30 days, beside a plain SQLite table with an index on series and time in the same
// run: insert rate, bytes a sample, and the time to open 30 days of one monitor (aim: under 100 ms at 10,000,000).
// Number of samples by SWITCHYARD_HISTORY_SAMPLES (default 300,000; 10,000,000 for the figures of the record).
#include "models/history/reader.h"
#include "tests/support/historyfiles.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <random>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr int monitors = 100;
constexpr int batch = 5000;
constexpr int buckets = 1000;
constexpr qint64 day = 24 * historyHourMs;
constexpr qint64 start = 20'000 * day;

/// The samples in order of time, the same in each walk.
class Samples final
{
public:
    explicit Samples(qint64 count)
        : m_interval(30 * day / std::max<qint64>(count / monitors, 1))
    {
    }
    void next(HistorySample &sample, int &monitor)
    {
        monitor = int(m_at % monitors);
        sample.timeMs = start + m_at / monitors * m_interval + monitor * 7;
        ++m_at;
        const double slow = m_latency(m_random);
        sample.dnsUs = qint64(slow * 0.05);
        sample.connectUs = qint64(slow * 0.1);
        sample.tlsUs = qint64(slow * 0.25);
        sample.firstByteUs = qint64(slow * 0.55);
        sample.transferUs = qint64(slow * 0.05);
        sample.latencyUs = qint64(slow);
        const bool bad = m_random() % 500 == 0;
        sample.state = bad ? HistoryDown : HistoryUp;
        sample.status = bad ? 503 : 200;
        sample.note = bad ? QStringLiteral("HTTP 503 Service Unavailable") : QString();
    }

private:
    const qint64 m_interval;
    qint64 m_at = 0;
    std::mt19937 m_random{5};
    std::lognormal_distribution<double> m_latency{11, 0.8};
};

double seconds(const QElapsedTimer &timer)
{
    return double(timer.nsecsElapsed()) / 1e9;
}

double cpuSeconds()
{
    struct rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval &t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// So that the next reading comes from the disk.
void forget(const QString &path)
{
    for (const QString &name : {path, path + QStringLiteral("-wal")}) {
        const int fd = ::open(QFile::encodeName(name).constData(), O_RDONLY);
        if (fd < 0)
            continue;
        ::fdatasync(fd);
        ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        ::close(fd);
    }
}

struct Times
{
    double median = 0, worst = 0; ///< ms
};

/// Of 20 monitors, each once.
template <typename F>
Times timesOf(F &&open)
{
    std::vector<double> all;
    for (int i = 0; i < 20; ++i) {
        QElapsedTimer timer;
        timer.start();
        if (!open(i * 5 + 2))
            return {-1, -1};
        all.push_back(seconds(timer) * 1000);
    }
    std::sort(all.begin(), all.end());
    return {all[all.size() / 2], all.back()};
}

QString nameOf(int monitor)
{
    return QStringLiteral("health/backend-%1/health").arg(monitor);
}

} // namespace

class HistoryBenchmark : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void ours();
    void plainTable();

private:
    Times show(const char *what, const std::function<bool(int)> &open, const QString &path) const;
    bool openThirtyDays(int monitor, qint64 wanted) const;
    QString file(const char *name) const { return m_folder.filePath(QLatin1StringView(name)); }
    QTemporaryDir m_folder;
    qint64 m_count = 300'000;
};

void HistoryBenchmark::initTestCase()
{
    bool given = false;
    const qint64 asked = qEnvironmentVariable("SWITCHYARD_HISTORY_SAMPLES").toLongLong(&given);
    if (given)
        m_count = std::clamp<qint64>(asked, monitors * 100, 100'000'000);
    m_count -= m_count % monitors;
    std::printf("%lld samples of %d monitors over 30 days\n", static_cast<long long>(m_count), monitors);
}

Times HistoryBenchmark::show(const char *what, const std::function<bool(int)> &open, const QString &path) const
{
    forget(path);
    const Times cold = timesOf([&](int monitor) {
        forget(path);
        return open(monitor);
    });
    const Times warm = timesOf(open);
    std::printf("  30 days of one, %-34s median %6.1f ms, worst %6.1f; from disk %6.1f, %6.1f\n", what, warm.median,
                warm.worst, cold.median, cold.worst);
    std::fflush(stdout);
    return warm;
}

/// What the tab shows: the plot, the figures of the window, the last failures.
bool HistoryBenchmark::openThirtyDays(int monitor, qint64 wanted) const
{
    const auto reader = HistoryReader::open(file("ours"));
    const auto plot = reader->plot(nameOf(monitor), start, start + 30 * day, buckets);
    const auto total = reader->total(nameOf(monitor), start, start + 30 * day);
    const auto failures = reader->failures(nameOf(monitor), start, start + 30 * day, 20);
    qint64 count = 0;
    for (const HistoryBucket &bucket : plot->buckets)
        count += bucket.count;
    return count == wanted && total->all.count == wanted && total->all.latencies.percentile(99) && failures;
}

void HistoryBenchmark::ours()
{
    HistoryOptions options;
    options.maintainEvery = options.checkEvery = Milliseconds(0);
    options.keepSamples = options.keepRollups = Milliseconds(0);
    options.now = [] { return start + 31 * day; };
    const qint64 each = m_count / monitors;
    const auto open = [&](int monitor) { return openThirtyDays(monitor, each); };
    QElapsedTimer timer;
    {
        auto store = HistoryStore::open(file("ours"), options);
        QVERIFY(store.has_value());
        Samples samples(m_count);
        HistorySample sample;
        int monitor = 0;
        std::vector<QString> names;
        for (int i = 0; i < monitors; ++i)
            names.push_back(nameOf(i));
        timer.start();
        const double cpu = cpuSeconds();
        for (qint64 i = 0; i < m_count; ++i) {
            samples.next(sample, monitor);
            sample.series = names[std::size_t(monitor)];
            (*store)->append(sample);
            if (i % 100'000 == 99'999)
                QVERIFY((*store)->flush(Milliseconds(60'000)).has_value());
        }
        QVERIFY((*store)->flush(Milliseconds(60'000)).has_value());
        const double took = seconds(timer);
        std::printf("history: %.0f samples/s, %.1f µs of CPU a sample\n", double(m_count) / took,
                    (cpuSeconds() - cpu) * 1e6 / double(m_count));
        QCOMPARE((*store)->status().dropped, 0);
        QCOMPARE((*store)->status().written, m_count);
    }
    std::printf("  %.1f bytes a sample\n", double(QFileInfo(file("ours")).size()) / double(m_count));
    const Times raw = show("nothing rolled up:", open, file("ours"));
    {
        forget(file("ours"));
        timer.restart();
        auto store = HistoryStore::open(file("ours"), options);
        std::printf("  opened for writing in %.1f ms, from disk\n", seconds(timer) * 1000);
        timer.restart();
        QVERIFY((*store)->maintain(Milliseconds(600'000)).has_value());
        std::printf("  rolled up in %.1f s\n", seconds(timer));
        timer.restart();
        QVERIFY((*store)->check(Milliseconds(600'000)).has_value());
        std::printf("  checked in %.1f s\n", seconds(timer));
    }
    const qint64 size = QFileInfo(file("ours")).size();
    std::printf("  %.1f bytes a sample with roll-ups\n", double(size) / double(m_count));
    const Times sealed = show("rolled up:", open, file("ours"));
    {
        options.keepSamples = std::chrono::hours(8 * 24); // now is a day after the last one
        auto store = HistoryStore::open(file("ours"), options);
        timer.restart();
        QVERIFY((*store)->maintain(Milliseconds(600'000)).has_value());
        std::printf("  23 days thinned in %.1f s\n", seconds(timer));
    }
    const Times thinned = show("7 days of samples left:", open, file("ours"));
    for (const Times &times : {raw, sealed, thinned})
        QVERIFY(times.median >= 0);
    if (m_count >= 10'000'000) {
        QVERIFY(sealed.median < 100);
        QVERIFY(thinned.median < 100);
    }
}

void HistoryBenchmark::plainTable()
{
    const OtherConnection plain(file("plain"));
    QCOMPARE(plain.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;"
                       "CREATE TABLE samples(id INTEGER PRIMARY KEY, series INTEGER, time INTEGER, state INTEGER, "
                       "latency INTEGER, dns INTEGER, connect INTEGER, tls INTEGER, first_byte INTEGER, "
                       "transfer INTEGER, status INTEGER, note TEXT); CREATE INDEX place ON samples(series, time)"),
             SQLITE_OK);
    sqlite3_stmt *insert = nullptr;
    QCOMPARE(
        sqlite3_prepare_v2(plain.db(), "INSERT INTO samples VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?)", -1, &insert, nullptr),
        SQLITE_OK);
    Samples samples(m_count);
    HistorySample sample;
    int monitor = 0;
    QElapsedTimer timer;
    timer.start();
    const double cpu = cpuSeconds();
    for (qint64 i = 0; i < m_count; ++i) {
        if (i % batch == 0)
            QCOMPARE(plain.run("BEGIN"), SQLITE_OK);
        samples.next(sample, monitor);
        const qint64 values[] = {
            monitor,           sample.timeMs, sample.state,        *sample.latencyUs,  *sample.dnsUs,
            *sample.connectUs, *sample.tlsUs, *sample.firstByteUs, *sample.transferUs, sample.status};
        for (int at = 0; at < 10; ++at)
            sqlite3_bind_int64(insert, at + 1, values[at]);
        const QByteArray note = sample.note.toUtf8();
        if (note.isEmpty())
            sqlite3_bind_null(insert, 11);
        else
            sqlite3_bind_text(insert, 11, note.constData(), int(note.size()), SQLITE_TRANSIENT);
        QCOMPARE(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
        if (i % batch == batch - 1 || i == m_count - 1)
            QCOMPARE(plain.run("COMMIT"), SQLITE_OK);
    }
    const double took = seconds(timer);
    sqlite3_finalize(insert);
    std::printf("plain table: %.0f samples/s, %.1f µs of CPU a sample\n", double(m_count) / took,
                (cpuSeconds() - cpu) * 1e6 / double(m_count));
    QCOMPARE(plain.run("PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
    std::printf("  %.1f bytes a sample\n", double(QFileInfo(file("plain")).size()) / double(m_count));
    const Times times = show(
        "all rows, percentiles by sorting:",
        [this](int wanted) {
            const OtherConnection reader(file("plain"));
            sqlite3_stmt *read = nullptr;
            sqlite3_prepare_v2(reader.db(), "SELECT time, state, latency FROM samples WHERE series = ? ORDER BY time",
                               -1, &read, nullptr);
            sqlite3_bind_int(read, 1, wanted);
            qint64 count = 0;
            std::vector<std::vector<qint64>> parts(buckets);
            std::vector<qint64> all;
            while (sqlite3_step(read) == SQLITE_ROW) {
                const qint64 part = (sqlite3_column_int64(read, 0) - start) * buckets / (30 * day);
                parts[std::size_t(std::clamp<qint64>(part, 0, buckets - 1))].push_back(sqlite3_column_int64(read, 2));
                all.push_back(sqlite3_column_int64(read, 2));
                ++count;
            }
            sqlite3_finalize(read);
            for (std::vector<qint64> &part : parts)
                std::sort(part.begin(), part.end());
            std::sort(all.begin(), all.end());
            return count == m_count / monitors;
        },
        file("plain"));
    QVERIFY(times.median >= 0);
}

int main(int argc, char **argv)
{
    // At 10,000,000 samples each part takes longer than the five minutes that QtTest allows.
    qputenv("QTEST_FUNCTION_TIMEOUT", "3600000");
    QCoreApplication application(argc, argv);
    HistoryBenchmark benchmark;
    return QTest::qExec(&benchmark, argc, argv);
}
#include "tst_bench_history.moc"
