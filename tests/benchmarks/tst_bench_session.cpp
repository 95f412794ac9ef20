// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a session costs and how true its times are: 10,000 clients cut at once and back again, and a server whose own
// log is stamped by the same monotonic clock. Prints figures; fails only when an event is missing.
#include "models/common/limits.h"
#include "tests/support/cli.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

quint16 somePort()
{
    QTcpServer server;
    return server.listen(QHostAddress::LocalHost, 0) ? server.serverPort() : 0;
}

struct Run
{
    CliResult result;
    QList<QJsonObject> lines; ///< of the journal
    qint64 journalBytes = 0;
    qint64 peakKb = 0; ///< memory of the watching program
};

qint64 statusKb(qint64 pid, const char *key)
{
    QFile file(QStringLiteral("/proc/%1/status").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith(key))
            return line.simplified().split(' ').value(1).toLongLong();
    }
    return 0;
}

Run watched(const QString &workspace, const QString &folder, int timeoutMs)
{
    Run run;
    QProcess process;
    process.start(s(BINARY_DIR "/switchyard-cli"),
                  {s("watch"), s("--workspace"), workspace, s("--baseline"), s("5s"), s("--settle"), s("3s"),
                   s("--format"), s("json"), s("--sessions"), folder, s("--timeout"), s("60s")});
    QByteArray err;
    const bool ended = QTest::qWaitFor(
        [&] {
            err += process.readAllStandardError();
            run.peakKb = std::max(run.peakKb, statusKb(process.processId(), "VmHWM:"));
            return process.state() == QProcess::NotRunning;
        },
        timeoutMs);
    run.result.status = ended ? process.exitCode() : -1;
    run.result.out = QString::fromUtf8(process.readAllStandardOutput());
    run.result.err = QString::fromUtf8(err);
    const QStringList sessions = QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    if (sessions.isEmpty())
        return run;
    QFile journal(folder + QLatin1Char('/') + sessions.last() + s("/journal.jsonl"));
    if (!journal.open(QIODevice::ReadOnly))
        return run;
    run.journalBytes = journal.size();
    while (!journal.atEnd())
        run.lines.append(QJsonDocument::fromJson(journal.readLine()).object());
    return run;
}

/// The session's own times as absolute microseconds of the monotonic clock, per kind and client.
std::map<int, qint64> timesOf(const Run &run, const char *kind, qint64 from)
{
    const qint64 origin = run.lines.value(0)[s("session")][s("monotonic_us")].toInteger();
    std::map<int, qint64> times;
    for (const QJsonObject &line : run.lines) {
        const qint64 at = origin + line[s("us")].toInteger();
        if (line[s("kind")].toString() == s(kind) && at >= from)
            times.try_emplace(line[s("client")].toInt(-1), at);
    }
    return times;
}

QList<qint64> sorted(const std::map<int, qint64> &times)
{
    QList<qint64> list;
    for (const auto &[client, at] : times)
        list.append(at);
    std::sort(list.begin(), list.end());
    return list;
}

/// p50, p99 and largest distance in milliseconds of two lists, paired in order.
QString distances(const QList<qint64> &server, const QList<qint64> &session)
{
    QList<double> off;
    for (qsizetype i = 0; i < std::min(server.size(), session.size()); ++i)
        off.append(std::abs(double(session[i] - server[i])) / 1000);
    if (off.isEmpty())
        return s("none");
    std::sort(off.begin(), off.end());
    const auto at = [&off](double share) {
        return off[std::min(off.size() - 1, qsizetype(share * double(off.size())))];
    };
    return QStringLiteral("p50 %1 ms  p99 %2 ms  max %3 ms  (%4)")
        .arg(at(0.5), 0, 'f', 2)
        .arg(at(0.99), 0, 'f', 2)
        .arg(off.last(), 0, 'f', 2)
        .arg(off.size());
}

} // namespace

class SessionBenchmark final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tenThousandCut();
    void timesAgainstTheServersLog();

private:
    QString write(const char *name, const QString &text);
    QTemporaryDir m_folder;
};

QString SessionBenchmark::write(const char *name, const QString &text)
{
    const QString path = m_folder.filePath(s(name));
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) > 0 ? path : QString();
}

