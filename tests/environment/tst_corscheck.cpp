// SPDX-License-Identifier: GPL-3.0-or-later
// CORS checked on real servers: Starlette's middleware and python-socketio in every configuration, and a server that
// answers by hand what no framework would.
#include "models/environment/corscheck.h"
#include "tests/support/certificates.h"
#include "tests/support/cli.h"
#include "tests/support/httpserver.h"
#include "tests/support/rawwsserver.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QProcess>
#include <QTest>

#include <mutex>
#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char app[] = "https://app.example.com";

QStringList ids(const CorsReport &report)
{
    QStringList list;
    for (const OriginFinding &finding : report.findings)
        list.append(finding.id);
    list.removeDuplicates();
    list.sort();
    return list;
}

Severity severityOf(const CorsReport &report, const char *id)
{
    for (const OriginFinding &finding : report.findings) {
        if (finding.id == s(id))
            return finding.severity;
    }
    return Severity::Note;
}

/// uvicorn with tests/backends/cors_app.py or a sample's server, on a port of its own choice.
class Uvicorn final
{
public:
    explicit Uvicorn(const QString &folder, const QString &application, const QMap<QString, QString> &variables = {})
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(s("PYTHONDONTWRITEBYTECODE"), s("1"));
        for (auto it = variables.cbegin(); it != variables.cend(); ++it)
            environment.insert(it.key(), it.value());
        m_process.setProcessEnvironment(environment);
        m_process.setWorkingDirectory(folder);
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(s("/usr/bin/python3"), {s("-m"), s("uvicorn"), application, s("--ws"), s("wsproto"),
                                                s("--host"), s("127.0.0.1"), s("--port"), s("0")});
        QElapsedTimer clock;
        clock.start();
        static const QRegularExpression running(s(R"(running on (http://127\.0\.0\.1:\d+))"));
        while (m_url.isEmpty() && clock.elapsed() < 30'000 && m_process.state() != QProcess::NotRunning) {
            m_process.waitForReadyRead(500);
            m_said += m_process.readAll();
            m_url = running.match(QString::fromUtf8(m_said)).captured(1);
        }
    }
    ~Uvicorn()
    {
        m_process.kill();
        m_process.waitForFinished(5'000);
    }

    QString url(const char *path) const { return m_url + s(path); }
    bool isUp() const { return !m_url.isEmpty(); }
    QByteArray said() const { return m_said; }

private:
    QProcess m_process;
    QByteArray m_said;
    QString m_url;
};

CorsCheckOptions optionsFor(const QString &url)
{
    CorsCheckOptions options;
    options.url = url;
    options.origins = {s(app)};
    options.timeout = Milliseconds(5'000);
    return options;
}

CorsReport run(const CorsCheckOptions &options)
{
    return checkCors(options, {}, {}).value();
}

/// A server that answers each request by its head, and remembers the heads.
class Scripted final
{
public:
    using Answer = std::function<QByteArray(const QByteArray &head)>;
    explicit Scripted(Answer answer, std::optional<CertificateFiles> tls = {})
        : m_server(
              [this, answer](RawPeer &peer) {
                  const QByteArray head = peer.readRequest();
                  {
                      const std::lock_guard lock(m_mutex);
                      m_heads.append(head);
                  }
                  peer.send(answer(head));
                  peer.finish();
              },
              std::move(tls))
    {
    }
    QString url(const char *host = "http://127.0.0.1", const char *path = "/x") const
    {
        return s("%1:%2%3").arg(s(host)).arg(m_server.port()).arg(s(path));
    }
    QList<QByteArray> heads() const
    {
        const std::lock_guard lock(m_mutex);
        return m_heads;
    }

private:
    mutable std::mutex m_mutex;
    QList<QByteArray> m_heads;
    RawWsServer m_server;
};

QByteArray answer(const QByteArray &status, const QByteArray &headers)
{
    return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + headers + "\r\n";
}

} // namespace

class CorsCheckTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void middleware_data();
    void middleware();
    void unsafeMethods();
    void nothingSecretGetsOut();
    void sockets();
    void refusedSockets();
    void samples();
    void oddAnswers_data();
    void oddAnswers();
    void preflightOnTheWire();
    void preflightRedirect();
    void redirects();
    void foreignRedirect();
    void broken_data();
    void broken();
    void tls();
    void mixedAndSameOrigin();
    void stops();
    void json();

