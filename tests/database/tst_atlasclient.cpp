// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/atlasclient.h"
#include "models/database/access/atlashints.h"
#include "tests/support/atlasserver.h"
#include "tests/support/httpserver.h"
#include "tests/support/ownprocess.h"
#include "tests/support/rawpeer.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QTest>

#include <memory>
#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QList<AccessEntry> entries(std::initializer_list<const char *> texts)
{
    QList<AccessEntry> list;
    for (const char *text : texts)
        list.append(*parseAccessEntry(s(text), s("of the test")));
    return list;
}

QStringList values(const Result<QList<AccessEntry>> &list)
{
    if (!list)
        return {list.error().toString()};
    QStringList texts;
    for (const AccessEntry &entry : *list)
        texts.append(entry.value);
    return texts;
}

} // namespace

class TestAtlasClient final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void wholeRound_data();
    void wholeRound();
    void paging();
    void slashes();
    void existingAgain();
    void waiting();
    void waitingEnds();
    void dates();
    void securityGroup();
    void tokenIsKeptAndRenewed();
    void tokenThatIsDropped();
    void digest_data();
    void digest();
    void staleNonce();
    void versions();
    void refusals_data();
    void refusals();
    void rateLimit();
    void redirects();
    void certificates();
    void badAnswers_data();
    void badAnswers();
    void cancelled();
    void silentPeer();
    void usage();
    void oldWayIsRefused();
    void credentials_data();
    void credentials();

private:
    AtlasOptions options() const;
    AtlasCredentials account() const;
    AtlasCredentials key() const;

    std::unique_ptr<TestCertificates> m_certificates;
    std::unique_ptr<AtlasServer> m_server;
};

void TestAtlasClient::initTestCase()
{
    m_certificates = std::make_unique<TestCertificates>();
}

void TestAtlasClient::init()
{
    m_server = std::make_unique<AtlasServer>(m_certificates->good());
    QVERIFY(m_server->isRunning());
}

AtlasOptions TestAtlasClient::options() const
{
    AtlasOptions options;
    options.baseUrl = m_server->url();
    options.caFile = m_certificates->caFile();
    options.waitBetween = Milliseconds(20);
    return options;
}

AtlasCredentials TestAtlasClient::account() const
{
    return *parseAtlasCredentials(Secret(m_server->client()), AtlasCredentials::Kind::ServiceAccount);
}

AtlasCredentials TestAtlasClient::key() const
{
    return *parseAtlasCredentials(Secret(m_server->key()), AtlasCredentials::Kind::ApiKey);
}

void TestAtlasClient::wholeRound_data()
{
    QTest::addColumn<bool>("byKey");
    QTest::newRow("service account") << false;
    QTest::newRow("API key") << true;
}

void TestAtlasClient::wholeRound()
{
    QFETCH(bool, byKey);
    AtlasClient client(byKey ? key() : account(), options());
    QCOMPARE(values(client.list(m_server->group())), QStringList());
    Result<void> done = client.add(m_server->group(), entries({"192.0.2.7", "198.51.100.0/24", "2001:db8::/48"}));
    QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().toString()));
    const Result<AtlasEntryStatus> status = client.status(m_server->group(), s("198.51.100.0/24"));
    QVERIFY2(status.has_value(), status ? "" : qPrintable(status.error().toString()));
    QCOMPARE(*status, AtlasEntryStatus::Pending);
    QCOMPARE(*client.status(m_server->group(), s("198.51.100.0/24")), AtlasEntryStatus::Active);
    const Result<QList<AccessEntry>> list = client.list(m_server->group());
    QCOMPARE(values(list), (QStringList{s("192.0.2.7"), s("198.51.100.0/24"), s("2001:db8::/48")}));
    QCOMPARE(list->first().comment, s("of the test"));
    done = client.remove(m_server->group(), s("198.51.100.0/24"));
    QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().toString()));
    done = client.remove(m_server->group(), s("2001:db8::/48"));
    QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().toString()));
    QCOMPARE(m_server->entries(), QStringList{s("192.0.2.7")});
    for (const QJsonObject &request : m_server->requests()) {
        const bool token = request[s("path")].toString() == s("/api/oauth/token");
        QCOMPARE(request[s("accept")].toString(),
                 token ? s("application/json") : s("application/vnd.atlas.2023-01-01+json"));
        const QString scheme = request[s("scheme")].toString();
        // Basic makes tokens and nothing else; Digest begins without a login.
        QVERIFY2(token   ? scheme == s("Basic")
                 : byKey ? (scheme == s("Digest") || scheme.isEmpty())
                         : scheme == s("Bearer"),
                 qPrintable(scheme));
    }
}

