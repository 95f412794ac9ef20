// SPDX-License-Identifier: GPL-3.0-or-later
// The adviser on network access in the real window: it says what the command line prints, judges a list that is read,
// tells its states apart, names commands without secrets, and stalls nobody. No server is asked.
#include "app/console/console.h"
#include "models/common/files.h"
#include "tests/support/heartbeat.h"
#include "tests/support/machinespeed.h"
#include "ui/common/notice.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/database/accessdialog.h"
#include "ui/database/accessview.h"
#include "ui/database/databasepage.h"
#include "ui/window/mainwindow.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

using L = QLatin1StringView;
const char planted[] = "Planted-Pw-7710net";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray backend(const QByteArray &name, const QByteArray &platform, const QByteArray &more,
                   const QByteArray &databases)
{
    return "[[backend]]\nname = \"" + name + "\"\nplatform = \"" + platform + "\"\nurl = \"http://127.0.0.1:9\"\n" +
           more + databases;
}

QByteArray database(const QByteArray &name, const QByteArray &variable, const QByteArray &more = {})
{
    return "[[backend.database]]\nname = \"" + name + "\"\nurl = \"env:" + variable + "\"\n" + more;
}

QByteArray atlasOnRender(const QByteArray &more = "region = \"frankfurt\"\n")
{
    return backend("render", "render", more, database("main", "NET_ATLAS", "plan = \"M0\"\n"));
}

} // namespace

class TestAccessDialog : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void saysWhatTheCommandPrints();
    void everyWayInWords();
    void judgesAListThatIsRead();
    void takesTheAddressesThatAreTold();
    void slipOfTheHand();
    void statesAreDifferentPictures();
    void secretThatCannotBeRead();
    void theServiceIsTold();
    void anotherDatabaseBeginsAnew();
    void commandsWithoutSecrets();
    void savesAReport();
    void followsTheTheme();
    void longListStallsNobody();
    void goesWithTheWorkspace();

private:
    template <typename T>
    T *find(const char *name) const
    {
        return m_dialog->findChild<T *>(L(name));
    }
    QString text(const char *name) const { return find<QTextBrowser>(name)->toPlainText(); }
    QString banner() const { return find<QLabel>("accessBannerText")->text(); }
    Table *ways() const { return find<Table>("accessWays"); }
    QString cell(const char *way, int column) const;
    QString notice() const;
    void openWorkspace(const QByteArray &rest);
    void openDialog();
    void choose(const char *combo, const char *data);
    QString write(const char *name, const QByteArray &bytes) const;
    void picture(const char *name) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Console> m_console;
    QPointer<AccessDialog> m_dialog;
    QString m_savePath, m_file;
};

void TestAccessDialog::initTestCase()
{
    qputenv("NET_ATLAS",
            s("mongodb+srv://app:%1@cluster0.ab1cd.mongodb.net/shop?retryWrites=true").arg(s(planted)).toUtf8());
    qputenv("NET_REDIS", s("redis://:%1@cache.example.net:6379").arg(s(planted)).toUtf8());
    qputenv("NET_RENDER", s("postgresql://app:%1@dpg-abc123-a/shop").arg(s(planted)).toUtf8());
    qunsetenv("NET_NOWHERE");
}

void TestAccessDialog::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_savePath = m_folder->filePath(s("saved.md"));
    m_file.clear();
    ConsoleOptions options;
    options.workbench.auditFile = m_folder->filePath(s("audit.jsonl"));
    options.chooseSaveFile = [this](QWidget *, const QString &, std::function<void(const QString &)> answer) {
        answer(m_savePath);
    };
    options.chooseFile = [this](QWidget *, const QString &, std::function<void(const QString &)> answer) {
        answer(m_file);
    };
    options.settings.theme = ThemeChoice::Light;
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
}

