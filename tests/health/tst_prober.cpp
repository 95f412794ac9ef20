// SPDX-License-Identifier: GPL-3.0-or-later
// Probes of a real server on the loopback: states, phases, every kind of failure. Rhythm and cancelling stand in
// tst_prober_schedule.cpp.
#include "models/health/prober.h"
#include "tests/support/probing.h"

#include <QTest>

using namespace Switchyard;
using Testing::probeOnce;
using Act = HttpBehaviour::Act;

namespace {

HttpBehaviour acting(Act act)
{
    HttpBehaviour behaviour;
    behaviour.act = act;
    return behaviour;
}

HttpBehaviour status(int code, QList<std::pair<QByteArray, QByteArray>> headers = {})
{
    HttpBehaviour behaviour;
    behaviour.status = code;
    behaviour.headers = std::move(headers);
    return behaviour;
}

} // namespace

class ProberTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_server = Testing::healthyServer(); }
    void upOverHttp();
    void upOverHttps();
    void statusWithoutBody();
    void statusDown();
    void bodyRules();
    void bodyOver64KiBIsJudgedWhole();
    void degradedByLatency();
    void instanceFromHeader();
    void sendsHeadersAndMethod();
    void freshConnectionForEachProbe();
    void redirectNotFollowed();
    void redirectFollowed();
    void redirectKeepsHeadersFromOtherOrigin();
    void redirectLoop();
    void redirectToFile();
    void unknownName();
    void refused();
    void connectTimeout();
    void silentTls();
    void firstByteTimeout();
    void bodyTimeout();
    void brokenAnswers_data();
    void brokenAnswers();
    void brokenHandshakes_data();
    void brokenHandshakes();
    void certificates_data();
    void certificates();
    void plainHttpOnTlsPort();
    void unusableTargets_data();
    void unusableTargets();

private:
    ProbeSample probeUrl(const QString &url, Milliseconds timeout = Milliseconds(5000));
    ProbeTarget secure(const HttpServer &server, const QString &path = QStringLiteral("/health"),
                       const QString &host = QStringLiteral("localhost")) const;

    TestCertificates m_certificates;
    std::unique_ptr<HttpServer> m_server;
};

ProbeSample ProberTest::probeUrl(const QString &url, Milliseconds timeout)
{
    ProbeTarget target;
    target.url = url;
    target.timeout = timeout;
    return probeOnce(target);
}

ProbeTarget ProberTest::secure(const HttpServer &server, const QString &path, const QString &host) const
{
    ProbeTarget target;
    target.url = server.url(path, host);
    target.caFile = m_certificates.caFile();
    target.timeout = Milliseconds(2000);
    return target;
}

void ProberTest::upOverHttp()
{
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/health")));
    QCOMPARE(sample.reason, QString());
    QCOMPARE(sample.state, ProbeState::Up);
    QCOMPARE(sample.status, 200);
    QCOMPARE(sample.body, QByteArray("{\"status\":\"healthy\"}"));
    QCOMPARE(sample.httpVersion, QStringLiteral("HTTP/1.1"));
    QCOMPARE(sample.remoteAddress, QStringLiteral("127.0.0.1:%1").arg(m_server->port()));
    const ProbePhases &phases = sample.phases;
    QVERIFY(phases.dns && phases.connect && phases.firstByte && phases.transfer && phases.total);
    QVERIFY(!phases.tls);
    QVERIFY(!sample.certificate);
    QVERIFY(*phases.dns + *phases.connect + *phases.firstByte + *phases.transfer <= *phases.total + 0.5);
    QVERIFY(qAbs(toMs(sample.doneAt - sample.sentAt) - *phases.total) < 0.001);
}

