// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"
#include "ui/database/databaseservices.h"

#include <QPointer>
#include <QTimer>

#include <functional>

class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace Switchyard {

class DatabaseDetail;
class DatabaseSet;
class NoticePane;
class RowModel;
class Table;
class Workbench;

/// Every database of the workspace: a row with its stages for each, and the chosen one in full, beside its twin of the
/// other role where there is one. Opening a workspace connects to nothing; what was polled in this window before goes
/// on, since somebody has seen what it costs.
class DatabasePage final : public Page
{
    Q_OBJECT
public:
    DatabasePage(Workbench *workbench, DatabaseServices services, QWidget *parent = nullptr);
    QString title() const override { return QStringLiteral("Databases"); }
    QString iconName() const override { return QStringLiteral("database"); }
    bool isBusy() const override;
    void cancel() override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    QList<QAction *> pageActions() const override { return m_actions; }
    void refresh() override;
    void showItem(const QString &item) override;
    QList<PageEntry> paletteEntries() const override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeBar();
    void makeActions();
    void open();
    void goOnPolling();
    void rowChanged(int index);
    void fill();
    void fillDetails();
    void fillNote();
    void fillActions();
    int current() const;
    /// The chosen one and its twin, the source first; -1 where there is none.
    std::pair<int, int> currentPair() const;
    std::pair<int, int> offeredPair() const;
    void showCompare();
    void showCopy();
    void showAccess();
    int twinOf(int index) const;
    void loadHistory(DatabaseDetail *detail);

    Workbench *m_workbench;
    DatabaseServices m_services;
    QPointer<DatabaseSet> m_set;
    QStackedWidget *m_stack;
    NoticePane *m_empty;
    RowModel *m_model;
    Table *m_table;
    QSplitter *m_splitter;
    DatabaseDetail *m_detail;
    DatabaseDetail *m_twin;
    QLabel *m_note;
    QPushButton *m_probeAll;
    QPushButton *m_cancel;
    QPushButton *m_sideBySide;
    QPushButton *m_compare;
    QPushButton *m_copy;
    QPushButton *m_access;
    QList<QAction *> m_actions;
    struct Enabling
    {
        QAction *action;
        std::function<bool()> possible;
    };
    QList<Enabling> m_possible; ///< of m_actions, when each can be done
    QTimer m_ages;              ///< the column of ages goes on by itself
    /// Of each workspace's file, which were polled, how often: "backend/name" to "30s", or "30s reach".
    QJsonObject m_polled;
};

} // namespace Switchyard