private:
    std::unique_ptr<Uvicorn> m_backend;
    QString m_missing;
};

void CorsCheckTest::initTestCase()
{
    m_backend = std::make_unique<Uvicorn>(s(SOURCE_DIR "/tests/backends"), s("cors_app:server"));
    if (!m_backend->isUp())
        m_missing = s("Debian's python3-fastapi, -uvicorn, -wsproto and -socketio are needed: ") +
                    QString::fromUtf8(m_backend->said().right(300));
}

#define NEEDS_BACKEND()                                                                                                \
    if (!m_missing.isEmpty())                                                                                          \
    QSKIP(qPrintable(m_missing))

void CorsCheckTest::middleware_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QString>("origin");
    QTest::addColumn<bool>("credentials");
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<bool>("allowed");
    QTest::addColumn<QStringList>("findings");
    QTest::addColumn<int>("status");
    const auto row = [](const char *path, const char *origin, bool credentials, const char *header, bool allowed,
                        const QStringList &findings, int status) {
        QTest::addRow("%s %s %d %s", path, origin, credentials, header)
            << QByteArray(path) << s(origin) << credentials << QByteArray(header) << allowed << findings << status;
    };
    const QString cookie = s("cors/cookie-attributes");
    const QString executed = s("cors/executed");
    row("/list/data", app, true, "", true, {cookie}, 0);
    row("/list/data", app, false, "", true, {}, 0);
    row("/list/data", app, true, "Authorization", true, {cookie}, 0);
    row("/list/data", app, true, "X-Other", false, {}, 1);
    row("/list/data", "https://evil.example", true, "", false, {executed}, 1);
    row("/list/data", "https://evil.example", true, "Authorization", false, {}, 1);
    row("/star/data", app, false, "", true, {s("cors/any-origin")}, 0);
    row("/star/data", app, false, "X-Other", true, {s("cors/any-origin")}, 0);
    // Debian's Starlette answers a request with a cookie by the origin, but without Allow-Credentials.
    row("/star/data", app, true, "", false, {s("cors/any-origin"), executed}, 1);
    row("/starcred/data", app, true, "", true, {s("cors/any-origin-credentials"), cookie}, 1);
    row("/starcred/data", app, true, "Authorization", true, {s("cors/any-origin-credentials"), cookie}, 1);
    row("/regex/data", "https://my.devskyy.app", true, "", true, {cookie, s("cors/neighbour"), s("cors/prefix")}, 1);
    row("/loose/data", app, true, "", true, {cookie, s("cors/dot"), s("cors/prefix")}, 1);
    row("/loose/data", "https://example.com", true, "", true, {cookie, s("cors/prefix")}, 1);
    row("/glob/data", "https://app-1.vercel.app", true, "", false, {executed}, 1);
    row("/local/data", app, false, "X-Other", false, {s("cors/null-origin")}, 1);
    row("/none/data", app, false, "", false, {executed}, 1);
}

void CorsCheckTest::middleware()
{
    NEEDS_BACKEND();
    QFETCH(QByteArray, path);
    QFETCH(QString, origin);
    QFETCH(bool, credentials);
    QFETCH(QByteArray, header);
    QFETCH(bool, allowed);
    QFETCH(QStringList, findings);
    QFETCH(int, status);
    CorsCheckOptions options = optionsFor(m_backend->url(path.constData()));
    options.origins = {origin};
    options.credentials = credentials;
    if (!header.isEmpty())
        options.headers = {{header, ""}};
    const CorsReport report = run(options);
    QCOMPARE(report.outcomes.size(), 1);
    const CorsOutcome &outcome = report.outcomes[0];
    QVERIFY2((outcome.verdict == CorsOutcome::Verdict::Allowed) == allowed, qPrintable(outcome.reason));
    QCOMPARE(outcome.preflightNeeded, !header.isEmpty());
    QCOMPARE(outcome.preflight.sent, !header.isEmpty());
    QCOMPARE(outcome.request.sent, header.isEmpty() || allowed);
    QCOMPARE(ids(report), findings);
    QCOMPARE(report.exitStatus(), status);
    for (const CorsProbe &probe : report.probes)
        QVERIFY(probe.measured);
}

