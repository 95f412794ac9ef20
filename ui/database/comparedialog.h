// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/compare.h"
#include "ui/common/rowmodel.h"
#include "ui/database/databaseservices.h"

#include <QDialog>
#include <QPointer>

#include <memory>

class QCheckBox;
class QComboBox;
class QFrame;
class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTextBrowser;

namespace Switchyard {

class BulkRowModel;
class DatabaseJob;
class DatabaseSet;
class NoticePane;
class Table;

/// Whether the target holds what the source holds: the verdict, the totals of each kind, every difference with what to
/// do, and what was not measured. Reads both and writes to neither. Thread: GUI.
class CompareDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `source` and `target` are places in the set; -1: none is chosen yet. The set may go: then nothing can be started
    /// any more.
    CompareDialog(DatabaseSet *set, int source, int target, ChooseReportPath choosePath, QWidget *parent = nullptr);
    ~CompareDialog() override;

    /// What was compared elsewhere.
    void showReport(const std::shared_ptr<const CompareReport> &report);
    void startOrCancel();

public Q_SLOTS:
    /// Escape and the window's button: what runs is cancelled with it.
    void reject() override;

protected:
    void changeEvent(QEvent *event) override;

private:
    enum class Shown
    {
        Differences,
        Unknown,
        All
    };
    QWidget *makeBar();
    QWidget *makeResult();
    void start();
    void finish(const std::shared_ptr<const CompareReport> &report);
    void showProgress(const CompareProgress &progress);
    void fill();
    void fillRows();
    void save();

    QPointer<DatabaseSet> m_set;
    ChooseReportPath m_choosePath;
    std::unique_ptr<DatabaseJob> m_job;
    std::shared_ptr<const CompareReport> m_report;
    bool m_closing = false;
    QString m_refused;   ///< why the last try did not begin
    bool m_again = true; ///< to try again may help
    QComboBox *m_source = nullptr;
    QComboBox *m_target = nullptr;
    QCheckBox *m_checksums = nullptr;
    QPushButton *m_go = nullptr;
    QPushButton *m_save = nullptr;
    QFrame *m_verdict = nullptr;
    QLabel *m_verdictText = nullptr;
    QProgressBar *m_progress = nullptr;
    QLabel *m_doing = nullptr;
    QStackedWidget *m_stack = nullptr;
    NoticePane *m_notice = nullptr;
    QList<QPushButton *> m_filters;
    Shown m_shown = Shown::Differences;
    BulkRowModel *m_totals = nullptr;
    BulkRowModel *m_rows = nullptr;
    Table *m_table = nullptr;
    QTextBrowser *m_detail = nullptr;
};

} // namespace Switchyard
