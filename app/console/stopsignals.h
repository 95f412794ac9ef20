// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace Switchyard {

/// Turns SIGINT and SIGTERM into a signal on the GUI thread, so that the window can stop in order what it started.
/// One in a program; a second signal of the system's ends the program at once.
class StopSignals final : public QObject
{
    Q_OBJECT
public:
    explicit StopSignals(QObject *parent = nullptr);

Q_SIGNALS:
    void stopRequested();
};

} // namespace Switchyard
