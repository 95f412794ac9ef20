// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/database/accessrequest.h"

#include <QWidget>

class QFrame;
class QLabel;
class QStackedWidget;
class QTabWidget;
class QTextBrowser;

namespace Switchyard {

class AccessCommandsPane;
class NoticePane;
class RowModel;
class Table;

/// One advice: what is recommended, where the backend connects from, the matrix of ways with the chosen one in words,
/// the steps, what was found in the list, and the commands. Thread: GUI.
class AccessView final : public QWidget
{
    Q_OBJECT
public:
    explicit AccessView(QWidget *parent = nullptr);
    void show(const AccessAnswer &answer);
    using QWidget::show;

Q_SIGNALS:
    /// No list was read, and the person wants to.
    void listWanted();

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeWays();
    QWidget *makeFound();
    QTextBrowser *makeText(const char *name, const QString &accessibleName);
    void fill();
    void fillWay();

    AccessAnswer m_answer;
    QFrame *m_banner;
    QLabel *m_bannerText;
    QLabel *m_outbound;
    QTabWidget *m_tabs;
    QStackedWidget *m_ways = nullptr;
    NoticePane *m_noWays = nullptr;
    RowModel *m_model = nullptr;
    Table *m_table = nullptr;
    QTextBrowser *m_way = nullptr;
    QTextBrowser *m_steps = nullptr;
    QStackedWidget *m_foundStack = nullptr;
    NoticePane *m_noList = nullptr;
    QTextBrowser *m_found = nullptr;
    AccessCommandsPane *m_commands = nullptr;
    bool m_shown = false;
};

} // namespace Switchyard
