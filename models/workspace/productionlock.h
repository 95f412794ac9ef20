// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/workspace/workspace.h"

#include <QMap>
#include <QObject>
#include <QTimer>

namespace Switchyard {

/// Which production backends may be acted on. A production backend is only read until a person names it, and is locked
/// again after ten minutes without use. Backends of other stages are never locked.
///
/// Thread: the one it lives on.
class ProductionLock final : public QObject
{
    Q_OBJECT
public:
    static constexpr Milliseconds defaultIdle{600'000};

    explicit ProductionLock(Milliseconds idle = defaultIdle, QObject *parent = nullptr);

    /// Opens the lock when `typed` is the backend's name, letter for letter. Errors (usage): another name.
    [[nodiscard]] Result<void> unlock(const Backend &backend, const QString &typed);
    void lock(const QString &backend);
    void lockAll();

    /// True for a production backend that nobody has unlocked.
    bool isLocked(const Backend &backend) const;
    /// Something was done to it: the ten minutes begin anew.
    void used(const QString &backend);
    /// Time until it locks again; 0 when it is locked.
    Milliseconds remaining(const QString &backend) const;

Q_SIGNALS:
    void changed(const QString &backend);

private:
    void expire();
    void arm();

    Milliseconds m_idle;
    QMap<QString, Instant> m_until;
    QTimer m_timer;
};

} // namespace Switchyard