void ProberTest::upOverHttps()
{
    HttpServer server(m_certificates.good());
    server.setBehaviour("/health", {});
    server.setConnectionBehaviour({ConnectionBehaviour::Tls::Handshake, Milliseconds(60)});
    for (const char *host : {"localhost", "127.0.0.1"}) {
        const ProbeSample sample = probeOnce(secure(server, QStringLiteral("/health"), QString::fromLatin1(host)));
        QCOMPARE(sample.reason, QString());
        const ProbePhases &phases = sample.phases;
        QVERIFY(phases.dns && phases.connect && phases.tls && phases.firstByte && phases.transfer && phases.total);
        // The pause before the handshake is its time alone.
        QVERIFY2(*phases.tls >= 55, QByteArray::number(*phases.tls));
        QVERIFY2(*phases.connect < 40 && *phases.firstByte < 40, QByteArray::number(*phases.connect));
        QVERIFY(sample.certificate);
        QCOMPARE(sample.certificate->subject, QStringLiteral("CN=localhost"));
        QCOMPARE(sample.certificate->issuer, QStringLiteral("CN=Switchyard test authority"));
        QCOMPARE(sample.certificate->daysLeft, 30);
        QCOMPARE(sample.certificate->problem, QString());
    }
}

void ProberTest::statusWithoutBody()
{
    m_server->setBehaviour("/health", status(204));
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/health")));
    QCOMPARE(sample.state, ProbeState::Up);
    QCOMPARE(sample.status, 204);
    QVERIFY(sample.phases.firstByte && sample.phases.transfer);
    QVERIFY(sample.body.isEmpty());
}

void ProberTest::statusDown()
{
    m_server->setBehaviour("/health", status(503));
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/health")));
    QCOMPARE(sample.state, ProbeState::Down);
    QCOMPARE(sample.status, 503);
    QCOMPARE(sample.reason, QStringLiteral("answered with status 503, expected 2xx"));
    m_server->setBehaviour("/health", status(429));
    QCOMPARE(probeUrl(m_server->url(QStringLiteral("/health"))).state, ProbeState::Degraded);
}

void ProberTest::bodyRules()
{
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/health"));
    target.expect.json.insert(QStringLiteral("/status"), QStringLiteral("healthy"));
    target.degraded.json.insert(QStringLiteral("/status"), QStringLiteral("degraded"));
    QCOMPARE(probeOnce(target).state, ProbeState::Up);
    HttpBehaviour behaviour;
    behaviour.body = "{\"status\":\"degraded\"}";
    m_server->setBehaviour("/health", behaviour);
    QCOMPARE(probeOnce(target).state, ProbeState::Degraded);
    behaviour.body = "<html>";
    m_server->setBehaviour("/health", behaviour);
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.state, ProbeState::Down);
    QVERIFY(sample.reason.contains(QStringLiteral("not JSON")));
}

void ProberTest::bodyOver64KiBIsJudgedWhole()
{
    HttpBehaviour behaviour;
    behaviour.body = "{\"fill\":\"" + QByteArray(200 * 1024, 'x') + "\",\"status\":\"healthy\"}";
    m_server->setBehaviour("/health", behaviour);
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/health"));
    target.expect.json.insert(QStringLiteral("/status"), QStringLiteral("healthy"));
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.reason, QString());
    QCOMPARE(sample.body.size(), qsizetype(64 * 1024));
    target.expect.json.clear();
    QCOMPARE(probeOnce(target).body.size(), qsizetype(64 * 1024));
}

void ProberTest::degradedByLatency()
{
    HttpBehaviour behaviour;
    behaviour.beforeAnswer = Milliseconds(120);
    m_server->setBehaviour("/health", behaviour);
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/health"));
    target.degraded.latency = Milliseconds(100);
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.state, ProbeState::Degraded);
    QVERIFY(sample.reason.contains(QStringLiteral("over 100 ms")));
    QVERIFY(*sample.phases.firstByte >= 115);
    QVERIFY(*sample.phases.transfer < 50);
}

