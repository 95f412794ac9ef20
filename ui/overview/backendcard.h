// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;

namespace Switchyard {

class BackendMonitor;
class Workbench;

/// One backend on the overview: how it is, who is connected, what the last redeploy did.
class BackendCard final : public QFrame
{
    Q_OBJECT
public:
    BackendCard(const Workbench *workbench, QString backend, QWidget *parent = nullptr);
    void fill();

private:
    const Workbench *m_workbench;
    QString m_backend;
    QLabel *m_title;
    QLabel *m_state;
    QLabel *m_facts;
};

} // namespace Switchyard
