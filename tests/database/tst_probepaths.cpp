// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to a database that the tests of its kind leave out, on real servers: client certificates, channel binding, Unix
// sockets, Upstash by HTTPS; and a cancel where a connection hangs on the way to be made, or late in a probe.
#include "models/database/probes/probe.h"
#include "tests/support/ownprocess.h"
#include "tests/support/postgresserver.h"
#include "tests/support/redisserver.h"

#include <QFile>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <thread>
#include <vector>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const char planted[] = "AXPlantedToken7731xyzAXPlantedToken";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

DatabaseReport probe(const QString &url, const DatabaseProbeOptions &options = {}, const QString &token = {})
{
    ConnectionInput input{url, {}, {}};
    if (!token.isEmpty())
        input.token = Secret(token);
    const auto connection = parseConnectionString(input);
    if (!connection)
        qFatal("no connection string: %s", qPrintable(connection.error().toString()));
    return probeDatabase(*connection, options);
}

StageResult stageOf(const DatabaseReport &report, DatabaseStage stage)
{
    for (const StageResult &each : report.stages) {
        if (each.stage == stage)
            return each;
    }
    return {};
}

QString told(const DatabaseReport &report)
{
    QStringList lines;
    for (const StageResult &each : report.stages)
        lines.append(s("%1 %2: %3 | %4")
                         .arg(databaseStageName(each.stage), stageStatusName(each.status), each.detail, each.hint));
    return lines.join(QLatin1Char('\n'));
}

QString failedAt(const DatabaseReport &report)
{
    for (const StageResult &each : report.stages) {
        if (each.stage != DatabaseStage::Lint && each.status == StageStatus::Fail)
            return databaseStageName(each.stage);
    }
    return {};
}

int connectTo(quint16 port, bool blocking)
{
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0 && blocking) {
        ::close(descriptor);
        return -1;
    }
    return descriptor;
}

/// Passes bytes on in both directions until it is told to hold them.
ScriptedPeer::Script forwarderTo(quint16 port, const std::atomic<bool> &hold)
{
    return [port, &hold](int client, const std::atomic<bool> &stopping) {
        const int server = connectTo(port, true);
        if (server < 0)
            return;
        bool open = true;
        while (open && !stopping) {
            if (hold) { // only whether the client goes is looked at
                pollfd gone{client, POLLRDHUP, 0};
                open = ::poll(&gone, 1, 10) <= 0;
                continue;
            }
            pollfd entries[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
            if (::poll(entries, 2, 5) <= 0)
                continue;
            for (int i = 0; i < 2 && open; ++i) {
                if (entries[i].revents == 0 || hold)
                    continue;
                char block[8192];
                const ssize_t got = ::recv(entries[i].fd, block, sizeof(block), 0);
                open = got > 0;
                if (open)
                    ScriptedPeer::write(entries[1 - i].fd, QByteArray(block, got));
            }
        }
        ::close(server);
    };
}

/// Upstash's REST interface, by TLS: one answer to each request, and nothing without its token.
ScriptedPeer::Script upstashByTls(SSL_CTX *context, std::atomic<int> &answered)
{
    return [context, &answered](int descriptor, const std::atomic<bool> &stopping) {
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context), &SSL_free);
        timeval patience{2, 0};
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        SSL_set_fd(ssl.get(), descriptor);
        if (SSL_accept(ssl.get()) != 1)
            return;
        QByteArray request;
        while (!stopping) {
            char block[4096];
            const int got = SSL_read(ssl.get(), block, sizeof(block));
            if (got <= 0)
                break;
            request.append(block, got);
            const qsizetype head = request.indexOf("\r\n\r\n");
            if (head < 0)
                continue;
            const QByteArray lower = request.left(head).toLower();
            const qsizetype length = lower.indexOf("content-length:");
            const int body = length < 0 ? 0 : lower.mid(length + 15).split('\r').first().trimmed().toInt();
            if (request.size() < head + 4 + body)
                continue;
            const bool known = request.contains(QByteArray("Bearer ") + planted);
            const QByteArray text =
                known ? QByteArray("{\"result\":\"PONG\"}") : QByteArray("{\"error\":\"Unauthorized\"}");
            const QByteArray answer =
                (known ? QByteArray("HTTP/1.1 200 OK") : QByteArray("HTTP/1.1 401 Unauthorized")) +
                "\r\nContent-Type: application/json\r\nContent-Length: " + QByteArray::number(text.size()) +
                "\r\n\r\n" + text;
            SSL_write(ssl.get(), answer.constData(), int(answer.size()));
            ++answered;
            request.clear();
        }
    };
}

} // namespace

