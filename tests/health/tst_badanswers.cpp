// SPDX-License-Identifier: GPL-3.0-or-later
// Servers that answer wrongly, slowly or without end, beyond those of tst_prober.cpp: the right state, the right words,
// and memory that stays bounded.
#include "models/health/healthcheck.h"
#include "models/health/prober.h"
#include "tests/support/httpserver.h"
#include "tests/support/rawwsserver.h"

#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

using namespace Switchyard;
using Testing::RawPeer;
using Testing::RawWsServer;

namespace {

/// What the names of this test resolve to. libcurl asks the C library in threads of its own, so that is where a test
/// can answer in its stead.
struct Names
{
    std::atomic<int> lateMs{0};
    std::atomic<const char *> address{"127.0.0.1"}; ///< of moving.test
};

Names &names()
{
    static auto *all = new Names;
    return *all;
}

qint64 rssKb()
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    const qsizetype at = text.indexOf("VmRSS:") + 6;
    return text.mid(at, text.indexOf("kB", at) - at).trimmed().toLongLong();
}

QByteArray gzipped(const QByteArray &plain)
{
    QProcess gzip;
    gzip.start(QStringLiteral("gzip"), {QStringLiteral("-9"), QStringLiteral("-c")});
    gzip.write(plain);
    gzip.closeWriteChannel();
    return gzip.waitForFinished(20'000) ? gzip.readAllStandardOutput() : QByteArray();
}

} // namespace

/// Stands before the C library's, for libcurl too: the executable's symbols come first.
extern "C" int getaddrinfo(const char *node, const char *service, const addrinfo *hints, addrinfo **result)
{
    using Function = int (*)(const char *, const char *, const addrinfo *, addrinfo **);
    static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
    if (!node || !std::strstr(node, ".test"))
        return real(node, service, hints, result);
    if (std::strcmp(node, "failing.test") == 0)
        return EAI_FAIL;
    if (std::strcmp(node, "late.test") == 0)
        usleep(useconds_t(names().lateMs * 1000));
    const char *address = std::strcmp(node, "six.test") == 0      ? "::1"
                          : std::strcmp(node, "moving.test") == 0 ? names().address.load()
                                                                  : "127.0.0.1";
    return real(address, service, hints, result);
}

class BadAnswersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void words_data();
    void words();
    void slowHeaders();
    void slowStatusLine();
    void slowBody();
    void gzipBomb();
    void memoryStaysBounded();
    void ipv6Only();
    void namesThatFail();
    void lateName();
    void nameThatMoves();

private:
    ProbeSample probe(const ProbeTarget &target);
};

ProbeSample BadAnswersTest::probe(const ProbeTarget &target)
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.check({target});
    if (!spy.wait(10'000)) {
        QTest::qFail("no sample came", __FILE__, __LINE__);
        return {};
    }
    return spy.first().first().value<QList<ProbeSample>>().first();
}

void BadAnswersTest::words_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("json"); // expected
    QTest::addColumn<ProbeState>("state");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<QString>("protocol");
    const QString one = QStringLiteral("HTTP/1.1");
    const QByteArray ok = "{\"status\":\"ok\"}";
    QTest::newRow("HTTP/1.0") << "HTTP/1.0 200 OK\r\n\r\n" + ok << true << ProbeState::Up << QString()
                              << QStringLiteral("HTTP/1.0");
    QTest::newRow("bare newlines") << "HTTP/1.1 200 OK\nContent-Length: 15\n\n" + ok << true << ProbeState::Up
                                   << QString() << one;
    QTest::newRow("Content-Length too long")
        << "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + ok << true << ProbeState::Down
        << QStringLiteral("the connection was closed in the middle of the answer") << one;
    QTest::newRow("Content-Length too short") << "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + ok << true
                                              << ProbeState::Down << QStringLiteral("the body is not JSON") << one;
    QTest::newRow("Content-Length no number") << "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + ok << true
                                              << ProbeState::Down << QStringLiteral("the answer breaks HTTP: ") << one;
    QTest::newRow("chunk without size") << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + ok << true
                                        << ProbeState::Down << QStringLiteral("") << one;
    QTest::newRow("chunks cut off") << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n" + ok << true
                                    << ProbeState::Down << QStringLiteral("closed in the middle of the answer") << one;
    QTest::newRow("invalid JSON") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"status\"") << true
                                  << ProbeState::Down << QStringLiteral("the body is not JSON") << one;
    QTest::newRow("HTML where JSON is expected")
        << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<!DOCTYPE html>") << true << ProbeState::Down
        << QStringLiteral("the body is not JSON") << one;
    QTest::newRow("205") << QByteArray("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n") << true << ProbeState::Down
                         << QStringLiteral("status 205 has no body, expected JSON") << one;
    QTest::newRow("empty 200") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") << true << ProbeState::Down
                               << QStringLiteral("the body is") << one;
    QTest::newRow("only half a status line")
        << QByteArray("HTTP/1.1 20") << false << ProbeState::Down << QStringLiteral("") << QString();
    QTest::newRow("100 and no more") << QByteArray("HTTP/1.1 100 Continue\r\n\r\n") << false << ProbeState::Down
                                     << QStringLiteral("the connection was closed without an answer") << QString();
    QTest::newRow("status 999") << QByteArray("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n") << false
                                << ProbeState::Down << QStringLiteral("answered with status 999") << one;
    QByteArray flood = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100'000; ++i)
        flood += "X-" + QByteArray::number(i) + ": 1\r\n";
    QTest::newRow("100,000 headers") << flood + "\r\n"
                                     << false << ProbeState::Down
                                     << QStringLiteral("the response headers are too large: over 100 KiB") << one;
}