void CorsCheckTest::unsafeMethods()
{
    NEEDS_BACKEND();
    const auto counts = [&] { return exchange({{m_backend->url("/counts"), "GET", {}, {}, true}}, {}, {})[0].body; };
    const QByteArray before = counts();
    QCOMPARE(before, QByteArray("{\"POST\":0,\"DELETE\":0}"));
    CorsCheckOptions options = optionsFor(m_backend->url("/list/data"));
    options.methods = {"POST", "DELETE"};
    CorsReport report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Unknown)); // no preflight, and not sent
    QVERIFY(!report.outcomes[0].request.sent);
    QCOMPARE(int(report.outcomes[1].verdict), int(CorsOutcome::Verdict::Blocked)); // by the list of methods
    QVERIFY2(report.outcomes[1].reason.contains(s("HTTP 400")), qPrintable(report.outcomes[1].reason));
    QCOMPARE(report.exitStatus(), 1);
    options.headers = {{"Content-Type", ""}};
    report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed)); // by its preflight
    QVERIFY(!report.outcomes[0].request.sent);
    QCOMPARE(counts(), before);
    // By name only.
    options.headers.clear();
    options.methods = {"POST"};
    report = run(options);
    QCOMPARE(report.exitStatus(), 3);
    QVERIFY(report.probes.size() > 10 && report.probes[0].measured && report.probes[0].step.method == "OPTIONS");
    options.sendUnsafe = {"POST"};
    report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QCOMPARE(report.outcomes[0].request.status, 200);
    QCOMPARE(counts(), QByteArray("{\"POST\":1,\"DELETE\":0}"));
}

void CorsCheckTest::nothingSecretGetsOut()
{
    NEEDS_BACKEND();
    CorsCheckOptions options = optionsFor(m_backend->url("/list/data"));
    options.credentials = true;
    options.headers = {{"Authorization", "Bearer kanarienvogel-4711"}};
    const CorsReport report = run(options);
    QCOMPARE(report.outcomes[0].request.status, 200);
    const QByteArray text = QJsonDocument(corsReportToJson(report)).toJson() + corsReportToText(report).toUtf8();
    QVERIFY(!text.contains("kanarienvogel") && !text.contains("geheimnis") && !text.toLower().contains("set-cookie"));
}

void CorsCheckTest::sockets()
{
    NEEDS_BACKEND();
    CorsCheckOptions options = optionsFor(m_backend->url("/list/data"));
    const auto status = [&](const char *path, const char *protocol) {
        options.sockets = {{s(path), *namedProtocol(s(protocol))}};
        const CorsReport report = run(options);
        QStringList states;
        for (const SocketAttempt &attempt : report.sockets) {
            states.append(
                s("%1%2").arg(attempt.polling ? s("p") : s("w")).arg(attempt.measured ? int(attempt.accepted) : -1));
            if (!attempt.measured)
                states.append(attempt.reason);
        }
        return s("%1 | %2 | %3").arg(states.join(s(" ")), ids(report).join(s(" "))).arg(report.exitStatus());
    };
    // Given, foreign, none; with Socket.IO each over WebSocket and over long polling.
    QCOMPARE(status("/ws/open", "websocket"), s("w1 w1 w1 | socket/any-origin | 0"));
    QCOMPARE(status("/ws/checked", "websocket"), s("w1 w0 w1 |  | 0"));
    QCOMPARE(status("/ws/closed", "websocket"), s("w0 w0 w0 | socket/refuses-all | 1"));
    QCOMPARE(status("/ws/absent", "websocket"), s("w0 w0 w0 | socket/refuses-all | 1"));
    QCOMPARE(status("/sio/list/", "socket.io"), s("w1 p1 w0 p0 w1 p1 |  | 0"));
    QCOMPARE(status("/sio/star/", "socket.io"), s("w1 p1 w1 p1 w1 p1 | socket/any-origin | 0"));
    QCOMPARE(status("/sio/default/", "socket.io"), s("w0 p0 w0 p0 w1 p1 | socket/origin-refused | 1"));
    QCOMPARE(status("/sio/list/", "socket.io-polling"), s("p1 p0 p1 |  | 0"));
}

