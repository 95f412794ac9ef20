// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/deliverybutton.h"

#include "models/delivery/delivery.h"
#include "models/platforms/platform.h"
#include "ui/common/offthread.h"
#include "ui/common/workbench.h"

#include <QDir>
#include <QFileInfo>
#include <QMenu>

#include <memory>

namespace Switchyard {

namespace {

const QString idleText = QStringLiteral("Deliver ▾");

/// The set as the preview shows and writes it. What it replaces has been shown, so files that no delivery wrote give
/// way too; sources never do.
ChangeGroup groupOf(const std::shared_ptr<const Delivery> &delivery, const QString &folder)
{
    ChangeGroup group{QStringLiteral("delivery"), folder, {}};
    for (const DeliveryFile &file : delivery->files)
        group.files.append(file.written());
    group.compare = [delivery](const QString &path) { return deliveryChanges(*delivery, path); };
    group.store = [delivery](const QString &path) { return writeDelivery(*delivery, path, true); };
    group.remark = QStringLiteral("Values of secrets are not among them; DELIVERY.md says what to do with each file.");
    return group;
}

} // namespace

DeliveryButton::DeliveryButton(Workbench *workbench, ChooseFolder chooseFolder, QWidget *parent)
    : QToolButton(parent)
    , m_workbench(workbench)
    , m_chooseFolder(std::move(chooseFolder))
    , m_menu(new QMenu(this))
{
    setText(idleText);
    setProperty("choice", true);
    setPopupMode(QToolButton::InstantPopup);
    setObjectName(QStringLiteral("manifestDeliver"));
    setAccessibleName(QStringLiteral("Deliver everything that a backend needs"));
    setToolTip(
        QStringLiteral("Manifest, Dockerfile, env files, secrets script, rewrites and verify script of a backend, "
                       "with a preview"));
    setMenu(m_menu);
    connect(m_menu, &QMenu::aboutToShow, this, &DeliveryButton::fillMenu);
    const auto enable = [this] { setEnabled(m_workbench->isOpen() && !m_preparing); };
    connect(m_workbench, &Workbench::workspaceOpened, this, enable);
    connect(m_workbench, &Workbench::workspaceClosed, this, enable);
    enable();
}

void DeliveryButton::fillMenu()
{
    m_menu->clear();
    for (const Backend &backend : m_workbench->workspace().backends) {
        const Platform *platform = m_workbench->catalogue()->find(backend.platform);
        QAction *action = m_menu->addAction(QStringLiteral("Everything that %1 needs on %2…")
                                                .arg(backend.name, platform ? platform->name : backend.platform));
        connect(action, &QAction::triggered, this, [this, name = backend.name] { deliver(name); });
    }
}

void DeliveryButton::deliver(const QString &backend)
{
    if (m_preparing || !m_workbench->isOpen())
        return;
    m_preparing = true;
    setEnabled(false);
    setText(QStringLiteral("◌ Preparing…"));
    DeliveryRequest request;
    request.workspace = m_workbench->workspace();
    request.backend = backend;
    const auto work = [request, catalogue = m_workbench->catalogue()] { return prepareDelivery(request, *catalogue); };
    const QString folder =
        QFileInfo(request.workspace.file).absoluteDir().filePath(QStringLiteral("delivery-") + backend);
    offThread(this, work, [this, backend, folder](const Result<Delivery> &delivery) {
        m_preparing = false;
        setText(idleText);
        setEnabled(m_workbench->isOpen());
        if (!delivery) {
            Q_EMIT m_workbench->noticed(
                QStringLiteral("No delivery for %1: %2").arg(backend, delivery.error().toString()));
            Q_EMIT prepared(false);
            return;
        }
        auto *dialog =
            new ChangesDialog(QStringLiteral("Deliver %1").arg(backend),
                              groupOf(std::make_shared<const Delivery>(*delivery), folder), m_chooseFolder, window());
        connect(dialog, &ChangesDialog::written, this, [this](const QString &path, int files) {
            Q_EMIT m_workbench->noticed(files == 1 ? QStringLiteral("1 file written to %1").arg(path)
                                                   : QStringLiteral("%1 files written to %2").arg(files).arg(path));
        });
        dialog->open();
        Q_EMIT prepared(true);
    });
}

} // namespace Switchyard
