// SPDX-License-Identifier: GPL-3.0-or-later
// The menus of the window: every action stands in one, with its key.
#include "ui/common/workbench.h"
#include "ui/window/deploydialogs.h"
#include "ui/window/mainwindow.h"
#include "ui/window/palette.h"

#include <QActionGroup>
#include <QDesktopServices>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QPointer>
#include <QScrollArea>
#include <QTabWidget>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

QStringList pageTitles()
{
    return {QStringLiteral("Overview"), QStringLiteral("Environment"), QStringLiteral("WebSockets"),
            QStringLiteral("Health"),   QStringLiteral("Databases"),   QStringLiteral("Manifests"),
            QStringLiteral("Runbook")};
}

QString keyRows(const QMenu *menu)
{
    QString rows;
    for (const QAction *action : menu->actions()) {
        if (action->menu()) {
            rows += keyRows(action->menu());
            continue;
        }
        QString text = action->text();
        QString key = action->shortcut().toString(QKeySequence::NativeText);
        if (const qsizetype tab = text.indexOf(QLatin1Char('\t')); tab >= 0) {
            key = text.mid(tab + 1);
            text.truncate(tab);
        }
        text.remove(QLatin1Char('&'));
        if (!key.isEmpty())
            rows += QStringLiteral("<tr><td style='padding:2px 24px 2px 0'><b>%1</b></td><td>%2</td></tr>")
                        .arg(key.toHtmlEscaped(), text.toHtmlEscaped());
    }
    return rows;
}

/// What stands in a menu, as it can be done by name.
void addCommands(const QMenu *menu, QList<PaletteEntry> *entries)
{
    for (QAction *action : menu->actions()) {
        if (action->menu()) {
            addCommands(action->menu(), entries);
            continue;
        }
        QString text = action->text().section(QLatin1Char('\t'), 0, 0);
        text.remove(QLatin1Char('&'));
        if (action->isSeparator() || text.isEmpty() || !action->isVisible())
            continue;
        const QPointer<QAction> alive(action);
        entries->append({text, menu->title().remove(QLatin1Char('&')),
                         action->shortcut().toString(QKeySequence::NativeText), action->isEnabled(), [alive] {
                             if (alive)
                                 alive->trigger();
                         }});
    }
}

} // namespace

void MainWindow::makeMenus()
{
    makeFileMenu();
    makeViewMenu();
    makeDeployMenu();
    m_pageMenu = menuBar()->addMenu(QStringLiteral("&Page"));
    m_pageMenu->setObjectName(QStringLiteral("pageMenu"));
    fillPageMenu();
    makeHelpMenu();
}

void MainWindow::makeFileMenu()
{
    QMenu *menu = menuBar()->addMenu(QStringLiteral("&File"));
    menu->addAction(QStringLiteral("&Open folder…"), QKeySequence(QStringLiteral("Ctrl+O")), this,
                    &MainWindow::chooseFolder);
    menu->addAction(QStringLiteral("Run the &demo redeploy"), QKeySequence(QStringLiteral("Ctrl+D")), this,
                    [this] { m_services.workbench->openDemo(QStringLiteral("graceful"), true); });
    menu->addSeparator();
    m_workspaceActions.append(menu->addAction(QStringLiteral("&Close workspace"),
                                              QKeySequence(QStringLiteral("Ctrl+W")), m_services.workbench,
                                              &Workbench::close));
    menu->addAction(QStringLiteral("&Quit"), QKeySequence(QStringLiteral("Ctrl+Q")), this, &QWidget::close);
}