void TestAccessDialog::cleanup()
{
    if (!m_console)
        return;
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

QString TestAccessDialog::write(const char *name, const QByteArray &bytes) const
{
    const QString path = m_folder->filePath(s(name));
    return writeFileAtomically(path, bytes) ? path : QString();
}

void TestAccessDialog::openWorkspace(const QByteArray &rest)
{
    const QString file = write("switchyard.toml", "schema = 1\nname = \"shop\"\n" + rest);
    QSignalSpy opened(&m_console->workbench(), &Workbench::workspaceOpened);
    m_console->workbench().openFile(file);
    QTRY_COMPARE(opened.size(), 1);
    auto *tabs = m_console->window().findChild<QTabWidget *>();
    QVERIFY(tabs);
    tabs->setCurrentWidget(m_console->window().findChild<DatabasePage *>());
}

void TestAccessDialog::openDialog()
{
    QTest::mouseClick(m_console->window().findChild<QPushButton *>(L("networkAccessButton")), Qt::LeftButton);
    m_dialog = m_console->window().findChild<AccessDialog *>();
    QVERIFY(m_dialog);
    QVERIFY(QTest::qWaitForWindowExposed(m_dialog));
}

void TestAccessDialog::choose(const char *combo, const char *data)
{
    auto *box = find<QComboBox>(combo);
    const int index = box->findData(s(data));
    QVERIFY2(index >= 0, data);
    box->setCurrentIndex(index);
}

/// Column 1 is "Open"; the others are the criteria.
QString TestAccessDialog::cell(const char *way, int column) const
{
    const QAbstractItemModel *model = ways()->model();
    ways()->selectKey(s(way));
    const int row = ways()->currentIndex().row();
    return ways()->currentKey() == s(way) ? model->index(row, column).data().toString() : s("no such way");
}

/// What stands in the place of the advice; empty while the advice does.
QString TestAccessDialog::notice() const
{
    const auto *pane = find<NoticePane>("accessNotice");
    if (!pane->isVisible())
        return {};
    QStringList words;
    for (const QLabel *label : pane->findChildren<QLabel *>())
        words.append(label->text());
    return words.join(u'\n').trimmed();
}

void TestAccessDialog::picture(const char *name) const
{
    if (!qEnvironmentVariableIsSet("SWITCHYARD_TEST_PICTURES"))
        return;
    QTest::qWait(100); // until it is laid out
    m_dialog->grab().save(qEnvironmentVariable("SWITCHYARD_TEST_PICTURES") + s("/access-%1.png").arg(s(name)));
}

/// The command that the dialog names, run by a shell that has no secret, prints what the dialog copies.
void TestAccessDialog::saysWhatTheCommandPrints()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    picture("ways");
    QVERIFY2(banner().startsWith(s("→ Narrow list and narrow user")), qPrintable(banner()));
    QCOMPARE(ways()->currentKey(), s("hybrid")); // what is recommended is chosen
    QVERIFY(text("accessWay").contains(s("Narrow list and narrow user")));
    QVERIFY(find<QLabel>("accessOutboundText")->text().contains(s("not known here")));
    find<QLineEdit>("accessOutbound")->setText(s("203.0.113.0/24, 198.51.100.7"));
    find<QLineEdit>("accessPlatformPlan")->setText(s("pro"));
    QTRY_VERIFY(find<QLabel>("accessOutboundText")->text().contains(s("203.0.113.0/24, 198.51.100.7")));
    QTest::mouseClick(find<QPushButton>("accessCopy"), Qt::LeftButton);
    const QString copied = QGuiApplication::clipboard()->text();
    QVERIFY(copied.contains(s("Everybody")) && copied.contains(s("compliance")));
    QProcess shell;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove(s("NET_ATLAS"));
    environment.insert(s("PATH"), QStringLiteral(BINARY_DIR ":") + environment.value(s("PATH")));
    shell.setProcessEnvironment(environment);
    shell.start(s("/bin/sh"), {s("-c"), find<QLabel>("accessCommand-advice")->text()});
    QVERIFY(shell.waitForFinished());
    QString printed = QString::fromUtf8(shell.readAllStandardOutput());
    // Who says so is the one thing that differs: a person here, an option there.
    printed.replace(s("told by --outbound"), s("told by you"));
    QVERIFY2(shell.exitCode() == 0, shell.readAllStandardError().constData());
    QCOMPARE(printed.trimmed(), copied.trimmed());
}