void CorsCheckTest::refusedSockets()
{
    // Nothing there: nothing is said of its origins.
    CorsCheckOptions options = optionsFor(s("http://127.0.0.1:%1/").arg(closedPort()));
    options.sockets = {{s("/ws"), *namedProtocol(s("websocket"))}};
    const CorsReport report = run(options);
    QCOMPARE(report.exitStatus(), 3);
    QVERIFY(!report.anyMeasured());
    QVERIFY(report.findings.isEmpty() && report.probes.isEmpty());
    for (const SocketAttempt &attempt : report.sockets)
        QVERIFY(!attempt.measured && !attempt.reason.isEmpty());
    // Reached, and silent when it comes to the socket.
    RawWsServer silent([](RawPeer &peer) {
        const QByteArray head = peer.readRequest();
        if (head.contains("Upgrade"))
            return peer.hold();
        peer.send(answer("200 OK", "Access-Control-Allow-Origin: *\r\n"));
        peer.finish();
    });
    options.url = s("http://127.0.0.1:%1/").arg(silent.port());
    options.timeout = Milliseconds(300);
    const CorsReport late = run(options);
    QVERIFY(late.anyMeasured());
    QCOMPARE(late.exitStatus(), 3);
    for (const SocketAttempt &attempt : late.sockets)
        QVERIFY2(!attempt.measured && attempt.reason.contains(s("300 ms")), qPrintable(attempt.reason));
}

