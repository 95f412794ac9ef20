// SPDX-License-Identifier: GPL-3.0-or-later
// The backends' own counts: from JSON, from Prometheus' text, from Socket.IO's admin namespace; several workers; and
// what is said where there is no count.
#include "models/realtime/countreader.h"
#include "models/realtime/prometheustext.h"
#include "tests/support/demobackend.h"
#include "tests/support/httpserver.h"
#include "tests/support/poolrecorder.h"
#include "tests/support/rawwsserver.h"

#include <QTest>

#include <cmath>
#include <csignal>

using namespace Switchyard;
using Switchyard::Testing::DemoBackend;
using Status = CountReading::Status;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

SocketEndpoint jsonSocket(const char *path, const char *pointer)
{
    SocketEndpoint socket;
    socket.name = s(path);
    socket.count.kind = CountSource::Kind::Json;
    socket.count.path = s(path);
    socket.count.pointer = s(pointer);
    return socket;
}

/// A reader and the last it said of each socket.
class Reader
{
public:
    explicit Reader(const Backend &backend)
        : reader(backend)
    {
        QObject::connect(&reader, &CountReader::countRead, &reader, [this](int socket, const CountReading &reading) {
            last[socket] = reading;
            ++said;
        });
    }
    CountReader reader;
    QMap<int, CountReading> last;
    int said = 0;
};

} // namespace

class CountsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sampleLines_data();
    void sampleLines();
    void selectors_data();
    void selectors();
    void values();
    void oneWorker();
    void severalWorkers();
    void alternatingAnswers();
    void jsonSource();
    void noCount_data();
    void noCount();
    void halfAnAnswer();
    void tooLongAnAnswer();
    void sharedRequest();
    void adminNamespace();
    void adminRefused();
    void cancelled();
};

void CountsTest::sampleLines_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("labels");
    QTest::addColumn<double>("value");
    QTest::newRow("plain") << QByteArray("up 1") << s("up") << 0 << 1.0;
    QTest::newRow("timestamp") << QByteArray("up 1 1700000000000") << s("up") << 0 << 1.0;
    QTest::newRow("labels") << QByteArray(R"(a_b:c{x="1",y="2"} 3e2)") << s("a_b:c") << 2 << 300.0;
    QTest::newRow("blanks, comma at the end") << QByteArray(R"(  a { x = "1" , } 2)") << s("a") << 1 << 2.0;
    QTest::newRow("brace in a string") << QByteArray(R"(a{x="}",y="{\"\\"} 4)") << s("a") << 2 << 4.0;
    QTest::newRow("CRLF") << QByteArray("up 1\r") << s("up") << 0 << 1.0;
    QTest::newRow("infinity") << QByteArray("up +Inf") << s("up") << 0 << HUGE_VAL;
    for (const char *bad :
         {"", "# HELP up whether", "up", "up one", "{x=\"1\"} 2", "a{x=1} 2", "a{x=\"1\" 2", "a{x=\"1} 2", "1up 1"})
        QTest::addRow("no sample: %s", bad) << QByteArray(bad) << QString() << 0 << 0.0;
}

void CountsTest::sampleLines()
{
    QFETCH(QByteArray, line);
    QFETCH(QString, name);
    const std::optional<SeriesSample> sample = parseSampleLine(line);
    QCOMPARE(sample.has_value(), !name.isEmpty());
    if (!sample)
        return;
    QCOMPARE(sample->name, name);
    QTEST(int(sample->labels.size()), "labels");
    QTEST(sample->value, "value");
}

void CountsTest::selectors_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("good");
    QTest::newRow("name") << s("connections") << true;
    QTest::newRow("single quotes") << s("connections{manager='prices'}") << true;
    QTest::newRow("double quotes") << s("connections{manager=\"prices\"}") << true;
    QTest::newRow("empty") << s("") << false;
    QTest::newRow("no name") << s("{a='b'}") << false;
    QTest::newRow("no quotes") << s("c{a=b}") << false;
    QTest::newRow("more behind") << s("c{a='b'} 1") << false;
    QTest::newRow("open end") << s("c{a='b'") << false;
}

void CountsTest::selectors()
{
    QFETCH(QString, text);
    QTEST(parseSeriesSelector(text).has_value(), "good");
}

void CountsTest::values()
{
    const QByteArray text = "c{m=\"a\"} 2\nc{m=\"b\",x=\"y\"} 3\nc_total 9\nn NaN\n";
    QCOMPARE(prometheusValue(text, s("c")).value_or(-1), 5.0);
    QCOMPARE(prometheusValue(text, s("c{m='b'}")).value_or(-1), 3.0);
    QVERIFY(prometheusValue(text, s("c{m='none'}")).error().message.contains(s("no series")));
    QVERIFY(prometheusValue(text, s("n")).error().message.contains(s("no finite number")));
}