void ProberTest::instanceFromHeader()
{
    m_server->setBehaviour("/health", status(200, {{"X-Instance", " srv-abc "}}));
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/health"));
    target.instanceHeader = QStringLiteral("x-instance");
    QCOMPARE(probeOnce(target).instance, QStringLiteral("srv-abc"));
}

void ProberTest::sendsHeadersAndMethod()
{
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/health?deep=1"));
    target.headers = {{QStringLiteral("X-Probe"), QStringLiteral("switchyard")},
                      {QStringLiteral("X-Empty"), QString()}};
    for (const char *method : {"GET", "HEAD", "POST", "OPTIONS"}) {
        target.method = QString::fromLatin1(method);
        QCOMPARE(probeOnce(target).state, ProbeState::Up);
        const QByteArray head = m_server->requests().last();
        QVERIFY2(head.startsWith(QByteArray(method) + " /health?deep=1 HTTP/1.1\r\n"), head);
        QVERIFY2(head.contains("\r\nX-Probe: switchyard\r\n") && head.contains("\r\nX-Empty:\r\n"), head);
        QVERIFY2(!head.toLower().contains("accept-encoding"), head);
    }
}

void ProberTest::freshConnectionForEachProbe()
{
    for (int i = 0; i < 3; ++i)
        QCOMPARE(probeUrl(m_server->url(QStringLiteral("/health"))).state, ProbeState::Up);
    QCOMPARE(m_server->connectionCount(), 3);
}

void ProberTest::redirectNotFollowed()
{
    m_server->setBehaviour("/old", status(302, {{"Location", "/health"}}));
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/old")));
    QCOMPARE(sample.state, ProbeState::Down);
    QCOMPARE(sample.status, 302);
    QCOMPARE(sample.reason,
             QStringLiteral("answered with status 302, expected 2xx; it redirects to /health, which was not followed"));
    QCOMPARE(m_server->requests().size(), 1);
}

void ProberTest::redirectFollowed()
{
    HttpServer server(m_certificates.good());
    server.setBehaviour("/health", {});
    m_server->setBehaviour("/old", status(302, {{"Location", server.url(QStringLiteral("/health")).toLatin1()}}));
    ProbeTarget target = secure(*m_server, QStringLiteral("/old"), QStringLiteral("127.0.0.1"));
    target.followRedirects = true;
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.reason, QString());
    QCOMPARE(sample.status, 200);
    QVERIFY(sample.certificate);
    const ProbePhases &phases = sample.phases;
    QVERIFY(phases.tls);
    QVERIFY(*phases.dns + *phases.connect + *phases.tls + *phases.firstByte <= *phases.total + 0.5);
}

void ProberTest::redirectKeepsHeadersFromOtherOrigin()
{
    HttpServer other;
    other.setBehaviour("/health", {});
    m_server->setBehaviour("/out", status(302, {{"Location", other.url(QStringLiteral("/health")).toLatin1()}}));
    m_server->setBehaviour("/in", status(302, {{"Location", "/health"}}));
    ProbeTarget target;
    target.followRedirects = true;
    target.headers = {{QStringLiteral("X-Api-Key"), QStringLiteral("hush")}};
    target.url = m_server->url(QStringLiteral("/in"));
    QCOMPARE(probeOnce(target).state, ProbeState::Up);
    QVERIFY(m_server->requests().last().contains("X-Api-Key: hush"));
    target.url = m_server->url(QStringLiteral("/out"));
    QCOMPARE(probeOnce(target).state, ProbeState::Up);
    QVERIFY(m_server->requests().last().contains("X-Api-Key: hush"));
    QCOMPARE(other.requests().size(), 1);
    QVERIFY2(!other.requests().first().contains("hush"), other.requests().first());
}

void ProberTest::redirectLoop()
{
    m_server->setBehaviour("/loop", status(302, {{"Location", "/loop"}}));
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/loop"));
    target.followRedirects = true;
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.errorKind, ErrorKind::Protocol);
    QCOMPARE(sample.reason, QStringLiteral("more than 10 redirects"));
    QCOMPARE(m_server->requests().size(), 11);
}

