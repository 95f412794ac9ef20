// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/copy/copy.h"
#include "ui/database/databaseservices.h"

#include <QDialog>
#include <QPointer>

#include <memory>

class QCheckBox;
class QComboBox;
class QFrame;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTextBrowser;

namespace Switchyard {

class CopyOptionsPane;
class DatabaseJob;
class DatabaseSet;
class Workbench;

/// Copies a PostgreSQL database into another: first the plan, which changes nothing and says what would be deleted and
/// what stays behind, then the copy as planned, with its progress, and the comparison at its end. A production target
/// must be unlocked. It is no modal dialog, and deletes itself when it was closed and what ran has ended. Thread: GUI.
class CopyDialog final : public QDialog
{
    Q_OBJECT
public:
    CopyDialog(Workbench *workbench, int source, int target, DatabaseServices services, QWidget *parent = nullptr);
    ~CopyDialog() override;

public Q_SLOTS:
    void reject() override;

protected:
    void changeEvent(QEvent *event) override;

private:
    enum class Into
    {
        Empty,
        Beside,
        Replace
    };
    QWidget *makeEnds();
    QWidget *makeChoices();
    void choicesChanged();
    void run(bool planOnly);
    void finish(const Result<CopyReport> &done, bool planOnly);
    void showStep(const CopyStep &step);
    void showProgress(const CopyProgress &progress);
    void fill();
    void fillText();
    QString obstacle() const; ///< why the copy cannot begin; empty: it can
    QString targetBackend() const;
    bool isCopying() const;
    void leave();
    void save();
    void showComparison();

    QPointer<Workbench> m_workbench;
    QPointer<DatabaseSet> m_set;
    DatabaseServices m_services;
    std::unique_ptr<DatabaseJob> m_job;
    QString m_refused;
    std::shared_ptr<const CopyReport> m_plan;   ///< of the choices as they stand
    std::shared_ptr<const CopyReport> m_report; ///< of the copy
    QList<CopyStep> m_steps;                    ///< of what runs
    bool m_planning = false;
    bool m_closing = false;
    bool m_stays = false; ///< somebody wanted it closed in the middle of a copy
    QComboBox *m_source = nullptr;
    QComboBox *m_target = nullptr;
    QPushButton *m_swap = nullptr;
    QComboBox *m_into = nullptr;
    QLineEdit *m_name = nullptr; ///< the target's database, typed by whoever wants things of it deleted
    CopyOptionsPane *m_options = nullptr;
    QCheckBox *m_final = nullptr;
    QCheckBox *m_analyze = nullptr;
    QCheckBox *m_compare = nullptr;
    QFrame *m_banner = nullptr;
    QLabel *m_bannerText = nullptr;
    QPushButton *m_unlock = nullptr;
    QProgressBar *m_progress = nullptr;
    QLabel *m_doing = nullptr;
    QTextBrowser *m_text = nullptr;
    QPushButton *m_save = nullptr;
    QPushButton *m_open = nullptr; ///< the comparison
    QPushButton *m_planButton = nullptr;
    QPushButton *m_copyButton = nullptr;
    QPushButton *m_cancel = nullptr;
};

} // namespace Switchyard
