// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QTimer>

class QLabel;
class QProgressBar;
class QPushButton;

namespace Switchyard {

class Workbench;

/// What runs right now, with its progress and a way to stop it. Opens upward from the status bar.
class JobDrawer final : public QFrame
{
    Q_OBJECT
public:
    explicit JobDrawer(Workbench *workbench, QWidget *parent = nullptr);
    /// "1 job: redeploy of demo, draining 8 s", "no jobs".
    QString summary() const { return m_summary; }

Q_SIGNALS:
    void summaryChanged();

private:
    void fill();

    Workbench *m_workbench;
    QLabel *m_title;
    QLabel *m_step;
    QProgressBar *m_progress;
    QPushButton *m_cancel;
    QTimer m_timer;
    QString m_summary;
};

} // namespace Switchyard
