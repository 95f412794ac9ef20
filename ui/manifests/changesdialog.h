// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/fileset.h"
#include "models/manifests/filechanges.h"
#include "ui/manifests/codeeditor.h"

#include <QDialog>

#include <functional>

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class NoticePane;

/// Asks for a folder and answers with its path, or not at all.
using ChooseFolder = std::function<void(QWidget *parent, std::function<void(const QString &)> answer)>;

/// Files that are held against those of a folder.
struct ChangeGroup
{
    QString title; ///< "Source", "Target"
    QString folder;
    QList<WrittenFile> files;
    /// In place of fileChanges() and writeFileSet(), where a set has rules of its own. Called on worker threads.
    std::function<QList<FileChange>(const QString &folder)> compare = {};
    std::function<Result<void>(const QString &folder)> store = {};
    QString remark = {}; ///< said below the preview while it can be written

    QList<FileChange> changes() const { return compare ? compare(folder) : fileChanges(folder, files); }
    Result<void> write() const { return store ? store(folder) : writeFileSet(folder, files); }
};

/// What would change on the disk, file by file with its diff. With `toWrite` the one group can be written: all files or
/// none, and only what the preview has shown. Disk work is done on worker threads.
class ChangesDialog final : public QDialog
{
    Q_OBJECT
public:
    /// Only shows.
    ChangesDialog(const QString &title, QList<ChangeGroup> groups, QWidget *parent = nullptr);
    /// Shows and writes `group`, in a folder that can be chosen.
    ChangesDialog(const QString &title, const ChangeGroup &group, ChooseFolder chooseFolder, QWidget *parent = nullptr);

Q_SIGNALS:
    void written(const QString &folder, int files);

private:
    void setUp(const QString &title);
    QWidget *makeFolderRow();
    void compare();
    void take(const QList<QList<FileChange>> &changes);
    void showChange();
    void write();
    void say(const QString &text, bool bad);

    QList<ChangeGroup> m_groups;
    bool m_toWrite = false;
    ChooseFolder m_chooseFolder;
    int m_number = 0; ///< counts comparisons: an older answer is void
    bool m_writing = false;
    QList<FileChange> m_changes; ///< in the order of the list
    QLineEdit *m_folder = nullptr;
    QListWidget *m_list = nullptr;
    QStackedWidget *m_stack = nullptr;
    CodeEditor *m_diff = nullptr;
    NoticePane *m_notice = nullptr;
    QLabel *m_message = nullptr;
    QPushButton *m_write = nullptr;
};

} // namespace Switchyard
