// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QTimer;

namespace Switchyard {

class ElidedLabel;
class Workbench;

/// Above the tabs: which backend is meant, how it is, and what can be done to it.
class BackendBar final : public QWidget
{
    Q_OBJECT
public:
    explicit BackendBar(Workbench *workbench, QWidget *parent = nullptr);

protected:
    void paintEvent(QPaintEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void makeLayout();
    void fill();
    void fillState();
    void fillLock();

    Workbench *m_workbench;
    QComboBox *m_backend;
    QLabel *m_state;
    ElidedLabel *m_facts;
    QPushButton *m_lock;
    QLabel *m_modeLabel;
    QComboBox *m_mode;
    QPushButton *m_rehearse;
    QPushButton *m_watch;
    QPushButton *m_redeploy;
    QPushButton *m_cancel;
    QTimer *m_ageTimer;
};

} // namespace Switchyard
