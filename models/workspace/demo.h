// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace Switchyard {

/// The workspace of the built-in demo: one local backend with three sockets, started and stopped by the local driver.
struct DemoOptions
{
    QString program;                               ///< path of switchyard-demo-backend
    int port = 0;                                  ///< where it listens; must be free
    QString shutdown = QStringLiteral("graceful"); ///< graceful, no-notice, abrupt, socketio-disconnect, slow
    int clients = 15;                              ///< on /ws/prices; the other sockets take a third each
};

QStringList demoShutdownModes();

/// The text of a switchyard.toml that parseWorkspace() accepts as it is.
[[nodiscard]] QByteArray demoWorkspace(const DemoOptions &options);

} // namespace Switchyard