void TestAccessDialog::everyWayInWords()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    QCOMPARE(cell("any", 1), s("open"));
    QCOMPARE(cell("any", 2), s("poor"));
    QVERIFY(text("accessWay").contains(s("anybody may try them")));
    QCOMPARE(cell("private", 1), s("closed")); // M0 has none
    QVERIFY(text("accessWay").contains(s("M0 has no private endpoints")));
    QCOMPARE(cell("static-egress", 1), s("depends"));
    QStringList headings;
    for (int column = 0; column < ways()->model()->columnCount(); ++column)
        headings.append(ways()->model()->headerData(column, Qt::Horizontal).toString());
    QCOMPARE(headings.join(u' '), s("Way Open Security Reliability Cost Maintenance Compliance"));
    QVERIFY(text("accessSteps").contains(s("Only then remove 0.0.0.0/0")));
    // Options of the command line are fields here.
    for (const char *option : {"--outbound", "--list)", "--plan)", "--platform-plan)"})
        QVERIFY2(!text("accessSteps").contains(s(option)), qPrintable(text("accessSteps")));
    find<QLineEdit>("accessPlan")->setText(s("M10"));
    find<QLineEdit>("accessPlatformPlan")->setText(s("pro"));
    QTRY_VERIFY(!text("accessSteps").contains(s("plan of the account")));
    QCOMPARE(cell("private", 1), s("open"));
}

void TestAccessDialog::judgesAListThatIsRead()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    auto *tabs = find<QTabWidget>("accessTabs");
    tabs->setCurrentIndex(2);
    QVERIFY(find<NoticePane>("accessNoList")->isVisible());
    picture("nolist");
    m_file = write("list.json", R"(["0.0.0.0/0", "203.0.113.0/24"])");
    QTest::mouseClick(find<NoticePane>("accessNoList")->findChild<QPushButton *>(), Qt::LeftButton);
    QTRY_VERIFY(!find<NoticePane>("accessNoList")->isVisible());
    QVERIFY2(banner().startsWith(s("■ The list as it is has")), qPrintable(banner()));
    QVERIFY2(text("accessFound").contains(s("access/anywhere-beside")), qPrintable(text("accessFound")));
    QVERIFY(text("accessFound").contains(s("The list: 2 entries")));
    QVERIFY(tabs->tabText(2).startsWith(s("Found in the list (")));
    QCOMPARE(find<QLabel>("accessListName")->text(), s("list.json"));
    picture("found");
    // One without the fault has none.
    m_file = write("good.json", R"(["203.0.113.0/24"])");
    QTest::mouseClick(find<QPushButton>("accessListChoose"), Qt::LeftButton);
    QTRY_COMPARE(tabs->tabText(2), s("Found in the list (0)"));
    QVERIFY(banner().startsWith(s("→")));
    QVERIFY(text("accessFound").contains(s("Nothing is wrong")));
    QTest::mouseClick(find<QPushButton>("accessListForget"), Qt::LeftButton);
    QTRY_VERIFY(find<NoticePane>("accessNoList")->isVisible());
    QCOMPARE(find<QLabel>("accessListName")->text(), s("○ not read"));
}

void TestAccessDialog::takesTheAddressesThatAreTold()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    m_file = write("outbound.json", R"({"type": "dedicated", "ips": ["198.51.100.0/28"]})");
    QTest::mouseClick(find<QPushButton>("accessOutboundChoose"), Qt::LeftButton);
    QTRY_VERIFY(find<QLabel>("accessOutboundText")->text().contains(s("198.51.100.0/28")));
    QVERIFY(find<QLabel>("accessOutboundText")->text().contains(s("own answer")));
    QCOMPARE(cell("static-egress", 1), s("open")); // dedicated: they were bought
    const QString add = find<QLabel>("accessCommand-add")->text();
    QVERIFY2(add.contains(s(" add 198.51.100.0/28 ")), qPrintable(add));
    QTest::mouseClick(find<QPushButton>("accessOutboundForget"), Qt::LeftButton);
    QTRY_VERIFY(find<QLabel>("accessOutboundText")->text().contains(s("not known here")));
}

