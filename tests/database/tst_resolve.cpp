// SPDX-License-Identifier: GPL-3.0-or-later
// Names by a real server (dnsmasq), and by ones that misbehave.
#include "models/database/base/resolve.h"
#include "tests/support/nameserver.h"
#include "tests/support/ownprocess.h"
#include "tests/support/rawpeer.h"

#include <QElapsedTimer>
#include <QTest>

#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

template <typename T>
QString why(const Resolved<T> &answer)
{
    return answer ? QString() : answer.error().message;
}

Deadline inTime()
{
    return Deadline(Milliseconds{5'000});
}

} // namespace

class ResolveTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_server = std::make_unique<NameServer>(QStringList{
            s("--host-record=db.test,127.0.0.1"), s("--host-record=both.test,127.0.0.2,::1"),
            s("--host-record=six.test,::1"), s("--cname=alias.test,db.test"), s("--txt-record=text.test,only text"),
            s("--srv-host=_mongodb._tcp.good.c.test,h2.c.test,27018,10,0"),
            s("--srv-host=_mongodb._tcp.good.c.test,h1.c.test,27017,0,0"),
            s("--txt-record=good.c.test,authSource=admin&replicaSet=rs0"),
            s("--srv-host=_mongodb._tcp.bare.c.test,h1.c.test,27017"),
            s("--srv-host=_mongodb._tcp.foreign.c.test,h1.elsewhere.test,27017"),
            s("--srv-host=_mongodb._tcp.likely.c.test,h1.notc.test,27017"),
            s("--srv-host=_mongodb._tcp.itself.c.test,c.test,27017"),
            s("--srv-host=_mongodb._tcp.two.c.test,h1.c.test,27017"), s("--txt-record=two.c.test,authSource=admin"),
            s("--txt-record=two.c.test,v=spf1 -all"), s("--srv-host=_mongodb._tcp.tls.c.test,h1.c.test,27017"),
            s("--txt-record=tls.c.test,authSource=admin&tls=false"),
            s("--srv-host=_mongodb._tcp.c.test,h1.c.test,27017"), s("--srv-host=_mongodb._tcp.d.test,d.test,27017")});
        QVERIFY2(!m_server->address().isEmpty(), qPrintable(m_server->said()));
        m_resolver = Resolver(m_server->address());
    }

    void addresses()
    {
        const auto one = m_resolver.addresses(s("db.test"), inTime());
        QVERIFY2(one, qPrintable(why(one)));
        QCOMPARE(one->size(), 1);
        QCOMPARE(one->first().text, s("127.0.0.1"));
        const auto both = m_resolver.addresses(s("both.test"), inTime());
        QVERIFY(both);
        QCOMPARE(both->size(), 2);
        QCOMPARE(both->at(0), (ResolvedAddress{s("127.0.0.2"), false}));
        QCOMPARE(both->at(1), (ResolvedAddress{s("::1"), true}));
        const auto six = m_resolver.addresses(s("six.test"), inTime());
        QVERIFY(six);
        QCOMPARE(six->at(0), (ResolvedAddress{s("::1"), true}));
        const auto alias = m_resolver.addresses(s("alias.test"), inTime());
        QVERIFY(alias);
        QCOMPARE(alias->at(0).text, s("127.0.0.1"));
    }

    void withoutAQuestion()
    {
        // A resolver that never answers is not asked.
        const FixedNameServer silent(-2);
        const Resolver resolver(silent.address());
        QCOMPARE(resolver.addresses(s("192.0.2.7"), inTime())->at(0).text, s("192.0.2.7"));
        QVERIFY(resolver.addresses(s("2001:db8::1"), inTime())->at(0).ipv6);
        QCOMPARE(resolver.addresses(s("localhost"), inTime())->at(0).text, s("127.0.0.1"));
        // By the system's own files.
        QCOMPARE(Resolver().addresses(s("localhost"), inTime())->at(0).text, s("127.0.0.1"));
    }

    void failures_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<ResolveFailure>("failure");
        QTest::newRow("no such name") << s("nothing.test") << ResolveFailure::NoSuchName;
        QTest::newRow("no address") << s("text.test") << ResolveFailure::NoRecord;
        QTest::newRow("not for us") << s("example.org") << ResolveFailure::Refused;
        QTest::newRow("too long a label") << QString(64, u'a') + s(".test") << ResolveFailure::BadName;
        QTest::newRow("empty label") << s("a..test") << ResolveFailure::BadName;
        QTest::newRow("nothing") << QString() << ResolveFailure::BadName;
    }
    void failures()
    {
        QFETCH(QString, name);
        QFETCH(ResolveFailure, failure);
        const auto answer = m_resolver.addresses(name, inTime());
        QVERIFY(!answer);
        QCOMPARE(resolveFailureName(answer.error().failure), resolveFailureName(failure));
        QVERIFY(!answer.error().message.isEmpty());
        QVERIFY(!answer.error().hint.isEmpty());
        QVERIFY(!answer.error().message.contains(u'%'));
    }

    void misbehaving_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<ResolveFailure>("failure");
        QTest::newRow("SERVFAIL") << 2 << ResolveFailure::ServerFailed;
        QTest::newRow("REFUSED") << 5 << ResolveFailure::Refused;
        QTest::newRow("garbage") << -1 << ResolveFailure::BadAnswer;
    }
    void misbehaving()
    {
        QFETCH(int, code);
        QFETCH(ResolveFailure, failure);
        const FixedNameServer server(code);
        const auto answer = Resolver(server.address()).addresses(s("db.test"), Deadline(Milliseconds{2'000}));
        QVERIFY(!answer);
        QCOMPARE(resolveFailureName(answer.error().failure), resolveFailureName(failure));
    }

    void silentServer()
    {
        const FixedNameServer silent(-2);
        const int before = openDescriptors();
        QElapsedTimer clock;
        clock.start();
        const auto answer = Resolver(silent.address()).addresses(s("db.test"), Deadline(Milliseconds{300}));
        QVERIFY(!answer);
        QCOMPARE(resolveFailureName(answer.error().failure), s("timeout"));
        QVERIFY2(clock.elapsed() >= 290 && clock.elapsed() < 1500, qPrintable(QString::number(clock.elapsed())));
        QCOMPARE(openDescriptors(), before);
    }

    void nobodyListens()
    {
        const Resolver resolver(s("127.0.0.1:%1").arg(freePort()));
        const auto answer = resolver.addresses(s("db.test"), Deadline(Milliseconds{2'000}));
        QVERIFY(!answer);
        QCOMPARE(resolveFailureName(answer.error().failure), s("no-server"));
        const auto bad = Resolver(s("not an address")).addresses(s("db.test"), inTime());
        QVERIFY(!bad);
        QCOMPARE(resolveFailureName(bad.error().failure), s("bad-resolver"));
    }

    void cancelled()
    {
        const FixedNameServer silent(-2);
        const int before = openDescriptors();
        const auto flag = std::make_shared<std::atomic<bool>>(false);
        std::thread other([flag] {
            std::this_thread::sleep_for(Milliseconds{100});
            *flag = true;
        });
        QElapsedTimer clock;
        clock.start();
        const auto answer =
            Resolver(silent.address()).srv(s("_mongodb._tcp.c.test"), Deadline(Milliseconds{20'000}, flag));
        const qint64 took = clock.elapsed();
        other.join();
        QVERIFY(!answer);
        QCOMPARE(resolveFailureName(answer.error().failure), s("cancelled"));
        QVERIFY2(took < 1000, qPrintable(QString::number(took)));
        QCOMPARE(openDescriptors(), before);
    }

    void seedlist()
    {
        const auto good = m_resolver.mongoSeedlist(s("good.c.test"), s("mongodb"), inTime());
        QVERIFY2(good, qPrintable(why(good)));
        QCOMPARE(good->hosts.size(), 2);
        QCOMPARE(good->hosts[0].host, s("h1.c.test"));
        QCOMPARE(good->hosts[0].port, 27017);
        QCOMPARE(good->hosts[1].host, s("h2.c.test"));
        QCOMPARE(good->txt, s("authSource=admin&replicaSet=rs0"));
        const auto bare = m_resolver.mongoSeedlist(s("bare.c.test"), s("mongodb"), inTime());
        QVERIFY2(bare, qPrintable(why(bare)));
        QVERIFY(bare->txt.isEmpty());
        // A name of two labels: its hosts lie below it.
        QVERIFY(m_resolver.mongoSeedlist(s("c.test"), s("mongodb"), inTime()));
    }

    void seedlistFailures_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<ResolveFailure>("failure");
        QTest::addColumn<QString>("named");
        QTest::newRow("another domain") << s("foreign.c.test") << ResolveFailure::SrvForeign << s("h1.elsewhere.test");
        QTest::newRow("ends alike") << s("likely.c.test") << ResolveFailure::SrvForeign << s("h1.notc.test");
        QTest::newRow("the domain itself") << s("itself.c.test") << ResolveFailure::SrvForeign << s("c.test");
        QTest::newRow("two labels, itself") << s("d.test") << ResolveFailure::SrvForeign << s("d.test");
        QTest::newRow("two TXT") << s("two.c.test") << ResolveFailure::TxtSeveral << s("2");
        QTest::newRow("forbidden option") << s("tls.c.test") << ResolveFailure::TxtForbidden << s("tls");
        QTest::newRow("no SRV") << s("db.test") << ResolveFailure::NoSuchName << s("_mongodb._tcp.db.test");
        QTest::newRow("no name") << s("nothing.c.test") << ResolveFailure::NoSuchName << s("nothing.c.test");
    }
    void seedlistFailures()
    {
        QFETCH(QString, name);
        QFETCH(ResolveFailure, failure);
        QFETCH(QString, named);
        const auto answer = m_resolver.mongoSeedlist(name, s("mongodb"), inTime());
        QVERIFY(!answer);
        QCOMPARE(resolveFailureName(answer.error().failure), resolveFailureName(failure));
        QVERIFY2(why(answer).contains(named), qPrintable(why(answer)));
    }

private:
    std::unique_ptr<NameServer> m_server;
    Resolver m_resolver;
};

QTEST_GUILESS_MAIN(ResolveTest)
#include "tst_resolve.moc"