void ProberTest::redirectToFile()
{
    m_server->setBehaviour("/out", status(302, {{"Location", "file:///etc/passwd"}}));
    ProbeTarget target;
    target.url = m_server->url(QStringLiteral("/out"));
    target.followRedirects = true;
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.state, ProbeState::Down);
    QCOMPARE(sample.errorKind, ErrorKind::Protocol);
    QVERIFY2(sample.reason.contains(QStringLiteral("neither http nor https")), qPrintable(sample.reason));
}

void ProberTest::unknownName()
{
    const ProbeSample sample = probeUrl(QStringLiteral("http://nonexistent.invalid/health"));
    QCOMPARE(sample.errorKind, ErrorKind::Dns);
    QCOMPARE(sample.reason, QStringLiteral("the name \"nonexistent.invalid\" cannot be resolved"));
    QVERIFY(!sample.phases.dns && !sample.phases.connect && !sample.phases.firstByte);
    QCOMPARE(sample.status, 0);
}

void ProberTest::refused()
{
    const ProbeSample sample = probeUrl(QStringLiteral("http://127.0.0.1:%1/").arg(closedPort()));
    QCOMPARE(sample.errorKind, ErrorKind::Refused);
    QVERIFY(sample.reason.contains(QStringLiteral("refused")));
    QVERIFY(sample.phases.dns && sample.phases.total);
    QVERIFY(!sample.phases.connect && !sample.phases.tls && !sample.phases.firstByte && !sample.phases.transfer);
}

void ProberTest::connectTimeout()
{
    const FullBacklog port;
    const ProbeSample sample = probeUrl(QStringLiteral("http://127.0.0.1:%1/").arg(port.port()), Milliseconds(300));
    QCOMPARE(sample.errorKind, ErrorKind::Timeout);
    QVERIFY2(sample.reason.startsWith(QStringLiteral("timed out after 300 ms in connect")), qPrintable(sample.reason));
    QVERIFY2(*sample.phases.total >= 299 && *sample.phases.total < 350, QByteArray::number(*sample.phases.total));
    QVERIFY(sample.phases.dns && !sample.phases.connect);
}

void ProberTest::silentTls()
{
    HttpServer server(m_certificates.good());
    server.setConnectionBehaviour({ConnectionBehaviour::Tls::Silent, {}});
    ProbeTarget target = secure(server);
    target.timeout = Milliseconds(300);
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.errorKind, ErrorKind::Timeout);
    QVERIFY2(sample.reason.contains(QStringLiteral("in the TLS handshake")), qPrintable(sample.reason));
    QVERIFY2(*sample.phases.total >= 299 && *sample.phases.total < 350, QByteArray::number(*sample.phases.total));
    QVERIFY(sample.phases.connect && *sample.phases.connect < 100);
    QVERIFY(!sample.phases.tls && !sample.phases.firstByte);
}

void ProberTest::firstByteTimeout()
{
    HttpBehaviour behaviour;
    behaviour.beforeAnswer = Milliseconds(3000);
    m_server->setBehaviour("/health", behaviour);
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/health")), Milliseconds(200));
    QCOMPARE(sample.errorKind, ErrorKind::Timeout);
    QVERIFY2(sample.reason.contains(QStringLiteral("waiting for the first byte")), qPrintable(sample.reason));
    QVERIFY(sample.phases.connect && !sample.phases.firstByte);
    QCOMPARE(sample.status, 0);
}

