// SPDX-License-Identifier: GPL-3.0-or-later
// history list, check and export, as a person or a pipeline runs them.
#include "models/history/store.h"
#include "models/workspace/workspace.h"
#include "tests/support/cli.h"
#include "tests/support/historyfiles.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr qint64 noon = 1'763'726'400'000; // 2025-11-21T12:00Z

} // namespace

class HistoryCliTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void list();
    void check();
    void checkOfADamagedFile();
    void exports();
    void fromTheWorkspace();
    void badInput_data();
    void badInput();

private:
    QString path(const char *name) const { return m_folder.filePath(s(name)); }
    CliResult run(const QStringList &arguments) const
    {
        CliOptions options;
        options.cwd = m_folder.path();
        options.environment = {{s("XDG_DATA_HOME"), path("data")}};
        return runCli(arguments, options);
    }
    static bool fill(const QString &file, int count)
    {
        auto store = HistoryStore::open(file, quietHistory());
        for (int i = 0; store && i < count; ++i) {
            HistorySample sample = historySample(noon + i * 1000, i % 10 ? HistoryUp : HistoryDown, s("health/a"));
            sample.note = i % 10 ? QString() : s("HTTP 503");
            (*store)->append(sample);
        }
        if (store)
            (*store)->append(historySample(noon, HistoryUp, s("health/b")));
        return store && (*store)->flush().has_value();
    }
    qsizetype lines(const char *name) const
    {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll().count('\n') : -1;
    }
    QTemporaryDir m_folder;
};

void HistoryCliTest::initTestCase()
{
    QVERIFY(fill(path("h.sqlite"), 7200));
}

void HistoryCliTest::list()
{
    const CliResult text = run({s("history"), s("list"), s("--file"), path("h.sqlite")});
    QCOMPARE(text.status, 0);
    QVERIFY(text.out.contains(s("health/a")) && text.out.contains(s("7200 samples")));
    const CliResult json = run({s("history"), s("list"), s("--file"), path("h.sqlite"), s("--format"), s("json")});
    QCOMPARE(json.status, 0);
    QCOMPARE(validate(s("history-list"), json.out.toUtf8()), QString());
    const QJsonArray series = json.json()[s("series")].toArray();
    QCOMPARE(series.size(), 2);
    QCOMPARE(series[0][s("samples")].toInt(), 7200);
    QCOMPARE(series[0][s("first")].toString(), s("2025-11-21T12:00:00.000Z"));
    QCOMPARE(series[0][s("last")].toString(), s("2025-11-21T13:59:59.000Z"));
}

void HistoryCliTest::check()
{
    const CliResult text = run({s("history"), s("check"), s("--file"), path("h.sqlite")});
    QCOMPARE(text.status, 0);
    QVERIFY(text.out.contains(s("good")) && text.out.contains(s("7201 samples")));
    const CliResult json = run({s("history"), s("check"), s("--file"), path("h.sqlite"), s("--format"), s("json")});
    QCOMPARE(json.status, 0);
    QCOMPARE(validate(s("history-check"), json.out.toUtf8()), QString());
    QCOMPARE(json.json()[s("samples")].toInt(), 7201);
    QCOMPARE(json.json()[s("damaged")], QJsonValue(false));
}

