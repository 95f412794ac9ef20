// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/store.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace Switchyard;

namespace {

HistorySample sampleAt(qint64 time, int state = HistoryUp)
{
    HistorySample sample{QStringLiteral("api, \"eu\""), time, state, 1000 + time % 1000, {}, {}, {}, {}, {}};
    sample.dnsUs = 0;
    return sample;
}

void sql(const QString &path, const char *text)
{
    sqlite3 *db = nullptr;
    QCOMPARE(sqlite3_open(QFile::encodeName(path).constData(), &db), SQLITE_OK);
    QCOMPARE(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
}

} // namespace

class TestHistoryStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void keepsAllThroughRetention();
    void survivesKill();
    void waitsForALock();
    void refusesNewer();
    void setsDamagedAside();
    void exports();

private:
    QString file() const { return m_folder->filePath(QStringLiteral("deep/history.sqlite")); }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestHistoryStore::keepsAllThroughRetention()
{
    auto store = HistoryStore::open(file());
    QVERIFY(store.has_value());
    QCOMPARE(int(QFile::permissions(file()) & 0x0077), 0);
    for (int i = 0; i < 12000; ++i)
        (*store)->append(sampleAt(i * 1000, i % 2 ? HistoryUp : HistoryDown));
    (*store)->append(sampleAt(1000)); // the same millisecond again
    QVERIFY((*store)->flush().has_value());
    auto reader = HistoryReader::open(file());
    QVERIFY(reader.has_value());
    QCOMPARE(reader->range(sampleAt(0).series, 0, 12000000, 100000)->size(), std::size_t(12001));
    const auto before = reader->rollups(sampleAt(0).series, 0, 99000000);
    QVERIFY((*store)->applyRetention(7300000, 0).has_value());
    QCOMPARE(reader->range(sampleAt(0).series, 0, 7200000, 100000)->size(), std::size_t(0));
    const auto after = reader->rollups(sampleAt(0).series, 0, 99000000);
    QCOMPARE(before->size(), std::size_t(4));
    QCOMPARE(after->size(), before->size());
    QCOMPARE(before->front().count, 3601);
    for (std::size_t i = 0; i < before->size(); ++i) {
        QCOMPARE(after->at(i).count, before->at(i).count);
        QCOMPARE(after->at(i).down, before->at(i).down);
        QVERIFY(after->at(i).histogram == before->at(i).histogram);
    }
}

void TestHistoryStore::survivesKill()
{
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = HistoryStore::open(file());
        for (int i = 0; store && i < 7000; ++i)
            (*store)->append(sampleAt(i));
        const bool flushed = store && (*store)->flush().has_value();
        ::kill(::getpid(), flushed ? SIGKILL : SIGTERM);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    auto store = HistoryStore::open(file());
    QVERIFY(store.has_value() && (*store)->status().setAside.isEmpty());
    QCOMPARE(HistoryReader::open(file())->range(sampleAt(0).series, 0, 7000, 9000)->size(), std::size_t(7000));
}

void TestHistoryStore::waitsForALock()
{
    HistoryOptions options;
    options.capacity = 10;
    options.lockWait = std::chrono::milliseconds(20);
    auto store = HistoryStore::open(file(), options);
    sqlite3 *other = nullptr;
    QCOMPARE(sqlite3_open(QFile::encodeName(file()).constData(), &other), SQLITE_OK);
    QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    (*store)->append(sampleAt(0));
    QVERIFY(!(*store)->flush().has_value());
    QVERIFY((*store)->status().condition == HistoryStatus::Condition::Locked);
    for (int i = 1; i < 15; ++i)
        (*store)->append(sampleAt(i));
    QTRY_COMPARE((*store)->status().dropped, 5);
    sqlite3_close(other);
    QTRY_COMPARE((*store)->status().written, 10);
    QVERIFY((*store)->status().condition == HistoryStatus::Condition::Recording);
    QCOMPARE(HistoryReader::open(file())->range(sampleAt(0).series, 0, 99, 99)->front().timeMs, 5);
}

void TestHistoryStore::refusesNewer()
{
    QVERIFY(HistoryStore::open(file()).has_value());
    sql(file(), "PRAGMA user_version=2");
    const auto store = HistoryStore::open(file());
    QVERIFY(!store && store.error().message.contains(QStringLiteral("version 2")));
    QVERIFY(!HistoryReader::open(file()).has_value());
}

void TestHistoryStore::setsDamagedAside()
{
    QVERIFY(QDir().mkpath(QFileInfo(file()).path()));
    QFile damaged(file());
    QVERIFY(damaged.open(QIODevice::WriteOnly) && damaged.write(QByteArray(9000, 'x')) == 9000);
    damaged.close();
    auto store = HistoryStore::open(file());
    QVERIFY(store.has_value());
    QCOMPARE(QFileInfo((*store)->status().setAside).size(), 9000);
    (*store)->append(sampleAt(1));
    QVERIFY((*store)->flush().has_value());
}

void TestHistoryStore::exports()
{
    auto store = HistoryStore::open(file());
    (*store)->append(sampleAt(7));
    QVERIFY((*store)->flush().has_value());
    const QString path = m_folder->filePath(QStringLiteral("out"));
    const auto reader = HistoryReader::open(file());
    QCOMPARE(*reader->exportRange({sampleAt(0).series}, 0, 99, path, HistoryReader::Format::Csv), 1);
    QFile out(path);
    QVERIFY(out.open(QIODevice::ReadOnly));
    QVERIFY(out.readAll().endsWith("\n\"api, \"\"eu\"\"\",7,1,1007,0,,,,\n"));
}

QTEST_GUILESS_MAIN(TestHistoryStore)
#include "tst_historystore.moc"
