// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/workspace/workspace.h"

#include <QList>

#include <optional>

namespace Switchyard {

/// The times in which failures of a backend alert nobody: those of the workspace, and those that a deploy opens while
/// it runs. Pure; wall-clock milliseconds since the epoch, because people write windows by the clock on the wall.
class DeployWindows final
{
public:
    DeployWindows() = default;
    explicit DeployWindows(QList<DeployWindow> planned);

    /// A deploy of the backend began: its monitors alert nobody until `untilMs`. Never shortens an open one.
    void open(const QString &backend, qint64 untilMs, const QString &name);
    /// Ends what open() began.
    void close(const QString &backend);

    struct Covering
    {
        QString name;
        qint64 endMs = 0;
        bool operator==(const Covering &) const = default;
    };
    /// The window that covers the moment for monitors of the group, the one that ends last; nothing: alert.
    std::optional<Covering> covering(const QString &group, qint64 wallMs) const;

private:
    struct Opened
    {
        QString backend, name;
        qint64 untilMs = 0;
    };
    QList<DeployWindow> m_planned;
    QList<Opened> m_opened;
};

} // namespace Switchyard
