// SPDX-License-Identifier: GPL-3.0-or-later
//
// The demo backend through a redeploy in each of its five ways to stop, judged by the command line: the verdict, the
// gates that decide it and every close code.
#include "tests/support/cli.h"
#include "tests/support/descendants.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard::Testing;

namespace {

using Closes = QMap<QString, int>;

QString s(const char *text)
{
    return QString::fromLatin1(text);
}

} // namespace

class DemoSessionTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void verdict_data();
    void verdict();
    void interrupted();
    void serves();

private:
    QTemporaryDir m_folder;
    RunsAtOnce m_runs;
};

void DemoSessionTest::initTestCase()
{
    for (const char *mode : {"graceful", "no-notice", "abrupt", "socketio-disconnect", "slow"})
        m_runs.begin(s(mode),
                     {s("demo"), s("--redeploy"), s("--shutdown"), s(mode), s("--settle"), s("3s"), s("--format"),
                      s("json"), s("--sessions"), m_folder.path(), s("--report"),
                      m_folder.filePath(s(mode) + s(".html")), s("--report"), m_folder.filePath(s(mode) + s(".json"))});
}

void DemoSessionTest::verdict_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<int>("status");
    QTest::addColumn<QStringList>("failing");
    QTest::addColumn<Closes>("closes");
    const Closes clean{{s("prices close-frame 1012"), 15},
                       {s("notifications close-frame 1012"), 5},
                       {s("socket.io close-frame 1005"), 5}};
    QTest::newRow("graceful") << s("graceful") << 0 << QStringList() << clean;
    // The closes are the same: only what the clients were told differs.
    QTest::newRow("no-notice") << s("no-notice") << 1 << QStringList{s("notice-lead"), s("ready-first")} << clean;
    // Half of the sockets of each endpoint by FIN, half by reset.
    QTest::newRow("abrupt") << s("abrupt") << 1 << QStringList{s("clean-close"), s("notice-lead"), s("ready-first")}
                            << Closes{{s("prices eof 1006"), 8},        {s("prices reset 1006"), 7},
                                      {s("notifications eof 1006"), 3}, {s("notifications reset 1006"), 2},
                                      {s("socket.io eof 1006"), 3},     {s("socket.io reset 1006"), 2}};
    QTest::newRow("socketio-disconnect") << s("socketio-disconnect") << 1 << QStringList{s("all-back")} << clean;
    QTest::newRow("slow") << s("slow") << 1 << QStringList{s("drain-budget")} << clean;
}

void DemoSessionTest::verdict()
{
    QFETCH(QString, mode);
    QFETCH(int, status);
    QFETCH(QStringList, failing);
    QFETCH(Closes, closes);
    const QString html = m_folder.filePath(mode + s(".html"));
    const QString json = m_folder.filePath(mode + s(".json"));
    const CliResult result = m_runs.result(mode);
    QVERIFY2(result.status == status, qPrintable(result.gatesTold()));
    QCOMPARE(result.json()[s("verdict")].toString(), status == 0 ? s("pass") : s("fail"));
    QStringList failed;
    for (const QJsonValue gate : result.json()[s("gates")].toArray()) {
        if (gate[s("status")].toString() == s("fail")) {
            failed.append(gate[s("id")].toString());
            QVERIFY2(!gate[s("advice")].toString().isEmpty(), qPrintable(gate[s("id")].toString()));
            QVERIFY(!gate[s("evidence")].toArray().isEmpty());
        }
        QVERIFY2(gate[s("status")].toString() != s("unknown"), qPrintable(result.gatesTold()));
    }
    QCOMPARE(failed, failing);
    QCOMPARE(result.closes(), closes);
    QCOMPARE(result.gateStatus(s("own-network")), s("not-applicable"));
    const QString invalid = validate(s("session"), result.out.toUtf8());
    if (invalid.startsWith(s("skip:")))
        QSKIP(qPrintable(invalid));
    QCOMPARE(invalid, QString());
    QFile report(json);
    QVERIFY(report.open(QIODevice::ReadOnly));
    QCOMPARE(QJsonDocument::fromJson(report.readAll()).object()[s("verdict")], result.json()[s("verdict")]);
    QVERIFY(QFile(html).size() > 5'000);
    // The journal gives the same verdict again.
    const QString id = result.json()[s("session")][s("id")].toString();
    const CliResult again = runCli({s("session"), s("show"), m_folder.filePath(id), s("--format"), s("json")});
    QCOMPARE(again.status, status);
    QCOMPARE(again.json(), result.json());
    QVERIFY(processesWith(s("--shutdown ") + mode).isEmpty());
}

void DemoSessionTest::interrupted()
{
    CliOptions options;
    options.signalOn = s("baseline");
    options.signalAfterMs = 500;
    const CliResult result = runCli({s("demo"), s("--redeploy"), s("--shutdown"), s("graceful"), s("--sessions"),
                                     m_folder.path(), s("--format"), s("json")},
                                    options);
    QVERIFY2(result.status == 130, qPrintable(result.err));
    QCOMPARE(result.json()[s("verdict")].toString(), s("inconclusive"));
    QCOMPARE(result.json()[s("complete")].toBool(), false);
    QCOMPARE(result.gateStatus(s("coverage")), s("unknown"));
    QVERIFY(processesWith(s("switchyard-demo-backend --shutdown graceful")).isEmpty());
}

void DemoSessionTest::serves()
{
    CliOptions options;
    options.signalOn = s("Ctrl-C");
    options.signalAfterMs = 200;
    const CliResult result = runCli({s("demo"), s("--format"), s("json")}, options);
    QCOMPARE(result.status, 0);
    QVERIFY(result.json()[s("url")].toString().startsWith(s("http://127.0.0.1:")));
    const QString invalid = validate(s("demo"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip:")), qPrintable(invalid));
}

QTEST_GUILESS_MAIN(DemoSessionTest)
#include "tst_demosession.moc"
