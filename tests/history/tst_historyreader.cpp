// SPDX-License-Identifier: GPL-3.0-or-later
// What readers tell, held against the samples that were put in: with all of them there, sealed, half gone and gone.
#include "models/history/export.h"
#include "models/history/reader.h"
#include "tests/support/historyfiles.h"

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr qint64 day = 24 * historyHourMs;
constexpr qint64 start = 400 * day + 17 * 60'000; // not on a round hour

const QString &seriesName()
{
    static const QString name = QStringLiteral("health/api");
    return name;
}

/// Two days of a monitor that is asked every 20 s or so, with a hole of five hours.
std::vector<HistorySample> twoDays()
{
    std::mt19937 random(11);
    std::lognormal_distribution<double> latency(11, 1);
    std::vector<HistorySample> samples;
    for (qint64 time = start; time < start + 2 * day; time += 19'000 + qint64(random() % 2000)) {
        if (time > start + 20 * historyHourMs && time < start + 25 * historyHourMs)
            continue;
        HistorySample sample = historySample(time, HistoryUp, seriesName());
        sample.latencyUs = qint64(latency(random));
        if (random() % 50 == 0) {
            sample.state = random() % 2 ? HistoryDown : HistoryDegraded;
            sample.note = QStringLiteral("reason %1").arg(samples.size());
        }
        if (sample.state == HistoryDown)
            sample.latencyUs.reset();
        samples.push_back(sample);
    }
    return samples;
}

HistoryRollup sumOf(const std::vector<HistorySample> &samples, const HistoryRange &range)
{
    HistoryRollup sum;
    for (const HistorySample &sample : samples) {
        if (sample.timeMs >= range.startMs && sample.timeMs < range.endMs)
            sum.add(sample.timeMs, sample.state, sample.latencyUs);
    }
    return sum;
}

/// Whether the bucket says what the samples of its time say.
bool agrees(const HistoryBucket &bucket, const std::vector<HistorySample> &samples)
{
    const HistoryRollup sum = sumOf(samples, {bucket.startMs, bucket.endMs});
    const auto same = [](std::optional<qint64> told, std::optional<LatencyHistogram::Microseconds> is) {
        return told.has_value() == is.has_value() && (!told || *told == is->count());
    };
    return bucket.count == sum.count && bucket.count > 0 && bucket.up == sum.up && bucket.down == sum.down &&
           bucket.degraded == sum.degraded && !bucket.damaged && same(bucket.minUs, sum.latencies.min()) &&
           same(bucket.p50Us, sum.latencies.percentile(50)) && same(bucket.p95Us, sum.latencies.percentile(95)) &&
           same(bucket.maxUs, sum.latencies.max());
}

} // namespace

class HistoryReaderTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void plots_data();
    void plots();
    void totals_data() { plots_data(); }
    void totals();
    void gapsOfASlowMonitor();
    void wrongPlots();
    void states();
    void statesOfHoursThatAreGone();
    void lastFailures();
    void summaries();
    void readersBesideAWriter();
    void exports_data();
    void exports();
    void exportIsThereWholeOrNot();

private:
    /// The folder has a history of each age; the name is the number of hours after the start that "now" is.
    QString file(int age) const { return m_folder.filePath(QString::number(age)); }
    QTemporaryDir m_folder;
    std::vector<HistorySample> m_samples = twoDays();
};

void HistoryReaderTest::initTestCase()
{
    for (const int age : {0, 49, 60, 24 * 30}) {
        HistoryOptions options = quietHistory();
        options.keepSamples = std::chrono::hours(24);
        options.now = [age] { return start + age * historyHourMs; };
        auto store = HistoryStore::open(file(age), options);
        QVERIFY(store.has_value());
        for (const HistorySample &sample : m_samples)
            (*store)->append(sample);
        (*store)->append(historySample(start, HistoryUp, QStringLiteral("another")));
        QVERIFY((*store)->flush().has_value());
        if (age > 0)
            QVERIFY((*store)->maintain().has_value());
        const qint64 left = OtherConnection(file(age)).number("SELECT count(*) FROM samples");
        QCOMPARE(left<qint64(m_samples.size()), age> 25);
        QCOMPARE(left > 1, age <= 60);
    }
}

