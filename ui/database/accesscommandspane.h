// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/access/accessendpoint.h"

#include <QScrollArea>

class QVBoxLayout;

namespace Switchyard {

/// The commands that do what this window does not, each with a button that copies it. Thread: GUI.
class AccessCommandsPane final : public QScrollArea
{
    Q_OBJECT
public:
    explicit AccessCommandsPane(QWidget *parent = nullptr);
    void show(const QList<AccessCommand> &commands, AccessListOwner owner);
    using QWidget::show;

private:
    void add(const AccessCommand &command);

    QList<AccessCommand> m_commands;
    AccessListOwner m_owner = AccessListOwner::Other;
    QWidget *m_body = nullptr;
    QVBoxLayout *m_layout = nullptr;
};

} // namespace Switchyard