void CorsCheckTest::samples()
{
    NEEDS_BACKEND();
    // Sample 1: a glob in the list, which neither Starlette nor Socket.IO matches.
    Uvicorn first(
        s(SOURCE_DIR "/tests/fixtures/seeds/1-cryptovault/backend"), s("server:socket_app"),
        {{s("CORS_ORIGINS"), s("[\"https://www.cryptovault.financial\",\"https://cryptovault-*.vercel.app\"]")}});
    QVERIFY2(first.isUp(), first.said().constData());
    CorsCheckOptions options = optionsFor(first.url("/api/crypto"));
    options.origins = {s("https://www.cryptovault.financial"), s("https://cryptovault-abc.vercel.app")};
    options.credentials = true;
    options.sockets = {{s("/socket.io/"), *namedProtocol(s("socket.io"))}};
    const CorsReport one = run(options);
    QCOMPARE(int(one.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QCOMPARE(int(one.outcomes[1].verdict), int(CorsOutcome::Verdict::Blocked));
    QCOMPARE(ids(one), (QStringList{s("cors/executed"), s("socket/origin-refused")}));
    // Sample 2: everybody's sites on vercel.app with credentials (C-8), and a socket that looks at no origin.
    Uvicorn second(s(SOURCE_DIR "/tests/fixtures/seeds/2-devskyy"), s("main_enterprise:app"));
    QVERIFY2(second.isUp(), second.said().constData());
    options = optionsFor(second.url("/api/v1/agents"));
    options.origins = {s("https://app.devskyy.app")};
    options.credentials = true;
    options.sockets = {{s("/ws/agents"), *namedProtocol(s("websocket"))}};
    const CorsReport two = run(options);
    QCOMPARE(int(two.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QCOMPARE(ids(two), (QStringList{s("cors/neighbour"), s("cors/prefix"), s("socket/any-origin")}));
    QCOMPARE(severityOf(two, "cors/neighbour"), Severity::Error);
    QCOMPARE(severityOf(two, "cors/prefix"), Severity::Warning);
    QCOMPARE(two.exitStatus(), 1);
}

void CorsCheckTest::oddAnswers_data()
{
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QString>("reason"); // empty: allowed
    QTest::addColumn<QStringList>("findings");
    const QByteArray own = QByteArray("Access-Control-Allow-Origin: ") + app + "\r\n";
    const QByteArray yes("Access-Control-Allow-Credentials: true\r\n");
    const QString executed = s("cors/executed");
    // The same answer for everybody: nothing varies.
    QTest::newRow("one fixed origin") << own + yes << QString() << QStringList();
    QTest::newRow("two headers") << own + own + yes << s("2 Access-Control-Allow-Origin headers")
                                 << QStringList{executed};
    QTest::newRow("list") << QByteArray("Access-Control-Allow-Origin: https://app.example.com, https://b.example\r\n") +
                                 yes
                          << s("is a list") << QStringList{executed};
    QTest::newRow("True") << own + "Access-Control-Allow-Credentials: True\r\n"
                          << s("only \"true\"") << QStringList{executed};
    QTest::newRow("star, true") << "Access-Control-Allow-Origin: *\r\n" + yes << s("does not do with credentials")
                                << QStringList{s("cors/any-origin"), executed};
    QTest::newRow("slash") << QByteArray("Access-Control-Allow-Origin: https://app.example.com/\r\n") + yes
                           << s("letter for letter") << QStringList{executed};
    QTest::newRow("escape codes") << QByteArray("Access-Control-Allow-Origin: \x1b[31mred\r\n") << s("[31mred")
                                  << QStringList{executed};
    QTest::newRow("long") << "Access-Control-Allow-Origin: " + QByteArray(20'000, 'a') + "\r\n"
                          << s("…") << QStringList{executed};
}

void CorsCheckTest::oddAnswers()
{
    QFETCH(QByteArray, headers);
    QFETCH(QString, reason);
    QFETCH(QStringList, findings);
    Scripted server([&](const QByteArray &) { return answer("200 OK", headers); });
    CorsCheckOptions options = optionsFor(server.url());
    options.credentials = true;
    const CorsReport report = run(options);
    const CorsOutcome &outcome = report.outcomes[0];
    QVERIFY2((outcome.verdict == CorsOutcome::Verdict::Allowed) == reason.isEmpty(), qPrintable(outcome.reason));
    QVERIFY2(outcome.reason.contains(reason), qPrintable(outcome.reason));
    QVERIFY(outcome.reason.size() < 500 && !outcome.reason.contains(QChar(0x1b)));
    QCOMPARE(ids(report), findings);
}

void CorsCheckTest::preflightOnTheWire()
{
    // Echoes everything: the worst there is, and without Vary.
    Scripted server([](const QByteArray &head) {
        const qsizetype at = head.indexOf("Origin: ") + 8;
        const QByteArray origin = head.mid(at, head.indexOf('\r', at) - at);
        return answer("204 No Content", "Access-Control-Allow-Origin: " + origin +
                                            "\r\nAccess-Control-Allow-Credentials: true\r\n"
                                            "Access-Control-Allow-Methods: GET, PUT\r\n"
                                            "Access-Control-Allow-Headers: X-B, Authorization, x-a\r\n"
                                            "Access-Control-Max-Age: 90000\r\n");
    });
    CorsCheckOptions options = optionsFor(server.url());
    options.credentials = true;
    options.methods = {"PUT"};
    options.headers = {{"X-B", "1"}, {"authorization", "Bearer x"}, {"X-A", ""}, {"Accept", "*/*"}};
    const CorsReport put = run(options);
    QCOMPARE(int(put.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QCOMPARE(ids(put), (QStringList{s("cors/any-origin-credentials"), s("cors/max-age")}));
    const QByteArray head = server.heads()[0];
    QVERIFY2(head.startsWith("OPTIONS /x HTTP/1.1\r\n"), head.constData());
    QVERIFY2(head.contains("\r\nOrigin: https://app.example.com\r\n"), head.constData());
    QVERIFY2(head.contains("\r\nAccess-Control-Request-Method: PUT\r\n"), head.constData());
    QVERIFY2(head.contains("\r\nAccess-Control-Request-Headers: authorization,x-a,x-b\r\n"), head.constData());
    // Neither cookies nor the headers themselves go with a preflight.
    QVERIFY2(!head.contains("Cookie") && !head.contains("Bearer"), head.constData());
    for (const QByteArray &other : server.heads())
        QVERIFY2(other.startsWith("OPTIONS "), other.constData()); // the PUT was not sent
    options.methods = {"GET"};
    options.headers.clear();
    const CorsReport get = run(options);
    QCOMPARE(ids(get), (QStringList{s("cors/any-origin-credentials"), s("cors/vary")}));
}

void CorsCheckTest::preflightRedirect()
{
    Scripted server([](const QByteArray &) {
        return answer("308 Permanent Redirect",
                      QByteArray("Location: /x/\r\nAccess-Control-Allow-Origin: ") + app + "\r\n");
    });
    CorsCheckOptions options = optionsFor(server.url());
    options.headers = {{"Authorization", ""}};
    const CorsReport report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Blocked));
    QCOMPARE(int(report.outcomes[0].at), int(CorsOutcome::At::Preflight));
    QVERIFY(report.outcomes[0].reason.contains(s("redirect")));
}

void CorsCheckTest::redirects()
{
    const QByteArray own = QByteArray("Access-Control-Allow-Origin: ") + app + "\r\n";
    // FastAPI's slash: the same host, twice judged.
    Scripted good([&](const QByteArray &head) {
        return head.startsWith("GET /x HTTP") ? answer("307 Temporary Redirect", "Location: /x/\r\n" + own)
                                              : answer("200 OK", own);
    });
    CorsReport report = run(optionsFor(good.url()));
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QCOMPARE(report.outcomes[0].request.status, 200);
    Scripted bad([&](const QByteArray &head) {
        return head.startsWith("GET /x HTTP") ? answer("301 Moved", "Location: /y\r\n" + own) : answer("200 OK", {});
    });
    report = run(optionsFor(bad.url()));
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Blocked));
    QCOMPARE(int(report.outcomes[0].at), int(CorsOutcome::At::Redirect));
    // Without CORS headers on the redirect itself it ends there.
    Scripted bare([&](const QByteArray &head) {
        return head.startsWith("GET /x HTTP") ? answer("301 Moved", "Location: /y\r\n") : answer("200 OK", own);
    });
    report = run(optionsFor(bare.url()));
    QCOMPARE(int(report.outcomes[0].at), int(CorsOutcome::At::Request));
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Blocked));
    // The report's copy of a Location is cut and redacted; what is followed is not.
    const QByteArray far = "/y?token=geheimnis-4711&z=" + QByteArray(500, 'z');
    Scripted secret([&](const QByteArray &head) {
        return head.startsWith("GET /x HTTP") ? answer("302 Found", "Location: " + far + "\r\n" + own)
                                              : answer("200 OK", own);
    });
    report = run(optionsFor(secret.url()));
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QVERIFY(secret.heads()[1].startsWith("GET " + far + " HTTP"));
    QVERIFY(!QJsonDocument(corsReportToJson(report)).toJson().contains("geheimnis"));
    // In circles.
    Scripted circle([&](const QByteArray &) { return answer("302 Found", "Location: /x\r\n" + own); });
    report = run(optionsFor(circle.url()));
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Unknown));
    QVERIFY(circle.heads().size() < 40);
}

