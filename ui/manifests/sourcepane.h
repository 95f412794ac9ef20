// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/manifestdesk.h"

#include <QWidget>

class QFrame;
class QLabel;
class QListWidget;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class BulkRowModel;
class NoticePane;
class Table;

/// The left column: the open files, the editor of the chosen one, and what the lint says of all of them.
class SourcePane final : public QWidget
{
    Q_OBJECT
public:
    explicit SourcePane(ManifestDesk *desk, QWidget *parent = nullptr);

    QString currentFile() const;
    CodeEditor *currentEditor() const;
    /// Shows a place of an open file; false: it is not open.
    bool showPlace(const Place &place, bool takeFocus);
    /// The next finding in the order of the list, from the chosen one on, around its end.
    void stepFinding(bool backward);
    /// The first error of reading, which keeps the text from being converted.
    void showFirstError();

Q_SIGNALS:
    void currentFileChanged();
    void saveRequested(const QString &path, bool overwrite);
    void diffRequested();

private:
    QWidget *makeFindings();
    QFrame *makeBanner();
    void fillFiles();
    void fillBanner();
    void fillMarks();
    void replaceText(const QString &path);
    CodeEditor *editorOf(const QString &path);

    ManifestDesk *m_desk;
    QListWidget *m_list;
    QFrame *m_banner = nullptr;
    QLabel *m_bannerText = nullptr;
    QStackedWidget *m_editors;
    QHash<QString, CodeEditor *> m_byFile;
    BulkRowModel *m_model;
    Table *m_findings = nullptr;
    QStackedWidget *m_findingStack = nullptr;
    NoticePane *m_noFinding = nullptr;
    QLabel *m_summary = nullptr;
    bool m_filling = false;
};

} // namespace Switchyard
