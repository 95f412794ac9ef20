// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"

#include <functional>

class QStackedWidget;
class QTabBar;
class QLabel;

namespace Switchyard {

class BackendMonitor;
class NoticePane;
class RowModel;
class Table;
class Workbench;

/// What the page needs of the session view, which lives in a feature of its own.
struct SessionPane
{
    QWidget *widget = nullptr;
    std::function<void()> focusFilter;
    std::function<bool()> togglePause;
    /// Shows the last verdict of this backend; a running session stays.
    std::function<void(const QString &backend)> showBackend;
};

/// WebSockets: live counts of every socket, and the redeploy session. The session's view is made when first needed.
class RealtimePage final : public Page
{
    Q_OBJECT
public:
    RealtimePage(Workbench *workbench, std::function<SessionPane(QWidget *)> makeSession, QWidget *parent = nullptr);

    QString title() const override { return QStringLiteral("WebSockets"); }
    QString iconName() const override { return QStringLiteral("realtime"); }
    bool isBusy() const override;
    void cancel() override;
    QList<QAction *> pageActions() const override { return m_actions; }
    void refresh() override;
    bool togglePause() override;
    bool focusFilter() override;
    /// "live" or "session"; with "/NAME" those of that backend.
    void showItem(const QString &item) override;

private:
    QWidget *makeLive();
    void showPart(int part);
    QList<const BackendMonitor *> shownMonitors() const;
    void fill();

    Workbench *m_workbench;
    std::function<SessionPane(QWidget *)> m_makeSession;
    SessionPane m_session;
    QTabBar *m_parts;
    QStackedWidget *m_stack;
    QStackedWidget *m_live = nullptr;
    NoticePane *m_empty = nullptr;
    RowModel *m_sockets;
    Table *m_table = nullptr;
    QLabel *m_totals = nullptr;
    QLabel *m_note = nullptr;
    QList<QAction *> m_actions;
    bool m_paused = false;
};

} // namespace Switchyard
