// SPDX-License-Identifier: GPL-3.0-or-later
//
// Backends with bad manners and files that are cut, through the whole program: a clear result, memory with a bound, an
// end in time. The frames themselves are tst_connection's.
#include "tests/support/cli.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList words(const QString &text)
{
    return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

bool haveNodeWs()
{
    return !QStandardPaths::findExecutable(s("node")).isEmpty() && QFile::exists(s("/usr/share/nodejs/ws/index.js"));
}

constexpr qint64 mostKb = 64 * 1024;

} // namespace

class BadInputTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rudeBackends_data();
    void rudeBackends();
    void refusedSockets_data();
    void refusedSockets();
    void floodEndsAtOnce();
    void contradictions_data();
    void contradictions();
    void cutJournals();
    void strangeJournals_data();
    void strangeJournals();

private:
    QStringList rehearsal(const QString &more) const;

    QTemporaryDir m_folder;
    QMap<QString, QString> m_environment{{s("XDG_STATE_HOME"), m_folder.path()}};
};

QStringList BadInputTest::rehearsal(const QString &more) const
{
    return words(s("rehearse --platform render --format json --health /health --settle 2s --time-scale 0.02 --env "
                   "NODE_PATH=/usr/share/nodejs --sessions %1 %2 -- node rude_server.js")
                     .arg(m_folder.path(), more));
}

void BadInputTest::rudeBackends_data()
{
    QTest::addColumn<int>("clients");
    QTest::addColumn<QStringList>("manners");
    QTest::newRow("flood") << 10 << QStringList{s("flood")};
    QTest::newRow("all of them") << 2 << QStringList{s("flood"), s("huge"), s("endless"), s("binary"), s("fragments")};
}

