// SPDX-License-Identifier: GPL-3.0-or-later
// Disks that are full, files that are locked, damaged or gone, and a program that is killed.
#include "models/history/checker.h"
#include "models/history/reader.h"
#include "tests/support/historyfiles.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

using namespace Switchyard;
using namespace Switchyard::Testing;
using Condition = HistoryStatus::Condition;

namespace {

QString seriesName()
{
    return historySample(0).series;
}

/// Times 0 to count - 1, each once.
bool eachOnce(const QString &path, qint64 count)
{
    const auto reader = HistoryReader::open(path);
    if (!reader)
        return false;
    const auto samples = reader->range(seriesName(), INT64_MIN / 2, INT64_MAX / 2, count + 1);
    if (!samples || qint64(samples->size()) != count)
        return false;
    for (qint64 i = 0; i < count; ++i) {
        if (samples->at(std::size_t(i)).timeMs != i)
            return false;
    }
    return true;
}

void overwrite(const QString &path, qint64 at, const QByteArray &bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(at));
    QCOMPARE(file.write(bytes), bytes.size());
}

/// What the child of survivesKill() does: writes and says after each flush how much is safe.
int writeUntilKilled(const char *path)
{
    auto store = HistoryStore::open(QFile::decodeName(path), quietHistory());
    for (qint64 i = 0; store; ++i) {
        (*store)->append(historySample(i));
        if (i % 777 == 776 && (*store)->flush()) {
            std::printf("%lld\n", static_cast<long long>(i + 1));
            std::fflush(stdout);
        }
    }
    return 1;
}

} // namespace

class HistoryTroubleTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void fullDisk();
    void fileSizeLimit();
    void lockedFile();
    void dropsTheOldest();
    void appendDoesNotWait();
    void folderThatComesLater();
    void lossAtTheEndIsTold();
    void survivesKill();
    void damageInTheMiddle();
    void damageFoundByItself();
    void damageMetByTheWriter();
    void brokenHeader();
    void checksAreRemembered();
    void fileThatIsTakenAway();

