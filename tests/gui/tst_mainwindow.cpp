// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the real window, as the program puts it together, without a display.
#include "app/console/console.h"
#include "ui/common/theme.h"
#include "ui/health/healthrows.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include <unistd.h>

using namespace Switchyard;

namespace {

/// Processes whose parent is this one, read from /proc.
QStringList childProcesses()
{
    QStringList found;
    for (const QString &pid : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
        QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
        if (!stat.open(QIODevice::ReadOnly))
            continue;
        const QByteArray text = stat.readAll();
        const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
        if (fields.size() > 1 && fields[1].toLongLong() == getpid())
            found.append(pid + QLatin1Char(' ') + QString::fromUtf8(text.left(text.lastIndexOf(')') + 1)));
    }
    return found;
}

} // namespace

class TestMainWindow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void startPageOffersThreeWays();
    void demoGivesAVerdict();
    void tabsByKey();
    void themeSwitches();
    void workspaceErrorsAreAllShown();
    void folderWithoutWorkspace();
    void urlIsWatched();
    void urlIsCompleted_data();
    void urlIsCompleted();
    void urlWithCredentialIsRefused();
    void productionIsLocked();
    void rehearses();
    void rehearsesByTheManifest();
    void emptySessionSaysWhatItsButtonDoes();
    void pauseEndsWithTheWorkspace();
    void theWayBackToTheWorkspace();
    void closingStopsEverything();

private:
    template <typename T>
    T *find(const char *name)
    {
        return m_console->window().findChild<T *>(QLatin1StringView(name));
    }
    void closeWindow();
    QString writeWorkspace(const QByteArray &text);

    QTemporaryDir m_folder;
    QString m_chosen;
    WindowSettings m_saved;
    std::unique_ptr<Console> m_console;
};