void ProberTest::bodyTimeout()
{
    HttpBehaviour behaviour;
    behaviour.inBody = Milliseconds(3000);
    m_server->setBehaviour("/health", behaviour);
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/health")), Milliseconds(200));
    QCOMPARE(sample.errorKind, ErrorKind::Timeout);
    QVERIFY2(sample.reason.contains(QStringLiteral("in the body")), qPrintable(sample.reason));
    QCOMPARE(sample.state, ProbeState::Down);
    QCOMPARE(sample.status, 200);
    QVERIFY(sample.phases.firstByte && !sample.phases.transfer);
}

void ProberTest::brokenAnswers_data()
{
    QTest::addColumn<Act>("act");
    QTest::addColumn<ErrorKind>("kind");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<bool>("began");
    QTest::newRow("close") << Act::Close << ErrorKind::Io << QStringLiteral("closed without an answer") << false;
    QTest::newRow("reset") << Act::Reset << ErrorKind::Io << QStringLiteral("was reset before an answer") << false;
    QTest::newRow("garbage") << Act::Garbage << ErrorKind::Protocol << QStringLiteral("is not HTTP") << false;
    QTest::newRow("huge") << Act::HugeBody << ErrorKind::Protocol << QStringLiteral("over 1 MiB") << true;
    QTest::newRow("endless") << Act::EndlessBody << ErrorKind::Protocol << QStringLiteral("over 1 MiB") << true;
    QTest::newRow("flood") << Act::HeaderFlood << ErrorKind::Protocol << QStringLiteral("over 100 KiB") << true;
    QTest::newRow("long header") << Act::LongHeader << ErrorKind::Protocol << QStringLiteral("over 100 KiB") << true;
    QTest::newRow("cut") << Act::CutBody << ErrorKind::Io << QStringLiteral("closed in the middle of the answer")
                         << true;
    QTest::newRow("cut, reset") << Act::CutReset << ErrorKind::Io
                                << QStringLiteral("reset in the middle of the answer|lost in the middle of the answer")
                                << true;
}

void ProberTest::brokenAnswers()
{
    QFETCH(Act, act);
    QFETCH(ErrorKind, kind);
    QFETCH(QString, reason);
    QFETCH(bool, began);
    m_server->setBehaviour("/health", acting(act));
    const ProbeSample sample = probeUrl(m_server->url(QStringLiteral("/health")));
    QCOMPARE(sample.state, ProbeState::Down);
    // libcurl does not always pass on that a lost connection was reset: either word is true, "closed" would not be.
    const QStringList accepted = reason.split(QLatin1Char('|'));
    QVERIFY2(std::any_of(accepted.cbegin(), accepted.cend(),
                         [&sample](const QString &words) { return sample.reason.contains(words); }),
             qPrintable(sample.reason));
    QCOMPARE(sample.errorKind, kind);
    QVERIFY(sample.phases.connect && !sample.phases.transfer);
    QCOMPARE(sample.phases.firstByte.has_value(), began);
    QVERIFY(sample.body.size() <= 64 * 1024);
}

void ProberTest::brokenHandshakes_data()
{
    QTest::addColumn<ConnectionBehaviour::Tls>("tls");
    QTest::addColumn<QString>("reason");
    QTest::newRow("close") << ConnectionBehaviour::Tls::Close << QStringLiteral("closed in the TLS handshake");
    QTest::newRow("reset") << ConnectionBehaviour::Tls::Reset << QStringLiteral("reset in the TLS handshake");
}

void ProberTest::brokenHandshakes()
{
    QFETCH(ConnectionBehaviour::Tls, tls);
    QFETCH(QString, reason);
    HttpServer server(m_certificates.good());
    server.setConnectionBehaviour({tls, {}});
    const ProbeSample sample = probeOnce(secure(server));
    QVERIFY2(sample.reason.contains(reason), qPrintable(sample.reason));
    QCOMPARE(sample.errorKind, ErrorKind::Io);
    QVERIFY(sample.phases.connect && !sample.phases.tls);
}