void HistoryReaderTest::plots_data()
{
    QTest::addColumn<int>("age");
    QTest::addColumn<int>("atMost");
    QTest::addColumn<qint64>("length");
    for (const int age : {0, 49, 60, 24 * 30}) {
        for (const int atMost : {2, 7, 60, 500, 100'000}) {
            for (const qint64 length : {qint64(1), qint64(90'000), 3 * historyHourMs, 31 * historyHourMs, 30 * day})
                QTest::addRow("%d h, %d buckets of %lld s", age, atMost, static_cast<long long>(length / 1000))
                    << age << atMost << length;
        }
    }
}

void HistoryReaderTest::plots()
{
    QFETCH(int, age);
    QFETCH(int, atMost);
    QFETCH(qint64, length);
    const auto reader = HistoryReader::open(file(age));
    QVERIFY(reader.has_value());
    const qint64 from = start + 11 * historyHourMs + 1234;
    const auto plot = reader->plot(seriesName(), from, from + length, atMost);
    QVERIFY(plot.has_value());
    QVERIFY(qint64(plot->buckets.size()) <= atMost);
    QVERIFY(plot->range.startMs <= from && plot->range.endMs >= from + length);
    QVERIFY(plot->range.startMs > from - plot->widthMs && plot->range.endMs < from + length + plot->widthMs);
    QCOMPARE(plot->range.startMs % plot->widthMs, 0);
    qint64 done = INT64_MIN;
    qint64 count = 0;
    HistoryRange covered = plot->range;
    for (const HistoryBucket &bucket : plot->buckets) {
        QVERIFY(bucket.startMs >= done);
        done = bucket.endMs;
        count += bucket.count;
        QVERIFY(bucket.coarse ? bucket.endMs - bucket.startMs == historyHourMs && plot->widthMs < historyHourMs
                              : bucket.endMs - bucket.startMs == plot->widthMs);
        QVERIFY(!bucket.coarse || age > 25);
        QVERIFY(agrees(bucket, m_samples));
        covered.startMs = std::min(covered.startMs, bucket.startMs);
        covered.endMs = std::max(covered.endMs, bucket.endMs);
    }
    // None is missing: whole hours at the ends may have more than the range.
    QVERIFY(count >= sumOf(m_samples, plot->range).count && count <= sumOf(m_samples, covered).count);
    // Buckets and gaps cover it all.
    qint64 empty = 0;
    for (const HistoryRange &gap : plot->gaps) {
        QVERIFY(gap.startMs < gap.endMs && sumOf(m_samples, gap).count == 0);
        empty += gap.endMs - gap.startMs;
    }
    qint64 full = 0;
    for (const HistoryBucket &bucket : plot->buckets)
        full += std::min(bucket.endMs, plot->range.endMs) - std::max(bucket.startMs, plot->range.startMs);
    QCOMPARE(empty + full, plot->range.endMs - plot->range.startMs);
}

void HistoryReaderTest::totals()
{
    QFETCH(int, age);
    QFETCH(qint64, length);
    const auto reader = HistoryReader::open(file(age));
    const qint64 from = start + 11 * historyHourMs + 1234;
    const auto total = reader->total(seriesName(), from, from + length);
    QVERIFY(total.has_value());
    QVERIFY(total->range.startMs <= from && total->range.endMs >= from + length);
    if (age <= 25)
        QVERIFY((total->range == HistoryRange{from, from + length}));
    HistoryRollup sum = sumOf(m_samples, total->range);
    QVERIFY(total->all == sum);
    QCOMPARE(reader->total(QStringLiteral("nobody"), from, from + length)->all.count, 0);
}

void HistoryReaderTest::gapsOfASlowMonitor()
{
    const auto reader = HistoryReader::open(file(49));
    // Buckets of 5 s, a sample each 20 s: holes between all of them, and one real one.
    const qint64 from = start + 30 * historyHourMs;
    const auto fine = reader->plot(seriesName(), from, from + historyHourMs, 1000);
    QCOMPARE(fine->widthMs, 5000);
    QVERIFY(fine->gaps.size() > 100);
    QVERIFY(reader->plot(seriesName(), from, from + historyHourMs, 1000, 42'000)->gaps.empty());
    const auto hole = HistoryReader::open(file(0))->plot(seriesName(), start + 19 * historyHourMs,
                                                         start + 26 * historyHourMs, 10'000, 42'000);
    QCOMPARE(hole->gaps.size(), std::size_t(1));
    QVERIFY(hole->gaps[0].endMs - hole->gaps[0].startMs >= 5 * historyHourMs - 25'000);
}

void HistoryReaderTest::wrongPlots()
{
    const auto reader = HistoryReader::open(file(0));
    const auto wrong = [&](qint64 from, qint64 to, int atMost) {
        const auto plot = reader->plot(seriesName(), from, to, atMost);
        return !plot && plot.error().kind == ErrorKind::Usage;
    };
    QVERIFY(wrong(5, 5, 10));
    QVERIFY(wrong(6, 5, 10));
    QVERIFY(wrong(0, 5, 1));
    QVERIFY(wrong(0, 5, -1));
    QVERIFY(wrong(0, 5, 100'001));
    QVERIFY(wrong(INT64_MIN, INT64_MAX, 10));
    // As wide as it may be, and for nobody.
    QVERIFY(reader->plot(seriesName(), -(qint64(1) << 52), qint64(1) << 52, 2)->buckets.size() <= 2);
    const auto nobody = reader->plot(QStringLiteral("nobody"), 0, day, 24);
    QVERIFY(nobody->buckets.empty());
    QCOMPARE(nobody->gaps.size(), std::size_t(1));
}

void HistoryReaderTest::states()
{
    const QString path = m_folder.filePath(QStringLiteral("states"));
    auto store = HistoryStore::open(path, quietHistory());
    const std::pair<qint64, int> samples[] = {{0, HistoryUp},         {10, HistoryUp},      {20, HistoryDown},
                                              {30, HistoryDown},      {40, HistoryUp},      {100, HistoryUp},
                                              {110, HistoryDegraded}, {120, HistoryUnknown}};
    for (const auto &[time, state] : samples)
        (*store)->append(historySample(time, state, seriesName()));
    QVERIFY((*store)->flush().has_value());
    const auto reader = HistoryReader::open(path);
    // A sample holds 15 ms at most.
    const std::vector<HistoryInterval> all{{-50, 0, HistoryUnknown, false},    {0, 20, HistoryUp, false},
                                           {20, 40, HistoryDown, false},       {40, 55, HistoryUp, false},
                                           {55, 100, HistoryUnknown, false},   {100, 110, HistoryUp, false},
                                           {110, 120, HistoryDegraded, false}, {120, 200, HistoryUnknown, false}};
    QVERIFY(*reader->intervals(seriesName(), -50, 200, 15) == all);
    // What held before the start holds on.
    const std::vector<HistoryInterval> part{{25, 40, HistoryDown, false}, {40, 45, HistoryUp, false}};
    QVERIFY(*reader->intervals(seriesName(), 25, 45, 15) == part);
    const std::vector<HistoryInterval> nothing{{1000, 2000, HistoryUnknown, false}};
    QVERIFY(*reader->intervals(seriesName(), 1000, 2000, 15) == nothing);
    QVERIFY(*reader->intervals(QStringLiteral("nobody"), 1000, 2000, 15) == nothing);
    QVERIFY(reader->intervals(seriesName(), 5, 5, 15)->empty());
}

void HistoryReaderTest::statesOfHoursThatAreGone()
{
    const auto fresh = *HistoryReader::open(file(0))->intervals(seriesName(), start, start + 2 * day, 42'000);
    const auto old = *HistoryReader::open(file(24 * 30))->intervals(seriesName(), start, start + 2 * day, 42'000);
    for (const std::vector<HistoryInterval> &intervals : {fresh, old}) {
        QCOMPARE(intervals.front().startMs, start);
        QCOMPARE(intervals.back().endMs, start + 2 * day);
        for (std::size_t i = 1; i < intervals.size(); ++i)
            QCOMPARE(intervals[i].startMs, intervals[i - 1].endMs);
    }
    const auto measured = [](const std::vector<HistoryInterval> &intervals, int state) {
        qint64 all = 0;
        for (const HistoryInterval &interval : intervals)
            all += interval.state == state ? interval.endMs - interval.startMs : 0;
        return all;
    };
    QVERIFY(std::abs(measured(fresh, HistoryUnknown) - 5 * historyHourMs) < 60'000);
    QVERIFY(measured(fresh, HistoryDown) > 0 && measured(fresh, HistoryDown) < historyHourMs);
    // Of what is gone only the worst of each hour is left, and it says so.
    QCOMPARE(measured(old, HistoryUnknown), 4 * historyHourMs);
    for (const HistoryInterval &interval : old)
        QVERIFY(interval.coarse || interval.state == HistoryUnknown);
}

void HistoryReaderTest::lastFailures()
{
    std::vector<HistorySample> wanted;
    for (auto at = m_samples.rbegin(); at != m_samples.rend() && wanted.size() < 20; ++at) {
        if (at->state != HistoryUp)
            wanted.push_back(*at);
    }
    const auto reader = HistoryReader::open(file(49));
    QVERIFY(*reader->failures(seriesName(), 0, INT64_MAX, 20) == wanted);
    QVERIFY(reader->failures(seriesName(), 0, INT64_MAX, 0)->empty());
    QVERIFY(reader->failures(QStringLiteral("another"), 0, INT64_MAX, 20)->empty());
    // Found by an index of their own, however many good ones lie between.
    const OtherConnection other(file(49));
    QCOMPARE(other.number("SELECT count(*) FROM samples INDEXED BY failures WHERE state IN (2, 3)"),
             other.number("SELECT count(*) FROM samples WHERE +state IN (2, 3)"));
}

void HistoryReaderTest::summaries()
{
    for (const int age : {0, 49, 60, 24 * 30}) {
        const auto all = *HistoryReader::open(file(age))->summaries(true);
        QCOMPARE(all.size(), std::size_t(2));
        QCOMPARE(all[0].key, QStringLiteral("another"));
        QCOMPARE(all[0].samples, 1);
        QCOMPARE(all[1].samples, qint64(m_samples.size()));
        QCOMPARE(all[1].firstMs, std::optional(m_samples.front().timeMs));
        QCOMPARE(all[1].lastMs, std::optional(m_samples.back().timeMs));
        QCOMPARE(all[1].single, age == 24 * 30 ? 0 : age == 0 ? all[1].samples : all[1].single);
        QCOMPARE(HistoryReader::open(file(age))->summaries()->at(1).single, -1);
    }
}

void HistoryReaderTest::readersBesideAWriter()
{
    const QString path = m_folder.filePath(QStringLiteral("busy"));
    std::atomic<qint64> clock = start;
    HistoryOptions options = quietHistory();
    options.now = [&clock] { return clock.load(); };
    options.maintainEvery = Milliseconds(5);
    options.keepSamples = std::chrono::hours(2);
    options.batch = 200;
    auto store = HistoryStore::open(path, options);
    QVERIFY(store.has_value());
    std::atomic<bool> over = false;
    std::atomic<int> wrong = 0, rounds = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            const auto reader = HistoryReader::open(path);
            wrong += !reader;
            qint64 before = 0;
            while (reader && !over) {
                // Whatever the writer seals and deletes meanwhile: never twice, never less than before.
                const auto total = reader->total(seriesName(), 0, start + 100 * day);
                qint64 hours = 0;
                const auto rollups = reader->rollups(seriesName(), 0, start + 100 * day);
                for (std::size_t at = 0; rollups && at < rollups->size(); ++at)
                    hours += rollups->at(at).count;
                wrong += !total || !rollups || total->all.count < before || hours < total->all.count;
                before = hours;
                ++rounds;
            }
        });
    constexpr qint64 count = 20'000;
    for (qint64 i = 0; i < count; ++i) {
        (*store)->append(historySample(start + i * 1000, HistoryUp, seriesName()));
        clock = start + i * 1000;
        if (i % 1000 == 999)
            QVERIFY((*store)->flush().has_value() && (*store)->maintain().has_value());
    }
    QTRY_VERIFY(rounds > 20);
    over = true;
    for (std::thread &thread : readers)
        thread.join();
    QCOMPARE(wrong.load(), 0);
    const auto reader = HistoryReader::open(path);
    QCOMPARE(reader->total(seriesName(), 0, start + 100 * day)->all.count, count);
    QVERIFY(reader->range(seriesName(), 0, INT64_MAX, INT64_MAX)->size() < std::size_t(count));
}

void HistoryReaderTest::exports_data()
{
    QTest::addColumn<bool>("csv");
    QTest::newRow("CSV") << true;
    QTest::newRow("JSON lines") << false;
}

/// Fields of a CSV text by RFC 4180, read by rules of their own.
static QList<QStringList> csvRows(const QString &text)
{
    QList<QStringList> rows{{QString()}};
    bool quoted = false;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (quoted && c == QLatin1Char('"') && text.mid(i + 1, 1) == QStringLiteral("\""))
            rows.last().last() += text[i++];
        else if (c == QLatin1Char('"'))
            quoted = !quoted;
        else if (!quoted && c == QLatin1Char(','))
            rows.last().append(QString());
        else if (!quoted && c == QLatin1Char('\n'))
            rows.append(QStringList{QString()});
        else
            rows.last().last() += c;
    }
    rows.removeLast();
    return rows;
}

void HistoryReaderTest::exports()
{
    QFETCH(bool, csv);
    const QString path = m_folder.filePath(QStringLiteral("export"));
    const QString history = m_folder.filePath(csv ? QStringLiteral("for-csv") : QStringLiteral("for-json"));
    HistorySample odd = historySample(1'700'000'000'123, HistoryDown, QStringLiteral("a, \"b\"\nc é"));
    odd.note = QStringLiteral("503, \"busy\"\r\nretry");
    odd.status = 503;
    odd.connectUs = 1;
    odd.tlsUs = 2;
    odd.transferUs = 3;
    HistorySample bare{QStringLiteral("z"), 5, 17, {}, {}, {}, {}, {}, {}, 0, {}};
    HistorySample zero = bare;
    zero.timeMs = 6;
    zero.latencyUs = 0;
    {
        auto store = HistoryStore::open(history, quietHistory());
        for (const HistorySample &sample : {bare, zero, odd, historySample(9, HistoryUp, QStringLiteral("left out"))})
            (*store)->append(sample);
        QVERIFY((*store)->flush().has_value());
    }
    const auto reader = HistoryReader::open(history);
    const auto format = csv ? HistoryFormat::Csv : HistoryFormat::JsonLines;
    QCOMPARE(*exportHistory(*reader, {odd.series, bare.series}, 0, INT64_MAX, path, format), 3);
    QFile out(path);
    QVERIFY(out.open(QIODevice::ReadOnly));
    const QByteArray text = out.readAll();
    // Each line as a table of names and values; what is not there was not measured.
    QList<std::map<QString, QString>> rows;
    if (csv) {
        const QList<QStringList> fields = csvRows(QString::fromUtf8(text));
        for (qsizetype row = 1; row < fields.size(); ++row) {
            QCOMPARE(fields[row].size(), fields[0].size());
            for (qsizetype column = 0; column < fields[0].size(); ++column) {
                if (column == 0)
                    rows.append(std::map<QString, QString>());
                if (!fields[row][column].isEmpty())
                    rows.last()[fields[0][column]] = fields[row][column];
            }
        }
    } else {
        for (const QByteArray &line : text.trimmed().split('\n')) {
            const QJsonObject object = QJsonDocument::fromJson(line).object();
            rows.append(std::map<QString, QString>());
            for (auto at = object.begin(); at != object.end(); ++at)
                rows.last()[at.key()] = at->toVariant().toString();
        }
    }
    const auto s = [](const char *word) { return QString::fromUtf8(word); };
    using Row = std::map<QString, QString>;
    const QList<Row> wanted{Row{{s("series"), odd.series},
                                {s("time"), s("2023-11-14T22:13:20.123Z")},
                                {s("time_ms"), s("1700000000123")},
                                {s("state"), s("down")},
                                {s("latency_us"), QString::number(*odd.latencyUs)},
                                {s("dns_us"), s("0")},
                                {s("connect_us"), s("1")},
                                {s("tls_us"), s("2")},
                                {s("first_byte_us"), s("700")},
                                {s("transfer_us"), s("3")},
                                {s("status"), s("503")},
                                {s("note"), odd.note}},
                            Row{{s("series"), s("z")},
                                {s("time"), s("1970-01-01T00:00:00.005Z")},
                                {s("time_ms"), s("5")},
                                {s("state"), s("17")}},
                            Row{{s("series"), s("z")},
                                {s("time"), s("1970-01-01T00:00:00.006Z")},
                                {s("time_ms"), s("6")},
                                {s("state"), s("17")},
                                {s("latency_us"), s("0")}}};
    QVERIFY(rows == wanted);
}

void HistoryReaderTest::exportIsThereWholeOrNot()
{
    const auto reader = HistoryReader::open(file(0));
    const QString folder = m_folder.filePath(QStringLiteral("out"));
    QVERIFY(QDir().mkpath(folder));
    const QString path = folder + QStringLiteral("/export.csv");
    QFile before(path);
    QVERIFY(before.open(QIODevice::WriteOnly) && before.write("before") == 6);
    before.close();
    const auto stopped = exportHistory(*reader, {seriesName(), seriesName()}, 0, INT64_MAX, path, HistoryFormat::Csv,
                                       [] { return true; });
    QVERIFY(!stopped && stopped.error().kind == ErrorKind::Cancelled);
    QCOMPARE(QFileInfo(path).size(), 6);
    QVERIFY(!exportHistory(*reader, {}, 0, 1, folder + QStringLiteral("/no/where"), HistoryFormat::Csv).has_value());
    // Something that is no file stays what it is.
    QCOMPARE(::mkfifo(QFile::encodeName(folder + QStringLiteral("/pipe")).constData(), 0600), 0);
    QVERIFY(!exportHistory(*reader, {}, 0, 1, folder + QStringLiteral("/pipe"), HistoryFormat::Csv).has_value());
    QVERIFY(!QFileInfo(folder + QStringLiteral("/pipe")).isFile());
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList{QStringLiteral("export.csv")});
    QCOMPARE(*exportHistory(*reader, {seriesName()}, 0, INT64_MAX, path, HistoryFormat::JsonLines),
             qint64(m_samples.size()));
    QVERIFY(QFileInfo(path).size() > 100'000);
}

QTEST_GUILESS_MAIN(HistoryReaderTest)
#include "tst_historyreader.moc"
