// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/auditlog.h"
#include "models/workspace/productionlock.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

Backend backendOf(const char *name, const char *stage)
{
    Backend backend;
    backend.name = QString::fromLatin1(name);
    backend.stage = QString::fromLatin1(stage);
    return backend;
}

} // namespace

class ProductionLockTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyProductionIsLocked();
    void nameByLetter();
    void locksByItself();
    void useProlongs();
    void locksAll();
    void auditLines();
    void auditRefused();
};

void ProductionLockTest::onlyProductionIsLocked()
{
    const ProductionLock lock;
    QVERIFY(lock.isLocked(backendOf("live", "production")));
    QVERIFY(!lock.isLocked(backendOf("mine", "dev")));
    QVERIFY(!lock.isLocked(backendOf("stage", "test")));
    QCOMPARE(ProductionLock::defaultIdle, Milliseconds(600'000));
}

void ProductionLockTest::nameByLetter()
{
    ProductionLock lock;
    QSignalSpy changed(&lock, &ProductionLock::changed);
    const Backend live = backendOf("live", "production");
    for (const char *typed : {"", "Live", "live ", "other"}) {
        const Result<void> opened = lock.unlock(live, QString::fromLatin1(typed));
        QVERIFY(!opened);
        QCOMPARE(opened.error().kind, ErrorKind::Usage);
    }
    QVERIFY(lock.isLocked(live));
    QCOMPARE(changed.count(), 0);
    QVERIFY(lock.unlock(live, QStringLiteral("live")));
    QVERIFY(!lock.isLocked(live));
    QVERIFY(lock.remaining(QStringLiteral("live")) > Milliseconds(599'000));
    QVERIFY(lock.isLocked(backendOf("other", "production")));
    lock.lock(QStringLiteral("live"));
    QVERIFY(lock.isLocked(live));
    QCOMPARE(changed.count(), 2);
}

void ProductionLockTest::locksByItself()
{
    ProductionLock lock(Milliseconds(80));
    QSignalSpy changed(&lock, &ProductionLock::changed);
    const Backend live = backendOf("live", "production");
    QVERIFY(lock.unlock(live, QStringLiteral("live")));
    QTRY_COMPARE(changed.count(), 2);
    QVERIFY(lock.isLocked(live));
    QCOMPARE(lock.remaining(QStringLiteral("live")), Milliseconds(0));
}

void ProductionLockTest::useProlongs()
{
    ProductionLock lock(Milliseconds(10'000));
    const Backend live = backendOf("live", "production");
    lock.used(QStringLiteral("live")); // opens nothing
    QVERIFY(lock.isLocked(live));
    QVERIFY(lock.unlock(live, QStringLiteral("live")));
    QTRY_VERIFY(lock.remaining(QStringLiteral("live")) < Milliseconds(9'980));
    lock.used(QStringLiteral("live"));
    QVERIFY(lock.remaining(QStringLiteral("live")) > Milliseconds(9'980));
}

void ProductionLockTest::locksAll()
{
    ProductionLock lock;
    QVERIFY(lock.unlock(backendOf("a", "production"), QStringLiteral("a")));
    QVERIFY(lock.unlock(backendOf("b", "production"), QStringLiteral("b")));
    lock.lockAll();
    QVERIFY(lock.isLocked(backendOf("a", "production")));
    QVERIFY(lock.isLocked(backendOf("b", "production")));
}

void ProductionLockTest::auditLines()
{
    const QTemporaryDir dir;
    const AuditLog log(dir.filePath(QStringLiteral("state/audit.jsonl")));
    AuditEntry entry;
    entry.workspace = QStringLiteral("/srv/switchyard.toml");
    entry.backend = QStringLiteral("live");
    entry.stage = QStringLiteral("production");
    entry.action = QStringLiteral("redeploy");
    entry.outcome = QStringLiteral("begun");
    QVERIFY(log.append(entry));
    entry.outcome = QStringLiteral("failed: https://user:geheim123@host/hook");
    QVERIFY(log.append(entry));
    QFile file(log.file());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    for (const QByteArray &line : lines) {
        const QJsonObject json = QJsonDocument::fromJson(line).object();
        QCOMPARE(json[QStringLiteral("backend")].toString(), QStringLiteral("live"));
        QCOMPARE(json[QStringLiteral("action")].toString(), QStringLiteral("redeploy"));
        QVERIFY(!json[QStringLiteral("user")].toString().isEmpty());
        QVERIFY(QDateTime::fromString(json[QStringLiteral("at")].toString(), Qt::ISODateWithMs).isValid());
        QVERIFY(!line.contains("geheim123"));
    }
    QCOMPARE(QFileInfo(log.file()).permissions() & 0x0077, QFileDevice::Permissions());
}

void ProductionLockTest::auditRefused()
{
    const QTemporaryDir dir;
    // A folder where the file should be, and a link that somebody put there.
    QVERIFY(QDir(dir.path()).mkpath(QStringLiteral("folder")));
    QVERIFY(QFile::link(QStringLiteral("/dev/null"), dir.filePath(QStringLiteral("link"))));
    for (const char *name : {"folder", "link", "/proc/1/nowhere/audit.jsonl"}) {
        const QString path = QString::fromLatin1(name);
        const Result<void> written = AuditLog(path.startsWith(QLatin1Char('/')) ? path : dir.filePath(path)).append({});
        QVERIFY(!written);
        QCOMPARE(written.error().kind, ErrorKind::Io);
        QVERIFY(!written.error().hint.isEmpty());
    }
}

QTEST_GUILESS_MAIN(ProductionLockTest)
#include "tst_productionlock.moc"
