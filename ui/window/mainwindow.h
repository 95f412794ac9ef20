// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/error.h"
#include "ui/window/windowservices.h"

#include <QMainWindow>
#include <QTimer>

class QActionGroup;
class QLabel;
class QStackedWidget;
class QTabWidget;
class QToolButton;

namespace Switchyard {

class BackendBar;
class ErrorsPane;
class JobDrawer;
class StartPage;

/// The window: start page or, with a workspace, backend bar, tabs and status line. It knows the pages only as Page.
/// Closing it stops what runs first, and only then lets the program end.
class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    MainWindow(WindowServices services, WindowSettings settings, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// A switchyard.toml, or a folder with one.
    void openPath(const QString &path);
    /// Leads to a tab by its title.
    void showPage(const QString &title, const QString &item = {});
    void setTheme(ThemeChoice choice);
    QTabWidget *tabs() const { return m_tabs; }

Q_SIGNALS:
    /// Everything is stopped and the window is closed.
    void closed();

protected:
    void closeEvent(QCloseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void makeCentre();
    void makeMenus();
    void makeFileMenu();
    void makeViewMenu();
    void makeDeployMenu();
    void makeHelpMenu();
    void makeStatusBar();
    void makePages();
    void connectWorkbench();
    void workspaceOpened();
    void chooseFolder();
    void writeStarter(const QString &folder);
    void showStart();
    /// Brings the tabs to the front, where a workspace is open.
    void showWork();
    void fillPageMenu();
    void updateStatus();
    void showKeys();
    void showPalette();
    void say(const QString &text);
    /// Whether the window has to stay because of edits nobody saved; it asks.
    bool askAboutEdits();
    Page *currentPage() const;
    void save();

    WindowServices m_services;
    WindowSettings m_settings;
    QStackedWidget *m_stack = nullptr;
    StartPage *m_start = nullptr;
    ErrorsPane *m_errors = nullptr;
    QWidget *m_work = nullptr;
    QLabel *m_stopping = nullptr;
    QTabWidget *m_tabs = nullptr;
    JobDrawer *m_jobs = nullptr;
    Alerts *m_alerts = nullptr;
    QToolButton *m_jobsButton = nullptr;
    QLabel *m_lastVerdict = nullptr;
    QLabel *m_history = nullptr;
    QLabel *m_message = nullptr;
    QLabel *m_clock = nullptr;
    QTimer m_clockTimer;
    QTimer m_messageTimer;
    QMenu *m_pageMenu = nullptr;
    QActionGroup *m_themes = nullptr;
    QList<QAction *> m_workspaceActions;
    QAction *m_redeploy = nullptr;
    QAction *m_cancel = nullptr;
    QAction *m_watchDatabases = nullptr; ///< of sessions that begin without a dialog
    QList<Page *> m_pages;
    bool m_closing = false;
    bool m_dropEdits = false; ///< the person said so
    bool m_closed = false;
};

} // namespace Switchyard
