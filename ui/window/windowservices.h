// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"
#include "ui/common/theme.h"
#include "ui/window/alerts.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <functional>

namespace Switchyard {

class Workbench;

/// What the window remembers from one start to the next. The program reads and writes it; the window only holds it.
struct WindowSettings
{
    QByteArray geometry;
    ThemeChoice theme = ThemeChoice::System;
    bool messages = true; ///< on the desktop, while watching
    bool tray = true;     ///< an icon in the tray, where there is one
    QStringList recent;   ///< workspace files, newest first, at most 8
    QJsonObject pages;    ///< saveState() of each page, by title
};

/// What the window is given. The functions are seams: tests answer dialogs through them.
struct WindowServices
{
    Workbench *workbench = nullptr;
    /// Makes the seven pages, in the order of their tabs; called once a workspace is first opened.
    std::function<QList<Page *>(QWidget *parent)> makePages;
    /// Asks for a folder and answers with its path, or not at all when the person changed their mind.
    std::function<void(QWidget *parent, std::function<void(const QString &)> answer)> chooseFolder;
    std::function<void(const WindowSettings &)> saveSettings;
    std::function<void(ThemeChoice)> applyTheme;
    /// Shows a message on the desktop; empty: by the tray or the notification service.
    Notify notify;
};

} // namespace Switchyard
