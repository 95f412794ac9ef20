// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/mainwindow.h"

#include "models/common/files.h"
#include "models/database/watch/sessionsampler.h"
#include "ui/common/format.h"
#include "ui/common/icons.h"
#include "ui/common/workbench.h"
#include "ui/window/backendbar.h"
#include "ui/window/errorspane.h"
#include "ui/window/jobdrawer.h"
#include "ui/window/startpage.h"

#include <QActionGroup>
#include <QCloseEvent>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace Switchyard {

namespace {
constexpr int keptRecent = 8;
constexpr int messageMs = 8'000;
constexpr int trayAfterMs = 1'000;
} // namespace

MainWindow::MainWindow(WindowServices services, WindowSettings settings, QWidget *parent)
    : QMainWindow(parent)
    , m_services(std::move(services))
    , m_settings(std::move(settings))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Switchyard"));
    makeCentre();
    makeStatusBar();
    makeMenus();
    connectWorkbench();
    m_alerts = new Alerts(m_services.workbench, m_services.notify, this);
    m_alerts->setMessages(m_settings.messages);
    // Whether there is a tray is asked over the session bus: not before the first paint.
    QTimer::singleShot(trayAfterMs, m_alerts, [this] { m_alerts->setTray(m_settings.tray); });
    resize(1280, 800);
    if (!m_settings.geometry.isEmpty())
        restoreGeometry(m_settings.geometry);
    showStart();
}

MainWindow::~MainWindow() = default;