void HistoryCliTest::checkOfADamagedFile()
{
    QVERIFY(fill(path("bad.sqlite"), 20'000));
    QFile file(path("bad.sqlite"));
    QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(file.size() / 2 / 4096 * 4096));
    QCOMPARE(file.write(QByteArray(4096 * 3, '\x5a')), 4096 * 3);
    file.close();
    const QByteArray before = [&file] { return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray(); }();
    const CliResult text = run({s("history"), s("check"), s("--file"), file.fileName()});
    QCOMPARE(text.status, 1);
    QVERIFY(text.out.contains(s("DAMAGED")));
    const CliResult json = run({s("--format"), s("json"), s("history"), s("check"), s("--file"), file.fileName()});
    QCOMPARE(json.status, 1);
    QCOMPARE(validate(s("history-check"), json.out.toUtf8()), QString());
    QVERIFY(!json.json()[s("problems")].toArray().isEmpty());
    QVERIFY(!json.json().contains(s("samples"))); // not counted is not 0
    QVERIFY(file.seek(0) && file.readAll() == before);
    const CliResult out = run({s("history"), s("export"), s("--file"), file.fileName(), s("-o"), path("bad.csv")});
    QCOMPARE(out.status, 2);
    QVERIFY(out.err.contains(s("is damaged")) && out.err.contains(s("hint: ")));
    QVERIFY(!QFile::exists(path("bad.csv")));
}

void HistoryCliTest::exports()
{
    const QStringList base{s("history"), s("export"), s("--file"), path("h.sqlite")};
    CliResult result = run(base + QStringList{s("-o"), path("all.csv")});
    QCOMPARE(result.status, 0);
    QVERIFY(result.out.contains(s("7201 samples")));
    QCOMPARE(lines("all.csv"), 7202);
    result = run(base + QStringList{s("-o"), path("part.jsonl"), s("--series"), s("health/a"), s("--from"),
                                    s("2025-11-21T13:00:00Z"), s("--to"), s("2025-11-21T14:30:00+01:00")});
    QCOMPARE(result.status, 0);
    QCOMPARE(lines("part.jsonl"), 1800);
    QFile part(path("part.jsonl"));
    QVERIFY(part.open(QIODevice::ReadOnly));
    const QJsonObject first = QJsonDocument::fromJson(part.readLine()).object();
    QCOMPARE(first[s("time")].toString(), s("2025-11-21T13:00:00.000Z"));
    QCOMPARE(first[s("state")].toString(), s("down"));
    QCOMPARE(first[s("note")].toString(), s("HTTP 503"));
    result = run(QStringList{s("--format"), s("json")} + base +
                 QStringList{s("-o"), path("none"), s("--format"), s("csv"), s("--from"), s("1h")});
    QCOMPARE(result.status, 0);
    QCOMPARE(validate(s("history-export"), result.out.toUtf8()), QString());
    QCOMPARE(result.json()[s("samples")].toInt(-1), 0); // nothing of the last hour
    QCOMPARE(lines("none"), 1);
}

void HistoryCliTest::fromTheWorkspace()
{
    QFile workspace(path("switchyard.toml"));
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write("schema = 1\n[history]\nfile = \"h.sqlite\"\n");
    workspace.close();
    const CliResult named = run({s("history"), s("list")});
    QCOMPARE(named.status, 0);
    QVERIFY(named.out.contains(s("health/b")));
    QVERIFY(workspace.open(QIODevice::WriteOnly) && workspace.write("schema = 1\n") > 0);
    workspace.close();
    const CliResult none = run({s("history"), s("list")});
    QCOMPARE(none.status, 2);
    QVERIFY2(none.err.contains(path("data") + s("/switchyard/history/")), qPrintable(none.err));
    QVERIFY(workspace.remove());
}

void HistoryCliTest::badInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    const QStringList out{s("-o"), s("x.csv"), s("--file"), s("h.sqlite")};
    const QStringList command{s("history"), s("export")};
    QTest::newRow("no command") << QStringList{s("history")} << s("hint");
    QTest::newRow("no workspace") << QStringList{s("history"), s("list")} << s("switchyard.toml");
    QTest::newRow("no file") << QStringList{s("history"), s("check"), s("--file"), s("missing")}
                             << s("no history missing");
    QTest::newRow("foreign") << QStringList{s("history"), s("check"), s("--file"), s("foreign")} << s("not a history");
    QTest::newRow("folder") << QStringList{s("history"), s("list"), s("--file"), s(".")} << s("not a regular file");
    QTest::newRow("no output") << command + QStringList{s("--file"), s("h.sqlite")} << s("--out");
    QTest::newRow("unknown form") << command + QStringList{s("-o"), s("x.txt"), s("--file"), s("h.sqlite")}
                                  << s("--format csv or --format jsonl");
    QTest::newRow("wrong form") << command + out + QStringList{s("--format"), s("xml")} << s("csv or jsonl");
    QTest::newRow("time") << command + out + QStringList{s("--from"), s("yesterday")} << s("is no time");
    QTest::newRow("order") << command + out + QStringList{s("--from"), s("1h"), s("--to"), s("2h")} << s("not before");
    QTest::newRow("series") << command + out + QStringList{s("--series"), s("health/c")} << s("history list");
    QTest::newRow("place") << command + QStringList{s("-o"), s("no/x.csv"), s("--file"), s("h.sqlite")}
                           << s("no/x.csv");
}

void HistoryCliTest::badInput()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    QFile foreign(path("foreign"));
    QVERIFY(foreign.open(QIODevice::WriteOnly) && foreign.write("mine") == 4);
    foreign.close();
    const CliResult result = run(arguments);
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(words), qPrintable(result.err));
    QVERIFY(!QFile::exists(path("x.csv")) && !QFile::exists(path("x.txt")));
}

QTEST_GUILESS_MAIN(HistoryCliTest)
#include "tst_historycli.moc"