void TestAtlasClient::paging()
{
    QJsonArray seeds;
    for (int i = 0; i < 250; ++i)
        seeds.append(QJsonObject{{s("ipAddress"), s("192.0.2.%1").arg(i)}});
    m_server->seed(seeds);
    AtlasOptions small = options();
    for (const int size : {7, 50, 125, 250, 500}) {
        small.itemsPerPage = size;
        AtlasClient client(account(), small);
        const Result<QList<AccessEntry>> list = client.list(m_server->group());
        QVERIFY2(list.has_value(), list ? "" : qPrintable(list.error().toString()));
        QCOMPARE(list->size(), 250);
        QCOMPARE(list->last().value, s("192.0.2.249"));
        QCOMPARE(client.requests(), 1 + (250 + size - 1) / size);
    }
    small.itemsPerPage = 501;
    const Result<QList<AccessEntry>> refused = AtlasClient(account(), small).list(m_server->group());
    QVERIFY(!refused && refused.error().message.contains(s("INVALID_QUERY_PARAMETER")));
}

void TestAtlasClient::slashes()
{
    QCOMPARE(atlasEntryInPath(s("192.0.2.0/24")), s("192.0.2.0%2F24"));
    QCOMPARE(atlasEntryInPath(s("2001:db8::/58")), s("2001:db8::%2F58"));
    QCOMPARE(atlasEntryInPath(s("sg-903004f8")), s("sg-903004f8"));
    QCOMPARE(atlasEntryInPath(s("a/../b?c#d")), s("a%2F..%2Fb%3Fc%23d"));
    m_server->seed({QJsonObject{{s("cidrBlock"), s("192.0.2.0/24")}}});
    AtlasClient client(key(), options()); // Digest signs the path too
    QVERIFY(client.status(m_server->group(), s("192.0.2.0/24")).has_value());
    QVERIFY(m_server->requests().last()[s("path")].toString().endsWith(s("/accessList/192.0.2.0%2F24/status")));
    QVERIFY(client.remove(m_server->group(), s("192.0.2.0/24")).has_value());
    QCOMPARE(m_server->entries(), QStringList());
}

void TestAtlasClient::existingAgain()
{
    AtlasClient client(account(), options());
    QVERIFY(client.add(m_server->group(), entries({"192.0.2.7"})).has_value());
    QVERIFY(client.add(m_server->group(), entries({"192.0.2.7", "192.0.2.7/32"})).has_value());
    QCOMPARE(m_server->entries(), QStringList{s("192.0.2.7")});
}

