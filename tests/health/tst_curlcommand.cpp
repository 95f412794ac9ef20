// SPDX-License-Identifier: GPL-3.0-or-later
// The command that a person copies: run by a real shell and a real curl, its request is held against the probe's.
#include "models/health/curlcommand.h"
#include "models/health/healthcheck.h"
#include "tests/support/httpserver.h"
#include "tests/support/rawwsserver.h"

#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <mutex>

using namespace Switchyard;
using Testing::RawPeer;
using Testing::RawWsServer;

namespace {

/// The lines of a request that matter: without the ones that carry random text, sorted below the first.
QByteArrayList linesOf(const QByteArray &request)
{
    QByteArrayList lines = request.split('\n');
    for (QByteArray &line : lines)
        line = line.trimmed();
    lines.erase(std::remove_if(lines.begin(), lines.end(),
                               [](const QByteArray &line) { return line.startsWith("Sec-WebSocket-Key:"); }),
                lines.end());
    std::sort(lines.begin() + 1, lines.end());
    return lines;
}

struct Run
{
    int status = -1;
    QByteArray out, err;
};

Run runInShell(const QString &command, const QStringList &environment = {})
{
    QProcess shell;
    shell.setProcessEnvironment([&] {
        QProcessEnvironment values = QProcessEnvironment::systemEnvironment();
        for (const QString &each : environment)
            values.insert(each.section(QLatin1Char('='), 0, 0), each.section(QLatin1Char('='), 1));
        return values;
    }());
    shell.start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), command});
    if (!shell.waitForFinished(10'000))
        return {};
    return {shell.exitCode(), shell.readAllStandardOutput(), shell.readAllStandardError()};
}

} // namespace

class CurlCommandTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void sameRequest_data();
    void sameRequest();
    void secretsStayOut();
    void referencesWork();
    void tls();
    void follows();
    void upgrade();
    void port();

private:
    void probe(const ProbeTarget &target);
};

void CurlCommandTest::initTestCase()
{
    if (QStandardPaths::findExecutable(QStringLiteral("curl")).isEmpty())
        QSKIP("curl is not installed");
}

