// SPDX-License-Identifier: GPL-3.0-or-later
// Redis in stages against a real server: passwords, ACL users, TLS, limits; and against ports that misbehave.
#include "models/database/probes/probe.h"
#include "models/platforms/platform.h"
#include "tests/support/ownprocess.h"
#include "tests/support/rawpeer.h"
#include "tests/support/redisserver.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QTcpSocket>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char planted[] = "Planted-Pw-7731xyz";

DatabaseReport probed(const QString &text, DatabaseProbeOptions options = {})
{
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    return connection ? probeDatabase(*connection, options) : DatabaseReport();
}

QString told(const DatabaseReport &report)
{
    QStringList lines;
    for (const StageResult &each : report.stages)
        lines.append(s("%1 %2 %3 | %4")
                         .arg(databaseStageName(each.stage), stageStatusName(each.status), each.detail, each.hint));
    return lines.join(u'\n');
}

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

/// The stage that failed, whatever lint says of the string.
QString failedAt(const DatabaseReport &report)
{
    for (const StageResult &each : report.stages) {
        if (each.stage != DatabaseStage::Lint && each.status == StageStatus::Fail)
            return databaseStageName(each.stage);
    }
    return {};
}

QString at(quint16 port, const QString &credentials = {}, const char *scheme = "redis", const char *rest = "")
{
    return s("%1://%2localhost:%3%4").arg(s(scheme), credentials).arg(port).arg(s(rest));
}

} // namespace

class RedisProbeTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cleanup() { QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said)); }

    void passwordAndUsers()
    {
        const RedisServer server(
            {s("requirepass %1").arg(s(planted)), s("maxmemory 100mb"), s("maxmemory-policy allkeys-lru"),
             s("maxclients 100"), s("user app on >%1 ~app:* +@all -@dangerous -@admin").arg(s(planted)),
             s("user tiny on >%1 ~* +get +set").arg(s(planted)), s("user off off >%1 ~* +@all").arg(s(planted))});
        QVERIFY2(server.port() != 0, qPrintable(server.said()));
        const int before = openDescriptors();
        const DatabaseReport all = keep(probed(at(server.port(), s(":%1@").arg(s(planted)))));
        QVERIFY2(failedAt(all).isEmpty(), qPrintable(told(all)));
        QVERIFY2(all.server.startsWith(s("Redis 7.")), qPrintable(all.server));
        QCOMPARE(statusOf(all, DatabaseStage::Privileges), s("warn"));
        QVERIFY(stage(all, DatabaseStage::Privileges).detail.contains(s("+@all")));
        QVERIFY(all.headroom);
        QCOMPARE(all.headroom->limit, 100);
        QCOMPARE(all.headroom->memoryLimitBytes, qint64(100) << 20);
        QCOMPARE(all.headroom->evictionPolicy, s("allkeys-lru"));
        QCOMPARE(all.headroom->used, 1);
        QCOMPARE(statusOf(all, DatabaseStage::Headroom), s("ok"));
        // A user that is shut out of the dangerous commands: INFO is one of them, and so is ACL.
        const DatabaseReport app = keep(probed(at(server.port(), s("app:%1@").arg(s(planted)))));
        QVERIFY2(failedAt(app).isEmpty(), qPrintable(told(app)));
        QCOMPARE(statusOf(app, DatabaseStage::Auth), s("ok"));
        QCOMPARE(statusOf(app, DatabaseStage::Headroom), s("warn"));
        QVERIFY(!app.headroom);
        const DatabaseReport tiny = keep(probed(at(server.port(), s("tiny:%1@").arg(s(planted)))));
        QVERIFY2(failedAt(tiny).isEmpty(), qPrintable(told(tiny)));
        QCOMPARE(statusOf(tiny, DatabaseStage::Query), s("warn"));
        QVERIFY(stage(tiny, DatabaseStage::Query).detail.contains(s("limited")));
        QVERIFY(!tiny.privileges);
        const DatabaseReport off = keep(probed(at(server.port(), s("off:%1@").arg(s(planted)))));
        QCOMPARE(failedAt(off), s("auth"));
        const DatabaseReport wrong = keep(probed(at(server.port(), s(":%1-wrong@").arg(s(planted)))));
        QCOMPARE(failedAt(wrong), s("auth"));
        QVERIFY(stage(wrong, DatabaseStage::Auth).detail.contains(s("WRONGPASS")));
        QCOMPARE(statusOf(wrong, DatabaseStage::Query), s("not-reached"));
        const DatabaseReport none = keep(probed(at(server.port())));
        QCOMPARE(failedAt(none), s("auth"));
        QVERIFY(stage(none, DatabaseStage::Auth).detail.contains(s("NOAUTH")));
        const DatabaseReport number = keep(probed(at(server.port(), s(":%1@").arg(s(planted)), "redis", "/99")));
        QCOMPARE(failedAt(number), s("query"));
        QTRY_COMPARE(openDescriptors(), before);
    }

    void withoutPassword()
    {
        const RedisServer server({s("maxclients 1")});
        QVERIFY(server.port() != 0);
        const DatabaseReport open = keep(probed(at(server.port())));
        QVERIFY2(failedAt(open).isEmpty(), qPrintable(told(open)));
        QCOMPARE(statusOf(open, DatabaseStage::Tls), s("skipped"));
        // The probe itself is the only connection there may be.
        QCOMPARE(statusOf(open, DatabaseStage::Headroom), s("warn"));
        const DatabaseReport needless = keep(probed(at(server.port(), s(":%1@").arg(s(planted)))));
        QVERIFY2(failedAt(needless).isEmpty(), qPrintable(told(needless)));
        QCOMPARE(statusOf(needless, DatabaseStage::Auth), s("warn"));
    }

    void full()
    {
        const RedisServer server({s("maxclients 1")});
        QVERIFY(server.port() != 0);
        TcpHolder holder(server.port());
        const DatabaseReport report = keep(probed(at(server.port())));
        QCOMPARE(failedAt(report), s("auth"));
        QVERIFY2(stage(report, DatabaseStage::Auth).detail.contains(s("maxclients")), qPrintable(told(report)));
    }

    void reachOnly()
    {
        const RedisServer server({s("requirepass %1").arg(s(planted))});
        DatabaseProbeOptions options;
        options.reachOnly = true;
        const DatabaseReport report = keep(probed(at(server.port()), options));
        QVERIFY2(failedAt(report).isEmpty(), qPrintable(told(report)));
        QCOMPARE(statusOf(report, DatabaseStage::Auth), s("skipped"));
    }

    void tls()
    {
        const TestCertificates all;
        DatabaseProbeOptions options;
        options.caFile = all.caFile();
        {
            const RedisServer server({}, &all.good(), all.caFile());
            QVERIFY2(server.port() != 0, qPrintable(server.said()));
            const DatabaseReport good = keep(probed(at(server.port(), {}, "rediss"), options));
            QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
            QCOMPARE(statusOf(good, DatabaseStage::Tls), s("ok"));
            QVERIFY(stage(good, DatabaseStage::Tls).detail.contains(s("TLSv1.3")));
            const DatabaseReport untrusted = keep(probed(at(server.port(), {}, "rediss")));
            QCOMPARE(failedAt(untrusted), s("tls"));
            const DatabaseReport plain = keep(probed(at(server.port()), options));
            QCOMPARE(failedAt(plain), s("auth"));
            QVERIFY2(stage(plain, DatabaseStage::Auth).detail.contains(s("speaks TLS")), qPrintable(told(plain)));
        }
        const RedisServer expired({}, &all.expired(), all.caFile());
        const DatabaseReport report = keep(probed(at(expired.port(), {}, "rediss"), options));
        QCOMPARE(failedAt(report), s("tls"));
        QVERIFY(stage(report, DatabaseStage::Tls).detail.contains(s("expired")));
        const RedisServer plain;
        options.timeout = Milliseconds{3'000};
        const DatabaseReport other = keep(probed(at(plain.port(), {}, "rediss"), options));
        QCOMPARE(failedAt(other), s("tls"));
        QVERIFY2(stage(other, DatabaseStage::Tls).detail.contains(s("without TLS")), qPrintable(told(other)));
    }

    void misbehaving()
    {
        DatabaseProbeOptions options;
        options.timeout = Milliseconds{600};
        const RawPeer silent([](PeerConnection &c) { c.stayUntilTheEnd(); });
        QCOMPARE(failedAt(keep(probed(at(silent.port()), options))), s("auth"));
        const RawPeer http([](PeerConnection &c) {
            c.receive();
            c.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        });
        const DatabaseReport web = keep(probed(at(http.port()), options));
        QVERIFY2(stage(web, DatabaseStage::Auth).detail.contains(s("HTTP")), qPrintable(told(web)));
        // It drops in each stage, and repeats what it was told in its refusal.
        for (int answers = 0; answers < 6; ++answers) {
            const RawPeer drops([answers](PeerConnection &c) {
                for (int i = 0; i < answers; ++i) {
                    const QByteArray asked = c.receive();
                    c.send(i == 3 ? "-ERR you said " + asked.simplified() + "\r\n" : QByteArray("+PONG\r\n"));
                }
                c.receive();
            });
            const DatabaseReport report = keep(probed(at(drops.port(), s(":%1@").arg(s(planted))), options));
            QVERIFY2(answers > 4 || !failedAt(report).isEmpty(), qPrintable(told(report)));
            QTRY_COMPARE(drops.open(), 0);
        }
        const RawPeer echo([](PeerConnection &c) { c.send("-ERR " + c.receive().simplified() + "\r\n"); });
        QCOMPARE(failedAt(keep(probed(at(echo.port(), s(":%1@").arg(s(planted))), options))), s("auth"));
        QCOMPARE(failedAt(keep(probed(at(freePort()), options))), s("tcp"));
    }

    void cancelledInEachStage()
    {
        const TestCertificates all;
        for (const int stageNumber : {0, 1, 2, 3}) {
            const RawPeer peer([&](PeerConnection &c) {
                for (int i = 0; i < stageNumber; ++i) {
                    c.receive();
                    c.send("+PONG\r\n");
                }
                c.stayUntilTheEnd();
            });
            const int before = openDescriptors();
            DatabaseProbeOptions options;
            options.timeout = Milliseconds{20'000};
            options.cancelled = std::make_shared<std::atomic<bool>>(false);
            std::thread other([&] {
                std::this_thread::sleep_for(Milliseconds{100});
                *options.cancelled = true;
            });
            QElapsedTimer clock;
            clock.start();
            const DatabaseReport report = keep(probed(at(peer.port()), options));
            QVERIFY(clock.elapsed() < 1500);
            other.join();
            QVERIFY2(report.cancelled, qPrintable(told(report)));
            QVERIFY(failedAt(report).isEmpty());
            QTRY_COMPARE(peer.open(), 0);
            QTRY_COMPARE(openDescriptors(), before);
        }
    }

private:
    /// Holds one connection of the server.
    struct TcpHolder
    {
        explicit TcpHolder(quint16 port)
        {
            socket.connectToHost(QStringLiteral("127.0.0.1"), port);
            socket.waitForConnected();
            socket.write("PING\r\n");
            socket.waitForReadyRead();
        }
        QTcpSocket socket;
    };

    DatabaseReport keep(DatabaseReport report)
    {
        m_said +=
            told(report) + QString::fromUtf8(QJsonDocument(databaseReportToJson(report, connectionRules())).toJson());
        return report;
    }

    QString m_said;
};

QTEST_GUILESS_MAIN(RedisProbeTest)
#include "tst_redisprobe.moc"