void CorsCheckTest::foreignRedirect()
{
    const QByteArray star("Access-Control-Allow-Origin: *\r\n");
    Scripted third([&](const QByteArray &) { return answer("200 OK", star); });
    Scripted second(
        [&](const QByteArray &) { return answer("302 Found", "Location: " + third.url().toUtf8() + "\r\n" + star); });
    Scripted start([&](const QByteArray &) {
        return answer("302 Found", "Location: " + second.url("http://localhost").toUtf8() + "\r\n" + star);
    });
    CorsReport report = run(optionsFor(start.url()));
    QVERIFY2(report.outcomes[0].verdict == CorsOutcome::Verdict::Allowed, qPrintable(report.outcomes[0].reason));
    // Once it left the address's own origin, the page's is not told any more.
    QVERIFY(third.heads().value(0).contains("\r\nOrigin: null\r\n"));
    // Credentials of the user's own go nowhere else.
    CorsCheckOptions options = optionsFor(start.url());
    options.headers = {{"Accept-Language", "de"}};
    const auto before = second.heads().size();
    report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Unknown));
    QCOMPARE(second.heads().size(), before);
}

void CorsCheckTest::broken_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<QString>("reason");
    QTest::newRow("nothing") << QByteArray() << s("closed without an answer");
    QTest::newRow("garbage") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n") << s("not HTTP");
    QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n")
                                 << s("in the middle of its headers");
    QByteArray endless("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 20'000; ++i)
        endless += "X-" + QByteArray::number(i) + ": y\r\n";
    QTest::newRow("endless headers") << endless << s("over 64 KiB");
}

void CorsCheckTest::broken()
{
    QFETCH(QByteArray, said);
    QFETCH(QString, reason);
    Scripted server([&](const QByteArray &) { return said; });
    const CorsReport report = run(optionsFor(server.url()));
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Unknown));
    QVERIFY2(report.outcomes[0].reason.contains(reason), qPrintable(report.outcomes[0].reason));
    QVERIFY(report.probes.isEmpty());
    QCOMPARE(report.exitStatus(), 3);
}

void CorsCheckTest::tls()
{
    const TestCertificates certificates;
    const auto answers = [](const QByteArray &) {
        return answer("200 OK", "Access-Control-Allow-Origin: *\r\nVary: Origin\r\n");
    };
    const auto status = [&](const CertificateFiles &files, const char *reason) {
        Scripted server(answers, files);
        CorsCheckOptions options = optionsFor(server.url("https://localhost"));
        options.caFile = certificates.caFile();
        const CorsReport report = run(options);
        return report.exitStatus() * 10 + report.outcomes[0].reason.contains(s(reason));
    };
    QCOMPARE(status(certificates.good(), ""), 1);
    QCOMPARE(status(certificates.expired(), "expired"), 31);
    QCOMPARE(status(certificates.wrongName(), "other.example"), 31);
    QCOMPARE(status(certificates.selfSigned(), "self-signed"), 31);
}