void TestMainWindow::init()
{
    ConsoleOptions options;
    options.workbench.demoProgram = QStringLiteral(BINARY_DIR "/switchyard-demo-backend");
    options.workbench.doorProgram = QStringLiteral(BINARY_DIR "/switchyard-door");
    options.workbench.auditFile = m_folder.filePath(QStringLiteral("audit.jsonl"));
    options.workbench.baseline = Milliseconds(5'000);
    options.workbench.settle = Milliseconds(2'000);
    options.workbench.demoSettle = Milliseconds(3'000);
    options.chooseFolder = [this](QWidget *, std::function<void(const QString &)> answer) { answer(m_chosen); };
    options.saveSettings = [this](const WindowSettings &settings) { m_saved = settings; };
    options.settings.theme = ThemeChoice::Light;
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
}

void TestMainWindow::closeWindow()
{
    if (!m_console)
        return;
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

void TestMainWindow::cleanup()
{
    closeWindow();
    QVERIFY2(childProcesses().isEmpty(), qPrintable(childProcesses().join(QStringLiteral(", "))));
}

QString TestMainWindow::writeWorkspace(const QByteArray &text)
{
    const QString path = m_folder.filePath(QStringLiteral("switchyard.toml"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return {};
    file.write(text);
    return path;
}

void TestMainWindow::startPageOffersThreeWays()
{
    for (const char *name : {"openFolderButton", "demoButton", "watchUrlButton"})
        QVERIFY2(find<QPushButton>(name) && find<QPushButton>(name)->isVisible(), name);
    QVERIFY(!find<QPushButton>("watchUrlButton")->isEnabled());
    QVERIFY(!find<QTabWidget>("tabs")->isVisible());
}

void TestMainWindow::demoGivesAVerdict()
{
    QTest::mouseClick(find<QPushButton>("demoButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    QTRY_VERIFY(find<QWidget>("sessionView"));
    QVERIFY(find<QWidget>("sessionView")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("verdictWord")->text().contains(QStringLiteral("RUNNING")), 5'000);
    QTRY_VERIFY_WITH_TIMEOUT(m_console->workbench().lastOutcome(), 30'000);
    QVERIFY2(find<QLabel>("verdictWord")->text().contains(QStringLiteral("PASS")),
             qPrintable(find<QLabel>("verdictWord")->text() + find<QLabel>("verdictSentence")->text()));
    QCOMPARE(find<QTableView>("gateList")->model()->rowCount(), int(gateIds().size()));
    QVERIFY(find<QTableView>("closeTable")->model()->rowCount() > 0);
    QVERIFY(find<QTableView>("eventTable")->model()->rowCount() > 100);
    find<QLineEdit>("eventFilter")->setText(QStringLiteral("service restart"));
    const QAbstractItemModel *shown = find<QTableView>("eventTable")->model();
    QTRY_VERIFY(shown->rowCount() > 0 && shown->rowCount() < 100);
    QVERIFY(find<QWidget>("noEventMatches")->isHidden());
    find<QLineEdit>("eventFilter")->setText(QStringLiteral("no such thing"));
    QTRY_VERIFY(!find<QWidget>("noEventMatches")->isHidden());
    find<QWidget>("noEventMatches")->findChild<QPushButton *>()->click();
    QVERIFY(find<QLineEdit>("eventFilter")->text().isEmpty());
    QTRY_VERIFY(find<QWidget>("noEventMatches")->isHidden());
    QVERIFY(find<QPushButton>("redeployButton")->isEnabled());
    // The live counts come back after the session.
    const QTableView *sockets = find<QTableView>("socketTable");
    QCOMPARE(sockets->model()->rowCount(), 3);
    QTRY_COMPARE_WITH_TIMEOUT(sockets->model()->index(0, 5).data().toString(), QStringLiteral("15/15"), 10'000);
    QTRY_COMPARE_WITH_TIMEOUT(sockets->model()->index(0, 4).data().toString(), QStringLiteral("15"), 10'000);
    // Neither the wheel nor the same choice starts the demo anew; another choice keeps the verdict.
    QComboBox *mode = find<QComboBox>("shutdownMode");
    QSignalSpy opened(&m_console->workbench(), &Workbench::workspaceOpened);
    QWheelEvent wheel(QPointF(5, 5), mode->mapToGlobal(QPointF(5, 5)), {}, QPoint(0, -120), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(mode, &wheel);
    QCOMPARE(mode->currentText(), QStringLiteral("graceful"));
    Q_EMIT mode->activated(mode->currentIndex());
    QTest::qWait(50);
    QCOMPARE(opened.size(), 0);
    Q_EMIT mode->activated(mode->count() - 1);
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, 15'000);
    QVERIFY(m_console->workbench().lastOutcome());
    QVERIFY(find<QLabel>("verdictWord")->text().contains(QStringLiteral("PASS")));
}

void TestMainWindow::tabsByKey()
{
    m_console->window().openPath(
        writeWorkspace("schema = 1\nname = \"tabs\"\n[[backend]]\nname = \"one\"\nplatform = \"local\"\n"
                       "url = \"http://127.0.0.1:9\"\n"));
    QTabWidget *tabs = find<QTabWidget>("tabs");
    QTRY_VERIFY(tabs->isVisible());
    QCOMPARE(tabs->count(), 7);
    m_console->window().activateWindow();
    for (int i = 6; i >= 0; --i) {
        QTest::keyClick(&m_console->window(), Qt::Key(Qt::Key_1 + i), Qt::ControlModifier);
        QCOMPARE(tabs->currentIndex(), i);
    }
    QVERIFY(!find<QPushButton>("redeployButton")->isEnabled());
    QVERIFY(find<QPushButton>("redeployButton")->toolTip().contains(QStringLiteral("no deploy driver")));
    // By name: the words in any order; what cannot be done now is not chosen.
    QTest::keyClick(&m_console->window(), Qt::Key_K, Qt::ControlModifier);
    QTRY_VERIFY(find<QLineEdit>("paletteText"));
    QTest::keyClicks(find<QLineEdit>("paletteText"), QStringLiteral("view heal"));
    QCOMPARE(find<QListWidget>("paletteList")->count(), 1);
    QTest::keyClick(find<QLineEdit>("paletteText"), Qt::Key_Return);
    QTRY_COMPARE(tabs->currentIndex(), 3);
    QTRY_VERIFY(!find<QLineEdit>("paletteText"));
    m_console->window().activateWindow();
    QTRY_VERIFY(m_console->window().isActiveWindow());
    QTest::keyClick(&m_console->window(), '?');
    QTRY_VERIFY(find<QDialog>("keysDialog"));
    find<QDialog>("keysDialog")->close();
    QCOMPARE(m_saved.recent.size(), 1);
}

void TestMainWindow::themeSwitches()
{
    const auto dark = [] { return QApplication::palette().color(QPalette::Window).lightness() < 128; };
    QVERIFY(!dark());
    find<QAction>("theme-dark")->trigger();
    QVERIFY(dark());
    QCOMPARE(m_saved.theme, ThemeChoice::Dark);
    find<QAction>("theme-light")->trigger();
    QVERIFY(!dark());
}

void TestMainWindow::workspaceErrorsAreAllShown()
{
    const QString path =
        writeWorkspace("schema = 1\nname = \"wrong\"\nunknown_key = 1\n[[backend]]\nname = \"a\"\nplatform = \"moon\"\n"
                       "url = \"http://127.0.0.1:9\"\n[[backend.health]]\npath = \"/health\"\ninterval = \"5\"\n");
    m_chosen = m_folder.path();
    QTest::mouseClick(find<QPushButton>("openFolderButton"), Qt::LeftButton);
    QTableWidget *list = find<QTableWidget>("errorList");
    QTRY_VERIFY(list->isVisible());
    QVERIFY(list->rowCount() >= 3);
    QStringList places;
    for (int i = 0; i < list->rowCount(); ++i)
        places.append(list->item(i, 0)->text());
    for (const char *place : {":3:", ":6:", ":10:"})
        QVERIFY2(!places.filter(path + QLatin1StringView(place)).isEmpty(), qPrintable(places.join(QLatin1Char('\n'))));
}

void TestMainWindow::folderWithoutWorkspace()
{
    QTemporaryDir empty;
    QFile manifest(empty.filePath(QStringLiteral("render.yaml")));
    QVERIFY(manifest.open(QIODevice::WriteOnly));
    manifest.close();
    m_chosen = empty.path();
    QTest::mouseClick(find<QPushButton>("openFolderButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QLabel>("folderFindings")->isVisible());
    QVERIFY(find<QLabel>("folderFindings")->text().contains(QStringLiteral("render.yaml")));
    QTest::mouseClick(find<QPushButton>("starterButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    QVERIFY(QFile::exists(empty.filePath(QStringLiteral("switchyard.toml"))));
}

void TestMainWindow::urlIsWatched()
{
    find<QLineEdit>("urlEdit")->setText(QStringLiteral("http://127.0.0.1:9"));
    QTest::mouseClick(find<QPushButton>("watchUrlButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(QStringLiteral("Health"));
    const QTableView *health = find<QTableView>("healthTable");
    QTRY_COMPARE(health->model()->rowCount(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(health->model()->index(0, 0).data().toString(), QStringLiteral("1 of 2 failed"), 10'000);
    QTRY_COMPARE_WITH_TIMEOUT(health->model()->index(0, 0).data().toString(), QStringLiteral("down"), 30'000);
    QCOMPARE(health->model()->index(0, HealthColumn::Status).data().toString(), QStringLiteral("no answer"));
}

void TestMainWindow::urlIsCompleted_data()
{
    QTest::addColumn<QString>("written");
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("place");
    const QString here = QStringLiteral("This computer");
    QTest::newRow("localhost") << "localhost:9"
                               << "http://localhost:9"
                               << "/health" << here;
    QTest::newRow("127") << "127.0.0.1:9/ready?full=1"
                         << "http://127.0.0.1:9"
                         << "/ready?full=1" << here;
    QTest::newRow("ipv6") << "[::1]:9/"
                          << "http://[::1]:9"
                          << "/health" << here;
    QTest::newRow("elsewhere") << "api.switchyard.invalid/up"
                               << "https://api.switchyard.invalid"
                               << "/up"
                               << "api.switchyard.invalid";
}

void TestMainWindow::urlIsCompleted()
{
    QFETCH(QString, written);
    QFETCH(QString, url);
    QFETCH(QString, path);
    QFETCH(QString, place);
    Workbench &workbench = m_console->workbench();
    workbench.openUrl(written);
    QTRY_VERIFY(workbench.isOpen());
    const Backend backend = workbench.workspace().backends.first();
    QCOMPARE(backend.url, url);
    QCOMPARE(backend.health.first().path, path);
    QCOMPARE(workbench.placeText(backend), place);
}

void TestMainWindow::urlWithCredentialIsRefused()
{
    find<QLineEdit>("urlEdit")->setText(QStringLiteral("https://user:hunter2@api.example.org"));
    QTest::mouseClick(find<QPushButton>("watchUrlButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QTableWidget>("errorList")->isVisible());
    QVERIFY(!find<QLabel>("errorsTitle")->text().contains(QStringLiteral("hunter2")));
    // An address is not read again from a file.
    QVERIFY(!find<QPushButton>("retryButton")->isVisible());
}

void TestMainWindow::productionIsLocked()
{
    m_console->window().openPath(writeWorkspace(
        "schema = 1\nname = \"p\"\n[[backend]]\nname = \"live\"\nplatform = \"local\"\nstage = \"production\"\n"
        "url = \"http://127.0.0.1:9\"\n[backend.deploy]\ndriver = \"local\"\nargv = [\"true\"]\n"));
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    QVERIFY(!find<QPushButton>("redeployButton")->isEnabled());
    QVERIFY(find<QPushButton>("redeployButton")->toolTip().contains(QStringLiteral("production")));
    auto *lock = find<QPushButton>("lockButton");
    QVERIFY(lock->isVisible());
    QVERIFY(lock->text().contains(QStringLiteral("locked")));
    // Another name opens nothing; its own does, and the log says so.
    QTest::mouseClick(lock, Qt::LeftButton);
    QTRY_VERIFY(find<QLineEdit>("unlockName"));
    QTest::keyClicks(find<QLineEdit>("unlockName"), QStringLiteral("Live"));
    QTest::mouseClick(find<QPushButton>("unlockAccept"), Qt::LeftButton);
    QTRY_VERIFY(find<QLabel>("unlockProblem")->isVisible());
    QVERIFY(!find<QPushButton>("redeployButton")->isEnabled());
    // No line of the dialog is cut.
    for (const QLabel *label : find<QLabel>("unlockProblem")->window()->findChildren<QLabel *>())
        QTRY_VERIFY2(label->height() >= label->heightForWidth(label->width()), qPrintable(label->text()));
    find<QLineEdit>("unlockName")->setText(QStringLiteral("live"));
    QTest::mouseClick(find<QPushButton>("unlockAccept"), Qt::LeftButton);
    QTRY_VERIFY(find<QPushButton>("redeployButton")->isEnabled());
    QVERIFY(lock->text().contains(QStringLiteral("unlocked for")));
    const auto log = [this] {
        QFile file(m_folder.filePath(QStringLiteral("audit.jsonl")));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    QVERIFY(log().contains("\"action\":\"unlock\""));
    QTest::mouseClick(lock, Qt::LeftButton);
    QTRY_VERIFY(!find<QPushButton>("redeployButton")->isEnabled());
    QVERIFY(log().contains("\"action\":\"lock\""));
}

/// A rehearsal of a production backend that nobody unlocked: it runs on this machine only.
void TestMainWindow::rehearses()
{
    m_console->window().openPath(writeWorkspace(
        "schema = 1\nname = \"p\"\n[[backend]]\nname = \"live\"\nplatform = \"fly\"\nstage = \"production\"\n"
        "url = \"http://127.0.0.1:9\"\n  [[backend.health]]\n  path = \"/health\"\n  [[backend.socket]]\n"
        "  name = \"prices\"\n  path = \"/ws/prices\"\n  clients = 3\n"));
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(QStringLiteral("WebSockets"), QStringLiteral("session"));
    QTest::mouseClick(find<QPushButton>("rehearseButton"), Qt::LeftButton);
    QTRY_VERIFY(find<QLineEdit>("rehearseCommand"));
    QCOMPARE(find<QComboBox>("rehearsePlatform")->currentData().toString(), QStringLiteral("fly"));
    find<QLineEdit>("rehearseCommand")->setText(QString());
    QTest::mouseClick(find<QPushButton>("rehearseAccept"), Qt::LeftButton);
    QTRY_VERIFY(find<QLabel>("rehearseProblem")->isVisible());
    find<QLineEdit>("rehearseCommand")
        ->setText(QStringLiteral("\"%1\" --notice-ms 500 --port $PORT")
                      .arg(QStringLiteral(BINARY_DIR "/switchyard-demo-backend")));
    QTest::mouseClick(find<QPushButton>("rehearseAccept"), Qt::LeftButton);
    Workbench *workbench = &m_console->workbench();
    QTRY_VERIFY(workbench->sessionRunning());
    QVERIFY(!find<QPushButton>("rehearseButton")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!workbench->sessionRunning(), 60'000);
    const SessionOutcomePtr outcome = workbench->lastOutcome(QStringLiteral("live"));
    QVERIFY(outcome);
    QVERIFY2(outcome->verdict.outcome == Outcome::Pass, qPrintable(outcome->verdict.summary));
    QCOMPARE(outcome->record.header.driver, QStringLiteral("rehearsal:fly"));
    QVERIFY(workbench->isLocked(QStringLiteral("live")));
    const QAbstractItemModel *forecast = find<QTableView>("forecastTable")->model();
    QStringList libraries;
    for (int row = 0; row < forecast->rowCount(); ++row)
        libraries.append(forecast->index(row, 0).data().toString());
    QVERIFY2(!libraries.filter(QStringLiteral("reconnecting-websocket")).isEmpty(),
             qPrintable(libraries.join(QLatin1Char(' '))));
    QVERIFY(!find<QWidget>("reconnectCurve")->isHidden());
    // Its processes are gone, and it can be rehearsed again.
    QTRY_VERIFY(find<QPushButton>("rehearseButton")->isEnabled());
}

/// What the platform would do is in the backend's own manifest: the window plays that, as the command line does.
void TestMainWindow::rehearsesByTheManifest()
{
    QFile manifest(m_folder.filePath(QStringLiteral("fly.toml")));
    QVERIFY(manifest.open(QIODevice::WriteOnly));
    manifest.write("app = 'p'\nkill_signal = 'SIGTERM'\nkill_timeout = 20\n[processes]\napp = '" BINARY_DIR
                   "/switchyard-demo-backend --notice-ms 500 --port 8080'\n[http_service]\ninternal_port = 8080\n"
                   "[[http_service.checks]]\npath = '/health'\n");
    manifest.close();
    m_console->window().openPath(writeWorkspace(
        "schema = 1\nname = \"p\"\n[[backend]]\nname = \"one\"\nplatform = \"fly\"\nurl = \"http://127.0.0.1:9\"\n"
        "manifest = \"fly.toml\"\n  [[backend.socket]]\n  name = \"prices\"\n  path = \"/ws/prices\"\n  clients = "
        "3\n"));
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(QStringLiteral("WebSockets"), QStringLiteral("session"));
    Workbench *workbench = &m_console->workbench();
    SessionOutcomePtr outcome;
    // A machine that was held up for a moment makes it inconclusive, and rightly so: then it is asked once more.
    for (int attempt = 0; attempt < 3; ++attempt) {
        QTRY_VERIFY(find<QPushButton>("rehearseButton")->isEnabled());
        QTest::mouseClick(find<QPushButton>("rehearseButton"), Qt::LeftButton);
        QTRY_VERIFY(find<QLineEdit>("rehearseCommand"));
        find<QLineEdit>("rehearseCommand")->clear();
        QTest::mouseClick(find<QPushButton>("rehearseAccept"), Qt::LeftButton);
        QTRY_VERIFY(workbench->sessionRunning());
        QTRY_VERIFY_WITH_TIMEOUT(!workbench->sessionRunning(), 60'000);
        outcome = workbench->lastOutcome(QStringLiteral("one"));
        QVERIFY(outcome);
        if (!outcome->verdict.summary.startsWith(QStringLiteral("coverage: only")))
            break;
    }
    QVERIFY2(outcome->verdict.outcome == Outcome::Pass, qPrintable(outcome->verdict.summary));
    QCOMPARE(outcome->record.header.graceMs, 20'000.0);
    QCOMPARE(outcome->record.header.endpoints.first().path, QStringLiteral("/health"));
    const auto &events = outcome->record.events;
    QVERIFY(std::any_of(events.cbegin(), events.cend(), [](const Event &event) {
        return event.kind == EventKind::SignalSent && event.text == QStringLiteral("SIGTERM");
    }));
}

void TestMainWindow::emptySessionSaysWhatItsButtonDoes()
{
    const auto button = [this] {
        m_console->window().showPage(QStringLiteral("WebSockets"), QStringLiteral("session"));
        for (const QPushButton *each : find<QWidget>("sessionView")->findChildren<QPushButton *>()) {
            if (each->isVisible() && !each->text().isEmpty())
                return each->text();
        }
        return QString();
    };
    const QByteArray backend = "schema = 1\nname = \"p\"\n[[backend]]\nname = \"one\"\nplatform = \"local\"\n"
                               "url = \"http://127.0.0.1:9\"\n";
    const QString path = writeWorkspace(backend);
    m_console->window().openPath(path);
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    QCOMPARE(button(), QStringLiteral("Watch a redeploy"));
    writeWorkspace(backend + "[backend.deploy]\ndriver = \"local\"\nargv = [\"true\"]\n");
    m_console->window().openPath(path);
    QTRY_COMPARE(button(), QStringLiteral("Redeploy and judge"));
}

void TestMainWindow::pauseEndsWithTheWorkspace()
{
    const auto open = [this](const char *name) {
        m_console->window().openPath(
            writeWorkspace(QByteArray("schema = 1\nname = \"") + name + "\"\n[[backend]]\nname = \"" + name +
                           "\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:9\"\n[[backend.health]]\n"
                           "path = \"/health\"\n"));
    };
    open("one");
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(QStringLiteral("Health"));
    const QAbstractItemModel *health = find<QTableView>("healthTable")->model();
    QTRY_COMPARE(health->rowCount(), 1);
    // The space bar reaches the page without a click into it first.
    QTRY_VERIFY(QApplication::focusWidget());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
    const QList<QLabel *> labels = m_console->window().findChildren<QLabel *>();
    QVERIFY(std::any_of(labels.cbegin(), labels.cend(),
                        [](const QLabel *label) { return label->text().startsWith(QStringLiteral("Paused")); }));
    open("two");
    QTRY_VERIFY(health->rowCount() == 1 && health->index(0, 1).data().toString().startsWith(QStringLiteral("two")));
}

void TestMainWindow::theWayBackToTheWorkspace()
{
    m_console->window().openPath(
        writeWorkspace("schema = 1\nname = \"tabs\"\n[[backend]]\nname = \"one\"\nplatform = \"local\"\n"
                       "url = \"http://127.0.0.1:9\"\n"));
    QTabWidget *tabs = find<QTabWidget>("tabs");
    QTRY_VERIFY(tabs->isVisible());
    QTemporaryDir empty;
    m_console->window().openPath(empty.path());
    QVERIFY(!tabs->isVisible());
    QPushButton *back = find<QPushButton>("backButton");
    QVERIFY(back->isVisible() && back->text().contains(QStringLiteral("tabs")));
    QTest::mouseClick(back, Qt::LeftButton);
    QVERIFY(tabs->isVisible());
    m_console->window().openPath(empty.path());
    m_console->window().activateWindow();
    QTest::keyClick(&m_console->window(), Qt::Key_4, Qt::ControlModifier);
    QVERIFY(tabs->isVisible());
    QCOMPARE(tabs->currentIndex(), 3);
}

void TestMainWindow::closingStopsEverything()
{
    QTest::mouseClick(find<QPushButton>("demoButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!childProcesses().isEmpty(), 10'000);
    QTRY_VERIFY(m_console->workbench().sessionRunning());
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    // Closing waits for the processes and says so meanwhile.
    QVERIFY(find<QLabel>("stoppingLabel")->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    QVERIFY2(childProcesses().isEmpty(), qPrintable(childProcesses().join(QStringLiteral(", "))));
    m_console.reset();
}

QTEST_MAIN(TestMainWindow)
#include "tst_mainwindow.moc"
