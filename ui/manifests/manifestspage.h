// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"
#include "ui/manifests/changesdialog.h"
#include "ui/manifests/losspane.h"
#include "ui/manifests/manifestdesk.h"

class QComboBox;
class QFrame;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace Switchyard {

class NoticePane;
class SourcePane;
class TargetPane;
class Workbench;

/// How the page asks for files and folders; tests answer through them.
struct ManifestChoosers
{
    std::function<void(QWidget *parent, std::function<void(const QStringList &)> answer)> openFiles;
    ChooseFolder folder;
    ChooseSavePath savePath;
};

/// Manifests of one platform, what each of their keys becomes on another, and the texts that come of it. Beside them
/// what the lint says while the person types.
class ManifestsPage final : public Page
{
    Q_OBJECT
public:
    ManifestsPage(Workbench *workbench, ManifestChoosers choosers, QWidget *parent = nullptr);

    QString title() const override { return QStringLiteral("Manifests"); }
    QString iconName() const override { return QStringLiteral("manifests"); }
    bool isBusy() const override { return m_desk->isWorking(); }
    QList<QAction *> pageActions() const override { return m_actions; }
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    void refresh() override { m_desk->checkDisk(); }
    /// In an editor: its search bar; else the filter of the keys.
    bool focusFilter() override;
    /// A file's full path, with ":LINE" or without.
    void showItem(const QString &item) override;
    QStringList unsaved() const override { return m_desk->unsaved(); }

    void openFiles(const QStringList &files);
    void setTarget(ConvertTarget target);
    ManifestDesk *desk() const { return m_desk; }

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void makeActions();
    QWidget *makeBar();
    QFrame *makeBanner();
    void connectDesk();
    void fillSources();
    void openSource(int index);
    void openBackend(const QString &name);
    void fillState();
    void fillReading();
    void fillWorking();
    void chooseFiles();
    void save(const QString &path, bool overwrite);
    void askToOverwrite(const QString &path);
    void showDiff();
    void showWrite();
    void nextPane();
    QString targetFolder() const;

    Workbench *m_workbench;
    ManifestChoosers m_choosers;
    ManifestDesk *m_desk;
    QList<QAction *> m_actions;
    QComboBox *m_sources = nullptr;
    QComboBox *m_targets = nullptr;
    QLabel *m_working = nullptr;
    QPushButton *m_diff = nullptr;
    QPushButton *m_write = nullptr;
    QAction *m_save = nullptr;
    QFrame *m_banner = nullptr;
    QLabel *m_bannerText = nullptr;
    QStackedWidget *m_stack;
    QSplitter *m_columns = nullptr;
    SourcePane *m_source = nullptr;
    LossPane *m_loss = nullptr;
    TargetPane *m_target = nullptr;
    NoticePane *m_notice = nullptr;
    QString m_workspaceFile; ///< whose manifests are open
    QStringList m_opened;    ///< by hand
    QString m_writtenFolder; ///< where the person wrote last
};

} // namespace Switchyard
