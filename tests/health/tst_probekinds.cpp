// SPDX-License-Identifier: GPL-3.0-or-later
// What a probe can ask beyond a GET, and what it brings back: ports, upgrades, bodies, expectations, redirects, chains
// of certificates and the record of a failure.
#include "models/health/targets.h"
#include "tests/support/probing.h"
#include "tests/support/rawwsserver.h"

#include <QTest>

using namespace Switchyard;
using Testing::probeOnce;
using Testing::RawPeer;
using Testing::RawWsServer;

namespace {

HttpBehaviour answering(int status, const QByteArray &body, QList<std::pair<QByteArray, QByteArray>> headers = {})
{
    HttpBehaviour behaviour;
    behaviour.status = status;
    behaviour.body = body;
    behaviour.headers = std::move(headers);
    return behaviour;
}

ConfiguredPattern pattern(const char *text)
{
    return *ConfiguredPattern::from(QString::fromLatin1(text));
}

} // namespace

class ProbeKindsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_server = Testing::healthyServer(); }
    void tcpUp();
    void tcpDown();
    void tcpOfAnAddress();
    void upgrade_data();
    void upgrade();
    void upgradeRefused_data();
    void upgradeRefused();
    void upgradeTimesOut();
    void sendsABody();
    void expectations_data();
    void expectations();
    void redirectChain();
    void redirectChainOfALoop();
    void certificateChains_data();
    void certificateChains();
    void failureRecord();
    void recordHoldsNoSecret();
    void noRecordWhenUp();
    void targets();

private:
    ProbeTarget to(const QString &url) const;

    TestCertificates m_certificates;
    std::unique_ptr<HttpServer> m_server;
};

ProbeTarget ProbeKindsTest::to(const QString &url) const
{
    ProbeTarget target;
    target.url = url;
    target.caFile = m_certificates.caFile();
    target.timeout = Milliseconds(2'000);
    return target;
}

void ProbeKindsTest::tcpUp()
{
    const ProbeSample sample = probeOnce(to(QStringLiteral("tcp://127.0.0.1:%1").arg(m_server->port())));
    QCOMPARE(sample.reason, QString());
    QCOMPARE(sample.status, 0);
    QVERIFY(sample.phases.dns && sample.phases.connect && sample.phases.total);
    QVERIFY(!sample.phases.tls && !sample.phases.firstByte && !sample.phases.transfer);
    QVERIFY(*sample.phases.dns + *sample.phases.connect <= *sample.phases.total + 0.5);
    QCOMPARE(sample.remoteAddress, QStringLiteral("127.0.0.1:%1").arg(m_server->port()));
    // Our end is connected before the server has taken it.
    QTRY_COMPARE(m_server->connectionCount(), 1);
    QVERIFY(m_server->requests().isEmpty());
    ProbeTarget slow = to(QStringLiteral("tcp://127.0.0.1:%1").arg(m_server->port()));
    slow.degraded.latency = Milliseconds(0);
    QCOMPARE(probeOnce(slow).state, ProbeState::Degraded);
}

void ProbeKindsTest::tcpDown()
{
    const ProbeSample refused = probeOnce(to(QStringLiteral("tcp://127.0.0.1:%1").arg(closedPort())));
    QCOMPARE(refused.errorKind, ErrorKind::Refused);
    QVERIFY(!refused.failure);
    const FullBacklog hole;
    ProbeTarget target = to(QStringLiteral("tcp://127.0.0.1:%1").arg(hole.port()));
    target.timeout = Milliseconds(150);
    const ProbeSample silent = probeOnce(target);
    QVERIFY2(silent.reason.startsWith(QStringLiteral("timed out after 150 ms in connect")), qPrintable(silent.reason));
    QCOMPARE(probeOnce(to(QStringLiteral("tcp://127.0.0.1"))).errorKind, ErrorKind::Usage);
}

void ProbeKindsTest::tcpOfAnAddress()
{
    ProbeTarget target = to(m_server->url(QStringLiteral("/whatever")));
    target.type = EndpointType::Tcp;
    QCOMPARE(probeOnce(target).reason, QString());
    QVERIFY(m_server->requests().isEmpty());
}

void ProbeKindsTest::upgrade_data()
{
    QTest::addColumn<bool>("tls");
    QTest::newRow("ws") << false;
    QTest::newRow("wss") << true;
}

void ProbeKindsTest::upgrade()
{
    QFETCH(bool, tls);
    QByteArray request;
    std::optional<QByteArray> closing;
    std::atomic<int> done{0};
    RawWsServer server(
        [&](RawPeer &peer) {
            peer.handshake({}, "X-Served-By: one\r\n");
            closing = peer.readFrame();
            ++done;
        },
        tls ? std::optional(m_certificates.good()) : std::nullopt);
    ProbeTarget target = to(QStringLiteral("%1://localhost:%2/ws/prices")
                                .arg(tls ? QStringLiteral("wss") : QStringLiteral("ws"))
                                .arg(server.port()));
    target.expect.headers.insert(QStringLiteral("X-Served-By"), pattern("^one$"));
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.reason, QString());
    QCOMPARE(sample.state, ProbeState::Up);
    QCOMPARE(sample.status, 101);
    QCOMPARE(sample.httpVersion, QStringLiteral("HTTP/1.1"));
    QCOMPARE(sample.phases.tls.has_value(), tls);
    QCOMPARE(sample.chain.size(), qsizetype(tls ? 1 : 0));
    QVERIFY(sample.phases.connect && sample.phases.firstByte);
    // The connection is closed, and properly: a close frame with code 1000.
    QTRY_COMPARE(done.load(), 1);
    QCOMPARE(closing, std::optional(QByteArray("\x03\xe8", 2)));
    target.expect.headers.insert(QStringLiteral("X-Served-By"), pattern("^two$"));
    QCOMPARE(probeOnce(target).reason,
             QStringLiteral("the header X-Served-By is \"one\", expected a match of \"^two$\""));
}

