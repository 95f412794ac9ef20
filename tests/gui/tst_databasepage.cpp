// SPDX-License-Identifier: GPL-3.0-or-later
// The Databases tab in the real window, against real servers: nothing by itself, stages and hints, polling and its
// price, source beside target, the comparison and the copy.
#include "app/console/console.h"
#include "models/common/files.h"
#include "models/database/watch/databaseset.h"
#include "tests/support/heartbeat.h"
#include "tests/support/postgresserver.h"
#include "tests/support/redisserver.h"
#include "ui/common/serieschart.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/database/comparedialog.h"
#include "ui/database/copydialog.h"
#include "ui/database/databasedetail.h"
#include "ui/database/databasehtml.h"
#include "ui/database/databasepage.h"
#include "ui/database/databaserows.h"
#include "ui/database/windowwords.h"
#include "ui/overview/attention.h"
#include "ui/window/mainwindow.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

using L = QLatin1StringView;
const char planted[] = "Planted-Pw-8812tab";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray backend(const QByteArray &name, const QByteArray &role, const QByteArray &stage, const QByteArray &databases)
{
    return "[[backend]]\nname = \"" + name + "\"\nrole = \"" + role + "\"\nplatform = \"local\"\nstage = \"" + stage +
           "\"\nurl = \"http://127.0.0.1:9\"\n" + databases;
}

QByteArray database(const QByteArray &name, const QByteArray &variable, const QByteArray &more = {})
{
    return "[[backend.database]]\nname = \"" + name + "\"\nurl = \"env:" + variable + "\"\n" + more;
}

Finding errorFinding(const QString &message)
{
    Finding finding;
    finding.rule = s("any/local-host");
    finding.severity = Severity::Error;
    finding.message = message;
    return finding;
}

/// A database whose query took so long, `agoMs` before `nowMs`.
DatabaseRecord recordOf(double queryMs, double limitMs, qint64 nowMs, qint64 agoMs)
{
    DatabaseReport report;
    for (const DatabaseStage each : databaseStages())
        report.stages.append({each, StageStatus::Ok, each == DatabaseStage::Query ? queryMs : 1.0, {}, {}});
    DatabaseRecord record;
    record.backend = s("fly");
    record.endpoint.name = s("cache");
    record.limitMs = limitMs;
    record.report = report;
    record.probedWallMs = nowMs - agoMs;
    return record;
}

const Cell &cellOf(const Row &row, const char *heading)
{
    return row.cells[databaseColumns().indexOf(s(heading))];
}

} // namespace

class TestDatabasePage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void saysThatThereIsNone();
    void probesNothingByItself();
    void showsWhereItEnds();
    void stagesOfARunningProbe();
    void cancels();
    void escapeEndsTheProbes();
    void keepsWhatItKnewWhileItProbesAgain();
    void oneFailureForgetsNoPrice();
    void slowAndWrongAreBothTold();
    void allErrorsOfAStringAreCounted();
    void aFigureOverItsLimitLooksSo();
    void oldResultsAreTold();
    void rowsSayThatTheyArePolled();
    void nothingToDoWithoutADatabase();
    void tellsWhetherProductionIsLocked();
    void eachDeedKeepsTheLockOpen();
    void noLineWhereNothingWasProbed();
    void sourceBesideTarget();
    void pricePolling();
    void pollsAgainWhereItWasSeen();
    void comparesTwo();
    void copiesAfterAPlan();
    void copyKnowsProductionByAnotherName();
    void copyTellsNoOptionsOfTheCommand();
    void optionsOfACopyGoTogether();
    void copiesChosenSchemasThroughAFile();
    void copiesByJobsThroughAFolder();
    void longNamesFit();
    void cancelledCopyLeavesNothing();
    void productionIsOnlyRead();
    void fiftyProbesDoNotStall();

private:
    template <typename T>
    T *find(const char *name) const
    {
        return m_console->window().findChild<T *>(L(name));
    }
    template <typename T>
    T *inDetail(const char *detail, const char *name) const
    {
        const QWidget *pane = find<QWidget>(detail);
        return pane ? pane->findChild<T *>(L(name)) : nullptr;
    }
    DatabasePage *page() const { return m_console->window().findChild<DatabasePage *>(); }
    DatabaseSet *set() const { return m_console->workbench().databases(); }
    Table *table() const { return find<Table>("databaseTable"); }
    QString cell(int row, DatabaseColumn column) const
    {
        return table()->model()->index(row, int(column)).data().toString();
    }
    void openWorkspace(const QByteArray &rest);
    void picture(const char *name) const;
    void makeShop();

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_savePath;
    std::unique_ptr<Console> m_console;
    std::unique_ptr<PostgresServer> m_postgres;
};

void TestDatabasePage::initTestCase()
{
    if (!PostgresServer::missing().isEmpty())
        return;
    m_postgres = std::make_unique<PostgresServer>();
    QVERIFY2(m_postgres->start({}, "host all all 127.0.0.1/32 scram-sha-256\n"), m_postgres->log());
    m_postgres->sql(s("create role app login password '%1'").arg(s(planted)));
    qputenv("TAB_MAIN", m_postgres->url(s("app:%1").arg(s(planted))).toUtf8());
    qputenv("TAB_OTHER", m_postgres->url(s("app:%1").arg(s(planted)), s("other")).toUtf8());
    qputenv("TAB_WRONG", m_postgres->url(s("app:wrong")).toUtf8());
}

/// Two databases: one with a table, one empty.
void TestDatabasePage::makeShop()
{
    for (const char *name : {"shop", "other"}) {
        m_postgres->sql(s("drop database if exists %1 with (force)").arg(s(name)));
        m_postgres->sql(s("create database %1 owner app").arg(s(name)));
    }
    m_postgres->sql(s("set role app; create table orders(id bigserial primary key, total numeric); "
                      "insert into orders(total) select i from generate_series(1, 500) i"),
                    s("shop"));
}