void TestAtlasClient::waiting()
{
    m_server->set("pendingPolls", 3);
    AtlasOptions told = options();
    QStringList words;
    told.onWait = [&words](const QString &text) { words.append(text); };
    AtlasClient client(account(), told);
    const QList<AccessEntry> both = entries({"192.0.2.7", "192.0.2.8"});
    QVERIFY(client.add(m_server->group(), both).has_value());
    const Result<void> active = client.waitActive(m_server->group(), both, Milliseconds(20'000));
    QVERIFY2(active.has_value(), active ? "" : qPrintable(active.error().toString()));
    QCOMPARE(words.size(), 3);
    QVERIFY(words.first().contains(s("2 of 2")));
    QCOMPARE(*client.status(m_server->group(), s("192.0.2.8")), AtlasEntryStatus::Active);
}

void TestAtlasClient::waitingEnds()
{
    m_server->set("pendingPolls", 1'000'000);
    AtlasClient client(account(), options());
    QVERIFY(client.add(m_server->group(), entries({"192.0.2.7"})).has_value());
    Result<void> active = client.waitActive(m_server->group(), entries({"192.0.2.7"}), Milliseconds(1'500));
    QVERIFY(!active);
    QCOMPARE(active.error().kind, ErrorKind::Timeout);
    m_server->set("failed", QJsonArray{s("192.0.2.7")});
    active = client.waitActive(m_server->group(), entries({"192.0.2.7"}), Milliseconds(20'000));
    QVERIFY(!active);
    QCOMPARE(active.error().kind, ErrorKind::Refused);
    QVERIFY(active.error().message.contains(s("FAILED")));
}

void TestAtlasClient::dates()
{
    AtlasClient client(account(), options());
    const auto add = [&](qint64 seconds) {
        AccessEntry entry = entries({"203.0.113.9"}).first();
        entry.deleteAfter = QDateTime::currentDateTimeUtc().addSecs(seconds);
        return client.add(m_server->group(), {entry});
    };
    Result<void> done = add(3'600);
    QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().toString()));
    const Result<QList<AccessEntry>> list = client.list(m_server->group());
    QVERIFY(list && list->first().deleteAfter);
    QCOMPARE(list->first().deleteAfter->timeSpec(), Qt::UTC);
    for (const qint64 seconds : {qint64(-60), qint64(8 * 24 * 3'600)}) {
        done = add(seconds);
        QVERIFY(!done);
        QVERIFY2(done.error().message.contains(s("INVALID_DELETE_AFTER_DATE")), qPrintable(done.error().message));
        QVERIFY(done.error().hint.contains(s("a week")));
    }
}

void TestAtlasClient::securityGroup()
{
    AtlasClient client(account(), options());
    QVERIFY(client.add(m_server->group(), entries({"sg-0a1b2c3d"})).has_value());
    QCOMPARE(values(client.list(m_server->group())), QStringList{s("sg-0a1b2c3d")});
}

void TestAtlasClient::tokenIsKeptAndRenewed()
{
    AtlasClient client(account(), options());
    for (int i = 0; i < 3; ++i)
        QVERIFY(client.list(m_server->group()).has_value());
    QCOMPARE(client.requests(), 4); // one token for three
    // One that says it ends within a minute is not kept for the next call.
    m_server->set("tokenSays", 30);
    AtlasClient hasty(account(), options());
    for (int i = 0; i < 3; ++i)
        QVERIFY(hasty.list(m_server->group()).has_value());
    QCOMPARE(hasty.requests(), 6);
}

void TestAtlasClient::tokenThatIsDropped()
{
    AtlasClient client(account(), options());
    QVERIFY(client.list(m_server->group()).has_value());
    m_server->set("dropTokens", true);
    QVERIFY(client.list(m_server->group()).has_value());
    QCOMPARE(client.requests(), 2 + 3); // refused, a new token, taken
    // Once, not for ever: these end before they are used.
    m_server->set("tokenSeconds", 0);
    m_server->set("tokenSays", 3'600);
    AtlasClient unlucky(account(), options());
    const Result<QList<AccessEntry>> refused = unlucky.list(m_server->group());
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Auth);
    QCOMPARE(unlucky.requests(), 4);
}

void TestAtlasClient::digest_data()
{
    QTest::addColumn<QString>("algorithm");
    QTest::newRow("MD5") << s("MD5");
    QTest::newRow("SHA-256") << s("SHA-256");
}

void TestAtlasClient::digest()
{
    QFETCH(QString, algorithm);
    m_server->set("algorithm", algorithm);
    AtlasClient client(key(), options());
    QVERIFY(client.add(m_server->group(), entries({"192.0.2.0/24"})).has_value()); // with a body
    for (int i = 0; i < 3; ++i)
        QCOMPARE(values(client.list(m_server->group())), QStringList{s("192.0.2.0/24")});
    QVERIFY(client.remove(m_server->group(), s("192.0.2.0/24")).has_value());
    AtlasCredentials wrong = key();
    wrong.secret = Secret(s("Planted-Wrong-1"));
    const Result<QList<AccessEntry>> refused = AtlasClient(wrong, options()).list(m_server->group());
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Auth);
    QVERIFY(!refused.error().toString().contains(s("Planted")));
}

void TestAtlasClient::staleNonce()
{
    m_server->set("nonceUses", 0);
    const Result<QList<AccessEntry>> refused = AtlasClient(key(), options()).list(m_server->group());
    QVERIFY(!refused); // every nonce stale: it ends, and soon
    m_server->set("nonceUses", 1);
    AtlasClient client(key(), options());
    for (int i = 0; i < 3; ++i)
        QVERIFY(client.list(m_server->group()).has_value());
}

void TestAtlasClient::versions()
{
    AtlasOptions other = options();
    other.version = s("2024-11-13");
    QVERIFY(AtlasClient(account(), other).list(m_server->group()).has_value());
    for (const char *bad : {"2019-01-01", "2999-01-01", "", "latest"}) {
        other.version = s(bad);
        const Result<QList<AccessEntry>> refused = AtlasClient(account(), other).list(m_server->group());
        QVERIFY2(!refused, bad);
        QVERIFY2(refused.error().message.contains(s("HTTP 406 INVALID_VERSION_DATE")),
                 qPrintable(refused.error().message));
        QVERIFY(refused.error().hint.contains(s("application/vnd.atlas.YYYY-MM-DD+json")));
    }
}

void TestAtlasClient::refusals_data()
{
    QTest::addColumn<QString>("setting");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<ErrorKind>("kind");
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("hint");
    QTest::newRow("caller's address") << s("callerBlocked") << QJsonValue(true) << ErrorKind::Auth
                                      << s("IP_ADDRESS_NOT_ON_ACCESS_LIST: IP address 203.0.113.9")
                                      << s("that list is another one than the project's");
    QTest::newRow("may not write") << s("mayWrite") << QJsonValue(false) << ErrorKind::Auth
                                   << s("HTTP 403 USER_UNAUTHORIZED") << s("Project Owner");
    QTest::newRow("conflict") << s("conflict") << QJsonValue(true) << ErrorKind::Usage << s("HTTP 409")
                              << s("read it again");
    QTest::newRow("fault") << s("fault") << QJsonValue(503) << ErrorKind::Io << s("HTTP 503") << s("later");
    QTest::newRow("teapot") << s("fault") << QJsonValue(418) << ErrorKind::Protocol << s("HTTP 418") << s("address");
}

void TestAtlasClient::refusals()
{
    QFETCH(QString, setting);
    QFETCH(QJsonValue, value);
    m_server->set(setting.toUtf8().constData(), value);
    AtlasClient client(key(), options());
    const Result<void> refused = client.add(m_server->group(), entries({"192.0.2.7"}));
    QVERIFY(!refused);
    QTEST(refused.error().kind, "kind");
    QFETCH(QString, words);
    QVERIFY2(refused.error().message.contains(words), qPrintable(refused.error().message));
    QFETCH(QString, hint);
    QVERIFY2(refused.error().hint.contains(hint), qPrintable(refused.error().hint));
    QCOMPARE(m_server->entries(), QStringList());
}

void TestAtlasClient::rateLimit()
{
    AtlasClient client(key(), options());
    // Short: waited for once.
    m_server->set("rateLimited", 1);
    QElapsedTimer clock;
    clock.start();
    QVERIFY(client.list(m_server->group()).has_value());
    QVERIFY2(clock.elapsed() >= 1'000, qPrintable(QString::number(clock.elapsed())));
    // Twice in a row: told, with the time.
    m_server->set("rateLimited", 2);
    Result<QList<AccessEntry>> refused = client.list(m_server->group());
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Refused);
    QVERIFY(refused.error().hint.contains(s("in 1 s")));
    // Long: not waited for.
    m_server->set("rateLimited", 1);
    m_server->set("retryAfter", s("600"));
    clock.restart();
    refused = client.list(m_server->group());
    QVERIFY(!refused && clock.elapsed() < 5'000);
    QVERIFY(refused.error().hint.contains(s("in 600 s")));
    // Without a time, or with one that is none.
    for (const QJsonValue &after : {QJsonValue(QJsonValue::Null), QJsonValue(s("soon")), QJsonValue(s("-5"))}) {
        m_server->set("rateLimited", 1);
        m_server->set("retryAfter", after);
        refused = client.list(m_server->group());
        QVERIFY(!refused && refused.error().message.contains(s("RATE_LIMITED")));
    }
}

void TestAtlasClient::redirects()
{
    AtlasServer other(m_certificates->good());
    m_server->set("redirect", other.url() + s("/api/oauth/token"));
    for (const AtlasCredentials &who : {account(), key()}) {
        const Result<QList<AccessEntry>> refused = AtlasClient(who, options()).list(m_server->group());
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Protocol);
        QVERIFY(refused.error().message.contains(s("redirect")));
    }
    QCOMPARE(other.requests().size(), 0);
}

void TestAtlasClient::certificates()
{
    for (const CertificateFiles &files : {m_certificates->expired(), m_certificates->wrongName(),
                                          m_certificates->selfSigned(), m_certificates->foreign()}) {
        AtlasServer wrong(files);
        AtlasOptions there = options();
        there.baseUrl = wrong.url();
        for (const AtlasCredentials &who : {account(), key()}) {
            const Result<QList<AccessEntry>> refused = AtlasClient(who, there).list(m_server->group());
            QVERIFY(!refused);
            QCOMPARE(refused.error().kind, ErrorKind::Tls);
        }
        QCOMPARE(wrong.requests().size(), 0); // nothing was sent
    }
    AtlasOptions plain = options();
    plain.baseUrl.replace(s("https://"), s("http://"));
    const Result<QList<AccessEntry>> refused = AtlasClient(account(), plain).list(m_server->group());
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Usage);
    // Without the test's authority nobody is believed.
    AtlasOptions system = options();
    system.caFile.clear();
    QCOMPARE(AtlasClient(account(), system).list(m_server->group()).error().kind, ErrorKind::Tls);
}

void TestAtlasClient::badAnswers_data()
{
    QTest::addColumn<QString>("garbage");
    QTest::newRow("page") << s("<html>log in</html>");
    QTest::newRow("nothing") << QString();
    QTest::newRow("null") << s("null");
    QTest::newRow("array") << s("[]");
    QTest::newRow("results of another kind") << s("{\"results\": 3}");
    QTest::newRow("entries of another kind") << s("{\"results\": [17], \"totalCount\": 1}");
    QTest::newRow("deep") << QString(5'000, u'[');
    QTest::newRow("token with a line end") << s("{\"access_token\": \"a\\r\\nX: y\"}");
}

void TestAtlasClient::badAnswers()
{
    QFETCH(QString, garbage);
    m_server->set("garbage", garbage);
    for (const AtlasCredentials &who : {account(), key()}) {
        AtlasClient client(who, options());
        const Result<QList<AccessEntry>> list = client.list(m_server->group());
        QVERIFY(!list);
        QCOMPARE(list.error().kind, ErrorKind::Protocol);
        QVERIFY(!client.status(m_server->group(), s("192.0.2.7")));
    }
    m_server->set("garbage", QJsonValue(QJsonValue::Null));
    m_server->set("hugeBody", true);
    const Result<QList<AccessEntry>> huge = AtlasClient(key(), options()).list(m_server->group());
    QVERIFY(!huge);
    QVERIFY2(huge.error().message.contains(s("too long")), qPrintable(huge.error().message));
}

void TestAtlasClient::cancelled()
{
    RawPeer silent([](PeerConnection &connection) { connection.stayUntilTheEnd(); });
    AtlasOptions stoppable = options();
    stoppable.baseUrl = s("https://localhost:%1").arg(silent.port());
    stoppable.cancelled = std::make_shared<std::atomic<bool>>(false);
    AtlasClient client(account(), stoppable);
    QElapsedTimer clock;
    // In the middle of it: once the connection is there.
    std::thread stopper([&silent, flag = stoppable.cancelled, &clock] {
        while (silent.accepted() == 0)
            std::this_thread::yield();
        clock.start();
        flag->store(true);
    });
    const Result<QList<AccessEntry>> list = client.list(m_server->group());
    stopper.join();
    QVERIFY(!list);
    QCOMPARE(list.error().kind, ErrorKind::Cancelled);
    QVERIFY2(clock.elapsed() < 2'000, qPrintable(QString::number(clock.elapsed())));
    // Also while a 429 is waited out, and between two looks at a status.
    m_server->set("rateLimited", 1);
    m_server->set("retryAfter", s("8"));
    AtlasOptions waiting = options();
    waiting.cancelled = std::make_shared<std::atomic<bool>>(false);
    waiting.onWait = [flag = waiting.cancelled](const QString &) { flag->store(true); };
    clock.restart();
    QCOMPARE(AtlasClient(key(), waiting).list(m_server->group()).error().kind, ErrorKind::Cancelled);
    m_server->set("pendingPolls", 1'000'000);
    QVERIFY(AtlasClient(key(), options()).add(m_server->group(), entries({"192.0.2.7"})).has_value());
    waiting.cancelled->store(false);
    waiting.waitBetween = Milliseconds(60'000);
    const Result<void> active =
        AtlasClient(key(), waiting).waitActive(m_server->group(), entries({"192.0.2.7"}), Milliseconds(120'000));
    QCOMPARE(active.error().kind, ErrorKind::Cancelled);
    QVERIFY(clock.elapsed() < 7'000);
}

void TestAtlasClient::silentPeer()
{
    RawPeer silent([](PeerConnection &connection) { connection.stayUntilTheEnd(); });
    AtlasOptions there = options();
    there.baseUrl = s("https://localhost:%1").arg(silent.port());
    there.timeout = Milliseconds(400);
    QElapsedTimer clock;
    clock.start();
    const Result<QList<AccessEntry>> list = AtlasClient(key(), there).list(m_server->group());
    QVERIFY(!list);
    QCOMPARE(list.error().kind, ErrorKind::Timeout);
    QVERIFY(clock.elapsed() < 5'000);
    there.baseUrl = s("https://localhost:%1").arg(closedPort());
    QCOMPARE(AtlasClient(key(), there).list(m_server->group()).error().kind, ErrorKind::Refused);
    const int before = openDescriptors();
    for (int i = 0; i < 5; ++i)
        QVERIFY(!AtlasClient(key(), there).list(m_server->group()));
    // Fewer: what the stand-in still had open of the calls before is closed by now.
    QTRY_VERIFY(openDescriptors() <= before);
}

void TestAtlasClient::usage()
{
    AtlasClient client(account(), options());
    for (const char *group : {"", "shop", "32b6e34b3d91647abb20e7b", "32b6e34b3d91647abb20e7b8/", "../../../x"}) {
        const Result<QList<AccessEntry>> list = client.list(s(group));
        QVERIFY(!list);
        QCOMPARE(list.error().kind, ErrorKind::Usage);
    }
    QVERIFY(!client.add(m_server->group(), {}));
    AccessEntry odd;
    odd.value = s("nonsense");
    QVERIFY(!client.add(m_server->group(), {odd}));
    QCOMPARE(client.requests(), 0);
    // One that is no such project, and one entry that is not there.
    const Result<QList<AccessEntry>> list = client.list(s("000000000000000000000000"));
    QVERIFY(!list && list.error().message.contains(s("GROUP_NOT_FOUND")));
    const Result<void> gone = client.remove(m_server->group(), s("192.0.2.7"));
    QVERIFY(!gone && gone.error().message.contains(s("not in the list")));
    QCOMPARE(gone.error().kind, ErrorKind::Usage);
}

/// What the first migration's script does: v1.0 with Basic. The stand-in refuses it as Atlas does.
void TestAtlasClient::oldWayIsRefused()
{
    QProcess python;
    python.start(s("/usr/bin/python3"),
                 {s("-c"),
                  s("import base64,ssl,sys,urllib.request,urllib.error\n"
                    "c=ssl.create_default_context(cafile=sys.argv[2])\n"
                    "def go(path,login,accept):\n"
                    "  r=urllib.request.Request(sys.argv[1]+path,headers={'Authorization':login,'Accept':accept})\n"
                    "  try: return urllib.request.urlopen(r,context=c).status\n"
                    "  except urllib.error.HTTPError as e: return e.code\n"
                    "b='Basic '+base64.b64encode(sys.argv[3].encode()).decode()\n"
                    "v='application/vnd.atlas.2023-01-01+json'\n"
                    "g='/groups/'+sys.argv[4]+'/accessList'\n"
                    "print(go('/api/atlas/v1.0'+g,b,'application/json'),go('/api/atlas/v2'+g,b,v),"
                    "go('/api/atlas/v2'+g,'Bearer x',v),go('/api/atlas/v2'+g,'Digest x',v))\n"),
                  m_server->url(), m_certificates->caFile(), m_server->key(), m_server->group()});
    QVERIFY(python.waitForFinished(20'000));
    QCOMPARE(python.readAllStandardOutput().trimmed(), QByteArray("401 401 401 401"));
}

void TestAtlasClient::credentials_data()
{
    QTest::addColumn<QString>("text");
    for (const char *bad : {"", ":", "id:", ":Planted", "Planted", "id:Plan ted", "id:Planted\nmore"})
        QTest::newRow(*bad ? bad : "(empty)") << s(bad);
}

void TestAtlasClient::credentials()
{
    QFETCH(QString, text);
    for (const auto kind : {AtlasCredentials::Kind::ServiceAccount, AtlasCredentials::Kind::ApiKey}) {
        const Result<AtlasCredentials> parsed = parseAtlasCredentials(Secret(text), kind);
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().kind, ErrorKind::Usage);
        QVERIFY(!parsed.error().toString().contains(s("Plan")));
    }
    const Result<AtlasCredentials> good =
        parseAtlasCredentials(Secret(s("id:se:cret\n")), AtlasCredentials::Kind::ApiKey);
    QVERIFY(good && good->id == s("id") && good->secret.reveal() == s("se:cret"));
    // Nothing of what the API says reaches a terminal unfiltered.
    const Error error =
        atlasError(400, "{\"errorCode\": \"X\\u001b[31m\", \"detail\": \"a\\u001bb\\nc token=Planted-5\"}", -1);
    QVERIFY2(!error.message.contains(QChar(0x1b)) && !error.message.contains(s("Planted-5")),
             qPrintable(error.message));
}

QTEST_GUILESS_MAIN(TestAtlasClient)
#include "tst_atlasclient.moc"