class TestProbePaths final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() { m_descriptors = openDescriptors(); }
    void cleanup() { QTRY_VERIFY(openDescriptors() <= m_descriptors); }

    void clientCertificate();
    void channelBinding();
    void postgresBySocket();
    void redisBySocket();
    void upstashByHttps();
    void cancelInTcp();
    void cancelLate_data();
    void cancelLate();

private:
    QString tlsUrl(const QString &user, const QString &options) const
    {
        return m_server.url(user, s("shop"), options, s("localhost"));
    }

    TestCertificates m_certificates;
    PostgresServer m_server;
    int m_descriptors = 0;
};

void TestProbePaths::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    QVERIFY2(m_server.start({}, "local all all scram-sha-256\n"
                                "hostssl all localhost 127.0.0.1/32 cert clientcert=verify-full\n"
                                "hostssl all paired 127.0.0.1/32 scram-sha-256 clientcert=verify-full\n"
                                "host all all 127.0.0.1/32 scram-sha-256\n"),
             m_server.log().constData());
    // The name in the certificate is "localhost": so is the role.
    const QString made = m_server.sql(s("create role app login password 'measured';\ncreate role localhost login;\n"
                                        "create role paired login password 'measured';\n"
                                        "create database shop owner app"));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
    QVERIFY(m_server.setTls(m_certificates.good(), m_certificates.caFile()));
}

void TestProbePaths::clientCertificate()
{
    DatabaseProbeOptions options;
    options.caFile = m_certificates.caFile();
    const auto with = [](const CertificateFiles &files) {
        return s("sslmode=verify-full&sslcert=%1&sslkey=%2").arg(files.certificate, files.key);
    };
    // libpq takes no key that others may read.
    for (const CertificateFiles &files : {m_certificates.good(), m_certificates.foreign()})
        QVERIFY(QFile::setPermissions(files.key, QFile::ReadOwner | QFile::WriteOwner));
    const DatabaseReport good = probe(tlsUrl(s("localhost"), with(m_certificates.good())), options);
    QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
    QCOMPARE(stageOf(good, DatabaseStage::Auth).status, StageStatus::Ok);
    QCOMPARE(stageOf(good, DatabaseStage::Headroom).status, StageStatus::Ok);
    const DatabaseReport without = probe(tlsUrl(s("localhost"), s("sslmode=verify-full")), options);
    QCOMPARE(failedAt(without), s("auth"));
    QVERIFY2(!stageOf(without, DatabaseStage::Auth).hint.isEmpty(), qPrintable(told(without)));
    // Of an authority that the server does not trust. TLS 1.3 tells it behind the handshake.
    const DatabaseReport foreign = probe(tlsUrl(s("localhost"), with(m_certificates.foreign())), options);
    QVERIFY2(failedAt(foreign) == s("tls") || failedAt(foreign) == s("auth"), qPrintable(told(foreign)));
    // A right password, and a certificate of another name.
    const DatabaseReport other = probe(tlsUrl(s("paired:measured"), with(m_certificates.good())), options);
    QCOMPARE(failedAt(other), s("auth"));
    // A key that others may read is refused by libpq, before anything is sent.
    QFile key(m_certificates.good().key);
    const auto before = key.permissions();
    QVERIFY(key.setPermissions(before | QFile::ReadOther | QFile::ReadGroup));
    const DatabaseReport open = probe(tlsUrl(s("localhost"), with(m_certificates.good())), options);
    QVERIFY(key.setPermissions(before));
    QVERIFY2(!failedAt(open).isEmpty() && told(open).contains(s("permissions")), qPrintable(told(open)));
    QVERIFY2(told(open).contains(s("chmod 600")), qPrintable(told(open)));
}

void TestProbePaths::channelBinding()
{
    DatabaseProbeOptions options;
    options.caFile = m_certificates.caFile();
    const DatabaseReport good =
        probe(tlsUrl(s("app:measured"), s("sslmode=verify-full&channel_binding=require")), options);
    QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
    // Without TLS there is nothing to bind to.
    const DatabaseReport plain =
        probe(tlsUrl(s("app:measured"), s("sslmode=disable&channel_binding=require")), options);
    QCOMPARE(failedAt(plain), s("auth"));
    QVERIFY2(told(plain).contains(s("channel")), qPrintable(told(plain)));
    QVERIFY(!told(plain).contains(s("measured")));
}

