// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"
#include "ui/health/pairrows.h"

#include <QTimer>

#include <functional>

class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace Switchyard {

class AlertsPane;
class BulkRowModel;
class DetailFeed;
class FleetDetail;
class MonitorBar;
class MonitorDetail;
class NoticePane;
class SourceBar;
class Table;
class Workbench;
struct FreePlan;

/// Every monitor of the workspace, and the chosen one in detail.
class HealthPage final : public Page
{
    Q_OBJECT
public:
    /// Asks where to save a file of this name and answers with its path, or not at all.
    using SavePath = std::function<void(QWidget *, const QString &, std::function<void(const QString &)>)>;

    HealthPage(Workbench *workbench, SavePath savePath, QWidget *parent = nullptr);
    QString title() const override { return QStringLiteral("Health"); }
    QString iconName() const override { return QStringLiteral("health"); }
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    QList<QAction *> pageActions() const override { return m_actions; }
    void refresh() override;
    bool togglePause() override;
    bool focusFilter() override;
    void showItem(const QString &item) override;
    QList<PageEntry> paletteEntries() const override;

    MonitorModel *model() const { return m_model; }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void makeActions();
    QWidget *makeTables();
    QWidget *makeDetails();
    void connectWorkbench();
    void changeSource();
    void keepColumns();
    bool readsPrometheus() const;
    void open();
    void fill();
    void fillTable();
    void fillPairs();
    void fillNote();
    void fillWarm();
    void fillDetails();
    void changeView();
    bool choosePair(int monitor);
    Table *shownTable() const;
    QString currentKey() const;
    void showCurrent(const QString &key);
    const FreePlan *freePlanOf(const Monitor &monitor) const;
    QList<int> selected() const;
    void probeSelected();
    void pauseSelected();
    void showMenu(const QPoint &globalPos);
    void saveTable(const QString &suffix);
    void copyCurl();
    void showAlerts();

    Workbench *m_workbench;
    SavePath m_savePath;
    QStackedWidget *m_stack;
    NoticePane *m_empty;
    MonitorModel *m_model;
    BulkRowModel *m_pairs;
    QList<MonitorPair> m_pairList;
    QTimer m_pairTimer;
    QList<QAction *> m_actions;
    qsizetype m_rowActions = 0;      ///< so many of them are about rows
    QList<QAction *> m_probeActions; ///< what only this machine's own probes can do
    QAction *m_copyCurl = nullptr;
    QSplitter *m_splitter = nullptr;
    MonitorBar *m_bar = nullptr;
    QStackedWidget *m_tables = nullptr;
    Table *m_table = nullptr;
    Table *m_pairTable = nullptr;
    NoticePane *m_notice = nullptr;
    QLabel *m_note = nullptr;
    QLabel *m_warm = nullptr;
    SourceBar *m_sourceBar = nullptr;
    QStackedWidget *m_details = nullptr;
    MonitorDetail *m_detail = nullptr;
    FleetDetail *m_fleetDetail = nullptr;
    DetailFeed *m_feed = nullptr;
    AlertsPane *m_alertsPane = nullptr;
    int m_current = -1; ///< the monitor whose details are shown
    /// Who measures decides what there is to show, so each has its columns.
    QJsonObject m_ownColumns, m_readColumns;
    bool m_readShown = false; ///< those of Prometheus are shown
    bool m_noPairs = false;
    bool m_detailsOld = true;
    bool m_paused = false;
};

} // namespace Switchyard
