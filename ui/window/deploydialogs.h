// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace Switchyard {

class Workbench;

/// Asks for the name of a production backend and unlocks it. Nothing happens when the person changes their mind.
void askToUnlock(Workbench *workbench, const QString &backend, QWidget *parent);

/// Asks which platform's sequence is to be rehearsed, with which command, and begins. The command is split at spaces
/// outside quotes; no shell sees it.
void askToRehearse(Workbench *workbench, const QString &backend, QWidget *parent);

} // namespace Switchyard
