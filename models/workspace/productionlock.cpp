// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/productionlock.h"

#include <algorithm>

namespace Switchyard {

ProductionLock::ProductionLock(Milliseconds idle, QObject *parent)
    : QObject(parent)
    , m_idle(idle)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ProductionLock::expire);
}

Result<void> ProductionLock::unlock(const Backend &backend, const QString &typed)
{
    if (typed != backend.name)
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not the name of this production backend").arg(typed),
                    QStringLiteral("type its name, letter for letter: %1").arg(backend.name));
    m_until[backend.name] = Clock::now() + m_idle;
    arm();
    Q_EMIT changed(backend.name);
    return {};
}

void ProductionLock::lock(const QString &backend)
{
    if (m_until.remove(backend) == 0)
        return;
    arm();
    Q_EMIT changed(backend);
}

void ProductionLock::lockAll()
{
    const QStringList backends = m_until.keys();
    for (const QString &backend : backends)
        lock(backend);
}

bool ProductionLock::isLocked(const Backend &backend) const
{
    return backend.isProduction() && remaining(backend.name).count() == 0;
}

void ProductionLock::used(const QString &backend)
{
    const auto it = m_until.find(backend);
    if (it == m_until.end() || *it <= Clock::now())
        return;
    *it = Clock::now() + m_idle;
    arm();
}

Milliseconds ProductionLock::remaining(const QString &backend) const
{
    const auto it = m_until.constFind(backend);
    if (it == m_until.constEnd())
        return Milliseconds(0);
    // Rounded up: what is not over yet is never 0.
    return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(*it - Clock::now()));
}

void ProductionLock::expire()
{
    const Instant now = Clock::now();
    QStringList over;
    for (auto it = m_until.cbegin(); it != m_until.cend(); ++it) {
        if (it.value() <= now)
            over.append(it.key());
    }
    for (const QString &backend : over)
        lock(backend);
    arm();
}

void ProductionLock::arm()
{
    if (m_until.isEmpty())
        return m_timer.stop();
    const Instant next = *std::min_element(m_until.cbegin(), m_until.cend());
    m_timer.start(std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(next - Clock::now())));
}

} // namespace Switchyard
