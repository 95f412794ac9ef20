// SPDX-License-Identifier: GPL-3.0-or-later
//
// Peers that do not stop sending, against the whole program: what it says, how soon it ends, and the most memory it
// held. tst_badinput has the manners that a redeploy can be watched through; these are those that used to fill memory.
#include "models/redeploy/journal.h"
#include "tests/support/cli.h"
#include "tests/support/rawwsserver.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <csignal>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr qint64 mostKb = 64 * 1024;
const QByteArray s_megabyte(1 << 20, 'x');

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Answers any request, and then sends the block for as long as it is taken.
RawWsServer::Script endless(const QByteArray &first, const QByteArray &block)
{
    return [first, block](RawPeer &peer) {
        if (peer.readRequest().isEmpty())
            return;
        bool on = peer.send(first);
        while (on)
            on = peer.send(block);
    };
}

} // namespace

class BadPeersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyMessageANotice();
    void refusalsWithoutAnEnd_data();
    void refusalsWithoutAnEnd();
    void pingsThatNobodyAnswersFor();
    void countsWithoutAnEnd_data();
    void countsWithoutAnEnd();
    void journalWithALongLine();

private:
    QString workspace(quint16 port, const QByteArray &socketKeys);
    QTemporaryDir m_folder;
};

QString BadPeersTest::workspace(quint16 port, const QByteArray &socketKeys)
{
    QFile file(m_folder.filePath(s("w.toml")));
    if (!file.open(QIODevice::WriteOnly))
        qFatal("cannot write %s", qPrintable(file.fileName()));
    file.write("schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:" +
               QByteArray::number(port) + "\"\n[[backend.socket]]\nname = \"p\"\npath = \"/ws\"\n" + socketKeys);
    return file.fileName();
}

