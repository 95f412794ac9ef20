// SPDX-License-Identifier: GPL-3.0-or-later
// What a session sees of a database while it runs, on real servers: connections in use, newcomers turned away, a server
// that crashes and comes back, users who may not look, and the end in the middle of anything.
#include "models/database/probes/postgresopen.h"
#include "models/database/watch/sessionsampler.h"
#include "tests/support/postgresserver.h"
#include "tests/support/redisserver.h"

#include <QElapsedTimer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <csignal>
#include <memory>
#include <vector>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const char planted[] = "Planted-Pw-7732lane";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

DatabaseEndpoint endpoint(const QString &url)
{
    DatabaseEndpoint made;
    made.name = s("shop");
    made.url = s("env:LANE_URL");
    qputenv("LANE_URL", url.toUtf8());
    return made;
}

SessionSamplerOptions often()
{
    SessionSamplerOptions options;
    options.queryEvery = Milliseconds(100);
    options.connectEvery = Milliseconds(300);
    options.connectLimit = Milliseconds(2'000);
    return options;
}

class Looks final : public QObject
{
public:
    explicit Looks(const DatabaseEndpoint &database, const SessionSamplerOptions &options = often())
        : sampler({database}, options)
    {
        connect(&sampler, &SessionSampler::looked, this, [this](const DatabaseLook &look) { all.append(look); });
        sampler.start();
    }

    const DatabaseLook *last(DatabaseLook::Kind kind) const
    {
        for (auto it = all.crbegin(); it != all.crend(); ++it) {
            if (it->kind == kind)
                return &*it;
        }
        return nullptr;
    }
    int used() const
    {
        const DatabaseLook *look = last(DatabaseLook::Kind::Query);
        return look ? look->connections.used : -1;
    }
    int freshSum() const
    {
        int sum = 0;
        for (const DatabaseLook &look : all)
            sum += std::max(look.connections.fresh, 0);
        return sum;
    }
    bool has(DatabaseLook::Kind kind, const char *cause) const
    {
        return std::any_of(all.cbegin(), all.cend(), [&](const DatabaseLook &look) {
            return look.kind == kind && !look.ok && look.cause == s(cause);
        });
    }
    QString problems() const
    {
        QStringList texts;
        for (const DatabaseLook &look : all)
            texts.append(look.cause + s(": ") + look.problem);
        return texts.join(u'\n');
    }

    SessionSampler sampler;
    QList<DatabaseLook> all;
};

using Links = std::vector<std::unique_ptr<PostgresLink>>;

bool openOne(Links &links, const QString &url)
{
    const Result<ConnectionString> connection = parseConnectionString({url, {}, {}});
    auto link = std::make_unique<PostgresLink>();
    if (!connection || !openPostgres(*link, *connection, {}))
        return false;
    links.push_back(std::move(link));
    return true;
}

} // namespace

class SessionSamplerTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void counts();
    void full();
    void crash();
    void restricted();
    void roleLimit();
    void wrongPassword();
    void nobodyThere();
    void noString();
    void leftOut_data();
    void leftOut();
    void watchFalse();
    void redis();
    void redisFull();
    void endsAtOnce();

private:
    QString url(const char *user = "app") const { return m_server.url(s("%1:%2").arg(s(user), s(planted))); }

    PostgresServer m_server;
};

