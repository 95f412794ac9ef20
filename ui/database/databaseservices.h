// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace Switchyard {

/// Asks where to save a file of this name; answers with a path, or not at all.
using ChooseReportPath =
    std::function<void(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)>;
/// Asks for a file that is there; the title says which.
using ChooseGivenFile =
    std::function<void(QWidget *parent, const QString &title, std::function<void(const QString &)> answer)>;

/// What the databases' page and its dialogs need from the program.
struct DatabaseServices
{
    ChooseReportPath choosePath;
    ChooseGivenFile chooseFile;
    std::function<void(const QString &backend, QWidget *parent)> askToUnlock;
};

} // namespace Switchyard