void SessionBenchmark::tenThousandCut()
{
    constexpr int perSocket = 5'000;
    const quint16 port = somePort();
    const QString file =
        write("many.toml", QStringLiteral("schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\n"
                                          "url = \"http://127.0.0.1:%1\"\n  [[backend.health]]\n  path = \"/health\"\n"
                                          "  [[backend.socket]]\n  name = \"prices\"\n  path = \"/ws/prices\"\n"
                                          "  clients = %2\n  [[backend.socket]]\n  name = \"notes\"\n"
                                          "  path = \"/ws/notifications\"\n  clients = %2\n"
                                          "  [backend.deploy]\n  driver = \"local\"\n"
                                          "  argv = [\"%3\", \"--shutdown\", \"abrupt\", \"--port\", \"%1\"]\n")
                               .arg(port)
                               .arg(perSocket)
                               .arg(s(BINARY_DIR "/switchyard-demo-backend")));
    const Run run = watched(file, m_folder.filePath(s("many")), 150'000);
    QVERIFY2(run.result.status == 1, qPrintable(run.result.err.right(2'000)));
    const qint64 origin = run.lines.value(0)[s("session")][s("monotonic_us")].toInteger();
    qint64 firstLost = 0;
    qint64 lastLost = 0;
    qint64 lastBack = 0;
    int lost = 0;
    int back = 0;
    bool triggered = false;
    for (const QJsonObject &line : run.lines) {
        const QString kind = line[s("kind")].toString();
        const qint64 us = line[s("us")].toInteger();
        triggered = triggered || (kind == s("phase") && line[s("text")].toString() == s("triggered"));
        if (triggered && kind == s("client-ended") && line[s("was_open")].toBool()) {
            firstLost = lost == 0 ? us : firstLost;
            lastLost = us;
            ++lost;
        } else if (triggered && kind == s("client-open")) {
            lastBack = us;
            ++back;
        }
    }
    QVERIFY(origin > 0);
    QCOMPARE(lost, 2 * perSocket);
    QCOMPARE(back, 2 * perSocket);
    qInfo("10,000 clients: lost within %.0f ms, back within %.1f s of the first loss; journal %.1f MB of %lld lines; "
          "peak memory of the watching program %.0f MB, every event there",
          double(lastLost - firstLost) / 1000, double(lastBack - firstLost) / 1e6, double(run.journalBytes) / 1e6,
          qlonglong(run.lines.size()), double(run.peakKb) / 1024);
}

void SessionBenchmark::timesAgainstTheServersLog()
{
    constexpr int clients = 1'000;
    const quint16 port = somePort();
    const QString log = m_folder.filePath(s("server.log"));
    const QString file = write(
        "timed.toml",
        QStringLiteral("schema = 1\n[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:%1\"\n"
                       "  [[backend.health]]\n  path = \"/health\"\n  [[backend.socket]]\n  name = \"ws\"\n"
                       "  path = \"/ws\"\n  clients = %2\n  notice = { json = { \"/type\" = \"server_shutdown\" } }\n"
                       "  [backend.deploy]\n  driver = \"local\"\n"
                       "  argv = [\"/usr/bin/python3\", \"%3\", \"--port\", \"%1\", \"--log\", \"%4\"]\n")
            .arg(port)
            .arg(clients)
            .arg(s(SOURCE_DIR "/tests/backends/timed_server.py"), log));
    const Run run = watched(file, m_folder.filePath(s("timed")), 120'000);
    QVERIFY2(run.result.status == 0 || run.result.status == 1, qPrintable(run.result.err.right(2'000)));
    QFile logFile(log);
    QVERIFY(logFile.open(QIODevice::ReadOnly));
    std::map<QString, QList<qint64>> server;
    // The first instance's part ends with its exit; what follows is the second one's own end.
    for (const QByteArray &line : logFile.readAll().split('\n')) {
        const QJsonObject json = QJsonDocument::fromJson(line).object();
        const QString what = json[s("what")].toString();
        if (what.isEmpty())
            continue;
        server[what].append(json[s("us")].toInteger());
        if (what == s("exit"))
            break;
    }
    for (auto &[what, times] : server)
        std::sort(times.begin(), times.end());
    QCOMPARE(server[s("signal")].size(), 1);
    const qint64 told = server[s("signal")].first();
    const QList<qint64> notices = sorted(timesOf(run, "client-notice", told));
    const QList<qint64> ends = sorted(timesOf(run, "client-ended", told));
    QCOMPARE(notices.size(), clients);
    QCOMPARE(ends.size(), clients);
    const qint64 origin = run.lines.value(0)[s("session")][s("monotonic_us")].toInteger();
    qint64 signalSent = 0;
    qint64 exited = 0;
    for (const QJsonObject &line : run.lines) {
        if (line[s("kind")].toString() == s("signal-sent") && signalSent == 0)
            signalSent = origin + line[s("us")].toInteger();
        if (line[s("kind")].toString() == s("instance-exited") && exited == 0)
            exited = origin + line[s("us")].toInteger();
    }
    QVERIFY(signalSent > 0 && exited > 0);
    // The server also counts newcomers, which the session keeps apart: the first thousand are its clients.
    QList<qint64> serverNotices = server[s("notice")];
    QList<qint64> serverCloses = server[s("close")];
    qInfo("%d clients, against the server's own log on the same clock (server: %lld notices, %lld closes)", clients,
          qlonglong(serverNotices.size()), qlonglong(serverCloses.size()));
    qInfo("  notice  %s", qPrintable(distances(serverNotices, notices)));
    qInfo("  close   %s", qPrintable(distances(serverCloses, ends)));
    qInfo("  signal  sent %.2f ms before the server had it; exit seen %.2f ms after its last line",
          double(told - signalSent) / 1000, double(exited - server[s("exit")].first()) / 1000);
}

QTEST_GUILESS_MAIN(SessionBenchmark)
#include "tst_bench_session.moc"