void SessionSamplerTest::initTestCase()
{
    if (const QString missing = PostgresServer::missing(); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    QVERIFY2(m_server.start(
                 {s("max_connections = 12"), s("superuser_reserved_connections = 3"), s("restart_after_crash = on")},
                 "host all all 127.0.0.1/32 scram-sha-256\n"),
             m_server.log().constData());
    const QString made =
        m_server.sql(s("create role app login password '%1'; create role other login password '%1'; "
                       "create role small login password '%1' connection limit 4; create database shop owner app;")
                         .arg(s(planted)));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
}

void SessionSamplerTest::cleanup()
{
    qunsetenv("LANE_URL");
}

void SessionSamplerTest::counts()
{
    Looks looks(endpoint(url()));
    QVERIFY(!looks.sampler.isReady());
    QCOMPARE(looks.sampler.waitedFor(), QStringList{s("shop")});
    QTRY_VERIFY_WITH_TIMEOUT(looks.sampler.isReady(), 10'000);
    QTRY_VERIFY2_WITH_TIMEOUT(looks.used() >= 1, qPrintable(looks.problems()), 10'000);
    const DatabaseLook first = looks.all.first();
    QVERIFY2(first.ok, qPrintable(first.problem));
    QCOMPARE(first.server, s("postgresql"));
    QCOMPARE(first.connections.limit, 12);
    QCOMPARE(first.connections.reserved, 3);
    QCOMPARE(first.connections.fresh, -1); // nothing to compare with yet
    QVERIFY(first.ms > 0);
    QTRY_VERIFY(looks.last(DatabaseLook::Kind::Connect));
    QVERIFY2(looks.last(DatabaseLook::Kind::Connect)->ok, qPrintable(looks.problems()));
    QCOMPARE(looks.freshSum(), 0); // our own newcomers are none of the application's
    Links links;
    for (int i = 0; i < 3; ++i)
        QVERIFY(openOne(links, url()));
    QTRY_COMPARE(looks.freshSum(), 3);
    QTRY_VERIFY(looks.last(DatabaseLook::Kind::Query)->connections.idle == 3);
    QVERIFY(looks.used() >= 4);
    QVERIFY(looks.last(DatabaseLook::Kind::Query)->connections.ofUser >= 4);
    links.clear();
    QTRY_VERIFY(looks.used() <= 2);
    QVERIFY(looks.all.last().at >= looks.all.first().at);
}

void SessionSamplerTest::full()
{
    Looks looks(endpoint(url()));
    QTRY_VERIFY_WITH_TIMEOUT(looks.used() >= 1, 10'000);
    Links links;
    QElapsedTimer timer;
    timer.start();
    // The place that a newcomer was refused may have been another newcomer's, which leaves it: all are to be taken.
    while ((!looks.has(DatabaseLook::Kind::Connect, "full") || looks.used() < 9) && timer.elapsed() < 10'000) {
        openOne(links, url());
        QTest::qWait(20);
    }
    QVERIFY2(looks.has(DatabaseLook::Kind::Connect, "full"), qPrintable(looks.problems()));
    QVERIFY(looks.problems().contains(s("53300")));
    // The one that is kept goes on, and sees the limit less what is reserved.
    QTRY_COMPARE(looks.used(), 9);
    QVERIFY(!looks.has(DatabaseLook::Kind::Query, "full"));
    links.clear();
    QTRY_VERIFY(looks.last(DatabaseLook::Kind::Connect)->ok);
}

void SessionSamplerTest::crash()
{
    Looks looks(endpoint(url()));
    QTRY_VERIFY_WITH_TIMEOUT(looks.used() >= 1, 10'000);
    Links victim;
    QVERIFY(openOne(victim, url()));
    QVERIFY(victim[0]->backendPid() > 1);
    QCOMPARE(::kill(victim[0]->backendPid(), SIGKILL), 0); // the server ends all others, and recovers
    const auto failed = [&] {
        return std::any_of(looks.all.cbegin(), looks.all.cend(), [](const DatabaseLook &look) { return !look.ok; });
    };
    QTRY_VERIFY_WITH_TIMEOUT(failed(), 10'000);
    QTRY_VERIFY2_WITH_TIMEOUT(looks.last(DatabaseLook::Kind::Query)->ok, qPrintable(looks.problems()), 30'000);
    QVERIFY(looks.used() >= 1);
    QVERIFY(!looks.problems().contains(s(planted)));
}

void SessionSamplerTest::restricted()
{
    Links others;
    QVERIFY(openOne(others, url("other")));
    Looks looks(endpoint(url()));
    QTRY_VERIFY_WITH_TIMEOUT(looks.used() >= 2, 10'000);
    const ConnectionCount count = looks.last(DatabaseLook::Kind::Query)->connections;
    QCOMPARE(count.active, -1); // what the other one does is hidden, and 0 would be a guess
    QCOMPARE(count.idle, -1);
    QVERIFY(count.ofUser >= 1 && count.ofUser < count.used);
    QVERIFY(openOne(others, url("other")));
    QTRY_COMPARE(looks.freshSum(), 1); // that it is there everybody sees
}

void SessionSamplerTest::roleLimit()
{
    Looks looks(endpoint(url("small")));
    QTRY_VERIFY_WITH_TIMEOUT(looks.used() >= 1, 10'000);
    QCOMPARE(looks.last(DatabaseLook::Kind::Query)->connections.limit, 4);
    QCOMPARE(looks.last(DatabaseLook::Kind::Query)->connections.usable(), 4);
    Links links;
    QVERIFY(openOne(links, url()));
    QTRY_VERIFY(looks.freshSum() == 1);
    QVERIFY(looks.used() <= 2); // another role's are not held against this one's limit
}

void SessionSamplerTest::wrongPassword()
{
    Looks looks(endpoint(m_server.url(s("app:Wrong-%1").arg(s(planted)))));
    QTRY_VERIFY_WITH_TIMEOUT(looks.has(DatabaseLook::Kind::Query, "login"), 10'000);
    QVERIFY(looks.sampler.isReady());
    QTRY_VERIFY(looks.has(DatabaseLook::Kind::Connect, "login"));
    QVERIFY2(looks.problems().contains(s("28P01")), qPrintable(looks.problems()));
    QVERIFY(!looks.problems().contains(s(planted)));
}

void SessionSamplerTest::nobodyThere()
{
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    const quint16 number = port.serverPort();
    port.close();
    Looks looks(endpoint(s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=disable").arg(s(planted)).arg(number)));
    QTRY_VERIFY_WITH_TIMEOUT(looks.has(DatabaseLook::Kind::Query, "unreachable"), 10'000);
    QVERIFY(looks.all.first().connections.isEmpty());
    QTRY_VERIFY(looks.all.size() > 3); // tried again and again
}

void SessionSamplerTest::noString()
{
    DatabaseEndpoint database = endpoint(QString());
    qunsetenv("LANE_URL");
    Looks looks(database);
    QTRY_VERIFY_WITH_TIMEOUT(looks.has(DatabaseLook::Kind::Query, "string"), 10'000);
    QVERIFY(looks.sampler.isReady());
    // It is read anew: somebody may unlock the keychain meanwhile.
    qputenv("LANE_URL", url().toUtf8());
    QTRY_VERIFY_WITH_TIMEOUT(looks.last(DatabaseLook::Kind::Query)->ok, 10'000);
}

void SessionSamplerTest::leftOut_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("why");
    QTest::newRow("Neon") << s("postgresql://app:x@ep-cool-1.eu-central-1.aws.neon.tech/shop") << s("Neon");
    QTest::newRow("Upstash") << s("rediss://default:x@eu1-cool-1.upstash.io:6379") << s("every command");
    QTest::newRow("SQLite") << s("sqlite:////tmp/none.db") << s("SQLite");
}

void SessionSamplerTest::leftOut()
{
    QFETCH(const QString, url);
    QFETCH(const QString, why);
    Looks looks(endpoint(url));
    QTRY_COMPARE_WITH_TIMEOUT(looks.all.size(), 1, 10'000);
    QCOMPARE(looks.all[0].kind, DatabaseLook::Kind::Skipped);
    QVERIFY2(looks.all[0].problem.contains(why), qPrintable(looks.all[0].problem));
    QVERIFY(looks.sampler.isReady());
}

void SessionSamplerTest::watchFalse()
{
    DatabaseEndpoint database = endpoint(url());
    database.watch = false;
    QVERIFY(sampledDatabases({database}).isEmpty());
    Looks looks(database);
    QVERIFY(looks.sampler.isReady());
}

void SessionSamplerTest::redis()
{
    RedisServer server({s("requirepass %1").arg(s(planted)), s("maxclients 50")});
    QVERIFY2(server.port() != 0, qPrintable(server.said()));
    Looks looks(endpoint(s("redis://:%1@127.0.0.1:%2/0").arg(s(planted)).arg(server.port())));
    QTRY_VERIFY2_WITH_TIMEOUT(looks.used() >= 1, qPrintable(looks.problems()), 10'000);
    QCOMPARE(looks.all.first().server, s("redis"));
    QCOMPARE(looks.all.first().connections.limit, 50);
    QTRY_VERIFY(looks.last(DatabaseLook::Kind::Connect));
    QVERIFY2(looks.last(DatabaseLook::Kind::Connect)->ok, qPrintable(looks.problems()));
    const int before = looks.freshSum();
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    for (int i = 0; i < 5; ++i) {
        sockets.push_back(std::make_unique<QTcpSocket>());
        sockets.back()->connectToHost(QHostAddress::LocalHost, server.port());
        QVERIFY(sockets.back()->waitForConnected(5'000));
    }
    QTRY_VERIFY(looks.freshSum() - before >= 4); // one of our own may be counted on either side of a look
    QVERIFY(looks.used() >= 6);
}

void SessionSamplerTest::redisFull()
{
    RedisServer server({s("maxclients 3")});
    QVERIFY2(server.port() != 0, qPrintable(server.said()));
    Looks looks(endpoint(s("redis://127.0.0.1:%1/0").arg(server.port())));
    QTRY_VERIFY2_WITH_TIMEOUT(looks.used() >= 1, qPrintable(looks.problems()), 10'000);
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    for (int i = 0; i < 2; ++i) {
        sockets.push_back(std::make_unique<QTcpSocket>());
        sockets.back()->connectToHost(QHostAddress::LocalHost, server.port());
        QVERIFY(sockets.back()->waitForConnected(5'000));
    }
    QTRY_VERIFY2_WITH_TIMEOUT(looks.has(DatabaseLook::Kind::Connect, "full"), qPrintable(looks.problems()), 10'000);
    QTRY_VERIFY(std::any_of(looks.all.cbegin(), looks.all.cend(),
                            [](const DatabaseLook &look) { return look.connections.rejected > 0; }));
}

/// A peer that takes connections and says nothing: neither the first look nor a newcomer holds the end up.
void SessionSamplerTest::endsAtOnce()
{
    ScriptedPeer silent([](int descriptor, const std::atomic<bool> &stopping) {
        while (!stopping && ScriptedPeer::read(descriptor, stopping).isEmpty()) {
        }
        while (!stopping)
            ScriptedPeer::read(descriptor, stopping);
    });
    SessionSamplerOptions options = often();
    options.connectLimit = Milliseconds(60'000);
    auto looks = std::make_unique<Looks>(
        endpoint(s("postgresql://app:x@127.0.0.1:%1/shop?sslmode=require").arg(silent.port())), options);
    QTRY_VERIFY_WITH_TIMEOUT(silent.openConnections() > 0, 10'000);
    QElapsedTimer timer;
    timer.start();
    looks.reset();
    QVERIFY2(timer.elapsed() < 1'000, qPrintable(QString::number(timer.elapsed())));
}

QTEST_GUILESS_MAIN(SessionSamplerTest)

#include "tst_sessionsampler.moc"
