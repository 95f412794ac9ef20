// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"
#include "ui/environment/environmentdesk.h"
#include "ui/environment/exportdialog.h"

class QComboBox;
class QFrame;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace Switchyard {

class DetailPane;
class FilterBar;
class NoticePane;
class ScanPane;
class Table;
class VariableActions;
class Workbench;

/// What the page asks of others; tests answer through it.
struct EnvironmentServices
{
    ChooseExportPath savePath;
    /// Asks for the name of a locked production backend, and unlocks it.
    std::function<void(const QString &backend, QWidget *parent)> askToUnlock;
    /// Opens a file of the workspace; absent: by the desktop.
    std::function<void(const Place &place)> openPlace;
};

/// Every variable of source and target, what must change and why; the target's values edited in place; the scan of the
/// code; exports. It reads and judges through its desk.
class EnvironmentPage final : public Page
{
    Q_OBJECT
public:
    EnvironmentPage(Workbench *workbench, EnvironmentServices services, QWidget *parent = nullptr);

    QString title() const override { return QStringLiteral("Environment"); }
    QString iconName() const override { return QStringLiteral("environment"); }
    bool isBusy() const override;
    void cancel() override;
    QList<QAction *> pageActions() const override { return m_pageActions; }
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    void refresh() override;
    bool focusFilter() override;
    QStringList unsaved() const override { return m_desk->journal()->unsaved(); }
    /// A variable's name.
    void showItem(const QString &item) override;
    QList<PageEntry> paletteEntries() const override;

    EnvironmentDesk *desk() const { return m_desk; }
    void openScan();
    void showExport(ExportTarget target);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeBar();
    QWidget *makeWork();
    QWidget *makeSummary();
    void makeBanners();
    QFrame *makeBanner(const char *name, QLabel **text, QPushButton **button);
    void makeActions();
    void connectDesk();
    void fillBackends();
    void openComparison();
    void fillState();
    void fillNotice();
    void fillView();
    void fillSummary();
    void showCurrent();
    void chooseLeft();
    void showMenu(const QPoint &at);
    bool mayEdit();
    void save(bool overwrite);
    void askAboutDisk(const QString &file);
    void say(const QString &title, const QString &text, const QString &more, const char *name);
    void makeEnvFile();
    void saveTable(const QString &suffix);
    void openPlace(const Place &place);
    QString targetName() const { return m_desk->request().to; }
    QString folder() const;

    Workbench *m_workbench;
    EnvironmentServices m_services;
    EnvironmentDesk *m_desk;
    VariableModel *m_model;
    VariableActions *m_actions = nullptr;
    QList<QAction *> m_pageActions;
    QAction *m_save = nullptr;
    QComboBox *m_from = nullptr;
    QComboBox *m_to = nullptr;
    FilterBar *m_filter = nullptr;
    QPushButton *m_scanButton = nullptr;
    QPushButton *m_export = nullptr;
    QLabel *m_summary = nullptr;
    QPushButton *m_unlock = nullptr;
    QPushButton *m_undo = nullptr;
    QPushButton *m_saveButton = nullptr;
    QFrame *m_stale = nullptr;
    QLabel *m_staleText = nullptr;
    QFrame *m_noFile = nullptr;
    QLabel *m_noFileText = nullptr;
    QStackedWidget *m_stack = nullptr;
    QStackedWidget *m_left = nullptr;
    QSplitter *m_columns = nullptr;
    QSplitter *m_rows = nullptr;
    Table *m_table = nullptr;
    DetailPane *m_details = nullptr;
    ScanPane *m_scan = nullptr;
    NoticePane *m_notice = nullptr;
    NoticePane *m_filtered = nullptr;
    QString m_workspaceFile;
    bool m_wanting = false; ///< a showItem() that waits for the rows
    QString m_wanted;
};

} // namespace Switchyard