void TestProbePaths::postgresBySocket()
{
    const QString url = s("postgresql://app:%1@/shop?host=%2&port=%3");
    const QString folder = m_server.socketFolder();
    const DatabaseReport good = probe(url.arg(s("measured"), folder).arg(m_server.port()));
    QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
    QCOMPARE(stageOf(good, DatabaseStage::Dns).status, StageStatus::Skipped);
    QCOMPARE(stageOf(good, DatabaseStage::Tls).status, StageStatus::Skipped);
    QCOMPARE(stageOf(good, DatabaseStage::Auth).status, StageStatus::Ok);
    const DatabaseReport wrong = probe(url.arg(s("wrong"), folder).arg(m_server.port()));
    QCOMPARE(failedAt(wrong), s("auth"));
    const DatabaseReport nobody = probe(url.arg(s("measured"), folder).arg(1));
    QCOMPARE(failedAt(nobody), s("tcp"));
}

void TestProbePaths::redisBySocket()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(s("redis.sock"));
    const RedisServer server({s("unixsocket %1").arg(path), s("requirepass measured")});
    QVERIFY2(server.port() != 0, qPrintable(server.said()));
    const auto before = openDescriptors();
    const DatabaseReport good = probe(s("unix://:measured@%1?db=0").arg(path));
    QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
    QCOMPARE(stageOf(good, DatabaseStage::Dns).status, StageStatus::Skipped);
    QCOMPARE(stageOf(good, DatabaseStage::Query).status, StageStatus::Ok);
    QCOMPARE(failedAt(probe(s("unix://:wrong@%1?db=0").arg(path))), s("auth"));
    QCOMPARE(failedAt(probe(s("unix://:measured@%1-not?db=0").arg(path))), s("tcp"));
    QCOMPARE(openDescriptors(), before);
}

void TestProbePaths::upstashByHttps()
{
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    const auto use = [&](const CertificateFiles &files) {
        return SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.toLocal8Bit().constData()) == 1 &&
               SSL_CTX_use_PrivateKey_file(context.get(), files.key.toLocal8Bit().constData(), SSL_FILETYPE_PEM) == 1;
    };
    QVERIFY(use(m_certificates.good()));
    std::atomic<int> answered{0};
    ScriptedPeer peer(upstashByTls(context.get(), answered));
    DatabaseProbeOptions options;
    options.caFile = m_certificates.caFile();
    const QString url = s("https://localhost:%1").arg(peer.port());
    const DatabaseReport good = probe(url, options, s(planted));
    QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
    QVERIFY2(stageOf(good, DatabaseStage::Tls).detail.contains(s("TLSv1.3")), qPrintable(told(good)));
    QVERIFY(answered > 0);
    QCOMPARE(failedAt(probe(url, options, s("AXWrongToken7731xyzAXWrongToken99"))), s("auth"));
    // Nothing of the token is sent to one that cannot be trusted.
    const int before = answered;
    QCOMPARE(failedAt(probe(url, {}, s(planted))), s("tls"));
    QVERIFY(use(m_certificates.wrongName()));
    QCOMPARE(failedAt(probe(url, options, s(planted))), s("tls"));
    QCOMPARE(int(answered), before);
    QTRY_COMPARE(peer.openConnections(), 0);
}