void BadInputTest::rudeBackends()
{
    QFETCH(int, clients);
    if (!haveNodeWs())
        QSKIP("Debian's nodejs and node-ws are not here");
    QFETCH(QStringList, manners);
    QString sockets;
    QMap<QString, int> closes;
    for (const QString &manner : manners) {
        sockets += s(" --socket /ws/") + manner;
        closes.insert(s("/ws/%1 close-frame 1012").arg(manner), clients);
    }
    CliResult result;
    qint64 peakKb = 0;
    // The backend takes a processor for itself. On a machine that is held up by others too, the console says that its
    // probes did not keep their pace, which is the truth, and no finding about floods.
    for (int round = 0; round < 3 && (round == 0 || result.machineHeldUp()); ++round) {
        Watcher watcher(rehearsal(sockets + s(" --baseline 5s --clients %1").arg(clients)), m_environment,
                        s(SOURCE_DIR "/tests/backends"));
        result = watcher.result(90'000);
        peakKb = std::max(peakKb, watcher.peakKb());
    }
    // The redeploy itself is a good one, and what comes with it must not hide that.
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
    QCOMPARE(result.closes(), closes);
    QCOMPARE(result.gateStatus(s("coverage")), s("pass")); // the probes kept their pace
    QVERIFY2(peakKb > 1'000 && peakKb < mostKb, qPrintable(QString::number(peakKb)));
    // Messages are counted, not written down.
    const QDir folder(m_folder.path() + QLatin1Char('/') + result.json()[s("session")][s("id")].toString());
    qint64 bytes = 0;
    for (const QFileInfo &file : folder.entryInfoList(QDir::Files))
        bytes += file.size();
    QVERIFY2(bytes > 1'000 && bytes < 1'000'000, qPrintable(folder.path() + QString::number(bytes)));
    qInfo("peak memory %lld KB, journal %lld KB", static_cast<long long>(peakKb), static_cast<long long>(bytes / 1024));
}

void BadInputTest::refusedSockets_data()
{
    QTest::addColumn<QString>("words");
    QTest::newRow("200") << s("HTTP 200");
    QTest::newRow("301") << s("HTTP 301");
    QTest::newRow("403") << s("HTTP 403");
    QTest::newRow("404") << s("HTTP 404");
}

void BadInputTest::refusedSockets()
{
    QFETCH(QString, words);
    if (!haveNodeWs())
        QSKIP("Debian's nodejs and node-ws are not here");
    const QString socket = s("--socket /status/") + s(QTest::currentDataTag());
    QElapsedTimer timer;
    timer.start();
    CliOptions options;
    options.environment = m_environment;
    options.cwd = s(SOURCE_DIR "/tests/backends");
    const CliResult result = runCli(rehearsal(socket + s(" --baseline 5s --clients 2")), options);
    QVERIFY2(result.status != 0, qPrintable(result.out));
    QVERIFY2((result.err + result.out).contains(words), qPrintable(result.err + result.out));
    QVERIFY(timer.elapsed() < 60'000);
    qInfo().noquote() << result.status << result.err.section(QLatin1Char('\n'), -4);
}

void BadInputTest::floodEndsAtOnce()
{
    if (!haveNodeWs())
        QSKIP("Debian's nodejs and node-ws are not here");
    Watcher watcher(rehearsal(s("--socket /ws/flood --baseline 60s --clients 10")), m_environment,
                    s(SOURCE_DIR "/tests/backends"));
    QVERIFY2(watcher.says("10 of 10 clients open", 30'000), watcher.said.constData());
    QElapsedTimer timer;
    timer.start();
    ::kill(pid_t(watcher.process.processId()), SIGINT);
    const CliResult result = watcher.result(15'000);
    QVERIFY2(result.status == 130, qPrintable(QString::number(result.status) + result.err));
    QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
}

void BadInputTest::contradictions_data()
{
    QTest::addColumn<QByteArray>("workspace");
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<QString>("says");
    const QByteArray backend = "[[backend]]\nname = \"a\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:1\"\n";
    const QByteArray socket = "[[backend.socket]]\nname = \"w\"\npath = \"/ws\"\n";
    QTest::newRow("notice longer than drain")
        << "schema = 1\n[thresholds]\nnotice_lead = \"30s\"\ndrain = \"10s\"\n" + backend + socket << QString()
        << s(".toml:3:");
    QTest::newRow("no clients on the command line")
        << "schema = 1\n" + backend + socket << s("--clients 0") << s("--clients");
    QTest::newRow("fewer than no clients") << "schema = 1\n" + backend + socket + "clients = -1\n"
                                           << QString() << s(".toml:9:11: \"clients\" must be from 0 to 20000");
    QTest::newRow("settling takes longer than there is time")
        << "schema = 1\n" + backend + socket << s("--timeout 5s --settle 10s") << s("--timeout");
    QTest::newRow("zero clients and nothing else") << "schema = 1\n" + backend + socket + "clients = 0\n"
                                                   << QString() << s("nothing to watch");
    QTest::newRow("nothing to watch") << "schema = 1\n" + backend << QString() << s("nothing to watch");
}

void BadInputTest::contradictions()
{
    QFETCH(QByteArray, workspace);
    QFETCH(QString, arguments);
    QFETCH(QString, says);
    const QString path = m_folder.filePath(s("bad.toml"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(workspace);
    file.close();
    CliOptions options;
    options.environment = m_environment;
    options.timeoutMs = 20'000;
    const CliResult result = runCli(words(s("watch --driver none --workspace %1 %2").arg(path, arguments)), options);
    QVERIFY2(result.status == 2, qPrintable(QString::number(result.status) + result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
}

void BadInputTest::cutJournals()
{
    // A journal of a real session, cut at a hundred places: it is shown, with what is there, and is never a pass.
    CliOptions options;
    options.environment = m_environment;
    const CliResult demo =
        runCli(words(s("demo --redeploy --format json --baseline 5s --sessions ") + m_folder.path()), options);
    QVERIFY2(demo.status == 0, qPrintable(demo.err));
    const QString id = demo.json()[s("session")][s("id")].toString();
    QFile whole(m_folder.filePath(id + s("/journal.jsonl")));
    QVERIFY2(whole.open(QIODevice::ReadOnly), qPrintable(whole.fileName()));
    const QByteArray bytes = whole.readAll();
    const qsizetype header = bytes.indexOf('\n') + 1;
    QVERIFY(header > 0 && bytes.size() > 10'000);
    QTemporaryDir cuts;
    int shown = 0;
    for (int n = 0; n < 100; ++n) {
        const qsizetype size = n < 10 ? header * n / 9 : header + (bytes.size() - header - 1) * (n - 9) / 90;
        const QString folder = cuts.filePath(s("cut"));
        QDir().mkpath(folder);
        QFile cut(folder + s("/journal.jsonl"));
        QVERIFY(cut.open(QIODevice::WriteOnly));
        cut.write(bytes.left(size));
        cut.close();
        const CliResult result = runCli({s("session"), s("show"), folder, s("--format"), s("json")}, options);
        const QByteArray where = QByteArray::number(size) + " of " + QByteArray::number(bytes.size()) + ": ";
        if (size < header) {
            QVERIFY2(result.status == 2 && result.err.contains(s("hint:")), where + result.err.toUtf8());
            continue;
        }
        // A last line without its end may have been cut too, and is not believed.
        QVERIFY2(result.status == 3, where + QByteArray::number(result.status) + result.err.toUtf8());
        QCOMPARE(result.json()[s("verdict")].toString(), s("inconclusive"));
        ++shown;
    }
    QVERIFY2(shown >= 90, qPrintable(QString::number(shown)));
}

void BadInputTest::strangeJournals_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("zeros") << QByteArray(4096, '\0');
    QTest::newRow("not JSON") << QByteArray("hello\nworld\n");
    QTest::newRow("an array") << QByteArray("[1,2,3]\n");
    QTest::newRow("a line of 64 MB") << QByteArray(64 << 20, 'x');
    QTest::newRow("deep") << QByteArray("[").repeated(100'000);
}

void BadInputTest::strangeJournals()
{
    QFETCH(QByteArray, text);
    QTemporaryDir folder;
    QFile file(folder.filePath(s("journal.jsonl")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
    file.close();
    CliOptions options;
    options.timeoutMs = 20'000;
    const CliResult result = runCli({s("session"), s("show"), folder.path()}, options);
    QVERIFY2(result.status == 2, qPrintable(QString::number(result.status) + result.err));
    QVERIFY2(result.err.contains(s("hint:")), qPrintable(result.err));
    QVERIFY(result.err.size() < 1'000);
}

QTEST_GUILESS_MAIN(BadInputTest)
#include "tst_badinput.moc"