/// What is shown stays, and the mistake stands beside the field that it is in.
void TestAccessDialog::slipOfTheHand()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    auto *problem = find<QLabel>("accessProblem");
    QVERIFY(!problem->isVisible());
    find<QLineEdit>("accessOutbound")->setText(s("203.0.113.5/24"));
    QTRY_VERIFY(problem->isVisible());
    QVERIFY2(problem->text().contains(s("203.0.113.0/24")), qPrintable(problem->text()));
    QVERIFY(ways()->isVisible());
    QVERIFY(!find<QPushButton>("accessCopy")->isEnabled());
    picture("slip");
    find<QLineEdit>("accessOutbound")->setText(s("203.0.113.0/24"));
    QTRY_VERIFY(!problem->isVisible());
    QVERIFY(find<QPushButton>("accessCopy")->isEnabled());
    m_file = write("broken.json", "{");
    QTest::mouseClick(find<QPushButton>("accessListChoose"), Qt::LeftButton);
    QTRY_VERIFY(problem->isVisible());
    QVERIFY2(problem->text().contains(s("broken.json")), qPrintable(problem->text()));
}

void TestAccessDialog::statesAreDifferentPictures()
{
    openWorkspace(atlasOnRender() + database("cache", "NET_REDIS") +
                  backend("two", "render", "region = \"oregon\"\n", database("shop", "NET_RENDER")));
    // Nothing is chosen in the table.
    auto *table = m_console->window().findChild<Table *>(L("databaseTable"));
    table->setCurrentIndex({});
    openDialog();
    QTRY_VERIFY2(notice().startsWith(s("Choose a database")), qPrintable(notice()));
    QCOMPARE(find<QComboBox>("accessDatabase")->currentIndex(), -1);
    QVERIFY(!find<QWidget>("accessTold")->isEnabled());
    picture("none");
    // A service of which nothing is known.
    find<QComboBox>("accessDatabase")->setCurrentIndex(1);
    QTRY_VERIFY2(banner().startsWith(s("○ No advice")), qPrintable(banner()));
    QVERIFY(!ways()->isVisible());
    QVERIFY(!find<QLabel>("accessCommand-list"));
    picture("other");
    // A platform that nobody knows.
    find<QComboBox>("accessDatabase")->setCurrentIndex(0);
    QTRY_VERIFY(ways()->isVisible() && banner().startsWith(s("→")));
    choose("accessPlatform", "?");
    QTRY_VERIFY2(banner().startsWith(s("◆ Where the backend runs")), qPrintable(banner()));
    QVERIFY(find<QLabel>("accessOutboundText")->text().contains(s("an unknown platform")));
    QVERIFY(ways()->isVisible()); // the matrix is of some use all the same
    picture("unknown");
    choose("accessPlatform", "fly");
    QTRY_VERIFY2(banner().startsWith(s("→")) && banner().contains(s("Fly")), qPrintable(banner()));
    // Render's own: other ways, and no command that would change its list.
    find<QComboBox>("accessDatabase")->setCurrentIndex(2);
    QTRY_COMPARE(ways()->model()->rowCount(), 5);
    QVERIFY2(banner().startsWith(s("→ The private network")), qPrintable(banner()));
    QVERIFY(!find<QLabel>("accessCommand-add"));
    QVERIFY(find<QLabel>("accessCommandsNote")->text().contains(s("dashboard")));
}