/// A listener whose queue is full answers no SYN: the connection hangs in the middle of being made.
void TestProbePaths::cancelInTcp()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::vector<int> fillers;
    const auto closeAll = qScopeGuard([&] {
        for (const int each : fillers)
            ::close(each);
        ::close(listener);
    });
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    QVERIFY(::bind(listener, reinterpret_cast<sockaddr *>(&address), size) == 0 && ::listen(listener, 0) == 0 &&
            ::getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size) == 0);
    const quint16 port = ntohs(address.sin_port);
    bool full = false;
    for (int i = 0; i < 8 && !full; ++i) {
        fillers.push_back(connectTo(port, false));
        pollfd entry{fillers.back(), POLLOUT, 0};
        full = ::poll(&entry, 1, 300) == 0;
    }
    QVERIFY2(full, "the queue never was full");
    for (const char *scheme : {"postgresql", "redis", "mongodb"}) {
        const QString url = s("%1://127.0.0.1:%2/0").arg(s(scheme)).arg(port);
        const qsizetype before = openDescriptors();
        DatabaseProbeOptions options;
        options.timeout = Milliseconds(60'000);
        options.cancelled = std::make_shared<std::atomic<bool>>(false);
        std::atomic<bool> dns{false};
        options.onStage = [&](const StageResult &stage) { dns = dns || stage.stage == DatabaseStage::Dns; };
        DatabaseReport report;
        std::atomic<bool> done{false};
        std::thread worker([&] {
            report = probe(url, options);
            done = true;
        });
        const bool begun = QTest::qWaitFor([&] { return dns && openDescriptors() > before; }, 10'000);
        const Instant start = Clock::now();
        *options.cancelled = true;
        const bool ended = QTest::qWaitFor([&] { return bool(done); }, 10'000);
        const double took = toMs(Clock::now() - start);
        worker.join();
        QVERIFY2(begun && ended && took < 1'000, qPrintable(s("%1: %2 ms").arg(s(scheme)).arg(took)));
        QVERIFY2(report.cancelled && !report.failed(), qPrintable(told(report)));
        QCOMPARE(stageOf(report, DatabaseStage::Tcp).status, StageStatus::NotReached);
        QCOMPARE(openDescriptors(), before);
        // And out of time, it fails in that stage.
        options.cancelled.reset();
        options.timeout = Milliseconds(400);
        QCOMPARE(failedAt(probe(url, options)), s("tcp"));
    }
}

void TestProbePaths::cancelLate_data()
{
    QTest::addColumn<bool>("redis");
    QTest::addColumn<DatabaseStage>("before");
    QTest::addColumn<DatabaseStage>("in");
    for (const bool redis : {false, true}) {
        const char *name = redis ? "redis" : "postgresql";
        QTest::addRow("%s, privileges", name) << redis << DatabaseStage::Query << DatabaseStage::Privileges;
        QTest::addRow("%s, headroom", name) << redis << DatabaseStage::Privileges << DatabaseStage::Headroom;
    }
}

void TestProbePaths::cancelLate()
{
    QFETCH(bool, redis);
    QFETCH(DatabaseStage, before);
    QFETCH(DatabaseStage, in);
    const RedisServer cache({s("requirepass measured")});
    QVERIFY2(cache.port() != 0, qPrintable(cache.said()));
    std::atomic<bool> hold{false};
    ScriptedPeer between(forwarderTo(redis ? cache.port() : m_server.port(), hold));
    const QString url = redis ? s("redis://:measured@127.0.0.1:%1/0").arg(between.port())
                              : s("postgresql://app:measured@127.0.0.1:%1/shop?sslmode=disable").arg(between.port());
    DatabaseProbeOptions options;
    options.timeout = Milliseconds(60'000);
    options.cancelled = std::make_shared<std::atomic<bool>>(false);
    options.onStage = [&](const StageResult &stage) {
        if (stage.stage == before)
            hold = true; // on the thread that probes: what it sends from here on is not passed on
    };
    DatabaseReport report;
    std::atomic<bool> done{false};
    std::thread worker([&] {
        report = probe(url, options);
        done = true;
    });
    const bool held = QTest::qWaitFor([&] { return bool(hold); }, 20'000);
    const bool waits = !QTest::qWaitFor([&] { return bool(done); }, 200);
    const Instant start = Clock::now();
    *options.cancelled = true;
    const bool ended = QTest::qWaitFor([&] { return bool(done); }, 10'000);
    const double took = toMs(Clock::now() - start);
    worker.join();
    QVERIFY2(held && waits, qPrintable(told(report)));
    QVERIFY2(ended && took < 1'000, qPrintable(QString::number(took)));
    QVERIFY2(report.cancelled && !report.failed(), qPrintable(told(report)));
    QCOMPARE(stageOf(report, before).status == StageStatus::NotReached, false);
    QCOMPARE(stageOf(report, in).status, StageStatus::NotReached);
    QCOMPARE(stageOf(report, in).detail, s("cancelled"));
    QTRY_COMPARE(between.openConnections(), 0);
}

QTEST_GUILESS_MAIN(TestProbePaths)
#include "tst_probepaths.moc"