void MainWindow::makeViewMenu()
{
    QMenu *menu = menuBar()->addMenu(QStringLiteral("&View"));
    const QStringList titles = pageTitles();
    for (int i = 0; i < titles.size(); ++i)
        m_workspaceActions.append(menu->addAction(titles[i], QKeySequence(QStringLiteral("Ctrl+%1").arg(i + 1)), this,
                                                  [this, title = titles[i]] { showPage(title); }));
    menu->addSeparator();
    m_workspaceActions.append(
        menu->addAction(QStringLiteral("&Refresh, probe again"), QKeySequence(Qt::Key_F5), this, [this] {
            if (Page *page = currentPage())
                page->refresh();
        }));
    m_workspaceActions.append(menu->addAction(QStringLiteral("&Pause live updates\tSpace"), this, [this] {
        if (Page *page = currentPage())
            page->togglePause();
    }));
    QAction *filter = menu->addAction(QStringLiteral("&Filter"), this, [this] {
        if (Page *page = currentPage())
            page->focusFilter();
    });
    filter->setShortcuts({QKeySequence(QStringLiteral("Ctrl+F")), QKeySequence(QStringLiteral("/"))});
    m_workspaceActions.append(filter);
    menu->addAction(QStringLiteral("&Go to anything"), QKeySequence(QStringLiteral("Ctrl+K")), this,
                    &MainWindow::showPalette);
    m_workspaceActions.append(menu->addAction(QStringLiteral("&Jobs"), QKeySequence(QStringLiteral("Ctrl+J")), this,
                                              [this] { m_jobsButton->toggle(); }));
    menu->addSeparator();
    const auto option = [&](const QString &text, const char *name, bool on, auto set) {
        QAction *action = menu->addAction(text);
        action->setObjectName(QLatin1StringView(name));
        action->setCheckable(true);
        action->setChecked(on);
        connect(action, &QAction::toggled, this, [this, set](bool checked) {
            set(checked);
            save();
        });
    };
    option(QStringLiteral("Desktop &messages while watching"), "messagesAction", m_settings.messages,
           [this](bool on) { m_alerts->setMessages(m_settings.messages = on); });
    option(QStringLiteral("&Icon in the tray"), "trayAction", m_settings.tray,
           [this](bool on) { m_alerts->setTray(m_settings.tray = on); });
    menu->addSeparator();
    QMenu *themes = menu->addMenu(QStringLiteral("&Theme"));
    m_themes = new QActionGroup(this);
    for (const ThemeChoice choice : {ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark}) {
        QString name = themeChoiceName(choice);
        name[0] = name[0].toUpper();
        QAction *action = themes->addAction(name, this, [this, choice] { setTheme(choice); });
        action->setObjectName(QStringLiteral("theme-") + themeChoiceName(choice));
        action->setData(int(choice));
        action->setCheckable(true);
        action->setChecked(m_settings.theme == choice);
        m_themes->addAction(action);
    }
}

