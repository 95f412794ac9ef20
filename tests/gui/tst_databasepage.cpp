// SPDX-License-Identifier: GPL-3.0-or-later
// The Databases tab in the real window, against real servers: nothing by itself, stages and hints, polling and its
// price, source beside target, the comparison and the copy.
#include "app/console/console.h"
#include "models/common/files.h"
#include "models/database/watch/databaseset.h"
#include "tests/support/heartbeat.h"
#include "tests/support/postgresserver.h"
#include "tests/support/redisserver.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/database/comparedialog.h"
#include "ui/database/copydialog.h"
#include "ui/database/databasepage.h"
#include "ui/database/databaserows.h"
#include "ui/database/windowwords.h"
#include "ui/overview/attention.h"
#include "ui/window/mainwindow.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
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
