// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QPushButton;

namespace Switchyard {

/// Shown without a workspace: three ways in, what was open lately, and what was found in a folder that has none.
class StartPage final : public QWidget
{
    Q_OBJECT
public:
    explicit StartPage(QWidget *parent = nullptr);
    void setRecent(const QStringList &files);
    /// What lies in a folder without a switchyard.toml, with the offer to write one.
    void showFindings(const QString &folder, const QStringList &found);
    void clearFindings();
    /// Offers the way back to the workspace that is open behind this page; empty: none is.
    void setOpenWorkspace(const QString &name);

Q_SIGNALS:
    void folderRequested();
    void urlEntered(const QString &url);
    void demoRequested();
    void recentChosen(const QString &file);
    void backRequested();
    void starterRequested(const QString &folder);

private:
    QWidget *makeChoices();
    QWidget *makeUrlCard();
    QWidget *makeFindings();

    QLineEdit *m_url;
    QListWidget *m_recent;
    QLabel *m_recentTitle;
    QPushButton *m_back;
    QWidget *m_findings;
    QLabel *m_found;
    QString m_folder;
};

/// Which files of a folder say something about where it runs: manifests, env files, Dockerfiles. Looks at names only.
QStringList telltaleFiles(const QString &folder);

/// The text of a first switchyard.toml for the folder: one local backend to be filled in, and what was found as
/// comments.
QByteArray starterWorkspace(const QString &folder);

} // namespace Switchyard