void MainWindow::makeCentre()
{
    m_stack = new QStackedWidget(this);
    setCentralWidget(m_stack);

    m_start = new StartPage(m_stack);
    m_start->setRecent(m_settings.recent);
    m_stack->addWidget(m_start);
    connect(m_start, &StartPage::folderRequested, this, &MainWindow::chooseFolder);
    connect(m_start, &StartPage::urlEntered, m_services.workbench, &Workbench::openUrl);
    connect(m_start, &StartPage::demoRequested, this,
            [this] { m_services.workbench->openDemo(QStringLiteral("graceful"), true); });
    connect(m_start, &StartPage::recentChosen, this, &MainWindow::openPath);
    connect(m_start, &StartPage::starterRequested, this, &MainWindow::writeStarter);
    connect(m_start, &StartPage::backRequested, this, &MainWindow::showWork);

    m_errors = new ErrorsPane(m_stack);
    m_stack->addWidget(m_errors);
    connect(m_errors, &ErrorsPane::backRequested, this,
            [this] { m_stack->setCurrentWidget(m_services.workbench->isOpen() ? m_work : m_start); });
    connect(m_errors, &ErrorsPane::retryRequested, this, &MainWindow::openPath);

    m_work = new QWidget(m_stack);
    auto *layout = new QVBoxLayout(m_work);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(new BackendBar(m_services.workbench, m_work));
    m_tabs = new QTabWidget(m_work);
    m_tabs->setObjectName(QStringLiteral("tabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->tabBar()->setDrawBase(false);
    m_tabs->setIconSize(QSize(16, 16));
    layout->addWidget(m_tabs, 1);
    m_jobs = new JobDrawer(m_services.workbench, m_work);
    m_jobs->hide();
    layout->addWidget(m_jobs);
    m_stack->addWidget(m_work);

    m_stopping = new QLabel(QStringLiteral("◌ Stopping what runs…"), m_stack);
    m_stopping->setObjectName(QStringLiteral("stoppingLabel"));
    m_stopping->setAlignment(Qt::AlignCenter);
    m_stack->addWidget(m_stopping);
    connect(m_tabs, &QTabWidget::currentChanged, this, &MainWindow::fillPageMenu);
    connect(m_stack, &QStackedWidget::currentChanged, this, &MainWindow::fillPageMenu);
}

void MainWindow::makeStatusBar()
{
    m_jobsButton = new QToolButton(this);
    m_jobsButton->setObjectName(QStringLiteral("jobsButton"));
    m_jobsButton->setAutoRaise(true);
    m_jobsButton->setCheckable(true);
    m_jobsButton->setToolTip(QStringLiteral("Show what runs (Ctrl+J)"));
    m_lastVerdict = new QLabel(this);
    m_lastVerdict->setObjectName(QStringLiteral("lastVerdict"));
    m_history = new QLabel(this);
    m_history->setObjectName(QStringLiteral("historyState"));
    m_message = new QLabel(this);
    m_message->setObjectName(QStringLiteral("statusMessage"));
    m_clock = new QLabel(this);
    m_clock->setProperty("faded", true);
    statusBar()->addWidget(m_jobsButton);
    statusBar()->addWidget(m_lastVerdict);
    statusBar()->addWidget(m_message, 1);
    statusBar()->addPermanentWidget(m_history);
    statusBar()->addPermanentWidget(m_clock);
    const auto fillHistory = [this] {
        const QString trouble = m_services.workbench->historyTrouble();
        const QString file = m_services.workbench->historyFile();
        m_history->setVisible(!trouble.isEmpty() || !file.isEmpty());
        const QString caution = m_services.workbench->historyCaution();
        const QString words = !trouble.isEmpty()   ? QStringLiteral("history: not written")
                              : !caution.isEmpty() ? QStringLiteral("history: clock in doubt")
                                                   : QStringLiteral("history: recording");
        const bool good = trouble.isEmpty() && caution.isEmpty();
        m_history->setText(
            good ? words
                 : QStringLiteral("<span style='color:%1'>%2 %3</span>")
                       .arg(themeColors(palette()).state(State::Degraded).name(), stateShape(State::Degraded), words));
        m_history->setToolTip(!trouble.isEmpty() ? trouble : !caution.isEmpty() ? caution : file);
    };
    connect(m_services.workbench, &Workbench::historyChanged, this, fillHistory);
    fillHistory();
    connect(m_jobsButton, &QToolButton::toggled, m_jobs, &QWidget::setVisible);
    connect(m_jobs, &JobDrawer::summaryChanged, this, [this] { m_jobsButton->setText(m_jobs->summary()); });
    m_jobsButton->setText(m_jobs->summary());
    m_messageTimer.setSingleShot(true);
    m_messageTimer.setInterval(messageMs);
    connect(&m_messageTimer, &QTimer::timeout, m_message, &QLabel::clear);
    m_clockTimer.setInterval(1'000);
    const auto tick = [this] {
        const qint64 now = QDateTime::currentMSecsSinceEpoch();
        m_clock->setText(QStringLiteral("%1 local  ·  %2 UTC")
                             .arg(localTime(now),
                                  QDateTime::fromMSecsSinceEpoch(now, Qt::UTC).toString(QStringLiteral("HH:mm:ss"))));
    };
    connect(&m_clockTimer, &QTimer::timeout, this, tick);
    m_clockTimer.start();
    tick();
}

void MainWindow::connectWorkbench()
{
    Workbench *workbench = m_services.workbench;
    connect(workbench, &Workbench::workspaceOpened, this, &MainWindow::workspaceOpened);
    connect(workbench, &Workbench::workspaceClosed, this, [this] {
        if (!m_services.workbench->isOpen())
            showStart();
    });
    connect(workbench, &Workbench::workspaceRefused, this, [this](const QString &file, const QList<Error> &errors) {
        m_errors->show(file, errors);
        m_stack->setCurrentWidget(m_errors);
    });
    connect(workbench, &Workbench::sessionStarted, this, [this] {
        showPage(QStringLiteral("WebSockets"), QStringLiteral("session"));
        updateStatus();
    });
    connect(workbench, &Workbench::sessionFinished, this, &MainWindow::updateStatus);
    connect(workbench, &Workbench::sessionFailed, this, [this](const Error &error) {
        say(QStringLiteral("The session did not begin: %1").arg(error.toString()));
        updateStatus();
    });
    connect(workbench, &Workbench::currentBackendChanged, this, &MainWindow::updateStatus);
    connect(workbench, &Workbench::lockChanged, this, &MainWindow::updateStatus);
    connect(workbench, &Workbench::rehearsalStopped, this, &MainWindow::updateStatus);
    connect(workbench, &Workbench::noticed, this, &MainWindow::say);
    connect(workbench, &Workbench::shutDownDone, this, [this] {
        m_closed = true;
        close();
    });
}

void MainWindow::makePages()
{
    m_pages = m_services.makePages(m_tabs);
    for (Page *page : m_pages) {
        m_tabs->addTab(page, themedIcon(page->iconName(), themeColors(palette()).faded), page->title());
        page->restoreState(m_settings.pages.value(page->title()).toObject());
        connect(page, &Page::badgeChanged, this, [this, page](int count) {
            const QString badge = count > 0 ? QStringLiteral("%1  (%2)").arg(page->title()).arg(count) : page->title();
            m_tabs->setTabText(m_tabs->indexOf(page), badge);
        });
        connect(page, &Page::leadRequested, this, &MainWindow::showPage);
    }
    fillPageMenu();
}

void MainWindow::workspaceOpened()
{
    if (m_pages.isEmpty())
        makePages();
    const Workspace &workspace = m_services.workbench->workspace();
    // The program's own name is added by the platform.
    setWindowTitle(workspace.name);
    if (!workspace.file.isEmpty()) {
        const QString file = QFileInfo(workspace.file).absoluteFilePath();
        m_settings.recent.removeAll(file);
        m_settings.recent.prepend(file);
        while (m_settings.recent.size() > keptRecent)
            m_settings.recent.removeLast();
        m_start->setRecent(m_settings.recent);
        save();
    }
    m_start->setOpenWorkspace(workspace.name);
    showWork();
    // Space and the keys go to the page, as its hints say, and not to whichever button comes first.
    m_tabs->tabBar()->setFocus();
    for (QAction *action : m_workspaceActions)
        action->setEnabled(true);
    m_jobsButton->show();
    updateStatus();
}

void MainWindow::showWork()
{
    if (m_services.workbench->isOpen() && !m_closing)
        m_stack->setCurrentWidget(m_work);
}

void MainWindow::showStart()
{
    m_start->setOpenWorkspace({});
    setWindowTitle(QStringLiteral("Switchyard"));
    m_stack->setCurrentWidget(m_start);
    m_start->setFocus();
    for (QAction *action : m_workspaceActions)
        action->setEnabled(false);
    m_jobsButton->hide();
    updateStatus();
}

void MainWindow::openPath(const QString &path)
{
    const QFileInfo info(path);
    m_start->clearFindings();
    if (!info.isDir())
        return m_services.workbench->openFile(info.absoluteFilePath());
    const QString file = QDir(info.absoluteFilePath()).filePath(QStringLiteral("switchyard.toml"));
    if (QFileInfo::exists(file))
        return m_services.workbench->openFile(file);
    m_start->showFindings(info.absoluteFilePath(), telltaleFiles(path));
    m_stack->setCurrentWidget(m_start);
}

void MainWindow::chooseFolder()
{
    m_services.chooseFolder(this, [this](const QString &folder) { openPath(folder); });
}

void MainWindow::writeStarter(const QString &folder)
{
    const QString file = QDir(folder).filePath(QStringLiteral("switchyard.toml"));
    if (QFileInfo::exists(file))
        return openPath(file);
    const Result<void> written = writeFileAtomically(file, starterWorkspace(folder));
    if (!written) {
        m_errors->show(file, {written.error()});
        m_stack->setCurrentWidget(m_errors);
        return;
    }
    openPath(file);
}

Page *MainWindow::currentPage() const
{
    return m_stack->currentWidget() == m_work ? qobject_cast<Page *>(m_tabs->currentWidget()) : nullptr;
}

void MainWindow::showPage(const QString &title, const QString &item)
{
    for (Page *page : std::as_const(m_pages)) {
        if (page->title() != title)
            continue;
        showWork();
        m_tabs->setCurrentWidget(page);
        if (!item.isEmpty())
            page->showItem(item);
    }
}

void MainWindow::setTheme(ThemeChoice choice)
{
    m_settings.theme = choice;
    m_services.applyTheme(choice);
    for (int i = 0; i < m_pages.size(); ++i)
        m_tabs->setTabIcon(i, themedIcon(m_pages[i]->iconName(), themeColors(palette()).faded));
    for (QAction *action : m_themes->actions())
        action->setChecked(action->data().toInt() == int(choice));
    updateStatus();
    save();
}

void MainWindow::updateStatus()
{
    const Workbench *workbench = m_services.workbench;
    const bool running = workbench->sessionRunning();
    const QString obstacle = workbench->redeployObstacle(workbench->currentBackend());
    m_redeploy->setEnabled(workbench->isOpen() && obstacle.isEmpty());
    m_redeploy->setStatusTip(obstacle);
    m_cancel->setEnabled(running);
    const Backend *backend = workbench->workspace().backend(workbench->currentBackend());
    const QString none =
        backend ? noSampledDatabase(*backend) : QStringLiteral("No workspace is open that names a database.");
    m_watchDatabases->setEnabled(none.isEmpty());
    m_watchDatabases->setChecked(none.isEmpty() && workbench->watchesDatabases());
    m_watchDatabases->setToolTip(none);
    m_watchDatabases->setStatusTip(none);
    const SessionOutcomePtr last = workbench->lastOutcome();
    m_lastVerdict->setVisible(last != nullptr);
    if (!last)
        return;
    const State state = last->verdict.outcome == Outcome::Pass   ? State::Up
                        : last->verdict.outcome == Outcome::Fail ? State::Down
                                                                 : State::Degraded;
    m_lastVerdict->setText(QStringLiteral("last session: <span style='color:%1'>%2 %3</span> %4")
                               .arg(themeColors(palette()).state(state).name(), stateShape(state),
                                    outcomeName(last->verdict.outcome).toUpper(), localTime(last->wallMs)));
    m_lastVerdict->setToolTip(utcTime(last->wallMs));
}

void MainWindow::say(const QString &text)
{
    m_message->setText(text);
    m_message->setToolTip(text);
    m_messageTimer.start();
}

void MainWindow::save()
{
    for (const Page *page : std::as_const(m_pages))
        m_settings.pages.insert(page->title(), page->saveState());
    m_services.saveSettings(m_settings);
}

void MainWindow::keyPressEvent(QKeyEvent *event)
{
    // No shortcut: buttons and inputs need the space bar first.
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier) {
        if (Page *page = currentPage(); page && page->togglePause())
            return;
    }
    if (event->key() == Qt::Key_Escape && m_jobsButton->isChecked())
        return m_jobsButton->setChecked(false);
    QMainWindow::keyPressEvent(event);
}

bool MainWindow::askAboutEdits()
{
    QStringList files;
    for (const Page *page : std::as_const(m_pages))
        files += page->unsaved();
    if (files.isEmpty() || m_dropEdits)
        return false;
    if (findChild<QMessageBox *>(QStringLiteral("unsavedDialog")))
        return true;
    auto *box =
        new QMessageBox(QMessageBox::Warning, QStringLiteral("Edits are not saved"),
                        QStringLiteral("These files have edits that are not saved:"), QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("unsavedDialog"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(files.join(QLatin1Char('\n')));
    const QPushButton *drop = box->addButton(QStringLiteral("Quit without saving"), QMessageBox::DestructiveRole);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [this, drop](const QAbstractButton *button) {
        if (button != static_cast<const QAbstractButton *>(drop))
            return;
        m_dropEdits = true;
        close();
    });
    box->open();
    return true;
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (m_closed) {
        event->accept();
        Q_EMIT closed();
        return;
    }
    event->ignore();
    if (m_closing || askAboutEdits())
        return;
    m_closing = true;
    m_settings.geometry = saveGeometry();
    save();
    m_stack->setCurrentWidget(m_stopping);
    menuBar()->setEnabled(false);
    m_services.workbench->shutDown();
}

} // namespace Switchyard