void BadAnswersTest::words()
{
    QFETCH(QByteArray, answer);
    QFETCH(bool, json);
    QFETCH(ProbeState, state);
    QFETCH(QString, reason);
    QFETCH(QString, protocol);
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        peer.send(answer);
        peer.finish();
    });
    ProbeTarget target;
    target.url = QStringLiteral("http://127.0.0.1:%1/").arg(server.port());
    target.timeout = Milliseconds(3'000);
    if (json)
        target.expect.json.insert(QStringLiteral("/status"), QStringLiteral("ok"));
    const ProbeSample sample = probe(target);
    QVERIFY2(sample.reason.contains(reason), qPrintable(sample.reason));
    QVERIFY2(sample.errorKind != ErrorKind::Timeout, qPrintable(sample.reason));
    QCOMPARE(sample.state, state);
    QCOMPARE(sample.reason.isEmpty(), state == ProbeState::Up);
    if (!protocol.isEmpty())
        QCOMPARE(sample.httpVersion, protocol);
}

void BadAnswersTest::slowHeaders()
{
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\n");
        while (peer.send("X") && !peer.drain(Milliseconds(100))) {
        }
    });
    ProbeTarget target;
    target.url = QStringLiteral("http://127.0.0.1:%1/").arg(server.port());
    target.timeout = Milliseconds(500);
    const ProbeSample sample = probe(target);
    QCOMPARE(sample.errorKind, ErrorKind::Timeout);
    QCOMPARE(sample.reason,
             QStringLiteral("timed out after 500 ms in the headers: the answer began, but its headers did "
                            "not end"));
    QVERIFY2(*sample.phases.total < 600, QByteArray::number(*sample.phases.total));
    QVERIFY(sample.failure);
    QCOMPARE(sample.failure->statusLine, QStringLiteral("HTTP/1.1 200 OK"));
}

void BadAnswersTest::slowStatusLine()
{
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        for (const char byte : QByteArray("HTTP/1.1 200 OK\r\n")) {
            if (!peer.send(QByteArray(1, byte)) || peer.drain(Milliseconds(100)))
                return;
        }
    });
    ProbeTarget target;
    target.url = QStringLiteral("http://127.0.0.1:%1/").arg(server.port());
    target.timeout = Milliseconds(400);
    QVERIFY2(probe(target).reason.contains(QStringLiteral("in the headers: the answer began")), "words");
}

void BadAnswersTest::slowBody()
{
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        while (peer.send("x") && !peer.drain(Milliseconds(100))) {
        }
    });
    ProbeTarget target;
    target.url = QStringLiteral("http://127.0.0.1:%1/").arg(server.port());
    target.timeout = Milliseconds(400);
    const ProbeSample sample = probe(target);
    QVERIFY2(sample.reason.contains(QStringLiteral("in the body: the answer began")), qPrintable(sample.reason));
    QVERIFY(sample.failure && !sample.failure->body.isEmpty());
}

void BadAnswersTest::gzipBomb()
{
    const QByteArray bomb = gzipped(QByteArray(200 << 20, '0'));
    if (bomb.isEmpty())
        QSKIP("gzip is not installed");
    RawWsServer server([&](RawPeer &peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + QByteArray::number(bomb.size()) +
                  "\r\n\r\n" + bomb);
        peer.finish();
    });
    ProbeTarget target;
    target.url = QStringLiteral("http://127.0.0.1:%1/").arg(server.port());
    target.expect.json.insert(QStringLiteral("/status"), QStringLiteral("ok"));
    const qint64 before = rssKb();
    const ProbeSample sample = probe(target);
    QCOMPARE(sample.reason,
             QStringLiteral("the body is compressed (gzip), which the probe did not ask for; expected JSON"));
    QVERIFY2(rssKb() - before < 8 * 1024, QByteArray::number(rssKb() - before));
}