void MainWindow::makeDeployMenu()
{
    QMenu *menu = menuBar()->addMenu(QStringLiteral("&Deploy"));
    menu->setToolTipsVisible(true);
    Workbench *workbench = m_services.workbench;
    m_redeploy = menu->addAction(QStringLiteral("&Redeploy and judge"), QKeySequence(QStringLiteral("Ctrl+R")), this,
                                 [workbench] { workbench->redeploy(workbench->currentBackend()); });
    m_workspaceActions.append(menu->addAction(QStringLiteral("&Watch somebody else's redeploy"),
                                              QKeySequence(QStringLiteral("Ctrl+Shift+R")), this,
                                              [workbench] { workbench->watch(workbench->currentBackend()); }));
    m_workspaceActions.append(menu->addAction(
        QStringLiteral("Re&hearse…"), QKeySequence(QStringLiteral("Ctrl+Alt+R")), this, [this, workbench] {
            const QString backend = workbench->currentBackend();
            if (const QString obstacle = workbench->rehearsalObstacle(backend); !obstacle.isEmpty())
                return say(obstacle);
            askToRehearse(workbench, backend, this);
        }));
    m_watchDatabases = menu->addAction(QStringLiteral("Watch the workspace's &databases in sessions"));
    m_watchDatabases->setObjectName(QStringLiteral("watchDatabasesAction"));
    m_watchDatabases->setCheckable(true);
    connect(m_watchDatabases, &QAction::triggered, workbench, &Workbench::setWatchesDatabases);
    m_workspaceActions.append(menu->addAction(QStringLiteral("&Unlock or lock production"),
                                              QKeySequence(QStringLiteral("Ctrl+U")), this, [this, workbench] {
                                                  const QString backend = workbench->currentBackend();
                                                  const Backend *found = workbench->workspace().backend(backend);
                                                  if (!found || !found->isProduction())
                                                      return say(QStringLiteral("%1 is no production backend: it has "
                                                                                "no lock.")
                                                                     .arg(backend));
                                                  if (workbench->isLocked(backend))
                                                      askToUnlock(workbench, backend, this);
                                                  else
                                                      workbench->lock(backend);
                                              }));
    m_workspaceActions.append(menu->addAction(QStringLiteral("Recorded &sessions"),
                                              QKeySequence(QStringLiteral("Ctrl+Shift+E")), this, [this, workbench] {
                                                  showPage(QStringLiteral("WebSockets"), QStringLiteral("session"));
                                                  workbench->requestSessionList();
                                              }));
    menu->addAction(QStringLiteral("Show the &audit log"), this, [workbench] {
        QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(workbench->auditFile()).absolutePath()));
    });
    menu->addSeparator();
    m_cancel = menu->addAction(QStringLiteral("&Cancel the session"), QKeySequence(QStringLiteral("Ctrl+.")), workbench,
                               &Workbench::interruptSession);
    m_cancel->setEnabled(false);
}

void MainWindow::makeHelpMenu()
{
    QMenu *menu = menuBar()->addMenu(QStringLiteral("&Help"));
    menu->addAction(QStringLiteral("&Keys"), QKeySequence(QStringLiteral("?")), this, &MainWindow::showKeys);
}

void MainWindow::fillPageMenu()
{
    if (!m_pageMenu)
        return;
    m_pageMenu->clear();
    if (const Page *page = currentPage())
        m_pageMenu->addActions(page->pageActions());
    m_pageMenu->menuAction()->setVisible(!m_pageMenu->isEmpty());
}

void MainWindow::showPalette()
{
    QList<PaletteEntry> entries;
    Workbench *workbench = m_services.workbench;
    for (const Backend &backend : workbench->workspace().backends)
        entries.append({backend.name, QStringLiteral("backend"), {}, true, [workbench, name = backend.name] {
                            workbench->setCurrentBackend(name);
                        }});
    for (const QAction *menu : menuBar()->actions()) {
        if (menu->menu())
            addCommands(menu->menu(), &entries);
    }
    if (workbench->isOpen()) {
        for (const Page *page : std::as_const(m_pages)) {
            for (const PageEntry &entry : page->paletteEntries())
                entries.append({entry.text, entry.kind, {}, true, [this, title = page->title(), item = entry.item] {
                                    showPage(title, item);
                                }});
        }
    }
    auto *palette = new CommandPalette(std::move(entries), this);
    palette->open();
}

void MainWindow::showKeys()
{
    auto *dialog = new QDialog(this);
    dialog->setObjectName(QStringLiteral("keysDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QStringLiteral("Keys"));
    QString rows;
    for (const QAction *action : menuBar()->actions()) {
        if (action->menu())
            rows += keyRows(action->menu());
    }
    rows += QStringLiteral(
        "<tr><td style='padding:2px 24px 2px 0'><b>Ctrl+C</b></td><td>Copy the selected rows as TSV</td></tr>"
        "<tr><td><b>Esc</b></td><td>Close the job drawer, clear the filter</td></tr>");
    auto *text = new QLabel(QStringLiteral("<table>%1</table>").arg(rows), dialog);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    auto *layout = new QVBoxLayout(dialog);
    layout->addWidget(text);
    layout->addWidget(buttons);
    dialog->open();
}

} // namespace Switchyard