void BadPeersTest::everyMessageANotice()
{
    constexpr int clients = 5;
    std::atomic<qint64> sent{0};
    RawWsServer server([&sent](RawPeer &peer) {
        if (!peer.handshake())
            return;
        // 10,000 a second.
        const QByteArray block = wsText("{\"type\":\"bye\",\"reconnect_in_ms\":10}").repeated(100);
        while (peer.send(block)) {
            sent += 100;
            peer.hold(Milliseconds(10));
        }
    });
    const QString file = workspace(server.port(), "clients = 5\nnotice = { json = { \"/type\" = \"bye\" } }\n");
    const QString sessions = m_folder.filePath(s("sessions"));
    Watcher watcher({s("watch"), s("--workspace"), file, s("--baseline"), s("60s"), s("--sessions"), sessions});
    QElapsedTimer timer;
    timer.start();
    QVERIFY2(watcher.says("baseline", 20'000), watcher.said.constData());
    QTRY_VERIFY_WITH_TIMEOUT(sent > 100'000, 30'000);
    ::kill(pid_t(watcher.process.processId()), SIGINT);
    const double seconds = double(timer.elapsed()) / 1000;
    const CliResult result = watcher.result(10'000);
    const double stopping = double(timer.elapsed()) / 1000 - seconds;
    QVERIFY2(result.status == 130, qPrintable(QString::number(result.status) + result.err));
    QVERIFY2(stopping < 3, QByteArray::number(stopping));
    const QStringList found = QDir(sessions).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    QCOMPARE(found.size(), 1);
    const auto record = readJournal(sessions + QLatin1Char('/') + found.first());
    QVERIFY(record);
    int notices = 0;
    for (const Event &event : record->events)
        notices += event.kind == EventKind::ClientNotice ? 1 : 0;
    qInfo("%lld sent, %d notices, %.1f s, peak %lld KB", static_cast<long long>(sent), notices, seconds,
          static_cast<long long>(watcher.peakKb()));
    // The first one of each, and then one a second.
    QVERIFY(notices >= clients);
    QVERIFY2(notices <= clients * (seconds + stopping + 2), QByteArray::number(notices));
    QVERIFY2(watcher.peakKb() > 1'000 && watcher.peakKb() < mostKb, QByteArray::number(watcher.peakKb()));
}

void BadPeersTest::refusalsWithoutAnEnd_data()
{
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("block");
    QTest::newRow("until the end") << QByteArray("HTTP/1.1 200 OK\r\n\r\n") << s_megabyte;
    QTest::newRow("in chunks") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                               << "100000\r\n" + s_megabyte + "\r\n";
}

void BadPeersTest::refusalsWithoutAnEnd()
{
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, block);
    constexpr int clients = 100;
    RawWsServer server(endless(first, block));
    Watcher watcher({s("ws"), s("hold"), server.url(), s("--clients"), QString::number(clients), s("--duration"),
                     s("30s"), s("--format"), s("json")});
    const CliResult result = watcher.result(15'000);
    QVERIFY2(result.status == 1, qPrintable(QString::number(result.status) + result.err));
    QCOMPARE(result.closes(), (QMap<QString, int>{{s("handshake 0"), clients}}));
    QCOMPARE(result.json()[s("closes")][0][s("http_status")].toInt(), 200);
    qInfo("peak %lld KB", static_cast<long long>(watcher.peakKb()));
    // Tighter than elsewhere: it took some 50 MB when every client read on for its 200 ms.
    QVERIFY2(watcher.peakKb() > 1'000 && watcher.peakKb() < 40 * 1024, QByteArray::number(watcher.peakKb()));
}

void BadPeersTest::pingsThatNobodyAnswersFor()
{
    // Every ping wants a pong, and this server reads none of them: what cannot be written may not pile up.
    RawWsServer server([](RawPeer &peer) {
        if (!peer.handshake())
            return;
        const QByteArray pings = wsFrame(9, QByteArray(125, 'p')).repeated(1'000);
        while (peer.send(pings)) {
        }
    });
    Watcher watcher({s("ws"), s("hold"), server.url(), s("--clients"), s("5"), s("--duration"), s("30s"),
                     s("--ping-timeout"), s("1s"), s("--format"), s("json")});
    const CliResult result = watcher.result(15'000);
    QVERIFY2(result.status == 1, qPrintable(QString::number(result.status) + result.err));
    QCOMPARE(result.closes(), (QMap<QString, int>{{s("ping-timeout 1006"), 5}}));
    qInfo("peak %lld KB", static_cast<long long>(watcher.peakKb()));
    QVERIFY2(watcher.peakKb() > 1'000 && watcher.peakKb() < mostKb, QByteArray::number(watcher.peakKb()));
}

void BadPeersTest::countsWithoutAnEnd_data()
{
    QTest::addColumn<QByteArray>("head");
    QTest::newRow("until the end") << QByteArray("HTTP/1.1 200 OK\r\n\r\n{\"total\":5}");
    QTest::newRow("a length of 1 GB") << QByteArray(
        "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n{\"total\":5}");
}

void BadPeersTest::countsWithoutAnEnd()
{
    QFETCH(QByteArray, head);
    RawWsServer server(endless(head, QByteArray(1 << 20, ' ')));
    const QString file = workspace(server.port(), "count = { json = { path = \"/stats\", pointer = \"/total\" } }\n");
    Watcher watcher({s("ws"), s("count"), s("--workspace"), file, s("--format"), s("json")});
    const CliResult result = watcher.result(15'000);
    QVERIFY2(result.status == 1, qPrintable(QString::number(result.status) + result.err));
    const QJsonValue socket = result.json()[s("sockets")][0];
    QVERIFY2(socket[s("count")].isNull() && socket[s("reason")].toString().contains(s("more than 4 MB")),
             qPrintable(result.out));
    qInfo("peak %lld KB", static_cast<long long>(watcher.peakKb()));
    QVERIFY2(watcher.peakKb() > 1'000 && watcher.peakKb() < mostKb, QByteArray::number(watcher.peakKb()));
}

void BadPeersTest::journalWithALongLine()
{
    const QString folder = m_folder.filePath(s("long"));
    {
        SessionRecord record;
        record.header.id = s("long");
        record.complete = true;
        record.endReason = s("settled");
        auto writer = JournalWriter::create(folder, record.header);
        QVERIFY(writer);
        (*writer)->append({Event()});
        (*writer)->finish(record, judge(record));
    }
    QFile file(folder + s("/journal.jsonl"));
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray bytes = file.readAll();
    const qsizetype middle = bytes.indexOf('\n') + 1;
    QVERIFY(file.seek(middle));
    file.write("{\"kind\":\"note\",\"text\":\"");
    for (int i = 0; i < 100; ++i)
        file.write(s_megabyte);
    file.write("\"}\n" + bytes.mid(middle));
    file.close();
    Watcher watcher({s("session"), s("show"), folder, s("--format"), s("json")});
    const CliResult result = watcher.result(15'000);
    QVERIFY2(result.status == 3, qPrintable(QString::number(result.status) + result.err));
    QVERIFY2(result.out.contains(s("1 lines of the journal cannot be read")), qPrintable(result.out.left(2'000)));
    qInfo("peak %lld KB", static_cast<long long>(watcher.peakKb()));
    QVERIFY2(watcher.peakKb() > 1'000 && watcher.peakKb() < mostKb, QByteArray::number(watcher.peakKb()));
}

QTEST_GUILESS_MAIN(BadPeersTest)
#include "tst_badpeers.moc"
