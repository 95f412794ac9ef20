// SPDX-License-Identifier: GPL-3.0-or-later
// What goes in comes out: batches, upkeep at controlled times, versions and their steps.
#include "models/history/checker.h"
#include "models/history/reader.h"
#include "models/history/schema.h"
#include "tests/support/historyfiles.h"

#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr qint64 day = 24 * historyHourMs;
constexpr qint64 everMs = qint64(1) << 50;

QString seriesName()
{
    return historySample(0).series;
}

QByteArray content(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("unreadable");
}

} // namespace

class HistoryStoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void givesBackWhatWasPutIn();
    void threadsShareIt();
    void sameMillisecond();
    void sealsAndForgetsOnTime();
    void upkeepByTheClock();
    void lateSamplesCountOnce();
    void forEverMeansForEver();
    void damagedRollupIsTold();
    void migratesVersion1();
    void migratesWholeOrNot();
    void newerIsLeftAlone_data();
    void newerIsLeftAlone();
    void foreignIsLeftAlone_data();
    void foreignIsLeftAlone();

private:
    QString file() const { return m_folder->filePath(QStringLiteral("deep/history.sqlite")); }
    QString flat() const { return m_folder->filePath(QStringLiteral("history.sqlite")); }
    /// What two readings of the same hours have to agree on.
    std::vector<HistoryRollup> hours() const
    {
        const auto reader = HistoryReader::open(file());
        return reader ? reader->rollups(seriesName(), 0, everMs).value_or(std::vector<HistoryRollup>())
                      : std::vector<HistoryRollup>();
    }
    qint64 single(qint64 startMs, qint64 endMs) const
    {
        const auto reader = HistoryReader::open(file());
        const auto samples = reader->range(seriesName(), startMs, endMs, 1'000'000);
        return samples ? qint64(samples->size()) : -1;
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void HistoryStoreTest::givesBackWhatWasPutIn()
{
    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    QCOMPARE(int(QFile::permissions(file()) & 0x0077), 0);
    HistorySample full = historySample(-5, HistoryDown);
    full.connectUs = 2;
    full.tlsUs = 3;
    full.transferUs = 4;
    full.status = 503;
    full.note = QStringLiteral("503 Service Unavailable, \"déjà vu\"\nand more");
    HistorySample empty{QStringLiteral("x"), 7, 17, {}, {}, {}, {}, {}, {}, 0, {}};
    HistorySample wrong = empty;
    wrong.timeMs = 8;
    wrong.latencyUs = -1; // not a measurement
    HistorySample secret = empty;
    secret.timeMs = 9;
    secret.note = QStringLiteral("postgres://user:hunter2@db refused ") + QString(2000, QLatin1Char('x'));
    const HistoryEvent event{12, QStringLiteral("deploy"), {}, "{\"id\":1}"};
    const HistoryEvent other{13, QStringLiteral("state"), QStringLiteral("x"), {}};
    for (const HistorySample &sample : {full, empty, wrong, secret})
        (*store)->append(sample);
    (*store)->append(event);
    (*store)->append(other);
    QVERIFY((*store)->flush().has_value());
    QCOMPARE((*store)->status().written, 6);
    QCOMPARE((*store)->status().waiting, 0);

    const auto reader = HistoryReader::open(file());
    QVERIFY(reader.has_value());
    QVERIFY(*reader->range(full.series, -9, 9, 9) == std::vector{full});
    const auto rest = *reader->range(empty.series, 0, 99, 99);
    QCOMPARE(rest.size(), std::size_t(3));
    QVERIFY(rest[0] == empty);
    QVERIFY(!rest[1].latencyUs);
    QCOMPARE(rest[2].note.size(), 500);
    QVERIFY(!rest[2].note.contains(QStringLiteral("hunter2")));
    QCOMPARE(*reader->series(), (QStringList{full.series, empty.series}));
    QVERIFY(*reader->events(0, 99, 9) == (std::vector{event, HistoryEvent{13, other.kind, other.series, ""}}));
    QCOMPARE(reader->events(0, 99, 9, QStringLiteral("y"))->size(), std::size_t(1));
    QCOMPARE(reader->range(empty.series, 0, 99, 1)->size(), std::size_t(1));
    QVERIFY(reader->range(QStringLiteral("nobody"), 0, 99, 9)->empty());
}

void HistoryStoreTest::threadsShareIt()
{
    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&store, t] {
            for (int i = 0; i < 5000; ++i)
                (*store)->append(historySample(i * 4 + t));
        });
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY((*store)->flush().has_value());
    QCOMPARE(single(0, 20'000), 20'000);
    // A second process beside it.
    auto second = HistoryStore::open(file(), quietHistory());
    for (int i = 0; i < 100; ++i) {
        (*store)->append(historySample(30'000 + i));
        (*second)->append(historySample(40'000 + i));
    }
    QTRY_VERIFY((*store)->status().waiting == 0 && (*second)->status().waiting == 0);
    QCOMPARE(single(30'000, 50'000), 200);
}

void HistoryStoreTest::sameMillisecond()
{
    auto store = HistoryStore::open(file(), quietHistory());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 50; ++i)
            (*store)->append(historySample(77));
        QVERIFY((*store)->flush().has_value());
    }
    QCOMPARE(single(77, 78), 150);
    QCOMPARE(hours().at(0).count, 150);
}

void HistoryStoreTest::sealsAndForgetsOnTime()
{
    std::atomic<qint64> clock = 0;
    HistoryOptions options = quietHistory();
    options.now = [&clock] { return clock.load(); };
    options.keepSamples = std::chrono::hours(24);
    options.keepRollups = std::chrono::hours(72);
    auto store = HistoryStore::open(file(), options);
    QVERIFY(store.has_value());
    // One a second for three hours and a bit: an hour has more samples than one step deletes, where doubled.
    for (int i = 0; i < 12'000; ++i)
        (*store)->append(historySample(i * 1000, i % 3 ? HistoryUp : HistoryDown));
    for (int i = 0; i < 3600; ++i)
        (*store)->append(historySample(i * 1000));
    (*store)->append(HistoryEvent{5, QStringLiteral("deploy"), {}, "{}"});
    QVERIFY((*store)->flush().has_value());
    const std::vector<HistoryRollup> before = hours();
    QCOMPARE(before.size(), std::size_t(4));
    QCOMPARE(before[0].count, 7200);
    QCOMPARE(before[0].down, 1200);
    QCOMPARE(qint64(before[0].latencies.count()), 7200);
    const OtherConnection other(file());

    // An hour is sealed 5 minutes after its end, and its samples stay.
    clock = 2 * historyHourMs + 299'999;
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(other.number("SELECT count(*) FROM rollups"), 1);
    clock = 2 * historyHourMs + 300'000;
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(other.number("SELECT count(*) FROM rollups"), 2);
    QCOMPARE(single(0, everMs), 15'600);
    QVERIFY(hours() == before);

    // A day after its end the samples of an hour go; what they said stays.
    clock = day + historyHourMs - 1;
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(single(0, everMs), 15'600);
    clock = day + historyHourMs;
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(single(0, historyHourMs), 0);
    QCOMPARE(single(0, everMs), 8400);
    QVERIFY(hours() == before);
    clock = day + 20 * historyHourMs;
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(single(0, everMs), 0);
    QVERIFY(hours() == before);
    QCOMPARE(other.number("SELECT count(*) FROM events"), 1);

    // And after three days the roll-ups.
    clock = 3 * day + 2 * historyHourMs;
    QVERIFY((*store)->maintain().has_value());
    QVERIFY(hours() == std::vector<HistoryRollup>(before.begin() + 2, before.end()));
    QCOMPARE(other.number("SELECT count(*) FROM events"), 0);
    QVERIFY(checkHistory(file())->problems.isEmpty());
}

void HistoryStoreTest::upkeepByTheClock()
{
    HistoryOptions options = quietHistory();
    options.now = [] { return 30 * day; };
    options.maintainEvery = Milliseconds(30);
    auto store = HistoryStore::open(file(), options);
    (*store)->append(historySample(5));
    QVERIFY((*store)->flush().has_value());
    QTRY_COMPARE(single(0, day), 0);
    QCOMPARE(hours().size(), std::size_t(1));
    QCOMPARE(hours().at(0).count, 1);
    QCOMPARE(hours().at(0).firstMs, std::optional<qint64>(5));
}

void HistoryStoreTest::lateSamplesCountOnce()
{
    std::atomic<qint64> clock = 0;
    HistoryOptions options = quietHistory();
    options.now = [&clock] { return clock.load(); };
    auto store = HistoryStore::open(file(), options);
    const auto put = [&](qint64 timeMs) {
        (*store)->append(historySample(timeMs));
        return (*store)->flush().has_value();
    };
    QVERIFY(put(10) && put(3 * historyHourMs));
    clock = 10 * historyHourMs;
    QVERIFY((*store)->maintain().has_value());
    QVERIFY(put(5) && put(20));      // into a sealed hour
    QVERIFY(put(historyHourMs + 1)); // into one that was empty, before the last sealed one
    QCOMPARE(hours().size(), std::size_t(3));
    QCOMPARE(hours().at(0).count, 3);
    QCOMPARE(hours().at(0).firstMs, std::optional<qint64>(5));
    const std::vector<HistoryRollup> before = hours();
    clock = 20 * day;
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(single(0, everMs), 0);
    QVERIFY(hours() == before);
    QVERIFY(put(30)); // into an hour whose samples are gone
    QCOMPARE(hours().at(0).count, 4);
    QCOMPARE(single(0, everMs), 1);
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(single(0, everMs), 0);
    QCOMPARE(hours().at(0).count, 4);
    QCOMPARE(qint64(hours().at(0).latencies.count()), 4);
    QVERIFY(checkHistory(file())->problems.isEmpty());
}

void HistoryStoreTest::forEverMeansForEver()
{
    HistoryOptions options = quietHistory();
    options.keepSamples = options.keepRollups = Milliseconds(0);
    options.now = [] { return 2 * day; };
    auto store = HistoryStore::open(file(), options);
    (*store)->append(historySample(5));
    QVERIFY((*store)->maintain().has_value()); // with what waits written before or after
    QVERIFY((*store)->flush().has_value());
    QVERIFY((*store)->maintain().has_value());
    QCOMPARE(single(0, 9), 1);
    QCOMPARE(hours().size(), std::size_t(1));
}

void HistoryStoreTest::damagedRollupIsTold()
{
    HistoryOptions options = quietHistory();
    options.keepSamples = options.keepRollups = Milliseconds(0);
    options.now = [] { return 2 * day; };
    auto store = HistoryStore::open(file(), options);
    (*store)->append(historySample(5));
    QVERIFY((*store)->flush().has_value() && (*store)->maintain().has_value());
    QVERIFY(checkHistory(file())->problems.isEmpty());
    QCOMPARE(OtherConnection(file()).run("UPDATE rollups SET latencies = x'0102'"), SQLITE_OK);
    const auto reader = HistoryReader::open(file());
    const auto damaged = reader->rollups(seriesName(), 0, day);
    QCOMPARE(damaged->at(0).count, 1);
    QVERIFY(damaged->at(0).damaged);
    QVERIFY(reader->plot(seriesName(), 0, day, 24)->buckets.at(0).damaged);
    QVERIFY(reader->total(seriesName(), 0, day)->all.damaged);
    const QStringList problems = checkHistory(file())->problems;
    QCOMPARE(problems.size(), 1);
    QVERIFY(problems.first().contains(QStringLiteral("cannot be read")));
    // A late sample counts, and does not make the rest readable.
    (*store)->append(historySample(6));
    QVERIFY((*store)->flush().has_value());
    QCOMPARE(reader->rollups(seriesName(), 0, day)->at(0).count, 2);
    QVERIFY(reader->rollups(seriesName(), 0, day)->at(0).damaged);
}

/// A file as version 1 left it: an hour whose samples are gone but for one that came late, and one that is all there.
static void makeVersion1(const QString &path)
{
    const OtherConnection old(path);
    QCOMPARE(old.run("PRAGMA journal_mode=WAL"), SQLITE_OK);
    QCOMPARE(old.run(historySchemaV1()), SQLITE_OK);
    QCOMPARE(old.run("PRAGMA user_version=1; PRAGMA application_id=1400330596"), SQLITE_OK); // "SwYd"
    QCOMPARE(old.run("INSERT INTO series(id, key) VALUES(3, 'health/api, \"eu\"');"
                     "INSERT INTO samples VALUES(3, 1000, 0, 1, 500, 1, 2, 3, 4, 5);"
                     "INSERT INTO samples VALUES(3, 3600000, 0, 3, NULL, NULL, NULL, NULL, NULL, NULL);"
                     "INSERT INTO samples VALUES(3, 3600000, 1, 1, 20, NULL, NULL, NULL, NULL, NULL);"
                     "INSERT INTO events(time, kind, series, json) VALUES(5, 'deploy', '', '{}')"),
             SQLITE_OK);
    LatencyHistogram gone;
    gone.add(LatencyHistogram::Microseconds(100));
    gone.add(LatencyHistogram::Microseconds(300));
    const QByteArray blob =
        "INSERT INTO rollups VALUES(3, 0, 3, 2, 0, 1, 100, 300, 400, x'" + gone.toBytes().toHex() + "')";
    QCOMPARE(old.run(blob.constData()), SQLITE_OK);
}

void HistoryStoreTest::migratesVersion1()
{
    QCOMPARE(historyApplicationId, 1400330596);
    makeVersion1(flat());
    QVERIFY(!HistoryReader::open(flat()).has_value());
    QCOMPARE(checkHistory(flat())->version, 1);
    QVERIFY(checkHistory(flat())->problems.isEmpty());
    auto store = HistoryStore::open(flat(), quietHistory());
    QVERIFY(store.has_value());
    const auto reader = HistoryReader::open(flat());
    QVERIFY(reader.has_value());
    const auto samples = *reader->range(seriesName(), 0, day, 99);
    QCOMPARE(samples.size(), std::size_t(3));
    QCOMPARE(samples[0].transferUs, std::optional<qint64>(5));
    QCOMPARE(samples[1].status, 0);
    QCOMPARE(samples[1].note, QString());
    const auto rolled = *reader->rollups(seriesName(), 0, day);
    QCOMPARE(rolled.size(), std::size_t(2));
    QCOMPARE(rolled[0].count, 4); // three that are gone and the late one
    QCOMPARE(rolled[0].up, 3);
    QCOMPARE(qint64(rolled[0].latencies.count()), 3);
    QCOMPARE(qint64(rolled[0].latencies.sum()), 900);
    QVERIFY(!rolled[0].firstMs); // nobody knows when the first of those was
    QCOMPARE(rolled[1].count, 2);
    QCOMPARE(reader->events(0, 9, 9)->size(), std::size_t(1));
    QCOMPARE(reader->failures(seriesName(), 0, day, 9)->size(), std::size_t(1));
    QCOMPARE(checkHistory(flat())->version, historySchemaVersion);
    QVERIFY(checkHistory(flat())->problems.isEmpty());
    // It is a history like any other now.
    HistorySample late = historySample(2000, HistoryDown);
    late.note = QStringLiteral("refused");
    (*store)->append(late);
    QVERIFY((*store)->flush().has_value());
    QCOMPARE(reader->rollups(seriesName(), 0, day)->at(0).count, 5);
    QCOMPARE(reader->failures(seriesName(), 0, historyHourMs, 9)->at(0).note, late.note);
}

void HistoryStoreTest::migratesWholeOrNot()
{
    makeVersion1(flat());
    // Its last step finds a table of that name already.
    QCOMPARE(OtherConnection(flat()).run("CREATE TABLE meta(x)"), SQLITE_OK);
    {
        auto store = HistoryStore::open(flat(), quietHistory());
        QVERIFY(store.has_value());
        QVERIFY((*store)->status().condition == HistoryStatus::Condition::Unwritable);
    }
    const OtherConnection other(flat());
    QCOMPARE(other.number("PRAGMA user_version"), 1);
    QCOMPARE(other.number("SELECT count(*) FROM pragma_table_info('samples')"), 10);
    QCOMPARE(other.number("SELECT count(*) FROM rollups"), 1);
    QCOMPARE(other.run("DROP TABLE meta"), SQLITE_OK);
    auto store = HistoryStore::open(flat(), quietHistory());
    QVERIFY((*store)->status().condition == HistoryStatus::Condition::Recording);
    QCOMPARE(other.number("PRAGMA user_version"), historySchemaVersion);
}

void HistoryStoreTest::newerIsLeftAlone_data()
{
    QTest::addColumn<bool>("inLog");
    QTest::newRow("in the file") << false;
    QTest::newRow("only in its log") << true;
}

void HistoryStoreTest::newerIsLeftAlone()
{
    QFETCH(bool, inLog);
    QVERIFY(HistoryStore::open(flat(), quietHistory()).has_value());
    // Held open, so that the log stays a log.
    auto newer = std::make_unique<OtherConnection>(flat());
    QCOMPARE(newer->run("PRAGMA wal_autocheckpoint=0; PRAGMA user_version=3"), SQLITE_OK);
    if (!inLog)
        newer.reset();
    const QByteArray before = content(flat());
    const QByteArray log = content(flat() + QStringLiteral("-wal"));
    QCOMPARE(log.size() > 100, inLog);
    const auto store = HistoryStore::open(flat(), quietHistory());
    QVERIFY(!store);
    QVERIFY(store.error().kind == ErrorKind::Usage);
    QVERIFY(store.error().message.contains(QStringLiteral("version 3")));
    const auto reader = HistoryReader::open(flat());
    QVERIFY(!reader && reader.error().message.contains(QStringLiteral("version 3")));
    QVERIFY(!checkHistory(flat()).has_value());
    QCOMPARE(content(flat()), before);
    QCOMPARE(content(flat() + QStringLiteral("-wal")), log);
}

void HistoryStoreTest::foreignIsLeftAlone_data()
{
    QTest::addColumn<QByteArray>("bytes"); // empty: a database
    QTest::newRow("text") << QByteArray("schema = 1\nname = \"x\"\n");
    QTest::newRow("short") << QByteArray("x");
    QTest::newRow("large") << QByteArray(9000, 'x');
    QTest::newRow("zeros") << QByteArray(5000, '\0');
    QTest::newRow("database") << QByteArray();
}

void HistoryStoreTest::foreignIsLeftAlone()
{
    QFETCH(QByteArray, bytes);
    if (bytes.isEmpty()) {
        QCOMPARE(OtherConnection(flat()).run("CREATE TABLE samples(x); INSERT INTO samples VALUES(1)"), SQLITE_OK);
    } else {
        QFile foreign(flat());
        QVERIFY(foreign.open(QIODevice::WriteOnly) && foreign.write(bytes) == bytes.size());
    }
    QVERIFY(QFile::setPermissions(flat(), QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther));
    const auto mode = QFile::permissions(flat());
    const QByteArray before = content(flat());
    const auto store = HistoryStore::open(flat(), quietHistory());
    QVERIFY(!store && store.error().kind == ErrorKind::Usage && !store.error().hint.isEmpty());
    QVERIFY(!HistoryReader::open(flat()).has_value());
    QVERIFY(!checkHistory(flat()).has_value());
    QCOMPARE(content(flat()), before);
    QVERIFY(QFile::permissions(flat()) == mode);
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files), QStringList{QStringLiteral("history.sqlite")});
}

QTEST_GUILESS_MAIN(HistoryStoreTest)
#include "tst_historystore.moc"