void BadAnswersTest::memoryStaysBounded()
{
    HttpServer server;
    for (const auto &[path, act] :
         {std::pair("/endless", HttpBehaviour::Act::EndlessBody), std::pair("/flood", HttpBehaviour::Act::HeaderFlood),
          std::pair("/long", HttpBehaviour::Act::LongHeader)}) {
        HttpBehaviour behaviour;
        behaviour.act = act;
        server.setBehaviour(path, behaviour);
    }
    Prober prober;
    int done = 0;
    int down = 0;
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &samples) {
        done += int(samples.size());
        for (const ProbeSample &sample : samples)
            down += sample.state == ProbeState::Down && sample.errorKind == ErrorKind::Protocol ? 1 : 0;
    });
    const auto round = [&](int count) {
        done = down = 0;
        for (int i = 0; i < count; ++i) {
            ProbeTarget target;
            target.id = QString::number(i);
            target.url = server.url(
                QStringList{QStringLiteral("/endless"), QStringLiteral("/flood"), QStringLiteral("/long")}[i % 3]);
            target.expect.json.insert(QStringLiteral("/status"), QStringLiteral("ok"));
            prober.probeOnce(target);
        }
        QTRY_COMPARE_WITH_TIMEOUT(done, count, 20'000);
        QCOMPARE(down, count);
    };
    round(60);
    const qint64 before = rssKb();
    round(60);
    round(60);
    // What a round needs is there after the first; the server lives in this process too.
    QVERIFY2(rssKb() - before < 16 * 1024, QByteArray::number(rssKb() - before));
    qInfo("resident %lld KiB after the first round, %lld KiB after three", before, rssKb());
}

void BadAnswersTest::ipv6Only()
{
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    socklen_t size = sizeof address;
    if (fd < 0 || bind(fd, reinterpret_cast<sockaddr *>(&address), size) != 0)
        QSKIP("this machine has no ::1");
    getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
    listen(fd, 8);
    const int port = ntohs(address.sin6_port);
    std::thread thread([fd] {
        for (int i = 0; i < 2; ++i) {
            const int peer = accept(fd, nullptr, nullptr);
            std::array<char, 4096> buffer{};
            if (peer < 0 || read(peer, buffer.data(), buffer.size()) <= 0)
                continue;
            const QByteArray answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            send(peer, answer.constData(), size_t(answer.size()), MSG_NOSIGNAL);
            close(peer);
        }
    });
    for (const char *host : {"[::1]", "six.test"}) {
        ProbeTarget target;
        target.url = QStringLiteral("http://%1:%2/").arg(QString::fromLatin1(host)).arg(port);
        const ProbeSample sample = probe(target);
        QCOMPARE(sample.reason, QString());
        QCOMPARE(sample.remoteAddress, QStringLiteral("[::1]:%1").arg(port));
    }
    thread.join();
    close(fd);
    // The other family is refused, and said so.
    ProbeTarget target;
    target.url = QStringLiteral("http://127.0.0.1:%1/").arg(port);
    QCOMPARE(probe(target).errorKind, ErrorKind::Refused);
}

void BadAnswersTest::namesThatFail()
{
    for (const char *host : {"nonexistent.invalid", "failing.test"}) {
        for (const char *scheme : {"http", "tcp", "ws"}) {
            ProbeTarget target;
            target.url = QStringLiteral("%1://%2:8000").arg(QLatin1StringView(scheme), QLatin1StringView(host));
            const ProbeSample sample = probe(target);
            QCOMPARE(sample.errorKind, ErrorKind::Dns);
            QCOMPARE(sample.reason, QStringLiteral("the name \"%1\" cannot be resolved").arg(QLatin1StringView(host)));
            QVERIFY(!sample.phases.dns && !sample.phases.connect);
        }
    }
}

void BadAnswersTest::lateName()
{
    HttpServer server;
    server.setBehaviour("/health", {});
    names().lateMs = 250;
    ProbeTarget target;
    target.url = server.url(QStringLiteral("/health"), QStringLiteral("late.test"));
    const ProbeSample sample = probe(target);
    QCOMPARE(sample.reason, QString());
    QVERIFY2(*sample.phases.dns >= 245 && *sample.phases.connect < 100, QByteArray::number(*sample.phases.dns));
    target.timeout = Milliseconds(100);
    QVERIFY2(probe(target).reason.startsWith(QStringLiteral("timed out after 100 ms in name resolution")), "words");
}

void BadAnswersTest::nameThatMoves()
{
    HttpServer server;
    server.setBehaviour("/health", {});
    ProbeTarget target;
    target.url = server.url(QStringLiteral("/health"), QStringLiteral("moving.test"));
    QVERIFY(probe(target).remoteAddress.startsWith(QStringLiteral("127.0.0.1:")));
    // Nothing is kept from one probe to the next: the new address is asked at once.
    names().address = "127.0.0.9";
    const ProbeSample moved = probe(target);
    QCOMPARE(moved.errorKind, ErrorKind::Refused);
    QVERIFY2(moved.remoteAddress.isEmpty() || moved.remoteAddress.startsWith(QStringLiteral("127.0.0.9:")),
             qPrintable(moved.remoteAddress));
    names().address = "127.0.0.1";
    QCOMPARE(probe(target).reason, QString());
}

QTEST_GUILESS_MAIN(BadAnswersTest)
#include "tst_badanswers.moc"