void TestAccessDialog::secretThatCannotBeRead()
{
    openWorkspace(backend("render", "render", {}, database("vault", "NET_NOWHERE")));
    openDialog();
    QTRY_VERIFY2(notice().startsWith(s("Whose list it is cannot be told.")), qPrintable(notice()));
    QVERIFY2(notice().contains(s("NET_NOWHERE")) && !notice().contains(s("--service")), qPrintable(notice()));
    QVERIFY(!find<QPushButton>("accessCopy")->isEnabled());
    picture("unreadable");
    // Typing does not ask a keychain again, the button does.
    qputenv("NET_NOWHERE", qgetenv("NET_ATLAS"));
    find<QLineEdit>("accessOutbound")->setText(s("203.0.113.0/24"));
    QTRY_VERIFY2(notice().startsWith(s("Whose list it is cannot be told.")), qPrintable(notice()));
    find<QLineEdit>("accessOutbound")->clear();
    QTRY_VERIFY2(notice().startsWith(s("Whose list it is cannot be told.")), qPrintable(notice()));
    QTest::mouseClick(find<NoticePane>("accessNotice")->findChild<QPushButton *>(), Qt::LeftButton);
    QTRY_VERIFY(notice().isEmpty());
    qunsetenv("NET_NOWHERE");
    find<QLineEdit>("accessOutbound")->setText(s("198.51.100.7"));
    QTRY_VERIFY(find<QLabel>("accessOutboundText")->text().contains(s("198.51.100.7")));
}

void TestAccessDialog::theServiceIsTold()
{
    openWorkspace(backend("render", "render", {}, database("vault", "NET_NOWHERE")));
    openDialog();
    QTRY_VERIFY2(notice().startsWith(s("Whose list it is cannot be told.")), qPrintable(notice()));
    // The way on is the one that it names.
    choose("accessService", "atlas");
    QTRY_VERIFY(notice().isEmpty());
    QCOMPARE(ways()->model()->rowCount(), 6);
}

void TestAccessDialog::anotherDatabaseBeginsAnew()
{
    openWorkspace(atlasOnRender() + database("more", "NET_ATLAS", "plan = \"M10\"\n"));
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    m_file = write("list.json", R"(["0.0.0.0/0", "203.0.113.0/24"])");
    QTest::mouseClick(find<QPushButton>("accessListChoose"), Qt::LeftButton);
    find<QLineEdit>("accessOutbound")->setText(s("203.0.113.0/24"));
    QTRY_VERIFY(banner().startsWith(s("■")));
    find<QComboBox>("accessDatabase")->setCurrentIndex(1);
    QTRY_VERIFY(banner().startsWith(s("→")));
    QVERIFY(find<QLineEdit>("accessOutbound")->text().isEmpty());
    QCOMPARE(find<QLabel>("accessListName")->text(), s("○ not read"));
    QTRY_VERIFY(find<QLabel>("accessOutboundText")->text().contains(s("not known here")));
}