void ProberTest::certificates_data()
{
    QTest::addColumn<CertificateFiles>("files");
    QTest::addColumn<QString>("problem");
    QTest::addColumn<int>("daysLeft");
    QTest::newRow("expired") << m_certificates.expired() << QStringLiteral("certificate has expired") << -2;
    QTest::newRow("wrong name") << m_certificates.wrongName() << QStringLiteral("hostname mismatch") << 29;
    QTest::newRow("self-signed") << m_certificates.selfSigned() << QStringLiteral("self-signed certificate") << 29;
    QTest::newRow("foreign") << m_certificates.foreign() << QStringLiteral("unknown issuer") << 29;
}

void ProberTest::certificates()
{
    QFETCH(CertificateFiles, files);
    QFETCH(QString, problem);
    QFETCH(int, daysLeft);
    HttpServer server(files);
    server.setBehaviour("/health", {});
    const ProbeSample sample = probeOnce(secure(server));
    QCOMPARE(sample.state, ProbeState::Down);
    QCOMPARE(sample.errorKind, ErrorKind::Tls);
    QVERIFY2(sample.reason.contains(problem), qPrintable(sample.reason));
    QVERIFY(sample.certificate);
    QCOMPARE(sample.certificate->problem, problem);
    QCOMPARE(sample.certificate->daysLeft, daysLeft);
    QVERIFY(sample.phases.dns && sample.phases.connect && !sample.phases.tls && !sample.phases.firstByte);
    QVERIFY(server.requests().isEmpty());
}

void ProberTest::plainHttpOnTlsPort()
{
    QString url = m_server->url(QStringLiteral("/health"));
    url.replace(QStringLiteral("http:"), QStringLiteral("https:"));
    HttpBehaviour garbage = acting(Act::Garbage);
    m_server->setBehaviour("/health", garbage);
    // The server waits for the end of a request that is none; the probe's own limit ends it, in the handshake.
    const ProbeSample sample = probeUrl(url, Milliseconds(300));
    QCOMPARE(sample.state, ProbeState::Down);
    QVERIFY2(sample.reason.contains(QStringLiteral("TLS")), qPrintable(sample.reason));
}

void ProberTest::unusableTargets_data()
{
    QTest::addColumn<ProbeTarget>("target");
    QTest::addColumn<QString>("reason");
    ProbeTarget target;
    target.url = QStringLiteral("ftp://user:pw@127.0.0.1/");
    QTest::newRow("ftp") << target << QStringLiteral("not ftp");
    target.url = QStringLiteral("localhost:8000/health");
    QTest::newRow("no scheme") << target << QStringLiteral("URL");
    target.url = QString();
    QTest::newRow("empty") << target << QStringLiteral("not a URL");
    target.url = QStringLiteral("http://127.0.0.1:1/");
    target.headers = {{QStringLiteral("X-A"), QStringLiteral("1\r\nX-B: 2")}};
    QTest::newRow("header with a line break") << target << QStringLiteral("header X-A");
    target.headers = {{QStringLiteral("X A"), QStringLiteral("1")}};
    QTest::newRow("header name") << target << QStringLiteral("not a header name");
    target.headers.clear();
    target.method = QStringLiteral("GET /x");
    QTest::newRow("method") << target << QStringLiteral("not an HTTP method");
    target.method = QStringLiteral("GET");
    target.caFile = QStringLiteral("/nonexistent/ca.pem");
    QTest::newRow("certificates") << target << QStringLiteral("/nonexistent/ca.pem");
}

void ProberTest::unusableTargets()
{
    QFETCH(ProbeTarget, target);
    QFETCH(QString, reason);
    const ProbeSample sample = probeOnce(target);
    QCOMPARE(sample.state, ProbeState::Down);
    QCOMPARE(sample.errorKind, ErrorKind::Usage);
    QVERIFY2(sample.reason.contains(reason), qPrintable(sample.reason));
    QVERIFY(!sample.phases.total);
}

QTEST_GUILESS_MAIN(ProberTest)
#include "tst_prober.moc"