void CorsCheckTest::mixedAndSameOrigin()
{
    // Nothing is sent for either.
    CorsCheckOptions options = optionsFor(s("http://api.example.invalid/x"));
    CorsReport report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Blocked));
    QCOMPARE(int(report.outcomes[0].at), int(CorsOutcome::At::MixedContent));
    QVERIFY(!report.outcomes[0].request.sent && report.probes.size() == 1 && !report.probes[0].measured);
    options.origins = {s("http://api.example.invalid")};
    report = run(options);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
    QCOMPARE(int(report.outcomes[0].at), int(CorsOutcome::At::SameOrigin));
    QVERIFY(!report.outcomes[0].request.sent);
}

void CorsCheckTest::stops()
{
    RawWsServer slow([](RawPeer &peer) {
        peer.readRequest();
        peer.hold();
    });
    CorsCheckOptions options = optionsFor(s("http://127.0.0.1:%1/").arg(slow.port()));
    options.timeout = Milliseconds(300);
    QElapsedTimer clock;
    clock.start();
    CorsReport report = run(options);
    QVERIFY2(clock.elapsed() >= 290 && clock.elapsed() < 5'000, qPrintable(QString::number(clock.elapsed())));
    QVERIFY2(report.outcomes[0].reason.contains(s("timed out")), qPrintable(report.outcomes[0].reason));
    QVERIFY(!report.interrupted);
    // Stopped in the middle: at once, with what there is.
    options.timeout = Milliseconds(60'000);
    options.sockets = {{s("/ws"), *namedProtocol(s("websocket"))}};
    std::stop_source stop;
    const int before = slow.connectionCount();
    std::jthread worker([&] { report = checkCors(options, {}, stop.get_token()).value(); });
    QTRY_VERIFY_WITH_TIMEOUT(slow.connectionCount() > before, 10'000);
    clock.restart();
    stop.request_stop();
    worker.join();
    QVERIFY2(clock.elapsed() < 2'000, qPrintable(QString::number(clock.elapsed())));
    QVERIFY(report.interrupted);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Unknown));
    // In the middle of the handshakes.
    RawWsServer half([](RawPeer &peer) {
        if (peer.readRequest().contains("Upgrade"))
            return peer.hold();
        peer.send(answer("200 OK", "Access-Control-Allow-Origin: *\r\n"));
        peer.finish();
    });
    options.url = s("http://127.0.0.1:%1/").arg(half.port());
    std::stop_source second;
    std::jthread other([&] { report = checkCors(options, {}, second.get_token()).value(); });
    // The request, the others' origins, the first handshake.
    const int all = 1 + 2 + int(trickOrigins(s(app)).size() + frontendSuffixes().size()) + 1;
    QTRY_VERIFY_WITH_TIMEOUT(half.connectionCount() >= all, 10'000);
    clock.restart();
    second.request_stop();
    other.join();
    QVERIFY2(clock.elapsed() < 2'000, qPrintable(QString::number(clock.elapsed())));
    QVERIFY(report.interrupted && report.sockets.size() == 3);
    QCOMPARE(int(report.outcomes[0].verdict), int(CorsOutcome::Verdict::Allowed));
}

void CorsCheckTest::json()
{
    NEEDS_BACKEND();
    CorsCheckOptions options = optionsFor(m_backend->url("/starcred/data"));
    options.origins = {s(app), s("null"), m_backend->url("")};
    options.methods = {"GET", "DELETE", "POST"};
    options.credentials = true;
    options.sockets = {{s("/ws/open"), *namedProtocol(s("websocket"))},
                       {s("/sio/list/"), *namedProtocol(s("socket.io"))}};
    const CorsReport report = run(options);
    const QByteArray text = QJsonDocument(corsReportToJson(report)).toJson();
    QCOMPARE(validate(s("cors-check"), text), QString());
    CorsCheckOptions closed = optionsFor(s("http://127.0.0.1:%1/").arg(closedPort()));
    closed.sockets = options.sockets;
    QCOMPARE(validate(s("cors-check"), QJsonDocument(corsReportToJson(run(closed))).toJson()), QString());
}

QTEST_GUILESS_MAIN(CorsCheckTest)
#include "tst_corscheck.moc"
