// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/database/accessrequest.h"
#include "ui/database/databaseservices.h"

#include <QDialog>
#include <QPointer>

#include <memory>

class QComboBox;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class AccessToldPane;
class AccessView;
class DatabaseJob;
class DatabaseSet;
class NoticePane;
class Workbench;

/// How a database lets in the backend that uses it, and no others: the advice of `db access`, for one database of the
/// workspace. It asks nobody anything and changes nothing. It is no modal dialog, and deletes itself when it was closed
/// and what ran has ended. Thread: GUI; strings, files and the advice itself on a thread of their own.
class AccessDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `database` is its place in the set; -1: none is chosen yet.
    AccessDialog(Workbench *workbench, int database, DatabaseServices services, QWidget *parent = nullptr);
    ~AccessDialog() override;

public Q_SLOTS:
    void reject() override;

private:
    QWidget *makeBar();
    void choose();
    void ask();
    void askAgain();
    void finish(const Result<AccessAnswer> &done);
    void fill();
    void copyText();
    void save();

    QPointer<Workbench> m_workbench;
    QPointer<DatabaseSet> m_set;
    DatabaseServices m_services;
    std::unique_ptr<DatabaseJob> m_job;
    std::optional<AccessAnswer> m_answer;
    std::optional<Error> m_error; ///< of the last question
    /// The chosen database's string, read once: a keychain is not asked again for every letter that is typed.
    std::optional<Result<ConnectionString>> m_read;
    bool m_again = false; ///< something was told while it was asked
    bool m_closing = false;
    QComboBox *m_database = nullptr;
    QPushButton *m_copy = nullptr;
    QPushButton *m_save = nullptr;
    AccessToldPane *m_told = nullptr;
    QStackedWidget *m_stack = nullptr;
    AccessView *m_view = nullptr;
    NoticePane *m_notice = nullptr;
};

} // namespace Switchyard