private:
    QString file() const { return m_folder->filePath(QStringLiteral("history.sqlite")); }
    /// A file of about 1.4 MB that nobody has open, with times 0 to 39,999.
    void makeLarge() const
    {
        auto store = HistoryStore::open(file(), quietHistory());
        QVERIFY(store.has_value());
        for (int i = 0; i < 40'000; ++i)
            (*store)->append(historySample(i));
        QVERIFY((*store)->flush().has_value());
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void HistoryTroubleTest::fullDisk()
{
    const QByteArray folder = QFile::encodeName(m_folder->path());
    if (::mount("none", folder.constData(), "tmpfs", 0, "size=1m") != 0)
        QSKIP("only root may mount a file system");
    const auto unmount = qScopeGuard([&folder] { ::umount2(folder.constData(), MNT_DETACH); });
    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    qint64 count = 0;
    for (; count < 60'000; ++count)
        (*store)->append(historySample(count));
    QTRY_VERIFY((*store)->status().condition == Condition::Full);
    QVERIFY((*store)->status().message.contains(file()));
    const Result<void> flushed = (*store)->flush();
    QVERIFY(!flushed && flushed.error().kind == ErrorKind::Io);
    for (; count < 70'000; ++count)
        (*store)->append(historySample(count));
    QVERIFY((*store)->status().waiting > 10'000);
    // What is there stays readable.
    QVERIFY(HistoryReader::open(file()).has_value());
    QCOMPARE(::mount("none", folder.constData(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    QTRY_COMPARE((*store)->status().waiting, 0);
    QVERIFY((*store)->status().condition == Condition::Recording);
    QCOMPARE((*store)->status().message, QString());
    QCOMPARE((*store)->status().dropped, 0);
    QCOMPARE((*store)->status().setAside, QString());
    QVERIFY((*store)->flush().has_value());
    QVERIFY(eachOnce(file(), count));
    QCOMPARE(checkHistory(file())->problems, QStringList());
}

/// The same without a right to mount, and from the start: there is no room even for an empty history.
void HistoryTroubleTest::fileSizeLimit()
{
    struct rlimit before = {};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    const auto limit = [&before](rlim_t bytes) {
        const struct rlimit now = {std::min(bytes, before.rlim_max), before.rlim_max};
        return ::setrlimit(RLIMIT_FSIZE, &now) == 0;
    };
    const auto restore = qScopeGuard([&] {
        ::setrlimit(RLIMIT_FSIZE, &before);
        ::signal(SIGXFSZ, handler);
    });
    QVERIFY(limit(2000));
    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    QVERIFY((*store)->status().condition == Condition::Full);
    for (int i = 0; i < 30'000; ++i)
        (*store)->append(historySample(i));
    QVERIFY(!(*store)->flush().has_value());
    QCOMPARE((*store)->status().waiting, 30'000);
    QVERIFY(limit(300'000)); // some of it fits
    QTRY_VERIFY((*store)->status().written > 0 && (*store)->status().condition == Condition::Full);
    QVERIFY(limit(before.rlim_cur));
    QTRY_COMPARE((*store)->status().waiting, 0);
    QVERIFY((*store)->status().condition == Condition::Recording);
    QCOMPARE((*store)->status().dropped, 0);
    QVERIFY(eachOnce(file(), 30'000));
    QCOMPARE(checkHistory(file())->problems, QStringList());
}

void HistoryTroubleTest::lockedFile()
{
    auto store = HistoryStore::open(file(), quietHistory());
    (*store)->append(historySample(0));
    QVERIFY((*store)->flush().has_value());
    {
        const OtherConnection other(file());
        QCOMPARE(other.run("BEGIN EXCLUSIVE"), SQLITE_OK);
        for (int i = 1; i < 12'000; ++i)
            (*store)->append(historySample(i));
        QVERIFY(!(*store)->flush().has_value());
        QVERIFY((*store)->status().condition == Condition::Locked);
        QCOMPARE((*store)->status().waiting, 11'999);
        QVERIFY(!(*store)->maintain().has_value());
    }
    QTRY_COMPARE((*store)->status().waiting, 0);
    QVERIFY((*store)->status().condition == Condition::Recording);
    QVERIFY(eachOnce(file(), 12'000));

    // Locked from the start.
    store->reset();
    const OtherConnection other(file());
    QCOMPARE(other.run("BEGIN EXCLUSIVE"), SQLITE_OK);
    store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    QVERIFY((*store)->status().condition == Condition::Locked);
    (*store)->append(historySample(12'000));
    QVERIFY(!(*store)->flush().has_value());
    QCOMPARE(other.run("ROLLBACK"), SQLITE_OK);
    QTRY_COMPARE((*store)->status().waiting, 0);
    QVERIFY(eachOnce(file(), 12'001));
}

void HistoryTroubleTest::dropsTheOldest()
{
    HistoryOptions options = quietHistory();
    options.capacity = 10;
    auto store = HistoryStore::open(file(), options);
    auto other = std::make_unique<OtherConnection>(file());
    QCOMPARE(other->run("BEGIN IMMEDIATE"), SQLITE_OK);
    for (int i = 0; i < 15; ++i)
        (*store)->append(historySample(i));
    QTRY_COMPARE((*store)->status().dropped, 5);
    QCOMPARE((*store)->status().waiting, 10);
    other.reset();
    QTRY_COMPARE((*store)->status().written, 10);
    // A flush does not call written what was dropped, and says it once.
    const Result<void> flushed = (*store)->flush();
    QVERIFY(!flushed && flushed.error().message.contains(QStringLiteral("5 samples were dropped")));
    QVERIFY((*store)->flush().has_value());
    QCOMPARE(HistoryReader::open(file())->range(seriesName(), 0, 99, 99)->front().timeMs, 5);
}

void HistoryTroubleTest::appendDoesNotWait()
{
    HistoryOptions options = quietHistory();
    options.lockWait = std::chrono::seconds(3);
    auto store = HistoryStore::open(file(), options);
    auto other = std::make_unique<OtherConnection>(file());
    QCOMPARE(other->run("BEGIN IMMEDIATE"), SQLITE_OK);
    QElapsedTimer timer;
    timer.start();
    (*store)->append(historySample(0));
    // By now the writer waits for the lock with its batch, or will.
    QVERIFY(!(*store)->flush(Milliseconds(200)).has_value());
    timer.restart();
    for (int i = 1; i < 10'000; ++i) {
        (*store)->append(historySample(i));
        (void)(*store)->status();
    }
    QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
    other.reset();
    QVERIFY((*store)->flush().has_value());
    QVERIFY(eachOnce(file(), 10'000));
}

void HistoryTroubleTest::folderThatComesLater()
{
    const QString folder = m_folder->filePath(QStringLiteral("later"));
    const QString path = folder + QStringLiteral("/history.sqlite");
    QFile inTheWay(folder);
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    auto store = HistoryStore::open(path, quietHistory());
    QVERIFY(store.has_value());
    QVERIFY((*store)->status().condition == Condition::Unwritable);
    QVERIFY((*store)->status().message.contains(QStringLiteral("Not a directory")));
    (*store)->append(historySample(0));
    QVERIFY(!(*store)->flush().has_value());
    QVERIFY(inTheWay.remove());
    QTRY_COMPARE((*store)->status().waiting, 0);
    QVERIFY(eachOnce(path, 1));
}

void HistoryTroubleTest::lossAtTheEndIsTold()
{
    auto store = HistoryStore::open(file(), quietHistory());
    const OtherConnection other(file());
    QCOMPARE(other.run("BEGIN EXCLUSIVE"), SQLITE_OK);
    for (int i = 0; i < 3; ++i)
        (*store)->append(historySample(i));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("^3 samples are lost: .*locked")));
    store->reset();
}

void HistoryTroubleTest::survivesKill()
{
    for (int round = 0; round < 3; ++round) {
        QFile::remove(file());
        for (const char *suffix : {"-wal", "-shm"})
            QFile::remove(file() + QLatin1StringView(suffix));
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--write"), file()});
        QVERIFY(child.waitForStarted());
        QByteArray said;
        for (const int lines = 1 + round * 20; said.count('\n') < lines;) {
            QVERIFY(child.waitForReadyRead(20'000));
            said += child.readAllStandardOutput();
        }
        QCOMPARE(::kill(pid_t(child.processId()), SIGKILL), 0);
        QVERIFY(child.waitForFinished(20'000));
        said += child.readAllStandardOutput();
        const QList<QByteArray> lines = said.left(said.lastIndexOf('\n')).split('\n');
        const qint64 safe = lines.last().toLongLong();
        QVERIFY(safe >= 777);
        const auto samples = *HistoryReader::open(file())->range(seriesName(), 0, INT64_MAX / 2, INT64_MAX);
        QVERIFY(qint64(samples.size()) >= safe);
        QVERIFY(eachOnce(file(), qint64(samples.size())));
        QCOMPARE(checkHistory(file())->problems, QStringList());
        auto store = HistoryStore::open(file(), quietHistory());
        QVERIFY(store.has_value() && (*store)->status().setAside.isEmpty());
        (*store)->append(historySample(qint64(samples.size())));
        QVERIFY((*store)->flush().has_value() && (*store)->check().has_value());
        QVERIFY(eachOnce(file(), qint64(samples.size()) + 1));
        QCOMPARE((*store)->status().setAside, QString());
    }
}

void HistoryTroubleTest::damageInTheMiddle()
{
    makeLarge();
    const qint64 size = QFileInfo(file()).size();
    overwrite(file(), size / 2 / 4096 * 4096, QByteArray(4096 * 4, '\x5a'));
    QVERIFY(!checkHistory(file())->problems.isEmpty());
    const auto reader = HistoryReader::open(file());
    const auto samples = reader->range(seriesName(), 0, 99'999, 99'999);
    QVERIFY(!samples);
    QVERIFY(samples.error().message.endsWith(QStringLiteral("is damaged")) && !samples.error().hint.isEmpty());

    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    (*store)->append(historySample(50'000));
    QVERIFY((*store)->flush().has_value()); // its page is a good one
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is damaged and was moved to ")));
    QVERIFY((*store)->check().has_value());
    const QString aside = (*store)->status().setAside;
    QCOMPARE(QFileInfo(aside).path(), m_folder->path());
    QVERIFY(QFileInfo(aside).size() >= size);
    QVERIFY((*store)->status().condition == Condition::Recording);
    for (int i = 0; i < 10; ++i)
        (*store)->append(historySample(i));
    QVERIFY((*store)->flush().has_value());
    QVERIFY(eachOnce(file(), 10));
    QVERIFY((*store)->check().has_value());
    QCOMPARE((*store)->status().setAside, aside);
    QCOMPARE(checkHistory(file())->problems, QStringList());
}

void HistoryTroubleTest::damageFoundByItself()
{
    makeLarge();
    overwrite(file(), QFileInfo(file()).size() / 2 / 4096 * 4096, QByteArray(4096 * 4, '\x5a'));
    HistoryOptions options = quietHistory();
    options.checkEvery = std::chrono::hours(1);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is damaged and was moved to ")));
    auto store = HistoryStore::open(file(), options);
    QTRY_VERIFY(!(*store)->status().setAside.isEmpty());
    (*store)->append(historySample(0));
    QVERIFY((*store)->flush().has_value());
    QVERIFY(eachOnce(file(), 1));
}

void HistoryTroubleTest::damageMetByTheWriter()
{
    makeLarge();
    // All pages but those with the tables' names and roots: the first ones.
    const qint64 size = QFileInfo(file()).size();
    overwrite(file(), 4096 * 10, QByteArray(size - 4096 * 10, '\x5a'));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is damaged and was moved to ")));
    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    (*store)->append(historySample(0));
    QVERIFY((*store)->flush().has_value());
    QVERIFY(!(*store)->status().setAside.isEmpty());
    QVERIFY(eachOnce(file(), 1));
    QCOMPARE((*store)->status().written, 1);
}

void HistoryTroubleTest::brokenHeader()
{
    makeLarge();
    overwrite(file(), 0, QByteArray(20, 'x')); // the mark that it is ours stays
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is damaged and was moved to ")));
    auto store = HistoryStore::open(file(), quietHistory());
    QVERIFY(store.has_value());
    QVERIFY(QFileInfo((*store)->status().setAside).size() > 1'000'000);
    (*store)->append(historySample(0));
    QVERIFY((*store)->flush().has_value());
    QVERIFY(eachOnce(file(), 1));
}

void HistoryTroubleTest::checksAreRemembered()
{
    std::atomic<qint64> clock = 1'000'000;
    HistoryOptions options = quietHistory();
    options.now = [&clock] { return clock.load(); };
    options.checkEvery = Milliseconds(1000);
    const auto checkedBy = [&](qint64 timeMs) {
        clock = timeMs;
        auto store = HistoryStore::open(file(), options);
        return QTest::qWaitFor([&] { return (*store)->status().checkedMs.has_value(); }, 5000)
                   ? *(*store)->status().checkedMs
                   : -1;
    };
    QCOMPARE(checkedBy(1'000'000), 1'000'000);
    QCOMPARE(checkedBy(1'000'999), 1'000'000); // not again
    {
        // Due: the old time shows until the check has ended.
        clock = 1'001'000;
        auto store = HistoryStore::open(file(), options);
        QTRY_COMPARE((*store)->status().checkedMs, std::optional<qint64>(1'001'000));
    }
    auto store = HistoryStore::open(file(), options);
    clock = 1'001'001;
    QVERIFY((*store)->check().has_value()); // asked for
    QCOMPARE((*store)->status().checkedMs, std::optional<qint64>(1'001'001));
}

void HistoryTroubleTest::fileThatIsTakenAway()
{
    auto store = HistoryStore::open(file(), quietHistory());
    (*store)->append(historySample(7));
    QVERIFY((*store)->flush().has_value());
    QVERIFY(QFile::rename(file(), file() + QStringLiteral(".old")));
    (*store)->append(historySample(0));
    QVERIFY((*store)->flush().has_value());
    QVERIFY(eachOnce(file(), 1));
    // Another program's file in its place is not written into.
    QVERIFY(QFile::remove(file()));
    QFile foreign(file());
    QVERIFY(foreign.open(QIODevice::WriteOnly) && foreign.write("mine") == 4);
    foreign.close();
    (*store)->append(historySample(1));
    QVERIFY(!(*store)->flush().has_value());
    QVERIFY((*store)->status().condition == Condition::Refused);
    QCOMPARE(QFileInfo(file()).size(), 4);
    QVERIFY(foreign.remove());
    QTRY_COMPARE((*store)->status().waiting, 0);
    QVERIFY((*store)->status().condition == Condition::Recording);
}

int main(int argc, char **argv)
{
    if (argc == 3 && std::strcmp(argv[1], "--write") == 0)
        return writeUntilKilled(argv[2]);
    QCoreApplication application(argc, argv);
    HistoryTroubleTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_historytrouble.moc"