void TestDatabasePage::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_savePath = m_folder->filePath(s("saved.md"));
    qputenv("XDG_STATE_HOME", m_folder->filePath(s("state")).toUtf8());
    ConsoleOptions options;
    options.workbench.auditFile = m_folder->filePath(s("audit.jsonl"));
    options.chooseSaveFile = [this](QWidget *, const QString &, std::function<void(const QString &)> answer) {
        answer(m_savePath);
    };
    options.settings.theme = ThemeChoice::Light;
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
    m_console->window().activateWindow();
}

void TestDatabasePage::cleanup()
{
    if (!m_console)
        return;
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

void TestDatabasePage::openWorkspace(const QByteArray &rest)
{
    const QString file = m_folder->filePath(s("switchyard.toml"));
    QVERIFY(writeFileAtomically(file, "schema = 1\nname = \"shop\"\n" + rest).has_value());
    QSignalSpy opened(&m_console->workbench(), &Workbench::workspaceOpened);
    m_console->workbench().openFile(file);
    QTRY_COMPARE(opened.size(), 1);
    auto *tabs = m_console->window().findChild<QTabWidget *>();
    QVERIFY(tabs);
    tabs->setCurrentWidget(page());
}

/// In both themes, where somebody wants to see it.
void TestDatabasePage::picture(const char *name) const
{
    const QString pictures = qEnvironmentVariable("SWITCHYARD_TEST_PICTURES");
    if (pictures.isEmpty())
        return;
    auto &application = *qobject_cast<QApplication *>(QCoreApplication::instance());
    for (const ThemeChoice each : {ThemeChoice::Dark, ThemeChoice::Light}) {
        applyTheme(application, each);
        QTest::qWait(50);
        m_console->window().grab().save(
            s("%1/%2-%3.png").arg(pictures, s(name), each == ThemeChoice::Dark ? s("dark") : s("light")));
    }
}

void TestDatabasePage::saysThatThereIsNone()
{
    openWorkspace(backend("fly", "source", "dev", {}));
    QVERIFY(!table()->isVisible());
}

void TestDatabasePage::probesNothingByItself()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(server.serverPort()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_CACHE", "poll = \"1s\"\n")));
    QCOMPARE(table()->model()->rowCount(), 1);
    QCOMPARE(cell(0, DatabaseColumn::State), s("not probed"));
    QCOMPARE(cell(0, DatabaseColumn::Checked), s("never"));
    QVERIFY(cell(0, DatabaseColumn::Stages).isEmpty());
    // The string is read, so that the price can stand there; nobody connects.
    QTRY_VERIFY(inDetail<QLabel>("databaseDetail", "pollCost")->text().contains(s("86,400 probes a day")));
    QVERIFY(!server.waitForNewConnection(1'200));
}

void TestDatabasePage::showsWhereItEnds()
{
    const RedisServer cache;
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    QTcpServer gone;
    QVERIFY(gone.listen(QHostAddress::LocalHost));
    const quint16 port = gone.serverPort();
    gone.close();
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(cache.port()).toUtf8());
    qputenv("TAB_GONE", s("redis://127.0.0.1:%1").arg(port).toUtf8());
    qunsetenv("TAB_NOWHERE");
    openWorkspace(
        backend("fly", "source", "dev",
                database("cache", "TAB_CACHE") + database("gone", "TAB_GONE") + database("vault", "TAB_NOWHERE")));
    find<QPushButton>("probeAll")->click();
    QTRY_VERIFY_WITH_TIMEOUT(!set()->isBusy(), 20'000);
    QTRY_COMPARE(cell(0, DatabaseColumn::State), s("warning")); // everybody may do everything
    QVERIFY2(cell(0, DatabaseColumn::Stages).contains(s("query ✓")), qPrintable(cell(0, DatabaseColumn::Stages)));
    QCOMPARE(cell(1, DatabaseColumn::State), s("tcp failed"));
    QVERIFY(cell(1, DatabaseColumn::Stages).contains(s("tcp ✕  tls ·")));
    QCOMPARE(cell(2, DatabaseColumn::State), s("not asked"));
    table()->selectRow(1);
    const auto *hint = inDetail<QLabel>("databaseDetail", "databaseHint");
    QTRY_VERIFY(hint->isVisible());
    QVERIFY2(hint->text().contains(s("refused")) && hint->text().contains(s("→")), qPrintable(hint->text()));
    table()->selectRow(2);
    QTRY_VERIFY2(hint->text().contains(s("TAB_NOWHERE")), qPrintable(hint->text()));
    // What needs a person is told on the first page too.
    QStringList lines;
    for (const Attention &each : attentionOf(m_console->workbench())) {
        if (each.page == s("Databases"))
            lines.append(each.text);
    }
    QCOMPARE(lines.size(), 2);
    QVERIFY2(lines.join(u' ').contains(s("gone: tcp failed")), qPrintable(lines.join(u' ')));
}

void TestDatabasePage::stagesOfARunningProbe()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    qputenv("TAB_SILENT", s("redis://127.0.0.1:%1").arg(silent.serverPort()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_SILENT")));
    find<QPushButton>("probeAll")->click();
    QTRY_COMPARE(cell(0, DatabaseColumn::State), s("probing"));
    QTRY_VERIFY2(cell(0, DatabaseColumn::Stages).contains(s("tcp ✓")), qPrintable(cell(0, DatabaseColumn::Stages)));
    QVERIFY2(cell(0, DatabaseColumn::Stages).contains(s("◌")), qPrintable(cell(0, DatabaseColumn::Stages)));
    QVERIFY(page()->isBusy());
}

void TestDatabasePage::cancels()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    qputenv("TAB_SILENT", s("redis://127.0.0.1:%1").arg(silent.serverPort()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_SILENT")));
    QVERIFY(!find<QPushButton>("cancelProbes")->isVisible());
    find<QPushButton>("probeAll")->click();
    QTRY_VERIFY(find<QPushButton>("cancelProbes")->isVisible());
    find<QPushButton>("cancelProbes")->click();
    QTRY_VERIFY_WITH_TIMEOUT(!page()->isBusy(), 2'000);
    QTRY_COMPARE(cell(0, DatabaseColumn::State), s("not probed"));
}

/// Whatever of the tab has the focus; what is polled stays polled.
void TestDatabasePage::escapeEndsTheProbes()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    qputenv("TAB_SILENT", s("redis://127.0.0.1:%1").arg(silent.serverPort()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_SILENT")));
    table()->setFocus();
    set()->startPolling(0, Milliseconds(60'000));
    QVERIFY(page()->isBusy());
    QTRY_VERIFY(cell(0, DatabaseColumn::Stages).contains(s("tcp ✓")));
    QTest::keyClick(table(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!page()->isBusy(), 2'000);
    QVERIFY(set()->record(0).polling.has_value());
    auto *tabs = inDetail<QTabWidget>("databaseDetail", "databaseTabs");
    find<QPushButton>("probeAll")->click();
    QTRY_VERIFY(tabs->isVisible());
    tabs->currentWidget()->setFocus();
    QTest::keyClick(tabs->currentWidget(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!page()->isBusy(), 2'000);
}

/// A server that hangs takes ten seconds a probe: what is known of it stays in sight meanwhile.
void TestDatabasePage::keepsWhatItKnewWhileItProbesAgain()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    const quint16 port = server.serverPort();
    server.close();
    qputenv("TAB_SILENT", s("redis://127.0.0.1:%1").arg(port).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_SILENT")));
    set()->startPolling(0, Milliseconds(60'000));
    QTRY_COMPARE(cell(0, DatabaseColumn::State), s("tcp failed"));
    // What was started elsewhere stands in its bar, and nobody knows what a probe of it sends.
    QTRY_COMPARE(inDetail<QComboBox>("databaseDetail", "pollEvery")->currentText(), s("every 1m"));
    QVERIFY(!find<QLabel>("databaseNote")->text().contains(s(" 0 commands")));
    const auto *hint = inDetail<QLabel>("databaseDetail", "databaseHint");
    const auto *state = inDetail<QLabel>("databaseDetail", "databaseState");
    const auto *stages = inDetail<QTextBrowser>("databaseDetail", "stageText");
    QTRY_VERIFY(hint->isVisible() && hint->text().contains(s("refused")));
    QVERIFY(!state->text().contains(s("probing")));
    QVERIFY(server.listen(QHostAddress::LocalHost, port));
    set()->probe(0);
    QTRY_VERIFY2(cell(0, DatabaseColumn::Checked).contains(s("probing")), qPrintable(cell(0, DatabaseColumn::Checked)));
    QTRY_VERIFY(!set()->record(0).stages.isEmpty());
    QCoreApplication::processEvents();
    QVERIFY(set()->record(0).running);
    QCOMPARE(cell(0, DatabaseColumn::State), s("tcp failed"));
    QVERIFY2(cell(0, DatabaseColumn::Checked).contains(s(" ago")), qPrintable(cell(0, DatabaseColumn::Checked)));
    QVERIFY2(cell(0, DatabaseColumn::Stages).contains(s("tcp ✕  tls ·")), qPrintable(cell(0, DatabaseColumn::Stages)));
    QVERIFY(hint->isVisible() && hint->text().contains(s("refused")));
    QVERIFY2(state->text().contains(s("tcp failed")) && state->text().contains(s("probing")),
             qPrintable(state->text()));
    QVERIFY(stages->toPlainText().contains(s("refused")));
    picture("databases-again");
    // None of its probes was timed: the plot says so, instead of an axis with nothing at it.
    auto *tabs = inDetail<QTabWidget>("databaseDetail", "databaseTabs");
    tabs->setCurrentIndex(tabs->count() - 1);
    QVERIFY(find<QWidget>("databaseDetail")->findChild<SeriesChart *>()->notice().contains(s("timed")));
    picture("databases-untimed");
    tabs->setCurrentIndex(0);
    set()->cancelAll();
    QTRY_VERIFY(!page()->isBusy());
    // Nobody waits for a polled one; of the others the stages are followed.
    set()->stopPolling(0);
    set()->probe(0);
    QTRY_VERIFY2(cell(0, DatabaseColumn::Stages).contains(s("tcp ✓")), qPrintable(cell(0, DatabaseColumn::Stages)));
    QCOMPARE(cell(0, DatabaseColumn::State), s("tcp failed"));
}

void TestDatabasePage::oneFailureForgetsNoPrice()
{
    auto cache = std::make_unique<RedisServer>();
    QVERIFY2(cache->port() > 0, qPrintable(cache->said()));
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(cache->port()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_CACHE")));
    set()->startPolling(0, Milliseconds(60'000));
    QTRY_VERIFY_WITH_TIMEOUT(set()->record(0).report.has_value(), 10'000);
    const auto *note = find<QLabel>("databaseNote");
    QTRY_VERIFY(note->text().contains(s("commands a day")) && !note->text().contains(s("at least")));
    const QString price = note->text();
    cache.reset();
    set()->probe(0);
    QTRY_COMPARE_WITH_TIMEOUT(cell(0, DatabaseColumn::State), s("tcp failed"), 20'000);
    QCOMPARE(note->text(), price);
}

void TestDatabasePage::slowAndWrongAreBothTold()
{
    const RedisServer cache;
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    Backend fly;
    fly.name = s("fly");
    fly.platform = s("fly");
    DatabaseEndpoint endpoint;
    endpoint.name = s("cache");
    endpoint.url = s("redis://127.0.0.1:%1").arg(cache.port()); // on a platform, that is the instance itself
    fly.databases = {endpoint};
    Workspace workspace;
    workspace.backends = {fly};
    workspace.thresholds.redisLatency = Milliseconds(0);
    DatabaseSet slow(workspace, m_console->workbench().catalogue());
    DatabaseDetail detail;
    detail.show(&slow, 0);
    QSignalSpy probed(&slow, &DatabaseSet::probed);
    slow.probe(0);
    QTRY_COMPARE(probed.size(), 1);
    QCOMPARE(databaseState(slow.record(0)), DatabaseState::Slow);
    detail.show(&slow, 0);
    const QString told = detail.findChild<QLabel *>(L("databaseHint"))->text();
    QVERIFY2(told.contains(s("The query took")) && told.contains(s("lint: ")), qPrintable(told));
    QVERIFY2(!told.contains(s("■")), qPrintable(told)); // it answers
}

void TestDatabasePage::allErrorsOfAStringAreCounted()
{
    const RedisServer cache;
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    Backend fly;
    fly.name = s("fly");
    fly.platform = s("fly");
    DatabaseEndpoint endpoint;
    endpoint.name = s("cache");
    endpoint.url = s("redis://127.0.0.1:%1").arg(cache.port());
    endpoint.limit = 10;
    endpoint.pool.workers = 4;
    endpoint.pool.size = 20;
    fly.databases = {endpoint};
    Workspace workspace;
    workspace.backends = {fly};
    DatabaseSet wrong(workspace, m_console->workbench().catalogue());
    QSignalSpy probed(&wrong, &DatabaseSet::probed);
    wrong.probe(0);
    QTRY_COMPARE(probed.size(), 1);
    const QList<Finding> findings = wrong.record(0).report->findings;
    QCOMPARE(std::count_if(findings.cbegin(), findings.cend(),
                           [](const Finding &each) { return each.severity == Severity::Error; }),
             2);
    DatabaseDetail detail;
    detail.show(&wrong, 0);
    const QString more = s("and 1 more error: see String");
    const QString told = detail.findChild<QLabel *>(L("databaseHint"))->text();
    QVERIFY2(told.contains(more), qPrintable(told));
    const QString stages = detail.findChild<QTextBrowser *>(L("stageText"))->toPlainText();
    QVERIFY2(stages.contains(more), qPrintable(stages));
    // One error alone has no others.
    DatabaseRecord one = recordOf(1, 10, 1'000'000, 0);
    one.report->stages[0].status = StageStatus::Fail;
    one.report->findings = {errorFinding(s("first"))};
    QVERIFY(!stagesHtml(one, themeColors(detail.palette())).contains(s("more error")));
}

/// "10 ms" is not more than "10 ms".
void TestDatabasePage::aFigureOverItsLimitLooksSo()
{
    const qint64 now = 1'000'000'000;
    QCOMPARE(cellOf(databaseRow(recordOf(10.4, 10, now, 0), now), "Query").text, s("10.4 ms"));
    QCOMPARE(cellOf(databaseRow(recordOf(10.004, 10, now, 0), now), "Query").text, s("10.004 ms"));
    QCOMPARE(cellOf(databaseRow(recordOf(1000.4, 1000, now, 0), now), "Query").text, s("1.0004 s"));
    QCOMPARE(cellOf(databaseRow(recordOf(14.2, 10, now, 0), now), "Query").text, s("14 ms"));
    QCOMPARE(cellOf(databaseRow(recordOf(9.96, 10, now, 0), now), "Query").text, s("10.0 ms"));
}

void TestDatabasePage::oldResultsAreTold()
{
    const qint64 now = 1'000'000'000;
    const Row fresh = databaseRow(recordOf(1, 10, now, 60'000), now);
    QVERIFY(!cellOf(fresh, "State").faded && !cellOf(fresh, "Checked").faded);
    const Row old = databaseRow(recordOf(1, 10, now, 540'000), now);
    QCOMPARE(cellOf(old, "Checked").text, s("9 min ago"));
    for (const char *each : {"State", "Stages", "Connect", "Query", "Checked"})
        QVERIFY2(cellOf(old, each).faded, each);
    QVERIFY2(cellOf(old, "State").tip.contains(s("9 min")), qPrintable(cellOf(old, "State").tip));
    // What is polled every quarter of an hour is not old after nine minutes.
    DatabaseRecord polled = recordOf(1, 10, now, 540'000);
    polled.polling = Milliseconds(900'000);
    QVERIFY(!cellOf(databaseRow(polled, now), "State").faded);
    // Beside each other the panes say how old they are.
    const RedisServer cache;
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(cache.port()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_CACHE")));
    find<QPushButton>("probeAll")->click();
    const auto *state = inDetail<QLabel>("databaseDetail", "databaseState");
    QTRY_VERIFY2(state->text().contains(s(" ago")), qPrintable(state->text()));
    const QString first = state->text();
    QTRY_VERIFY_WITH_TIMEOUT(state->text() != first, 7'000); // it goes on by itself
}

void TestDatabasePage::rowsSayThatTheyArePolled()
{
    const qint64 now = 1'000'000'000;
    DatabaseRecord record = recordOf(1, 10, now, 60'000);
    QVERIFY(databaseColumns().contains(s("Polled")));
    QCOMPARE(cellOf(databaseRow(record, now), "Polled").text, s("–"));
    record.polling = Milliseconds(30'000);
    QCOMPARE(cellOf(databaseRow(record, now), "Polled").text, s("every 30s"));
    record.pollReachOnly = true;
    QVERIFY(cellOf(databaseRow(record, now), "Polled").tip.contains(s("only names, TCP and TLS")));
    // Figures that stand right touch nothing that stands left of the next column.
    QVERIFY(cellOf(databaseRow(record, now), "In use").right && cellOf(databaseRow(record, now), "Checked").right);
}

void TestDatabasePage::nothingToDoWithoutADatabase()
{
    openWorkspace(backend("fly", "source", "dev", {}));
    for (const QAction *each : page()->pageActions())
        QVERIFY2(!each->isEnabled(), qPrintable(each->text()));
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    qputenv("TAB_SILENT", s("redis://127.0.0.1:%1").arg(silent.serverPort()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_SILENT")));
    const auto enabled = [this] {
        QStringList texts;
        for (const QAction *each : page()->pageActions()) {
            if (each->isEnabled())
                texts.append(each->text().remove(u'&'));
        }
        return texts.join(u'|');
    };
    QCOMPARE(enabled(), s("Probe the chosen database|Only names, TCP and TLS of the chosen one|Probe all|"
                          "Network access…"));
    set()->startPolling(0, Milliseconds(60'000)); // it takes two to compare
    QTRY_COMPARE(enabled(), s("Probe the chosen database|Only names, TCP and TLS of the chosen one|Probe all|"
                              "Cancel the probes|Network access…|Stop all polling"));
}

void TestDatabasePage::tellsWhetherProductionIsLocked()
{
    qputenv("TAB_NEVER", "postgresql://app@127.0.0.1:1/never");
    openWorkspace(backend("render", "target", "production", database("main", "TAB_NEVER")));
    Workbench &workbench = m_console->workbench();
    const auto *target = inDetail<QLabel>("databaseDetail", "databaseTarget");
    QTRY_VERIFY2(target->text().contains(s("production: only read")), qPrintable(target->text()));
    const int column = int(databaseColumns().indexOf(s("Backend")));
    const auto tip = [this, column] { return table()->model()->index(0, column).data(Qt::ToolTipRole).toString(); };
    QVERIFY2(tip().contains(s("only read")), qPrintable(tip()));
    QVERIFY(workbench.unlock(s("render"), s("render")).has_value());
    QTRY_VERIFY2(target->text().contains(s("production: unlocked")), qPrintable(target->text()));
    picture("databases-unlocked");
    QVERIFY2(!target->text().contains(s("only read")) && tip().contains(s("unlocked")), qPrintable(tip()));
    workbench.lock(s("render"));
    QTRY_VERIFY2(target->text().contains(s("production: only read")), qPrintable(target->text()));
}

void TestDatabasePage::eachDeedKeepsTheLockOpen()
{
    qputenv("TAB_NEVER", "postgresql://app@127.0.0.1:1/never");
    openWorkspace(backend("render", "target", "production", database("main", "TAB_NEVER")));
    Workbench &workbench = m_console->workbench();
    // Nothing that is written down opens it.
    QVERIFY(workbench.audit(s("render"), s("database copy"), s("begun")).has_value());
    QVERIFY(workbench.isLocked(s("render")));
    QVERIFY(workbench.unlock(s("render"), s("render")).has_value());
    QTest::qWait(50);
    const Milliseconds before = workbench.unlockedFor(s("render"));
    QVERIFY(workbench.audit(s("render"), s("database copy"), s("begun")).has_value());
    QVERIFY(workbench.unlockedFor(s("render")) > before);
}

void TestDatabasePage::noLineWhereNothingWasProbed()
{
    qputenv("TAB_NEVER", "postgresql://app@127.0.0.1:1/never");
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_NEVER")));
    DatabaseDetail detail;
    detail.show(set(), 0);
    QList<DatabasePoint> points;
    for (const qint64 minute : {0, 1, 2, 10, 11}) {
        DatabasePoint point;
        point.wallMs = 1'000'000'000 + minute * 60'000;
        point.queryMs = 4;
        point.connectMs = 20;
        points.append(point);
    }
    detail.showHistory(points);
    const auto *chart = detail.findChild<SeriesChart *>();
    QCOMPARE(chart->count(), 5);
    QCOMPARE(chart->gaps(), 1); // between the second and the tenth minute
    QVERIFY(chart->notice().isEmpty());
}

void TestDatabasePage::sourceBesideTarget()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_WRONG") + database("extra", "TAB_OTHER")));
    find<QPushButton>("probeAll")->click();
    QTRY_VERIFY_WITH_TIMEOUT(!set()->isBusy(), 20'000);
    table()->selectRow(1); // the target's: the source stands left all the same
    QTRY_COMPARE(inDetail<QLabel>("databaseDetail", "databaseName")->text(), s("main of fly"));
    QCOMPARE(inDetail<QLabel>("twinDetail", "databaseName")->text(), s("main of render"));
    QVERIFY(find<QWidget>("twinDetail")->isVisible());
    const QString hint = inDetail<QLabel>("twinDetail", "databaseHint")->text();
    QVERIFY2(hint.contains(s("28P01")), qPrintable(hint));
    // Privileges and room of the one that works.
    QTRY_VERIFY(inDetail<QWidget>("databaseDetail", "headroomGauge")->isVisible());
    QVERIFY(inDetail<QTextBrowser>("databaseDetail", "stageText")->toPlainText().contains(s("SCRAM-SHA-256")));
    set()->startPolling(0, Milliseconds(30'000));
    QTRY_VERIFY(set()->record(0).running || !page()->isBusy());
    picture("databases-beside");
    set()->stopPolling(0);
    table()->selectRow(2);
    QTRY_VERIFY(!find<QWidget>("twinDetail")->isVisible());
    QCOMPARE(inDetail<QLabel>("databaseDetail", "databaseName")->text(), s("extra of render"));
    // Nothing anywhere shows a password.
    for (const QTextBrowser *text : m_console->window().findChildren<QTextBrowser *>())
        QVERIFY(!text->toPlainText().contains(s(planted)));
    for (const QLabel *label : m_console->window().findChildren<QLabel *>())
        QVERIFY(!label->text().contains(s(planted)));
}

void TestDatabasePage::pricePolling()
{
    const RedisServer cache;
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(cache.port()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_CACHE")));
    auto *every = inDetail<QComboBox>("databaseDetail", "pollEvery");
    auto *button = inDetail<QPushButton>("databaseDetail", "pollButton");
    QVERIFY(!button->isVisible());
    const int tenSeconds = every->findData(qint64(10'000));
    QVERIFY(tenSeconds > 0);
    every->setCurrentIndex(tenSeconds);
    Q_EMIT every->activated(tenSeconds);
    QTRY_VERIFY(button->isVisible() && button->isEnabled());
    QVERIFY2(inDetail<QLabel>("databaseDetail", "pollCost")
                 ->text()
                 .startsWith(s("It would cost: 8,640 probes a day, how many commands")),
             qPrintable(inDetail<QLabel>("databaseDetail", "pollCost")->text()));
    QVERIFY(!set()->record(0).polling);
    button->click();
    QTRY_VERIFY(set()->record(0).polling.has_value());
    QTRY_VERIFY_WITH_TIMEOUT(set()->record(0).report.has_value(), 10'000);
    QTRY_VERIFY(inDetail<QLabel>("databaseDetail", "pollCost")->text().contains(s("commands a day")));
    QTRY_VERIFY(find<QLabel>("databaseNote")->text().startsWith(s("1 polled: 8,640 probes")));
    button->click();
    QTRY_VERIFY(!set()->record(0).polling);
}

/// Whoever started it saw the price: the next start of the window goes on.
void TestDatabasePage::pollsAgainWhereItWasSeen()
{
    const RedisServer cache;
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(cache.port()).toUtf8());
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_CACHE")));
    set()->startPolling(0, Milliseconds(60'000), true);
    const QJsonObject state = page()->saveState();
    m_console->workbench().close();
    QTRY_VERIFY(!m_console->workbench().isOpen());
    page()->restoreState(state);
    openWorkspace(backend("fly", "source", "dev", database("cache", "TAB_CACHE")));
    QCOMPARE(set()->record(0).polling, std::optional(Milliseconds(60'000)));
    QVERIFY(set()->record(0).pollReachOnly);
}

void TestDatabasePage::comparesTwo()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    m_postgres->sql(s("set role app; create table orders(id bigserial primary key, total numeric); "
                      "insert into orders(total) select i from generate_series(1, 499) i"),
                    s("other"));
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")));
    find<QPushButton>("compareDatabasesButton")->click();
    auto *dialog = m_console->window().findChild<CompareDialog *>();
    QVERIFY(dialog);
    dialog->findChild<QPushButton *>(L("compareGo"))->click();
    auto *verdict = dialog->findChild<QLabel *>(L("compareVerdictText"));
    QTRY_VERIFY_WITH_TIMEOUT(verdict->isVisible() && verdict->text().contains(s("FAIL")), 30'000);
    auto *rows = dialog->findChild<Table *>(L("compareRows"));
    QStringList found;
    for (int i = 0; i < rows->model()->rowCount(); ++i)
        found.append(rows->model()->index(i, 1).data().toString() + u' ' +
                     rows->model()->index(i, 2).data().toString());
    QVERIFY2(found.contains(s("count public.orders")), qPrintable(found.join(u'\n')));
    dialog->findChild<QPushButton *>(L("compareSave"))->click();
    const auto saved = readFile(m_savePath);
    QVERIFY(saved.has_value());
    QVERIFY(saved->contains("public.orders"));
    QVERIFY(!saved->contains(planted));
    dialog->reject();
    QTRY_VERIFY(!m_console->window().findChild<CompareDialog *>());
}

void TestDatabasePage::copiesAfterAPlan()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog);
    auto *plan = dialog->findChild<QPushButton *>(L("copyPlan"));
    auto *copy = dialog->findChild<QPushButton *>(L("copyGo"));
    auto *banner = dialog->findChild<QLabel *>(L("copyBannerText"));
    QVERIFY(!copy->isEnabled()); // no plan yet
    plan->click();
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible() && copy->isEnabled(), 30'000);
    QVERIFY2(banner->text().contains(s("no obstacle")), qPrintable(banner->text()));
    QCOMPARE(m_postgres->sql(s("select count(*) from pg_tables where schemaname = 'public'"), s("other")), s("0"));
    copy->click();
    QTRY_VERIFY2_WITH_TIMEOUT(banner->isVisible() && banner->text().startsWith(s("●")) && !copy->isEnabled(),
                              qPrintable(banner->text()), 60'000);
    QCOMPARE(m_postgres->sql(s("select count(*) from orders"), s("other")), s("500"));
    // A second time the target is not empty any more: the plan says so, and nothing can be begun.
    plan->click();
    QTRY_VERIFY_WITH_TIMEOUT(plan->isVisible() && banner->text().startsWith(s("■")), 30'000);
    QVERIFY(!copy->isEnabled());
    dialog->reject();
    QTRY_VERIFY(!m_console->window().findChild<CopyDialog *>());
}

/// An entry that is none of production's and leads to its database.
void TestDatabasePage::copyKnowsProductionByAnotherName()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")) +
                  backend("live", "source", "production", database("main", "TAB_OTHER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog);
    auto *copy = dialog->findChild<QPushButton *>(L("copyGo"));
    auto *banner = dialog->findChild<QLabel *>(L("copyBannerText"));
    dialog->findChild<QPushButton *>(L("copyPlan"))->click();
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible() && banner->text().startsWith(s("■")), 30'000);
    QVERIFY2(banner->text().contains(s("a database of live, which is a production backend")),
             qPrintable(banner->text()));
    QVERIFY(!copy->isEnabled());
    dialog->reject();
    QTRY_VERIFY(!m_console->window().findChild<CopyDialog *>());
}

void TestDatabasePage::copyTellsNoOptionsOfTheCommand()
{
    for (const char *said :
         {"--clean cannot replace partitioned tables", "then the copy without --clean where nothing",
          "for the target; --no-compare copies all the same", "--exclude-table-data log: no table"}) {
        const QString shown = copyInWindowWords(s(said));
        QVERIFY2(!shown.contains(s("--")), qPrintable(shown));
    }
    QCOMPARE(copyInWindowWords(s("--clean cannot replace")), s("\"replacing what has the same name\" cannot replace"));
    QCOMPARE(copyInWindowWords(s("without --clean where")), s("without \"replacing what has the same name\" where"));
}

/// Folded away at first, judged as the command line judges, told in the window's own words.
void TestDatabasePage::optionsOfACopyGoTogether()
{
    qputenv("TAB_NEVER", "postgresql://app@127.0.0.1:1/never");
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_NEVER")) +
                  backend("render", "target", "dev", database("main", "TAB_NEVER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog && QTest::qWaitForWindowExposed(dialog));
    const auto field = [dialog](const char *name) { return dialog->findChild<QLineEdit *>(L(name)); };
    auto *toggle = dialog->findChild<QToolButton *>(L("copyOptionsToggle"));
    auto *summary = dialog->findChild<QLabel *>(L("copyOptionsSummary"));
    auto *problem = dialog->findChild<QLabel *>(L("copyOptionsProblem"));
    auto *plan = dialog->findChild<QPushButton *>(L("copyPlan"));
    const QString pictures = qEnvironmentVariable("SWITCHYARD_TEST_PICTURES");
    if (!pictures.isEmpty())
        dialog->grab().save(pictures + s("/copy-folded.png"));
    QVERIFY(!field("copyFile")->isVisible());
    QVERIFY(summary->text().isEmpty() && plan->isEnabled());
    QTest::mouseClick(toggle, Qt::LeftButton);
    QVERIFY(field("copyFile")->isVisible());
    for (const QLabel *label : dialog->findChildren<QLabel *>())
        QVERIFY2(!label->text().contains(s("--")), qPrintable(label->text()));
    // Several jobs need a folder.
    dialog->findChild<QSpinBox *>(L("copyJobs"))->setValue(4);
    QVERIFY(problem->isVisible());
    QVERIFY2(problem->text().contains(s("several jobs need a folder")) && !problem->text().contains(s("--")),
             qPrintable(problem->text()));
    QVERIFY(!plan->isEnabled());
    QVERIFY(dialog->findChild<QTextBrowser *>(L("copyText"))->toPlainText().contains(s("a part of it stays")));
    if (!pictures.isEmpty())
        dialog->grab().save(pictures + s("/copy-options.png"));
    // A file that is there is not overwritten, and nobody knows what a relative one is relative to.
    field("copyFile")->setText(m_folder->filePath(s("switchyard.toml")));
    QVERIFY2(problem->text().contains(s("is there already")), qPrintable(problem->text()));
    field("copyFile")->setText(s("dump"));
    QVERIFY2(problem->text().contains(s("no whole path")), qPrintable(problem->text()));
    m_savePath = m_folder->filePath(s("shop.dump"));
    QTest::mouseClick(dialog->findChild<QPushButton *>(L("copyFileChoose")), Qt::LeftButton);
    QVERIFY(!problem->isVisible());
    QVERIFY(plan->isEnabled());
    field("copySchemas")->setText(s(" public ,two words,, public"));
    dialog->findChild<QCheckBox *>(L("copyOlderTarget"))->click();
    QTest::mouseClick(toggle, Qt::LeftButton); // what is chosen stands there when it is folded again
    QVERIFY(!field("copyFile")->isVisible());
    QVERIFY2(summary->isVisible() && summary->text().contains(s("through the folder ") + m_savePath) &&
                 summary->text().contains(s("4 jobs at once")) &&
                 summary->text().contains(s("only public, two words")) &&
                 summary->text().contains(s("an older target is allowed")),
             qPrintable(summary->text()));
    if (!pictures.isEmpty())
        dialog->grab().save(pictures + s("/copy-summary.png"));
    dialog->reject();
}

void TestDatabasePage::copiesChosenSchemasThroughAFile()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    m_postgres->sql(s("create schema audit authorization app; set role app; create table audit.log(id int primary "
                      "key); insert into audit.log values (1)"),
                    s("shop"));
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog);
    auto *plan = dialog->findChild<QPushButton *>(L("copyPlan"));
    auto *copy = dialog->findChild<QPushButton *>(L("copyGo"));
    auto *banner = dialog->findChild<QLabel *>(L("copyBannerText"));
    const QString file = m_folder->filePath(s("shop.dump"));
    plan->click();
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible() && copy->isEnabled(), 30'000);
    // A plan is worth something only for what it was made for.
    dialog->findChild<QLineEdit *>(L("copyFile"))->setText(file);
    QVERIFY(!copy->isEnabled());
    dialog->findChild<QLineEdit *>(L("copySchemas"))->setText(s("audit"));
    dialog->findChild<QLineEdit *>(L("copyWithoutRows"))->setText(s("audit.log"));
    for (QCheckBox *each : dialog->findChildren<QCheckBox *>()) {
        if (each->text() == s("compare at the end"))
            each->click();
    }
    plan->click();
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible() && copy->isEnabled(), 30'000);
    QVERIFY(!QFileInfo::exists(file)); // a plan writes nothing
    copy->click();
    QTRY_VERIFY2_WITH_TIMEOUT(copy->isVisible() && banner->isVisible() && !copy->isEnabled(),
                              qPrintable(banner->text()), 60'000);
    QVERIFY2(QFileInfo(file).size() > 0, qPrintable(banner->text()));
    QCOMPARE(banner->text(), s("◐ Copied. It was not compared, as asked."));
    QCOMPARE(m_postgres->sql(s("select count(*) from pg_tables where schemaname = 'public'"), s("other")), s("0"));
    QCOMPARE(m_postgres->sql(s("select count(*) from audit.log"), s("other")), s("0")); // made, without its rows
    QVERIFY(dialog->findChild<QTextBrowser *>(L("copyText"))->toPlainText().contains(file));
    auto *problem = dialog->findChild<QLabel *>(L("copyOptionsProblem"));
    QVERIFY2(problem->text().contains(s("The dump is kept in")), qPrintable(problem->text()));
    dialog->reject();
}

void TestDatabasePage::copiesByJobsThroughAFolder()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog);
    auto *copy = dialog->findChild<QPushButton *>(L("copyGo"));
    auto *banner = dialog->findChild<QLabel *>(L("copyBannerText"));
    const QString folder = m_folder->filePath(s("shop.dump"));
    dialog->findChild<QLineEdit *>(L("copyFile"))->setText(folder);
    dialog->findChild<QSpinBox *>(L("copyJobs"))->setValue(2);
    dialog->findChild<QPushButton *>(L("copyPlan"))->click();
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible() && copy->isEnabled(), 30'000);
    copy->click();
    QTRY_VERIFY2_WITH_TIMEOUT(copy->isVisible() && banner->text().startsWith(s("●")) && !copy->isEnabled(),
                              qPrintable(banner->text()), 60'000);
    QVERIFY(QFileInfo(folder).isDir());
    QCOMPARE(m_postgres->sql(s("select count(*) from orders"), s("other")), s("500"));
    dialog->reject();
}

/// Names of the longest sort do not make the dialogs wider than a small screen.
void TestDatabasePage::longNamesFit()
{
    const QByteArray name = "analytics-warehouse-replica-of-the-second-region-for-reports";
    openWorkspace(backend("a-rather-long-backend-name-for-the-staging-of-everything", "source", "dev",
                          database(name.constData(), "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")));
    constexpr int screen = 1'280;
    for (const char *button : {"compareDatabasesButton", "copyDatabaseButton"}) {
        find<QPushButton>(button)->click();
        auto *dialog = m_console->window().findChild<QDialog *>(
            button == std::string_view("copyDatabaseButton") ? s("copyDialog") : s("compareDialog"));
        QVERIFY2(dialog, button);
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        QVERIFY2(dialog->width() < screen, qPrintable(QString::number(dialog->width())));
        const QList<QComboBox *> ends =
            dialog->findChildren<QComboBox *>(QRegularExpression(s("^(compare|copy)(Source|Target)$")));
        QCOMPARE(ends.size(), 2);
        QVERIFY(ends[0]->currentIndex() != ends[1]->currentIndex()); // two, although their names differ
        QVERIFY2(dialog->minimumSizeHint().width() < screen - 100,
                 qPrintable(QString::number(dialog->minimumSizeHint().width())));
        dialog->reject();
    }
}

void TestDatabasePage::cancelledCopyLeavesNothing()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    m_postgres->sql(s("set role app; insert into orders(total) select i from generate_series(1, 400000) i"), s("shop"));
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "dev", database("main", "TAB_OTHER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog);
    auto *copy = dialog->findChild<QPushButton *>(L("copyGo"));
    auto *cancel = dialog->findChild<QPushButton *>(L("copyCancel"));
    auto *banner = dialog->findChild<QLabel *>(L("copyBannerText"));
    dialog->findChild<QPushButton *>(L("copyPlan"))->click();
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible() && copy->isEnabled(), 30'000);
    Heartbeat heartbeat;
    copy->setFocus();
    copy->click();
    // Somewhere in the middle: the two programs run.
    QTRY_VERIFY_WITH_TIMEOUT(dialog->findChild<QLabel *>(L("copyDoing"))->text().startsWith(s("copy")), 30'000);
    QVERIFY(cancel->isVisible());
    // Nothing that a stray key does exchanges the ends or ends the copy.
    QVERIFY(!dialog->findChild<QPushButton *>(L("copySwap"))->isEnabled());
    QCOMPARE(dialog->focusWidget(), cancel);
    QTest::keyClick(dialog, Qt::Key_Escape);
    QVERIFY(dialog->isVisible() && cancel->isEnabled());
    QVERIFY2(banner->isVisible() && banner->text().contains(s("runs still")), qPrintable(banner->text()));
    cancel->click();
    QTRY_VERIFY_WITH_TIMEOUT(!cancel->isVisible(), 20'000);
    QVERIFY2(banner->text().startsWith(s("▲ Cancelled.")), qPrintable(banner->text()));
    QVERIFY(!dialog->findChild<QTextBrowser *>(L("copyText"))->toPlainText().contains(s("Would be deleted")));
    QCOMPARE(m_postgres->sql(s("select count(*) from pg_tables where schemaname = 'public'"), s("other")), s("0"));
    QCOMPARE(m_postgres->sql(s("select count(*) from pg_stat_activity where usename = 'app'")), s("0"));
    qInfo("longest turn %.1f ms by the wall, %.1f ms of its own", heartbeat.wallMs(), heartbeat.cpuMs());
    QVERIFY2(heartbeat.cpuMs() < turnLimitMs(), qPrintable(QString::number(heartbeat.cpuMs())));
    // Closed in the middle, it goes by itself, and so does what it started.
    dialog->findChild<QPushButton *>(L("copyPlan"))->click();
    dialog->reject();
    QTRY_VERIFY_WITH_TIMEOUT(!m_console->window().findChild<CopyDialog *>(), 20'000);
}

void TestDatabasePage::productionIsOnlyRead()
{
    if (!m_postgres)
        QSKIP(qPrintable(PostgresServer::missing()));
    makeShop();
    openWorkspace(backend("fly", "source", "dev", database("main", "TAB_MAIN")) +
                  backend("render", "target", "production", database("main", "TAB_OTHER")));
    find<QPushButton>("copyDatabaseButton")->click();
    auto *dialog = m_console->window().findChild<CopyDialog *>();
    QVERIFY(dialog);
    auto *copy = dialog->findChild<QPushButton *>(L("copyGo"));
    auto *unlock = dialog->findChild<QPushButton *>(L("copyUnlock"));
    dialog->findChild<QPushButton *>(L("copyPlan"))->click(); // reading is allowed
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible(), 30'000);
    QVERIFY(unlock->isVisible());
    QVERIFY(!copy->isEnabled());
    QVERIFY(m_console->workbench().unlock(s("render"), s("render")).has_value());
    QTRY_VERIFY(copy->isEnabled());
    copy->click();
    QTRY_COMPARE_WITH_TIMEOUT(
        m_postgres->sql(s("select count(*) from pg_tables where schemaname = 'public'"), s("other")), s("1"), 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(copy->isVisible(), 60'000);
    const auto audit = readFile(m_folder->filePath(s("audit.jsonl")));
    QVERIFY(audit.has_value());
    QVERIFY(audit->contains("database copy") && audit->contains("begun") && !audit->contains(planted));
}

void TestDatabasePage::fiftyProbesDoNotStall()
{
    const RedisServer cache({s("maxclients 500")});
    QVERIFY2(cache.port() > 0, qPrintable(cache.said()));
    qputenv("TAB_CACHE", s("redis://127.0.0.1:%1").arg(cache.port()).toUtf8());
    QByteArray many;
    for (int i = 0; i < 50; ++i)
        many += database("db" + QByteArray::number(i), "TAB_CACHE");
    openWorkspace(backend("fly", "source", "dev", many));
    QCOMPARE(table()->model()->rowCount(), 50);
    QSignalSpy probed(set(), &DatabaseSet::probed);
    Heartbeat heartbeat;
    find<QPushButton>("probeAll")->click();
    QTRY_COMPARE_WITH_TIMEOUT(probed.size(), 50, 30'000);
    QTRY_VERIFY(!set()->isBusy());
    qInfo("longest turn %.1f ms by the wall, %.1f ms of its own", heartbeat.wallMs(), heartbeat.cpuMs());
    QVERIFY2(heartbeat.cpuMs() < turnLimitMs(), qPrintable(QString::number(heartbeat.cpuMs())));
}

QTEST_MAIN(TestDatabasePage)
#include "tst_databasepage.moc"
