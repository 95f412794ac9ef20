// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/sessionlist.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class NoticePane;
class RowModel;
class Table;

/// The sessions recorded on this machine, read on a worker thread: open one, or compare two.
class SessionList final : public QWidget
{
    Q_OBJECT
public:
    explicit SessionList(QWidget *parent = nullptr);

    /// Reads the folder anew; what is shown stays until it is read.
    void load(const QString &folder);
    void focusFilter();

Q_SIGNALS:
    void openRequested(const QString &folder);
    /// The earlier one first.
    void compareRequested(const QString &before, const QString &after);
    void backRequested();
    void noticed(const QString &text);

private:
    QWidget *makeHead();
    void take(const QList<SessionSummary> &sessions);
    void choose();
    void showButtons();
    QStringList selected() const;
    void openSelected();
    void compareSelected();

    QString m_folder;
    QList<SessionSummary> m_sessions;
    RowModel *m_rows;
    Table *m_table;
    QStackedWidget *m_stack;
    NoticePane *m_notice;
    QLabel *m_title;
    QLineEdit *m_filter;
    QPushButton *m_open;
    QPushButton *m_compare;
    enum class Shows
    {
        Loading,
        Failed,
        Empty,
        Filtered,
        List
    };
    Shows m_shows = Shows::Loading;
    int m_run = 0;
};

} // namespace Switchyard