void CountsTest::oneWorker()
{
    WorkerCounts counts;
    const Instant now = Clock::now();
    QCOMPARE(counts.take(s("a"), 7, now).value, 7.0);
    const CountReading again = counts.take(s("a"), 9, now);
    QCOMPARE(again.value, 9.0);
    QVERIFY(!again.partial);
}

void CountsTest::severalWorkers()
{
    WorkerCounts counts;
    const Instant now = Clock::now();
    QVERIFY(!counts.take(s("a"), 7, now).partial);
    const CountReading both = counts.take(s("b"), 5, now);
    QCOMPARE(both.value, 12.0);
    QVERIFY(both.partial);
    QVERIFY(both.reason.contains(s("2 workers")));
    // One that is gone is forgotten, and the other one is the whole again.
    const CountReading later = counts.take(s("b"), 6, now + WorkerCounts::memory + Milliseconds(1));
    QCOMPARE(later.value, 6.0);
    QVERIFY(!later.partial);
}

void CountsTest::alternatingAnswers()
{
    const Instant now = Clock::now();
    WorkerCounts turns;
    CountReading last;
    for (const double value : {4.0, 9.0, 4.0, 9.0, 4.0, 9.0})
        last = turns.take({}, value, now);
    QVERIFY(last.partial);
    QVERIFY(last.reason.contains(s("alternate between 4 and 9")));
    WorkerCounts moving;
    for (const double value : {4.0, 5.0, 4.0, 5.0, 6.0, 5.0})
        last = moving.take({}, value, now);
    QVERIFY(!last.partial);
    WorkerCounts still;
    for (int i = 0; i < 8; ++i)
        last = still.take({}, 3, now);
    QVERIFY(!last.partial);
}

void CountsTest::jsonSource()
{
    HttpServer server;
    HttpBehaviour stats;
    stats.body = R"({"pid": 41, "total": 27})";
    server.setBehaviour("/stats", stats);
    Backend backend;
    backend.url = server.url({});
    backend.sockets = {jsonSocket("/stats", "/total")};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE(reader.last[0].status, Status::Read);
    QCOMPARE(reader.last[0].value, 27.0);
    QVERIFY(!reader.last[0].partial);
    // Another process answers from now on: two workers, and their sum.
    stats.body = R"({"pid": 42, "total": 5})";
    server.setBehaviour("/stats", stats);
    reader.reader.read();
    QTRY_VERIFY(reader.last[0].partial);
    QCOMPARE(reader.last[0].value, 32.0);
}

void CountsTest::noCount_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("reason");
    QTest::newRow("404") << QByteArray("{}") << 404 << s("HTTP status 404");
    QTest::newRow("redirect") << QByteArray("{}") << 302 << s("HTTP status 302");
    QTest::newRow("no JSON") << QByteArray("<html>") << 200 << QString();
    QTest::newRow("no such key") << QByteArray("{\"other\":1}") << 200 << s("total");
    QTest::newRow("no number") << QByteArray("{\"total\":\"many\"}") << 200 << s("no number");
}

void CountsTest::noCount()
{
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QString, reason);
    HttpServer server;
    HttpBehaviour stats;
    stats.body = body;
    stats.status = status;
    server.setBehaviour("/stats", stats);
    Backend backend;
    backend.url = server.url({});
    backend.sockets = {jsonSocket("/stats", "/total")};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE(reader.last[0].status, Status::Wrong);
    QVERIFY2(reader.last[0].reason.contains(reason) && !reader.last[0].reason.isEmpty(),
             qPrintable(reader.last[0].reason));
    // Nobody there at all is another matter.
    backend.url = s("http://127.0.0.1:%1").arg(closedPort());
    Reader nobody(backend);
    nobody.reader.read();
    QTRY_COMPARE(nobody.last[0].status, Status::Unreachable);
    QVERIFY(!nobody.last[0].reason.isEmpty());
    QCOMPARE(CountReader::initial({}).status, Status::NoSource);
}

