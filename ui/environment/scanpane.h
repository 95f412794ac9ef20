// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/scan/scantypes.h"
#include "ui/environment/exportdialog.h"

#include <QWidget>

#include <stop_token>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class BulkRowModel;
class NoticePane;
class Table;

/// A folder that is scanned: a component's.
struct ScanFolder
{
    QString component;
    QString path; ///< full
    bool operator==(const ScanFolder &) const = default;
};

/// What stands in code and configuration and would not survive the move, with the change of each finding as a diff. It
/// scans on a worker thread; an answer that a newer scan has overtaken is dropped. Thread: GUI.
class ScanPane final : public QWidget
{
    Q_OBJECT
public:
    explicit ScanPane(ChooseExportPath choosePath, QWidget *parent = nullptr);
    ~ScanPane() override;

    /// Findings of other folders are gone. `base`: what paths are shown relative to; `platform`: id of the source's.
    void setFolders(const QList<ScanFolder> &folders, const QString &base, const QString &platform);
    void scan();
    void cancel();
    bool isScanning() const { return m_scanning; }
    /// -1: not scanned yet.
    int findings() const { return m_scanned ? int(m_findings.size()) : -1; }
    void savePatch();

Q_SIGNALS:
    void countChanged();
    void scanningChanged();
    void closeRequested();
    void placeChosen(const Switchyard::Place &place);
    void noticed(const QString &text);

private:
    struct Finding
    {
        ScanFinding finding;
        QString folder; ///< full path of what was scanned
        QString shown;  ///< path as it is shown
    };
    struct Scanned;
    QWidget *makeBar();
    void take(const Scanned &scanned);
    void fillRows();
    void applyFilter();
    void showDiff(const QString &key);
    void fillState();

    ChooseExportPath m_choosePath;
    QList<ScanFolder> m_folders;
    QString m_base;
    QString m_platform;
    QList<Finding> m_findings;
    QStringList m_notices;
    std::optional<Error> m_error;
    qint64 m_files = 0;
    bool m_scanned = false;
    bool m_scanning = false;
    bool m_cancelled = false;
    int m_number = 0;
    int m_diffNumber = 0;
    std::stop_source m_stop;
    QLabel *m_summary = nullptr;
    QComboBox *m_filter = nullptr;
    QPushButton *m_again = nullptr;
    QPushButton *m_patch = nullptr;
    QStackedWidget *m_stack = nullptr;
    BulkRowModel *m_model;
    Table *m_table = nullptr;
    NoticePane *m_notice = nullptr;
    QPlainTextEdit *m_diff = nullptr;
};

} // namespace Switchyard
