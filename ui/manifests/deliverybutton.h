// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/changesdialog.h"

#include <QToolButton>

class QMenu;

namespace Switchyard {

class Workbench;

/// "Deliver": everything that a backend of the workspace needs on its platform, put together on a worker thread and
/// shown before it is written. Values of secrets are not in it.
class DeliveryButton final : public QToolButton
{
    Q_OBJECT
public:
    DeliveryButton(Workbench *workbench, ChooseFolder chooseFolder, QWidget *parent = nullptr);

    /// Puts the set of this backend together and opens the preview.
    void deliver(const QString &backend);

Q_SIGNALS:
    /// The preview is open, or there is none because the set could not be put together.
    void prepared(bool shown);

private:
    void fillMenu();

    Workbench *m_workbench;
    ChooseFolder m_chooseFolder;
    QMenu *m_menu;
    bool m_preparing = false;
};

} // namespace Switchyard
