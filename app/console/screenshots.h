// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QStringList>
#include <QTemporaryDir>

#include <functional>

namespace Switchyard {

class MainWindow;
class Workbench;

/// Runs the demo redeploy in the window and saves a picture of every tab, the start page and the session, in light and
/// dark, 1280 x 800, and the session's PDF. Thread: GUI; goes on by timers and signals.
class Screenshots final : public QObject
{
    Q_OBJECT
public:
    Screenshots(MainWindow *window, Workbench *workbench, QString folder, QString shutdownMode,
                QObject *parent = nullptr);
    /// A switchyard.toml for the pictures of the Environment tab; without it, an example of its own.
    void setWorkspace(const QString &file) { m_workspace = file; }
    void start();

Q_SIGNALS:
    /// `complete`: every picture was written.
    void finished(bool complete);

private:
    void step(std::function<void()> what, int thenMs = 500);
    void both(const QString &name);
    void afterVerdict();
    void next();
    void manifestPictures();
    void environmentPictures();
    void dialogPictures(const QString &name, const char *objectName);
    /// Of the window, or of something in it.
    void shoot(const QString &name, QWidget *what = nullptr);
    void writePdf();

    MainWindow *m_window;
    Workbench *m_workbench;
    QString m_folder;
    QString m_shutdownMode;
    QString m_workspace;
    QList<std::pair<std::function<void()>, int>> m_steps; ///< what, and how long until the next
    QTemporaryDir m_example;                              ///< manifests to convert
    bool m_complete = true;
    bool m_verdictSeen = false;
};

} // namespace Switchyard
