// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite files of every condition, and Upstash's REST interface against a stand-in that enforces its rules.
#include "models/database/probes/probe.h"
#include "models/platforms/platform.h"
#include "tests/support/ownprocess.h"
#include "tests/support/rawpeer.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char planted[] = "AXPlantedToken7731xyzAXPlantedToken";

StageResult stage(const DatabaseReport &report, DatabaseStage which)
{
    for (const StageResult &each : report.stages) {
        if (each.stage == which)
            return each;
    }
    return {};
}

QString statusOf(const DatabaseReport &report, DatabaseStage which)
{
    return stageStatusName(stage(report, which).status);
}

QString failedAt(const DatabaseReport &report)
{
    for (const StageResult &each : report.stages) {
        if (each.stage != DatabaseStage::Lint && each.status == StageStatus::Fail)
            return databaseStageName(each.stage);
    }
    return {};
}

QString told(const DatabaseReport &report)
{
    return QString::fromUtf8(QJsonDocument(databaseReportToJson(report, connectionRules())).toJson());
}

/// A database file that stays open while the object lives.
struct Database
{
    explicit Database(const QString &path) { sqlite3_open(QFile::encodeName(path).constData(), &handle); }
    ~Database() { sqlite3_close(handle); }
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;
    bool run(const char *sql) { return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }
    sqlite3 *handle = nullptr;
};

DatabaseReport probedFile(const QString &path, DatabaseProbeOptions options = {})
{
    const Result<ConnectionString> connection =
        parseConnectionString({s("sqlite:///") + path, DatabaseKind::Sqlite, {}});
    return connection ? probeDatabase(*connection, options) : DatabaseReport();
}

/// What the service does: POST / with a bearer token and a JSON list; {"result"} or {"error"}.
RawPeer::Script upstash(int requestsAllowed = 100)
{
    const auto left = std::make_shared<std::atomic<int>>(requestsAllowed);
    return [left](PeerConnection &c) {
        const QByteArray request = c.receiveUntil("]");
        const auto answer = [&](const char *status, const QByteArray &body) {
            c.send(QByteArray("HTTP/1.1 ") + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
                   QByteArray::number(body.size()) + "\r\n\r\n" + body);
        };
        if (!request.startsWith("POST / HTTP/1.1\r\n"))
            answer("405 Method Not Allowed", "{\"error\":\"Method Not Allowed\"}");
        else if (!request.contains(QByteArray("\r\nAuthorization: Bearer ") + planted + "\r\n"))
            // The real one does not repeat the token; this one does, to see that nobody passes it on.
            answer("401 Unauthorized", "{\"error\":\"WRONGPASS invalid or missing auth token " +
                                           request.simplified().replace('"', ' ') + "\"}");
        else if ((*left)-- <= 0)
            answer("429 Too Many Requests", "{\"error\":\"ERR max requests limit exceeded\"}");
        else if (request.contains("[\"PING\"]"))
            answer("200 OK", "{\"result\":\"PONG\"}");
        else
            answer("400 Bad Request", "{\"error\":\"ERR unknown command\"}");
    };
}

DatabaseReport probedRest(const RawPeer &peer, const char *token = planted, DatabaseProbeOptions options = {})
{
    const Result<ConnectionString> connection =
        parseConnectionString({s("http://localhost:%1").arg(peer.port()), DatabaseKind::UpstashRest, Secret(s(token))});
    return connection ? probeDatabase(*connection, options) : DatabaseReport();
}

} // namespace

class FileProbesTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void good()
    {
        const QString path = m_folder.filePath(s("good %23.db"));
        {
            Database database(path);
            QVERIFY(database.run("create table t(a); insert into t values(1)"));
        }
        const QStringList before = names();
        const int open = openDescriptors();
        const DatabaseReport report = probedFile(path);
        QVERIFY2(failedAt(report).isEmpty(), qPrintable(told(report)));
        QVERIFY2(stage(report, DatabaseStage::Query).detail.contains(s("1 table, journal delete, integrity ok")),
                 qPrintable(told(report)));
        QCOMPARE(statusOf(report, DatabaseStage::Dns), s("skipped"));
        QCOMPARE(statusOf(report, DatabaseStage::Privileges), s("ok"));
        QCOMPARE(names(), before);
        QCOMPARE(openDescriptors(), open);
    }

    void writeAheadLog()
    {
        const QString path = m_folder.filePath(s("wal.db"));
        {
            Database database(path);
            QVERIFY(database.run("pragma journal_mode=wal; create table t(a); create table u(a)"));
            // Beside a program that has it open.
            const DatabaseReport report = probedFile(path);
            QVERIFY2(stage(report, DatabaseStage::Query).detail.contains(s("2 tables, journal wal, integrity ok")),
                     qPrintable(told(report)));
        }
        const QStringList before = names();
        QVERIFY(!before.contains(s("wal.db-shm")));
        const DatabaseReport alone = probedFile(path);
        QVERIFY2(stage(alone, DatabaseStage::Query).detail.contains(s("2 tables, journal wal")),
                 qPrintable(told(alone)));
        QCOMPARE(names(), before);
    }

    void conditions()
    {
        const QString missing = m_folder.filePath(s("missing.db"));
        QCOMPARE(failedAt(probedFile(missing)), s("tcp"));
        QVERIFY(!QFile::exists(missing));
        QCOMPARE(failedAt(probedFile(m_folder.path())), s("tcp"));
        const QString pipe = m_folder.filePath(s("pipe.db"));
        QCOMPARE(mkfifo(QFile::encodeName(pipe).constData(), 0600), 0);
        QCOMPARE(failedAt(probedFile(pipe)), s("tcp"));
        const QString foreign = written("foreign.db", QByteArray(8192, 'x'));
        const DatabaseReport other = probedFile(foreign);
        QCOMPARE(failedAt(other), s("query"));
        QVERIFY(stage(other, DatabaseStage::Query).detail.contains(s("no SQLite database")));
        QCOMPARE(statusOf(probedFile(written("empty.db", {})), DatabaseStage::Query), s("warn"));
        // Damaged: a page in the middle is gone.
        const QString broken = m_folder.filePath(s("broken.db"));
        {
            Database database(broken);
            QVERIFY(database.run("create table t(a); with recursive n(i) as (select 1 union all select i+1 from n "
                                 "where i<5000) insert into t select hex(randomblob(50)) from n"));
        }
        QFile file(broken);
        QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(4096 * 3));
        file.write(QByteArray(4096 * 4, char(0xee)));
        file.close();
        const DatabaseReport damaged = probedFile(broken);
        QCOMPARE(failedAt(damaged), s("query"));
        QVERIFY2(stage(damaged, DatabaseStage::Query).detail.contains(s("damaged")), qPrintable(told(damaged)));
    }

    void locked()
    {
        const QString path = m_folder.filePath(s("locked.db"));
        Database database(path);
        QVERIFY(database.run("create table t(a); begin exclusive; insert into t values(1)"));
        DatabaseProbeOptions options;
        options.timeout = Milliseconds{200};
        QElapsedTimer clock;
        clock.start();
        const DatabaseReport report = probedFile(path, options);
        QVERIFY(clock.elapsed() < 1500);
        QCOMPARE(failedAt(report), s("query"));
        QVERIFY2(stage(report, DatabaseStage::Query).detail.contains(s("lock")), qPrintable(told(report)));
        // Cancelled while it waits for the lock.
        options.timeout = Milliseconds{20'000};
        options.cancelled = std::make_shared<std::atomic<bool>>(false);
        std::thread other([&] {
            std::this_thread::sleep_for(Milliseconds{100});
            *options.cancelled = true;
        });
        clock.restart();
        const DatabaseReport ended = probedFile(path, options);
        QVERIFY(clock.elapsed() < 1500);
        other.join();
        QVERIFY(ended.cancelled);
        QVERIFY(failedAt(ended).isEmpty());
    }

    void rest()
    {
        const RawPeer service(upstash(1));
        const int before = openDescriptors();
        const DatabaseReport good = probedRest(service);
        QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Query), s("ok"));
        QVERIFY(!told(good).contains(s(planted)));
        const DatabaseReport limit = probedRest(service);
        QCOMPARE(failedAt(limit), s("auth"));
        QVERIFY2(stage(limit, DatabaseStage::Auth).detail.contains(s("429")), qPrintable(told(limit)));
        const DatabaseReport wrong = probedRest(service, "WrongTokenPlanted99887766554433");
        QCOMPARE(failedAt(wrong), s("auth"));
        QVERIFY(stage(wrong, DatabaseStage::Auth).detail.contains(s("401")));
        QVERIFY2(!told(wrong).contains(s("WrongTokenPlanted")), qPrintable(told(wrong)));
        QTRY_COMPARE(openDescriptors(), before);
    }

    void notUpstash()
    {
        DatabaseProbeOptions options;
        options.timeout = Milliseconds{500};
        const auto says = [&](const QByteArray &answer) {
            const RawPeer peer([answer](PeerConnection &c) {
                c.receive();
                c.send(answer);
            });
            const DatabaseReport report = probedRest(peer, planted, options);
            return failedAt(report) + s(": ") + stage(report, DatabaseStage::Auth).detail;
        };
        QVERIFY(says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html")
                    .contains(s("auth: what answers there is not Upstash")));
        QVERIFY(says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").contains(s("not Upstash (HTTP 404)")));
        QVERIFY(says("-ERR unknown command 'POST'\r\n").contains(s("speaks no HTTP")));
        QVERIFY(says({}).contains(s("closed the connection")));
        QCOMPARE(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n10\r\n{\"result\":\"PONG\"\r\n1\r\n}\r\n0\r\n\r\n"),
                 s(": the token is accepted"));
        const RawPeer silent([](PeerConnection &c) { c.stayUntilTheEnd(); });
        QCOMPARE(failedAt(probedRest(silent, planted, options)), s("auth"));
    }

private:
    QStringList names() const
    {
        return QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
    }
    QString written(const char *name, const QByteArray &bytes) const
    {
        QFile file(m_folder.filePath(s(name)));
        if (file.open(QIODevice::WriteOnly))
            file.write(bytes);
        return file.fileName();
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(FileProbesTest)
#include "tst_fileprobes.moc"