void CountsTest::halfAnAnswer()
{
    // Prometheus text reads well up to wherever it was cut, and adds up to less.
    Testing::RawWsServer server([](Testing::RawPeer &peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsockets{shard=\"1\"} 30\n");
        peer.finish();
    });
    Backend backend;
    backend.url = s("http://127.0.0.1:%1").arg(server.port());
    SocketEndpoint socket;
    socket.count.kind = CountSource::Kind::Prometheus;
    socket.count.path = s("/metrics");
    socket.count.metric = s("sockets");
    backend.sockets = {socket};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE(reader.last[0].status, Status::Wrong);
    QVERIFY2(reader.last[0].reason.contains(s("broke off")), qPrintable(reader.last[0].reason));
}

void CountsTest::tooLongAnAnswer()
{
    QByteArray metrics;
    for (int i = 0; metrics.size() <= 5 << 20; ++i)
        metrics += "sockets{shard=\"" + QByteArray::number(i) + "\"} 1\n";
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.body = metrics;
    server.setBehaviour("/metrics", behaviour);
    Backend backend;
    backend.url = server.url({});
    SocketEndpoint socket;
    socket.count.kind = CountSource::Kind::Prometheus;
    socket.count.path = s("/metrics");
    socket.count.metric = s("sockets");
    backend.sockets = {socket};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE(reader.last[0].status, Status::Wrong);
    QVERIFY2(reader.last[0].reason.contains(s("4 MB")), qPrintable(reader.last[0].reason));
}

void CountsTest::sharedRequest()
{
    HttpServer server;
    HttpBehaviour stats;
    stats.body = R"({"a": 1, "b": 2})";
    server.setBehaviour("/stats", stats);
    Backend backend;
    backend.url = server.url({});
    backend.sockets = {jsonSocket("/stats", "/a"), jsonSocket("/stats", "/b")};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE(reader.said, 2);
    QCOMPARE(reader.last[1].value, 2.0);
    QCOMPARE(server.requests().size(), 1);
    QVERIFY(server.requests().first().toLower().contains("connection: close"));
}

/// The demo backend's admin namespace counts our own connection too: that one is taken off.
void CountsTest::adminNamespace()
{
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    Backend backend;
    backend.url = s("http://127.0.0.1:%1").arg(demo.port());
    SocketEndpoint socket;
    socket.name = s("io");
    socket.path = s("/socket.io/");
    socket.protocol = SocketProtocol::SocketIo;
    socket.count.kind = CountSource::Kind::SocketIoAdmin;
    socket.count.path = s("/admin");
    backend.sockets = {socket};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE_WITH_TIMEOUT(reader.last[0].status, Status::Read, 10'000);
    QCOMPARE(reader.last[0].value, 0.0);
    SocketTarget target;
    target.url = backend.url + s("/socket.io/");
    target.protocol = SocketProtocol::SocketIo;
    target.clients = 3;
    const Testing::PoolRecorder clients(target);
    QTRY_COMPARE_WITH_TIMEOUT(reader.last[0].value, 3.0, 10'000);
    // The server goes: no count, and not the last one for ever.
    demo.signal(SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(reader.last[0].failed(), 10'000);
}

void CountsTest::adminRefused()
{
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    Backend backend;
    backend.url = s("http://127.0.0.1:%1").arg(demo.port());
    SocketEndpoint socket;
    socket.path = s("/socket.io/");
    socket.protocol = SocketProtocol::SocketIo;
    socket.count.kind = CountSource::Kind::SocketIoAdmin;
    socket.count.path = s("/nowhere");
    backend.sockets = {socket};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE_WITH_TIMEOUT(reader.last[0].status, Status::Wrong, 10'000);
    QVERIFY2(reader.last[0].reason.contains(s("/nowhere")), qPrintable(reader.last[0].reason));
    // No such secret: said at once, and nothing is sent.
    backend.sockets[0].count.path = s("/admin");
    backend.sockets[0].count.username = s("ops");
    backend.sockets[0].count.password = s("env:SWITCHYARD_NO_SUCH_SECRET");
    Reader poor(backend);
    poor.reader.read();
    QTRY_COMPARE(poor.last[0].status, Status::Wrong);
    QVERIFY(poor.last[0].reason.contains(s("SWITCHYARD_NO_SUCH_SECRET")));
}

void CountsTest::cancelled()
{
    HttpServer server;
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(300);
    server.setBehaviour("/stats", slow);
    Backend backend;
    backend.url = server.url({});
    backend.sockets = {jsonSocket("/stats", "/total")};
    Reader reader(backend);
    reader.reader.read();
    QTRY_COMPARE(server.requests().size(), 1);
    reader.reader.cancel();
    reader.reader.read();
    QTRY_COMPARE(reader.said, 1); // the first answer speaks for nobody
    QCOMPARE(server.requests().size(), 2);
}

QTEST_GUILESS_MAIN(CountsTest)
#include "tst_counts.moc"
