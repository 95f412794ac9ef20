// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a session looks at the databases: chosen in the dialog of a rehearsal, and in the menu for sessions that
// begin without one; on by default, as on the command line.
#include "app/console/console.h"
#include "models/common/files.h"
#include "ui/common/workbench.h"
#include "ui/window/mainwindow.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char head[] = "schema = 1\nname = \"p\"\n[[backend]]\nname = \"api\"\nplatform = \"fly\"\n"
                    "url = \"http://127.0.0.1:9\"\n[[backend.health]]\npath = \"/health\"\n";

QByteArray database(const char *name, const char *more = "")
{
    return QByteArray("[[backend.database]]\nname = \"") + name + "\"\nurl = \"env:START_NOWHERE\"\n" + more;
}

} // namespace

class TestStartDialog : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void watchesThemUnlessToldOtherwise_data();
    void watchesThemUnlessToldOtherwise();
    void saysWhyThereIsNone_data();
    void saysWhyThereIsNone();
    void withoutADialogTheMenuDecides();

private:
    template <typename T>
    T *find(const char *name) const
    {
        return m_console->window().findChild<T *>(L(name));
    }
    void openWorkspace(const QByteArray &text);
    void openDialog();
    QStringList watched();

    QTemporaryDir m_folder;
    std::unique_ptr<Console> m_console;
};

void TestStartDialog::init()
{
    qunsetenv("START_NOWHERE");
    ConsoleOptions options;
    options.workbench.doorProgram = QStringLiteral(BINARY_DIR "/switchyard-door");
    options.workbench.auditFile = m_folder.filePath(s("audit.jsonl"));
    options.workbench.baseline = Milliseconds(5'000);
    options.settings.theme = ThemeChoice::Light;
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
}

void TestStartDialog::cleanup()
{
    if (!m_console)
        return;
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

void TestStartDialog::openWorkspace(const QByteArray &text)
{
    const QString file = m_folder.filePath(s("switchyard.toml"));
    QVERIFY(writeFileAtomically(file, text).has_value());
    QSignalSpy opened(&m_console->workbench(), &Workbench::workspaceOpened);
    m_console->workbench().openFile(file);
    QTRY_COMPARE(opened.size(), 1);
}

void TestStartDialog::openDialog()
{
    QTest::mouseClick(find<QPushButton>("rehearseButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QDialog>("rehearseDialog"));
    QVERIFY(QTest::qWaitForWindowExposed(find<QDialog>("rehearseDialog")));
    if (qEnvironmentVariableIsSet("SWITCHYARD_TEST_PICTURES"))
        find<QDialog>("rehearseDialog")
            ->grab()
            .save(qEnvironmentVariable("SWITCHYARD_TEST_PICTURES") +
                  s("/rehearse-%1.png").arg(s(QTest::currentDataTag()).replace(u' ', u'-')));
}

/// The databases that the running session looks at, by its own record; the session is then ended.
QStringList TestStartDialog::watched()
{
    Workbench &workbench = m_console->workbench();
    QStringList names{s("no session")};
    if (!QTest::qWaitFor([&] { return workbench.sessionRunning(); }, 5'000))
        return names;
    names.clear();
    for (const SessionDatabase &each : workbench.session()->record().header.databases)
        names.append(each.name);
    workbench.interruptSession();
    if (!QTest::qWaitFor([&] { return !workbench.isBusy() || !workbench.sessionRunning(); }, 20'000))
        names.append(s("it does not end"));
    return names;
}

void TestStartDialog::watchesThemUnlessToldOtherwise_data()
{
    QTest::addColumn<bool>("untick");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("as it is at first") << false << QStringList{s("main"), s("cache")};
    QTest::newRow("unticked") << true << QStringList();
}

void TestStartDialog::watchesThemUnlessToldOtherwise()
{
    QFETCH(const bool, untick);
    QFETCH(const QStringList, expected);
    openWorkspace(head + database("main") + database("cache") + database("left", "watch = false\n"));
    openDialog();
    auto *box = find<QCheckBox>("rehearseDatabases");
    QVERIFY(box->isEnabled() && box->isChecked());
    QVERIFY2(find<QLabel>("rehearseDatabasesNote")->text().startsWith(s("main, cache:")),
             qPrintable(find<QLabel>("rehearseDatabasesNote")->text()));
    if (untick)
        box->click();
    find<QLineEdit>("rehearseCommand")->setText(s("/bin/sleep 60"));
    QTest::mouseClick(find<QPushButton>("rehearseAccept"), Qt::LeftButton);
    QCOMPARE(watched(), expected);
    // What was chosen for one rehearsal changes nothing else.
    QVERIFY(m_console->workbench().watchesDatabases());
}

void TestStartDialog::saysWhyThereIsNone_data()
{
    QTest::addColumn<QByteArray>("databases");
    QTest::addColumn<QString>("reason");
    QTest::newRow("none") << QByteArray() << s("The workspace names no database of api.");
    QTest::newRow("left out") << database("left", "watch = false\n")
                              << s("The workspace leaves every database of api out of sessions (watch = false).");
}

void TestStartDialog::saysWhyThereIsNone()
{
    QFETCH(const QByteArray, databases);
    QFETCH(const QString, reason);
    openWorkspace(head + databases);
    openDialog();
    auto *box = find<QCheckBox>("rehearseDatabases");
    QVERIFY(!box->isEnabled() && !box->isChecked());
    QCOMPARE(find<QLabel>("rehearseDatabasesNote")->text(), reason);
    QVERIFY(find<QLabel>("rehearseDatabasesNote")->isVisible());
    auto *action = find<QAction>("watchDatabasesAction");
    QVERIFY(!action->isEnabled() && !action->isChecked());
    QCOMPARE(action->toolTip(), reason);
}

void TestStartDialog::withoutADialogTheMenuDecides()
{
    openWorkspace(head + database("main"));
    auto *action = find<QAction>("watchDatabasesAction");
    QVERIFY(action->isEnabled() && action->isChecked());
    m_console->workbench().watch(s("api"));
    QCOMPARE(watched(), QStringList{s("main")});
    action->trigger();
    QVERIFY(!action->isChecked());
    m_console->workbench().watch(s("api"));
    QCOMPARE(watched(), QStringList());
    // The dialog begins with it.
    openDialog();
    QVERIFY(!find<QCheckBox>("rehearseDatabases")->isChecked());
    find<QDialog>("rehearseDialog")->reject();
    // Another workspace begins as the command line does.
    openWorkspace(head + database("main"));
    QVERIFY(action->isChecked());
}

QTEST_MAIN(TestStartDialog)
#include "tst_startdialog.moc"
