// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/platforms/platform.h"
#include "ui/common/workbench.h"
#include "ui/window/mainwindow.h"

#include <memory>

namespace Switchyard {

/// What a program or a test may set before the window is put together.
struct ConsoleOptions
{
    WorkbenchOptions workbench;
    WindowSettings settings;
    std::function<void(const WindowSettings &)> saveSettings;
    /// Absent: the platform's own dialogs.
    std::function<void(QWidget *parent, std::function<void(const QString &)> answer)> chooseFolder;
    std::function<void(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)>
        chooseSaveFile;
    std::function<void(QWidget *parent, std::function<void(const QStringList &)> answer)> chooseFiles;
    std::function<void(QWidget *parent, const QString &title, std::function<void(const QString &)> answer)> chooseFile;
    std::function<void(const Place &place)> openPlace;
    Notify notify;
};

/// The composition root of the window: builds the services in the order in which they need each other and hands them
/// over. They are destroyed after the window.
class Console final
{
public:
    /// Errors: the platform catalogue is wrong.
    [[nodiscard]] static Result<std::unique_ptr<Console>> make(ConsoleOptions options);
    ~Console();

    Workbench &workbench() { return *m_workbench; }
    MainWindow &window() { return *m_window; }

private:
    explicit Console(PlatformCatalogue catalogue);
    void makeWindow(ConsoleOptions options);

    PlatformCatalogue m_catalogue;
    std::unique_ptr<Workbench> m_workbench;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace Switchyard