void TestAccessDialog::commandsWithoutSecrets()
{
    openWorkspace(atlasOnRender("region = \"frankfurt\"\nstage = \"production\"\n"));
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    find<QTabWidget>("accessTabs")->setCurrentIndex(3);
    picture("commands");
    QStringList lines;
    for (const QLabel *line : m_dialog->findChildren<QLabel *>()) {
        if (line->objectName().startsWith(s("accessCommand-")))
            lines.append(line->text());
    }
    QCOMPARE(lines.size(), 7);
    for (const QString &line : std::as_const(lines)) {
        QVERIFY2(line.startsWith(s("switchyard-cli --workspace ")), qPrintable(line));
        QVERIFY2(!line.contains(s(planted)), qPrintable(line));
        // A change of what is used in production names it; what only looks does not have to.
        QCOMPARE(line.contains(s("--yes")), line.contains(s("--unlock render")));
    }
    QTest::mouseClick(find<QPushButton>("accessCommandCopy-remove"), Qt::LeftButton);
    const QString copied = QGuiApplication::clipboard()->text();
    QVERIFY2(copied.contains(s("db access remove 0.0.0.0/0 --group PROJECT_ID")), qPrintable(copied));
    // Every command is understood: what it lacks is the login, which it asks for by name.
    for (QString line : std::as_const(lines)) {
        line.replace(s("PROJECT_ID"), s("0123456789abcdef01234567"))
            .replace(s("YOUR_ADDRESS"), s("192.0.2.7"))
            .replace(s("ADDRESS"), s("192.0.2.8"))
            .remove(s(" > list.json"));
        QProcess shell;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove(s("ATLAS_ACCOUNT"));
        environment.insert(s("PATH"), QStringLiteral(BINARY_DIR ":") + environment.value(s("PATH")));
        shell.setProcessEnvironment(environment);
        shell.start(s("/bin/sh"), {s("-c"), line});
        QVERIFY(shell.waitForFinished());
        const QString error = QString::fromUtf8(shell.readAllStandardError());
        if (line.contains(s("--service")))
            QVERIFY2(shell.exitCode() == 0, qPrintable(error));
        else
            QVERIFY2(shell.exitCode() == 2 && error.contains(s("ATLAS_ACCOUNT")), qPrintable(line + u'\n' + error));
    }
    for (const QTextBrowser *each : m_dialog->findChildren<QTextBrowser *>())
        QVERIFY(!each->toPlainText().contains(s(planted)));
    for (const QLabel *each : m_dialog->findChildren<QLabel *>())
        QVERIFY(!each->text().contains(s(planted)));
}

void TestAccessDialog::savesAReport()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    const auto saved = [this](const char *name) {
        m_savePath = m_folder->filePath(s(name));
        QTest::mouseClick(find<QPushButton>("accessSave"), Qt::LeftButton);
        const auto bytes = readFile(m_savePath);
        return bytes ? *bytes : QByteArray();
    };
    QVERIFY(saved("report.md").startsWith("# Network access: render"));
    QVERIFY(saved("report.json").contains("\"switchyard.db-access/1\""));
    QVERIFY(saved("report.txt").startsWith("render "));
    QVERIFY(!saved("report.md").contains(planted));
}

void TestAccessDialog::followsTheTheme()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    const QString light = find<QTextBrowser>("accessWay")->toHtml();
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Dark);
    QTRY_VERIFY(find<QTextBrowser>("accessWay")->toHtml() != light);
    QVERIFY(find<QTextBrowser>("accessWay")->toHtml().contains(themeColors(m_dialog->palette()).up.name()));
    picture("ways-dark");
    find<QTabWidget>("accessTabs")->setCurrentIndex(3);
    picture("commands-dark");
}

/// Every entry is held against every other, which ten thousand of them take their time for.
void TestAccessDialog::longListStallsNobody()
{
    openWorkspace(atlasOnRender());
    openDialog();
    QTRY_COMPARE(ways()->model()->rowCount(), 6);
    QByteArray list = "[\"0.0.0.0/0\"";
    for (int i = 0; i < 9'999; ++i)
        list += QStringLiteral(",\"100.%1.%2.%3\"").arg(i / 2'500).arg(i % 250).arg(i % 10).toLatin1();
    m_file = write("long.json", list + "]");
    Heartbeat heartbeat;
    QTest::mouseClick(find<QPushButton>("accessListChoose"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(banner().startsWith(s("■")), 60'000);
    QTest::qWait(50);
    qInfo("longest turn %.1f ms by the wall, %.1f ms of its own", heartbeat.wallMs(), heartbeat.cpuMs());
    QVERIFY2(heartbeat.cpuMs() < turnLimitMs(), qPrintable(QString::number(heartbeat.cpuMs())));
}

void TestAccessDialog::goesWithTheWorkspace()
{
    openWorkspace(atlasOnRender());
    openDialog();
    m_console->workbench().close();
    QTRY_VERIFY(!m_dialog);
    QVERIFY(!m_console->window().findChild<QPushButton *>(L("networkAccessButton"))->isEnabled());
}

QTEST_MAIN(TestAccessDialog)
#include "tst_accessdialog.moc"
