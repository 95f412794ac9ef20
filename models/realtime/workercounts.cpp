// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/workercounts.h"

namespace Switchyard {

namespace {

constexpr qsizetype remembered = 6;

/// A, B, A, B, …: two workers that answer in turn. A count that merely moves does not come back each time.
bool alternates(const QList<double> &values)
{
    if (values.size() < remembered)
        return false;
    for (qsizetype i = 2; i < values.size(); ++i) {
        if (values[i] != values[i - 2] || values[i] == values[i - 1])
            return false;
    }
    return true;
}

} // namespace

CountReading WorkerCounts::take(const QString &worker, double value, Instant at)
{
    CountReading reading;
    reading.status = CountReading::Status::Read;
    reading.at = at;
    if (worker.isEmpty()) {
        m_anonymous.append(value);
        if (m_anonymous.size() > remembered)
            m_anonymous.removeFirst();
        reading.value = value;
        if (alternates(m_anonymous)) {
            reading.partial = true;
            reading.reason =
                QStringLiteral("the answers alternate between %1 and %2: one worker of several gives each, "
                               "and nothing in them tells which")
                    .arg(m_anonymous[remembered - 2])
                    .arg(m_anonymous[remembered - 1]);
        }
        return reading;
    }
    m_workers[worker] = {value, at};
    m_workers.removeIf([at](const auto &entry) { return at - entry.value().at > memory; });
    for (const Heard &heard : std::as_const(m_workers))
        reading.value += heard.value;
    if (m_workers.size() > 1) {
        reading.partial = true;
        reading.reason = QStringLiteral("the sum of the %1 workers that answered in the last %2 s; there may be more")
                             .arg(m_workers.size())
                             .arg(memory.count() / 1000);
    }
    return reading;
}

} // namespace Switchyard