void ProbeKindsTest::upgradeRefused_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("reason");
    QTest::newRow("403") << QByteArray("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
                         << QStringLiteral("the upgrade was answered with status 403, expected 101");
    QTest::newRow("200") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                         << QStringLiteral("the upgrade was answered with status 200, expected 101; no WebSocket is "
                                           "served there");
    QTest::newRow("429") << QByteArray("HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n")
                         << QStringLiteral("the upgrade was answered with status 429, expected 101");
    QTest::newRow("301") << QByteArray("HTTP/1.1 301 Moved\r\nLocation: https://x/ws\r\nContent-Length: 0\r\n\r\n")
                         << QStringLiteral("the upgrade was answered with status 301, expected 101; it redirects to "
                                           "https://x/ws");
    QTest::newRow("no accept") << QByteArray("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
                               << QStringLiteral("the upgrade was accepted without Sec-WebSocket-Accept");
    QTest::newRow("wrong accept") << QByteArray(
                                         "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                         "Sec-WebSocket-Accept: c3dpdGNoeWFyZC1wcm9iZQ==\r\n\r\n")
                                  << QStringLiteral("the upgrade was accepted with a wrong Sec-WebSocket-Accept");
}

void ProbeKindsTest::upgradeRefused()
{
    QFETCH(QByteArray, answer);
    QFETCH(QString, reason);
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        peer.send(answer);
        peer.drain(Milliseconds(2'000));
    });
    const ProbeSample sample = probeOnce(to(server.url()));
    QCOMPARE(sample.reason, reason);
    QCOMPARE(sample.state, ProbeState::Down);
    QVERIFY(sample.failure);
    QCOMPARE(sample.failure->statusLine, QString::fromLatin1(answer.left(answer.indexOf("\r\n"))));
}

void ProbeKindsTest::upgradeTimesOut()
{
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        peer.drain(Milliseconds(3'000));
    });
    ProbeTarget target = to(server.url());
    target.timeout = Milliseconds(150);
    QVERIFY2(probeOnce(target).reason.contains(QStringLiteral("waiting for the first byte")), qPrintable(server.url()));
}

void ProbeKindsTest::sendsABody()
{
    QList<QByteArray> requests;
    std::mutex mutex;
    RawWsServer server([&](RawPeer &peer) {
        const QByteArray head = peer.readRequest();
        {
            const std::lock_guard lock(mutex);
            requests += head;
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        peer.drain(Milliseconds(2'000));
    });
    ProbeTarget target = to(QStringLiteral("http://127.0.0.1:%1/deep").arg(server.port()));
    target.body = "{\"deep\":true}";
    for (const char *method : {"POST", "PUT", "GET"}) {
        target.method = QString::fromLatin1(method);
        QCOMPARE(probeOnce(target).reason, QString());
        const std::lock_guard lock(mutex);
        const QByteArray head = requests.last();
        QVERIFY2(head.startsWith(QByteArray(method) + " /deep HTTP/1.1\r\n"), head);
        QVERIFY2(head.contains("\r\nContent-Length: 13\r\n"), head);
        QVERIFY2(head.contains("\r\nContent-Type: application/json\r\n"), head);
        QVERIFY2(!head.contains("Expect:"), head);
    }
    target.method = QStringLiteral("HEAD");
    QCOMPARE(probeOnce(target).errorKind, ErrorKind::Usage);
}

void ProbeKindsTest::expectations_data()
{
    QTest::addColumn<HttpBehaviour>("behaviour");
    QTest::addColumn<HealthExpectation>("expect");
    QTest::addColumn<QString>("reason");
    HealthExpectation body;
    body.body = pattern("^ok$");
    QTest::newRow("body fits") << answering(200, "ok") << body << QString();
    QTest::newRow("body differs") << answering(200, "nearly\nok") << body
                                  << QStringLiteral("the body is \"nearly ok\", expected a match of \"^ok$\"");
    QTest::newRow("body empty") << answering(200, "") << body
                                << QStringLiteral("the body is empty, expected a match of \"^ok$\"");
    QTest::newRow("body after 64 KiB") << answering(200, QByteArray(300'000, 'x') + "ok") << [] {
        HealthExpectation late;
        late.body = pattern("xok$");
        return late;
    }() << QString();
    QTest::newRow("secret in the body") << answering(200, "password=hunter2hunter2") << body
                                        << QStringLiteral(
                                               "the body is \"password=••••\", expected a match of \"^ok$\"");
    QTest::newRow("compressed") << answering(200, QByteArray("\x1f\x8b\x08", 3), {{"Content-Encoding", "gzip"}}) << body
                                << QStringLiteral("the body is compressed (gzip), which the probe did not ask for; "
                                                  "expected text");
    HealthExpectation header;
    header.headers.insert(QStringLiteral("x-version"), pattern("^v\\d+"));
    QTest::newRow("header fits") << answering(200, "", {{"X-Version", "v12"}}) << header << QString();
    QTest::newRow("header missing") << answering(200, "") << header
                                    << QStringLiteral("the header x-version is missing, expected a match of "
                                                      "\"^v\\\\d+\"");
    header.headers = {{QStringLiteral("Via"), pattern("^a, b$")}};
    QTest::newRow("header twice") << answering(200, "", {{"Via", "a"}, {"via", "b"}}) << header << QString();
    HealthExpectation json;
    json.status = QStringLiteral("200-304");
    json.json.insert(QStringLiteral("/status"), QStringLiteral("ok"));
    QTest::newRow("204") << answering(204, "") << json << QStringLiteral("status 204 has no body, expected JSON");
    QTest::newRow("304") << answering(304, "") << json << QStringLiteral("status 304 has no body, expected JSON");
    QTest::newRow("304 unasked") << answering(304, "") << HealthExpectation{}
                                 << QStringLiteral("answered with status 304, expected 2xx; it refers to a copy that "
                                                   "the probe does not have, and did not say it had");
    HealthExpectation both = json;
    both.body = pattern("nothing");
    QTest::newRow("two at once") << answering(200, "{\"status\":\"bad\"}") << both
                                 << QStringLiteral("/status is \"bad\", expected \"ok\"; the body is "
                                                   "\"{\"status\":\"bad\"}\", expected a match of \"nothing\"");
}

void ProbeKindsTest::expectations()
{
    QFETCH(HttpBehaviour, behaviour);
    QFETCH(HealthExpectation, expect);
    QFETCH(QString, reason);
    m_server->setBehaviour("/health", behaviour);
    ProbeTarget target = to(m_server->url(QStringLiteral("/health")));
    target.expect = expect;
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.reason, reason);
    QCOMPARE(sample.state, reason.isEmpty() ? ProbeState::Up : ProbeState::Down);
}

void ProbeKindsTest::redirectChain()
{
    HttpServer secure(m_certificates.good());
    secure.setBehaviour("/there", answering(307, "", {{"Location", "/health"}}));
    secure.setBehaviour("/health", {});
    m_server->setBehaviour("/old", answering(301, "", {{"Location", "/next?token=hunter2canary"}}));
    m_server->setBehaviour("/next",
                           answering(302, "", {{"Location", secure.url(QStringLiteral("/there")).toLatin1()}}));
    ProbeTarget target = to(m_server->url(QStringLiteral("/old")));
    target.followRedirects = true;
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.reason, QString());
    QCOMPARE(sample.redirects.size(), 3);
    QCOMPARE(sample.redirects[0], (RedirectHop{m_server->url(QStringLiteral("/old")), 301}));
    QCOMPARE(sample.redirects[1].status, 302);
    QVERIFY2(sample.redirects[1].url.startsWith(m_server->url(QStringLiteral("/next?token="))) &&
                 !sample.redirects[1].url.contains(QStringLiteral("hunter2")),
             qPrintable(sample.redirects[1].url));
    QCOMPARE(sample.redirects[2], (RedirectHop{secure.url(QStringLiteral("/there")), 307}));
    QVERIFY(!sample.tlsVersion.isEmpty());
    // Not followed: no chain, and the reason says where it leads.
    target.followRedirects = false;
    QVERIFY(probeOnce(target).redirects.isEmpty());
}

void ProbeKindsTest::redirectChainOfALoop()
{
    m_server->setBehaviour("/a", answering(302, "", {{"Location", "/b"}}));
    m_server->setBehaviour("/b", answering(302, "", {{"Location", "/a"}}));
    ProbeTarget target = to(m_server->url(QStringLiteral("/a")));
    target.followRedirects = true;
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.reason, QStringLiteral("more than 10 redirects"));
    QCOMPARE(sample.redirects.size(), 10);
    QCOMPARE(sample.redirects[9], (RedirectHop{m_server->url(QStringLiteral("/b")), 302}));
}

void ProbeKindsTest::certificateChains_data()
{
    QTest::addColumn<CertificateFiles>("files");
    QTest::addColumn<QString>("host");
    QTest::addColumn<QStringList>("problems"); // of each certificate that was sent
    QTest::addColumn<QString>("reason");
    const QString name = QStringLiteral("localhost");
    const QString expired = QStringLiteral("certificate has expired");
    const QString unknown = QStringLiteral("unknown issuer");
    QTest::newRow("good") << m_certificates.good() << name << QStringList{{}} << QString();
    QTest::newRow("with intermediate") << m_certificates.intermediate() << name << QStringList{{}, {}} << QString();
    QTest::newRow("IPv4") << m_certificates.good() << QStringLiteral("127.0.0.1") << QStringList{{}} << QString();
    QTest::newRow("expired") << m_certificates.expired() << name << QStringList{expired}
                             << QStringLiteral("TLS: certificate has expired");
    QTest::newRow("not valid yet") << m_certificates.notYetValid() << name
                                   << QStringList{QStringLiteral("certificate is not valid yet")}
                                   << QStringLiteral("TLS: certificate is not valid yet");
    QTest::newRow("self-signed") << m_certificates.selfSigned() << name
                                 << QStringList{QStringLiteral("self-signed certificate")}
                                 << QStringLiteral("TLS: self-signed certificate");
    QTest::newRow("wrong name") << m_certificates.wrongName() << name
                                << QStringList{QStringLiteral("hostname mismatch")}
                                << QStringLiteral("TLS: hostname mismatch: the certificate is for other.example, not "
                                                  "for \"localhost\"");
    QTest::newRow("unknown authority")
        << m_certificates.foreign() << name << QStringList{unknown}
        << QStringLiteral("TLS: unknown issuer: CN=Strange authority is not trusted here (a private authority, or the "
                          "server leaves out an intermediate certificate)");
    QTest::newRow("unknown authority, sent")
        << m_certificates.foreignRoot() << name << QStringList{{}, unknown}
        << QStringLiteral("TLS: unknown issuer: CN=Strange authority is not trusted here (a private authority)");
    QTest::newRow("incomplete chain")
        << m_certificates.incomplete() << name << QStringList{unknown}
        << QStringLiteral("TLS: unknown issuer: CN=Switchyard test intermediate is not trusted here (a private "
                          "authority, or the server leaves out an intermediate certificate)");
    QTest::newRow("expired issuer") << m_certificates.staleIssuer() << name
                                    << QStringList{{}, expired + QStringLiteral(" (issuing certificate)")}
                                    << QStringLiteral("TLS: certificate has expired (issuing certificate)");
}

void ProbeKindsTest::certificateChains()
{
    QFETCH(CertificateFiles, files);
    QFETCH(QString, host);
    QFETCH(QStringList, problems);
    QFETCH(QString, reason);
    HttpServer server(files);
    server.setBehaviour("/health", {});
    // Twice: what is remembered of a certificate carries no problem over.
    for (int round = 0; round < 2; ++round) {
        const ProbeSample sample = probeOnce(to(server.url(QStringLiteral("/health"), host)));
        QCOMPARE(sample.reason, reason);
        QStringList seen;
        for (const CertificateInfo &each : sample.chain) {
            seen += each.problem;
            QVERIFY(each.notBefore < each.notAfter && !each.subject.isEmpty() && !each.issuer.isEmpty());
        }
        QCOMPARE(seen, problems);
        QVERIFY(sample.certificate);
        QCOMPARE(sample.certificate->subject, sample.chain.first().subject);
        QVERIFY(sample.tlsVersion.startsWith(QStringLiteral("TLSv1.")));
    }
}

void ProbeKindsTest::failureRecord()
{
    m_server->setBehaviour("/health", answering(503, QByteArray(10'000, 'x'), {{"Retry-After", "5"}}));
    const ProbeSample sample = probeOnce(to(m_server->url(QStringLiteral("/health"))));
    QVERIFY(sample.failure);
    QCOMPARE(sample.failure->statusLine, QStringLiteral("HTTP/1.1 503 Test"));
    QCOMPARE(sample.failure->headers, QStringLiteral("Content-Length: 10000\nRetry-After: 5\nConnection: close"));
    QCOMPARE(sample.failure->body.size(), 4096);
    QVERIFY(sample.failure->truncated);
    // Degraded is not up either.
    m_server->setBehaviour("/health", answering(429, "slow down"));
    const ProbeSample limited = probeOnce(to(m_server->url(QStringLiteral("/health"))));
    QVERIFY(limited.failure);
    QCOMPARE(limited.failure->body, QStringLiteral("slow down"));
    QVERIFY(!limited.failure->truncated);
    // An answer that breaks off is kept as far as it came.
    HttpBehaviour cut;
    cut.act = HttpBehaviour::Act::CutBody;
    m_server->setBehaviour("/health", cut);
    const ProbeSample broken = probeOnce(to(m_server->url(QStringLiteral("/health"))));
    QVERIFY(broken.failure);
    QCOMPARE(broken.failure->body, QStringLiteral("{\"status\":\"healthy\"}"));
}

void ProbeKindsTest::recordHoldsNoSecret()
{
    m_server->setBehaviour("/health",
                           answering(500, "you sent swordfish-7, token=abcdefgh12345678; and 'open sesame body'",
                                     {{"Set-Cookie", "session=swordfish-8"}, {"X-Echo", "swordfish-7"}}));
    ProbeTarget target = to(m_server->url(QStringLiteral("/health")));
    target.method = QStringLiteral("POST");
    target.headers.insert(QStringLiteral("Authorization"), QStringLiteral("Bearer swordfish-7"));
    target.body = "open sesame body";
    target.references = {{QStringLiteral("Authorization"), QStringLiteral("env:TOKEN")},
                         {QString(), QStringLiteral("env:BODY")}};
    const ProbeSample sample = probeOnce(target);
    QVERIFY(sample.failure);
    const QString all = sample.failure->headers + sample.failure->body + sample.reason;
    for (const char *secret : {"swordfish", "abcdefgh", "sesame"})
        QVERIFY2(!all.contains(QLatin1StringView(secret)), qPrintable(all));
    QVERIFY(sample.failure->body.startsWith(QStringLiteral("you sent ••••")));
}

void ProbeKindsTest::noRecordWhenUp()
{
    const ProbeSample sample = probeOnce(to(m_server->url(QStringLiteral("/health"))));
    QVERIFY(!sample.failure && sample.redirects.isEmpty() && sample.chain.isEmpty() && sample.tlsVersion.isEmpty());
}

void ProbeKindsTest::targets()
{
    qputenv("SWITCHYARD_TEST_TOKEN", "hush");
    FreeMonitor monitor;
    monitor.name = QStringLiteral("front");
    monitor.url = QStringLiteral("https://www.example.org/x?y=1");
    monitor.endpoint.method = QStringLiteral("POST");
    monitor.endpoint.follow = true;
    monitor.endpoint.body.text = QStringLiteral("env:SWITCHYARD_TEST_TOKEN");
    monitor.endpoint.headers.insert(QStringLiteral("X-Key"), {QStringLiteral("env:SWITCHYARD_TEST_TOKEN")});
    const Result<ProbeTarget> target = probeTargetFor(monitor);
    QVERIFY(target);
    QCOMPARE(target->id, QStringLiteral("monitor/front"));
    QCOMPARE(target->url, monitor.url);
    QCOMPARE(target->body, QByteArray("hush"));
    QVERIFY(target->followRedirects);
    QCOMPARE(target->references.value(QString()), QStringLiteral("env:SWITCHYARD_TEST_TOKEN"));
    QCOMPARE(target->references.value(QStringLiteral("X-Key")), QStringLiteral("env:SWITCHYARD_TEST_TOKEN"));
    qunsetenv("SWITCHYARD_TEST_TOKEN");
    QVERIFY(!probeTargetFor(monitor));
    Backend backend;
    backend.name = QStringLiteral("render");
    backend.url = QStringLiteral("https://[::1]");
    HealthEndpoint endpoint;
    endpoint.type = EndpointType::Tcp;
    QCOMPARE(probeTargetFor(backend, endpoint)->url, QStringLiteral("tcp://[::1]:443"));
    QCOMPARE(probeTargetFor(backend, endpoint)->id, QStringLiteral("render health tcp"));
    endpoint.type = EndpointType::WebSocket;
    endpoint.path = QStringLiteral("/ws");
    QCOMPARE(probeTargetFor(backend, endpoint)->url, QStringLiteral("wss://[::1]/ws"));
}

QTEST_GUILESS_MAIN(ProbeKindsTest)
#include "tst_probekinds.moc"