void CurlCommandTest::probe(const ProbeTarget &target)
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.check({target});
    QVERIFY(spy.wait(10'000));
}

void CurlCommandTest::sameRequest_data()
{
    QTest::addColumn<ProbeTarget>("target");
    ProbeTarget target;
    target.url = QStringLiteral("/health?a=1&b=%20x;y");
    QTest::newRow("GET") << target;
    target.headers = {{QStringLiteral("X-Quote"), QStringLiteral("it's \"so\" $HOME `id` \\ !")},
                      {QStringLiteral("X-Empty"), QString()},
                      {QStringLiteral("Accept"), QStringLiteral("application/json")}};
    QTest::newRow("headers") << target;
    target.url = QStringLiteral("/list[1-3]/{a,b}");
    QTest::newRow("what curl would glob") << target;
    target.url = QStringLiteral("/health");
    for (const char *method : {"HEAD", "OPTIONS", "DELETE", "PUT"}) {
        target.method = QString::fromLatin1(method);
        QTest::newRow(method) << target;
    }
    target.method = QStringLiteral("POST");
    QTest::newRow("POST without a body") << target;
    target.body = "{\"it's\": \"@file \\\\ $x\"}\nsecond line";
    QTest::newRow("JSON body") << target;
    target.method = QStringLiteral("GET");
    target.body = "@/etc/passwd";
    QTest::newRow("GET with a body that looks like a file") << target;
    target.headers.insert(QStringLiteral("Content-Type"), QStringLiteral("text/csv"));
    target.headers.insert(QStringLiteral("User-Agent"), QStringLiteral("mine/1"));
    QTest::newRow("own type and agent") << target;
}

void CurlCommandTest::sameRequest()
{
    QFETCH(ProbeTarget, target);
    QList<QByteArray> requests;
    std::mutex mutex;
    RawWsServer server([&](RawPeer &peer) {
        const QByteArray request = peer.readRequest();
        {
            // Before the answer: who has that may look at once.
            const std::lock_guard lock(mutex);
            requests += request;
        }
        peer.send(request.startsWith("HEAD") ? "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                                             : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    });
    target.url.prepend(QStringLiteral("http://127.0.0.1:%1").arg(server.port()));
    probe(target);
    const QString command = curlCommand(target);
    const Run run = runInShell(command);
    QVERIFY2(run.status == 0, qPrintable(command + QString::fromUtf8(run.err)));
    QVERIFY(run.out.startsWith("HTTP/1.1 200 OK"));
    const std::lock_guard lock(mutex);
    QCOMPARE(requests.size(), 2);
    QCOMPARE(linesOf(requests[1]), linesOf(requests[0]));
}

void CurlCommandTest::secretsStayOut()
{
    ProbeTarget target;
    target.url = QStringLiteral("https://api.example.org/health?token=hunter2hunter2");
    target.headers = {{QStringLiteral("Authorization"), QStringLiteral("Bearer abcdefghijklmnop")},
                      {QStringLiteral("X-One"), QStringLiteral("swordfish")},
                      {QStringLiteral("X-Two"), QStringLiteral("swordfish")},
                      {QStringLiteral("X-Three"), QStringLiteral("swordfish")}};
    target.body = "swordfish";
    target.method = QStringLiteral("POST");
    target.references = {{QStringLiteral("X-One"), QStringLiteral("env:ONE")},
                         {QStringLiteral("X-Two"), QStringLiteral("file:/run/it's here")},
                         {QStringLiteral("X-Three"), QStringLiteral("keychain:service/key")},
                         {QString(), QStringLiteral("env:BODY")}};
    const QString command = curlCommand(target);
    for (const char *secret : {"hunter2", "abcdefgh", "swordfish"})
        QVERIFY2(!command.contains(QLatin1StringView(secret)), qPrintable(command));
    QVERIFY2(command.contains(QStringLiteral("\"${ONE}\"")), qPrintable(command));
    QVERIFY2(command.contains(QStringLiteral("\"$(cat -- '/run/it'\\''s here')\"")), qPrintable(command));
    QVERIFY2(command.contains(QStringLiteral("<keychain:service/key>")), qPrintable(command));
    QVERIFY2(command.contains(QStringLiteral("'Authorization: <secret>'")), qPrintable(command));
    QVERIFY2(command.contains(QStringLiteral("--max-time 5 ")), qPrintable(command));
}

void CurlCommandTest::referencesWork()
{
    HttpServer server;
    server.setBehaviour("/health", {});
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("its key")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("from the file\n") > 0);
    file.close();
    ProbeTarget target;
    target.url = server.url(QStringLiteral("/health"));
    target.headers = {{QStringLiteral("X-Env"), QStringLiteral("from $the `env`")},
                      {QStringLiteral("X-File"), QStringLiteral("from the file")}};
    target.references = {{QStringLiteral("X-Env"), QStringLiteral("env:CURL_TEST_VALUE")},
                         {QStringLiteral("X-File"), QStringLiteral("file:") + file.fileName()}};
    probe(target);
    const Run run = runInShell(curlCommand(target), {QStringLiteral("CURL_TEST_VALUE=from $the `env`")});
    QVERIFY2(run.status == 0, run.err);
    QCOMPARE(server.requests().size(), 2);
    QCOMPARE(linesOf(server.requests()[1]), linesOf(server.requests()[0]));
    QVERIFY(server.requests()[1].contains("X-Env: from $the `env`\r\n"));
}

void CurlCommandTest::tls()
{
    const TestCertificates certificates;
    HttpServer server(certificates.good());
    server.setBehaviour("/health", {});
    ProbeTarget target;
    target.url = server.url(QStringLiteral("/health"), QStringLiteral("localhost"));
    // It says what the probe says: with the authority it is good, without it is not.
    QCOMPARE(runInShell(curlCommand(target)).status, 60);
    target.caFile = certificates.caFile();
    QCOMPARE(runInShell(curlCommand(target)).status, 0);
}

void CurlCommandTest::follows()
{
    HttpServer server;
    server.setBehaviour("/health", {});
    HttpBehaviour moved;
    moved.status = 302;
    moved.headers = {{"Location", "/health"}};
    server.setBehaviour("/old", moved);
    ProbeTarget target;
    target.url = server.url(QStringLiteral("/old"));
    QVERIFY(runInShell(curlCommand(target)).out.startsWith("HTTP/1.1 302"));
    target.followRedirects = true;
    QVERIFY(runInShell(curlCommand(target)).out.endsWith("{\"status\":\"healthy\"}"));
}

void CurlCommandTest::upgrade()
{
    QList<QByteArray> requests;
    std::mutex mutex;
    RawWsServer server([&](RawPeer &peer) {
        const QByteArray request = peer.readRequest();
        {
            const std::lock_guard lock(mutex);
            requests += request;
        }
        peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    ProbeTarget target;
    target.url = server.url();
    target.headers = {{QStringLiteral("Sec-WebSocket-Protocol"), QStringLiteral("chat")}};
    probe(target);
    const Run run = runInShell(curlCommand(target));
    QVERIFY2(run.out.startsWith("HTTP/1.1 403"), run.err);
    const std::lock_guard lock(mutex);
    QCOMPARE(requests.size(), 2);
    QCOMPARE(linesOf(requests[1]), linesOf(requests[0]));
}

void CurlCommandTest::port()
{
    HttpServer server;
    ProbeTarget target;
    target.url = QStringLiteral("tcp://127.0.0.1:%1").arg(server.port());
    target.timeout = Milliseconds(1'000);
    const Run run = runInShell(curlCommand(target));
    QVERIFY2(run.err.contains("Connected to 127.0.0.1"), run.err);
    target.url = QStringLiteral("tcp://127.0.0.1:%1").arg(closedPort());
    QCOMPARE(runInShell(curlCommand(target)).status, 7);
}

QTEST_GUILESS_MAIN(CurlCommandTest)
#include "tst_curlcommand.moc"
